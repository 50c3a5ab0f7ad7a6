/**
 * Claims that are wrong: forced moves whose result nobody has executed on the chain, and that this node executes to another one. A claim that nobody refutes before D
 * is what the thread is settled by, so every node refutes what is false by itself (specification §8, "Claims").
 */
import type { CodeHolder } from '../machine/code-reference.js'
import type { JudgingCost } from '../machine/costs.js'
import { ThreadsError } from '../errors.js'
import type { Breakpoint, Hash32 } from '../protocol/types.js'
import type { Bench } from './bench.js'
import type { Paused, RecordedMove } from './chain-view.js'
import type { Coordinator } from './coordinator.js'
import type { Moves } from './moves.js'
import type { ChainPort, ClaimRefutation } from './ports.js'
import { machineAt } from './recovery.js'
import { nextCall } from './settling.js'

/** A claim that is wrong by what this node executes, and why. */
export type WrongClaim = { readonly move: RecordedMove, readonly why: string }

/**
 * The first claim among the moves of the open dispute that this node's own execution contradicts: the one where it stopped following, or one that reverts.
 * What stands behind the first wrong one needs no look: it goes with it. `upheld`: claims that the judge agrees with.
 */
export function wrongClaimIn (open: readonly RecordedMove[], moves: Pick<Moves, 'followed' | 'failed'>, upheld: ReadonlySet<Hash32>): WrongClaim | undefined {
  for (const move of open) {
    if (move.claim === undefined || upheld.has(move.hash)) continue
    const executed = moves.followed.find(({ body }) => body.content.hash === move.hash)?.executed
    if (executed?.receipts[0]?.success === false) return { move, why: 'its input reverts' }
    if (executed === undefined && moves.failed === move.hash) return { move, why: 'executing it here gives another result, or it is no input' }
  }
  return undefined
}

/** What refuting takes besides the thread. */
export type RefutingParts = { readonly chain: ChainPort, readonly bench: Bench, readonly holder: CodeHolder }

/** What goes to the court next, why the claim falls, and what all of it takes. `stopsAt`: the judgement is not over with it. */
export type ReadyRefutation = { readonly evidence: ClaimRefutation, readonly stopsAt: Hash32 | undefined, readonly why: string, readonly cost: JudgingCost }

/** Puts together what shows that a claim is wrong, from where this node's last transaction left it; undefined: the judge agrees with it. @throws `DISPUTE_NOT_JUDGEABLE`, and what machines throw */
export async function claimRefutation (coordinator: Coordinator, move: RecordedMove, stop: Paused | undefined, parts: RefutingParts): Promise<ReadyRefutation | undefined> {
  const { view, thread } = coordinator
  const { breakpoint, player, input, claim } = move
  const parent = parentOf(coordinator, breakpoint.parent)
  if (claim === undefined || parent === undefined) return undefined
  const unjudgeable = (why: string): ThreadsError => new ThreadsError('DISPUTE_NOT_JUDGEABLE', `a false claim cannot be refuted here: ${why}`, { data: { thread, claimed: move.hash } })
  const machine = await machineAt(coordinator, breakpoint.parent, parts.chain)
  const environment = { nonce: breakpoint.nonce, parent: breakpoint.parent, timestampSec: breakpoint.timestampSec }
  const judged = await parts.bench.claim(machine, environment, { player, input, stateRoot: breakpoint.stateRoot }, parts.holder)
  if (judged.kind === 'unknown') throw unjudgeable(judged.why)
  if (judged.kind === 'right') return undefined
  // Only from its own stops can a node go on, and for those it is paid.
  const paused = stop?.on === move.hash ? stop.paused : view.refuting.find(({ on, refuter }) => on === move.hash && refuter === parts.chain.wallet)?.paused
  const { call, paused: from } = nextCall(judged.calls, paused === undefined ? [] : [paused])
  if (call === undefined) throw unjudgeable('the judge gave no call')
  const stopsAt = call.answer.kind === 'verdict' && !call.answer.isFinal ? call.answer.paused : undefined
  const wallet = view.terms.players[player]
  const sender = judged.provesSender && wallet !== undefined ? machine.prove(wallet) : undefined
  return { evidence: { index: claim.index, claimed: breakpoint, parent, input: { player, input }, paused: from, witness: call.witness, sender }, stopsAt, why: judged.why, cost: judged.cost }
}

function parentOf ({ view }: Coordinator, hash: Hash32): Breakpoint | undefined {
  return view.certificate?.hash === hash ? view.certificate.breakpoint : view.moves.find(move => move.hash === hash)?.breakpoint
}
