// time limit: 180 s
/** A player who is left alone, or cheated, gets its money through the chain. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { certificate, ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address }
const test = suite<World>('e2e/alone')
const WINDOW = 100

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('TicTacToe')).address
  const players = await Promise.all([arena.player('alice', { account: 1, flags: ['--no-auto-dispute'] }), arena.player('bob', { account: 2, flags: ['--no-auto-dispute', '--patience-sec', '1'] })])
  Object.assign(world, { alice: players[0], bob: players[1] })
})

test.after(async ({ arena }) => { await arena.stop() })

/** What the court has of a thread. */
async function record (table: Table): Promise<{ phase: number, dispute: bigint, confirmedEpoch: bigint, slot: bigint[] }> {
  const found = await table.court(9).getFunction('record')(table.thread) as { phase: bigint, dispute: bigint, confirmedEpoch: bigint, epoch: bigint, nonce: bigint }
  return { phase: Number(found.phase), dispute: found.dispute, confirmedEpoch: found.confirmedEpoch, slot: [found.epoch, found.nonce] }
}

test('a challenge with an old breakpoint is answered with the newest by the other\'s node on its own', async ({ arena, alice, bob, code }) => {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]) })
  await table.play(X_WINS)
  // Bob has lost, and goes to the court with the state after the first move.
  const { breakpoints } = await bob.rpc.request('thread_breakpoints', { thread: table.thread })
  const old = breakpoints[1]
  assert.ok(old)
  const [breakpoint, signatures] = certificate(old)
  await (await table.court(2).getFunction('challenge')(table.terms(), breakpoint, signatures)).wait()
  const answered = await until('the answer', async () => {
    const { slot, dispute } = await record(table)
    return slot[1] === BigInt(X_WINS.length) ? dispute : undefined
  })
  assert.is(answered, 2n, 'an answer raises the dispute\'s number')
  await until('bob to see the answer', async () => (await table.status(bob)).chain.recorded?.slot.nonce === X_WINS.length || undefined)
  await arena.passTime(2 * WINDOW)
  const settled = await bob.rpc.request('thread_settle', { thread: table.thread })
  assert.equal(settled.payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
  assert.equal((await table.phase(alice, 'settled')).chain.payoutsUnits, settled.payoutsUnits)
})

test('a dispute in which both play on ends with the first breakpoint of its epoch, and the game goes on to a close', async ({ arena, alice, bob, code }) => {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]) })
  await table.play(X_WINS.slice(0, 3))
  await table.reach(3)
  const challenged = await bob.rpc.request('thread_challenge', { thread: table.thread })
  assert.equal(challenged.slot, { epoch: 0, nonce: 3 })
  await table.phase(alice, 'dispute')
  await table.phase(bob, 'dispute')
  const sent = await table.send(1, 'play(uint8)', [X_WINS[3]])
  assert.equal(sent.slot, { epoch: 1, nonce: 4 })
  for (const player of [alice, bob]) assert.is((await table.phase(player, 'active')).chain.confirmedEpoch, 1)
  await table.play(X_WINS.slice(4, 6), 4)

  // Once more, with an old breakpoint of the confirmed epoch: the answer raises the dispute's number, and that epoch is the one to go on in.
  await table.reach(6)
  const { breakpoints: [old] } = await bob.rpc.request('thread_breakpoints', { thread: table.thread, from: { epoch: 1, nonce: 5 } })
  assert.ok(old)
  await (await table.court(2).getFunction('challenge')(table.terms(), ...certificate(old))).wait()
  await until('the answer', async () => (await record(table)).slot[1] === 6n || undefined)
  await table.play(X_WINS.slice(6), 6)
  for (const player of [alice, bob]) {
    await table.reach(7, [player])
    assert.equal((await table.status(player)).head?.slot, { epoch: 3, nonce: 7 })
  }
  const closed = await alice.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, [ETHER + STAKE, ETHER - STAKE].map(String)])
})

test('a checkpoint is recorded, and a challenge that restates it settles what it says', async ({ arena, alice, bob, code }) => {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]) })
  await table.play(X_WINS)
  const { slot } = await bob.rpc.request('thread_checkpoint', { thread: table.thread })
  assert.equal(slot, { epoch: 0, nonce: 7 })
  await until('alice to see it', async () => (await table.status(alice)).chain.recorded ?? undefined)
  await rejects(bob.rpc.request('thread_checkpoint', { thread: table.thread }), 'CHAIN_REVERTED')
  await alice.rpc.request('thread_challenge', { thread: table.thread, restate: true })
  await table.phase(bob, 'dispute')
  await rejects(bob.rpc.request('thread_settle', { thread: table.thread }), 'CHAIN_REVERTED')
  await arena.passTime(2 * WINDOW)
  const { payoutsUnits } = await bob.rpc.request('thread_settle', { thread: table.thread })
  assert.equal(payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
})

