// time limit: 240 s
/** The whole judge on routines (specification §11), against the machine that co-signs: whatever a transaction does to one, both leave the same root. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, concatBytes, hexToBytes, ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Input } from '../../src/protocol/types.js'
import { hashLogs } from '../../src/machine/judge-answer.js'
import { transactionGas } from '../../src/machine/costs.js'
import { firstBytes, lastBytes, machineBytes, measure, OUTER_GAS, setupGas } from '../../src/machine/judgeable.js'
import type { WitnessAccount } from '../../src/machine/judge-witness.js'
import { Judgement, type Matter } from '../../src/machine/judgement.js'
import { Machine, type InputReceipt } from '../../src/machine/machine.js'
import { BREAKPOINT_TOPIC, INPUT_ADDRESS, MACHINE_ADDRESS } from '../../src/machine/routine.js'
import { settlementMatter, SYSTEM } from '../../src/machine/settlement.js'
import { completed, createVerifier, effectOf, errorOf, exhibit, matterFor, verdictOf } from './judging.js'
import { runOf } from './loads.js'
import { ASK, BREAK, LOOP, number, ON_TIMEOUT, ONE_MOVER, program, SETTLE, SETTLES, Table } from './routines.js'
import { abi, batchOf, PLAYERS, threadFor } from './thread.js'

const test = suite('routines before the judge')
const verifier = await createVerifier()
const [X, O] = PLAYERS

/** How many breakpoints a table has seen. */
const slotsOf = new WeakMap<Table, bigint>()

async function matterAt (table: Table, input: Input): Promise<Matter> {
  return await matterFor(table.machine, batchOf((slotsOf.get(table) ?? 0n) + 1n, [input]), input)
}

/** Plays the input and has it judged: in one call, and in calls of so many opcodes. @returns its receipt */
async function agree (table: Table, input: Input, about = '', pieces: readonly bigint[] = [23n]): Promise<InputReceipt> {
  const matter = await matterAt(table, input)
  const whole = effectOf(await completed(verifier, matter))
  for (const steps of pieces) assert.equal(await inPieces(matter, steps), whole, `${about}: stopped after ${steps}`)
  slotsOf.set(table, (slotsOf.get(table) ?? 0n) + 1n)
  const { receipts: [receipt] } = await table.play(input)
  if (receipt === undefined) throw new Error(`${about}: not included`)
  const { success, gasUsed, returnData, logs } = receipt
  const logsHash = hashLogs(logs.map(({ address, topics, data }) => ({ address, topics: topics.map(topic => hexToBytes(topic)), data })))
  const isCreated = input.tx.to === undefined && success
  assert.equal(whole, { success, newRoot: table.machine.root, gasUsed, logsHash, returnData: bytesToHex(isCreated ? new Uint8Array() : returnData) }, about)
  return receipt
}

/** The verdict of calls of `steps` opcodes each, the last of which runs to the end. */
async function inPieces (matter: Matter, steps: bigint): Promise<ReturnType<typeof effectOf>> {
  const judgement = new Judgement(verifier, matter)
  let verdict = verdictOf(await judgement.next(steps))
  for (let calls = 1; !verdict.isFinal; calls++) verdict = verdictOf(await judgement.next(calls > 4 ? undefined : steps))
  return effectOf(verdict)
}

/** What the judge says of an input that cannot be included. */
async function refusal (table: Table, input: Input): Promise<string> {
  return errorOf(await new Judgement(verifier, await matterAt(table, input)).next())
}

test('a routine from its first call over its breakpoints to its end', async () => {
  const table = await Table.begin(LOOP)
  await agree(table, table.input(1, { data: number(77n), valueWei: 5n }), 'it begins', [1n, 23n])
  for (const [i, said] of [60n, 7n, 30n].entries()) {
    await agree(table, table.input(i % 2 === 0 ? 0 : 1, { data: number(said), valueWei: BigInt(i) }), `move ${i}`, [1n, 23n])
  }
  assert.ok(table.machine.waiting)
  await agree(table, table.input(1, { data: number(70n), valueWei: 8n }), 'it ends')
  assert.is(table.machine.waiting, undefined)
  await agree(table, table.input(1), 'and begins anew')
})

