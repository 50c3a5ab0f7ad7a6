/**
 * The steps of one thread, one after another. What a step writes is one atomic, synced batch, and only after it is on disk does anything leave the node or
 * reach a subscriber. A write that fails ends the thread in memory: it is loaded again from the disk.
 */
import type { ThreadId } from '../protocol/types.js'
import { ThreadsError } from '../errors.js'
import { turn } from '../turn.js'
import type { ThreadEvent, ThreadNotice } from './events.js'
import type { ClockPort, NetworkPort, StoreOperation, StorePort } from './ports.js'

/** Something that the user should know of, as long as it lasts. */
export type Warning = { readonly code: string, readonly message: string, readonly sinceMs: number }

/** What steps work with. */
export type StepParts = {
  readonly store: StorePort
  readonly network: Pick<NetworkPort, 'publish'>
  readonly clock: ClockPort
  readonly emit: (event: ThreadEvent) => void
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', event: string, data: Record<string, unknown>) => void
}

/** The lock of one thread, and what leaves it. */
export abstract class Steps {
  readonly thread: ThreadId
  readonly #parts: StepParts
  readonly #warnings = new Map<string, Warning>()

  // What the current step will write, send and tell, in this order.
  #operations: StoreOperation[] = []
  #kept: StoreOperation[] = []
  #outbox: Uint8Array[] = []
  #notices: ThreadNotice[] = []
  #tail: Promise<unknown> = Promise.resolve()
  #waiting = 0
  /** Steps that wait or are under way. */
  #begun = 0
  #fault: ThreadsError | undefined
  #leaves = false
  #hasLeft = false

  constructor (thread: ThreadId, parts: StepParts) {
    this.thread = thread
    this.#parts = parts
  }

  /** Whether there is something to go on with after a step. */
  protected abstract hasWork (): boolean
  /** Goes on with it. Only under the lock. */
  protected abstract work (): Promise<void>

