/** The other falls silent: the moves of who is left, and the contract's claim against who is late, go to the chain as claims that an oracle's bond answers for. */
import type { DemoOptions } from '../options.js'
import { RESULT_FEE_WEI, SERVING } from '../serving.js'
import type { Stage } from '../stage.js'
import type { Teller } from '../steps.js'
import { Trial, WATCHFUL } from '../trial.js'

const PACE = { moving: { windowSec: 300, patienceSec: 120 }, waiting: { windowSec: 20, patienceSec: 6 } }

/** @see Scenario */
export async function playOracle (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const trial = await Trial.begin(stage, teller, [{ name: 'Alice', flags: [...WATCHFUL, '--use-oracle'] }, { name: 'Bob' }], PACE, { serves: { name: 'Oracle', flags: SERVING } })
  const [first, fifth] = [options.moves.slice(0, 4), options.moves[4] ?? 0]
  await trial.play(first)
  await trial.loses(1, 'killed')
  await trial.movesAlone(0, fifth)
  await trial.until('the move to be claimed', 0, ({ chain }) => chain.recorded?.slot.nonce === 5)
  await trial.pass((stage.arena.anvil.movesTime ? PACE.moving : PACE.waiting).patienceSec, 'the contract calls Bob late')
  await trial.until('the timeout to be claimed', 0, ({ chain }) => chain.recorded?.slot.nonce === 6)
  await trial.runsOut(0)
  const paid = 2n * RESULT_FEE_WEI
  return await trial.finish('oracle', 0, 'x', [-paid, 0n, paid])
}
