// time limit: 180 s
/** Which claim a node takes for wrong, by what it has executed itself. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { inputsRoot } from '../../src/protocol/input.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Hash32, Input } from '../../src/protocol/types.js'
import { Bench } from '../../src/thread/bench.js'
import { feedChainEvent } from '../../src/thread/chain-feed.js'
import type { RecordedMove } from '../../src/thread/chain-view.js'
import { lookAtClaims, wrongClaimIn, type Findings } from '../../src/thread/claims.js'
import { Desk } from '../../src/thread/desk.js'
import type { Followed } from '../../src/thread/moves.js'
import type { ChainEvent, ChainPort, Receipt } from '../../src/thread/ports.js'
import { ETHER, PLAYERS, ticTacToe } from '../machine/thread.js'
import { hashOf } from './contents.js'
import { NOW_MS, Victim } from './victim.js'

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

// ---------------------------------------------------------------- with a real machine, and a real judge

const NOW_SEC = BigInt(NOW_MS / 1000)
const game = await ticTacToe({ gasLimit: 6_000_000n })
const bench = new Bench(() => ({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode }))
/** Creation code that reads so many slots. 1,100 are more than the bound of the specification (§9) allows, though the judge can do them; 2,000 no transaction can show it. */
const reads = (slots: number): Uint8Array => Uint8Array.of(0x61, slots >> 8, slots & 255, 0x5b, 0x80, 0x54, 0x50, 0x60, 0x01, 0x90, 0x03, 0x80, 0x60, 0x03, 0x57, 0x00)
const tooMuch = (nonce: bigint, slots = 2_000): Input => game.input(1, { nonce, data: reads(slots), gasLimit: 6_000_000n })

type Call = { readonly name: string, readonly args: readonly unknown[] }

/** A node in a dispute about its head, its desk, and a chain that takes everything. */
async function disputed (): Promise<{ victim: Victim, desk: Desk, chain: ChainPort, calls: Call[] }> {
  const victim = await Victim.start(game)
  const calls: Call[] = []
  const call = (name: string) => async (...args: readonly unknown[]): Promise<Receipt> => {
    calls.push({ name, args })
    return await Promise.resolve({ transactionHash: ZERO_HASH, blockNumber: 1n, gasUsed: 1n, feeWei: 1n, dataBytes: 1 })
  }
  const chain = {
    wallet: PLAYERS[0], code: async () => await Promise.resolve(game.code), nextTime: async () => await Promise.resolve(NOW_SEC + 10n), bondFor: async () => await Promise.resolve(7n * ETHER), doubt: call('doubt'), refuteClaim: call('refuteClaim')
  } as unknown as ChainPort
  const desk = new Desk(victim.coordinator, { chain, bench, options: { autoRespond: true, autoDispute: true, disputeAfterSec: 300, moverPatienceSec: 3_600, forceTimeout: undefined } })
  const { state: { head, agreed }, parts: { records } } = victim.coordinator
  const certificate = agreed === undefined ? undefined : await records.certificate(agreed)
  if (head === undefined || certificate === undefined) throw new Error('nothing is signed')
  await said(victim, { type: 'recorded', breakpoint: certificate.breakpoint, hash: head.hash, signatures: certificate.signatures })
  await said(victim, { type: 'challenged', dispute: 1n, recorded: head.hash, slot: head.slot, evidenceUntilSec: NOW_SEC + 60n, endsAtSec: NOW_SEC + 120n, by: PLAYERS[1] })
  return { victim, desk, chain, calls }
}

async function said ({ coordinator }: Victim, event: object): Promise<void> {
  const at = { blockNumber: coordinator.view.last.blockNumber + 1n, blockHash: hashOf(50), transactionHash: hashOf(50), logIndex: 0, timestampSec: NOW_SEC }
  await feedChainEvent(coordinator, { ...event, thread: coordinator.thread, at } as unknown as ChainEvent)
}

