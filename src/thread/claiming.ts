/**
 * Claiming a player's own forced move with its oracle's result instead of having the judge execute it (specification §8, "Claims"). The oracle is asked, not trusted:
 * only what this node's own execution gives is claimed, and whatever goes wrong leaves the move to be executed as without an oracle.
 */
import { hasCode } from '../errors.js'
import { ZERO_ADDRESS } from '../protocol/bytes.js'
import { askOracle, oraclePeers, type SignedResult } from './asking.js'
import type { Coordinator } from './coordinator.js'
import type { ClaimableMove, Forcing } from './forcing.js'
import type { ChainPort, Receipt } from './ports.js'
import { ResultRecords } from './result-records.js'

/** That the thread's oracle is asked, and what it may cost. */
export type OracleUse = { /** For one result. */ readonly maxFeeWei: bigint }

/** A move that stands as a claim. */
export type Claimed = { readonly done: Receipt, readonly nonce: bigint, readonly feeWei: bigint }

/** One thread's claims. */
export class Claiming {
  readonly #coordinator: Coordinator
  readonly #chain: ChainPort
  readonly #forcing: Forcing
  readonly #records: ResultRecords

  constructor (coordinator: Coordinator, chain: ChainPort, forcing: Forcing) {
    this.#coordinator = coordinator
    this.#chain = chain
    this.#forcing = forcing
    this.#records = new ResultRecords(coordinator.parts.records)
  }

  /** Whether there is an oracle to ask, as far as is known. */
  async isOfUse (): Promise<boolean> {
    if (this.#coordinator.view.terms.oracle === ZERO_ADDRESS || oraclePeers(this.#coordinator).length === 0) return false
    return (await this.#records.falseOnes()).length === 0
  }

  /**
   * Asks the oracle for the own move that waits, and claims what it signs. Undefined: no claim, and the log says why.
   * @throws `DISPUTE_NO_INPUT`, `DISPUTE_NOT_FOLLOWED`, `DISPUTE_NO_MOVE`, `THREAD_NOT_A_PLAYER`, `THREAD_WATCHING`, and what the chain throws, but for a claim that reverts
   */
  async claim ({ maxFeeWei }: OracleUse, usefulUntilSec: bigint | undefined): Promise<Claimed | undefined> {
    if (!await this.isOfUse()) return this.#without('no oracle is connected, or it has signed what is false')
    const ready = await this.#forcing.claimable()
    if (ready === undefined) return this.#without('the move\'s judgement has begun')
    const { dispute, parent, move: { timestampSec, input, force } } = ready
    const asked = await askOracle(this.#coordinator, { thread: this.#coordinator.thread, dispute, parent, timestampSec, input, force }, ready.force)
    if (asked.kind === 'nothing') return this.#without(asked.why)
    if (asked.kind === 'certificate') return this.#without('it has shown what all have signed')
    const { result } = asked
    if (result.stateRoot !== ready.root) return await this.#isFalse(ready, result)
    if (result.feeWei > maxFeeWei) return this.#without(`its fee of ${result.feeWei} wei is above ${maxFeeWei}`)
    return await this.#send(ready, result, usefulUntilSec)
  }

  async #send ({ move, recorded }: ClaimableMove, result: SignedResult, usefulUntilSec: bigint | undefined): Promise<Claimed | undefined> {
    const { thread, view: { terms }, parts: { log } } = this.#coordinator
    const { feeWei, stateRoot } = result
    try {
      const done = await this.#chain.claim(terms, recorded, move, result, { usefulUntilSec: usefulUntilSec ?? move.timestampSec + terms.windowSec / 16n })
      log('info', 'thread.claim', { thread, stateRoot, feeWei: feeWei.toString(), transaction: done.transactionHash, reason: `the oracle answers for it with its bond, for ${feeWei} wei` })
      return { done, nonce: recorded.nonce + 1n, feeWei }
    } catch (error) {
      if (!hasCode(error, 'CHAIN_REVERTED')) throw error
      return this.#without(`the claim fails: ${error.message}`)
    }
  }

  /** It bears the oracle's name: kept, for whoever asks what that oracle signs. */
  async #isFalse ({ force, root }: ClaimableMove, { stateRoot, feeWei, signature }: SignedResult): Promise<undefined> {
    const { view: { terms }, parts: { clock } } = this.#coordinator
    await this.#coordinator.exclusive(async () => {
      this.#coordinator.write(this.#records.putFalse({ force, oracle: terms.oracle, stateRoot, feeWei, signature, ownRoot: root, foundMs: clock.nowMs() }))
      this.#coordinator.warn('ORACLE_FALSE_RESULT', `the oracle ${terms.oracle} has signed a result that executing the move does not give: it is kept as evidence, and not asked again in this thread`, { oracle: terms.oracle, stateRoot, ownRoot: root })
      await Promise.resolve()
    })
    return this.#without('its result is not what executing the move gives here')
  }

  #without (why: string): undefined {
    this.#coordinator.parts.log('info', 'thread.no-claim', { thread: this.#coordinator.thread, why })
    return undefined
  }
}
