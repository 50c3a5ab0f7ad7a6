/** How a player's node uses its thread's oracle: what it claims, and what it has executed instead. */
import '../../src/polyfill.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { ThreadsError } from '../../src/errors.js'
import { ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32, sign } from '../../src/protocol/crypto.js'
import type { ResultRequest } from '../../src/protocol/oracle-codec.js'
import { decodeSyncRequest, encodeSyncAnswer, type SyncAnswer } from '../../src/protocol/sync.js'
import { forceHash, resultDigest } from '../../src/protocol/typed-data.js'
import type { Hash32, Input } from '../../src/protocol/types.js'
import { Bench } from '../../src/thread/bench.js'
import { feedChainEvent } from '../../src/thread/chain-feed.js'
import { Desk } from '../../src/thread/desk.js'
import type { ChainEvent, ChainPort, Receipt, RemotePeer } from '../../src/thread/ports.js'
import { ResultRecords } from '../../src/thread/result-records.js'
import { domain, ETHER, PLAYERS, SESSIONS, ticTacToe } from '../machine/thread.js'
import { hashOf } from './contents.js'
import { NOW_MS, Victim } from './victim.js'

const test = suite('claiming')
const game = await ticTacToe()
const { thread } = game.context
const NOW_SEC = BigInt(NOW_MS / 1000)
const ORACLE_KEY = new Uint8Array(32).fill(0x61)
const STRANGER_KEY = new Uint8Array(32).fill(0x77)
const USE = { maxFeeWei: 10n }
const RECEIPT: Receipt = { transactionHash: ZERO_HASH, blockNumber: 1n, gasUsed: 100_000n, feeWei: 7n, dataBytes: 9 }
const bench = new Bench(() => ({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode }))

type Answer = (request: ResultRequest, right: Hash32) => SyncAnswer | Promise<SyncAnswer>
type Scene = { readonly victim: Victim, readonly desk: Desk, readonly calls: (readonly [string, ...unknown[]])[], readonly asked: string[] }

/** A player whose own move waits, and these peers in the thread's topic. */
async function open (peers: Readonly<Record<string, { readonly key?: Uint8Array, readonly answer: Answer }>>, { inDispute = true, claim }: { readonly inDispute?: boolean, readonly claim?: () => Promise<Receipt> } = {}): Promise<Scene> {
  const victim = await Victim.start(game)
  const calls: [string, ...unknown[]][] = []
  const asked: string[] = []
  const call = (name: string) => async (...args: readonly unknown[]): Promise<Receipt> => { calls.push([name, ...args]); return RECEIPT }
  const chain = {
    code: async () => game.code, nextTime: async () => NOW_SEC + 5n, lineage: async () => ({ forced: 0, usedSec: [0n, 0n] }),
    advance: call('advance'), challengeAndAdvance: call('challengeAndAdvance'), challenge: call('challenge'), claim: claim ?? call('claim')
  } as unknown as ChainPort
  Object.assign(victim.coordinator.parts.network, {
    subscribers: (): RemotePeer[] => Object.entries(peers).map(([id, { key }]) => ({ id, sessionKey: key === undefined ? undefined : addressOf(key) })),
    request: async (id: string, frame: Uint8Array) => {
      asked.push(id)
      const request = decodeSyncRequest(frame)
      if (request.kind !== 'result') throw new Error(request.kind)
      return encodeSyncAnswer(await peers[id]?.answer(request, await rootOf(victim, request)) ?? { kind: 'error', code: 'THREAD_UNKNOWN' })
    }
  })
  await victim.play(move(victim))
  if (inDispute) await dispute(victim)
  const desk = new Desk(victim.coordinator, { chain, bench, options: { autoRespond: true, autoDispute: true, disputeAfterSec: 300, moverPatienceSec: 3_600, forceTimeout: undefined } })
  return { victim, desk, calls, asked }
}

const move = ({ coordinator }: Victim): Input => game.input(0, { nonce: 1n, to: coordinator.parts.execution.machine?.contract, data: game.play(4), valueWei: ETHER })

async function rootOf ({ coordinator }: Victim, { parent, timestampSec }: ResultRequest): Promise<Hash32> {
  const machine = coordinator.parts.execution.machine?.fork()
  const [input] = coordinator.parts.pool.of(0)
  if (machine === undefined || input === undefined) throw new Error('no input waits')
  return (await machine.prepare({ nonce: (coordinator.state.head?.slot.nonce ?? 0n) + 1n, parent, timestampSec, inputs: [input] })).root
}

async function dispute ({ coordinator }: Victim): Promise<void> {
  const { head, agreed } = coordinator.state
  const certificate = agreed === undefined ? undefined : await coordinator.parts.records.certificate(agreed)
  if (head === undefined || certificate === undefined) throw new Error('nothing is signed')
  const said = [
    { type: 'recorded', breakpoint: certificate.breakpoint, hash: head.hash, signatures: certificate.signatures },
    { type: 'challenged', dispute: 1n, recorded: head.hash, slot: head.slot, evidenceUntilSec: NOW_SEC + 100n, endsAtSec: NOW_SEC + 200n, by: PLAYERS[1] }
  ]
  for (const [logIndex, event] of said.entries()) {
    await feedChainEvent(coordinator, { ...event, thread, at: { blockNumber: 50n, blockHash: hashOf(50), transactionHash: hashOf(50), logIndex, timestampSec: NOW_SEC } } as unknown as ChainEvent)
  }
}

