/**
 * A thread's limits on what its code may take, so that everything that it does can be judged (contracts/judge/README.md, "Limits of a thread"). A breach is an
 * exceptional halt, which takes all gas of the frame; so it does not matter whether the limit or the gas ends first.
 */

/** What is not listed, or 0, has no limit. */
export type ExecutionLimits = {
  /** Of all frames that are entered and not left, together: what MSIZE says in each. */
  readonly memoryBytes?: number
  /** The outermost one counts. */
  readonly frames?: number
  /** Base, exponent or modulus. */
  readonly modexpBytes?: number
  /** Call data, or init code, of each frame. */
  readonly callDataBytes?: number
  /** What RETURN or REVERT hands back; not the code of what is created. */
  readonly returnDataBytes?: number
}

/** The limits that keep half a million gas within one or two judgements (measured in contracts/judge/README.md). */
export const THREAD_LIMITS: Required<ExecutionLimits> = { memoryBytes: 65_536, frames: 64, modexpBytes: 256, callDataBytes: 49_152, returnDataBytes: 32_768 }
