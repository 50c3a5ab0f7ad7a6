/**
 * What a coordinator does on the clock: asks what the others hold, sends again what is unanswered, says who is missing, and takes to the chain what has to go
 * there. Called every tick by the node; a tick that finds its predecessor still at work does nothing.
 */
import { asHash32, ZERO_ADDRESS } from '../protocol/bytes.js'
import { sign } from '../protocol/crypto.js'
import { slotText } from '../protocol/slot.js'
import { closeRequestDigest, idleDigest } from '../protocol/typed-data.js'
import type { Hash32 } from '../protocol/types.js'
import { encodeMessage } from '../protocol/wire.js'
import { ThreadsError } from '../errors.js'
import { maySign, openProposer, openSlot } from './agreement.js'
import { catchUpFrom } from './catch-up.js'
import { isOver } from './chain-view.js'
import { goOn, isToGoOn } from './continuing.js'
import type { Coordinator } from './coordinator.js'
import type { Desk } from './desk.js'
import { followMoves } from './following.js'
import type { ChainPort, RemotePeer } from './ports.js'
import { Resend } from './schedule.js'
import { Turns } from './turns.js'

/** What the user decides about a node's duties. */
export type DutyOptions = {
  /** After this long without progress the node says who is missing. */
  readonly patienceSec: number
  /** Act at the court though this node is no player: it is the thread's oracle. */
  readonly serves?: boolean | undefined
  /** Withdraw what a payout could not bring. */
  readonly autoDispute: boolean
  /** 32 random bytes: what makes the others' answers fresh. */
  readonly challenge: Uint8Array
}

/** How long another player than the proposer waits before it takes a common result to the chain itself. */
const SECOND_MS = 5_000
/** Pause after a chain action that failed. */
const CHAIN_RETRY_MS = 1_000
/** How often a dispute is looked at: so many times in a window, within these bounds. */
const LOOKS_IN_A_WINDOW = 200
const DESK_AT_LEAST_MS = 500
const DESK_AT_MOST_MS = 12_000
/** A step that fails is tried again after twice as long each time, up to this part of a window: it may have cost a judgement. */
const TRIES_IN_A_WINDOW = 32
/** How often the proposer states that it has proposed nothing. */
const IDLE_EVERY_MS = 10_000

/** The duties of one thread. */
export class Duties {
  /** What the node does at the court about this thread. */
  readonly desk: Desk
  readonly #coordinator: Coordinator
  readonly #chain: ChainPort
  readonly #options: DutyOptions
  readonly #challenge: Hash32
  readonly #asks = new Resend(200, 5_000)
  readonly #contents = new Resend(500, 10_000)
  readonly #inputs = new Resend(1_000, 10_000)
  readonly #closes = new Resend(500, 10_000)
  readonly #syncs = new Resend(1_000, 10_000)
  #askedOnce = false
  #closeKey = ''
  #idleMs: number
  #busy = false
  #chainBusy = false
  #chainPauseUntilMs = 0
  #syncing = false
  #syncKey = ''
  #pending: { key: string, sinceMs: number } | undefined
  #completeSinceMs: number | undefined
  #deskAtMs = 0
  #deskFailures = 0
  readonly #turns: Turns
  /** Whether the thread was not over when this node began to look after it. */
  #wasOpen: boolean

