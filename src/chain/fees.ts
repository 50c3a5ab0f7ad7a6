/** EIP-1559 fees: what to offer at first, and what to offer when that was not enough. All amounts in wei for each gas. */
import { hasCode } from '../errors.js'
import { readInteger, readNewest, type Sends } from './reads.js'

/** What a transaction offers. */
export type Fees = { readonly maxFeePerGasWei: bigint, readonly priorityFeePerGasWei: bigint }

/** Where the endpoint suggests nothing. */
const DEFAULT_PRIORITY_WEI = 1_000_000_000n

/** Below this many seconds to its deadline a transaction offers so many times the tip. */
const PRESSURE: readonly (readonly [leftSec: bigint, times: bigint])[] = [[60n, 8n], [300n, 4n], [1_200n, 2n]]
/** So much of a suggested tip is multiplied. */
const PRESSED_WEI = 2_000_000_000n

/**
 * Twice the base fee and the suggested tip: serves through six full blocks in a row. The tip is higher where the deadline is near. What it is raised by is bounded:
 * a quiet chain suggests what was last paid, and multiples of that would grow with each transaction.
 * `capWei`: the highest maxFeePerGas this node pays; below the base fee a transaction waits until the chain is cheaper.
 * `leftSec`: how long the transaction is of use, by the chain's time.
 */
export async function quoteFees (rpc: Sends, capWei: bigint | undefined, usefulUntilSec?: bigint): Promise<{ fees: Fees, leftSec: bigint | undefined }> {
  const [newest, suggestedWei] = await Promise.all([readNewest(rpc), suggestedPriority(rpc)])
  const leftSec = usefulUntilSec === undefined ? undefined : usefulUntilSec - newest.timestampSec
  const pressedWei = suggestedWei < PRESSED_WEI ? suggestedWei : PRESSED_WEI
  const priorityWei = suggestedWei + (pressure(leftSec) - 1n) * pressedWei
  return { fees: capped({ maxFeePerGasWei: 2n * (newest.baseFeeWei ?? 0n) + priorityWei, priorityFeePerGasWei: priorityWei }, capWei), leftSec }
}

/** How many times the tip is offered. */
export function pressure (leftSec: bigint | undefined): bigint {
  return leftSec === undefined ? 1n : PRESSURE.find(([below]) => leftSec < below)?.[1] ?? 1n
}

/** What one gas costs now: the base fee and the suggested tip, in wei. */
export async function presentFee (rpc: Sends): Promise<bigint> {
  const [newest, priorityWei] = await Promise.all([readNewest(rpc), suggestedPriority(rpc)])
  return (newest.baseFeeWei ?? 0n) + priorityWei
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
