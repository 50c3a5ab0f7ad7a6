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

  // The contract gives a minute for a move; then it is bob who is late.
  await arena.passTime(PATIENCE_SEC + 1)
  await until('the claim to be forced', async () => (await table.status(alice)).chain.recorded?.slot.nonce === 6 || undefined)
  assert.is(String(await table.read(alice, 'winner() view returns (address)')).toLowerCase(), alice.wallet)

  await arena.passTime(2 * WINDOW)
  const settled = await table.phase(alice, 'settled')
  assert.equal(settled.chain.payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
  assert.is(await arena.balance(alice.wallet), before + ETHER + STAKE - await arena.fees(alice.wallet, block))
  assert.is(await arena.balance(arena.court), 0n)
})

if (process.env['SHOW_LOG'] !== undefined) test.after(({ alice, bob }) => { console.log(alice.log.split('\n').filter(l => /court|moved|WARN|CHAIN/.test(l)).slice(-40).join('\n'), bob.log.slice(-100)) })
test.run()
