/** A queue with one reader that waits for what comes. Unbounded: its one writer puts in the next item only when the last was answered. */
export class Mailbox<T> implements AsyncIterable<T> {
  readonly #items: T[] = []
  #wake: (() => void) | undefined
  #ended = false
  #error: unknown

  push (item: T): void {
    this.#items.push(item)
    this.#wake?.()
  }

  /** No more will come; what is inside is still read. */
  end (): void {
    this.#ended = true
    this.#wake?.()
  }

  /** Like {@link end}, and then the reader throws. */
  fail (error: unknown): void {
    this.#error ??= error
    this.end()
  }

  async * [Symbol.asyncIterator] (): AsyncGenerator<T> {
    for (;;) {
      const item = this.#items.shift()
      if (item !== undefined) yield item
      else if (this.#error !== undefined) throw this.#error
      else if (this.#ended) return
      else await new Promise<void>(resolve => { this.#wake = resolve })
    }
  }
}