test('stopped after any number of opcodes, a resume ends as it does in one call', async () => {
  const table = await Table.begin(LOOP)
  await agree(table, table.input(0))
  const matter = await matterAt(table, table.input(0, { data: number(3n) }))
  const { steps, ...whole } = await completed(verifier, matter)
  for (let after = 1n; after < steps; after += after < 40n ? 3n : 11n) assert.equal(await inPieces(matter, after), effectOf({ steps, ...whole }), `${after}`)
})

test('a resume that reverts, or halts, leaves what waits as it was and pays for its gas', async () => {
  const table = await Table.begin(`${SETTLES} ${X} ${ONE_MOVER} ${BREAK} ${ASK} 0x1 0x0 SSTORE 0x160 MLOAD DUP1 @revert JUMPI STOP :revert 0x1 EQ @quiet JUMPI INVALID :quiet 0x0 0x0 REVERT`)
  await agree(table, table.input(1, { valueWei: 2n }))
  for (const said of [1n, 2n]) {
    const { success } = await agree(table, table.input(0, { valueWei: 9n, data: number(said) }), `${said}`)
    assert.not.ok(success)
    assert.ok(table.machine.waiting)
  }
  await agree(table, table.input(0, { data: number(0n) }))
  assert.is(table.machine.waiting, undefined)
})

test('what was sent is there for the resume alone: code, what a call returns, payments to it, its hash', async () => {
  const table = await Table.begin(`${SETTLES} ${X} ${ONE_MOVER} ${ASK} RETURNDATASIZE 0x0 SSTORE ${BREAK} RETURNDATASIZE 0x1 SSTORE
    0x0 0x0 0x0 0x0 0x3 ${INPUT_ADDRESS} GAS CALL POP RETURNDATASIZE 0x2 SSTORE ${INPUT_ADDRESS} EXTCODEHASH 0x3 SSTORE ${ASK} 0x160 MLOAD 0x4 SSTORE 0x140 MLOAD 0x5 SSTORE ${MACHINE_ADDRESS} EXTCODESIZE 0x6 SSTORE STOP`)
  await agree(table, table.input(1, { valueWei: 3n }))
  await agree(table, table.input(0, { data: concatBytes(number(12n), Uint8Array.of(1, 2, 3)) }))
  assert.is(table.machine.account(INPUT_ADDRESS).balanceWei, 3n)
})

test('who is no mover is refused by name, and so are data of more than 1,024 bytes', async () => {
  const table = await Table.begin(LOOP)
  await agree(table, table.input(0))
  assert.is(await refusal(table, table.input(1, { data: number(1n) })), 'NotAMover')
  assert.is(await refusal(table, table.input(0, { data: new Uint8Array(1_025) })), 'ResumeTooLong')
  // Both are found from what the witness shows of the machine: they are no refusals of another one.
  const matter = await matterAt(table, table.input(1, { data: number(1n) }))
  await new Judgement(verifier, matter).next()
  assert.is(errorOf(await exhibit(verifier, matter)), 'NotAMover')
  const other = ({ accounts }: { accounts: WitnessAccount[] }): { accounts: WitnessAccount[] } => ({
    accounts: accounts.map(account => {
      const code = account.code?.map((byte, i) => i === 127 ? byte ^ 1 : byte) ?? new Uint8Array()
      return account.address === MACHINE_ADDRESS ? { ...account, code, codeHash: hash32(code) } : account
    })
  })
  assert.is(errorOf(await exhibit(verifier, matter, other)), 'OtherRoot')
  await agree(table, table.input(0, { data: new Uint8Array(1_024) }))
})

/** Makes a contract of a player that calls the thread's contract with `opcode`, and notes in slot 0 whether it succeeded. */
function caller (contract: Address, opcode: 'CALL' | 'STATICCALL' | 'DELEGATECALL'): Uint8Array {
  const runtime = program(`0x0 0x0 0x0 0x0 ${opcode === 'CALL' ? '0x7' : ''} ${contract} 0x186a0 ${opcode} 0x1 ADD 0x0 SSTORE STOP`)
  return concatBytes(program(`${bytesToHex(Uint8Array.of(runtime.length))} DUP1 @end 0x1 ADD 0x0 CODECOPY 0x0 RETURN :end`), runtime)
}

