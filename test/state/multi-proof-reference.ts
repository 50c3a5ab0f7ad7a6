/**
 * The multi-proof as the specification's §4 says it, made from the set of leaves and slowly: what the real one is compared with. Asked to, it
 * says more than is needed, as only a hostile one does.
 */
import { concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import type { Hash32 } from '../../src/protocol/types.js'
import { bitsOf, referenceSubtree, type ReferenceLeaf } from './reference.js'

export type ReferenceItem = { readonly path: Hash32, readonly oldValue: Hash32, readonly newValue: Hash32 }

/** What a hostile proof says too much. */
export type Excess = {
  /** Leaves to be named although no item ends at them. */
  readonly named?: readonly Hash32[]
  /** So much deeper each end is put that no other end is beside. */
  readonly deeper?: number
}

type End = { readonly path: Hash32, readonly depth: number, readonly kind: 0 | 1 | 2, readonly body: Uint8Array }
type Part = { readonly bytes: Uint8Array, readonly path: Hash32, readonly depth: number }

export function referenceProof (leaves: readonly ReferenceLeaf[], paths: readonly Hash32[], excess: Excess = {}): Uint8Array {
  const width = paths.length > 256 ? 2 : 1
  const ends = endsOf(leaves, paths, width, excess)
  const foreign = ends.filter(({ kind }) => kind === 2).length
  return concatBytes(numberBytes(foreign, width), risen(together(ends, leaves), 0, leaves).bytes)
}

/** Ends that part at some depth stand there each below its own half. */
function together (ends: readonly End[], leaves: readonly ReferenceLeaf[]): Part {
  const [first, last] = [ends[0], ends.at(-1)]
  if (first === undefined || last === undefined) throw new Error('no end')
  if (first === last) return { path: first.path, depth: first.depth, bytes: concatBytes(numberBytes(first.kind * 512 + first.depth, 2), first.body) }
  const depth = shared(first.path, last.path)
  const half = (digit: string): Part => risen(together(ends.filter(({ path }) => bitsOf(path)[depth] === digit), leaves), depth + 1, leaves)
  return { path: first.path, depth, bytes: concatBytes(half('0').bytes, half('1').bytes) }
}

/** With the siblings from where it stands up to `goal`. */
function risen ({ bytes, path, depth }: Part, goal: number, leaves: readonly ReferenceLeaf[]): Part {
  const siblings = Array.from({ length: depth - goal }, (_, i) => siblingAt(leaves, path, depth - 1 - i))
  return { path, depth: goal, bytes: concatBytes(bytes, goal === 0 ? new Uint8Array() : Uint8Array.of(goal - 1), ...siblings) }
}

/** The hash of the half that `path` does not go into at `depth`. */
function siblingAt (leaves: readonly ReferenceLeaf[], path: Hash32, depth: number): Uint8Array {
  return referenceSubtree(leaves.filter((leaf) => shared(leaf.path, path) === depth), depth + 1)
}

function endsOf (leaves: readonly ReferenceLeaf[], paths: readonly Hash32[], width: number, { named = [], deeper = 0 }: Excess): End[] {
  const own = new Set(paths)
  const metBy = (leaf: ReferenceLeaf): boolean => paths.some((path) => placeOf(leaves, path) <= shared(leaf.path, path))
  const foreign = leaves.filter((leaf) => !own.has(leaf.path) && (metBy(leaf) || named.includes(leaf.path)))
  const unplaced = [
    ...paths.map((path, index) => ({ path, kind: leaves.some((leaf) => leaf.path === path) ? 0 as const : 1 as const, body: numberBytes(index, width) })),
    ...foreign.map(({ path, value }) => ({ path, kind: 2 as const, body: concatBytes(hexToBytes(path), hexToBytes(value)) }))
  ].sort((a, b) => a.path < b.path ? -1 : 1)
  return unplaced.map((end) => {
    const parted = Math.max(-1, ...unplaced.filter((other) => other !== end).map((other) => shared(other.path, end.path)))
    const depth = Math.max(placeOf(leaves, end.path), parted + 1)
    return { ...end, depth: Math.min(256, parted + 1 < depth || unplaced.length === 1 ? depth + deeper : depth) }
  })
}

/** The depth at which the walk to `path` ends: with at most one leaf below. */
function placeOf (leaves: readonly ReferenceLeaf[], path: Hash32): number {
  const depths = leaves.map((leaf) => shared(leaf.path, path)).sort((a, b) => b - a)
  return depths.length < 2 ? 0 : (depths[1] ?? 0) + 1
}

/** Leading bits that two paths have in common. */
export function shared (a: Hash32, b: Hash32): number {
  const difference = BigInt(a) ^ BigInt(b)
  return difference === 0n ? 256 : 256 - difference.toString(2).length
}

function numberBytes (value: number, width: number): Uint8Array {
  return width === 1 ? Uint8Array.of(value) : Uint8Array.of(value >> 8, value)
}
