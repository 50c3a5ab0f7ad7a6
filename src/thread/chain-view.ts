/**
 * What the court has said of one thread, folded from its events in order. Pure: after a reorganisation the fold is simply done again over the
 * events that are left.
 */
import type { Address, Breakpoint, Hash32, Signature, SignedInput, Slot, Terms } from '../protocol/types.js'
import type { BegunMove, ChainEvent, LogPosition } from './ports.js'

/** The phases of a thread on the chain. */
export type Phase = 'opening' | 'active' | 'dispute' | 'closed' | 'settled' | 'cancelled'

/** A dispute as the chain tells it. */
export type Dispute = { readonly number: bigint, readonly evidenceUntilSec: bigint, readonly endsAtSec: bigint, readonly by: Address }

/** A breakpoint that the court has recorded. */
export type Recorded = { readonly breakpoint: Breakpoint, readonly hash: Hash32, readonly signatures: readonly Signature[] | undefined }

/** What is known of a claimed result. `doubter`: who waits for its proof; `isProved`: the judge has agreed. */
export type Claim = { readonly account: Address, readonly index: number, readonly doubter?: Address | undefined, readonly isProved?: boolean }

/** A move that was forced: the breakpoint that it became, which nobody signed. `claim`: its player claimed its result; `account` answers for it, the `index`th of the lineage. */
export type RecordedMove = { readonly claim?: Claim | undefined, readonly player: number, readonly input: SignedInput, readonly breakpoint: Breakpoint, readonly hash: Hash32 }

/** The judgement of a player's move on the breakpoint `on`, as far as it has come; `move` where the call said it. */
export type Judging = { readonly on: Hash32, readonly paused: Hash32, readonly move: BegunMove | undefined }

/** A judgement of the breakpoint `on` that goes on from `paused`. */
export type Paused = { readonly on: Hash32, readonly paused: Hash32 }

/** The judgement of the settlement of the breakpoint `on`: every stop that anybody has recorded, for anyone to go on from. */
export type Trying = { readonly on: Hash32, readonly stops: readonly Hash32[] }

/** A thread as the chain knows it. */
export type ChainView = {
  readonly terms: Terms
  readonly phase: Phase
  readonly joined: readonly boolean[]
  /** Addresses that the players have published, by index; empty where none. */
  readonly multiaddrs: readonly string[]
  /** What stands: the recorded certificate, or the last move that was forced upon it. */
  readonly recorded: Recorded | undefined
  /** The last certificate that was recorded. */
  readonly certificate: Recorded | undefined
  /** Forced moves that stand, those of disputes that were resumed from included, oldest first. */
  readonly moves: readonly RecordedMove[]
  /** By player: its move that is being judged. */
  readonly judging: readonly (Judging | undefined)[]
  /** The settlement that is being judged. */
  readonly trying: Trying | undefined
  /** Claims (`on`) that are being executed, and by whom: everyone goes on from its own stops. */
  readonly refuting: readonly (Paused & { readonly refuter: Address })[]
  /** Doubts that are not over, of claims that stand or are gone, with who has paid the deposit. */
  readonly doubts: readonly { readonly move: RecordedMove, readonly doubter: Address }[]
  readonly confirmedEpoch: bigint
  readonly dispute: Dispute | undefined
  /** D of the dispute that was settled; undefined while there was none. */
  readonly endedSec: bigint | undefined
  /** How often the thread was disputed: the last dispute's number. */
  readonly lastDispute: bigint
  /** Numbers of the receipts that the court has executed, in its order. */
  readonly redeemed: readonly bigint[]
  readonly payouts: readonly bigint[] | undefined
  readonly leftover: bigint | undefined
  /** Where the last event stands that this was folded from. */
  readonly last: EventPosition
}

/** Where an event stands among the court's. */
export type EventPosition = Pick<LogPosition, 'blockNumber' | 'logIndex'>

