/**
 * What the judge's interpreter takes: a message with everything that it may touch, or a machine that an earlier call saved. The words are those of
 * contracts/judge/Loading.sol; contracts/judge/README.md lists them.
 */
import { bigintToBytes, concatBytes, hexToBytes } from '../protocol/bytes.js'
import type { Address, Hash32 } from '../protocol/types.js'
import type { ExecutionLimits } from './execution-limits.js'

/** The block and the transaction around a message. Hashes of the last blocks (the parent's first) and of blobs; whatever is not listed is zero. */
export type JudgeEnvironment = {
  readonly origin: Address
  readonly gasPriceWei: bigint
  readonly coinbase: Address
  readonly timestampSec: bigint
  readonly number: bigint
  readonly prevRandao: Hash32
  readonly gasLimit: bigint
  readonly chainId: bigint
  readonly baseFeeWei: bigint
  readonly blobBaseFeeWei: bigint
  readonly blockHashes: readonly Hash32[]
  readonly blobHashes: readonly Hash32[]
}

/** An account as it stands before the message. `code` is left out where only the hash is known: the interpreter refuses to run or read it then. */
export type JudgeAccount = {
  readonly address: Address
  readonly balanceWei: bigint
  readonly nonce: bigint
  readonly codeHash: Hash32
  readonly code?: Uint8Array
  /** Already touched in this transaction (EIP-2929). */
  readonly warm: boolean
  /** Storage from before the transaction, which only an account that EIP-7610 is about has without code and nonce. */
  readonly hasStorage: boolean
}

/** A storage slot before the message; its value is also its original value (EIP-2200). */
export type JudgeSlot = { readonly address: Address, readonly key: bigint, readonly value: bigint, readonly warm: boolean }

/** What a thread's rules for routines say of a message (specification §11). */
export type JudgeRoutine = {
  /** Whose outermost frame suspends at a BREAKPOINT. A word: what is no address makes every BREAKPOINT halt its frame; 0: it is a topic like any. */
  readonly suspends: bigint
  /** The account that is only entered by static calls; 0: none. */
  readonly closed: bigint
  /** The wallets that a BREAKPOINT may name. */
  readonly players: readonly Address[]
  /** Gas behind which the outermost frame suspends at its next opcode; 0: it does not. */
  readonly pieceGas?: bigint
}

/** A call or a creation whose sender has paid for it and used up its nonce. */
export type JudgeMessage = {
  /** `create`: `to` is the address that comes into being and `data` its init code. `resume`: `data` is the machine that goes on in the code of `to`. */
  readonly kind: 'call' | 'create' | 'resume'
  readonly to: Address
  readonly caller: Address
  readonly valueWei: bigint
  readonly gas: bigint
  readonly data: Uint8Array
  readonly environment: JudgeEnvironment
  readonly limits?: ExecutionLimits
  readonly routine?: JudgeRoutine
  readonly accounts: readonly JudgeAccount[]
  readonly slots: readonly JudgeSlot[]
}

/** How much memory a call of the interpreter sets aside. Too little is refused (`OutOfRoom`), too much only costs gas. */
export type JudgeRooms = {
  /** Bytes of all frames' memory, stacks and records. */
  readonly frames: number
  readonly transientSlots: number
  readonly journalEntries: number
  readonly returnBytes: number
  /** Codes that come into being, and the bytes of their blocks: about twice their length. */
  readonly newCodes: number
  readonly newCodeBytes: number
}

/** Cancun. */
const RULES = 1n
const WARM = 1n
const HAS_STORAGE = 8n
const KINDS = { call: 0n, create: 1n, resume: 2n } as const
const NO_ROUTINE: JudgeRoutine = { suspends: 0n, closed: 0n, players: [] }
const ACCOUNT_WORDS = 6
/** The judge gives a hash of all that is judged; any odd number will do here (contracts/judge/Layout.sol). */
const INDEX_KEY = 0x9e3779b97f4a7c15f39cc0605cedc8341082276bf3a27251f86c6a11d0c18e95n

