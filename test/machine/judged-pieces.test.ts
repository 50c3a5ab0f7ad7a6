// time limit: 120 s
/**
 * Computations that wait behind so much gas (specification §11) in the machine that co-signs and before the whole judge: both leave the same root, from the first piece to the last.
 * `PIECES=500 FROM=0` in the environment runs more generated ones.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Input } from '../../src/protocol/types.js'
import { Machine, type InputReceipt } from '../../src/machine/machine.js'
import { Judgement, type Matter } from '../../src/machine/judgement.js'
import { decodeSuspended, MACHINE_ADDRESS } from '../../src/machine/routine.js'
import { settlementMatter } from '../../src/machine/settlement.js'
import { changeEntries } from '../../src/state/changes.js'
import { createVerifier, effectOf, errorOf, matterFor, verdictOf } from './judging.js'
import { Dice } from './random-code.js'
import { randomRoutine } from './random-routine.js'
import { ASK, BREAK, number, ONE_MOVER, program, routineThread, SETTLE, SETTLES, Table } from './routines.js'
import { PLAYERS } from './thread.js'

const test = suite('computations in pieces before the judge')
const verifier = await createVerifier()
const COUNT = Number(process.env['PIECES'] ?? 8)
const FROM = Number(process.env['FROM'] ?? 0)
const PIECE_GAS = 50_000n
const [X, O] = PLAYERS

/** Adds up the squares below what call data say, then writes the sum down: 60 and some gas a round. */
const SQUARES = `${SETTLES} 0x0 0x0 CALLDATALOAD :loop DUP1 DUP1 MUL 0x0 MLOAD ADD 0x0 MSTORE 0x1 SWAP1 SUB DUP1 @loop JUMPI 0x0 MLOAD 0x0 SSTORE CALLER 0x1 SSTORE CALLVALUE 0x2 SSTORE STOP`

/** The verdict in several calls, the first ones of a few opcodes. */
async function inPieces (matter: Matter, stops: readonly number[]): Promise<ReturnType<typeof effectOf>> {
  const judgement = new Judgement(verifier, matter)
  for (const steps of stops) {
    const verdict = verdictOf(await judgement.next(BigInt(steps)))
    if (verdict.isFinal) return effectOf(verdict)
  }
  return effectOf(verdictOf(await judgement.next()))
}

/** Plays an input, and has it judged: they agree. Undefined where it is skipped, and refused. */
async function play (table: Table, input: Input, about: string, stops: readonly number[] = []): Promise<InputReceipt | undefined> {
  const matter = await matterFor(table.machine, table.next(input), input)
  const step = await new Judgement(verifier, matter).next()
  if (stops.length > 0 && step.answer.kind === 'verdict') assert.equal(await inPieces(matter, stops), effectOf(step.answer), `${about}, with stops`)
  const { receipts: [receipt], skipped } = await table.play(input)
  if (receipt === undefined) {
    const code = skipped[0]?.code ?? ''
    if (code !== 'SETTLEMENT' && code !== 'UNJUDGEABLE') assert.is(step.answer.kind, 'refusal', `${about}: ${code}, ${errorOf(step)}`)
    return undefined
  }
  const { success, newRoot, gasUsed, returnData } = verdictOf(step)
  const { success: succeeded, gasUsed: used, returnData: returned } = receipt
  assert.equal({ success, newRoot, gasUsed, returnData: bytesToHex(returnData) }, { success: succeeded, newRoot: table.machine.root, gasUsed: used, returnData: bytesToHex(returned) }, about)
  return receipt
}

