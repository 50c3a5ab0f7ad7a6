/**
 * The durable key-value space on LevelDB. One batch is one atomic write; with `sync` it is on disk before the promise resolves.
 * LevelDB's own lock keeps a second process out of the folder.
 */
import { Level } from 'level'
import { ThreadsError } from '../errors.js'
import type { StoreOperation, StorePort } from '../thread/ports.js'

/** The character after `/` and everything else that keys are made of: ends a prefix range. */
const AFTER = '\u{7e}'

/**
 * Opens (or creates) the store in `folder`.
 * @throws `DATA_DIR_IN_USE` when another process holds it; `STORE_FAILED` when it cannot be read or created.
 */
export async function openLevelStore (folder: string): Promise<StorePort> {
  const database = new Level<string, Uint8Array>(folder, { keyEncoding: 'utf8', valueEncoding: 'view' })
  try {
    await database.open()
  } catch (error) {
    if (isLocked(error)) {
      throw new ThreadsError('DATA_DIR_IN_USE', `another process uses the data directory ${folder}`, { data: { folder }, cause: error })
    }
    throw storeFailed('open', error)
  }
  return new LevelStore(database)
}

class LevelStore implements StorePort {
  readonly #database: Level<string, Uint8Array>

  constructor (database: Level<string, Uint8Array>) {
    this.#database = database
  }

  async get (key: string): Promise<Uint8Array | undefined> {
    try {
      return await this.#database.get(key)
    } catch (error) {
      throw storeFailed('get', error)
    }
  }

  async batch (operations: readonly StoreOperation[], options: { sync?: boolean } = {}): Promise<void> {
    try {
      await this.#database.batch(operations.map(operation => 'put' in operation
        ? { type: 'put' as const, key: operation.put, value: operation.value }
        : { type: 'del' as const, key: operation.delete }), { sync: options.sync ?? true })
    } catch (error) {
      throw storeFailed('batch', error)
    }
  }

  async * iterate (prefix: string, options: { from?: string, limit?: number, reverse?: boolean } = {}): AsyncIterable<readonly [string, Uint8Array]> {
    const range = { gte: options.from ?? prefix, lt: prefix + AFTER, reverse: options.reverse ?? false, limit: options.limit ?? -1 }
    try {
      for await (const [key, value] of this.#database.iterator(range)) yield [key, value]
    } catch (error) {
      throw storeFailed('iterate', error)
    }
  }

  async close (): Promise<void> {
    await this.#database.close()
  }
}

function isLocked (error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined
  return codeOf(error) === 'LEVEL_LOCKED' || codeOf(cause) === 'LEVEL_LOCKED'
}

function codeOf (error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

function storeFailed (operation: string, cause: unknown): ThreadsError {
  const message = cause instanceof Error ? cause.message : String(cause)
  return new ThreadsError('STORE_FAILED', `the store failed (${operation}): ${message}`, { data: { operation }, cause })
}
