/** Why a proposal is not signed: what can be said of it before and after it is executed (specification, section 6). */
import { MAX_AHEAD_SEC, MAX_BEHIND_IDLE_SEC } from '../protocol/limits.js'
import { compareSlots } from '../protocol/slot.js'
import type { Hash32, Slot } from '../protocol/types.js'
import type { BreakpointBody } from './body.js'
import type { Executed } from './execution.js'

/** `passes`: it may be well later (its time comes, the chain answers again, the user asks for that Close), so it is looked at again. */
export type Problem = { readonly why: string, readonly passes: boolean }

/** Its timestamp is ahead of the local clock. */
export const NOT_YET: Problem = { why: 'its time has not come', passes: true }
/** The code could not be fetched, or the machine failed. */
export const NOT_EXECUTED: Problem = { why: 'it cannot be executed', passes: true }
/** A Close that this node did not ask for. */
export const NOT_ASKED: Problem = { why: 'this node has not asked for this close', passes: true }
/** After this long a problem that passes is looked at again, milliseconds. */
export const RECONSIDER_MS = 1_000

/** The head that a proposal must continue, and what its proposer has stated. */
export type Standing = {
  readonly parent: Hash32
  /** Whether nothing is complete yet. */
  readonly isFirst: boolean
  readonly parentTimeSec: bigint
  readonly nowSec: bigint
  /** The latest slot and time up to which the proposer has stated to have proposed nothing. */
  readonly idle: { readonly slot: Slot, readonly timestampSec: bigint } | undefined
}

/** What is wrong with a proposed breakpoint at first sight; undefined: nothing. */
export function problemBefore ({ breakpoint, inputs, content }: BreakpointBody, head: Standing): Problem | undefined {
  if (breakpoint.parent !== head.parent) return final('its parent is not the head')
  if (breakpoint.timestampSec < head.parentTimeSec) return final('its time is before its parent\'s')
  // The parent's time is agreed, or the court's: to wait for it would only hold up whoever goes on from a forced move.
  if (breakpoint.timestampSec > head.parentTimeSec && breakpoint.timestampSec > head.nowSec + MAX_AHEAD_SEC) return NOT_YET
  const { idle } = head
  if (idle !== undefined && compareSlots(idle.slot, content.slot) === 0 && breakpoint.timestampSec + MAX_BEHIND_IDLE_SEC < idle.timestampSec) {
    return final('its time is before the time up to which its proposer had proposed nothing')
  }
  return head.isFirst === (inputs.length === 0) ? undefined : final('the first slot alone has no inputs')
}

/** What executing a proposed breakpoint shows to be wrong with it; undefined: nothing. */
export function problemAfter ({ breakpoint }: BreakpointBody, executed: Executed): Problem | undefined {
  const [skipped] = executed.skipped
  if (skipped !== undefined) return final(`it includes an input that cannot be included (${skipped.code})`)
  return executed.root === breakpoint.stateRoot ? undefined : final(`its state root is ${breakpoint.stateRoot}, executing gives ${executed.root}`)
}

function final (why: string): Problem { return { why, passes: false } }
