/**
 * A thread at rest: nothing is open in it, and all of it is on disk. It owns what is remembered of it meanwhile, and says what must bring it back; what it holds in memory
 * costs a few kilobytes, and the thread is loaded like after a restart. What peers ask about it is answered from the disk.
 */
import { compareSlots } from '../protocol/slot.js'
import type { InputContext } from '../protocol/input.js'
import type { SyncAnswer, ThreadRequest } from '../protocol/sync.js'
import type { Address, Hash32, Slot, Terms, ThreadId } from '../protocol/types.js'
import { ThreadsError } from '../errors.js'
import { isOfUse, openSlot, type Agreement } from './agreement.js'
import { storedRange } from './catch-up.js'
import { isOver, type ChainView, type Phase } from './chain-view.js'
import type { Coordinator } from './coordinator.js'
import type { Duties } from './duties.js'
import { openMessage, type Arrival } from './inbox.js'
import type { RemotePeer, Verdict } from './ports.js'
import type { ThreadRecords } from './records.js'
import type { Rested } from './recovery.js'
import { closeMessages } from './slot-messages.js'
import type { Warning } from './steps.js'

/** How long after it came to rest a peer is asked for the first time whether it has more, milliseconds. */
const FIRST_LOOK_MS = 5_000

/** A thread as a node runs it. */
export type RunningThread = { readonly coordinator: Coordinator, readonly duties: Duties }

/** What can be said of a thread without loading it. */
export type Glance = {
  readonly thread: ThreadId
  readonly terms: Terms
  readonly phase: Phase
  readonly self: number | undefined
  readonly head: Slot | undefined
  /** Players without whom the next step does not happen. */
  readonly waitingFor: readonly number[]
  readonly isWatching: boolean
  readonly warnings: readonly Warning[]
}

/** What is remembered of a thread at rest. */
export type Resting = {
  readonly glance: Glance
  readonly rested: Rested
  readonly context: InputContext
  /** As a player nothing is open in it. */
  readonly state: Agreement
  /** Everybody has signed its end. */
  readonly hasClose: boolean
  /** Each player's next nonce. */
  readonly nonces: readonly bigint[]
  readonly meeting: Meeting
  /** When a peer is asked whether it has more, milliseconds since 1970. */
  readonly look: { atMs: number }
  /** When something falls due in it, milliseconds since 1970; undefined: never. */
  readonly dueMs: number | undefined
}

/** Where a thread's players are met. */
export type Meeting = Pick<ChainView, 'phase' | 'joined' | 'multiaddrs'> & { readonly thread: ThreadId, readonly self: number | undefined }

/** What can be said of a thread in memory. */
export function glanceOf ({ coordinator, duties }: RunningThread): Glance {
  const { thread, state, view, parts, warnings } = coordinator
  return {
    thread, terms: parts.context.terms, phase: view.phase, self: parts.self, head: state.head?.slot, waitingFor: isOver(view) ? [] : duties.missing(),
    isWatching: state.mode === 'watching', warnings
  }
}

/** Where the players of a thread in memory are met. */
export function meetingOf ({ thread, view: { phase, joined, multiaddrs }, parts: { self } }: Coordinator): Meeting {
  return { thread, phase, joined, multiaddrs, self }
}

/**
 * Lets a thread rest: from now on what is in memory does nothing any more, and what is returned stands for it. Undefined: something is open in it, or due; it goes on.
 * SAFETY: no step is under way or waits, so all that it has signed is on disk.
 */
export function rest (running: RunningThread): Resting | undefined {
  const { coordinator, duties: { desk } } = running
  if (!mayRest(running) || !coordinator.rest()) return undefined
  const { state, parts: { context, execution, journal, idles, clock } } = coordinator
  const glance = glanceOf(running)
  const { waiting, dueMs } = desk.due()
  return {
    dueMs, glance, context, state, hasClose: coordinator.close !== undefined, meeting: meetingOf(coordinator),
    look: { atMs: clock.nowMs() + FIRST_LOOK_MS }, nonces: context.terms.players.map((_, player) => execution.nonceOf(player)),
    rested: {
      journal: { length: journal.length, top: journal.top?.hash }, hasHeard: state.mode === 'signing', heard: state.heard, idles, warnings: glance.warnings, waiting
    }
  }
}

/** Warnings that say what was, and ask for nothing: any player can raise them at will. */
const PAST = new Set(['PEER_BAD_ADDRESS', 'PEER_EQUIVOCATED', 'ORACLE_FALSE_RESULT'])

function mayRest ({ coordinator, duties }: RunningThread): boolean {
  const { view, state } = coordinator
  if (!duties.isIdle()) return false
  if (isOver(view)) return true
  if (coordinator.hasAside || coordinator.moves.followed.length > 0 || state.dispute !== undefined || state.provisional !== undefined) return false
  if (view.phase !== 'opening' && view.phase !== 'active') return false
  // Who only follows a thread need not wait in it for what its players make of a proposal or a close, nor believe one of them who says that it is far ahead.
  return state.self === undefined || (!isAtWork(coordinator) && (view.phase === 'opening' || state.mode === 'signing'))
}

