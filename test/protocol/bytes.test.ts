import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import {
  asAddress, asHash32, bigintToBytes, bytesToBigint, bytesToHex, concatBytes, equalBytes, hexToBytes, parseHash32, parseThreadId, ZERO_ADDRESS, ZERO_HASH
} from '../../src/protocol/bytes.js'
import type { Hex } from '../../src/protocol/types.js'
import { throwsCode } from './fixtures.js'

const test = suite('bytes')

test('bytes to hex and back are the same bytes, as Buffer says', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
    const hex = bytesToHex(bytes)
    assert.is(hex, `0x${Buffer.from(bytes).toString('hex')}`)
    assert.equal(hexToBytes(hex), bytes)
    assert.equal(hexToBytes(`0x${hex.slice(2).toUpperCase()}`), bytes)
  }))
})

test('what is not hex throws', () => {
  for (const bad of ['', '0', '0x0', '00', 'x0', '0X00', '0xg0', '0x0g', '0x0\u0130', '0x ff', '0xff ', undefined, 7]) throwsCode(() => hexToBytes(bad as Hex), 'BYTES_BAD_HEX')
})

test('addresses and hashes of any case come out lower case, other lengths throw', () => {
  assert.is(asAddress('0xC02AAA39b223FE8D0A0e5C4F27eAD9083C756Cc2'), '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2')
  assert.is(parseHash32(`0x${'AB'.repeat(32)}`), `0x${'ab'.repeat(32)}`)
  assert.is(parseThreadId(`0x${'Ab'.repeat(32)}`), `0x${'ab'.repeat(32)}`)
  for (const bad of ['0x', ZERO_HASH, `${ZERO_ADDRESS.slice(0, -1)}g`, ZERO_ADDRESS.slice(2), `${ZERO_ADDRESS}\n`, '']) throwsCode(() => asAddress(bad), 'BYTES_BAD_HEX')
  for (const bad of ['0x', ZERO_ADDRESS, `${ZERO_HASH}00`, `${ZERO_HASH.slice(0, -1)}\n`]) {
    throwsCode(() => parseHash32(bad), 'BYTES_BAD_HEX')
    throwsCode(() => parseThreadId(bad), 'BYTES_BAD_HEX')
  }
})

test('a hash has 32 bytes', () => {
  assert.is(asHash32(new Uint8Array(32)), ZERO_HASH)
  throwsCode(() => asHash32(new Uint8Array(31)), 'BYTES_BAD_LENGTH')
  throwsCode(() => asHash32(new Uint8Array(33)), 'BYTES_BAD_LENGTH')
})

test('an integer that fits its bytes comes back, one that does not throws', () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), value => {
    assert.is(bytesToBigint(bigintToBytes(value, 8)), value)
  }))
  assert.is(bytesToBigint(new Uint8Array(0)), 0n)
  assert.equal(bigintToBytes(258n, 4), Uint8Array.of(0, 0, 1, 2))
  for (const value of [2n ** 64n, -1n]) throwsCode(() => bigintToBytes(value, 8), 'BYTES_OUT_OF_RANGE')
})

test('parts are joined in order and compared by value', () => {
  const whole = concatBytes(Uint8Array.of(1), new Uint8Array(0), Uint8Array.of(2, 3))
  assert.equal(whole, Uint8Array.of(1, 2, 3))
  assert.ok(equalBytes(whole, Uint8Array.of(1, 2, 3)))
  assert.not(equalBytes(whole, Uint8Array.of(1, 2)))
  assert.not(equalBytes(whole, Uint8Array.of(1, 2, 4)))
})

test.run()
