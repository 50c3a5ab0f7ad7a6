/** The judge's interpreter at a BREAKPOINT: what it leaves, how it goes on from there, and where it halts instead (specification §11). */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assemble } from '../../scripts/conformance/assembler.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex, concatBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address } from '../../src/protocol/types.js'
import { hashLogs, type JudgePause, type JudgeRefusal, type JudgeResult } from '../../src/machine/judge-answer.js'
import { type JudgeAccount, type JudgeMessage, type JudgeRoutine } from '../../src/machine/judge-input.js'
import { LocalJudge, selectorOf } from '../../src/machine/judge.js'
import { breakpoint, payloadOf, readMachine, stored, suspending, TOPIC } from './breakpoints.js'

const test = suite('routines in the interpreter')
const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)

const SENDER = `0x${'00'.repeat(18)}aaaa` as Address
const SECOND = `0x${'00'.repeat(18)}aaab` as Address
const MAIN = `0x${'00'.repeat(18)}1000` as Address
const OTHER = `0x${'00'.repeat(18)}2000` as Address
const GAS = 200_000n
const PLENTY = 1n << 40n
const ROUTINE: JudgeRoutine = { suspends: BigInt(MAIN), closed: 0n, players: [SENDER, SECOND] }
const NOWHERE = 1n << 255n
const PAYLOAD = payloadOf([SECOND], Uint8Array.of(7, 8))

function account (address: Address, code: Uint8Array = new Uint8Array(), balanceWei = 10n): JudgeAccount {
  return { address, balanceWei, nonce: 1n, codeHash: hash32(code), code, warm: true, hasStorage: false }
}

function message (program: string, more: Partial<JudgeMessage> = {}, other = 'STOP'): JudgeMessage {
  return {
    kind: 'call', to: MAIN, caller: SENDER, valueWei: 0n, gas: GAS, data: new Uint8Array(), routine: ROUTINE,
    environment: {
      origin: more.caller ?? SENDER, gasPriceWei: 0n, coinbase: SENDER, timestampSec: 1n, number: 1n, prevRandao: ZERO_HASH, gasLimit: 30_000_000n, chainId: 1n, baseFeeWei: 0n,
      blobBaseFeeWei: 1n, blockHashes: [], blobHashes: []
    },
    accounts: [account(SENDER), account(SECOND), account(MAIN, assemble(program)), account(OTHER, assemble(other))],
    slots: [0n, 1n, 2n, 3n, 4n, 5n].map((key) => ({ address: MAIN, key, value: 0n, warm: true })),
    ...more
  }
}

async function resultOf (whole: JudgeMessage): Promise<JudgeResult> {
  const { answer } = await judge.start(whole, PLENTY)
  assert.is(answer.kind, 'result', JSON.stringify(answer, (_, value: unknown) => typeof value === 'bigint' ? String(value) : value))
  return answer as JudgeResult
}

function valueAt ({ slots }: JudgeResult, key: bigint): bigint | undefined {
  return slots.find((slot) => slot.key === key)?.value
}

/** The message that goes on from where `result` stopped. */
function onFrom (whole: JudgeMessage, { returnData, accounts, slots }: JudgeResult, more: Partial<JudgeMessage> = {}): JudgeMessage {
  return {
    ...whole, kind: 'resume', data: returnData,
    accounts: whole.accounts.map((before) => ({ ...before, balanceWei: accounts.find(({ address }) => address === before.address)?.balanceWei ?? 0n })),
    slots: whole.slots.map((slot) => ({ ...slot, value: slots.find(({ key }) => key === slot.key)?.value ?? 0n })),
    ...more
  }
}

/** Two words stay on the stack over the breakpoint; behind it they, the memory, and what the first call was made with are written down. */
const PROGRAM = `0x11 0x22 ${suspending(PAYLOAD)} 0x0 SSTORE 0x1 SSTORE CALLER 0x2 SSTORE CALLVALUE 0x0 CALLDATALOAD ADD 0x3 SSTORE ORIGIN 0x4 SSTORE 0x80 MLOAD 0x5 SSTORE RETURNDATASIZE 0x20 0x0 RETURN`

