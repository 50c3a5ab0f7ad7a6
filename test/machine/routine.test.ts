/** Routines (specification §11): a contract that waits in the middle of a function, and goes on with a mover's input. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, concatBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address } from '../../src/protocol/types.js'
import { changeEntries } from '../../src/state/changes.js'
import { Machine } from '../../src/machine/machine.js'
import { BREAKPOINT_TOPIC, decodeSuspended, encodeSuspended, INPUT_ADDRESS, MACHINE_ADDRESS } from '../../src/machine/routine.js'
import { SYSTEM } from '../../src/machine/settlement.js'
import { rejects } from '../support/rejects.js'
import { ASK, BREAK, bytes, LOOP, number, ON_TIMEOUT, ONE_MOVER, program, routineThread, SETTLE, SETTLES, Table } from './routines.js'
import { abi, batchOf, PLAYERS, word } from './thread.js'

const test = suite('routines')
const [X, O] = PLAYERS
const slots = (machine: Machine, count: number): bigint[] => Array.from({ length: count }, (_, i) => BigInt(machine.storageAt(machine.contract, word(BigInt(i)))))

test('a call that comes to a breakpoint ends well, with its log, and the machine waits behind it', async () => {
  const table = await Table.begin(LOOP)
  const { receipts: [receipt] } = await table.play(table.input(1, { data: number(77n), valueWei: 5n }))
  assert.is(receipt?.success, true)
  assert.is(receipt?.returnData.length, 0)
  assert.equal(receipt?.logs.map(({ address, topics }) => [address, topics]), [[table.machine.contract, [BREAKPOINT_TOPIC]]])
  assert.equal(table.machine.waiting, { onTimeout: ON_TIMEOUT, movers: [X], data: new Uint8Array(0) })
  const waiting = decodeSuspended(table.machine.code(MACHINE_ADDRESS))
  assert.equal([waiting.caller, waiting.valueWei, waiting.callData, waiting.stack, waiting.memory.length], [O, 5n, number(77n), [0n], 0xc0])
  assert.equal(waiting.payload, { offset: 0x80, size: 37 })
  assert.is(program(LOOP)[waiting.pc - 1], 0xa1)
  assert.equal(encodeSuspended(waiting), table.machine.code(MACHINE_ADDRESS))
  assert.is(table.machine.account(MACHINE_ADDRESS).nonce, 0n)
})

test('movers go on where it waits: stack and memory, CALLER, CALLVALUE and call data are the first call\'s, ORIGIN, value and data the mover\'s', async () => {
  const table = await Table.begin(LOOP)
  await table.play(table.input(1, { data: number(77n), valueWei: 5n }))
  await table.play(table.input(0, { data: number(60n) }))
  assert.equal(table.machine.waiting?.movers, [O])
  assert.equal(decodeSuspended(table.machine.code(MACHINE_ADDRESS)).stack, [60n])
  const { receipts: [last] } = await table.play(table.input(1, { data: number(70n), valueWei: 8n }))
  assert.equal([last?.success, last?.logs.length], [true, 0])
  assert.equal(slots(table.machine, 8), [130n, 2n, BigInt(O), 5n, 77n, BigInt(O), 8n, BigInt(O)])
  assert.is(table.machine.account(table.machine.contract).balanceWei, 13n)
})

test('a routine that has returned is an ordinary contract again, and can begin anew', async () => {
  const table = await Table.begin(LOOP)
  await table.play(table.input(0))
  await table.play(table.input(0, { data: number(101n) }))
  assert.is(table.machine.waiting, undefined)
  assert.is(table.machine.code(MACHINE_ADDRESS).length, 0)
  const { receipts: [again] } = await table.play(table.input(1))
  assert.is(again?.success, true)
  assert.equal(table.machine.waiting?.movers, [X])
})

test('several inputs of one batch go on one after the other', async () => {
  const table = await Table.begin(LOOP)
  const first = table.input(0)
  const inputs = [first, table.thread.input(0, { nonce: first.tx.nonce + 1n, to: table.machine.contract, data: number(50n) }), table.input(1, { data: number(51n) })]
  const { included, skipped } = await table.play(...inputs)
  assert.equal([included.length, skipped.length], [3, 0])
  assert.is(slots(table.machine, 1)[0], 101n)
})

test('rebuilt from what was stored at each breakpoint, it goes on to the same roots', async () => {
  const table = await Table.begin(LOOP)
  const stored = new Map<string, Uint8Array>()
  const { changes } = await Machine.genesis(table.thread.context, table.thread.code)
  for (const [key, value] of changeEntries(changes)) stored.set(key, value)
  const moves = [table.input(0, { valueWei: 3n }), ...[7n, 20n, 30n, 40n, 50n].map((said, i) => table.thread.input(i % 2 === 0 ? 0 : 1, { nonce: BigInt(i % 2 === 0 ? 2 + i / 2 : 1 + (i - 1) / 2), to: table.machine.contract, data: number(said) }))]
  for (const [i, move] of moves.entries()) {
    const rebuilt = await Machine.load(table.thread.context, stored)
    assert.equal(rebuilt.waiting, table.machine.waiting)
    const again = await rebuilt.prepare(batchOf(BigInt(i + 1), [move]))
    const prepared = await table.play(move)
    assert.is(prepared.skipped.length, 0)
    assert.equal([again.root, again.receipts], [prepared.root, prepared.receipts])
    for (const [key, value] of changeEntries(prepared.changes)) stored.set(key, value)
  }
  assert.equal(slots(table.machine, 2), [147n, 5n])
})

test('the machine that waited before is forgotten, unless a contract has the same code: then that keeps it', async () => {
  const table = await Table.begin(LOOP)
  await table.play(table.input(0))
  const before = table.machine.code(MACHINE_ADDRESS)
  const init = concatBytes(program(`0x${before.length.toString(16)} DUP1 @end 0x1 ADD 0x0 CODECOPY 0x0 RETURN :end`), before)
  const { receipts: [made], changes } = await table.play(table.input(1, { to: undefined, data: init }))
  assert.equal(table.machine.code(made?.created as Address), before)
  assert.is(changes.code.length, 0)
  const hash = table.machine.account(MACHINE_ADDRESS).codeHash
  await table.play(table.input(0, { data: number(7n) }))
  const second = table.machine.account(MACHINE_ADDRESS).codeHash
  await table.play(table.input(1, { data: number(8n) }))
  assert.equal(table.machine.code(made?.created as Address), before)
  const known = await table.machine.inspect(async world => [hash, second].map(each => world.code(each) !== undefined))
  assert.equal(known, [true, false])
})

test('only a mover may send to a contract that waits, and at most 1,024 bytes: anything else is skipped and consumes no nonce', async () => {
  const table = await Table.begin(LOOP)
  await table.play(table.input(0))
  const wrong = table.input(1, { data: number(1n) })
  const long = table.input(0, { data: new Uint8Array(1_025) })
  const fits = table.input(0, { data: new Uint8Array(1_024) })
  assert.equal([table.machine.whyNot(wrong)?.code, table.machine.whyNot(long)?.code, table.machine.whyNot(fits)], ['ROUTINE', 'ROUTINE', undefined])
  const { skipped, included } = await table.play(wrong, long, fits)
  assert.equal([skipped.map(({ code }) => code), included.map(({ id }) => id)], [['ROUTINE', 'ROUTINE'], [fits.id]])
  assert.is(table.machine.nonceOf(1), 1n)
})

test('a mover\'s transaction that fails uses its nonce and leaves the routine where it waits', async () => {
  const table = await Table.begin(`${SETTLES} ${X} ${ONE_MOVER} ${BREAK} ${ASK} 0x1 0x0 SSTORE 0x160 MLOAD @fine JUMPI 0x0 0x0 REVERT :fine STOP`)
  await table.play(table.input(1, { valueWei: 2n }))
  const before = table.machine.code(MACHINE_ADDRESS)
  const { receipts: [failed] } = await table.play(table.input(0, { valueWei: 9n, data: number(0n) }))
  assert.equal([failed?.success, failed?.reason], [false, 'reverted without a reason'])
  assert.equal(table.machine.code(MACHINE_ADDRESS), before)
  assert.equal([table.machine.nonceOf(0), table.machine.account(table.machine.contract).balanceWei], [2n, 2n])
  await table.play(table.input(0, { data: number(1n) }))
  assert.equal([table.machine.waiting, slots(table.machine, 1)], [undefined, [1n]])
})

test('the memory that it waits with is not paid for again', async () => {
  // 8,000 bytes are touched before the breakpoint; behind it the last of them are read.
  const source = (touched: string): string => `${SETTLES} ${X} ${ONE_MOVER} 0x1 ${touched} MSTORE ${BREAK} ${touched} MLOAD POP STOP`
  const gasOf = async (touched: string): Promise<bigint> => {
    const table = await Table.begin(source(touched))
    await table.play(table.input(1))
    return (await table.play(table.input(0))).gasUsed
  }
  assert.is(await gasOf('0x1f40'), await gasOf('0x00c0'))
})

test('memory that grows behind the breakpoint costs what it grows by', async () => {
  const gasOf = async (touched: string): Promise<bigint> => {
    const table = await Table.begin(`${SETTLES} ${X} ${ONE_MOVER} 0x1 0x1f40 MSTORE ${BREAK} ${touched} MLOAD POP STOP`)
    await table.play(table.input(1))
    return (await table.play(table.input(0))).gasUsed
  }
  const cost = (words: bigint): bigint => 3n * words + words * words / 512n
  assert.is(await gasOf('0x2f40') - await gasOf('0x1f40'), cost(0x2f60n / 32n) - cost(0x1f60n / 32n))
})

test('the input is there for the mover\'s transaction alone, with its code, and leaves nothing behind', async () => {
  // Slots 0 to 2: size and hash of its code, and what a call without an input returns; paid on the way.
  const table = await Table.begin(`${SETTLES} ${X} ${ONE_MOVER} ${ASK} RETURNDATASIZE 0x0 SSTORE ${BREAK} RETURNDATASIZE 0x1 SSTORE
    0x0 0x0 0x0 0x0 0x3 ${INPUT_ADDRESS} GAS CALL POP RETURNDATASIZE 0x2 SSTORE ${INPUT_ADDRESS} EXTCODESIZE 0x3 SSTORE 0x160 MLOAD 0x4 SSTORE ${ASK} 0x160 MLOAD 0x4 SSTORE 0x140 MLOAD 0x5 SSTORE STOP`)
  await table.play(table.input(1, { valueWei: 3n }))
  await table.play(table.input(0, { data: number(12n) }))
  assert.equal(slots(table.machine, 6), [0n, 0n, 128n, 139n, 12n, 1_700_000_002n])
  assert.equal([table.machine.code(INPUT_ADDRESS).length, table.machine.account(INPUT_ADDRESS).balanceWei], [0, 3n])
})

/** A contract of a player that calls the thread's contract with `opcode` and notes success in slot 0 and the gas that was left of 100,000 in slot 1. */
const caller = (contract: Address, opcode: 'CALL' | 'STATICCALL' | 'DELEGATECALL', valueWei = '0x0'): Uint8Array => {
  const runtime = program(`0x0 0x0 0x0 0x0 ${opcode === 'CALL' ? valueWei : ''} ${contract} 0x186a0 ${opcode} 0x1 ADD 0x0 SSTORE STOP`)
  const init = program(`${bytesToHex(Uint8Array.of(runtime.length))} DUP1 @end 0x1 ADD 0x0 CODECOPY 0x0 RETURN :end`)
  return concatBytes(init, runtime)
}

