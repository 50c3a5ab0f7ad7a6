// time limit: 300 s
import * as fc from 'fast-check'
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asHash32, bytesToHex, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { ThreadsError } from '../../src/errors.js'
import { MAX_ITEMS, proveMany, rootsOf } from '../../src/state/multi-proof.js'
import { hashOf, rootOf } from '../../src/state/tree.js'
import { anyCase, flipBit, itemsOf, mutations, pathsOf, treeOf, written, type Case } from './multi-proof-cases.js'
import { referenceProof, type ReferenceItem } from './multi-proof-reference.js'
import { buildMultiProofVectors, multiProofVectorsFile, printMultiProofVectors, type MultiProofVectors } from './multi-proof-vectors.js'
import { referenceRoot, type ReferenceLeaf } from './reference.js'

const test = suite('multi-proofs')
const fileText = await readFile(multiProofVectorsFile, 'utf8')
const vectors = JSON.parse(fileText) as MultiProofVectors

/** The roots, or the code of the refusal. */
function outcome (items: readonly ReferenceItem[], proof: Uint8Array): { oldRoot: string, newRoot: string } | string {
  try {
    return rootsOf(itemsOf(items), proof)
  } catch (error) {
    if (error instanceof ThreadsError) return error.code
    throw error
  }
}

/** Whether the proof shows these old values under this root. */
function shows (items: readonly ReferenceItem[], proof: Uint8Array, root: string): boolean {
  const got = outcome(items, proof)
  return typeof got !== 'string' && got.oldRoot === root
}

test('the vectors in the repository are the ones that the builder makes', () => {
  assert.is(fileText, printMultiProofVectors(buildMultiProofVectors()))
})

for (const { about, leaves, items, proof, oldRoot, newRoot } of vectors.proofs) {
  test(`${about}: the proof and its roots are as in the vectors`, () => {
    assert.is(bytesToHex(proveMany(treeOf(leaves), pathsOf(items))), proof)
    assert.equal(outcome(items, hexToBytes(proof)), { oldRoot, newRoot })
  })
}

for (const { about, items, proof, refusal } of vectors.refused) {
  test(`${about}: refused`, () => {
    assert.is(outcome(items, hexToBytes(proof)), refusal)
  })
}

test('every refusal that the code knows is among the vectors', async () => {
  const source = await readFile(new URL('../../../src/state/multi-proof.ts', import.meta.url), 'utf8')
  const codes = new Set(source.match(/STATE_PROOF_[A-Z_]+[A-Z]/g))
  // Items are counted and told apart before there is a proof; too many of them are no vector.
  for (const code of ['STATE_PROOF_ITEM_COUNT', 'STATE_PROOF_ITEM_TWICE']) codes.delete(code)
  assert.ok(codes.size > 10)
  assert.equal([...codes].sort(), [...new Set(vectors.refused.map(({ refusal }) => refusal))].sort())
})

test('no items, too many, and one path twice: there is no proof of them', () => {
  const path = new Uint8Array(32)
  const codeOf = (run: () => unknown): string => {
    try { run() } catch (error) { if (error instanceof ThreadsError) return error.code }
    return 'none'
  }
  const tooMany = Array.from({ length: MAX_ITEMS + 1 }, () => path)
  assert.is(codeOf(() => proveMany(undefined, [])), 'STATE_PROOF_ITEM_COUNT')
  assert.is(codeOf(() => proveMany(undefined, tooMany)), 'STATE_PROOF_ITEM_COUNT')
  assert.is(codeOf(() => proveMany(undefined, [path, flip(path), path])), 'STATE_PROOF_ITEM_TWICE')
  assert.is(codeOf(() => rootsOf([], Uint8Array.of(0))), 'STATE_PROOF_ITEM_COUNT')
  assert.is(codeOf(() => rootsOf(tooMany.map((at) => ({ path: at, oldValue: path, newValue: path })), Uint8Array.of(0))), 'STATE_PROOF_ITEM_COUNT')
})

test('any tree, any items: the one proof, the old root, and the root of the tree in which they are written', () => {
  fc.assert(fc.property(anyCase(24), ({ leaves, items }) => {
    const proof = proveMany(treeOf(leaves), pathsOf(items))
    assert.is(bytesToHex(proof), bytesToHex(referenceProof(leaves, items.map(({ path }) => path))))
    assert.equal(outcome(items, proof), { oldRoot: referenceRoot(leaves), newRoot: referenceRoot(written(leaves, items)) })
  }), { numRuns: 150, seed: 41 })
})

test('trees of up to 300 leaves: the roots before and after are the tree\'s', () => {
  fc.assert(fc.property(anyCase(300), ({ leaves, items }) => {
    const tree = treeOf(leaves)
    assert.equal(outcome(items, proveMany(tree, pathsOf(items))), { oldRoot: rootOf(tree), newRoot: rootOf(treeOf(written(leaves, items))) })
  }), { numRuns: 40, seed: 42 })
})

