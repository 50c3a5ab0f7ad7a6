/**
 * The n-of-n agreement of one thread as a pure function (README of `protocol/`, §6). It decides what is signed, sent and kept, and does
 * none of it: the coordinator, the simulator and the model checker all drive this same function.
 *
 * It knows contents by their hash. Bodies, executions and signatures' validity are the driver's: an event that carries a
 * signature is only given to it after that signature was verified.
 */
import { compareSlots } from '../protocol/slot.js'
import type { Hash32, Signature, Slot } from '../protocol/types.js'

/** What can stand in a slot: a breakpoint or a Close, by its hash. */
export type Content = {
  readonly kind: 'breakpoint' | 'close'
  readonly slot: Slot
  readonly hash: Hash32
  readonly parent: Hash32
  /** Index of the player who signs first in this slot. */
  readonly proposer: number
  /** Index of the player who proposes the slot after this one. */
  readonly next: number
}

/** Votes for one hash: a signature for each player, by index. */
export type Votes = readonly (Signature | undefined)[]

/**
 * `starting`: signs nothing until the others have told what they hold; `signing`: takes part;
 * `watching`: follows and never signs (an observer, an old copy, a damaged store); `closing`: a Close is complete, nothing follows.
 */
export type Mode = 'starting' | 'signing' | 'watching' | 'closing'

/** The agreement's state. Immutable. */
export type Agreement = {
  readonly players: number
  /** Own index; undefined for an observer. */
  readonly self: number | undefined
  readonly mode: Mode
  /** Players that have not yet told which slot bears our signature. */
  readonly awaiting: readonly number[]
  /** Players that have told of a slot above our journal and have not shown it: they stay awaited. */
  readonly claiming: readonly number[]
  /** The last complete content; undefined before slot (0, 0). */
  readonly head: Content | undefined
  /** The slot of the last content that every player has signed: the head's, unless moves were forced upon it. */
  readonly agreed: Slot | undefined
  /** The epoch that the chain has confirmed (0 until a dispute is resumed). */
  readonly confirmed: bigint
  /** The dispute that is open on the chain: its number, and the breakpoint that the chain holds (undefined: none). */
  readonly dispute: { readonly number: bigint, readonly recorded: Hash32 | undefined } | undefined
  /** First complete content of a dispute's epoch, until its `resume` is confirmed. */
  readonly provisional: Content | undefined
  /** The highest slot in which this node has signed, ever (the journal's top). */
  readonly top: Slot | undefined
  /** What this node signed in the open slot. */
  readonly signed: Content | undefined
  /** The content under consideration for the open slot. */
  readonly proposal: Content | undefined
  readonly verdict: 'none' | 'pending' | 'good' | 'bad'
  /** Another content of the open slot by the same proposer: evidence. */
  readonly rival: Content | undefined
  readonly building: boolean
  readonly votes: ReadonlyMap<Hash32, Votes>
  /** By player: the highest slot of a content, dropped with its slot when a dispute began, that bears its signature. */
  readonly heard: readonly (Slot | undefined)[]
}

/** What happens to a node. Signatures are valid where they appear. */
export type AgreementEvent =
  /** There is something to propose (an input or the wish to close). */
  | { readonly type: 'ready' }
  /** The answer to a `build`: what to propose, or nothing. */
  | { readonly type: 'built', readonly content: Content | undefined }
  | { readonly type: 'proposal', readonly content: Content, readonly signature: Signature }
  /** The answer to a `verify`. */
  | { readonly type: 'verified', readonly hash: Hash32, readonly good: boolean }
  /** The answer to a `sign`: it will be durable before anything leaves. */
  | { readonly type: 'signed', readonly content: Content, readonly signature: Signature }
  | { readonly type: 'ack', readonly slot: Slot, readonly hash: Hash32, readonly signer: number, readonly signature: Signature }
  /** A player has told the highest slot that it knows to bear our signature. */
  | { readonly type: 'told', readonly player: number, readonly slot: Slot | undefined }
  /** A complete certificate from a peer or the chain, already executed and checked by the driver; its parent is the head. */
  | { readonly type: 'certificate', readonly content: Content, readonly signatures: Votes }
  /** Dispute number k is open on the chain, or its number rose; `recorded` is what the chain holds. */
  | { readonly type: 'dispute', readonly number: bigint, readonly recorded: Hash32 | undefined }
  /** Moves were forced upon the head, or those that were have gone: this is the head now, executed by the driver. */
  | { readonly type: 'moved', readonly head: Content }
  /** The dispute is over; `epoch` is the confirmed one from here on. */
  | { readonly type: 'resumed', readonly epoch: bigint }
  /** The store is damaged or old, or the user says so: never sign again. */
  | { readonly type: 'watch' }

