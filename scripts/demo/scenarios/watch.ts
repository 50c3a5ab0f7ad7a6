/** A player has won and is away, and the other shows the court an old breakpoint: the oracle answers for who is away, and settles. */
import { EMPTY, outcomeOf, withMove } from '../rules.js'
import type { DemoOptions } from '../options.js'
import { SERVING } from '../serving.js'
import type { Stage } from '../stage.js'
import type { Teller } from '../steps.js'
import { PASSIVE, Trial } from '../trial.js'
import { OLD, showOld } from './stale.js'

const PACE = { moving: { windowSec: 300, patienceSec: 600 }, waiting: { windowSec: 20, patienceSec: 600 } }

/** @see Scenario */
export async function playWatch (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const trial = await Trial.begin(stage, teller, [{ name: 'Alice' }, { name: 'Bob', flags: PASSIVE }], PACE, { serves: { name: 'Oracle', flags: SERVING } })
  const { moves } = options
  await trial.play(moves)
  await trial.until('the oracle to have the last move', 2, ({ head }) => head?.slot.nonce === moves.length)
  await trial.loses(0, 'killed')
  teller.tell({ step: 'stale', player: 1, name: trial.actors[1].name, nonce: OLD, newest: moves.length })
  teller.working('Bob challenges')
  await stage.step(showOld(stage, trial))
  await trial.until('the answer', 2, ({ phase, chain }) => phase === 'dispute' && chain.recorded?.slot.nonce === moves.length)
  await trial.runsOut(2)
  return await trial.finish('watch', 2, outcomeOf(moves.reduce(withMove, EMPTY)))
}
