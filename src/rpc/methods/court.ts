/** What the methods that go to the court have in common: the shape of what was sent or priced, and what to say when it had happened before. */
import { ZERO_ADDRESS } from '../../protocol/bytes.js'
import type { Address, Hash32, Terms } from '../../protocol/types.js'
import { hasCode } from '../../errors.js'
import type { Coordinator } from '../../thread/coordinator.js'
import type { Phase } from '../../thread/chain-view.js'
import type { Quote, Receipt } from '../../thread/ports.js'
import { transactionJson } from '../convert.js'
import type { NodeHost } from '../host.js'
import type { QuoteJson } from '../schemas.js'

/** How long the court's word is waited for when it refuses what has just happened, milliseconds. */
const CONFIRMED_WITHIN_MS = 15_000

/** A transaction that was sent. */
export function sent (receipt: Receipt): { transaction: ReturnType<typeof transactionJson>, quote: null } {
  return { transaction: transactionJson(receipt), quote: null }
}

/** A transaction that was only priced. */
export function priced (quote: Quote, transactions = 1): { transaction: null, quote: QuoteJson } {
  return { transaction: null, quote: quoteJson(quote, transactions) }
}

/** A price; of the first of several transactions with what all of them take. */
export function quoteJson ({ gas, feeWei, dataBytes }: Quote, transactions = 1): QuoteJson {
  return { gas: Number(gas), feeWei: feeWei.toString(), calldataBytes: dataBytes, transactions }
}

/** What a thread's amounts in units are of. */
export function assetJson ({ asset, assetDecimals }: Terms): { address: Address, decimals: number } {
  return { address: asset, decimals: asset === ZERO_ADDRESS ? 18 : assetDecimals }
}

/**
 * Ends a thread, once: when it had come to this phase before, by this node's own duties or by another player, that is the answer and no error.
 * @throws what `act` throws
 */
export async function endOnce<T> (node: NodeHost, coordinator: Coordinator, phase: Phase, act: () => Promise<T>): Promise<{ readonly done: T } | { readonly already: Hash32 }> {
  const before = await endedBy(coordinator, phase)
  if (before !== undefined) return { already: before }
  try {
    return { done: await act() }
  } catch (error) {
    if (!hasCode(error, 'CHAIN_REVERTED') || error.data['error'] !== 'WrongPhase') throw error
    // Mined and not confirmed, as a rule.
    await told(node, coordinator, phase)
    const meanwhile = await endedBy(coordinator, phase)
    if (meanwhile === undefined) throw error
    return { already: meanwhile }
  }
}

/** The transaction by which the court was told of the thread's end in this phase. */
export async function endedBy (coordinator: Coordinator, phase: Phase): Promise<Hash32 | undefined> {
  if (coordinator.view.phase !== phase) return undefined
  return (await coordinator.parts.records.chainEvents()).findLast(({ type }) => type === phase)?.at.transactionHash
}

async function told (node: NodeHost, coordinator: Coordinator, phase: Phase): Promise<void> {
  const waited = Promise.withResolvers<undefined>()
  const stop = node.subscribe(event => { if (event.thread === coordinator.thread && event.type === 'chain' && event.view.phase === phase) waited.resolve(undefined) })
  const timer = setTimeout(() => { waited.resolve(undefined) }, CONFIRMED_WITHIN_MS)
  if (coordinator.view.phase === phase) waited.resolve(undefined)
  await waited.promise
  clearTimeout(timer)
  stop()
}
