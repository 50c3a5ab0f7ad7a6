// time limit: 180 s
/** Two players, a game with stakes, from `open` to the money on the chain. */
import { id, Transaction, Wallet, type TransactionLike } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { encodeCalldata } from '../../src/rpc/calldata.js'
import type { NodeEvent } from '../../src/rpc/schemas.js'
import { rejects } from '../support/rejects.js'
import { ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address, table: Table, events: NodeEvent[], before: bigint[], block: number }
const test = suite<World>('e2e/game')

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  const { address } = await arena.deployData('TicTacToe')
  // Alice's wallet is a key of its own, as a player's who signs with a browser wallet; Bob has one key for all.
  const [alice, bob] = await Promise.all([arena.player('alice', { account: 1, separateWallet: true }), arena.player('bob', { account: 2 })])
  const before = await Promise.all([arena.balance(alice.wallet), arena.balance(bob.wallet)])
  const block = await arena.provider.getBlockNumber()
  const events: NodeEvent[] = []
  await bob.rpc.subscribe({}, event => { events.push(event) })
  const table = await Table.start(arena, [alice, bob], address, { ctorArg: ticTacToe([alice, bob]) })
  Object.assign(world, { alice, bob, code: address, table, events, before, block })
})

test.after(async ({ arena }) => { await arena.stop() })

test('a thread that all have joined is active, and its constructor\'s slot is signed by both', async ({ alice, bob, table }) => {
  assert.is.not(alice.wallet, alice.sessionKey)
  for (const player of [alice, bob]) {
    const status = await table.status(player)
    assert.is(status.phase, 'active')
    assert.equal(status.head?.slot, { epoch: 0, nonce: 0 })
    assert.is(status.head?.signatures, 2)
    assert.equal(status.balances, { playersWei: [ETHER.toString(), ETHER.toString()], oracleWei: '0', contractWei: '0', leftoverWei: '0' })
    assert.equal(status.players.map(({ wallet, sessionKey, joined, connected }) => ({ wallet, sessionKey, joined, connected })),
      [alice, bob].map(({ wallet, sessionKey }) => ({ wallet, sessionKey, joined: true, connected: true })))
  }
  assert.is((await alice.rpc.request('thread_list', {})).threads.length, 1)
})

test('a transaction that the wallet signed is played, as legacy, 2930 and 1559', async ({ arena, alice, table }) => {
  const { chainId, contract } = await table.status(alice)
  const wallet = new Wallet(alice.key)
  const move = async (index: number, cell: number, value: bigint, fields: TransactionLike): Promise<string> => {
    const data = encodeCalldata({ signature: 'play(uint8)', args: [cell] })
    const signed = await wallet.signTransaction({ to: contract, chainId: BigInt(chainId), nonce: index, gasLimit: 200_000, data, value, ...fields })
    const sent = await alice.rpc.request('thread_sendRaw', { thread: table.thread, raw: signed })
    assert.is(sent.success, true, sent.reason ?? '')
    assert.is(sent.input, Transaction.from(signed).hash)
    return sent.input
  }
  const [first, second, third, fourth, fifth, sixth] = X_WINS
  const input = await move(1, first, STAKE, { type: 0, gasPrice: 0 })
  const { receipt } = await alice.rpc.request('thread_receipt', { thread: table.thread, input })
  assert.equal([receipt?.player, receipt?.from, receipt?.nonce, receipt?.slot], [0, alice.wallet, 1, { epoch: 0, nonce: 1 }])
  assert.is((await table.send(1, 'play(uint8)', [second], { value: STAKE.toString() })).success, true)
  await move(2, third, 0n, { type: 1, gasPrice: 0, accessList: [{ address: contract, storageKeys: [] }] })
  assert.is((await table.send(1, 'play(uint8)', [fourth])).success, true)
  await move(3, fifth, 0n, { type: 2, maxFeePerGas: 0, maxPriorityFeePerGas: 0 })
  assert.is((await table.send(1, 'play(uint8)', [sixth])).success, true)
  assert.is(await arena.balance(arena.court), 2n * ETHER)
})

