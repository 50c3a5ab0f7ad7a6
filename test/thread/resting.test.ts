// time limit: 60 s
/** A thread at rest: when it may, what of what comes brings it back, and that loading it is as safe as a restart and as quick as having stayed. */
import '../../src/polyfill.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hash32, sign } from '../../src/protocol/crypto.js'
import { breakpointHash, digestOf } from '../../src/protocol/typed-data.js'
import type { Hash32, Input } from '../../src/protocol/types.js'
import { encodeMessage, type Message } from '../../src/protocol/wire.js'
import { Bench } from '../../src/thread/bench.js'
import type { Coordinator } from '../../src/thread/coordinator.js'
import { Desk } from '../../src/thread/desk.js'
import { Duties } from '../../src/thread/duties.js'
import type { NetworkPort } from '../../src/thread/ports.js'
import { loadThread, type Rested } from '../../src/thread/recovery.js'
import { answerAtRest, hearAtRest, isNews, payerOf, rest, type Resting, type RunningThread } from '../../src/thread/resting.js'
import { domain, SESSIONS, ticTacToe, type TestThread } from '../machine/thread.js'
import { rejects } from '../support/rejects.js'
import { ATTACKER, NOW_MS, STRANGER, Victim } from './victim.js'

const test = suite('thread/resting')
const NOW_SEC = BigInt(NOW_MS / 1000)
type Stage = { victim: Victim, thread: TestThread, running: RunningThread, next: (nonce?: bigint) => Input }

/** A thread in which the other player is to move. */
async function stage (forceTimeout?: `0x${string}`): Promise<Stage> {
  const thread = await ticTacToe()
  const victim = await Victim.start(thread)
  await victim.play(thread.input(0, { nonce: 1n }))
  await victim.ackLast()
  return { victim, thread, running: runningOf(victim, victim.coordinator, forceTimeout), next: (nonce = 1n) => thread.input(1, { nonce }) }
}

function runningOf ({ chain }: Victim, coordinator: Coordinator, forceTimeout?: `0x${string}`): RunningThread {
  const bench = new Bench(() => { throw new Error('nothing is judged here') })
  const desk = new Desk(coordinator, { chain, bench, options: { autoRespond: true, autoDispute: true, disputeAfterSec: 300, moverPatienceSec: 3_600, forceTimeout } })
  return { coordinator, duties: new Duties(coordinator, chain, desk, { patienceSec: 10, autoDispute: true, challenge: new Uint8Array(32) }) }
}

async function loaded ({ victim: { coordinator, chain } }: Stage, rested: Rested | undefined, nowMs = NOW_MS, sessionKey: Uint8Array = SESSIONS[0]): Promise<Coordinator> {
  return await loadThread({
    records: coordinator.parts.records, network: { publish: async () => {}, subscribers: () => [] } as unknown as NetworkPort, chain, clock: { nowMs: () => nowMs }, sessionKey, domain,
    closePolicy: 'never', rested, emit: () => {}, log: () => {}
  })
}

function resting ({ running }: Stage): Resting {
  const found = rest(running)
  if (found === undefined) throw new Error('it does not rest')
  return found
}

const hear = (at: Resting, message: Message): ReturnType<typeof hearAtRest> => hearAtRest(at, encodeMessage({ ...message, attempt: 77 }))

test('a thread in which the other player is to move rests, and what is in memory does nothing any more', async () => {
  const at = await stage()
  const { glance, nonces } = resting(at)
  assert.equal([glance.phase, glance.head?.nonce, glance.self, nonces], ['active', 1n, 0, [2n, 1n]])
  await rejects(at.victim.play(at.thread.input(0, { nonce: 2n })), 'THREAD_FAULT')
})

