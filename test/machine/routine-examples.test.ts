// time limit: 180 s
/** The examples that are routines, played in the machine: by their rules, from what was stored in the middle, and by those who settle. */
import { Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes } from '../../src/protocol/bytes.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { changeEntries } from '../../src/state/changes.js'
import { Machine, type InputReceipt } from '../../src/machine/machine.js'
import { decodeSuspended, MACHINE_ADDRESS } from '../../src/machine/routine.js'
import { number, Table } from './routines.js'
import { abi as encoded, batchOf, ETHER, PLAYERS, threadFor } from './thread.js'

const test = suite('examples of routines')
const [X, O] = PLAYERS

async function begin (name: 'Morpion' | 'Auction', types: readonly string[], values: readonly unknown[]): Promise<{ table: Table, abi: Interface, call: (method: string, args?: readonly unknown[]) => Uint8Array }> {
  const { interface: abi, creationCode } = loadArtifact(name)
  const settlement = abi.getFunction('settle')?.selector as Hex
  const table = await Table.of(threadFor(creationCode, { codeKind: 2, ctorArg: encoded('0x', types, values), settlement, gasLimit: 3_000_000n }))
  return { table, abi, call: (method, args = []) => hexToBytes(abi.encodeFunctionData(method, args) as Hex) }
}

const morpion = async (): ReturnType<typeof begin> => await begin('Morpion', ['address', 'address', 'uint256'], [X, O, ETHER])
const auction = async (): ReturnType<typeof begin> => await begin('Auction', ['address', 'address[]', 'uint256'], [X, [O], 10n])
const errorOf = (abi: Interface, receipt: InputReceipt | undefined): string | undefined => receipt?.success === false ? abi.parseError(receipt.returnData)?.name ?? receipt.reason : undefined
const read = async ({ table, abi }: Awaited<ReturnType<typeof begin>>, method: string): Promise<unknown> => {
  const { returnData } = await table.machine.call({ from: X, to: table.machine.contract, data: hexToBytes(abi.encodeFunctionData(method) as Hex) }, batchOf(99n, []))
  return abi.decodeFunctionResult(method, returnData)[0]
}

/** Moves of x and o in turn; the first of each with its stake. */
async function moves (table: Table, cells: readonly number[]): Promise<InputReceipt | undefined> {
  let last: InputReceipt | undefined
  for (const [i, cell] of cells.entries()) {
    const { receipts, skipped } = await table.play(table.input(i % 2 === 0 ? 0 : 1, { data: number(BigInt(cell)), valueWei: i < 2 ? ETHER : 0n }))
    assert.is(skipped.length, 0)
    last = receipts[0]
    assert.is(last?.success, true, `move ${i}: ${last?.reason}`)
  }
  return last
}

test('Morpion: who has three in a line wins both stakes, and the game can not be played again', async () => {
  const game = await morpion()
  await game.table.play(game.table.input(1, { data: game.call('play') }))
  await moves(game.table, [4, 0, 2, 1, 6])
  const { machine } = game.table
  assert.equal([machine.waiting, machine.account(X).balanceWei, machine.account(O).balanceWei, machine.account(machine.contract).balanceWei], [undefined, 11n * ETHER, 9n * ETHER, 0n])
  assert.is(String(await read(game, 'winner')).toLowerCase(), X)
  const { receipts: [again] } = await game.table.play(game.table.input(0, { data: game.call('play') }))
  assert.is(errorOf(game.abi, again), 'GameOver')
})

test('Morpion: a full board without a line divides the stakes', async () => {
  const { table, call } = await morpion()
  await table.play(table.input(0, { data: call('play') }))
  await moves(table, [0, 1, 2, 4, 3, 5, 7, 6, 8])
  assert.equal([table.machine.waiting, table.machine.account(X).balanceWei, table.machine.account(O).balanceWei], [undefined, 10n * ETHER, 10n * ETHER])
})

test('Morpion: a taken cell, one off the board and a wrong stake are refused, and the same player tries again', async () => {
  const { table, abi, call } = await morpion()
  await table.play(table.input(0, { data: call('play') }))
  const tries = async (cell: bigint, valueWei = 0n): Promise<string | undefined> => errorOf(abi, (await table.play(table.input(0, { data: number(cell), valueWei }))).receipts[0])
  assert.is(await tries(4n), 'WrongStake')
  assert.is(await tries(9n, ETHER), 'NoSuchCell')
  assert.is(await tries(4n, ETHER), undefined)
  const { receipts: [taken] } = await table.play(table.input(1, { data: number(4n), valueWei: ETHER }))
  assert.is(errorOf(abi, taken), 'CellTaken')
  assert.equal(table.machine.waiting?.movers, [O])
})

test('Morpion: rebuilt from what was stored at every breakpoint, the game goes on to the same roots', async () => {
  const { table, call } = await morpion()
  const stored = new Map<string, Uint8Array>()
  const keep = (changes: Parameters<typeof changeEntries>[0]): void => { for (const [key, value] of changeEntries(changes)) stored.set(key, value) }
  keep((await Machine.genesis(table.thread.context, table.thread.code)).changes)
  const cells = [undefined, 4, 0, 2, 1, 6]
  for (const [i, cell] of cells.entries()) {
    const input = table.input(i % 2 === 0 ? 1 : 0, cell === undefined ? { data: call('play') } : { data: number(BigInt(cell)), valueWei: i < 3 ? ETHER : 0n })
    const rebuilt = await (await Machine.load(table.thread.context, stored)).prepare(batchOf(BigInt(i + 1), [input]))
    const { root, receipts, changes } = await table.play(input)
    assert.is(receipts[0]?.success, true)
    assert.is(rebuilt.root, root)
    keep(changes)
  }
  assert.is(table.machine.account(X).balanceWei, 11n * ETHER)
})

