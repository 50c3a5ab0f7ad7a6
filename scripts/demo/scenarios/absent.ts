/** The other falls silent, and the oracle is dead: what it would have answered for is executed by the chain, and the game ends as without an oracle. */
import type { DemoOptions } from '../options.js'
import { SERVING } from '../serving.js'
import type { Stage } from '../stage.js'
import type { Teller } from '../steps.js'
import { Trial, WATCHFUL } from '../trial.js'

const PACE = { moving: { windowSec: 300, patienceSec: 120 }, waiting: { windowSec: 20, patienceSec: 6 } }

/** @see Scenario */
export async function playAbsent (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const trial = await Trial.begin(stage, teller, [{ name: 'Alice', flags: [...WATCHFUL, '--use-oracle'] }, { name: 'Bob' }], PACE, { serves: { name: 'Oracle', flags: SERVING } })
  const [first, fifth] = [options.moves.slice(0, 4), options.moves[4] ?? 0]
  await trial.play(first)
  await trial.loses(2, 'killed')
  await trial.loses(1, 'killed')
  await trial.movesAlone(0, fifth)
  await trial.until('the move to be forced', 0, ({ chain }) => chain.recorded?.slot.nonce === 5)
  await trial.pass((stage.arena.anvil.movesTime ? PACE.moving : PACE.waiting).patienceSec, 'the contract calls Bob late')
  await trial.until('the claim to be forced', 0, ({ chain }) => chain.recorded?.slot.nonce === 6)
  await trial.runsOut(0)
  // Its bond waits for it, however long it takes.
  await trial.returns(2)
  return await trial.finish('absent', 0, 'x')
}
