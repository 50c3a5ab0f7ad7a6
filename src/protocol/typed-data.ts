/**
 * What is signed (§2): EIP-712 hashes, packed by hand because every breakpoint and every input needs one. Equal to ethers'
 * TypedDataEncoder, which the tests show.
 */
import { bigintToBytes, concatBytes, hexToBytes } from './bytes.js'
import { hash32, keccak256 } from './crypto.js'
import type { Address, Breakpoint, Close, Domain, Hash32, Slot, ThreadId } from './types.js'

const text = (value: string): Uint8Array => keccak256(new TextEncoder().encode(value))

const DOMAIN_TYPE = text('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)')
const DOMAIN_NAME = text('EVM Threads')
const DOMAIN_VERSION = text('1')
const FORCE_TYPE = text('Force(bytes32 thread,uint64 dispute,bytes32 parent,bytes32 txHash,uint64 timestamp)')
const ACCEPT_TYPE = text('Accept(bytes32 thread,uint256 fee,uint256 bond)')
const RESULT_TYPE = text('Result(bytes32 force,bytes32 stateRoot,uint256 fee)')
const JOIN_TYPE = text('Join(bytes32 thread,address player,address sessionKey)')
const INPUT_TYPE = text('Input(bytes32 thread,bytes32 txHash)')
const BREAKPOINT_TYPE = text('Breakpoint(bytes32 thread,uint64 epoch,uint64 nonce,bytes32 parent,bytes32 stateRoot,bytes32 inputsRoot,uint64 timestamp)')
const CLOSE_TYPE = text('Close(bytes32 thread,uint64 epoch,uint64 nonce,bytes32 parent,uint256[] payouts)')
const CLOSE_REQUEST_TYPE = text('CloseRequest(bytes32 thread,bytes32 parent,uint256[] payouts)')
const TOLD_TYPE = text('Told(bytes32 thread,uint8 asker,bytes32 challenge,bool present,uint64 epoch,uint64 nonce)')
const IDLE_TYPE = text('Idle(bytes32 thread,uint64 epoch,uint64 nonce,uint64 timestamp)')

/** The struct hash of a breakpoint: "the hash of a breakpoint" everywhere. @throws `BYTES_OUT_OF_RANGE` */
export function breakpointHash (breakpoint: Breakpoint): Hash32 {
  return hash32(concatBytes(
    BREAKPOINT_TYPE,
    hexToBytes(breakpoint.thread),
    uint64(breakpoint.epoch),
    uint64(breakpoint.nonce),
    hexToBytes(breakpoint.parent),
    hexToBytes(breakpoint.stateRoot),
    hexToBytes(breakpoint.inputsRoot),
    uint64(breakpoint.timestampSec)
  ))
}

/** The struct hash of a Close. @throws `BYTES_OUT_OF_RANGE` */
export function closeHash (close: Close): Hash32 {
  return hash32(concatBytes(
    CLOSE_TYPE, hexToBytes(close.thread), uint64(close.epoch), uint64(close.nonce), hexToBytes(close.parent), uint256List(close.payouts)
  ))
}

/** What every player signs for a breakpoint. */
export function breakpointDigest (breakpoint: Breakpoint, domain: Domain): Uint8Array {
  return digestOf(breakpointHash(breakpoint), domain)
}

/** What every player signs for a Close. */
export function closeDigest (close: Close, domain: Domain): Uint8Array {
  return digestOf(closeHash(close), domain)
}

/** What the proposer of a slot signs to say that it has signed nothing for it up to a time (§6.4). */
export function idleDigest (idle: Slot & { readonly thread: ThreadId, readonly timestampSec: bigint }, domain: Domain): Uint8Array {
  return digest(keccak256(concatBytes(
    IDLE_TYPE, hexToBytes(idle.thread), uint64(idle.epoch), uint64(idle.nonce), uint64(idle.timestampSec)
  )), domain)
}

/**
 * What a player signs to tell `asker` (an index) the highest slot that bears the asker's signature, as far as it knows; undefined for
 * none. The challenge is the asker's, so that an old answer is worth nothing (§6.6).
 */
export function toldDigest (
  told: { readonly thread: ThreadId, readonly asker: number, readonly challenge: Hash32, readonly slot: Slot | undefined },
  domain: Domain
): Uint8Array {
  return digest(keccak256(concatBytes(
    TOLD_TYPE,
    hexToBytes(told.thread),
    uint64(BigInt(told.asker)),
    hexToBytes(told.challenge),
    uint64(told.slot === undefined ? 0n : 1n),
    uint64(told.slot?.epoch ?? 0n),
    uint64(told.slot?.nonce ?? 0n)
  )), domain)
}

