/** What several kinds of the fuzzer's statements are made of. */
import type { Address } from '../../src/protocol/types.js'
import type { Dice } from '../../test/machine/random-code.js'
import { OP } from './assembler.js'
import type { Draft } from './draft.js'

/** What a program knows of the others. */
export type Surroundings = {
  /** Accounts that may be looked at. */
  readonly accounts: readonly Address[]
  /** Contracts that may be called: later ones as a rule, so that calls end. */
  readonly callees: readonly Address[]
  /** Writes nothing itself: within a static call it comes as far as its own calls. */
  readonly quiet: boolean
}

/** How a program is made. */
export type Size = {
  /** Statements, at most. */
  readonly statements: number
  /** Loops within loops that may still be. */
  readonly loops: number
  /** Creations within creations that may still be. */
  readonly creations: number
}

/** What writes the code of a creation. */
export type Writer = {
  statement (draft: Draft, dice: Dice, around: Surroundings, size: Size): void
  program (dice: Dice, around: Surroundings, size: Size): Uint8Array
}

/** Slots 0 to 5 of each contract are used. */
export const SLOTS = 6
const WHOLE = (1n << 256n) - 1n

/** A number as programs have them: small, around a power of two, all ones, or any. */
export function word (dice: Dice): bigint {
  const power = 1n << BigInt(dice.pick([5, 7, 8, 16, 31, 32, 63, 64, 128, 160, 255]))
  return dice.pick([BigInt(dice.below(4)), BigInt(dice.below(256)), power - 1n, power, power + 1n, WHOLE, WHOLE - BigInt(dice.below(40)), 1n << 255n, any(dice), any(dice)])
}

function any (dice: Dice): bigint {
  return BigInt(`0x${[...dice.bytes(1 + dice.below(32))].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`)
}

/** A place in memory: small, at times beside a word's edge, once in a while beyond all gas. */
export function offset (dice: Dice): bigint {
  if (dice.below(1500) === 0) return dice.pick([0xffffffffn, 1n << 32n, 1n << 64n, WHOLE, 40_000n])
  return BigInt(dice.pick([0, 32, 64, dice.below(96), dice.below(96), 31, 33, dice.below(700)]))
}

/** One of these accounts, at times with something in the bits above an address, which count for nothing. */
export function one (dice: Dice, addresses: readonly Address[]): bigint {
  return BigInt(dice.pick(addresses)) + (dice.below(20) === 0 ? 1n << 200n : 0n)
}

/** Writes of one slot, one after the other: what each costs and gives back depends on what was there before it and before the transaction. */
export function writes (draft: Draft, dice: Dice): void {
  const [slot, opcode] = [dice.below(SLOTS), dice.pick([OP.SSTORE, OP.SSTORE, OP.TSTORE])]
  for (let i = 1 + dice.below(4); i > 0; i--) {
    if (dice.below(6) === 0) draft.push(slot).op(OP.SLOAD, 1, 1)
    else draft.push(dice.pick([0, 0, 1, 2, 3]))
    draft.push(slot).op(opcode, 2, 0)
  }
}

/** Return data into memory: as much as there is, or now and then from a place where there may be none. */
export function returned (draft: Draft, dice: Dice): void {
  if (dice.below(40) !== 0) draft.op(OP.RETURNDATASIZE, 0, 1).push(0)
  else draft.push(dice.below(3) * 32).push(dice.below(3))
  draft.push(dice.below(96)).op(OP.RETURNDATACOPY, 3, 0)
}
