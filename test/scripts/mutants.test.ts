/** The faults with which the contracts' tests are tested: each has its one place in the sources as they are. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { existsSync } from 'node:fs'
import { CLAIMS_MUTANTS } from '../../scripts/mutants/claims.js'
import { COURT_MUTANTS } from '../../scripts/mutants/court.js'
import { loadCompiler } from '../../scripts/mutants/compile.js'
import { JUDGE_MUTANTS, SUSPENDING_MUTANTS } from '../../scripts/mutants/judge.js'
import { RECEIPT_MUTANTS } from '../../scripts/mutants/receipts.js'
import { MULTI_PROOF_MUTANTS, STATE_TREE_MUTANTS } from '../../scripts/mutants/proofs.js'
import { withMutant } from '../../scripts/mutants/mutant.js'

const test = suite('scripts/mutants')
const all = [...COURT_MUTANTS, ...CLAIMS_MUTANTS, ...RECEIPT_MUTANTS, ...JUDGE_MUTANTS, ...SUSPENDING_MUTANTS, ...MULTI_PROOF_MUTANTS, ...STATE_TREE_MUTANTS]
const sources = await (await loadCompiler()).readSources()

test('there are more than fifty, each with a name of its own and a test that exists', () => {
  assert.ok(all.length > 50, String(all.length))
  assert.is(new Set(all.map(({ name }) => name)).size, all.length)
  const missing = all.flatMap(({ tests }) => tests).filter(name => !existsSync(new URL(`../${name}.test.js`, import.meta.url)))
  assert.equal(missing, [])
})

test('each changes the sources in one place', () => {
  for (const mutant of all) {
    const path = `contracts/${mutant.file}`
    assert.is.not(withMutant(sources, mutant)[path]?.content, sources[path]?.content)
  }
})

test('a fault whose text is not there, or there twice, is an error', () => {
  const [first] = all
  if (first === undefined) throw new Error('no fault')
  for (const right of ['text that is nowhere', 'return']) assert.throws(() => withMutant(sources, { ...first, right }), /no one place/)
})

test.run()
