/** A thread's limits, just under, at and just over each, in @ethereumjs and in the judge's interpreter: both halt the same frame, and none other. */
import { EVM, EVMMockBlockchain, NobleBN254 } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account } from '@ethereumjs/util'
import { getCreateAddress } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { precompilesOf } from '../../src/machine/environment.js'
import type { ExecutionLimits } from '../../src/machine/execution-limits.js'
import { runSynchronously } from '../../src/machine/interpreter.js'
import { LocalJudge } from '../../src/machine/judge.js'
import type { JudgeResult } from '../../src/machine/judge-answer.js'
import type { JudgeAccount, JudgeMessage } from '../../src/machine/judge-input.js'
import { assemble } from '../../scripts/conformance/assembler.js'
import { cancun, ethOf } from '../../scripts/conformance/reference.js'

const test = suite('limits of a thread')
const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)
const common = cancun()

const SENDER = `0x${'00'.repeat(18)}aaaa` as Address
const MAIN = `0x${'00'.repeat(18)}1000` as Address
const OTHER = `0x${'00'.repeat(18)}2000` as Address
/** What MAIN creates first. */
const CREATED = getCreateAddress({ from: MAIN, nonce: 1 }).toLowerCase() as Address
const GAS = 300_000n
const NONE: Uint8Array = new Uint8Array()

type Scene = { readonly main: string, readonly other?: string, readonly data?: Uint8Array }
type End = { readonly success: boolean, readonly gasUsed: bigint, readonly returnData: string }

/** Ends of a scene in both; they are the same. */
async function end (scene: Scene, limits: ExecutionLimits): Promise<End> {
  const reference = await runReference(scene, limits)
  const judged = await runJudge(scene, limits)
  assert.equal(judged, reference, JSON.stringify(limits))
  return reference
}

function accountsOf ({ main, other }: Scene): JudgeAccount[] {
  const account = (address: Address, code = NONE, nonce = 1n): JudgeAccount =>
    ({ address, balanceWei: 0n, nonce, codeHash: hash32(code), code, warm: address !== CREATED, hasStorage: false })
  return [account(SENDER), account(MAIN, assemble(main)), account(OTHER, other === undefined ? NONE : assemble(other)), account(CREATED, NONE, 0n)]
}

async function runJudge (scene: Scene, limits: ExecutionLimits): Promise<End> {
  const message: JudgeMessage = {
    kind: 'call', to: MAIN, caller: SENDER, valueWei: 0n, gas: GAS, data: scene.data ?? NONE, limits,
    environment: {
      origin: SENDER, gasPriceWei: 0n, coinbase: SENDER, timestampSec: 1n, number: 1n, prevRandao: `0x${'00'.repeat(32)}` as Hash32, gasLimit: 30_000_000n, chainId: 1n,
      baseFeeWei: 0n, blobBaseFeeWei: 1n, blockHashes: [], blobHashes: []
    },
    accounts: accountsOf(scene), slots: [{ address: MAIN, key: 0n, value: 0n, warm: false }]
  }
  const { answer } = await judge.start(message, 1n << 40n)
  assert.is(answer.kind, 'result', JSON.stringify(answer, (_, value: unknown) => typeof value === 'bigint' ? `0x${value.toString(16)}` : value))
  const { success, gasLeft, returnData } = answer as JudgeResult
  return { success, gasUsed: GAS - gasLeft, returnData: bytesToHex(returnData) }
}

async function runReference (scene: Scene, limits: ExecutionLimits): Promise<End> {
  const stateManager = new SimpleStateManager({ common })
  const accounts = accountsOf(scene)
  for (const { address, balanceWei, nonce, code = NONE } of accounts) {
    if (address === CREATED) continue
    await stateManager.putAccount(ethOf(address), new Account(nonce, balanceWei))
    if (code.length > 0) await stateManager.putCode(ethOf(address), code)
  }
  const evm = new EVM({ common, stateManager, blockchain: new EVMMockBlockchain(), bn254: new NobleBN254(), customPrecompiles: precompilesOf(common, limits) })
  runSynchronously(evm, limits)
  for (const precompile of evm.precompiles.keys()) evm.journal.addAlwaysWarmAddress(precompile)
  for (const { address, warm } of accounts) if (warm) evm.journal.addAlwaysWarmAddress(address.slice(2))
  const { execResult } = await evm.runCall({ to: ethOf(MAIN), caller: ethOf(SENDER), origin: ethOf(SENDER), data: scene.data ?? NONE, gasLimit: GAS, skipNonceIncrement: true })
  return { success: execResult.exceptionError === undefined, gasUsed: execResult.executionGasUsed, returnData: bytesToHex(execResult.returnValue) }
}

