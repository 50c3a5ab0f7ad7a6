/** Seeded random bytecode that does something: short pushes, storage, calls, creations, self-destructs, and often an invalid end. */
import { concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import type { Address } from '../../src/protocol/types.js'

/** A repeatable source of numbers (mulberry32). */
export class Dice {
  #state: number

  constructor (seed: number) {
    this.#state = seed
  }

  /** A whole number from 0 below `limit`. */
  below (limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor(((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32 * limit)
  }

  pick<T> (list: readonly T[]): T {
    return list[this.below(list.length)] as T
  }

  bytes (length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.below(256))
  }
}

const small = (dice: Dice): number[] => [0x60, dice.below(8)]
const push20 = (address: Address): number[] => [0x73, ...hexToBytes(address)]

/** Runtime code that may touch `addresses`. Most pieces leave one value on the stack; reads often find a stack too short. */
export function randomCode (dice: Dice, addresses: readonly Address[]): Uint8Array {
  const pieces: number[][] = []
  for (let i = 4 + dice.below(14); i > 0; i--) pieces.push(piece(dice, addresses))
  pieces.push(dice.pick<number[]>([[0x00], [0x60, 64, 0x5f, 0xf3], [0x60, 36, 0x5f, 0xfd], [], [0xfe], [0x5f, 0x56]]))
  return Uint8Array.from(pieces.flat())
}

function piece (dice: Dice, addresses: readonly Address[]): number[] {
  const target = push20(dice.pick(addresses))
  const arithmetic = dice.pick([0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0a, 0x0b, 0x10, 0x12, 0x16, 0x1a, 0x1b, 0x1d])
  const environment = dice.pick([0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x58, 0x59, 0x5a])
  switch (dice.below(16)) {
    case 0: return [...small(dice), ...small(dice), 0x55] // SSTORE
    case 1: return [...small(dice), 0x54] // SLOAD
    case 2: return [...small(dice), ...small(dice), arithmetic]
    case 3: return [environment]
    case 4: return [environment, ...small(dice), 0x55]
    case 5: return [...small(dice), ...small(dice), 0x5d, ...small(dice), 0x5c] // TSTORE, TLOAD
    case 6: return [...target, dice.pick([0x31, 0x3b, 0x3f])] // BALANCE, EXTCODESIZE, EXTCODEHASH
    case 7: return [...small(dice), 0x5f, 0xa0 + dice.below(2)] // LOG with a topic too many at times
    case 8: return [0x60, dice.below(200), 0x5f, 0x20] // KECCAK256
    case 9: return call(dice, target)
    case 10: return call(dice, [0x60, 1 + dice.below(9)])
    case 11: return create(dice)
    case 12: return dice.below(4) === 0 ? [...target, 0xff] : [0x33, 0x31] // SELFDESTRUCT
    case 13: return [0x58, 0x60, 6, 0x01, 0x56, 0xfe, 0x5b] // jump over INVALID: PC + 6 is the JUMPDEST
    case 14: return [...small(dice), 0x40] // BLOCKHASH
    default: return [dice.below(256)]
  }
}

function call (dice: Dice, target: readonly number[]): number[] {
  const value = dice.pick([[], small(dice)])
  const opcode = dice.pick([0xf1, 0xf2, 0xf4, 0xfa])
  const gas = dice.pick([[0x5a], [0x61, 0x27, 0x10]])
  const withValue = opcode === 0xf1 || opcode === 0xf2
  return [0x60, 32, 0x5f, 0x60, 32, 0x5f, ...withValue ? (value.length > 0 ? value : [0x5f]) : [], ...target, ...gas, opcode]
}

/** A child whose init code is one word: it stores, and then returns, destroys itself or reverts. */
function create (dice: Dice): number[] {
  const end = dice.pick<number[]>([[0x33, 0xff], [0x5f, 0x5f, 0xfd], [0x60, 3, 0x5f, 0xf3], [0x00], [0x60, 0xef, 0x5f, 0x53, 0x60, 1, 0x5f, 0xf3]])
  const init = [...small(dice), ...small(dice), 0x55, ...end]
  const word = concatBytes(Uint8Array.from(init), new Uint8Array(32 - init.length))
  const value = small(dice)
  return [0x7f, ...word, 0x5f, 0x52, ...dice.below(2) === 0 ? [0x60, 32, 0x5f, ...value, 0xf0] : [...small(dice), 0x60, 32, 0x5f, ...value, 0xf5]]
}

/** Init code that returns `runtime`. */
export function deployer (runtime: Uint8Array): Uint8Array {
  const length = [runtime.length >> 8, runtime.length & 0xff]
  return concatBytes(Uint8Array.of(0x61, ...length, 0x80, 0x60, 0x0a, 0x5f, 0x39, 0x5f, 0xf3), runtime)
}
