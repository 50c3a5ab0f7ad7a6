import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Address, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, interfaceOf, logOf } from './arena.js'
import { MULTIADDR, WINDOW, type Game, type GameOptions } from './game.js'

const arena = await Arena.create()
const test = suite('contracts/Threads: tokens')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const [alice, bob, payer] = [arena.account(0), arena.account(1), arena.account(18)]

/** A token of this kind, of which everybody has 10,000 and has approved the court. */
async function token (name: string, ...args: unknown[]): Promise<Address> {
  const asset = await arena.deploy(name, ...args)
  for (const owner of [alice, bob, payer]) {
    await arena.invoke(owner, asset, name, 'mint', [owner, 10_000n])
    await arena.invoke(owner, asset, name, 'approve', [arena.court, 2n ** 255n])
  }
  return asset
}

const inTokens = (asset: Address, assetDecimals = 6): GameOptions => ({ asset, assetDecimals, deposits: [1000n, 600n] })

for (const [kind, name, args] of [['an ordinary token', 'PlainToken', [6]], ['a token that returns nothing, as USDT', 'SilentToken', []]] as const) {
  condition(`${kind}: opened, joined and closed; what was paid in comes out`, async () => {
    const asset = await token(name, ...args)
    const game = await (await arena.game(inTokens(asset))).start()
    assert.is(await arena.balance(asset, arena.court), 1600n)
    await game.close(game.closing([100n, 1500n]))
    assert.equal(await balances(asset), [9100n, 10_900n, 0n])
  })

  condition(`${kind}: settled; balances of 18 decimals are rounded down, the dust is left over`, async () => {
    const asset = await token(name, ...args)
    const game = await (await arena.game({ ...inTokens(asset), shares: [1n, 1n] })).start()
    const unit = 10n ** 12n
    const state = game.state([100n * unit + unit / 2n, 1499n * unit + unit / 2n])
    const last = game.breakpoint({ nonce: 3n, stateRoot: state.root })
    const { timestampSec } = await game.record_('challenge', last)
    await arena.at(timestampSec + 2n * WINDOW)
    assert.is(logOf(await game.settle(last, state), 'Settled')['leftover'], 1n)
    assert.equal(await balances(asset), [9100n, 10_900n, 0n])
  })

  condition(`${kind}: cancelled; the deposit goes back`, async () => {
    const asset = await token(name, ...args)
    const game = await arena.game(inTokens(asset))
    await game.open()
    await arena.at(game.terms.joinDeadlineSec + 1n)
    await arena.court_(payer, 'cancel', [game.abi])
    assert.equal(await balances(asset), [10_000n, 10_000n, 0n])
  })
}

async function balances (asset: Address): Promise<bigint[]> {
  return await Promise.all([alice, bob, arena.court].map(account => arena.balance(asset, account)))
}

condition('a deposit of nothing asks the token nothing', async () => {
  const game = await (await arena.game({ asset: arena.account(9), deposits: [0n, 0n] })).start()
  await game.close(game.closing([0n, 0n]))
})

condition('ether that is sent to a token thread is refused', async () => {
  const game = await arena.game(inTokens(await token('PlainToken', 6)))
  await rejects(arena.court_(alice, 'open', [game.abi, MULTIADDR], 1n), 'WrongValue')
  await game.open()
  await rejects(arena.court_(bob, 'join', [game.abi, 1, MULTIADDR, '0x'], 1n), 'WrongValue')
})

condition('a token that keeps a fee is refused', async () => {
  await rejects((await arena.game(inTokens(await token('FeeToken')))).open(), 'TokenFee')
})

condition('a token that says false, one that reverts, and an address without code are refused', async () => {
  const asset = await token('FalseToken')
  await arena.invoke(alice, asset, 'FalseToken', 'refuse', [true])
  await rejects((await arena.game(inTokens(asset))).open(), 'TokenRefused')
  await rejects((await arena.game({ ...inTokens(await token('PlainToken', 6)), deposits: [10_001n, 0n] })).open(), 'TokenRefused')
  await rejects((await arena.game(inTokens(arena.account(9)))).open(), 'TokenRefused')
})

