/** What a node signs for the court, when, and what it brings there. */
import { id } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { ThreadsError } from '../../src/errors.js'
import { hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, verify } from '../../src/protocol/crypto.js'
import { forceDigest } from '../../src/protocol/typed-data.js'
import type { Hex, Input } from '../../src/protocol/types.js'
import { encodeCalldata } from '../../src/rpc/calldata.js'
import { Bench } from '../../src/thread/bench.js'
import { feedChainEvent } from '../../src/thread/chain-feed.js'
import { Desk } from '../../src/thread/desk.js'
import { Journal } from '../../src/thread/journal.js'
import type { ChainEvent, ChainPort, Receipt } from '../../src/thread/ports.js'
import { artifact, domain, ETHER, PLAYERS, SESSIONS, threadFor, ticTacToe, type TestThread } from '../machine/thread.js'
import { rejects } from '../support/rejects.js'
import { hashOf } from './contents.js'
import { ENDLESS } from './endless.js'
import { NOW_MS, Victim } from './victim.js'

const test = suite('desk')
const game = await ticTacToe()
const settling = threadFor(hexToBytes((await artifact('Settling')).bytecode), { settlement: id('settle(address,address[],bytes)').slice(0, 10) as Hex })
const NOW_SEC = BigInt(NOW_MS / 1000)
const RECEIPT: Receipt = { transactionHash: ZERO_HASH, blockNumber: 1n, gasUsed: 400_000n, feeWei: 7n, dataBytes: 9 }
const judge = (): ConstructorParameters<typeof Bench>[0] => () => ({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode })
const bench = new Bench(judge())

type Call = { readonly name: string, readonly args: readonly unknown[], /** Of the journal on disk, when it was made. */ readonly entries: number }

/** A node, its desk, and a chain that takes everything. */
async function open (thread: TestThread, options: { readonly bench?: Bench, readonly forceTimeout?: Hex, readonly nowSec?: bigint, readonly autoDispute?: boolean, readonly moverPatienceSec?: number } = {}): Promise<{ victim: Victim, desk: Desk, chain: ChainPort, calls: Call[] }> {
  const victim = await Victim.start(thread)
  const calls: Call[] = []
  const { records } = victim.coordinator.parts
  const call = (name: string) => async (...args: readonly unknown[]): Promise<Receipt> => {
    calls.push({ name, args, entries: (await Journal.load(records.store, thread.context.thread)).length })
    return RECEIPT
  }
  const chain = {
    code: async () => thread.code, nextTime: async () => options.nowSec ?? NOW_SEC + 5n, lineage: async () => ({ forced: 0, usedSec: [0n, 0n] }),
    challenge: call('challenge'), advance: call('advance'), challengeAndAdvance: call('challengeAndAdvance'), settle: call('settle'), settleByFunction: call('settleByFunction')
  } as unknown as ChainPort
  const desk = new Desk(victim.coordinator, { chain, bench: options.bench ?? bench, options: { autoRespond: true, autoDispute: options.autoDispute ?? true, disputeAfterSec: 300, moverPatienceSec: options.moverPatienceSec ?? 300, forceTimeout: options.forceTimeout } })
  return { victim, desk, chain, calls }
}

/** The court has the head, and a dispute over it. */
async function dispute ({ coordinator }: Victim, endsAtSec = NOW_SEC + 200n): Promise<void> {
  const { head, agreed } = coordinator.state
  const certificate = agreed === undefined ? undefined : await coordinator.parts.records.certificate(agreed)
  if (head === undefined || certificate === undefined) throw new Error('nothing is signed')
  const said = [
    { type: 'recorded', breakpoint: certificate.breakpoint, hash: head.hash, signatures: certificate.signatures },
    { type: 'challenged', dispute: 1n, recorded: head.hash, slot: head.slot, evidenceUntilSec: endsAtSec - 100n, endsAtSec, by: PLAYERS[1] }
  ]
  for (const [logIndex, event] of said.entries()) {
    const at = { blockNumber: 50n, blockHash: hashOf(50), transactionHash: hashOf(50), logIndex, timestampSec: NOW_SEC }
    await feedChainEvent(coordinator, { ...event, thread: coordinator.thread, at } as unknown as ChainEvent)
  }
}

