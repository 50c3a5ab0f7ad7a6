/** What a settlement takes to the court: proofs of what the payees own, before and after the contract's own settlement function, and that function's witness. */
import { PORT_ADDRESS, PORT_TOTAL_SLOT } from '../protocol/port.js'
import { payeesOf } from '../protocol/terms.js'
import { decodeInput } from '../protocol/input.js'
import { ZERO_ADDRESS } from '../protocol/bytes.js'
import type { Address, Breakpoint, Hash32, Input } from '../protocol/types.js'
import { ThreadsError } from '../errors.js'
import type { CodeHolder } from '../machine/code-reference.js'
import type { JudgingCost } from '../machine/costs.js'
import type { JudgeStep } from '../machine/judgement.js'
import type { Machine } from '../machine/machine.js'
import type { Bench } from './bench.js'
import { openMoves } from './chain-view.js'
import type { Coordinator } from './coordinator.js'
import type { ChainPort, Holdings, LastInput, SettlementCase } from './ports.js'
import { machineAt, signedBefore } from './recovery.js'

/** Arguments of `settle`, `settleByFunction` and `refute`. */
export type SettlementCalls = {
  /** Undefined: nothing was ever signed. */
  readonly recorded: Breakpoint | undefined
  readonly holdings: Holdings | undefined
  /** Undefined: it is not wanted, the terms name no function, or nothing is recorded. */
  readonly byFunction: { readonly settlement: SettlementCase, readonly holdings: Holdings, readonly success: boolean, readonly machine: Machine, /** Of the whole judgement. */ readonly cost: JudgingCost } | undefined
  /** What the recorded move stands on; undefined: what is recorded was signed by all. */
  readonly parent: Breakpoint | undefined
  /** The recorded state. */
  readonly machine: Machine | undefined
}

/** What settling needs besides the thread. */
export type SettlingParts = { readonly chain: ChainPort, readonly bench: Bench, readonly holder: CodeHolder }

/** Puts together what the court is shown of what it has recorded; `plainly`: without the settlement function. @throws `THREAD_BEHIND`, `DISPUTE_NOT_JUDGEABLE`, and what machines throw */
export async function settlementCalls (coordinator: Coordinator, parts: SettlingParts, plainly: boolean): Promise<SettlementCalls> {
  const { view, parts: { context } } = coordinator
  const { recorded } = view
  if (recorded === undefined) return { recorded: undefined, holdings: undefined, byFunction: undefined, parent: undefined, machine: undefined }
  const machine = await machineAt(coordinator, recorded.hash, parts.chain)
  const standing = openMoves(view)
  const parent = standing.length === 0 ? undefined : standing.at(-2)?.breakpoint ?? view.certificate?.breakpoint
  const plain = { recorded: recorded.breakpoint, holdings: holdingsOf(machine), parent, machine }
  if (plainly || BigInt(context.terms.settlement) === 0n || view.dispute === undefined) return { ...plain, byFunction: undefined }
  const inputs = await lastBatch(coordinator, recorded.hash, recorded.breakpoint)
  const lastMover = senderOfLast(coordinator, inputs)
  const isForced = standing.length > 0
  const timestampSec = isForced ? recorded.breakpoint.timestampSec + context.terms.windowSec : view.dispute.endsAtSec
  const environment = { nonce: recorded.breakpoint.nonce + 1n, parent: recorded.hash, timestampSec }
  const { outcome, machine: after } = await machine.after(machine.settlement(lastMover), environment)
  const judged = await parts.bench.settlement(machine, environment, lastMover, parts.holder)
  if ('refused' in judged) throw new ThreadsError('DISPUTE_NOT_JUDGEABLE', `the settlement cannot be brought before the judge: ${judged.refused}`, { data: { thread: context.thread } })
  const { call, paused } = nextCall(judged.calls, view.trying?.on === recorded.hash ? view.trying.stops : [])
  if (call === undefined) throw new ThreadsError('DISPUTE_NOT_JUDGEABLE', 'the settlement cannot be brought before the judge: it takes no call', { data: { thread: context.thread } })
  return {
    ...plain,
    byFunction: { settlement: { recorded: recorded.breakpoint, last: shown(inputs), paused, witness: call.witness }, holdings: holdingsOf(after), success: outcome.success, machine: after, cost: judged.cost }
  }
}

/**
 * The call to make, and the recorded stop that it goes on from: the furthest of this node's own plan, whoever has come there. What others have recorded besides is
 * nothing to it; where none of it is of the plan, it begins anew.
 */
export function nextCall (calls: readonly JudgeStep[], stops: readonly Hash32[]): { readonly call: JudgeStep | undefined, readonly paused: Hash32 | undefined } {
  const at = calls.findLastIndex(({ answer }) => answer.kind === 'verdict' && !answer.isFinal && stops.includes(answer.paused))
  const stop = calls[at]?.answer
  return { call: calls[at + 1], paused: stop?.kind === 'verdict' ? stop.paused : undefined }
}

/** What the state of `machine` says of its money, proved. */
export function holdingsOf (machine: Machine): Holdings {
  return { accounts: payeesOf(machine.context.terms).map(payee => machine.prove(payee)), exits: machine.proveSlot(PORT_ADDRESS, PORT_TOTAL_SLOT) }
}

function shown (inputs: readonly Input[]): LastInput | undefined {
  const last = inputs.at(-1)
  return last === undefined ? undefined : { player: last.player, others: inputs.slice(0, -1).map(({ leaf }) => leaf), input: last }
}

/** The wallet of who sent the last input of what is recorded; address 0 where it has none. @throws `THREAD_BEHIND` */
export async function lastMoverOf (coordinator: Coordinator, hash: Hash32, breakpoint: Breakpoint): Promise<Address> {
  return senderOfLast(coordinator, await lastBatch(coordinator, hash, breakpoint))
}

function senderOfLast ({ parts: { context: { terms } } }: Coordinator, inputs: readonly Input[]): Address {
  const last = inputs.at(-1)
  return last === undefined ? ZERO_ADDRESS : terms.players[last.player] ?? ZERO_ADDRESS
}

/** The batch that led to what is recorded. @throws `THREAD_BEHIND` */
async function lastBatch (coordinator: Coordinator, hash: Hash32, breakpoint: Breakpoint): Promise<readonly Input[]> {
  const { view, parts: { records, context } } = coordinator
  const move = view.moves.find(move => move.hash === hash)
  if (move !== undefined) return [decodeInput(move.input, context)]
  const certificate = await records.certificate(breakpoint)
  if (certificate !== undefined) return certificate.inputs.map(input => decodeInput(input, context))
  const signed = coordinator.openBody?.content.hash === hash ? coordinator.openBody : await signedBefore(coordinator, hash)
  if (signed?.kind === 'breakpoint') return signed.inputs
  throw new ThreadsError('THREAD_BEHIND', 'this node does not have the inputs of what the chain has recorded', { data: { thread: context.thread, recorded: hash } })
}