/** The other player claims, on the head, just what its input leads to. */
async function claimed (victim: Victim, input: Input, index = 0, player = 1): Promise<Hash32> {
  const { coordinator, coordinator: { state: { head }, parts: { execution: { machine } } } } = victim
  if (head === undefined || machine === undefined) throw new Error('nothing is signed')
  const where = { nonce: head.slot.nonce + 1n, parent: head.hash, timestampSec: NOW_SEC + 1n }
  const { root } = await machine.fork().prepare({ ...where, inputs: [input], isForced: true })
  const breakpoint: Breakpoint = { thread: coordinator.thread, epoch: 1n, ...where, stateRoot: root, inputsRoot: inputsRoot([input]) }
  const hash = breakpointHash(breakpoint)
  await said(victim, { type: 'forced', dispute: 1n, player, endsAtSec: NOW_SEC + 120n, breakpoint, hash, input: { raw: input.raw, binding: input.binding } })
  await said(victim, { type: 'claimed', account: PLAYERS[player], index })
  assert.is(coordinator.state.head?.hash, hash, 'executing it here gives what is claimed')
  return hash
}

const findings = (): Findings => ({ upheld: new Set(), unfit: new Map(), unjudged: new Set() })

test('a right claim that cannot be judged is found out by running it, and doubted when the judge has come to nothing; the state that it leaves stays the node\'s', async () => {
  const { victim, desk, calls } = await disputed()
  const hash = await claimed(victim, tooMuch(1n))
  const first = await desk.outlook()
  assert.equal([first.decision.action, first.situation.falseClaim?.isUnjudged], ['refuteClaim', false])
  assert.match(first.decision.reason, /its first transaction takes \d+ bytes, at most 98304/)
  assert.is(await desk.act(), false, 'no judgement holds it: nothing is sent')
  const second = await desk.outlook()
  assert.equal([second.decision.action, second.situation.falseClaim?.isUnjudged], ['doubt', true])
  assert.is(await desk.act(), true)
  const [{ name, args: [, doubted] } = { name: '', args: [] }] = calls
  assert.equal([name, calls.length, doubted], ['doubt', 1, { index: 0, claimed: victim.coordinator.view.moves[0]?.breakpoint, depositWei: 7n * ETHER }])
  assert.is(victim.coordinator.state.head?.hash, hash)
  await said(victim, { type: 'doubted', claimed: hash, index: 0, doubter: PLAYERS[0], endsAtSec: NOW_SEC + 120n })
  const { decision } = await desk.outlook()
  assert.equal([decision.action, decision.atSec], ['wait', NOW_SEC + 120n])
})

test('a right claim above the bound that the judge does agree with is left alone: nothing is sent', async () => {
  const { victim, desk, calls } = await disputed()
  await claimed(victim, tooMuch(1n, 1_100))
  assert.is((await desk.outlook()).decision.action, 'refuteClaim')
  assert.is(await desk.act(), false)
  assert.equal([(await desk.outlook()).decision.action, await desk.act(), calls], ['wait', false, []])
})

test('a right claim that can be judged is left alone, and one upon it that cannot be is found out on the state that the first has left', async () => {
  const { victim, desk, chain, calls } = await disputed()
  const fit = await claimed(victim, game.input(1, { nonce: 1n, to: ZERO_ADDRESS, valueWei: 1n }))
  assert.is((await desk.outlook()).decision.action, 'wait')
  const unfit = await claimed(victim, tooMuch(2n), 1)
  const found = findings()
  await lookAtClaims(victim.coordinator, found, chain)
  assert.is(found.unfit.get(fit), undefined)
  assert.match(found.unfit.get(unfit) ?? '', /its first transaction takes/)
  assert.equal([[...found.unfit.keys()], calls], [[fit, unfit], []])
  const wrong = wrongClaimIn(victim.coordinator.view.moves, victim.coordinator.moves, found)
  assert.equal([wrong?.move.hash, wrong?.move.claim?.index], [unfit, 1])
})

test('an own claim is not looked at, nor one twice', async () => {
  const { victim, chain } = await disputed()
  const own = await claimed(victim, game.input(0, { nonce: 1n, data: reads(2_000), gasLimit: 6_000_000n }), 0, 0)
  const other = await claimed(victim, tooMuch(1n), 1)
  const found = findings()
  found.unfit.set(other, 'looked at before')
  await lookAtClaims(victim.coordinator, found, chain)
  assert.equal([found.unfit.has(own), found.unfit.get(other)], [false, 'looked at before'])
})

test.run()
