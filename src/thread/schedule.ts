/** When something that was not answered is sent again: at once, then with growing pauses. The clock is the caller's. */
export class Resend {
  readonly #firstMs: number
  readonly #mostMs: number
  #key = ''
  #nextMs = 0
  #pauseMs: number
  #attempt = 0

  /** Pauses grow from `firstMs` by a factor of two to `mostMs`. */
  constructor (firstMs: number, mostMs: number) {
    this.#firstMs = firstMs
    this.#mostMs = mostMs
    this.#pauseMs = firstMs
  }

  /** How often the present thing was sent again. */
  get attempt (): number { return this.#attempt }

  /** `key` names what is unanswered; a new one begins anew, its first pause starting now (it has just been sent). */
  due (key: string, nowMs: number): boolean {
    if (key !== this.#key) {
      this.#key = key
      this.#attempt = 0
      this.#pauseMs = this.#firstMs
      this.#nextMs = nowMs + this.#firstMs
      return false
    }
    if (nowMs < this.#nextMs) return false
    this.#attempt++
    this.#pauseMs = Math.min(this.#pauseMs * 2, this.#mostMs)
    this.#nextMs = nowMs + this.#pauseMs
    return true
  }

  /** Something has changed for the better (a peer is back): the next question is due at once. */
  hurry (): void {
    this.#nextMs = 0
    this.#pauseMs = this.#firstMs
  }
}

/** On what (the head, and an own input) this node waits for the others, and since when, milliseconds since 1970. */
export type Waiting = { readonly key: string, readonly sinceMs: number }