test('an input that reverts is recorded with its reason, and the game goes on', async ({ alice, bob, table }) => {
  const taken = await table.send(0, 'play(uint8)', [X_WINS[0]])
  assert.equal([taken.final, taken.success], [true, false])
  assert.is(taken.reason, `reverted with custom error ${id('CellTaken(uint8)').slice(0, 10)}`)
  const hers = await table.send(1, 'play(uint8)', [7])
  assert.is(hers.reason, `reverted with custom error ${id('NotYourTurn(address,address)').slice(0, 10)}`)
  for (const player of [alice, bob]) {
    const { receipt } = await player.rpc.request('thread_receipt', { thread: table.thread, input: taken.input })
    assert.equal([receipt?.success, receipt?.reason, receipt?.nonce], [false, taken.reason, taken.nonce])
  }
  // The nonce of the reverted input is used: the next one takes the one after it.
  const won = await table.send(0, 'play(uint8)', [X_WINS[6]])
  assert.equal([won.success, won.nonce], [true, taken.nonce + 1])
})

test('the winner has both stakes inside the thread, with the contract\'s events in the receipt', async ({ alice, bob, table }) => {
  for (const player of [alice, bob]) {
    assert.is(String(await table.read(player, 'winner() view returns (address)')).toLowerCase(), alice.wallet)
    await table.reach(9)
    assert.equal((await table.status(player)).balances?.playersWei, [ETHER + STAKE, ETHER - STAKE].map(String))
  }
  const { breakpoints } = await bob.rpc.request('thread_breakpoints', { thread: table.thread })
  assert.equal(breakpoints.map(({ slot }) => slot.nonce), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  breakpoints.slice(1).forEach(({ parent }, index) => { assert.is(parent, breakpoints[index]?.hash) })
  const topics = breakpoints.at(-1)?.inputs[0]?.logs.map(({ topics: [topic] }) => topic)
  assert.equal(topics, [id('Played(address,uint8)'), id('Won(address,uint256)')])
})

test('a close pays the balances on the chain, to the wei', async ({ arena, alice, bob, table, before, block }) => {
  const closed = await bob.rpc.request('thread_close', { thread: table.thread })
  const payouts = [ETHER + STAKE, ETHER - STAKE]
  assert.equal([closed.closed, closed.payoutsUnits, closed.missing], [true, payouts.map(String), []])
  for (const [index, player] of [alice, bob].entries()) {
    assert.equal((await table.phase(player, 'closed')).chain.payoutsUnits, payouts.map(String))
    const paid = (payouts[index] ?? 0n) - ETHER - await arena.fees(player.wallet, block)
    assert.is(await arena.balance(player.wallet), (before[index] ?? 0n) + paid, player.name)
  }
  assert.is(await arena.balance(arena.court), 0n)
})

test('a follower was told every step, in order', async ({ alice, table, events }) => {
  const told = await until('the last event', () => events.some(event => event.type === 'chain' && event.event === 'closed') ? events : undefined)
  assert.equal(told.flatMap(event => event.type === 'chain' ? [event.event] : []), ['opened', 'joined', 'closed'])
  assert.equal(told.flatMap(event => event.type === 'breakpoint' ? [event.slot.nonce] : []), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9])
  assert.is(told.filter(event => event.type === 'input').length, 9)
  assert.ok(told.every(({ thread }) => thread === table.thread))
  assert.ok(told.some(event => event.type === 'input' && event.from === alice.wallet))
})

test('a thread that is over is listed only when asked for, and takes no more inputs', async ({ alice, table }) => {
  assert.equal((await alice.rpc.request('thread_list', {})).threads, [])
  assert.equal((await alice.rpc.request('thread_list', { all: true })).threads.map(({ thread, phase }) => [thread, phase]), [[table.thread, 'closed']])
  await rejects(table.send(0, 'play(uint8)', [7]), 'THREAD_OVER')
})

test.run()
