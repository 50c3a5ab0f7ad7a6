import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ChainEvent, LogPosition } from '../../src/thread/ports.js'
import { foldChainEvent, isFolded, isOver, openClaims, openMoves, recordedSlot, type ChainView } from '../../src/thread/chain-view.js'
import { fromJson, toJson } from '../../src/thread/records.js'
import { terms, thread } from '../protocol/fixtures.js'
import { hashOf } from './contents.js'

const test = suite('chain view')
type Said = ChainEvent extends infer E ? E extends ChainEvent ? Omit<E, 'thread' | 'at'> : never : never
const at = (block: number, logIndex = 0): LogPosition => ({ blockNumber: BigInt(block), blockHash: hashOf(block), transactionHash: hashOf(block), logIndex, timestampSec: 1n })
const breakpoint = (nonce: bigint, epoch = 0n) => ({ thread, epoch, nonce, parent: hashOf(0), stateRoot: hashOf(1), inputsRoot: hashOf(2), timestampSec: 3n })

const STORY: readonly Said[] = [
  { type: 'opened', terms, multiaddr: '/a' },
  { type: 'joined', player: 1, multiaddr: '/b', active: true },
  { type: 'recorded', breakpoint: breakpoint(4n), hash: hashOf(4), signatures: undefined },
  { type: 'challenged', dispute: 1n, recorded: hashOf(4), slot: { epoch: 0n, nonce: 4n }, evidenceUntilSec: 10n, endsAtSec: 20n, by: terms.players[0] ?? terms.asset },
  { type: 'recorded', breakpoint: breakpoint(6n), hash: hashOf(6), signatures: [] },
  { type: 'responded', dispute: 2n, recorded: hashOf(6), slot: { epoch: 0n, nonce: 6n } },
  { type: 'recorded', breakpoint: breakpoint(7n, 2n), hash: hashOf(7), signatures: [] },
  { type: 'resumed', epoch: 2n },
  { type: 'closed', payouts: [1n, 2n] }
]
const EVENTS = STORY.map((said, index) => ({ ...said, thread, at: at(Math.floor(index / 2), index % 2) }) as ChainEvent)

function fold (events: readonly ChainEvent[]): ChainView {
  let view: ChainView | undefined
  for (const event of events) view = foldChainEvent(view, event)
  assert.ok(view)
  return view as ChainView
}

test('a thread\'s life is folded from the court\'s events', () => {
  assert.is(fold(EVENTS.slice(0, 1)).phase, 'opening')
  const active = fold(EVENTS.slice(0, 2))
  assert.is(active.phase, 'active')
  assert.equal(active.joined, [true, true])
  assert.equal(active.multiaddrs, ['/a', '/b'])
  assert.is(recordedSlot(active), undefined)
  const disputed = fold(EVENTS.slice(0, 4))
  assert.is(disputed.phase, 'dispute')
  assert.is(disputed.dispute?.number, 1n)
  const answered = fold(EVENTS.slice(0, 6))
  assert.equal(answered.dispute, { number: 2n, evidenceUntilSec: 10n, endsAtSec: 20n, by: terms.players[0] })
  assert.is(recordedSlot(answered)?.nonce, 6n)
  const resumed = fold(EVENTS.slice(0, 8))
  assert.is(resumed.phase, 'active')
  assert.is(resumed.dispute, undefined)
  assert.is(resumed.confirmedEpoch, 2n)
  assert.is(resumed.lastDispute, 2n)
  const over = fold(EVENTS)
  assert.ok(isOver(over))
  assert.equal(over.payouts, [1n, 2n])
})

test('a settled and a cancelled thread are over', () => {
  assert.ok(isOver(fold([...EVENTS.slice(0, 4), { type: 'settled', payouts: [3n, 0n], leftover: 0n, thread, at: at(9) } as ChainEvent])))
  assert.ok(isOver(fold([...EVENTS.slice(0, 1), { type: 'cancelled', thread, at: at(9) } as ChainEvent])))
})

test('events of a thread that was not opened are nothing', () => {
  for (const event of EVENTS.slice(1)) assert.is(foldChainEvent(undefined, event), undefined)
})

test('after a reorganisation folding what is left gives the view as it was then', () => {
  for (let count = 1; count <= EVENTS.length; count++) {
    // What the store gives back is what was folded.
    const stored = EVENTS.slice(0, count).map(event => fromJson(toJson(event)) as ChainEvent)
    assert.equal(fold(stored), fold(EVENTS.slice(0, count)))
  }
})

test('an event that comes again is known by its place, an event after it is not', () => {
  EVENTS.forEach((_, count) => {
    const view = fold(EVENTS.slice(0, count + 1))
    EVENTS.forEach((event, index) => { assert.is(isFolded(view, event), index <= count) })
  })
})

