// time limit: 10 s
/** Whom a node lets end a thread, and on which state. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hash32 } from '../../src/protocol/crypto.js'
import { Closing, type Closable } from '../../src/thread/closing.js'

const test = suite('thread/closing')
const [first, second] = [1, 2].map(byte => hash32(Uint8Array.of(byte))) as [Closable['parent'], Closable['parent']]
/** Everything is in the players' accounts; then both stakes are inside the contract, and the rest would be shared. */
const before: Closable = { parent: first, payouts: [10n, 10n], complete: true }
const staked: Closable = { parent: second, payouts: [10n, 10n], complete: false }

test('a node that agreed by itself to a close does not agree to one of a later state with stakes in it', () => {
  const closing = new Closing(2, 0, 'settled')
  assert.is(closing.asked(1, first, [10n, 10n], before), true)
  assert.ok(closing.accepts(first, [10n, 10n], before))
  assert.is(closing.asked(1, second, [10n, 10n], staked), false)
  assert.is(closing.payouts(staked), undefined)
  assert.not.ok(closing.accepts(second, [10n, 10n], staked))
})

test('payouts that the user named count on the head on which it named them', () => {
  const closing = new Closing(2, 0, 'never')
  closing.want({ parent: first, payouts: [5n, 15n] })
  closing.asked(1, second, [5n, 15n], staked)
  assert.equal(closing.payouts(before), [5n, 15n])
  assert.is(closing.agreed(staked), undefined)
  assert.not.ok(closing.wishes(second))
})

test('a wish for the default payouts follows the state', () => {
  const closing = new Closing(2, 0, 'never')
  closing.want(undefined)
  closing.asked(1, second, [10n, 10n], staked)
  assert.equal(closing.agreed(staked), [10n, 10n])
})

test.run()
