/** The rules that terms must keep (§1). The court checks the same ones when a thread is opened. */
import { ThreadsError } from '../errors.js'
import { ZERO_ADDRESS } from './bytes.js'
import {
  MAX_ASSET_DECIMALS, MAX_CTOR_ARG_BYTES, MAX_PLAYERS, MAX_TERMS_GAS, MAX_WINDOW_SEC, MIN_PIECE_GAS, MIN_PLAYERS, MIN_TERMS_GAS, MIN_WINDOW_SEC, POT_LIMIT, SHARE_LIMIT
} from './limits.js'
import { allowsRoutines, isCreationCode } from './terms.js'
import type { Terms } from './types.js'

const ADDRESS = /^0x[0-9a-f]{40}$/
const HASH = /^0x[0-9a-f]{64}$/
const SELECTOR = /^0x[0-9a-f]{8}$/

/** Checks every rule of §1. @throws `TERMS_INVALID` with `data.field`, the first field that breaks a rule */
export function checkTerms (terms: Terms): void {
  checkPlayers(terms)
  checkMoney(terms)
  checkCode(terms)
  checkTimes(terms)
  need(SELECTOR.test(terms.settlement), 'settlement', 'a selector of 4 bytes, lower-case hex')
  need(!allowsRoutines(terms) || BigInt(terms.settlement) !== 0n, 'settlement', 'not 0 where the contract may be a routine')
  need(within(terms.gasLimit, MIN_TERMS_GAS, MAX_TERMS_GAS), 'gasLimit', `${MIN_TERMS_GAS} to ${MAX_TERMS_GAS}`)
  need(terms.pieceGas === 0n || allowsRoutines(terms), 'pieceGas', '0 where the contract is no routine')
  need(terms.pieceGas === 0n || within(terms.pieceGas, MIN_PIECE_GAS, terms.gasLimit), 'pieceGas', `0, or ${MIN_PIECE_GAS} to the gas limit`)
  need(HASH.test(terms.salt), 'salt', '32 bytes, lower-case hex')
}

function checkPlayers (terms: Terms): void {
  const { players, sessionKeys } = terms
  need(players.length >= MIN_PLAYERS && players.length <= MAX_PLAYERS, 'players', `${MIN_PLAYERS} to ${MAX_PLAYERS} of them`)
  need(players.every(isAccount), 'players', 'addresses in lower-case hex, none of them zero')
  need(new Set(players).size === players.length, 'players', 'all distinct')
  need(sessionKeys.length === players.length, 'sessionKeys', 'one for each player')
  need(sessionKeys.every(isAccount), 'sessionKeys', 'addresses in lower-case hex, none of them zero')
  need(new Set(sessionKeys).size === sessionKeys.length, 'sessionKeys', 'all distinct')
  need(sessionKeys.every((key, index) => !players.includes(key) || players[index] === key), 'sessionKeys', "none of them another player's wallet")
}

function checkMoney (terms: Terms): void {
  const { deposits, shares, players } = terms
  need(ADDRESS.test(terms.asset), 'asset', 'an address in lower-case hex')
  need(Number.isInteger(terms.assetDecimals) && terms.assetDecimals >= 0 && terms.assetDecimals <= MAX_ASSET_DECIMALS, 'assetDecimals', `0 to ${MAX_ASSET_DECIMALS}`)
  need(deposits.length === players.length, 'deposits', 'one for each player')
  need(deposits.every(deposit => deposit >= 0n), 'deposits', 'not negative')
  need(shares.length === players.length, 'shares', 'one for each player')
  need(shares.every(share => within(share, 0n, SHARE_LIMIT - 1n)), 'shares', 'each below 2^32')
  need(shares.some(share => share > 0n), 'shares', 'not all zero')
  need(ADDRESS.test(terms.oracle), 'oracle', 'an address in lower-case hex')
  need(!players.includes(terms.oracle), 'oracle', 'none of the players: one balance would be paid twice')
  need(terms.oracleFee >= 0n, 'oracleFee', 'not negative')
  need(terms.oracle !== ZERO_ADDRESS || terms.oracleFee === 0n, 'oracleFee', '0 without an oracle')
  const scale = 10n ** BigInt(MAX_ASSET_DECIMALS - terms.assetDecimals)
  const deposited = deposits.reduce((sum, deposit) => sum + deposit, 0n)
  need(deposited * scale < POT_LIMIT, 'deposits', 'their sum, scaled to 18 decimals, below 2^128')
  need((deposited + terms.oracleFee) * scale < POT_LIMIT, 'oracleFee', 'with the deposits, scaled to 18 decimals, below 2^128')
}

