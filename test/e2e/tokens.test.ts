// time limit: 180 s
/** Threads whose money is an ERC-20, and contracts from elsewhere that run in a thread as they are. */
import { AbiCoder, id, type Contract } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { ETHER, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player }
const test = suite<World>('e2e/tokens')

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  const [alice, bob] = await Promise.all([arena.player('alice', { account: 1, flags: ['--no-auto-dispute'] }), arena.player('bob', { account: 2, flags: ['--no-auto-dispute'] })])
  Object.assign(world, { alice, bob })
})

test.after(async ({ arena }) => { await arena.stop() })

/** Deploys a token and gives each player ten million of its units. */
async function token (arena: Arena, name: string, players: readonly Player[]): Promise<{ asset: Address, balances: () => Promise<bigint[]> }> {
  const contract: Contract = await arena.deploy(name)
  for (const { wallet } of players) await (await contract.getFunction('mint')(wallet, 10_000_000n)).wait()
  const asset = (await contract.getAddress()).toLowerCase() as Address
  return { asset, balances: async () => await Promise.all([...players.map(({ wallet }) => wallet), arena.court].map(async owner => await contract.getFunction('balanceOf')(owner) as bigint)) }
}

test('TicTacToe plays unchanged for a token with 6 decimals whose transfers return nothing, and each unit is paid out', async ({ arena, alice, bob }) => {
  const { asset, balances } = await token(arena, 'SilentToken', [alice, bob])
  const code = await arena.deployData('TicTacToe')
  // Inside, a token is 10^18: the stake is one token and a dust that no unit of the token can pay.
  const stake = ETHER + 1n
  const table = await Table.start(arena, [alice, bob], code.address, { asset, deposit: 5_000_000n, ctorArg: ticTacToe([alice, bob], stake) })
  assert.equal(await balances(), [5_000_000n, 5_000_000n, 10_000_000n])
  await table.play(X_WINS, 0, stake)
  assert.equal((await table.status(bob)).balances?.playersWei, [6n * ETHER + 1n, 4n * ETHER - 1n].map(String))
  await table.reach(X_WINS.length)

  // Rounding down leaves one unit, which belongs to nobody: so both must say that they want to close like this.
  const closed = await Promise.all([alice, bob].map(async player => await player.rpc.request('thread_close', { thread: table.thread })))
  for (const { closed: done, payoutsUnits } of closed) assert.equal([done, payoutsUnits], [true, ['6000000', '4000000']])
  assert.equal(await balances(), [11_000_000n, 9_000_000n, 0n])
})

test('a token thread is settled alone through a dispute', async ({ arena, alice, bob }) => {
  const { asset, balances } = await token(arena, 'SilentToken', [alice, bob])
  const code = await arena.deployData('TicTacToe')
  const table = await Table.start(arena, [alice, bob], code.address, { asset, deposit: 7_000_000n, ctorArg: ticTacToe([alice, bob], ETHER) })
  await table.play(X_WINS, 0, ETHER)
  await table.reach(X_WINS.length)
  await bob.rpc.request('thread_challenge', { thread: table.thread })
  await table.phase(bob, 'dispute')
  await arena.passTime(200)
  assert.equal((await bob.rpc.request('thread_settle', { thread: table.thread })).payoutsUnits, ['8000000', '6000000'])
  assert.equal(await balances(), [11_000_000n, 9_000_000n, 0n])
  assert.equal(await bob.rpc.request('thread_withdraw', { asset }), { asset, amountUnits: '0', transaction: null })
})

test('a token that keeps a fee is refused when the thread is opened, and nothing is paid', async ({ arena, alice, bob }) => {
  const { asset, balances } = await token(arena, 'FeeToken', [alice, bob])
  const code = await arena.deployData('TicTacToe')
  await rejects(Table.open(arena, [alice, bob], code.address, { asset, deposit: 5_000_000n, ctorArg: ticTacToe([alice, bob]) }), 'CHAIN_REVERTED')
  assert.equal(await balances(), [10_000_000n, 10_000_000n, 0n])
})

test('OpenZeppelin\'s ERC20 runs in a thread with its constructor, and its balances move', async ({ arena, alice, bob }) => {
  const code = await arena.deployData('OpenZeppelinToken')
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['string', 'string', 'address', 'uint256'], ['A token', 'TKN', alice.wallet, 1000n])
  const table = await Table.start(arena, [alice, bob], code.address, { deposit: 0n, ctorArg })
  const owns = async (player: Player): Promise<unknown> => await table.read(player, 'balanceOf(address) view returns (uint256)', player.wallet)
  assert.is(await table.read(bob, 'name() view returns (string)'), 'A token')
  assert.equal([await owns(alice), await owns(bob)], ['1000', '0'])

  const moved = await table.send(0, 'transfer(address,uint256)', [bob.wallet, 300])
  assert.equal([moved.success, moved.logs?.[0]?.topics[0]], [true, id('Transfer(address,address,uint256)')])
  const tooMuch = await table.send(1, 'transfer(address,uint256)', [alice.wallet, 301])
  assert.equal([tooMuch.success, tooMuch.reason], [false, `reverted with custom error ${id('ERC20InsufficientBalance(address,uint256,uint256)').slice(0, 10)}`])
  assert.is((await table.send(1, 'approve(address,uint256)', [alice.wallet, 100])).success, true)
  assert.is((await table.send(0, 'transferFrom(address,address,uint256)', [bob.wallet, alice.wallet, 40])).success, true)
  await table.reach(4)
  for (const player of [alice, bob]) {
    assert.is(await table.read(player, 'allowance(address,address) view returns (uint256)', bob.wallet, alice.wallet), '60')
    assert.is(await table.read(player, 'totalSupply() view returns (uint256)'), '1000')
  }
  assert.equal([await owns(alice), await owns(bob)], ['740', '260'])
  // No ether was paid in: a close of nothing is a close.
  const closed = await alice.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, ['0', '0']])
})

test('OpenZeppelin\'s VestingWallet, bytecode for bytecode its package\'s, pays out a player\'s ether', async ({ arena, alice, bob }) => {
  const code = await arena.deployData('VestingWallet')
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['address', 'uint64', 'uint64'], [bob.wallet, 1, 1])
  const table = await Table.start(arena, [alice, bob], code.address, { ctorArg })
  const paid = await alice.rpc.request('thread_send', { thread: table.thread, value: (ETHER / 4n).toString() })
  assert.is(paid.success, true)
  assert.is((await table.send(0, 'release()')).success, true)
  await table.reach(2)
  const expected = [ETHER * 3n / 4n, ETHER * 5n / 4n].map(String)
  assert.equal((await table.status(bob)).balances?.playersWei, expected)
  const closed = await bob.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, expected])
})

test.run()
