/** Terms (§1): their ABI form, their rules, and what follows from them: the thread's id, chain id and contract address. */
import { AbiCoder } from 'ethers'
import { ThreadsError } from '../errors.js'
import { asAddress, asHash32, bigintToBytes, bytesToBigint, bytesToHex, concatBytes, equalBytes, hexToBytes, parseHash32, ZERO_ADDRESS } from './bytes.js'
import { hash32, keccak256 } from './crypto.js'
import type { Address, Domain, Hash32, Hex, Terms, ThreadId } from './types.js'

/** The ABI type of the terms, for ethers' AbiCoder and Interface; the same as the court's `struct Terms`. */
export const TERMS_ABI = 'tuple(address[] players, address[] sessionKeys, uint256[] deposits, uint256[] shares, address asset, uint8 assetDecimals, ' +
  'uint8 codeKind, address codeSource, bytes32 codeHash, bytes ctorArg, address oracle, uint256 oracleFee, uint32 window, uint32 timeBank, ' +
  'uint16 forcedMoves, bytes4 settlement, uint64 gasLimit, uint64 pieceGas, uint64 joinDeadline, bytes32 salt)'

/** The terms as ethers takes them for {@link TERMS_ABI}: the fields in order. */
export function termsToAbi (terms: Terms): readonly unknown[] {
  return [
    terms.players, terms.sessionKeys, terms.deposits, terms.shares, terms.asset, terms.assetDecimals, terms.codeKind, terms.codeSource,
    terms.codeHash, terms.ctorArg, terms.oracle, terms.oracleFee, terms.windowSec, terms.timeBankSec, terms.forcedMoves, terms.settlement,
    terms.gasLimit, terms.pieceGas, terms.joinDeadlineSec, terms.salt
  ]
}

/**
 * The terms from what ethers decoded by {@link TERMS_ABI}: its Result, or any array of the fields in order. The rules are checked by
 * `checkTerms`, not here. @throws `TERMS_MALFORMED`
 */
export function termsFromAbi (fields: ArrayLike<unknown>): Terms {
  try {
    const codeKind = Number(fields[6])
    if (codeKind !== 0 && codeKind !== 1 && codeKind !== 2 && codeKind !== 3) throw new ThreadsError('TERMS_MALFORMED', `codeKind is 0 to 3, not ${codeKind}`, { data: { field: 'codeKind' } })
    return {
      players: list(fields[0]).map(item => asAddress(String(item))),
      sessionKeys: list(fields[1]).map(item => asAddress(String(item))),
      deposits: list(fields[2]).map(integer),
      shares: list(fields[3]).map(integer),
      asset: asAddress(String(fields[4])),
      assetDecimals: Number(fields[5]),
      codeKind,
      codeSource: asAddress(String(fields[7])),
      codeHash: parseHash32(String(fields[8])),
      ctorArg: hexToBytes(String(fields[9]) as Hex),
      oracle: asAddress(String(fields[10])),
      oracleFee: integer(fields[11]),
      windowSec: integer(fields[12]),
      timeBankSec: integer(fields[13]),
      forcedMoves: Number(fields[14]),
      settlement: bytesToHex(hexToBytes(String(fields[15]) as Hex)),
      gasLimit: integer(fields[16]),
      pieceGas: integer(fields[17]),
      joinDeadlineSec: integer(fields[18]),
      salt: parseHash32(String(fields[19]))
    }
  } catch (cause) {
    if (cause instanceof ThreadsError && cause.code === 'TERMS_MALFORMED') throw cause
    throw new ThreadsError('TERMS_MALFORMED', 'the fields are not those of terms', { cause })
  }
}

/** abi.encode(terms). @throws `TERMS_INVALID` when a value does not fit its type */
export function encodeTerms (terms: Terms): Uint8Array {
  try {
    return hexToBytes(AbiCoder.defaultAbiCoder().encode([TERMS_ABI], [termsToAbi(terms)]) as Hex)
  } catch (cause) {
    throw new ThreadsError('TERMS_INVALID', 'a value of the terms does not fit its type', { cause })
  }
}

