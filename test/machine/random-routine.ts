/** Routines made of a seed: loops in loops, functions of their own, arrays in memory, calls, slots and gas that are written down, and breakpoints between them. */
import { bytesToHex } from '../../src/protocol/bytes.js'
import { INPUT_ADDRESS, MACHINE_ADDRESS } from '../../src/machine/routine.js'
import { Dice } from './random-code.js'
import { ASK, BREAK, ONE_MOVER, SETTLES } from './routines.js'
import { PLAYERS } from './thread.js'

/** Where arrays begin in memory; below lie the payload and what was asked. */
const ARRAY = 0x200
const [X, O] = PLAYERS

/**
 * A program with labels. On its stack lie, from below, how many rounds are left and a sum; each round begins with a breakpoint for one of the players, and takes what was sent into the sum.
 */
export function randomRoutine (seed: number): string {
  const dice = new Dice(seed)
  let labels = 0
  const label = (): string => `l${labels++}`
  const functions: string[] = []
  /** Keeps the stack's height; the sum is on top. */
  const piece = (depth: number): string => {
    const key = dice.below(4).toString(16)
    const word = bytesToHex(dice.bytes(1 + dice.below(32)))
    switch (dice.below(depth > 1 ? 11 : 14)) {
      case 0: return `${word} ${dice.pick(['ADD', 'MUL', 'XOR', 'SUB', 'AND'])}`
      case 1: return `DUP1 0x${key} SSTORE`
      case 2: return `0x${key} SLOAD ADD`
      case 3: return `GAS 0x${(4 + dice.below(4)).toString(16)} SSTORE`
      case 4: return `DUP1 DUP1 0x1f AND 0x5 SHL 0x${(ARRAY + 32 * dice.below(20)).toString(16)} ADD MSTORE`
      case 5: return `DUP1 0x1f AND 0x5 SHL 0x${(ARRAY + 32 * dice.below(20)).toString(16)} ADD MLOAD XOR`
      case 6: return `0x${(32 * dice.below(24)).toString(16)} 0x${ARRAY.toString(16)} KECCAK256 ADD`
      case 7: return dice.pick([`DUP1 0x${key} TSTORE`, `0x${key} TLOAD ADD`])
      case 8: return dice.pick(['CALLER ADD', 'ORIGIN XOR', 'CALLVALUE ADD', 'TIMESTAMP ADD', 'SELFBALANCE XOR', 'MSIZE ADD', 'RETURNDATASIZE ADD', 'CALLDATASIZE XOR', '0x0 CALLDATALOAD XOR', 'GASPRICE ADD', 'PC XOR'])
      case 9: return `0x40 0x${(ARRAY + 32 * dice.below(8)).toString(16)} 0x40 0x${(ARRAY + 32).toString(16)} ${dice.pick(['0x4', '0x2', INPUT_ADDRESS, MACHINE_ADDRESS, X])} 0xffff STATICCALL ADD`
      case 10: return dice.pick([`0x0 0x0 0x0 0x0 0x1 ${dice.pick([X, O, INPUT_ADDRESS, MACHINE_ADDRESS])} 0xffff CALL ADD`, `0x${(32 * dice.below(12)).toString(16)} 0x${ARRAY.toString(16)} 0x${(ARRAY + 64).toString(16)} MCOPY`, `${INPUT_ADDRESS} EXTCODESIZE ADD`, `${MACHINE_ADDRESS} BALANCE XOR`, `0x20 0x${ARRAY.toString(16)} LOG0`])
      case 11: {
        // A loop with its own count above the sum.
        const top = label()
        return `0x${(1 + dice.below(5)).toString(16)} :${top} SWAP1 ${pieces(depth + 1)} SWAP1 0x1 SWAP1 SUB DUP1 @${top} JUMPI POP`
      }
      case 12: {
        const [end, back] = [label(), label()]
        functions.push(`:${end} SWAP1 ${pieces(depth + 1)} SWAP1 JUMP`)
        return `@${back} @${end} JUMP :${back}`
      }
      default: {
        const over = label()
        return `DUP1 0x1 AND @${over} JUMPI ${pieces(depth + 1)} :${over}`
      }
    }
  }
  const pieces = (depth: number): string => Array.from({ length: 1 + dice.below(5) }, () => piece(depth)).join(' ')
  const mover = dice.pick([`0x1 DUP3 AND DUP1 ${X} MUL SWAP1 ISZERO ${O} MUL ADD`, X, O])
  const end = dice.pick(['STOP', 'DUP1 0x9 SSTORE STOP', '0x40 0x200 RETURN', `${X} SELFDESTRUCT`, '0x20 0x0 REVERT'])
  const fault = dice.pick(['', '', `DUP1 0x7 AND ISZERO @bad JUMPI`])
  const breaks = dice.below(8) === 0 ? `0x1f DUP2 AND @fine JUMPI 0x1234 0x85 MSTORE :fine ${BREAK}` : BREAK
  const body = [
    `${SETTLES} 0x${(2 + dice.below(5)).toString(16)} 0x${dice.below(256).toString(16)} ${pieces(0)} :loop`, `${mover} ${ONE_MOVER} ${breaks} ${ASK} 0x160 MLOAD ADD ${fault} ${pieces(0)}`,
    'SWAP1 0x1 SWAP1 SUB SWAP1 DUP2 @loop JUMPI', end, ':bad 0x0 0x0 REVERT'
  ].join('\n')
  return [body, ...functions].join('\n')
}
