/**
 * Which of its certificates a node goes on from. As a rule they are one line and the last of them is the head; but the court has the last word. What all have signed and
 * nobody has shown before E counts no more once E is past, and a reorganisation of the chain can take back a `resume` with all that was signed after it, or bring either
 * back. So a node can leave a part of its line, and come back to it: nothing that was signed is lost, and the sign journal stays as it is, so that nothing is signed twice.
 */
import { decodeInput, type InputContext } from '../protocol/input.js'
import { compareSlots, slotText } from '../protocol/slot.js'
import { breakpointHash } from '../protocol/typed-data.js'
import type { Hash32, Slot } from '../protocol/types.js'
import type { WireCertificate } from '../protocol/certificate-codec.js'
import { NO_PARENT } from './body.js'
import { isOver, type ChainView } from './chain-view.js'
import { Execution } from './execution.js'
import type { ChainPort, StoreOperation } from './ports.js'
import type { ThreadRecords } from './records.js'
import { headOf, replayed, threadCode } from './replay.js'

/** Whether the court still takes certificates of the confirmed epoch; `unknown`: nobody has looked at the chain's clock. Without a dispute: `open`. */
export type Evidence = 'open' | 'over' | 'unknown'

/** A certificate on disk, as far as its place is concerned. */
export type Held = { readonly hash: Hash32, readonly parent: Hash32, readonly slot: Slot, readonly isSigned: boolean }

/** A node's certificates by hash, and the last one of the line that it goes on from; undefined: that has none. */
export type Branches = { readonly held: ReadonlyMap<Hash32, Held>, readonly tip: Hash32 | undefined }

/** What lies on the way from slot (…, 0) to `tip`, itself included, the oldest first; undefined: a part of it is not there. */
export function lineTo (tip: Hash32, held: ReadonlyMap<Hash32, Held>): Held[] | undefined {
  const line: Held[] = []
  for (let at = held.get(tip); at !== undefined; at = held.get(at.parent)) line.push(at)
  const first = line.at(-1)
  return first?.slot.nonce === 0n ? line.reverse() : undefined
}

/** The certificate that the line should end in, by what the court has said; undefined: nothing that all have signed counts. */
export function properTip ({ held, tip }: Branches, view: ChainView, evidence: Evidence): Hash32 | undefined {
  const line = tip === undefined ? [] : lineTo(tip, held)
  // A line with a hole in it is another trouble: what is missing comes from the other players.
  if (isOver(view) || line === undefined) return tip
  const ground = groundIn(held, view)
  // SAFETY: another child of it than the court's is dead.
  if (ground !== undefined && (!ground.isRecorded || evidence === 'over')) return ground.hash
  const choice = evidence === 'open' ? [...held.values()] : ground === undefined ? line : [...line, ...lineTo(ground.hash, held) ?? []]
  const best = choice.filter(({ hash, slot, isSigned }) => isSigned && slot.epoch <= view.confirmedEpoch && descends(hash, ground?.hash, held))
    .reduce<Held | undefined>((high, one) => high === undefined || compareSlots(one.slot, high.slot) > 0 ? one : high, undefined)
  return best?.hash
}

/** The last certificate that the court has recorded, or where that is not here, what it stands on. */
function groundIn (held: ReadonlyMap<Hash32, Held>, { certificate, moves }: ChainView): { hash: Hash32, isRecorded: boolean } | undefined {
  if (certificate === undefined) return undefined
  for (let hash = certificate.hash, parent: Hash32 | undefined = certificate.breakpoint.parent; ;) {
    if (held.get(hash)?.isSigned === true) return { hash, isRecorded: hash === certificate.hash }
    if (parent === undefined) return undefined
    hash = parent
    parent = moves.find(move => move.hash === hash)?.breakpoint.parent
  }
}

function descends (hash: Hash32, from: Hash32 | undefined, held: ReadonlyMap<Hash32, Held>): boolean {
  if (from === undefined) return true
  for (let at = held.get(hash); at !== undefined; at = held.get(at.parent)) if (at.hash === from) return true
  return false
}

/** What finding and changing a line takes. */
export type LineParts = { readonly records: ThreadRecords, readonly chain: ChainPort, readonly context: InputContext, readonly self: number | undefined, /** The last content that this node has signed. */ readonly top: Hash32 | undefined }

/** The way to another tip: what must be on disk for it. */
export type Turn = { readonly from: Slot | undefined, /** Undefined: from the beginning. */ readonly to: Slot | undefined, readonly operations: readonly StoreOperation[] }

type Stored = Held & { readonly certificate: WireCertificate, readonly isAside: boolean }

/**
 * Puts together what the disk must hold so that the node goes on from where it should; undefined: it does already, or the way there is not on disk.
 * The operations are one batch, and the thread is loaded again after it.
 * @throws `STORE_DAMAGED`, `STORE_FAILED`, and what executing throws
 */