test('while it waits nobody enters it but to read: a call halts and pays nothing, static and delegate calls work', async () => {
  const table = await Table.begin(`CALLER ${SYSTEM} EQ ISZERO @play JUMPI STOP :play CALLER ${X} EQ @begin JUMPI STOP :begin ${X} ${ONE_MOVER} ${BREAK} STOP`)
  const { contract } = table.machine
  const made = await table.play(...(['CALL', 'STATICCALL', 'DELEGATECALL'] as const).map((opcode, i) =>
    table.thread.input(1, { nonce: BigInt(i + 1), data: caller(contract, opcode, '0x7'), valueWei: opcode === 'CALL' ? 20n : 0n })))
  const [calls, reads, delegates] = made.receipts.map(({ created }) => created as Address)
  const noted = async (to: Address | undefined): Promise<bigint> => {
    await table.play(table.input(1, { to }))
    return BigInt(table.machine.storageAt(to as Address, word(0n)))
  }
  assert.equal([await noted(calls), await noted(reads), await noted(delegates)], [2n, 2n, 2n])
  assert.is(table.machine.account(contract).balanceWei, 7n)
  await table.play(table.input(0))
  assert.ok(table.machine.waiting)
  const before = await table.play(table.input(1, { to: calls }))
  // The gas that the call was given is gone.
  assert.ok(before.gasUsed > 100_000n, `${before.gasUsed}`)
  assert.equal([await noted(calls), await noted(reads), await noted(delegates)], [1n, 2n, 2n])
  assert.is(table.machine.account(contract).balanceWei, 7n)
})

