/** What a node does at the court by itself, situation by situation. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { decide, type DisputeOptions, type Situation } from '../../src/thread/disputing.js'
import type { Address } from '../../src/protocol/types.js'

const test = suite('disputing')
const slot = (nonce: number, epoch = 0): { epoch: bigint, nonce: bigint } => ({ epoch: BigInt(epoch), nonce: BigInt(nonce) })
const OPTIONS: DisputeOptions = { autoRespond: true, autoDispute: true, disputeAfterSec: 100, moverPatienceSec: 100 }
const DISPUTE = { number: 1n, evidenceUntilSec: 2_000n, endsAtSec: 3_000n, by: `0x${'11'.repeat(20)}` as Address }

/** No dispute, the head at slot 5, an own input that has waited long enough. */
const PLAYING: Situation = {
  phase: 'active', mode: 'signing', nowSec: 1_000n, windowSec: 1_000n, hasSettlement: false, dispute: undefined, confirmedEpoch: 0n, held: slot(5), recordedSigned: undefined,
  standing: undefined, follows: true, isAgreed: false, input: { does: 'moves' }, waitedSec: 100, awaits: undefined, isJudging: false, falseClaim: undefined, doubted: undefined, toProve: undefined, settles: undefined, bankSec: undefined, staggerSec: 0n
}
/** A routine waits for players 1 and 2; this one is no mover, and one who waits goes before it. */
const AWAITING: Situation = { ...PLAYING, input: undefined, waitedSec: 107, awaits: { movers: [1, 2], staggerSec: 7n } }
/** The head is what the court has, the own input has waited long enough. */
const DISPUTED: Situation = {
  ...PLAYING, phase: 'dispute', dispute: DISPUTE, recordedSigned: slot(5), standing: { slot: slot(5), mover: undefined }, bankSec: { left: 1_000n, charge: 60n }
}
const FALSE = { slot: slot(6, 1), mover: 1, why: 'its input reverts', isUnjudged: false, isDoubted: false }
const UNJUDGED = { ...FALSE, why: 'too many slots', isUnjudged: true }
const [OWN, OTHERS] = [true, false].map(isOwn => ({ slot: slot(6, 1), mover: 1, isOwn }))
const OVER: Situation = { ...DISPUTED, nowSec: 3_000n }

