/** The scenarios that the demo knows: a file in `scenarios/`, and its line here. */
import type { Stage } from './stage.js'
import type { DemoOptions } from './options.js'
import type { Teller } from './steps.js'

/** Plays on the stage and tells it. @returns whether all went as it must. */
export type Scenario = (stage: Stage, options: DemoOptions, teller: Teller) => Promise<boolean>

/** `about`: a few words for the help; `told`: what is to be seen, in lines of at most 80 columns. */
type Entry = { readonly about: string, readonly told: readonly string[], load (): Promise<Scenario> }

const SCENARIOS = {
  game: {
    about: 'a whole game, from open to close',
    told: [],
    load: async () => (await import('./scenarios/game.js')).playGame
  },
  stall: {
    about: 'a node falls silent: the other has its move forced',
    told: ['This time Bob is about to lose, and his node falls silent. Alice\'s node takes', 'her move to the court, which executes it; then it claims the game for her.'],
    load: async () => (await import('./scenarios/stall.js')).playStall
  },
  stale: {
    about: 'a loser shows the court an old state: the other answers',
    told: ['This time Bob loses, and shows the court an old state that both have signed.', 'Alice\'s node answers with the newest one.'],
    load: async () => (await import('./scenarios/stale.js')).playStale
  },
  leave: {
    about: 'a player is gone for good, and its data: the other is paid',
    told: ['This time Bob is gone in the middle of the game, and his data with him. Alice\'s', 'node opens a dispute with the claim that the contract gives her, and settles.'],
    load: async () => (await import('./scenarios/leave.js')).playLeave
  },
  resume: {
    about: 'a dispute, after which both play on off the chain',
    told: ['This time Bob is away for a while, and Alice\'s node takes her move to the court.', 'When he is back, both play on off the chain, from what the court has recorded.'],
    load: async () => (await import('./scenarios/resume.js')).playResume
  },
  routine: {
    about: 'the whole game is one function, which waits for each move',
    told: ['This time the whole game is one function with a loop (Morpion.sol): it waits in', 'its middle for each move. Bob falls silent; the court executes Alice\'s move in', 'the middle of the function, and what that named for who is late ends the game.'],
    load: async () => (await import('./scenarios/routine.js')).playRoutine
  },
  receipt: {
    about: 'prizes and an ERC-721 on the chain while the game goes on',
    told: ['This time they race to 21, round after round (Rounds.sol). Each round\'s winner', 'gets its stake and a trophy on the chain, while they play on off the chain.'],
    load: async () => (await import('./scenarios/receipt.js')).playReceipt
  },
  oracle: {
    about: 'the other falls silent: an oracle answers for the moves',
    told: ['This time Bob\'s node falls silent. Alice\'s takes her moves to court as claims:', 'nobody executes them there, for an oracle answers for them with its bond.'],
    load: async () => (await import('./scenarios/oracle.js')).playOracle
  },
  watch: {
    about: 'a player is away: the oracle answers an old state',
    told: ['This time Alice has won and goes away, and Bob shows the court an old state.', 'The oracle that they have named answers for her.'],
    load: async () => (await import('./scenarios/watch.js')).playWatch
  },
  fraud: {
    about: 'a player and the oracle lie: they are found out',
    told: ['This time Bob and the oracle agree on a lie while Alice is away. Her node has', 'the court execute his move when it is back, and the oracle\'s bond pays for it.'],
    load: async () => (await import('./scenarios/fraud.js')).playFraud
  },
  absent: {
    about: 'the oracle is dead: the players do without it',
    told: ['This time Bob\'s node falls silent, and the oracle\'s too. The court executes', 'Alice\'s moves itself, and the game ends as without an oracle.'],
    load: async () => (await import('./scenarios/absent.js')).playAbsent
  }
} as const satisfies Record<string, Entry>

/** A scenario's name. */
export type ScenarioName = keyof typeof SCENARIOS

/** All names. */
export function scenarioNames (): ScenarioName[] {
  return Object.keys(SCENARIOS).filter(isScenario)
}

/** Whether there is such a scenario. */
export function isScenario (name: string): name is ScenarioName {
  return Object.hasOwn(SCENARIOS, name)
}

/** A few words on a scenario, for the help. */
export function aboutScenario (name: ScenarioName): string { return SCENARIOS[name].about }

/** What a scenario shows, told before it begins. */
export function toldOfScenario (name: ScenarioName): readonly string[] { return SCENARIOS[name].told }

/** Loads a scenario. */
export async function loadScenario (name: ScenarioName): Promise<Scenario> {
  return await SCENARIOS[name].load()
}
