import { bytesToHex, ZERO_ADDRESS, ZERO_HASH } from '../../../src/protocol/bytes.js'
import { addressOf, hash32, sign } from '../../../src/protocol/crypto.js'
import { threadIdOf } from '../../../src/protocol/terms.js'
import { breakpointDigest, breakpointHash, closeDigest, closeHash } from '../../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Close, CloseCertificate, Domain, Hash32, Signature, Terms } from '../../../src/protocol/types.js'

/** Private session keys of two players. */
export const SESSION_KEYS: readonly Uint8Array[] = [3, 5].map(byte => new Uint8Array(32).fill(byte))

/** Terms of two players that put in 1,000 and 2,000 units. */
export function termsOf (players: readonly Address[], changes: Partial<Terms> = {}): Terms {
  return {
    players,
    sessionKeys: SESSION_KEYS.map(addressOf),
    deposits: [1_000n, 2_000n],
    shares: [1n, 1n],
    asset: ZERO_ADDRESS,
    assetDecimals: 18,
    codeKind: 1,
    codeSource: `0x${'cc'.repeat(20)}` as Address,
    codeHash: hash32(Uint8Array.of(1)),
    ctorArg: new Uint8Array(),
    oracle: ZERO_ADDRESS,
    oracleFee: 0n,
    windowSec: 60n,
    timeBankSec: 60n,
    forcedMoves: 1,
    settlement: '0x00000000',
    gasLimit: 1_000_000n,
    pieceGas: 0n,
    joinDeadlineSec: BigInt(Math.floor(Date.now() / 1000)) + 100_000n,
    salt: bytesToHex(crypto.getRandomValues(new Uint8Array(32))) as Hash32,
    ...changes
  }
}

/** A breakpoint of the thread, signed by both session keys. */
export function certificateOf (terms: Terms, domain: Domain, fields: Partial<Breakpoint>): { breakpoint: Breakpoint, hash: Hash32, signatures: Signature[] } {
  const breakpoint: Breakpoint = {
    thread: threadIdOf(terms, domain), epoch: 0n, nonce: 0n, parent: ZERO_HASH, stateRoot: hash32(Uint8Array.of(2)), inputsRoot: ZERO_HASH, timestampSec: 0n, ...fields
  }
  const digest = breakpointDigest(breakpoint, domain)
  return { breakpoint, hash: breakpointHash(breakpoint), signatures: SESSION_KEYS.map(key => sign(digest, key)) }
}

/** A Close of the thread, signed by both. */
export function closeOf (terms: Terms, domain: Domain, fields: Pick<Close, 'payouts'> & Partial<Close>): CloseCertificate {
  const close: Close = { thread: threadIdOf(terms, domain), epoch: 0n, nonce: 0n, parent: ZERO_HASH, ...fields }
  const digest = closeDigest(close, domain)
  return { close, hash: closeHash(close), signatures: SESSION_KEYS.map(key => sign(digest, key)) }
}
