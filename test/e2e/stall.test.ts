// time limit: 240 s
/** A player stops in the middle of a game: the other's node by itself forces its move, claims the game as its contract allows, and brings the money home. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { ETHER, PATIENCE_SEC, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address }
const test = suite<World>('e2e/stall')
const WINDOW = 200

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('TicTacToe')).address
  const flags = ['--patience-sec', '1', '--dispute-after-sec', '2', '--force-timeout', 'claimTimeout()']
  const players = await Promise.all([arena.player('alice', { account: 1, flags }), arena.player('bob', { account: 2, flags: ['--no-auto-dispute'] })])
  Object.assign(world, { alice: players[0], bob: players[1] })
})

test.after(async ({ arena }) => { await arena.stop() })

test('with the other stopped, a node forces its move, then the contract\'s claim against who is late, settles, and has the stakes', async ({ arena, alice, bob, code }) => {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW })
  await table.play(X_WINS.slice(0, 4))
  await table.reach(4)
  const block = await arena.provider.getBlockNumber()
  const before = await arena.balance(alice.wallet)
  await bob.kill()

  const moved = await table.send(0, 'play(uint8)', [X_WINS[4]], { timeoutSec: 30 })
  assert.equal([moved.final, moved.success, moved.slot], [true, true, { epoch: 1, nonce: 5 }])
  const forced = await table.phase(alice, 'dispute')
  assert.equal([forced.chain.recorded?.slot, forced.head?.slot, forced.head?.signatures], [{ epoch: 1, nonce: 5 }, { epoch: 1, nonce: 5 }, 0])

  // A power loss in the middle: the node goes on from what the court has, though nobody is there to tell it what it signed.
  await alice.kill()
  await alice.start()
  await until('alice to be where she was', async () => (await table.status(alice)).head?.slot.nonce === 5 || undefined)
  assert.equal((await table.status(alice)).head, forced.head)

  // The contract gives a minute for a move; then it is bob who is late.
  await arena.passTime(PATIENCE_SEC + 1)
  await until('the claim to be forced', async () => (await table.status(alice)).chain.recorded?.slot.nonce === 6 || undefined)
  assert.is(String(await table.read(alice, 'winner() view returns (address)')).toLowerCase(), alice.wallet)

  await arena.passTime(2 * WINDOW)
  const settled = await table.phase(alice, 'settled')
  assert.equal(settled.chain.payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
  assert.is(await arena.balance(alice.wallet), before + ETHER + STAKE - await arena.fees(alice.wallet, block))
  assert.is(await arena.balance(arena.court), 0n)
  // Whoever asks for what the node has done by itself gets it as the answer.
  const again = await alice.rpc.request('thread_settle', { thread: table.thread })
  assert.equal([again.payoutsUnits, again.transaction], [settled.chain.payoutsUnits, null])
  const by = await arena.provider.getTransaction(again.already ?? '')
  assert.is(by?.from.toLowerCase(), alice.wallet)
})

test('the one who was away comes back in the dispute, follows the forced move, and both play on off-chain to the end', async ({ arena, alice, bob, code }) => {
  await bob.start()
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW })
  await table.play(X_WINS.slice(0, 2))
  await table.reach(2)
  const { quote, transaction, slot } = await alice.rpc.request('thread_checkpoint', { thread: table.thread, dryRun: true })
  assert.equal([(quote?.gas ?? 0) > 50_000, transaction, slot], [true, null, { epoch: 0, nonce: 2 }])
  const end = await alice.rpc.request('thread_close', { thread: table.thread, dryRun: true })
  assert.equal([end.closed, end.payoutsUnits, end.missing, end.quote], [false, [ETHER, ETHER].map(String), [1], null])
  assert.is((await alice.rpc.request('thread_dispute', { thread: table.thread, price: true })).quote, null, 'nothing is to be sent')
  await bob.kill()
  const waiting = table.send(0, 'play(uint8)', [X_WINS[2]], { timeoutSec: 60 })
  const priced = await until('the price of the move', async () => await alice.rpc.request('thread_advance', { thread: table.thread, dryRun: true }).catch(() => undefined))
  assert.is(priced.transaction, null)
  assert.ok((priced.quote?.gas ?? 0) > 200_000 && (priced.quote?.gas ?? 0) < 600_000, String(priced.quote?.gas))
  assert.equal((await waiting).slot, { epoch: 1, nonce: 3 })
  await table.phase(alice, 'dispute')
  const { moves, next, cost, follows, dispute } = await alice.rpc.request('thread_dispute', { thread: table.thread })
  assert.equal([moves.map(({ player, slot }) => [player, slot.nonce]), follows, dispute?.number, cost.transactions], [[[0, 3]], true, 1, 1])
  assert.equal([next.action, next.reason], ['wait', 'there is no own input to force'])

  await bob.start()
  await until('bob to follow the forced move', async () => (await table.status(bob)).head?.slot.nonce === 3 || undefined)
  assert.equal((await table.status(bob)).head?.slot, { epoch: 1, nonce: 3 })
  const sent = await table.send(1, 'play(uint8)', [X_WINS[3]], { timeoutSec: 60 })
  assert.equal([sent.final, sent.slot], [true, { epoch: 1, nonce: 4 }])
  for (const player of [alice, bob]) assert.is((await table.phase(player, 'active')).chain.confirmedEpoch, 1)
  await table.play(X_WINS.slice(4), 4)
  await table.reach(7)
  const { breakpoints } = await bob.rpc.request('thread_breakpoints', { thread: table.thread })
  assert.equal(breakpoints.map(({ slot, signatures }) => [slot.epoch, slot.nonce, signatures.length]), [[0, 0, 2], [0, 1, 2], [0, 2, 2], [1, 3, 0], [1, 4, 2], [1, 5, 2], [1, 6, 2], [1, 7, 2]])
  const closed = await alice.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, [ETHER + STAKE, ETHER - STAKE].map(String)])
})

test('a thread is known to the node that has opened it when "open" returns, and its window of seconds is cautioned about', async ({ arena, alice, bob, code }) => {
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: 100, joining: [] })
  assert.is((await table.status(alice)).phase, 'opening')
  assert.match(String(table.opened.cautions), 'window of 100 s')
})

test.run()
