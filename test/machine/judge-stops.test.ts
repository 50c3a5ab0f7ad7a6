// time limit: 400 s
/** The judge stopped: its machine is @ethereumjs', with all its frames, and it goes on from there to the same end. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import type { Hex } from '../../src/protocol/types.js'
import { LocalJudge } from '../../src/machine/judge.js'
import type { JudgePause, JudgeResult } from '../../src/machine/judge-answer.js'
import type { JudgeMessage } from '../../src/machine/judge-input.js'
import { assemble, OP } from '../../scripts/conformance/assembler.js'
import { Draft } from '../../scripts/conformance/draft.js'
import { play } from '../../scripts/conformance/fuzz.js'
import type { FixtureState } from '../../scripts/conformance/reference.js'
import { sceneOf, SENDER, type Scene } from '../../scripts/conformance/scene.js'
import { addressFrom } from '../../scripts/conformance/transaction.js'
import { judgeWith } from '../../scripts/conformance/witness.js'
import { framesOf, watchFrames, type Frame } from './frames.js'
import type { EVM } from '@ethereumjs/evm'

const test = suite('judge, stopped')
const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)
const PLENTY = 1n << 40n
const SCENES = 6
const SAMPLES = 7

type Ended = { readonly message: JudgeMessage, readonly end: JudgeResult, readonly steps: number, readonly frames: ReadonlyMap<number, Frame[]> }

/** A scene in both, with the frames that @ethereumjs has before the steps that are wanted. */
async function run (scene: Scene, wanted: (step: number) => boolean): Promise<Ended> {
  const frames = new Map<number, Frame[]>()
  let steps = 0
  const { message, scene: { pre } } = await play(scene, (evm: EVM) => {
    frames.clear()
    watchFrames(evm, (step, make) => {
      steps = step + 1
      if (wanted(step)) frames.set(step, make())
    })
  })
  const judged = await judgeWith(judge, message, pre, PLENTY)
  assert.is(judged.answer.kind, 'result')
  const end = judged.answer as JudgeResult
  assert.is(PLENTY - end.stepsLeft, BigInt(steps), 'the judge takes as many steps')
  return { message: judged.message, end, steps, frames }
}

/** From this machine to the end: all as in one go, and no step more or less. */
async function endsAlike (message: JudgeMessage, pause: JudgePause, at: number, { end, steps }: Ended): Promise<void> {
  const { answer } = await judge.resume(message, pause, PLENTY)
  const { stepsLeft, ...rest } = answer as JudgeResult
  const { stepsLeft: _, ...whole } = end
  assert.equal(rest, whole, `from step ${at}`)
  assert.is(PLENTY - stepsLeft, BigInt(steps - at), `from step ${at}`)
}

/** Stops before each of these steps, one after the other, each time in the machine that was saved before; from every n-th it also goes to the end at once. */
async function stopsAlike (ended: Ended, stops: readonly number[], every: number): Promise<void> {
  const { message, frames } = ended
  let pause: JudgePause | undefined
  let at = 0
  for (const [index, stop] of stops.entries()) {
    const steps = BigInt(stop - at)
    const { answer } = pause === undefined ? await judge.start(message, steps) : await judge.resume(message, pause, steps)
    assert.is(answer.kind, 'pause', `step ${stop}`)
    pause = answer as JudgePause
    at = stop
    assert.equal(framesOf(pause.machine), frames.get(stop), `step ${stop}`)
    if (index % every !== 0) continue
    await endsAlike(message, pause, at, ended)
    const atOnce = await judge.start(message, BigInt(stop))
    assert.is((atOnce.answer as JudgePause).hash, pause.hash, `step ${stop}, at once`)
  }
}

/** The first seeds whose scene takes 100 to 1,000 steps, in three frames or more at some of them. */
async function seeds (): Promise<number[]> {
  const found: number[] = []
  for (let seed = 1; found.length < SCENES; seed++) {
    let [steps, deepest] = [0, 0]
    await play({ ...sceneOf(seed), pauses: [] }, (evm) => {
      deepest = 0
      watchFrames(evm, (step, frames) => { steps = step + 1; if (steps <= 1000) deepest = Math.max(deepest, frames().length) })
    }).catch(() => { steps = 0 }) // @ethereumjs' own listeners cannot bear a REVERT of more memory than there is
    if (steps >= 100 && steps <= 1000 && deepest >= 3) found.push(seed)
  }
  return found
}

