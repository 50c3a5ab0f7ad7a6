/**
 * Routines (specification §11): what a breakpoint says, and the machine that waits behind it, as the bytes that the state holds. Reading and writing of these bytes, and nothing that
 * runs them.
 */
import { ThreadsError } from '../errors.js'
import { asHash32, bigintToBytes, bytesToBigint, bytesToHex, concatBytes, hexToBytes } from '../protocol/bytes.js'
import { hash32, keccak256 } from '../protocol/crypto.js'
import { MAX_BREAKPOINT_DATA_BYTES, MAX_PLAYERS } from '../protocol/limits.js'
import { allowsRoutines, contractAddressOf } from '../protocol/terms.js'
import type { Address, Domain, Hash32, Hex, Terms, ThreadId } from '../protocol/types.js'

/** keccak256("evm-threads/breakpoint/1"): the topic of the LOG1 behind which a routine waits. */
export const BREAKPOINT_TOPIC = asHash32(keccak256(new TextEncoder().encode('evm-threads/breakpoint/1')))
/** The account whose code is the machine that waits; "machine" in ASCII. */
export const MACHINE_ADDRESS = '0x000000000000000000000000006d616368696e65' as Address
/** Who is asked by a static call what a mover has sent; "input" in ASCII. */
export const INPUT_ADDRESS = '0x000000000000000000000000000000696e707574' as Address

/** What is fixed for the routines of one thread. */
export type RoutineRules = {
  readonly contract: Address
  readonly players: ReadonlySet<Address>
  /** Gas behind which the outermost frame waits at its next instruction; 0: it does not. */
  readonly pieceGas: bigint
}

/** What a breakpoint says: who may move, and what settles when nobody does. Between two pieces of a computation every player may go on with it, and what settles is the terms' function, without movers and data. */
export type Waiting = {
  /** Selector of the function that settles instead of the terms' one. */
  readonly onTimeout: Hex
  /** Wallets of players; 1 to 16. */
  readonly movers: readonly Address[]
  /** At most 1,024 bytes. */
  readonly data: Uint8Array
  /** Between two pieces: keccak256 of the machine's bytes. Behind a breakpoint it is not there. */
  readonly piece?: Hash32
}

/** A frame that waits behind its LOG1, or between two pieces. */
export type Suspended = {
  /** Behind the LOG1; between two pieces, of the instruction that is next. */
  readonly pc: number
  /** CALLER, CALLVALUE and call data of the first call. */
  readonly caller: Address
  readonly valueWei: bigint
  readonly callData: Uint8Array
  /** The lowest word first. */
  readonly stack: readonly bigint[]
  /** Whole words. */
  readonly memory: Uint8Array
  /** Where the log's data lie in memory; between two pieces 0 and 0. */
  readonly payload: { readonly offset: number, readonly size: number }
}

const VERSION = 1
const WORD = 32
/** Word 0, CALLER and CALLVALUE. */
const HEAD_BYTES = 3 * WORD
const SELECTOR_BYTES = 4
const PAYLOAD_HEAD_BYTES = 5
const ADDRESS_PADDING = 12
/** Returns what stands behind it: code of 11 bytes, a copy of the rest, RETURN. */
const INPUT_CODE = hexToBytes('0x600b380380600b5f395ff3')

/** The rules of a thread's routines; undefined where its terms allow none. */
export function routineRulesOf ({ thread, terms, domain }: { readonly thread: ThreadId, readonly terms: Terms, readonly domain: Domain }): RoutineRules | undefined {
  return allowsRoutines(terms) ? { contract: contractAddressOf(thread, domain.court), players: new Set(terms.players), pieceGas: terms.pieceGas } : undefined
}

