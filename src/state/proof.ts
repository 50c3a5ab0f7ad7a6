/**
 * Proofs of one path of the state tree (specification §4): making, checking, and the root after a change, without the tree.
 *
 * The walk from the root ends in one of three things, told apart by `other` and `value`:
 * nothing (no `other`, value 0), the path's own leaf (no `other`, value not 0), or the leaf that `other` gives. That one is as a rule
 * foreign, and the path is absent; when it has the very path of the proof, the leaf is there and holds zero.
 */
import { asHash32, hexToBytes, ZERO_HASH } from '../protocol/bytes.js'
import type { Hash32 } from '../protocol/types.js'
import { ZERO_WORD } from './leaf.js'
import { bitAt, hashOf, leafHash, MAX_DEPTH, nodeHash, samePath, type Leaf, type Tree } from './tree.js'

/** What shows that a path holds a value under a root. Absent and zero are the same value. */
export type TreeProof = {
  readonly path: Hash32
  readonly value: Hash32
  /** Sibling hashes from the root down, at most 256. */
  readonly siblings: readonly Hash32[]
  /** The leaf that the walk ends in, when it is not the path's own leaf with a value other than zero. */
  readonly other: { readonly path: Hash32, readonly value: Hash32 } | undefined
}

/** The proof of `path` (32 bytes) in `tree`. */
export function prove (tree: Tree, path: Uint8Array): TreeProof {
  const siblings: Hash32[] = []
  let here = tree
  for (let depth = 0; here !== undefined && here.path === undefined; depth++) {
    const right = bitAt(path, depth) === 1
    siblings.push(asHash32(hashOf(right ? here.left : here.right)))
    here = right ? here.right : here.left
  }
  return { path: asHash32(path), siblings, ...endOf(here, path) }
}

function endOf (leaf: Leaf | undefined, path: Uint8Array): Pick<TreeProof, 'value' | 'other'> {
  if (leaf === undefined) return { value: ZERO_HASH, other: undefined }
  const value = asHash32(leaf.value)
  if (samePath(leaf.path, path) && value !== ZERO_HASH) return { value, other: undefined }
  return { value: ZERO_HASH, other: { path: asHash32(leaf.path), value } }
}

/** Whether `proof` shows its value under `root`. Never throws on a well-typed proof, however hostile. */
export function verify (root: Hash32, proof: TreeProof): boolean {
  return isWellFormed(proof) && rootOfProof(proof) === root
}

/**
 * The root after one input's net effect on the proof's path, for a proof that has been verified: the leaf is changed where it is, and
 * inserted where there is none unless the new value is zero.
 */
export function rootAfter (proof: TreeProof, newValue: Hash32): Hash32 {
  const path = hexToBytes(proof.path)
  const own = proof.value !== ZERO_HASH || proof.other?.path === proof.path
  if (!own && newValue === ZERO_HASH) return rootOfProof(proof)
  const leaf = leafHash(path, hexToBytes(newValue))
  if (own || proof.other === undefined) return asHash32(fold(proof.siblings, path, leaf))
  const otherPath = hexToBytes(proof.other.path)
  const other = leafHash(otherPath, hexToBytes(proof.other.value))
  let depth = proof.siblings.length
  while (bitAt(path, depth) === bitAt(otherPath, depth)) depth++
  // Where the two part each is the other's sibling; from there up to the old end of the walk the other half is empty.
  const between = Array.from({ length: depth - proof.siblings.length }, () => ZERO_HASH)
  return asHash32(fold([...proof.siblings, ...between, asHash32(other)], path, leaf))
}

function isWellFormed (proof: TreeProof): boolean {
  if (proof.siblings.length > MAX_DEPTH) return false
  if (proof.other === undefined) return true
  // A walk that ends in `other` shows the value 0, and `other` must stand where the walk leads.
  if (proof.value !== ZERO_HASH) return false
  if (proof.other.path === proof.path) return proof.other.value === ZERO_HASH
  const path = hexToBytes(proof.path)
  const otherPath = hexToBytes(proof.other.path)
  for (let depth = 0; depth < proof.siblings.length; depth++) if (bitAt(path, depth) !== bitAt(otherPath, depth)) return false
  return true
}

function rootOfProof (proof: TreeProof): Hash32 {
  const path = hexToBytes(proof.path)
  return asHash32(fold(proof.siblings, path, endHash(proof, path)))
}

function endHash (proof: TreeProof, path: Uint8Array): Uint8Array {
  if (proof.other !== undefined) return leafHash(hexToBytes(proof.other.path), hexToBytes(proof.other.value))
  return proof.value === ZERO_HASH ? ZERO_WORD : leafHash(path, hexToBytes(proof.value))
}

/** The root over a subtree's hash: siblings from the last to the first. */
function fold (siblings: readonly Hash32[], path: Uint8Array, end: Uint8Array): Uint8Array {
  return siblings.reduceRight((hash, sibling, depth) =>
    bitAt(path, depth) === 0 ? nodeHash(hash, hexToBytes(sibling)) : nodeHash(hexToBytes(sibling), hash), end)
}
