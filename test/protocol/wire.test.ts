import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, concatBytes } from '../../src/protocol/bytes.js'
import type { Close, Hash32, SignedInput } from '../../src/protocol/types.js'
import { decodeMessage, encodeMessage, type Message } from '../../src/protocol/wire.js'
import { arbitrary, arbitraryBreakpoint, arbitraryChange, arbitraryInput, arbitrarySlot, holdsToOneEncoding, record, terms, thread, throwsCode } from './fixtures.js'

const test = suite('wire')
const { attempt, hash, index, signature, uint64, uint256 } = arbitrary
const payouts = fc.array(uint256, { maxLength: 17 })
const envelope = { attempt, thread: fc.constant(thread) }
const slot = { epoch: uint64, nonce: uint64 }

const arbitraryMessage: fc.Arbitrary<Message> = fc.oneof(
  record({ kind: fc.constant('input' as const), ...envelope, timestampHintSec: uint64, input: arbitraryInput }),
  record({
    kind: fc.constant('proposal' as const), ...envelope, breakpoint: arbitraryBreakpoint(thread), proposer: index, signature, inputs: fc.array(arbitraryInput, { maxLength: 4 })
  }),
  record({ kind: fc.constant('ack' as const), ...envelope, ...slot, hash, signer: index, signature }),
  record({
    kind: fc.constant('closeProposal' as const),
    ...envelope,
    close: record({ thread: fc.constant(thread), ...slot, parent: hash, payouts }) as fc.Arbitrary<Close>,
    proposer: index,
    signature
  }),
  record({ kind: fc.constant('idle' as const), ...envelope, ...slot, timestampSec: uint64, signer: index, signature }),
  record({ kind: fc.constant('closeRequest' as const), ...envelope, parent: hash, payouts, asker: index, signature }),
  record({ kind: fc.constant('plan' as const), ...envelope, parent: hash, timestampSec: uint64, ids: fc.array(hash, { maxLength: 4 }) }),
  record({ kind: fc.constant('ask' as const), ...envelope, asker: index, challenge: hash }),
  record({
    kind: fc.constant('told' as const), ...envelope, asker: index, challenge: hash, slot: fc.option(arbitrarySlot, { nil: undefined }), signer: index, signature
  })
)

const SIGNATURE = new Uint8Array(65).fill(3)
const HASH = terms.salt
const BODY = 38
const inputOf = (bytes: number): SignedInput => ({ raw: new Uint8Array(bytes), binding: SIGNATURE })
const proposal = (inputs: readonly SignedInput[]): Message => ({
  kind: 'proposal',
  attempt: 0,
  thread,
  breakpoint: { thread, epoch: 0n, nonce: 1n, parent: HASH, stateRoot: HASH, inputsRoot: HASH, timestampSec: 1n },
  proposer: 0,
  signature: SIGNATURE,
  inputs
})
const plan = (count: number): Message => ({ kind: 'plan', attempt: 0, thread, parent: HASH, timestampSec: 0n, ids: new Array<Hash32>(count).fill(HASH) })
const closeRequest = (count: number): Message => ({ kind: 'closeRequest', attempt: 0, thread, parent: HASH, payouts: new Array<bigint>(count).fill(1n), asker: 0, signature: SIGNATURE })
const ack = (signer: number): Message => ({ kind: 'ack', attempt: 0, thread, epoch: 0n, nonce: 0n, hash: HASH, signer, signature: SIGNATURE })

/** An encoding with the big-endian number at `at` raised by one. */
function raised (encoded: Uint8Array, at: number, size: number): Uint8Array {
  const changed = encoded.slice()
  const view = new DataView(changed.buffer)
  if (size === 1) view.setUint8(at, view.getUint8(at) + 1)
  else if (size === 2) view.setUint16(at, view.getUint16(at) + 1)
  else view.setUint32(at, view.getUint32(at) + 1)
  return changed
}

