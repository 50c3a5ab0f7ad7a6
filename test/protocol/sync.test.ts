import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import { decodeSyncAnswer, decodeSyncRequest, encodeSyncAnswer, encodeSyncRequest, type SyncAnswer, type SyncRequest } from '../../src/protocol/sync.js'
import { certificateBytes, decodeCertificate, encodeCertificate, type WireCertificate } from '../../src/protocol/certificate-codec.js'
import type { Hex } from '../../src/protocol/types.js'
import { arbitrary, arbitraryBreakpoint, arbitraryChange, arbitraryInput, arbitrarySlot, holdsToOneEncoding, record, terms, thread, throwsCode } from './fixtures.js'

const test = suite('sync')

const arbitraryCertificate: fc.Arbitrary<WireCertificate> = record({
  breakpoint: arbitraryBreakpoint(thread), signatures: fc.array(arbitrary.signature, { maxLength: 3 }), inputs: fc.array(arbitraryInput, { maxLength: 3 })
})
const arbitraryRequest: fc.Arbitrary<SyncRequest> = fc.oneof(
  record({ kind: fc.constant('status' as const), thread: arbitrary.thread }),
  record({ kind: fc.constant('range' as const), thread: arbitrary.thread, from: arbitrarySlot, limit: fc.integer({ min: 0, max: 65_535 }) }),
  fc.constant({ kind: 'peers' as const }),
  record({
    kind: fc.constant('result' as const), thread: arbitrary.thread, dispute: arbitrary.uint64, parent: arbitrary.hash, timestampSec: arbitrary.uint64,
    input: arbitraryInput, force: arbitrary.signature
  }),
  fc.constant({ kind: 'offer' as const })
)
const text = fc.string({ unit: 'grapheme', maxLength: 10 })
const arbitraryAnswer: fc.Arbitrary<SyncAnswer> = fc.oneof(
  record({
    kind: fc.constant('status' as const), head: fc.option(arbitrarySlot, { nil: undefined }), messages: fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 4 })
  }),
  record({ kind: fc.constant('range' as const), certificates: fc.array(arbitraryCertificate, { maxLength: 3 }) }),
  record({ kind: fc.constant('peers' as const), multiaddrs: fc.array(text, { maxLength: 4 }) }),
  record({
    kind: fc.constant('result' as const),
    answer: fc.oneof(
      record({ kind: fc.constant('signed' as const), stateRoot: arbitrary.hash, feeWei: arbitrary.uint256, signature: arbitrary.signature }),
      record({ kind: fc.constant('certificate' as const), certificate: arbitraryCertificate })
    )
  }),
  record({
    kind: fc.constant('offer' as const),
    offer: record({
      wallet: arbitrary.address, minFeeUnits: arbitrary.uint256, resultFeeWei: arbitrary.uint256, claims: fc.integer({ min: 0, max: 255 }),
      codes: fc.array(arbitrary.hash, { maxLength: 3 }), assets: fc.array(arbitrary.address, { maxLength: 3 })
    })
  }),
  record({ kind: fc.constant('error' as const), code: fc.constantFrom('THREAD_UNKNOWN', '') })
)

const certificate: WireCertificate = {
  breakpoint: { thread, epoch: 0n, nonce: 1n, parent: terms.salt, stateRoot: terms.salt, inputsRoot: terms.salt, timestampSec: 1n },
  signatures: [],
  inputs: []
}
const many = <Item>(count: number, item: Item): Item[] => new Array<Item>(count).fill(item)

test('every request comes back equal, and changed bytes are refused or another request', () => {
  fc.assert(fc.property(arbitraryRequest, arbitraryChange, (request, change) => {
    const encoded = encodeSyncRequest(request)
    assert.equal(decodeSyncRequest(encoded), request)
    holdsToOneEncoding(encoded, change, bytes => encodeSyncRequest(decodeSyncRequest(bytes)))
  }))
})

test('every answer comes back equal, and changed bytes are refused or another answer', () => {
  fc.assert(fc.property(arbitraryAnswer, arbitraryChange, (answer, change) => {
    const encoded = encodeSyncAnswer(answer)
    assert.equal(decodeSyncAnswer(encoded), answer)
    holdsToOneEncoding(encoded, change, bytes => encodeSyncAnswer(decodeSyncAnswer(bytes)))
  }), { numRuns: 300 })
})

test('a certificate comes back equal under its thread, and its size is known beforehand', () => {
  fc.assert(fc.property(arbitraryCertificate, arbitraryChange, (each, change) => {
    const encoded = encodeCertificate(each)
    assert.is(certificateBytes(each), encoded.length)
    assert.equal(decodeCertificate(encoded, thread), each)
    holdsToOneEncoding(encoded, change, bytes => encodeCertificate(decodeCertificate(bytes, thread)))
  }))
})

