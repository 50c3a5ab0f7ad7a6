/** Every limit of the protocol, named once. Sizes in bytes unless the name says otherwise. */
import type { Terms } from './types.js'

/** Players of a thread (§1). */
export const MIN_PLAYERS = 2
/** Players of a thread (§1). */
export const MAX_PLAYERS = 16
/** The constructor's argument (§1). */
export const MAX_CTOR_ARG_BYTES = 4096
/** A share is below this (§1). */
export const SHARE_LIMIT = 2n ** 32n
/** The pot, scaled to 18 decimals, is below this (§1). */
export const POT_LIMIT = 2n ** 128n
/** Decimals of the asset at most; inside the thread everything has this many (§1). */
export const MAX_ASSET_DECIMALS = 18
/** The dispute window W, seconds (§1). */
export const MIN_WINDOW_SEC = 1n
/** The dispute window W, seconds (§1). */
export const MAX_WINDOW_SEC = 2n ** 31n
/** The lowest allowed `gasLimit` of the terms (§1). */
export const MIN_TERMS_GAS = 21_000n
/** The highest allowed `gasLimit` of the terms (§1): one opcode that uses all of it fits one transaction to the judge, with whatever has to be brought along (§9). */
export const MAX_TERMS_GAS = 6_000_000n

/** The lowest `pieceGas` of the terms that is not 0 (§1): a routine that asks at once what a mover has sent has read it before it waits again (§11). */
export const MIN_PIECE_GAS = 50_000n

/**
 * What a thread's code may take, in both EVMs (§5): bytes of live memory and of the callers' stacks, frames, bytes of an operand of MODEXP, of a frame's call data
 * or init code, of return data, and SSTOREs and TSTOREs of a transaction.
 */
export const THREAD_LIMITS = { memoryBytes: 65_536, frames: 32, modexpBytes: 256, callDataBytes: 32_768, returnDataBytes: 32_768, writes: 512 }

/** The machine of a routine that waits (§11). */
export const MAX_MACHINE_BYTES = 16_384
/** What a breakpoint says besides its movers (§11). */
export const MAX_BREAKPOINT_DATA_BYTES = 1_024
/** The data of a mover's transaction to a routine that waits (§11). */
export const MAX_RESUME_BYTES = 1_024

/** Calldata of one transaction to the judge (§9): what nodes pass on, with room for what goes around it. */
export const MAX_TRANSACTION_BYTES = 98_304
/** Gas that is planned for one transaction to the judge, of the 2^24 that EIP-7825 allows (§9). */
export const PLANNED_GAS = 12_000_000n
/** Transactions that the judgement of an input of so much gas can take at most (§9). */
export function mostTransactions (gas: bigint): number {
  return 2 + Number((gas + GAS_PER_TRANSACTION - 1n) / GAS_PER_TRANSACTION)
}
/** Half of the room for opcodes that each of several has, at 160 outer gas for each. */
const GAS_PER_TRANSACTION = 12_500n
/** What the thread's own contract may take in a witness: its differences from the creation code, or all of it (§9). */
export const MAX_OWN_CODE_BYTES = 4_096

/** One raw transaction (§3). */
export const MAX_RAW_BYTES = 32_768
/** Inputs of one batch (§3); slot (0, 0) alone has none. */
export const MAX_BATCH_INPUTS = 256
/** All raw transactions of one batch (§3). */
export const MAX_BATCH_BYTES = 524_288
/** Gas that the inputs of one batch have used, from which on it takes no further one (§3). */
export const MAX_BATCH_GAS = 30_000_000n
/** Initcode, Cancun (EIP-3860). */
export const MAX_INITCODE_BYTES = 49_152

/** A timestamp further ahead of the local clock is held until it is due, seconds (§6). */
export const MAX_AHEAD_SEC = 15n
/** A timestamp older than the proposer's last Idle by more than this is not signed, seconds (§6). */
export const MAX_BEHIND_IDLE_SEC = 15n

/** One gossip message (§7). */
export const MAX_MESSAGE_BYTES = 1_048_576
/** Breakpoints of one range answer (§7). */
export const MAX_RANGE_CERTIFICATES = 64
/** A range answer (§7). */
export const MAX_RANGE_BYTES = 1_048_576
/** Addresses of one peers answer (§7). */
export const MAX_PEERS = 64
/** One multiaddress, as text. */
export const MAX_MULTIADDR_BYTES = 512
/** Messages of the open slot in one status answer: a proposal, a close proposal, acks, and who is idle or asks for a close. */
export const MAX_STATUS_MESSAGES = 64
/** Code hashes, and assets, of one offer (§7). */
export const MAX_OFFER_ITEMS = 64
/** One frame of the sync stream: a status answer carries at most one proposal of the largest size, and small messages beside it. */
export const MAX_SYNC_FRAME_BYTES = 2_097_152
/** The code of an error answer. */
export const MAX_ERROR_CODE_BYTES = 64

/** c: the least that a forced move takes from its player's time bank, seconds (§8). */
export function leastChargeSec ({ timeBankSec, forcedMoves }: Pick<Terms, 'timeBankSec' | 'forcedMoves'>): bigint {
  const share = timeBankSec / BigInt(forcedMoves)
  return share === 0n ? 1n : share
}
