/**
 * What a batch did to the state, as data: the leaves that it wrote (zero leaves included) and the code that it brought. Merged over the
 * key-value pairs of a store, all changes since genesis are the whole state.
 */
import { ThreadsError } from '../errors.js'
import { asHash32, bigintToBytes, bytesToBigint, bytesToHex, concatBytes, hexToBytes } from '../protocol/bytes.js'
import { hash32 } from '../protocol/crypto.js'
import type { Address, Hash32, Hex } from '../protocol/types.js'
import { EMPTY_CODE_HASH } from './leaf.js'

/** What an account's leaf commits. */
export type AccountState = { readonly nonce: bigint, readonly balanceWei: bigint, readonly codeHash: Hash32 }
/** A slot's new word. */
export type StorageChange = { readonly address: Address, readonly slot: Hash32, readonly value: Hash32 }

/** The leaves that were written, each once, with their values afterwards, and code that was not there before. */
export type StateChanges = {
  readonly accounts: readonly (AccountState & { readonly address: Address })[]
  readonly storage: readonly StorageChange[]
  readonly code: readonly { readonly hash: Hash32, readonly code: Uint8Array }[]
}

/** Most accounts, most slots and most pieces of code in one encoded change. */
export const MAX_CHANGED_LEAVES = 1_000_000
/** Longest code in an encoded change: four times EIP-170's limit, for chains that allow more. */
export const MAX_CODE_BYTES = 98_304

/** Key-value pairs for a store: `a/<address>`, `s/<address>/<slot>`, `c/<code hash>`; a later pair of the same key replaces an earlier one. */
export function changeEntries (changes: StateChanges): [string, Uint8Array][] {
  return [
    ...changes.accounts.map((account): [string, Uint8Array] => [`a/${account.address}`, accountBytes(account)]),
    ...changes.storage.map(({ address, slot, value }): [string, Uint8Array] => [`s/${address}/${slot}`, hexToBytes(value)]),
    ...changes.code.map(({ hash, code }): [string, Uint8Array] => [codeKey(hash), code])
  ]
}

/** The key of a code among {@link changeEntries}. */
export function codeKey (hash: Hash32): string {
  return `c/${hash}`
}

/**
 * The changes that stored pairs stand for.
 * @throws `STATE_BAD_ENTRY` for a key or a value that {@link changeEntries} does not make, code under a wrong hash included
 */
export function changesFromEntries (entries: Iterable<readonly [string, Uint8Array]>): StateChanges {
  const accounts: StateChanges['accounts'][number][] = []
  const storage: StorageChange[] = []
  const code: StateChanges['code'][number][] = []
  for (const [key, value] of entries) {
    const parts = key.split('/')
    if (parts[0] === 'a' && parts.length === 2 && value.length === 72) accounts.push({ address: keyPart(key, parts[1], 20), ...accountFrom(value) })
    else if (parts[0] === 's' && parts.length === 3 && value.length === 32) storage.push({ address: keyPart(key, parts[1], 20), slot: keyPart(key, parts[2], 32), value: asHash32(value) })
    else if (parts[0] === 'c' && parts.length === 2 && hash32(value) === parts[1]) code.push({ hash: parts[1], code: value })
    else throw badEntry(key)
  }
  return { accounts, storage, code }
}

function keyPart <T extends Hex> (key: string, part: string | undefined, bytes: number): T {
  if (part === undefined || part.length !== 2 + 2 * bytes || !/^0x[0-9a-f]+$/.test(part)) throw badEntry(key)
  return part as T
}

function badEntry (key: string): ThreadsError {
  return new ThreadsError('STATE_BAD_ENTRY', `not an entry of a stored state: ${key.slice(0, 150)}`, { data: { key: key.slice(0, 150) } })
}

function accountBytes (account: AccountState): Uint8Array {
  return concatBytes(bigintToBytes(account.nonce, 8), bigintToBytes(account.balanceWei, 32), hexToBytes(account.codeHash))
}

function accountFrom (bytes: Uint8Array): AccountState {
  return { nonce: bytesToBigint(bytes.subarray(0, 8)), balanceWei: bytesToBigint(bytes.subarray(8, 40)), codeHash: asHash32(bytes.subarray(40)) }
}

// ---------------------------------------------------------------- as one byte string

