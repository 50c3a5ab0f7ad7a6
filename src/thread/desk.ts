/**
 * What one player's node does at the court about one thread: it puts together what `disputing.ts` decides from, and carries out what that says. What is signed for the
 * court is on disk before it leaves.
 */
import { compareSlots } from '../protocol/slot.js'
import type { Hex, Slot } from '../protocol/types.js'
import { ThreadsError } from '../errors.js'
import type { JudgingCost } from '../machine/costs.js'
import type { Content } from './agreement.js'
import type { Coordinator } from './coordinator.js'
import { openMoves, type Paused, type RecordedMove } from './chain-view.js'
import { Claiming, type OracleUse } from './claiming.js'
import { claimJudgement, droppedClaim } from './claims.js'
import { decide, type Decision, type DisputeOptions, type Situation } from './disputing.js'
import { Forcing, threadHolder, type ForcingParts } from './forcing.js'
import type { ChainPort, DisputeCalls, Quote, Receipt } from './ports.js'
import type { CourtCost } from './records.js'
import { depositsOf, settlementPayouts } from './payouts.js'
import { settlementCalls, type SettlementCalls } from './settling.js'
import type { Waiting } from './schedule.js'
import { Lookout } from './situation.js'
import { claimTimeout } from './timeout-claim.js'

/** What a desk works with. */
export type DeskParts = ForcingParts & { readonly options: DisputeOptions & { /** Calldata of a function without arguments that ends the game for who is late. */ readonly forceTimeout: Hex | undefined, /** Ask the oracle for own moves. */ readonly useOracle?: OracleUse | undefined } }

/** What became of a move's transaction, or what it would; and what its whole judgement takes, the court's own part left aside. */
export type Advanced<T> = { readonly done: T, readonly slot: Slot, readonly cost: JudgingCost }

/** What became of a move for which the oracle was asked. `opens`: only the dispute is open now, and the move comes when that is confirmed. */
export type AdvancedWithOracle = { readonly done: Receipt, readonly slot: Slot, readonly cost: JudgingCost | undefined, readonly does: 'advances' | 'claims' | 'opens', /** What the oracle was paid. */ readonly feeWei: bigint }

/** One thread's business with the court. */
export class Desk {
  readonly #coordinator: Coordinator
  readonly #parts: DeskParts
  readonly #lookout: Lookout
  readonly #forcing: Forcing
  readonly #claiming: Claiming
  #said = ''
  /** Where this node's own judgement of a claim has stopped last. */
  #stop: Paused | undefined

  constructor (coordinator: Coordinator, parts: DeskParts) {
    this.#coordinator = coordinator
    this.#parts = parts
    this.#lookout = new Lookout(coordinator, parts.chain)
    this.#forcing = new Forcing(coordinator, this.#lookout, parts)
    this.#claiming = new Claiming(coordinator, parts.chain, this.#forcing)
  }

