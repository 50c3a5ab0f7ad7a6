// time limit: 300 s
/** A player's node takes its forced moves to the chain as claims that the thread's oracle answers for, if what that signs is true. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LYING_NODE, openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, oracle: Player, liar: Player, code: Address }
const test = suite<World>('e2e/oracle-claims')
const WINDOW = 200
const BOB = 2
const FEE = ETHER / 100n
const RESULT_FEE = ETHER / 1_000n
/** One claim in a thread of 1,000,000 gas; see the specification. */
const BOND = 2_470_000_000_000_000_000n
const PASSIVE = ['--no-auto-dispute', '--no-auto-respond']
const AS_ORACLE = ['--oracle', '--oracle-fee', FEE.toString(), '--oracle-result-fee', RESULT_FEE.toString(), '--oracle-claims', '2']

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('TicTacToe')).address
  const [alice, bob, oracle, liar] = await Promise.all([
    arena.player('alice', { account: 1, flags: ['--patience-sec', '1', '--dispute-after-sec', '2', '--use-oracle'] }),
    arena.player('bob', { account: BOB, flags: PASSIVE }),
    arena.player('oracle', { account: 3, flags: AS_ORACLE }),
    arena.player('liar', { account: 4, flags: [...AS_ORACLE, ...PASSIVE], entry: LYING_NODE })
  ])
  Object.assign(world, { alice, bob, oracle, liar })
  for (const one of [oracle, liar]) await one.rpc.request('oracle_bond', { amount: (10n * BOND).toString() })
})

test.after(async ({ arena }) => { await arena.stop() })

/** A game of which the first moves are played, between alice and bob, with this oracle. */
async function begun ({ arena, alice, bob, code }: World, oracle: Player, moves: number): Promise<Table> {
  if (bob.pid !== undefined) await bob.kill()
  await bob.start()
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW, oracle: oracle.wallet, oracleFee: FEE.toString(), joining: [] })
  await until('the acceptance', async () => (await alice.rpc.request('oracle_status', { thread: table.thread })).thread?.accepted === true || undefined, 60_000)
  await until('bob to hear of the thread', async () => await table.knows(bob) || undefined)
  await bob.rpc.request('thread_join', { thread: table.thread })
  await table.reach(0)
  await table.play(X_WINS.slice(0, moves))
  await table.reach(moves, [alice, bob, oracle])
  return table
}

const claimsOf = async (player: Player, { thread }: Table): Promise<(readonly [number, string | null])[]> =>
  (await player.rpc.request('thread_dispute', { thread })).moves.map(({ player: mover, claimedBy }) => [mover, claimedBy])

test('a player sees an oracle before it opens a thread: by its address what it offers, by its account its bond and record', async ({ alice, bob, oracle, liar }) => {
  const [address = ''] = oracle.multiaddrs
  const { account, offer, freeWei, covers, record } = await alice.rpc.request('oracle_look', { multiaddr: address })
  assert.equal([account, freeWei, covers, record], [oracle.wallet, (10n * BOND).toString(), 10, { accepted: 0, claims: 0, refuted: 0 }])
  assert.equal(offer, { account: oracle.wallet, minFeeUnits: FEE.toString(), resultFeeWei: RESULT_FEE.toString(), claims: 2, codes: [], assets: [] })
  assert.is((await alice.rpc.request('oracle_look', { account: liar.wallet, gasLimit: 6_000_000 })).covers, 1)
  await rejects(alice.rpc.request('oracle_look', { multiaddr: bob.multiaddrs[0] ?? '' }), 'ORACLE_NOT_SERVING')
  const { stdout } = await alice.cli('oracle', 'look', address)
  assert.match(stdout, /a result for 0\.001 ether[^]*enough for 10[^]*0 threads accepted/)
})

test('the other is away: the move goes to the chain as a claim that the oracle answers for, and is what is paid out', async world => {
  const { arena, alice, bob, oracle } = world
  const table = await begun(world, oracle, 6)
  await bob.kill()
  const before = await arena.balance(alice.wallet)
  const block = await arena.provider.getBlockNumber()
  const won = await table.send(0, 'play(uint8)', [X_WINS[6]], { timeoutSec: 60 })
  assert.equal([won.final, won.success], [true, true])
  assert.equal(await claimsOf(alice, table), [[0, oracle.wallet]])
  assert.is((await alice.rpc.request('oracle_status', { thread: table.thread })).thread?.pledgedWei, (2n * BOND + RESULT_FEE).toString())
  const { threads: [standing], earned, work } = await until('the oracle to see the claim', async () => {
    const report = await oracle.rpc.request('oracle_report', {})
    return report.threads[0]?.standing === 0 ? undefined : report
  })
  assert.equal([standing?.results, standing?.standing, standing?.releasable, earned.resultsWei, work.disputes, work.signed], [1, 1, false, RESULT_FEE.toString(), 1, 1])
  await arena.passTime(3 * WINDOW)
  const { chain: { payoutsUnits } } = await table.phase(alice, 'settled')
  assert.equal(payoutsUnits, [ETHER + STAKE, ETHER - STAKE, FEE].map(String))
  assert.is(await arena.balance(alice.wallet), before + ETHER + STAKE - RESULT_FEE - await arena.fees(alice.wallet, block))
  await table.phase(oracle, 'settled')
  const { threads: [over], earned: after } = await oracle.rpc.request('oracle_report', {})
  assert.equal([over?.phase, over?.releasable, after], ['settled', true, { threadsWei: FEE.toString(), resultsWei: RESULT_FEE.toString() }])
  // The fee is the oracle's, with its bond.
  const free = BigInt((await oracle.rpc.request('oracle_status', {})).freeWei)
  await oracle.rpc.request('oracle_release', { thread: table.thread })
  assert.is(BigInt((await oracle.rpc.request('oracle_status', {})).freeWei), free + 2n * BOND + RESULT_FEE)
})

test('the oracle signs a lie for an honest player: it is kept as evidence, and the move is executed by the chain', async world => {
  const { arena, alice, bob, liar } = world
  const table = await begun(world, liar, 6)
  await bob.kill()
  const won = await table.send(0, 'play(uint8)', [X_WINS[6]], { timeoutSec: 60 })
  assert.equal([won.final, won.success], [true, true])
  assert.equal(await claimsOf(alice, table), [[0, null]])
  const { warnings } = await table.status(alice)
  assert.ok(warnings.some(({ code }) => code === 'ORACLE_FALSE_RESULT'))
  const { results } = await alice.rpc.request('thread_evidence', { thread: table.thread })
  assert.equal(results.map(({ oracle }) => oracle), [liar.wallet])
  assert.equal((await alice.rpc.request('oracle_look', { account: liar.wallet })).record, { accepted: 1, claims: 0, refuted: 0 })
  await arena.passTime(3 * WINDOW)
  assert.equal((await table.phase(alice, 'settled')).chain.payoutsUnits?.slice(0, 2), [ETHER + STAKE, ETHER - STAKE].map(String))
})

test.run()