/** The terms that abi.encode gave these bytes for; any other encoding of the same terms is refused. @throws `TERMS_MALFORMED` */
export function decodeTerms (bytes: Uint8Array): Terms {
  let fields: ArrayLike<unknown>
  try {
    fields = AbiCoder.defaultAbiCoder().decode([TERMS_ABI], bytes)[0]
  } catch (cause) {
    throw new ThreadsError('TERMS_MALFORMED', 'the bytes are no ABI encoding of terms', { cause })
  }
  const terms = termsFromAbi(fields)
  if (!equalBytes(encodeTerms(terms), bytes)) throw new ThreadsError('TERMS_MALFORMED', 'the bytes are not the one ABI encoding of these terms')
  return terms
}

const THREAD_TAG = keccak256(new TextEncoder().encode('evm-threads/thread/1'))

/** keccak256(abi.encode(terms)). */
export function termsHashOf (terms: Terms): Hash32 {
  return hash32(encodeTerms(terms))
}

/** The thread's id: the hash of the host chain, the court and the terms (§1). */
export function threadIdOf (terms: Terms, domain: Domain): ThreadId {
  return asHash32(keccak256(concatBytes(
    THREAD_TAG, bigintToBytes(domain.chainId, 32), new Uint8Array(12), hexToBytes(domain.court), keccak256(encodeTerms(terms))
  ))) as Hex as ThreadId
}

/** The chain id inside the thread: 2^50 and the first 50 bits of its id, so that wallets accept it as a safe integer. */
export function threadChainId (thread: ThreadId): bigint {
  return 2n ** 50n + (bytesToBigint(hexToBytes(thread).subarray(0, 7)) >> 6n)
}

const CLONE_HEAD = hexToBytes('0x3d602d80600a3d3981f3363d3d373d3d3d363d73')
const CLONE_TAIL = hexToBytes('0x5af43d82803e903d91602b57fd5bf3')

/** The address of the thread's contract, inside the thread and of its vault on the chain: an EIP-1167 clone by CREATE2 (§1). */
export function contractAddressOf (thread: ThreadId, court: Address): Address {
  const initCodeHash = keccak256(concatBytes(CLONE_HEAD, creationOf(court, 1), CLONE_TAIL))
  return bytesToHex(keccak256(concatBytes(Uint8Array.of(0xff), hexToBytes(court), hexToBytes(thread), initCodeHash)).subarray(12)) as Address
}

/** The address of the court's second creation: a contract with the port's code (§10). */
export function portHolderOf (court: Address): Address {
  return bytesToHex(creationOf(court, 2)) as Address
}

/** A contract's creation with a nonce below 128: RLP of [creator, nonce]. A contract's first has nonce 1 (EIP-161). */
function creationOf (creator: Address, nonce: number): Uint8Array {
  return keccak256(concatBytes(Uint8Array.of(0xd6, 0x94), hexToBytes(creator), Uint8Array.of(nonce))).subarray(12)
}

/** Whether the code is creation code, held as data; else it is runtime code. */
export function isCreationCode ({ codeKind }: Pick<Terms, 'codeKind'>): boolean {
  return codeKind === 0 || codeKind === 2
}

/** Whether the thread's contract may be a routine (§11). */
export function allowsRoutines ({ codeKind }: Pick<Terms, 'codeKind'>): boolean {
  return codeKind >= 2
}

/** How many of the thread's 18-decimal units one unit of the asset is. */
export function scaleOf (terms: Terms): bigint {
  return 10n ** BigInt(18 - terms.assetDecimals)
}

/** All that is paid into the thread, in the asset's units: the deposits and the oracle's fee. */
export function potOf (terms: Terms): bigint {
  return terms.deposits.reduce((sum, deposit) => sum + deposit, terms.oracleFee)
}

/** Who is paid, in the order of `Close.payouts`: the players, then the oracle when there is one. */
export function payeesOf (terms: Terms): Address[] {
  return terms.oracle === ZERO_ADDRESS ? [...terms.players] : [...terms.players, terms.oracle]
}

function list (value: unknown): unknown[] {
  return Array.from(value as ArrayLike<unknown>)
}

function integer (value: unknown): bigint {
  return BigInt(value as bigint)
}