test('while it waits it is closed to what would change it, for other transactions and not for its own', async () => {
  const table = await Table.begin(`CALLER ${SYSTEM} EQ ISZERO @play JUMPI STOP :play CALLER ${X} EQ @begin JUMPI STOP :begin ${X} ${ONE_MOVER} ${BREAK}
    0x0 0x0 0x0 0x0 0x0 ADDRESS 0xffff CALL 0x7 SSTORE STOP`)
  const made: Address[] = []
  for (const opcode of ['CALL', 'STATICCALL', 'DELEGATECALL'] as const) {
    const { created } = await agree(table, table.input(1, { to: undefined, data: caller(table.machine.contract, opcode), valueWei: 20n }), opcode)
    if (created !== undefined) made.push(created)
  }
  for (const to of made) await agree(table, table.input(1, { to }), 'it is open')
  await agree(table, table.input(0))
  for (const to of made) await agree(table, table.input(1, { to }), 'it is closed')
  assert.is(table.machine.account(table.machine.contract).balanceWei, 7n)
  await agree(table, table.input(1, { to: INPUT_ADDRESS, valueWei: 1n }), 'the input\'s account is one like any')
  await agree(table, table.input(1, { to: MACHINE_ADDRESS, valueWei: 1n }), 'the machine\'s is paid')
  await agree(table, table.input(0, { data: number(1n) }), 'it ends')
  for (const to of made) await agree(table, table.input(1, { to }), 'it is open again')
})

test('a breakpoint where none may be fails its frame: inner ones, other contracts, creations, and payloads that are none', async () => {
  const word = (address: string): string => `${'00'.repeat(12)}${address.slice(2)}`
  const breaks = program(`${X} ${ONE_MOVER} ${BREAK} STOP`)
  const init = concatBytes(program(`${bytesToHex(Uint8Array.of(breaks.length))} DUP1 @end 0x1 ADD 0x0 CODECOPY 0x0 RETURN :end`), breaks)
  // Called with a word: the breakpoint; without: a call of itself with one.
  const inner = await Table.begin(`${SETTLES} 0x0 CALLDATALOAD @break JUMPI 0x1 0x0 MSTORE 0x0 0x0 0x20 0x0 0x0 ADDRESS 0xc350 CALL 0x1 ADD 0x9 SSTORE STOP :break ${X} ${ONE_MOVER} ${BREAK} STOP`)
  await agree(inner, inner.input(0), 'an inner frame')
  await agree(inner, inner.input(0, { to: undefined, data: breaks }), 'a creation')
  const { created } = await agree(inner, inner.input(0, { to: undefined, data: init }))
  await agree(inner, inner.input(1, { to: created }), 'another contract')
  assert.is(inner.machine.waiting, undefined)
  const payloads: [string, boolean][] = [
    [`${ON_TIMEOUT}02${word(X)}${word(O)}aabb`, true], [`${ON_TIMEOUT}10${word(O).repeat(16)}`, true], [`${ON_TIMEOUT}11${word(O).repeat(17)}`, false], [`${ON_TIMEOUT}00`, false], [ON_TIMEOUT, false],
    [`${ON_TIMEOUT}01${word(X).slice(2)}`, false], [`${ON_TIMEOUT}01${word(SYSTEM)}`, false], [`${ON_TIMEOUT}0101${word(X).slice(2)}`, false], [`${ON_TIMEOUT}01${word(X)}${'ff'.repeat(1_024)}`, true],
    [`${ON_TIMEOUT}01${word(X)}${'ff'.repeat(1_025)}`, false]
  ]
  for (const [payload, waits] of payloads) {
    const words = payload.slice(2).match(/.{1,64}/g) ?? []
    const writes = words.map((part, i) => `0x${part.padEnd(64, '0')} 0x${(0x80 + 32 * i).toString(16)} MSTORE`).join(' ')
    const table = await Table.begin(`${SETTLES} ${writes} ${BREAKPOINT_TOPIC} 0x${(payload.length / 2 - 1).toString(16)} 0x80 LOG1 STOP`)
    const { success } = await agree(table, table.input(0), payload, [])
    assert.equal([success, table.machine.waiting !== undefined], [waits, waits], payload)
  }
})

