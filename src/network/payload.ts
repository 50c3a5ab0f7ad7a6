/**
 * What gossip carries (specification §7): one or more whole messages of a topic, each a byte string. What a node says in one turn of its business travels
 * together, since a gossip message costs as much as what it carries: an acknowledgement and the next input are one.
 */
import { bytesToBigint, bigintToBytes, concatBytes } from '../protocol/bytes.js'

/** Most messages that travel together. */
export const MAX_TOGETHER = 16
/** Messages that would make a payload larger than this travel in the next, bytes: a large one delays none of the small ones. */
const TOGETHER_BYTES = 16_384
const LENGTH_BYTES = 4

/** Largest payload for a largest message, bytes. */
export function maxPayloadBytes (messageBytes: number): number {
  return messageBytes + MAX_TOGETHER * LENGTH_BYTES
}

/** Whether a message still fits with those that are to leave. */
export function fitsTogether (messages: readonly Uint8Array[], next: Uint8Array): boolean {
  return messages.length < MAX_TOGETHER && messages.reduce((sum, { length }) => sum + length, next.length) <= TOGETHER_BYTES
}

/** The messages as one payload. */
export function joinPayload (messages: readonly Uint8Array[]): Uint8Array {
  return concatBytes(...messages.flatMap(message => [bigintToBytes(BigInt(message.length), LENGTH_BYTES), message]))
}

/** The messages of a payload, each a copy; undefined for what is no payload, or has a message of more than `messageBytes`. */
export function splitPayload (payload: Uint8Array, messageBytes: number): Uint8Array[] | undefined {
  const messages: Uint8Array[] = []
  for (let at = 0; at < payload.length;) {
    const start = at + LENGTH_BYTES
    const end = start + Number(bytesToBigint(payload.subarray(at, start)))
    if (start > payload.length || end > payload.length || end - start > messageBytes || messages.length === MAX_TOGETHER) return undefined
    // A copy: whoever takes it may keep it, and gossip still relays the original, a view of the whole frame.
    messages.push(new Uint8Array(payload.subarray(start, end)))
    at = end
  }
  return messages.length > 0 ? messages : undefined
}
