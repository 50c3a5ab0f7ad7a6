/** What one player's node knows about its thread at the court: what `disputing.ts` decides from. */
import { leastChargeSec } from '../protocol/limits.js'
import { compareSlots } from '../protocol/slot.js'
import type { Hash32, Hex, Input } from '../protocol/types.js'
import type { Environment, Machine } from '../machine/machine.js'
import { NO_PARENT } from './body.js'
import { openClaims, openMoves, recordedSlot, type RecordedMove } from './chain-view.js'
import { claimToProve, lookAtClaims, wrongClaimIn, type Findings } from './claims.js'
import type { Coordinator } from './coordinator.js'
import type { OwnInput, Situation } from './disputing.js'
import type { BegunMove, ChainPort } from './ports.js'
import type { Waiting } from './schedule.js'

/** Looks at one thread. It changes nothing. */
export class Lookout {
  readonly #coordinator: Coordinator
  readonly #chain: ChainPort
  /** When the own input began to wait on this head. */
  #waiting: Waiting | undefined
  /** What this node has found out about claims: the desk adds to it. */
  readonly findings: Findings = { upheld: new Set(), unfit: new Map(), unjudged: new Set() }
  #settles: { readonly tip: Hash32, readonly settles: boolean } | undefined

  constructor (coordinator: Coordinator, chain: ChainPort) {
    this.#coordinator = coordinator
    this.#chain = chain
  }

  /** The player's own next input; undefined: nothing waits. */
  get input (): Input | undefined {
    const { state: { self }, parts: { pool, execution } } = this.#coordinator
    const next = self === undefined ? undefined : pool.of(self)[0]
    return next !== undefined && self !== undefined && next.tx.nonce === execution.nonceOf(self) ? next : undefined
  }

