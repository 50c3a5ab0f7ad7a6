// time limit: 180 s
/** More than two nodes, players who cannot reach each other, nodes that come late and nodes that come back. */
import { AbiCoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import { rejects } from '../support/rejects.js'
import { ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, stand: Player, alice: Player, bob: Player }
const test = suite<World>('e2e/topologies')
/** Where nobody listens: what a player behind a router publishes. */
const NOWHERE = ['--announce', '/ip4/127.0.0.1/tcp/9/ws']

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  const stand = await arena.player('stand', { account: 3, flags: ['--observe'] })
  const flags = [...NOWHERE, '--peer', stand.multiaddrs[0] ?? '']
  const [alice, bob] = await Promise.all([arena.player('alice', { account: 1, flags }), arena.player('bob', { account: 2, flags })])
  Object.assign(world, { stand, alice, bob })
})

test.after(async ({ arena }) => { await arena.stop() })

test('two players who cannot reach each other play through a by-stander that relays', async ({ arena, stand, alice, bob }) => {
  const code = await arena.deployData('TicTacToe')
  const table = await Table.start(arena, [alice, bob], code.address, { ctorArg: ticTacToe([alice, bob]) })
  await table.play(X_WINS)
  await table.reach(7, [alice, bob, stand])

  const watched = await table.status(stand)
  assert.equal([watched.me, watched.mode, watched.head?.signatures], [null, 'watching', 2])
  assert.equal(watched.balances?.playersWei, [ETHER + STAKE, ETHER - STAKE].map(String))
  for (const player of [alice, bob]) {
    const { peers } = await player.rpc.request('node_peers', {})
    assert.equal(peers.map(({ sessionKey }) => sessionKey), [stand.sessionKey], `${player.name} is connected to the by-stander alone`)
  }
  await rejects(stand.rpc.request('thread_send', { thread: table.thread, signature: 'claimTimeout()' }), 'THREAD_NOT_A_PLAYER')

  const closed = await alice.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, [ETHER + STAKE, ETHER - STAKE].map(String)])
  await table.phase(stand, 'closed')
})

test('three players take turns, one is away and catches up, and all close', async ({ arena, stand, alice, bob }) => {
  const carol = await arena.player('carol', { account: 4 })
  const players = [alice, bob, carol]
  const code = await arena.deployData('RoundRobin')
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['address[]', 'uint256', 'uint256'], [players.map(({ wallet }) => wallet), 7, STAKE])
  // Carol knows nobody: alice and bob have published dead addresses, and reach her at the one that she publishes.
  const table = await Table.start(arena, players, code.address, { ctorArg })
  for (let turn = 0; turn < 4; turn++) {
    const { success } = await table.send(turn % 3, 'next()', [], { value: STAKE.toString() })
    assert.is(success, true)
  }
  assert.is((await table.send(2, 'next()', [], { value: STAKE.toString() })).success, false, 'not her turn, and recorded all the same')

  // All three must sign: nothing is final while one is away, and all is when it is back.
  await carol.kill()
  await rejects(table.send(1, 'next()', [], { value: STAKE.toString(), timeoutSec: 1 }), 'INPUT_TIMEOUT')
  await carol.start()
  await table.reach(6)
  for (let turn = 5; turn < 7; turn++) await table.send(turn % 3, 'next()', [], { value: STAKE.toString() })
  await table.reach(8, [...players, stand])

  // The seventh is alice's: she takes what seven counts have paid in.
  const expected = [ETHER + 4n * STAKE, ETHER - 2n * STAKE, ETHER - 2n * STAKE].map(String)
  const closed = await bob.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, expected])
  for (const player of players) assert.equal((await table.phase(player, 'closed')).chain.payoutsUnits, expected)
  await carol.stop()
})

test('a player killed in the middle goes on from its last breakpoint, and a by-stander that was down catches up', async ({ arena, stand, alice, bob }) => {
  // All three on one machine know each other now: the players must not depend on the by-stander.
  const code = await arena.deployData('TicTacToe')
  const table = await Table.start(arena, [alice, bob], code.address, { ctorArg: ticTacToe([alice, bob]) })
  await table.play(X_WINS.slice(0, 2))
  await Promise.all([stand.kill(), alice.kill()])
  await Promise.all([stand.start(), alice.start()])
  assert.equal((await table.status(alice)).head?.slot, { epoch: 0, nonce: 2 })
  await table.play(X_WINS.slice(2, 4), 2)
  await Promise.all([stand.kill(), bob.kill()])
  await Promise.all([stand.start(), bob.start()])
  await table.play(X_WINS.slice(4), 4)
  await table.reach(7, [alice, bob, stand])
  const heads = await Promise.all([alice, bob, stand].map(async player => (await table.status(player)).head?.hash))
  assert.is(new Set(heads).size, 1)
  assert.equal((await table.status(stand)).warnings, [], 'an observer has no journal that could be damaged')
  const { breakpoints } = await stand.rpc.request('thread_breakpoints', { thread: table.thread })
  assert.equal(breakpoints.map(({ slot }) => slot.nonce), [0, 1, 2, 3, 4, 5, 6, 7])
  assert.is((await bob.rpc.request('thread_close', { thread: table.thread })).closed, true)
})

test.run()