  constructor (coordinator: Coordinator, chain: ChainPort, desk: Desk, options: DutyOptions) {
    this.#coordinator = coordinator
    this.#chain = chain
    this.desk = desk
    this.#options = options
    this.#challenge = asHash32(options.challenge)
    this.#idleMs = coordinator.parts.clock.nowMs()
    this.#wasOpen = !isOver(coordinator.view)
    this.#turns = new Turns(coordinator, chain)
    coordinator.onTold = async told => {
      if (told.asker !== coordinator.state.self || told.challenge !== this.#challenge) return
      await coordinator.apply({ type: 'told', player: told.signer, slot: told.slot })
    }
  }

  /** A peer came (back): what waits for it is sent again at once. */
  hurry (): void {
    for (const resend of [this.#asks, this.#contents, this.#inputs, this.#closes, this.#syncs]) resend.hurry()
  }

  /** Whether nothing is under way and nothing falls due by itself: then the thread can rest on disk. */
  isIdle (): boolean {
    const { view, state } = this.#coordinator
    if (this.#busy || this.#chainBusy || this.#syncing || this.#pending !== undefined || isToGoOn(this.#coordinator)) return false
    const isCollected = state.self === undefined || !this.#wasOpen || !this.#options.autoDispute || view.phase === 'cancelled'
    return isOver(view) ? isCollected : this.desk.isAtRest()
  }

  /** Does what is due. Never throws: what fails is logged, shown as a warning and tried again. */
  async tick (): Promise<void> {
    if (this.#busy || this.#coordinator.fault !== undefined) return
    this.#busy = true
    try {
      await this.#network()
    } catch (error) {
      this.#coordinator.parts.log('warn', 'thread.duties', { thread: this.#coordinator.thread, error: error instanceof Error ? error.message : String(error) })
    } finally {
      this.#busy = false
    }
    void this.#chainDuties()
  }

  async #network (): Promise<void> {
    const { view } = this.#coordinator
    if (isOver(view)) { this.#coordinator.calm('THREAD_WAITING'); return }
    if (view.phase === 'opening') return
    this.#ask()
    await this.#resendContent()
    this.#resendInputs()
    await this.#requestClose()
    await this.#stateIdle()
    await goOn(this.#coordinator)
    this.#sync()
    this.#lookForMissing()
    await this.#coordinator.exclusive(async () => {
      await this.#coordinator.reconsider()
      await followMoves(this.#coordinator)
    })
  }

  /** A number that makes the same message new to gossip. */
  #attempt (): number { return Math.floor(this.#now() / 50) % 0xffff_ffff }
  #now (): number { return this.#coordinator.parts.clock.nowMs() }

  #ask (): void {
    const { state, thread } = this.#coordinator
    if (state.mode !== 'starting' || state.self === undefined || state.awaiting.length === 0) return
    if (!this.#asks.due('ask', this.#now()) && this.#askedOnce) return
    this.#askedOnce = true
    this.#coordinator.publish(encodeMessage({ kind: 'ask', attempt: this.#attempt(), thread, asker: state.self, challenge: this.#challenge }))
  }

  async #resendContent (): Promise<void> {
    const due = this.#coordinator.state.signed
    if (due === undefined || !this.#contents.due(due.hash, this.#now())) return
    // SAFETY: under the lock. A signature that was just made is in memory before it is on disk, and a slow disk may take longer than the first pause.
    await this.#coordinator.exclusive(async () => {
      const { signed, self } = this.#coordinator.state
      if (signed?.hash === due.hash) this.#coordinator.send(this.#coordinator.message(due, due.proposer === self ? 'proposal' : 'ack', this.#attempt()))
    })
  }

  #resendInputs (): void {
    const { state, parts, thread } = this.#coordinator
    if (state.self === undefined || state.mode === 'closing') return
    const own = parts.pool.of(state.self).slice(0, 32)
    if (own[0] === undefined || !this.#inputs.due(own[0].id, this.#now())) return
    const hint = this.#coordinator.floorTime(BigInt(Math.floor(this.#now() / 1000)))
    for (const input of own) {
      this.#coordinator.publish(encodeMessage({ kind: 'input', attempt: this.#attempt(), thread, timestampHintSec: hint, input }))
    }
  }

  async #requestClose (): Promise<void> {
    const { state, parts, thread } = this.#coordinator
    const head = this.#coordinator.closable()
    const payouts = head === undefined ? undefined : parts.closing.payouts(head)
    if (state.self === undefined || head === undefined || payouts === undefined || state.mode !== 'signing' || state.signed !== undefined) return
    const key = `${head.parent}/${payouts.join()}`
    const due = this.#closes.due(key, this.#now())
    if (key === this.#closeKey && !due) return
    this.#closeKey = key
    const asked = { parent: head.parent, payouts: [...payouts] }
    const request = { thread, ...asked }
    const signature = sign(closeRequestDigest(request, parts.context.domain), parts.sessionKey)
    await this.#coordinator.exclusive(async () => {
      // INVARIANT: on disk before it leaves. The proposer may sign what was asked for, and to refuse it then, after a restart, would block the slot.
      const all = parts.closing.ask(asked)
      if (all !== undefined) this.#coordinator.write(parts.records.putAsked(all))
      if (parts.closing.hasAsked(asked)) this.#coordinator.send(encodeMessage({ kind: 'closeRequest', attempt: this.#attempt(), ...request, asker: state.self ?? 0, signature }))
    })
  }

  /** The proposer of the open slot says, now and then, that it has proposed nothing yet (§6.4): it cannot date a proposal back then. */
  async #stateIdle (): Promise<void> {
    const { state, parts, thread } = this.#coordinator
    if (!maySign(state) || state.head === undefined || openProposer(state) !== state.self || this.#now() - this.#idleMs < IDLE_EVERY_MS) return
    this.#idleMs = this.#now()
    await this.#coordinator.exclusive(async () => {
      const now = this.#coordinator.state
      if (!maySign(now) || now.self === undefined || openProposer(now) !== now.self) return
      const slot = openSlot(now)
      const timestampSec = this.#coordinator.floorTime(BigInt(Math.floor(this.#now() / 1000)))
      const hash = asHash32(timeWord(timestampSec))
      this.#coordinator.write(...parts.journal.enter({ kind: 'idle', slot, hash }))
      const signature = sign(idleDigest({ thread, ...slot, timestampSec }, parts.context.domain), parts.sessionKey)
      this.#coordinator.send(encodeMessage({ kind: 'idle', attempt: this.#attempt(), thread, ...slot, timestampSec, signer: now.self, signature }))
    })
  }

  // ---------------------------------------------------------------- catching up

  #sync (): void {
    const { behind, state, parts, thread } = this.#coordinator
    if (this.#syncing) return
    const stuck = behind !== undefined || state.signed !== undefined || state.head === undefined || state.mode === 'watching'
    const key = behind === undefined ? `${stuck ? 'stuck' : 'well'} ${state.head?.hash ?? ''}` : `behind ${slotText(behind)}`
    const isNew = key !== this.#syncKey
    this.#syncKey = key
    // At once when somebody is seen to be ahead, else now and then: a slot that a liar makes up costs a question in a while, no more.
    if (!this.#syncs.due(key, this.#now()) && !(isNew && behind !== undefined)) return
    const peers = this.#helpers(parts.network.subscribers(thread))
    if (peers.length === 0) return
    this.#syncing = true
    void this.#syncFrom(peers).finally(() => { this.#syncing = false })
  }

  /** The players first: they are the ones who have what is missing. */
  #helpers (subscribers: readonly RemotePeer[]): RemotePeer[] {
    const keys = new Set(this.#coordinator.parts.context.terms.sessionKeys)
    const isPlayer = (peer: RemotePeer): boolean => peer.sessionKey !== undefined && keys.has(peer.sessionKey)
    return [...subscribers].sort((a, b) => Number(isPlayer(b)) - Number(isPlayer(a))).slice(0, 4)
  }

  async #syncFrom (peers: readonly RemotePeer[]): Promise<void> {
    for (const peer of peers) {
      try {
        const taken = await catchUpFrom(this.#coordinator, peer)
        if (taken > 0) this.#coordinator.parts.log('info', 'thread.caught-up', { thread: this.#coordinator.thread, breakpoints: taken, peer: peer.id })
        if (this.#coordinator.behind === undefined) return
      } catch (error) {
        this.#coordinator.parts.log('debug', 'thread.catch-up', { thread: this.#coordinator.thread, peer: peer.id, error: error instanceof Error ? error.message : String(error) })
      }
    }
  }

  // ---------------------------------------------------------------- patience

  #lookForMissing (): void {
    const { state, parts, view } = this.#coordinator
    const key = state.signed !== undefined ? `s${state.signed.hash}` : state.mode === 'starting' ? 'ask' : parts.pool.size > 0 ? `i${parts.pool.first(1)[0]?.id ?? ''}` : undefined
    if (key === undefined) { this.#pending = undefined; this.#coordinator.calm('THREAD_WAITING'); return }
    if (this.#pending?.key !== key) this.#pending = { key, sinceMs: this.#now() }
    if (this.#now() - this.#pending.sinceMs < this.#options.patienceSec * 1000) return
    const missing = this.missing()
    const slot = slotText(openSlot(state))
    this.#coordinator.warn('THREAD_WAITING', `slot ${slot} waits for player ${missing.join(', ')}${view.phase === 'dispute' ? '' : '; "advance" takes an own input to the chain'}`, { slot, missing })
  }

  /** The players without whom the next step does not happen. */
  missing (): number[] {
    const { state, parts, view } = this.#coordinator
    if (view.phase === 'opening') return view.joined.flatMap((joined, player) => joined ? [] : [player])
    if (state.mode === 'starting') return [...state.awaiting]
    if (state.proposal !== undefined) {
      const signed = new Set(this.#coordinator.signers(state.proposal.hash))
      return parts.context.terms.players.map((_, player) => player).filter(player => !signed.has(player))
    }
    return parts.pool.size > 0 || state.head === undefined ? [openProposer(state)] : []
  }

  // ---------------------------------------------------------------- the chain

  async #chainDuties (): Promise<void> {
    const { state, view } = this.#coordinator
    if (this.#chainBusy || this.#now() < this.#chainPauseUntilMs) return
    if (isOver(view)) return state.self === undefined ? undefined : await this.#withdraw()
    this.#chainBusy = true
    try {
      await this.#turns.look()
      if (this.#coordinator.fault !== undefined || (state.self === undefined && this.#options.serves !== true)) return
      // SAFETY: what goes to the chain bears our signature, so it is on disk first: whatever is in memory now is, when this step is done.
      await this.#coordinator.exclusive(async () => {})
      if (state.self !== undefined) {
        await this.#resume()
        await this.#close()
      }
      await this.#dispute()
      this.#coordinator.calm('CHAIN_ACTION_FAILED')
    } catch (error) {
      // Another coordinator goes on with it.
      if (this.#coordinator.fault !== undefined) return
      this.#chainPauseUntilMs = this.#now() + CHAIN_RETRY_MS
      const code = error instanceof ThreadsError ? error.code : 'INTERNAL'
      this.#coordinator.warn('CHAIN_ACTION_FAILED', `${code}: ${error instanceof Error ? error.message : String(error)}`)
    } finally {
      this.#chainBusy = false
    }
  }

  /** What a dispute asks for. Not at every tick: it asks the chain. */
  async #dispute (): Promise<void> {
    if (this.#now() < this.#deskAtMs || this.desk.isIdle()) return
    const windowMs = Number(this.#coordinator.view.terms.windowSec) * 1_000
    try {
      if (await this.desk.act()) this.#pauseForConfirmation()
      this.#deskFailures = 0
      this.#deskAtMs = this.#now() + Math.min(DESK_AT_MOST_MS, Math.max(DESK_AT_LEAST_MS, windowMs / LOOKS_IN_A_WINDOW))
    } catch (error) {
      this.#deskAtMs = this.#now() + Math.max(CHAIN_RETRY_MS, Math.min(CHAIN_RETRY_MS * 2 ** this.#deskFailures++, windowMs / TRIES_IN_A_WINDOW))
      throw error
    }
  }

  /** The thread ended while this node was there: what a payout could not bring is collected. */
  async #withdraw (): Promise<void> {
    const { view, parts } = this.#coordinator
    if (!this.#wasOpen || !this.#options.autoDispute || (view.phase !== 'settled' && view.phase !== 'closed')) return
    this.#wasOpen = false
    this.#chainBusy = true
    try {
      await this.desk.reclaim()
      // Bonds are in ether, whatever the thread's asset.
      for (const asset of new Set([view.terms.asset, ZERO_ADDRESS])) {
        if (await this.#chain.credit(asset, this.#chain.wallet) === 0n) continue
        parts.log('info', 'thread.withdraw', { thread: this.#coordinator.thread, asset, reason: 'a payout could not be pushed, or a wrong claim\'s bond has paid' })
        await this.#chain.withdraw(asset)
      }
    } catch (error) {
      this.#wasOpen = true
      this.#chainPauseUntilMs = this.#now() + CHAIN_RETRY_MS
      parts.log('warn', 'thread.withdraw-failed', { thread: this.#coordinator.thread, error: error instanceof Error ? error.message : String(error) })
    } finally {
      this.#chainBusy = false
    }
  }

  /** The first breakpoint of a dispute's epoch ends the dispute. */
  async #resume (): Promise<void> {
    const { provisional, view, parts } = this.#coordinator
    if (provisional === undefined || view.dispute?.number !== provisional.body.breakpoint.epoch || !this.#myTurn(provisional.body.content.proposer)) return
    await this.#chain.resume(parts.context.terms, { breakpoint: provisional.body.breakpoint, signatures: provisional.signatures })
    this.#pauseForConfirmation()
  }

  async #close (): Promise<void> {
    const { close, parts, state } = this.#coordinator
    if (close === undefined || !this.#myTurn((state.provisional ?? state.head)?.proposer ?? 0)) return
    this.#coordinator.closedBy = await this.#chain.close(parts.context.terms, close)
    this.#pauseForConfirmation()
  }

  /** The proposer goes to the chain at once, the others when it has not. */
  #myTurn (first: number): boolean {
    this.#completeSinceMs ??= this.#now()
    return first === this.#coordinator.state.self || this.#now() - this.#completeSinceMs > SECOND_MS
  }

  /** It is mined; what it changed shows when the follower has confirmed it. */
  #pauseForConfirmation (): void {
    this.#chainPauseUntilMs = this.#now() + CHAIN_RETRY_MS * 5
    this.#completeSinceMs = undefined
  }
}

function timeWord (timeSec: bigint): Uint8Array {
  const word = new Uint8Array(32)
  new DataView(word.buffer).setBigUint64(24, timeSec)
  return word
}
