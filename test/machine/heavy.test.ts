// time limit: 60 s
/** Contracts that cost as much as they can: what one batch makes a node do is bounded, and the node does all else meanwhile. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { setTimeout as sleep } from 'node:timers/promises'
import { hexToBytes } from '../../src/protocol/bytes.js'
import type { Hex } from '../../src/protocol/types.js'
import { Machine } from '../../src/machine/machine.js'
import { batchOf, threadFor, type TestThread } from './thread.js'

const test = suite('machine/heavy')
const MILLION = 1_000_000n

/** A thread of this runtime code. */
async function running (code: Hex): Promise<{ thread: TestThread, machine: Machine }> {
  const bytes = hexToBytes(code)
  const thread = threadFor(bytes, { codeKind: 1, gasLimit: 6n * MILLION })
  return { thread, machine: (await Machine.genesis(thread.context, bytes)).machine }
}

test('a batch takes no further input once its inputs have used 30 million gas', async () => {
  // INVALID: all gas, no time.
  const { thread, machine } = await running('0xfe')
  const inputs = [1n, 2n, 3n, 4n, 5n, 6n, 7n].map(nonce => thread.input(0, { nonce, to: machine.contract, gasLimit: 6n * MILLION }))
  const { included, skipped, gasUsed } = await machine.prepare(batchOf(1n, inputs))
  assert.is(included.length, 5)
  assert.equal(skipped.map(({ code }) => code), ['BATCH_GAS', 'BATCH_GAS'])
  assert.is(gasUsed, 30n * MILLION)
})

// Until its gas is gone: JUMPDEST in a circle; a call of ecrecover, again and again.
for (const [what, code] of [['opcodes', `0x${'5b'.repeat(50)}600056`], ['precompiles', '0x5b6000600060006000600161c350fa50600056']] as const) {
  test(`a node does all else while an input runs through its gas with ${what}`, async () => {
    const { thread, machine } = await running(code)
    const batch = batchOf(1n, [thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 6n * MILLION })])
    let turns = 0
    let isDone = false
    const work = machine.prepare(batch).finally(() => { isDone = true })
    for (; !isDone; turns++) await sleep(1)
    const { receipts } = await work
    assert.is(receipts[0]?.reason, 'out of gas')
    assert.ok(turns > 5, `${turns} turns`)
  })
}

test('of all that an input may return, the receipt keeps the beginning', async () => {
  const { thread, machine } = await running('0x6180006000f3')
  const { receipts } = await machine.prepare(batchOf(1n, [thread.input(0, { nonce: 1n, to: machine.contract })]))
  assert.is(receipts[0]?.success, true)
  assert.is(receipts[0]?.returnData.length, 16_384)
})

test.run()