const move = (victim: Victim, cell = 4, valueWei = ETHER): Input =>
  game.input(0, { nonce: 1n, to: victim.coordinator.parts.execution.machine?.contract, data: game.play(cell), valueWei })

test('without a dispute the move goes with the certificate that opens it, its Force in the journal on disk before it leaves', async () => {
  const { victim, desk, chain, calls } = await open(game)
  await victim.play(move(victim))
  const { head } = victim.coordinator.state
  const before = (await Journal.load(victim.coordinator.parts.records.store, game.context.thread)).length
  const { done, slot, cost } = await desk.advance(chain)
  assert.equal([done, slot, cost.transactions], [RECEIPT, { epoch: 1n, nonce: 1n }, 1])
  const [{ name, args, entries } = { name: '', args: [], entries: 0 }] = calls
  const [, certificate, forced, witness, options] = args as Parameters<ChainPort['challengeAndAdvance']>
  assert.equal([name, entries, certificate.signatures.length, certificate.breakpoint.nonce], ['challengeAndAdvance', before + 1, 2, 0n])
  const { raw } = move(victim)
  assert.equal([forced.player, forced.input.raw, forced.paused, forced.timestampSec, witness.length > 100], [0, raw, undefined, NOW_SEC + 5n, true])
  const force = { thread: game.context.thread, dispute: 1n, parent: head?.hash ?? ZERO_HASH, txHash: move(victim).id, timestampSec: NOW_SEC + 5n }
  assert.ok(verify(forceDigest(force, domain), forced.force, addressOf(SESSIONS[0])))
  assert.ok((options?.usefulUntilSec ?? 0n) > NOW_SEC)
  assert.equal(await victim.coordinator.parts.records.courtCost(), { transactions: 1, gas: 400_000n, feeWei: 7n })
})

test('in a dispute the move is for its number, on what the court has', async () => {
  const { victim, desk, chain, calls } = await open(game)
  await victim.play(move(victim))
  await dispute(victim)
  await desk.advance(chain)
  const [{ name, args } = { name: '', args: [] }] = calls
  const [, recorded, forced] = args as Parameters<ChainPort['advance']>
  assert.equal([name, recorded.nonce], ['advance', 0n])
  const force = { thread: game.context.thread, dispute: 1n, parent: victim.coordinator.state.head?.hash ?? ZERO_HASH, txHash: move(victim).id, timestampSec: forced.timestampSec }
  assert.ok(verify(forceDigest(force, domain), forced.force, addressOf(SESSIONS[0])))
})

test('a time before the head\'s is the head\'s: the court takes no other', async () => {
  const { victim, desk, chain, calls } = await open(game, { nowSec: NOW_SEC - 50n })
  await victim.play(move(victim))
  await desk.advance(chain)
  const [, , forced] = calls[0]?.args as Parameters<ChainPort['challengeAndAdvance']>
  assert.is(forced.timestampSec, victim.coordinator.headTimeSec)
})

test('nothing is signed where there is no input, where it reverts, where the court has another state, and by a node that watches', async () => {
  const { victim, desk, chain, calls } = await open(game)
  await rejects(desk.advance(chain), 'DISPUTE_NO_INPUT')
  await victim.play(move(victim, 9))
  await rejects(desk.advance(chain), 'DISPUTE_NO_MOVE')

  const other = await open(game)
  await other.victim.play(move(other.victim))
  await other.victim.coordinator.exclusive(async () => { await other.victim.coordinator.apply({ type: 'dispute', number: 1n, recorded: hashOf(3) }) })
  other.victim.coordinator.setView({ ...other.victim.coordinator.view, phase: 'dispute', recorded: { breakpoint: other.victim.breakpoint([]), hash: hashOf(3), signatures: undefined } })
  await rejects(other.desk.advance(other.chain), 'DISPUTE_NOT_FOLLOWED')

  const old = await open(game)
  await old.victim.play(move(old.victim))
  await old.victim.coordinator.exclusive(async () => { await old.victim.coordinator.apply({ type: 'watch' }) })
  await rejects(old.desk.advance(old.chain), 'THREAD_WATCHING')
  assert.equal([calls, other.calls, old.calls], [[], [], []])
})

