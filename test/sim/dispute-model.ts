/**
 * The model check of the disputes: `node dist/test/sim/dispute-model.js` explores everything that can happen within the bounds, and says how much that was.
 * The rules are in `dispute/rules.ts`, what may happen in `dispute/world.ts`, what must hold in `dispute/explore.ts`.
 */
import { pathToFileURL } from 'node:url'
import { explore, type Findings } from './dispute/explore.js'
import { REAL } from './dispute/rules.js'
import type { Bounds } from './dispute/world.js'

/** Bounds with a name; a large one has more than 40,000 states. */
export type Scenario = { readonly name: string, readonly bounds: Bounds, readonly isLarge?: boolean }

const two = { terms: { players: 2, window: 4, bank: 3, moves: 3, grace: 1 }, honest: 0, head: 2, withheld: 2, last: 7 } satisfies Bounds
const three = { terms: { players: 3, window: 3, bank: 2, moves: 2, grace: 1 }, honest: 0, head: 3, withheld: 3, last: 8 } satisfies Bounds

/** What is explored; the large ones not in every test run. */
export const SCENARIOS: readonly Scenario[] = [
  { name: 'two players, the others do nothing', bounds: { ...two, passive: true } },
  { name: 'two players, the honest one to move', bounds: two },
  { name: 'two players, the other to move', bounds: { ...two, honest: 1 } },
  { name: 'two players, a certificate is withheld', bounds: { ...two, withheld: 3 } },
  { name: 'two players, a certificate is withheld, the other to move', bounds: { ...two, honest: 1, withheld: 3 } },
  { name: 'two players, moves that break settlement', bounds: { ...two, withheld: 3, broken: true } },
  { name: 'two players, claims', bounds: { ...two, claims: true, broken: true, last: 6 } },
  { name: 'two players, claims that the oracle answers for, of what is no move too', bounds: { ...two, honest: 1, claims: true, none: true, oracle: true, last: 4 } },
  { name: 'two players, claims that can be doubted, of what cannot be judged too', bounds: { ...two, claims: true, doubts: true, last: 5 } },
  { name: 'two players, the other to move by claims that can be doubted', bounds: { ...two, honest: 1, claims: true, doubts: true, oracle: true, last: 4 } },
  { name: 'two players, the honest one claims, and is doubted', bounds: { ...two, claims: true, doubts: true, proofs: 1, last: 4 }, isLarge: true },
  { name: 'two players, the honest one claims, and proves in as many transactions as a window has ticks but one', bounds: { ...two, claims: true, doubts: true, proofs: two.terms.window - 1, last: 4 }, isLarge: true },
  { name: 'two players, claims that can be doubted and break settlement', bounds: { ...two, withheld: 3, claims: true, doubts: true, broken: true, last: 4 }, isLarge: true },
  { name: 'two players, judgements of two transactions', bounds: { ...two, terms: { ...two.terms, bank: 6 }, transactions: 2, broken: true, last: 5 }, isLarge: true },
  { name: 'two players, refutations of as many transactions as a window has ticks but one', bounds: { ...two, broken: true, trials: two.terms.window - 1, last: 5 } },
  { name: 'two players, the dispute is resumed', bounds: { ...two, resumes: 1, withheld: 3, last: 5 } },
  { name: 'two players, the dispute is resumed, moves that break settlement', bounds: { ...two, honest: 1, resumes: 1, broken: true, last: 4 } },
  { name: 'three players, one of them honest', bounds: three },
  { name: 'three players, a certificate is withheld', bounds: { ...three, honest: 1, withheld: 4 } },
  { name: 'three players, moves that break settlement', bounds: { ...three, honest: 1, broken: true } },
  { name: 'three players, claims', bounds: { ...three, honest: 2, claims: true, last: 6 } },
  { name: 'three players, claims that can be doubted', bounds: { ...three, honest: 2, claims: true, doubts: true, last: 4 } },
  { name: 'three players, the honest one claims, and is doubted', bounds: { ...three, claims: true, doubts: true, proofs: 1, last: 5 }, isLarge: true },
  { name: 'three players, the dispute is resumed', bounds: { ...three, honest: 2, resumes: 1, last: 6 } }
]

/** Explores one scenario with the rules as they are. */
export function run ({ bounds }: Scenario): Findings {
  return explore(bounds, REAL)
}

/** One line for people. */
export function line ({ name }: Scenario, { states, steps, ends, latest }: Findings): string {
  return `${name}: ${states} states, ${steps} steps, ${ends} ends, the latest after ${latest}`
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const scenario of SCENARIOS) {
    const findings = run(scenario)
    console.log(`${line(scenario, findings)}${findings.violation === undefined ? '' : `\n  ${findings.violation}`}`)
    if (findings.violation !== undefined) process.exitCode = 1
  }
}
