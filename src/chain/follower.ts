/**
 * Follows the court: every confirmed log of it, in order, as events.
 *
 * Delivery is at least once: within one run each event comes once, but after a crash the events since the last cursor come again, so
 * the consumer must take the same event twice without harm. A log counts as confirmed when `confirmations` blocks, its own included,
 * are on the chain. Reorganisations are seen by block hashes (a node's own notices of removed logs cannot be relied on), and only
 * those that reach below confirmed blocks concern the consumer.
 *
 * A chain that is shorter than before proves nothing (endpoints answer from several machines, some of them late): we wait until it
 * shows another block at a height that we know.
 */
import { ThreadsError } from '../errors.js'
import type { Address, Hash32 } from '../protocol/types.js'
import type { ChainCursor, ChainEvent, ChainPort } from '../thread/ports.js'
import { deploymentBlock } from './deployment-block.js'
import type { GuardedRpc } from './identity.js'
import { isTooMany } from './log-pieces.js'
import { readHeader, readHeaderByHash, readLogs, readNewest, type Header, type RawLog } from './reads.js'
import { createBackoff, sleep } from './sleep.js'

/** What the consumer is told; see {@link ChainPort.follow}. */
export type FollowListeners = Parameters<ChainPort['follow']>[0]

/** Options of {@link createFollower}. */
export type FollowerOptions = {
  readonly rpc: GuardedRpc
  readonly court: Address
  /** Blocks, a log's own included, that must be there before it counts; 1: the newest counts. */
  readonly confirmations: number
  readonly pollMs: number
  /** The court's first block; looked for when undefined. */
  readonly startBlock: bigint | undefined
  /** A block's logs as events, in order. `isNew`: false for what was delivered before an error; its fetches are saved. */
  readonly eventsOf: (logs: readonly RawLog[], timestampSec: bigint, isNew: (log: RawLog) => boolean) => AsyncIterable<{ log: RawLog, event: ChainEvent }>
  readonly log: (message: string, data: Record<string, unknown>) => void
}

/** How the following goes. */
export type FollowerHealth = {
  /** Following, and the last look at the chain succeeded. */
  readonly ok: boolean
  readonly headBlock: bigint | undefined
  readonly followedBlock: bigint | undefined
  readonly lastErrorCode: string | undefined
  /** Looks at the chain that failed in a row. */
  readonly failuresInARow: number
}

/** A running or idle follower. */
export type Follower = {
  /** Begins; once. @throws `CHAIN_FOLLOWED_TWICE` */
  start (listeners: FollowListeners): void
  health (): FollowerHealth
  /** Ends; resolves when a listener that is running has returned (so never await it in one). */
  stop (): Promise<void>
}

type Block = ChainCursor['blocks'][number]

/** Blocks this close below the newest confirmed one are read one by one, by hash; the ones before, by ranges. */
const NEAR_BLOCKS = 64n
/** Near blocks of one step. */
const NEAR_AT_ONCE = 16n
/** Far blocks of one step, at most; endpoints that find it too many get half. */
const FAR_AT_ONCE = 1_000n
/** Hashes kept for finding a common ancestor. */
const REMEMBERED_BLOCKS = 128
const MAX_BACKOFF_MS = 10_000

