/** What the judge's interpreter answers (contracts/judge/Saving.sol): the result of a message, a machine that has not ended, or why it refuses. */
import { ThreadsError } from '../errors.js'
import { asHash32, bytesToBigint, bytesToHex, hexToBytes } from '../protocol/bytes.js'
import { keccak256 } from '../protocol/crypto.js'
import type { Address, Hash32, Hex } from '../protocol/types.js'

/** An account after the message. */
export type JudgedAccount = {
  readonly address: Address, readonly balanceWei: bigint, readonly nonce: bigint, readonly codeHash: Hash32
  /** Goes at the end of the transaction (EIP-6780). */
  readonly destroyed: boolean
}

/** A storage slot after the message. */
export type JudgedSlot = { readonly address: Address, readonly key: bigint, readonly original: bigint, readonly value: bigint }

/** A message that has ended. `codes` are those that it created. */
export type JudgeResult = {
  readonly kind: 'result'
  readonly success: boolean
  /** It ended at a BREAKPOINT: `returnData` is the machine that goes on (specification §11). */
  readonly suspended: boolean
  readonly gasLeft: bigint
  readonly refund: bigint
  readonly logsHash: Hash32
  readonly stepsLeft: bigint
  readonly returnData: Uint8Array
  readonly accounts: readonly JudgedAccount[]
  readonly slots: readonly JudgedSlot[]
  readonly codes: ReadonlyMap<Hash32, Uint8Array>
}

/** A message whose steps were used up: its machine, and the machine's hash. */
export type JudgePause = { readonly kind: 'pause', readonly hash: Hash32, readonly machine: Uint8Array }

const ACCOUNT_SIZE = 192
const SLOT_SIZE = 160
/** The size of the slots stands above that of the accounts. */
const SIZE_BITS = 128n
const SIZE_MASK = (1n << SIZE_BITS) - 1n
const DESTROYED = 4n
const SUSPENDED = 2n
const OFFSET_MASK = (1n << 254n) - 1n

/** Reads words one after the other. */
class Words {
  readonly bytes: Uint8Array
  at = 0

  constructor (bytes: Uint8Array) {
    this.bytes = bytes
  }

  take (length: number): Uint8Array {
    if (this.at + length > this.bytes.length) throw new ThreadsError('MACHINE_INTERNAL', 'the interpreter answered less than it announced')
    this.at += length
    return this.bytes.slice(this.at - length, this.at)
  }

  number (): bigint {
    return bytesToBigint(this.take(32))
  }

  /** `length` bytes and their padding. */
  padded (length: number): Uint8Array {
    return this.take((length + 31) & ~31).slice(0, length)
  }
}

/** What the interpreter returned. @throws `MACHINE_INTERNAL` for an answer that is none */
export function decodeAnswer (bytes: Uint8Array): JudgeResult | JudgePause {
  const words = new Words(bytes)
  if (words.number() === 0n) return { kind: 'pause', hash: asHash32(words.take(32)), machine: bytes.slice(64) }
  const ended = words.number()
  const gasLeft = words.number()
  const refund = words.number()
  const logsHash = asHash32(words.take(32))
  const stepsLeft = words.number()
  const returnLength = Number(words.number())
  const sizes = words.number()
  const tables = Number(sizes & SIZE_MASK) + Number(sizes >> SIZE_BITS)
  const returnData = words.padded(returnLength)
  const { accounts, slots } = decodeTables(new Words(words.take(tables)))
  const codes = new Map<Hash32, Uint8Array>()
  while (words.at < bytes.length) {
    const code = words.padded(Number(words.number()))
    codes.set(asHash32(keccak256(code)), code)
  }
  return { kind: 'result', success: ended !== 0n, suspended: ended === SUSPENDED, gasLeft, refund, logsHash, stepsLeft, returnData, accounts, slots, codes }
}

/** Accounts first, then slots, whose first word has its highest bit set. */
function decodeTables (words: Words): { accounts: JudgedAccount[], slots: JudgedSlot[] } {
  const accounts: JudgedAccount[] = []
  const slots: JudgedSlot[] = []
  while (words.at < words.bytes.length && (words.bytes[words.at] ?? 0) < 0x80) {
    const address = bytesToHex(words.take(32).slice(12)) as Address
    const balanceWei = words.number()
    const nonce = words.number()
    const codeHash = asHash32(words.take(32))
    words.number() // the code's number
    accounts.push({ address, balanceWei, nonce, codeHash, destroyed: (words.number() & DESTROYED) !== 0n })
  }
  while (words.at + SLOT_SIZE <= words.bytes.length) {
    const owner = accounts[Number(words.number() & OFFSET_MASK) / ACCOUNT_SIZE]
    if (owner === undefined) throw new ThreadsError('MACHINE_INTERNAL', 'the interpreter answered a slot of no account')
    slots.push({ address: owner.address, key: words.number(), original: words.number(), value: words.number() })
    words.number() // warm
  }
  return { accounts, slots }
}

/** A log as the logs' hash takes it. */
export type JudgedLog = { readonly address: Address, readonly topics: readonly Uint8Array[], readonly data: Uint8Array }

/** The logs' hash (contracts/judge/opcodes/Data.sol): each log is hashed onto what came before, its topics last first. */
export function hashLogs (logs: readonly JudgedLog[]): Hash32 {
  let hash = new Uint8Array(32)
  for (const { address, topics, data } of logs) {
    const line = new Uint8Array(128 + 32 * topics.length)
    line.set(hash)
    line.set(hexToBytes(address), 44)
    line[95] = topics.length
    line.set(keccak256(data), 96)
    ;[...topics].reverse().forEach((topic, i) => { line.set(topic, 128 + 32 * i) })
    hash = Uint8Array.from(keccak256(line))
  }
  return asHash32(hash)
}

/** First four bytes of what the interpreter reverts with, and its arguments as words. */
export type JudgeRefusal = { readonly kind: 'refusal', readonly selector: Hex, readonly args: readonly bigint[] }

/** What a revert of the interpreter says. */
export function decodeRefusal (bytes: Uint8Array): JudgeRefusal {
  const args: bigint[] = []
  for (let at = 4; at + 32 <= bytes.length; at += 32) args.push(bytesToBigint(bytes.slice(at, at + 32)))
  return { kind: 'refusal', selector: bytesToHex(bytes.slice(0, 4)), args }
}
