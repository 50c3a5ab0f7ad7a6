// time limit: 90 s
/** What strangers can make a node do through the chain, and what they cannot. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { ETHER, Table, ticTacToe } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address }
const test = suite<World>('e2e/attack')

test.before(async world => {
  const arena = await openArena()
  const [alice, bob] = await Promise.all([arena.player('alice', { account: 1 }), arena.player('bob', { account: 2 })])
  Object.assign(world, { arena, alice, bob, code: (await arena.deployData('TicTacToe')).address })
})

test.after(async ({ arena }) => { await arena.stop() })

test('a thread that gives a node\'s session key to another wallet is not that node\'s', async ({ alice, bob, code }) => {
  const players = [{ wallet: alice.wallet, sessionKey: alice.sessionKey, deposit: '1' }, { wallet: `0x${'77'.repeat(20)}`, sessionKey: bob.sessionKey, deposit: '0' }]
  const { thread } = await alice.rpc.request('thread_open', { players, contract: code, ctorArg: ticTacToe([alice, bob]) })
  await until('alice to follow it', async () => (await alice.rpc.request('thread_list', { all: true })).threads.some(known => known.thread === thread) || undefined)
  await sleep(300)
  assert.equal((await bob.rpc.request('thread_list', { all: true })).threads, [])
})

test('whoever is named in a thread dials nobody before it has joined, and plays after it', async ({ arena, alice, bob, code }) => {
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), joining: [], deposit: ETHER })
  await until('bob to hear of the thread', async () => await table.knows(bob) || undefined)
  await sleep(500)
  assert.is((await bob.rpc.request('node_status', {})).peers, 0)
  await bob.rpc.request('thread_join', { thread: table.thread })
  await table.reach(0)
  assert.ok((await bob.rpc.request('node_status', {})).peers > 0)
})

test.run()
