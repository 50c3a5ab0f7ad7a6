/**
 * Which threads a node follows, and which of them are loaded. It owns their coming and going between disk and memory: one loading of a thread at a time, never two of it
 * that could sign, and whoever needs a thread that is being loaded again waits for the new one. What a thread does is not its business.
 */
import type { ThreadId } from '../protocol/types.js'
import { hasCode, ThreadsError } from '../errors.js'
import type { ClockPort, StoreOperation, StorePort } from './ports.js'
import type { Steps } from './steps.js'

/** A thread in memory, as far as its place there is concerned. */
export type Seated = { readonly coordinator: Pick<Steps, 'fault' | 'hasLeft' | 'retire' | 'idle'> }

/** What a hall works with. */
export type HallParts<T extends Seated> = {
  readonly store: () => Pick<StorePort, 'batch'>
  readonly clock: ClockPort
  /** Loads a thread from the disk. @throws `THREAD_UNKNOWN` when the disk has it no more */
  readonly load: (thread: ThreadId) => Promise<T>
  /** The disk has it no more. */
  readonly gone: (thread: ThreadId) => void
  /** What came of loading a thread again: an error, or nothing. */
  readonly reloaded: (thread: ThreadId, error: unknown) => void
}

/** Pause before a thread whose store failed is loaded again, milliseconds. */
const RELOAD_MS = 1_000
/** How long whoever needs a thread waits for its loading, milliseconds. */
const WAIT_MS = 30_000

type Seat<T> = { readonly thread: ThreadId, running: T, /** Under way; it never rejects. */ loading: Promise<void> | undefined, /** Not to be loaded again before, milliseconds. */ againAtMs: number }

/** The threads of one node. */
export class Hall<T extends Seated> {
  readonly #parts: HallParts<T>
  readonly #seats = new Map<ThreadId, Seat<T>>()

  constructor (parts: HallParts<T>) {
    this.#parts = parts
  }

  get size (): number { return this.#seats.size }
  has (thread: ThreadId): boolean { return this.#seats.has(thread) }
  ids (): ThreadId[] { return [...this.#seats.keys()] }
  /** The threads in memory; one of them that is being loaded again is still there, and does nothing any more. */
  get loaded (): T[] { return [...this.#seats.values()].map(({ running }) => running) }
  /** The thread as it is in memory. */
  get (thread: ThreadId): T | undefined { return this.#seats.get(thread)?.running }

  /** Loads a thread that is not there yet. @throws what loading throws */
  async add (thread: ThreadId): Promise<void> {
    const running = await this.#parts.load(thread)
    this.#seats.set(thread, { thread, running, loading: undefined, againAtMs: 0 })
  }

  /**
   * Does something with a thread once it is well in memory, or as it is while its store fails. What is refused because the thread is being loaded again (`THREAD_FAULT`: no step was begun) is done once more
   * with the new one.
   * @throws `THREAD_UNKNOWN`; `THREAD_FAULT` when it cannot be loaded in time; what `act` throws
   */
  async use<R> (thread: ThreadId, act: (running: T) => Promise<R> | R): Promise<R> {
    const first = await this.#ready(thread)
    try {
      return await act(first)
    } catch (error) {
      if (!hasCode(error, 'THREAD_FAULT')) throw error
      const next = await this.#ready(thread)
      if (next === first) throw error
      return await act(next)
    }
  }

  /** Loads the threads again whose write has failed, or whose disk holds another state by now. Called by the clock. */
  recover (): void {
    for (const seat of this.#seats.values()) if (seat.running.coordinator.fault !== undefined && this.#mayLoad(seat)) void this.#reload(seat)
  }

  /** Changes what the disk holds of a thread, where `changes` says so: what was loaded before does nothing any more then, and is loaded anew. @throws what the store throws */
  async change (thread: ThreadId, changes: () => Promise<readonly StoreOperation[]>): Promise<void> {
    const seat = this.#seat(thread)
    await seat.loading // it may have read what is void now
    await seat.running.coordinator.idle()
    const operations = await changes()
    if (operations.length === 0) return
    while (seat.loading !== undefined) await seat.loading
    const changed = Promise.withResolvers<undefined>()
    void this.#reload(seat, async () => {
      // From here on what it holds in memory is not what the disk should say, even if the next line fails.
      await seat.running.coordinator.retire()
      await this.#parts.store().batch(operations).then(() => { changed.resolve(undefined) }, changed.reject)
      await changed.promise
    })
    await changed.promise
    await seat.loading
  }

  /** Waits until nothing is under way. */
  async idle (): Promise<void> {
    await Promise.all([...this.#seats.values()].map(async ({ running, loading }) => {
      await loading
      await running.coordinator.idle()
    }))
  }

  #seat (thread: ThreadId): Seat<T> {
    const seat = this.#seats.get(thread)
    if (seat === undefined) throw new ThreadsError('THREAD_UNKNOWN', `the thread ${thread} is not known here: it is not opened, not confirmed yet, or this node is no player of it`, { data: { thread } })
    return seat
  }

  async #ready (thread: ThreadId): Promise<T> {
    for (;;) {
      const seat = this.#seat(thread)
      if (seat.loading !== undefined) await withinMs(WAIT_MS, seat.loading, thread)
      // While its store fails it can be looked at.
      else if (seat.running.coordinator.fault === undefined || !this.#mayLoad(seat)) return seat.running
      else void this.#reload(seat)
    }
  }

  #mayLoad ({ loading, againAtMs }: Seat<T>): boolean { return loading === undefined && this.#parts.clock.nowMs() >= againAtMs }

  /** Loads a thread from the disk in place of the one that is there, which does nothing more but can be looked at. */
  async #reload (seat: Seat<T>, before: () => Promise<void> = async () => { await seat.running.coordinator.retire() }): Promise<void> {
    // A disk that is full is not tried in a loop; one that was only changed is well.
    if (seat.running.coordinator.fault !== undefined && !seat.running.coordinator.hasLeft) seat.againAtMs = this.#parts.clock.nowMs() + RELOAD_MS
    seat.loading = this.#loadAgain(seat, before).finally(() => { seat.loading = undefined })
    await seat.loading
  }

  async #loadAgain (seat: Seat<T>, before: () => Promise<void>): Promise<void> {
    const { thread } = seat
    try {
      await before()
      seat.running = await this.#parts.load(thread)
      this.#parts.reloaded(thread, undefined)
    } catch (error) {
      if (hasCode(error, 'THREAD_UNKNOWN')) {
        // The event that opened it was on a block that is gone: it comes again if it is mined again.
        this.#seats.delete(thread)
        this.#parts.gone(thread)
        return
      }
      seat.againAtMs = this.#parts.clock.nowMs() + RELOAD_MS
      this.#parts.reloaded(thread, error)
    }
  }
}

async function withinMs (ms: number, waited: Promise<void>, thread: ThreadId): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => { late.reject(new ThreadsError('THREAD_FAULT', `the thread is being loaded from the disk for ${ms / 1000} s`, { data: { thread } })) }, ms)
  try {
    await Promise.race([waited, late.promise])
  } finally {
    clearTimeout(timer)
  }
}