/** What is to be done, in this order. */
export type Effect =
  /** Execute what is pending on the head and answer with `built`. */
  | { readonly type: 'build' }
  /** Execute this content's batch on the head, or check this Close, and answer with `verified`. */
  | { readonly type: 'verify', readonly content: Content }
  /** Write the journal entry, sign, answer with `signed`. Nothing leaves before the entry is durable. */
  | { readonly type: 'sign', readonly content: Content }
  /** Send own proposal or own acknowledgement. */
  | { readonly type: 'send', readonly message: 'proposal' | 'ack', readonly content: Content }
  /** Every player has signed: keep it; it is the head now. */
  | { readonly type: 'complete', readonly content: Content, readonly signatures: readonly Signature[] }
  /** Every player has signed the first content of a dispute's epoch: take it to the chain (`resume`, or `close` for a Close). */
  | { readonly type: 'resume', readonly content: Content, readonly signatures: readonly Signature[] }
  /** A provisional content was made void by a higher dispute number. */
  | { readonly type: 'void', readonly content: Content }
  /** Two contents of one slot with one player's signatures. */
  | { readonly type: 'evidence', readonly signer: number, readonly first: Content, readonly second: Content, readonly signatures: readonly [Signature, Signature] }
  /** A peer is ahead: catch up. */
  | { readonly type: 'sync', readonly slot: Slot }
  /** A peer is behind: it still works on this slot, which is complete here. */
  | { readonly type: 'help', readonly slot: Slot }
  /** Somebody holds a signature of ours that our journal does not know. */
  | { readonly type: 'restored', readonly slot: Slot }
  /** A player says so, and has not shown it. */
  | { readonly type: 'claimed', readonly player: number, readonly slot: Slot }

/** The result of a step. */
export type Step = { readonly state: Agreement, readonly effects: readonly Effect[] }

/** At most this many hashes are voted on in one slot; more are refused, re-sending recovers. */
export const MAX_VOTED_HASHES = 32

/** A fresh agreement; the rest comes from the store after a restart. `signed`: what stands in the journal for the open slot. */
export function initialAgreement (options: {
  players: number
  self: number | undefined
  head?: Content | undefined
  /** Default: the head's slot. */
  agreed?: Slot | undefined
  confirmed?: bigint
  dispute?: Agreement['dispute']
  top?: Slot | undefined
  signed?: { readonly content: Content, readonly signature: Signature } | undefined
  watching?: boolean
}): Agreement {
  const { players, self } = options
  const initial = blankAgreement(options)
  if (options.signed === undefined || self === undefined) return initial
  const { content, signature } = options.signed
  // The machine is not there yet: the driver verifies it again, by giving itself a `verify`.
  return { ...vote({ ...initial, proposal: content, verdict: 'pending', signed: content }, content.hash, self, signature), players }
}

function blankAgreement (options: Parameters<typeof initialAgreement>[0]): Agreement {
  const { players, self } = options
  const others = Array.from({ length: players }, (_, index) => index).filter(index => index !== self)
  return {
    players,
    self,
    mode: self === undefined || options.watching === true ? 'watching' : options.head?.kind === 'close' ? 'closing' : 'starting',
    awaiting: others,
    claiming: [],
    head: options.head,
    agreed: 'agreed' in options ? options.agreed : options.head?.slot,
    confirmed: options.confirmed ?? options.head?.slot.epoch ?? 0n,
    dispute: options.dispute,
    provisional: undefined,
    top: options.top,
    signed: undefined,
    proposal: undefined,
    verdict: 'none',
    rival: undefined,
    building: false,
    votes: new Map(),
    heard: new Array<Slot | undefined>(players).fill(undefined)
  }
}

