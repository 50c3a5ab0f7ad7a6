/** The port inside a thread: what goes out, who may send what, and what stays behind. */
import { Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, hexToBytes, ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import { PORT_CODE } from '../../src/protocol/port-code.js'
import { PORT_ADDRESS, receiptHash, receiptOfLog, receiptSlot } from '../../src/protocol/port.js'
import { Machine, type InputReceipt } from '../../src/machine/machine.js'
import type { Address, Hex, Terms } from '../../src/protocol/types.js'
import { batchOf, ETHER, PLAYERS, threadFor, type TestThread } from './thread.js'

const test = suite('machine: the port')
const abi = new Interface(['function exit(address target, bytes data) payable', 'error NotTheContract(address)', 'error NoTarget()', 'error NothingToDo()', 'error DataTooLong(uint256, uint256)'])
const target = `0x${'77'.repeat(20)}` as Address
/** STOP: a contract that does nothing. */
const NOTHING = hexToBytes('0x600160005360016000f3')

async function begin (overrides: Partial<Terms> = {}): Promise<{ thread: TestThread, machine: Machine, exit: (to: Address, data: Hex, valueWei?: bigint) => Promise<InputReceipt> }> {
  const thread = threadFor(NOTHING, overrides)
  const { machine } = await Machine.genesis(thread.context, NOTHING)
  let nonce = 0n
  const exit = async (to: Address, data: Hex, valueWei = 0n): Promise<InputReceipt> => {
    nonce++
    const input = thread.input(0, { nonce, to: PORT_ADDRESS, data: hexToBytes(abi.encodeFunctionData('exit', [to, data]) as Hex), valueWei })
    const prepared = await machine.prepare(batchOf(nonce, [input]))
    machine.commit(prepared)
    const [receipt] = prepared.receipts
    if (receipt === undefined) throw new Error('the input was skipped')
    return receipt
  }
  return { thread, machine, exit }
}

const errorOf = ({ returnData }: InputReceipt): string | undefined => abi.parseError(bytesToHex(returnData))?.name

test('every thread begins with the port, of the protocol\'s code, and without receipts', async () => {
  for (const overrides of [{}, { codeKind: 1 as const, codeHash: hash32(NOTHING) }]) {
    const { machine } = await begin(overrides)
    assert.equal(machine.code(PORT_ADDRESS), PORT_CODE)
    assert.equal([machine.account(PORT_ADDRESS).nonce, machine.account(PORT_ADDRESS).balanceWei, machine.exits], [1n, 0n, { count: 0n, total: 0n }])
  }
})

test('a player pays out: the money has left its account and is counted, the receipt\'s hash and log are the protocol\'s', async () => {
  const { machine, exit } = await begin()
  const before = machine.leftover()
  const [first] = (await exit(target, '0x', 5n)).logs
  await exit(PLAYERS[1], '0x', 7n)
  assert.equal([machine.exits, machine.account(PLAYERS[0]).balanceWei, machine.leftover()], [{ count: 2n, total: 12n }, 10n * ETHER - 12n, before])
  const receipt = first === undefined ? undefined : receiptOfLog(first)
  assert.equal(receipt, { index: 0n, sender: PLAYERS[0], target, amount: 5n, data: new Uint8Array(0) })
  if (receipt !== undefined) assert.is(machine.storageAt(PORT_ADDRESS, receiptSlot(0n)), receiptHash(receipt))
})

test('in a thread for a token whole units go out; what is less stays behind and is left over', async () => {
  const { machine, exit } = await begin({ assetDecimals: 6, asset: target, deposits: [10_000_000n, 10_000_000n], oracleFee: 1n })
  const unit = 10n ** 12n
  const receipt = await exit(target, '0x', 5n * unit + 9n)
  assert.is(receipt.success, true)
  assert.equal([machine.exits, machine.leftover()], [{ count: 1n, total: 5n }, 9n])
  assert.is(errorOf(await exit(target, '0x', unit - 1n)), 'NothingToDo')
})

const refusals: [string, Address, Hex, bigint, string][] = [
  ['a call by a player', target, '0x01', 5n, 'NotTheContract'], ['nobody', ZERO_ADDRESS, '0x', 5n, 'NoTarget'],
  ['no money and no call', target, '0x', 0n, 'NothingToDo'], ['8,193 bytes', target, `0x${'01'.repeat(8193)}`, 5n, 'DataTooLong']
]
for (const [what, to, data, value, code] of refusals) {
  test(`${what}: the port reverts with ${code}, and counts nothing`, async () => {
    const { machine, exit } = await begin()
    const receipt = await exit(to, data, value)
    assert.equal([receipt.success, errorOf(receipt), machine.exits], [false, code, { count: 0n, total: 0n }])
  })
}

test('money sent to the port without a word comes back', async () => {
  const { thread, machine } = await begin()
  const { receipts: [receipt] } = await machine.prepare(batchOf(1n, [thread.input(0, { nonce: 1n, to: PORT_ADDRESS, valueWei: 5n })]))
  assert.is(receipt?.success, false)
})

test.run()