test('a call for reading runs on a contract that waits as on any, and comes to no breakpoint', async () => {
  const table = await Table.begin(`CALLER ${SYSTEM} EQ @end JUMPI 0x0 CALLDATALOAD @break JUMPI 0x7 0x0 MSTORE 0x20 0x0 RETURN :break ${X} ${ONE_MOVER} ${BREAK} :end STOP`)
  await table.play(table.input(0, { data: number(1n) }))
  assert.ok(table.machine.waiting)
  const read = async (data: Uint8Array): Promise<[boolean, string | undefined, string]> => {
    const { success, reason, returnData } = await table.machine.call({ from: O, to: table.machine.contract, data }, batchOf(9n, []))
    return [success, reason, bytesToHex(returnData)]
  }
  assert.equal(await read(number(0n)), [true, undefined, word(7n)])
  assert.equal(await read(number(1n)), [false, 'a breakpoint outside of a transaction', '0x'])
})

const INNER = `0x0 CALLDATALOAD @break JUMPI 0x1 0x0 MSTORE 0x0 0x0 0x20 0x0 0x0 ADDRESS 0xc3500 CALL 0x1 ADD 0x9 SSTORE STOP :break ${X} ${ONE_MOVER} ${BREAK} STOP`
test('a breakpoint in an inner frame, even of the contract itself, halts that frame and takes its gas', async () => {
  const table = await Table.begin(`${SETTLES} ${INNER}`)
  const { receipts: [receipt] } = await table.play(table.input(0))
  assert.equal([receipt?.success, receipt?.logs.length], [true, 0])
  assert.is(BigInt(table.machine.storageAt(table.machine.contract, word(9n))), 1n)
  assert.is(table.machine.waiting, undefined)
  assert.ok((receipt?.gasUsed ?? 0n) > 800_000n)
})

