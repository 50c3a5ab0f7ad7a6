// time limit: 400 s
/** Prizes on the chain while a game goes on: an ERC-721 to the winner of each round and its money, through real nodes and the command line, before and after the end. */
import { AbiCoder, id, type Contract } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { runScenario } from './demo-run.js'
import { ETHER, STAKE, Table } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address }
const test = suite<World>('e2e/receipts')
const WINDOW = 100
/** A round: seven times three. */
const WORDS = 7

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('Rounds')).address
  const players = await Promise.all([
    arena.player('alice', { account: 1, flags: ['--patience-sec', '1'] }),
    arena.player('bob', { account: 2, flags: ['--no-auto-dispute'] })
  ])
  Object.assign(world, { alice: players[0], bob: players[1] })
})

test.after(async ({ arena }) => { await arena.stop() })

/** A table of Rounds with trophies of its own, its budgets paid in. */
async function sitDown ({ arena, alice, bob, code }: World, options: Parameters<typeof Table.start>[3] = {}): Promise<{ table: Table, trophy: Contract }> {
  const trophy = await arena.deploy('Trophy')
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'address'], [alice.wallet, bob.wallet, STAKE, await trophy.getAddress()])
  const table = await Table.start(arena, [alice, bob], code, { windowSec: WINDOW, ctorArg, ...options })
  const { contract } = await table.status(alice)
  await (await trophy.getFunction('admit')(contract)).wait()
  for (const player of [0, 1]) await sent(table, player, 'fund()', [], ETHER / 2n)
  return { table, trophy }
}

async function sent (table: Table, player: number, signature: string, args: readonly number[] = [], value = 0n): Promise<void> {
  const { success, reason } = await table.send(player, signature, args, { value: value.toString() })
  if (success !== true) throw new Error(`${signature} reverted: ${reason ?? ''}`)
}

/** Plays a round, which `first` begins and wins. */
async function round (table: Table, first: number): Promise<void> {
  for (let word = 0; word < WORDS; word++) await sent(table, (first + word) % 2, 'say(uint8)', [3])
}

async function outstanding (table: Table, player: Player): Promise<readonly number[]> {
  const { receipts } = await player.rpc.request('thread_receipts', { thread: table.thread })
  return receipts.filter(({ redeemed }) => !redeemed).map(({ index }) => index)
}

test('the winner of a round redeems its prize and its trophy, the game goes on, and the close leaves what is outstanding funded', async world => {
  const { arena, alice, bob } = world
  const { table, trophy } = await sitDown(world)
  await round(table, 0)
  assert.equal(await outstanding(table, alice), [0, 1])
  const before = await arena.balance(alice.wallet)
  const block = await arena.provider.getBlockNumber()

  const dry = await alice.cli('redeem', table.thread.slice(0, 10), '1', '--dry-run')
  assert.is(dry.code, 0, dry.stderr)
  assert.match(dry.stdout, /nothing is sent. It would take \d+ gas/)
  assert.is(await arena.provider.getBlockNumber(), block)
  const all = await alice.cli('redeem', table.thread.slice(0, 10))
  assert.is(all.code, 0, all.stderr)
  assert.equal(all.stdout.match(/redeemed receipt \d/g), ['redeemed receipt 0', 'redeemed receipt 1'])
  assert.is((await trophy.getFunction('ownerOf')(0n) as string).toLowerCase(), alice.wallet)
  assert.is(await arena.balance(alice.wallet), before + STAKE - await arena.fees(alice.wallet, block))
  for (const player of [alice, bob]) await until(`${player.name} to see both redeemed`, async () => (await outstanding(table, player)).length === 0 || undefined)

  const again = await bob.cli('redeem', table.thread.slice(0, 10), '1')
  assert.equal([again.code, /was redeemed before/.test(again.stdout)], [0, true], again.stdout + again.stderr)
  assert.match((await bob.cli('redeem', table.thread.slice(0, 10))).stdout, /nothing is outstanding/)

  // Bob begins the next round, and wins it.
  await round(table, 1)
  for (const player of [0, 1]) await sent(table, player, 'cashOut()')
  assert.is((await table.status(alice)).chain.dispute, 0)
  const closed = await alice.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, [ETHER - STAKE, ETHER - STAKE, 2n * STAKE].map(String)])
  await table.phase(bob, 'closed')
  assert.is(await arena.balance(arena.court), STAKE)
  const after = await bob.cli('redeem', table.thread.slice(0, 10))
  assert.is(after.code, 0, after.stderr)
  assert.is((await trophy.getFunction('ownerOf')(1n) as string).toLowerCase(), bob.wallet)
  assert.is(await arena.balance(arena.court), 0n)
})

