/**
 * What a node does at the court by itself, as a pure function of what it knows (§9): the one next step, and why. It never challenges its own move, shows nothing
 * below what the court holds, and signs a move only on a state that it holds itself.
 */
import { compareSlots, slotText } from '../protocol/slot.js'
import type { Slot } from '../protocol/types.js'
import type { Mode } from './agreement.js'
import type { Dispute, Phase } from './chain-view.js'

/** What the user leaves to its node. */
export type DisputeOptions = {
  /** Answer a challenge that is older than the head. */
  readonly autoRespond: boolean
  /** Open disputes, force own inputs, refute, settle and withdraw. */
  readonly autoDispute: boolean
  /** After this long without the others' signatures an own input goes to the chain. */
  readonly disputeAfterSec: number
  /** After this long without the move of another player, whom a routine waits for, the head goes to the chain: people may think. */
  readonly moverPatienceSec: number
}

/** The player's own next input, as it would fare on what is recorded (or would be recorded by a challenge). */
export type OwnInput = { readonly does: 'moves' } | { readonly does: 'reverts', readonly reason: string } | { readonly does: 'not fit', readonly reason: string }

/** What a decision is made from. Times are the chain's, in seconds. */
export type Situation = {
  readonly phase: Phase
  readonly mode: Mode
  readonly nowSec: bigint
  readonly windowSec: bigint
  /** The terms name a settlement function. */
  readonly hasSettlement: boolean
  readonly dispute: Dispute | undefined
  readonly confirmedEpoch: bigint
  /** The last certificate that this node holds. */
  readonly held: Slot | undefined
  /** The last certificate that the court has recorded. */
  readonly recordedSigned: Slot | undefined
  /** What stands at the court; `mover`: whose forced move it is. */
  readonly standing: { readonly slot: Slot, readonly mover: number | undefined } | undefined
  /** The head is what stands at the court, moves included; without a dispute: it can be taken there. */
  readonly follows: boolean
  /** Everybody has signed what ends the dispute, or the thread; it is on its way. */
  readonly isAgreed: boolean
  readonly input: OwnInput | undefined
  /** How long the input (or without one, this node) has waited on this head for the others, by this node's clock. */
  readonly waitedSec: number
  /** Whom a routine waits for on the head (§11), where this player may not move; `staggerSec`: how long others who wait too go first. Undefined: nobody in particular. */
  readonly awaits: { readonly movers: readonly number[], readonly staggerSec: bigint } | undefined
  /** A judgement of this player's own move has begun and is recorded. */
  readonly isJudging: boolean
  /** What the move that stands last leaves can be settled; undefined: not known, or nobody's business. */
  readonly settles: boolean | undefined
  /** The first claim that stands and is wrong, by what this node executes. */
  readonly falseClaim: { readonly slot: Slot, readonly mover: number, readonly why: string, /** No judgement holds it. */ readonly isUnjudged: boolean, /** Somebody waits for its proof. */ readonly isDoubted: boolean } | undefined
  /** The first claim that is doubted and not proved, and the first of them that this node can prove; `isOwn`: it has moved or answers for it. */
  readonly doubted: { readonly slot: Slot, readonly mover: number, readonly isOwn: boolean } | undefined
  readonly toProve: Situation['doubted']
  /** What is left of the own time bank, and what a move would take from it now, seconds. */
  readonly bankSec: { readonly left: bigint, readonly charge: bigint } | undefined
  /** Seconds that this node lets others go first where anybody can act. */
  readonly staggerSec: bigint
}

/** The next step. `wait`: none now; `atSec`: when that changes by itself. `usefulUntilSec`: when it comes too late. */
export type Decision = {
  readonly action: 'wait' | 'respond' | 'challenge' | 'challengeAndAdvance' | 'advance' | 'refute' | 'refuteClaim' | 'doubt' | 'proveClaim' | 'drop' | 'settle' | 'settleByFunction'
  readonly reason: string
  readonly atSec?: bigint | undefined
  readonly usefulUntilSec?: bigint | undefined
}