export async function turnOf (parts: LineParts, view: ChainView, evidence: Evidence): Promise<Turn | undefined> {
  const { records, context } = parts
  const [head, all] = [await records.head(), await storedOf(records)]
  if (isOver(view)) return undefined
  const tip = properTip({ held: all, tip: head?.hash }, view, evidence)
  const close = await closeTurn(records, view, tip, evidence)
  const resumption = resumptionIn(all, view)
  const line = tip === head?.hash ? undefined : tip === undefined ? [] : lineTo(tip, all)
  const operations: StoreOperation[] = [...close]
  if (resumption !== undefined && await records.provisional() === undefined) operations.push(records.putProvisional(resumption.certificate))
  if (line === undefined) return operations.length === 0 ? undefined : { from: head?.slot, to: head?.slot, operations }
  operations.push(...await records.dropState())
  // What was signed and is not complete yet must be the same when its slot is open again.
  const open = await records.open()
  if (open !== undefined && parts.top !== undefined) operations.push(records.putSigned(parts.top, open))
  const isIn = new Set(line.map(({ hash }) => hash))
  for (const one of all.values()) {
    if (isIn.has(one.hash) || one.isAside) continue
    const inputs = one.certificate.inputs.map(input => decodeInput(input, context))
    operations.push(...records.putAside(one.certificate, one.hash, inputs))
    // What its player wanted, it wants still: it waits for a breakpoint again.
    for (const input of inputs) if (input.player === parts.self) operations.push(records.putOwnInput(input))
  }
  const code = await threadCode(parts, context)
  const execution = new Execution(context, async () => await Promise.resolve(code), undefined)
  const certificates = line.flatMap(({ hash }) => all.get(hash)?.certificate ?? [])
  for await (const { certificate, body, executed } of replayed(certificates, { context, view }, execution)) {
    const { hash } = body.content
    operations.push(...records.putExecuted(executed), ...records.putCertificate(certificate, hash, body.inputs, executed.receipts), records.deleteAside(hash))
    if (all.get(hash)?.isAside === true) for (const input of body.inputs) if (input.player === parts.self) operations.push(records.deleteOwnInput(input.tx.nonce))
  }
  return { from: head?.slot, to: line.at(-1)?.slot, operations }
}

async function storedOf (records: ThreadRecords): Promise<Map<Hash32, Stored>> {
  const stored = new Map<Hash32, Stored>()
  const add = (certificate: WireCertificate, isAside: boolean): void => {
    const { breakpoint, signatures } = certificate
    const hash = breakpointHash(breakpoint)
    stored.set(hash, { hash, parent: breakpoint.parent, slot: { epoch: breakpoint.epoch, nonce: breakpoint.nonce }, isSigned: signatures.length > 0, certificate, isAside })
  }
  for (const certificate of await records.aside()) add(certificate, true)
  for await (const certificate of records.certificates({ epoch: 0n, nonce: 0n })) add(certificate, false)
  return stored
}

/** The first breakpoint of the open dispute's epoch, when the `resume` that the court had confirmed is gone: it goes there again. */
function resumptionIn (stored: ReadonlyMap<Hash32, Stored>, { dispute, recorded }: ChainView): Stored | undefined {
  if (dispute === undefined) return undefined
  return [...stored.values()].find(({ slot, parent, isSigned }) => isSigned && slot.epoch === dispute.number && parent === (recorded?.hash ?? NO_PARENT))
}

/** A Close of the confirmed epoch counts until E like all that was signed. */
async function closeTurn (records: ThreadRecords, { confirmedEpoch, dispute }: ChainView, tip: Hash32 | undefined, evidence: Evidence): Promise<StoreOperation[]> {
  const close = await records.close()
  if (close !== undefined && dispute !== undefined && evidence === 'over' && close.close.epoch <= confirmedEpoch) return records.putCloseAside(close)
  if (close !== undefined || evidence !== 'open') return []
  const late = await records.closeAside()
  return late !== undefined && late.close.parent === tip && late.close.epoch === confirmedEpoch ? [records.putClose(late), records.deleteCloseAside()] : []
}

/** The highest slot of a signed certificate that is on disk, in the head's line or not: whoever asks must hear of it (§6.6). */
export async function highestAside (records: ThreadRecords): Promise<Slot | undefined> {
  const slots = (await records.aside()).filter(({ signatures }) => signatures.length > 0).map(({ breakpoint: { epoch, nonce } }) => ({ epoch, nonce }))
  return slots.reduce<Slot | undefined>((high, slot) => high === undefined || compareSlots(slot, high) > 0 ? slot : high, undefined)
}

/** A turn in words. */
export function turnText ({ from, to }: Turn): string {
  if (from === undefined || (to !== undefined && compareSlots(from, to) <= 0)) return `the court counts again what all have signed: the thread goes on from ${to === undefined ? 'its beginning' : slotText(to)}`
  return `the court does not count all that was signed up to ${slotText(from)}: the thread goes on from ${to === undefined ? 'its beginning' : slotText(to)}`
}
