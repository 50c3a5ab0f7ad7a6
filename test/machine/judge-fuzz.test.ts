// time limit: 400 s
/** 2,000 seeded scenes in both EVMs; `npm run conformance -- --fuzz <n> --seed <n>` runs more. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { LocalJudge } from '../../src/machine/judge.js'
import { fuzz } from '../../scripts/conformance/fuzz.js'

const SCENES = 2_000
/** Seeds that once showed a difference are named here with what it was. */
const FOUND: readonly number[] = []

const test = suite('judge against @ethereumjs, random programs')
const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)

test('seeded scenes end alike in both EVMs, also with stops in between', async () => {
  for (let seed = 1; seed <= SCENES; seed++) assert.equal(await fuzz(seed, judge), { verdict: 'pass' }, `seed ${seed}`)
})

test('scenes that once ended differently end alike', async () => {
  for (const seed of FOUND) assert.equal(await fuzz(seed, judge), { verdict: 'pass' }, `seed ${seed}`)
})

test.run()