const RETURN_TOP = '0x0 MSTORE 0x20 0x0 RETURN'
const ONE = `0x${'00'.repeat(31)}01`
const ZERO = `0x${'00'.repeat(32)}`

test('memory at the limit is there, a byte beyond halts the frame', async () => {
  const touching = (bytes: number): Scene => ({ main: `0x1 0x${(bytes - 1).toString(16)} MSTORE8 STOP` })
  assert.ok((await end(touching(1023), { memoryBytes: 1024 })).success)
  assert.ok((await end(touching(1024), { memoryBytes: 1024 })).success)
  assert.equal(await end(touching(1025), { memoryBytes: 1024 }), { success: false, gasUsed: GAS, returnData: '0x' })
  assert.ok((await end(touching(1025), {})).success)
})

test('a limit that is no whole number of words is the whole words in it', async () => {
  assert.ok((await end({ main: '0x1 0x3f MSTORE8 STOP' }, { memoryBytes: 95 })).success)
  assert.not.ok((await end({ main: '0x1 0x40 MSTORE8 STOP' }, { memoryBytes: 95 })).success)
})

test('the callers\' memory counts, and is free again when a callee is left', async () => {
  // 64 bytes here, then twice a callee with so many, whose results are added up.
  const scene = (bytes: number): Scene => ({
    main: `0x1 0x3f MSTORE8 0x0 0x0 0x0 0x0 0x2000 0x9000 DELEGATECALL 0x20 MSTORE 0x0 0x0 0x0 0x0 0x2000 0x9000 STATICCALL 0x20 MLOAD ADD ${RETURN_TOP}`,
    other: `0x1 0x${(bytes - 1).toString(16)} MSTORE8 STOP`
  })
  const both = `0x${'00'.repeat(31)}02`
  assert.is((await end(scene(64), { memoryBytes: 128 })).returnData, both)
  const over = await end(scene(65), { memoryBytes: 128 })
  assert.equal([over.success, over.returnData], [true, ZERO])
  assert.is((await end(scene(65), { memoryBytes: 160 })).returnData, both)
})

test('what waits on the callers\' stacks counts, without the operands of the call', async () => {
  const scene = (items: number): Scene => ({ main: `${'0x7 '.repeat(items)} 0x0 0x0 0x0 0x0 0x2000 0x9000 STATICCALL ${RETURN_TOP}`, other: '0x1 0x0 MSTORE' })
  assert.is((await end(scene(3), { memoryBytes: 128 })).returnData, ONE)
  assert.is((await end(scene(4), { memoryBytes: 128 })).returnData, ZERO)
  // More than all of it: the callee does not get to its first opcode, which needs no memory.
  const idle = (items: number): Scene => ({ ...scene(items), other: 'STOP' })
  assert.is((await end(idle(4), { memoryBytes: 128 })).returnData, ONE)
  assert.is((await end(idle(5), { memoryBytes: 128 })).returnData, ZERO)
})

test('writes beyond the limit halt their frame, and reverted ones count', async () => {
  // Two in a callee that reverts, one in one that must not write, which does not count, then three here.
  const scene: Scene = {
    main: `0x0 0x0 0x0 0x0 0x0 0x2000 0x9000 CALL 0x0 0x0 0x0 0x0 0x2000 0x9000 STATICCALL POP 0x1 0x0 SSTORE 0x1 0x0 SSTORE 0x1 0x0 TSTORE ${RETURN_TOP}`,
    other: '0x1 0x0 TSTORE 0x2 0x0 TSTORE 0x0 0x0 REVERT'
  }
  assert.ok((await end(scene, { writes: 6 })).success)
  assert.ok((await end(scene, { writes: 5 })).success)
  assert.equal(await end(scene, { writes: 4 }), { success: false, gasUsed: GAS, returnData: '0x' })
})

