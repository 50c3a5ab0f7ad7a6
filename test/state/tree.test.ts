import * as fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asHash32, bytesToHex, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import type { Hash32 } from '../../src/protocol/types.js'
import { accountPath, accountValue, slotPath } from '../../src/state/leaf.js'
import { prove, rootAfter, verify, type TreeProof } from '../../src/state/proof.js'
import { emptyTree, find, rootOf, set, type Tree } from '../../src/state/tree.js'
import { referenceRoot, type ReferenceLeaf } from './reference.js'
import { buildTreeVectors, printTreeVectors, vectorsFile, type ProofVector, type TreeVectors } from './tree-vectors.js'

const test = suite('state tree')
const fileText = await readFile(vectorsFile, 'utf8')
const vectors = JSON.parse(fileText) as TreeVectors

const build = (leaves: readonly ReferenceLeaf[]): Tree =>
  leaves.reduce<Tree>((tree, leaf) => set(tree, hexToBytes(leaf.path), hexToBytes(leaf.value)), emptyTree)
const proofOf = (vector: ProofVector): TreeProof => ({
  path: vector.path, value: vector.value, siblings: vector.siblings,
  other: vector.otherPath === null || vector.otherValue === null ? undefined : { path: vector.otherPath, value: vector.otherValue }
})

test('the vectors in the repository are the ones that the builder makes', () => {
  assert.is(fileText, printTreeVectors(buildTreeVectors()))
})

test('paths and account values are as in the vectors', () => {
  for (const { kind, address, slot, path } of vectors.paths) assert.is(asHash32(kind === 1 ? accountPath(address) : slotPath(address, slot)), path)
  for (const { nonce, balance, codeHash, value } of vectors.accounts) assert.is(asHash32(accountValue(BigInt(nonce), BigInt(balance), codeHash)), value)
})

for (const vector of vectors.trees) {
  test(`${vector.about}: root, proofs and updates are as in the vectors, hostile proofs are refused`, () => {
    const tree = build(vector.leaves)
    assert.is(rootOf(tree), vector.root)
    for (const entry of vector.proofs) {
      const proof = proofOf(entry)
      assert.equal(prove(tree, hexToBytes(entry.path)), proof)
      assert.ok(verify(vector.root, proof))
      assert.is(rootAfter(proof, entry.newValue), entry.newRoot)
    }
    for (const entry of vector.hostile) assert.not(verify(vector.root, proofOf(entry)), entry.reason)
  })
}

// Paths that share long prefixes are what a random hash never gives: choose few bits, at the top and at the bottom.
const path = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.integer({ min: 0, max: 3 })).map(([top, bottom]) => {
  const bytes = new Uint8Array(32)
  bytes[0] = top
  bytes[31] = bottom
  return bytesToHex(bytes) as Hash32
})
const value = fc.oneof(fc.constant(ZERO_HASH), fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => bytesToHex(bytes) as Hash32))
const leaves = fc.uniqueArray(fc.record({ path, value }), { selector: (leaf) => leaf.path, maxLength: 24 })

test('any set of leaves, in any order, has the root that the specification gives', () => {
  fc.assert(fc.property(leaves, (set) => {
    const root = referenceRoot(set)
    assert.is(rootOf(build(set)), root)
    assert.is(rootOf(build([...set].reverse())), root)
  }), { numRuns: 60 })
})

test('every proof of any path verifies, and predicts the root after a write', () => {
  fc.assert(fc.property(leaves, path, value, (set, at, newValue) => {
    const tree = build(set)
    const proof = prove(tree, hexToBytes(at))
    assert.ok(verify(rootOf(tree), proof))
    assert.is(proof.value, set.find((leaf) => leaf.path === at)?.value ?? ZERO_HASH)
    const present = set.some((leaf) => leaf.path === at)
    const after = !present && newValue === ZERO_HASH ? set : [...set.filter((leaf) => leaf.path !== at), { path: at, value: newValue }]
    assert.is(rootAfter(proof, newValue), referenceRoot(after))
  }), { numRuns: 100 })
})

test('no proof of one path can be bent to show another value', () => {
  fc.assert(fc.property(leaves, path, value, path, value, (set, at, forged, otherPath, otherValue) => {
    const tree = build(set)
    const root = rootOf(tree)
    const proof = prove(tree, hexToBytes(at))
    for (const siblings of [proof.siblings, proof.siblings.slice(0, -1), proof.siblings.slice(1), [...proof.siblings, ZERO_HASH]]) {
      for (const other of [undefined, { path: otherPath, value: otherValue }, { path: at, value: proof.value }, { path: at, value: forged }]) {
        const bent = { path: at, value: forged, siblings, other }
        if (forged !== proof.value) assert.not(verify(root, bent))
      }
    }
  }), { numRuns: 100 })
})

test('a tree keeps its root and its leaves when another is made from it', () => {
  const before = build([{ path: `0x${'11'.repeat(32)}` as Hash32, value: ZERO_HASH }, { path: `0x${'22'.repeat(32)}` as Hash32, value: `0x${'01'.repeat(32)}` as Hash32 }])
  const root = rootOf(before)
  const after = set(before, hexToBytes(`0x${'22'.repeat(32)}`), hexToBytes(`0x${'02'.repeat(32)}`))
  assert.is(rootOf(before), root)
  assert.is.not(rootOf(after), root)
  assert.is(find(before, hexToBytes(`0x${'22'.repeat(32)}`))?.value[0], 1)
  assert.is(find(before, hexToBytes(`0x${'33'.repeat(32)}`)), undefined)
})

test.run()