/** An answer with this root, fee and signature. */
const signed = (change: { readonly root?: Hash32, readonly feeWei?: bigint, readonly key?: Uint8Array } = {}): Answer => ({ dispute, parent, timestampSec, input }, right) => {
  const { root = right, feeWei = 10n, key = ORACLE_KEY } = change
  const force = forceHash({ thread, dispute, parent, txHash: hash32(input.raw), timestampSec })
  return { kind: 'result', answer: { kind: 'signed', stateRoot: root, feeWei, signature: sign(resultDigest({ force, stateRoot: root, feeWei }, domain), key) } }
}
const names = (calls: Scene['calls']): string[] => calls.map(([name]) => name)

test('what the oracle signs and this node finds too is claimed, with the fee that is signed', async () => {
  const { victim, desk, calls } = await open({ oracle: { answer: signed() } })
  const { does, feeWei, slot } = await desk.advanceWithOracle(USE)
  assert.equal([does, feeWei, slot, names(calls)], ['claims', 10n, { epoch: 1n, nonce: 1n }, ['claim']])
  const [, , recorded, forced, result] = calls[0] ?? []
  assert.equal([recorded, (forced as { player: number, paused: unknown }).player], [(await victim.coordinator.parts.records.certificate({ epoch: 0n, nonce: 0n }))?.breakpoint, 0])
  assert.equal((result as { feeWei: bigint }).feeWei, 10n)
})

const without: Readonly<Record<string, Answer>> = {
  'the fee is a wei above the limit': signed({ feeWei: 11n }),
  'the signature is another account\'s': signed({ key: STRANGER_KEY }),
  'the oracle declines': () => ({ kind: 'error', code: 'ORACLE_BOND_TOO_SMALL' }),
  'the answer is of another kind': () => ({ kind: 'peers', multiaddrs: [] }),
  'the peer breaks off': () => { throw new ThreadsError('NETWORK_UNREACHABLE', 'gone') },
  'it shows a certificate of no use': () => ({ kind: 'result', answer: { kind: 'certificate', certificate: { breakpoint: { thread, epoch: 0n, nonce: 7n, parent: hashOf(1), stateRoot: hashOf(2), inputsRoot: hashOf(3), timestampSec: 1n }, signatures: [], inputs: [] } } })
}
for (const [title, answer] of Object.entries(without)) {
  test(`${title}: the judge executes the move, and nothing is held against the oracle`, async () => {
    const { victim, desk, calls } = await open({ oracle: { answer } })
    assert.is((await desk.advanceWithOracle(USE)).does, 'advances')
    assert.equal([names(calls), await new ResultRecords(victim.coordinator.parts.records).falseOnes()], [['advance'], []])
  })
}

test('another root with the oracle\'s signature is kept and told, the judge executes the move, and that oracle is not asked again', async () => {
  const { victim, desk, calls, asked } = await open({ oracle: { answer: signed({ root: hashOf(9) }) } })
  assert.is((await desk.advanceWithOracle(USE)).does, 'advances')
  const [found, ...others] = await new ResultRecords(victim.coordinator.parts.records).falseOnes()
  assert.equal([found?.stateRoot, found?.oracle, others], [hashOf(9), game.context.terms.oracle, []])
  assert.ok(victim.coordinator.warnings.some(({ code }) => code === 'ORACLE_FALSE_RESULT'))
  await desk.advanceWithOracle(USE)
  assert.equal([names(calls), asked], [['advance', 'advance'], ['oracle']])
})

test('the claim reverts: the judge executes the move; what the chain does not answer is not guessed', async () => {
  const reverted = await open({ oracle: { answer: signed() } }, { claim: async () => { throw new ThreadsError('CHAIN_REVERTED', 'OracleRefuted') } })
  assert.equal([(await reverted.desk.advanceWithOracle(USE)).does, names(reverted.calls)], ['advances', ['advance']])
  const away = await open({ oracle: { answer: signed() } }, { claim: async () => { throw new ThreadsError('CHAIN_UNAVAILABLE', 'away') } })
  await away.desk.advanceWithOracle(USE).then(() => assert.unreachable(), (error: unknown) => { assert.is((error as ThreadsError).code, 'CHAIN_UNAVAILABLE') })
  assert.equal(names(away.calls), [])
})

test('players are not asked, and one that answers counts though another one never does', async () => {
  const never = new Promise<SyncAnswer>(() => {})
  const { desk, asked } = await open({ silent: { key: STRANGER_KEY, answer: () => never }, bob: { key: SESSIONS[1], answer: signed() }, oracle: { answer: signed() } })
  assert.is((await desk.advanceWithOracle(USE)).does, 'claims')
  assert.equal(asked, ['silent', 'oracle'])
})

test('without a dispute one is opened for the claim where there is an oracle to ask, and the move goes with it where there is none', async () => {
  const there = await open({ oracle: { answer: signed() } }, { inDispute: false })
  assert.equal([(await there.desk.advanceWithOracle(USE)).does, names(there.calls), there.asked], ['opens', ['challenge'], []])
  const gone = await open({}, { inDispute: false })
  assert.equal([(await gone.desk.advanceWithOracle(USE)).does, names(gone.calls)], ['advances', ['challengeAndAdvance']])
})

test.run()