test('a frame beyond the deepest halts with all that it was given, and its caller goes on', async () => {
  // Each frame calls itself with most of its gas and hands back its callee's result + 1.
  const scene: Scene = { main: `0x20 0x0 0x0 0x0 ADDRESS GAS STATICCALL POP 0x1 0x0 MLOAD ADD ${RETURN_TOP}` }
  for (const frames of [1, 2, 5]) assert.is(BigInt((await end(scene, { frames })).returnData), BigInt(frames))
})

test('calls of precompiles and of accounts without code enter no frame', async () => {
  const scene: Scene = { main: `0x0 0x0 0x0 0x0 0x4 0x9000 STATICCALL 0x0 0x0 0x0 0x0 0x2000 0x9000 STATICCALL AND ${RETURN_TOP}` }
  assert.is((await end(scene, { frames: 1 })).returnData, ONE)
})

test('call data beyond the limit halt the frame that gets them, the outermost one too', async () => {
  const scene = (bytes: number): Scene => ({ main: `0x0 0x0 0x${bytes.toString(16)} 0x0 0x2000 0x9000 STATICCALL ${RETURN_TOP}`, other: 'STOP' })
  assert.is((await end(scene(63), { callDataBytes: 64 })).returnData, ONE)
  assert.is((await end(scene(64), { callDataBytes: 64 })).returnData, ONE)
  assert.is((await end(scene(65), { callDataBytes: 64 })).returnData, ZERO)
  assert.ok((await end({ main: 'STOP', data: new Uint8Array(64) }, { callDataBytes: 64 })).success)
  assert.equal(await end({ main: 'STOP', data: new Uint8Array(65) }, { callDataBytes: 64 }), { success: false, gasUsed: GAS, returnData: '0x' })
})

test('init code beyond the limit halts the frame that runs it, and the code that it creates is no return data', async () => {
  // Init code of zeros but for a RETURN of 40 bytes in front: they become the code.
  const scene = (bytes: number): Scene => ({ main: `0x60285ff3 0xe0 SHL 0x0 MSTORE 0x${bytes.toString(16)} 0x0 0x0 CREATE ${RETURN_TOP}` })
  const created = `0x${CREATED.slice(2).padStart(64, '0')}`
  assert.is((await end(scene(63), { callDataBytes: 64 })).returnData, created)
  assert.is((await end(scene(64), { callDataBytes: 64, returnDataBytes: 32 })).returnData, created)
  assert.is((await end(scene(65), { callDataBytes: 64 })).returnData, ZERO)
  assert.is((await end(scene(64), { frames: 1 })).returnData, ZERO)
})

test('return data beyond the limit halt the frame, whether it returns or reverts', async () => {
  for (const how of ['RETURN', 'REVERT']) {
    const scene = (bytes: number): Scene => ({ main: `0x0 0x0 0x0 0x0 0x2000 0x9000 STATICCALL POP RETURNDATASIZE ${RETURN_TOP}`, other: `0x${bytes.toString(16)} 0x0 ${how}` })
    assert.is(BigInt((await end(scene(32), { returnDataBytes: 33 })).returnData), 32n)
    assert.is(BigInt((await end(scene(33), { returnDataBytes: 33 })).returnData), 33n)
    const over = await end(scene(34), { returnDataBytes: 33 })
    assert.is(BigInt(over.returnData), 0n)
    assert.ok(over.gasUsed > 0x9000n)
  }
})

test('MODEXP fails with an operand beyond the limit', async () => {
  for (const place of ['0x0', '0x20', '0x40']) {
    const scene = (bytes: number): Scene => ({ main: `0x${bytes.toString(16)} ${place} MSTORE 0x0 0x0 0x100 0x0 0x5 0x9000 STATICCALL ${RETURN_TOP}` })
    assert.is((await end(scene(31), { modexpBytes: 32 })).returnData, ONE)
    assert.is((await end(scene(32), { modexpBytes: 32 })).returnData, ONE)
    assert.is((await end(scene(33), { modexpBytes: 32 })).returnData, ZERO)
  }
})

test.run()