test('Morpion: who does not move in time forfeits what is staked to the other', async () => {
  for (const [cells, [x, o]] of [[[], [10n, 10n]], [[4], [10n, 10n]], [[4, 0], [9n, 11n]], [[4, 0, 1], [11n, 9n]]] as const) {
    const { table, call } = await morpion()
    await table.play(table.input(0, { data: call('play') }))
    await moves(table, cells)
    const { outcome, machine } = await table.machine.after(table.machine.settlement(X), batchOf(50n, []))
    assert.is(outcome.success, true)
    assert.equal([machine.account(X).balanceWei, machine.account(O).balanceWei], [x * ETHER, o * ETHER], `${cells.length} moves`)
  }
})

test('Morpion: in a thread without routines it says what it lacks; a move of less than a word is refused in words', async () => {
  const { interface: abi, creationCode } = loadArtifact('Morpion')
  const settlement = abi.getFunction('settle')?.selector as Hex
  const table = await Table.of(threadFor(creationCode, { codeKind: 0, ctorArg: encoded('0x', ['address', 'address', 'uint256'], [X, O, ETHER]), settlement }))
  const { receipts: [receipt] } = await table.play(table.input(0, { data: hexToBytes(abi.encodeFunctionData('play') as Hex) }))
  assert.is(receipt?.success, false)
  assert.match(receipt?.reason ?? '', /^OutsideThread\(\): .*--routine$/)
  const relay = loadArtifact('Relay')
  const waiting = await Table.of(threadFor(relay.creationCode, { codeKind: 2, ctorArg: encoded('0x', ['address', 'address'], PLAYERS), settlement: relay.interface.getFunction('late')?.selector as Hex }))
  await waiting.play(waiting.input(0, { data: hexToBytes(relay.interface.encodeFunctionData('run', [1]) as Hex) }))
  const { receipts: [short] } = await waiting.play(waiting.input(0, { data: new Uint8Array(31) }))
  assert.is(short?.success, false)
  assert.match(short?.reason ?? '', /^NotAWord\(uint256\): /)
})

test('Morpion: nobody but the court calls the game forfeit', async () => {
  const { table, abi, call } = await morpion()
  const { receipts: [receipt] } = await table.play(table.input(0, { data: call('forfeit', [X, [O], '0x']) }))
  assert.is(errorOf(abi, receipt), 'NotTheCourt')
})

test('Auction: each bid puts the hammer off by the time of its own transaction, who is outbid is paid back, and nothing ends it but time', async () => {
  const sale = await auction()
  const { table, abi, call } = sale
  await table.play(table.input(0, { data: call('sell', [5n]) }))
  const bid = async (player: 0 | 1, valueWei: bigint): Promise<string | undefined> => errorOf(abi, (await table.play(table.input(player, { valueWei }))).receipts[0])
  assert.equal([await bid(1, 4n), await bid(0, 7n), await bid(1, 5n), await bid(1, 5n), await bid(1, 6n)], ['TooLow', 'NotABidder', undefined, 'TooLow', undefined])
  assert.is(table.machine.account(table.machine.contract).balanceWei, 6n)
  table.wait(8n)
  assert.is(await bid(0, 0n), 'NotABidder')
  assert.is(await bid(1, 9n), 'TooLate')
  assert.is(await bid(0, 0n), undefined)
  assert.equal([table.machine.waiting, table.machine.account(X).balanceWei, table.machine.account(table.machine.contract).balanceWei], [undefined, 10n * ETHER + 6n, 0n])
  assert.is(String(await read(sale, 'owner')).toLowerCase(), O)
})

test('Auction: when nobody comes any more, the court\'s call sells to who leads', async () => {
  const { table, call } = await auction()
  await table.play(table.input(0, { data: call('sell', [1n]) }))
  await table.play(table.input(1, { valueWei: 3n }))
  const { machine } = await table.machine.after(table.machine.settlement(O), batchOf(50n, []))
  assert.equal([machine.account(X).balanceWei, machine.account(O).balanceWei, machine.account(machine.contract as Address).balanceWei], [10n * ETHER + 3n, 10n * ETHER - 3n, 0n])
})

test('Auction: in a hundred bids the machine that waits does not grow', async () => {
  const { table, call } = await auction()
  await table.play(table.input(0, { data: call('sell', [1n]) }))
  const sizes: number[] = []
  for (let i = 1n; i <= 100n; i++) {
    const { receipts: [receipt] } = await table.play(table.input(1, { valueWei: i }))
    assert.is(receipt?.success, true)
    sizes.push(decodeSuspended(table.machine.code(MACHINE_ADDRESS)).memory.length)
  }
  assert.equal(new Set(sizes.slice(1)).size, 1)
})

test.run()
