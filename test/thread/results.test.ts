/** What an oracle signs for a forced move, and what it does not. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ThreadsError } from '../../src/errors.js'
import { ZERO_HASH } from '../../src/protocol/bytes.js'
import { sign, verify } from '../../src/protocol/crypto.js'
import { forceDigest, forceHash, resultDigest } from '../../src/protocol/typed-data.js'
import type { ResultAnswer, ResultRequest } from '../../src/protocol/oracle-codec.js'
import type { Hash32, Input, Slot } from '../../src/protocol/types.js'
import { feedChainEvent } from '../../src/thread/chain-feed.js'
import { Journal } from '../../src/thread/journal.js'
import type { ChainEvent } from '../../src/thread/ports.js'
import { Results, type ResultParts } from '../../src/thread/results.js'
import { domain, ETHER, ORACLE, PLAYERS, SESSIONS, ticTacToe } from '../machine/thread.js'
import { rejects } from '../support/rejects.js'
import { hashOf } from './contents.js'
import { NOW_MS, Victim } from './victim.js'

const test = suite('results')
const game = await ticTacToe()
const { thread } = game.context
const NOW_SEC = BigInt(NOW_MS / 1000)
const WALLET_KEY = new Uint8Array(32).fill(0x61)
const BOND = 100n
const FEE = 7n

/** A node that follows the thread, and the oracle's wallet with a bond for one claim. */
async function open (change: Partial<ResultParts> & { readonly bondWei?: bigint, readonly accepted?: boolean, readonly nowSec?: bigint } = {}): Promise<{ victim: Victim, results: Results }> {
  const { bondWei = BOND, accepted = true, nowSec = NOW_SEC + 5n, ...parts } = change
  const victim = await Victim.start(game)
  const chain = { wallet: ORACLE, nextTime: async () => nowSec, pledge: async () => ({ amountWei: bondWei, accepted }), bondFor: async () => BOND }
  return { victim, results: new Results(victim.coordinator, { chain, walletKey: WALLET_KEY, feeWei: FEE, ...parts }) }
}

/** The chain says these things of the thread, one after the other. */
async function say ({ coordinator }: Victim, events: readonly object[], blockNumber = 50n): Promise<void> {
  for (const [logIndex, event] of events.entries()) {
    await feedChainEvent(coordinator, { ...event, thread, at: { blockNumber, blockHash: hashOf(50), transactionHash: hashOf(50), logIndex, timestampSec: NOW_SEC } } as unknown as ChainEvent)
  }
}

const challenged = (recorded: Hash32, slot: Slot): object =>
  ({ type: 'challenged', dispute: 1n, recorded, slot, evidenceUntilSec: NOW_SEC + 100n, endsAtSec: NOW_SEC + 200n, by: PLAYERS[1] })

/** A dispute over the head. */
async function dispute (victim: Victim): Promise<void> {
  const { head, agreed } = victim.coordinator.state
  const certificate = agreed === undefined ? undefined : await victim.coordinator.parts.records.certificate(agreed)
  if (head === undefined || certificate === undefined) throw new Error('nothing is signed')
  await say(victim, [{ type: 'recorded', breakpoint: certificate.breakpoint, hash: head.hash, signatures: certificate.signatures }, challenged(head.hash, head.slot)])
}

const move = ({ coordinator }: Victim, cell = 4, valueWei = ETHER, nonce = 1n): Input =>
  game.input(0, { nonce, to: coordinator.parts.execution.machine?.contract, data: game.play(cell), valueWei })

/** What a player asks on what is recorded. */
function request ({ coordinator }: Victim, input: Input, change: Partial<ResultRequest> = {}): ResultRequest {
  const asked = { thread, dispute: 1n, parent: coordinator.state.head?.hash ?? ZERO_HASH, timestampSec: NOW_SEC + 5n, ...change }
  const force = sign(forceDigest({ ...asked, txHash: input.id }, domain), SESSIONS[0])
  return { ...asked, input, force, ...change }
}

