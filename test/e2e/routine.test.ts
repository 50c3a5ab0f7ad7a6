// time limit: 400 s
/** Morpion as one function (Morpion.sol) between two nodes: killed at every breakpoint, closed with what each has; and ended by the court when one of them does not move, with no command by hand. */
import { AbiCoder } from 'ethers'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import type { Address } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { ETHER, STAKE, Table } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, /** Goes to the court after two seconds. */ hasty: Player, code: Address }
const test = suite<World>('e2e/routine')
const WINDOW = 400
/** How long a higher bid can come. */
const PATIENCE_SEC = 3
const abi = loadArtifact('Morpion').interface
const [SETTLE, FORFEIT] = ['settle', 'forfeit'].map(name => abi.getFunction(name)?.selector ?? '')

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('Morpion')).address
  const players = await Promise.all([
    arena.player('alice', { account: 1 }), arena.player('bob', { account: 2, flags: ['--no-auto-dispute'] }),
    arena.player('hasty', { account: 4, flags: ['--patience-sec', '1', '--dispute-after-sec', '2', '--mover-patience-sec', '2'] })
  ])
  Object.assign(world, { alice: players[0], bob: players[1], hasty: players[2] })
})

test.after(async ({ arena }) => { await arena.stop() })

async function begin ({ arena, alice, bob, code }: World, first = alice): Promise<Table> {
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256'], [first.wallet, bob.wallet, STAKE])
  return await Table.start(arena, [first, bob], code, { ctorArg, windowSec: WINDOW, ...SETTLE === undefined ? {} : { settlement: SETTLE }, routine: true })
}

/** What the game says of its board while it waits. */
const board = (cells: readonly number[]): string => AbiCoder.defaultAbiCoder().encode(['uint8[9]'], [cells])

/** A player's move, final at both nodes: the cell alone, for the contract waits for it. */
async function move (table: Table, number: number, cell: number): Promise<void> {
  const { success, reason } = await table.send(number % 2, '(uint8)', [cell], { value: (number < 2 ? STAKE : 0n).toString() })
  assert.is(success, true, reason ?? '')
  await table.reach(number + 2)
}

test('both nodes say for whom the contract waits; nobody else gets in, and a move that the game refuses can be tried again', async world => {
  const table = await begin(world)
  for (const player of table.players) assert.equal([(await table.status(player)).suspended, (await table.status(player)).terms.routine], [null, true])
  assert.is((await table.send(1, 'play()')).success, true)
  await table.reach(1)
  for (const player of table.players) assert.equal((await table.status(player)).suspended, { movers: [0], onTimeout: FORFEIT, data: board([0, 0, 0, 0, 0, 0, 0, 0, 0]) })
  await rejects(table.send(1, '(uint8)', [4], { value: STAKE.toString() }), 'INPUT_DROPPED')
  const refused = await table.send(0, '(uint8)', [4])
  assert.equal([refused.final, refused.success, abi.parseError(refused.returnData ?? '0x')?.name], [true, false, 'WrongStake'])
  assert.is((await table.send(0, '(uint8)', [4], { value: STAKE.toString() })).success, true)
  await table.reach(3)
  assert.equal((await table.status(world.bob)).suspended?.movers, [1])
})

test('a game in which a node is killed with -9 at every breakpoint goes on where it waited, and closes with what each has won', async world => {
  const { arena, alice, bob } = world
  const table = await begin(world)
  const before = await Promise.all([alice, bob].map(async ({ wallet }) => await arena.balance(wallet)))
  const block = await arena.provider.getBlockNumber()
  assert.is((await table.send(0, 'play()')).success, true)
  await table.reach(1)
  for (const [number, cell] of [4, 0, 2, 1, 6].entries()) {
    const victim = number % 2 === 0 ? alice : bob
    const waits = (await table.status(victim)).suspended
    await victim.kill()
    await victim.start()
    await table.reach(number + 1)
    const after = await table.status(victim)
    assert.equal(after.suspended, waits)
    assert.equal(after.suspended?.movers, [number % 2])
    await move(table, number, cell)
  }
  const [roots, waits] = [await Promise.all([alice, bob].map(async player => (await table.status(player)).head?.stateRoot)), (await table.status(bob)).suspended]
  assert.equal([roots[0], waits], [roots[1], null])
  const closed = await bob.rpc.request('thread_close', { thread: table.thread })
  const payouts = [ETHER + STAKE, ETHER - STAKE]
  assert.equal([closed.closed, closed.payoutsUnits], [true, payouts.map(String)])
  for (const [index, player] of [alice, bob].entries()) {
    await table.phase(player, 'closed')
    assert.is(await arena.balance(player.wallet), (before[index] ?? 0n) + (payouts[index] ?? 0n) - await arena.fees(player.wallet, block), player.name)
  }
})