  get warnings (): readonly Warning[] { return [...this.#warnings.values()] }
  /** Why the thread must be loaded again from the disk; undefined: it is well. */
  get fault (): ThreadsError | undefined { return this.#fault }
  /** Whether that is no failure: the disk was to hold another state than this. */
  get hasLeft (): boolean { return this.#hasLeft }
  /** Steps that wait for the lock. */
  get waiting (): number { return this.#waiting }

  /**
   * Runs a step under the thread's lock: then writes what it has put together, and only then sends and tells.
   * @throws what the step throws; `THREAD_FAULT` when it was not begun: a write before it has failed, or the disk holds another state, and the thread must be loaded again.
   */
  exclusive<T> (step: () => Promise<T>): Promise<T> {
    this.#waiting++
    this.#begun++
    const result = this.#tail.then(async () => {
      this.#waiting--
      if (this.#fault !== undefined) throw this.#fault
      try {
        const value = await step()
        const hasWork = this.hasWork()
        // What only waits to be kept (an own input) rides on the write that its breakpoint needs anyway.
        if (!hasWork || this.#operations.length > 0 || this.#outbox.length > 0) await this.#flush()
        if (hasWork) {
          // What is to leave (an acknowledgement, an own input) leaves now, and the others execute it while this node does.
          await turn()
          await this.work()
          await this.#flush()
        }
        // INVARIANT: in the same turn as the write, so that no step comes between with what is not on disk any more.
        if (this.#leaves) this.#endHere()
        return value
      } catch (error) {
        if (this.#operations.length > 0 || !(error instanceof ThreadsError)) this.#fail(error)
        throw error
      }
    })
    this.#tail = result.catch(() => { /* the caller has it */ }).then(() => { this.#begun-- })
    return result
  }

  /** SAFETY: memory is ahead of the disk, so nothing more may be signed or sent from it. */
  #fail (cause: unknown): void {
    this.#fault = new ThreadsError('THREAD_FAULT', `the thread must be loaded again: ${cause instanceof Error ? cause.message : String(cause)}`, { data: { thread: this.thread }, cause })
    this.#parts.log('error', 'thread.fault', { thread: this.thread, error: cause instanceof Error ? cause.stack ?? cause.message : String(cause) })
  }

  async #flush (): Promise<void> {
    const operations = this.#operations
    const kept = this.#kept
    if (operations.length > 0) {
      // INVARIANT: durable first. If this throws, #operations is not empty and the step ends in a fault; nothing has left.
      await this.#parts.store.batch(lastOfEach([...kept, ...operations]))
      this.#operations = []
    } else if (kept.length > 0) {
      await this.#parts.store.batch(kept, { sync: false })
    }
    this.#kept = []
    const outbox = this.#outbox
    const notices = this.#notices
    this.#outbox = []
    this.#notices = []
    for (const bytes of outbox) this.publish(bytes)
    for (const notice of notices) this.#parts.emit({ ...notice, thread: this.thread, timeMs: this.#parts.clock.nowMs() } as ThreadEvent)
  }

  /** Adds to what the current step writes. */
  write (...operations: readonly StoreOperation[]): void { this.#operations.push(...operations) }

  /** Adds to what the store should hold, but nothing that leaves depends on: no write of its own to the disk. */
  keep (...operations: readonly StoreOperation[]): void { this.#kept.push(...operations) }

  /** Adds to what leaves once the current step is durable. */
  send (bytes: Uint8Array): void { this.#outbox.push(bytes) }

  /** Adds to what is told once the current step is durable. */
  tell (notice: ThreadNotice): void { this.#notices.push(notice) }

  /** Hands bytes to gossip now. Only for what commits nothing, or is durable already. */
  publish (bytes: Uint8Array): void {
    this.#parts.network.publish(this.thread, bytes).catch((error: unknown) => {
      this.#parts.log('debug', 'thread.publish', { thread: this.thread, error: error instanceof Error ? error.message : String(error) })
    })
  }

  /** Raises a warning, once; it lasts until {@link calm}. */
  warn (code: string, message: string, data: Record<string, unknown> = {}): void {
    if (this.#warnings.get(code)?.message === message) return
    this.#warnings.set(code, { code, message, sinceMs: this.#parts.clock.nowMs() })
    this.#parts.log('warn', 'thread.warning', { thread: this.thread, code, message, ...data })
    this.tell({ type: 'warning', code, message, data })
  }

  /** After a rest: what lasts since before it, and was told then. */
  keepWarnings (warnings: readonly Warning[]): void {
    for (const warning of warnings) if (!this.#warnings.has(warning.code)) this.#warnings.set(warning.code, warning)
  }

  /** Takes a warning back. */
  calm (code: string): void { this.#warnings.delete(code) }

  /** Lets the steps that were begun end, and does nothing more: the thread is loaded again from the disk, and two must not sign. */
  async retire (): Promise<void> {
    await this.#tail
    this.#endHere()
  }

  /** The same at once, where no step waits or is under way. @returns whether it is so */
  rest (): boolean {
    if (this.#begun > 0 || this.#kept.length > 0 || this.#fault !== undefined) return false
    this.#endHere()
    return true
  }

  /** With the current step's write the disk holds another state than this: the thread is loaded again after it. */
  leave (): void { this.#leaves = true }

  #endHere (): void {
    if (this.#fault !== undefined) return
    this.#hasLeft = true
    this.#fault = new ThreadsError('THREAD_FAULT', 'the thread is being loaded again from the disk', { data: { thread: this.thread } })
  }

  /** Waits until every step that was begun has ended. */
  async idle (): Promise<void> { await this.#tail }
}

/** Of several operations on one key only the last matters: a content that is signed and complete in one step is never written as open. */
function lastOfEach (operations: readonly StoreOperation[]): StoreOperation[] {
  return [...new Map(operations.map(operation => ['put' in operation ? operation.put : operation.delete, operation])).values()]
}
