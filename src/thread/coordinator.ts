/**
 * One thread on one node: feeds the pure agreement with what happens and carries out what it decides. All state changes run one after another under the
 * thread's lock; what a step writes is one atomic, synced batch, and only after it is on disk does anything leave the node or reach a subscriber.
 * (A signed input leaves before: it commits nothing.) What is done on the clock is in `duties.ts`, catching up in `catch-up.ts`.
 */
import { sign } from '../protocol/crypto.js'
import { inputsRoot, type InputContext } from '../protocol/input.js'
import { compareSlots, slotText } from '../protocol/slot.js'
import { payeesOf, potOf, scaleOf } from '../protocol/terms.js'
import { digestOf, toldDigest } from '../protocol/typed-data.js'
import type { CloseCertificate, Hash32, Input, Signature, Slot } from '../protocol/types.js'
import { encodeMessage } from '../protocol/wire.js'
import { bytesToHex } from '../protocol/bytes.js'
import { ThreadsError } from '../errors.js'
import { isOfUse, openParent, openProposer, openSlot, slotSignedBy, transition, type Agreement, type AgreementEvent, type Content, type Effect } from './agreement.js'
import { breakpointBody, closeBody, NO_PARENT, type Body, type BreakpointBody, type CloseBody } from './body.js'
import { isOver, type ChainView } from './chain-view.js'
import type { Closable, Closing } from './closing.js'
import type { ThreadEvent } from './events.js'
import type { Executed, Execution } from './execution.js'
import type { Idles } from './idles.js'
import { openMessage, type Arrival } from './inbox.js'
import type { Journal } from './journal.js'
import { closePayouts, fundsReceipts } from './payouts.js'
import type { InputPool } from './pool.js'
import type { ClockPort, NetworkPort, Receipt, RemotePeer, Verdict } from './ports.js'
import { Moves } from './moves.js'
import { NOT_ASKED, NOT_EXECUTED, NOT_YET, problemAfter, problemBefore, RECONSIDER_MS, type Problem } from './judgement.js'
import type { Evidence, ThreadRecords } from './records.js'
import { closeMessages, contentMessage, contentMessages } from './slot-messages.js'
import { Steps } from './steps.js'

/** What a coordinator works with; see `recovery.ts` for where it comes from. */
export type CoordinatorParts = {
  readonly context: InputContext
  readonly self: number | undefined
  readonly sessionKey: Uint8Array
  readonly records: ThreadRecords
  readonly journal: Journal
  readonly execution: Execution
  readonly pool: InputPool
  readonly closing: Closing
  readonly network: NetworkPort
  readonly clock: ClockPort
  readonly agreement: Agreement
  readonly view: ChainView
  readonly bodies: ReadonlyMap<Hash32, Body>
  readonly close: CloseCertificate | undefined
  /** What proposers have stated before. */
  readonly idles: Idles
  readonly emit: (event: ThreadEvent) => void
  readonly log: (level: 'debug' | 'info' | 'warn' | 'error', event: string, data: Record<string, unknown>) => void
}

/** A breakpoint of a dispute's epoch, signed by all, until the chain has confirmed it. */
export type Provisional = { readonly body: BreakpointBody, readonly signatures: readonly Signature[] }

/** Inputs of which it is remembered why they were dropped: whoever sent one may ask only afterwards. */
const MAX_REASONS = 64
/** So long an input waits for its proposer before others try whether it could be included at all. */
const TRIAL_MS = 2_000
/** Steps that may wait for the lock; more messages are ignored, re-sending recovers. */
const MAX_WAITING_STEPS = 4096

/** The coordinator of one thread. */
export class Coordinator extends Steps {
  readonly parts: CoordinatorParts
  /** Moves of an open dispute that are part of the head. */
  readonly moves = new Moves()
  #state: Agreement
  #view: ChainView
  #bodies: Map<Hash32, Body>
  readonly #executed = new Map<Hash32, Executed>()
  #provisional: Provisional | undefined
  #close: CloseCertificate | undefined
  readonly #evidence = new Set<string>()
  /** Own last input and the time that was sent along with it, so that its early execution is of use. */
  #hint: { readonly id: Hash32, readonly timestampSec: bigint } | undefined
  /** A proposal that cannot be judged yet, and when it is looked at again. */
  #held: { readonly content: Content, readonly fromMs: number } | undefined
  #slotOpenedMs: number
  #slotBytes = 0

  #behind: Slot | undefined

  constructor (parts: CoordinatorParts) {
    super(parts.context.thread, { store: parts.records.store, network: parts.network, clock: parts.clock, emit: parts.emit, log: parts.log })
    this.parts = parts
    this.#state = parts.agreement
    this.#view = parts.view
    this.#bodies = new Map(parts.bodies)
    this.#close = parts.close
    this.#slotOpenedMs = parts.clock.nowMs()
  }