test('a computation of many times the gas limit comes to its end, a piece with each transaction of any player', async () => {
  const table = await Table.begin(SQUARES, { pieceGas: PIECE_GAS, gasLimit: 100_000n })
  const fields = { gasLimit: 100_000n }
  const first = await play(table, table.input(0, { ...fields, data: number(20_000n), valueWei: 7n }), 'the first', [1, 400])
  assert.ok(first?.success)
  assert.equal(first?.logs, [])
  let pieces = 1
  for (; table.machine.waiting !== undefined; pieces++) {
    const { waiting } = table.machine
    assert.equal(waiting, { onTimeout: SETTLE, movers: [X, O], data: new Uint8Array(), piece: hash32(table.machine.code(MACHINE_ADDRESS)) })
    const { receipts: [receipt] } = await table.play(table.input(pieces % 2 === 0 ? 0 : 1, { ...fields, data: new Uint8Array(pieces) }))
    assert.ok(receipt?.success, receipt?.reason)
  }
  assert.ok(pieces > 20, String(pieces))
  const slots = [0n, 1n, 2n].map(key => BigInt(table.machine.storageAt(table.machine.contract, hash(key))))
  assert.equal(slots, [20_000n * 20_001n * 40_001n / 6n, BigInt(X), 7n])
})

test('a piece uses what it may and at most one instruction more, and gives the rest back', async () => {
  const table = await Table.begin(SQUARES, { pieceGas: PIECE_GAS })
  const receipt = await play(table, table.input(0, { data: number(20_000n) }), 'the first')
  // 21,000, a word of data with two bytes that are not 0, and a loop of cheap opcodes.
  const execution = (receipt?.gasUsed ?? 0n) - 21_000n - 30n * 4n - 2n * 16n
  assert.ok(execution > PIECE_GAS && execution <= PIECE_GAS + 10n, String(execution))
})

test('while a piece waits the contract is closed, is read, and settles by the terms\' function; long data and others are refused', async () => {
  const table = await Table.begin(`CALLER ${'0xfffffffffffffffffffffffffffffffffffffffe'} EQ ISZERO @play JUMPI 0x0 CALLDATALOAD 0x9 SSTORE 0x44 CALLDATALOAD 0x8 SSTORE CALLDATASIZE 0x7 SSTORE STOP :play ${SQUARES}`, { pieceGas: PIECE_GAS })
  await play(table, table.input(0, { data: number(20_000n) }), 'the first')
  assert.is(await play(table, table.input(1, { data: new Uint8Array(1_025) }), 'long data'), undefined)
  const { machine } = table
  const message = machine.settlement(O)
  assert.is(bytesToHex(message.data.subarray(0, 4)), SETTLE)
  const environment = { ...table.next(), parent: hash32(new Uint8Array(1)) }
  const matter = await machine.inspect(async world => await settlementMatter(machine.context, world, environment, O, []))
  const verdict = verdictOf(await new Judgement(verifier, matter).next())
  const { outcome, machine: after } = await machine.after(message, environment)
  assert.equal([verdict.success, verdict.newRoot], [outcome.success, after.root])
  assert.equal([9n, 8n, 7n].map(key => BigInt(after.storageAt(machine.contract, hash(key)))).map((word, i) => i === 0 ? word >> 224n : word), [BigInt(SETTLE), 0x80n, 164n].map((word, i) => i === 1 ? 0x60n + 0x20n : word))
})

test('a machine that was stored goes on as it was', async () => {
  const thread = routineThread(program(SQUARES), { pieceGas: PIECE_GAS })
  const { machine, changes } = await Machine.genesis(thread.context, thread.code)
  const prepared = await machine.prepare({ nonce: 1n, timestampSec: 1n, parent: hash32(new Uint8Array(1)), inputs: [thread.input(0, { nonce: 1n, to: machine.contract, data: number(3_000n) })] })
  machine.commit(prepared)
  const rebuilt = await Machine.load(thread.context, new Map([...changeEntries(changes), ...changeEntries(prepared.changes)]))
  const next = { nonce: 2n, timestampSec: 2n, parent: hash32(new Uint8Array(2)), inputs: [thread.input(1, { nonce: 1n, to: machine.contract })] }
  assert.equal([rebuilt.waiting, (await rebuilt.prepare(next)).root], [machine.waiting, (await machine.prepare(next)).root])
})

