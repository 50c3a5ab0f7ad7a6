/**
 * The compact sparse Merkle tree of the specification's §4: an empty subtree is 0, a subtree of one leaf is that leaf, any other is the
 * node of its two halves. Nodes never change: `set` copies the walked path, so an old tree stays what it was and going back means
 * dropping a reference. Hashes are computed when a root or a proof first asks for them.
 */
import { asHash32 } from '../protocol/bytes.js'
import { keccak256 } from '../protocol/crypto.js'
import type { Hash32 } from '../protocol/types.js'
import { ZERO_WORD } from './leaf.js'

/** One leaf. `hash` is filled in on demand, and nothing else ever changes. */
export type Leaf = { readonly path: Uint8Array, readonly value: Uint8Array, hash: Uint8Array | undefined }
/** A node with more than one leaf below it. */
export type Branch = { readonly path: undefined, readonly left: Tree, readonly right: Tree, hash: Uint8Array | undefined }
/** A tree, or one of its subtrees; undefined is the empty one. */
export type Tree = Leaf | Branch | undefined

/** The tree without a leaf; its root is 0. */
export const emptyTree: Tree = undefined

/** Most siblings that a proof can have: one for each bit of a path. */
export const MAX_DEPTH = 256

/** The bit of `path` that chooses the half at `depth`, most significant first. */
export function bitAt (path: Uint8Array, depth: number): 0 | 1 {
  return (((path[depth >> 3] ?? 0) >> (7 - (depth & 7))) & 1) as 0 | 1
}

/**
 * The tree with the leaf at `path` (32 bytes) holding `value` (32 bytes). Zero is a value like others here: whether a zero leaf is to be
 * inserted is the caller's rule (the net effect of an input, §4). Both arrays are kept: do not change them afterwards.
 */
export function set (tree: Tree, path: Uint8Array, value: Uint8Array): Tree {
  return setFrom(tree, { path, value, hash: undefined }, 0)
}

function setFrom (tree: Tree, leaf: Leaf, depth: number): Tree {
  if (tree === undefined) return leaf
  if (tree.path !== undefined) return samePath(tree.path, leaf.path) ? leaf : fork(tree, leaf, depth)
  return bitAt(leaf.path, depth) === 0
    ? { path: undefined, left: setFrom(tree.left, leaf, depth + 1), right: tree.right, hash: undefined }
    : { path: undefined, left: tree.left, right: setFrom(tree.right, leaf, depth + 1), hash: undefined }
}

/** The subtree at `depth` that holds exactly two leaves: empty halves down to where their paths part. */
function fork (a: Leaf, b: Leaf, depth: number): Branch {
  const side = bitAt(a.path, depth)
  if (side !== bitAt(b.path, depth)) {
    return side === 0
      ? { path: undefined, left: a, right: b, hash: undefined }
      : { path: undefined, left: b, right: a, hash: undefined }
  }
  const below = fork(a, b, depth + 1)
  return side === 0
    ? { path: undefined, left: below, right: undefined, hash: undefined }
    : { path: undefined, left: undefined, right: below, hash: undefined }
}

/** The leaf at `path`, if there is one. */
export function find (tree: Tree, path: Uint8Array): Leaf | undefined {
  let here = tree
  for (let depth = 0; here !== undefined; depth++) {
    if (here.path !== undefined) return samePath(here.path, path) ? here : undefined
    here = bitAt(path, depth) === 0 ? here.left : here.right
  }
  return undefined
}

/** The root hash; 0 for the empty tree. */
export function rootOf (tree: Tree): Hash32 {
  return asHash32(hashOf(tree))
}

/** The hash of a subtree as bytes. Never write to the result. */
export function hashOf (tree: Tree): Uint8Array {
  if (tree === undefined) return ZERO_WORD
  if (tree.hash !== undefined) return tree.hash
  tree.hash = tree.path !== undefined ? leafHash(tree.path, tree.value) : nodeHash(hashOf(tree.left), hashOf(tree.right))
  return tree.hash
}

const leafPreimage = new Uint8Array(65)
const nodePreimage = new Uint8Array(64)

/** keccak256(0x00 ‖ path ‖ value). */
export function leafHash (path: Uint8Array, value: Uint8Array): Uint8Array {
  leafPreimage.set(path, 1)
  leafPreimage.set(value, 33)
  return keccak256(leafPreimage)
}

/** keccak256(left ‖ right). */
export function nodeHash (left: Uint8Array, right: Uint8Array): Uint8Array {
  nodePreimage.set(left)
  nodePreimage.set(right, 32)
  return keccak256(nodePreimage)
}

/** Whether two paths are the same. */
export function samePath (a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) if (a[i] !== b[i]) return false
  return true
}