condition('a token that says false to a payout: the payee is credited and withdraws when it can', async () => {
  const asset = await token('FalseToken')
  const game = await (await arena.game(inTokens(asset))).start()
  await arena.invoke(alice, asset, 'FalseToken', 'refuse', [true])
  await game.close(game.closing([100n, 1500n]))
  assert.equal([await arena.credit(asset, alice), await arena.credit(asset, bob)], [100n, 1500n])
  await rejects(arena.court_(bob, 'withdraw', [asset]), 'WithdrawFailed')
  await arena.invoke(alice, asset, 'FalseToken', 'refuse', [false])
  await arena.court_(bob, 'withdraw', [asset])
  assert.equal(await balances(asset), [9000n, 10_900n, 100n])
})

for (const [kind, mode] of [['burns all gas', 1], ['returns 10,000 bytes that are not true', 2]] as const) {
  condition(`a token that ${kind} for one payee does not block the other`, async () => {
    const asset = await token('HostileToken')
    const game = await (await arena.game(inTokens(asset))).start()
    await arena.invoke(alice, asset, 'HostileToken', 'setMode', [alice, mode])
    await game.close(game.closing([100n, 1500n]))
    assert.equal([await arena.credit(asset, alice), ...await balances(asset)], [100n, 9000n, 10_900n, 100n])
  })
}

condition('a token that calls back cannot have one deposit counted for two', async () => {
  const asset = await token('CallbackToken')
  const wallet = await arena.deploy('Payee')
  await arena.invoke(payer, asset, 'CallbackToken', 'mint', [wallet, 10_000n])
  const abi = await interfaceOf('CallbackToken')
  await arena.invoke(payer, wallet, 'Payee', 'execute', [asset, abi.encodeFunctionData('approve', [arena.court, 10_000n])])
  const [outer, inner] = [await joinable(asset, wallet), await joinable(asset, wallet)]
  const join = (game: Game): Hex => arena.abi.encodeFunctionData('join', [game.abi, 1, '', '0x']) as Hex

  await arena.invoke(payer, wallet, 'Payee', 'setMode', [4, arena.court, join(inner)])
  // The token's own failure, because its hook was refused, is what the court sees.
  await rejects(arena.invoke(payer, wallet, 'Payee', 'execute', [arena.court, join(outer)]), 'TokenRefused')
  await arena.invoke(payer, wallet, 'Payee', 'setMode', [0, arena.court, '0x'])
  await arena.invoke(payer, wallet, 'Payee', 'execute', [arena.court, join(outer)])
  await arena.invoke(payer, wallet, 'Payee', 'execute', [arena.court, join(inner)])
})

condition('a token that calls back and forgives the refusal still cannot: the deposit inside is refused by name', async () => {
  const asset = await token('CallbackToken')
  const wallet = await arena.deploy('Payee')
  await arena.invoke(payer, asset, 'CallbackToken', 'mint', [wallet, 10_000n])
  const abi = await interfaceOf('CallbackToken')
  await arena.invoke(payer, wallet, 'Payee', 'execute', [asset, abi.encodeFunctionData('approve', [arena.court, 10_000n])])
  const [outer, inner] = [await joinable(asset, wallet), await joinable(asset, wallet)]
  const join = (game: Game): Hex => arena.abi.encodeFunctionData('join', [game.abi, 1, '', '0x']) as Hex
  await arena.invoke(payer, wallet, 'Payee', 'setMode', [5, arena.court, join(inner)])
  await arena.invoke(payer, wallet, 'Payee', 'execute', [arena.court, join(outer)])
  assert.equal([(await outer.record()).joined, (await inner.record()).joined], [3n, 1n])
  const refusal = await arena.read(wallet, await interfaceOf('Payee'), 'refusal', []) as Hex
  assert.is(arena.abi.parseError(refusal)?.name, 'TokenReentered')
})

/** A thread that `wallet`, a contract, joins second. */
async function joinable (asset: Address, wallet: Address): Promise<Game> {
  const game = await arena.game({ ...inTokens(asset, 18), players: [alice, wallet] })
  await game.open()
  return game
}

test.run()
