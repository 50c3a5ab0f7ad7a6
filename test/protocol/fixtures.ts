/** A thread of two players with known keys, for the tests of the codecs. */
import * as fc from 'fast-check'
import { ThreadsError } from '../../src/errors.js'
import { bytesToHex, equalBytes, ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import { addressOf, hash32 } from '../../src/protocol/crypto.js'
import type { InputContext } from '../../src/protocol/input.js'
import { threadIdOf } from '../../src/protocol/terms.js'
import type { Address, Breakpoint, Domain, Hash32, Hex, Signature, SignedInput, Slot, Terms, ThreadId } from '../../src/protocol/types.js'
import * as assert from 'uvu/assert'

/** A private key of one repeated byte. */
export const key = (byte: number): Uint8Array => new Uint8Array(32).fill(byte)

export const WALLETS = [key(0x11), key(0x12)] as const
export const SESSIONS = [key(0x21), key(0x22)] as const
export const STRANGER = key(0x31)

export const domain: Domain = { chainId: 31337n, court: addressOf(key(0xc1)) }

export const terms: Terms = {
  players: WALLETS.map(addressOf),
  sessionKeys: SESSIONS.map(addressOf),
  deposits: [10n ** 18n, 2n * 10n ** 18n],
  shares: [1n, 1n],
  asset: ZERO_ADDRESS,
  assetDecimals: 18,
  codeKind: 0,
  codeSource: addressOf(key(0xc0)),
  codeHash: hash32(key(1)),
  ctorArg: Uint8Array.of(1, 2, 3),
  oracle: ZERO_ADDRESS,
  oracleFee: 0n,
  windowSec: 3600n,
  timeBankSec: 3600n,
  forcedMoves: 4,
  settlement: '0x00000000',
  gasLimit: 1_000_000n,
  pieceGas: 0n,
  joinDeadlineSec: 1_800_000_000n,
  salt: hash32(key(2))
}

export const thread: ThreadId = threadIdOf(terms, domain)
export const context: InputContext = { thread, terms, domain }

/** Asserts that `act` throws a ThreadsError with this code, blamed on the sender or not, and gives the error back. */
export function throwsCode (act: () => unknown, code: string, peerFault?: 'reject'): ThreadsError {
  try {
    act()
  } catch (error) {
    if (!(error instanceof ThreadsError)) throw error
    assert.is(error.code, code, `${error.code}: ${error.message}`)
    assert.is(error.peerFault, peerFault)
    return error
  }
  return assert.unreachable(`expected ${code}`) as never
}

/** Records with the ordinary prototype, which `assert.equal` compares. */
export function record<T> (fields: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(fields, { noNullPrototype: true }) as fc.Arbitrary<T>
}

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length })

export const arbitrary = {
  uint64: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  uint256: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  hash: bytes(32).map(value => bytesToHex(value) as Hash32),
  thread: bytes(32).map(value => bytesToHex(value) as Hex as ThreadId),
  index: fc.integer({ min: 0, max: 15 }),
  attempt: fc.integer({ min: 0, max: 2 ** 32 - 1 }),
  address: bytes(20).map(value => bytesToHex(value) as Address),
  signature: bytes(65) as fc.Arbitrary<Signature>
}
export const arbitrarySlot: fc.Arbitrary<Slot> = record({ epoch: arbitrary.uint64, nonce: arbitrary.uint64 })
export const arbitraryInput: fc.Arbitrary<SignedInput> = record({ raw: fc.uint8Array({ maxLength: 60 }), binding: arbitrary.signature })
export const arbitraryBreakpoint = (id: ThreadId): fc.Arbitrary<Breakpoint> => record({
  thread: fc.constant(id),
  epoch: arbitrary.uint64,
  nonce: arbitrary.uint64,
  parent: arbitrary.hash,
  stateRoot: arbitrary.hash,
  inputsRoot: arbitrary.hash,
  timestampSec: arbitrary.uint64
})

/** For a codec: an encoding with one byte changed, cut short or lengthened is refused for the sender's fault, or is itself an encoding. */
export function holdsToOneEncoding (encoded: Uint8Array, seed: { at: number, to: number }, recode: (bytes: Uint8Array) => Uint8Array): void {
  const at = seed.at % encoded.length
  const changed = encoded.slice()
  changed[at] = seed.to
  const longer = new Uint8Array(encoded.length + 1)
  longer.set(encoded)
  for (const candidate of [changed, encoded.slice(0, at), longer]) {
    let again: Uint8Array
    try {
      again = recode(candidate)
    } catch (error) {
      assert.instance(error, ThreadsError)
      assert.is((error as ThreadsError).peerFault, 'reject', `${error}`)
      continue
    }
    assert.ok(equalBytes(again, candidate), `${bytesToHex(candidate)} was read as ${bytesToHex(again)}`)
  }
}
export const arbitraryChange: fc.Arbitrary<{ at: number, to: number }> = record({ at: fc.nat(), to: fc.integer({ min: 0, max: 255 }) })
