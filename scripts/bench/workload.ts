/** The moves that every speed measurement plays, and what its worker processes tell their parent. */

/** A drawn game: after nine moves the board is empty again (contracts/test/Rematch.sol). X and O in turns. */
export const DRAWN_GAME = [4, 0, 2, 6, 3, 5, 7, 1, 8] as const

/** The cell of move `index`, over all games. */
export function cellOf (index: number): number {
  return DRAWN_GAME[index % DRAWN_GAME.length] ?? 0
}

/** What a worker has measured in a slice. */
export type Measured = {
  readonly transitions: number
  readonly elapsedMs: number
  /** Time from sending an input to its breakpoint being complete and on disk here, milliseconds. */
  readonly finalityMs: readonly number[]
  readonly wireBytes: number
  /** Processor time that the player's process used while it was measured, all its threads, milliseconds. */
  readonly cpuMs: number
  /** Transitions since the thread began. */
  readonly total: number
}

/** Processor time of this process so far, user and system, milliseconds. */
export function cpuMs (): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** The value below which a share of the sorted values lies. */
export function quantile (sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** The middle one. */
export function median (values: readonly number[]): number {
  return quantile([...values].sort((a, b) => a - b), 0.5)
}
