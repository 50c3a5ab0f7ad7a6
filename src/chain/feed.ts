/** From a block's logs to events: decoding, what each still needs from the chain, and the count of what was skipped. */
import type { Interface } from 'ethers'
import type { Domain } from '../protocol/types.js'
import type { ChainEvent, LogPosition } from '../thread/ports.js'
import { decodeLog, moveOfCall, signaturesOfCall, type EventBody, type RecordedBefore } from './events.js'
import { readCall, type RawLog, type Sends } from './reads.js'

/** Turns logs into events. */
export type Feed = {
  /** The events of one block's logs, in order; logs that `isNew` refuses are read for what follows them, and not told. */
  eventsOf (logs: readonly RawLog[], timestampSec: bigint, isNew: (log: RawLog) => boolean): AsyncIterable<{ log: RawLog, event: ChainEvent }>
  /** Logs that no event could be made of, and that should not be there. */
  skipped (): number
}

/** A feed for one court. */
export function createFeed (options: { rpc: Sends, court: Interface, domain: Domain, log: (message: string, data: Record<string, unknown>) => void }): Feed {
  const { rpc, court, domain } = options
  let skipped = 0

  /** Signatures and moves that have not ended stand in the call, not in the log: they cost gas there and serve only those who were away. */
  const withCall = async (event: EventBody, log: RawLog): Promise<EventBody> => {
    if (event.type !== 'recorded' && event.type !== 'judging') return event
    const call = await readCall(rpc, log.transactionHash)
    if (call?.to !== domain.court) return event
    if (event.type === 'judging') return { ...event, move: moveOfCall(court, domain, call.data, event.thread, event.player) }
    return { ...event, signatures: signaturesOfCall(court, domain, call.data, event.breakpoint) }
  }

  return {
    skipped: () => skipped,
    async * eventsOf (logs, timestampSec, isNew) {
      let recorded: RecordedBefore
      for (const log of logs) {
        const decoded = decodeLog(court, domain, log, recorded)
        if ('skipped' in decoded) {
          if (decoded.expected || !isNew(log)) continue
          skipped++
          options.log('a log of the court is skipped', { reason: decoded.skipped, transactionHash: log.transactionHash, logIndex: log.logIndex })
          continue
        }
        const { event } = decoded
        if (event.type === 'recorded') recorded = { transactionHash: log.transactionHash, breakpoint: event.breakpoint, hash: event.hash }
        if (!isNew(log)) continue
        const at: LogPosition = {
          blockNumber: log.blockNumber, blockHash: log.blockHash, transactionHash: log.transactionHash, logIndex: log.logIndex, timestampSec
        }
        yield { log, event: { ...await withCall(event, log), at } as ChainEvent }
      }
    }
  }
}
