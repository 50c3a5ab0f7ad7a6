/** A player is gone for good, with its data, when it is its turn: the other's node opens the dispute with the contract's claim itself. */
import type { DemoOptions } from '../options.js'
import type { Stage } from '../stage.js'
import type { Teller } from '../steps.js'
import { Trial, WATCHFUL } from '../trial.js'

// Before there is a dispute the node goes by its own clock, which nobody moves: so the contract's patience is waited for.
const PACE = { moving: { windowSec: 300, patienceSec: 8 }, waiting: { windowSec: 20, patienceSec: 8 } }

/** @see Scenario */
export async function playLeave (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const trial = await Trial.begin(stage, teller, [{ name: 'Alice', flags: WATCHFUL }, { name: 'Bob' }], PACE)
  await trial.play(options.moves.slice(0, 3))
  await trial.loses(1, 'erased')
  teller.working('Alice\'s node waits until the contract calls Bob late')
  await trial.until('the claim to be forced', 0, ({ chain }) => chain.recorded?.slot.nonce === 4)
  await trial.runsOut(0)
  return await trial.finish('leave', 0, 'x')
}
