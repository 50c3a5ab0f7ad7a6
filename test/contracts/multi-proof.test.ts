// time limit: 300 s
/** MultiProof in Solidity, held to the same vectors and to TypeScript's verdict on every proof, true or hostile: in an EVM here, and on a chain. */
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LocalContract } from '../../scripts/local-contract.js'
import { ThreadsError } from '../../src/errors.js'
import { bytesToHex, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { proveMany, rootsOf } from '../../src/state/multi-proof.js'
import { anyCase, flipBit, itemsOf, mutations, pathsOf, treeOf } from '../state/multi-proof-cases.js'
import { referenceProof, type ReferenceItem } from '../state/multi-proof-reference.js'
import type { MultiProofVectors } from '../state/multi-proof-vectors.js'
import { rejects } from '../support/rejects.js'
import { Arena, interfaceOf } from './arena.js'

const vectors = JSON.parse(await readFile(new URL('../../../test/vectors/multi-proof.json', import.meta.url), 'utf8')) as MultiProofVectors
const harness = await LocalContract.create('MultiProofHarness')
const test = suite('contracts/MultiProof')

const wordsOf = (items: readonly ReferenceItem[]): string[] => items.flatMap(({ path, oldValue, newValue }) => [path, oldValue, newValue])
/** `ProofEndsEarly` → `STATE_PROOF_ENDS_EARLY`. */
const codeOf = (error: string): string => `STATE${error.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/** The roots, or the code of the refusal. */
async function there (items: readonly ReferenceItem[], proof: Uint8Array): Promise<{ oldRoot: string, newRoot: string } | string> {
  const { result, error } = await harness.call('update', [wordsOf(items), proof])
  return error === undefined ? { oldRoot: result[0] as string, newRoot: result[1] as string } : codeOf(error)
}

function here (items: readonly ReferenceItem[], proof: Uint8Array): { oldRoot: string, newRoot: string } | string {
  try {
    return rootsOf(itemsOf(items), proof)
  } catch (error) {
    if (error instanceof ThreadsError) return error.code
    throw error
  }
}

for (const { about, items, proof, oldRoot, newRoot } of vectors.proofs) {
  test(`${about}: the roots are the shared ones`, async () => {
    assert.equal(await there(items, hexToBytes(proof)), { oldRoot, newRoot })
  })
}

for (const { about, items, proof, refusal } of vectors.refused) {
  test(`${about}: refused by the error of the same name`, async () => {
    assert.is(await there(items, hexToBytes(proof)), refusal)
  })
}

test('no items: refused', async () => {
  assert.is(await there([], Uint8Array.of(0)), 'STATE_PROOF_ITEM_COUNT')
})

test('any tree, any items: the roots that TypeScript has', async () => {
  await fc.assert(fc.asyncProperty(anyCase(40), async ({ leaves, items }) => {
    const proof = proveMany(treeOf(leaves), pathsOf(items))
    assert.equal(await there(items, proof), rootsOf(itemsOf(items), proof))
  }), { numRuns: 100, seed: 51 })
})

test('300 items, whose numbers have two bytes: the roots that TypeScript has', async () => {
  const leaves = vectors.manyLeaves.map((path, i) => ({ path, value: i % 5 === 0 ? ZERO_HASH : path }))
  const items = leaves.flatMap(({ path, value }, i): ReferenceItem[] => [{ path, oldValue: value, newValue: path }, { path: flipBit(path, i % 256), oldValue: ZERO_HASH, newValue: value }])
  const proof = proveMany(treeOf(leaves), pathsOf(items))
  assert.equal(await there(items, proof), rootsOf(itemsOf(items), proof))
})

test('any change of a proof: the verdict and the error that TypeScript has', async () => {
  const codes = new Set<string>()
  await fc.assert(fc.asyncProperty(anyCase(10), async ({ leaves, items }) => {
    for (const bent of mutations(proveMany(treeOf(leaves), pathsOf(items)), 24)) {
      const expected = here(items, bent)
      if (typeof expected === 'string') codes.add(expected)
      assert.equal(await there(items, bent), expected, bytesToHex(bent))
    }
  }), { numRuns: 8, seed: 52 })
  assert.ok(codes.size > 8, [...codes].join(', '))
})

test('a proof that says more than is needed: the verdict and the error that TypeScript has', async () => {
  await fc.assert(fc.asyncProperty(anyCase(16), fc.integer({ min: 1, max: 3 }), async ({ leaves, items }, deeper) => {
    const paths = items.map(({ path }) => path)
    for (const excess of [{ named: leaves.slice(0, 2).map(({ path }) => path) }, { deeper }]) {
      const proof = referenceProof(leaves, paths, excess)
      assert.equal(await there(items, proof), here(items, proof), bytesToHex(proof))
    }
  }), { numRuns: 40, seed: 53 })
})

test('on a chain: roots and refusals are the same', async () => {
  const arena = await Arena.create()
  try {
    const contract = await arena.deploy('MultiProofHarness')
    const abi = await interfaceOf('MultiProofHarness')
    const ask = async (items: readonly ReferenceItem[], proof: string): Promise<unknown> => await arena.read(contract, abi, 'update', [wordsOf(items), proof])
    for (const { items, proof, oldRoot, newRoot } of vectors.proofs.slice(6, 12)) {
      const [before, after] = await ask(items, proof) as [string, string]
      assert.equal([before, after], [oldRoot, newRoot])
    }
    for (const { items, proof, refusal } of vectors.refused) {
      const name = refusal.slice('STATE_'.length).toLowerCase().replace(/(^|_)([a-z])/g, (_, __, letter: string) => letter.toUpperCase())
      await rejects(ask(items, proof), name)
    }
  } finally {
    await arena.stop()
  }
})

test.run()
