/** How often each of many may do something: a bucket for everyone, and a bound on how many are remembered. */

/** At once, and then one in so many milliseconds. */
export type Rate = { readonly burst: number, readonly eachMs: number }

/** So many that ask are remembered; the one that has been silent longest goes first. */
const MAX_ASKERS = 1_024

/** See the head of this file. */
export class Rates {
  readonly #rate: Rate
  /** When each would have its whole burst again, milliseconds. */
  readonly #fullAtMs = new Map<string, number>()

  constructor (rate: Rate) { this.#rate = rate }

  /** Whether it may now; then it has. */
  take (asker: string, nowMs: number): boolean {
    const { burst, eachMs } = this.#rate
    const fullAtMs = Math.max(nowMs, this.#fullAtMs.get(asker) ?? 0) + eachMs
    if (fullAtMs > nowMs + burst * eachMs) return false
    this.#fullAtMs.delete(asker)
    this.#fullAtMs.set(asker, fullAtMs)
    for (const oldest of this.#fullAtMs.keys()) {
      if (this.#fullAtMs.size <= MAX_ASKERS) break
      this.#fullAtMs.delete(oldest)
    }
    return true
  }
}
