// time limit: 180 s
/** The examples of routines in both EVMs, from their first call over each breakpoint to their end: what waits field by field, gas, receipt, root (specification §11). And: a difference in any of these is seen. */
import { Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes } from '../../src/protocol/bytes.js'
import type { Hash32, Hex } from '../../src/protocol/types.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { Judgement } from '../../src/machine/judgement.js'
import { MACHINE_ADDRESS } from '../../src/machine/routine.js'
import { readMachine } from './breakpoints.js'
import { Duel, judged, same, type Left } from './judged-routine-duel.js'
import { matterFor } from './judging.js'
import { Dice } from './random-code.js'
import { number, Table } from './routines.js'
import { abi as encoded, ETHER, PLAYERS, threadFor } from './thread.js'

const test = suite('examples of routines before the judge')
const duel = await Duel.create()
const dice = new Dice(7)
const [X, O] = PLAYERS

type Scene = { readonly table: Table, readonly call: (method: string, args?: readonly unknown[]) => Uint8Array }

async function begin (name: 'Morpion' | 'Auction' | 'Relay', settlement: string, types: readonly string[], values: readonly unknown[]): Promise<Scene> {
  const { interface: abi, creationCode }: { interface: Interface, creationCode: Uint8Array } = loadArtifact(name)
  const terms = { codeKind: 2 as const, ctorArg: encoded('0x', types, values), settlement: abi.getFunction(settlement)?.selector as Hex, gasLimit: 3_000_000n }
  return { table: await Table.of(threadFor(creationCode, terms)), call: (method, args = []) => hexToBytes(abi.encodeFunctionData(method, args) as Hex) }
}

const morpion = async (): Promise<Scene> => await begin('Morpion', 'settle', ['address', 'address', 'uint256'], [X, O, ETHER])

/** One transaction in both. @returns whether it succeeded, and whether it waits behind it */
async function play (table: Table, player: 0 | 1, data: Uint8Array, valueWei: bigint, about: string): Promise<[boolean, boolean]> {
  const receipt = await duel.play(table, table.input(player, { data, valueWei, gasLimit: 2_000_000n }), about, dice)
  assert.ok(receipt, `${about}: not included`)
  return [receipt.success, table.machine.waiting !== undefined]
}

for (const [about, cells, xHas] of [['a line', [4, 0, 2, 1, 6], 11n * ETHER], ['a full board', [0, 1, 2, 4, 3, 5, 7, 6, 8], 10n * ETHER]] as const) {
  test(`Morpion to ${about}: both leave the same at each breakpoint and at the end`, async () => {
    const { table, call } = await morpion()
    assert.equal(await play(table, 1, call('play'), 0n, 'the first call'), [true, true])
    for (const [i, cell] of cells.entries()) {
      // With no stake, and on a cell that is taken: what waits is as it was.
      if (i < 2) assert.equal(await play(table, i === 0 ? 0 : 1, number(8n), 1n, `a wrong stake before move ${i}`), [false, true])
      else assert.equal(await play(table, i % 2 === 0 ? 0 : 1, number(BigInt(cells[0])), 0n, `a taken cell before move ${i}`), [false, true])
      assert.equal(await play(table, i % 2 === 0 ? 0 : 1, number(BigInt(cell)), i < 2 ? ETHER : 0n, `move ${i}`), [true, i + 1 < cells.length])
    }
    assert.is(table.machine.account(X).balanceWei, xHas)
  })
}

test('the auction to the hammer: both leave the same', async () => {
  const { table, call } = await begin('Auction', 'settle', ['address', 'address[]', 'uint256'], [X, [O], 10n])
  const none = new Uint8Array()
  assert.equal(await play(table, 0, call('sell', [5n]), 0n, 'the first call'), [true, true])
  for (const [player, bid, isBid] of [[1, 4n, false], [0, 7n, false], [1, 5n, true], [1, 5n, false], [1, 6n, true]] as const) {
    assert.equal(await play(table, player, none, bid, `a bid of ${bid}`), [isBid, true])
  }
  table.wait(30n)
  assert.equal(await play(table, 0, none, 0n, 'the hammer'), [true, false])
  assert.is(table.machine.account(X).balanceWei, 10n * ETHER + 6n)
})

test('Relay, whose breakpoints are in functions within loops: both leave the same', async () => {
  const { table, call } = await begin('Relay', 'late', ['address', 'address'], PLAYERS)
  assert.equal(await play(table, 0, call('run', [3n]), 11n, 'the first call'), [true, true])
  for (let round = 0; round < 3; round++) {
    assert.equal(await play(table, 0, number(BigInt(round)), 1n, `round ${round}, x`), [true, true])
    assert.equal(await play(table, 1, new Uint8Array(31), 1n, `round ${round}, less than a word`), [false, true])
    assert.equal(await play(table, 1, number(9n), 0n, `round ${round}, o`), [true, true])
    assert.equal(await play(table, round % 2 === 0 ? 0 : 1, new Uint8Array(50 * round).fill(3), 2n, `round ${round}, bytes`), [true, round < 2])
  }
})

/** What {@link same} says of them. */
function difference (judge: Left, here: Left): string | undefined {
  try {
    same(judge, here, 'other')
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

test('a bit in the program counter, the stack, the memory, the gas, the root or the receipt is seen', async () => {
  const { table, call } = await morpion()
  await play(table, 1, call('play'), 0n, 'the first call')
  const input = table.input(0, { data: number(4n), valueWei: ETHER })
  const step = await new Judgement(duel.verifier, await matterFor(table.machine, table.next(input), input)).next()
  const right = judged(step, input)
  const { waits } = right
  assert.ok(waits)
  // It is the machine that the players' state has afterwards, not one that was made from the judge's own.
  await table.play(input)
  assert.equal([waits.pc, waits.stack], [readMachine(table.machine.code(MACHINE_ADDRESS)).pc, readMachine(table.machine.code(MACHINE_ADDRESS)).stack])
  assert.ok(waits.stack.length > 3 && waits.memory.length > 1_000 && waits.pc > 0)
  same(right, { ...right, waits: { ...waits, stack: [...waits.stack] } }, 'the same')
  const flipped = (hex: string, at = hex.length - 1): string => `${hex.slice(0, at)}${(parseInt(hex[at] ?? '0', 16) ^ 1).toString(16)}${hex.slice(at + 1)}`
  const others: readonly (readonly [string, Left])[] = [
    ['pc', { ...right, waits: { ...waits, pc: waits.pc + 1 } }], ['stack', { ...right, waits: { ...waits, stack: waits.stack.map((word, i) => i === 1 ? word ^ 1n : word) } }],
    ['stack', { ...right, waits: { ...waits, stack: waits.stack.slice(1) } }], ['memory', { ...right, waits: { ...waits, memory: flipped(waits.memory) } }],
    ['caller', { ...right, waits: { ...waits, caller: waits.caller ^ 1n } }], ['value', { ...right, waits: { ...waits, value: 1n } }], ['callData', { ...right, waits: { ...waits, callData: `${waits.callData}00` } }],
    ['payload', { ...right, waits: { ...waits, payload: flipped(waits.payload) } }], ['one waits, the other does not', { ...right, waits: undefined }], ['success', { ...right, success: false }],
    ['gasUsed', { ...right, gasUsed: right.gasUsed + 1n }], ['returnData', { ...right, returnData: '0x00' }], ['logsHash', { ...right, logsHash: flipped(right.logsHash) as Hash32 }],
    ['root', { ...right, root: flipped(right.root) as Hash32 }]
  ]
  for (const [field, other] of others) assert.is(difference(right, other), `other: ${field}`)
})

test.run()
