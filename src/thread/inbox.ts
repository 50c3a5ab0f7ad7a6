/**
 * From bytes that a peer sent to something that may be believed: decoded within the limits, every signature verified. What fails here is the
 * sender's fault (`reject`) or of no use (`ignore`); nothing of it reaches the agreement.
 */
import { verify } from '../protocol/crypto.js'
import { decodeInput, inputsRoot, type InputContext } from '../protocol/input.js'
import { potOf, payeesOf } from '../protocol/terms.js'
import { breakpointHash, closeHash, closeRequestDigest, digestOf, idleDigest, toldDigest } from '../protocol/typed-data.js'
import type { Address, Hash32, Input, Signature, SignedInput, Slot } from '../protocol/types.js'
import { decodeMessage, type Message } from '../protocol/wire.js'
import { hash32 } from '../protocol/crypto.js'
import { concatBytes } from '../protocol/bytes.js'
import { ThreadsError } from '../errors.js'
import type { Content } from './agreement.js'
import { breakpointBody, closeBody, type Body } from './body.js'

/** A verified message. */
export type Arrival =
  | { readonly kind: 'input', readonly input: Input, readonly timestampHintSec: bigint }
  | { readonly kind: 'content', readonly body: Body, readonly signature: Signature }
  /** A content of another slot than the open one: only where it stands matters. */
  | { readonly kind: 'elsewhere', readonly slot: Slot }
  | { readonly kind: 'ack', readonly slot: Slot, readonly hash: Hash32, readonly signer: number, readonly signature: Signature }
  | { readonly kind: 'idle', readonly slot: Slot, readonly signer: number, readonly timestampSec: bigint }
  | { readonly kind: 'closeRequest', readonly parent: Hash32, readonly payouts: readonly bigint[], readonly asker: number }
  | { readonly kind: 'plan', readonly parent: Hash32, readonly timestampSec: bigint, readonly ids: readonly Hash32[] }
  | { readonly kind: 'ask', readonly asker: number, readonly challenge: Hash32 }
  | { readonly kind: 'told', readonly asker: number, readonly challenge: Hash32, readonly slot: Slot | undefined, readonly signer: number }

/** What verification needs to know of the thread as it stands. */
export type InboxView = {
  readonly context: InputContext
  /** Whether a content can be of use now; see `isOfUse`. */
  isOfUse (content: Pick<Content, 'slot' | 'hash' | 'parent' | 'proposer'>): boolean
  /** What is held of a content already: nothing of it need be verified again but who has sent it. */
  body (hash: Hash32): Body | undefined
  /** An input that is already verified, by its leaf. */
  known (leaf: Hash32): Input | undefined
}

/** Decodes and verifies one message. @throws a ThreadsError with `peerFault` for whatever is wrong with it. */
export function openMessage (bytes: Uint8Array, view: InboxView): Arrival {
  const message = decodeMessage(bytes)
  if (message.thread !== view.context.thread) throw reject('MESSAGE_WRONG_THREAD', 'the message names another thread than its topic', { thread: message.thread })
  switch (message.kind) {
    case 'input': return { kind: 'input', input: verifiedInput(message.input, view), timestampHintSec: message.timestampHintSec }
    case 'proposal': return openProposal(message, view)
    case 'closeProposal': return openClose(message, view)
    case 'ack': return openAck(message, view)
    case 'idle': {
      checkSignature(idleDigest(message, view.context.domain), message.signature, message.signer, view)
      return { kind: 'idle', slot: message, signer: message.signer, timestampSec: message.timestampSec }
    }
    case 'closeRequest': {
      checkPayouts(message.payouts, view)
      checkSignature(closeRequestDigest(message, view.context.domain), message.signature, message.asker, view)
      return message
    }
    case 'plan': return message
    case 'ask': {
      playerKey(message.asker, view)
      return message
    }
    case 'told': {
      playerKey(message.asker, view)
      checkSignature(toldDigest(message, view.context.domain), message.signature, message.signer, view)
      return message
    }
  }
}

function openProposal (message: Message & { kind: 'proposal' }, view: InboxView): Arrival {
  const { breakpoint, proposer, signature } = message
  const hash = breakpointHash(breakpoint)
  checkSignature(digestOf(hash, view.context.domain), signature, proposer, view)
  const slot = { epoch: breakpoint.epoch, nonce: breakpoint.nonce }
  // The inputs are only looked at where the breakpoint may be signed: their signatures are the costly part.
  if (!view.isOfUse({ slot, hash, parent: breakpoint.parent, proposer })) return { kind: 'elsewhere', slot }
  const held = view.body(hash)
  if (held !== undefined && held.content.proposer === proposer) return { kind: 'content', body: held, signature }
  const inputs = message.inputs.map(input => verifiedInput(input, view))
  if (inputsRoot(inputs) !== breakpoint.inputsRoot) throw reject('PROPOSAL_WRONG_INPUTS', 'the breakpoint does not commit to these inputs', { nonce: breakpoint.nonce.toString() })
  return { kind: 'content', body: breakpointBody(breakpoint, inputs, proposer, view.context.terms.players.length), signature }
}

function openClose (message: Message & { kind: 'closeProposal' }, view: InboxView): Arrival {
  const { close, proposer, signature } = message
  checkPayouts(close.payouts, view)
  const hash = closeHash(close)
  checkSignature(digestOf(hash, view.context.domain), signature, proposer, view)
  const slot = { epoch: close.epoch, nonce: close.nonce }
  if (!view.isOfUse({ slot, hash, parent: close.parent, proposer })) return { kind: 'elsewhere', slot }
  return { kind: 'content', body: closeBody(close, proposer), signature }
}

function openAck (message: Message & { kind: 'ack' }, view: InboxView): Arrival {
  const { epoch, nonce, hash, signer, signature } = message
  checkSignature(digestOf(hash, view.context.domain), signature, signer, view)
  return { kind: 'ack', slot: { epoch, nonce }, hash, signer, signature }
}

function verifiedInput (signed: SignedInput, view: InboxView): Input {
  const leaf = hash32(concatBytes(signed.raw, signed.binding))
  return view.known(leaf) ?? decodeInput(signed, view.context)
}

function checkPayouts (payouts: readonly bigint[], view: InboxView): void {
  const { terms } = view.context
  const sum = payouts.reduce((total, payout) => total + payout, 0n)
  const payees = payeesOf(terms).length
  // One more for receipts, where there are any (§10).
  if (payouts.length < payees || payouts.length > payees + 1 || sum !== potOf(terms)) {
    throw reject('CLOSE_WRONG_PAYOUTS', 'the payouts are not one for each payee that add up to the pot', { sum: sum.toString(), pot: potOf(terms).toString() })
  }
}

function checkSignature (digest: Uint8Array, signature: Signature, player: number, view: InboxView): void {
  if (!verify(digest, signature, playerKey(player, view))) {
    throw reject('MESSAGE_BAD_SIGNATURE', `the signature is not that of player ${player}'s session key`, { player })
  }
}

function playerKey (player: number, view: InboxView): Address {
  const key = view.context.terms.sessionKeys[player]
  if (key === undefined) throw reject('MESSAGE_NO_SUCH_PLAYER', `the thread has no player ${player}`, { player })
  return key
}

function reject (code: string, message: string, data: Record<string, unknown>): ThreadsError {
  return new ThreadsError(code, message, { data, peerFault: 'reject' })
}
