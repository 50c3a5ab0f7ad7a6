// time limit: 60 s
/** A player who signs whatever hurts the other: what it costs the other's node is bounded, and its money stays within reach. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hash32 } from '../../src/protocol/crypto.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Hash32, Input } from '../../src/protocol/types.js'
import { feedChainEvent } from '../../src/thread/chain-feed.js'
import { machineAt } from '../../src/thread/recovery.js'
import { PLAYERS, ticTacToe, type TestThread } from '../machine/thread.js'
import { ATTACKER, NOW_MS, recordedByContract, STRANGER, Victim } from './victim.js'

const test = suite('thread/attack')
const NOW_SEC = BigInt(NOW_MS / 1000)

/** A victim that waits for the attacker's proposal of slot (0, 2), and the attacker's next input. */
async function waiting (): Promise<{ victim: Victim, thread: TestThread, next: (nonce?: bigint) => Input }> {
  const thread = await ticTacToe()
  const victim = await Victim.start(thread)
  await victim.play(thread.input(0, { nonce: 1n }))
  await victim.ackLast()
  assert.is(victim.coordinator.state.head?.slot.nonce, 1n)
  return { victim, thread, next: (nonce = 1n) => thread.input(1, { nonce }) }
}

test('a flood of contents that cannot be in the open slot is neither told nor kept', async () => {
  const { victim, next } = await waiting()
  const before = victim.events.length
  const inputs = [next()]
  for (let count = 0; count < 20; count++) await victim.hear(victim.proposal(victim.breakpoint(inputs, { parent: hash32(Uint8Array.of(count)) }), inputs))
  assert.is(victim.events.length, before)
  assert.is(victim.coordinator.state.proposal, undefined)
})

test('from the third content of a slot on, the inputs of a proposal are not looked at any more', async () => {
  const { victim, next } = await waiting()
  const inputs = [next()]
  const forged = [{ ...next(), binding: new Uint8Array(65) }]
  const time = (seconds: bigint): ReturnType<Victim['breakpoint']> => victim.breakpoint(inputs, { timestampSec: NOW_SEC + seconds })
  assert.is(await victim.hear(victim.proposal(time(0n), inputs)), 'accept')
  assert.is(await victim.hear(victim.proposal(time(1n), forged)), 'reject')
  assert.is(await victim.hear(victim.proposal(time(1n), inputs)), 'accept')
  assert.is(await victim.hear(victim.proposal(time(2n), forged)), 'accept')
  assert.is(victim.events.filter(event => event.type === 'evidence').length, 1)
})

test('a proposer cannot date back by an older Idle, nor by one of a slot that is far away', async () => {
  const { victim, next } = await waiting()
  await victim.hear(victim.idle(NOW_SEC + 16n))
  for (const message of [victim.idle(NOW_SEC + 3n), victim.idle(NOW_SEC + 99n, 70n)]) assert.is(await victim.hear(message), 'accept')
  await victim.hear(victim.proposal(victim.breakpoint([next()]), [next()]))
  assert.is(victim.coordinator.state.verdict, 'bad')
  assert.match(victim.coordinator.warnings.find(({ code }) => code === 'PROPOSAL_REFUSED')?.message ?? '', /time up to which its proposer/)
})

test('a flood of plans begins a few executions', async () => {
  const { victim, next } = await waiting()
  await victim.hear(victim.input(next(2n)))
  await victim.hear(victim.input(next(1n)))
  const { machine } = victim.coordinator.parts.execution
  assert.ok(machine)
  let executions = 0
  const prepare = machine.prepare.bind(machine)
  machine.prepare = async batch => { executions++; return await prepare(batch) }
  for (let seconds = 0n; seconds < 50n; seconds++) await victim.hear(victim.plan([next(1n).id], NOW_SEC + seconds))
  assert.ok(executions > 0 && executions <= 4, `${executions} executions`)
})

test('strangers who ask in a player\'s name do not keep the player from its answer', async () => {
  const { victim } = await waiting()
  const challenge = (byte: number): Hash32 => hash32(Uint8Array.of(byte))
  for (let count = 0; count < 10; count++) await victim.hear(victim.ask(1, challenge(count)), STRANGER)
  await victim.hear(victim.ask(1, challenge(99)), ATTACKER)
  const told = victim.sent.flatMap(message => message.kind === 'told' ? [message.challenge] : [])
  assert.equal(told, [challenge(0), challenge(99)])
})

test('a state that the other recorded through a contract, its signature withheld, can be settled', async () => {
  const thread = await ticTacToe()
  const victim = await Victim.start(thread)
  await victim.play(thread.input(0, { nonce: 1n, valueWei: 5n, to: thread.context.terms.players[1] }))
  const recorded = victim.lastProposal()
  assert.is(recorded.nonce, 1n)
  const settled = async (): Promise<Hash32> => (await machineAt(victim.coordinator, breakpointHash(recorded), victim.chain)).root
  await feedChainEvent(victim.coordinator, recordedByContract(recorded))
  assert.is(await settled(), recorded.stateRoot)
  const { at } = recordedByContract(recorded)
  await feedChainEvent(victim.coordinator, {
    type: 'challenged', thread: recorded.thread, at: { ...at, blockNumber: 4n }, dispute: 1n, recorded: breakpointHash(recorded), slot: recorded,
    evidenceUntilSec: NOW_SEC + 60n, endsAtSec: NOW_SEC + 120n, by: PLAYERS[0]
  })
  assert.is(await settled(), recorded.stateRoot)
})

test.run()
