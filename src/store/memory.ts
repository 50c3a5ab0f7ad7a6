/**
 * The same key-value space in memory, with what a disk does to unsynced writes: `crash()` forgets them. For simulations and tests of
 * faults; a node that plays for money uses `level.ts`.
 */
import { ThreadsError } from '../errors.js'
import type { StoreOperation, StorePort } from '../thread/ports.js'

/** A store in memory; see {@link MemoryStore.crash} and {@link MemoryStore.failNext}. */
export class MemoryStore implements StorePort {
  #durable = new Map<string, Uint8Array>()
  #current = new Map<string, Uint8Array>()
  /** Keys whose value a bad disk has changed. */
  readonly #damaged = new Set<string>()
  #failures = 0

  async get (key: string): Promise<Uint8Array | undefined> {
    return this.#read(key)
  }

  async batch (operations: readonly StoreOperation[], options: { sync?: boolean } = {}): Promise<void> {
    if (this.#failures > 0) {
      this.#failures--
      throw new ThreadsError('STORE_FAILED', 'the store failed (batch): no space left on device', { data: { operation: 'batch' } })
    }
    for (const operation of operations) {
      const key = 'put' in operation ? operation.put : operation.delete
      this.#damaged.delete(key)
      if ('put' in operation) this.#current.set(key, operation.value.slice())
      else this.#current.delete(key)
    }
    if (options.sync ?? true) this.#durable = new Map(this.#current)
  }

  async * iterate (prefix: string, options: { from?: string, limit?: number, reverse?: boolean } = {}): AsyncIterable<readonly [string, Uint8Array]> {
    const keys = this.#sorted(prefix).filter(key => key >= (options.from ?? ''))
    if (options.reverse === true) keys.reverse()
    const limit = options.limit ?? -1
    for (const key of limit < 0 ? keys : keys.slice(0, limit)) {
      const value = this.#read(key)
      if (value !== undefined) yield [key, value]
    }
  }

  async * keys (prefix: string): AsyncIterable<string> {
    yield * this.#sorted(prefix)
  }

  #sorted (prefix: string): string[] {
    return [...this.#current.keys()].filter(key => key.startsWith(prefix)).sort()
  }

  #read (key: string): Uint8Array | undefined {
    if (this.#damaged.has(key)) throw new ThreadsError('STORE_DAMAGED', `the stored value of ${key} is damaged`, { data: { key } })
    return this.#current.get(key)
  }

  async close (): Promise<void> {}

  /** What a power loss leaves: only what a synced batch has made durable. */
  crash (): void {
    this.#current = new Map(this.#durable)
  }

  /** Lets the next `count` batches fail as on a full disk. */
  failNext (count: number): void {
    this.#failures = count
  }

  /** Changes a stored value, as a bad disk does: reading it is an error until it is written again. @returns false when there is no such key. */
  damage (key: string): boolean {
    if (!this.#current.has(key)) return false
    this.#damaged.add(key)
    return true
  }
}
