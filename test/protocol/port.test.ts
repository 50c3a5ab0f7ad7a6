/** The port's constants and receipts against vectors that were written with ethers alone. */
import { readFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import { PORT_CODE } from '../../src/protocol/port-code.js'
import { PORT_ADDRESS, portGenesisWord, receiptCount, receiptHash, receiptOfLog, receiptSlot } from '../../src/protocol/port.js'
import { decodeTerms, portHolderOf } from '../../src/protocol/terms.js'
import type { Hash32 } from '../../src/protocol/types.js'

const test = suite('port')
const read = async (name: string) => JSON.parse(await readFile(new URL(`../../../test/vectors/${name}.json`, import.meta.url), 'utf8'))
const [port, protocol] = [await read('port'), await read('protocol')]

test('address, code, first word and the copy on the chain are those of the vectors', () => {
  assert.is(PORT_ADDRESS, port.address)
  assert.equal([hash32(PORT_CODE), PORT_CODE.length], [port.codeHash, port.codeBytes])
  assert.is(bytesToHex(portGenesisWord(protocol.contract, decodeTerms(hexToBytes(protocol.encodedTerms)))), port.firstWord)
  assert.is(portHolderOf(protocol.domain.court), port.holder)
})

test('the number of receipts stands above what a thread begins with', () => {
  assert.is(receiptCount(port.firstWord), 0n)
  assert.is(receiptCount(`0x0000012c${port.firstWord.slice(10)}` as Hash32), 300n)
})

for (const { hash, slot, log, ...told } of port.receipts) {
  const receipt = { ...told, index: BigInt(told.index), amount: BigInt(told.amount), data: hexToBytes(told.data) }
  test(`receipt ${told.index}: hash, slot and log are those of the vectors`, () => {
    assert.equal([receiptHash(receipt), receiptSlot(receipt.index)], [hash, slot])
    const written = { address: PORT_ADDRESS, topics: log.topics, data: hexToBytes(log.data) }
    assert.equal(receiptOfLog(written), receipt)
    assert.is(receiptOfLog({ ...written, address: told.target }), undefined, 'anybody can log')
    assert.is(receiptOfLog({ ...written, topics: [slot, ...log.topics.slice(1)] }), undefined)
  })
}

test.run()
