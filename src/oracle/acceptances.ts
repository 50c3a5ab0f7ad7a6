/**
 * Which threads an oracle takes, and the acceptance of them. It owns the decision and its transaction; what the oracle then does at the court is the same that every
 * node does there (`thread/disputing.ts`).
 */
import { hasCode } from '../errors.js'
import type { Address, Hash32, Terms, ThreadId } from '../protocol/types.js'
import type { ChainPort } from '../thread/ports.js'

/** What the operator has decided. */
export type OraclePolicy = {
  /** The least fee, in the asset's units. */
  readonly minFeeUnits: bigint
  /** For how many claims at a time it sets bonds aside in each thread. */
  readonly claims: number
  /** Hashes of the codes that it serves; empty: all. */
  readonly codes: readonly Hash32[]
  /** Assets of the threads that it serves; empty: all. */
  readonly assets: readonly Address[]
  /** Nothing is accepted: what would be is said. */
  readonly isDryRun: boolean
}

/** What an acceptance needs, in wei: what the oracle has free, and what answers for one claim. */
export type OracleFunds = { readonly freeWei: bigint, readonly perClaimWei: bigint }

/** Why a thread that names this oracle is not taken; undefined: it is. Times in seconds, the chain's. */
export function whyNotTaken (terms: Terms, policy: OraclePolicy, funds: OracleFunds, nowSec: bigint): string | undefined {
  if (policy.codes.length > 0 && !policy.codes.includes(terms.codeHash)) return `its code ${terms.codeHash} is not served here`
  if (policy.assets.length > 0 && !policy.assets.includes(terms.asset)) return `its asset ${terms.asset} is not served here`
  if (terms.oracleFee < policy.minFeeUnits) return `its fee of ${terms.oracleFee} is below ${policy.minFeeUnits}`
  if (nowSec > terms.joinDeadlineSec) return 'the time to join is over'
  const needed = funds.perClaimWei * BigInt(policy.claims)
  // INVARIANT: never more is promised than is there; the court would refuse it, at the price of a transaction.
  return funds.freeWei < needed ? `${funds.freeWei} wei of the bond are free, ${needed} are needed` : undefined
}

/** What acceptances are made with. */
export type AcceptanceParts = { readonly chain: Pick<ChainPort, 'wallet' | 'nextTime' | 'pledge' | 'freeBond' | 'bondFor' | 'accept'>, readonly log: (level: 'info' | 'warn', event: string, data: Record<string, unknown>) => void }

/** After this long a thread that was not taken is looked at again, milliseconds. */
const AGAIN_MS = 5_000

/** Accepts threads, one after the other: each takes its part of one bond. */
export class Acceptances {
  readonly #policy: OraclePolicy
  readonly #parts: AcceptanceParts
  readonly #nextMs = new Map<ThreadId, number>()
  readonly #said = new Map<ThreadId, string>()
  #isBusy = false

  constructor (policy: OraclePolicy, parts: AcceptanceParts) {
    this.#policy = policy
    this.#parts = parts
  }

  /** Looks at the threads that wait for their players and name this oracle. Never throws: what fails is logged and tried again. */
  async look (opening: readonly { readonly thread: ThreadId, readonly terms: Terms }[], nowMs: number): Promise<void> {
    for (const known of this.#nextMs.keys()) if (!opening.some(({ thread }) => thread === known)) this.#forget(known)
    if (this.#isBusy) return
    this.#isBusy = true
    try {
      for (const { thread, terms } of opening) {
        if (nowMs < (this.#nextMs.get(thread) ?? 0)) continue
        this.#nextMs.set(thread, nowMs + AGAIN_MS)
        await this.#accept(thread, terms)
      }
    } finally {
      this.#isBusy = false
    }
  }

  async #accept (thread: ThreadId, terms: Terms): Promise<void> {
    const { chain } = this.#parts
    try {
      if ((await chain.pledge(thread, chain.wallet)).accepted) {
        this.#nextMs.set(thread, Number.POSITIVE_INFINITY)
        return
      }
      const [freeWei, perClaimWei, nowSec] = await Promise.all([chain.freeBond(chain.wallet), chain.bondFor(terms.gasLimit), chain.nextTime()])
      const why = whyNotTaken(terms, this.#policy, { freeWei, perClaimWei }, nowSec)
      if (why !== undefined) {
        this.#say('warn', thread, 'oracle.not-taken', why)
        return
      }
      const bondWei = perClaimWei * BigInt(this.#policy.claims)
      if (this.#policy.isDryRun) {
        this.#say('info', thread, 'oracle.would-accept', `bond ${bondWei}; this is a dry run`)
        return
      }
      const { transactionHash } = await chain.accept(terms, bondWei)
      this.#say('info', thread, 'oracle.accepted', `bond ${bondWei}, transaction ${transactionHash}`)
    } catch (error) {
      // A restart between the transaction and its confirmation.
      if (hasCode(error, 'CHAIN_REVERTED') && error.data['error'] === 'AlreadyAccepted') return
      this.#say('warn', thread, 'oracle.accept-failed', error instanceof Error ? error.message : String(error))
    }
  }

  #say (level: 'info' | 'warn', thread: ThreadId, event: string, reason: string): void {
    if (this.#said.get(thread) === reason) return
    this.#said.set(thread, reason)
    this.#parts.log(level, event, { thread, reason })
  }

  #forget (thread: ThreadId): void {
    this.#nextMs.delete(thread)
    this.#said.delete(thread)
  }
}
