/** The court of the model: what it has recorded, its dispute, and its events in order (specification, section 8). Nothing of money. */
import type { Content } from '../../../src/thread/agreement.js'
import { NO_PARENT } from './contents.js'

/** What the court tells the nodes. */
export type CourtEvent =
  | { readonly type: 'dispute', readonly number: bigint, readonly recorded: Content | undefined }
  | { readonly type: 'resumed', readonly epoch: bigint }

/** The court's record of the thread. */
export type Court = {
  readonly recorded: Content | undefined
  readonly confirmed: bigint
  /** `late`: the time for evidence is over. */
  readonly dispute: { readonly number: bigint, readonly late: boolean } | undefined
  /** The number of the last dispute. */
  readonly last: bigint
  readonly log: readonly CourtEvent[]
}

/** Nothing recorded, no dispute. */
export const NEW_COURT: Court = { recorded: undefined, confirmed: 0n, dispute: undefined, last: 0n, log: [] }

/** Names the court's state. */
export function courtKey (court: Court): string {
  const log = court.log.map(event => event.type === 'dispute' ? `d${event.number}${event.recorded?.hash ?? ''}` : `r${event.epoch}`)
  return `${court.recorded?.hash ?? ''}/${court.confirmed}/${court.dispute?.number ?? ''}${court.dispute?.late === true ? 'L' : ''}/${court.last}/${log.join()}`
}

/** What the court can be told next: each with the certificates that are complete. `disputes`: challenges it takes. */
export function rulings (court: Court, certificates: readonly Content[], disputes: number, everyoneAnswered: boolean): { label: string, court: Court }[] {
  const found: { label: string, court: Court }[] = []
  const newer = certificates.filter(content => isEvidence(court, content))
  if (court.dispute === undefined) {
    if (court.last >= BigInt(disputes)) return found
    for (const content of [court.recorded, ...newer]) found.push({ label: `challenge with ${content?.hash ?? 'nothing'}`, court: disputed(court, content) })
    return found
  }
  if (!court.dispute.late) {
    for (const content of newer) found.push({ label: `respond with ${content.hash}`, court: disputed(court, content) })
    if (everyoneAnswered) found.push({ label: 'evidence ends', court: { ...court, dispute: { ...court.dispute, late: true } } })
  }
  for (const content of certificates) if (resumes(court, content)) found.push({ label: `resume with ${content.hash}`, court: resumed(court, content) })
  return found
}

/** A breakpoint of the confirmed epoch above what is recorded. */
function isEvidence (court: Court, content: Content): boolean {
  return content.kind === 'breakpoint' && content.slot.epoch === court.confirmed &&
    (court.recorded === undefined || content.slot.nonce > court.recorded.slot.nonce)
}

function disputed (court: Court, recorded: Content | undefined): Court {
  const number = court.last + 1n
  return { ...court, recorded, dispute: { number, late: false }, last: number, log: [...court.log, { type: 'dispute', number, recorded }] }
}

function resumes (court: Court, content: Content): boolean {
  return content.kind === 'breakpoint' && content.slot.epoch === court.dispute?.number && content.parent === (court.recorded?.hash ?? NO_PARENT)
}

function resumed (court: Court, recorded: Content): Court {
  const epoch = recorded.slot.epoch
  return { ...court, recorded, confirmed: epoch, dispute: undefined, log: [...court.log, { type: 'resumed', epoch }] }
}
