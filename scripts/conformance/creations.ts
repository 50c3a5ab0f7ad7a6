/** Creations in the fuzzer's programs: most succeed, and what they made is called, looked at, destroyed, and created again at the same place. */
import type { Dice } from '../../test/machine/random-code.js'
import { OP } from './assembler.js'
import { callTop } from './calls.js'
import { Draft } from './draft.js'
import { expression } from './expressions.js'
import { offset, one, word, writes, type Size, type Surroundings, type Writer } from './pieces.js'

const MEMORY_AT = 0x200 // so that what the other statements have in memory stays

/** A creation, by CREATE or CREATE2; its address stays on the stack. */
export function create (draft: Draft, dice: Dice, around: Surroundings, size: Size, writer: Writer): void {
  if (size.creations === 0) { writes(draft, dice); return }
  const init = initCode(dice, around, { statements: 4, loops: 1, creations: size.creations - 1 }, writer)
  const salt = dice.below(2) === 0 ? dice.below(4) : undefined
  const value = dice.pick([0, 0, 1, dice.below(8)])
  for (let again = dice.pick([1, 1, 2]); again > 0; again--) {
    draft.push(init.length).pushData([...init]).push(MEMORY_AT).op(OP.CODECOPY, 3, 0)
    if (salt !== undefined) draft.push(salt)
    draft.push(init.length).push(MEMORY_AT).push(value).op(salt === undefined ? OP.CREATE : OP.CREATE2, salt === undefined ? 3 : 4, 1)
    use(draft, dice, around)
  }
}

/** What is done with the address on the stack, which stays there. */
function use (draft: Draft, dice: Dice, around: Surroundings): void {
  const { height } = draft
  const dup = (): Draft => draft.dup(draft.height - height + 1)
  for (let i = dice.below(3); i > 0; i--) callTop(dup(), dice, around)
  if (dice.below(2) === 0) dup().op(dice.pick([OP.BALANCE, OP.EXTCODESIZE, OP.EXTCODEHASH]), 1, 1)
  if (dice.below(3) === 0) dup().push(dice.below(6)).op(OP.SSTORE, 2, 0)
}

/** Init code: a few statements, then it returns code, nothing, what is refused, destroys itself or reverts. */
function initCode (dice: Dice, around: Surroundings, size: Size, writer: Writer): Uint8Array {
  const draft = new Draft()
  for (let i = dice.below(size.statements); i > 0; i--) writer.statement(draft, dice, around, size)
  switch (dice.below(12)) {
    case 0: draft.push(dice.below(40)).push(0).op(OP.REVERT, 2, 0); break
    case 1: draft.op(OP.CALLER, 0, 1).op(OP.SELFDESTRUCT, 1, 0); break
    case 2: draft.push(dice.below(4) === 0 ? 0xef : 0xee).push(0).op(OP.MSTORE8, 2, 0).push(1 + dice.below(3)).push(0).op(OP.RETURN, 2, 0); break
    case 3: expression(draft, dice, around); draft.push(0).op(OP.MSTORE, 2, 0).push(dice.below(40)).push(0).op(OP.RETURN, 2, 0); break
    case 4: draft.op(dice.pick([OP.STOP, OP.STOP, OP.STOP, OP.INVALID]), 0, 0); break
    default: {
      const code = runtime(dice, around, size, writer)
      draft.push(code.length).pushData([...code]).push(0).op(OP.CODECOPY, 3, 0).push(code.length).push(0).op(OP.RETURN, 2, 0)
    }
  }
  return draft.finish()
}

function runtime (dice: Dice, around: Surroundings, size: Size, writer: Writer): Uint8Array {
  const draft = new Draft()
  switch (dice.below(6)) {
    case 0: draft.op(OP.CALLER, 0, 1).op(OP.SELFDESTRUCT, 1, 0); return draft.finish()
    case 1: writes(draft, dice); draft.op(dice.pick([OP.ADDRESS, OP.ORIGIN]), 0, 1).op(OP.SELFDESTRUCT, 1, 0); return draft.finish()
    case 2: draft.push(one(dice, around.accounts)).op(OP.SELFDESTRUCT, 1, 0); return draft.finish()
    case 3: draft.push(word(dice)).push(offset(dice)).op(OP.MSTORE, 2, 0); writes(draft, dice); return draft.finish()
    default: return writer.program(dice, around, size)
  }
}