function checkCode (terms: Terms): void {
  need([0, 1, 2, 3].includes(terms.codeKind), 'codeKind', '0 to 3')
  need(ADDRESS.test(terms.codeSource), 'codeSource', 'an address in lower-case hex')
  need(HASH.test(terms.codeHash), 'codeHash', '32 bytes, lower-case hex')
  need(terms.ctorArg.length <= MAX_CTOR_ARG_BYTES, 'ctorArg', `at most ${MAX_CTOR_ARG_BYTES} bytes`)
  need(isCreationCode(terms) || terms.ctorArg.length === 0, 'ctorArg', 'empty for runtime code')
}

function checkTimes (terms: Terms): void {
  need(within(terms.windowSec, MIN_WINDOW_SEC, MAX_WINDOW_SEC), 'window', `${MIN_WINDOW_SEC} to ${MAX_WINDOW_SEC} seconds`)
  need(within(terms.timeBankSec, 0n, 2n ** 32n - 1n), 'timeBank', 'below 2^32 seconds')
  need(Number.isInteger(terms.forcedMoves) && terms.forcedMoves >= 1 && terms.forcedMoves < 2 ** 16, 'forcedMoves', '1 to 65,535')
  // A move costs a second at least: who has fewer seconds than moves could not make them all.
  need(terms.timeBankSec >= BigInt(terms.forcedMoves), 'timeBank', 'a second or more for each forced move')
  need(within(terms.joinDeadlineSec, 0n, 2n ** 64n - 1n), 'joinDeadline', 'below 2^64 seconds')
}

/** Ethereum's time between blocks, seconds. */
const BLOCK_SEC = 12n
/** Blocks in a window below which a forced move may miss its time: T lies within a 16th of the window before the block that takes it (§8). */
const T_BLOCKS = 16n
/** Transactions of the longest judgement that a node plans for (§9). */
const MOST_TRANSACTIONS = 16n
/** Half of a window is for whoever has to notice, judge and be mined. */
const SPARE = 2n

/**
 * What is allowed and yet not wise where blocks come every 12 seconds, in words for a player who is about to pay; of a chain with faster blocks it may be well.
 * Nothing where there is nothing to say.
 */
export function cautionsOf (terms: Pick<Terms, 'windowSec' | 'timeBankSec' | 'forcedMoves' | 'settlement'>): string[] {
  const { windowSec, timeBankSec, forcedMoves, settlement } = terms
  const cautions: string[] = []
  if (BigInt(settlement) === 0n) cautions.push('the terms name no settlement function: what lies in the contract when a dispute ends is divided by the shares, whoever would have won it')
  const forMoves = T_BLOCKS * BLOCK_SEC
  if (windowSec < forMoves) cautions.push(`the window of ${windowSec} s is shorter than ${T_BLOCKS} blocks of Ethereum (${forMoves} s): a forced move would often be too old for the block that takes it`)
  const forRefutation = MOST_TRANSACTIONS * BLOCK_SEC * SPARE
  // A refutation does not make the dispute longer: all its transactions must fit between the move and its end.
  if (BigInt(settlement) !== 0n && windowSec < forRefutation) {
    cautions.push(`in a window of ${windowSec} s a settlement of ${MOST_TRANSACTIONS} transactions may not be judged in time to have a move dropped that breaks it: ${forRefutation} s or more leave room for that`)
  }
  const charge = timeBankSec / BigInt(forcedMoves)
  if (charge < BLOCK_SEC && timeBankSec < windowSec) cautions.push(`the time bank of ${timeBankSec} s gives ${forcedMoves} forced moves ${charge} s each: who moves once a block of Ethereum has it used up after ${timeBankSec / BLOCK_SEC}`)
  return cautions
}

function isAccount (address: string): boolean {
  return ADDRESS.test(address) && address !== ZERO_ADDRESS
}

function within (value: bigint, least: bigint, most: bigint): boolean {
  return value >= least && value <= most
}

function need (holds: boolean, field: string, rule: string): void {
  if (!holds) throw new ThreadsError('TERMS_INVALID', `terms.${field}: ${rule}`, { data: { field, rule } })
}