  /** Seconds since the own input (or without one, the thread) began to wait for the others on this head. */
  waitedSec (): number {
    const { state, parts: { clock } } = this.#coordinator
    const key = `${state.head?.hash ?? ''} ${this.input?.id ?? ''}`
    if (this.#waiting?.key !== key) this.#waiting = { key, sinceMs: clock.nowMs() }
    return Math.floor((clock.nowMs() - this.#waiting.sinceMs) / 1000)
  }

  /** Since when it waits. Set after a rest, in which it waited too. */
  get waiting (): Waiting | undefined { return this.#waiting }
  set waiting (waiting: Waiting | undefined) { this.#waiting = waiting }

  /** Whom a routine waits for on the head, where that is not this player. */
  get awaits (): Situation['awaits'] {
    const { state: { self }, parts: { context: { terms }, execution: { machine } } } = this.#coordinator
    const waiting = self === undefined ? undefined : machine?.waiting
    if (self === undefined || waiting === undefined) return undefined
    const movers = terms.players.flatMap((wallet, player) => waiting.movers.includes(wallet) ? [player] : [])
    if (movers.includes(self)) return undefined
    const before = self - movers.filter(player => player < self).length
    return { movers, staggerSec: BigInt(before) * staggerOf(terms.windowSec) }
  }

  /** What a decision is made from now. @throws what the chain throws */
  async situation (): Promise<Situation> {
    const { state, view, moves, provisional, close, parts } = this.#coordinator
    const { terms } = parts.context
    const nowSec = await this.#chain.nextTime()
    const signed = moves.ground?.content ?? state.head
    const last = openMoves(view).at(-1)
    await lookAtClaims(this.#coordinator, this.findings, this.#chain)
    return {
      phase: view.phase, mode: state.mode, nowSec, windowSec: terms.windowSec, hasSettlement: hasSettlement(terms.settlement), dispute: view.dispute,
      confirmedEpoch: view.confirmedEpoch, held: signed?.kind === 'breakpoint' ? signed.slot : undefined, recordedSigned: view.certificate?.breakpoint,
      standing: view.recorded === undefined ? undefined : { slot: view.recorded.breakpoint, mover: last?.player },
      follows: this.follows(), isAgreed: provisional !== undefined || close !== undefined, input: await this.ownInput(nowSec), waitedSec: this.waitedSec(), awaits: this.awaits,
      isJudging: await this.begun() !== undefined, falseClaim: this.#falseClaim(), doubted: this.#doubted(this.doubted), toProve: this.#doubted(this.toProve), settles: await this.#lastSettles(), bankSec: await this.#bank(nowSec),
      staggerSec: BigInt(state.self ?? terms.players.length) * staggerOf(terms.windowSec)
    }
  }

  /** The first claim that stands and is wrong. */
  get wrongClaim (): ReturnType<typeof wrongClaimIn> {
    const { view, moves } = this.#coordinator
    return view.phase === 'dispute' ? wrongClaimIn(openMoves(view), moves, this.findings) : undefined
  }

  /** The first claim that is doubted and not proved. */
  get doubted (): RecordedMove | undefined { return openClaims(this.#coordinator.view).find(({ claim }) => claim.doubter !== undefined) }

  /** The first such claim that this node can prove. */
  get toProve (): RecordedMove | undefined { return claimToProve(this.#coordinator, this.findings) }

  #falseClaim (): Situation['falseClaim'] {
    const { wrongClaim } = this
    if (wrongClaim === undefined) return undefined
    const { move, why } = wrongClaim
    return { slot: move.breakpoint, mover: move.player, why, isUnjudged: this.findings.unjudged.has(move.hash), isDoubted: move.claim?.doubter !== undefined }
  }

  #doubted (move: RecordedMove | undefined): Situation['doubted'] {
    const { state: { self } } = this.#coordinator
    return move === undefined ? undefined : { slot: move.breakpoint, mover: move.player, isOwn: move.player === self || move.claim?.account === this.#chain.wallet }
  }

  /** Whether the head is what stands at the court, moves included; without a dispute: whether it can be taken there. */
  follows (): boolean {
    const { state: { head }, view, moves } = this.#coordinator
    if (view.phase === 'dispute') return head?.hash === view.recorded?.hash
    const recorded = recordedSlot(view)
    return head?.kind === 'breakpoint' && moves.followed.length === 0 && (recorded === undefined || compareSlots(head.slot, recorded) >= 0)
  }

  /** The environment of the next move at this time. */
  environment (nowSec: bigint): Environment | undefined {
    const { state: { head }, headTimeSec } = this.#coordinator
    return head === undefined ? undefined : { nonce: head.slot.nonce + 1n, parent: head.hash, timestampSec: nowSec > headTimeSec ? nowSec : headTimeSec }
  }

  /** How the own input would fare at this time; undefined: none waits. */
  async ownInput (nowSec: bigint): Promise<OwnInput | undefined> {
    const { input } = this
    const { machine } = this.#coordinator.parts.execution
    const environment = this.environment(nowSec)
    if (input === undefined || machine === undefined || environment === undefined) return undefined
    const after = machine.fork()
    const prepared = await after.prepare({ ...environment, inputs: [input] })
    const { skipped: [skipped], receipts: [receipt] } = prepared
    if (skipped !== undefined || receipt === undefined) return { does: 'not fit', reason: skipped?.message ?? 'it is not included' }
    if (!receipt.success) return { does: 'reverts', reason: receipt.reason ?? 'it reverts' }
    after.commit(prepared)
    // Anybody could have it dropped, and this player's time bank with it.
    return await this.#canSettle(after, input.player, environment) ? { does: 'moves' } : { does: 'reverts', reason: 'it leaves a state that cannot be settled' }
  }

  /** Whether the settlement function succeeds on the state that a move of `mover` under `environment` has left, as it must (§8). */
  async #canSettle (after: Machine, mover: number, { nonce, timestampSec }: Environment): Promise<boolean> {
    const { context } = this.#coordinator.parts
    const wallet = context.terms.players[mover]
    if (wallet === undefined || !hasSettlement(context.terms.settlement)) return true
    // PREVRANDAO, the hash of a breakpoint that is not there yet, is no randomness: what depends on it is the author's fault.
    const environment = { nonce: nonce + 1n, parent: this.#coordinator.state.head?.hash ?? NO_PARENT, timestampSec: timestampSec + context.terms.windowSec }
    const { outcome } = await after.after(after.settlement(wallet), environment)
    return outcome.success
  }

  /** The own move whose judgement goes on: as this node signed it, or as the chain has it from another process of the same player. */
  async begun (): Promise<BegunMove | undefined> {
    const { state: { self }, view, parts } = this.#coordinator
    const judging = self === undefined ? undefined : view.judging[self]
    if (judging === undefined || judging.on !== view.recorded?.hash) return undefined
    if (judging.move !== undefined) return judging.move
    const force = await parts.records.force()
    return force?.parent === judging.on && force.dispute === view.dispute?.number ? force : undefined
  }

  /** Whether the settlement function succeeds on what another player's move has left. */
  async #lastSettles (): Promise<boolean | undefined> {
    const { state: { head, self }, view, parts: { context, execution } } = this.#coordinator
    const last = openMoves(view).at(-1)
    if (last === undefined || last.player === self || !hasSettlement(context.terms.settlement)) return undefined
    if (head?.hash !== last.hash || execution.machine === undefined) return undefined
    if (this.#settles?.tip !== last.hash) {
      const settles = await this.#canSettle(execution.machine, last.player, { nonce: head.slot.nonce, timestampSec: last.breakpoint.timestampSec, parent: last.hash })
      this.#settles = { tip: last.hash, settles }
    }
    return this.#settles.settles
  }

  async #bank (nowSec: bigint): Promise<Situation['bankSec']> {
    const { state: { self }, view, thread, parts: { context: { terms } } } = this.#coordinator
    if (self === undefined || view.dispute === undefined || this.input === undefined) return undefined
    const { usedSec } = await this.#chain.lineage(thread)
    const elapsed = nowSec - (view.dispute.endsAtSec - terms.windowSec)
    const least = leastChargeSec(terms)
    return { left: terms.timeBankSec - (usedSec[self] ?? 0n), charge: elapsed > least ? elapsed : least }
  }
}

/** How long each player's node lets the one before it go first. */
function staggerOf (windowSec: bigint): bigint {
  return windowSec / 32n + 1n
}

function hasSettlement (selector: Hex): boolean {
  return BigInt(selector) !== 0n
}