/** Whether an event is part of the view already: after a restart the last ones may come again, and in the middle of them the view would be an older one. */
export function isFolded (view: ChainView, { at }: ChainEvent): boolean {
  return at.blockNumber < view.last.blockNumber || (at.blockNumber === view.last.blockNumber && at.logIndex <= view.last.logIndex)
}

/** Folds one event; undefined until `opened` was seen. */
export function foldChainEvent (view: ChainView | undefined, event: ChainEvent): ChainView | undefined {
  if (view === undefined) return event.type === 'opened' ? opened(event.terms, event.multiaddr, event.at) : undefined
  return { ...folded(view, event), last: { blockNumber: event.at.blockNumber, logIndex: event.at.logIndex } }
}

function folded (view: ChainView, event: ChainEvent): ChainView {
  switch (event.type) {
    case 'opened': return view
    case 'joined': return joined(view, event.player, event.multiaddr, event.active)
    case 'cancelled': return { ...view, phase: 'cancelled' }
    case 'recorded': return recorded(view, { breakpoint: event.breakpoint, hash: event.hash, signatures: event.signatures })
    case 'challenged': return {
      ...view,
      phase: 'dispute',
      lastDispute: event.dispute,
      dispute: { number: event.dispute, evidenceUntilSec: event.evidenceUntilSec, endsAtSec: event.endsAtSec, by: event.by }
    }
    case 'responded': return view.dispute === undefined ? view : { ...view, lastDispute: event.dispute, dispute: { ...view.dispute, number: event.dispute } }
    case 'forced': return {
      ...extended(view, event.endsAtSec),
      moves: [...view.moves, { player: event.player, input: event.input, breakpoint: event.breakpoint, hash: event.hash }],
      judging: view.judging.map(() => undefined)
    }
    case 'judging': return {
      ...extended(view, event.endsAtSec),
      judging: view.judging.map((was, player) => player === event.player && view.recorded !== undefined ? { on: view.recorded.hash, paused: event.paused, move: event.move } : was)
    }
    case 'claimed': return { ...view, moves: view.moves.map((move, place) => place === view.moves.length - 1 ? { ...move, claim: { account: event.account, index: event.index } } : move) }
    case 'refuting': return {
      ...view, refuting: [...view.refuting.filter(({ on, refuter }) => on !== event.claimed || refuter !== event.refuter), { on: event.claimed, paused: event.paused, refuter: event.refuter }]
    }
    case 'doubted': return doubted(view, event.claimed, event.doubter, event.endsAtSec)
    case 'proved': return { ...withClaim(view, event.claimed, { doubter: undefined, isProved: true }), doubts: doubtsBut(view, event.claimed) }
    case 'doubtOver': return { ...view, doubts: doubtsBut(view, event.claimed) }
    case 'slashed': return view
    case 'trying': return { ...view, trying: { on: event.recorded, stops: [...view.trying?.on === event.recorded ? view.trying.stops : [], event.paused] } }
    case 'refuted': return refuted(view, event.dispute, event.recorded, event.endsAtSec)
    case 'resumed': return { ...view, phase: 'active', dispute: undefined, confirmedEpoch: event.epoch, certificate: view.recorded, trying: undefined, refuting: [] }
    case 'redeemed': return { ...view, redeemed: [...view.redeemed, event.index] }
    case 'closed': return { ...view, phase: 'closed', dispute: undefined, payouts: event.payouts }
    case 'settled': return { ...view, phase: 'settled', dispute: undefined, endedSec: view.dispute?.endsAtSec, payouts: event.payouts, leftover: event.leftover }
  }
}

/** A certificate of the confirmed epoch takes the place of every move since the one before it; of another epoch, what else is told says what it is. */
function recorded (view: ChainView, now: Recorded): ChainView {
  if (now.breakpoint.epoch !== view.confirmedEpoch) return { ...view, recorded: now }
  return { ...view, recorded: now, certificate: now, moves: view.moves.filter(({ breakpoint }) => breakpoint.epoch <= view.confirmedEpoch), judging: view.judging.map(() => undefined), trying: undefined, refuting: [] }
}

