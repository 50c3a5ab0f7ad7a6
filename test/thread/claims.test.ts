/** Which claim a node takes for wrong, by what it has executed itself. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import type { RecordedMove } from '../../src/thread/chain-view.js'
import { wrongClaimIn } from '../../src/thread/claims.js'
import type { Followed } from '../../src/thread/moves.js'
import { hashOf } from './contents.js'

const test = suite('claims')
const account = `0x${'0a'.repeat(20)}` as Address
// What is not looked at is left out.
const move = (n: number, index?: number): RecordedMove => ({ hash: hashOf(n), player: 1, claim: index === undefined ? undefined : { account, index } }) as unknown as RecordedMove
const followed = (n: number, success = true): Followed => ({ body: { content: { hash: hashOf(n) } }, executed: { receipts: [{ success }] } }) as unknown as Followed
const none = { upheld: new Set<never>(), unfit: new Map<Hash32, string>() }

test('what was executed to the same result is right; what has not been executed yet is not known', () => {
  assert.is(wrongClaimIn([move(1, 0)], { followed: [followed(1)], failed: undefined }, none), undefined)
  assert.is(wrongClaimIn([move(1, 0), move(2, 1)], { followed: [followed(1)], failed: undefined }, none), undefined)
})

test('the first one that gives another result is wrong, and nothing behind it is looked at', () => {
  const wrong = wrongClaimIn([move(1, 0), move(2, 1), move(3, 2)], { followed: [followed(1)], failed: hashOf(2) }, none)
  assert.equal([wrong?.move.hash, wrong?.move.claim?.index], [hashOf(2), 1])
})

test('a claimed move that reverts is wrong, though its state is what executing gives', () => {
  assert.match(wrongClaimIn([move(1, 0)], { followed: [followed(1, false)], failed: undefined }, none)?.why ?? '', /reverts/)
})

test('a move that the court has executed is no claim, whatever this node makes of it', () => {
  assert.is(wrongClaimIn([move(1)], { followed: [], failed: hashOf(1) }, none), undefined)
})

test('a claim that leaves what executing gives, and cannot be judged, is taken for wrong all the same', () => {
  const wrong = wrongClaimIn([move(1, 0), move(2, 1)], { followed: [followed(1), followed(2)], failed: undefined }, { ...none, unfit: new Map([[hashOf(2), 'too many slots']]) })
  assert.equal([wrong?.move.hash, wrong?.why], [hashOf(2), 'too many slots'])
})

test('a claim that was proved is right, whatever this node makes of it', () => {
  const proved = { ...move(1, 0), claim: { account, index: 0, isProved: true } }
  assert.is(wrongClaimIn([proved], { followed: [], failed: hashOf(1) }, none), undefined)
})

test('a claim that the judge agrees with is left alone', () => {
  assert.is(wrongClaimIn([move(1, 0)], { followed: [], failed: hashOf(1) }, { ...none, upheld: new Set([hashOf(1)]) }), undefined)
})

test.run()
