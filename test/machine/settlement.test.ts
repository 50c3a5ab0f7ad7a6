/** The settlement function is tried on what each input leaves (specification §9): what would leave it failing is skipped by all. */
import { id } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assemble } from '../../scripts/conformance/assembler.js'
import { hexToBytes } from '../../src/protocol/bytes.js'
import type { Hex, Input } from '../../src/protocol/types.js'
import { Machine } from '../../src/machine/machine.js'
import { SYSTEM } from '../../src/machine/settlement.js'
import { rejects } from '../support/rejects.js'
import { abi, artifact, batchOf, ETHER, PLAYERS, threadFor, type TestThread } from './thread.js'

const test = suite('settlement')
const settling = await artifact('Settling')
const settle = id('settle(address,address[],bytes)').slice(0, 10) as Hex
const call = (signature: string): Uint8Array => abi(`0x${settling.methodIdentifiers[signature] ?? ''}`)
const game = threadFor(hexToBytes(settling.bytecode), { settlement: settle })

function input (thread: TestThread, player: 0 | 1, nonce: bigint, machine: Machine, data: Uint8Array = new Uint8Array(0), valueWei = 0n): Input {
  return thread.input(player, { nonce, to: machine.contract, data, valueWei, gasLimit: 300_000n })
}

test('an input that breaks the settlement is skipped, consumes no nonce and leaves no trace; those around it are included', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const pay = input(game, 0, 1n, machine, call('move()'), ETHER)
  const breaks = input(game, 1, 1n, machine, call('breakSettlement()'))
  const again = input(game, 1, 1n, machine, call('move()'), ETHER)
  const { skipped, included, root, receipts } = await machine.prepare(batchOf(1n, [pay, breaks, again]))
  assert.equal(skipped.map(({ input, code }) => [input.id, code]), [[breaks.id, 'SETTLEMENT']])
  assert.equal(included.map(({ id }) => id), [pay.id, again.id])
  assert.ok(receipts.every(({ success }) => success))
  assert.is((await machine.prepare(batchOf(1n, [pay, again]))).root, root)
})

test('a forced move that breaks the settlement is what the court has recorded: nothing is skipped', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const breaks = input(game, 1, 1n, machine, call('breakSettlement()'))
  const prepared = await machine.prepare({ ...batchOf(1n, [breaks]), isForced: true })
  assert.equal([prepared.skipped.length, prepared.included.length], [0, 1])
})

test('without a settlement function in the terms nothing is tried', async () => {
  const free = threadFor(hexToBytes(settling.bytecode))
  const { machine } = await Machine.genesis(free.context, free.code)
  assert.is((await machine.prepare(batchOf(1n, [input(free, 1, 1n, machine, call('breakSettlement()'))]))).skipped.length, 0)
})

test('a constructor that leaves what cannot be settled is refused by name', async () => {
  const none = threadFor(hexToBytes(settling.bytecode), { settlement: '0x12345678' })
  await rejects(Machine.genesis(none.context, none.code), 'MACHINE_UNSETTLEABLE')
})

test('it is tried with the input\'s sender as the last mover, two windows later, in the next breakpoint', async () => {
  // Inputs note what the settlement must see: who sends them, the time and the number. While nothing is noted, it accepts everything.
  const isSystem = `CALLER 0x${SYSTEM.slice(2)} EQ`
  const note = 'CALLER 0x1 SSTORE TIMESTAMP 0x78 ADD 0x2 SSTORE NUMBER 0x1 ADD 0x3 SSTORE STOP'
  const check = '0x1 SLOAD 0x4 CALLDATALOAD EQ 0x2 SLOAD TIMESTAMP EQ AND 0x3 SLOAD NUMBER EQ AND 0x1 SLOAD ISZERO OR'
  const build = (expected: string): Uint8Array => {
    const [notes, checks] = [assemble(note), assemble(expected)]
    const start = assemble(isSystem).length + 3
    const [other, ok] = [start + notes.length, start + notes.length + 1 + checks.length + 3 + 3]
    return Uint8Array.from([...assemble(isSystem), 0x60, other, 0x57, ...notes, 0x5b, ...checks, 0x60, ok, 0x57, 0x5f, 0x5f, 0xfd, 0x5b, 0x00])
  }
  const skips = async (expected: string): Promise<string[]> => {
    const thread = threadFor(build(expected), { codeKind: 1, settlement: settle })
    const { machine } = await Machine.genesis(thread.context, thread.code)
    return (await machine.prepare(batchOf(1n, [input(thread, 1, 1n, machine)]))).skipped.map(({ code }) => code)
  }
  assert.equal(await skips(check), [])
  assert.equal(await skips(check.replace('0x1 SLOAD 0x4', `0x${PLAYERS[0].slice(2)} 0x4`)), ['SETTLEMENT'])
  assert.equal(await skips(check.replace('TIMESTAMP EQ', 'TIMESTAMP 0x1 SUB EQ')), ['SETTLEMENT'])
})

test('a settlement that could not be judged is one that fails', async () => {
  // An input notes that from now on it takes much memory, and gas for more than one transaction.
  const heavy = `CALLER 0x${SYSTEM.slice(2)} EQ`
  const notes = assemble('0x1 0x0 SSTORE STOP')
  const work = assemble('0x0 SLOAD ISZERO')
  const load = assemble(`0x1 0xefff MSTORE8 0x0 0x0 0x7000 0x0 0x4 GAS STATICCALL POP ${Array.from({ length: 60 }, (_, i) => `0x1 0x${(i + 9).toString(16)} SSTORE`).join(' ')} STOP`)
  const start = assemble(heavy).length + 3
  const other = start + notes.length
  const end = other + 1 + work.length + 4 + load.length
  const code = Uint8Array.from([...assemble(heavy), 0x60, other, 0x57, ...notes, 0x5b, ...work, 0x61, end >> 8, end & 255, 0x57, ...load, 0x5b, 0x00])
  const thread = threadFor(code, { codeKind: 1, settlement: settle })
  const { machine } = await Machine.genesis(thread.context, code)
  const { skipped } = await machine.prepare(batchOf(1n, [input(thread, 0, 1n, machine)]))
  assert.equal(skipped.map(({ code }) => code), ['SETTLEMENT'])
  assert.match(skipped[0]?.message ?? '', /several transactions/)
})

test.run()
