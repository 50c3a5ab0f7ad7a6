import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asAddress, ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import type { Address } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, interfaceOf, logOf, type Sent } from './arena.js'

const ETHER = 10n ** 18n
const arena = await Arena.create()
const test = suite('contracts/examples')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const [x, o, outsider] = [arena.account(0), arena.account(1), arena.account(2)]

const ticTacToe = (stake = ETHER, patience = 60n): Promise<Address> => arena.deploy('TicTacToe', x, o, stake, patience)
const read = async (name: string, at: Address, method: string): Promise<unknown> => await arena.read(at, await interfaceOf(name), method, [])

/** Plays these cells in turn, each player's stake with its first move. */
async function play (board: Address, cells: readonly number[], stake = ETHER): Promise<Sent> {
  let sent: Sent | undefined
  for (const [i, cell] of cells.entries()) sent = await arena.invoke(i % 2 === 0 ? x : o, board, 'TicTacToe', 'play', [cell], i < 2 ? stake : 0n)
  if (sent === undefined) throw new Error('no move')
  return sent
}

for (const line of [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]]) {
  condition(`TicTacToe: who fills ${line.join(', ')} wins both stakes, and the contract keeps nothing`, async () => {
    const board = await ticTacToe()
    const before = await arena.balance(ZERO_ADDRESS, x)
    const others = [0, 1, 2, 3, 4, 5, 6, 7, 8].filter(cell => !line.includes(cell))
    const sent = await play(board, [line[0] ?? 0, others[0] ?? 0, line[1] ?? 0, others[1] ?? 0, line[2] ?? 0])
    assert.is(logOf(sent, 'Won')['prize'], 2n * ETHER)
    assert.equal([await arena.balance(ZERO_ADDRESS, x) - before, await arena.balance(ZERO_ADDRESS, board)], [ETHER, 0n])
    assert.is(asAddress(String(await read('TicTacToe', board, 'winner'))), x)
    await rejects(arena.invoke(o, board, 'TicTacToe', 'play', [others[2]]), 'GameOver')
    await rejects(arena.invoke(x, board, 'TicTacToe', 'claimTimeout'), 'GameOver')
  })
}

condition('TicTacToe: o wins too, a draw divides, and the board can be read', async () => {
  const [lost, drawn] = [await ticTacToe(), await ticTacToe()]
  await play(lost, [0, 3, 1, 4, 8, 5])
  assert.is(asAddress(String(await read('TicTacToe', lost, 'winner'))), o)
  const before = await Promise.all([x, o].map(player => arena.balance(ZERO_ADDRESS, player)))
  assert.is(logOf(await play(drawn, [0, 1, 2, 4, 3, 5, 7, 6, 8]), 'Drawn')['each'], ETHER)
  assert.equal(await Promise.all([x, o].map(player => arena.balance(ZERO_ADDRESS, player))), before)
  assert.equal([...await read('TicTacToe', drawn, 'cells') as Iterable<bigint>], [1n, 2n, 1n, 1n, 2n, 2n, 2n, 1n, 1n])
  assert.equal([await read('TicTacToe', drawn, 'winner'), await read('TicTacToe', drawn, 'over'), await arena.balance(ZERO_ADDRESS, drawn)], [ZERO_ADDRESS, true, 0n])
})

condition('TicTacToe: out of turn, off the board, on a taken cell, and with a wrong stake a move is refused', async () => {
  const board = await ticTacToe()
  assert.is(asAddress(String(await read('TicTacToe', board, 'turn'))), x)
  await rejects(arena.invoke(o, board, 'TicTacToe', 'play', [0], ETHER), 'NotYourTurn')
  await rejects(arena.invoke(outsider, board, 'TicTacToe', 'play', [0], ETHER), 'NotYourTurn')
  await rejects(arena.invoke(x, board, 'TicTacToe', 'play', [9], ETHER), 'NoSuchCell')
  await rejects(arena.invoke(x, board, 'TicTacToe', 'play', [0], ETHER - 1n), 'WrongStake')
  await play(board, [0])
  await rejects(arena.invoke(o, board, 'TicTacToe', 'play', [0], ETHER), 'CellTaken')
  await rejects(arena.invoke(o, board, 'TicTacToe', 'play', [1]), 'WrongStake')
})