const hashOfForce = ({ dispute, parent, timestampSec }: ResultRequest, input: Input): Hash32 => forceHash({ thread, dispute, parent, txHash: input.id, timestampSec })
const ask = async (results: Results, asked: ResultRequest): Promise<ResultAnswer> => await results.answer(results.open(asked))
const entries = async ({ coordinator }: Victim): Promise<number> => (await Journal.load(coordinator.parts.records.store, thread)).length

test('what executing the move gives is signed with the wallet\'s key, in the journal on disk before; asked again, the same bytes come without another entry', async () => {
  const { victim, results } = await open()
  await dispute(victim)
  const input = move(victim)
  const asked = request(victim, input)
  const before = await entries(victim)
  const answer = await ask(results, asked)
  if (answer.kind !== 'signed') throw new Error('a certificate')
  const { root } = await (victim.coordinator.parts.execution.machine?.fork())?.prepare({ nonce: 1n, parent: asked.parent, timestampSec: asked.timestampSec, inputs: [input] }) ?? {}
  assert.equal([answer.stateRoot, answer.feeWei], [root, FEE])
  assert.ok(verify(resultDigest({ force: hashOfForce(asked, input), stateRoot: answer.stateRoot, feeWei: FEE }, domain), answer.signature, ORACLE))
  assert.is(await entries(victim), before + 1)
  assert.equal(await ask(results, asked), answer)
  assert.is(await entries(victim), before + 1)
})

test('after a restart with another fee and another EVM it gives what it has signed, and nothing else for that move', async () => {
  const { victim, results } = await open()
  await dispute(victim)
  const asked = request(victim, move(victim))
  const first = await ask(results, asked)
  const chain = { wallet: ORACLE, nextTime: async () => NOW_SEC + 5n, pledge: async () => ({ amountWei: BOND, accepted: true }), bondFor: async () => BOND }
  assert.equal(await ask(new Results(victim.coordinator, { chain, walletKey: WALLET_KEY, feeWei: FEE + 1n, distort: () => hashOf(9) }), asked), first)
})

test('two who ask at once for one move get one result, with one entry', async () => {
  const { victim, results } = await open()
  await dispute(victim)
  const asked = request(victim, move(victim))
  const before = await entries(victim)
  const [one, other] = await Promise.all([ask(results, asked), ask(results, asked)])
  assert.equal(one, other)
  assert.is(await entries(victim), before + 1)
})

test('a certificate above what the court has recorded is the answer, and no result; after E it is none', async () => {
  for (const [nowSec, kind] of [[NOW_SEC + 99n, 'certificate'], [NOW_SEC + 100n, 'RESULT_NOT_RECORDED']] as const) {
    const { victim, results } = await open({ nowSec })
    const old = victim.lastProposal()
    const hash = victim.coordinator.state.head?.hash ?? ZERO_HASH
    const { signatures = [] } = await victim.coordinator.parts.records.certificate(old) ?? {}
    await victim.play(move(victim))
    await victim.ackLast()
    await say(victim, [{ type: 'recorded', breakpoint: old, hash, signatures }, challenged(hash, old)])
    const asked = request(victim, move(victim, 8), { parent: hash, timestampSec: nowSec })
    const before = await entries(victim)
    if (kind === 'certificate') {
      const answer = await ask(results, asked)
      assert.equal(answer.kind === 'certificate' && [answer.certificate.breakpoint.nonce, answer.certificate.signatures.length], [1n, 2])
    } else await rejects(ask(results, asked), kind)
    assert.is(await entries(victim), before)
  }
})

