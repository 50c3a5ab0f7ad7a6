/**
 * Our transactions that the chain's pool has, until each is mined. One loop watches them all; only the one that is next in line is
 * ever replaced, as the others wait for it and not for a better fee.
 */
import type { Interface } from 'ethers'
import { ThreadsError, hasCode } from '../errors.js'
import type { Hash32 } from '../protocol/types.js'
import type { ClockPort } from '../thread/ports.js'
import { quoteFees, raisedFees, type Fees } from './fees.js'
import { quantity, readInteger, readMined, type MinedTransaction, type Sends } from './reads.js'
import { isRevert, revertError } from './reverts.js'
import { saysRpc, stoppedError } from './rpc.js'
import type { Signed, Signer } from './signer.js'
import { createBackoff, sleep } from './sleep.js'

/** What `sender.ts` wants of the pool. */
export type Pool = {
  size (): number
  /** The nonce for the next transaction, not below `atLeast`. */
  nextNonce (atLeast?: bigint): Promise<bigint>
  /** Fees that replace `fees`; undefined at the cap. */
  raised (fees: Fees): Fees | undefined
  isMined (hash: Hash32): Promise<boolean>
  /** Watches a transaction that the pool has accepted. `leftSec`: how long it is of use, until `usefulUntilSec`; it is replaced the sooner, and by one that offers the more, the nearer that is. */
  add (signed: Signed, leftSec?: bigint, usefulUntilSec?: bigint): void
  /** @throws `CHAIN_REVERTED` with `data.transactionHash`, `CHAIN_NONCE_TAKEN`, `CHAIN_STOPPED` */
  mined (signed: Signed): Promise<MinedTransaction>
}

/** Options of {@link createPool}. */
export type PoolOptions = {
  readonly rpc: Sends
  readonly signer: Signer
  readonly clock: ClockPort
  readonly pollMs: number
  readonly bumpAfterMs: number
  readonly maxFeeWei?: bigint | undefined
  readonly interfaces: readonly Interface[]
  readonly log: (message: string, data: Record<string, unknown>) => void
  /** Ends the watching. */
  readonly signal: AbortSignal
}

/** The same transaction with other fees: any of them may be the one that is mined. Fees grow by an eighth each, so 64 are enough for 1,800-fold. */
type Entry = {
  latest: Signed
  readonly hashes: Hash32[]
  sentAtMs: number
  bumpAfterMs: number
  readonly usefulUntilSec: bigint | undefined
  misses: number
  readonly outcome: Promise<MinedTransaction>
  readonly resolve: (mined: MinedTransaction) => void
  readonly reject: (error: ThreadsError) => void
}

const MAX_REPLACEMENTS = 64
/** A used nonce without a receipt of ours, seen this many times in a row, was used by somebody else: endpoints answer from several machines. */
const MAX_MISSES = 8
const MAX_BACKOFF_MS = 10_000

