/** What a payout could not bring is collected, once, when a thread has ended while its node was there. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { ThreadsError } from '../../src/errors.js'
import { Bench } from '../../src/thread/bench.js'
import { feedChainEvent } from '../../src/thread/chain-feed.js'
import { Desk } from '../../src/thread/desk.js'
import { Duties } from '../../src/thread/duties.js'
import type { ChainEvent, ChainPort } from '../../src/thread/ports.js'
import { PLAYERS, ticTacToe } from '../machine/thread.js'
import { hashOf } from './contents.js'
import { Victim } from './victim.js'

const test = suite('withdrawal')
const game = await ticTacToe()

/** A node with its duties, and what it asked of a chain on which so much waits for it. */
async function node (credit: bigint, { autoDispute = true, fails = 0 } = {}): Promise<{ victim: Victim, duties: Duties, asked: string[] }> {
  const victim = await Victim.start(game)
  const asked: string[] = []
  let failures = fails
  const chain = {
    wallet: PLAYERS[0],
    credit: async () => {
      asked.push('credit')
      if (failures-- > 0) throw new ThreadsError('CHAIN_UNAVAILABLE', 'away')
      return credit
    },
    withdraw: async () => { asked.push('withdraw') }
  } as unknown as ChainPort
  const bench = new Bench(() => { throw new Error('nothing is judged here') })
  const desk = new Desk(victim.coordinator, { chain, bench, options: { autoRespond: true, autoDispute, disputeAfterSec: 300, moverPatienceSec: 3_600, forceTimeout: undefined } })
  return { victim, asked, duties: new Duties(victim.coordinator, chain, desk, { patienceSec: 10, autoDispute, challenge: new Uint8Array(32) }) }
}

async function settle (victim: Victim): Promise<void> {
  const at = { blockNumber: 9n, blockHash: hashOf(9), transactionHash: hashOf(9), logIndex: 0, timestampSec: 1n }
  await feedChainEvent(victim.coordinator, { type: 'settled', thread: game.context.thread, at, payouts: [1n, 2n, 3n], leftover: 0n } as ChainEvent)
}

async function tick (duties: Duties, times: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await duties.tick()
    await sleep(5)
  }
}

test('a credit is withdrawn, once', async () => {
  const { victim, duties, asked } = await node(5n)
  await tick(duties, 2)
  assert.equal(asked, [])
  await settle(victim)
  await tick(duties, 4)
  assert.equal(asked, ['credit', 'withdraw'])
})

test('where nothing waits, nothing is sent', async () => {
  const { victim, duties, asked } = await node(0n)
  await settle(victim)
  await tick(duties, 4)
  assert.equal(asked, ['credit'])
})

test('who leaves disputes to its user does not withdraw either', async () => {
  const { victim, duties, asked } = await node(5n, { autoDispute: false })
  await settle(victim)
  await tick(duties, 4)
  assert.equal(asked, [])
})

test('a thread that was over when the node came is nobody\'s business', async () => {
  const { victim } = await node(5n)
  await settle(victim)
  const late: string[] = []
  const chain = { credit: async () => { late.push('credit'); return 5n } } as unknown as ChainPort
  const desk = new Desk(victim.coordinator, { chain, bench: new Bench(() => { throw new Error('nothing') }), options: { autoRespond: true, autoDispute: true, disputeAfterSec: 300, moverPatienceSec: 3_600, forceTimeout: undefined } })
  await tick(new Duties(victim.coordinator, chain, desk, { patienceSec: 10, autoDispute: true, challenge: new Uint8Array(32) }), 3)
  assert.equal(late, [])
})

test.run()
