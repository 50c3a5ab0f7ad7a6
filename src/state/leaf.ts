/** Where an account or a slot stands in the state tree, and what its leaf holds (specification §4). */
import { bigintToBytes, hexToBytes } from '../protocol/bytes.js'
import { keccak256 } from '../protocol/crypto.js'
import type { Address, Hash32 } from '../protocol/types.js'

const KIND_ACCOUNT = 1
const KIND_STORAGE = 2

/** keccak256 of nothing: the code hash of an account without code. */
export const EMPTY_CODE_HASH = '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470' as Hash32
/** Thirty-two zero bytes: what an absent leaf holds. Never write to it. */
export const ZERO_WORD: Uint8Array = new Uint8Array(32)

/** The tree's path of an account. */
export function accountPath (address: Address): Uint8Array {
  return path(KIND_ACCOUNT, address, ZERO_WORD)
}

/** The tree's path of a storage slot of `address`. */
export function slotPath (address: Address, slot: Hash32): Uint8Array {
  return path(KIND_STORAGE, address, hexToBytes(slot))
}

function path (kind: number, address: Address, slot: Uint8Array): Uint8Array {
  const preimage = new Uint8Array(53)
  preimage[0] = kind
  preimage.set(hexToBytes(address), 1)
  preimage.set(slot, 21)
  return keccak256(preimage)
}

/** The value of an account's leaf: zero for an empty account (EIP-161), as for an absent one. */
export function accountValue (nonce: bigint, balanceWei: bigint, codeHash: Hash32): Uint8Array {
  if (nonce === 0n && balanceWei === 0n && codeHash === EMPTY_CODE_HASH) return ZERO_WORD
  const preimage = new Uint8Array(72)
  preimage.set(bigintToBytes(nonce, 8))
  preimage.set(bigintToBytes(balanceWei, 32), 8)
  preimage.set(hexToBytes(codeHash), 40)
  return keccak256(preimage)
}