/** The one next step of a player's node. */
export function decide (situation: Situation, options: DisputeOptions): Decision {
  if (situation.phase === 'active') return beforeDispute(situation, options)
  const { dispute } = situation
  if (situation.phase !== 'dispute' || dispute === undefined) return wait('there is no dispute')
  if (situation.nowSec >= dispute.endsAtSec) return atTheEnd(situation, dispute, options)
  const answer = answerTo(situation, dispute, options)
  if (answer !== undefined) return answer
  const claims = options.autoRespond || options.autoDispute ? aboutClaims(situation, dispute) : undefined
  if (claims !== undefined) return claims
  if (situation.isAgreed) return wait('everybody has signed how to go on, and that is on its way to the court', dispute.endsAtSec)
  if (!options.autoDispute) return wait('this node leaves the rest to its user', dispute.endsAtSec)
  if (situation.settles === false && situation.standing?.mover !== undefined) {
    return { action: 'refute', reason: `player ${situation.standing.mover}'s move leaves a state that cannot be settled`, usefulUntilSec: dispute.endsAtSec }
  }
  const next = inDispute(situation, dispute, options)
  // Its own move moves D: the proof has until then.
  return next.action === 'wait' ? proof(situation, dispute) ?? next : next
}

/**
 * What a claim asks for before anything else.
 * SAFETY: at D it would be what the thread is settled by. It costs nothing but the gas that a bond or a deposit gives back, so who leaves disputes to its user does it too.
 */
function aboutClaims (situation: Situation, dispute: Dispute): Decision | undefined {
  const { falseClaim, nowSec, windowSec } = situation
  const until = dispute.endsAtSec
  // The longer it waits, the dearer is what else there is to do.
  if (until - nowSec <= windowSec / 2n || situation.toProve?.isOwn === true) {
    const proven = proof(situation, dispute)
    if (proven !== undefined && (falseClaim === undefined || falseClaim.isDoubted)) return proven
  }
  if (falseClaim === undefined) return undefined
  const what = `what is claimed of player ${falseClaim.mover}'s move into ${slotText(falseClaim.slot)}`
  if (!falseClaim.isUnjudged) return { action: 'refuteClaim', reason: `${what} is false: ${falseClaim.why}`, usefulUntilSec: until }
  if (!falseClaim.isDoubted) return { action: 'doubt', reason: `${what} cannot be brought before the judge: ${falseClaim.why}`, usefulUntilSec: until }
  return proof(situation, dispute) ?? wait(`${what} is doubted, and falls unless somebody proves it`, until)
}

/** A doubted claim that is right is proved: by who answers for it or has moved at once, by others when half of the time is over. */
function proof ({ toProve, nowSec, windowSec }: Situation, { endsAtSec }: Dispute): Decision | undefined {
  if (toProve === undefined || (!toProve.isOwn && endsAtSec - nowSec > windowSec / 2n)) return undefined
  return { action: 'proveClaim', reason: `what is claimed of player ${toProve.mover}'s move into ${slotText(toProve.slot)} is right, and doubted`, usefulUntilSec: endsAtSec }
}

function beforeDispute (situation: Situation, options: DisputeOptions): Decision {
  const { autoDispute, disputeAfterSec } = options
  const blocked = whyNoMove(situation)
  if (blocked !== undefined) return forOthers(situation, options) ?? wait(blocked)
  if (!autoDispute) return wait('this node leaves disputes to its user')
  if (situation.waitedSec < disputeAfterSec) return wait(`the others have ${disputeAfterSec - situation.waitedSec} s left to sign the own input`)
  return { action: 'challengeAndAdvance', reason: `the own input has waited ${situation.waitedSec} s for the others` }
}

/** Only others may move, and they do not: what the routine has named for that settles it when nobody has moved until D. Undefined: it is not that. */
function forOthers ({ awaits, waitedSec, ...situation }: Situation, { autoDispute, moverPatienceSec }: DisputeOptions): Decision | undefined {
  if (awaits === undefined || situation.held === undefined || whyNothing(situation) !== undefined) return undefined
  const who = `player ${awaits.movers.join(' or ')}`
  if (!autoDispute) return wait('this node leaves disputes to its user')
  const leftSec = moverPatienceSec + Number(awaits.staggerSec) - waitedSec
  if (leftSec > 0) return wait(`${who} has ${leftSec} s left to move`)
  return { action: 'challenge', reason: `${who} has not moved for ${waitedSec} s` }
}