/**
 * The highest slot that bears a player's signature, as far as this node knows: what an Ask is answered with (§6.6). A vote counts only for a content that is
 * known: an ack's slot is not under its signature, and an old one could be shown again in any slot.
 */
export function slotSignedBy (state: Agreement, player: number): Slot | undefined {
  const open = knownContents(state).some(content => state.votes.get(content.hash)?.[player] !== undefined) ? openSlot(state) : undefined
  return highest(highest(open, state.heard[player]), highest(state.provisional?.slot, state.agreed))
}

function knownContents (state: Agreement): Content[] {
  return [state.proposal, state.rival].filter((content): content is Content => content !== undefined)
}

function highest (one: Slot | undefined, other: Slot | undefined): Slot | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return compareSlots(one, other) > 0 ? one : other
}

/** The slot that is open: the one after the head, in the confirmed epoch, or in the open dispute's. */
export function openSlot (state: Agreement): Slot {
  return { epoch: state.dispute?.number ?? state.confirmed, nonce: state.head === undefined ? 0n : state.head.slot.nonce + 1n }
}

/** The one player who signs first in the open slot. */
export function openProposer (state: Agreement): number {
  return state.head === undefined ? 0 : state.head.next
}

/** The hash that the open slot's content must name as its parent; undefined for slot (…, 0). */
export function openParent (state: Agreement): Hash32 | undefined {
  return state.head?.hash
}

/** Whether a dispute is open about another state than our head: then the chain has the word. */
export function isBlocked (state: Agreement): boolean {
  return state.dispute !== undefined && state.dispute.recorded !== state.head?.hash
}

/**
 * Whether a content that its proposer has signed can be of use: in the open slot, or in the next one when the step that opens it is still under way. What cannot is
 * neither verified further nor kept: a player can sign any number of contents.
 */
export function isOfUse (state: Agreement, content: Pick<Content, 'slot' | 'hash' | 'parent' | 'proposer'>): boolean {
  const open = openSlot(state)
  const { proposal, rival } = state
  const { slot, hash, parent, proposer } = content
  if (compareSlots(slot, open) === 0) {
    const isFull = proposal !== undefined && rival !== undefined && hash !== proposal.hash && hash !== rival.hash
    return proposer === openProposer(state) && parent === (openParent(state) ?? parent) && !isFull
  }
  if (slot.epoch !== open.epoch || slot.nonce !== open.nonce + 1n) return false
  // Nobody can be further ahead of a player than its own signature, and who only follows may have missed the slot between.
  return proposal === undefined ? state.self === undefined : parent === proposal.hash && proposer === proposal.next
}

/** Whether this node may put its first signature into the open slot now. */
export function maySign (state: Agreement): boolean {
  return state.mode === 'signing' && !isBlocked(state) && state.provisional === undefined && state.signed === undefined &&
    // INVARIANT: one content a slot, ever. The journal's top is the last word, also for slots signed before a restart.
    (state.top === undefined || compareSlots(openSlot(state), state.top) > 0)
}

/** One step of the agreement: pure, total, never throws. */
export function transition (state: Agreement, event: AgreementEvent): Step {
  switch (event.type) {
    case 'ready': return ready(state)
    case 'built': return built(state, event.content)
    case 'proposal': return proposal(state, event.content, event.signature)
    case 'verified': return verified(state, event.hash, event.good)
    case 'signed': return signed(state, event.content, event.signature)
    case 'ack': return ack(state, event.slot, event.hash, event.signer, event.signature)
    case 'told': return told(state, event.player, event.slot)
    case 'certificate': return certificate(state, event.content, event.signatures)
    case 'dispute': return dispute(state, event.number, event.recorded)
    case 'moved': return moved(state, event.head)
    case 'resumed': return resumed(state, event.epoch)
    case 'watch': return { state: { ...state, mode: 'watching' }, effects: [] }
  }
}