test('a call with all gas is not cut, and counts once it is back', async () => {
  const inner = `CALLER ADDRESS EQ @inner JUMPI 0x0 0x0 0x0 0x0 0x0 ADDRESS 0x186a0 CALL 0x5 SSTORE GAS 0x6 SSTORE STOP :inner 0x7d0 :loop 0x1 SWAP1 SUB DUP1 @loop JUMPI GAS 0x4 SSTORE STOP`
  const table = await Table.begin(`${SETTLES} ${inner}`, { pieceGas: PIECE_GAS })
  await play(table, table.input(0), 'the call', [30, 2_000])
  const { pc, stack } = decodeSuspended(table.machine.code(MACHINE_ADDRESS))
  assert.equal([table.machine.code(table.machine.contract)[pc], stack], [0x60, [1n]])
  await play(table, table.input(1), 'the rest', [1])
  assert.is(table.machine.waiting, undefined)
})

test('an input is lost where a piece ends before it is read, and never where it is read soon enough', async () => {
  const source = `${SETTLES} ${X} ${ONE_MOVER} ${BREAK} 0x6 :wait 0x1 SWAP1 SUB DUP1 @wait JUMPI POP ${ASK} 0x160 MLOAD 0x0 SSTORE STOP`
  for (const [pieceGas, kept] of [[PIECE_GAS, 9n], [100n, 0n]] as const) {
    const table = await Table.begin(source, { pieceGas })
    for (let i = 0; i < 30 && table.machine.waiting?.data.length !== 0 || table.machine.waiting?.piece !== undefined; i++) await play(table, table.input(0), 'up to the breakpoint')
    await play(table, table.input(0, { data: number(9n) }), 'the input')
    for (let i = 0; i < 30 && table.machine.waiting !== undefined; i++) await play(table, table.input(1), 'to the end')
    assert.equal([table.machine.waiting, BigInt(table.machine.storageAt(table.machine.contract, hash(0n)))], [undefined, kept], String(pieceGas))
  }
})

const seen = { pieces: 0, breaks: 0, ends: 0, fails: 0, skipped: 0 }

/** Any routine with pieces of any size: a BREAKPOINT waits as ever, and what goes on between them is anybody's. */
async function playGenerated (seed: number): Promise<void> {
  const dice = new Dice(seed + 2_000_000)
  const table = await Table.begin(randomRoutine(seed), { pieceGas: BigInt(1 + dice.below(dice.pick([400, 3_000, 30_000]))) })
  for (let i = 1; i <= 10; i++) {
    const { waiting } = table.machine
    const mover = waiting?.piece === undefined && waiting?.movers[0] === O ? 1 : 0
    const player = dice.below(8) === 0 || waiting?.piece !== undefined ? dice.below(2) : mover
    const input = table.input(player === 0 ? 0 : 1, { data: dice.below(12) === 0 ? new Uint8Array(1_030) : dice.bytes(dice.below(100)), valueWei: BigInt(dice.below(4)), gasLimit: dice.below(4) === 0 ? BigInt(22_500 + dice.below(dice.pick([3_000, 100_000]))) : 1_000_000n })
    const receipt = await play(table, input, `routine ${seed}, input ${i}`, i % 3 === 0 ? [1 + dice.below(300), 1 + dice.below(300)] : [])
    const after = table.machine.waiting
    seen[receipt === undefined ? 'skipped' : !receipt.success ? 'fails' : after === undefined ? 'ends' : after.piece === undefined ? 'breaks' : 'pieces']++
  }
}

for (let seed = FROM; seed < FROM + COUNT; seed++) test(`routine ${seed} in pieces: both EVMs leave the same`, async () => { await playGenerated(seed) })

test('the routines wait between pieces and at breakpoints, end, fail, and are sent what they do not wait for', () => {
  console.log(JSON.stringify(seen))
  assert.ok(Object.values(seen).every(count => count > 0), JSON.stringify(seen))
})

function hash (key: bigint): ReturnType<typeof hash32> {
  return bytesToHex(number(key)) as ReturnType<typeof hash32>
}

test.run()
