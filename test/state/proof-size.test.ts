/** The length of a proof of many paths, without the proof. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import fc from 'fast-check'
import { keccak256 } from '../../src/protocol/crypto.js'
import { proveMany } from '../../src/state/multi-proof.js'
import { proofSize } from '../../src/state/proof-size.js'
import { emptyTree, set, type Tree } from '../../src/state/tree.js'

const test = suite('size of a proof')

function path (seed: number): Uint8Array {
  return keccak256(Uint8Array.of(seed >> 8, seed & 255))
}

/** Another path that shares this many bits with it: where hashes are searched for, walks go deep. */
function beside (of: Uint8Array, bits: number): Uint8Array {
  const near = path(of[31] ?? 0)
  for (let bit = 0; bit <= bits; bit++) {
    const mask = 0x80 >> (bit & 7)
    const own = (of[bit >> 3] ?? 0) & mask
    near[bit >> 3] = ((near[bit >> 3] ?? 0) & ~mask) | (bit < bits ? own : own ^ mask)
  }
  return near
}

function distinct (paths: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(paths.map(path => [path.join(), path])).values()]
}

test('it is that of the proof: of leaves, absent items and foreign leaves, alone, many, and deep', () => {
  const seeds = fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 400, size: 'max' })
  const near = fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 250 })), { maxLength: 12 })
  const kinds = new Set<string>()
  fc.assert(fc.property(seeds, seeds, near, (inTree, asked, deep) => {
    const tree = inTree.reduce<Tree>((tree, seed) => set(tree, path(seed), path(seed + 1)), emptyTree)
    const paths = distinct([path(0), ...asked.map(path), ...deep.map(([seed, bits]) => beside(path(inTree[seed] ?? seed), bits))])
    const proof = proveMany(tree, paths)
    assert.is(proofSize(tree, paths), proof.length)
    kinds.add(`${paths.length > 256} ${deep.length > 0} ${inTree.length > 0}`)
  }), { numRuns: 200, seed: 2 })
  assert.ok(kinds.size >= 6, [...kinds].join())
})

test.run()
