/** Logs of many blocks: endpoints limit how many one question may span, each in its own words, so long ranges are asked for in pieces. */
import { ThreadsError } from '../errors.js'
import type { Address, Hex } from '../protocol/types.js'
import { readLogs, type RawLog, type Sends } from './reads.js'
import { saysRpc } from './rpc.js'

/** Blocks of one question where few logs are expected, at most; endpoints that find it too many get half. */
const BLOCKS_AT_ONCE = 10_000n
/** Questions at most, so that an endpoint that gives a few blocks at once is not asked for hours. */
const MAX_QUESTIONS = 1_000
const TOO_MANY = /too (many|large|big|wide)|limit|range|exceed|more than|response size|10,?000|timed? ?out/i

/** Whether an endpoint has refused a range because it is too long, or holds too much. */
export function isTooMany (error: unknown): boolean { return saysRpc(error, TOO_MANY) }

/**
 * Logs of `address` in the blocks `from` to `to`, with these topics as `eth_getLogs` takes them, piece by piece, the newest first; each piece in the chain's order.
 * @throws what `readLogs` throws, `CHAIN_RPC_ERROR` where it would take too many questions
 */
export async function * readLogsBack (rpc: Sends, address: Address, { from, to }: { readonly from: bigint, readonly to: bigint }, topics: readonly (Hex | readonly Hex[] | null)[]): AsyncGenerator<readonly RawLog[]> {
  let atOnce = BLOCKS_AT_ONCE
  let questions = 0
  for (let top = to; top >= from;) {
    if (++questions > MAX_QUESTIONS) throw new ThreadsError('CHAIN_RPC_ERROR', `the chain's endpoint gives ${atOnce} blocks at once, too few to look back to block ${from}`, { data: { atOnce: Number(atOnce), from: from.toString() } })
    const bottom = top - atOnce + 1n < from ? from : top - atOnce + 1n
    let logs: readonly RawLog[]
    try {
      logs = await readLogs(rpc, address, { from: bottom, to: top }, topics)
    } catch (error) {
      if (bottom === top || !isTooMany(error)) throw error
      atOnce = (top - bottom + 1n) / 2n
      continue
    }
    yield logs
    top = bottom - 1n
  }
}