test('a thread that not everybody joined is cancelled after its deadline, and the deposit comes back', async ({ arena, alice, bob, code }) => {
  const block = await arena.provider.getBlockNumber()
  const before = await arena.balance(alice.wallet)
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), joining: [], joinWithinSec: 300 })
  await table.phase(alice, 'opening')
  await rejects(alice.rpc.request('thread_cancel', { thread: table.thread }), 'CHAIN_REVERTED')
  await arena.passTime(301)
  await alice.rpc.request('thread_cancel', { thread: table.thread })
  assert.is(await arena.balance(alice.wallet), before - await arena.fees(alice.wallet, block))
  await table.phase(bob, 'cancelled')
  await rejects(bob.rpc.request('thread_join', { thread: table.thread }), 'CHAIN_REVERTED')
})

test('the player who is left alone challenges, settles after the window and has its money', async ({ arena, alice, bob, code }) => {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]) })
  await table.play(X_WINS.slice(0, 4))
  await table.reach(4)
  const block = await arena.provider.getBlockNumber()
  const before = [await arena.balance(alice.wallet), await arena.balance(bob.wallet)]
  await alice.kill()
  const stuck = bob.rpc.request('thread_send', { thread: table.thread, signature: 'claimTimeout()', wait: 'final', timeoutSec: 2 })
  await rejects(stuck, 'INPUT_TIMEOUT')
  const warned = await until('a warning', async () => (await table.status(bob)).warnings.find(({ code }) => code === 'THREAD_WAITING'))
  assert.match(warned.message, 'waits for player 0')
  const { slot } = await bob.rpc.request('thread_challenge', { thread: table.thread })
  assert.equal(slot, { epoch: 0, nonce: 4 })
  const { chain } = await table.phase(bob, 'dispute')
  assert.is((chain.endsAtSec ?? 0) - (chain.evidenceUntilSec ?? 0), WINDOW)
  await arena.passTime(2 * WINDOW)
  const { payoutsUnits } = await bob.rpc.request('thread_settle', { thread: table.thread })
  // Both stakes are in the contract: what nobody owns is shared.
  assert.equal(payoutsUnits, [ETHER, ETHER].map(String))
  await table.phase(bob, 'settled')
  assert.is(await arena.balance(bob.wallet), (before[1] ?? 0n) + ETHER - await arena.fees(bob.wallet, block))
  assert.is(await arena.balance(alice.wallet), (before[0] ?? 0n) + ETHER)
  assert.equal(await bob.rpc.request('thread_withdraw', {}), { asset: `0x${'0'.repeat(40)}`, amountUnits: '0', transaction: null })
  assert.is(await arena.balance(arena.court), 0n)
})

test('a thread on which nothing was co-signed gives all deposits back', async ({ arena, alice, bob, code }) => {
  await alice.start()
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), joining: [] })
  // Alice pays and is gone before there is anything to sign.
  await until('bob to hear of the thread', async () => await table.knows(bob) || undefined)
  await alice.kill()
  const block = await arena.provider.getBlockNumber()
  const before = [await arena.balance(alice.wallet), await arena.balance(bob.wallet)]
  await bob.rpc.request('thread_join', { thread: table.thread })
  await table.phase(bob, 'active')
  await rejects(bob.rpc.request('thread_close', { thread: table.thread }), 'THREAD_NOT_STARTED')
  await rejects(bob.rpc.request('thread_checkpoint', { thread: table.thread }), 'THREAD_NOT_STARTED')
  const challenged = await bob.rpc.request('thread_challenge', { thread: table.thread })
  assert.is(challenged.slot, null)
  await table.phase(bob, 'dispute')
  await arena.passTime(2 * WINDOW)
  assert.equal((await bob.rpc.request('thread_settle', { thread: table.thread })).payoutsUnits, [ETHER, ETHER].map(String))
  await table.phase(bob, 'settled')
  assert.is(await arena.balance(bob.wallet), (before[1] ?? 0n) - await arena.fees(bob.wallet, block))
  assert.is(await arena.balance(alice.wallet), (before[0] ?? 0n) + ETHER)
})

test.run()