test('forced moves stand upon the certificate, go with a refutation or with evidence, and stay when the dispute is resumed from', () => {
  const input = { raw: Uint8Array.of(1), binding: new Uint8Array(65) }
  const move = (nonce: number, epoch = 1n): readonly Said[] => {
    const body = breakpoint(BigInt(nonce), epoch)
    return [
      { type: 'recorded', breakpoint: body, hash: hashOf(100 + nonce), signatures: undefined },
      { type: 'forced', dispute: epoch, player: nonce % 2, endsAtSec: 30n + BigInt(nonce), breakpoint: body, hash: hashOf(100 + nonce), input }
    ]
  }
  const told = (...more: (Said | readonly Said[])[]): ChainView => fold([...STORY.slice(0, 4), ...more.flat()].map((said, index) => ({ ...said, thread, at: at(index) }) as ChainEvent))
  const moved = told(move(5), move(6))
  assert.equal([openMoves(moved).map(({ player }) => player), moved.recorded?.hash, moved.certificate?.hash, moved.dispute?.endsAtSec], [[1, 0], hashOf(106), hashOf(4), 36n])

  const refuted = told(move(5), move(6), { type: 'refuted', dispute: 2n, player: 0, recorded: hashOf(105), endsAtSec: 50n })
  assert.equal([openMoves(refuted).length, refuted.recorded?.hash, refuted.dispute?.number, refuted.dispute?.endsAtSec, refuted.lastDispute], [1, hashOf(105), 2n, 50n, 2n])
  const again = told(move(5), { type: 'refuted', dispute: 2n, player: 1, recorded: hashOf(4), endsAtSec: 50n })
  assert.equal([again.moves, again.recorded?.hash], [[], hashOf(4)])

  // A false claim in the middle takes along what followed; what the judge found stands in its place.
  const claimed = told(move(5), move(6), move(7), { type: 'refuted', dispute: 2n, player: 0, recorded: hashOf(105), endsAtSec: 50n }, move(6, 2n))
  assert.equal([openMoves(claimed).map(({ hash }) => hash), claimed.recorded?.breakpoint.epoch], [[hashOf(105), hashOf(106)], 2n])

  const answered = told(move(5), { type: 'recorded', breakpoint: breakpoint(6n), hash: hashOf(6), signatures: [] }, { type: 'responded', dispute: 2n, recorded: hashOf(6), slot: { epoch: 0n, nonce: 6n } })
  assert.equal([answered.moves, answered.recorded?.hash, answered.certificate?.hash], [[], hashOf(6), hashOf(6)])

  const resumed = told(move(5), { type: 'recorded', breakpoint: breakpoint(6n, 1n), hash: hashOf(6), signatures: [] }, { type: 'resumed', epoch: 1n })
  assert.equal([resumed.moves.length, openMoves(resumed), resumed.certificate?.hash, resumed.dispute], [1, [], hashOf(6), undefined])
})

test('a doubt moves the end and is known of its claim, until that is proved, or the deposit is back', () => {
  const input = { raw: Uint8Array.of(1), binding: new Uint8Array(65) }
  const [account, doubter] = [terms.asset, terms.players[0] ?? terms.asset]
  const body = breakpoint(5n, 1n)
  const claim: Said[] = [
    { type: 'recorded', breakpoint: body, hash: hashOf(105), signatures: undefined },
    { type: 'forced', dispute: 1n, player: 1, endsAtSec: 35n, breakpoint: body, hash: hashOf(105), input }, { type: 'claimed', account, index: 0 },
    { type: 'doubted', claimed: hashOf(105), index: 0, doubter, endsAtSec: 44n }
  ]
  const told = (...more: Said[]): ChainView => fold([...STORY.slice(0, 4), ...claim, ...more].map((said, index) => ({ ...said, thread, at: at(index) }) as ChainEvent))
  const view = told()
  assert.equal([view.dispute?.endsAtSec, openClaims(view).map(move => move.claim), view.doubts.map(({ move, doubter }) => [move.hash, doubter])], [44n, [{ account, index: 0, doubter }], [[hashOf(105), doubter]]])

  const proved = told({ type: 'proved', claimed: hashOf(105), prover: account, toProverWei: 1n })
  assert.equal([openClaims(proved), openMoves(proved).length, proved.doubts], [[], 1, []])

  // Refuted or dropped, the claim is gone; its doubt is over when the deposit is back.
  const refuted: Said = { type: 'refuted', dispute: 2n, player: 1, recorded: hashOf(4), endsAtSec: 50n }
  assert.equal([openClaims(told(refuted)), told(refuted).doubts.length], [[], 1])
  assert.equal(told(refuted, { type: 'doubtOver', claimed: hashOf(105), doubter, toDoubterWei: 1n }).doubts, [])
})

test('a judgement that goes on moves the end, and is over with whatever else is recorded', () => {
  const judging: Said = { type: 'judging', player: 1, paused: hashOf(7), endsAtSec: 44n }
  const told = (...more: Said[]): ChainView => fold([...STORY.slice(0, 4), ...more].map((said, index) => ({ ...said, thread, at: at(index) }) as ChainEvent))
  const view = told(judging, { type: 'trying', recorded: hashOf(4), paused: hashOf(8) })
  assert.equal([view.judging, view.trying, view.dispute?.endsAtSec], [[undefined, { on: hashOf(4), paused: hashOf(7), move: undefined }], { on: hashOf(4), stops: [hashOf(8)] }, 44n])
  assert.equal(told(judging, { type: 'recorded', breakpoint: breakpoint(6n), hash: hashOf(6), signatures: [] }).judging, [undefined, undefined])
})

test.run()