test('lists at their limit pass, one item more does not', () => {
  const cases: [(count: number) => SyncAnswer, number][] = [
    [count => ({ kind: 'status', head: undefined, messages: many(count, Uint8Array.of(1)) }), 64],
    [count => ({ kind: 'range', certificates: many(count, certificate) }), 64],
    [count => ({ kind: 'range', certificates: [{ ...certificate, signatures: many(count, new Uint8Array(65)) }] }), 16],
    [count => ({ kind: 'peers', multiaddrs: many(count, '/ip4/127.0.0.1/tcp/1/ws') }), 64],
    [count => ({ kind: 'peers', multiaddrs: ['x'.repeat(count)] }), 512],
    [count => ({ kind: 'error', code: 'X'.repeat(count) }), 64]
  ]
  for (const [make, most] of cases) {
    assert.equal(decodeSyncAnswer(encodeSyncAnswer(make(most))), make(most))
    throwsCode(() => encodeSyncAnswer(make(most + 1)), 'WIRE_TOO_LARGE')
  }
})

test('a peer\'s lists just over the limit are refused', () => {
  const peers = encodeSyncAnswer({ kind: 'peers', multiaddrs: many(64, '') })
  throwsCode(() => decodeSyncAnswer(concatBytes(Uint8Array.of(3, 0, 65), peers.subarray(3), new Uint8Array(4))), 'WIRE_TOO_LARGE', 'reject')
  throwsCode(() => decodeSyncAnswer(concatBytes(Uint8Array.of(3, 0, 1, 0, 0, 2, 1), new Uint8Array(513))), 'WIRE_TOO_LARGE', 'reject')
  throwsCode(() => decodeSyncAnswer(concatBytes(Uint8Array.of(1), new Uint8Array(17), Uint8Array.of(0, 65), new Uint8Array(260))), 'WIRE_TOO_LARGE', 'reject')
  throwsCode(() => decodeSyncAnswer(concatBytes(Uint8Array.of(2), hexToBytes(thread), Uint8Array.of(0, 65), new Uint8Array(65 * 124))), 'WIRE_TOO_LARGE', 'reject')
  throwsCode(() => decodeSyncAnswer(concatBytes(Uint8Array.of(0, 0, 0, 0, 65), new Uint8Array(65).fill(65))), 'WIRE_TOO_LARGE', 'reject')
})

test('a range of 1 MiB passes, a byte more is neither sent nor read', () => {
  const empty = 1 + 32 + 2
  const first = { ...certificate, inputs: many(16, { raw: new Uint8Array(32_768), binding: new Uint8Array(65) }) }
  const fill = (bytes: number): SyncAnswer => {
    let left = bytes - empty - certificateBytes(first) - certificateBytes(certificate)
    const inputs = []
    while (left > 0) {
      const take = Math.min(left, 32_768 + 69)
      inputs.push({ raw: new Uint8Array(take - 69), binding: new Uint8Array(65) })
      left -= take
    }
    return { kind: 'range', certificates: [first, { ...certificate, inputs }] }
  }
  const encoded = encodeSyncAnswer(fill(1_048_576))
  assert.is(encoded.length, 1_048_576)
  assert.is((decodeSyncAnswer(encoded) as SyncAnswer & { kind: 'range' }).certificates.length, 2)
  throwsCode(() => encodeSyncAnswer(fill(1_048_577)), 'WIRE_TOO_LARGE')
  throwsCode(() => decodeSyncAnswer(concatBytes(encoded, Uint8Array.of(0))), 'WIRE_TOO_LARGE', 'reject')
})

test('a frame of 2 MiB passes, a byte more is neither sent nor read', () => {
  const framing = 1 + 17 + 2 + 3 * 4
  const answer = (bytes: number): SyncAnswer => ({ kind: 'status', head: undefined, messages: [1_000_000, 1_000_000, bytes - framing - 2_000_000].map(size => new Uint8Array(size)) })
  const encoded = encodeSyncAnswer(answer(2_097_152))
  assert.is(encoded.length, 2_097_152)
  assert.is((decodeSyncAnswer(encoded) as SyncAnswer & { kind: 'status' }).messages.length, 3)
  throwsCode(() => encodeSyncAnswer(answer(2_097_153)), 'WIRE_TOO_LARGE')
  throwsCode(() => decodeSyncAnswer(concatBytes(encoded, Uint8Array.of(0))), 'WIRE_TOO_LARGE', 'reject')
})

test('certificates of two threads, or a thread without any, make no range', () => {
  const other = { ...certificate, breakpoint: { ...certificate.breakpoint, thread: `0x${'11'.repeat(32)}` as typeof thread } }
  throwsCode(() => encodeSyncAnswer({ kind: 'range', certificates: [certificate, other] }), 'WIRE_INVALID')
  throwsCode(() => decodeSyncAnswer(hexToBytes(`0x02${thread.slice(2)}0000` as Hex)), 'WIRE_MALFORMED', 'reject')
})

test('unknown kinds and text that is not UTF-8 are refused', () => {
  for (const kind of [0, 6, 255]) throwsCode(() => decodeSyncRequest(Uint8Array.of(kind)), 'WIRE_UNKNOWN_KIND', 'reject')
  for (const kind of [6, 255]) throwsCode(() => decodeSyncAnswer(Uint8Array.of(kind)), 'WIRE_UNKNOWN_KIND', 'reject')
  for (const empty of [decodeSyncRequest, decodeSyncAnswer]) throwsCode(() => empty(new Uint8Array(0)), 'WIRE_MALFORMED', 'reject')
  throwsCode(() => decodeSyncAnswer(Uint8Array.of(3, 0, 1, 0, 0, 0, 1, 0xff)), 'WIRE_MALFORMED', 'reject')
})

test.run()