test('the largest machine waits and goes on; one of a byte more is none', async () => {
  const most = 16_384 - 96 - 0x3e00
  const table = await Table.begin(`${SETTLES} ${X} ${ONE_MOVER} 0x9 0x3de0 MSTORE ${BREAK} 0x3de0 MLOAD 0x0 SSTORE STOP`)
  const { success } = await agree(table, table.input(0, { data: new Uint8Array(most + 1) }))
  assert.not.ok(success)
  await agree(table, table.input(0, { data: new Uint8Array(most).fill(1) }), 'it waits', [3_000n])
  assert.is(table.machine.code(MACHINE_ADDRESS).length, 16_384)
  await agree(table, table.input(0), 'it goes on', [1n])
  assert.is(table.machine.waiting, undefined)
})

test('what waits is settled by what its breakpoint named, what does not by the terms\' function; a breakpoint there fails', async () => {
  const table = await Table.begin(`CALLER ${SYSTEM} EQ @settle JUMPI ${O} ${ONE_MOVER} ${BREAK} STOP
    :settle 0x4 CALLDATALOAD ${O} EQ ISZERO @hash JUMPI ${O} ${ONE_MOVER} ${BREAK} STOP :hash CALLDATASIZE 0x0 0x0 CALLDATACOPY CALLDATASIZE 0x0 KECCAK256 DUP1 0x0 SSTORE 0x0 MSTORE 0x20 0x0 RETURN`)
  const settle = async (lastMover: Address): Promise<{ success: boolean, returned: string }> => {
    const batch = batchOf(9n, [])
    const matter = await table.machine.inspect(async world => await settlementMatter(table.machine.context, world, batch, lastMover, []))
    const { success, returnData, gasUsed, newRoot } = await completed(verifier, matter)
    const { outcome, machine } = await table.machine.after(table.machine.settlement(lastMover), batch)
    assert.equal({ success, returnData: bytesToHex(returnData), gasUsed, newRoot }, { success: outcome.success, returnData: bytesToHex(outcome.returnData), gasUsed: outcome.gasUsed, newRoot: machine.root })
    return { success, returned: bytesToHex(returnData) }
  }
  const hashOf = (selector: string, args: unknown[]): string => hash32(abi(selector, ['address', 'address[]', 'bytes'], args))
  assert.equal(await settle(X), { success: true, returned: hashOf(SETTLE, [X, [], '0x']) })
  assert.is((await settle(O)).success, false)
  await agree(table, table.input(0))
  assert.equal(await settle(X), { success: true, returned: hashOf(ON_TIMEOUT, [X, [O], '0x']) })
  assert.is((await settle(O)).success, false)
})