test('at a BREAKPOINT the outermost frame ends well and leaves its machine; the log is a log like any', async () => {
  const data = Uint8Array.of(1, 2, 3)
  const result = await resultOf(message(PROGRAM, { data, valueWei: 3n }))
  assert.ok(result.success)
  assert.ok(result.suspended)
  const code = assemble(PROGRAM)
  const { pc, caller, value, stack, memory, callData, payload } = readMachine(result.returnData)
  assert.is(pc, code.indexOf(0xa1) + 1)
  assert.equal({ caller, value, stack, callData, payload }, { caller: BigInt(SENDER), value: 3n, stack: [0x11n, 0x22n], callData: data, payload: PAYLOAD })
  assert.equal(memory, concatBytes(new Uint8Array(0x80), PAYLOAD, new Uint8Array(25)))
  assert.is(result.logsHash, hashLogs([{ address: MAIN, topics: [hexToBytes(TOPIC)], data: PAYLOAD }]))
  const [gas, plain] = await Promise.all([resultOf(message(PROGRAM)), resultOf(message(`0x11 0x22 ${suspending(PAYLOAD)} STOP`, { routine: { ...ROUTINE, suspends: 0n } }))])
  assert.is(gas.gasLeft, plain.gasLeft, 'the gas of the log and what was before it, no more')
})

test('it goes on behind the log: stack, memory, caller, value and call data are those of the first call, the rest the new one\'s', async () => {
  const whole = message(PROGRAM, { data: concatBytes(new Uint8Array(31), Uint8Array.of(9)), valueWei: 3n })
  const resumed = onFrom(whole, await resultOf(whole), { caller: SECOND, valueWei: 2n, environment: { ...whole.environment, origin: SECOND } })
  const end = await resultOf(resumed)
  assert.ok(end.success)
  assert.not.ok(end.suspended)
  assert.equal([0n, 1n, 2n, 3n, 4n].map((key) => valueAt(end, key)), [0x22n, 0x11n, BigInt(SENDER), 12n, BigInt(SECOND)])
  assert.is(valueAt(end, 5n), BigInt(bytesToHex(PAYLOAD.slice(0, 32))))
  assert.equal(end.accounts.map(({ balanceWei }) => balanceWei), [7n, 8n, 15n, 10n])
})

test('memory that a machine has is not charged for again, and what comes beyond it at its own price', async () => {
  const gasOf = async (tail: string): Promise<bigint> => {
    const whole = message(`0x1 0x800 MSTORE ${suspending(PAYLOAD)} ${tail}`)
    return GAS - (await resultOf(onFrom(whole, await resultOf(whole)))).gasLeft
  }
  assert.is(await gasOf('STOP'), 0n)
  assert.is(await gasOf('0x800 MLOAD STOP'), 6n)
  // From 65 words to 66: a word, and its part of words²/512.
  assert.is(await gasOf('0x820 MLOAD STOP'), 6n + 3n + BigInt(Math.floor(66 ** 2 / 512) - Math.floor(65 ** 2 / 512)))
})

test('a resumed frame has as much room on its stack as is left of 1,024 words', async () => {
  const ends = async (more: number): Promise<boolean> => {
    const whole = message(`${'0x1 '.repeat(400)} ${suspending(PAYLOAD)} ${'0x0 '.repeat(more)} STOP`)
    return (await resultOf(onFrom(whole, await resultOf(whole)))).success
  }
  assert.equal([await ends(624), await ends(625)], [true, false])
})

test('a BREAKPOINT in a resumed frame leaves the machine anew, and a revert takes back what the resumed frame did', async () => {
  const whole = message(`0x5 JUMPDEST 0x1 SWAP1 SUB ${suspending(PAYLOAD)} DUP1 0x0 SSTORE DUP1 0x2 JUMPI 0x0 0x0 REVERT`)
  let result = await resultOf(whole)
  for (let left = 4n; left > 0n; left--) {
    assert.equal(readMachine(result.returnData).stack, [left])
    result = await resultOf(onFrom(whole, result, { valueWei: 1n }))
    assert.ok(result.suspended)
    assert.is(valueAt(result, 0n), left)
  }
  const end = await resultOf(onFrom(whole, result, { valueWei: 1n }))
  assert.not.ok(end.success)
  assert.is(valueAt(end, 0n), 1n)
  assert.is(end.accounts.find(({ address }) => address === MAIN)?.balanceWei, 14n)
})

/** Each of these halts, with all its gas. */
async function halts (about: string, whole: JudgeMessage): Promise<void> {
  const { success, suspended, gasLeft } = await resultOf(whole)
  assert.equal({ success, suspended, gasLeft }, { success: false, suspended: false, gasLeft: 0n }, about)
}

