/** Which certificate a node goes on from, by what the court has said. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Hash32 } from '../../src/protocol/types.js'
import { NO_PARENT } from '../../src/thread/body.js'
import type { ChainView } from '../../src/thread/chain-view.js'
import { lineTo, properTip, type Evidence, type Held } from '../../src/thread/line.js'
import { hashOf } from './contents.js'

const test = suite('line')

/** 0.0 ← 0.1 ← 0.2 ← 0.3, and on 0.1: 1.2 (forced) ← 1.3 ← 1.4. */
const [A0, A1, A2, A3, M2, B3, B4] = [1, 2, 3, 4, 5, 6, 7].map(hashOf) as [Hash32, Hash32, Hash32, Hash32, Hash32, Hash32, Hash32]
const held = (hash: Hash32, parent: Hash32, epoch: bigint, nonce: bigint, isSigned = true): [Hash32, Held] => [hash, { hash, parent, slot: { epoch, nonce }, isSigned }]
const ALL = new Map([held(A0, NO_PARENT, 0n, 0n), held(A1, A0, 0n, 1n), held(A2, A1, 0n, 2n), held(A3, A2, 0n, 3n), held(M2, A1, 1n, 2n, false), held(B3, M2, 1n, 3n), held(B4, B3, 1n, 4n)])
const without = (...hashes: readonly Hash32[]): Map<Hash32, Held> => new Map([...ALL].filter(([hash]) => !hashes.includes(hash)))

/** What the court has said: its last certificate, with its parent. */
function view (recorded: Hash32 | undefined, confirmedEpoch: bigint, isDisputed: boolean, parent = NO_PARENT): ChainView {
  return {
    phase: isDisputed ? 'dispute' : 'active', confirmedEpoch, dispute: isDisputed ? { number: confirmedEpoch + 1n } : undefined,
    certificate: recorded === undefined ? undefined : { hash: recorded, breakpoint: { parent } }, moves: [{ hash: M2, breakpoint: { parent: A1 } }]
  } as unknown as ChainView
}

const cases: readonly (readonly [string, ReadonlyMap<Hash32, Held>, Hash32 | undefined, ChainView, Evidence, Hash32 | undefined])[] = [
  ['no dispute, nothing recorded: the head', ALL, A3, view(undefined, 0n, false), 'open', A3],
  ['the court has an older one, and E is not past: the head, which answers', ALL, A3, view(A1, 0n, true), 'open', A3],
  ['E is past: what the court has', ALL, A3, view(A1, 0n, true), 'over', A1],
  ['E is past, and the court has the head', ALL, A3, view(A3, 0n, true), 'over', A3],
  ['after a restart, before anybody has looked at the clock: no change either way (above)', ALL, A3, view(A1, 0n, true), 'unknown', A3],
  ['after a restart, before anybody has looked at the clock: no change either way (below)', ALL, A1, view(A1, 0n, true), 'unknown', A1],
  ['after a restart, and the court has recorded what was put aside', ALL, A1, view(A3, 0n, true), 'unknown', A3],
  ['the dispute has vanished: all that counts again', ALL, A1, view(undefined, 0n, false), 'open', A3],
  ['time went back before E: what was put aside can be shown', ALL, A1, view(A1, 0n, true), 'open', A3],
  ['the resumption was taken back, the dispute is open: nothing of its epoch', ALL, B4, view(A1, 0n, true), 'over', A1],
  ['the resumption is confirmed again: all that was signed after it', ALL, A1, view(B3, 1n, false, M2), 'open', B4],
  ['others have resumed below the head, and what they resumed with is not here: its ground', without(B3, B4), A3, view(B3, 1n, false, M2), 'open', A1],
  ['the court has what is not here at all: no change', without(A3), A2, view(A3, 0n, true, hashOf(99)), 'unknown', A2],
  ['nothing of the court\'s epoch: the beginning', new Map([held(B3, NO_PARENT, 1n, 0n)]), B3, view(undefined, 0n, true), 'unknown', undefined],
  ['a hole in the line is not this file\'s trouble', without(A2), A3, view(A1, 0n, true), 'open', A3],
  ['the thread is over: whatever stands', ALL, A3, { ...view(A1, 0n, false), phase: 'settled' }, 'over', A3]
]
for (const [title, known, tip, seen, evidence, expected] of cases) {
  test(title, () => { assert.is(properTip({ held: known, tip }, seen, evidence), expected) })
}

test('a line is what stands one upon the other, from the beginning', () => {
  assert.equal(lineTo(B4, ALL)?.map(({ hash }) => hash), [A0, A1, M2, B3, B4])
  assert.is(lineTo(B4, without(A0)), undefined)
})

test.run()
