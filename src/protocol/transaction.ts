/**
 * Ethereum transactions as inputs carry them: legacy with EIP-155, EIP-2930, EIP-1559. Raw bytes to fields and signature and back,
 * without a thread's rules (those are in `input.ts`).
 */
import { ThreadsError } from '../errors.js'
import { bigintToBytes, bytesToBigint, bytesToHex, concatBytes, hexToBytes } from './bytes.js'
import { keccak256 } from './crypto.js'
import { decodeRlp, encodeRlp, integerBytes, type RlpItem } from './rlp.js'
import type { Address, Hash32, InputTransaction, Signature } from './types.js'

/** A parsed transaction: its fields, the chain id that it is signed for, what was signed, and the signature (form unchecked). */
export type ParsedTransaction = {
  readonly tx: InputTransaction
  readonly chainId: bigint
  readonly digest: Uint8Array
  readonly signature: Signature
}

/**
 * Parses a raw transaction; only its one canonical encoding is accepted.
 * @throws `INPUT_UNSUPPORTED_TYPE` for types other than 0, 1, 2 and for legacy ones without a chain id;
 *   `INPUT_MALFORMED` for everything else that is wrong with the bytes. Both are the sender's fault.
 */
export function parseTransaction (raw: Uint8Array): ParsedTransaction {
  const first = raw[0]
  if (first === undefined) throw malformed('no transaction', 'raw')
  if (first >= 0xc0) return parseLegacy(fieldsOf(raw, 9))
  if (first === 1) return parseTyped(1, fieldsOf(raw.subarray(1), 11))
  if (first === 2) return parseTyped(2, fieldsOf(raw.subarray(1), 12))
  if (first < 0x80) throw unsupported(`transaction type ${first}`, first)
  throw malformed('neither a typed nor a legacy transaction', 'raw')
}

/** Signs type 2 fields by `signDigest` and gives the raw transaction. The fee is wholly a tip, since the base fee is 0. */
export function encodeType2 (
  tx: Pick<InputTransaction, 'nonce' | 'gasLimit' | 'gasPriceWei' | 'to' | 'valueWei' | 'data'>,
  chainId: bigint,
  signDigest: (digest: Uint8Array) => Signature
): Uint8Array {
  const price = integerBytes(tx.gasPriceWei)
  const fields: RlpItem[] = [
    integerBytes(chainId), integerBytes(tx.nonce), price, price, integerBytes(tx.gasLimit),
    tx.to === undefined ? NOTHING : hexToBytes(tx.to), integerBytes(tx.valueWei), tx.data, []
  ]
  const signature = signDigest(typedDigest(2, fields))
  const parity = signature[64] === 28 ? Uint8Array.of(1) : NOTHING
  return concatBytes(Uint8Array.of(2), encodeRlp([
    ...fields, parity, withoutZeros(signature.subarray(0, 32)), withoutZeros(signature.subarray(32, 64))
  ]))
}

const NOTHING = new Uint8Array(0)

function parseLegacy (fields: readonly RlpItem[]): ParsedTransaction {
  const v = uint(fields[6], 8, 'v')
  // 27 and 28 are what came before EIP-155: valid on every chain, so bound to none.
  if (v < 35n) throw unsupported('a legacy transaction without a chain id (EIP-155)', 0)
  const chainId = (v - 35n) >> 1n
  const price = uint(fields[1], 32, 'gasPrice')
  return {
    tx: {
      type: 0,
      nonce: nonceOf(fields[0]),
      gasLimit: uint(fields[2], 8, 'gasLimit'),
      gasPriceWei: price,
      maxFeePerGasWei: price,
      to: recipient(fields[3]),
      valueWei: uint(fields[4], 32, 'value'),
      data: byteString(fields[5], 'data'),
      accessList: []
    },
    chainId,
    digest: keccak256(encodeRlp([...fields.slice(0, 6), integerBytes(chainId), NOTHING, NOTHING])),
    signature: joinSignature(fields[7], fields[8], (v - 35n) & 1n)
  }
}