test('a resume of a large machine takes no more than its bound, and more than it would be without the machine', async () => {
  const last = `${BREAK} ${'JUMPDEST '.repeat(12)} STOP`
  for (const [dataBytes, memoryAt] of [[10_000, '0x100'], [100, '0x3800']] as const) {
    const table = await Table.begin(`${SETTLES} ${X} ${ONE_MOVER} 0x9 ${memoryAt} MSTORE ${BREAK} ${X} ${ONE_MOVER} ${last}`)
    await agree(table, table.input(1, { data: new Uint8Array(dataBytes).fill(1) }), 'it waits', [])
    for (const about of ['it waits again', 'it ends']) {
      const input = table.input(0, { data: new Uint8Array(1_000).fill(2) })
      const matter = await matterAt(table, input)
      const load = measure(await runOf(table.machine, batchOf((slotsOf.get(table) ?? 0n) + 1n, [input]), input))
      const { steps } = await completed(verifier, matter)
      const first = await new Judgement(verifier, matter).next()
      const judgement = new Judgement(verifier, matter)
      const { machine } = await judgement.next(steps - 3n)
      const end = await judgement.next()
      const none = { ...load, waitingBytes: 0 }
      for (const [size, bound] of [[first.data.length, firstBytes], [machine?.length ?? 0, machineBytes], [end.data.length, lastBytes]] as const) {
        assert.ok(size <= bound(load), `${about}: ${size} bytes, the bound is ${bound(load)}`)
      }
      assert.ok(first.data.length > firstBytes(none), `${about}: ${first.data.length} bytes, without it ${firstBytes(none)}`)
      if (dataBytes > 1_000) assert.ok((machine?.length ?? 0) > machineBytes(none), `${about}: ${machine?.length} bytes, without it ${machineBytes(none)}`)
      for (const { data, gasUsed } of [first, end]) assert.ok(transactionGas(data, gasUsed) <= setupGas(load, data.length) + OUTER_GAS * load.gas, `${about}: ${transactionGas(data, gasUsed)}`)
      await agree(table, input, about, [])
    }
  }
})

test('no witness can make another of it: other players, another machine, a code for the input, or an account less', async () => {
  const table = await Table.begin(LOOP)
  await agree(table, table.input(0))
  const matter = await matterAt(table, table.input(0, { data: number(5n) }))
  const verdict = await completed(verifier, matter)
  assert.equal(effectOf(verdictOf(await exhibit(verifier, matter))), effectOf(verdict))
  const said = async (change: Parameters<typeof exhibit>[2]): Promise<string> => errorOf(await exhibit(verifier, matter, change))
  assert.is(await said(({ cast }) => ({ cast: { ...cast, players: [O, X] } })), 'OtherPlayers')
  assert.is(await said(({ cast }) => ({ cast: { ...cast, players: [X] } })), 'OtherPlayers')
  assert.is(await said(({ judgeCase }) => ({ judgeCase: { ...judgeCase, players: [X] } })), 'OtherPlayers')
  const without = (address: Address) => async (): Promise<string> => await said(({ accounts }) => ({ accounts: accounts.filter(account => account.address !== address) }))
  assert.is(await without(MACHINE_ADDRESS)(), 'MissingAccount')
  assert.is(await without(INPUT_ADDRESS)(), 'MissingAccount')
  const changed = async (address: Address, code: (code: Uint8Array) => Uint8Array | undefined): Promise<string> => await said(({ accounts }) => ({
    accounts: accounts.map(account => {
      const bytes = code(account.code ?? new Uint8Array())
      return account.address !== address ? account : { ...account, code: bytes, codeHash: bytes === undefined ? account.codeHash : hash32(bytes) }
    })
  }))
  assert.is(await changed(MACHINE_ADDRESS, () => undefined), 'MissingCode')
  // The count on its stack is another; so it goes on otherwise, and the proof does not hold.
  assert.is(await changed(MACHINE_ADDRESS, code => code.map((byte, i) => i === 127 ? byte ^ 1 : byte)), 'OtherRoot')
  assert.is(await changed(MACHINE_ADDRESS, () => new Uint8Array()), 'OtherRoot')
  assert.is(await changed(INPUT_ADDRESS, () => Uint8Array.of(0)), 'ProofItemNotAbsent')
})

test('without routines nothing of it exists: the case names no contract, and a breakpoint is a log', async () => {
  const thread = threadFor(program(`${X} ${ONE_MOVER} ${BREAK} 0x1 0x0 SSTORE STOP`), { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  const input = thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 200_000n })
  const batch = batchOf(1n, [input])
  const matter = await matterFor(machine, batch, input)
  assert.equal([matter.judgeCase.routine, matter.judgeCase.players, matter.cast.players], [ZERO_ADDRESS, [], undefined])
  const { newRoot, returnData } = await completed(verifier, matter)
  assert.is(newRoot, (await machine.prepare(batch)).root)
  assert.is(returnData.length, 0)
  assert.not.ok(matter.touched.accounts.includes(MACHINE_ADDRESS))
})

test.run()
