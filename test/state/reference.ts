/** The state tree's root as the specification's §4 says it, word for word and slowly: what the real tree is compared with. */
import { asHash32, concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import { keccak256 } from '../../src/protocol/crypto.js'
import type { Hash32 } from '../../src/protocol/types.js'

export type ReferenceLeaf = { readonly path: Hash32, readonly value: Hash32 }

export function referenceRoot (leaves: readonly ReferenceLeaf[]): Hash32 {
  return asHash32(referenceSubtree(leaves, 0))
}

/** The hash at `depth` of the subtree that holds these leaves. */
export function referenceSubtree (leaves: readonly ReferenceLeaf[], depth: number): Uint8Array {
  const [first] = leaves
  if (first === undefined) return new Uint8Array(32)
  if (leaves.length === 1) return keccak256(concatBytes(Uint8Array.of(0), hexToBytes(first.path), hexToBytes(first.value)))
  const half = (wanted: string): Uint8Array => referenceSubtree(leaves.filter((leaf) => bitsOf(leaf.path)[depth] === wanted), depth + 1)
  return keccak256(concatBytes(half('0'), half('1')))
}

const digits = new Map<Hash32, string>()

/** A path as 256 digits. */
export function bitsOf (path: Hash32): string {
  const known = digits.get(path) ?? BigInt(path).toString(2).padStart(256, '0')
  digits.set(path, known)
  return known
}