/** One word of 32 bytes. */
export function word (value: bigint): Uint8Array {
  return bigintToBytes(value, 32)
}

/** Input for a message that may take `steps` opcodes. */
export function encodeMessage (message: JudgeMessage, steps: bigint, rooms: JudgeRooms): Uint8Array {
  const codes = codesOf(message)
  const numbers = new Map(codes.map(({ codeHash }, index) => [codeHash, BigInt(index + 1)]))
  const offsets = new Map(message.accounts.map(({ address }, index) => [address, BigInt(index * ACCOUNT_WORDS * 32)]))
  const { environment, limits = {}, routine = NO_ROUTINE } = message
  return concatBytes(
    ...header(false, steps, rooms, codes.map(({ code }) => code)),
    ...[
      BigInt(environment.origin), environment.gasPriceWei, BigInt(environment.coinbase), environment.timestampSec, environment.number,
      BigInt(environment.prevRandao), environment.gasLimit, environment.chainId, environment.baseFeeWei, environment.blobBaseFeeWei,
      BigInt(environment.blockHashes.length), BigInt(environment.blobHashes.length),
      ...[limits.memoryBytes, limits.frames, limits.modexpBytes, limits.callDataBytes, limits.returnDataBytes, limits.writes].map((limit = 0) => BigInt(limit)),
      routine.pieceGas ?? 0n, routine.suspends, routine.closed, BigInt(routine.players.length)
    ].map(word),
    ...[...environment.blockHashes, ...environment.blobHashes].map((hash) => hexToBytes(hash)),
    ...routine.players.map((player) => word(BigInt(player))),
    ...[
      KINDS[message.kind], BigInt(message.to), BigInt(message.caller), message.valueWei, message.gas,
      BigInt(message.data.length), BigInt(message.accounts.length), BigInt(message.slots.length)
    ].map(word),
    ...message.accounts.flatMap(({ address, balanceWei, nonce, codeHash, warm, hasStorage }) => [
      BigInt(address), balanceWei, nonce, BigInt(codeHash), numbers.get(codeHash) ?? 0n, (warm ? WARM : 0n) | (hasStorage ? HAS_STORAGE : 0n)
    ].map(word)),
    ...message.slots.flatMap(({ address, key, value, warm }) => [
      (offsets.get(address) ?? (1n << 200n)) | 1n << 255n, key, value, value, warm ? 1n : 0n
    ].map(word)),
    padded(message.data)
  )
}

/** Input that goes on from a saved machine. `codes` are those of the message, in the order of `codesOf`. */
export function encodeMachine (machine: Uint8Array, codes: readonly Uint8Array[], steps: bigint, rooms: JudgeRooms): Uint8Array {
  return concatBytes(...header(true, steps, rooms, codes), machine)
}

/** The different codes of a message's accounts, each once, in the order in which the interpreter numbers them. */
export function codesOf (message: JudgeMessage): { readonly codeHash: Hash32, readonly code: Uint8Array }[] {
  const codes = new Map<Hash32, Uint8Array>()
  for (const { codeHash, code } of message.accounts) if (code !== undefined && code.length > 0) codes.set(codeHash, code)
  return [...codes].map(([codeHash, code]) => ({ codeHash, code }))
}

function header (saved: boolean, steps: bigint, rooms: JudgeRooms, codes: readonly Uint8Array[]): Uint8Array[] {
  const sizes = [rooms.frames, rooms.transientSlots, rooms.journalEntries, rooms.returnBytes, rooms.newCodes, rooms.newCodeBytes, codes.length]
  return [
    ...[RULES, saved ? 1n : 0n, steps, ...sizes.map(BigInt), INDEX_KEY].map(word),
    // No holder: the bytes follow.
    ...codes.flatMap((code) => [word(0n), word(0n), word(BigInt(code.length)), padded(code)])
  ]
}

function padded (bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array((bytes.length + 31) & ~31)
  whole.set(bytes)
  return whole
}