/**
 * Compact bytes: three lists, each a 4-byte count and its items. Account: address ‖ nonce (8) ‖ short balance ‖ 0, or 1 ‖ code hash. Slot:
 * address ‖ slot ‖ short value. Code: 4-byte length ‖ code. *Short*: one byte of length, then that many without leading zeros.
 */
export function encodeChanges (changes: StateChanges): Uint8Array {
  return concatBytes(
    count(changes.accounts),
    ...changes.accounts.flatMap((account) => [
      hexToBytes(account.address), bigintToBytes(account.nonce, 8), short(bigintToBytes(account.balanceWei, 32)),
      account.codeHash === EMPTY_CODE_HASH ? Uint8Array.of(0) : concatBytes(Uint8Array.of(1), hexToBytes(account.codeHash))
    ]),
    count(changes.storage),
    ...changes.storage.flatMap(({ address, slot, value }) => [hexToBytes(address), hexToBytes(slot), short(hexToBytes(value))]),
    count(changes.code),
    ...changes.code.flatMap(({ code }) => [bigintToBytes(BigInt(code.length), 4), code]))
}

/** @throws `STATE_BAD_CHANGES` for anything that {@link encodeChanges} does not make: re-encoding gives the same bytes. */
export function decodeChanges (bytes: Uint8Array): StateChanges {
  const reader = new Reader(bytes)
  const accounts = reader.list(() => ({
    address: bytesToHex(reader.take(20)) as Address,
    nonce: reader.uint(8),
    balanceWei: bytesToBigint(reader.short()),
    codeHash: reader.codeHash()
  }))
  const storage = reader.list(() => ({
    address: bytesToHex(reader.take(20)) as Address, slot: asHash32(reader.take(32)), value: asHash32(leftPad(reader.short()))
  }))
  const code = reader.list(() => {
    const code = reader.take(reader.length(MAX_CODE_BYTES)).slice()
    return { hash: hash32(code), code }
  })
  reader.end()
  return { accounts, storage, code }
}

function count (list: readonly unknown[]): Uint8Array {
  return bigintToBytes(BigInt(list.length), 4)
}

function short (bytes: Uint8Array): Uint8Array {
  const stripped = stripZeros(bytes)
  return concatBytes(Uint8Array.of(stripped.length), stripped)
}

/** `bytes` without its leading zeros: the shortest form of the same number. */
export function stripZeros (bytes: Uint8Array): Uint8Array {
  let from = 0
  while (from < bytes.length && bytes[from] === 0) from++
  return bytes.slice(from)
}

/** A word of 32 bytes from its shortest form. */
export function leftPad (bytes: Uint8Array): Uint8Array {
  const word = new Uint8Array(32)
  word.set(bytes, 32 - bytes.length)
  return word
}

class Reader {
  readonly #bytes: Uint8Array
  #at = 0

  constructor (bytes: Uint8Array) {
    this.#bytes = bytes
  }

  take (length: number): Uint8Array {
    if (this.#at + length > this.#bytes.length) throw badChanges('it ends too early')
    this.#at += length
    return this.#bytes.subarray(this.#at - length, this.#at)
  }

  uint (length: number): bigint {
    return bytesToBigint(this.take(length))
  }

  length (most: number): number {
    const length = Number(this.uint(4))
    if (length > most) throw badChanges(`${length} is more than ${most}`)
    return length
  }

  short (): Uint8Array {
    const bytes = this.take(Number(this.uint(1)))
    if (bytes.length > 32 || bytes[0] === 0) throw badChanges('a number is not in its shortest form')
    return bytes
  }

  codeHash (): Hash32 {
    const present = this.uint(1)
    if (present === 0n) return EMPTY_CODE_HASH
    const hash = asHash32(this.take(32))
    if (present !== 1n || hash === EMPTY_CODE_HASH) throw badChanges('a code hash is not in its one form')
    return hash
  }

  list <T> (item: () => T): T[] {
    const length = this.length(MAX_CHANGED_LEAVES)
    const items: T[] = []
    for (let i = 0; i < length; i++) items.push(item())
    return items
  }

  end (): void {
    if (this.#at !== this.#bytes.length) throw badChanges('bytes follow its end')
  }
}

function badChanges (what: string): ThreadsError {
  return new ThreadsError('STATE_BAD_CHANGES', `not the encoding of state changes: ${what}`, { data: { what } })
}
