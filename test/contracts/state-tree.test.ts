import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bigintToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { keccak256 } from '../../src/protocol/crypto.js'
import type { Hash32 } from '../../src/protocol/types.js'
import { prove, rootAfter, type TreeProof } from '../../src/state/proof.js'
import { rootOf, set, type Tree } from '../../src/state/tree.js'
import { rejects } from '../support/rejects.js'
import { Arena, interfaceOf } from './arena.js'

type VectorProof = { path: Hash32, value: Hash32, siblings: Hash32[], otherPath: Hash32 | null, otherValue: Hash32 | null, newValue: Hash32, newRoot: Hash32, reason: string }
type Vectors = {
  paths: { kind: number, address: string, slot: string, path: string }[]
  accounts: { nonce: string, balance: string, codeHash: string, value: string }[]
  trees: { about: string, root: Hash32, proofs: VectorProof[], hostile: VectorProof[] }[]
}

const vectors = JSON.parse(await readFile(new URL('../../../test/vectors/tree.json', import.meta.url), 'utf8')) as Vectors
const arena = await Arena.create()
const harness = await arena.deploy('StateTreeHarness')
const abi = await interfaceOf('StateTreeHarness')
const test = suite('contracts/StateTree')
test.after(() => arena.stop())

const call = (method: string, ...args: unknown[]): Promise<unknown> => arena.read(harness, abi, method, args)
const toAbi = (proof: VectorProof): unknown[] => [proof.path, proof.value, proof.siblings, proof.otherPath ?? ZERO_HASH, proof.otherValue ?? ZERO_HASH]
/** A leaf of zero at path zero looks like no leaf to the contract. No hash is zero, so that no account or slot stands there. */
const isRealPath = (proof: VectorProof): boolean => proof.otherPath !== ZERO_HASH || proof.otherValue !== ZERO_HASH

test('a path is the hash of kind, address and slot', async () => {
  for (const { kind, address, slot, path } of vectors.paths) assert.is(await call('pathOf', kind, address, slot), path)
})

test('the value of an account commits nonce, balance and code, and is 0 for an empty one', async () => {
  for (const { nonce, balance, codeHash, value } of vectors.accounts) assert.is(await call('accountValue', nonce, balance, codeHash), value)
})

for (const { about, root, proofs, hostile } of vectors.trees) {
  test(`${about}: each proof verifies, and the new root is the shared one`, async () => {
    assert.ok(proofs.length > 0)
    for (const proof of proofs.filter(isRealPath)) assert.is(await call('update', root, toAbi(proof), proof.newValue), proof.newRoot)
  })

  test(`${about}: each hostile proof is refused by a named error`, async () => {
    for (const proof of hostile.filter(isRealPath)) {
      const error = await call('verify', root, toAbi(proof)).then(() => 'none', (error: { code: string }) => error.code)
      assert.ok(['ProofTooLong', 'BadOtherLeaf', 'NoSuchRoot'].includes(error), `${proof.reason}: ${error}`)
    }
  })
}

test('a proof of 257 siblings is refused for its length, one of 256 for its root', async () => {
  const long = (length: number): unknown[] => [`0x${'11'.repeat(32)}`, ZERO_HASH, Array<Hash32>(length).fill(ZERO_HASH), ZERO_HASH, ZERO_HASH]
  await rejects(call('verify', `0x${'22'.repeat(32)}`, long(257)), 'ProofTooLong')
  await rejects(call('verify', `0x${'22'.repeat(32)}`, long(256)), 'NoSuchRoot')
})

test('any tree: both languages reach the same root after any change', async () => {
  const word = fc.bigInt(0n, 6n).map(value => bigintToBytes(value, 32))
  const leaf = fc.tuple(fc.bigInt(1n, 40n).map(key => keccak256(bigintToBytes(key, 32))), word)
  await fc.assert(fc.asyncProperty(fc.array(leaf, { maxLength: 20 }), leaf, async (leaves, [path, value]) => {
    let tree: Tree
    for (const [at, holds] of leaves) tree = set(tree, at, holds)
    const proof: TreeProof = prove(tree, path)
    const newValue = `0x${Buffer.from(value).toString('hex')}` as Hash32
    const given = [proof.path, proof.value, proof.siblings, proof.other?.path ?? ZERO_HASH, proof.other?.value ?? ZERO_HASH]
    assert.is(await call('update', rootOf(tree), given, newValue), rootAfter(proof, newValue))
  }), { numRuns: 60, seed: 20 })
})

test.run()
