/** The scenarios that the demo knows: a file in `scenarios/`, and its line here. */
import type { Stage } from './stage.js'
import type { DemoOptions } from './options.js'
import type { Teller } from './steps.js'

/** Plays on the stage and tells it. @returns whether all went as it must. */
export type Scenario = (stage: Stage, options: DemoOptions, teller: Teller) => Promise<boolean>

const SCENARIOS = {
  game: async (): Promise<Scenario> => (await import('./scenarios/game.js')).playGame
}

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

/** Loads a scenario. */
export async function loadScenario (name: ScenarioName): Promise<Scenario> {
  return await SCENARIOS[name]()
}
