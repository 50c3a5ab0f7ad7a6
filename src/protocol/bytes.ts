/**
 * Bytes, hex and numbers: the only place where one becomes another. Runs in a browser as it is (no Buffer).
 */
import { ThreadsError } from '../errors.js'
import type { Address, Hash32, Hex, ThreadId } from './types.js'

/** Thirty-two zero bytes: "no parent", an empty subtree, an unset storage word. */
export const ZERO_HASH = `0x${'00'.repeat(32)}` as Hash32
/** Address zero: ether as the asset, no oracle. */
export const ZERO_ADDRESS = `0x${'00'.repeat(20)}` as Address

const PAIRS: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))
const NOT_A_DIGIT = 0xff
const DIGITS = new Uint8Array(128).fill(NOT_A_DIGIT)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  DIGITS[digit.charCodeAt(0)] = value
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value
}

/** The bytes that a 0x-prefixed hex string of either case stands for. @throws `BYTES_BAD_HEX` */
export function hexToBytes (hex: Hex): Uint8Array {
  if (typeof hex !== 'string' || hex.length % 2 !== 0 || !hex.startsWith('0x')) throw badHex(hex, 'an even number of hex digits after 0x')
  const bytes = new Uint8Array(hex.length / 2 - 1)
  for (let i = 0, at = 2; i < bytes.length; i++, at += 2) {
    const high = DIGITS[hex.charCodeAt(at)] ?? NOT_A_DIGIT
    const low = DIGITS[hex.charCodeAt(at + 1)] ?? NOT_A_DIGIT
    if (high === NOT_A_DIGIT || low === NOT_A_DIGIT) throw badHex(hex, 'an even number of hex digits after 0x')
    bytes[i] = high << 4 | low
  }
  return bytes
}

/** Lower-case 0x-prefixed hex of `bytes`. */
export function bytesToHex (bytes: Uint8Array): Hex {
  let hex = '0x'
  for (let i = 0; i < bytes.length; i++) hex += PAIRS[bytes[i] ?? 0]
  return hex as Hex
}

/** All parts, one after the other, in a new array. */
export function concatBytes (...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const whole = new Uint8Array(length)
  let at = 0
  for (const part of parts) {
    whole.set(part, at)
    at += part.length
  }
  return whole
}

/** Whether both hold the same bytes. Not constant-time: nothing secret is compared here. */
export function equalBytes (a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** A hash from its 32 bytes. @throws `BYTES_BAD_LENGTH` */
export function asHash32 (bytes: Uint8Array): Hash32 {
  if (bytes.length !== 32) throw badLength(bytes.length, 32)
  return bytesToHex(bytes) as Hash32
}

/** An address, lower case, from 0x-prefixed hex of any case (a checksum is not looked at). @throws `BYTES_BAD_HEX` */
export function asAddress (hex: string): Address {
  return checkedHex(hex, 20) as Address
}

/** A 32-byte hash, lower case, from 0x-prefixed hex of any case. @throws `BYTES_BAD_HEX` */
export function parseHash32 (text: string): Hash32 {
  return checkedHex(text, 32) as Hash32
}

/** A thread's id, lower case, from 0x-prefixed hex of any case. @throws `BYTES_BAD_HEX` */
export function parseThreadId (text: string): ThreadId {
  return checkedHex(text, 32) as ThreadId
}

/** `value` as an unsigned big-endian integer of exactly `length` bytes. @throws `BYTES_OUT_OF_RANGE` */
export function bigintToBytes (value: bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length)
  let rest = value
  for (let i = length - 1; i >= 0 && rest > 0n; i--) {
    bytes[i] = Number(rest & 0xffn)
    rest >>= 8n
  }
  if (rest !== 0n) throw new ThreadsError('BYTES_OUT_OF_RANGE', `${value} does not fit in ${length} unsigned bytes`, { data: { value: value.toString(), length } })
  return bytes
}

/** The unsigned big-endian integer that `bytes` holds; 0 for none. */
export function bytesToBigint (bytes: Uint8Array): bigint {
  return bytes.length === 0 ? 0n : BigInt(bytesToHex(bytes))
}

function checkedHex (text: string, length: number): Hex {
  if (typeof text !== 'string' || text.length !== 2 + 2 * length || !/^0x[0-9a-fA-F]+$/.test(text)) throw badHex(text, `0x and ${2 * length} hex digits`)
  return text.toLowerCase() as Hex
}

function badHex (value: unknown, expected: string): ThreadsError {
  return new ThreadsError('BYTES_BAD_HEX', `expected ${expected}, got ${String(value).slice(0, 80)}`, { data: { expected } })
}

function badLength (got: number, expected: number): ThreadsError {
  return new ThreadsError('BYTES_BAD_LENGTH', `expected ${expected} bytes, got ${got}`, { data: { got, expected } })
}