test('an auction of three: bids of two at once are taken one after the other, who is outbid is paid back, and after its time anybody ends it', async ({ arena, alice, bob }) => {
  const carol = await arena.player('carol', { account: 3, flags: ['--no-auto-dispute'] })
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['address', 'address[]', 'uint256'], [alice.wallet, [bob.wallet, carol.wallet], PATIENCE_SEC])
  const code = (await arena.deployData('Auction')).address
  const table = await Table.start(arena, [alice, bob, carol], code, { ctorArg, windowSec: WINDOW, ...SETTLE === undefined ? {} : { settlement: SETTLE }, routine: true })
  assert.is((await table.send(0, 'sell(uint256)', [10])).success, true)
  await table.reach(1)
  assert.equal((await table.status(carol)).suspended?.movers, [0, 1, 2])
  const bid = async (player: number, value: number): Promise<boolean | undefined> => (await table.player(player).rpc.request('thread_send', { thread: table.thread, value: String(value) })).success
  assert.is(await bid(1, 9), false)
  const both = await Promise.all([bid(1, 20), bid(2, 30)])
  assert.is(both[1], true)
  await until('the time to be over', async () => await bid(0, 0) || undefined, 60_000)
  for (const player of table.players) assert.is((await table.status(player)).suspended, null)
  assert.is(String(await table.read(bob, 'owner() view returns (address)')).toLowerCase(), carol.wallet)
  assert.equal((await table.status(bob)).balances?.playersWei, [ETHER + 30n, ETHER, ETHER - 30n].map(String))
  const closed = await carol.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, [ETHER + 30n, ETHER, ETHER - 30n].map(String)])
  await carol.stop()
})

test('a mover whose node is gone: the other\'s move is executed by the judge, which stops at the next breakpoint, and what that named takes the stakes from who did not move', async world => {
  const { arena, hasty, bob } = world
  const table = await begin(world, hasty)
  assert.is((await table.send(0, 'play()')).success, true)
  await table.reach(1)
  await move(table, 0, 4)
  await move(table, 1, 0)
  await bob.kill()
  const { input } = await table.send(0, '(uint8)', [2], { wait: 'sent' })
  const moved = await until('the forced move', async () => (await hasty.rpc.request('thread_receipt', { thread: table.thread, input })).receipt ?? undefined, 150_000)
  assert.equal([moved.success, moved.slot], [true, { epoch: 1, nonce: 4 }])
  assert.equal((await table.status(hasty)).suspended, { movers: [1], onTimeout: FORFEIT, data: board([2, 0, 1, 0, 1, 0, 0, 0, 0]) })
  await arena.passTime(2 * WINDOW)
  assert.equal((await table.phase(hasty, 'settled')).chain.payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
})

test('a mover whose node is gone, and nothing to force: the other\'s node goes to the court by itself, and has what the breakpoint named', async world => {
  const { arena, hasty, bob } = world
  await bob.start()
  const table = await begin(world, hasty)
  assert.is((await table.send(0, 'play()')).success, true)
  await table.reach(1)
  await move(table, 0, 4)
  await move(table, 1, 0)
  await move(table, 2, 2)
  await bob.kill()
  const [before, block] = [await arena.balance(hasty.wallet), await arena.provider.getBlockNumber()]
  await table.phase(hasty, 'dispute')
  const { recorded, next, moves } = await hasty.rpc.request('thread_dispute', { thread: table.thread })
  assert.equal([recorded, next.action, moves], [{ epoch: 0, nonce: 4 }, 'wait', []])
  assert.match(hasty.log, /player 1 has not moved for \d+ s/)
  await arena.passTime(2 * WINDOW)
  // By the shares each would have half of the stakes.
  assert.equal((await table.phase(hasty, 'settled')).chain.payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
  assert.is(await arena.balance(hasty.wallet), before + ETHER + STAKE - await arena.fees(hasty.wallet, block))
})

test('a mover who was only slow plays on in the dispute\'s epoch, and is waited for in that one too', async world => {
  const { arena, hasty, bob } = world
  await bob.start()
  const table = await begin(world, hasty)
  assert.is((await table.send(0, 'play()')).success, true)
  await table.reach(1)
  await move(table, 0, 4)
  await table.phase(hasty, 'dispute')
  const { success, slot } = await table.send(1, '(uint8)', [0], { value: STAKE.toString(), timeoutSec: 60 })
  assert.equal([success, slot], [true, { epoch: 1, nonce: 3 }])
  assert.is((await table.phase(hasty, 'active')).chain.confirmedEpoch, 1)
  // It is its own turn now: nobody is waited for.
  await sleep(4_000)
  assert.is((await table.status(hasty)).phase, 'active')
  await move(table, 2, 2)
  await bob.kill()
  assert.is((await table.phase(hasty, 'dispute')).chain.confirmedEpoch, 1)
  await arena.passTime(2 * WINDOW)
  assert.equal((await table.phase(hasty, 'settled')).chain.payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
})

test.run()
