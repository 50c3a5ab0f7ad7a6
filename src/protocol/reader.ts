/**
 * Reads a peer's bytes with bounds checks. Every length and count is compared with its cap, and with what is left, before anything is
 * allocated; whoever is done calls `end`, so no trailing byte goes unseen.
 */
import { ThreadsError } from '../errors.js'
import { bytesToBigint, bytesToHex } from './bytes.js'
import type { Hash32, Signature } from './types.js'

/** A cursor over bytes. Every method throws `WIRE_MALFORMED` (the sender's fault) when the bytes end too soon. */
export class Reader {
  private readonly bytes: Uint8Array
  private at = 0

  constructor (bytes: Uint8Array) {
    // A plain view: slice() of a Buffer would share memory with the network's.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length)
  }

  /** The next `length` bytes, copied. */
  fixed (length: number): Uint8Array {
    const end = this.at + length
    if (end > this.bytes.length) throw wireMalformed(`${end - this.bytes.length} bytes are missing`, this.at)
    const part = this.bytes.slice(this.at, end)
    this.at = end
    return part
  }

  /** An unsigned integer of one byte. */
  uint8 (): number {
    const value = this.bytes[this.at]
    if (value === undefined) throw wireMalformed('a byte is missing', this.at)
    this.at++
    return value
  }

  uint16 (): number {
    return this.uint8() * 256 + this.uint8()
  }

  uint32 (): number {
    return this.uint16() * 65_536 + this.uint16()
  }

  uint64 (): bigint {
    return bytesToBigint(this.fixed(8))
  }

  uint256 (): bigint {
    return bytesToBigint(this.fixed(32))
  }

  hash (): Hash32 {
    return bytesToHex(this.fixed(32)) as Hash32
  }

  /** 65 bytes; their form is looked at when the signer is recovered. */
  signature (): Signature {
    return this.fixed(65)
  }

  /** One byte, 0 or 1. */
  flag (): boolean {
    const value = this.uint8()
    if (value > 1) throw wireMalformed(`a flag is 0 or 1, not ${value}`, this.at - 1)
    return value === 1
  }

  /** An integer of one byte, below `limit`. */
  index (limit: number): number {
    const value = this.uint8()
    if (value >= limit) throw wireMalformed(`an index is below ${limit}, not ${value}`, this.at - 1)
    return value
  }

  /** A byte string behind its 4-byte length. @throws `WIRE_TOO_LARGE` above `most` */
  byteString (most: number): Uint8Array {
    const length = this.uint32()
    if (length > most) throw wireTooLarge('a byte string', length, most, true)
    return this.fixed(length)
  }

  /** A list behind its 2-byte count; each item takes `itemBytes` or more. @throws `WIRE_TOO_LARGE` above `most` */
  list<Item> (most: number, itemBytes: number, readItem: () => Item): Item[] {
    const count = this.uint16()
    if (count > most) throw wireTooLarge('a list', count, most, true)
    if (count * itemBytes > this.bytes.length - this.at) throw wireMalformed(`no room for ${count} items`, this.at)
    const items: Item[] = []
    for (let i = 0; i < count; i++) items.push(readItem())
    return items
  }

  /** @throws `WIRE_MALFORMED` when bytes are left */
  end (): void {
    const left = this.bytes.length - this.at
    if (left > 0) throw wireMalformed(`${left} trailing bytes`, this.at)
  }
}

/** `WIRE_MALFORMED`, the sender's fault. */
export function wireMalformed (message: string, at: number): ThreadsError {
  return new ThreadsError('WIRE_MALFORMED', `${message} (byte ${at})`, { data: { at }, peerFault: 'reject' })
}

/** `WIRE_TOO_LARGE`: the sender's fault when reading, the caller's when writing. */
export function wireTooLarge (what: string, got: number, most: number, fromPeer: boolean): ThreadsError {
  return new ThreadsError('WIRE_TOO_LARGE', `${what} of ${got}, at most ${most}`, { data: { got, most }, ...(fromPeer ? { peerFault: 'reject' as const } : {}) })
}
