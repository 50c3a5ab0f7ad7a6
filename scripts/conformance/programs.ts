/**
 * Seeded random programs for the fuzzer. Most know what is on their stack, so that they come to their end and the calls between them mean something; then
 * one in ten is damaged by a wrong byte or cut short, and some are plain random bytes.
 */
import { randomCode, type Dice } from '../../test/machine/random-code.js'
import { OP } from './assembler.js'
import { call, precompile } from './calls.js'
import { create } from './creations.js'
import { Draft } from './draft.js'
import { expression, sums } from './expressions.js'
import { offset, one, returned, SLOTS, word, writes, type Size, type Surroundings } from './pieces.js'

/** The statements that write, by their cases below. */
const WRITING = [3, 4, 5, 6, 7, 15, 16, 17]
/** Much of everything. */
export const LARGE: Size = { statements: 14, loops: 2, creations: 2 }
/** A few statements, half of them calls: what one does is not drowned in what others do. */
export const TINY: Size = { statements: 5, loops: 0, creations: 1 }

/** Runtime code that calls the others. */
export function program (dice: Dice, around: Surroundings, size: Size): Uint8Array {
  const kind = dice.below(60)
  if (kind === 0) return dice.bytes(1 + dice.below(120))
  if (kind < 4) return randomCode(dice, around.accounts)
  const whole = write(dice, around, size)
  if (kind > 9) return whole
  if (kind > 6) return whole.slice(0, dice.below(whole.length + 1))
  whole[dice.below(whole.length)] = dice.below(256)
  return whole
}

function write (dice: Dice, around: Surroundings, size: Size): Uint8Array {
  const draft = new Draft()
  // First of all, and at times it is all: what a call with little gas, or within a static one, comes to.
  if (!around.quiet && dice.below(3) === 0) {
    writes(draft, dice)
    if (dice.below(3) === 0) return draft.finish()
  }
  for (let i = dice.pick([0, 1, 2, 17]); i > 0; i--) draft.push(word(dice))
  for (let i = 1 + dice.below(size.statements); i > 0; i--) statement(draft, dice, around, size)
  end(draft, dice)
  return draft.finish()
}

/** Leaves the stack as it was, or something more on it. */
function statement (draft: Draft, dice: Dice, around: Surroundings, size: Size): void {
  const kind = dice.below(24)
  if ((size === TINY && dice.below(2) === 0) || (around.quiet && WRITING.includes(kind))) { call(draft, dice, around); return }
  switch (kind) {
    case 0: case 1: expression(draft, dice, around); draft.push(offset(dice)).op(OP.MSTORE, 2, 0); return
    case 2: expression(draft, dice, around, 1); draft.push(offset(dice)).op(OP.MSTORE8, 2, 0); return
    case 3: case 4: case 5: writes(draft, dice); return
    case 6: expression(draft, dice, around); draft.push(dice.below(6)).op(dice.pick([OP.SSTORE, OP.SSTORE, OP.TSTORE]), 2, 0); return
    case 7: log(draft, dice, around); return
    case 8: copy(draft, dice, around); return
    case 9: if (dice.below(3) === 0) expression(draft, dice, around, 3); else sums(draft, dice); return
    case 10: shuffle(draft, dice); return
    case 11: condition(draft, dice, around, size); return
    case 12: loop(draft, dice, around, size); return
    case 13: overData(draft, dice); return
    case 14: precompile(draft, dice, around); return
    case 15: case 16: case 17: create(draft, dice, around, size, { statement, program }); return
    default: call(draft, dice, around)
  }
}

function log (draft: Draft, dice: Dice, around: Surroundings): void {
  const topics = dice.below(5)
  for (let i = 0; i < topics; i++) expression(draft, dice, around, 1)
  draft.push(dice.below(70)).push(offset(dice)).op(OP.LOG0 + topics, 2 + topics, 0)
}

function copy (draft: Draft, dice: Dice, { accounts }: Surroundings): void {
  const size = dice.below(120)
  switch (dice.below(6)) {
    case 0: draft.push(size).push(offset(dice)).push(offset(dice)).op(OP.CALLDATACOPY, 3, 0); return
    case 1: draft.push(size).push(offset(dice)).push(offset(dice)).op(OP.CODECOPY, 3, 0); return
    case 2: draft.push(size).push(offset(dice)).push(offset(dice)).op(OP.MCOPY, 3, 0); return
    case 3: draft.push(size).push(offset(dice)).push(offset(dice)).push(one(dice, accounts)).op(OP.EXTCODECOPY, 4, 0); return
    default: returned(draft, dice)
  }
}

