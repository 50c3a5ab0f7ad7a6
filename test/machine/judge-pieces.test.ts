// time limit: 120 s
/**
 * The interpreter where a computation waits behind so much gas (specification §11), against @ethereumjs: wherever that is, and wherever it is stopped. `npm run conformance -- --fuzz <n>` has seeds
 * of any kind; one in four waits.
 */
import type { InterpreterStep } from '@ethereumjs/evm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { judgeScene, play } from '../../scripts/conformance/fuzz.js'
import { sceneOf, type Scene } from '../../scripts/conformance/scene.js'
import { assemble } from '../../scripts/conformance/assembler.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex } from '../../src/protocol/bytes.js'
import type { Address } from '../../src/protocol/types.js'
import type { JudgeResult } from '../../src/machine/judge-answer.js'
import { decodeMachine } from '../../src/machine/judge-machine.js'
import { LocalJudge } from '../../src/machine/judge.js'
import { decodeSuspended } from '../../src/machine/routine.js'
import { program } from './routines.js'

const test = suite('the interpreter between two pieces')
const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)
const PLENTY = 1n << 40n
const MAIN = sceneOf(1).to
const OTHER = `0x${'0'.repeat(35)}10002` as Address

/** Each kind of opcode that costs more than its base, in a loop: memory that grows, slots, logs, hashes, calls that end well, fail or have no code, creations, and jumps over a PUSH2. */
const LOOP = `0x3 :loop
  GAS 0x100 DUP3 MUL MSTORE 0x40 0x0 KECCAK256 DUP1 DUP3 SSTORE POP DUP1 SLOAD DUP2 EXP POP 0x20 0x0 LOG0 0x1 0x2 0x41 0x0 LOG2
  0x20 0x200 0x20 0x0 0x1 0x10002 0x1f40 CALL POP 0x0 0x0 0x300 0x0 0x10002 0x64 STATICCALL POP 0x20 0x220 0x20 0x0 0x4 GAS STATICCALL POP
  0x60015f5ff3 0x0 MSTORE 0x5 0x1b 0x0 CREATE EXTCODESIZE POP GAS DUP2 0x10 ADD SSTORE RETURNDATASIZE 0x0 0x280 RETURNDATACOPY 0xbbb1 BALANCE POP 0x40 0x20 0x400 MCOPY
  DUP1 0x1 AND @odd JUMPI JUMPDEST JUMPDEST @odd JUMP :odd
  0x1 SWAP1 SUB DUP1 @loop JUMPI GAS 0x0 MSTORE MSIZE 0x20 MSTORE 0x40 0x0 RETURN`
/** Writes, logs, and uses all that it was given where that is little. */
const CALLEE = '0x0 CALLDATALOAD 0x1 SSTORE 0x0 0x0 LOG0 GAS 0x0 MSTORE 0x20 0x0 RETURN'

function sceneFor (main: Uint8Array, changes: Partial<Scene> = {}): Scene {
  const code = (bytes: Uint8Array): Scene['pre'][Address] => ({ balance: '0xffff', nonce: '0x1', code: bytesToHex(bytes), storage: {} })
  const { pre } = sceneOf(1)
  return { ...sceneOf(1), pre: { ...pre, [MAIN]: code(main), [OTHER]: code(assemble(CALLEE)) }, kind: 'call', to: MAIN, valueWei: 0n, gas: 500_000n, cut: undefined, warm: new Map(), pauses: [], limits: {}, pieceGas: 0n, ...changes }
}

/** What the outermost frame has used before each of its opcodes. */
async function usedBefore (scene: Scene): Promise<bigint[]> {
  const used: bigint[] = []
  await play(scene, (evm) => {
    evm.events.on('step', ({ depth, gasLeft }: InterpreterStep, next?: () => void) => {
      if (depth === 0) used.push(scene.gas - gasLeft)
      next?.()
    })
  })
  return used
}

async function resultOf (scene: Scene): Promise<JudgeResult> {
  const { message } = await play(scene)
  const { answer } = await judge.start(message, PLENTY)
  if (answer.kind !== 'result') throw new Error(JSON.stringify(answer))
  return answer
}

test('a loop waits alike in both EVMs behind any gas that it has used before an opcode, and a unit less', async () => {
  const scene = sceneFor(program(LOOP))
  const used = await usedBefore(scene)
  assert.ok(used.length > 100, String(used.length))
  const pieces = new Set(used.slice(0, 100).flatMap(gas => [gas, gas - 1n]).filter(gas => gas > 0n))
  for (const pieceGas of pieces) assert.equal(await judgeScene(await play({ ...scene, pieceGas }), judge), { verdict: 'pass' }, `${pieceGas} gas`)
})

