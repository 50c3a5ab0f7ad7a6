/** The judge's interpreter: what it refuses, where it stops, and how it goes on. Its results are compared in the conformance and fuzz tests. */
import { EVM, EVMMockBlockchain, NobleBN254, type InterpreterStep } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account } from '@ethereumjs/util'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { DEFAULT_ROOMS, LocalJudge, selectorOf } from '../../src/machine/judge.js'
import type { JudgePause, JudgeRefusal, JudgeResult } from '../../src/machine/judge-answer.js'
import { decodeMachine } from '../../src/machine/judge-machine.js'
import { word, type JudgeAccount, type JudgeMessage } from '../../src/machine/judge-input.js'
import { assemble } from '../../scripts/conformance/assembler.js'
import { cancun, ethOf } from '../../scripts/conformance/reference.js'

const test = suite('judge')
const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)

const SENDER = `0x${'00'.repeat(18)}aaaa` as Address
const MAIN = `0x${'00'.repeat(18)}1000` as Address
const OTHER = `0x${'00'.repeat(18)}2000` as Address
const GAS = 200_000n
const PLENTY = 1n << 40n

/** A loop with memory, storage, a hash and a call in it, whose callee writes and reverts. */
const LOOP = assemble(`0x3 JUMPDEST DUP1 DUP1 MSTORE 0x60 0x0 KECCAK256 DUP2 SSTORE
  0x20 0x40 0x20 0x0 0x0 0x2000 0xffff CALL POP RETURNDATASIZE 0x0 0x80 RETURNDATACOPY
  0x5 DUP2 TSTORE 0x1 SWAP1 SUB DUP1 0x2 JUMPI MSIZE 0x9 SSTORE 0x20 0x80 RETURN`)
const CALLEE = assemble('0x7 0x1 SSTORE 0x1 SLOAD CALLDATASIZE 0x0 0x0 CALLDATACOPY 0x20 MSTORE 0x20 0x20 REVERT')

function account (address: Address, code: Uint8Array = new Uint8Array(), more: Partial<JudgeAccount> = {}): JudgeAccount {
  return { address, balanceWei: 10n, nonce: 1n, codeHash: hash32(code), code, warm: address !== OTHER, hasStorage: false, ...more }
}

function message (code: Uint8Array, more: Partial<JudgeMessage> = {}): JudgeMessage {
  return {
    kind: 'call', to: MAIN, caller: SENDER, valueWei: 0n, gas: GAS, data: new Uint8Array(),
    environment: {
      origin: SENDER, gasPriceWei: 0n, coinbase: SENDER, timestampSec: 1n, number: 1n, prevRandao: `0x${'00'.repeat(32)}` as Hash32, gasLimit: 30_000_000n, chainId: 1n,
      baseFeeWei: 0n, blobBaseFeeWei: 1n, blockHashes: [], blobHashes: []
    },
    accounts: [account(SENDER), account(MAIN, code), account(OTHER, CALLEE)],
    slots: [0n, 1n, 2n, 3n, 9n].map((key) => ({ address: MAIN, key, value: key, warm: false })).concat([{ address: OTHER, key: 1n, value: 4n, warm: false }]),
    ...more
  }
}

async function result (whole: JudgeMessage): Promise<JudgeResult> {
  const { answer } = await judge.start(whole, PLENTY)
  assert.is(answer.kind, 'result', JSON.stringify(answer, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value))
  return answer as JudgeResult
}

async function refused (whole: JudgeMessage, error: string, args: readonly bigint[]): Promise<void> {
  const { answer } = await judge.start(whole, PLENTY, DEFAULT_ROOMS)
  const { selector, args: got } = answer as JudgeRefusal
  assert.equal([selector, got], [selectorOf(error), args])
}

test('an account that was not handed in is named', async () => {
  await refused(message(assemble('0x999999 BALANCE')), 'MissingAccount(address)', [0x999999n])
})

test('a slot that was not handed in is named', async () => {
  await refused(message(assemble('0x77 SLOAD')), 'MissingSlot(address,uint256)', [BigInt(MAIN), 0x77n])
})

test('a code that was not handed in is named when it is needed, and only then', async () => {
  const { code: _, ...bare } = account(OTHER, CALLEE)
  const accounts = [account(SENDER), account(MAIN, assemble('0x2000 EXTCODESIZE')), bare]
  await refused(message(assemble('0x2000 EXTCODESIZE'), { accounts }), 'MissingCode(address)', [BigInt(OTHER)])
  const looked = assemble('0x2000 EXTCODEHASH 0x0 MSTORE 0x20 0x0 RETURN')
  const { returnData } = await result(message(looked, { accounts: [account(SENDER), account(MAIN, looked), bare] }))
  assert.is(bytesToHex(returnData), hash32(CALLEE))
})

test('a code with another hash is refused', async () => {
  const accounts = [account(SENDER), account(MAIN, assemble('STOP'), { codeHash: hash32(CALLEE) })]
  await refused(message(assemble('STOP'), { accounts }), 'BadInput(uint256)', [2n])
})

test('an account or a slot that is handed in twice is refused', async () => {
  const { accounts, slots } = message(assemble('STOP'))
  await refused(message(assemble('STOP'), { accounts: [...accounts, account(SENDER)] }), 'BadInput(uint256)', [4n])
  await refused(message(assemble('STOP'), { slots: [...slots, ...slots.slice(0, 1)] }), 'BadInput(uint256)', [4n])
})

