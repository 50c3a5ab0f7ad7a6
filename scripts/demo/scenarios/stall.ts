/** The other's node falls silent in the middle of a game: the move is forced, then the contract's claim against who is late, and the court pays. */
import type { DemoOptions } from '../options.js'
import type { Stage } from '../stage.js'
import type { Teller } from '../steps.js'
import { Trial, WATCHFUL } from '../trial.js'

const PACE = { moving: { windowSec: 300, patienceSec: 120 }, waiting: { windowSec: 20, patienceSec: 6 } }

/** @see Scenario */
export async function playStall (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const trial = await Trial.begin(stage, teller, [{ name: 'Alice', flags: WATCHFUL }, { name: 'Bob' }], PACE)
  const [first, fifth] = [options.moves.slice(0, 4), options.moves[4] ?? 0]
  await trial.play(first)
  await trial.loses(1, 'killed')
  await trial.movesAlone(0, fifth)
  await trial.until('the move to be forced', 0, ({ chain }) => chain.recorded?.slot.nonce === 5)
  await trial.pass((stage.arena.anvil.movesTime ? PACE.moving : PACE.waiting).patienceSec, 'the contract calls Bob late')
  await trial.until('the claim to be forced', 0, ({ chain }) => chain.recorded?.slot.nonce === 6)
  await trial.runsOut(0)
  return await trial.finish('stall', 0, 'x')
}