function nothing (state: Agreement): Step {
  return { state, effects: [] }
}

function ready (state: Agreement): Step {
  if (!maySign(state) || openProposer(state) !== state.self || state.building) return nothing(state)
  return { state: { ...state, building: true }, effects: [{ type: 'build' }] }
}

function built (state: Agreement, content: Content | undefined): Step {
  const idle = { ...state, building: false }
  if (content === undefined || !maySign(state) || !isForOpenSlot(state, content) || content.proposer !== state.self) return nothing(idle)
  return { state: { ...idle, proposal: content, verdict: 'good' }, effects: [{ type: 'sign', content }] }
}

function isForOpenSlot (state: Agreement, content: Content): boolean {
  return compareSlots(content.slot, openSlot(state)) === 0 && content.proposer === openProposer(state) &&
    content.parent === (openParent(state) ?? content.parent)
}

function proposal (state: Agreement, content: Content, signature: Signature): Step {
  const order = compareSlots(content.slot, openSlot(state))
  if (order > 0) return { state, effects: [{ type: 'sync', slot: content.slot }] }
  if (order < 0) return older(state, content.slot)
  if (!isForOpenSlot(state, content)) return nothing(state)
  if (state.proposal === undefined) {
    const next = vote({ ...state, proposal: content, verdict: 'pending' }, content.hash, content.proposer, signature)
    return isOldCopy(next) ? restored(next, content.slot) : { state: next, effects: [{ type: 'verify', content }] }
  }
  if (state.proposal.hash === content.hash) {
    const voted = vote(state, content.hash, content.proposer, signature)
    // A repeated proposal: its sender lacks our acknowledgement.
    const again: Effect[] = state.signed?.hash === content.hash && content.proposer !== state.self
      ? [{ type: 'send', message: 'ack', content }]
      : []
    return finish({ state: voted, effects: again })
  }
  if (state.rival !== undefined) return nothing(state)
  const next = vote({ ...state, rival: content }, content.hash, content.proposer, signature)
  return { state: next, effects: evidence(next) }
}

/** Whether a known content of the open slot bears our signature and the journal does not know it. */
function isOldCopy (state: Agreement): boolean {
  const { self, top, mode } = state
  if (self === undefined || mode === 'watching' || (top !== undefined && compareSlots(openSlot(state), top) <= 0)) return false
  return knownContents(state).some(content => state.votes.get(content.hash)?.[self] !== undefined)
}

/** Somebody holds a signature of ours that our journal does not know: never sign again. */
function restored (state: Agreement, slot: Slot, effects: readonly Effect[] = []): Step {
  const mode: Mode = state.mode === 'closing' ? 'closing' : 'watching'
  return { state: { ...state, mode }, effects: [...effects, { type: 'restored', slot }] }
}

/** A peer works on a slot below the open one: where that slot is complete here, it can be helped. */
function older (state: Agreement, slot: Slot): Step {
  if (state.head === undefined || compareSlots(slot, state.head.slot) > 0) return nothing(state)
  return { state, effects: [{ type: 'help', slot }] }
}

function verified (state: Agreement, hash: Hash32, good: boolean): Step {
  if (state.proposal?.hash !== hash || state.verdict !== 'pending') return nothing(state)
  const next: Agreement = { ...state, verdict: good ? 'good' : 'bad' }
  if (!good) return nothing(next)
  if (maySign(next)) return { state: next, effects: [{ type: 'sign', content: state.proposal }] }
  return finish(nothing(next))
}

function signed (state: Agreement, content: Content, signature: Signature): Step {
  if (state.self === undefined || !isForOpenSlot(state, content)) return nothing(state)
  const next: Agreement = { ...vote(state, content.hash, state.self, signature), signed: content, top: content.slot, proposal: content, verdict: 'good' }
  return finish({ state: next, effects: [{ type: 'send', message: content.proposer === state.self ? 'proposal' : 'ack', content }] })
}