for (const seed of await seeds()) {
  test(`scene ${seed}, stopped before every step, has @ethereumjs' frames, and ends as if it had not stopped`, async () => {
    const ended = await run({ ...sceneOf(seed), pauses: [] }, () => true)
    await stopsAlike(ended, [...ended.frames.keys()], 5)
  })
}

const MAIN = addressFrom(0x10001n)

/** A call of one contract, by the sender of all scenes. */
function scene (code: Uint8Array, data: Uint8Array, gas: bigint): Scene {
  const any = sceneOf(1)
  const pre = { [SENDER]: any.pre[SENDER], [MAIN]: { balance: '0x5', nonce: '0x1', code: bytesToHex(code), storage: {} } } as FixtureState
  return { ...any, pre, kind: 'call', to: MAIN, valueWei: 0n, gas, cut: undefined, data, warm: new Map(), pauses: [] }
}

function workload (name: string, n: bigint): Scene {
  const { interface: abi, runtimeCode } = loadArtifact('Workloads')
  return scene(runtimeCode, hexToBytes(abi.encodeFunctionData(name, [n]) as Hex), 20_000_000n)
}

/** Calls itself, each time with what is left, until that is not enough or the depth is 1,024; writes how far it came. */
const DEEP = assemble('0x0 SLOAD 0x1 ADD DUP1 0x0 SSTORE 0x40 MSTORE 0x0 0x0 0x0 0x0 0x0 ADDRESS GAS CALL 0x60 MSTORE 0x40 0x40 RETURN')
/** Init code: writes a slot, creates a contract, notes its address, and returns code that writes its caller down. */
const INIT = assemble('0x7 0x1 SSTORE 0x600160005360016000f3 0x0 MSTORE 0xa 0x16 0x0 CREATE 0x2 SSTORE 0x335f5500 0x0 MSTORE 0x4 0x1c RETURN')

/** Thirty times: creates with INIT, notes the address, and calls it. */
function creator (): Uint8Array {
  const draft = new Draft().push(30)
  const start = draft.bytes.length
  draft.op(OP.JUMPDEST, 0, 0).push(INIT.length).pushData([...INIT]).push(0).op(OP.CODECOPY, 3, 0)
  draft.push(INIT.length).push(0).push(0).op(OP.CREATE, 3, 1).dup(1).dup(3).op(OP.SSTORE, 2, 0)
  draft.push(32).push(128).push(0).push(0).push(0).dup(6).push(0xffff).op(OP.CALL, 7, 1).op(OP.POP, 1, 0).op(OP.POP, 1, 0)
  return draft.push(1).swap(1).op(OP.SUB, 2, 1).dup(1).pushKnown(start).op(OP.JUMPI, 2, 0).op(OP.STOP, 0, 0).finish()
}

const LONG: Readonly<Record<string, { scene: Scene, least: number }>> = {
  'sort(32)': { scene: workload('sort', 32n), least: 30_000 },
  'a storage-heavy loop': { scene: workload('store', 200n), least: 5_000 },
  'a call-heavy loop': { scene: workload('call', 60n), least: 5_000 },
  'recursion to its end': { scene: scene(DEEP, new Uint8Array(), 30_000_000n), least: 3_000 },
  'a loop of creations': { scene: scene(creator(), new Uint8Array(), 20_000_000n), least: 1_000 }
}
for (const [name, { scene: long, least }] of Object.entries(LONG)) {
  test(`${name}, stopped at sampled steps, has @ethereumjs' frames, and ends as if it had not stopped`, async () => {
    const { steps } = await run(long, () => false)
    assert.ok(steps >= least, `${steps} steps`)
    const samples = Array.from({ length: SAMPLES }, (_, i) => Math.floor(steps * (i + 1) / (SAMPLES + 1)) + i)
    const ended = await run(long, (step) => samples.includes(step))
    assert.is(ended.frames.size, SAMPLES)
    await stopsAlike(ended, samples, 1)
  })
}

test.run()