test('300 items, whose numbers have two bytes: all of a tree, and as many absent ones', () => {
  const leaves = vectors.manyLeaves.map((path, i): ReferenceLeaf => ({ path, value: path === ZERO_HASH || i % 5 === 0 ? ZERO_HASH : path }))
  const there = leaves.map(({ path, value }): ReferenceItem => ({ path, oldValue: value, newValue: path }))
  const absent = leaves.map(({ path }): ReferenceItem => ({ path: flipBit(path, 13), oldValue: ZERO_HASH, newValue: path }))
  for (const items of [there, absent, [...absent, ...there]]) {
    assert.ok(items.length >= 300)
    const proof = proveMany(treeOf(leaves), pathsOf(items))
    assert.equal(outcome(items, proof), { oldRoot: rootOf(treeOf(leaves)), newRoot: rootOf(treeOf(written(leaves, items))) })
  }
})

test('no change of a proof shows the items under the true root', () => {
  let refused = 0
  const codes = new Set<string>()
  fc.assert(fc.property(anyCase(12), ({ leaves, items }) => {
    const root = referenceRoot(leaves)
    for (const bent of mutations(proveMany(treeOf(leaves), pathsOf(items)))) {
      const got = outcome(items, bent)
      if (typeof got === 'string') { refused++; codes.add(got) }
      else if (got.oldRoot === root) assert.unreachable(bytesToHex(bent))
    }
  }), { numRuns: 10, seed: 43 })
  assert.ok(refused > 1_000)
  assert.ok(codes.size > 8, [...codes].join(', '))
})

test('each byte of a short proof changed to each other value: nothing is shown under the true root', () => {
  for (const { items, proof, oldRoot } of vectors.proofs.filter((vector) => vector.proof.length < 140)) {
    const bytes = hexToBytes(proof)
    for (let i = 0; i < bytes.length; i++) {
      for (let by = 1; by < 256; by++) assert.not(shows(items, bytes.map((byte, at) => at === i ? byte ^ by : byte), oldRoot))
    }
  }
})

test('no proof shows another old value under the true root, and none serves for other items', () => {
  fc.assert(fc.property(anyCase(12), fc.nat(), fc.nat(255), ({ leaves, items }, which, bit) => {
    const root = referenceRoot(leaves)
    const proof = proveMany(treeOf(leaves), pathsOf(items))
    const chosen = which % items.length
    const bend = (change: (item: ReferenceItem) => ReferenceItem): ReferenceItem[] => items.map((item, i) => i === chosen ? change(item) : item)
    assert.not(shows(bend((item) => ({ ...item, oldValue: flipBit(item.oldValue, bit) })), proof, root))
    assert.not(shows(items.slice(1), proof, root))
    assert.not(shows([...items, ...items.slice(0, 1)], proof, root))
    // An absent item may be another that is absent from the same place; one that is there may not.
    if (leaves.some(({ path }) => path === items[chosen]?.path)) assert.not(shows(bend((item) => ({ ...item, path: flipBit(item.path, bit) })), proof, root))
    if (items.length > 1 && items[0]?.oldValue !== items.at(-1)?.oldValue) assert.not(shows([...items].reverse(), proof, root))
  }), { numRuns: 150, seed: 44 })
})

test('a proof that says more than is needed is refused, though all of it is true', () => {
  let idle = 0
  let deep = 0
  fc.assert(fc.property(anyCase(16), fc.nat(), fc.integer({ min: 1, max: 3 }), ({ leaves, items }, which, deeper) => {
    const paths = items.map(({ path }) => path)
    const proof = bytesToHex(proveMany(treeOf(leaves), pathsOf(items)))
    const others = leaves.filter(({ path }) => !paths.includes(path))
    const named = others[which % Math.max(1, others.length)]
    if (named !== undefined) {
      const more = referenceProof(leaves, paths, { named: [named.path] })
      // Not more where it was needed.
      if (bytesToHex(more) !== proof) { assert.is(outcome(items, more), 'STATE_PROOF_IDLE_LEAF'); idle++ }
    }
    const lower = referenceProof(leaves, paths, { deeper })
    if (bytesToHex(lower) !== proof) { assert.ok(typeof outcome(items, lower) === 'string', bytesToHex(lower)); deep++ }
  }), { numRuns: 150, seed: 45 })
  assert.ok(idle > 40 && deep > 40, `${idle} and ${deep}`)
})

test('a proof of one item has the siblings of its walk, and nothing else but its head', () => {
  const { leaves, items } = vectors.proofs.find(({ about }) => about.startsWith('one item')) as unknown as Case
  const [item] = pathsOf(items)
  assert.ok(item !== undefined)
  const proof = proveMany(treeOf(leaves), [item])
  const tree = treeOf(leaves)
  assert.ok(tree !== undefined && tree.path === undefined)
  const top = (item[0] ?? 0) < 0x80 ? tree.right : tree.left
  assert.is(asHash32(proof.slice(-32)), asHash32(hashOf(top)))
  assert.is(proof.length % 32, 4)
})

function flip (path: Uint8Array): Uint8Array {
  return path.map((byte, i) => i === 31 ? byte ^ 1 : byte)
}

test.run()