test('every message comes back equal', () => {
  fc.assert(fc.property(arbitraryMessage, message => assert.equal(decodeMessage(encodeMessage(message)), message)))
})

test('a changed, cut or longer message is refused, or is another message with just those bytes', () => {
  fc.assert(fc.property(arbitraryMessage, arbitraryChange, (message, change) => {
    holdsToOneEncoding(encodeMessage(message), change, bytes => encodeMessage(decodeMessage(bytes)))
  }), { numRuns: 400 })
})

test('bytes at random never do worse than be refused', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), fc.integer({ min: 0, max: 10 }), (bytes, kind) => {
    const framed = concatBytes(Uint8Array.of(1, kind), bytes)
    holdsToOneEncoding(framed, { at: 0, to: 1 }, candidate => encodeMessage(decodeMessage(candidate)))
  }))
})

test('every truncation of a message is refused', () => {
  const encoded = encodeMessage(proposal([inputOf(3)]))
  for (let length = 0; length < encoded.length; length++) throwsCode(() => decodeMessage(encoded.slice(0, length)), 'WIRE_MALFORMED', 'reject')
})

test('a message read from a Buffer keeps none of its memory', () => {
  const buffer = Buffer.from(encodeMessage(proposal([inputOf(3)])))
  const message = decodeMessage(buffer)
  const before = bytesToHex(encodeMessage(message))
  buffer.fill(0)
  assert.is(bytesToHex(encodeMessage(message)), before)
})

test('an unknown version or kind is told apart from malformed bytes', () => {
  const encoded = encodeMessage(ack(0))
  for (const version of [0, 2, 255]) throwsCode(() => decodeMessage(concatBytes(Uint8Array.of(version), encoded.subarray(1))), 'WIRE_UNKNOWN_VERSION', 'reject')
  for (const kind of [0, 10, 255]) throwsCode(() => decodeMessage(concatBytes(Uint8Array.of(1, kind), encoded.subarray(2))), 'WIRE_UNKNOWN_KIND', 'reject')
})

test('a transaction of 32,768 bytes passes, one byte more does not', () => {
  const message = (bytes: number): Message => ({ kind: 'input', attempt: 0, thread, timestampHintSec: 0n, input: inputOf(bytes) })
  const encoded = encodeMessage(message(32_768))
  assert.equal(decodeMessage(encoded), message(32_768))
  throwsCode(() => encodeMessage(message(32_769)), 'WIRE_TOO_LARGE')
  throwsCode(() => decodeMessage(raised(concatBytes(encoded, Uint8Array.of(0)), BODY + 8, 4)), 'WIRE_TOO_LARGE', 'reject')
})

test('a length far beyond the bytes is refused before anything is allocated', () => {
  const encoded = encodeMessage({ kind: 'input', attempt: 0, thread, timestampHintSec: 0n, input: inputOf(4) })
  const huge = encoded.slice()
  huge.fill(255, BODY + 8, BODY + 12)
  throwsCode(() => decodeMessage(huge), 'WIRE_TOO_LARGE', 'reject')
  const counted = encodeMessage(plan(0))
  throwsCode(() => decodeMessage(concatBytes(counted.subarray(0, counted.length - 2), Uint8Array.of(1, 0))), 'WIRE_MALFORMED', 'reject')
})

test('a batch of 256 inputs passes, of 257 does not', () => {
  const most = proposal(new Array<SignedInput>(256).fill(inputOf(1)))
  const encoded = encodeMessage(most)
  assert.equal(decodeMessage(encoded), most)
  throwsCode(() => encodeMessage(proposal(new Array<SignedInput>(257).fill(inputOf(1)))), 'WIRE_TOO_LARGE')
  const count = BODY + 120 + 1 + 65
  throwsCode(() => decodeMessage(raised(concatBytes(encoded, encoded.subarray(-70)), count, 2)), 'WIRE_TOO_LARGE', 'reject')
})

