// time limit: 600 s
// --all: the large scenarios too, and that each mutant's bounds are sound without it.
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { line, run, SCENARIOS } from './dispute-model.js'
import { explore } from './dispute/explore.js'
import { MUTANTS } from './dispute/mutants.js'
import { REAL } from './dispute/rules.js'
import type { Bounds } from './dispute/world.js'

const IS_ALL = process.argv.includes('--all')
const sound = new Set<string>()

/** With the rules as they are nothing is found in these bounds: what a mutant shows is its own fault. */
function requireSound (bounds: Bounds): void {
  if (sound.has(JSON.stringify(bounds))) return
  assert.is(explore(bounds, REAL).violation, undefined)
  sound.add(JSON.stringify(bounds))
}

const model = suite('the disputes, model-checked')

for (const scenario of SCENARIOS.filter(({ isLarge }) => IS_ALL || isLarge !== true)) {
  model(`${scenario.name}: the honest player keeps what it has, and it ends in time`, () => {
    const findings = run(scenario)
    assert.is(findings.violation, undefined)
    // A model in which nothing ends proves nothing.
    assert.ok(findings.ends > 0 && findings.states > 20, `${findings.states} states, ${findings.ends} ends`)
    console.log(line(scenario, findings))
  })
}

for (const { fault, finding, bounds, rules } of MUTANTS) {
  model(`a court that ${fault} is found out`, () => {
    if (IS_ALL) requireSound(bounds)
    assert.match(explore(bounds, { ...REAL, ...rules }).violation ?? 'nothing was found', finding)
  })
}

model('a refutation of more transactions than fit between a move and its end comes too late: what check-terms says of short windows', () => {
  const bounds: Bounds = { terms: { players: 2, window: 4, bank: 3, moves: 3, grace: 1 }, honest: 0, head: 2, withheld: 2, last: 4, broken: true, trials: 4 }
  assert.match(explore(bounds, REAL).violation ?? '', /settled on a move that breaks settlement/)
  assert.is(explore({ ...bounds, trials: 3 }, REAL).violation, undefined)
  // And to give each of its transactions a window more would be worse.
  const rules = { ...REAL, endAfter: (court: { readonly endsAt: number }, now: number, { window }: { readonly window: number }) => Math.max(court.endsAt, now + window) }
  assert.match(explore(bounds, rules).violation ?? '', /it may last until/)
})

model('terms with fewer forced moves than the game still needs: the one who moves first loses by exhaustion', () => {
  const bounds = { terms: { players: 2, window: 4, bank: 2, moves: 2, grace: 1 }, honest: 0, head: 2, withheld: 2, last: 7 }
  assert.match(explore(bounds, REAL).violation ?? '', /while it was the honest player's move/)
  assert.is(explore({ ...bounds, last: 6 }, REAL).violation, undefined)
})

model.run()