function ack (state: Agreement, slot: Slot, hash: Hash32, signer: number, signature: Signature): Step {
  const order = compareSlots(slot, openSlot(state))
  if (order > 0) return { state, effects: [{ type: 'sync', slot }] }
  // Behind a Close no slot opens that would show what is missing, and no range of certificates holds it.
  if (order < 0) return state.mode === 'closing' ? older(state, slot) : nothing(state)
  const next = vote(state, hash, signer, signature)
  if (isOldCopy(next)) return restored(next, slot)
  return finish({ state: next, effects: evidence(next, signer) })
}

/** Adds a vote; a first vote by the same signer for the same hash stands. */
function vote (state: Agreement, hash: Hash32, signer: number, signature: Signature): Agreement {
  const before = state.votes.get(hash)
  if (before?.[signer] !== undefined) return state
  // A flood of unknown hashes must not crowd out the one that can complete.
  const known = hash === state.proposal?.hash || hash === state.rival?.hash
  if (before === undefined && !known && state.votes.size >= MAX_VOTED_HASHES) return state
  const after = before === undefined ? new Array<Signature | undefined>(state.players).fill(undefined) : [...before]
  after[signer] = signature
  const votes = new Map(state.votes)
  votes.set(hash, after)
  return { ...state, votes }
}

function evidence (state: Agreement, only?: number): Effect[] {
  const { proposal: first, rival: second } = state
  if (first === undefined || second === undefined) return []
  const found: Effect[] = []
  for (let signer = 0; signer < state.players; signer++) {
    if (only !== undefined && only !== signer) continue
    const one = state.votes.get(first.hash)?.[signer]
    const two = state.votes.get(second.hash)?.[signer]
    if (one !== undefined && two !== undefined) found.push({ type: 'evidence', signer, first, second, signatures: [one, two] })
  }
  return found
}

/** Completes the open slot when every player has signed its verified content. */
function finish (step: Step): Step {
  const { state } = step
  const content = state.proposal
  if (content === undefined || state.verdict !== 'good' || isBlocked(state) || state.provisional !== undefined) return step
  // INVARIANT: a player's own node never takes a content for complete that it has not signed itself, unless it only watches.
  if (state.mode !== 'watching' && state.signed?.hash !== content.hash) return step
  const signatures = complete(state.votes.get(content.hash))
  if (signatures === undefined) return step
  return advance(state, content, signatures, step.effects)
}

function complete (votes: Votes | undefined): readonly Signature[] | undefined {
  if (votes === undefined) return undefined
  const signatures = votes.filter((signature): signature is Signature => signature !== undefined)
  return signatures.length === votes.length ? signatures : undefined
}

function advance (state: Agreement, content: Content, signatures: readonly Signature[], before: readonly Effect[]): Step {
  // The first content of a new epoch counts only once the chain has confirmed it: a withheld certificate may still replace its parent. So does a Close.
  if (content.slot.epoch > state.confirmed) {
    return { state: { ...clearSlot(state), provisional: content }, effects: [...before, { type: 'resume', content, signatures }] }
  }
  const mode: Mode = content.kind === 'close' && state.mode !== 'watching' ? 'closing' : state.mode
  return { state: { ...clearSlot(state), head: content, agreed: content.slot, mode }, effects: [...before, { type: 'complete', content, signatures }] }
}

function clearSlot (state: Agreement): Agreement {
  return { ...state, signed: undefined, proposal: undefined, verdict: 'none', rival: undefined, building: false, votes: new Map() }
}

function told (state: Agreement, player: number, slot: Slot | undefined): Step {
  // A player who lies keeps us from signing, as it could by its silence, and from nothing else: without the signature it is no reason to watch for good.
  if (state.mode !== 'starting' || state.claiming.includes(player)) return nothing(state)
  if (slot !== undefined && (state.top === undefined || compareSlots(slot, state.top) > 0)) {
    return { state: { ...state, claiming: [...state.claiming, player] }, effects: [{ type: 'claimed', player, slot }] }
  }
  const awaiting = state.awaiting.filter(other => other !== player)
  const mode: Mode = state.mode === 'starting' && awaiting.length === 0 ? 'signing' : state.mode
  const next: Agreement = { ...state, awaiting, mode }
  if (mode === state.mode) return nothing(next)
  return wake(next)
}

