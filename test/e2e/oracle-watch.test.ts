// time limit: 240 s
/** An oracle's node takes a thread by itself and watches over it while its player is away: an old challenge is answered, and a false claim refuted. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Cheat, NONSENSE } from './false-claims.js'
import { certificate, ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, oracle: Player, code: Address }
const test = suite<World>('e2e/oracle-watch')
const WINDOW = 200
const BOB = 2
const FEE = ETHER / 100n
/** One claim in a thread of 1,000,000 gas; see the specification. */
const BOND = 2_470_000_000_000_000_000n

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('TicTacToe')).address
  const players = await Promise.all([
    arena.player('alice', { account: 1 }), arena.player('bob', { account: BOB, flags: ['--no-auto-dispute', '--no-auto-respond'] }),
    arena.player('oracle', { account: 3, flags: ['--oracle', '--oracle-fee', FEE.toString(), '--oracle-claims', '1'] })
  ])
  Object.assign(world, { alice: players[0], bob: players[1], oracle: players[2] })
})

test.after(async ({ arena }) => { await arena.stop() })

test('without the oracle\'s acceptance the last player cannot join; with a bond the oracle accepts by itself', async world => {
  const { arena, alice, bob, oracle, code } = world
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW, oracle: oracle.wallet, oracleFee: FEE.toString(), joining: [] })
  await until('bob to hear of the thread', async () => await table.knows(bob) || undefined)
  await rejects(bob.rpc.request('thread_join', { thread: table.thread }), 'ORACLE_NOT_ACCEPTED')
  await rejects(oracle.rpc.request('oracle_unbond', { amount: '1' }), 'ORACLE_BOND_TOO_SMALL')
  await rejects(alice.rpc.request('oracle_accept', { thread: table.thread }), 'ORACLE_NOT_OURS')
  assert.is((await oracle.rpc.request('oracle_bond', { amount: (3n * BOND).toString() })).freeWei, (3n * BOND).toString())
  const status = await until('the acceptance', async () => {
    const { thread } = await alice.rpc.request('oracle_status', { thread: table.thread })
    return thread?.accepted === true ? thread : undefined
  }, 60_000)
  assert.equal([status.oracle, status.pledgedWei, status.bondPerClaimWei, status.feeUnits], [oracle.wallet, BOND.toString(), BOND.toString(), FEE.toString()])
  await bob.rpc.request('thread_join', { thread: table.thread })
  await table.reach(0, [alice, bob, oracle])
})

/** A game that alice is about to win, after which her node is off, and bob a cheat. */
async function abandoned ({ arena, alice, bob, oracle, code }: World, moves: number): Promise<{ table: Table, cheat: Cheat }> {
  for (const player of [alice, bob]) {
    await player.kill()
    await player.start()
  }
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW, oracle: oracle.wallet, oracleFee: FEE.toString(), joining: [] })
  await until('the acceptance', async () => (await alice.rpc.request('oracle_status', { thread: table.thread })).thread?.accepted === true || undefined, 60_000)
  await until('bob to hear of the thread', async () => await table.knows(bob) || undefined)
  await bob.rpc.request('thread_join', { thread: table.thread })
  await table.reach(0)
  await table.play(X_WINS.slice(0, moves))
  await table.reach(moves, [alice, bob, oracle])
  return { table, cheat: new Cheat(table, 1, BOB) }
}

test('a player is away, the other shows an old state: the oracle answers with the last one, settles, and has its fee', async world => {
  const { arena, alice, bob, oracle } = world
  const { table, cheat } = await abandoned(world, 7)
  const { breakpoints } = await bob.rpc.request('thread_breakpoints', { thread: table.thread })
  const old = breakpoints[2]
  if (old === undefined) throw new Error('no third breakpoint')
  await Promise.all([alice.kill(), bob.kill()])
  const [recorded, signatures] = certificate(old)
  await (await cheat.court.getFunction('challenge').send(table.terms(), recorded, signatures) as { wait: () => Promise<unknown> }).wait()
  await until('the answer', async () => (await table.status(oracle)).chain.recorded?.slot.nonce === 7 || undefined, 60_000)
  const before = await arena.balance(alice.wallet)
  await arena.passTime(2 * WINDOW + 60)
  const { chain: { payoutsUnits } } = await table.phase(oracle, 'settled')
  assert.equal(payoutsUnits, [ETHER + STAKE, ETHER - STAKE, FEE].map(String))
  assert.is(await arena.balance(alice.wallet), before + ETHER + STAKE)
})

test('a player is away, the other claims nonsense: the oracle refutes it, and what all have signed and the input gave is paid', async world => {
  const { alice, bob, oracle, arena } = world
  const { table, cheat } = await abandoned(world, 5)
  await Promise.all([alice.kill(), bob.kill()])
  await cheat.claim(await cheat.challenge(oracle), cheat.input(3n, 'play(uint8)', [X_WINS[5]]), NONSENSE)
  const [slashed] = await until('the refutation', async () => (await cheat.told('Slashed')).length > 0 ? await cheat.told('Slashed') : undefined, 60_000)
  assert.is(String(slashed?.['refuter']).toLowerCase(), oracle.wallet)
  await until('the oracle to follow', async () => (await table.status(oracle)).head?.slot.nonce === 6 || undefined)
  await arena.passTime(4 * WINDOW)
  const { chain: { payoutsUnits } } = await table.phase(oracle, 'settled')
  assert.equal(payoutsUnits?.slice(2), [FEE.toString()])
  assert.equal((await oracle.rpc.request('oracle_release', { thread: table.thread })).thread, table.thread)
})

test.run()