  // ---------------------------------------------------------------- what others may look at

  get state (): Agreement { return this.#state }
  get view (): ChainView { return this.#view }
  get provisional (): Provisional | undefined { return this.#provisional }
  get close (): CloseCertificate | undefined { return this.#close }
  /** Whether certificates are on disk that are not in the head's line. Set after loading. */
  hasAside = false
  /** The transaction by which this node closed the thread. */
  closedBy: Receipt | undefined
  /** A slot that somebody else works on and that this node has not reached. */
  get behind (): Slot | undefined { return this.#behind }
  get slotOpenedMs (): number { return this.#slotOpenedMs }
  /** The content that is being agreed on. */
  get openBody (): Body | undefined { return this.#state.proposal === undefined ? undefined : this.#bodies.get(this.#state.proposal.hash) }

  /** Players who have signed the content under consideration. */
  signers (hash: Hash32): number[] {
    return [...this.#state.votes.get(hash)?.entries() ?? []].flatMap(([player, signature]) => signature === undefined ? [] : [player])
  }

  /** What the head says about a close; undefined before the first slot is complete. */
  closable (): Closable | undefined {
    const { head } = this.#state
    if (head === undefined) return undefined
    const { context, execution } = this.parts
    const payees = payeesOf(context.terms)
    const balances = payees.reduce((sum, payee) => sum + execution.balanceOf(payee) / scaleOf(context.terms), 0n)
    return {
      parent: head.hash,
      payouts: closePayouts(context.terms, account => execution.balanceOf(account), execution.exits),
      // Rounding each balance down to whole units loses less than one for each payee.
      complete: potOf(context.terms) - execution.exits.total - balances < BigInt(payees.length)
    }
  }

  protected override hasWork (): boolean {
    const state = this.#state
    if (state.mode !== 'signing' || openProposer(state) !== state.self || state.signed !== undefined) return false
    if (this.#view.phase !== 'active' && this.#view.phase !== 'dispute') return false
    return state.head === undefined || this.parts.pool.size > 0 || this.parts.closing.wishes(state.head.hash)
  }

  protected override async work (): Promise<void> { await this.apply({ type: 'ready' }) }

  // ---------------------------------------------------------------- messages

  /** Takes one gossip message; see {@link NetworkPort.follow}. */
  receive (bytes: Uint8Array, from: RemotePeer): Verdict {
    if (this.fault !== undefined || this.waiting > MAX_WAITING_STEPS || isOver(this.#view)) return 'ignore'
    let arrival: Arrival
    try {
      arrival = openMessage(bytes, {
        context: this.parts.context, isOfUse: content => isOfUse(this.#state, content), body: hash => this.#bodies.get(hash), known: leaf => this.parts.pool.get(leaf)
      })
    } catch (error) {
      return this.#refuse(error, from)
    }
    this.exclusive(() => this.#arrive(arrival, bytes, from)).catch((error: unknown) => {
      this.parts.log('warn', 'thread.step', { thread: this.thread, kind: arrival.kind, error: error instanceof Error ? error.message : String(error) })
    })
    return 'accept'
  }

  #refuse (error: unknown, from: RemotePeer): Verdict {
    if (!(error instanceof ThreadsError) || error.peerFault === undefined) throw error
    this.parts.log('debug', 'thread.refused', { thread: this.thread, code: error.code, peer: from.id, message: error.message })
    this.#dropped.set(error.code, (this.#dropped.get(error.code) ?? 0) + 1)
    return error.peerFault
  }

  readonly #dropped = new Map<string, number>()
  /** Messages that were not accepted, by code. */
  get dropped (): ReadonlyMap<string, number> { return this.#dropped }

  async #arrive (arrival: Arrival, bytes: Uint8Array, from: RemotePeer): Promise<void> {
    switch (arrival.kind) {
      case 'input': return this.#arriveInput(arrival.input, arrival.timestampHintSec, bytes.length)
      case 'content': return await this.#arriveContent(arrival.body, arrival.signature, bytes)
      case 'elsewhere': return await this.#elsewhere(arrival.slot)
      case 'ack': return await this.#arriveAck(arrival, bytes.length)
      case 'idle': return this.parts.idles.state(arrival.signer, arrival, openSlot(this.#state))
      case 'closeRequest': return this.#arriveCloseRequest(arrival.asker, arrival.parent, arrival.payouts)
      case 'plan': return this.#arrivePlan(arrival, from)
      case 'ask': return this.#answer(arrival.asker, arrival.challenge, from)
      case 'told': return await this.onTold?.(arrival)
    }
  }

  /** Set by the duties: an answer to our own Ask. */
  onTold: ((told: Arrival & { kind: 'told' }) => Promise<void>) | undefined

  #arriveInput (input: Input, hintSec: bigint, bytes: number): void {
    const { pool, execution } = this.parts
    if (pool.add(input, execution.nonceOf(input.player)) !== 'added') return
    this.#slotBytes += bytes
    this.tell({ type: 'input', input })
    // Early execution: the proposer has sent its input before executing it; both execute at once (a wrong guess costs time only).
    const { head, proposal } = this.#state
    const isNext = input.tx.nonce === execution.nonceOf(input.player)
    if (head === undefined || proposal !== undefined || pool.size !== 1 || !isNext) return
    if (input.player !== openProposer(this.#state) || input.player === this.#state.self) return
    execution.begin({ nonce: openSlot(this.#state).nonce, parent: head.hash, timestampSec: hintSec, inputs: [input] })
  }

  async #arriveContent (body: Body, signature: Signature, bytes: Uint8Array): Promise<void> {
    const { content } = body
    if (compareSlots(content.slot, openSlot(this.#state)) !== 0) return await this.#elsewhere(content.slot)
    // What the agreement would not take is not kept either: each is half a megabyte, and a player can sign any number of them.
    if (!isOfUse(this.#state, content)) return
    const { proposal } = this.#state
    this.#bodies.set(content.hash, body)
    if (proposal === undefined) {
      this.#slotOpenedMs = this.parts.clock.nowMs()
      this.#tellProposal(body, bytes.length)
    }
    this.#slotBytes += bytes.length
    await this.apply({ type: 'proposal', content, signature })
  }

  async #elsewhere (slot: Slot): Promise<void> {
    const content: Content = { kind: 'breakpoint', slot, hash: NO_PARENT, parent: NO_PARENT, proposer: 0, next: 0 }
    if (compareSlots(slot, openSlot(this.#state)) !== 0) await this.apply({ type: 'proposal', content, signature: new Uint8Array(65) })
  }

  async #arriveAck (ack: Arrival & { kind: 'ack' }, bytes: number): Promise<void> {
    const isNew = this.#state.votes.get(ack.hash)?.[ack.signer] === undefined
    const wasOpen = compareSlots(ack.slot, openSlot(this.#state)) === 0
    if (wasOpen && isNew) {
      this.#slotBytes += bytes
      const signed = [...this.signers(ack.hash), ack.signer].sort((a, b) => a - b)
      this.tell({ type: 'ack', slot: ack.slot, hash: ack.hash, signer: ack.signer, signed, of: this.#state.players })
    }
    await this.apply({ type: 'ack', slot: ack.slot, hash: ack.hash, signer: ack.signer, signature: ack.signature })
  }

  #arriveCloseRequest (asker: number, parent: Hash32, payouts: readonly bigint[]): void {
    const head = this.closable()
    if (head === undefined || asker === this.#state.self) return
    if (this.parts.closing.asked(asker, parent, payouts, head)) this.parts.log('info', 'thread.close.agreed', { thread: this.thread, asker })
  }

  #arrivePlan (plan: Arrival & { kind: 'plan' }, from: RemotePeer): void {
    const { head, proposal } = this.#state
    const key = this.parts.context.terms.sessionKeys[openProposer(this.#state)]
    if (head === undefined || proposal !== undefined || plan.parent !== head.hash || from.sessionKey !== key) return
    const inputs = plan.ids.map(id => this.parts.pool.byId(id)).filter((input): input is Input => input !== undefined)
    if (inputs.length !== plan.ids.length || inputs.length === 0) return
    this.parts.execution.begin({ nonce: openSlot(this.#state).nonce, parent: head.hash, timestampSec: plan.timestampSec, inputs })
  }

  readonly #answeredMs = new Map<number, number>()
  #answer (asker: number, challenge: Hash32, from: RemotePeer): void {
    const { self } = this.#state
    const now = this.parts.clock.nowMs()
    // Unsigned questions must not buy signatures without limit; nor may strangers' questions in a player's name use up what it gets itself.
    const account = from.sessionKey === this.parts.context.terms.sessionKeys[asker] ? asker : -1 - asker
    if (self === undefined || asker === self || now - (this.#answeredMs.get(account) ?? 0) < 50) return
    this.#answeredMs.set(account, now)
    const slot = slotSignedBy(this.#state, asker)
    const told = { thread: this.thread, asker, challenge, slot }
    const signature = sign(toldDigest(told, this.parts.context.domain), this.parts.sessionKey)
    this.send(encodeMessage({ kind: 'told', attempt: this.#attempt(), ...told, signer: self, signature }))
  }

  // ---------------------------------------------------------------- the agreement's effects

  /** Gives the agreement an event and does what it decides. Only under the lock. */
  async apply (event: AgreementEvent): Promise<void> {
    const { state, effects } = transition(this.#state, event)
    this.#state = state
    for (const effect of effects) await this.#perform(effect)
  }

  async #perform (effect: Effect): Promise<void> {
    switch (effect.type) {
      case 'build': return await this.apply({ type: 'built', content: await this.#build() })
      case 'verify': return await this.#verify(effect.content)
      case 'sign': return await this.#sign(effect.content)
      case 'send': return this.#sendOwn(effect.content, effect.message)
      case 'complete': return this.#complete(effect.content, effect.signatures)
      case 'resume': return this.#becomeProvisional(effect.content, effect.signatures)
      case 'void': return this.#forgetProvisional(effect.content)
      case 'evidence': return this.#keepEvidence(effect)
      case 'sync': this.#behind = effect.slot; return
      case 'help': return this.#help(effect.slot)
      case 'claimed': {
        this.warn('SIGNATURE_CLAIMED', `player ${effect.player} says that slot ${slotText(effect.slot)} bears this node's signature, and the journal does not know it: nothing is signed with the others until it is shown`, { player: effect.player, slot: slotText(effect.slot) })
        return
      }
      case 'restored': {
        this.warn('THREAD_OLD_COPY', `slot ${slotText(effect.slot)} bears this node's signature, but its journal does not know it: this is an old copy of the data, and the node only watches`, { slot: slotText(effect.slot) })
      }
    }
  }

  /** For what may have been sent before: gossip drops the bytes that it has seen, and one answer each 50 ms is enough. */
  #attempt (): number { return Math.floor(this.parts.clock.nowMs() / 50) % 0xffff_ffff }

  #sentHash: Hash32 | undefined
  #sendOwn (content: Content, kind: 'proposal' | 'ack'): void {
    const isAgain = this.#sentHash === content.hash
    this.#sentHash = content.hash
    this.send(this.message(content, kind, isAgain ? this.#attempt() : 0))
  }

  /** What to propose in the open slot. */
  async #build (): Promise<Content | undefined> {
    const { context, pool, execution } = this.parts
    const { terms } = context
    const { self, head } = this.#state
    if (self === undefined) return undefined
    const slot = openSlot(this.#state)
    const parent = openParent(this.#state) ?? NO_PARENT
    const closable = this.closable()
    const payouts = closable === undefined ? undefined : this.parts.closing.agreed(closable)
    if (payouts !== undefined) return this.#hold(closeBody({ thread: this.thread, ...slot, parent, payouts }, self))
    const inputs = head === undefined ? [] : pool.batch(player => execution.nonceOf(player))
    if (head !== undefined && inputs.length === 0) return undefined
    const timestampSec = this.#proposalTime(inputs)
    if (inputs.length > 1 || (inputs[0] !== undefined && inputs[0].id !== this.#hint?.id)) {
      this.publish(encodeMessage({ kind: 'plan', attempt: 0, thread: this.thread, parent, timestampSec, ids: inputs.map(input => input.id) }))
    }
    const executed = await this.#tryExecute({ nonce: slot.nonce, parent, timestampSec, inputs })
    if (executed === undefined) return undefined
    for (const { input, code, message } of executed.skipped) this.#drop(input, code, message)
    if (head !== undefined && executed.included.length === 0) return undefined
    const breakpoint = { thread: this.thread, ...slot, parent, stateRoot: executed.root, inputsRoot: inputsRoot(executed.included), timestampSec }
    const body = breakpointBody(breakpoint, executed.included, self, terms.players.length)
    this.#executed.set(body.content.hash, executed)
    return this.#hold(body)
  }

  #hold (body: Body): Content {
    this.#bodies.set(body.content.hash, body)
    this.#slotOpenedMs = this.parts.clock.nowMs()
    return body.content
  }

  async #tryExecute (work: Parameters<Execution['execute']>[0]): Promise<Executed | undefined> {
    try {
      const executed = await this.parts.execution.execute(work)
      if (this.#failedWith !== undefined) this.calm(this.#failedWith)
      return executed
    } catch (error) {
      if (!(error instanceof ThreadsError)) throw error
      this.#failedWith = error.code
      this.warn(error.code, error.message, { ...error.data })
      return undefined
    }
  }
  #failedWith: string | undefined

  /** Never back, never before what this node has stated to be idle time. */
  #proposalTime (inputs: readonly Input[]): bigint {
    const only = inputs.length === 1 && inputs[0]?.id === this.#hint?.id ? this.#hint?.timestampSec : undefined
    return this.floorTime(only ?? BigInt(Math.floor(this.parts.clock.nowMs() / 1000)))
  }

  /** The given time, or the earliest that the open slot allows. */
  floorTime (timeSec: bigint): bigint {
    const idle = this.parts.journal.idleUntil(openSlot(this.#state))
    const least = this.#headTime > idle ? this.#headTime : idle
    return timeSec > least ? timeSec : least
  }

  #headTime = 0n
  /** Set after loading: the head's timestamp. */
  set headTimeSec (timeSec: bigint) { this.#headTime = timeSec }
  get headTimeSec (): bigint { return this.#headTime }

  /** Own next input, when the proposer can only skip it: it would block all that come after it, and nobody else says so. */
  #dropHopeless (): void {
    const { pool, execution } = this.parts
    const { self } = this.#state
    const next = self === undefined ? undefined : pool.of(self)[0]
    const why = next === undefined ? undefined : execution.whyNot(next)
    if (next !== undefined && why !== undefined) this.#drop(next, why.code, why.message)
  }

  /**
   * Tries an input where another player proposes, who could only skip it in silence: what a run alone shows of it (§9) is said here, and it is no reason to wait for that
   * player. The thread does not wait for the trial; who proposes itself finds out as it builds.
   */
  #tryInput (input: Input | undefined): void {
    const { pool, execution, log } = this.parts
    const { head, self } = this.#state
    if (head === undefined || input === undefined || openProposer(this.#state) === self || input.tx.nonce !== execution.nonceOf(input.player)) return
    const timestampSec = this.floorTime(BigInt(Math.floor(this.parts.clock.nowMs() / 1000)))
    execution.whyUnfit({ nonce: openSlot(this.#state).nonce, parent: head.hash, timestampSec }, input).then(async why => {
      if (why === undefined || pool.get(input.leaf) === undefined) return
      await this.exclusive(async () => { await Promise.resolve(this.#drop(input, why.code, why.message)) })
    }).catch((error: unknown) => {
      log('debug', 'thread.trial', { thread: this.thread, input: input.id, error: error instanceof Error ? error.message : String(error) })
    })
  }

  #tryOwn (): void {
    const { self } = this.#state
    if (self !== undefined) this.#tryInput(this.parts.pool.of(self)[0])
  }

  /** Inputs that were tried on this head. */
  #tried: { readonly head: Hash32 | undefined, readonly leaves: Set<Hash32> } = { head: undefined, leaves: new Set() }
  /** What has waited for some time on this head is tried once, whoever sent it. */
  #tryWaiting (): void {
    const { parts: { pool, execution, context, clock } } = this
    const { head, proposal } = this.#state
    if (proposal !== undefined || clock.nowMs() < this.#slotOpenedMs + TRIAL_MS) return
    if (this.#tried.head !== head?.hash) this.#tried = { head: head?.hash, leaves: new Set() }
    for (const player of context.terms.players.keys()) {
      const next = pool.of(player).find(({ tx }) => tx.nonce === execution.nonceOf(player))
      if (next === undefined || this.#tried.leaves.has(next.leaf)) continue
      this.#tried.leaves.add(next.leaf)
      this.#tryInput(next)
    }
  }

  readonly #reasons = new Map<Hash32, { readonly code: string, readonly message: string }>()
  /** Why an input was dropped, by its id; undefined: it was not, or long ago. */
  whyDropped (input: Hash32): { readonly code: string, readonly message: string } | undefined { return this.#reasons.get(input) }

  #drop (input: Input, code: string, message: string): void {
    // Its turn comes in a later batch.
    if (code === 'BATCH_GAS' || (code === 'NONCE' && input.tx.nonce > this.parts.execution.nonceOf(input.player))) return
    this.parts.pool.remove(input)
    if (input.player === this.#state.self) this.write(this.parts.records.deleteOwnInput(input.tx.nonce))
    this.#reasons.set(input.id, { code, message })
    for (const oldest of this.#reasons.keys()) if (this.#reasons.size > MAX_REASONS) this.#reasons.delete(oldest)
    this.tell({ type: 'dropped', input, code, message })
  }

  async #verify (content: Content): Promise<void> {
    const body = this.#bodies.get(content.hash)
    if (body === undefined) return
    const problem = body.kind === 'close' ? this.#closeProblem(body.close) : await this.#breakpointProblem(body)
    if (problem !== undefined && problem !== NOT_YET) {
      const { why } = problem
      this.warn('PROPOSAL_REFUSED', `slot ${slotText(content.slot)}: ${why}`, { hash: content.hash, proposer: content.proposer })
    }
    if (problem?.passes === true) {
      this.#held = { content, fromMs: this.parts.clock.nowMs() + (problem === NOT_YET ? 0 : RECONSIDER_MS) }
      return
    }
    if (problem === undefined) this.calm('PROPOSAL_REFUSED')
    await this.apply({ type: 'verified', hash: content.hash, good: problem === undefined })
  }

  /** Proposals whose time has come are looked at again, and inputs that wait. Called by the clock. */
  async reconsider (): Promise<void> {
    this.#tryWaiting()
    const held = this.#held
    if (held === undefined || this.parts.clock.nowMs() < held.fromMs) return
    this.#held = undefined
    if (held.content.hash === this.#state.proposal?.hash) await this.#verify(held.content)
  }

  #closeProblem (close: { readonly parent: Hash32, readonly payouts: readonly bigint[] }): Problem | undefined {
    const head = this.closable()
    if (this.#state.self === undefined || this.#state.signed !== undefined) return undefined
    // INVARIANT: nobody signs away what the receipts of a state are for.
    const { execution, context } = this.parts
    return head !== undefined && this.parts.closing.accepts(close.parent, close.payouts, head) && fundsReceipts(context.terms, close.payouts, execution.exits) ? undefined : NOT_ASKED
  }

  async #breakpointProblem (body: BreakpointBody): Promise<Problem | undefined> {
    const { breakpoint, inputs, content } = body
    const problem = problemBefore(body, {
      parent: openParent(this.#state) ?? NO_PARENT, isFirst: this.#state.head === undefined, parentTimeSec: this.#headTime,
      nowSec: BigInt(Math.floor(this.parts.clock.nowMs() / 1000)), idle: this.parts.idles.of(content.proposer)
    })
    if (problem !== undefined) return problem
    const executed = await this.#tryExecute({ nonce: content.slot.nonce, parent: breakpoint.parent, timestampSec: breakpoint.timestampSec, inputs })
    if (executed === undefined) return NOT_EXECUTED
    const after = problemAfter(body, executed)
    if (after === undefined) this.#executed.set(content.hash, executed)
    return after
  }

  async #sign (content: Content): Promise<void> {
    const { journal, records, sessionKey, context } = this.parts
    const body = this.#bodies.get(content.hash)
    // INVARIANT: one content a slot, ever: the agreement has checked it, the journal checks it again.
    if (body === undefined || !journal.allows(content.slot)) return
    this.write(...journal.enter({ kind: content.kind, slot: content.slot, hash: content.hash }))
    const signature = sign(digestOf(content.hash, context.domain), sessionKey)
    const proposerSignature = content.proposer === this.#state.self ? signature : this.#state.votes.get(content.hash)?.[content.proposer]
    if (proposerSignature === undefined) throw new ThreadsError('THREAD_INTERNAL', 'a proposal without its proposer\'s signature')
    const message = contentMessage(this.thread, body, proposerSignature, 0)
    this.write(records.putOpen(message))
    if (content.proposer === this.#state.self) this.#tellProposal(body, message.length)
    await this.apply({ type: 'signed', content, signature })
  }

  #tellProposal (body: Body, bytes: number): void {
    const { kind, slot, hash, proposer } = body.content
    this.tell({ type: 'proposal', kind, slot, hash, proposer, inputs: body.kind === 'breakpoint' ? body.inputs.map(input => input.id) : [], bytes })
  }

  /** Own proposal or acknowledgement as bytes. `attempt` above 0: sent again. */
  message (content: Content, kind: 'proposal' | 'ack', attempt = 0): Uint8Array {
    const { self } = this.#state
    const { sessionKey, context } = this.parts
    if (self === undefined) throw new ThreadsError('THREAD_INTERNAL', 'an observer signs nothing')
    // Signatures are deterministic (RFC 6979): made again, these are the bytes that were signed before.
    const signature = this.#state.votes.get(content.hash)?.[self] ?? sign(digestOf(content.hash, context.domain), sessionKey)
    const body = this.#bodies.get(content.hash)
    const bytes = kind === 'proposal' && body !== undefined
      ? contentMessage(this.thread, body, signature, attempt)
      : encodeMessage({ kind: 'ack', attempt, thread: this.thread, ...content.slot, hash: content.hash, signer: self, signature })
    if (attempt === 0) this.#slotBytes += bytes.length
    return bytes
  }

  /** What this node knows of the open slot, as messages: for a peer that has missed them. */
  openMessages (): Uint8Array[] {
    const { thread } = this
    if (this.#close !== undefined) return closeMessages(thread, this.#close, (this.#state.provisional ?? this.#state.head)?.proposer ?? 0)
    const inputs = this.parts.pool.first(16).map(input => encodeMessage({ kind: 'input', attempt: 0, thread, timestampHintSec: this.#headTime, input }))
    const body = this.openBody
    return body === undefined ? inputs : [...inputs, ...contentMessages(thread, body, this.#state.votes.get(body.content.hash) ?? [])]
  }

  #complete (content: Content, given: readonly Signature[]): void {
    const held = this.#provisional?.body.content.hash === content.hash ? this.#provisional : undefined
    const body = this.#bodies.get(content.hash) ?? held?.body
    const signatures = given.length > 0 ? given : held?.signatures ?? []
    if (body === undefined) throw new ThreadsError('THREAD_INTERNAL', 'a complete slot without its content')
    const { records, closing } = this.parts
    if (body.kind === 'close') {
      this.#keepClose(body, signatures)
      closing.forget()
    } else {
      this.#commit(body, signatures)
      if (held !== undefined) this.write(records.deleteProvisional())
      this.#provisional = undefined
    }
    this.write(records.deleteOpen())
    this.#bodies = new Map()
    this.#executed.clear()
    this.#held = undefined
    this.#slotBytes = 0
    this.#slotOpenedMs = this.parts.clock.nowMs()
    this.calm('PROPOSAL_REFUSED')
    this.calm('THREAD_WAITING')
    this.calm('SIGNED_CONTENT_LOST')
  }

  #commit (body: BreakpointBody, signatures: readonly Signature[]): void {
    const { records, pool, execution } = this.parts
    const { hash } = body.content
    const executed = this.#executed.get(hash)
    if (executed === undefined) throw new ThreadsError('THREAD_INTERNAL', 'a complete slot that was not executed')
    const certificate = { breakpoint: body.breakpoint, signatures: [...signatures], inputs: [...body.inputs] }
    this.write(...records.putCertificate(certificate, hash, body.inputs, executed.receipts), ...records.putExecuted(executed))
    executed.commit()
    this.#headTime = body.breakpoint.timestampSec
    for (const input of body.inputs) {
      pool.remove(input)
      if (input.player === this.#state.self) this.write(records.deleteOwnInput(input.tx.nonce))
    }
    for (const input of pool.prune(player => execution.nonceOf(player))) this.#drop(input, 'NONCE', 'another input of this nonce was included')
    this.#dropHopeless()
    this.#tryOwn()
    if (this.#behind !== undefined && compareSlots(this.#behind, openSlot(this.#state)) <= 0) this.#behind = undefined
    this.tell({
      type: 'breakpoint', breakpoint: body.breakpoint, hash, signatures, inputs: body.inputs, receipts: executed.receipts,
      elapsedMs: this.parts.clock.nowMs() - this.#slotOpenedMs, bytes: this.#slotBytes
    })
  }

  #becomeProvisional (content: Content, signatures: readonly Signature[]): void {
    // After a restart it is there already.
    if (this.#provisional?.body.content.hash === content.hash || this.#close?.hash === content.hash) return
    const body = this.#bodies.get(content.hash)
    if (body === undefined) throw new ThreadsError('THREAD_INTERNAL', 'a complete slot without its content')
    if (body.kind === 'close') return this.#keepClose(body, signatures)
    this.#provisional = { body, signatures }
    this.write(this.parts.records.putProvisional({ breakpoint: body.breakpoint, signatures: [...signatures], inputs: [...body.inputs] }))
  }

  #keepClose (body: CloseBody, signatures: readonly Signature[]): void {
    this.#close = { close: body.close, hash: body.content.hash, signatures }
    this.write(this.parts.records.putClose(this.#close))
    this.tell({ type: 'close', close: body.close, signatures })
  }

  /** The dispute's number rose: what was signed in its epoch is worth nothing. */
  #forgetProvisional (content: Content): void {
    const { records } = this.parts
    this.#provisional = undefined
    this.write(records.deleteProvisional())
    if (content.kind === 'breakpoint') return
    this.#close = undefined
    this.write(records.deleteClose())
  }

  #keepEvidence (effect: Effect & { type: 'evidence' }): void {
    const key = `${slotText(effect.first.slot)}/${effect.signer}`
    if (this.#evidence.has(key)) return
    this.#evidence.add(key)
    const contents = [effect.first, effect.second].map((content, index) => {
      const body = this.#bodies.get(content.hash)
      const proposerSignature = this.#state.votes.get(content.hash)?.[content.proposer]
      const message = body === undefined || proposerSignature === undefined ? undefined : bytesToHex(contentMessage(this.thread, body, proposerSignature, 0))
      return { hash: content.hash, kind: content.kind, signature: bytesToHex(effect.signatures[index] ?? new Uint8Array(0)), message }
    })
    const evidence: Evidence = { slot: effect.first.slot, signer: effect.signer, foundMs: this.parts.clock.nowMs(), contents }
    this.write(this.parts.records.putEvidence(evidence))
    this.tell({ type: 'evidence', evidence })
    this.warn('PEER_EQUIVOCATED', `player ${effect.signer} signed two contents of slot ${slotText(effect.first.slot)}`, { signer: effect.signer })
  }

  #helpedMs = 0
  /** Somebody still works on a slot that is complete here: our acknowledgement of it is missing there. */
  #help (slot: Slot): void {
    const { head, self, agreed } = this.#state
    const now = this.parts.clock.nowMs()
    // INVARIANT: a head that was forced bears no signature of ours, and must get none: its slot may be signed otherwise.
    if (head === undefined || self === undefined || agreed === undefined || compareSlots(agreed, head.slot) !== 0 || compareSlots(slot, head.slot) !== 0 || now - this.#helpedMs < 100) return
    this.#helpedMs = now
    this.send(this.message(head, 'ack', now % 0xffff_ffff))
  }

  // ---------------------------------------------------------------- what the user and the chain bring

  /** Enters an own input, already verified; it leaves at once. @throws `INPUT_QUEUE_FULL`, `INPUT_STALE_NONCE`, `INPUT_DROPPED`. */
  async submit (input: Input, message: Uint8Array, hintSec: bigint): Promise<void> {
    const { pool, execution, records } = this.parts
    const why = execution.whyNot(input)
    if (why !== undefined) throw new ThreadsError('INPUT_DROPPED', `the input cannot be included: ${why.message}`, { data: { input: input.id, code: why.code } })
    const answer = pool.add(input, execution.nonceOf(input.player))
    if (answer === 'full') throw new ThreadsError('INPUT_QUEUE_FULL', 'too many inputs wait for a breakpoint', { data: { waiting: pool.size } })
    if (answer === 'stale' || answer === 'replaced') throw new ThreadsError('INPUT_STALE_NONCE', `nonce ${input.tx.nonce} is used already`, { data: { nonce: input.tx.nonce.toString() } })
    if (answer === 'known') return
    // Early send: before it is executed, and before it is on disk. A signed input commits nothing.
    this.publish(message)
    this.#reasons.delete(input.id)
    this.#hint = { id: input.id, timestampSec: hintSec }
    this.#slotBytes += message.length
    this.keep(records.putOwnInput(input))
    this.tell({ type: 'input', input })
    this.#tryOwn()
    await Promise.resolve()
  }

  /** Takes a certificate that is complete elsewhere: from a peer or from the chain. Its signatures are verified already. @returns whether it is the head now. */
  async adopt (body: BreakpointBody, signatures: readonly Signature[]): Promise<boolean> {
    const { content } = body
    // Until the court has spoken nothing follows a provisional content: to take it again would change nothing, and whoever asks goes on asking.
    if (this.state.provisional !== undefined) return false
    if (body.breakpoint.parent !== (openParent(this.#state) ?? NO_PARENT) || content.slot.nonce !== openSlot(this.#state).nonce) return false
    const executed = await this.#tryExecute({ nonce: content.slot.nonce, parent: body.breakpoint.parent, timestampSec: body.breakpoint.timestampSec, inputs: body.inputs })
    if (executed === undefined || executed.root !== body.breakpoint.stateRoot || executed.skipped.length > 0) {
      // SAFETY: all players have signed what this node's machine does not reproduce: it must not go on as if it had.
      this.warn('CERTIFICATE_UNREPRODUCED', `slot ${slotText(content.slot)} is signed by all, but executing it here gives another state`, { hash: content.hash })
      return false
    }
    this.#executed.set(content.hash, executed)
    this.#bodies.set(content.hash, body)
    await this.apply({ type: 'certificate', content, signatures })
    return this.#state.head?.hash === content.hash || this.#state.provisional?.hash === content.hash
  }

  /** A dispute is about to close the open slot: what this node has signed in it is kept, for the others may complete it without us and show it to the court. */
  keepSigned (): void {
    const { signed, votes } = this.#state
    const body = signed === undefined ? undefined : this.#bodies.get(signed.hash)
    const first = signed === undefined ? undefined : votes.get(signed.hash)?.[signed.proposer]
    if (body !== undefined && first !== undefined) this.write(this.parts.records.putSigned(body.content.hash, contentMessage(this.thread, body, first, 0)))
  }

  /** Replaces the chain's view; the caller has written the event. */
  setView (view: ChainView): void { this.#view = view }

  /** After a restart: executes again what stands in the journal for the open slot, so that it can become complete. Only under the lock. */
  async reverify (): Promise<void> {
    const { proposal, verdict } = this.#state
    if (proposal !== undefined && verdict === 'pending') await this.#verify(proposal)
  }

  /** After a restart: what was provisional, and what evidence is known. */
  restore (options: { provisional: Provisional | undefined, executed: Executed | undefined, evidence: readonly Evidence[] }): void {
    this.#provisional = options.provisional
    if (options.provisional !== undefined && options.executed !== undefined) this.#executed.set(options.provisional.body.content.hash, options.executed)
    for (const evidence of options.evidence) this.#evidence.add(`${slotText(evidence.slot)}/${evidence.signer}`)
  }
}