/** Types 1 and 2, which differ in how the price is said: one field or two. */
function parseTyped (type: 1 | 2, fields: readonly RlpItem[]): ParsedTransaction {
  const tip = uint(fields[2], 32, type === 1 ? 'gasPrice' : 'maxPriorityFeePerGas')
  const rest = fields.slice(type === 1 ? 3 : 4)
  const cap = type === 1 ? tip : uint(fields[3], 32, 'maxFeePerGas')
  if (tip > cap) throw malformed('the priority fee is above the fee cap (EIP-1559)', 'maxPriorityFeePerGas')
  const parity = uint(rest[5], 1, 'yParity')
  if (parity > 1n) throw malformed('yParity is 0 or 1', 'yParity')
  return {
    tx: {
      type,
      nonce: nonceOf(fields[1]),
      gasLimit: uint(rest[0], 8, 'gasLimit'),
      gasPriceWei: tip, // min(cap, tip + base fee), the base fee being 0
      maxFeePerGasWei: cap,
      to: recipient(rest[1]),
      valueWei: uint(rest[2], 32, 'value'),
      data: byteString(rest[3], 'data'),
      accessList: accessListOf(rest[4])
    },
    chainId: uint(fields[0], 32, 'chainId'),
    digest: typedDigest(type, fields.slice(0, -3)),
    signature: joinSignature(rest[6], rest[7], parity)
  }
}

function typedDigest (type: number, unsigned: readonly RlpItem[]): Uint8Array {
  return keccak256(concatBytes(Uint8Array.of(type), encodeRlp(unsigned)))
}

function fieldsOf (bytes: Uint8Array, count: number): readonly RlpItem[] {
  let item: RlpItem
  try {
    item = decodeRlp(bytes)
  } catch (cause) {
    throw malformed('not canonical RLP', 'raw', cause)
  }
  if (item instanceof Uint8Array || item.length !== count) throw malformed(`not a list of ${count} fields`, 'raw')
  return item
}

function byteString (item: RlpItem | undefined, field: string): Uint8Array {
  if (!(item instanceof Uint8Array)) throw malformed('a list where bytes belong', field)
  return item
}

function uint (item: RlpItem | undefined, size: number, field: string): bigint {
  const bytes = byteString(item, field)
  if (bytes.length > size) throw malformed(`more than ${size} bytes`, field)
  if (bytes[0] === 0) throw malformed('a leading zero', field)
  return bytesToBigint(bytes)
}

function nonceOf (item: RlpItem | undefined): bigint {
  const nonce = uint(item, 8, 'nonce')
  if (nonce === 2n ** 64n - 1n) throw malformed('a nonce is below 2^64 - 1 (EIP-2681)', 'nonce')
  return nonce
}

function recipient (item: RlpItem | undefined): Address | undefined {
  const bytes = byteString(item, 'to')
  if (bytes.length === 0) return undefined
  if (bytes.length !== 20) throw malformed('an address has 20 bytes', 'to')
  return bytesToHex(bytes) as Address
}

function accessListOf (item: RlpItem | undefined): InputTransaction['accessList'] {
  return listOf(item).map(entry => {
    const [address, keys, ...more] = listOf(entry)
    const bytes = byteString(address, 'accessList')
    if (bytes.length !== 20 || more.length > 0) throw malformed('an entry is an address and a list of keys', 'accessList')
    return { address: bytesToHex(bytes) as Address, storageKeys: listOf(keys).map(storageKey) }
  })
}

function storageKey (item: RlpItem): Hash32 {
  const bytes = byteString(item, 'accessList')
  if (bytes.length !== 32) throw malformed('a storage key has 32 bytes', 'accessList')
  return bytesToHex(bytes) as Hash32
}

function listOf (item: RlpItem | undefined): readonly RlpItem[] {
  if (item === undefined || item instanceof Uint8Array) throw malformed('bytes where a list belongs', 'accessList')
  return item
}

function joinSignature (r: RlpItem | undefined, s: RlpItem | undefined, parity: bigint): Signature {
  const signature = new Uint8Array(65)
  signature.set(bigintToBytes(uint(r, 32, 'r'), 32))
  signature.set(bigintToBytes(uint(s, 32, 's'), 32), 32)
  signature[64] = 27 + Number(parity)
  return signature
}

function withoutZeros (bytes: Uint8Array): Uint8Array {
  let start = 0
  while (bytes[start] === 0) start++
  return bytes.subarray(start)
}

function malformed (message: string, field: string, cause?: unknown): ThreadsError {
  return new ThreadsError('INPUT_MALFORMED', `${field}: ${message}`, { data: { field }, peerFault: 'reject', cause })
}

function unsupported (message: string, type: number): ThreadsError {
  return new ThreadsError('INPUT_UNSUPPORTED_TYPE', message, { data: { type }, peerFault: 'reject' })
}