const cases: [string, Situation, ReturnType<typeof decide>['action'], RegExp?, Partial<DisputeOptions>?][] = [
  ['the others are silent past the patience: the own input goes to the chain', PLAYING, 'challengeAndAdvance', /waited 100 s/],
  ['the others still have a second', { ...PLAYING, waitedSec: 99 }, 'wait', /1 s left/],
  ['nothing of the own waits', { ...PLAYING, input: undefined }, 'wait', /no own input/],
  ['the own input reverts', { ...PLAYING, input: { does: 'reverts', reason: 'CellTaken' } }, 'wait', /CellTaken/],
  ['the own input cannot be included', { ...PLAYING, input: { does: 'not fit', reason: 'nonce 3' } }, 'wait', /nonce 3/],
  ['the user wants no disputes', PLAYING, 'wait', /user/, { autoDispute: false }],
  ['the node is an old copy, which signs nothing', { ...PLAYING, mode: 'watching' }, 'wait', /watches/],
  ['everybody has signed the end', { ...PLAYING, isAgreed: true }, 'wait', /signed/],
  ['nothing is signed yet', { ...PLAYING, held: undefined }, 'wait', /nothing is signed/],
  ['the court has more than this node', { ...PLAYING, follows: false }, 'wait', /another state/],

  ['only others may move, and do not: the head goes to the court', AWAITING, 'challenge', /player 1 or 2 has not moved for 107 s/],
  ['only others may move, and have a second left', { ...AWAITING, waitedSec: 106 }, 'wait', /1 or 2 has 1 s left/],
  ['only others may move, and an own input waits that is no move', { ...AWAITING, input: { does: 'not fit', reason: 'it waits for others' } }, 'challenge', /not moved/],
  ['only others may move, and the user wants no disputes', AWAITING, 'wait', /user/, { autoDispute: false }],
  ['only others may move, and the node is an old copy', { ...AWAITING, mode: 'watching' }, 'wait', /no own input/],
  ['only others may move, and the node has just started and nobody tells it what it has signed: it signs nothing for that', { ...AWAITING, mode: 'starting' }, 'challenge'],
  ['only others may move, and everybody has signed how to go on', { ...AWAITING, isAgreed: true }, 'wait'],
  ['only others may move, and the court has more than this node', { ...AWAITING, follows: false }, 'wait'],
  ['only others may move, and nothing is signed yet', { ...AWAITING, held: undefined }, 'wait'],
  ['only others may move, in a dispute: D is waited for', { ...DISPUTED, input: undefined, awaits: AWAITING.awaits }, 'wait', /no own input/],

  ['a challenge is older than the head: answered at once', { ...DISPUTED, waitedSec: 0, held: slot(6), follows: false }, 'respond', /#?0\.5.*0\.6/],
  ['a challenge restates nothing, and something is signed', { ...DISPUTED, recordedSigned: undefined, standing: undefined, follows: false }, 'respond', /none/],
  ['the evidence is over', { ...DISPUTED, held: slot(6), follows: false, nowSec: 2_000n }, 'wait', /another state/],
  ['the last second of the evidence', { ...DISPUTED, held: slot(6), follows: false, nowSec: 1_999n }, 'respond'],
  ['the head is of another epoch than the confirmed one', { ...DISPUTED, held: slot(6, 1), follows: false }, 'wait', /another state/],
  ['the user answers himself', { ...DISPUTED, held: slot(6), follows: false }, 'wait', /another state/, { autoRespond: false }],
  ['forced moves since do not raise what an answer must be above', { ...DISPUTED, held: slot(6), follows: false, standing: { slot: slot(7, 1), mover: 1 } }, 'respond'],

  ['the own input in a dispute', DISPUTED, 'advance', /dispute 1/],
  ['the others may be back: a part of the window is theirs', { ...DISPUTED, waitedSec: 50 }, 'wait', /50 s left/],
  ['but not when half of the window is gone', { ...DISPUTED, waitedSec: 0, nowSec: 2_500n }, 'advance'],
  ['patience in a dispute is an eighth of the window at most', { ...DISPUTED, windowSec: 80n, nowSec: 2_900n, waitedSec: 10 }, 'advance'],
  ['the time bank is too low', { ...DISPUTED, bankSec: { left: 59n, charge: 60n } }, 'wait', /59 s left.*60 s/],
  ['the time bank is just enough', { ...DISPUTED, bankSec: { left: 60n, charge: 60n } }, 'advance'],
  ['its own move stands last: the next own input is no challenge of it', { ...DISPUTED, standing: { slot: slot(6, 1), mover: 0 }, input: undefined }, 'wait', /no own input/],
  ['a judgement of the own move goes on without patience', { ...DISPUTED, isJudging: true, waitedSec: 0, bankSec: { left: 0n, charge: 60n } }, 'advance', /goes on/],
  ['everybody has signed the first slot of the epoch', { ...DISPUTED, isAgreed: true }, 'wait', /on its way/],
  ['the last move leaves what cannot be settled', { ...DISPUTED, settles: false, standing: { slot: slot(6, 1), mover: 1 } }, 'refute', /player 1/],
  ['the last move can be settled', { ...DISPUTED, settles: true, standing: { slot: slot(6, 1), mover: 1 } }, 'advance'],
  ['a false claim stands', { ...DISPUTED, falseClaim: FALSE }, 'refuteClaim', /player 1's move into 1\.6.*reverts/],
  ['a false claim stands, and the user does the rest', { ...DISPUTED, falseClaim: FALSE }, 'refuteClaim', /false/, { autoDispute: false }],
  ['a false claim stands, and the user answers everything', { ...DISPUTED, falseClaim: FALSE }, 'wait', /user/, { autoDispute: false, autoRespond: false }],
  ['a false claim stands at a node that is an old copy: it signs nothing for that', { ...DISPUTED, mode: 'watching', falseClaim: FALSE }, 'refuteClaim'],
  ['a false claim stands in the last second', { ...DISPUTED, nowSec: 2_999n, falseClaim: FALSE }, 'refuteClaim'],
  ['a false claim that nobody has refuted by the end', { ...OVER, falseClaim: FALSE }, 'settle'],
  ['a false claim goes with the answer to a challenge that is too old', { ...DISPUTED, held: slot(6), follows: false, falseClaim: FALSE }, 'respond'],
  ['a false claim stands under what everybody has signed', { ...DISPUTED, isAgreed: true, falseClaim: FALSE }, 'refuteClaim'],
  ['a claim that no judgement holds', { ...DISPUTED, falseClaim: UNJUDGED }, 'doubt', /cannot be brought before the judge: too many slots/],
  ['such a claim, and the user does the rest', { ...DISPUTED, falseClaim: UNJUDGED }, 'doubt', /judge/, { autoDispute: false }],
  ['such a claim is doubted: nothing is forced upon it', { ...DISPUTED, falseClaim: { ...UNJUDGED, isDoubted: true } }, 'wait', /falls unless/],
  ['a false claim that is doubted can be refuted all the same', { ...DISPUTED, falseClaim: { ...FALSE, isDoubted: true } }, 'refuteClaim'],
  ['a doubted claim that nobody has proved by the end', { ...OVER, doubted: OTHERS }, 'drop', /nobody has proved/],
  ['the same, and the user does the rest', { ...OVER, doubted: OTHERS }, 'drop', /proved/, { autoDispute: false }],
  ['the same, and another node goes first', { ...OVER, doubted: OTHERS, staggerSec: 5n }, 'wait', /another player/],
  ['its own claim is doubted', { ...DISPUTED, toProve: OWN }, 'proveClaim', /right, and doubted/],
  ["another's right claim is doubted: the own move goes first", { ...DISPUTED, toProve: OTHERS }, 'advance'],
  ["another's right claim is doubted: that one has half of a window for the proof", { ...DISPUTED, toProve: OTHERS, input: undefined }, 'wait'],
  ["another's right claim is doubted, and half of the window is over", { ...DISPUTED, toProve: OTHERS, nowSec: 2_500n }, 'proveClaim'],
  ['a right claim stands doubted under one that no judgement holds', { ...DISPUTED, toProve: OTHERS, nowSec: 2_500n, falseClaim: { ...UNJUDGED, isDoubted: true } }, 'proveClaim'],
  ['the user does the rest', { ...DISPUTED, settles: false, standing: { slot: slot(6, 1), mover: 1 } }, 'wait', /user/, { autoDispute: false }],

  ['the dispute is over', OVER, 'settle'],
  ['a second before its end', { ...OVER, nowSec: 2_999n, input: undefined }, 'wait'],
  ['another node goes first', { ...OVER, staggerSec: 5n }, 'wait', /another player/],
  ['the contract settles itself', { ...OVER, hasSettlement: true }, 'settleByFunction'],
  ['nothing is recorded: there is nothing that it could settle', { ...OVER, hasSettlement: true, standing: undefined }, 'settle'],
  ['nobody had the settlement judged for a window', { ...OVER, hasSettlement: true, nowSec: 4_000n }, 'settle', /nobody/],
  ['the user settles', OVER, 'wait', /user/, { autoDispute: false }],
  ['nothing is forced after the end', { ...OVER, staggerSec: 5n, isJudging: true }, 'wait'],

  ['a thread that opens', { ...PLAYING, phase: 'opening' }, 'wait'],
  ['a thread that is settled', { ...PLAYING, phase: 'settled' }, 'wait']
]
for (const [title, situation, action, reason, options] of cases) {
  test(`${title}: ${action}`, () => {
    const decision = decide(situation, { ...OPTIONS, ...options })
    assert.is(decision.action, action, decision.reason)
    assert.ok(decision.reason !== '')
    if (reason !== undefined) assert.match(decision.reason, reason)
  })
}

test('what is of use for a time only says for how long', () => {
  assert.is(decide(DISPUTED, OPTIONS).usefulUntilSec, 3_000n)
  assert.is(decide({ ...DISPUTED, held: slot(6), follows: false }, OPTIONS).usefulUntilSec, 2_000n)
  assert.is(decide({ ...OVER, hasSettlement: true }, OPTIONS).usefulUntilSec, 4_000n)
  assert.is(decide({ ...DISPUTED, input: undefined }, OPTIONS).atSec, 3_000n)
})

test.run()
