import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MAX_BATCH_BYTES, MAX_BATCH_INPUTS } from '../../src/protocol/limits.js'
import { InputPool, MAX_POOLED_BYTES, MAX_POOLED_INPUTS } from '../../src/thread/pool.js'
import { queued } from './contents.js'

const test = suite('pool')
const fromOne = (): bigint => 1n

test('an input waits once; another of its nonce is refused, the first stands', () => {
  const pool = new InputPool(2)
  const input = queued(0, 1n)
  assert.is(pool.add(input, 1n), 'added')
  assert.is(pool.add(input, 1n), 'known')
  assert.is(pool.add(queued(0, 1n, 100, 1), 1n), 'replaced')
  assert.is(pool.add(queued(1, 1n), 1n), 'added')
  assert.equal(pool.batch(fromOne).map(({ leaf }) => leaf), [input.leaf, queued(1, 1n).leaf])
})

test('an input of a used nonce is stale, one of no player too', () => {
  const pool = new InputPool(2)
  assert.is(pool.add(queued(0, 1n), 2n), 'stale')
  assert.is(pool.add(queued(5, 1n), 1n), 'stale')
})

test('a player\'s share is bounded in number, and another\'s is not touched by it', () => {
  const pool = new InputPool(2)
  for (let nonce = 1n; nonce <= BigInt(MAX_POOLED_INPUTS); nonce++) assert.is(pool.add(queued(0, nonce), 1n), 'added')
  assert.is(pool.add(queued(0, BigInt(MAX_POOLED_INPUTS) + 1n), 1n), 'full')
  assert.is(pool.add(queued(1, 1n), 1n), 'added')
})

test('a player\'s share is bounded in bytes, and what leaves makes room', () => {
  const pool = new InputPool(1)
  const half = MAX_POOLED_BYTES / 2
  assert.is(pool.add(queued(0, 1n, half), 1n), 'added')
  assert.is(pool.add(queued(0, 2n, half), 1n), 'added')
  assert.is(pool.add(queued(0, 3n, 1), 1n), 'full')
  pool.remove(queued(0, 1n, half))
  assert.is(pool.add(queued(0, 3n, 1), 1n), 'added')
})

test('an input too far ahead of its account is refused', () => {
  const pool = new InputPool(1)
  assert.is(pool.add(queued(0, 2049n), 1n), 'added')
  assert.is(pool.add(queued(0, 2050n), 1n), 'full')
})

test('a gap holds back what comes after it, until it is filled', () => {
  const pool = new InputPool(2)
  pool.add(queued(0, 2n), 1n)
  pool.add(queued(0, 3n), 1n)
  pool.add(queued(1, 1n), 1n)
  assert.equal(pool.batch(fromOne).map(({ player, tx }) => [player, tx.nonce]), [[1, 1n]])
  pool.add(queued(0, 1n), 1n)
  assert.equal(pool.batch(fromOne).map(({ player, tx }) => [player, tx.nonce]), [[0, 1n], [0, 2n], [0, 3n], [1, 1n]])
})

test('a batch is bounded in number and in bytes', () => {
  const pool = new InputPool(2)
  for (let nonce = 1n; nonce <= 400n; nonce++) pool.add(queued(0, nonce), 1n)
  assert.is(pool.batch(fromOne).length, MAX_BATCH_INPUTS)
  const heavy = new InputPool(1)
  for (let nonce = 1n; nonce <= 40n; nonce++) heavy.add(queued(0, nonce, 32_768), 1n)
  assert.is(heavy.batch(fromOne).length, MAX_BATCH_BYTES / 32_768)
})

test('what the account has passed is pruned and given back', () => {
  const pool = new InputPool(2)
  for (const nonce of [1n, 2n, 3n]) pool.add(queued(0, nonce), 1n)
  assert.equal(pool.prune(player => player === 0 ? 3n : 1n).map(({ tx }) => tx.nonce), [1n, 2n])
  assert.is(pool.size, 1)
  assert.is(pool.byId(queued(0, 1n).id), undefined)
  assert.is(pool.get(queued(0, 3n).leaf)?.tx.nonce, 3n)
})

test('the next nonce comes after all that wait without a gap', () => {
  const pool = new InputPool(1)
  assert.is(pool.nextNonce(0, 4n), 4n)
  for (const nonce of [4n, 5n, 9n]) pool.add(queued(0, nonce), 4n)
  assert.is(pool.nextNonce(0, 4n), 6n)
})

test('whatever comes in whatever order, a batch has each player\'s nonces in order and without gaps', () => {
  const arrival = fc.record({ player: fc.integer({ min: 0, max: 2 }), nonce: fc.bigInt({ min: 1n, max: 12n }), version: fc.integer({ min: 0, max: 2 }) })
  fc.assert(fc.property(fc.array(arrival, { maxLength: 40 }), fc.array(fc.bigInt({ min: 1n, max: 5n }), { minLength: 3, maxLength: 3 }), (arrivals, accounts) => {
    const pool = new InputPool(3)
    const nonceOf = (player: number): bigint => accounts[player] ?? 1n
    for (const { player, nonce, version } of arrivals) pool.add(queued(player, nonce, 10, version), nonceOf(player))
    const next = [...accounts]
    for (const { player, tx } of pool.batch(nonceOf)) {
      assert.is(tx.nonce, next[player])
      next[player] = tx.nonce + 1n
    }
    // Nothing that could be included was left out.
    next.forEach((nonce, player) => { assert.not.ok(pool.of(player).some(({ tx }) => tx.nonce === nonce)) })
  }))
})

test.run()