function extended (view: ChainView, endsAtSec: bigint): ChainView {
  return view.dispute === undefined ? view : { ...view, dispute: { ...view.dispute, endsAtSec } }
}

function doubted (view: ChainView, claimed: Hash32, doubter: Address, endsAtSec: bigint): ChainView {
  const move = view.moves.find(({ hash }) => hash === claimed)
  const now = withClaim(extended(view, endsAtSec), claimed, { doubter })
  return move === undefined ? now : { ...now, doubts: [...view.doubts, { move, doubter }] }
}

function withClaim (view: ChainView, claimed: Hash32, change: Partial<Claim>): ChainView {
  return { ...view, moves: view.moves.map(move => move.hash === claimed && move.claim !== undefined ? { ...move, claim: { ...move.claim, ...change } } : move) }
}

function doubtsBut ({ doubts }: ChainView, claimed: Hash32): ChainView['doubts'] {
  return doubts.filter(({ move }) => move.hash !== claimed)
}

/** The moves since `stands` are gone, one or, where one in the middle was falsely claimed, several. */
function refuted (view: ChainView, dispute: bigint, stands: Hash32, endsAtSec: bigint): ChainView {
  const moves = view.moves.slice(0, view.moves.findLastIndex(({ breakpoint, hash }) => hash === stands || breakpoint.epoch <= view.confirmedEpoch) + 1)
  const last = moves.at(-1)
  const isForced = last !== undefined && last.breakpoint.epoch > view.confirmedEpoch
  return {
    ...view, moves, lastDispute: dispute,
    dispute: view.dispute === undefined ? undefined : { ...view.dispute, number: dispute, endsAtSec },
    recorded: isForced ? { breakpoint: last.breakpoint, hash: last.hash, signatures: undefined } : view.certificate,
    judging: view.judging.map(() => undefined), trying: undefined
  }
}

/** The claims of the open dispute that nobody has proved. */
export function openClaims (view: ChainView): readonly (RecordedMove & { readonly claim: Claim })[] {
  return view.phase === 'dispute' ? openMoves(view).flatMap(move => move.claim === undefined || move.claim.isProved === true ? [] : [{ ...move, claim: move.claim }]) : []
}

/** The moves forced in the open dispute. */
export function openMoves (view: ChainView): readonly RecordedMove[] {
  return view.moves.filter(({ breakpoint }) => breakpoint.epoch > view.confirmedEpoch)
}

function opened (terms: Terms, multiaddr: string, { blockNumber, logIndex }: EventPosition): ChainView {
  return {
    terms,
    phase: 'opening',
    joined: terms.players.map((_, index) => index === 0),
    multiaddrs: terms.players.map((_, index) => index === 0 ? multiaddr : ''),
    recorded: undefined,
    certificate: undefined,
    moves: [],
    judging: terms.players.map(() => undefined),
    trying: undefined,
    refuting: [],
    doubts: [],
    confirmedEpoch: 0n,
    dispute: undefined,
    endedSec: undefined,
    lastDispute: 0n,
    redeemed: [],
    payouts: undefined,
    leftover: undefined,
    last: { blockNumber, logIndex }
  }
}

function joined (view: ChainView, player: number, multiaddr: string, active: boolean): ChainView {
  return {
    ...view,
    phase: active && view.phase === 'opening' ? 'active' : view.phase,
    joined: view.joined.map((was, index) => was || index === player),
    multiaddrs: view.multiaddrs.map((was, index) => index === player ? multiaddr : was)
  }
}

/** The slot that the court holds; undefined where nothing is recorded. */
export function recordedSlot (view: ChainView): Slot | undefined {
  return view.recorded?.breakpoint
}

/** Whether the thread is over for the court. */
export function isOver (view: Pick<ChainView, 'phase'>): boolean {
  return view.phase === 'closed' || view.phase === 'settled' || view.phase === 'cancelled'
}