/** Whether a player has something to do in it, or waits for something; of that its user must be told. */
function isAtWork ({ state: { head, proposal, signed, building }, view, close, behind, parts: { closing, pool }, warnings }: Coordinator): boolean {
  const isOpen = proposal !== undefined || signed !== undefined || building || pool.size > 0 || close !== undefined || behind !== undefined
  return isOpen || warnings.some(({ code }) => !PAST.has(code)) || (view.phase === 'active' && (head === undefined || closing.wishes(head.hash)))
}

/**
 * What a message to a thread at rest asks for: no more than its verdict, or that the thread be loaded for it. `payer`: the player whose signature nobody else could have
 * brought, or whoever sent it, for anybody can send the like again and again.
 */
export type AtRest = Verdict | { readonly payer: number | 'sender' }

/** Looks at a gossip message without loading its thread. Of what is not of use nothing is kept; whoever waits for an answer sends it again. */
export function hearAtRest (resting: Resting, bytes: Uint8Array): AtRest {
  const { context, state, glance } = resting
  if (isOver(glance)) return 'ignore'
  try {
    const arrival = openMessage(bytes, { context, isOfUse: content => isOfUse(state, content), body: () => undefined, known: () => undefined })
    return state.self === undefined ? heardByObserver(resting, arrival) : heardByPlayer(resting, arrival)
  } catch (error) {
    if (!(error instanceof ThreadsError) || error.peerFault === undefined) throw error
    return error.peerFault
  }
}

function heardByPlayer ({ state, nonces, rested: { idles } }: Resting, arrival: Arrival): AtRest {
  switch (arrival.kind) {
    // A nonce that is used was included: it can be sent again by anybody, for ever.
    case 'input': return arrival.input.tx.nonce < (nonces[arrival.input.player] ?? 0n) ? 'accept' : { payer: arrival.input.player }
    case 'content': return { payer: arrival.body.content.proposer }
    // Ahead of this node, or one that lacks its signature.
    case 'elsewhere': return { payer: 'sender' }
    case 'closeRequest': return arrival.parent === state.head?.hash ? { payer: 'sender' } : 'accept'
    case 'ask': return arrival.asker === state.self ? 'accept' : { payer: 'sender' }
    case 'idle': {
      idles.state(arrival.signer, arrival, openSlot(state))
      return 'accept'
    }
    // An acknowledgement comes behind its proposal, and again until it is answered; a plan is a hint, and nobody was asked.
    case 'ack':
    case 'plan':
    case 'told': return 'accept'
  }
}

/** It needs what is signed, and nothing of the way there. */
function heardByObserver ({ state }: Resting, arrival: Arrival): AtRest {
  switch (arrival.kind) {
    case 'content': return arrival.body.content.hash === state.proposal?.hash ? 'accept' : { payer: arrival.body.content.proposer }
    case 'ack': return arrival.hash === state.proposal?.hash && state.votes.get(arrival.hash)?.[arrival.signer] === undefined ? { payer: arrival.signer } : 'accept'
    case 'elsewhere': return compareSlots(arrival.slot, openSlot(state)) > 0 ? { payer: 'sender' } : 'accept'
    default: return 'accept'
  }
}

/** Who pays for waking: a player by its session key, all others together. */
export function payerOf ({ context: { terms } }: Resting, payer: number | 'sender', { sessionKey }: RemotePeer): Address | 'stranger' {
  if (payer !== 'sender') return terms.sessionKeys[payer] ?? 'stranger'
  return sessionKey !== undefined && terms.sessionKeys.includes(sessionKey) ? sessionKey : 'stranger'
}

/** Answers one request about a thread at rest. @throws `STORE_FAILED`, `STORE_DAMAGED` */
export async function answerAtRest ({ glance, state, hasClose }: Resting, records: ThreadRecords, request: ThreadRequest): Promise<SyncAnswer> {
  if (request.kind === 'range') return { kind: 'range', certificates: await storedRange(records, request) }
  const close = hasClose ? await records.close() : undefined
  return { kind: 'status', head: state.head?.slot, messages: close === undefined ? [] : closeMessages(glance.thread, close, state.head?.proposer ?? 0) }
}

/** Whether a peer's answer about a thread shows something that this node does not have. */
export function isNews ({ state }: Resting, answer: SyncAnswer): boolean {
  if (answer.kind !== 'status') return false
  return (answer.messages.length > 0 && state.self !== undefined) || (answer.head !== undefined && (state.head === undefined || compareSlots(answer.head, state.head.slot) > 0))
}
