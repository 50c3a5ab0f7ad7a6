// time limit: 600 s
/** 2,000 seeded scenes: the judge in anvil's EVM, and some of them in @ethereumjs too; `npm run conformance -- --anvil --fuzz <n> --seed <n>` runs more. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { LocalJudge } from '../../src/machine/judge.js'
import { startEngines } from '../../scripts/conformance/anvil-engine.js'
import { fuzz, judgeScene, play } from '../../scripts/conformance/fuzz.js'
import { sceneOf, type Scene } from '../../scripts/conformance/scene.js'
import type { InterpreterStep } from '@ethereumjs/evm'

const SCENES = 2_000
/** They take several times as long. */
const SCENES_IN_ETHEREUMJS = 100
/** Seeds that once showed a difference are named here with what it was. */
const FOUND: readonly number[] = []

const test = suite('judge against @ethereumjs, random programs')
const code = loadArtifact('Interpreter').runtimeCode
const judge = await LocalJudge.create(code)

/** The first seed's scene that ends well, with a call and a creation, and 100 to 200 opcodes in its outermost frame; and what it has used before each of these, and a unit less. */
async function sceneToStarve (): Promise<{ whole: Scene, limits: Iterable<bigint> }> {
  for (let seed = 1; ; seed++) {
    const whole = { ...sceneOf(seed), cut: undefined, pauses: [] }
    const [limits, opcodes] = [new Set<bigint>(), new Set<string>()]
    let steps = 0
    const { error, gasUsed } = await play(whole, (evm) => {
      evm.events.on('step', ({ depth, gasLeft, opcode }: InterpreterStep, next?: () => void) => {
        opcodes.add(opcode.name)
        if (depth === 0) { steps++; limits.add(whole.gas - gasLeft).add(whole.gas - gasLeft - 1n) }
        next?.()
      })
    }).catch(() => ({ error: 'a REVERT of more memory than there is, which listeners cannot bear', gasUsed: 0n }))
    limits.add(gasUsed).delete(-1n)
    if (error === undefined && steps >= 100 && steps <= 200 && opcodes.has('CALL') && opcodes.has('CREATE')) return { whole, limits }
  }
}

test('seeded scenes end alike in both EVMs, also with stops in between', async () => {
  const engines = await startEngines()
  try {
    const inAnvil = new LocalJudge(await engines.engineOf(code))
    for (let seed = 1; seed <= SCENES; seed++) assert.equal(await fuzz(seed, inAnvil), { verdict: 'pass' }, `seed ${seed}`)
  } finally {
    await engines.stop()
  }
})

test('the interpreter does the same where @ethereumjs runs it', async () => {
  for (let seed = 1; seed <= SCENES_IN_ETHEREUMJS; seed++) assert.equal(await fuzz(seed, judge), { verdict: 'pass' }, `seed ${seed}`)
})

test('a scene that runs out of gas at each opcode of its outermost frame, or just before, ends alike in both', async () => {
  const { whole, limits } = await sceneToStarve()
  for (const gas of limits) assert.equal(await judgeScene(await play({ ...whole, gas }), judge), { verdict: 'pass' }, `${gas} gas`)
})

test('scenes that once ended differently end alike', async () => {
  for (const seed of FOUND) assert.equal(await fuzz(seed, judge), { verdict: 'pass' }, `seed ${seed}`)
})

test.run()
