/** The whole game is one function: the other's node falls silent while it waits for a move, the court goes on with it, and what it named for who is late settles. */
import { AbiCoder, id } from 'ethers'
import type { DemoOptions } from '../options.js'
import type { Stage } from '../stage.js'
import type { Teller } from '../steps.js'
import { STAKE_WEI } from '../thread-game.js'
import { Trial, type PlayedContract } from '../trial.js'

const FLAGS = ['--patience-sec', '1', '--dispute-after-sec', '5', '--mover-patience-sec', '5'] as const
const PACE = { moving: { windowSec: 300, patienceSec: 0 }, waiting: { windowSec: 20, patienceSec: 0 } }
const MORPION: PlayedContract = {
  name: 'Morpion',
  create: (x, o) => ({ ctorArg: AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256'], [x, o, STAKE_WEI]), settlement: id('settle(address,address[],bytes)').slice(0, 10) })
}

/** @see Scenario */
export async function playRoutine (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const trial = await Trial.begin(stage, teller, [{ name: 'Alice', flags: FLAGS }, { name: 'Bob' }], PACE, { contract: MORPION })
  const [first, fifth] = [options.moves.slice(0, 4), options.moves[4] ?? 0]
  await trial.play(first)
  await trial.loses(1, 'killed')
  await trial.movesAlone(0, fifth)
  // Slot 1 is the call that began the game.
  await trial.until('the move to be forced', 0, ({ chain }) => chain.recorded?.slot.nonce === 6)
  await trial.runsOut(0)
  return await trial.finish('routine', 0, 'x')
}
