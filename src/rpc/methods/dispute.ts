/** A thread at the court: challenge, advance, settle, and how it stands there. */
import { hash32 } from '../../protocol/crypto.js'
import { leastChargeSec } from '../../protocol/limits.js'
import { compareSlots } from '../../protocol/slot.js'
import { openMoves, recordedSlot } from '../../thread/chain-view.js'
import type { Coordinator } from '../../thread/coordinator.js'
import type { Quote, Receipt } from '../../thread/ports.js'
import type { NodeApi, Result } from '../api.js'
import { slotJson, transactionJson } from '../convert.js'
import type { NodeHost, RunningThread } from '../host.js'
import type { QuoteJson } from '../schemas.js'
import { headCertificate, playerOf } from './chain.js'

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
      if (dryRun) return { thread, slot, transaction: null, quote: quoteJson(await node.chain.quotes.challenge(terms, certificate)) }
      return { thread, slot, ...sent(await desk.pay(await node.chain.challenge(terms, certificate))) }
    },
    thread_advance: async ({ thread, dryRun }) => {
      const { coordinator, duties: { desk } } = node.thread(thread)
      playerOf(coordinator)
      if (!dryRun) {
        const { done, slot } = await desk.advance(node.chain)
        return { thread, slot: slotJson(slot), ...sent(done) }
      }
      const { done, slot, cost } = await desk.advance(node.chain.quotes)
      // The first of several transactions says what gas costs; the judge here, how much of it all of them take.
      const whole = cost.transactions === 1 ? done : { gas: cost.gas, feeWei: cost.gas * done.feeWei / done.gas, dataBytes: cost.calldataBytes }
      return { thread, slot: slotJson(slot), transaction: null, quote: quoteJson(whole, cost.transactions) }
    },
    thread_settle: async ({ thread, plain, dryRun }) => {
      const { duties: { desk } } = node.thread(thread)
      if (dryRun) {
        const { done, payouts } = await desk.settle(node.chain.quotes, plain)
        return { thread, payoutsUnits: payouts.map(String), transaction: null, quote: quoteJson(done) }
      }
      const { done, payouts } = await desk.settle(node.chain, plain)
      return { thread, payoutsUnits: payouts.map(String), ...sent(done) }
    },
    thread_dispute: async ({ thread }) => await disputeStatus(node, node.thread(thread))
  }
}

/** Also where the chain has more than this node: it signed that, and the others kept the rest of the signatures to themselves. */
async function isRecorded (coordinator: Coordinator): Promise<boolean> {
  const head = await coordinator.parts.records.head()
  const recorded = recordedSlot(coordinator.view)
  return head === undefined || (recorded !== undefined && compareSlots(recorded, head.slot) >= 0)
}

function sent (receipt: Receipt): { transaction: ReturnType<typeof transactionJson>, quote: null } {
  return { transaction: transactionJson(receipt), quote: null }
}

function quoteJson ({ gas, feeWei, dataBytes }: Quote, transactions = 1): QuoteJson {
  return { gas: Number(gas), feeWei: feeWei.toString(), calldataBytes: dataBytes, transactions }
}

async function disputeStatus (node: NodeHost, { coordinator, duties }: RunningThread): Promise<Result<'thread_dispute'>> {
  const { view, state, thread } = coordinator
  const { terms } = view
  const [{ situation, decision, cost }, { usedSec }] = await Promise.all([duties.desk.outlook(), node.chain.lineage(thread)])
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
    cost: { transactions: cost.transactions, gas: Number(cost.gas), feeWei: cost.feeWei.toString() }
  }
}

function numberOrNull (value: bigint | undefined): number | null {
  return value === undefined ? null : Number(value)
}
