/** What stands behind a content's hash: a breakpoint with its batch, or a Close. */
import { ZERO_HASH } from '../protocol/bytes.js'
import { decodeInput, type InputContext } from '../protocol/input.js'
import { breakpointHash, closeHash } from '../protocol/typed-data.js'
import type { Breakpoint, Close, Input } from '../protocol/types.js'
import type { Message } from '../protocol/wire.js'
import type { Content } from './agreement.js'

/** A breakpoint and the batch that leads to it. */
export type BreakpointBody = { readonly kind: 'breakpoint', readonly content: Content, readonly breakpoint: Breakpoint, readonly inputs: readonly Input[] }
/** A Close. */
export type CloseBody = { readonly kind: 'close', readonly content: Content, readonly close: Close }
/** Either. */
export type Body = BreakpointBody | CloseBody

/** The player who proposes the slot after a batch: the one after the last input's sender; players[0] where there is none (§6.3). */
export function proposerAfter (inputs: readonly Input[], players: number): number {
  const last = inputs.at(-1)
  return last === undefined ? 0 : (last.player + 1) % players
}

/** Puts a breakpoint and its batch together. `proposer`: who signs first in its slot. */
export function breakpointBody (breakpoint: Breakpoint, inputs: readonly Input[], proposer: number, players: number): BreakpointBody {
  const { epoch, nonce, parent } = breakpoint
  const content: Content = { kind: 'breakpoint', slot: { epoch, nonce }, hash: breakpointHash(breakpoint), parent, proposer, next: proposerAfter(inputs, players) }
  return { kind: 'breakpoint', content, breakpoint, inputs }
}

/** Puts a Close together. */
export function closeBody (close: Close, proposer: number): CloseBody {
  const { epoch, nonce, parent } = close
  return { kind: 'close', content: { kind: 'close', slot: { epoch, nonce }, hash: closeHash(close), parent, proposer, next: proposer }, close }
}

/** The content that a stored message carries; undefined when it carries none. The message was verified when it came. @throws what {@link decodeInput} throws. */
export function bodyOfMessage (message: Message, context: InputContext): Body | undefined {
  if (message.kind === 'closeProposal') return closeBody(message.close, message.proposer)
  if (message.kind !== 'proposal') return undefined
  return breakpointBody(message.breakpoint, message.inputs.map(input => decodeInput(input, context)), message.proposer, context.terms.players.length)
}

/** The parent of a thread's first slot. */
export const NO_PARENT = ZERO_HASH