test('a payload that is none halts the frame, one that just is one does not', async () => {
  const most: Uint8Array = new Uint8Array(1024).fill(1)
  const dirty = payloadOf([SECOND])
  dirty[5] = 1
  const bad: [string, Uint8Array][] = [
    ['empty', new Uint8Array()], ['four bytes', Uint8Array.of(1, 2, 3, 4)], ['nobody', payloadOf([], Uint8Array.of(1))], ['fewer words than movers', payloadOf([SECOND], new Uint8Array(31), '0x01020304', 2)],
    ['no words', payloadOf([], new Uint8Array(), '0x01020304', 1)], ['seventeen', payloadOf(Array.from({ length: 17 }, () => SECOND))], ['a stranger', payloadOf([SECOND, OTHER])],
    ['dirty', dirty], ['too much data', payloadOf([SECOND], concatBytes(most, Uint8Array.of(0)))], ['nought', payloadOf([`0x${'00'.repeat(20)}` as Address])]
  ]
  for (const [about, payload] of bad) await halts(about, message(suspending(payload)))
  for (const payload of [payloadOf([SECOND]), payloadOf([SECOND, SENDER], most), payloadOf(Array.from({ length: 16 }, () => SENDER))]) {
    assert.ok((await resultOf(message(suspending(payload)))).suspended)
  }
  await halts('no players', message(suspending(PAYLOAD), { routine: { ...ROUTINE, players: [] } }))
})

test('a machine of more than 16,384 bytes halts, one of so many does not', async () => {
  // 96 bytes, the memory, two words on the stack, and call data to the limit.
  const of = (bytes: number): JudgeMessage => message(`0x1 0x2 0x3 0x1fe0 MSTORE ${suspending(PAYLOAD)}`, { data: new Uint8Array(bytes - 96 - 64 - 0x2000) })
  assert.is((await resultOf(of(16_384))).returnData.length, 16_384)
  await halts('a byte more', of(16_385))
})

const CALL_OTHER = (opcode: string, gas = 'GAS'): string => `0x0 0x0 0x0 0x0 ${opcode === 'CALL' || opcode === 'CALLCODE' ? '0x0 ' : ''}0x2000 ${gas} ${opcode} 0x0 SSTORE STOP`

test('only the outermost frame of the thread\'s own contract may suspend: any other frame halts', async () => {
  for (const opcode of ['CALL', 'DELEGATECALL', 'CALLCODE']) {
    const { success, suspended, slots } = await resultOf(message(`0x1 0x0 SSTORE ${CALL_OTHER(opcode, '0x4000')}`, {}, suspending(PAYLOAD)))
    assert.equal({ success, suspended, value: slots[0]?.value }, { success: true, suspended: false, value: 0n }, opcode)
  }
  const entrance = (place: number): string => `CALLDATASIZE 0x${place.toString(16)} JUMPI 0x0 0x0 0x1 0x0 0x0 0x1000 0x4000 CALL 0x1 ADD 0x0 SSTORE STOP`
  const itself = await resultOf(message(`${entrance(assemble(entrance(0x77)).length)} JUMPDEST ${suspending(PAYLOAD)}`))
  assert.equal({ suspended: itself.suspended, value: valueAt(itself, 0n) }, { suspended: false, value: 1n })
  await halts('another contract', message(suspending(PAYLOAD), { routine: { ...ROUTINE, suspends: BigInt(OTHER) } }))
  await halts('nowhere', message(suspending(PAYLOAD), { routine: { ...ROUTINE, suspends: NOWHERE } }))
  await halts('a creation', message('STOP', { kind: 'create', to: OTHER, data: assemble(suspending(PAYLOAD)), accounts: [account(SENDER), account(SECOND), { ...account(OTHER, new Uint8Array(), 0n), nonce: 0n }], slots: [], routine: { ...ROUTINE, suspends: BigInt(OTHER) } }))
})

test('where routines do not exist, BREAKPOINT is a topic like any', async () => {
  const { success, suspended, slots } = await resultOf(message(`0x0 0x0 ${breakpoint(0, 0)} 0x7 0x0 SSTORE`, { routine: { suspends: 0n, closed: 0n, players: [] } }))
  assert.equal({ success, suspended, value: slots[0]?.value }, { success: true, suspended: false, value: 7n })
})

test('another topic, or the topic of another LOG, suspends nothing', async () => {
  for (const log of ['0x1 0x25 0x80 LOG1', `0x1 ${TOPIC} 0x25 0x80 LOG2`, `${TOPIC} 0x1 0x25 0x80 LOG2`]) {
    assert.not.ok((await resultOf(message(`${stored(PAYLOAD, 0x80)} ${log}`))).suspended, log)
  }
})