test('a breakpoint of another contract, or of a creation, fails the transaction', async () => {
  const table = await Table.begin(`${SETTLES} STOP`)
  const breaks = program(`${X} ${ONE_MOVER} ${BREAK} STOP`)
  const init = concatBytes(program(`${bytesToHex(Uint8Array.of(breaks.length))} DUP1 @end 0x1 ADD 0x0 CODECOPY 0x0 RETURN :end`), breaks)
  const { receipts: [creates, makes] } = await table.play(table.input(0, { to: undefined, data: breaks }), table.input(1, { to: undefined, data: init }))
  const reason = 'a breakpoint that is not in the outermost frame of the contract'
  assert.equal([creates?.success, creates?.reason, creates?.gasUsed], [false, reason, 1_000_000n])
  const { receipts: [calls] } = await table.play(table.input(0, { to: makes?.created }))
  assert.equal([calls?.success, calls?.reason, calls?.gasUsed, calls?.logs.length], [false, reason, 1_000_000n, 0])
})

test('a malformed breakpoint fails the transaction and takes its gas; what is just within the rules waits', async () => {
  /** `payload` is written in whole words; `size` of it are logged. */
  const outcome = async (payload: string, size = bytes(payload).length): Promise<string | undefined> => {
    const words = bytesToHex(bytes(payload)).slice(2).match(/.{1,64}/g) ?? []
    const writes = words.map((part, i) => `0x${part.padEnd(64, '0')} 0x${(0x80 + 32 * i).toString(16)} MSTORE`).join(' ')
    const table = await Table.begin(`${SETTLES} ${writes} ${BREAKPOINT_TOPIC} 0x${size.toString(16)} 0x80 LOG1 STOP`)
    const { receipts: [receipt] } = await table.play(table.input(0))
    if (receipt?.success === false) assert.is(receipt.gasUsed, 1_000_000n)
    return receipt?.success === true ? (table.machine.waiting === undefined ? 'goes on' : 'waits') : receipt?.reason
  }
  const [x, o] = [`${'00'.repeat(12)}${X.slice(2)}`, `${'00'.repeat(12)}${O.slice(2)}`]
  const times = (count: number): string => `${ON_TIMEOUT}${count.toString(16).padStart(2, '0')}${x.repeat(count)}`
  assert.is(await outcome(`${ON_TIMEOUT}02${x}${o}aabb`), 'waits')
  assert.is(await outcome(times(16)), 'waits')
  assert.is(await outcome(`${ON_TIMEOUT}01${x}${'ff'.repeat(1_024)}`), 'waits')
  assert.is(await outcome(`${ON_TIMEOUT}01${x}${'ff'.repeat(1_025)}`), 'a breakpoint of 1062 bytes')
  assert.is(await outcome(times(17)), 'a breakpoint for 17 movers')
  assert.is(await outcome(`${ON_TIMEOUT}00`), 'a breakpoint for 0 movers')
  assert.is(await outcome(`${ON_TIMEOUT}01${x}`, 36), 'a breakpoint of 36 bytes')
  assert.is(await outcome(`${ON_TIMEOUT}01`, 4), 'a breakpoint for 0 movers')
  assert.is(await outcome('0x00', 0), 'a breakpoint for 0 movers')
  assert.match(`${await outcome(`${ON_TIMEOUT}01${SYSTEM.slice(2).padStart(64, '0')}`)}`, /who is no player$/)
  assert.match(`${await outcome(`${ON_TIMEOUT}0101${x.slice(2)}`)}`, /who is no player$/)
})

