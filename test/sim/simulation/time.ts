/** The simulation's time and chance: a clock that moves only when told to, what is to happen when, and numbers from a seed. */

/** Numbers from a seed: the same seed, the same run. */
export class Chance {
  #state: number

  constructor (seed: number) { this.#state = seed >>> 0 }

  /** A number from 0 up to, but not, 1 (mulberry32). */
  next (): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let mixed = this.#state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  /** A whole number from `least` to `most`. */
  between (least: number, most: number): number { return least + Math.floor(this.next() * (most - least + 1)) }

  /** Whether something that happens with this probability happens. */
  happens (probability: number): boolean { return this.next() < probability }

  /** One of a list that is not empty. */
  pick<T> (items: readonly T[]): T {
    const item = items[this.between(0, items.length - 1)]
    if (item === undefined) throw new Error('nothing to choose from')
    return item
  }
}

/** What is to happen, by time; the clock of all nodes. */
export class Timeline {
  #nowMs = 1_700_000_000_000
  #sequence = 0
  readonly #waiting: { readonly atMs: number, readonly sequence: number, readonly act: () => void }[] = []

  nowMs (): number { return this.#nowMs }

  /** Lets something happen later. */
  after (ms: number, act: () => void): void {
    this.#waiting.push({ atMs: this.#nowMs + Math.max(0, ms), sequence: this.#sequence++, act })
  }

  /** Resolves when this much time has gone by. */
  async sleep (ms: number): Promise<void> {
    await new Promise<void>(resolve => { this.after(ms, resolve) })
  }

  /** Lets the next thing happen, unless it lies beyond `untilMs`. @returns whether something happened. */
  advance (untilMs: number): boolean {
    let first: number | undefined
    this.#waiting.forEach((one, index) => {
      const best = first === undefined ? undefined : this.#waiting[first]
      if (best === undefined || one.atMs < best.atMs || (one.atMs === best.atMs && one.sequence < best.sequence)) first = index
    })
    const next = first === undefined ? undefined : this.#waiting[first]
    if (first === undefined || next === undefined || next.atMs > untilMs) return false
    this.#waiting.splice(first, 1)
    this.#nowMs = Math.max(this.#nowMs, next.atMs)
    next.act()
    return true
  }
}

/** Lets all that was begun go on until it waits for the timeline. */
export async function settle (): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise(resolve => { setImmediate(resolve) })
}