test('a closed account is not entered and not paid by a call, but by a static one it is', async () => {
  const closed = { suspends: 0n, closed: BigInt(OTHER), players: [] }
  const enter = (value: string, opcode: string): string => `0x20 0x0 0x0 0x0 ${value} 0x2000 0x1000 ${opcode} 0x1 ADD 0x0 SSTORE 0x0 MLOAD 0x1 SSTORE GAS 0x0 MSTORE 0x20 0x0 RETURN`
  const callee = '0x7 0x0 MSTORE 0x20 0x0 RETURN'
  const open = await resultOf(message(enter('0x2', 'CALL'), {}, callee))
  const shut = await resultOf(message(enter('0x2', 'CALL'), { routine: closed }, callee))
  assert.equal([valueAt(open, 0n), valueAt(open, 1n), valueAt(shut, 0n), valueAt(shut, 1n)], [2n, 7n, 1n, 0n])
  assert.equal(shut.accounts.map(({ balanceWei }) => balanceWei), [10n, 10n, 10n, 10n])
  for (const opcode of ['STATICCALL', 'DELEGATECALL']) assert.is(valueAt(await resultOf(message(enter('', opcode), { routine: closed }, callee)), 1n), 7n, opcode)
})

test('a resume that is stopped before every opcode has the same machine and the same end', async () => {
  const start = `0x11 0x3 ${suspending(PAYLOAD)}`
  const loop = assemble(start).length
  const whole = message(`${start} JUMPDEST DUP1 DUP1 MSTORE 0x0 0x0 0x0 0x0 0x0 0x2000 0x1000 CALL POP 0x1 SWAP1 SUB DUP1 0x${loop.toString(16)} JUMPI DUP2 0x0 SSTORE 0x4 CALLDATALOAD 0x1 SSTORE ${breakpoint(PAYLOAD.length, 0x80)} STOP`, { data: new Uint8Array(40).fill(6) }, '0x1 0x40 MSTORE 0x20 0x0 RETURN')
  const resumed = onFrom(whole, await resultOf(whole), { valueWei: 1n })
  const { stepsLeft, ...end } = await resultOf(resumed)
  assert.ok(end.suspended)
  let machine: JudgePause | undefined
  for (let index = 0n; index < PLENTY - stepsLeft; index++) {
    const { answer } = machine === undefined ? await judge.start(resumed, index) : await judge.resume(resumed, machine, 1n)
    assert.is(answer.kind, 'pause', `step ${index}`)
    machine = answer as JudgePause
    if (index % 9n !== 0n) continue
    assert.is((await judge.start(resumed, index) as { answer: JudgePause }).answer.hash, machine.hash)
    const { stepsLeft: _, ...rest } = (await judge.resume(resumed, machine, PLENTY)).answer as JudgeResult
    assert.equal(rest, end)
  }
})

test('a machine whose sizes are not its own, with too many words or a pc behind the code, is refused', async () => {
  const whole = message(PROGRAM)
  const resumed = onFrom(whole, await resultOf(whole))
  const refused = async (change: (machine: Uint8Array) => Uint8Array, reason: bigint): Promise<void> => {
    const { selector, args } = (await judge.start({ ...resumed, data: change(Uint8Array.from(resumed.data)) }, PLENTY)).answer as JudgeRefusal
    assert.equal([selector, args], [selectorOf('BadInput(uint256)'), [reason]])
  }
  const withField = (from: number, bytes: Uint8Array) => (machine: Uint8Array): Uint8Array => concatBytes(machine.slice(0, from), bytes, machine.slice(from + bytes.length))
  await refused(withField(6, Uint8Array.of(0, 3)), 1n)
  await refused(withField(8, Uint8Array.of(255, 255)), 1n)
  await refused(withField(10, Uint8Array.of(0, 0, 0, 33)), 1n)
  await refused(machine => machine.slice(0, 64), 1n)
  await refused(machine => concatBytes(machine, new Uint8Array(32)), 1n)
  await refused(withField(2, Uint8Array.of(0, 0, 255, 255)), 7n)
  await refused(withField(2, Uint8Array.of(255, 255, 255, 255)), 7n)
  await refused(machine => concatBytes(withField(6, Uint8Array.of(4, 1))(machine).slice(0, 96), new Uint8Array(32 * 1023), machine.slice(96)), 7n)
})

test.run()
