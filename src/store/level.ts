/**
 * The durable key-value space on LevelDB. One batch is one atomic write; with `sync` it is on disk before the promise resolves.
 * LevelDB's own lock keeps a second process out of the folder. LevelDB does not look at its check sums when it reads, so each value bears one of
 * its own, over its key too: a value that a disk has changed or misplaced is an error and never data.
 */
import { crc32 } from 'node:zlib'
import { Level } from 'level'
import { ThreadsError } from '../errors.js'
import type { StoreOperation, StorePort } from '../thread/ports.js'

/** The character after `/` and everything else that keys are made of: ends a prefix range. */
const AFTER = '\u{7e}'
/** Bytes of the check sum (CRC-32) behind each value. */
const CHECK_BYTES = 4

/**
 * Opens (or creates) the store in `folder`.
 * @throws `DATA_DIR_IN_USE` when another process holds it; `STORE_CORRUPT` when files of it are missing or unreadable; `STORE_FAILED` when it cannot be
 * read or created.
 */
export async function openLevelStore (folder: string): Promise<StorePort> {
  const database = new Level<string, Uint8Array>(folder, { keyEncoding: 'utf8', valueEncoding: 'view' })
  try {
    await database.open()
  } catch (error) {
    if (isLocked(error)) {
      throw new ThreadsError('DATA_DIR_IN_USE', `another process uses the data directory ${folder}`, { data: { folder }, cause: error })
    }
    if (codeOf(error) === 'LEVEL_CORRUPTION' || codeOf(causeOf(error)) === 'LEVEL_CORRUPTION') {
      throw new ThreadsError('STORE_CORRUPT', `the store in ${folder} has lost files or parts of them: ${messageOf(causeOf(error) ?? error)}`, { data: { folder }, cause: error })
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
    let stored: Uint8Array | undefined
    try {
      stored = await this.#database.get(key)
    } catch (error) {
      throw storeFailed('get', error)
    }
    return stored === undefined ? undefined : unseal(key, stored)
  }

  async batch (operations: readonly StoreOperation[], options: { sync?: boolean } = {}): Promise<void> {
    try {
      // Chained: an array of operations costs the main thread three to five times as much, object by object.
      const batch = this.#database.batch()
      for (const operation of operations) {
        if ('put' in operation) batch.put(operation.put, seal(operation.put, operation.value))
        else batch.del(operation.delete)
      }
      await batch.write({ sync: options.sync ?? true })
    } catch (error) {
      throw storeFailed('batch', error)
    }
  }

  async * iterate (prefix: string, options: { from?: string, limit?: number, reverse?: boolean } = {}): AsyncIterable<readonly [string, Uint8Array]> {
    const range = { gte: options.from ?? prefix, lt: prefix + AFTER, reverse: options.reverse ?? false, limit: options.limit ?? -1 }
    try {
      for await (const [key, value] of this.#database.iterator(range)) yield [key, unseal(key, value)]
    } catch (error) {
      throw error instanceof ThreadsError ? error : storeFailed('iterate', error)
    }
  }

  async * keys (prefix: string): AsyncIterable<string> {
    try {
      yield * this.#database.keys({ gte: prefix, lt: prefix + AFTER })
    } catch (error) {
      throw storeFailed('keys', error)
    }
  }

  async close (): Promise<void> {
    await this.#database.close()
  }
}

function checkSum (key: string, value: Uint8Array): number {
  return crc32(value, crc32(key))
}

function seal (key: string, value: Uint8Array): Uint8Array {
  const sealed = new Uint8Array(value.length + CHECK_BYTES)
  sealed.set(value)
  new DataView(sealed.buffer).setUint32(value.length, checkSum(key, value))
  return sealed
}

function unseal (key: string, sealed: Uint8Array): Uint8Array {
  const length = sealed.length - CHECK_BYTES
  const value = sealed.subarray(0, Math.max(0, length))
  if (length < 0 || new DataView(sealed.buffer, sealed.byteOffset + length).getUint32(0) !== checkSum(key, value)) {
    throw new ThreadsError('STORE_DAMAGED', `the stored value of ${key} is damaged`, { data: { key } })
  }
  return value
}

function isLocked (error: unknown): boolean {
  return codeOf(error) === 'LEVEL_LOCKED' || codeOf(causeOf(error)) === 'LEVEL_LOCKED'
}

function causeOf (error: unknown): unknown {
  return error instanceof Error ? error.cause : undefined
}

function messageOf (error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

function codeOf (error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

function storeFailed (operation: string, cause: unknown): ThreadsError {
  return new ThreadsError('STORE_FAILED', `the store failed (${operation}): ${messageOf(cause)}`, { data: { operation }, cause })
}
