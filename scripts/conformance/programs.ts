/** Seeded random programs for the fuzzer: what contracts do, in odd orders and with odd operands, and at times plain random bytes. */
import { hexToBytes } from '../../src/protocol/bytes.js'
import type { Address } from '../../src/protocol/types.js'
import { randomCode, type Dice } from '../../test/machine/random-code.js'

const BINARY = [0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0a, 0x0b, 0x10, 0x11, 0x12, 0x13, 0x14, 0x16, 0x17, 0x18, 0x1a, 0x1b, 0x1c, 0x1d]
const READ = [0x30, 0x32, 0x33, 0x34, 0x36, 0x38, 0x3a, 0x3d, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x4a, 0x58, 0x59, 0x5a, 0x5f]
const PRECOMPILE_SIZES = [0, 1, 31, 32, 33, 64, 96, 128, 192, 213, 384]

/** Runtime code that may call `addresses`. */
export function program (dice: Dice, addresses: readonly Address[]): Uint8Array {
  if (dice.below(40) === 0) return dice.bytes(1 + dice.below(120))
  if (dice.below(8) === 0) return randomCode(dice, addresses)
  const bytes: number[] = []
  // Something on the stack, so that not every second opcode finds it empty.
  for (let i = dice.pick([2, 6, 17, 17]); i > 0; i--) bytes.push(...push(dice))
  for (let i = 3 + dice.below(24); i > 0; i--) bytes.push(...piece(dice, addresses, bytes.length))
  bytes.push(...dice.pick<number[]>([[0x00], [0x60, dice.below(200), 0x60, dice.below(64), 0xf3], [0x60, dice.below(70), 0x5f, 0xfd], [], [0x00], dice.below(8) === 0 ? [0xfe] : [0x00]]))
  return Uint8Array.from(bytes)
}

function piece (dice: Dice, addresses: readonly Address[], at: number): number[] {
  const address = [0x73, ...hexToBytes(dice.pick(addresses))]
  switch (dice.below(20)) {
    case 0: return [...push(dice), ...push(dice), dice.pick(BINARY)]
    case 1: return [...push(dice), ...push(dice), ...push(dice), dice.pick([0x08, 0x09])]
    case 2: return [...dice.below(2) === 0 ? push(dice) : small(dice), dice.pick([0x15, 0x19, 0x35, 0x40, 0x49, 0x54, 0x5c]), ...offset(dice), 0x51]
    case 3: return storage(dice)
    case 4: return [dice.pick(READ)]
    case 5: return [...offset(dice), ...offset(dice), ...offset(dice), dice.pick([0x37, 0x39, 0x5e])]
    case 6: return [...push(dice), ...offset(dice), dice.pick([0x52, 0x53])]
    case 7: return [...offset(dice), ...offset(dice), 0x20]
    case 8: return [...push(dice), ...push(dice), ...offset(dice), ...offset(dice), 0xa0 + dice.below(3)]
    case 9: return [...offset(dice), ...offset(dice), ...offset(dice), ...address, 0x3c]
    case 10: return [...address, dice.pick([0x31, 0x3b, 0x3f])]
    case 11: return [dice.pick([0x80, 0x90]) + dice.below(4)]
    case 12: return [0x80 + dice.below(16), 0x90 + dice.below(16)]
    case 13: return [...target(at + 5), 0x56, dice.below(0x60), dice.below(30) === 0 ? 0x60 : 0x5b] // over any byte that is no PUSH
    case 14: return dice.below(2) === 0
      ? [dice.pick([0x15, 0x36, 0x3d, 0x5a]), ...target(at + 5), 0x57, 0x5b]
      : [0x5b, ...push(dice), 0x50, 0x5a, 0x60, dice.pick([1, 3, 8]), 0x16, ...target(at), 0x57] // again, while the gas left has these bits
    case 15: return precompile(dice)
    case 16: case 17: return call(dice, address)
    case 18: return dice.below(4) === 0 ? [0x3d, 0x5f, ...offset(dice), 0x3e] : create(dice)
    default: return dice.below(10) === 0 ? [...address, 0xff] : [0x50]
  }
}

function call (dice: Dice, address: readonly number[]): number[] {
  const opcode = dice.pick([0xf1, 0xf1, 0xf2, 0xf4, 0xfa])
  const value = opcode === 0xf1 || opcode === 0xf2 ? dice.pick([[0x5f], small(dice), [0x34]]) : []
  return [...offset(dice), ...offset(dice), ...offset(dice), ...offset(dice), ...value, ...address, ...dice.pick([[0x5a], [0x61, 4 + dice.below(250), dice.below(256)], [0x61, 0xa0, 0]]), opcode]
}

function precompile (dice: Dice): number[] {
  const size = dice.pick(PRECOMPILE_SIZES)
  const fill = [...push(dice), ...offset(dice), 0x52, 0x60, 1 + dice.below(2), 0x60, dice.below(96), 0x53]
  return [...fill, ...offset(dice), ...offset(dice), 0x61, size >> 8, size & 255, 0x5f, 0x60, 1 + dice.below(10), ...dice.pick([[0x5a], [0x61, 0x40, 0]]), 0xfa]
}

function target (at: number): number[] {
  return [0x61, at >> 8, at & 255]
}

/** Up to three writes of one slot: what they cost and give back depends on what was there. */
function storage (dice: Dice): number[] {
  const [slot, opcode] = [small(dice), dice.pick([0x55, 0x55, 0x5d])]
  return Array.from({ length: 1 + dice.below(3) }, () => [0x60, dice.below(3), ...slot, opcode]).flat()
}

/** Init code of one word: it writes a slot, and then returns code, returns nothing, destroys itself or reverts. Now and then any bytes of the memory. */
function create (dice: Dice): number[] {
  if (dice.below(6) === 0) return [...offset(dice), ...offset(dice), ...small(dice), 0xf0]
  const end = dice.pick<number[]>([[0x60, 0x20, 0x5f, 0xf3], [0x00], [0x33, 0xff], [0x5f, 0x5f, 0xfd], [0x60, 0xef, 0x5f, 0x53, 0x60, 1, 0x5f, 0xf3]])
  const init = [...storage(dice).slice(0, 5), 0x60, dice.below(256), 0x5f, 0x52, ...end]
  const salt = dice.below(2) === 0 ? [] : small(dice)
  return [0x60 + init.length - 1, ...init, 0x5f, 0x52, ...salt, 0x60, init.length, 0x60, 32 - init.length, ...dice.pick([[0x5f], small(dice)]), salt.length > 0 ? 0xf5 : 0xf0]
}

function small (dice: Dice): number[] {
  return [0x60, dice.below(6)]
}

/** Offsets and sizes: mostly small, now and then far too large. */
function offset (dice: Dice): number[] {
  const large = dice.below(400)
  if (large === 0) return [0x63, ...dice.bytes(4)]
  if (large === 1) return [0x7f, ...dice.bytes(32)]
  return dice.pick<number[]>([[0x5f], [0x60, dice.below(96)], [0x60, 32], [0x61, dice.below(3), dice.below(256)]])
}

function push (dice: Dice): number[] {
  const length = dice.pick([0, 1, 1, 1, 2, 8, 20, 32])
  const bytes = dice.below(4) === 0 ? Array<number>(length).fill(0xff) : [...dice.bytes(length)]
  return [0x5f + length, ...bytes]
}
