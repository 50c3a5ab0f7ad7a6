/**
 * Claims: forced moves whose result nobody has executed on the chain. A claim that nobody refutes before D is what the thread is settled by, so every node refutes what
 * is false by itself, doubts what cannot be judged, and proves what is right and doubted (specification §8, "Claims").
 */
import type { CodeHolder } from '../machine/code-reference.js'
import type { JudgingCost } from '../machine/costs.js'
import type { Breakpoint, Hash32 } from '../protocol/types.js'
import type { Bench } from './bench.js'
import { openClaims, openMoves, type Paused, type RecordedMove } from './chain-view.js'
import type { Coordinator } from './coordinator.js'
import type { Moves } from './moves.js'
import type { ChainPort, ClaimRefutation, DroppedClaim } from './ports.js'
import { machineAt } from './recovery.js'
import { nextCall } from './settling.js'

/** What a node has found out about claims, by their hashes. */
export type Findings = {
  /** The judge agrees, though this node's own EVM does not. */
  readonly upheld: Set<Hash32>
  /** By the rule of §9 it cannot be judged, and why: an honest player claims nothing like it. */
  readonly unfit: Map<Hash32, string | undefined>
  /** The judge has come to nothing that fits into transactions: there is neither a refutation nor a proof. */
  readonly unjudged: Set<Hash32>
}

/** A claim that is wrong by what this node executes, or that it can find no proof for, and why. */
export type WrongClaim = { readonly move: RecordedMove, readonly why: string }

/**
 * The first claim among the moves of the open dispute that this node's own execution contradicts: the one where it stopped following, or one that reverts; or that
 * could not be judged, whatever it leaves. What stands behind the first wrong one needs no look: it goes with it.
 */
export function wrongClaimIn (open: readonly RecordedMove[], moves: Pick<Moves, 'followed' | 'failed'>, { upheld, unfit }: Pick<Findings, 'upheld' | 'unfit'>): WrongClaim | undefined {
  for (const move of open) {
    if (move.claim === undefined || move.claim.isProved === true || upheld.has(move.hash)) continue
    const why = unfit.get(move.hash)
    if (why !== undefined) return { move, why }
    const executed = moves.followed.find(({ body }) => body.content.hash === move.hash)?.executed
    if (executed?.receipts[0]?.success === false) return { move, why: 'its input reverts' }
    if (executed === undefined && moves.failed === move.hash) return { move, why: 'executing it here gives another result, or it is no input' }
  }
  return undefined
}

/** The first claim that is doubted and, by what this node knows, right and not yet proved: what it can prove. */
export function claimToProve ({ view, moves }: Coordinator, findings: Findings): RecordedMove | undefined {
  const wrong = wrongClaimIn(openMoves(view), moves, findings)
  for (const move of openClaims(view)) {
    // What stands on a wrong one goes with it.
    if (move.hash === wrong?.move.hash) return undefined
    const isKnown = findings.upheld.has(move.hash) || moves.followed.some(({ body }) => body.content.hash === move.hash)
    if (move.claim.doubter !== undefined && isKnown && !findings.unjudged.has(move.hash)) return move
  }
  return undefined
}

/** Finds out of every claim that this node follows and has not made whether it can be judged. Each is looked at once. */
export async function lookAtClaims (coordinator: Coordinator, { unfit }: Findings, chain: ChainPort): Promise<void> {
  const { view, moves, state: { self } } = coordinator
  for (const { hash, player, breakpoint } of openClaims(view)) {
    const followed = moves.followed.find(({ body }) => body.content.hash === hash)
    if (player === self || followed === undefined || unfit.has(hash)) continue
    const machine = await machineAt(coordinator, breakpoint.parent, chain)
    const { skipped: [skipped] } = await machine.fork().prepare({ nonce: breakpoint.nonce, parent: breakpoint.parent, timestampSec: breakpoint.timestampSec, inputs: followed.body.inputs })
    unfit.set(hash, skipped?.code === 'UNJUDGEABLE' ? skipped.message : undefined)
  }
}

/** What `drop` is shown of a claim. Undefined: it does not stand here. */
export function droppedClaim (coordinator: Coordinator, { breakpoint, player, input }: RecordedMove): DroppedClaim | undefined {
  const parent = parentOf(coordinator, breakpoint.parent)
  return parent === undefined ? undefined : { claimed: breakpoint, parent, input: { player, input } }
}

/** What refuting takes besides the thread. */
export type RefutingParts = { readonly chain: ChainPort, readonly bench: Bench, readonly holder: CodeHolder }

/** What goes to the court next, what the judge makes of the claim and why, and what all of it takes. `stopsAt`: the judgement is not over with it. */
export type ReadyJudgement = { readonly kind: 'right' | 'wrong', readonly evidence: ClaimRefutation, readonly stopsAt: Hash32 | undefined, readonly why: string, readonly cost: JudgingCost }

/** A claim that no judgement holds: it can be doubted. */
export type NoJudgement = { readonly kind: 'unknown', readonly why: string }

/** Puts together what shows that a claim is wrong, or right, from where this node's last transaction left it; undefined: it does not stand here. @throws what machines throw */
export async function claimJudgement (coordinator: Coordinator, move: RecordedMove, stop: Paused | undefined, parts: RefutingParts): Promise<ReadyJudgement | NoJudgement | undefined> {
  const { view } = coordinator
  const { breakpoint, player, input, claim } = move
  const parent = parentOf(coordinator, breakpoint.parent)
  if (claim === undefined || parent === undefined) return undefined
  const machine = await machineAt(coordinator, breakpoint.parent, parts.chain)
  const environment = { nonce: breakpoint.nonce, parent: breakpoint.parent, timestampSec: breakpoint.timestampSec }
  const judged = await parts.bench.claim(machine, environment, { player, input, stateRoot: breakpoint.stateRoot }, parts.holder)
  if (judged.kind === 'unknown') return judged
  // Only from its own stops can a node go on, and for those it is paid.
  const paused = stop?.on === move.hash ? stop.paused : view.refuting.find(({ on, refuter }) => on === move.hash && refuter === parts.chain.wallet)?.paused
  const { call, paused: from } = nextCall(judged.calls, paused === undefined ? [] : [paused])
  if (call === undefined) return { kind: 'unknown', why: 'the judge gave no call' }
  const stopsAt = call.answer.kind === 'verdict' && !call.answer.isFinal ? call.answer.paused : undefined
  const wallet = view.terms.players[player]
  const sender = judged.kind === 'wrong' && judged.provesSender && wallet !== undefined ? machine.prove(wallet) : undefined
  const why = judged.kind === 'wrong' ? judged.why : 'it leaves what is claimed'
  return { kind: judged.kind, evidence: { index: claim.index, claimed: breakpoint, parent, input: { player, input }, paused: from, witness: call.witness, sender }, stopsAt, why, cost: judged.cost }
}

function parentOf ({ view }: Coordinator, hash: Hash32): Breakpoint | undefined {
  return view.certificate?.hash === hash ? view.certificate.breakpoint : view.moves.find(move => move.hash === hash)?.breakpoint
}