/** An idle follower. */
export function createFollower (options: FollowerOptions): Follower {
  const { rpc, court, pollMs, log } = options
  const depth = BigInt(options.confirmations) - 1n
  const stopping = new AbortController()
  let listeners: FollowListeners | undefined
  let loop: Promise<void> = Promise.resolve()
  let headBlock: bigint | undefined
  let lastErrorCode: string | undefined
  let failuresInARow = 0

  /** Processed blocks, newest first. Ahead of the consumer's cursor while a step is under way. */
  let blocks: Block[] = []
  /** How far the block after `blocks[0]` was delivered before a listener failed. */
  let partial: { readonly number: bigint, readonly hash: Hash32, logIndex: number } | undefined
  let startBlock = options.startBlock
  let farAtOnce = FAR_AT_ONCE

  const run = async (told: FollowListeners) => {
    const backoff = createBackoff(pollMs, Math.max(pollMs, MAX_BACKOFF_MS))
    while (!stopping.signal.aborted) {
      let waitMs = pollMs
      try {
        if (await step(told)) waitMs = 0
        if (failuresInARow > 0) log('the chain is followed again', { failures: failuresInARow })
        lastErrorCode = undefined
        failuresInARow = 0
        backoff.succeeded()
      } catch (error) {
        if (stopping.signal.aborted) return
        lastErrorCode = error instanceof ThreadsError ? error.code : 'CHAIN_LISTENER_FAILED'
        failuresInARow++
        waitMs = backoff.failed()
        log('the chain cannot be followed', { code: lastErrorCode, failures: failuresInARow, error: String(error) })
      }
      await sleep(waitMs, stopping.signal)
    }
  }

  /** One look at the chain, and one range of it. True when there is more to do at once. */
  const step = async (told: FollowListeners): Promise<boolean> => {
    const newest = await readNewest(rpc)
    headBlock = newest.number
    startBlock ??= await deploymentBlock(rpc, court, newest.number)
    if (!await reconcile(told, newest)) return false
    const confirmed = newest.number - depth
    const from = nextBlock()
    if (from > confirmed) return false
    const far = confirmed - NEAR_BLOCKS
    const done = from <= far
      ? await readFar(told, from, smaller(from + farAtOnce - 1n, far))
      : await readNear(told, from, smaller(from + NEAR_AT_ONCE - 1n, confirmed))
    if (done) await told.onCursor({ blocks: [...blocks] })
    return done && nextBlock() <= confirmed
  }

  const nextBlock = (): bigint => {
    const top = blocks[0]
    return top === undefined ? startBlock ?? 0n : top.number + 1n
  }

  /** Whether what was processed still is on the chain; if not, goes back to where both agree. False: nothing can be said now. */
  const reconcile = async (told: FollowListeners, newest: Header): Promise<boolean> => {
    const known = partial ?? blocks[0]
    if (known === undefined) return true
    if (newest.number < known.number) {
      const same = blocks.find(block => block.number === newest.number)
      if (same === undefined || same.hash === newest.hash) {
        await rpc.verify() // a chain that has become shorter may be another one
        return false
      }
    } else {
      const now = newest.number === known.number ? newest : await readHeader(rpc, known.number)
      if (now === undefined) return false
      if (now.hash === known.hash) return true
    }
    await rpc.verify() // another chain is no reorganisation
    const ancestor = await commonAncestor(newest.number)
    const toBlock = ancestor === undefined ? (startBlock ?? 0n) - 1n : ancestor.number
    log('reorganised', { toBlock: toBlock.toString(), from: known.number.toString() })
    await told.onReorg(toBlock < 0n ? 0n : toBlock)
    blocks = ancestor === undefined ? [] : blocks.slice(blocks.indexOf(ancestor))
    partial = undefined
    await told.onCursor({ blocks: [...blocks] })
    return true
  }

  const commonAncestor = async (highest: bigint): Promise<Block | undefined> => {
    for (const block of blocks) {
      if (block.number > highest) continue
      if ((await readHeader(rpc, block.number))?.hash === block.hash) return block
    }
    return undefined
  }

  /** Blocks long confirmed, by their range. */
  const readFar = async (told: FollowListeners, from: bigint, to: bigint): Promise<boolean> => {
    const before = await readHeader(rpc, to)
    let logs: RawLog[]
    try {
      logs = await readLogs(rpc, court, { from, to })
    } catch (error) {
      if (from === to || !isTooMany(error)) throw error
      farAtOnce = (to - from + 1n) / 2n
      log('the endpoint finds a range too large', { blocks: farAtOnce.toString() })
      return true // nothing processed: the next step asks for half
    }
    const after = await readHeader(rpc, to)
    if (before === undefined || after?.hash !== before.hash) return false
    farAtOnce = smaller(farAtOnce * 2n, FAR_AT_ONCE)
    for (const group of byBlock(logs)) {
      const header = await readHeaderByHash(rpc, group.hash)
      if (header === undefined) return false
      await deliver(told, header, group.logs)
    }
    if (nextBlock() <= to) remember(before)
    return true
  }

  /** The newest confirmed blocks, each linked to the one before by its parent's hash. */
  const readNear = async (told: FollowListeners, from: bigint, to: bigint): Promise<boolean> => {
    const numbers = Array.from({ length: Number(to - from + 1n) }, (_, index) => from + BigInt(index))
    const headers = await Promise.all(numbers.map(number => readHeader(rpc, number)))
    const linked: Header[] = []
    let parent = blocks[0]?.number === from - 1n ? blocks[0].hash : headers[0]?.parentHash
    for (const header of headers) {
      if (header === undefined || header.parentHash !== parent) return false // the chain moved between two answers: look again
      linked.push(header)
      parent = header.hash
    }
    const logs = await Promise.all(linked.map(header => readLogs(rpc, court, { blockHash: header.hash })))
    for (const [index, header] of linked.entries()) await deliver(told, header, logs[index] ?? [])
    return true
  }

  const deliver = async (told: FollowListeners, block: Header, logs: readonly RawLog[]) => {
    const isNew = (entry: RawLog) => partial?.hash !== block.hash || entry.logIndex > partial.logIndex
    for await (const { log: entry, event } of options.eventsOf(logs, block.timestampSec, isNew)) {
      if (stopping.signal.aborted) throw new ThreadsError('CHAIN_STOPPED', 'stopped between two events')
      await told.onEvent(event)
      partial = { number: block.number, hash: block.hash, logIndex: entry.logIndex }
    }
    remember(block)
    partial = undefined
  }

  const remember = ({ number, hash }: Header) => {
    blocks = [{ number, hash }, ...blocks].slice(0, REMEMBERED_BLOCKS)
  }

  return {
    start (told) {
      if (listeners !== undefined) throw new ThreadsError('CHAIN_FOLLOWED_TWICE', 'the court is being followed already')
      listeners = told
      blocks = [...told.cursor?.blocks ?? []]
      loop = run(told)
    },
    health: () => ({ ok: headBlock !== undefined && lastErrorCode === undefined, headBlock, followedBlock: blocks[0]?.number, lastErrorCode, failuresInARow }),
    async stop () {
      stopping.abort()
      await loop
    }
  }
}

function byBlock (logs: readonly RawLog[]): { hash: Hash32, logs: RawLog[] }[] {
  const groups: { hash: Hash32, logs: RawLog[] }[] = []
  for (const log of logs) {
    const last = groups.at(-1)
    if (last?.hash === log.blockHash) last.logs.push(log)
    else groups.push({ hash: log.blockHash, logs: [log] })
  }
  return groups
}

function smaller (a: bigint, b: bigint): bigint {
  return a < b ? a : b
}
