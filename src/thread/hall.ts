/**
 * Which threads a node follows, and which of them are loaded. It owns their coming and going between disk and memory: one loading of a thread at a time, never two of it
 * that could sign; whoever needs a thread that is being loaded waits for it; and where many are loaded, those in which nothing happens rest. What a thread
 * does, and when it may rest, is not its business.
 */
import type { ThreadId } from '../protocol/types.js'
import { hasCode, ThreadsError } from '../errors.js'
import type { ClockPort, StoreOperation, StorePort } from './ports.js'
import type { Steps } from './steps.js'

/** A thread in memory, as far as its place there is concerned. */
export type Seated = { readonly coordinator: Pick<Steps, 'fault' | 'hasLeft' | 'retire' | 'idle'> }

/** What a hall works with: `T` is a thread in memory, `R` what is remembered of one at rest. */
export type HallParts<T extends Seated, R> = {
  readonly store: () => Pick<StorePort, 'batch'>
  readonly clock: ClockPort
  /** With more threads than this in memory those rest in which nothing happens. */
  readonly keepLoaded: number
  /** Loads a thread from the disk; `resting`: it was let rest before. @throws `THREAD_UNKNOWN` when the disk has it no more */
  readonly load: (thread: ThreadId, resting: R | undefined) => Promise<T>
  /** Lets a thread rest, for good; undefined: something happens in it. */
  readonly rest: (running: T) => R | undefined
  /** The disk has it no more. */
  readonly gone: (thread: ThreadId) => void
  /** What came of loading a thread again that was not at rest: an error, or nothing. */
  readonly reloaded: (thread: ThreadId, error: unknown) => void
}

/** Pause before a thread whose store failed is loaded again, milliseconds. */
const RELOAD_MS = 1_000
/** How long whoever needs a thread waits for its loading, milliseconds. */
const WAIT_MS = 30_000
/** A thread that was used stays loaded for so long, milliseconds: what comes next for it comes soon. */
const STAY_MS = 3_000
/** Threads that are loaded at a time: each is read and checked as a whole. */
const LOADING_AT_ONCE = 4

type Seat<T, R> = {
  readonly thread: ThreadId
  running: T | undefined
  /** Where nothing is running. */
  resting: R | undefined
  /** Under way; it never rejects. */
  loading: Promise<void> | undefined
  /** Not to be loaded again before, milliseconds; and why it could not be. */
  againAtMs: number
  error: unknown
  /** Who is at work with it. */
  users: number
  usedMs: number
}

/** The threads of one node. */
export class Hall<T extends Seated, R> {
  readonly #parts: HallParts<T, R>
  readonly #seats = new Map<ThreadId, Seat<T, R>>()
  readonly #waiting: (() => void)[] = []
  #loading = 0

  constructor (parts: HallParts<T, R>) {
    this.#parts = parts
  }

