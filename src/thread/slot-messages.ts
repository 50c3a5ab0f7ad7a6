/** What stands in a slot as wire messages: the content with its proposer's signature, and the acknowledgements of the others. */
import type { CloseCertificate, Signature, ThreadId } from '../protocol/types.js'
import { encodeMessage } from '../protocol/wire.js'
import type { Votes } from './agreement.js'
import { closeBody, type Body } from './body.js'

/** A content as its proposer sends it. `attempt` above 0: sent again. */
export function contentMessage (thread: ThreadId, body: Body, signature: Signature, attempt: number): Uint8Array {
  const envelope = { attempt, thread, proposer: body.content.proposer, signature }
  return body.kind === 'close'
    ? encodeMessage({ kind: 'closeProposal', ...envelope, close: body.close })
    : encodeMessage({ kind: 'proposal', ...envelope, breakpoint: body.breakpoint, inputs: [...body.inputs] })
}

/** A content with all signatures that are known, the proposer's first. */
export function contentMessages (thread: ThreadId, body: Body, votes: Votes): Uint8Array[] {
  const { hash, slot, proposer } = body.content
  const first = votes[proposer]
  const messages = first === undefined ? [] : [contentMessage(thread, body, first, 0)]
  votes.forEach((signature, signer) => {
    if (signature !== undefined && signer !== proposer) messages.push(encodeMessage({ kind: 'ack', attempt: 0, thread, ...slot, hash, signer, signature }))
  })
  return messages
}

/** A complete Close is the last slot: who misses a signature of it finds it here. */
export function closeMessages (thread: ThreadId, { close, signatures }: CloseCertificate, proposer: number): Uint8Array[] {
  return contentMessages(thread, closeBody(close, proposer), signatures)
}