type Refusal = { readonly code: string, readonly parts?: Parameters<typeof open>[0], readonly input?: (victim: Victim) => Input, readonly change?: Partial<ResultRequest>, readonly then?: (victim: Victim) => Promise<void> }
const refusals: Readonly<Record<string, Refusal>> = {
  'the dispute has another number': { code: 'RESULT_NOT_RECORDED', change: { dispute: 2n } },
  'something else is recorded': { code: 'RESULT_NOT_RECORDED', change: { parent: hashOf(3) } },
  'the Force is another move\'s': { code: 'RESULT_BAD_FORCE', change: { force: sign(forceDigest({ thread, dispute: 1n, parent: ZERO_HASH, txHash: ZERO_HASH, timestampSec: 0n }, domain), SESSIONS[0]) } },
  'T is too old for the court': { code: 'RESULT_NOT_TIMELY', parts: { nowSec: NOW_SEC + 9n } },
  'T is in the future': { code: 'RESULT_NOT_TIMELY', change: { timestampSec: NOW_SEC + 21n } },
  'the dispute is over': { code: 'RESULT_NOT_TIMELY', parts: { nowSec: NOW_SEC + 200n }, change: { timestampSec: NOW_SEC + 199n } },
  'the move reverts': { code: 'RESULT_NO_MOVE', input: victim => move(victim, 9) },
  'the move has a nonce that is not its turn': { code: 'RESULT_NO_MOVE', input: victim => move(victim, 4, ETHER, 2n) },
  'the oracle has not accepted the thread': { code: 'ORACLE_NOT_ACCEPTED', parts: { accepted: false } },
  'the bond is one wei too small': { code: 'ORACLE_BOND_TOO_SMALL', parts: { bondWei: BOND - 1n } },
  'another account is the oracle': {
    code: 'ORACLE_NOT_OURS', parts: { chain: { wallet: PLAYERS[1], nextTime: async () => NOW_SEC, pledge: async () => ({ amountWei: BOND, accepted: true }), bondFor: async () => BOND } }
  },
  'a claim of the oracle was refuted in this thread': {
    code: 'ORACLE_HOLDS_BACK', then: async victim => { await say(victim, [{ type: 'slashed', account: ORACLE, refuter: PLAYERS[0], toRefuterWei: 1n, toEachOtherWei: 1n }], 51n) }
  }
}
for (const [title, { code, parts, input = move, change, then }] of Object.entries(refusals)) {
  test(`${title}: nothing is signed`, async () => {
    const { victim, results } = await open(parts)
    await dispute(victim)
    await then?.(victim)
    const asked = request(victim, input(victim), change)
    const before = await entries(victim)
    await rejects((async () => await ask(results, asked))(), code)
    assert.is(await entries(victim), before)
  })
}

test('each claim of its own that stands takes a bond; one that is proved, or that somebody else answers for, takes none', async () => {
  for (const [claim, isSigned] of [[{ account: ORACLE, index: 0 }, false], [{ account: ORACLE, index: 0, isProved: true }, true], [{ account: PLAYERS[0], index: 0 }, true]] as const) {
    const { victim: { coordinator }, victim, results } = await open()
    await dispute(victim)
    const asked = results.open(request(victim, move(victim)))
    // What matters of a move that stands: its dispute, and who answers for it.
    coordinator.setView({ ...coordinator.view, moves: [{ claim, player: 1, breakpoint: { ...victim.lastProposal(), epoch: 1n }, hash: hashOf(7), input: asked.input }] })
    if (isSigned) assert.is((await results.answer(asked)).kind, 'signed')
    else await rejects(results.answer(asked), 'ORACLE_BOND_TOO_SMALL')
  }
})

test('a Force that nobody has signed is its sender\'s fault; what is merely too late is nobody\'s', async () => {
  const { victim, results } = await open()
  await dispute(victim)
  const fault = (asked: ResultRequest): unknown => {
    try { results.open(asked) } catch (error) { return error instanceof ThreadsError ? error.peerFault : error }
    return 'none'
  }
  assert.is(fault(request(victim, move(victim), { force: new Uint8Array(65) })), 'reject')
  assert.is(fault(request(victim, move(victim), { dispute: 2n })), undefined)
})

test('a player has the results of 16 moves on one breakpoint, and no more', async () => {
  const { victim, results } = await open({ nowSec: NOW_SEC })
  await dispute(victim)
  for (let i = 0n; i < 16n; i++) assert.is((await ask(results, request(victim, move(victim, Number(i % 9n)), { timestampSec: NOW_SEC + i % 15n }))).kind, 'signed')
  await rejects(ask(results, request(victim, move(victim, 8), { timestampSec: NOW_SEC + 15n })), 'RESULT_TOO_MANY')
})

test.run()
