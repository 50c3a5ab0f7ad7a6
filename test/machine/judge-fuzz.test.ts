// time limit: 400 s
/** 2,000 seeded scenes in both EVMs; `npm run conformance -- --fuzz <n> --seed <n>` runs more. */
import type { InterpreterStep } from '@ethereumjs/evm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { LocalJudge } from '../../src/machine/judge.js'
import { fuzz, judgeScene, play } from '../../scripts/conformance/fuzz.js'
import { sceneOf } from '../../scripts/conformance/scene.js'

const SCENES = 2_000
/** A seed whose scene ends well, with calls and creations in its outermost frame. */
const OUT_OF_GAS = 42
/** Seeds that once showed a difference are named here with what it was. */
const FOUND: readonly number[] = []

const test = suite('judge against @ethereumjs, random programs')
const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)

test('seeded scenes end alike in both EVMs, also with stops in between', async () => {
  for (let seed = 1; seed <= SCENES; seed++) assert.equal(await fuzz(seed, judge), { verdict: 'pass' }, `seed ${seed}`)
})

test('a scene that runs out of gas at each opcode of its outermost frame, or just before, ends alike in both', async () => {
  const whole = sceneOf(OUT_OF_GAS)
  const limits = new Set<bigint>()
  const { error, gasUsed } = await play(whole, (evm) => {
    evm.events.on('step', ({ depth, gasLeft }: InterpreterStep, next?: () => void) => {
      if (depth === 0) limits.add(whole.gas - gasLeft).add(whole.gas - gasLeft - 1n)
      next?.()
    })
  })
  assert.is(error, undefined)
  assert.ok(limits.size > 100, `${limits.size} limits`)
  for (const gas of [...limits, gasUsed - 1n, gasUsed].filter((limit) => limit >= 0n)) {
    assert.equal(await judgeScene(await play({ ...whole, gas }), judge), { verdict: 'pass' }, `${gas} gas`)
  }
})

test('scenes that once ended differently end alike', async () => {
  for (const seed of FOUND) assert.equal(await fuzz(seed, judge), { verdict: 'pass' }, `seed ${seed}`)
})

test.run()
