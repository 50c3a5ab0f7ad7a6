import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Closing, type Closable } from '../../src/thread/closing.js'
import { hashOf } from './contents.js'

const test = suite('closing')
const head: Closable = { parent: hashOf(1), payouts: [6n, 4n], complete: true }
const open: Closable = { ...head, complete: false }
const later: Closable = { ...head, parent: hashOf(2) }

test('nobody wants to close at first, and nothing is agreed or accepted', () => {
  const closing = new Closing(2, 0, 'never')
  assert.not.ok(closing.wishes(head.parent))
  assert.is(closing.payouts(head), undefined)
  assert.is(closing.agreed(head), undefined)
  assert.not.ok(closing.accepts(head.parent, head.payouts, head))
})

test('the proposer may sign when every other player has asked for the same on the same head', () => {
  const closing = new Closing(3, 0, 'never')
  closing.want(undefined)
  closing.asked(1, head.parent, head.payouts, head)
  assert.equal(closing.missing(head), [2])
  assert.is(closing.agreed(head), undefined)
  closing.asked(2, head.parent, [5n, 5n], head)
  assert.equal(closing.missing(head), [2])
  closing.asked(2, head.parent, head.payouts, head)
  assert.equal(closing.agreed(head), [6n, 4n])
  assert.is(closing.agreed(later), undefined, 'a consent is for one head')
})

test('a request for another head than ours is forgotten', () => {
  const closing = new Closing(2, 0, 'settled')
  assert.not.ok(closing.asked(1, later.parent, later.payouts, head))
  assert.equal(closing.missing(head), [1])
})

test('own payouts are asked for instead of the default ones', () => {
  const closing = new Closing(2, 0, 'never')
  closing.want({ parent: head.parent, payouts: [5n, 5n] })
  assert.equal(closing.payouts(head), [5n, 5n])
  assert.ok(closing.accepts(head.parent, [5n, 5n], head))
  assert.not.ok(closing.accepts(head.parent, head.payouts, head))
  assert.is(closing.payouts(later), undefined, 'on another head they may be the others\' gain')
  closing.forget()
  assert.not.ok(closing.wishes(head.parent))
})

test('the policy "settled" joins in by itself when all is paid out and exactly the balances are asked for; "never" does not', () => {
  const settled = new Closing(2, 0, 'settled')
  assert.ok(settled.asked(1, head.parent, head.payouts, head))
  assert.ok(settled.wishes(head.parent))
  assert.not.ok(settled.wishes(later.parent), 'on that head only')
  assert.not.ok(new Closing(2, 0, 'settled').asked(1, head.parent, [5n, 5n], head))
  assert.not.ok(new Closing(2, 0, 'settled').asked(1, open.parent, open.payouts, open))
  assert.not.ok(new Closing(2, 0, 'never').asked(1, head.parent, head.payouts, head))
  assert.not.ok(new Closing(2, undefined, 'settled').asked(1, head.parent, head.payouts, head), 'an observer wants nothing')
})

test('what was asked for is accepted after the user has changed its mind, and after a restart, on that head only', () => {
  const closing = new Closing(2, 0, 'never')
  closing.want({ parent: head.parent, payouts: [5n, 5n] })
  const asked = closing.ask({ parent: head.parent, payouts: [5n, 5n] })
  assert.ok(asked)
  assert.is(closing.ask({ parent: head.parent, payouts: [5n, 5n] }), undefined, 'nothing new')
  closing.want({ parent: head.parent, payouts: [7n, 3n] })
  assert.ok(closing.accepts(head.parent, [5n, 5n], head))
  const again = new Closing(2, 0, 'never')
  again.restore(asked ?? [], head.parent)
  assert.ok(again.wishes(head.parent))
  assert.ok(again.accepts(head.parent, [5n, 5n], head))
  assert.not.ok(again.accepts(later.parent, [5n, 5n], head))
  const elsewhere = new Closing(2, 0, 'never')
  elsewhere.restore(asked ?? [], later.parent)
  assert.not.ok(elsewhere.wishes(later.parent))
})

test('one asks for at most sixteen closes of one head', () => {
  const closing = new Closing(2, 0, 'never')
  for (let count = 0n; count < 16n; count++) assert.ok(closing.ask({ parent: head.parent, payouts: [count, 10n - count] }))
  assert.is(closing.ask({ parent: head.parent, payouts: [0n, 99n] }), undefined)
  assert.ok(closing.ask({ parent: later.parent, payouts: [0n, 99n] }))
})

test.run()
