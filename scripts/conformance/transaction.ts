/**
 * The transaction around a message: what its sender pays before, which accounts are warm from the start, and who is paid and deleted afterwards.
 * The interpreter runs the message in between.
 */
import { Blob4844Tx, type TypedTransaction, type AccessList2930Tx } from '@ethereumjs/tx'
import { generateAddress } from '@ethereumjs/util'
import { bigintToBytes, bytesToBigint, bytesToHex } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import type { JudgeEnvironment, JudgeMessage } from '../../src/machine/judge-input.js'
import type { JudgeResult } from '../../src/machine/judge-answer.js'
import { fixtureBytes, fixtureNumber, type FixtureState, type Touched } from './reference.js'

const REFUND_QUOTIENT = 5n // EIP-3529
const PRECOMPILES = Array.from({ length: 10 }, (_, i) => addressFrom(BigInt(i + 1)))
const BLOB_GAS = 131_072n

/** A transaction ready to be judged, and what it takes to close it. */
export type Prepared = { readonly message: JudgeMessage, readonly gasLimit: bigint, readonly gasPriceWei: bigint, readonly sender: Address }

/** An account after the whole transaction. */
export type Closed = { balanceWei: bigint, nonce: bigint, codeHash: Hash32, destroyed: boolean }

/** An address of 20 bytes. */
export function addressFrom (value: bigint): Address {
  return bytesToHex(bigintToBytes(value, 20)) as Address
}

/** The message of a transaction that is known to be valid, on the accounts that it is known to touch. */
export function prepare (tx: TypedTransaction, environment: Omit<JudgeEnvironment, 'origin' | 'gasPriceWei' | 'blobHashes'>, pre: FixtureState, touched: Touched): Prepared {
  const sender = tx.getSenderAddress().toString() as Address
  const gasPriceWei = 'maxFeePerGas' in tx ? environment.baseFeeWei + smaller(tx.maxPriorityFeePerGas, tx.maxFeePerGas - environment.baseFeeWei) : tx.gasPrice
  const to = tx.to?.toString() as Address | undefined
  const target = to ?? bytesToHex(generateAddress(tx.getSenderAddress().bytes, minimal(tx.nonce))) as Address
  const accessList = 'accessList' in tx ? (tx as AccessList2930Tx).accessList : []
  const warm = new Map<Address, Set<bigint>>([sender, target, environment.coinbase, ...PRECOMPILES].map((address) => [address, new Set()]))
  for (const [address, keys] of accessList) {
    const at = bytesToHex(address) as Address
    warm.set(at, new Set([...warm.get(at) ?? [], ...keys.map(bytesToBigint)]))
  }
  const blobs = tx instanceof Blob4844Tx ? tx.blobVersionedHashes : []
  const paidWei = tx.gasLimit * gasPriceWei + BLOB_GAS * BigInt(blobs.length) * environment.blobBaseFeeWei
  const addresses = [...new Set([...touched.keys(), ...warm.keys()])]
  const message: JudgeMessage = {
    kind: to === undefined ? 'create' : 'call',
    to: target,
    caller: sender,
    valueWei: tx.value,
    gas: tx.gasLimit - tx.getIntrinsicGas(),
    data: tx.data,
    environment: { ...environment, origin: sender, gasPriceWei, blobHashes: blobs as Hash32[] },
    accounts: addresses.map((address) => {
      const { balance = '0x', nonce = '0x', code = '0x', storage = {} } = pre[address] ?? {}
      const bytes = fixtureBytes(code)
      const own = address === sender
      return {
        address,
        balanceWei: fixtureNumber(balance) - (own ? paidWei : 0n),
        nonce: fixtureNumber(nonce) + (own ? 1n : 0n),
        codeHash: hash32(bytes),
        code: bytes,
        warm: warm.has(address),
        hasStorage: Object.values(storage).some((value) => fixtureNumber(value) !== 0n)
      }
    }),
    slots: addresses.flatMap((address) => {
      const values = new Map(Object.entries(pre[address]?.storage ?? {}).map(([key, value]) => [fixtureNumber(key), fixtureNumber(value)]))
      const keys = new Set([...touched.get(address) ?? [], ...warm.get(address) ?? []])
      return [...keys].map((key) => ({ address, key, value: values.get(key) ?? 0n, warm: warm.get(address)?.has(key) === true }))
    })
  }
  return { message, gasLimit: tx.gasLimit, gasPriceWei, sender }
}

/** What the transaction leaves: gas is refunded, the coinbase paid, destroyed accounts are empty. */
export function close ({ message, gasLimit, gasPriceWei, sender }: Prepared, result: JudgeResult): { gasUsed: bigint, accounts: Map<Address, Closed> } {
  const spent = gasLimit - result.gasLeft
  const gasUsed = spent - smaller(result.refund, spent / REFUND_QUOTIENT)
  const accounts = new Map<Address, Closed>(result.accounts.map(({ address, ...rest }) => [address, { ...rest }]))
  const credit = (address: Address, amountWei: bigint): void => {
    const account = accounts.get(address)
    if (account !== undefined) account.balanceWei += amountWei
  }
  credit(sender, (gasLimit - gasUsed) * gasPriceWei)
  credit(message.environment.coinbase, gasUsed * (gasPriceWei - message.environment.baseFeeWei))
  for (const account of accounts.values()) {
    if (account.destroyed) Object.assign(account, { balanceWei: 0n, nonce: 0n, codeHash: hash32(new Uint8Array()) })
  }
  return { gasUsed, accounts }
}

function smaller (a: bigint, b: bigint): bigint {
  return a < b ? a : b
}

/** Without leading zeros, as RLP wants numbers. */
function minimal (value: bigint): Uint8Array {
  return value === 0n ? new Uint8Array() : fixtureBytes(`0x${value.toString(16)}`)
}
