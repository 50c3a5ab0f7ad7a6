/** Where the interpreter's loop stops behind a breakpoint, and how it goes on from there (specification §11). */
import { EVMError } from '@ethereumjs/evm'
import { Address as EthAddress } from '@ethereumjs/util'
import { bytesToHex, hexToBytes } from '../protocol/bytes.js'
import { MAX_MACHINE_BYTES } from '../protocol/limits.js'
import type { Address } from '../protocol/types.js'
import { BREAKPOINT_TOPIC, encodeSuspended, readWaiting, type RoutineRules, type Suspended } from './routine.js'

/**
 * One run in a thread that allows routines. `stops`: a player's transaction; its outermost frame, if it is the contract's, may wait behind a breakpoint. `shut`: a player's
 * transaction to somebody else while the contract waits. `asks`: what is no transaction; nothing waits in it, and nothing is shut.
 */
export type RoutineRun = {
  readonly rules: RoutineRules
  readonly kind: 'stops' | 'shut' | 'asks'
  /** What the outermost frame goes on from; undefined: it begins. */
  readonly goesOn?: Suspended
  /** The bytes of the machine that the outermost frame has left behind a breakpoint. */
  left?: Uint8Array
}

/** What is read and written of the interpreter's run state. */
export type SuspendableState = {
  programCounter: number, memoryWordCount: bigint, highestMemCost: bigint
  stack: { readonly length: number, readonly _store: readonly bigint[], push (value: bigint): void, getStack (): bigint[] }
  memory: { _store: Uint8Array, read (offset: number, size: number): Uint8Array, write (offset: number, size: number, value: Uint8Array): void }
}
/** What a frame was called with. */
export type Frame = { depth: number, address: EthAddress, caller: EthAddress, callData: Uint8Array, callValue: bigint, isCreate: boolean, isStatic: boolean }

const TOPIC = BigInt(BREAKPOINT_TOPIC)
const MEMORY_WORD_GAS = 3n
const MEMORY_QUADRATIC_DIVISOR = 512n

/** An exceptional halt by the rules of §11, with its reason. */
export class RoutineHalt extends EVMError {
  readonly why: string

  constructor (why: string) {
    super(EVMError.errorMessages.INVALID_OPCODE)
    this.why = why
  }
}

/** The gas below which the outermost frame of a run that began with `gasLeft` waits at its next instruction (specification §11); undefined: it never does. */
export function waitsBelow ({ kind, rules: { contract, pieceGas } }: RoutineRun, { depth, address }: Frame, gasLeft: bigint): bigint | undefined {
  return kind === 'stops' && pieceGas > 0n && depth === 0 && keyOf(address) === contract && gasLeft > pieceGas ? gasLeft - pieceGas : undefined
}

/** Whether this frame must not run: it would be the contract's while that waits. */
export function isShut ({ kind, rules }: RoutineRun, { isStatic, address }: Frame): boolean {
  return kind === 'shut' && !isStatic && keyOf(address) === rules.contract
}

/** Puts the outermost frame where it waited. Its memory is paid for. */
export function goOn (state: SuspendableState, frame: Frame, suspended: Suspended): void {
  state.programCounter = suspended.pc
  for (const word of suspended.stack) state.stack.push(word)
  state.memory.write(0, suspended.memory.length, suspended.memory)
  const words = BigInt(suspended.memory.length / 32)
  state.memoryWordCount = words
  state.highestMemCost = MEMORY_WORD_GAS * words + words * words / MEMORY_QUADRATIC_DIVISOR
  frame.caller = new EthAddress(hexToBytes(suspended.caller))
  frame.callValue = suspended.valueWei
  frame.callData = suspended.callData
}

/**
 * Where a LOG1 that is about to run says that its frame is to wait behind it: the place of its payload; undefined: it is any other log. The log's own gas is paid and its memory there.
 * @throws RoutineHalt where a breakpoint is not allowed or says nothing
 */
export function breakpointAt ({ kind, rules }: RoutineRun, { stack, memory }: SuspendableState, { depth, address }: Frame): Suspended['payload'] | undefined {
  const [offset = 0n, size = 0n, topic] = [1, 2, 3].map(place => stack._store[stack.length - place])
  // Without three words the log itself halts.
  if (stack.length < 3 || topic !== TOPIC) return undefined
  if (kind === 'asks') throw new RoutineHalt('a breakpoint outside of a transaction')
  // A creation has another address.
  if (depth > 0 || keyOf(address) !== rules.contract) throw new RoutineHalt('a breakpoint that is not in the outermost frame of the contract')
  const waiting = readWaiting(size === 0n ? new Uint8Array() : memory.read(Number(offset), Number(size)), rules.players)
  if (typeof waiting === 'string') throw new RoutineHalt(waiting)
  return { offset: Number(offset), size: Number(size) }
}

/** What a machine says of a log where there is none. */
export const NO_PAYLOAD: Suspended['payload'] = { offset: 0, size: 0 }

/** The machine that waits behind the log that has just run, or before the next instruction. @throws RoutineHalt for one that is too large */
export function machineBehind ({ programCounter, stack, memory, memoryWordCount }: SuspendableState, { caller, callValue, callData }: Frame, payload: Suspended['payload']): Uint8Array {
  const bytes = encodeSuspended({
    pc: programCounter, caller: keyOf(caller), valueWei: callValue, callData, stack: stack.getStack(), memory: memory.read(0, Number(memoryWordCount) * 32), payload
  })
  if (bytes.length > MAX_MACHINE_BYTES) throw new RoutineHalt(`a machine of ${bytes.length} bytes would wait, at most ${MAX_MACHINE_BYTES}`)
  return bytes
}

function keyOf (address: EthAddress): Address {
  return bytesToHex(address.bytes) as Address
}