/** The head is above what the court has: nobody else may be there to say so. */
function answerTo ({ held, recordedSigned, confirmedEpoch, nowSec, standing }: Situation, { evidenceUntilSec }: Dispute, { autoRespond }: DisputeOptions): Decision | undefined {
  if (!autoRespond || held === undefined || held.epoch !== confirmedEpoch || nowSec >= evidenceUntilSec) return undefined
  if (recordedSigned !== undefined && compareSlots(held, recordedSigned) <= 0) return undefined
  return { action: 'respond', reason: `the court has slot ${standing === undefined ? 'none' : slotText(standing.slot)}, everybody has signed ${slotText(held)}`, usefulUntilSec: evidenceUntilSec }
}

function inDispute (situation: Situation, dispute: Dispute, { disputeAfterSec }: DisputeOptions): Decision {
  const { bankSec, nowSec, windowSec, waitedSec } = situation
  const until = dispute.endsAtSec
  if (situation.isJudging) return { action: 'advance', reason: 'the judgement of the own move goes on', usefulUntilSec: until }
  const blocked = whyNoMove(situation)
  if (blocked !== undefined) return wait(blocked, until)
  if (bankSec !== undefined && bankSec.charge > bankSec.left) return wait(`the own time bank has ${bankSec.left} s left, and a move takes ${bankSec.charge} s`, until)
  // The others may be back and go on off-chain, which costs nobody anything; but the window does not wait for them.
  const patienceSec = Math.min(disputeAfterSec, Number(windowSec) / 8)
  if (waitedSec < patienceSec && until - nowSec > windowSec / 2n) return wait(`the others have ${Math.ceil(patienceSec - waitedSec)} s left to sign the own input`, until)
  return { action: 'advance', reason: `the own input has waited ${waitedSec} s in dispute ${dispute.number}`, usefulUntilSec: until }
}

/** Why nothing is forced now, whatever the patience; undefined: it can be. */
function whyNoMove (situation: Situation): string | undefined {
  const { input } = situation
  if (input === undefined) return 'there is no own input to force'
  const nothing = whyNothing(situation)
  if (nothing !== undefined) return nothing
  if (input.does !== 'moves') return `the own input is no move now: ${input.reason}`
  return undefined
}

/** Why nothing is taken to the court, whoever is to move; undefined: it can be. */
function whyNothing ({ mode, held, follows, isAgreed, standing }: Pick<Situation, 'mode' | 'held' | 'follows' | 'isAgreed' | 'standing'>): string | undefined {
  // SAFETY: an old copy of the data may lack what was signed since.
  if (mode === 'watching') return 'this node only watches the thread, and signs nothing'
  if (mode === 'closing' || isAgreed) return 'everybody has signed how to go on'
  if (held === undefined && standing === undefined) return 'nothing is signed yet that a move could start from'
  return follows ? undefined : 'the court has another state than this node'
}

function atTheEnd (situation: Situation, { endsAtSec }: Dispute, { autoDispute, autoRespond }: DisputeOptions): Decision {
  const { doubted } = situation
  if (doubted !== undefined && (autoDispute || autoRespond)) {
    if (situation.nowSec < endsAtSec + situation.staggerSec) return wait('another player\'s node drops what nobody has proved', endsAtSec + situation.staggerSec)
    return { action: 'drop', reason: `nobody has proved what is claimed of player ${doubted.mover}'s move into ${slotText(doubted.slot)}` }
  }
  if (!autoDispute) return wait('the dispute is over; this node leaves the settlement to its user')
  const { nowSec, staggerSec, windowSec } = situation
  if (nowSec < endsAtSec + staggerSec) return wait('another player\'s node settles first', endsAtSec + staggerSec)
  if (!situation.hasSettlement || situation.standing === undefined) return { action: 'settle', reason: 'the dispute is over' }
  if (nowSec >= endsAtSec + windowSec) return { action: 'settle', reason: 'the dispute is over, and nobody had the settlement judged' }
  return { action: 'settleByFunction', reason: 'the dispute is over', usefulUntilSec: endsAtSec + windowSec }
}

function wait (reason: string, atSec?: bigint): Decision {
  return { action: 'wait', reason, atSec }
}
