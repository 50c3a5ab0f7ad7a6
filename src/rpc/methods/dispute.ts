/** A thread at the court: challenge, advance, settle, and how it stands there. */
import { hash32 } from '../../protocol/crypto.js'
import { leastChargeSec } from '../../protocol/limits.js'
import { compareSlots } from '../../protocol/slot.js'
import { openMoves, recordedSlot } from '../../thread/chain-view.js'
import type { Coordinator } from '../../thread/coordinator.js'
import type { JudgingCost } from '../../machine/costs.js'
import type { Quote } from '../../thread/ports.js'
import type { ThreadId } from '../../protocol/types.js'
import { ThreadsError } from '../../errors.js'
import type { NodeApi, Result } from '../api.js'
import { slotJson } from '../convert.js'
import type { NodeHost } from '../host.js'
import type { RunningThread } from '../../thread/resting.js'
import { headCertificate, playerOf } from './chain.js'
import { assetJson, endOnce, priced, quoteJson, sent } from './court.js'

/** How long a dispute that was opened has to be confirmed before a move is claimed in it, milliseconds. */
const CONFIRMED_WITHIN_MS = 180_000
const LOOK_MS = 100

type Methods = 'thread_challenge' | 'thread_advance' | 'thread_dispute' | 'thread_settle'

/** @see NodeApi */
export function disputeMethods (node: NodeHost): Pick<NodeApi, Methods> {
  return {
    thread_challenge: async ({ thread, restate, dryRun }) => {
      const { coordinator, duties: { desk } } = node.thread(thread)
      playerOf(coordinator)
      const certificate = restate || await isRecorded(coordinator) ? undefined : await headCertificate(coordinator)
      const shown = certificate?.breakpoint ?? coordinator.view.recorded?.breakpoint
      const slot = shown === undefined ? null : slotJson(shown)
      const { terms } = coordinator.view
      if (dryRun) return { thread, slot, ...priced(await node.chain.quotes.challenge(terms, certificate)) }
      return { thread, slot, ...sent(await desk.pay(await node.chain.challenge(terms, certificate))) }
    },
    thread_advance: async ({ thread, dryRun, useOracle, maxFee }) => {
      const { coordinator, duties: { desk } } = node.thread(thread)
      playerOf(coordinator)
      if (dryRun) {
        const { done, slot, cost } = await desk.advance(node.chain.quotes)
        return { thread, slot: slotJson(slot), ...priced(wholeOf(done, cost), cost.transactions), claim: null }
      }
      if (useOracle) return await advanceWithOracle(node, thread, maxFee === undefined ? node.options.maxOracleFeeWei : BigInt(maxFee))
      const { done, slot } = await desk.advance(node.chain)
      return { thread, slot: slotJson(slot), ...sent(done), claim: null }
    },
    thread_settle: async ({ thread, plain, dryRun }) => {
      const { coordinator, duties: { desk } } = node.thread(thread)
      const asset = assetJson(coordinator.view.terms)
      const ended = await endOnce(node, coordinator, 'settled', async () => {
        if (!dryRun) return await desk.settle(node.chain, plain)
        const { done, payouts, cost } = await desk.settle(node.chain.quotes, plain)
        return { done: priced(wholeOf(done, cost), cost?.transactions ?? 1), payouts }
      })
      if ('already' in ended) return { thread, payoutsUnits: (coordinator.view.payouts ?? []).map(String), transaction: null, quote: null, ...ended, asset }
      const { done, payouts } = ended.done
      return { thread, payoutsUnits: payouts.map(String), ...('quote' in done ? done : sent(done)), asset }
    },
    thread_dispute: async ({ thread, price }) => await disputeStatus(node, node.thread(thread), price)
  }
}