test('an own move that leaves what cannot be settled is dropped: there is none to force', async () => {
  const { victim, desk, chain } = await open(settling)
  const to = victim.coordinator.parts.execution.machine?.contract
  const call = (signature: string, nonce: bigint): Input => settling.input(0, { nonce, to, data: hexToBytes(encodeCalldata({ signature })) })
  await victim.play(call('breakSettlement()', 1n))
  await rejects(desk.advance(chain), 'DISPUTE_NO_INPUT')
  const fine = await open(settling)
  await fine.victim.play(call('move()', 1n))
  assert.is((await fine.desk.advance(fine.chain)).cost.transactions, 1)
})

test('a settlement by function brings the state after it; a plain one asks no judge', async () => {
  const { victim, desk, chain, calls } = await open(settling)
  await dispute(victim, NOW_SEC)
  const { payouts } = await desk.settle(chain, false)
  const [, settlement, holdings] = calls[0]?.args as Parameters<ChainPort['settleByFunction']>
  assert.equal([calls[0]?.name, settlement.last, settlement.paused, holdings.accounts.length, payouts.length], ['settleByFunction', undefined, undefined, 3, 3])

  const never = new Bench(() => { throw new ThreadsError('ARTIFACT_MISSING', 'no judge here') })
  const plain = await open(settling, { bench: never })
  await dispute(plain.victim, NOW_SEC)
  await rejects(plain.desk.settle(plain.chain, false), 'ARTIFACT_MISSING')
  await plain.desk.settle(plain.chain, true)
  assert.equal(plain.calls.map(({ name }) => name), ['settle'])
})

test('a routine that waits for the other only: the node knows when that falls due, and takes the head to the court when its patience is over', async () => {
  const begun = async (options: Parameters<typeof open>[1]): Promise<Awaited<ReturnType<typeof open>>> => {
    const opened = await open(ENDLESS, options)
    const { victim } = opened
    assert.is(opened.desk.isAtRest(), true, 'nothing waits yet')
    await victim.hear(victim.input(ENDLESS.input(1, { nonce: 1n, to: victim.coordinator.parts.execution.machine?.contract })))
    await victim.ackOpen()
    assert.equal(victim.coordinator.parts.execution.machine?.waiting?.movers, [PLAYERS[1]])
    return opened
  }
  const patient = await begun({})
  assert.equal([patient.desk.isIdle(), patient.desk.isAtRest(), patient.desk.due().dueMs, await patient.desk.act()], [true, true, NOW_MS + 300_000, false])

  const { victim, desk, calls } = await begun({ moverPatienceSec: 0 })
  assert.is(await desk.act(), true)
  const [{ name, args } = { name: '', args: [] }] = calls
  const [, certificate] = args as Parameters<ChainPort['challenge']>
  assert.equal([name, calls.length, certificate?.breakpoint.nonce, certificate?.signatures.length], ['challenge', 1, 1n, 2])
  assert.equal(victim.coordinator.state.head?.slot.nonce, 1n)

  const passive = await begun({ moverPatienceSec: 0, autoDispute: false })
  assert.equal([passive.desk.isAtRest(), passive.desk.due().dueMs, await passive.desk.act(), passive.calls], [true, undefined, false, []])
})

test('a claim that the contract would take now is made as an own input, and one that it would not take is not', async () => {
  const forceTimeout = encodeCalldata({ signature: 'claimTimeout()' })
  for (const [nowSec, claims] of [[NOW_SEC + 59n, 0], [NOW_SEC + 60n, 1]] as const) {
    const { victim, desk } = await open(game, { forceTimeout, nowSec })
    await victim.play(move(victim))
    await victim.ackLast()
    await dispute(victim)
    await desk.act()
    const waiting = victim.coordinator.parts.pool.of(0)
    assert.is(waiting.length, claims, `at ${nowSec}`)
    if (waiting[0] !== undefined) assert.equal(waiting[0].tx.data, hexToBytes(forceTimeout))
  }
})

test.run()
