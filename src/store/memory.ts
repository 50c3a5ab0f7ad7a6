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
  #failures = 0

  async get (key: string): Promise<Uint8Array | undefined> {
    return this.#current.get(key)
  }

  async batch (operations: readonly StoreOperation[], options: { sync?: boolean } = {}): Promise<void> {
    if (this.#failures > 0) {
      this.#failures--
      throw new ThreadsError('STORE_FAILED', 'the store failed (batch): no space left on device', { data: { operation: 'batch' } })
    }
    for (const operation of operations) {
      if ('put' in operation) this.#current.set(operation.put, operation.value.slice())
      else this.#current.delete(operation.delete)
    }
    if (options.sync ?? true) this.#durable = new Map(this.#current)
  }

  async * iterate (prefix: string, options: { from?: string, limit?: number, reverse?: boolean } = {}): AsyncIterable<readonly [string, Uint8Array]> {
    const keys = [...this.#current.keys()].filter(key => key.startsWith(prefix) && key >= (options.from ?? '')).sort()
    if (options.reverse === true) keys.reverse()
    for (const key of keys.slice(0, options.limit)) {
      const value = this.#current.get(key)
      if (value !== undefined) yield [key, value]
    }
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

  /** Changes one byte of a stored value, as a bad disk does. @returns false when there is no such key. */
  damage (key: string): boolean {
    const value = this.#current.get(key)
    if (value === undefined || value.length === 0) return false
    const changed = value.slice()
    changed[0] = (changed[0] ?? 0) ^ 1
    this.#current.set(key, changed)
    this.#durable.set(key, changed)
    return true
  }
}
