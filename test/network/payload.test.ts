/** What gossip carries: several messages in one payload, and what is none. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { fitsTogether, joinPayload, MAX_TOGETHER, splitPayload } from '../../src/network/payload.js'

const test = suite('network/payload')
const bytes = (length: number, fill = 7): Uint8Array => new Uint8Array(length).fill(fill)

test('messages that are joined are split again, in order, each a copy', () => {
  const messages = [bytes(3, 1), bytes(0), bytes(300, 2)]
  const payload = joinPayload(messages)
  const split = splitPayload(payload, 1000)
  assert.equal(split, messages)
  payload.fill(9)
  assert.equal(split, messages)
})

test('whatever is cut, has more behind it, is too large or too many is no payload', () => {
  const payload = joinPayload([bytes(5), bytes(6)])
  for (let length = 0; length < payload.length; length++) {
    const cut = splitPayload(payload.subarray(0, length), 1000)
    // The first message alone is one: 4 bytes of length and 5.
    assert.equal(cut, length === 9 ? [bytes(5)] : undefined, `${length} bytes`)
  }
  assert.is(splitPayload(new Uint8Array([...payload, 0]), 1000), undefined)
  assert.equal(splitPayload(joinPayload([bytes(10)]), 10), [bytes(10)])
  assert.is(splitPayload(joinPayload([bytes(11)]), 10), undefined)
  assert.is(splitPayload(joinPayload(Array.from({ length: MAX_TOGETHER }, () => bytes(1))), 10)?.length, MAX_TOGETHER)
  assert.is(splitPayload(joinPayload(Array.from({ length: MAX_TOGETHER + 1 }, () => bytes(1))), 10), undefined)
  assert.is(splitPayload(Uint8Array.of(0xff, 0xff, 0xff, 0xff, 1), 1000), undefined)
})

test('small messages leave together up to their number, a large one waits for no small one', () => {
  assert.ok(fitsTogether([bytes(100)], bytes(100)))
  assert.not.ok(fitsTogether([bytes(100)], bytes(20_000)))
  assert.not.ok(fitsTogether(Array.from({ length: MAX_TOGETHER }, () => bytes(1)), bytes(1)))
})

test.run()
