import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compareSlots, slotText } from '../../src/protocol/slot.js'

const test = suite('slot')

test('the higher epoch wins, then the higher nonce', () => {
  const rising = [[0n, 0n], [0n, 1n], [0n, 2n ** 64n - 1n], [1n, 0n], [2n, 0n], [10n, 9n]].map(([epoch, nonce]) => ({ epoch: epoch ?? 0n, nonce: nonce ?? 0n }))
  rising.forEach((a, i) => rising.forEach((b, j) => assert.is(compareSlots(a, b), Math.sign(i - j))))
})

test('a slot is written as epoch.nonce', () => {
  assert.is(slotText({ epoch: 2n, nonce: 17n }), '2.17')
})

test.run()