condition('TicTacToe: the player who waits claims when the other is late, to the second, and not before', async () => {
  const board = await ticTacToe()
  await rejects(arena.invoke(x, board, 'TicTacToe', 'claimTimeout'), 'GameNotStarted')
  const { timestampSec } = await play(board, [0, 1])
  await arena.at(timestampSec + 59n)
  await rejects(arena.invoke(o, board, 'TicTacToe', 'claimTimeout'), 'TooEarly')
  await arena.at(timestampSec + 60n)
  await rejects(arena.invoke(x, board, 'TicTacToe', 'claimTimeout'), 'NotYourTurn')
  await arena.invoke(o, board, 'TicTacToe', 'claimTimeout')
  assert.is(asAddress(String(await read('TicTacToe', board, 'winner'))), o)
  assert.is(await arena.balance(ZERO_ADDRESS, board), 0n)
})

condition('TicTacToe: one stake alone goes back to who waited', async () => {
  const board = await ticTacToe()
  const before = await arena.balance(ZERO_ADDRESS, x)
  const { timestampSec } = await play(board, [4])
  await arena.at(timestampSec + 60n)
  await arena.invoke(x, board, 'TicTacToe', 'claimTimeout')
  assert.equal([await arena.balance(ZERO_ADDRESS, x), await arena.balance(ZERO_ADDRESS, board)], [before, 0n])
})

condition('TicTacToe: one player twice is refused by the constructor', async () => {
  await rejects(arena.deploy('TicTacToe', x, x, ETHER, 60n), 'Error')
})

// ---------------------------------------------------------------- MeteredService

condition('MeteredService: what was accepted goes to the provider, the rest to the client, and nothing stays', async () => {
  const service = await arena.deploy('MeteredService', x, o, 10n)
  const call = (from: Address, method: string, args: unknown[] = [], value = 0n): Promise<Sent> => arena.invoke(from, service, 'MeteredService', method, args, value)
  const before = await Promise.all([x, o].map(player => arena.balance(ZERO_ADDRESS, player)))
  await call(x, 'fund', [], 100n)
  await call(o, 'serve', [4n])
  await rejects(call(x, 'accept', [5n]), 'NotServed')
  await call(x, 'accept', [3n])
  assert.is(logOf(await call(o, 'collect'), 'Collected')['amount'], 30n)
  assert.is(await read('MeteredService', service, 'affordable'), 6n)
  await rejects(call(o, 'serve', [7n]), 'BudgetSpent')
  await call(o, 'serve', [6n])
  await call(x, 'accept', [1n])
  assert.equal([...logOf(await call(x, 'close'), 'Closed')], [10n, 60n])
  assert.equal(await Promise.all([x, o].map(player => arena.balance(ZERO_ADDRESS, player))), [(before[0] ?? 0n) - 40n, (before[1] ?? 0n) + 40n])
  assert.is(await arena.balance(ZERO_ADDRESS, service), 0n)
  for (const [from, method, args] of [[x, 'fund', []], [o, 'serve', [1n]], [x, 'accept', [1n]], [o, 'collect', []], [o, 'close', []]] as const) {
    await rejects(call(from, method, [...args]), 'AlreadyClosed')
  }
})

condition('MeteredService: each call is for its side only', async () => {
  const service = await arena.deploy('MeteredService', x, o, 10n)
  const call = (from: Address, method: string, args: unknown[] = []): Promise<Sent> => arena.invoke(from, service, 'MeteredService', method, args)
  for (const [method, args] of [['fund', []], ['accept', [1n]]] as const) await rejects(call(o, method, [...args]), 'OnlyClient')
  for (const [method, args] of [['serve', [1n]], ['collect', []]] as const) await rejects(call(x, method, [...args]), 'OnlyProvider')
  await rejects(call(outsider, 'close'), 'OnlyParties')
})

test.run()
