/**
 * What the judge is asked, and what it says (contracts/interfaces/IJudge.sol), as bytes of a call and of its answer. Packed by hand: the layout is
 * fixed, and this room knows no ABI library.
 */
import { ThreadsError } from '../errors.js'
import { asHash32, bigintToBytes, bytesToBigint, concatBytes, ZERO_ADDRESS, ZERO_HASH } from '../protocol/bytes.js'
import { hash32, keccak256 } from '../protocol/crypto.js'
import { MAX_RAW_BYTES } from '../protocol/limits.js'
import { allowsRoutines, contractAddressOf, threadChainId } from '../protocol/terms.js'
import type { Address, Hash32 } from '../protocol/types.js'
import type { Environment, MachineContext } from './environment.js'

/** What is judged, apart from the input: the struct `Case`, field by field. */
export type JudgeCase = {
  readonly stateRoot: Hash32
  readonly wallet: Address
  readonly sessionKey: Address
  readonly coinbase: Address
  readonly timestampSec: bigint
  readonly number: bigint
  readonly prevRandao: Hash32
  readonly gasLimit: bigint
  readonly chainId: bigint
  readonly baseFeeWei: bigint
  readonly blobBaseFeeWei: bigint
  readonly inputLimitBytes: number
  /** The thread's contract where it may be a routine (specification §11); else address zero. */
  readonly routine: Address
  /** Whom a routine may name; else nobody. */
  readonly players: readonly Address[]
  /** Gas behind which a routine waits (specification §11); 0: it does not. */
  readonly pieceGas: bigint
  /** Zero from the start; else {@link Verdict}'s `paused` of the call before. */
  readonly paused: Hash32
}

/** What came out of one call; see the struct `Verdict`. */
export type Verdict = {
  readonly kind: 'verdict'
  readonly isFinal: boolean
  readonly paused: Hash32
  readonly success: boolean
  readonly newRoot: Hash32
  readonly gasUsed: bigint
  readonly logsHash: Hash32
  readonly steps: bigint
  readonly returnHash: Hash32
  readonly returnData: Uint8Array
}

const CASE_TYPE = '(bytes32,address,address,address,uint256,uint256,bytes32,uint256,uint256,uint256,uint256,uint256,address,bytes32,uint256,bytes32)'
const JUDGE = selector(`judge(${CASE_TYPE},bytes,bytes)`)
const JUDGE_CALL = selector(`judgeCall(${CASE_TYPE},address,bytes,bytes)`)
const CASE_WORDS = 16
const VERDICT_WORDS = 9

/** The case of a player's input on a state of this thread, under the breakpoint that `environment` gives (specification §5). */
export function caseOf (context: MachineContext, environment: Environment, stateRoot: Hash32, player: number): JudgeCase {
  const { terms, thread, domain } = context
  const [wallet, sessionKey] = [terms.players[player], terms.sessionKeys[player]]
  if (wallet === undefined || sessionKey === undefined) throw new ThreadsError('MACHINE_INTERNAL', `player ${player} is not in the terms`)
  return {
    stateRoot, wallet, sessionKey, coinbase: terms.oracle, timestampSec: environment.timestampSec, number: environment.nonce, prevRandao: environment.parent,
    gasLimit: terms.gasLimit, chainId: threadChainId(thread), baseFeeWei: 0n, blobBaseFeeWei: 1n, inputLimitBytes: MAX_RAW_BYTES, paused: ZERO_HASH,
    ...allowsRoutines(terms) ? { routine: contractAddressOf(thread, domain.court), players: terms.players, pieceGas: terms.pieceGas } : { routine: ZERO_ADDRESS, players: [], pieceGas: 0n }
  }
}

/** Calldata of `judge`. */
export function encodeJudge (judged: JudgeCase, raw: Uint8Array, witness: Uint8Array): Uint8Array {
  const first = 32 * (CASE_WORDS + 2)
  return concatBytes(JUDGE, ...caseWords(judged), word(first), word(first + 32 + padded(raw).length), word(raw.length), padded(raw), word(witness.length), padded(witness))
}

/** Calldata of `judgeCall`. */
export function encodeJudgeCall (judged: JudgeCase, to: Address, data: Uint8Array, witness: Uint8Array): Uint8Array {
  const first = 32 * (CASE_WORDS + 3)
  return concatBytes(
    JUDGE_CALL, ...caseWords(judged), word(BigInt(to)), word(first), word(first + 32 + padded(data).length),
    word(data.length), padded(data), word(witness.length), padded(witness)
  )
}

/** The struct `Verdict` that the judge returns. @throws `MACHINE_INTERNAL` for bytes that are none */
export function decodeVerdict (bytes: Uint8Array): Verdict {
  const at = (index: number): Uint8Array => bytes.slice(32 + 32 * index, 64 + 32 * index)
  const length = Number(bytesToBigint(at(VERDICT_WORDS)))
  const start = 32 * (VERDICT_WORDS + 2)
  if (bytes.length < start + length) throw new ThreadsError('MACHINE_INTERNAL', 'the judge answered less than it announced')
  return {
    kind: 'verdict', isFinal: bytesToBigint(at(0)) === 1n, paused: asHash32(at(1)), success: bytesToBigint(at(2)) === 1n, newRoot: asHash32(at(3)), gasUsed: bytesToBigint(at(4)),
    logsHash: asHash32(at(5)), steps: bytesToBigint(at(6)), returnHash: asHash32(at(7)), returnData: bytes.slice(start, start + length)
  }
}

function caseWords (judged: JudgeCase): Uint8Array[] {
  return [
    judged.stateRoot, judged.wallet, judged.sessionKey, judged.coinbase, judged.timestampSec, judged.number, judged.prevRandao, judged.gasLimit, judged.chainId, judged.baseFeeWei,
    judged.blobBaseFeeWei, judged.inputLimitBytes, judged.routine, hashPlayers(judged.players), judged.pieceGas, judged.paused
  ].map((value) => word(BigInt(value)))
}

/** keccak256 over a word for each; of nobody, zero. */
function hashPlayers (players: readonly Address[]): Hash32 {
  return players.length === 0 ? ZERO_HASH : hash32(concatBytes(...players.map((player) => word(BigInt(player)))))
}

function word (value: bigint | number): Uint8Array {
  return bigintToBytes(BigInt(value), 32)
}

function padded (bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array((bytes.length + 31) & ~31)
  whole.set(bytes)
  return whole
}

function selector (signature: string): Uint8Array {
  return keccak256(new TextEncoder().encode(signature)).slice(0, 4)
}
