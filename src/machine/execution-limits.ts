/**
 * A thread's limits on what its code may take, so that everything that it does can be judged (contracts/judge/README.md, "Limits of a thread"). A breach is an
 * exceptional halt, which takes all gas of the frame; so it does not matter whether the limit or the gas ends first.
 */

/** What is not listed, or 0, has no limit. */
export type ExecutionLimits = {
  /** Of all frames that are entered and not left, together: what MSIZE says in each, and 32 for each word on the stacks of those that wait. */
  readonly memoryBytes?: number
  /** The outermost one counts. */
  readonly frames?: number
  /** Base, exponent or modulus. */
  readonly modexpBytes?: number
  /** Call data, or init code, of each frame. */
  readonly callDataBytes?: number
  /** What RETURN or REVERT hands back; not the code of what is created. */
  readonly returnDataBytes?: number
  /** SSTOREs and TSTOREs of the whole transaction, reverted ones too. */
  readonly writes?: number
}

/** As the judge and the interpreter list them: words in this order, 0 for none. */
export function limitsInOrder ({ memoryBytes = 0, frames = 0, modexpBytes = 0, callDataBytes = 0, returnDataBytes = 0, writes = 0 }: ExecutionLimits): number[] {
  return [memoryBytes, frames, modexpBytes, callDataBytes, returnDataBytes, writes]
}
