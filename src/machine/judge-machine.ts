/** Reads a machine that the interpreter saved (contracts/judge/Layout.sol and Saving.sol): enough to compare it with another EVM's. */
import { bytesToBigint, bytesToHex } from '../protocol/bytes.js'
import type { Hex } from '../protocol/types.js'

/** The running frame of a saved machine; `depth` counts from 1. */
export type SavedFrame = { readonly depth: number, readonly pc: number, readonly gas: bigint, readonly stack: readonly bigint[], readonly memory: Hex }

// Addresses in the interpreter's memory, from the start of what is saved.
const FRAME = 0x2000
const MEMORY_AT = 0x20e0 - FRAME
const MEMORY_SIZE = 0x2100 - FRAME
const DEPTH = 0x2360 - FRAME
const PAUSED = 0x26c0 - FRAME
const MACHINE_SIZE = 0x26e0 - FRAME
const FRAMES = 0x2da0

/** The running frame of a saved machine. */
export function decodeMachine (machine: Uint8Array): SavedFrame {
  const at = (place: number): bigint => bytesToBigint(machine.slice(place, place + 32))
  const state = at(PAUSED)
  const height = Number((state >> 32n) & 0x7fffn)
  // The stacks of all frames come first; the running frame's is the last.
  const frames = MACHINE_SIZE + Number(state & 0xffffffffn)
  const start = frames + Number(at(MEMORY_AT)) - FRAMES
  return {
    depth: Number(at(DEPTH)),
    pc: Number(state >> 224n),
    gas: (state >> 64n) & ((1n << 63n) - 1n),
    stack: Array.from({ length: height }, (_, i) => at(frames + 32 * (i - height))),
    memory: bytesToHex(machine.slice(start, start + Number(at(MEMORY_SIZE))))
  }
}
