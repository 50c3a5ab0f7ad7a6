/** Random expressions: code that leaves exactly one word on the stack. */
import type { Dice } from '../../test/machine/random-code.js'
import { OP } from './assembler.js'
import type { Draft } from './draft.js'
import { offset, one, word, type Surroundings } from './pieces.js'

const UNARY = [OP.ISZERO, OP.NOT]
const BINARY = [
  OP.ADD, OP.MUL, OP.SUB, OP.DIV, OP.SDIV, OP.MOD, OP.SMOD, OP.SIGNEXTEND, OP.LT, OP.GT, OP.SLT, OP.SGT, OP.EQ, OP.AND, OP.OR, OP.XOR, OP.BYTE, OP.SHL, OP.SHR, OP.SAR
]
/** These say little with an operand of 200 bits. */
const WANTS_SMALL: readonly number[] = [OP.BYTE, OP.SHL, OP.SHR, OP.SAR, OP.SIGNEXTEND]
const OF_THE_CALL = [
  OP.ADDRESS, OP.ORIGIN, OP.CALLER, OP.CALLVALUE, OP.CALLDATASIZE, OP.CODESIZE, OP.GASPRICE, OP.RETURNDATASIZE, OP.COINBASE, OP.TIMESTAMP, OP.NUMBER, OP.PREVRANDAO, OP.GASLIMIT, OP.CHAINID,
  OP.SELFBALANCE, OP.BASEFEE, OP.BLOBBASEFEE, OP.PC, OP.MSIZE, OP.GAS
]
const OF_AN_ACCOUNT = [OP.BALANCE, OP.EXTCODESIZE, OP.EXTCODEHASH]

/** Leaves one word: at depth 0 a plain one, below that perhaps computed from others. */
export function expression (draft: Draft, dice: Dice, around: Surroundings, depth = 2): void {
  if (depth === 0 || dice.below(3) === 0) { leaf(draft, dice, around); return }
  switch (dice.below(8)) {
    case 0: expression(draft, dice, around, depth - 1); draft.op(dice.pick(UNARY), 1, 1); return
    case 1: ternary(draft, dice, around, depth); return
    case 2: power(draft, dice); return
    case 3: hash(draft, dice); return
    default: binary(draft, dice, around, depth)
  }
}

function leaf (draft: Draft, dice: Dice, around: Surroundings): void {
  switch (dice.below(10)) {
    case 0: case 1: draft.push(word(dice)); return
    case 2: draft.push(dice.below(6)); return
    case 3: draft.op(dice.pick(OF_THE_CALL), 0, 1); return
    case 4: draft.push(dice.below(100)).op(OP.CALLDATALOAD, 1, 1); return
    case 5: draft.push(offset(dice)).op(OP.MLOAD, 1, 1); return
    case 6: draft.push(dice.below(6)).op(dice.pick([OP.SLOAD, OP.SLOAD, OP.TLOAD]), 1, 1); return
    case 7: draft.push(one(dice, around.accounts)).op(dice.pick(OF_AN_ACCOUNT), 1, 1); return
    case 8: draft.push(dice.pick([0, 1, 2, 296, 298, 299, 300])).op(dice.pick([OP.BLOCKHASH, OP.BLOBHASH]), 1, 1); return
    default: if (draft.height > 0) draft.dup(1 + dice.below(Math.min(draft.height, 16))); else draft.push(word(dice))
  }
}

function binary (draft: Draft, dice: Dice, around: Surroundings, depth: number): void {
  const opcode = dice.pick(BINARY)
  // A sign, a byte far up: most of what is computed has none.
  if (dice.below(2) === 0) draft.push(word(dice))
  else expression(draft, dice, around, depth - 1)
  if (WANTS_SMALL.includes(opcode) && dice.below(4) !== 0) draft.push(dice.below(opcode >= OP.SHL ? 260 : 34))
  else expression(draft, dice, around, depth - 1)
  draft.op(opcode, 2, 1)
}

/** Several operations on numbers that show what they do, all in one word. */
export function sums (draft: Draft, dice: Dice): void {
  draft.push(0)
  for (let i = 3 + dice.below(6); i > 0; i--) {
    const opcode = dice.pick([...BINARY, OP.ADDMOD, OP.MULMOD])
    const three = opcode === OP.ADDMOD || opcode === OP.MULMOD
    if (three) draft.push(word(dice))
    draft.push(word(dice)).push(WANTS_SMALL.includes(opcode) && dice.below(4) !== 0 ? dice.below(opcode >= OP.SHL ? 260 : 34) : word(dice))
    draft.op(opcode, three ? 3 : 2, 1).op(OP.XOR, 2, 1)
  }
}

function ternary (draft: Draft, dice: Dice, around: Surroundings, depth: number): void {
  for (let i = 0; i < 3; i++) expression(draft, dice, around, depth - 1)
  draft.op(dice.pick([OP.ADDMOD, OP.MULMOD]), 3, 1)
}

function power (draft: Draft, dice: Dice): void {
  draft.push(dice.below(3) === 0 ? word(dice) : dice.below(600)).push(word(dice)).op(OP.EXP, 2, 1)
}

function hash (draft: Draft, dice: Dice): void {
  draft.push(dice.below(100)).push(offset(dice)).op(OP.KECCAK256, 2, 1)
}