test('a machine of 16,384 bytes waits, one of a byte more does not', async () => {
  // Head 96, no stack, memory to 0x3e00 words: the rest is call data.
  const table = async (dataBytes: number): Promise<string | undefined> => {
    const started = await Table.begin(`${SETTLES} ${X} ${ONE_MOVER} 0x0 0x3de0 MSTORE ${BREAK} STOP`)
    const { receipts: [receipt] } = await started.play(started.input(0, { data: new Uint8Array(dataBytes) }))
    return receipt?.success === true ? `${started.machine.code(MACHINE_ADDRESS).length}` : receipt?.reason
  }
  const most = 16_384 - 96 - 0x3e00
  assert.is(await table(most), '16384')
  assert.is(await table(most + 1), 'a machine of 16385 bytes would wait, at most 16384')
})

test('in a thread of kind 1 a breakpoint is a log like any other', async () => {
  const code = program(LOOP)
  const thread = routineThread(code, { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, code)
  const { receipts: [receipt], changes } = await machine.prepare(batchOf(1n, [thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 200_000n })]))
  // Nobody answers, so the loop goes on until the gas ends.
  assert.equal([receipt?.success, receipt?.reason], [false, 'out of gas'])
  assert.not.ok(changes.accounts.some(({ address }) => address === MACHINE_ADDRESS || address === INPUT_ADDRESS))
})

test('what waits is settled by the breakpoint\'s function, with its movers and data, and what waits not by the terms\' function', async () => {
  // Whoever settles must call with what slot 0 says: keccak256 of the data. The call's data give 0 a value: then it waits.
  const movers = `${'00'.repeat(12)}${X.slice(2)}${'00'.repeat(12)}${O.slice(2)}`
  const settled = (selector: string, types: unknown[]): string => hash32(abi(selector, ['address', 'address[]', 'bytes'], types))
  const [plain, waiting] = [settled(SETTLE, [X, [], '0x']), settled(ON_TIMEOUT, [X, PLAYERS, '0xaabbcc'])]
  const source = (expected: string): string => `CALLER ${SYSTEM} EQ @settle JUMPI
    0x0 CALLDATALOAD @wait JUMPI STOP
    :wait ${ON_TIMEOUT}02${movers.slice(0, 54)} 0x80 MSTORE 0x${movers.slice(54, 118)} 0xa0 MSTORE 0x${movers.slice(118).padEnd(10, '0')}aabbcc${'00'.repeat(24)} 0xc0 MSTORE ${BREAKPOINT_TOPIC} 0x48 0x80 LOG1 STOP
    :settle 0x4 CALLDATALOAD ISZERO @fine JUMPI CALLDATASIZE 0x0 0x0 CALLDATACOPY CALLDATASIZE 0x0 KECCAK256 ${expected} EQ @fine JUMPI 0x0 0x0 REVERT :fine STOP`
  const skips = async (expected: string, data: Uint8Array): Promise<string[]> => {
    const table = await Table.begin(source(expected))
    return (await table.play(table.input(0, { data }))).skipped.map(({ code }) => code)
  }
  assert.equal([await skips(plain, number(0n)), await skips(waiting, number(0n))], [[], ['SETTLEMENT']])
  assert.equal([await skips(plain, number(1n)), await skips(waiting, number(1n))], [['SETTLEMENT'], []])
})

test('terms that allow routines must name a settlement function', async () => {
  const code = program(LOOP)
  const { checkTerms } = await import('../../src/protocol/check-terms.js')
  const { terms } = routineThread(code).context
  checkTerms(terms)
  await rejects(Promise.resolve().then(() => { checkTerms({ ...terms, settlement: '0x00000000' }) }), 'TERMS_INVALID')
})

test.run()
