// time limit: 300 s
/** More threads than a node keeps in memory: the others rest on disk, and moves, challenges, claims and a power loss find them as if they had not. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import type { Result } from '../../src/rpc/api.js'
import { Cheat } from './false-claims.js'
import { certificate, ETHER, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, oracle: Player, code: Address, tables: Table[] }
const test = suite<World>('e2e/resting')
const THREADS = 12
const KEPT = 2
const WINDOW = 200
const BOB = 2
const FEE = ETHER / 100n

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('TicTacToe')).address
  world.tables = []
  const flags = ['--keep-loaded', `${KEPT}`, '--no-auto-dispute', '--no-auto-respond']
  const players = await Promise.all([
    arena.player('alice', { account: 1, flags }), arena.player('bob', { account: BOB, flags }),
    arena.player('oracle', { account: 3, flags: ['--keep-loaded', `${KEPT}`, '--oracle', '--oracle-fee', FEE.toString(), '--oracle-claims', '1'] })
  ])
  Object.assign(world, { alice: players[0], bob: players[1], oracle: players[2] })
  await world.oracle.rpc.request('oracle_bond', { amount: (30n * ETHER).toString() })
})

test.after(async ({ arena }) => { await arena.stop() })

const status = async (player: Player): Promise<Result<'node_status'>> => await player.rpc.request('node_status', {})

/** Waits until no more threads are in memory than are kept there, and some are not. */
async function atRest (...players: readonly Player[]): Promise<void> {
  for (const player of players) {
    await until(`${player.name}'s threads to rest`, async () => (await status(player)).loaded <= KEPT || undefined, 60_000)
    assert.is((await status(player)).threads, THREADS)
  }
}

function tableOf ({ tables }: World, index: number): Table {
  const table = tables[index]
  if (table === undefined) throw new Error(`no table ${index}`)
  return table
}

async function open (world: World): Promise<Table> {
  const { arena, alice, bob, oracle, code } = world
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW, oracle: oracle.wallet, oracleFee: FEE.toString(), joining: [] })
  await until('the acceptance', async () => await table.knows(alice) && (await alice.rpc.request('oracle_status', { thread: table.thread })).thread?.accepted === true || undefined, 60_000)
  await until('bob to hear of the thread', async () => await table.knows(bob) || undefined)
  await bob.rpc.request('thread_join', { thread: table.thread })
  await table.reach(0)
  await table.play(X_WINS.slice(0, 2))
  await table.reach(2, [alice, bob, oracle])
  return table
}

test('with more threads than are kept in memory those rest in which nothing happens, and lists and reports show them without loading them', async world => {
  for (let opened = 0; opened < THREADS; opened += 4) world.tables.push(...await Promise.all(Array.from({ length: 4 }, async () => await open(world))))
  const { alice, bob, oracle, tables } = world
  await atRest(alice, bob, oracle)
  const loaded = (await status(oracle)).loaded
  const { threads } = await oracle.rpc.request('thread_list', {})
  assert.equal(threads.map(({ thread, slot, me }) => [thread, slot?.nonce, me]).sort(), tables.map(({ thread }) => [thread, 2, null]).sort())
  const report = await oracle.rpc.request('oracle_report', {})
  assert.equal([report.threads.length, new Set(report.threads.map(({ accepted }) => accepted))], [THREADS, new Set([true])])
  assert.ok((await status(oracle)).loaded <= loaded)
})

test('a move in a thread that rests everywhere is signed by all, and whoever follows the thread is told', async world => {
  const { alice, bob, oracle } = world
  const table = tableOf(world, 0)
  const told: string[] = []
  const following = await oracle.rpc.subscribe({ thread: table.thread }, event => { told.push(`${event.type} ${event.thread === table.thread}`) })
  await table.play(X_WINS.slice(2, 4), 2)
  await table.reach(4, [alice, bob, oracle])
  await until('the oracle to tell', () => told.includes('breakpoint true') || undefined)
  await following.unsubscribe()
  const { receipt } = await bob.rpc.request('thread_receipt', { thread: table.thread, input: (await table.send(0, 'play(uint8)', [X_WINS[4]])).input })
  assert.is(receipt?.success, true)
})

test('many moves at once in threads that rest: each is signed by all, and they rest again', async world => {
  const { alice, bob, oracle } = world
  const some = world.tables.slice(1, 9)
  await Promise.all(some.map(async table => { await table.play(X_WINS.slice(2, 4), 2) }))
  for (const table of some) await table.reach(4, [alice, bob, oracle])
  await atRest(alice, bob, oracle)
})

test('killed while its threads rest, a node finds them as they were, keeps few in memory, and signs nothing twice', async world => {
  const { alice, bob, oracle } = world
  await atRest(alice, bob, oracle)
  const heads = async (): Promise<unknown[]> => await Promise.all(world.tables.map(async table => await Promise.all([alice, bob, oracle].map(async player => (await table.status(player)).head?.hash))))
  const before = await heads()
  await Promise.all([alice, bob, oracle].map(async player => { await player.kill() }))
  await Promise.all([alice, bob, oracle].map(async player => { await player.start() }))
  assert.ok((await status(oracle)).loaded <= KEPT)
  assert.equal(await heads(), before)
  const table = tableOf(world, 9)
  await table.play(X_WINS.slice(2, 4), 2)
  await table.reach(4, [alice, bob, oracle])
  for (const player of [alice, bob]) assert.equal((await player.rpc.request('thread_evidence', { thread: table.thread })).evidence, [])
  await atRest(alice, bob, oracle)
})

test('a player is away and the thread rests: the oracle answers for the other\'s forced move', async world => {
  const { alice, bob, oracle } = world
  await bob.kill()
  const table = tableOf(world, 2)
  await atRest(oracle)
  await table.send(0, 'play(uint8)', [X_WINS[4]], { wait: 'sent' })
  const { claim, slot } = await alice.rpc.request('thread_advance', { thread: table.thread, useOracle: true })
  assert.equal([claim?.oracle, slot.nonce], [oracle.wallet, 5])
})

test('players are away and their thread rests at the oracle: an old state that one shows to the court is answered', async world => {
  const { alice, oracle } = world
  const table = tableOf(world, 1)
  const [, , old] = (await alice.rpc.request('thread_breakpoints', { thread: table.thread })).breakpoints
  if (old === undefined) throw new Error('no third breakpoint')
  await alice.kill()
  await atRest(oracle)
  const [recorded, signatures] = certificate(old)
  await (await new Cheat(table, 1, BOB).court.getFunction('challenge').send(table.terms(), recorded, signatures) as { wait: () => Promise<unknown> }).wait()
  await until('the answer', async () => (await table.status(oracle)).chain.recorded?.slot.nonce === 4 || undefined, 60_000)
})

test.run()
