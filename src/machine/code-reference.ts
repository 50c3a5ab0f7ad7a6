/**
 * Code by reference: what lies on the chain already need not be in the calldata (a byte there costs 16 gas or 40). An account's code is found in a contract
 * that holds it, or the creation code that it came from: there it stands but for its immutables, which are given as patches.
 */
import { bigintToBytes, concatBytes, hexToBytes } from '../protocol/bytes.js'
import type { Address } from '../protocol/types.js'

/** A contract on the chain and its code. */
export type CodeHolder = { readonly address: Address, readonly code: Uint8Array }

type Run = { start: number, end: number }

const INLINE = 0
const HELD = 1
/** What is looked for in a holder: an immutable so near to the start of a code would hide it, and cost calldata. */
const PROBE_BYTES = 8
/** Differences that are nearer to each other than this are one patch. */
const MERGE_BYTES = 4
const MAX_PATCH_BYTES = 255
const MAX_PATCHED_CODE = 0x10000

/** The shortest reference to `code`, as the witness has it; the code itself where no holder has it. */
export function encodeCode (code: Uint8Array, holders: readonly CodeHolder[]): Uint8Array {
  const inline = concatBytes(Uint8Array.of(INLINE), bigintToBytes(BigInt(code.length), 3), code)
  return holders.flatMap((holder) => references(code, holder)).reduce((best, next) => next.length < best.length ? next : best, inline)
}

function references (code: Uint8Array, { address, code: held }: CodeHolder): Uint8Array[] {
  const found: Uint8Array[] = []
  for (let skip = 0; skip + code.length <= held.length; skip++) {
    if (!startsAt(code, held, skip)) continue
    const patches = patchesOf(code, held.subarray(skip, skip + code.length))
    if (patches === undefined) continue
    found.push(concatBytes(Uint8Array.of(HELD), hexToBytes(address), bigintToBytes(BigInt(skip), 3), bigintToBytes(BigInt(code.length), 3), patches))
  }
  return found
}

function startsAt (code: Uint8Array, held: Uint8Array, skip: number): boolean {
  for (let i = 0; i < PROBE_BYTES && i < code.length; i++) if (code[i] !== held[skip + i]) return false
  return true
}

/** Each different value once, with the places where it stands; undefined when there are too many. */
function patchesOf (code: Uint8Array, held: Uint8Array): Uint8Array | undefined {
  const runs = differences(code, held)
  const places = new Map<string, number[]>()
  for (const { start, end } of runs) {
    const key = code.slice(start, end).join()
    places.set(key, [...places.get(key) ?? [], start])
  }
  const values = [...places]
  if (values.length > 255 || values.some(([, at]) => at.length > 255) || (runs.length > 0 && code.length >= MAX_PATCHED_CODE)) return undefined
  return concatBytes(Uint8Array.of(values.length), ...values.flatMap(([key, at]) => {
    const value = Uint8Array.from(key.split(',').map(Number))
    return [Uint8Array.of(value.length), value, Uint8Array.of(at.length), ...at.map((place) => bigintToBytes(BigInt(place), 2))]
  }))
}

function differences (code: Uint8Array, held: Uint8Array): Run[] {
  const runs: Run[] = []
  for (let i = 0; i < code.length; i++) {
    if (code[i] === held[i]) continue
    const last = runs.at(-1)
    if (last !== undefined && i - last.end < MERGE_BYTES && i + 1 - last.start <= MAX_PATCH_BYTES) last.end = i + 1
    else runs.push({ start: i, end: i + 1 })
  }
  return runs
}
