import { RLP } from '@ethereumjs/rlp'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import { decodeRlp, encodeRlp, integerBytes, type RlpItem } from '../../src/protocol/rlp.js'
import type { Hex } from '../../src/protocol/types.js'
import { arbitraryChange, holdsToOneEncoding, throwsCode } from './fixtures.js'

const test = suite('rlp')
// Lengths on both sides of where the header's form changes.
const leaf = fc.oneof(
  fc.uint8Array({ maxLength: 3 }), fc.tuple(fc.constantFrom(54, 55, 56, 57, 255, 256, 257), fc.integer({ min: 0, max: 255 })).map(([length, byte]) => new Uint8Array(length).fill(byte)))
const list = (item: fc.Arbitrary<RlpItem>): fc.Arbitrary<RlpItem> => fc.oneof(leaf, fc.array(item, { maxLength: 3 }))
const arbitraryItem = list(list(list(leaf)))

/** What the library makes of bytes: items as nested hex, or undefined where it refuses or another encoding is meant. */
function byLibrary (bytes: Uint8Array): unknown {
  try {
    const item = RLP.decode(bytes)
    return bytes.length > 0 && bytesToHex(RLP.encode(item)) === bytesToHex(bytes) ? shown(item as RlpItem) : undefined
  } catch {
    return undefined
  }
}

function shown (item: RlpItem): unknown {
  return item instanceof Uint8Array ? bytesToHex(item) : item.map(shown)
}

test('items come back, and their encoding is the library\'s', () => {
  fc.assert(fc.property(arbitraryItem, item => {
    const encoded = encodeRlp(item)
    assert.is(bytesToHex(encoded), bytesToHex(RLP.encode(item as never)))
    assert.equal(shown(decodeRlp(encoded)), shown(item))
  }))
})

test('a changed, cut or longer encoding is refused or is one itself, and the library agrees', () => {
  fc.assert(fc.property(arbitraryItem, arbitraryChange, (item, change) => {
    holdsToOneEncoding(encodeRlp(item), change, bytes => {
      const expected = byLibrary(bytes)
      if (expected === undefined) throwsCode(() => decodeRlp(bytes), 'RLP_MALFORMED', 'reject')
      const decoded = decodeRlp(bytes)
      assert.equal(shown(decoded), expected)
      return encodeRlp(decoded)
    })
  }), { numRuns: 150 })
})

test('encodings that are not the shortest, are cut or go on too long are refused', () => {
  for (const bad of [
    '0x', '0x8100', '0x817f', '0xb800', '0xb801ff', `0xb837${'11'.repeat(55)}`, `0xb90038${'11'.repeat(56)}`, '0x81', '0x82ff', '0xc1', '0xc281', '0xc28281', '0xc180ff', '0x0000',
    `0xf837${'11'.repeat(55)}`, '0xbb', '0xbfffffffffffffffff', '0xffffffffffffffffff', '0xfbffffffff', '0xc2b801'
  ] as Hex[]) throwsCode(() => decodeRlp(hexToBytes(bad)), 'RLP_MALFORMED', 'reject')
  assert.equal(decodeRlp(hexToBytes(`0xb838${'11'.repeat(56)}`)), new Uint8Array(56).fill(0x11))
})

test('lists deeper than a transaction\'s are refused at once', () => {
  const nested = (depth: number): RlpItem => depth === 0 ? [] : [nested(depth - 1)]
  assert.equal(decodeRlp(encodeRlp(nested(3))), nested(3))
  throwsCode(() => decodeRlp(encodeRlp(nested(4))), 'RLP_MALFORMED', 'reject')

  const started = performance.now()
  throwsCode(() => decodeRlp(deepest(32_000)), 'RLP_MALFORMED', 'reject')
  assert.ok(performance.now() - started < 100)
})

test('integers have no leading zero', () => {
  assert.equal(integerBytes(0n), new Uint8Array(0))
  assert.equal(integerBytes(255n), Uint8Array.of(255))
  assert.equal(integerBytes(256n), Uint8Array.of(1, 0))
})

/** Lists in lists, at least this many bytes, written from the inside. */
function deepest (size: number): Uint8Array {
  const bytes = new Uint8Array(size + 4)
  let at = bytes.length
  bytes[--at] = 0xc0
  while (bytes.length - at < size) {
    const length = bytes.length - at
    const header = length < 56 ? [0xc0 + length] : length < 256 ? [0xf8, length] : [0xf9, length >> 8, length & 255]
    at -= header.length
    bytes.set(header, at)
  }
  return bytes.subarray(at)
}

test.run()
