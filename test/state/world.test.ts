/** Which code is forgotten: what no account has any more, and nothing else. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import type { StateChanges } from '../../src/state/changes.js'
import { EMPTY_CODE_HASH } from '../../src/state/leaf.js'
import { treeAfter, World } from '../../src/state/world.js'

const test = suite('state/world')
const [A, B] = ['0a', '0b'].map(byte => `0x${byte.repeat(20)}` as Address) as [Address, Address]
const [ONE, TWO] = [1, 2].map(byte => Uint8Array.of(byte)) as [Uint8Array, Uint8Array]
const [one, two] = [hash32(ONE), hash32(TWO)]
const has = (address: Address, codeHash: Hash32, nonce = 1n): StateChanges['accounts'][number] => ({ address, nonce, balanceWei: 0n, codeHash })
const changes = (accounts: StateChanges['accounts'], ...code: Uint8Array[]): StateChanges => ({ accounts, storage: [], code: code.map(bytes => ({ hash: hash32(bytes), code: bytes })) })
const after = (world: World, change: StateChanges): World => world.after(change, treeAfter(world.tree, change), 'this')
const both = after(World.empty(), changes([has(A, one), has(B, one)], ONE))

const cases: [string, StateChanges, readonly Hash32[]][] = [
  ['one of two that share it has another', changes([has(A, two)], TWO), []],
  ['both have another', changes([has(A, two), has(B, two)], TWO), [one]],
  ['both have none', changes([has(A, EMPTY_CODE_HASH), has(B, EMPTY_CODE_HASH)]), [one]],
  ['only other fields change', changes([has(A, one, 2n), has(B, one, 2n)]), []],
  ['it goes from one to another in one batch', changes([has(A, EMPTY_CODE_HASH), has(B, one, 2n)]), []]
]
for (const [what, change, freed] of cases) {
  test(`${what}: ${freed.length === 0 ? 'it stays' : 'it is freed, and the world has forgotten it'}`, () => {
    assert.equal(both.freedBy(change), freed)
    assert.is(after(both, change).code(one) === undefined, freed.length > 0)
    assert.equal(both.code(one), ONE, 'what is asked changes nothing')
  })
}

test('a code that was freed and comes again is there, and is freed again', () => {
  const gone = after(both, changes([has(A, two), has(B, two)], TWO))
  assert.equal(gone.freedBy(changes([has(A, one)], ONE)), [], 'one of them has the other still')
  const back = after(gone, changes([has(A, one), has(B, one)], ONE))
  assert.equal([back.code(one), back.code(two)], [ONE, undefined])
  assert.equal(back.freedBy(changes([has(A, two), has(B, two)], TWO)), [one])
})

test.run()
