/** The moves of the node that the user plays against. */
import { freeCells, outcomeOf, withMove, type Cells } from './rules.js'

/** `perfect` never loses; `easy` takes any free cell. */
export type Level = 'perfect' | 'easy'

/** A move on a board that is not full. @param random a number from 0 up to 1 */
export function chooseCell (cells: Cells, level: Level, random: () => number = Math.random): number {
  const free = freeCells(cells)
  if (level === 'easy') return free[Math.floor(random() * free.length)] ?? 0
  const known = new Map<string, number>()
  let best = { cell: free[0] ?? 0, value: -Infinity }
  for (const cell of free) {
    const value = -valueFor(withMove(cells, cell), known)
    if (value > best.value) best = { cell, value }
  }
  return best.cell
}

/** Minimax: what the board is worth to whoever is to move; a sooner end counts more. The same 5,478 boards come up again and again. */
function valueFor (cells: Cells, known: Map<string, number>): number {
  const key = cells.join('')
  const value = known.get(key) ?? worth(cells, known)
  known.set(key, value)
  return value
}

function worth (cells: Cells, known: Map<string, number>): number {
  const free = freeCells(cells)
  switch (outcomeOf(cells)) {
    case 'draw': return 0
    case 'open': return Math.max(...free.map(cell => -valueFor(withMove(cells, cell), known)))
    default: return -1 - free.length // only the one who has just moved can have won
  }
}
