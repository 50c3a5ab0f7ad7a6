/** What a thread sends to the chain: listed, and executed there. */
import { bytesToHex } from '../../protocol/bytes.js'
import { ThreadsError } from '../../errors.js'
import type { Coordinator } from '../../thread/coordinator.js'
import { listReceipts, redemptionOf, type ListedReceipt } from '../../thread/redeem.js'
import type { NodeApi, Params, Result } from '../api.js'
import { transactionJson } from '../convert.js'
import type { NodeHost } from '../host.js'
import type { ThreadReceiptJson } from '../schemas.js'

type Methods = 'thread_receipts' | 'thread_redeem'

/** @see NodeApi */
export function receiptMethods (node: NodeHost): Pick<NodeApi, Methods> {
  return {
    thread_receipts: async ({ thread, from, limit }) => {
      const { coordinator } = node.thread(thread)
      const listed = await listReceipts(coordinator, BigInt(from), limit)
      return { thread, count: Number(coordinator.parts.execution.exits.count), receipts: listed.map(receiptJson) }
    },
    thread_redeem: async params => await redeem(node, params)
  }
}

/** Done again it changes nothing: what the court has executed already is told as such. */
async function redeem (node: NodeHost, { thread, index, dryRun }: Params<'thread_redeem'>): Promise<Result<'thread_redeem'>> {
  const { coordinator, duties: { desk } } = node.thread(thread)
  const { terms } = coordinator.view
  try {
    const redemption = await redemptionOf(coordinator, node.chain, BigInt(index))
    if (dryRun) {
      const { gas, feeWei, dataBytes } = await node.chain.quotes.redeem(terms, redemption)
      return { thread, receipt: receiptJson({ ...redemption.receipt, redeemed: false }), transaction: null, quote: { gas: Number(gas), feeWei: feeWei.toString(), calldataBytes: dataBytes, transactions: 1 } }
    }
    const mined = await desk.pay(await node.chain.redeem(terms, redemption))
    return { thread, receipt: receiptJson({ ...redemption.receipt, redeemed: true }), transaction: transactionJson(mined), quote: null }
  } catch (error) {
    if (!isRedeemed(error)) throw error
    return { thread, receipt: await redeemed(coordinator, BigInt(index)), transaction: null, quote: null }
  }
}

/** Here, or at the court, by whichever node: what it has confirmed comes later than what it says. */
function isRedeemed (error: unknown): boolean {
  if (!(error instanceof ThreadsError)) return false
  return error.code === 'RECEIPT_REDEEMED' || (error.code === 'CHAIN_REVERTED' && error.data['error'] === 'AlreadyRedeemed')
}

async function redeemed (coordinator: Coordinator, index: bigint): Promise<ThreadReceiptJson | null> {
  const [receipt] = await listReceipts(coordinator, index, 1)
  return receipt?.index === index ? receiptJson({ ...receipt, redeemed: true }) : null
}

function receiptJson ({ index, sender, target, amount, data, redeemed }: ListedReceipt): ThreadReceiptJson {
  return { index: Number(index), sender, target, amountUnits: amount.toString(), data: bytesToHex(data), redeemed }
}