test('a batch of 524,288 bytes passes, one byte more does not', () => {
  const full = [...new Array<SignedInput>(15).fill(inputOf(32_768)), inputOf(32_767)]
  const encoded = encodeMessage(proposal([...full, inputOf(1)]))
  assert.equal(decodeMessage(encoded), proposal([...full, inputOf(1)]))
  throwsCode(() => encodeMessage(proposal([...full, inputOf(2)])), 'WIRE_TOO_LARGE')
  // The last input, one byte of transaction behind its length, with one byte more.
  const tail = encoded.length - 65 - 1 - 4
  const over = concatBytes(encoded.subarray(0, tail), Uint8Array.of(0, 0, 0, 2, 0, 0), encoded.subarray(-65))
  throwsCode(() => decodeMessage(over), 'WIRE_TOO_LARGE', 'reject')
})

test('18 payouts, 256 planned ids and index 15 pass, one more does not', () => {
  const cases: [(n: number) => Message, number, number, number, string][] = [
    [closeRequest, 18, BODY + 32, 2, 'WIRE_TOO_LARGE'],
    [plan, 256, BODY + 32 + 8, 2, 'WIRE_TOO_LARGE'],
    [ack, 15, BODY + 16 + 32, 1, 'WIRE_MALFORMED']
  ]
  for (const [make, most, at, size, code] of cases) {
    const encoded = encodeMessage(make(most))
    assert.equal(decodeMessage(encoded), make(most))
    throwsCode(() => encodeMessage(make(most + 1)), code === 'WIRE_MALFORMED' ? 'WIRE_INVALID' : code)
    throwsCode(() => decodeMessage(raised(concatBytes(encoded, new Uint8Array(32)), at, size)), code, 'reject')
  }
})

test('more than 1 MiB is refused unread', () => {
  const encoded = encodeMessage(ack(0))
  const padded = (length: number): Uint8Array => concatBytes(encoded, new Uint8Array(length - encoded.length))
  throwsCode(() => decodeMessage(padded(1_048_577)), 'WIRE_TOO_LARGE', 'reject')
  throwsCode(() => decodeMessage(padded(1_048_576)), 'WIRE_MALFORMED', 'reject')
})

test('an absent slot that is not zero, or a flag of 2, is refused', () => {
  const encoded = encodeMessage({ kind: 'told', attempt: 0, thread, asker: 0, challenge: HASH, slot: undefined, signer: 0, signature: SIGNATURE })
  const flag = BODY + 1 + 32
  throwsCode(() => decodeMessage(raised(encoded, flag + 16, 1)), 'WIRE_MALFORMED', 'reject')
  throwsCode(() => decodeMessage(raised(raised(encoded, flag, 1), flag, 1)), 'WIRE_MALFORMED', 'reject')
  assert.equal((decodeMessage(raised(encoded, flag, 1)) as Message & { kind: 'told' }).slot, { epoch: 0n, nonce: 0n })
})

test('what has no encoding is not sent', () => {
  const other = `0x${'11'.repeat(32)}` as typeof thread
  throwsCode(() => encodeMessage({ ...proposal([]), thread: other }), 'WIRE_INVALID')
  throwsCode(() => encodeMessage(ack(-1)), 'BYTES_OUT_OF_RANGE')
  throwsCode(() => encodeMessage(ack(0.5)), 'WIRE_INVALID')
  throwsCode(() => encodeMessage({ ...ack(0), attempt: 2 ** 32 }), 'BYTES_OUT_OF_RANGE')
  throwsCode(() => encodeMessage({ ...ack(0), signature: SIGNATURE.slice(1) } as Message), 'WIRE_INVALID')
  throwsCode(() => encodeMessage({ ...ack(0), nonce: 2n ** 64n } as Message), 'BYTES_OUT_OF_RANGE')
})

test.run()