test('it waits before the first opcode that finds more gas used, and not where it is exactly so much', async () => {
  const scene = sceneFor(assemble('0x1 0x2 ADD POP 0x7 0x0 SSTORE STOP'))
  const pcs = await Promise.all([3n, 2n, 5n, 6n, 10n].map(async pieceGas => decodeSuspended((await resultOf({ ...scene, pieceGas })).returnData).pc))
  assert.equal(pcs, [4, 2, 4, 5, 6])
  const { suspended, success, returnData } = await resultOf({ ...scene, pieceGas: 100_000n })
  assert.equal([suspended, success, returnData.length], [false, true, 0])
})

test('stopped before any opcode, the machine is the one without pieces, and goes on to the same end', async () => {
  const scene = sceneFor(program(LOOP))
  const [whole, plain] = [(await play({ ...scene, pieceGas: 60_000n })).message, (await play(scene)).message]
  const end = (await judge.start(whole, PLENTY)).answer as JudgeResult
  assert.ok(end.suspended)
  const steps = Number(PLENTY - end.stepsLeft)
  assert.ok(steps > 60, String(steps))
  for (let taken = 0; taken <= steps; taken++) {
    const { answer } = await judge.start(whole, BigInt(taken))
    if (answer.kind !== 'pause') {
      assert.equal([answer.kind, taken], ['result', steps])
      continue
    }
    const other = (await judge.start(plain, BigInt(taken))).answer
    assert.ok(other.kind === 'pause')
    if (other.kind === 'pause') assert.equal(decodeMachine(answer.machine), decodeMachine(other.machine), `after ${taken}`)
    const rest = (await judge.resume(whole, answer, PLENTY)).answer as JudgeResult
    assert.equal({ ...rest, stepsLeft: 0n }, { ...end, stepsLeft: 0n }, `after ${taken}`)
    assert.is(PLENTY - rest.stepsLeft, BigInt(steps - taken))
  }
})

test('a call that takes the rest of a piece comes back to a frame that waits, stopped anywhere', async () => {
  const main = assemble('0x0 0x0 0x20 0x0 0x0 0x10002 0x3000 CALL 0x7 SSTORE STOP')
  for (const pieceGas of [2_700n, 5_000n, 9_000n]) {
    for (let at = 1n; at <= 24n; at++) assert.equal(await judgeScene(await play({ ...sceneFor(main), pieceGas, pauses: [at, 1n, 2n] }), judge), { verdict: 'pass' }, `${pieceGas} gas, stopped at ${at}`)
  }
})

test('behind its last opcode a code has ended, whatever it has used', async () => {
  for (const [source, ends] of [['0x1 0x0 SSTORE', true], ['0x1 0x0 SSTORE STOP', false], ['0x1 0x0 SSTORE JUMPDEST', false]] as const) {
    const scene = sceneFor(assemble(source), { pieceGas: 100n })
    assert.equal(await judgeScene(await play(scene), judge), { verdict: 'pass' }, source)
    assert.is((await resultOf(scene)).suspended, !ends, source)
  }
  // A PUSH whose bytes lie beyond the end.
  const cut = sceneFor(Uint8Array.of(...assemble('0x1 0x0 SSTORE'), 0x7f), { pieceGas: 22_107n })
  assert.equal(await judgeScene(await play(cut), judge), { verdict: 'pass' })
  assert.not((await resultOf(cut)).suspended)
})

test('a machine of more than 16,384 bytes halts', async () => {
  for (const [last, waits] of [['0x3f80', true], ['0x3fa0', false]] as const) {
    const scene = sceneFor(assemble(`0x1 ${last} MSTORE JUMPDEST STOP`), { pieceGas: 1_000n, data: new Uint8Array(0) })
    assert.equal(await judgeScene(await play(scene), judge), { verdict: 'pass' }, last)
    const { suspended, success, gasLeft, returnData } = await resultOf(scene)
    assert.equal([suspended, success, gasLeft === 0n, returnData.length], [waits, waits, !waits, waits ? 16_384 : 0], last)
  }
})

test('seeded scenes that wait end alike in both EVMs', async () => {
  let waits = 0
  for (let seed = 1; waits < 40; seed++) {
    const scene = sceneOf(seed)
    if (scene.pieceGas === 0n) continue
    const played = await play(scene)
    assert.equal(await judgeScene(played, judge), { verdict: 'pass' }, `seed ${seed}`)
    const { answer } = await judge.start(played.message, PLENTY)
    if (answer.kind === 'result' && answer.suspended) waits++
  }
})

test.run()
