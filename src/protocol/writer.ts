/** Writes what {@link Reader} reads, with the same caps, so that nothing leaves which the others would refuse. */
import { ThreadsError } from '../errors.js'
import { bigintToBytes, concatBytes, hexToBytes } from './bytes.js'
import { wireTooLarge } from './reader.js'
import type { Hex, Signature } from './types.js'

/** Collects parts; every method gives the writer back. Values that do not fit throw `WIRE_INVALID`, `WIRE_TOO_LARGE` or `BYTES_OUT_OF_RANGE`. */
export class Writer {
  private readonly parts: Uint8Array[] = []

  /** Bytes as they are. */
  raw (bytes: Uint8Array): this {
    this.parts.push(bytes)
    return this
  }

  uint8 (value: number): this {
    return this.raw(integer(value, 1))
  }

  uint16 (value: number): this {
    return this.raw(integer(value, 2))
  }

  uint32 (value: number): this {
    return this.raw(integer(value, 4))
  }

  uint64 (value: bigint): this {
    return this.raw(bigintToBytes(value, 8))
  }

  uint256 (value: bigint): this {
    return this.raw(bigintToBytes(value, 32))
  }

  /** 32 bytes: a hash or an id. */
  hash (value: Hex): this {
    return this.fixed(hexToBytes(value), 32)
  }

  signature (value: Signature): this {
    return this.fixed(value, 65)
  }

  flag (value: boolean): this {
    return this.uint8(value ? 1 : 0)
  }

  /** One byte, below `limit`. */
  index (value: number, limit: number): this {
    if (value >= limit) throw invalid(`an index is below ${limit}, not ${value}`)
    return this.uint8(value)
  }

  /** Behind its 4-byte length. */
  byteString (bytes: Uint8Array, most: number): this {
    if (bytes.length > most) throw wireTooLarge('a byte string', bytes.length, most, false)
    return this.uint32(bytes.length).raw(bytes)
  }

  /** Behind its 2-byte count. */
  list<Item> (items: readonly Item[], most: number, writeItem: (item: Item) => void): this {
    if (items.length > most) throw wireTooLarge('a list', items.length, most, false)
    this.uint16(items.length)
    items.forEach(writeItem)
    return this
  }

  /** All that was written. */
  bytes (): Uint8Array {
    return concatBytes(...this.parts)
  }

  private fixed (bytes: Uint8Array, length: number): this {
    if (bytes.length !== length) throw invalid(`expected ${length} bytes, got ${bytes.length}`)
    return this.raw(bytes)
  }
}

/** `WIRE_INVALID`: this program tried to send what has no encoding. */
export function invalid (message: string): ThreadsError {
  return new ThreadsError('WIRE_INVALID', message)
}

function integer (value: number, length: number): Uint8Array {
  if (!Number.isInteger(value)) throw invalid(`${value} is no integer`)
  return bigintToBytes(BigInt(value), length)
}
