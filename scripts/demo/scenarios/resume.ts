/** A player is away while the other's move is forced, comes back in the dispute, and both play on off the chain to the end. */
import type { DemoOptions } from '../options.js'
import { outcomeOf, withMove, EMPTY } from '../rules.js'
import type { Stage } from '../stage.js'
import type { Teller } from '../steps.js'
import { Trial } from '../trial.js'

const PACE = { moving: { windowSec: 300, patienceSec: 600 }, waiting: { windowSec: 60, patienceSec: 600 } }
const PATIENT = ['--patience-sec', '1', '--dispute-after-sec', '2'] as const

/** @see Scenario */
export async function playResume (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const trial = await Trial.begin(stage, teller, [{ name: 'Alice', flags: PATIENT }, { name: 'Bob', flags: ['--no-auto-dispute'] }], PACE)
  const { moves } = options
  await trial.play(moves.slice(0, 2))
  await trial.loses(1, 'killed')
  await trial.movesAlone(0, moves[2] ?? 0)
  await trial.until('the move to be forced', 0, ({ phase, head, chain }) => phase === 'dispute' && chain.recorded?.slot.nonce === 3 && head?.slot.nonce === 3)
  await trial.returns(1)
  await trial.play(moves.slice(3, 4))
  for (const seat of [0, 1] as const) await trial.until('the dispute to be over', seat, ({ phase, chain }) => phase === 'active' && chain.confirmedEpoch === 1)
  await trial.play(moves.slice(4))
  await trial.game.close(false)
  return await trial.finish('resume', 1, outcomeOf(moves.reduce(withMove, EMPTY)))
}
