/** Who decides the moves of a player: a list, the strategy, or the user. */
import { boardText, type Game } from '../../src/cli/board.js'
import type { Keyboard } from './human.js'
import type { Teller } from './steps.js'
import { chooseCell, type Level } from './strategy.js'

/** Decides on a cell, 0 to 8; undefined: it leaves the game. */
export type Decide = (game: Game) => Promise<number | undefined>

/** Plays a list of moves; both players may share one. */
export function fromList (moves: readonly number[]): Decide {
  return async game => moves[game.cells.filter(mark => mark !== 0).length]
}

/** Plays by itself. */
export function fromStrategy (level: Level): Decide {
  return async game => chooseCell(game.cells, level)
}

/** Asks the user until the answer is a free cell, or that they leave. */
export function fromUser (keyboard: Keyboard, teller: Teller): Decide {
  return async game => {
    for (let note = ''; ;) {
      teller.invite(boardText(game), note)
      const word = await keyboard.next()
      if (word === undefined || word.toLowerCase() === 'q') return undefined
      const cell = /^[1-9]$/.test(word) ? Number(word) - 1 : undefined
      if (cell !== undefined && game.cells[cell] === 0) return cell
      note = cell === undefined ? '1 to 9, or q' : `cell ${word} is taken`
    }
  }
}
