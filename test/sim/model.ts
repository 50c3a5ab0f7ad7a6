/**
 * The model check of the agreement: `node dist/test/sim/model.js [--big]` explores every interleaving within the bounds and says how many states that were.
 * What is checked is the real transition function, not a copy; see `model/world.ts` for what may happen and `model/explore.ts` for what must hold.
 */
import { pathToFileURL } from 'node:url'
import { explore, type Findings } from './model/explore.js'
import { REAL } from './model/node.js'
import type { Bounds } from './model/world.js'

/** More states than any of the bounds has: a search that comes here was given wrong ones. */
const LIMIT = 5_000_000

/** Bounds with a name. */
export type Scenario = { readonly name: string, readonly bounds: Bounds }

const two: Bounds = { players: 2, slots: 2, crashes: 0, disputes: 0 }
const three: Bounds = { ...two, players: 3 }

/** What every test run explores. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'two honest players, three slots, three crashes', bounds: { ...two, slots: 3, crashes: 3 } },
  { name: 'three honest players, three slots', bounds: { ...three, slots: 3 } },
  { name: 'three honest players, two crashes', bounds: { ...three, crashes: 2 } },
  { name: 'two honest players who may close, two crashes', bounds: { ...two, crashes: 2, closes: true } },
  { name: 'three honest players who may close, a crash', bounds: { ...three, crashes: 1, closes: true } },
  { name: 'the first of two lies, three slots, three crashes', bounds: { ...two, liar: 0, slots: 3, crashes: 3 } },
  { name: 'the second of two lies, three slots, three crashes', bounds: { ...two, liar: 1, slots: 3, crashes: 3 } },
  { name: 'the first of three lies, two crashes', bounds: { ...three, liar: 0, crashes: 2 } },
  { name: 'the second of three lies, two crashes', bounds: { ...three, liar: 1, crashes: 2 } },
  { name: 'two honest players and a dispute', bounds: { ...two, disputes: 1 } },
  { name: 'two honest players, a dispute and a crash, one slot', bounds: { ...two, slots: 1, disputes: 1, crashes: 1, closes: true } },
  { name: 'the first of two lies, two disputes, a crash', bounds: { ...two, liar: 0, disputes: 2, crashes: 1, closes: true } },
  { name: 'the second of two lies, two disputes, a crash', bounds: { ...two, liar: 1, disputes: 2, crashes: 1 } },
  { name: 'the second of three lies, a dispute, one slot', bounds: { ...three, slots: 1, liar: 1, disputes: 1 } },
  { name: 'the first of two is restored from a copy', bounds: { ...two, backup: 0 } },
  { name: 'the second of two is restored from a copy', bounds: { ...two, backup: 1, slots: 3 } },
  { name: 'one of three is restored from a copy', bounds: { ...three, backup: 1 } },
  { name: 'one of three is restored from a copy, one lies, one slot', bounds: { ...three, slots: 1, backup: 1, liar: 0 } },
  { name: 'one of two is restored from a copy in a dispute, one slot', bounds: { ...two, slots: 1, disputes: 1, backup: 1 } }
]

/** Minutes rather than seconds: for whoever changes the agreement. */
export const BIG_SCENARIOS: readonly Scenario[] = [
  { name: 'three honest players, four slots, two crashes', bounds: { ...three, slots: 4, crashes: 2 } },
  { name: 'three honest players and a dispute, one slot', bounds: { ...three, slots: 1, disputes: 1 } },
  { name: 'two honest players, a dispute and two crashes', bounds: { ...two, disputes: 1, crashes: 2 } },
  { name: 'the second of two lies, three slots, two disputes, a crash', bounds: { ...two, slots: 3, liar: 1, disputes: 2, crashes: 1, closes: true } },
  { name: 'the first of three lies, a dispute', bounds: { ...three, liar: 0, disputes: 1 } },
  { name: 'the second of three lies, a dispute', bounds: { ...three, liar: 1, disputes: 1 } },
  { name: 'the first of three is restored from a copy, the second lies', bounds: { ...three, backup: 0, liar: 1 } },
  { name: 'the second of three is restored from a copy, the first lies', bounds: { ...three, backup: 1, liar: 0 } }
]

/** Explores one scenario with the agreement as it is. */
export function run (scenario: Scenario): Findings {
  return explore({ bounds: scenario.bounds, rules: REAL, limit: LIMIT })
}

/** One line for people. */
export function line ({ name }: Scenario, { states, steps, ms }: Findings): string {
  return `${name}: ${states} states, ${steps} steps, ${(ms / 1000).toFixed(1)} s`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const scenario of process.argv.includes('--big') ? BIG_SCENARIOS : SCENARIOS) {
    const findings = run(scenario)
    console.log(`${line(scenario, findings)}${findings.violation === undefined ? '' : `\n  ${findings.violation}`}`)
    if (findings.violation !== undefined) process.exitCode = 1
  }
}