test('a slot of an account that was not handed in is refused', async () => {
  const slots = [{ address: `0x${'77'.repeat(20)}` as Address, key: 1n, value: 1n, warm: false }]
  await refused(message(assemble('STOP'), { slots }), 'BadInput(uint256)', [5n])
})

test('room that is too small is refused, and decides nothing', async () => {
  const small = { ...DEFAULT_ROOMS, journalEntries: 1 }
  const { answer } = await judge.start(message(LOOP), PLENTY, small)
  assert.equal(answer, { kind: 'refusal', selector: selectorOf('OutOfRoom(uint256)'), args: [2n] })
  assert.ok((await result(message(LOOP))).success)
})

test('steps, rooms or gas beyond their field are refused, and decide nothing', async () => {
  const beyond = async (whole: JudgeMessage, steps: bigint, rooms: object): Promise<void> => {
    const { answer } = await judge.start(whole, steps, { ...DEFAULT_ROOMS, ...rooms })
    assert.equal(answer, { kind: 'refusal', selector: selectorOf('BadInput(uint256)'), args: [6n] })
  }
  const whole = message(LOOP)
  await beyond(whole, 1n << 63n, {})
  await beyond(whole, (1n << 63n) + 1n, {})
  await beyond(whole, PLENTY, { transientSlots: 2 ** 32 })
  await beyond(whole, PLENTY, { journalEntries: 2 ** 50 })
  await beyond(message(LOOP, { gas: 1n << 63n }), PLENTY, {})
})

test('a saved machine with a byte more, or with another code, is refused', async () => {
  const { answer } = await judge.start(message(LOOP), 10n)
  const pause = answer as JudgePause
  const longer = { ...pause, machine: Uint8Array.of(...pause.machine, 0) }
  const refusal = (await judge.resume(message(LOOP), longer, 1n)).answer as JudgeRefusal
  assert.equal([refusal.selector, refusal.args], [selectorOf('BadInput(uint256)'), [1n]])
  const other = message(LOOP, { accounts: [account(SENDER), account(MAIN, assemble('STOP')), account(OTHER, CALLEE)] })
  const second = (await judge.resume(other, pause, 1n)).answer as JudgeRefusal
  assert.equal([second.selector, second.args], [selectorOf('BadInput(uint256)'), [2n]])
})

test('stopped before every opcode, it has the machine that @ethereumjs has, and ends as if it had not stopped', async () => {
  const whole = message(LOOP)
  const end = await result(whole)
  const steps = await stepsOfReference(whole)
  assert.is(BigInt(steps.length), PLENTY - end.stepsLeft)
  let machine: JudgePause | undefined
  for (const [index, expected] of steps.entries()) {
    const { answer } = machine === undefined ? await judge.start(whole, BigInt(index)) : await judge.resume(whole, machine, 1n)
    assert.is(answer.kind, 'pause', `step ${index}`)
    machine = answer as JudgePause
    assert.equal(decodeMachine(machine.machine), expected, `step ${index}`)
    if (index % 10 !== 0) continue
    // From here to the end, in one go, and again in a machine that was stopped only here: the same machine and the same end.
    assert.is((await judge.start(whole, BigInt(index)) as { answer: JudgePause }).answer.hash, machine.hash)
    const { answer: last } = await judge.resume(whole, machine, PLENTY)
    const { stepsLeft: _, ...rest } = last as JudgeResult
    const { stepsLeft: __, ...wanted } = end
    assert.equal(rest, wanted)
  }
})

test('the hash of a machine does not depend on the room it had', async () => {
  const large = { ...DEFAULT_ROOMS, frames: 0x20000, journalEntries: 900, returnBytes: 0x3000, transientSlots: 50 }
  const { answer } = await judge.start(message(LOOP), 60n)
  const { answer: same } = await judge.start(message(LOOP), 60n, large)
  assert.is((same as JudgePause).hash, (answer as JudgePause).hash)
})

/** What `decodeMachine` should find before each step. */
async function stepsOfReference ({ accounts, slots, to, caller, gas, data }: JudgeMessage): Promise<object[]> {
  const common = cancun()
  const stateManager = new SimpleStateManager({ common })
  for (const { address, balanceWei, nonce, code } of accounts) {
    await stateManager.putAccount(ethOf(address), new Account(nonce, balanceWei))
    if (code !== undefined && code.length > 0) await stateManager.putCode(ethOf(address), code)
  }
  for (const { address, key, value } of slots) if (value !== 0n) await stateManager.putStorage(ethOf(address), word(key), hexToBytes(`0x0${value}`))
  const evm = new EVM({ common, stateManager, blockchain: new EVMMockBlockchain(), bn254: new NobleBN254() })
  for (const { address, warm } of accounts) if (warm) evm.journal.addAlwaysWarmAddress(address.slice(2))
  const found: object[] = []
  evm.events.on('step', ({ pc, gasLeft, stack, memory, memoryWordCount, depth }: InterpreterStep, next?: () => void) => {
    found.push({ depth: depth + 1, pc, gas: gasLeft, stack: [...stack], memory: bytesToHex(memory.slice(0, Number(memoryWordCount) * 32)) })
    next?.()
  })
  await evm.runCall({ to: ethOf(to), caller: ethOf(caller), origin: ethOf(caller), data, gasLimit: gas })
  return found
}

test.run()
