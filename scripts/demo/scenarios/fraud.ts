/** A player and the oracle agree on a lie while the other is away: its node refutes it when it is back, is paid for that by the bond, and wins. */
import { LYING_NODE } from '../../arena.js'
import { EMPTY, outcomeOf, withMove } from '../rules.js'
import type { DemoOptions } from '../options.js'
import { RESULT_FEE_WEI, SERVING } from '../serving.js'
import type { Stage } from '../stage.js'
import type { Teller } from '../steps.js'
import { PASSIVE, Trial, WATCHFUL } from '../trial.js'

const PACE = { moving: { windowSec: 300, patienceSec: 600 }, waiting: { windowSec: 60, patienceSec: 600 } }

/** @see Scenario */
export async function playFraud (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const casting = [{ name: 'Alice', flags: [...WATCHFUL, '--use-oracle'] }, { name: 'Bob', flags: PASSIVE, entry: LYING_NODE }] as const
  const trial = await Trial.begin(stage, teller, casting, PACE, { serves: { name: 'Oracle', flags: [...SERVING, ...PASSIVE], entry: LYING_NODE } })
  const { moves } = options
  await trial.play(moves.slice(0, 5))
  await trial.until('the oracle to have the last move', 2, ({ head }) => head?.slot.nonce === 5)
  await trial.loses(0, 'killed')
  await trial.movesAlone(1, moves[5] ?? 0)
  const [, bob] = trial.actors
  teller.tell({ step: 'lie', name: bob.name, oracle: 'Oracle', call: `play(${moves[5] ?? 0})`, nonce: 6 })
  const { claim } = await stage.step(bob.player.rpc.request('thread_advance', { thread: trial.game.thread, useOracle: true }))
  if (claim === null) throw new Error('the lie was not claimed')
  await trial.loses(1, 'killed')
  await trial.returns(0)
  await trial.until('the refutation', 0, ({ head, chain }) => chain.recorded?.slot.epoch === 2 && head?.slot.epoch === 2)
  await trial.movesAlone(0, moves[6] ?? 0)
  await trial.until('the last move to be forced', 0, ({ chain }) => chain.recorded?.slot.nonce === 7)
  await trial.runsOut(0)
  const bond = trial.oracle?.perClaimWei ?? 0n
  return await trial.finish('fraud', 0, outcomeOf(moves.reduce(withMove, EMPTY)), [bond, -RESULT_FEE_WEI, RESULT_FEE_WEI - bond])
}