/** What a session key signs to bind the transaction with this keccak256(raw) to a thread (§3). */
export function inputDigest (thread: ThreadId, txHash: Hash32, domain: Domain): Uint8Array {
  return digest(keccak256(concatBytes(INPUT_TYPE, hexToBytes(thread), hexToBytes(txHash))), domain)
}

/** A move that a player forces in a dispute: its input on the recorded breakpoint `parent`, at `timestampSec` (§8). */
export type Force = { readonly thread: ThreadId, readonly dispute: bigint, readonly parent: Hash32, readonly txHash: Hash32, readonly timestampSec: bigint }

/** The struct hash of a Force, by which the court knows the move's judgement. @throws `BYTES_OUT_OF_RANGE` */
export function forceHash (force: Force): Hash32 {
  return hash32(concatBytes(
    FORCE_TYPE, hexToBytes(force.thread), uint64(force.dispute), hexToBytes(force.parent), hexToBytes(force.txHash), uint64(force.timestampSec)
  ))
}

/** What a player's session key signs to force an input. */
export function forceDigest (force: Force, domain: Domain): Uint8Array {
  return digestOf(forceHash(force), domain)
}

/** What an oracle signs to take a thread: its fee is the terms' own, the bond in wei is what it sets aside (§8, claims). */
export function acceptDigest (accept: { readonly thread: ThreadId, readonly feeUnits: bigint, readonly bondWei: bigint }, domain: Domain): Uint8Array {
  return digest(keccak256(concatBytes(ACCEPT_TYPE, hexToBytes(accept.thread), bigintToBytes(accept.feeUnits, 32), bigintToBytes(accept.bondWei, 32))), domain)
}

/** What an oracle answers for: `force` is the struct hash of the Force, `stateRoot` what the move leaves, `feeWei` what is to be paid for it (§8, claims). */
export type MoveResult = { readonly force: Hash32, readonly stateRoot: Hash32, readonly feeWei: bigint }

/** The struct hash of a Result. @throws `BYTES_OUT_OF_RANGE` */
export function resultHash ({ force, stateRoot, feeWei }: MoveResult): Hash32 {
  return hash32(concatBytes(RESULT_TYPE, hexToBytes(force), hexToBytes(stateRoot), bigintToBytes(feeWei, 32)))
}

/** What an oracle signs to answer for a forced move. */
export function resultDigest (result: MoveResult, domain: Domain): Uint8Array {
  return digestOf(resultHash(result), domain)
}

/** What a wallet signs to let another account pay for its join. */
export function joinDigest (join: { readonly thread: ThreadId, readonly player: Address, readonly sessionKey: Address }, domain: Domain): Uint8Array {
  return digest(keccak256(concatBytes(JOIN_TYPE, hexToBytes(join.thread), address(join.player), address(join.sessionKey))), domain)
}

/** What a player signs to ask the proposer of the slot after `parent` for a Close with these payouts. */
export function closeRequestDigest (request: Pick<Close, 'thread' | 'parent' | 'payouts'>, domain: Domain): Uint8Array {
  return digest(keccak256(concatBytes(
    CLOSE_REQUEST_TYPE, hexToBytes(request.thread), hexToBytes(request.parent), uint256List(request.payouts)
  )), domain)
}

/** The digest to sign for a struct hash: keccak256(0x1901 ‖ domain separator ‖ struct hash). */
export function digestOf (structHash: Hash32, domain: Domain): Uint8Array {
  return digest(hexToBytes(structHash), domain)
}

/** The EIP-712 domain separator, as the court's own. */
export function domainSeparator (domain: Domain): Hash32 {
  return hash32(domainBytes(domain))
}

const PREFIX = Uint8Array.of(0x19, 0x01)

function digest (structHash: Uint8Array, domain: Domain): Uint8Array {
  return keccak256(concatBytes(PREFIX, separatorOf(domain), structHash))
}

// By object, so that a node's one domain is hashed once; a domain is immutable by its type.
const separators = new WeakMap<Domain, Uint8Array>()

function separatorOf (domain: Domain): Uint8Array {
  let separator = separators.get(domain)
  if (separator === undefined) {
    separator = keccak256(domainBytes(domain))
    separators.set(domain, separator)
  }
  return separator
}

function domainBytes (domain: Domain): Uint8Array {
  return concatBytes(DOMAIN_TYPE, DOMAIN_NAME, DOMAIN_VERSION, bigintToBytes(domain.chainId, 32), address(domain.court))
}

/** A uint64 in its 32-byte word; the range is checked before the padding. */
function uint64 (value: bigint): Uint8Array {
  const word = new Uint8Array(32)
  word.set(bigintToBytes(value, 8), 24)
  return word
}

function address (value: Address): Uint8Array {
  const word = new Uint8Array(32)
  word.set(hexToBytes(value), 12)
  return word
}

function uint256List (values: readonly bigint[]): Uint8Array {
  return keccak256(concatBytes(...values.map(value => bigintToBytes(value, 32))))
}