test('in a thread for a token the prize is paid in tokens and the trophy comes by the vault, while the game goes on and at the end', async world => {
  const { arena, alice, bob } = world
  const token = await arena.deploy('SilentToken')
  for (const { wallet } of [alice, bob]) await (await token.getFunction('mint')(wallet, 10_000_000n)).wait()
  const balances = async (): Promise<bigint[]> => await Promise.all([alice.wallet, bob.wallet, arena.court].map(async owner => await token.getFunction('balanceOf')(owner) as bigint))
  const asset = (await token.getAddress()).toLowerCase() as Address
  const { table, trophy } = await sitDown(world, { asset, deposit: 5_000_000n })
  await round(table, 0)
  const first = await alice.cli('redeem', table.thread.slice(0, 10))
  assert.is(first.code, 0, first.stderr)
  // Six decimals: the stake of a tenth is 100,000 units.
  assert.equal(await balances(), [5_100_000n, 5_000_000n, 9_900_000n])
  assert.is((await trophy.getFunction('ownerOf')(0n) as string).toLowerCase(), alice.wallet)

  await round(table, 1)
  for (const player of [0, 1]) await sent(table, player, 'cashOut()')
  await alice.rpc.request('thread_close', { thread: table.thread })
  await table.phase(bob, 'closed')
  assert.equal(await balances(), [10_000_000n, 9_900_000n, 100_000n])
  const second = await bob.cli('redeem', table.thread.slice(0, 10))
  assert.is(second.code, 0, second.stderr)
  assert.equal(await balances(), [10_000_000n, 10_000_000n, 0n])
  assert.is((await trophy.getFunction('ownerOf')(1n) as string).toLowerCase(), bob.wallet)
})

test('alone: the court settles what is recorded, and the winner redeems afterwards', async world => {
  const { arena, alice, bob } = world
  const { table, trophy } = await sitDown(world)
  await round(table, 0)
  await table.reach(9)
  await bob.kill()
  await alice.rpc.request('thread_challenge', { thread: table.thread })
  await table.phase(alice, 'dispute')
  await arena.passTime(2 * WINDOW)
  const { chain } = await table.phase(alice, 'settled')
  // What lies in the contract is divided in halves: nobody has cashed out, and the terms name no function for it.
  const rest = ETHER - STAKE
  assert.equal(chain.payoutsUnits, [ETHER / 2n + rest / 2n, ETHER / 2n + rest / 2n].map(String))
  assert.is(await arena.balance(arena.court), STAKE)
  const redeemed = await alice.cli('redeem', table.thread.slice(0, 10), '--json')
  assert.is(redeemed.code, 0, redeemed.stderr)
  assert.is((await trophy.getFunction('ownerOf')(0n) as string).toLowerCase(), alice.wallet)
  assert.is(await arena.balance(arena.court), 0n)
  await bob.start()
})

test('alone, with a settlement function: everybody has its budget back, and receipts are redeemed against what it left', async world => {
  const { arena, alice, bob } = world
  const { table } = await sitDown(world, { settlement: id('settle(address,address[],bytes)').slice(0, 10) })
  await round(table, 0)
  await table.reach(9)
  await bob.kill()
  await alice.rpc.request('thread_challenge', { thread: table.thread })
  await table.phase(alice, 'dispute')
  await arena.passTime(2 * WINDOW)
  const { chain } = await table.phase(alice, 'settled')
  assert.equal(chain.payoutsUnits, [ETHER, ETHER - STAKE].map(String))
  const redeemed = await alice.cli('redeem', table.thread.slice(0, 10))
  assert.is(redeemed.code, 0, redeemed.stderr)
  assert.is(await arena.balance(arena.court), 0n)
})

test('the demo: prizes while they play, the rest after the close, and each wei in its place', async () => {
  const told = await runScenario('receipt')
  assert.equal(told.all('round').map(({ name, said }) => [name, said.length]), [['Alice', 7], ['Alice', 8]])
  const redeemed = told.all('redeem')
  assert.equal(redeemed.map(({ index, isCall }) => [index, isCall]), [[0, false], [1, true], [2, false], [3, true]])
  const at = (name: string): number[] => told.steps.flatMap(({ step }, i) => step === name ? [i] : [])
  assert.ok((at('redeem')[1] ?? 0) < (at('round')[1] ?? 0) && (at('close')[0] ?? 0) < (at('redeem')[2] ?? 0), 'two while the game goes on, two after its end')
  assert.equal(told.one('close').payoutsWei, [ETHER, ETHER - 2n * STAKE, 2n * STAKE].map(String))
  const { players, courtWei } = told.one('balances')
  assert.equal([courtWei, ...players.map(({ wonWei }) => wonWei)], ['0', 2n * STAKE, -2n * STAKE].map(String))
  assert.is(told.one('result').ok, true)
})

test.run()
