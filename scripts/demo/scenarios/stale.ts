/** A player who has lost shows the court an old breakpoint, with everybody's signatures: the other's node answers with the newest. */
import { Contract, type InterfaceAbi } from 'ethers'
import { loadArtifact } from '../../../src/chain/artifacts.js'
import { EMPTY, outcomeOf, withMove } from '../rules.js'
import type { DemoOptions } from '../options.js'
import type { Stage } from '../stage.js'
import type { Teller } from '../steps.js'
import { PASSIVE, Trial, WATCHFUL } from '../trial.js'

const PACE = { moving: { windowSec: 300, patienceSec: 600 }, waiting: { windowSec: 20, patienceSec: 600 } }
/** When both stakes were inside the contract: settled so, both would have theirs back. */
export const OLD = 4

/** @see Scenario */
export async function playStale (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const trial = await Trial.begin(stage, teller, [{ name: 'Alice', flags: WATCHFUL }, { name: 'Bob', flags: PASSIVE }], PACE)
  const { moves } = options
  await trial.play(moves)
  teller.tell({ step: 'stale', player: 1, name: trial.actors[1].name, nonce: OLD, newest: moves.length })
  teller.working('Bob challenges')
  await stage.step(showOld(stage, trial))
  await trial.until('the answer', 0, ({ phase, chain }) => phase === 'dispute' && chain.recorded?.slot.nonce === moves.length)
  await trial.runsOut(0)
  return await trial.finish('stale', 0, outcomeOf(moves.reduce(withMove, EMPTY)))
}

/** Bob's own transaction: he needs no node for it, only what his node has kept. */
export async function showOld (stage: Stage, { actors: [, bob], game: { thread } }: Trial): Promise<void> {
  const { rpc } = bob.player
  const { terms } = await rpc.request('thread_status', { thread })
  const { breakpoints: [old] } = await rpc.request('thread_breakpoints', { thread, from: { epoch: 0, nonce: OLD }, limit: 1 })
  if (old === undefined) throw new Error('Bob has no old breakpoint')
  const court = new Contract(stage.arena.court, loadArtifact('Threads').interface as unknown as InterfaceAbi, stage.arena.wallet(2))
  const breakpoint = [old.slot.epoch, old.slot.nonce, old.parent, old.stateRoot, old.inputsRoot, old.timestampSec]
  const asked = {
    ...terms, deposits: terms.depositsUnits, codeKind: terms.codeKind === 'creation' ? 0 : 1, oracleFee: terms.oracleFeeUnits,
    window: terms.windowSec, timeBank: terms.timeBankSec, joinDeadline: terms.joinDeadlineSec
  }
  const signatures = `0x${old.signatures.map(signature => signature.slice(2)).join('')}`
  await (await court.getFunction('challenge').send(asked, breakpoint, signatures)).wait()
}
