/** EIP-1559 fees: what to offer at first, and what to offer when that was not enough. All amounts in wei for each gas. */
import { hasCode } from '../errors.js'
import { readInteger, readNewest, type Sends } from './reads.js'

/** What a transaction offers. */
export type Fees = { readonly maxFeePerGasWei: bigint, readonly priorityFeePerGasWei: bigint }

/** Where the endpoint suggests nothing. */
const DEFAULT_PRIORITY_WEI = 1_000_000_000n

/**
 * Twice the base fee and the suggested tip: serves through six full blocks in a row.
 * `capWei`: the highest maxFeePerGas this node pays; below the base fee a transaction waits until the chain is cheaper.
 */
export async function quoteFees (rpc: Sends, capWei: bigint | undefined): Promise<Fees> {
  const [newest, priorityWei] = await Promise.all([readNewest(rpc), suggestedPriority(rpc)])
  return capped({ maxFeePerGasWei: 2n * (newest.baseFeeWei ?? 0n) + priorityWei, priorityFeePerGasWei: priorityWei }, capWei)
}

/**
 * Fees that pools take as a replacement: both at least an eighth (12.5 %) above `previous`, and not below the present quote.
 * Undefined when the cap leaves no room for that: a smaller rise would only be refused.
 */
export function raisedFees (previous: Fees, quote: Fees, capWei: bigint | undefined): Fees | undefined {
  const raised = {
    maxFeePerGasWei: larger(eighthMore(previous.maxFeePerGasWei), quote.maxFeePerGasWei),
    priorityFeePerGasWei: larger(eighthMore(previous.priorityFeePerGasWei), quote.priorityFeePerGasWei)
  }
  if (capWei === undefined) return raised
  if (eighthMore(previous.maxFeePerGasWei) > capWei || eighthMore(previous.priorityFeePerGasWei) > capWei) return undefined
  return capped(raised, capWei)
}

async function suggestedPriority (rpc: Sends): Promise<bigint> {
  try {
    return await readInteger(rpc, 'eth_maxPriorityFeePerGas', [])
  } catch (error) {
    if (hasCode(error, 'CHAIN_RPC_ERROR')) return DEFAULT_PRIORITY_WEI // not every endpoint has the method
    throw error
  }
}

function capped (fees: Fees, capWei: bigint | undefined): Fees {
  if (capWei === undefined || fees.maxFeePerGasWei <= capWei) return fees
  return { maxFeePerGasWei: capWei, priorityFeePerGasWei: fees.priorityFeePerGasWei < capWei ? fees.priorityFeePerGasWei : capWei }
}

/** Rounded up, and never the same again: an eighth of little is nothing. */
function eighthMore (wei: bigint): bigint {
  return (wei * 9n + 7n) / 8n + 1n
}

function larger (a: bigint, b: bigint): bigint {
  return a > b ? a : b
}
