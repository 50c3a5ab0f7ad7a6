/** How long the proof of many paths is (`proveMany`), without making it. */
import { bitAt, samePath, type Tree } from './tree.js'

const NARROW = 0x100
const HEAD_BYTES = 2
const STOP_BYTES = 1
const HASH_BYTES = 32
const FOREIGN_BYTES = 64

/** Length of `proveMany(tree, paths)`; the paths differ from one another. */
export function proofSize (tree: Tree, paths: readonly Uint8Array[]): number {
  const width = paths.length > NARROW ? 2 : 1
  return width + sizeOf(tree, paths, 0, 0, width)
}

/** Bytes for all that ends at or below `depth`, up to the branch `above` levels higher where it meets the rest. */
function sizeOf (tree: Tree, paths: readonly Uint8Array[], depth: number, above: number, width: number): number {
  if (tree === undefined || tree.path !== undefined) {
    const leaf = tree?.path
    const isForeign = leaf !== undefined && !paths.some(path => samePath(path, leaf))
    return endsSize(isForeign ? [...paths, leaf] : paths, isForeign ? leaf : undefined, depth, above, width)
  }
  const [left, right] = halves(paths, depth)
  if (right.length === 0) return sizeOf(tree.left, left, depth + 1, above + 1, width)
  if (left.length === 0) return sizeOf(tree.right, right, depth + 1, above + 1, width)
  return sizeOf(tree.left, left, depth + 1, 0, width) + sizeOf(tree.right, right, depth + 1, 0, width) + riseSize(depth, above)
}

function endsSize (ends: readonly Uint8Array[], foreign: Uint8Array | undefined, depth: number, above: number, width: number): number {
  if (ends.length === 1) return HEAD_BYTES + (ends[0] === foreign ? FOREIGN_BYTES : width) + riseSize(depth, above)
  const [left, right] = halves(ends, depth)
  if (left.length === 0 || right.length === 0) return endsSize(ends, foreign, depth + 1, above + 1, width)
  return endsSize(left, foreign, depth + 1, 0, width) + endsSize(right, foreign, depth + 1, 0, width) + riseSize(depth, above)
}

/** The siblings, and where they end. */
function riseSize (depth: number, above: number): number {
  return (depth > above ? STOP_BYTES : 0) + HASH_BYTES * above
}

function halves (paths: readonly Uint8Array[], depth: number): [Uint8Array[], Uint8Array[]] {
  const sides: [Uint8Array[], Uint8Array[]] = [[], []]
  for (const path of paths) sides[bitAt(path, depth)].push(path)
  return sides
}
