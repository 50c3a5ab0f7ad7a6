/** For the tests of routines: assembly with labels, and a thread of two players whose contract is a loop with its count on the stack. */
import { assemble } from '../../scripts/conformance/assembler.js'
import { hash32 } from '../../src/protocol/crypto.js'
import { bigintToBytes, concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import type { Address, Hex, Input, Terms } from '../../src/protocol/types.js'
import { Machine, type Batch, type Prepared } from '../../src/machine/machine.js'
import { BREAKPOINT_TOPIC, INPUT_ADDRESS } from '../../src/machine/routine.js'
import { SYSTEM } from '../../src/machine/settlement.js'
import { batchOf, PLAYERS, threadFor, type TestThread } from './thread.js'

/** What a breakpoint of these contracts names, and what settles otherwise. */
export const ON_TIMEOUT = '0x11223344' as Hex
export const SETTLE = '0x55667788' as Hex

/** The bytes of a program in which `:name` is a JUMPDEST and `@name` pushes its place. */
export function program (source: string): Uint8Array {
  const places = new Map<string, number>()
  const tokens = source.trim().split(/\s+/)
  let at = 0
  for (const token of tokens) {
    if (token.startsWith(':')) places.set(token.slice(1), at)
    at += token.startsWith(':') ? 1 : token.startsWith('@') ? 3 : assemble(token).length
  }
  return concatBytes(...tokens.map(token => {
    if (token.startsWith(':')) return assemble('JUMPDEST')
    if (!token.startsWith('@')) return assemble(token)
    const place = places.get(token.slice(1))
    if (place === undefined) throw new Error(`no label ${token}`)
    return concatBytes(Uint8Array.of(0x61), bigintToBytes(BigInt(place), 2))
  }))
}

/** Ends well for whoever settles, with any function, and goes on for all others. */
export const SETTLES = `CALLER ${SYSTEM} EQ ISZERO @play JUMPI STOP :play`

/** Writes what a breakpoint for one mover says (37 bytes at 0x80); the mover lies on the stack. */
export const ONE_MOVER = `${ON_TIMEOUT}01${'00'.repeat(27)} 0x80 MSTORE 0x85 MSTORE`
/** The LOG1 of it. */
export const BREAK = `${BREAKPOINT_TOPIC} 0x25 0x80 LOG1`
/** Asks for the mover's input: its wallet, the value, the time and the first word of its data lie at 0x100, 0x120, 0x140 and 0x160 afterwards. */
export const ASK = `0x80 0x100 0x0 0x0 ${INPUT_ADDRESS} GAS STATICCALL POP`

/**
 * Players in turn say numbers until their sum, which is on the stack, is above 100; rounds are counted in memory at 0. Then slots 0 to 7 hold: the sum, the rounds, CALLER, CALLVALUE, the first word of
 * call data, the last mover, the last value, ORIGIN.
 */
export const LOOP = `${SETTLES} 0x0 :loop
  0x0 MLOAD 0x1 AND DUP1 ${PLAYERS[1]} MUL SWAP1 ISZERO ${PLAYERS[0]} MUL ADD ${ONE_MOVER} ${BREAK} ${ASK}
  0x160 MLOAD ADD 0x0 MLOAD 0x1 ADD 0x0 MSTORE
  DUP1 0x64 LT ISZERO @loop JUMPI
  0x0 SSTORE 0x0 MLOAD 0x1 SSTORE CALLER 0x2 SSTORE CALLVALUE 0x3 SSTORE 0x0 CALLDATALOAD 0x4 SSTORE 0x100 MLOAD 0x5 SSTORE 0x120 MLOAD 0x6 SSTORE ORIGIN 0x7 SSTORE STOP`

/** A thread with this runtime code, whose contract may be a routine. */
export function routineThread (code: Uint8Array, overrides: Partial<Terms> = {}): TestThread {
  return threadFor(code, { codeKind: 3, codeHash: hash32(code), settlement: SETTLE, gasLimit: 3_000_000n, ...overrides })
}

/** A thread that has begun: what it sends is committed at once. */
export class Table {
  readonly thread: TestThread
  machine: Machine
  #slot = 0n

  private constructor (thread: TestThread, machine: Machine) {
    this.thread = thread
    this.machine = machine
  }

  static async begin (source: string, overrides: Partial<Terms> = {}): Promise<Table> {
    return await Table.of(routineThread(program(source), overrides))
  }

  static async of (thread: TestThread): Promise<Table> {
    return new Table(thread, (await Machine.genesis(thread.context, thread.code)).machine)
  }

  /** Lets time pass. */
  wait (seconds: bigint): void {
    this.#slot += seconds
  }

  /** An input of a player to the thread's contract, or to `to`; its nonce is the player's next. */
  input (player: 0 | 1, fields: { data?: Uint8Array, valueWei?: bigint, to?: Address | undefined, gasLimit?: bigint } = {}): Input {
    const to = 'to' in fields ? fields.to : this.machine.contract
    return this.thread.input(player, { gasLimit: 1_000_000n, ...fields, nonce: this.machine.nonceOf(player), to })
  }

  /** The next batch, of these inputs, a second after the last one. */
  next (...inputs: readonly Input[]): Batch {
    return batchOf(this.#slot + 1n, inputs)
  }

  /** Executes and commits the next batch. */
  async play (...inputs: readonly Input[]): Promise<Prepared> {
    const prepared = await this.machine.prepare(this.next(...inputs))
    this.#slot++
    this.machine.commit(prepared)
    return prepared
  }
}

/** A number as data: one word. */
export function number (value: bigint): Uint8Array {
  return bigintToBytes(value, 32)
}

/** Hex as bytes. */
export function bytes (hex: string): Uint8Array {
  return hexToBytes(hex as Hex)
}
