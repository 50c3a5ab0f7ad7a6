/** Trees and sets of items by chance, for the multi-proof's tests in both languages, and what hostile hands make of a proof. */
import * as fc from 'fast-check'
import { bigintToBytes, bytesToHex, concatBytes, equalBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Hash32 } from '../../src/protocol/types.js'
import type { ProofItem } from '../../src/state/multi-proof.js'
import { emptyTree, set, type Tree } from '../../src/state/tree.js'
import type { ReferenceItem } from './multi-proof-reference.js'
import type { ReferenceLeaf } from './reference.js'

export type Case = { readonly leaves: readonly ReferenceLeaf[], readonly items: readonly ReferenceItem[] }

export const treeOf = (leaves: readonly ReferenceLeaf[]): Tree =>
  leaves.reduce<Tree>((tree, { path, value }) => set(tree, hexToBytes(path), hexToBytes(value)), emptyTree)
export const pathsOf = (items: readonly ReferenceItem[]): Uint8Array[] => items.map(({ path }) => hexToBytes(path))
export const itemsOf = (items: readonly ReferenceItem[]): ProofItem[] =>
  items.map(({ path, oldValue, newValue }) => ({ path: hexToBytes(path), oldValue: hexToBytes(oldValue), newValue: hexToBytes(newValue) }))

/** The leaves after an input's net effect. */
export function written (leaves: readonly ReferenceLeaf[], items: readonly ReferenceItem[]): ReferenceLeaf[] {
  const after = new Map(leaves.map(({ path, value }) => [path, value]))
  for (const { path, newValue } of items) if (after.has(path) || newValue !== ZERO_HASH) after.set(path, newValue)
  return [...after].map(([path, value]) => ({ path, value }))
}

export const wordOf = (value: number): Hash32 => bytesToHex(bigintToBytes(BigInt(value), 32)) as Hash32

/** Paths as hashes are, and paths that share anything from a few to all but one of their bits with one of a few. */
export const anyPath: fc.Arbitrary<Hash32> = fc.oneof(
  fc.integer({ min: 0, max: 60 }).map((n) => hash32(Uint8Array.of(n))),
  fc.tuple(fc.integer({ min: 0, max: 3 }), fc.oneof(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 12 }), fc.integer({ min: 250, max: 255 })))
    .map(([n, bit]) => flipBit(hash32(Uint8Array.of(n)), bit)))
const anyValue = fc.oneof(fc.constant(ZERO_HASH), fc.integer({ min: 1, max: 1 << 30 }).map(wordOf))

/** Up to `most` leaves, and items of which some are leaves, some are not, and some are all of them. */
export function anyCase (most: number): fc.Arbitrary<Case> {
  const some = fc.uniqueArray(fc.record({ path: anyPath, value: anyValue }), { selector: ({ path }) => path, maxLength: most })
  return some.chain((leaves) => {
    const ofTree = leaves.length === 0 ? anyPath : fc.constantFrom(...leaves.map(({ path }) => path))
    const path = fc.oneof(ofTree, anyPath)
    const paths = fc.oneof({ weight: 5, arbitrary: fc.uniqueArray(path, { minLength: 1, maxLength: 12 }) }, {
      weight: leaves.length === 0 ? 0 : 1, arbitrary: fc.shuffledSubarray(leaves.map((leaf) => leaf.path), { minLength: Math.min(1, leaves.length) })
    })
    return paths.chain((chosen) => fc.array(fc.oneof(anyValue, fc.constant(undefined)), { minLength: chosen.length, maxLength: chosen.length }).map((news) => ({
      leaves,
      items: chosen.map((at, i) => {
        const oldValue = leaves.find((leaf) => leaf.path === at)?.value ?? ZERO_HASH
        return { path: at, oldValue, newValue: news[i] ?? oldValue }
      })
    })))
  })
}

export function flipBit (hash: Hash32, bit: number): Hash32 {
  const bytes = hexToBytes(hash)
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
  return bytesToHex(bytes) as Hash32
}

/**
 * Changes of a proof, none of which is the proof: bytes changed, left out and put in, at every place (at `places` of them in a longer proof); cut off
 * anywhere; with more at its end; pieces left out, doubled and exchanged.
 */
export function * mutations (proof: Uint8Array, places = 160): Generator<Uint8Array> {
  for (const bent of changes(proof, Math.ceil(proof.length / places))) if (!equalBytes(bent, proof)) yield bent
}

function * changes (proof: Uint8Array, step: number): Generator<Uint8Array> {
  const without = (from: number, to: number, ...instead: Uint8Array[]): Uint8Array => concatBytes(proof.slice(0, from), ...instead, proof.slice(to))
  for (let i = 0; i < proof.length; i += step) {
    const byte = proof[i] ?? 0
    for (const other of [byte ^ 0x01, byte ^ 0x02, byte ^ 0x80, byte + 1, byte - 1, 0, 0xff]) yield without(i, i + 1, Uint8Array.of(other))
    yield proof.slice(0, i)
    yield without(i, i, Uint8Array.of(0))
    for (const length of [1, 4, 5, 32, 36]) {
      const piece = proof.slice(i, i + length)
      yield without(i, i + length)
      yield without(i, i, piece)
      yield without(i, i + 2 * length, proof.slice(i + length, i + 2 * length), piece)
    }
  }
  for (const more of [1, 2, 32]) yield concatBytes(proof, new Uint8Array(more))
  yield concatBytes(proof, proof)
}
