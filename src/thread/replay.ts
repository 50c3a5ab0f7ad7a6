/** Certificates that are on disk already, executed again: for a state that was damaged, for one that lies behind the head, and for one on another branch. */
import { decodeInput, type InputContext } from '../protocol/input.js'
import { slotText } from '../protocol/slot.js'
import { breakpointHash } from '../protocol/typed-data.js'
import type { WireCertificate } from '../protocol/certificate-codec.js'
import { ThreadsError } from '../errors.js'
import type { Content } from './agreement.js'
import { breakpointBody, NO_PARENT, proposerAfter, type BreakpointBody } from './body.js'
import { verifyCertificate } from './catch-up.js'
import type { ChainView } from './chain-view.js'
import type { Executed, Execution } from './execution.js'
import { bodyOfMove } from './moves.js'
import type { ChainPort } from './ports.js'
import { isDamage, type ThreadRecords } from './records.js'

/** The head as it is on disk; undefined before slot (0, 0) is complete. */
export type LoadedHead = { readonly content: Content, readonly timestampSec: bigint, /** False: a forced move, which nobody signs. */ readonly isSigned: boolean } | undefined

/** What stored certificates are looked at with. */
export type Known = { readonly context: InputContext, readonly view: ChainView }

/** A stored certificate that was executed again. */
export type Replayed = { readonly certificate: WireCertificate, readonly body: BreakpointBody, readonly executed: Executed }

/** A certificate as the head. @throws what `decodeInput` throws */
export function headOf (certificate: WireCertificate, context: InputContext): LoadedHead {
  const inputs = certificate.inputs.map(input => decodeInput(input, context))
  const { content } = breakpointBody(certificate.breakpoint, inputs, 0, context.terms.players.length)
  return { content: { ...content, next: proposerAfter(inputs, context.terms.players.length) }, timestampSec: certificate.breakpoint.timestampSec, isSigned: certificate.signatures.length > 0 }
}

/** Certificates from slot (…, 0) on, each checked, executed and committed before it is given. @throws what a damaged one gives rise to */
export async function * replayed (certificates: AsyncIterable<WireCertificate> | Iterable<WireCertificate>, thread: Known, execution: Execution): AsyncIterable<Replayed> {
  let head: LoadedHead
  for await (const certificate of certificates) {
    const body = continuation(certificate, thread, head)
    const executed = await execution.execute({ ...body.breakpoint, inputs: body.inputs, isForced: certificate.signatures.length === 0 })
    if (executed.root !== body.breakpoint.stateRoot) throw new ThreadsError('STORE_DAMAGED', `executing slot ${slotText(body.content.slot)} again gives another root`)
    executed.commit()
    head = { content: body.content, timestampSec: body.breakpoint.timestampSec, isSigned: certificate.signatures.length > 0 }
    yield { certificate, body, executed }
  }
}

function continuation (certificate: WireCertificate, { context, view }: Known, head: LoadedHead): BreakpointBody {
  const body = certificate.signatures.length === 0 ? forced(certificate, context, view) : verifyCertificate(certificate, context, head?.content.next ?? 0)
  const parent = head?.content.hash ?? NO_PARENT
  if (body.content.parent !== parent || body.content.slot.nonce !== (head === undefined ? 0n : head.content.slot.nonce + 1n)) {
    throw new ThreadsError('STORE_DAMAGED', `the certificate of slot ${slotText(body.content.slot)} does not continue the one before it`)
  }
  return body
}

/** What nobody has signed counts where the court says so. */
function forced ({ breakpoint }: WireCertificate, context: InputContext, view: ChainView): BreakpointBody {
  const hash = breakpointHash(breakpoint)
  const move = view.moves.find(move => move.hash === hash)
  if (move === undefined) throw new ThreadsError('STORE_DAMAGED', `nobody has signed slot ${slotText(breakpoint)}, and the court does not know it`)
  return bodyOfMove(move, context)
}

/** The contract's code, from the disk or else from the chain. @throws `CODE_NOT_FOUND`, `CODE_MISMATCH`, `STORE_FAILED` */
export async function threadCode (from: { readonly records: ThreadRecords, readonly chain: ChainPort }, context: InputContext): Promise<Uint8Array> {
  try {
    const stored = await from.records.code()
    if (stored !== undefined) return stored
  } catch (error) {
    // The chain has it too.
    if (!isDamage(error)) throw error
  }
  const code = await from.chain.code(context.terms)
  await from.records.store.batch([from.records.putCode(code)])
  return code
}
