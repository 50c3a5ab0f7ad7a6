/** The board of a game by calls and of one that is a routine: how each is read, begun and played. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { boardText, moveOf, readGame, startOf, type Game } from '../../src/cli/board.js'
import type { ThreadId } from '../../src/protocol/types.js'
import type { RpcClient } from '../../src/rpc/client.js'

const test = suite('cli/board')
const [X, O, NOBODY] = ['0x11', '0x22', `0x${'00'.repeat(20)}`]
const thread = '0x33' as ThreadId
const word = (value: number): string => value.toString(16).padStart(64, '0')

/** What a node would answer of such a thread. */
function node (terms: { routine: boolean }, suspended: { movers: number[], data: string } | null, said: Readonly<Record<string, unknown>>): RpcClient {
  const request = async (method: string, { signature = '' }: { signature?: string } = {}): Promise<unknown> => {
    if (method === 'thread_status') return { terms: { ...terms, players: [X, O] }, suspended }
    const name = signature.slice(0, signature.indexOf('('))
    if (!(name in said)) throw new Error(`the contract has no ${name}`)
    return { decoded: [said[name]] }
  }
  return { request } as unknown as RpcClient
}

const said = { cells: ['0', '0', '0', '0', '0', '0', '0', '0', '0'], x: X, o: O, winner: NOBODY, over: false, stake: '7' }
const read = async (client: RpcClient): Promise<Game> => await readGame(client, thread, O)

test('a game by calls is read from its functions, and a move is a call with its cell', async () => {
  const game = await read(node({ routine: false }, null, { ...said, turn: O, cells: ['0', '0', '0', '0', '1', '0', '0', '0', '0'] }))
  assert.equal([game.cells, game.turn, startOf(game)], [[0, 0, 0, 0, 1, 0, 0, 0, 0], O, undefined])
  assert.equal(moveOf(game, 3), { signature: 'play(uint8)', args: [3], value: '7' })
})

test('a routine that has not begun is begun first', async () => {
  const game = await read(node({ routine: true }, null, said))
  assert.equal([game.turn, startOf(game)], [X, { signature: 'play()' }])
})

test('of a routine that waits the board is what it says, the turn is its mover\'s, and a move is the cell alone', async () => {
  const data = `0x${[0, 2, 0, 0, 1, 0, 1, 0, 0].map(word).join('')}`
  const game = await read(node({ routine: true }, { movers: [1], data }, said))
  assert.equal([game.cells, game.turn, startOf(game)], [[0, 2, 0, 0, 1, 0, 1, 0, 0], O, undefined])
  assert.equal(moveOf(game, 2), { signature: '(uint8)', args: [2], value: '0' })
  assert.match(boardText(game), 'Your move: you are O')
})

test('of a routine that is over the board is its last one, and nothing begins it again', async () => {
  const game = await read(node({ routine: true }, null, { ...said, over: true, winner: X, cells: ['2', '2', '1', '0', '1', '0', '1', '0', '0'] }))
  assert.equal([game.cells, startOf(game)], [[2, 2, 1, 0, 1, 0, 1, 0, 0], undefined])
  assert.match(boardText(game), 'You have lost.')
})

test.run()
