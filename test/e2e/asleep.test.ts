// time limit: 300 s
/** A node that slept past E with newer states than the court was shown: it goes on from the recorded one, alone or together with who comes back. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { certificate, ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address }
const test = suite<World>('e2e/asleep')
const WINDOW = 300

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('TicTacToe')).address
  const players = await Promise.all([
    arena.player('alice', { account: 1, flags: ['--patience-sec', '1', '--dispute-after-sec', '2'] }),
    arena.player('bob', { account: 2, flags: ['--patience-sec', '1', '--no-auto-dispute'] })
  ])
  Object.assign(world, { alice: players[0], bob: players[1] })
})

test.after(async ({ arena }) => { await arena.stop() })

/** Plays four moves; then both nodes are away, somebody shows the court slot 2, and nobody answers before E. */
async function asleep (arena: Arena, alice: Player, bob: Player, code: Address): Promise<Table> {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW })
  await table.play(X_WINS.slice(0, 4))
  await table.reach(4)
  const { breakpoints } = await bob.rpc.request('thread_breakpoints', { thread: table.thread })
  const old = breakpoints[2]
  assert.ok(old)
  await Promise.all([alice.kill(), bob.kill()])
  if (old === undefined) return table
  const challenge = await table.court(2).getFunction('challenge')(table.terms(), ...certificate(old)) as { wait: () => Promise<unknown> }
  await challenge.wait()
  await arena.passTime(WINDOW + 1)
  return table
}

test('alone it forces the own move again on what is recorded, over a restart, and settles', async ({ arena, alice, bob, code }) => {
  const table = await asleep(arena, alice, bob, code)
  await alice.start()
  const forced = await until('the own move to be forced again', async () => {
    const status = await table.status(alice)
    return status.chain.recorded?.slot.nonce === 3 && status.head?.slot.nonce === 3 ? status : undefined
  }, 60_000)
  assert.equal([forced.head?.slot, forced.head?.signatures], [{ epoch: 1, nonce: 3 }, 0])
  assert.ok(forced.warnings.some(({ code }) => code === 'SIGNED_TOO_LATE'), JSON.stringify(forced.warnings))
  await alice.kill()
  await alice.start()
  await until('alice to be where she was', async () => (await table.status(alice)).head?.slot.nonce === 3 || undefined)
  assert.equal((await table.status(alice)).head, forced.head)
  const { breakpoints } = await alice.rpc.request('thread_breakpoints', { thread: table.thread })
  assert.equal(breakpoints.map(({ slot, signatures }) => [slot.epoch, slot.nonce, signatures.length]), [[0, 0, 2], [0, 1, 2], [0, 2, 2], [1, 3, 0]])
  await arena.passTime(2 * WINDOW)
  const { chain } = await table.phase(alice, 'settled')
  // Two stakes lie in the contract: the terms share them.
  assert.equal(chain.payoutsUnits, [ETHER, ETHER].map(String))
  assert.is(await arena.balance(arena.court), 0n)
})

test('both come back: they make the same moves again from what is recorded, resume, and play to the end', async ({ arena, alice, bob, code }) => {
  await bob.start()
  const table = await asleep(arena, alice, bob, code)
  await alice.start()
  await until('the own move to be forced again', async () => (await table.status(alice)).chain.recorded?.slot.nonce === 3 || undefined, 60_000)
  await bob.start()
  await table.phase(alice, 'active')
  await table.reach(4)
  for (const player of [alice, bob]) assert.equal((await table.status(player)).head?.slot, { epoch: 1, nonce: 4 })
  await table.play(X_WINS.slice(4), 4)
  await table.reach(7)
  const { breakpoints } = await bob.rpc.request('thread_breakpoints', { thread: table.thread })
  assert.equal(breakpoints.map(({ slot: { epoch, nonce } }) => [epoch, nonce]), [[0, 0], [0, 1], [0, 2], [1, 3], [1, 4], [1, 5], [1, 6], [1, 7]])
  await bob.kill()
  await bob.start()
  assert.equal((await table.status(bob)).head?.slot, { epoch: 1, nonce: 7 })
  const closed = await alice.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, [ETHER + STAKE, ETHER - STAKE].map(String)])
})

test.run()
