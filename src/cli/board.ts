/** The Morpion board (TicTacToe.sol, or Morpion.sol, where the whole game is one function) as a terminal shows it, and how it is read from a thread. */
import type { ThreadId } from '../protocol/types.js'
import type { RpcClient } from '../rpc/client.js'
import { weiText } from './text.js'

/** The game as the thread's head has it. */
export type Game = {
  /** Row by row: 0 empty, 1 X, 2 O. */
  readonly cells: readonly number[]
  readonly x: string
  readonly o: string
  /** Whose move it is. */
  readonly turn: string
  readonly over: boolean
  /** Address 0 in a draw, or while it goes on. */
  readonly winner: string
  readonly stakeWei: string
  /** The contract is a routine; `waits`: in the middle of its game. */
  readonly routine: { readonly waits: boolean } | undefined
  /** This node's player. Undefined: it only watches. */
  readonly me: string | undefined
}

/** The errors of TicTacToe.sol, by their signatures. */
const WORDS: Readonly<Record<string, string>> = {
  'NotYourTurn(address,address)': 'it is not your turn', 'NoSuchCell(uint8)': 'there is no such cell', 'CellTaken(uint8)': 'that cell is taken',
  'WrongStake(uint256,uint256)': 'the stake is wrong', 'GameOver()': 'the game is over', 'GameNotStarted()': 'the game has not begun'
}

/** Reads the game. @throws what `thread_call` throws; `RPC_BAD_RETURN_DATA` when the thread's contract is another one. */
export async function readGame (client: RpcClient, thread: ThreadId, me: string | undefined): Promise<Game> {
  const read = async (signature: string): Promise<unknown> => (await client.request('thread_call', { thread, signature })).decoded?.[0]
  const address = async (name: string): Promise<string> => String(await read(`${name}() view returns (address)`)).toLowerCase()
  const { suspended, terms } = await client.request('thread_status', { thread })
  const [cells, x, o, winner, over, stakeWei] = await Promise.all([
    read('cells() view returns (uint8[9])'), address('x'), address('o'), address('winner'), read('over() view returns (bool)'), read('stake() view returns (uint256)')
  ])
  const game = { x, o, winner, over: over === true, stakeWei: String(stakeWei), me }
  if (!terms.routine) return { ...game, cells: (cells as unknown[]).map(Number), turn: await address('turn'), routine: undefined }
  if (suspended === null) return { ...game, cells: (cells as unknown[]).map(Number), turn: x, routine: { waits: false } }
  const [mover = 0] = suspended.movers
  return { ...game, cells: wordsOf(suspended.data), turn: terms.players[mover] ?? x, routine: { waits: true } }
}

/** Numbers, one word of data each. */
function wordsOf (data: string): number[] {
  return (data.slice(2).match(/.{64}/g) ?? []).map(word => Number(`0x${word}`))
}

/** What is sent to play a cell. A routine waits for the cell alone. */
export function moveOf (game: Game, cell: number): { signature: string, args: number[], value: string } {
  return { signature: game.routine === undefined ? 'play(uint8)' : '(uint8)', args: [cell], value: stakeOf(game) }
}

/** What must be sent before the first move, by anybody; undefined: nothing. */
export function startOf ({ routine, over }: Game): { signature: string } | undefined {
  return routine?.waits === false && !over ? { signature: 'play()' } : undefined
}

/** What a move must carry: each player's first one carries its stake. */
function stakeOf (game: Game): string {
  return game.cells.filter((cell) => cell !== 0).length < 2 ? game.stakeWei : '0'
}

/** Why a move was refused, in words where the contract's error is known. */
export async function refusalText (returnData: string, reason: string | null): Promise<string> {
  const { selectorOf } = await import('./arguments.js')
  const signature = Object.keys(WORDS).find((name) => selectorOf(name) === returnData.slice(0, 10))
  return (signature === undefined ? undefined : WORDS[signature]) ?? reason ?? 'the contract refused it'
}

/** The board as text. Empty cells show the digit that plays them. */
export function boardText (game: Game): string {
  const cell = (i: number): string => game.cells[i] === 1 ? 'X' : game.cells[i] === 2 ? 'O' : String(i + 1)
  const row = (i: number): string => ` ${cell(i)} │ ${cell(i + 1)} │ ${cell(i + 2)} `
  const line = '───┼───┼───'
  return [row(0), line, row(3), line, row(6), '', stateText(game)].join('\n')
}

/** Whose turn it is, or how it ended. */
export function stateText (game: Game): string {
  const mark = game.me === game.x ? 'X' : game.me === game.o ? 'O' : undefined
  if (game.over) {
    if (/^0x0*$/.test(game.winner)) return 'A draw.'
    return game.winner === game.me ? 'You have won.' : mark === undefined ? `${game.winner} has won.` : 'You have lost.'
  }
  const stake = game.stakeWei === '0' ? '' : `, for ${weiText(game.stakeWei)} each`
  if (mark === undefined) return `${game.turn === game.x ? 'X' : 'O'} is to move${stake}.`
  return game.turn === game.me ? `Your move: you are ${mark}${stake}.` : `The other's move; you are ${mark}${stake}.`
}
