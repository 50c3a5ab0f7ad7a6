import { computeAddress, keccak256 as ethersKeccak, SigningKey } from 'ethers'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bigintToBytes, bytesToBigint, bytesToHex, concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import { addressOf, cryptoBackend, hash32, keccak256, publicKeyToAddress, recover, sign, verify } from '../../src/protocol/crypto.js'
import { loadNativeCurve, portableCurve } from '../../src/protocol/curve.js'
import type { Hex } from '../../src/protocol/types.js'
import { key, throwsCode } from './fixtures.js'

const test = suite('crypto')
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const digest = keccak256(Uint8Array.of(1, 2, 3))
const signature = sign(digest, key(7))

function altered (change: { r?: bigint, s?: bigint, v?: number }): Uint8Array {
  return concatBytes(
    change.r === undefined ? signature.subarray(0, 32) : bigintToBytes(change.r, 32),
    change.s === undefined ? signature.subarray(32, 64) : bigintToBytes(change.s, 32),
    Uint8Array.of(change.v ?? signature[64] ?? 0)
  )
}

test('the hash of nothing is the known one, and ethers hashes alike', () => {
  assert.is(hash32(new Uint8Array(0)), '0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470')
  assert.is(ethersKeccak(digest), hash32(digest))
})

test('signatures and addresses are those of ethers', () => {
  fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.integer({ min: 1, max: 255 }), (message, byte) => {
    const privateKey = key(byte === 255 ? 1 : byte)
    const made = sign(message, privateKey)
    assert.is(bytesToHex(made), new SigningKey(privateKey).sign(message).serialized)
    assert.is(recover(message, made), computeAddress(bytesToHex(privateKey)).toLowerCase())
    assert.is(recover(message, made), addressOf(privateKey))
    assert.ok(verify(message, made, addressOf(privateKey)))
  }), { numRuns: 30 })
})

test('a signature by another key or for another digest does not verify', () => {
  assert.not(verify(digest, signature, addressOf(key(8))))
  assert.not(verify(keccak256(digest), signature, addressOf(key(7))))
})

test('a public key of 33 or 65 bytes gives the address, another length throws', () => {
  const signingKey = new SigningKey(key(7))
  assert.is(publicKeyToAddress(hexToBytes(signingKey.compressedPublicKey as Hex)), addressOf(key(7)))
  assert.is(publicKeyToAddress(hexToBytes(signingKey.publicKey as Hex)), addressOf(key(7)))
  throwsCode(() => publicKeyToAddress(new Uint8Array(64)), 'KEY_INVALID')
  throwsCode(() => publicKeyToAddress(new Uint8Array(33)), 'KEY_INVALID')
})

test('a malformed or malleable signature is refused for the sender\'s fault', () => {
  const s = bytesToBigint(signature.subarray(32, 64))
  const half = ORDER / 2n
  const refused: Record<string, Uint8Array> = {
    empty: new Uint8Array(0),
    'compact (EIP-2098), 64 bytes': signature.subarray(0, 64),
    '66 bytes': concatBytes(signature, Uint8Array.of(0)),
    'v 0': altered({ v: 0 }),
    'v 1': altered({ v: 1 }),
    'v 26': altered({ v: 26 }),
    'v 29': altered({ v: 29 }),
    'high s': altered({ s: ORDER - s, v: signature[64] === 27 ? 28 : 27 }),
    's just above half the order': altered({ s: half + 1n }),
    's the order': altered({ s: ORDER }),
    'r zero': altered({ r: 0n }),
    's zero': altered({ s: 0n }),
    'r the order': altered({ r: ORDER }),
    'r without a point': altered({ r: 5n })
  }
  for (const [name, bad] of Object.entries(refused)) {
    assert.ok(throwsCode(() => recover(digest, bad), 'SIGNATURE_MALFORMED', 'reject'), name)
    assert.not(verify(digest, bad, addressOf(key(7))), name)
  }
  assert.type(recover(digest, altered({ s: half })), 'string')
})

test('a key outside 1..order-1 or of another length throws', () => {
  for (const bad of [new Uint8Array(32), bigintToBytes(ORDER, 32), new Uint8Array(31).fill(1), new Uint8Array(33).fill(1)]) {
    throwsCode(() => sign(digest, bad), 'KEY_INVALID')
    throwsCode(() => addressOf(bad), 'KEY_INVALID')
  }
})

test('a digest that is not 32 bytes throws, and is not blamed on a peer', () => {
  throwsCode(() => sign(new Uint8Array(31), key(7)), 'BYTES_BAD_LENGTH')
  throwsCode(() => recover(new Uint8Array(33), signature), 'BYTES_BAD_LENGTH')
  throwsCode(() => verify(new Uint8Array(33), signature, addressOf(key(7))), 'BYTES_BAD_LENGTH')
})

test('both backends give the same bytes, and refuse the same', () => {
  const native = loadNativeCurve()
  assert.is(cryptoBackend, native === undefined ? 'portable' : 'native')
  if (native === undefined) throw new Error('libsecp256k1 did not load on this platform')
  for (let byte = 1; byte < 12; byte++) {
    const made = native.sign(digest, key(byte))
    assert.equal(portableCurve.sign(digest, key(byte)), made)
    const point = native.recover(digest, made.compact, made.parity)
    assert.equal(portableCurve.recover(digest, made.compact, made.parity), point)
    assert.equal(portableCurve.publicKey(key(byte)), point)
    assert.equal(native.publicKey(key(byte)), point)
    assert.equal(portableCurve.uncompress(point), native.uncompress(point))
  }
  for (const curve of [native, portableCurve]) {
    for (const bad of [new Uint8Array(32), bigintToBytes(ORDER, 32), new Uint8Array(31)]) {
      assert.throws(() => curve.sign(digest, bad))
      assert.throws(() => curve.publicKey(bad))
    }
    for (const r of [0n, 5n, ORDER]) assert.throws(() => curve.recover(digest, altered({ r }).subarray(0, 64), 0), `r ${r}`)
  }
})

test.run()
