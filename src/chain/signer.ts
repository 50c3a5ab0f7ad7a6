/** One wallet's transactions, signed: EIP-1559 (type 2) with the chain's id, so that no other chain takes them. */
import { Transaction } from 'ethers'
import { addressOf, hash32, keccak256, sign } from '../protocol/crypto.js'
import { bytesToHex, hexToBytes } from '../protocol/bytes.js'
import type { Address, Hash32, Hex } from '../protocol/types.js'
import type { Fees } from './fees.js'

/** What is signed. */
export type Unsigned = {
  readonly to: Address | undefined
  readonly data: Hex
  readonly valueWei: bigint
  readonly gasLimit: bigint
  readonly nonce: bigint
  readonly fees: Fees
}

/** A transaction ready for the pool. */
export type Signed = Unsigned & { readonly raw: Hex, readonly hash: Hash32 }

/** Signs for one wallet. */
export type Signer = { readonly wallet: Address, sign (transaction: Unsigned): Signed }

/** @throws `KEY_INVALID` */
export function createSigner (walletKey: Uint8Array, chainId: bigint): Signer {
  const key = walletKey.slice() // ours: the caller may wipe its copy
  return {
    wallet: addressOf(key),
    sign (unsigned) {
      const transaction = Transaction.from({
        type: 2,
        chainId,
        nonce: Number(unsigned.nonce),
        to: unsigned.to ?? null,
        data: unsigned.data,
        value: unsigned.valueWei,
        gasLimit: unsigned.gasLimit,
        maxFeePerGas: unsigned.fees.maxFeePerGasWei,
        maxPriorityFeePerGas: unsigned.fees.priorityFeePerGasWei
      })
      const digest = keccak256(hexToBytes(transaction.unsignedSerialized as Hex))
      transaction.signature = bytesToHex(sign(digest, key))
      const raw = transaction.serialized as Hex
      return { ...unsigned, raw, hash: hash32(hexToBytes(raw)) }
    }
  }
}