function shuffle (draft: Draft, dice: Dice): void {
  if (draft.height < 2) { draft.push(word(dice)); return }
  const deepest = Math.min(draft.height, 17)
  switch (dice.below(3)) {
    case 0: draft.dup(1 + dice.below(deepest - 1)); return
    case 1: draft.swap(1 + dice.below(deepest - 1)); return
    default: draft.op(OP.POP, 1, 0)
  }
}

/** `if`: what is within leaves the stack as it found it. */
function condition (draft: Draft, dice: Dice, around: Surroundings, size: Size): void {
  expression(draft, dice, around)
  if (dice.below(2) === 0) draft.op(OP.ISZERO, 1, 1)
  const close = draft.pushPlace()
  draft.op(OP.JUMPI, 2, 0)
  balanced(draft, dice, around, size, 1 + dice.below(3))
  close()
  draft.op(OP.JUMPDEST, 0, 0)
}

/** A few turns, of statements or, now and then, of words that fill the stack to its end or nearly. */
function loop (draft: Draft, dice: Dice, around: Surroundings, size: Size): void {
  if (size.loops <= 0) return
  const fills = size === LARGE && dice.below(50) === 0
  draft.push(fills ? 1010 + dice.below(20) : 1 + dice.below(4))
  const start = draft.bytes.length
  draft.op(OP.JUMPDEST, 0, 0)
  if (fills) draft.dup(1)
  else balanced(draft, dice, around, size, 1 + dice.below(3))
  draft.push(1).swap(1).op(OP.SUB, 2, 1).dup(1).pushKnown(start).op(OP.JUMPI, 2, 0).op(OP.POP, 1, 0)
}

function balanced (draft: Draft, dice: Dice, around: Surroundings, size: Size, statements: number): void {
  const { height } = draft
  for (let i = 0; i < statements; i++) {
    statement(draft, dice, around, { ...size, loops: size.loops - 1, creations: Math.min(size.creations, 1) })
    while (draft.height > height) draft.op(OP.POP, 1, 0)
    while (draft.height < height) draft.push(7)
  }
}

/** A jump over bytes that are no code, among them PUSHes and bytes that look like a JUMPDEST. Now and then the jump goes to one of these. */
function overData (draft: Draft, dice: Dice): void {
  const size = dice.pick([1 + dice.below(8), dice.below(40), dice.below(80), 250 + dice.below(60)])
  const data = dice.below(2) === 0 ? [...dice.bytes(size)] : Array.from({ length: size }, () => dice.pick([0x5b, 0x60, 0x61, 0x7f, 0x7e, 0x5b]))
  let reached = 0
  for (let at = 0; at < data.length; at++) {
    const opcode = data[at] ?? 0
    if (opcode > OP.PUSH0 && opcode < OP.DUP1) at += opcode - OP.PUSH0
    reached = at + 1
  }
  while (data.length < reached) data.push(0x5b)
  const wrong = dice.below(25) === 0 ? data.indexOf(0x5b) : -1
  if (wrong >= 0) draft.pushKnown(draft.bytes.length + 4 + wrong).op(OP.JUMP, 1, 0).op(data, 0, 0)
  else {
    const target = draft.pushPlace()
    draft.op(OP.JUMP, 1, 0).op(data, 0, 0)
    target()
  }
  draft.op(OP.JUMPDEST, 0, 0)
}

/** How it ends. Mostly its stack and memory come out, so that nothing that went wrong on the way is lost. */
function end (draft: Draft, dice: Dice): void {
  const how = dice.below(16)
  if (dice.below(2) === 0) sums(draft, dice)
  if (dice.below(3) === 0) for (let slot = 0; slot < SLOTS; slot++) draft.push(slot).op(OP.TLOAD, 1, 1)
  for (let words = Math.min(draft.height, 24); words > 1; words--) draft.op(dice.pick([OP.XOR, OP.ADD, OP.SUB]), 2, 1)
  if (draft.height > 0) draft.push(dice.pick([0, 32])).op(OP.MSTORE, 2, 0)
  if (how < 8) draft.push(dice.pick([32, 64, 96, dice.below(300)])).push(0).op(OP.RETURN, 2, 0)
  else if (how === 8) draft.op(OP.MSIZE, 0, 1).push(0).op(OP.RETURN, 2, 0)
  else if (how < 11) draft.push(dice.below(130)).push(dice.pick([0, 0, 5])).op(OP.REVERT, 2, 0)
  else if (how === 11) draft.op(dice.pick([OP.INVALID, OP.CALLER]), 0, 1).op(OP.SELFDESTRUCT, 1, 0)
  else draft.op(OP.STOP, 0, 0)
}
