/** A bucket that fills at a steady rate and may go into debt: who takes more than is there waits for as long as the debt lasts. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  #filledAtMs: number

  /** Starts full. `nowMs` is the clock's, in milliseconds. */
  constructor (perSecond: number, burst: number, nowMs: number) {
    this.#perSecond = perSecond
    this.#burst = burst
    this.#tokens = burst
    this.#filledAtMs = nowMs
  }

  /** Takes `tokens` and says how many milliseconds to wait before the next thing is done: 0 while there is no debt. */
  take (tokens: number, nowMs: number): number {
    // A clock that was set back must not drain the bucket.
    const elapsedMs = Math.max(0, nowMs - this.#filledAtMs)
    this.#filledAtMs = nowMs
    this.#tokens = Math.min(this.#burst, this.#tokens + elapsedMs * this.#perSecond / 1000) - tokens
    return this.#tokens >= 0 ? 0 : Math.ceil(-this.#tokens * 1000 / this.#perSecond)
  }
}
