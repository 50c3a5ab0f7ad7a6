import { TypedDataEncoder } from 'ethers'
import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex } from '../../src/protocol/bytes.js'
import { acceptDigest, breakpointDigest, breakpointHash, closeDigest, closeRequestDigest, forceDigest, idleDigest, inputDigest, joinDigest, resultDigest, toldDigest } from '../../src/protocol/typed-data.js'
import { arbitrary, arbitraryBreakpoint, arbitrarySlot, domain, terms, thread, throwsCode } from './fixtures.js'

const test = suite('typed data')
const ethersDomain = { name: 'EVM Threads', version: '1', chainId: domain.chainId, verifyingContract: domain.court }

/** Asserts that a digest is ethers' for this struct, given as `type name, …` and its value. */
function equalsEthers (digest: Uint8Array, name: string, fields: string, value: Record<string, unknown>): void {
  const types = { [name]: fields.split(', ').map(field => ({ type: field.split(' ')[0] ?? '', name: field.split(' ')[1] ?? '' })) }
  assert.is(bytesToHex(digest), TypedDataEncoder.hash(ethersDomain, types, value))
}

test('digests of any value are those of ethers', () => {
  const [player, sessionKey] = [terms.players[0] ?? domain.court, terms.sessionKeys[0] ?? domain.court]
  const payouts = fc.array(arbitrary.uint256, { maxLength: 17 })
  fc.assert(fc.property(arbitraryBreakpoint(thread), arbitrary.hash, payouts, arbitrary.index, fc.option(arbitrarySlot, { nil: undefined }), (breakpoint, hash, amounts, asker, slot) => {
    const { epoch, nonce, parent, timestampSec } = breakpoint
    const close = { thread, epoch, nonce, parent, payouts: amounts }
    equalsEthers(
      breakpointDigest(breakpoint, domain), 'Breakpoint',
      'bytes32 thread, uint64 epoch, uint64 nonce, bytes32 parent, bytes32 stateRoot, bytes32 inputsRoot, uint64 timestamp', { ...breakpoint, timestamp: timestampSec })
    equalsEthers(closeDigest(close, domain), 'Close', 'bytes32 thread, uint64 epoch, uint64 nonce, bytes32 parent, uint256[] payouts', close)
    equalsEthers(closeRequestDigest(close, domain), 'CloseRequest', 'bytes32 thread, bytes32 parent, uint256[] payouts', close)
    equalsEthers(
      forceDigest({ thread, dispute: epoch, parent, txHash: hash, timestampSec }, domain), 'Force',
      'bytes32 thread, uint64 dispute, bytes32 parent, bytes32 txHash, uint64 timestamp', { thread, dispute: epoch, parent, txHash: hash, timestamp: timestampSec })
    equalsEthers(idleDigest(breakpoint, domain), 'Idle', 'bytes32 thread, uint64 epoch, uint64 nonce, uint64 timestamp', { thread, epoch, nonce, timestamp: timestampSec })
    equalsEthers(inputDigest(thread, hash, domain), 'Input', 'bytes32 thread, bytes32 txHash', { thread, txHash: hash })
    equalsEthers(joinDigest({ thread, player, sessionKey }, domain), 'Join', 'bytes32 thread, address player, address sessionKey', { thread, player, sessionKey })
    const [fee = 0n, bond = 0n] = amounts
    equalsEthers(acceptDigest({ thread, feeUnits: fee, bondWei: bond }, domain), 'Accept', 'bytes32 thread, uint256 fee, uint256 bond', { thread, fee, bond })
    equalsEthers(resultDigest({ force: hash, stateRoot: parent, feeWei: fee }, domain), 'Result', 'bytes32 force, bytes32 stateRoot, uint256 fee', { force: hash, stateRoot: parent, fee })
    equalsEthers(
      toldDigest({ thread, asker, challenge: hash, slot }, domain), 'Told',
      'bytes32 thread, uint8 asker, bytes32 challenge, bool present, uint64 epoch, uint64 nonce',
      { thread, asker, challenge: hash, present: slot !== undefined, epoch: slot?.epoch ?? 0n, nonce: slot?.nonce ?? 0n })
  }), { numRuns: 25 })
})

test('another court or chain gives another digest, also after the first was cached', () => {
  const hash = terms.salt
  const digests = [domain, { ...domain, chainId: 1n }, { ...domain, court: terms.codeSource }, { ...domain }].map(each => bytesToHex(inputDigest(thread, hash, each)))
  assert.is(new Set(digests).size, 3)
  assert.is(digests[0], digests[3])
})

test('a number beyond its type throws instead of being cut', () => {
  const breakpoint = { thread, epoch: 0n, nonce: 2n ** 64n, parent: terms.salt, stateRoot: terms.salt, inputsRoot: terms.salt, timestampSec: 0n }
  throwsCode(() => breakpointHash(breakpoint), 'BYTES_OUT_OF_RANGE')
  throwsCode(() => closeDigest({ ...breakpoint, nonce: 0n, payouts: [2n ** 256n] }, domain), 'BYTES_OUT_OF_RANGE')
})

test.run()
