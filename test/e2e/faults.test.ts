// time limit: 180 s
/** What a node depends on fails for a while, the disk or the chain: nothing is lost, nothing is signed that is not on disk, and it goes on by itself. */
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil } from '../../scripts/anvil.js'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import type { Result } from '../../src/rpc/api.js'
import { startEndpoint, type Endpoint } from '../chain/support/endpoint.js'
import { rejects } from '../support/rejects.js'
import { certificate, ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, endpoint: Endpoint, code: Address }
const test = suite<World>('e2e/faults')
const ENTRY = fileURLToPath(new URL('./fault-node.js', import.meta.url))

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.endpoint = await startEndpoint(arena.anvil.url)
  world.code = (await arena.deployData('TicTacToe')).address
  const [alice, bob] = await Promise.all([
    arena.player('alice', { account: 1 }), arena.player('bob', { account: 2, entry: ENTRY, chainUrl: world.endpoint.url })
  ])
  Object.assign(world, { alice, bob })
})

test.after(async ({ arena, endpoint }) => {
  await arena.stop()
  await endpoint.down()
})

/** Fills or frees the disk of a node, and waits until it has. */
async function disk (player: Player, state: 'full' | 'free'): Promise<void> {
  const from = player.log.length
  process.kill(player.pid ?? 0, 'SIGUSR2')
  await until(`the disk to be ${state}`, () => player.log.slice(from).includes(`the disk is ${state}`) || undefined)
}

async function nodeStatus (player: Player): Promise<Result<'node_status'>> {
  return await player.rpc.request('node_status', {})
}

test('while the disk is full nothing is signed, and once it is free the slot that was open completes', async ({ alice, bob, arena, code }) => {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]) })
  await table.play(X_WINS.slice(0, 2))
  await table.reach(2)
  await disk(bob, 'full')
  await rejects(table.send(0, 'play(uint8)', [X_WINS[2]], { timeoutSec: 1 }), 'INPUT_TIMEOUT')
  const waiting = (await table.status(alice)).pending
  assert.equal([waiting?.slot, waiting?.signed, waiting?.waitingFor], [{ epoch: 0, nonce: 3 }, [0], [1]])
  assert.equal((await table.status(bob)).head?.slot, { epoch: 0, nonce: 2 })
  await until('bob to say so', async () => (await nodeStatus(bob)).store.ok ? undefined : true)
  // What the chain says meanwhile must not be lost either.
  await alice.rpc.request('thread_checkpoint', { thread: table.thread })
  await until('alice to see it', async () => (await table.status(alice)).chain.recorded ?? undefined)

  await disk(bob, 'free')
  await table.reach(3)
  const [a, b] = await Promise.all([alice, bob].map(async player => (await table.status(player)).head?.hash))
  assert.equal([a, b], [waiting?.hash, waiting?.hash])
  await until('bob to see the checkpoint', async () => (await table.status(bob)).chain.recorded ?? undefined)
  await until('bob to be well', async () => (await nodeStatus(bob)).store.ok || undefined)
  await table.play(X_WINS.slice(3), 3)
  assert.equal((await bob.rpc.request('thread_close', { thread: table.thread })).payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
})

test('a move that cannot be stored is refused, and can be sent again when the disk is free', async ({ alice, bob, arena, code }) => {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]) })
  await table.play(X_WINS.slice(0, 1))
  await table.reach(1)
  await disk(bob, 'full')
  await rejects(table.send(1, 'play(uint8)', [X_WINS[1]], { value: STAKE.toString(), timeoutSec: 1 }), 'STORE_FAILED')
  assert.equal((await table.status(alice)).head?.slot, { epoch: 0, nonce: 1 })
  await disk(bob, 'free')
  // The same transaction: it left before it was to be stored, and commits nothing but itself.
  await until('bob to play', async () => await table.send(1, 'play(uint8)', [X_WINS[1]], { value: STAKE.toString() }).catch(() => undefined))
  await table.reach(2)
  assert.is(await table.read(alice, 'turn() view returns (address)').then(turn => String(turn).toLowerCase()), alice.wallet)
  // Killed where its memory and its disk had parted, it is as it was.
  await disk(bob, 'full')
  await rejects(table.send(0, 'play(uint8)', [X_WINS[2]], { timeoutSec: 1 }), 'INPUT_TIMEOUT')
  await bob.kill()
  await bob.start()
  await table.reach(3)
  await table.play(X_WINS.slice(3), 3)
  assert.is((await alice.rpc.request('thread_close', { thread: table.thread })).closed, true)
})

test('a chain that goes away stops no game; when it comes back, a challenge that came meanwhile is answered', async ({ alice, bob, arena, code, endpoint }) => {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]) })
  await table.play(X_WINS.slice(0, 2))
  await endpoint.down()
  await until('bob to miss it', async () => (await nodeStatus(bob)).chain.ok ? undefined : true)
  assert.is((await nodeStatus(bob)).chain.error, 'CHAIN_UNAVAILABLE')
  await table.play(X_WINS.slice(2, 3), 2)
  await table.reach(3)
  assert.is((await table.status(bob)).chain.nowSec, null)
  // What is asked of it meanwhile is done when it is there again.
  const asked = bob.rpc.request('thread_checkpoint', { thread: table.thread })
  await endpoint.up()
  assert.equal((await asked).slot, { epoch: 0, nonce: 3 })
  await endpoint.down()
  await until('bob to miss it', async () => (await nodeStatus(bob)).chain.ok ? undefined : true)
  await table.play(X_WINS.slice(3, 6), 3)
  await table.reach(6)

  // Alice's node knows better, so she goes to the court herself; the one to answer is bob's, which hears of it late.
  const { breakpoints } = await alice.rpc.request('thread_breakpoints', { thread: table.thread })
  const old = breakpoints[4]
  assert.ok(old)
  await alice.kill()
  await (await table.court(1).getFunction('challenge')(table.terms(), ...certificate(old))).wait()
  await endpoint.up()
  await until('the answer', async () => {
    const status = await table.status(bob)
    return status.chain.recorded?.slot.nonce === 6 && status.chain.dispute === 2 ? status : undefined
  })
  assert.is((await nodeStatus(bob)).chain.ok, true)
  await alice.start()
  await table.play(X_WINS.slice(6), 6)
  assert.equal((await table.phase(bob, 'active')).chain.confirmedEpoch, 2)
  assert.is((await alice.rpc.request('thread_close', { thread: table.thread })).closed, true)
})

test('another chain at the same address is not taken for the one that was there', async ({ arena, bob, endpoint }) => {
  const other = await startAnvil({ args: ['--chain-id', '4711'] })
  try {
    await endpoint.down()
    await until('bob to miss it', async () => (await nodeStatus(bob)).chain.ok ? undefined : true)
    endpoint.target = other.url
    await endpoint.up()
    await until('bob to see that it is another', async () => (await nodeStatus(bob)).chain.error === 'CHAIN_WRONG_CHAIN' || undefined)
    await rejects(bob.rpc.request('thread_withdraw', {}), 'CHAIN_WRONG_CHAIN')
    endpoint.target = arena.anvil.url
    await until('bob to be well', async () => (await nodeStatus(bob)).chain.ok || undefined)
  } finally {
    await other.stop()
  }
})

test.run()
