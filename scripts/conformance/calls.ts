/** Calls between the fuzzer's contracts, and calls of precompiles: with what they are given, what becomes of their result, and what they return. */
import type { Dice } from '../../test/machine/random-code.js'
import { OP } from './assembler.js'
import type { Draft } from './draft.js'
import { expression } from './expressions.js'
import { offset, one, returned, SLOTS, word, type Surroundings } from './pieces.js'

const KINDS = [OP.CALL, OP.CALL, OP.CALL, OP.DELEGATECALL, OP.DELEGATECALL, OP.STATICCALL, OP.STATICCALL, OP.CALLCODE]
/** Within a static call most of these go well. */
const QUIET_KINDS = [OP.CALL, OP.DELEGATECALL, OP.DELEGATECALL, OP.DELEGATECALL, OP.STATICCALL, OP.CALLCODE]
const PRECOMPILES = 10
const SIZES = [0, 1, 31, 32, 33, 64, 96, 128, 128, 192, 213, 213, 384]

/** A call, often done twice: the second finds warm, or cold again, what the first touched, and has at times just a stipend for it. */
export function call (draft: Draft, dice: Dice, around: Surroundings): void {
  const callee = one(dice, dice.below(12) === 0 ? around.accounts : around.callees)
  const kind = dice.pick(around.quiet ? QUIET_KINDS : KINDS)
  callTop(draft.push(callee), dice, around, kind)
  if (dice.below(3) === 0) callTop(draft.push(callee), dice, around, kind, dice.below(3) === 0 ? stipend(dice) : undefined)
}

/** A call of the address on the stack, which it takes; what it leaves is none or one word. */
export function callTop (draft: Draft, dice: Dice, around: Surroundings, kind = dice.pick(KINDS), given?: number): void {
  if (dice.below(2) === 0) { expression(draft, dice, around, 1); draft.push(offset(dice)).op(OP.MSTORE, 2, 0) }
  draft.push(dice.below(70)).push(offset(dice)).push(dice.below(70)).push(offset(dice))
  const givesValue = kind === OP.CALL || kind === OP.CALLCODE
  if (givesValue) draft.push(dice.pick([0, 0, 1, dice.below(6)]))
  draft.dup(givesValue ? 6 : 5)
  if (given === undefined) gas(draft, dice)
  else draft.push(given)
  draft.op(kind, givesValue ? 7 : 6, 1).swap(1).op(OP.POP, 1, 0)
  result(draft, dice, around.quiet)
  if (dice.below(2) !== 0) return
  // A while later, so that a stop falls in between now and then.
  if (dice.below(3) !== 0) expression(draft, dice, around, 3)
  returned(draft, dice)
}

/** What leaves 2,300 after two PUSHes, at which SSTORE must fail (EIP-2200). */
function stipend (dice: Dice): number {
  return 2_304 + dice.below(3)
}

/** All, a fixed amount, about a stipend, or more than there is. */
function gas (draft: Draft, dice: Dice): void {
  const amount = dice.pick([undefined, dice.below(60_000), 150_000, 150_000, 100_000, 100_000, 60_000, 2_300 + dice.below(9), stipend(dice), stipend(dice), dice.below(3_000), dice.below(4) === 0 ? word(dice) : 100_000])
  if (amount === undefined) draft.op(OP.GAS, 0, 1)
  else draft.push(amount)
}

/** Kept on the stack or in a slot, dropped, or a reason to fail. */
function result (draft: Draft, dice: Dice, quiet: boolean): void {
  switch (dice.below(16)) {
    case 0: case 1: case 2: if (!quiet) draft.push(dice.below(SLOTS)).op(OP.SSTORE, 2, 0); return
    case 3: case 4: case 5: draft.op(OP.POP, 1, 0); return
    case 6: {
      const close = draft.pushPlace()
      draft.op(OP.JUMPI, 2, 0).op(OP.RETURNDATASIZE, 0, 1).push(0).push(0).op(OP.RETURNDATACOPY, 3, 0).op(OP.RETURNDATASIZE, 0, 1).push(0).op(OP.REVERT, 2, 0)
      close()
      draft.op(OP.JUMPDEST, 0, 0)
    }
  }
}

/** A precompile on what may be input for it. */
export function precompile (draft: Draft, dice: Dice, around: Surroundings): void {
  const id = 1 + dice.below(PRECOMPILES)
  const at = dice.pick([0, 0, dice.below(40)])
  if (id === 5) sizes(draft, dice, at)
  else for (let i = dice.below(4); i > 0; i--) draft.push(dice.pick([1n, 2n, 27n, 28n, word(dice)])).push(at + 32 * dice.below(5)).op(OP.MSTORE, 2, 0)
  // BLAKE2F: its rounds and its last byte, which is 0 or 1.
  if (id === 9) draft.push(dice.below(20)).push(at + 3).op(OP.MSTORE8, 2, 0).push(dice.below(3)).push(at + 212).op(OP.MSTORE8, 2, 0)
  const size = id === 9 && dice.below(4) !== 0 ? 213 : dice.pick(SIZES)
  draft.push(dice.below(70)).push(offset(dice)).push(size).push(at).push(id)
  gas(draft, dice)
  draft.op(OP.STATICCALL, 6, 1)
  result(draft, dice, around.quiet)
  if (dice.below(2) === 0) returned(draft, dice)
}

/** MODEXP's three sizes. */
function sizes (draft: Draft, dice: Dice, at: number): void {
  for (const [index, most] of [40, 70, 40].entries()) draft.push(dice.pick([dice.below(most), 1, 32])).push(at + 32 * index).op(OP.MSTORE, 2, 0)
  draft.push(word(dice)).push(at + 96).op(OP.MSTORE, 2, 0).push(word(dice)).push(at + 128).op(OP.MSTORE, 2, 0)
}