/** The oracle is asked; where there was no dispute before, once the one that this opens is confirmed. @throws `DISPUTE_NOT_CONFIRMED`, and what `Desk.advance` throws */
async function advanceWithOracle (node: NodeHost, thread: ThreadId, maxFeeWei: bigint): Promise<Result<'thread_advance'>> {
  const { desk } = node.thread(thread).duties
  const first = await desk.advanceWithOracle({ maxFeeWei })
  if (first.does === 'opens') await disputed(node, thread)
  const { done, slot, does, feeWei } = first.does === 'opens' ? await desk.advanceWithOracle({ maxFeeWei }) : first
  return { thread, slot: slotJson(slot), ...sent(done), claim: does === 'claims' ? { oracle: node.thread(thread).coordinator.view.terms.oracle, feeWei: feeWei.toString() } : null }
}

/** Waits until the dispute that this node has opened is confirmed here. @throws `DISPUTE_NOT_CONFIRMED` */
async function disputed (node: NodeHost, thread: ThreadId): Promise<void> {
  for (const endMs = node.clock.nowMs() + CONFIRMED_WITHIN_MS; node.thread(thread).coordinator.view.phase !== 'dispute';) {
    if (node.clock.nowMs() > endMs) throw new ThreadsError('DISPUTE_NOT_CONFIRMED', 'the dispute is open, and not confirmed yet: ask again to force the move in it', { data: { thread } })
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
}

/** The first of several transactions says what gas costs; the judge here, how much of it all of them take. */
function wholeOf (first: Quote, cost: JudgingCost | undefined): Quote {
  if (cost === undefined || cost.transactions === 1 || first.gas === 0n) return first
  return { gas: cost.gas, feeWei: cost.gas * first.feeWei / first.gas, dataBytes: cost.calldataBytes }
}

/** Also where the chain has more than this node: it signed that, and the others kept the rest of the signatures to themselves. */
async function isRecorded (coordinator: Coordinator): Promise<boolean> {
  const head = await coordinator.parts.records.head()
  const recorded = recordedSlot(coordinator.view)
  return head === undefined || (recorded !== undefined && compareSlots(recorded, head.slot) >= 0)
}

async function disputeStatus (node: NodeHost, { coordinator, duties }: RunningThread, isPriced: boolean): Promise<Result<'thread_dispute'>> {
  const { view, state, thread } = coordinator
  const { terms } = view
  const [{ situation, decision, cost }, { usedSec }] = await Promise.all([duties.desk.outlook(), node.chain.lineage(thread)])
  const price = isPriced ? await duties.desk.price(decision) : undefined
  const { dispute } = view
  const elapsed = dispute === undefined ? 0n : situation.nowSec - (dispute.endsAtSec - terms.windowSec)
  const least = leastChargeSec(terms)
  return {
    thread, phase: view.phase, nowSec: Number(situation.nowSec),
    dispute: dispute === undefined ? null : { number: Number(dispute.number), by: dispute.by, evidenceUntilSec: Number(dispute.evidenceUntilSec), endsAtSec: Number(dispute.endsAtSec) },
    recorded: view.recorded === undefined ? null : slotJson(view.recorded.breakpoint), signed: view.certificate === undefined ? null : slotJson(view.certificate.breakpoint),
    head: state.head === undefined ? null : slotJson(state.head.slot), follows: situation.follows,
    moves: openMoves(view).map(({ player, breakpoint, input, claim }) => ({ player, slot: slotJson(breakpoint), timestampSec: Number(breakpoint.timestampSec), input: hash32(input.raw), claimedBy: claim?.account ?? null })),
    banks: terms.players.map((_, player) => ({ player, leftSec: Number(terms.timeBankSec - (dispute === undefined ? 0n : usedSec[player] ?? 0n)) })),
    leastChargeSec: Number(least), chargeSec: dispute === undefined ? null : Number(elapsed > least ? elapsed : least), waitingFor: duties.missing(),
    next: { action: decision.action, reason: decision.reason, atSec: numberOrNull(decision.atSec), usefulUntilSec: numberOrNull(decision.usefulUntilSec) },
    ...(isPriced ? { quote: price === undefined ? null : quoteJson(wholeOf(price.done, price.cost), price.cost?.transactions) } : {}),
    cost: { transactions: cost.transactions, gas: Number(cost.gas), feeWei: cost.feeWei.toString() }
  }
}

function numberOrNull (value: bigint | undefined): number | null {
  return value === undefined ? null : Number(value)
}