  get size (): number { return this.#seats.size }
  has (thread: ThreadId): boolean { return this.#seats.has(thread) }
  ids (): ThreadId[] { return [...this.#seats.keys()] }
  /** The threads in memory; one of them that is being loaded again is still there, and does nothing any more. */
  get loaded (): T[] { return [...this.#seats.values()].flatMap(({ running }) => running === undefined ? [] : [running]) }
  /** What is remembered of the threads at rest. */
  get atRest (): R[] { return [...this.#seats.values()].flatMap(({ resting }) => resting === undefined ? [] : [resting]) }
  /** The thread as it is in memory. */
  get (thread: ThreadId): T | undefined { return this.#seats.get(thread)?.running }
  /** What is remembered of a thread at rest. */
  resting (thread: ThreadId): R | undefined { return this.#seats.get(thread)?.resting }

  /** Loads a thread that is not there yet. @throws what loading throws */
  async add (thread: ThreadId): Promise<void> {
    const running = await this.#parts.load(thread, undefined)
    this.#seats.set(thread, { thread, running, resting: undefined, loading: undefined, againAtMs: 0, error: undefined, users: 0, usedMs: this.#parts.clock.nowMs() })
  }

  /**
   * Does something with a thread once it is well in memory, or as it is while its store fails; until that is done it stays there. What is refused because the thread is being
   * loaded again (`THREAD_FAULT`: no step was begun) is done once more with the new one.
   * @throws `THREAD_UNKNOWN`; `THREAD_FAULT` when it cannot be loaded in time; what `act` throws
   */
  async use<U> (thread: ThreadId, act: (running: T) => Promise<U> | U): Promise<U> {
    const seat = this.#seat(thread)
    try {
      return await this.look(thread, act)
    } finally {
      seat.usedMs = this.#parts.clock.nowMs()
    }
  }

  /** The same for what is no reason to keep the thread in memory any longer: others ask about it all the time. */
  async look<U> (thread: ThreadId, act: (running: T) => Promise<U> | U): Promise<U> {
    const seat = this.#seat(thread)
    seat.users++
    try {
      const first = await this.#ready(thread)
      try {
        return await act(first)
      } catch (error) {
        if (!hasCode(error, 'THREAD_FAULT')) throw error
        const next = await this.#ready(thread)
        if (next === first) throw error
        return await act(next)
      }
    } finally {
      seat.users--
    }
  }

  /** The thread if it is well in memory, which it then stays for a while. */
  touch (thread: ThreadId): T | undefined {
    const seat = this.#seats.get(thread)
    if (seat?.running === undefined || seat.loading !== undefined || seat.running.coordinator.fault !== undefined) return undefined
    seat.usedMs = this.#parts.clock.nowMs()
    return seat.running
  }

  /** Loads the threads again whose write has failed, or whose disk holds another state by now. Called by the clock. */
  recover (): void {
    for (const seat of this.#seats.values()) {
      if (seat.running?.coordinator.fault !== undefined && seat.loading === undefined && this.#mayLoad(seat)) this.#reload(seat)
    }
  }

  /** Lets threads rest in which nothing happens while too many are loaded, those first that were used longest ago. @param stayMs so long ago, at least */
  rest (stayMs = STAY_MS): void {
    const still = [...this.#seats.values()].filter(({ running, loading, users }) => running !== undefined && loading === undefined && users === 0)
    const now = this.#parts.clock.nowMs()
    let surplus = still.length - this.#parts.keepLoaded
    for (const seat of still.sort((a, b) => a.usedMs - b.usedMs)) {
      if (surplus <= 0 || seat.running === undefined || now - seat.usedMs < stayMs) return
      seat.resting = this.#parts.rest(seat.running)
      if (seat.resting === undefined) continue
      seat.running = undefined
      surplus--
    }
  }

  /** Changes what the disk holds of a thread, where `changes` says so: what was loaded before does nothing any more then, and is loaded anew. @throws what the store throws */
  async change (thread: ThreadId, changes: () => Promise<readonly StoreOperation[]>): Promise<void> {
    const seat = this.#seat(thread)
    await seat.loading // it may have read what is void now
    await seat.running?.coordinator.idle()
    const operations = await changes()
    if (operations.length === 0) return
    while (seat.loading !== undefined) await seat.loading
    const changed = Promise.withResolvers<undefined>()
    this.#reload(seat, async () => {
      // From here on what it holds in memory is not what the disk should say, even if the next line fails.
      await seat.running?.coordinator.retire()
      await this.#parts.store().batch(operations).then(() => { changed.resolve(undefined) }, changed.reject)
      await changed.promise
      return undefined
    })
    await changed.promise
    await seat.loading
  }

  /** Waits until nothing is under way. */
  async idle (): Promise<void> {
    await Promise.all([...this.#seats.values()].map(async seat => {
      await seat.loading
      await seat.running?.coordinator.idle()
    }))
  }

  #seat (thread: ThreadId): Seat<T, R> {
    const seat = this.#seats.get(thread)
    if (seat === undefined) throw new ThreadsError('THREAD_UNKNOWN', `the thread ${thread} is not known here: it is not opened, not confirmed yet, or this node is no player of it`, { data: { thread } })
    return seat
  }

  async #ready (thread: ThreadId): Promise<T> {
    for (;;) {
      const seat = this.#seat(thread)
      const { running } = seat
      const mayLoad = this.#mayLoad(seat)
      if (seat.loading !== undefined) await withinMs(WAIT_MS, seat.loading, thread)
      // While its store fails it can be looked at.
      else if (running !== undefined && (running.coordinator.fault === undefined || !mayLoad)) return running
      else if (mayLoad) this.#reload(seat)
      else throw seat.error
    }
  }

  #mayLoad ({ againAtMs }: Seat<T, R>): boolean { return this.#parts.clock.nowMs() >= againAtMs }

  /** Loads a thread from the disk in place of the one that is there, which does nothing more but can be looked at. @param before ends that, and says what of the rest still counts */
  #reload (seat: Seat<T, R>, before = async (): Promise<R | undefined> => await this.#ended(seat)): void {
    const was = seat.running?.coordinator
    // A disk that is full is not tried in a loop; one that was only changed is well.
    if (was?.fault !== undefined && !was.hasLeft) seat.againAtMs = this.#parts.clock.nowMs() + RELOAD_MS
    seat.loading = this.#loadAgain(seat, before).finally(() => { seat.loading = undefined })
  }

  async #ended ({ running, resting }: Seat<T, R>): Promise<R | undefined> {
    await running?.coordinator.retire()
    return resting
  }

  async #loadAgain (seat: Seat<T, R>, before: () => Promise<R | undefined>): Promise<void> {
    const { thread } = seat
    const wasWell = seat.resting !== undefined && seat.error === undefined
    await this.#turn()
    try {
      seat.running = await this.#parts.load(thread, await before())
      seat.resting = undefined
      seat.error = undefined
      seat.usedMs = this.#parts.clock.nowMs()
      if (!wasWell) this.#parts.reloaded(thread, undefined)
    } catch (error) {
      if (hasCode(error, 'THREAD_UNKNOWN')) {
        // The event that opened it was on a block that is gone: it comes again if it is mined again.
        this.#seats.delete(thread)
        this.#parts.gone(thread)
        return
      }
      seat.againAtMs = this.#parts.clock.nowMs() + RELOAD_MS
      seat.error = error
      this.#parts.reloaded(thread, error)
    } finally {
      this.#loading--
      this.#waiting.shift()?.()
    }
  }

  /** Waits until it may load. */
  async #turn (): Promise<void> {
    while (this.#loading >= LOADING_AT_ONCE) await new Promise<void>(resolve => { this.#waiting.push(resolve) })
    this.#loading++
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