/** What a breakpoint's log says; a string tells why it says nothing. */
export function readWaiting (payload: Uint8Array, players: ReadonlySet<Address>): Waiting | string {
  const count = payload[SELECTOR_BYTES] ?? 0
  const dataAt = PAYLOAD_HEAD_BYTES + WORD * count
  if (count === 0 || count > MAX_PLAYERS) return `a breakpoint for ${count} movers`
  if (payload.length < dataAt || payload.length > dataAt + MAX_BREAKPOINT_DATA_BYTES) return `a breakpoint of ${payload.length} bytes`
  const movers: Address[] = []
  for (let at = PAYLOAD_HEAD_BYTES; at < dataAt; at += WORD) {
    const word = payload.subarray(at, at + WORD)
    const mover = bytesToHex(word.subarray(ADDRESS_PADDING)) as Address
    if (word.subarray(0, ADDRESS_PADDING).some(byte => byte !== 0) || !players.has(mover)) return `a breakpoint for ${bytesToHex(word)}, who is no player`
    movers.push(mover)
  }
  return { onTimeout: bytesToHex(payload.subarray(0, SELECTOR_BYTES)), movers, data: payload.slice(dataAt) }
}

/** For whom the machine of these bytes waits. @throws `MACHINE_INTERNAL` for one that no thread of these terms can have */
export function waitingOf (code: Uint8Array, { players: wallets, settlement }: Pick<Terms, 'players' | 'settlement'>): Waiting {
  const { memory, payload: { offset, size } } = decodeSuspended(code)
  const players = new Set(wallets)
  if (size === 0) return { onTimeout: settlement, movers: wallets, data: new Uint8Array(0), piece: hash32(code) }
  const waiting = readWaiting(memory.subarray(offset, offset + size), players)
  if (typeof waiting === 'string') throw broken(waiting)
  return waiting
}

/** How many bytes {@link encodeSuspended} makes. */
export function sizeOfSuspended ({ stack, memory, callData }: Suspended): number {
  return HEAD_BYTES + WORD * stack.length + memory.length + callData.length
}

/** The machine's bytes. Its first one is STOP: calling it does nothing. */
export function encodeSuspended ({ pc, caller, valueWei, callData, stack, memory, payload }: Suspended): Uint8Array {
  const numbers: [number, number][] = [[VERSION, 1], [pc, 4], [stack.length, 2], [memory.length / WORD, 2], [callData.length, 4], [payload.offset, 4], [payload.size, 4]]
  const head = new Uint8Array(WORD)
  head.set(concatBytes(...numbers.map(([value, bytes]) => bigintToBytes(BigInt(value), bytes))), 1)
  return concatBytes(head, bigintToBytes(BigInt(caller), WORD), bigintToBytes(valueWei, WORD), ...stack.map(word => bigintToBytes(word, WORD)), memory, callData)
}

/** @throws `MACHINE_INTERNAL` for bytes that {@link encodeSuspended} does not make: nothing else is ever put at {@link MACHINE_ADDRESS} */
export function decodeSuspended (code: Uint8Array): Suspended {
  const number = (at: number, bytes: number): number => Number(bytesToBigint(code.subarray(at, at + bytes)))
  const [words, memoryWords, dataBytes] = [number(6, 2), number(8, 2), number(10, 4)]
  const memoryAt = HEAD_BYTES + WORD * words
  const dataAt = memoryAt + WORD * memoryWords
  if (code[0] !== 0 || code[1] !== VERSION || code.length !== dataAt + dataBytes) throw broken(`${code.length} bytes`)
  return {
    pc: number(2, 4),
    caller: bytesToHex(code.subarray(WORD + ADDRESS_PADDING, 2 * WORD)) as Address,
    valueWei: bytesToBigint(code.subarray(2 * WORD, HEAD_BYTES)),
    stack: Array.from({ length: words }, (_, i) => bytesToBigint(code.subarray(HEAD_BYTES + WORD * i, HEAD_BYTES + WORD * (i + 1)))),
    memory: code.subarray(memoryAt, dataAt),
    callData: code.subarray(dataAt),
    payload: { offset: number(14, 4), size: number(18, 4) }
  }
}

/** The code of {@link INPUT_ADDRESS} while a mover's transaction runs: whoever calls it gets the mover's wallet, the value, the time and the data. */
export function inputCode (from: Address, valueWei: bigint, timestampSec: bigint, data: Uint8Array): Uint8Array {
  return concatBytes(INPUT_CODE, ...[BigInt(from), valueWei, timestampSec].map(word => bigintToBytes(word, WORD)), data)
}

function broken (what: string): ThreadsError {
  return new ThreadsError('MACHINE_INTERNAL', `the machine that waits is none: ${what}`)
}
