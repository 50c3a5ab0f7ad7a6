// time limit: 300 s
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { explore } from './model/explore.js'
import { MUTANTS } from './model/mutants.js'
import { line, run, SCENARIOS } from './model.js'

const model = suite('the agreement, model-checked')
let states = 0
let ms = 0

for (const scenario of SCENARIOS) {
  model(`${scenario.name}: every interleaving keeps what must hold`, () => {
    const findings = run(scenario)
    assert.is(findings.violation, undefined)
    // A model in which nothing happens proves nothing.
    assert.ok(findings.states > 50, `${findings.states} states`)
    states += findings.states
    ms += findings.ms
    console.log(line(scenario, findings))
  })
}

for (const { fault, finding, bounds, rules } of MUTANTS) {
  model(`an agreement that ${fault} is found out`, () => {
    const { violation } = explore({ bounds, rules, limit: 100_000 })
    assert.match(violation ?? 'nothing was found', finding)
  })
}

model.after(() => { console.log(`${states} states in ${(ms / 1000).toFixed(1)} s`) })

model.run()
