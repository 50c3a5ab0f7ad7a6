/** The rules of TicTacToe as the demo needs them: to check `--moves`, to play, and to say beforehand how a game must end. */

/** Nine cells row by row: 0 empty, 1 X, 2 O. */
export type Cells = readonly number[]
/** How a game stands. */
export type Outcome = 'x' | 'o' | 'draw' | 'open'

const LINES = [[0, 1, 2], [3, 4, 5], [6, 7, 8], [0, 3, 6], [1, 4, 7], [2, 5, 8], [0, 4, 8], [2, 4, 6]] as const

/** The board before the first move. */
export const EMPTY: Cells = [0, 0, 0, 0, 0, 0, 0, 0, 0]

/** How the game stands on this board. */
export function outcomeOf (cells: Cells): Outcome {
  for (const [a, b, c] of LINES) {
    const mark = cells[a]
    if (mark !== 0 && mark === cells[b] && mark === cells[c]) return mark === 1 ? 'x' : 'o'
  }
  return cells.includes(0) ? 'open' : 'draw'
}

/** The mark that moves next: 1 or 2. */
export function markToMove (cells: Cells): 1 | 2 {
  return cells.filter(cell => cell !== 0).length % 2 === 0 ? 1 : 2
}

/** The board after a move of whoever is to move. */
export function withMove (cells: Cells, cell: number): Cells {
  return cells.map((mark, i) => i === cell ? markToMove(cells) : mark)
}

/** The empty cells. */
export function freeCells (cells: Cells): number[] {
  return cells.flatMap((mark, i) => mark === 0 ? [i] : [])
}

/** A list of cells that is a whole game, or in words what is wrong with it. */
export function parseMoves (text: string): number[] | string {
  const moves: number[] = []
  let cells = EMPTY
  for (const word of text.split(',').map(part => part.trim())) {
    if (!/^[0-8]$/.test(word)) return `"${word}" is no cell; cells are 0 to 8, row by row, with commas between`
    const cell = Number(word)
    if (outcomeOf(cells) !== 'open') return `the game is over after ${moves.length} moves`
    if (cells[cell] !== 0) return `cell ${cell} is taken already`
    cells = withMove(cells, cell)
    moves.push(cell)
  }
  return outcomeOf(cells) === 'open' ? `the game is not over after ${moves.length} moves; the stakes would stay in the contract` : moves
}
