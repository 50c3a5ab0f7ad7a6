/** The port (§10): where it stands in a thread, what it writes, and what a receipt's hash is. */
import { asHash32, bigintToBytes, bytesToBigint, bytesToHex, concatBytes, hexToBytes } from './bytes.js'
import { hash32, keccak256 } from './crypto.js'
import { scaleOf } from './terms.js'
import type { Address, Hash32, Terms } from './types.js'

/** The port's address in every thread. */
export const PORT_ADDRESS = '0x00000000000000000000000000000000706f7274' as Address
/** The slot of all that has left the thread, in the asset's units. */
export const PORT_TOTAL_SLOT = asHash32(bigintToBytes(1n, 32))
/** The slot of the thread's contract, the asset's unit and the number of receipts. */
export const PORT_COUNT_SLOT = asHash32(bigintToBytes(0n, 32))

const RECEIPTS_SLOT = bigintToBytes(2n, 32)
const TAG = keccak256(new TextEncoder().encode('evm-threads/receipt/1'))
const EXIT_TOPIC = hash32(new TextEncoder().encode('Exit(uint256,address,address,uint256,bytes)'))
const UNIT_BITS = 160n
const COUNT_BITS = 224n

/** What a thread sends to the chain, executed there once. */
export type ThreadReceipt = {
  /** Its number, from 0. */
  readonly index: bigint
  /** Who called the port. */
  readonly sender: Address
  readonly target: Address
  /** In the asset's units. */
  readonly amount: bigint
  /** No bytes: a payment. */
  readonly data: Uint8Array
}

/** What the port has counted: receipts, and what has left with them, in the asset's units. */
export type Exits = { readonly count: bigint, readonly total: bigint }

/** What the port's first slot holds when a thread begins. */
export function portGenesisWord (contract: Address, terms: Terms): Uint8Array {
  return bigintToBytes(BigInt(contract) | scaleOf(terms) << UNIT_BITS, 32)
}

/** How many receipts there are, from the word in {@link PORT_COUNT_SLOT}. */
export function receiptCount (word: Hash32): bigint {
  return BigInt(word) >> COUNT_BITS
}

/** The hash that the port keeps of a receipt. */
export function receiptHash ({ index, sender, target, amount, data }: ThreadReceipt): Hash32 {
  return hash32(concatBytes(TAG, bigintToBytes(index, 32), addressWord(sender), addressWord(target), bigintToBytes(amount, 32), keccak256(data)))
}

/** The slot of a receipt's hash. */
export function receiptSlot (index: bigint): Hash32 {
  return hash32(concatBytes(bigintToBytes(index, 32), RECEIPTS_SLOT))
}

/** The receipt that a log tells of; undefined for any other log. */
export function receiptOfLog (log: { readonly address: Address, readonly topics: readonly Hash32[], readonly data: Uint8Array }): ThreadReceipt | undefined {
  const [topic, index, sender, target] = log.topics
  if (log.address !== PORT_ADDRESS || topic !== EXIT_TOPIC || index === undefined || sender === undefined || target === undefined) return undefined
  const size = Number(bytesToBigint(log.data.subarray(64, 96)))
  return { index: BigInt(index), sender: addressOfWord(sender), target: addressOfWord(target), amount: bytesToBigint(log.data.subarray(0, 32)), data: log.data.slice(96, 96 + size) }
}

function addressWord (address: Address): Uint8Array {
  return concatBytes(new Uint8Array(12), hexToBytes(address))
}

function addressOfWord (word: Hash32): Address {
  return bytesToHex(hexToBytes(word).subarray(12)) as Address
}
