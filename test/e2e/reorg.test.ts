// time limit: 240 s
/** The chain takes back blocks that were confirmed: with them a resumption and all that was signed after it, or a forced move. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address }
const test = suite<World>('e2e/reorg')

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('TicTacToe')).address
  const flags = ['--patience-sec', '1', '--dispute-after-sec', '2']
  const players = await Promise.all([arena.player('alice', { account: 1, flags }), arena.player('bob', { account: 2, flags: ['--patience-sec', '1', '--no-auto-dispute'] })])
  Object.assign(world, { alice: players[0], bob: players[1] })
})

test.after(async ({ arena }) => { await arena.stop() })

/** Goes back to a snapshot, and on from there in other blocks. */
async function goBack (arena: Arena, snapshot: string): Promise<void> {
  assert.is(await arena.provider.send('evm_revert', [snapshot]), true)
  await arena.provider.send('anvil_mine', ['0x8', '0x2'])
}

test('a forced move and the resumption after it are taken back: both come again, and what was signed since counts again', async ({ arena, alice, bob, code }) => {
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: 400 })
  await table.play(X_WINS.slice(0, 2))
  await table.reach(2)
  await bob.kill()
  const beforeMove = await arena.provider.send('evm_snapshot', []) as string
  assert.equal((await table.send(0, 'play(uint8)', [X_WINS[2]], { timeoutSec: 60 })).slot, { epoch: 1, nonce: 3 })

  await goBack(arena, beforeMove)
  const block = await arena.provider.getBlockNumber()
  await until('the move to be forced again in another block', async () => {
    const status = await table.status(alice)
    return status.phase === 'dispute' && status.chain.recorded?.slot.nonce === 3 && await arena.provider.getBlockNumber() > block ? status : undefined
  }, 60_000)

  const beforeResumption = await arena.provider.send('evm_snapshot', []) as string
  await bob.start()
  await table.play(X_WINS.slice(3, 5), 3)
  await table.reach(5)
  for (const player of [alice, bob]) await table.phase(player, 'active')
  const { head } = await table.status(alice)

  await goBack(arena, beforeResumption)
  for (const player of [alice, bob]) {
    const status = await until(`${player.name} to be where it was`, async () => {
      const status = await table.status(player)
      return player.log.includes('thread.turned') && status.phase === 'active' && status.head?.slot.nonce === 5 ? status : undefined
    }, 60_000)
    assert.equal([status.head, status.chain.confirmedEpoch], [head, 1])
  }
  await table.play(X_WINS.slice(5), 5)
  await table.reach(7)
  const closed = await alice.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, [ETHER + STAKE, ETHER - STAKE].map(String)])
  assert.is(await arena.balance(arena.court), 0n)
})

test.run()
