// time limit: 300 s
/** A computation of many times the gas limit (Wager.sol) between two nodes: by itself, over a kill -9; and forced through the chain from its last piece. */
import { AbiCoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import type { Address } from '../../src/protocol/types.js'
import { ETHER, STAKE, Table } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address }
const test = suite<World>('e2e/pieces')
const WINDOW = 400
const GAS_LIMIT = 800_000
const PIECE_GAS = 250_000
/** Primes below 4,000. */
const BELOW = 4_000
const PRIMES = 550
const SETTLE = loadArtifact('Wager').interface.getFunction('settle')?.selector ?? ''

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('Wager')).address
  const players = await Promise.all([
    arena.player('alice', { account: 1, flags: ['--no-auto-dispute'] }),
    arena.player('bob', { account: 2, flags: ['--no-auto-dispute'] })
  ])
  Object.assign(world, { alice: players[0], bob: players[1] })
})

test.after(async ({ arena }) => { await arena.stop() })

/** A thread in which both have said a number, Bob a nearer one. */
async function begin ({ arena, alice, bob, code }: World): Promise<Table> {
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['uint256'], [BELOW])
  const table = await Table.start(arena, [alice, bob], code, { ctorArg, windowSec: WINDOW, settlement: SETTLE, routine: true, gasLimit: GAS_LIMIT, pieceGas: PIECE_GAS })
  for (const [player, number] of [700, 650].entries()) assert.is((await table.send(player, 'guess(uint256)', [number], { value: STAKE.toString() })).success, true)
  await table.reach(2)
  return table
}

test('a count of more than twenty pieces goes on by itself, also after a kill -9 of the one who waits and of the one who is on', async world => {
  const { alice, bob } = world
  const table = await begin(world)
  assert.is((await table.status(alice)).terms.pieceGas, PIECE_GAS)
  const first = await table.send(0, 'count()')
  assert.equal([first.success, first.logs?.length], [true, 0])
  for (const [nonce, victim] of [[6, bob], [12, alice]] as const) {
    await table.reach(nonce, [alice])
    const { suspended } = await table.status(alice)
    assert.equal([suspended?.movers, suspended?.onTimeout, suspended?.data], [[0, 1], SETTLE, '0x'])
    assert.match(suspended?.piece ?? '', /^0x[0-9a-f]{64}$/)
    await victim.kill()
    await victim.start()
  }
  const end = await until('both to hold the end', async () => {
    const [mine, other] = await Promise.all(table.players.map(async player => await table.status(player)))
    return mine?.suspended === null && other?.suspended === null && mine.head?.stateRoot === other.head?.stateRoot ? mine : undefined
  }, 150_000)
  assert.is(String(await table.read(bob, 'primes() view returns (uint256)')), String(PRIMES))
  assert.equal(end.balances?.playersWei, [ETHER - STAKE, ETHER + STAKE].map(String))
  const { breakpoints } = await bob.rpc.request('thread_breakpoints', { thread: table.thread, from: { epoch: 0, nonce: 3 }, limit: 64 })
  const pieces = breakpoints.flatMap(({ inputs }) => inputs)
  assert.ok(pieces.length > 20 && pieces.every(({ success }) => success), String(pieces.length))
  assert.ok(pieces.reduce((sum, { gasUsed }) => sum + gasUsed, 0) > 8 * GAS_LIMIT)
  const closed = await alice.rpc.request('thread_close', { thread: table.thread })
  assert.equal(closed.payoutsUnits, [ETHER - STAKE, ETHER + STAKE].map(String))
})

test('a player who is gone in the middle of it: the other forces a piece through the chain from the last one that all have signed, and what is not counted in time is settled', async world => {
  const { arena, alice, bob } = world
  const table = await begin(world)
  assert.is((await table.send(1, 'count()')).success, true)
  await table.reach(6, [alice])
  await bob.kill()
  const { head, suspended } = await table.status(alice)
  const last = head?.slot.nonce ?? 0
  // Where the next slot is Alice's to propose, her node has sent what goes on already.
  const pending = await until('a slot to be left open', async () => (await table.status(alice)).pending ?? undefined)
  if (pending.proposer === 1) await alice.rpc.request('thread_send', { thread: table.thread, wait: 'sent' })
  await until('an own input to wait', async () => ((await table.status(alice)).pending?.queuedInputs ?? 0) > 0 || undefined)
  const advanced = await alice.rpc.request('thread_advance', { thread: table.thread })
  assert.is(advanced.slot.epoch, 1)
  const forced = await until('the forced piece', async () => {
    const status = await table.status(alice)
    return status.head?.slot.epoch === 1 ? status : undefined
  }, 150_000)
  assert.ok((forced.head?.slot.nonce ?? 0) > last, String(forced.head?.slot.nonce))
  assert.ok(forced.suspended?.piece !== undefined && forced.suspended.piece !== suspended?.piece)
  await arena.passTime(3 * WINDOW)
  await alice.rpc.request('thread_settle', { thread: table.thread })
  assert.equal((await table.phase(alice, 'settled')).chain.payoutsUnits, [ETHER, ETHER].map(String))
})

test.run()