  /** Whether there is anything to look at: most of the time a thread has no business here. */
  isIdle (): boolean {
    const { view } = this.#coordinator
    if (view.phase === 'dispute') return false
    if (view.phase !== 'active') return true
    const { disputeAfterSec, moverPatienceSec, forceTimeout } = this.#parts.options
    const waitedSec = this.#lookout.waitedSec()
    if (waitedSec >= moverPatienceSec && this.#waitsForOthers) return false
    return waitedSec < disputeAfterSec || (this.#lookout.input === undefined && forceTimeout === undefined)
  }

  /** Whether it goes to the court when a routine's movers stay silent. */
  get #waitsForOthers (): boolean { return this.#parts.options.autoDispute && this.#lookout.awaits !== undefined }

  /** Whether there is nothing to look at now; something may fall due here ({@link due}). */
  isAtRest (): boolean { return this.#coordinator.state.self === undefined ? this.#coordinator.view.phase !== 'dispute' : this.isIdle() }

  /** What it waits for, and when that is due, milliseconds since 1970; undefined: never. */
  due (): { waiting: Waiting | undefined, dueMs: number | undefined } {
    const { view, state: { self } } = this.#coordinator
    const { disputeAfterSec, moverPatienceSec, forceTimeout } = this.#parts.options
    this.#lookout.waitedSec()
    const { waiting } = this.#lookout
    if (self === undefined || view.phase !== 'active' || waiting === undefined) return { waiting, dueMs: undefined }
    const inSec = Math.min(forceTimeout === undefined ? Infinity : disputeAfterSec, this.#waitsForOthers ? moverPatienceSec : Infinity)
    return { waiting, dueMs: inSec === Infinity ? undefined : waiting.sinceMs + inSec * 1000 }
  }

  /** After a rest it has waited all the time. */
  resume (waiting: Waiting | undefined): void { this.#lookout.waiting = waiting }

  /** The next step as it stands, for people. @throws what the chain throws */
  async outlook (): Promise<{ situation: Situation, decision: Decision, cost: CourtCost }> {
    const situation = await this.#lookout.situation()
    return { situation, decision: decide(situation, this.#parts.options), cost: await this.#coordinator.parts.records.courtCost() }
  }

  /** Takes the next step, if there is one. @returns whether something was sent. @throws what the chain throws */
  async act (): Promise<boolean> {
    if (this.isIdle()) return false
    if (await this.reclaim()) return true
    const { forceTimeout } = this.#parts.options
    if (forceTimeout !== undefined) await claimTimeout(this.#coordinator, this.#lookout, this.#parts.chain, forceTimeout)
    if (this.isIdle()) return false
    const decision = decide(await this.#lookout.situation(), this.#parts.options)
    this.#log(decision)
    return await this.#perform(this.#parts.chain, decision) !== undefined
  }

  #log (decision: Decision): void {
    // Seconds that pass are no news; a step that must be taken again is.
    const words = `${decision.action} ${decision.reason.replace(/\d+/g, '')}`
    if (this.#said === words) return
    this.#said = words
    const { thread, parts, view } = this.#coordinator
    parts.log('info', 'thread.court', { thread, action: decision.action, reason: decision.reason, dispute: view.dispute?.number.toString() })
  }

  /** What the decided step would take and cost; undefined: nothing would be sent. @throws what the chain throws */
  async price (decision: Decision): Promise<{ done: Quote, cost: JudgingCost | undefined } | undefined> {
    return await this.#perform(this.#parts.chain.quotes, decision)
  }

  async #perform<T> (calls: DisputeCalls<T>, { action, usefulUntilSec }: Decision): Promise<{ done: T, cost: JudgingCost | undefined } | undefined> {
    switch (action) {
      case 'wait': return undefined
      case 'respond': return await this.#respond(calls, usefulUntilSec)
      case 'challenge': return { done: await this.#challenge(calls), cost: undefined }
      case 'advance':
      case 'challengeAndAdvance': return await this.#advance(calls, usefulUntilSec)
      case 'refute': {
        const { parent, byFunction } = await this.#settlement(false)
        if (parent === undefined || byFunction === undefined) return undefined
        return { done: await this.#paid(calls.refute(this.#coordinator.view.terms, byFunction.settlement, parent, { usefulUntilSec })), cost: byFunction.cost }
      }
      case 'refuteClaim': return await this.#judgeClaim(calls, this.#lookout.wrongClaim?.move, 'wrong', usefulUntilSec)
      case 'proveClaim': return await this.#judgeClaim(calls, this.#lookout.toProve, 'right', usefulUntilSec)
      case 'doubt': return await this.#doubt(calls, usefulUntilSec)
      case 'drop': {
        const { doubted } = this.#lookout
        const dropped = doubted === undefined ? undefined : droppedClaim(this.#coordinator, doubted)
        return dropped === undefined ? undefined : { done: await this.#paid(calls.drop(this.#coordinator.view.terms, dropped)), cost: undefined }
      }
      case 'settle':
      case 'settleByFunction': return await this.settle(calls, action === 'settle', usefulUntilSec)
    }
  }

  async #advance<T> (calls: DisputeCalls<T>, usefulUntilSec: bigint | undefined): Promise<{ done: T, cost: JudgingCost | undefined }> {
    const { chain, options: { useOracle } } = this.#parts
    // What is priced is not asked for: the oracle would sign it.
    if (useOracle === undefined || !isChain(calls, chain)) return await this.advance(calls, usefulUntilSec)
    return await this.advanceWithOracle(useOracle, usefulUntilSec) as unknown as { done: T, cost: JudgingCost | undefined }
  }

  async #respond<T> (calls: DisputeCalls<T>, usefulUntilSec: bigint | undefined): Promise<{ done: T, cost: undefined } | undefined> {
    const { moves, state, parts } = this.#coordinator
    const held: Content | undefined = moves.ground?.content ?? state.head
    const certificate = held === undefined ? undefined : await parts.records.certificate(held.slot)
    if (certificate === undefined || certificate.signatures.length === 0) return undefined
    return { done: await this.#paid(calls.respond(parts.context.terms, certificate, { usefulUntilSec })), cost: undefined }
  }

  /**
   * Brings a claim before the judge, or goes on with it, to refute it or to prove it. Undefined: there is none, or the judge finds something else than this node;
   * what no judgement holds is doubted next. @throws what the chain throws
   */
  async #judgeClaim<T> (calls: DisputeCalls<T>, move: RecordedMove | undefined, expected: 'right' | 'wrong', usefulUntilSec: bigint | undefined): Promise<{ done: T, cost: JudgingCost } | undefined> {
    if (move === undefined) return undefined
    const { thread, view: { terms }, parts: { log } } = this.#coordinator
    const judged = await claimJudgement(this.#coordinator, move, this.#stop, { chain: this.#parts.chain, bench: this.#parts.bench, holder: await threadHolder(this.#coordinator, this.#parts.chain) })
    if (judged === undefined) return undefined
    if (judged.kind !== expected) {
      const { upheld, unjudged } = this.#lookout.findings
      if (judged.kind === 'right') upheld.add(move.hash)
      else unjudged.add(move.hash)
      log(judged.kind === 'unknown' ? 'warn' : 'error', `thread.claim-${judged.kind}`, { thread, claimed: move.hash, expected, reason: judged.why })
      return undefined
    }
    const { evidence, why, cost, stopsAt } = judged
    if (!isChain(calls, this.#parts.chain)) return { done: await calls.refuteClaim(terms, evidence, { usefulUntilSec }), cost }
    log('warn', expected === 'wrong' ? 'thread.refute-claim' : 'thread.prove-claim', { thread, claimed: move.hash, index: evidence.index, player: evidence.input.player, reason: why, transactions: cost.transactions })
    // What is mined shows in the view when it is confirmed, and what is not there any more must not be gone on from.
    this.#stop = undefined
    const done = await this.#paid(calls.refuteClaim(terms, evidence, { usefulUntilSec }))
    if (stopsAt !== undefined) this.#stop = { on: move.hash, paused: stopsAt }
    return { done, cost }
  }

  /** Asks for the proof of a claim that no judgement holds; the deposit comes back with its fall. */
  async #doubt<T> (calls: DisputeCalls<T>, usefulUntilSec: bigint | undefined): Promise<{ done: T, cost: undefined } | undefined> {
    const { wrongClaim } = this.#lookout
    const index = wrongClaim?.move.claim?.index
    if (wrongClaim === undefined || index === undefined) return undefined
    const { thread, view: { terms }, parts: { log } } = this.#coordinator
    const depositWei = await this.#parts.chain.bondFor(terms.gasLimit)
    log('warn', 'thread.doubt', { thread, claimed: wrongClaim.move.hash, index, depositWei: depositWei.toString(), reason: wrongClaim.why })
    return { done: await this.#paid(calls.doubt(terms, { index, claimed: wrongClaim.move.breakpoint, depositWei }, { usefulUntilSec })), cost: undefined }
  }

  /** The own doubts whose claims are gone: their deposits wait at the court. */
  get #deposits (): readonly RecordedMove[] {
    const { view } = this.#coordinator
    const stand = new Set(view.phase === 'dispute' ? openMoves(view).map(({ hash }) => hash) : [])
    return view.doubts.flatMap(({ move, doubter }) => doubter === this.#parts.chain.wallet && !stand.has(move.hash) ? [move] : [])
  }

  /** Takes back the deposits of own doubts whose claims are gone. @returns whether something was sent. @throws what the chain throws */
  async reclaim (): Promise<boolean> {
    const deposits = this.#deposits
    for (const { breakpoint, player, input } of deposits) {
      // Of what is gone the court looks at nothing but its hash.
      await this.pay(await this.#parts.chain.drop(this.#coordinator.view.terms, { claimed: breakpoint, parent: breakpoint, input: { player, input } }))
    }
    return deposits.length > 0
  }

  /**
   * Forces the own input that waits, or takes its judgement further; without a dispute it opens one. With `chain.quotes` it prices that.
   * SAFETY: the endpoint that prices a move sees its Force and could send it, so that is entered in the journal like any other.
   * @throws `DISPUTE_NO_INPUT`, `DISPUTE_NOT_FOLLOWED`, `DISPUTE_NO_MOVE`, `DISPUTE_NOT_JUDGEABLE`, and what the chain throws
   */
  async advance<T> (calls: DisputeCalls<T>, usefulUntilSec?: bigint): Promise<Advanced<T>> {
    const { view, parts: { records, context: { terms } } } = this.#coordinator
    const { move, witness, recorded, cost } = await this.#forcing.ready()
    const slot = { epoch: view.phase === 'dispute' ? view.lastDispute : view.lastDispute + 1n, nonce: recorded.nonce + 1n }
    const options = { usefulUntilSec: usefulUntilSec ?? move.timestampSec + terms.windowSec / 16n }
    if (view.phase === 'dispute') return { done: await this.#paid(calls.advance(terms, recorded, move, witness, options)), slot, cost }
    const isRecorded = view.recorded !== undefined && compareSlots(view.recorded.breakpoint, recorded) === 0
    const certificate = isRecorded ? undefined : await records.certificate(recorded)
    const shown = { breakpoint: recorded, signatures: certificate?.signatures ?? [] }
    return { done: await this.#paid(calls.challengeAndAdvance(terms, shown, move, witness, options)), slot, cost }
  }

  async #settlement (plainly: boolean): Promise<SettlementCalls> {
    const parts = { chain: this.#parts.chain, bench: this.#parts.bench, holder: await threadHolder(this.#coordinator, this.#parts.chain) }
    return await settlementCalls(this.#coordinator, parts, plainly)
  }

  /**
   * The same, as a claim that the thread's oracle answers for. Where there is no dispute yet this opens one, and the claim can follow; where the oracle does not
   * answer, or not as this node's own execution does, the move is executed as without it.
   * @throws as {@link advance}
   */
  async advanceWithOracle (use: OracleUse, usefulUntilSec?: bigint): Promise<AdvancedWithOracle> {
    const { view, state: { head } } = this.#coordinator
    if (view.phase === 'dispute') {
      const claimed = await this.#claiming.claim(use, usefulUntilSec)
      if (claimed !== undefined) return { done: await this.pay(claimed.done), slot: { epoch: view.lastDispute, nonce: claimed.nonce }, cost: undefined, does: 'claims', feeWei: claimed.feeWei }
    } else if (head !== undefined && await this.#claiming.isOfUse()) {
      return { done: await this.#open(), slot: head.slot, cost: undefined, does: 'opens', feeWei: 0n }
    }
    return { ...await this.advance(this.#parts.chain, usefulUntilSec), does: 'advances', feeWei: 0n }
  }

  /** Opens a dispute on the head, for a move that is to be claimed in it. */
  async #open (): Promise<Receipt> {
    const { state: { head, mode }, thread } = this.#coordinator
    if (this.#lookout.input === undefined || mode === 'watching' || !this.#lookout.follows() || head === undefined) throw new ThreadsError('DISPUTE_NO_INPUT', 'no own input waits that could be forced', { data: { thread } })
    return await this.#challenge(this.#parts.chain)
  }

  /** Opens a dispute with the last certificate. */
  async #challenge<T> (calls: DisputeCalls<T>): Promise<T> {
    const { view, state: { head }, parts: { records } } = this.#coordinator
    const isRecorded = head === undefined || (view.recorded !== undefined && compareSlots(view.recorded.breakpoint, head.slot) === 0)
    const certificate = isRecorded ? undefined : await records.certificate(head.slot)
    return await this.#paid(calls.challenge(view.terms, certificate, { usefulUntilSec: await this.#parts.chain.nextTime() + view.terms.windowSec / 16n }))
  }

  /** Pays out what is recorded, by the contract's settlement function unless `plainly`. @throws `THREAD_BEHIND`, `DISPUTE_NOT_JUDGEABLE`, and what the chain throws */
  async settle<T> (calls: DisputeCalls<T>, plainly: boolean, usefulUntilSec?: bigint): Promise<{ done: T, payouts: readonly bigint[], cost: JudgingCost | undefined }> {
    const { terms } = this.#coordinator.view
    const { recorded, holdings, byFunction, machine } = await this.#settlement(plainly)
    const options = { usefulUntilSec: usefulUntilSec ?? await this.#parts.chain.nextTime() + terms.windowSec }
    const paid = byFunction === undefined ? machine : byFunction.machine
    const payouts = paid === undefined ? depositsOf(terms) : settlementPayouts(terms, account => paid.account(account).balanceWei, paid.exits)
    const sent = byFunction === undefined ? calls.settle(terms, recorded, holdings, options) : calls.settleByFunction(terms, byFunction.settlement, byFunction.holdings, options)
    return { done: await this.#paid(sent), payouts, cost: byFunction?.cost }
  }

  async #paid<T> (sent: Promise<T>): Promise<T> {
    const result = await sent
    if (typeof result === 'object' && result !== null && 'transactionHash' in result) await this.pay(result as unknown as Receipt)
    return result
  }

  /** Adds a transaction to what the thread's disputes have cost. */
  async pay (receipt: Receipt): Promise<Receipt> {
    const { records, log } = this.#coordinator.parts
    const before = await records.courtCost()
    const after = { transactions: before.transactions + 1, gas: before.gas + receipt.gasUsed, feeWei: before.feeWei + receipt.feeWei }
    log('info', 'thread.court-paid', { thread: this.#coordinator.thread, transaction: receipt.transactionHash, gas: receipt.gasUsed.toString(), feeWei: receipt.feeWei.toString() })
    await records.store.batch([records.putCourtCost(after)])
    return receipt
  }
}

/** Whether calls are sent, and not priced. */
function isChain (calls: unknown, chain: ChainPort): boolean { return calls === chain }