/** What was held back while nothing could be signed. */
function wake (state: Agreement): Step {
  if (state.proposal !== undefined && state.verdict === 'good' && maySign(state)) {
    return { state, effects: [{ type: 'sign', content: state.proposal }] }
  }
  return finish(ready(state))
}

function certificate (state: Agreement, content: Content, signatures: Votes): Step {
  const all = complete(signatures)
  const nonce = openSlot(state).nonce
  if (all === undefined || content.slot.nonce !== nonce || state.provisional !== undefined) return nothing(state)
  if (state.head !== undefined && (content.parent !== state.head.hash || content.slot.epoch < state.head.slot.epoch)) return nothing(state)
  // What belongs to no epoch of the court's is void: a dispute's first content after the dispute's number rose.
  if (content.slot.epoch > state.confirmed && content.slot.epoch !== state.dispute?.number) return nothing(state)
  if (isDeadBranch(state, content)) return nothing(state)
  const step = advance(state, content, all, [])
  if (state.self === undefined || (state.top !== undefined && compareSlots(content.slot, state.top) <= 0)) return step
  // INVARIANT: it bears our signature in a slot that our journal does not know: this store is an old copy.
  return restored(step.state, content.slot, step.effects)
}

/**
 * Whether a certificate that continues our head may be outranked by another child of it: one of an older epoch, withheld until we signed in the dispute's. Which of the
 * two counts is the court's word (whichever of `respond` and `resume` came first), so only what it has recorded becomes the head.
 */
function isDeadBranch (state: Agreement, content: Content): boolean {
  const { dispute, top } = state
  if (content.hash === dispute?.recorded) return false
  if (top !== undefined && content.slot.epoch < top.epoch) return true
  // Whoever does not sign cannot tell by its own journal what else the others may have signed.
  return (state.self === undefined || state.mode === 'watching') && dispute !== undefined && content.slot.epoch < dispute.number
}

function dispute (state: Agreement, number: bigint, recorded: Hash32 | undefined): Step {
  if (number <= state.confirmed || (state.dispute !== undefined && number < state.dispute.number)) return nothing(state)
  const next: Agreement = { ...state, dispute: { number, recorded } }
  return state.dispute?.number === number ? wake(next) : { state: { ...voided(state), dispute: next.dispute }, effects: voiding(state) }
}

/** The court's word on what stands. The slot that was open is another one now, and a provisional child of what stood before can no longer be confirmed. */
function moved (state: Agreement, head: Content): Step {
  if (state.head?.hash === head.hash || state.head?.kind === 'close') return nothing(state)
  const step = wake({ ...voided(state), head })
  return { state: step.state, effects: [...voiding(state), ...step.effects] }
}

/** Without what was open: what bears whose signature is kept, for whoever asks (§6.6). */
function voided (state: Agreement): Agreement {
  const heard = Array.from({ length: state.players }, (_, player) => slotSignedBy(state, player))
  return { ...clearSlot(state), provisional: undefined, heard }
}

function voiding ({ provisional }: Agreement): Effect[] {
  return provisional === undefined ? [] : [{ type: 'void', content: provisional }]
}

function resumed (state: Agreement, epoch: bigint): Step {
  // Said again after a restart it is old news: a later dispute may be open already.
  if (epoch <= state.confirmed) return nothing(state)
  const next: Agreement = { ...state, confirmed: epoch, dispute: undefined }
  const { provisional } = state
  if (provisional === undefined || provisional.slot.epoch !== epoch) return nothing(next)
  return { state: { ...clearSlot(next), provisional: undefined, head: provisional, agreed: provisional.slot }, effects: [{ type: 'complete', content: provisional, signatures: [] }] }
}