test('while a step is under way, an input waits, a proposal is open, or a close is wished, it does not rest', async () => {
  const busy = await stage()
  const step = busy.victim.coordinator.exclusive(async () => { await Promise.resolve() })
  assert.is(rest(busy.running), undefined)
  await step
  await busy.victim.coordinator.idle()
  assert.ok(rest(busy.running))

  const waits = await stage()
  await waits.victim.play(waits.thread.input(0, { nonce: 2n }))
  assert.is(rest(waits.running), undefined)

  const open = await stage()
  await open.victim.hear(open.victim.proposal(open.victim.breakpoint([open.next()]), [open.next()]))
  assert.is(rest(open.running), undefined)

  const wished = await stage()
  wished.victim.coordinator.parts.closing.want(undefined)
  assert.is(rest(wished.running), undefined)
})

test('where a time-out may fall due it rests until then, has waited all the time once it is loaded, and does not rest again before it is done', async () => {
  const at = await stage('0x12345678')
  const quiet = resting(at)
  assert.is(quiet.dueMs, NOW_MS + 300_000)
  assert.is(resting(await stage()).dueMs, undefined)
  const late = runningOf(at.victim, await loaded(at, quiet.rested, quiet.dueMs), '0x12345678')
  assert.ok(late.duties.desk.isAtRest(), 'as after a restart, it begins to wait')
  late.duties.desk.resume(quiet.rested.waiting)
  assert.is(late.duties.desk.isAtRest(), false)
  assert.is(rest(late), undefined)
})

test('a warning that lasts keeps it in sight; one that any player can raise at will does not keep it in memory, and is still there afterwards', async () => {
  const at = await stage()
  await at.victim.coordinator.exclusive(async () => { at.victim.coordinator.warn('CHAIN_ACTION_FAILED', 'it failed') })
  assert.is(rest(at.running), undefined)
  at.victim.coordinator.calm('CHAIN_ACTION_FAILED')
  await at.victim.coordinator.exclusive(async () => { at.victim.coordinator.warn('PEER_EQUIVOCATED', 'player 1 signed two') })
  await at.victim.coordinator.idle()
  const { rested, glance } = resting(at)
  assert.equal(glance.warnings.map(({ code }) => code), ['PEER_EQUIVOCATED'])
  assert.equal((await loaded(at, rested)).warnings.map(({ code }) => code), ['PEER_EQUIVOCATED'])
})

test('what is new and signed by a player brings it back at that player\'s cost', async () => {
  const at = await stage()
  const { victim, next } = at
  const open = victim.proposal(victim.breakpoint([next()]), [next()])
  const quiet = resting(at)
  assert.equal([hear(quiet, victim.input(next())), hear(quiet, open)], [{ payer: 1 }, { payer: 1 }])
  assert.is(payerOf(quiet, 1, STRANGER), ATTACKER.sessionKey)
})

test('what anybody can send again does not bring it back, or at the sender\'s cost', async () => {
  const at = await stage()
  const { victim, thread } = at
  const old = victim.proposal({ ...victim.breakpoint([]), nonce: 1n }, [])
  const quiet = resting(at)
  assert.is(hear(quiet, victim.input(thread.input(0, { nonce: 1n }))), 'accept', 'its nonce is used')
  assert.equal(hear(quiet, victim.ask(1, hash32(Uint8Array.of(1)))), { payer: 'sender' })
  assert.equal(hear(quiet, old), { payer: 'sender' })
  assert.equal([payerOf(quiet, 'sender', STRANGER), payerOf(quiet, 'sender', ATTACKER)], ['stranger', ATTACKER.sessionKey])
})

test('a message that bears no player\'s signature is rejected without loading anything', async () => {
  const at = await stage()
  const { victim, next } = at
  const forged = { ...victim.proposal(victim.breakpoint([next()]), [next()]), proposer: 0 } as Message
  assert.is(hear(resting(at), forged), 'reject')
})