/** The pool already has this very transaction. */
export const isKnown = (error: unknown): boolean => saysRpc(error, /already known|already imported|known transaction|already in (the )?(mem)?pool/i)
/** The wallet has used this nonce. */
const isNonceUsed = (error: unknown): boolean => saysRpc(error, /nonce.*(too low|already been used|below)|old nonce/i)
/** The pool, or the chain, has another transaction of this nonce. */
export const isNonceTaken = (error: unknown): boolean => isNonceUsed(error) || saysRpc(error, /replacement|replace existing/i)
/** The pool has a transaction of this nonce that pays as much, or wants a higher fee in general, or is full of those that pay more. */
export const isUnderpriced = (error: unknown): boolean => saysRpc(error, /underpriced|fee too low|max fee per gas less than|pool is full|pool overflow/i)
/** The wallet cannot pay. */
export const isPoor = (error: unknown): boolean => saysRpc(error, /insufficient (funds|balance)|doesn't have enough funds|exceeds (allowance|balance)/i)

/** Sixteen offers fit into the time that is left. */
function bumpAfter (usualMs: number, leftSec: bigint | undefined): number {
  return leftSec === undefined ? usualMs : Math.max(1_000, Math.min(usualMs, Number(leftSec) * 1_000 / 16))
}

/** An empty pool; its loop runs only while something is in it. */
export function createPool (options: PoolOptions): Pool {
  const { rpc, signer, clock, signal, log } = options
  const entries = new Map<bigint, Entry>()
  let running = false

  const add = (signed: Signed, leftSec?: bigint, usefulUntilSec?: bigint) => {
    let resolve: Entry['resolve'] = () => {}
    let reject: Entry['reject'] = () => {}
    const outcome = new Promise<MinedTransaction>((yes, no) => { resolve = yes; reject = no })
    outcome.catch(() => {}) // its caller may have stopped waiting; the loop logs what became of it
    entries.set(signed.nonce, { latest: signed, hashes: [signed.hash], sentAtMs: clock.nowMs(), bumpAfterMs: bumpAfter(options.bumpAfterMs, leftSec), usefulUntilSec, misses: 0, outcome, resolve, reject })
    if (!running) {
      running = true
      void watch().finally(() => { running = false })
    }
  }

  const watch = async () => {
    const backoff = createBackoff(options.pollMs, MAX_BACKOFF_MS)
    let away = false
    while (entries.size > 0 && !signal.aborted) {
      let waitMs = options.pollMs
      try {
        if (away) await sendAllAgain()
        away = false
        await look()
        backoff.succeeded()
      } catch (error) {
        away = true
        waitMs = backoff.failed()
        log('the pool cannot be watched', { code: error instanceof ThreadsError ? error.code : 'unexpected', pending: entries.size, error: String(error) })
      }
      if (entries.size > 0) await sleep(waitMs, signal)
    }
    for (const entry of entries.values()) entry.reject(stoppedError())
  }

  const look = async () => {
    const used = await readInteger(rpc, 'eth_getTransactionCount', [signer.wallet, 'latest'])
    for (const [nonce, entry] of [...entries]) {
      if (nonce < used) await conclude(nonce, entry)
      else if (nonce === used && clock.nowMs() - entry.sentAtMs >= entry.bumpAfterMs) await replace(entry)
    }
  }

  const conclude = async (nonce: bigint, entry: Entry) => {
    for (const hash of entry.hashes.toReversed()) {
      const mined = await readMined(rpc, hash)
      if (mined === undefined) continue
      if (mined.succeeded) entry.resolve(mined)
      else entry.reject(await explainFailure(entry.latest, mined))
      entries.delete(nonce)
      return
    }
    if (++entry.misses < MAX_MISSES) return
    log('a nonce of this wallet was used by somebody else', { nonce: nonce.toString(), transactionHash: entry.latest.hash })
    entry.reject(new ThreadsError('CHAIN_NONCE_TAKEN', `another transaction of the wallet ${signer.wallet} was mined with the nonce ${nonce}; this one never will be`,
      { data: { wallet: signer.wallet, nonce: nonce.toString(), transactionHash: entry.latest.hash } }))
    entries.delete(nonce)
  }

  /** Offers an eighth more, or, at the cap, the same again: the pool may have lost it. */
  const replace = async (entry: Entry) => {
    const { fees: quote, leftSec } = await quoteFees(rpc, options.maxFeeWei, entry.usefulUntilSec)
    entry.bumpAfterMs = bumpAfter(options.bumpAfterMs, leftSec)
    const fees = entry.hashes.length < MAX_REPLACEMENTS ? raisedFees(entry.latest.fees, quote, options.maxFeeWei) : undefined
    if (fees !== undefined) {
      entry.latest = signer.sign({ ...entry.latest, fees })
      entry.hashes.push(entry.latest.hash) // before it leaves: an answer that is lost does not mean that it was
      log('a transaction is not mined; offering more', { nonce: entry.latest.nonce.toString(), transactionHash: entry.latest.hash, maxFeePerGasWei: fees.maxFeePerGasWei.toString() })
    }
    entry.sentAtMs = clock.nowMs()
    const answer = await sendAgain(entry)
    if (isUnderpriced(answer)) entry.sentAtMs -= entry.bumpAfterMs // at once again, an eighth above the fee that was refused
  }

  const sendAgain = async (entry: Entry): Promise<unknown> => {
    try {
      await rpc.send('eth_sendRawTransaction', [entry.latest.raw])
      return undefined
    } catch (error) {
      if (!hasCode(error, 'CHAIN_RPC_ERROR')) throw error
      if (!isKnown(error) && !isNonceUsed(error)) log('the chain does not take a replacement', { said: error.data.message, transactionHash: entry.latest.hash })
      return error
    }
  }

  /** After the chain was away: it may have lost its pool. */
  const sendAllAgain = async () => {
    for (const entry of entries.values()) await sendAgain(entry)
  }

  /** Runs the failed call again on the state it failed on, for its reason. Best effort: a reason, never a verdict. */
  const explainFailure = async (signed: Signed, mined: MinedTransaction): Promise<ThreadsError> => {
    const facts = { transactionHash: mined.transactionHash, blockNumber: mined.blockNumber.toString(), to: signed.to }
    try {
      await rpc.send('eth_call', [{ from: signer.wallet, to: signed.to, data: signed.data, value: quantity(signed.valueWei), gas: quantity(signed.gasLimit) }, quantity(mined.blockNumber)])
    } catch (error) {
      if (isRevert(error)) return revertError(options.interfaces, typeof error.data.returned === 'string' ? error.data.returned : undefined, facts, error)
      log('no reason can be had for a failed transaction', { ...facts, error: String(error) })
    }
    return revertError([], undefined, facts)
  }

  return {
    size: () => entries.size,
    add,
    raised: fees => raisedFees(fees, fees, options.maxFeeWei),
    isMined: async hash => await readMined(rpc, hash) !== undefined,
    async mined (signed) {
      const entry = entries.get(signed.nonce)
      if (entry === undefined) throw stoppedError()
      return await entry.outcome
    },
    async nextNonce (atLeast = 0n) {
      // Asked anew when nothing of ours is on its way: the wallet may be used elsewhere too. With something on its way, the
      // endpoint's count may lag behind what we have just sent.
      let next = atLeast
      for (const nonce of entries.keys()) if (nonce >= next) next = nonce + 1n
      if (entries.size > 0 && atLeast === 0n) return next
      const counted = await readInteger(rpc, 'eth_getTransactionCount', [signer.wallet, 'pending'])
      return counted > next ? counted : next
    }
  }
}