test('what a proposer states while the thread rests counts once it is loaded: nothing is dated back behind it', async () => {
  for (const states of [true, false]) {
    const at = await stage()
    const { victim, next } = at
    const proposal = victim.proposal(victim.breakpoint([next()]), [next()])
    const idle = victim.idle(NOW_SEC + 16n)
    const quiet = resting(at)
    if (states) assert.is(hear(quiet, idle), 'accept')
    const coordinator = await loaded(at, quiet.rested)
    assert.is(coordinator.receive(encodeMessage({ ...proposal, attempt: 78 }), ATTACKER), 'accept')
    await coordinator.idle()
    assert.is(coordinator.warnings.some(({ code, message }) => code === 'PROPOSAL_REFUSED' && message.includes('its proposer')), states)
  }
})

test('loaded after a rest it signs at once, as a restart may not; on a disk that is not the one of before it asks first', async () => {
  const at = await stage()
  const { state } = at.victim.coordinator
  const { rested } = resting(at)
  const back = await loaded(at, rested)
  assert.equal([back.state.mode, back.state.awaiting, back.state.head, back.state.top, back.view], ['signing', [], state.head, state.top, at.victim.coordinator.view])
  assert.is((await loaded(at, undefined)).state.mode, 'starting')
  const { length, top } = rested.journal
  assert.is((await loaded(at, { ...rested, journal: { length: length + 1, top } })).state.mode, 'starting')
  assert.is((await loaded(at, { ...rested, journal: { length, top: hash32(Uint8Array.of(9)) } })).state.mode, 'starting')
})

test('who only follows a thread rests while a proposal is open in it, whatever its players say; and hears who has signed', async () => {
  const at = await stage()
  const { victim, next } = at
  const coordinator = await loaded(at, undefined, NOW_MS, new Uint8Array(32).fill(9))
  const open = victim.proposal(victim.breakpoint([next()]), [next()])
  const ahead = victim.proposal({ ...victim.breakpoint([]), nonce: 50n }, [])
  for (const message of [open, ahead]) assert.is(coordinator.receive(encodeMessage(message), ATTACKER), 'accept')
  await coordinator.idle()
  assert.equal([coordinator.state.proposal?.slot.nonce, coordinator.behind?.nonce], [2n, 50n])
  const quiet = resting({ ...at, running: runningOf(victim, coordinator) })
  assert.is(hear(quiet, open), 'accept')
  const other = victim.proposal(victim.breakpoint([next()], { timestampSec: NOW_SEC + 1n }), [next()])
  assert.equal([hear(quiet, other), hear(quiet, victim.input(next(2n))), hear(quiet, ahead)], [{ payer: 1 }, 'accept', { payer: 'sender' }])
  const hash = breakpointHash(victim.breakpoint([next()]))
  const ack = (of: Hash32): Message => ({ kind: 'ack', attempt: 0, thread: quiet.glance.thread, epoch: 0n, nonce: 2n, hash: of, signer: 0, signature: sign(digestOf(of, domain), SESSIONS[0]) })
  assert.equal([hear(quiet, ack(hash)), hear(quiet, ack(hash32(Uint8Array.of(5))))], [{ payer: 0 }, 'accept'])
})

test('peers\' questions about it are answered from the disk, and only what it does not have is news', async () => {
  const at = await stage()
  const { records } = at.victim.coordinator.parts
  const { thread } = at.victim.coordinator
  const quiet = resting(at)
  const head = quiet.state.head?.slot
  assert.equal(await answerAtRest(quiet, records, { kind: 'status', thread }), { kind: 'status', head, messages: [] })
  const range = await answerAtRest(quiet, records, { kind: 'range', thread, from: { epoch: 0n, nonce: 0n }, limit: 8 })
  assert.equal(range.kind === 'range' ? range.certificates.map(({ breakpoint, signatures }) => [breakpoint.nonce, signatures.length]) : undefined, [[0n, 2], [1n, 2]])
  assert.is(isNews(quiet, { kind: 'status', head, messages: [] }), false)
  assert.is(isNews(quiet, { kind: 'status', head: { epoch: 0n, nonce: 2n }, messages: [] }), true)
})

test.run()
