/**
 * The host chain for one node: follows the court, sends this wallet's transactions, and reads code. Implements `ChainPort`.
 *
 * An endpoint that does not answer is waited for, at the start and later, and `health` tells it. An endpoint that answers as another
 * chain gets nothing and is believed nothing until the right one is back.
 */
import { ThreadsError, hasCode } from '../errors.js'
import type { Address, Domain, Hash32 } from '../protocol/types.js'
import type { ChainPort, ClockPort } from '../thread/ports.js'
import { courtInterface } from './artifacts.js'
import { codeOfTerms, findCode, type FoundCode } from './code.js'
import { createCourtCalls } from './court.js'
import { tokenDecimals } from './decimals.js'
import { createFeed } from './feed.js'
import { createFollower, type FollowerHealth } from './follower.js'
import { guard, requireCourt } from './identity.js'
import { readInteger, readNewest, readNextTime } from './reads.js'
import { createRpc, stoppedError } from './rpc.js'
import { createSender, type Sender } from './sender.js'
import { createBackoff, sleep } from './sleep.js'

/** Options of {@link createChain}. */
export type ChainOptions = {
  /** http or https. */
  readonly url: string
  readonly court: Address
  /** Pays for this node's transactions. 32 bytes; copied. */
  readonly walletKey: Uint8Array
  readonly clock: ClockPort
  /** Blocks, a log's own included, that must be there before it counts. Default 1: what is in the newest block counts (development chains). */
  readonly confirmations?: number
  /** Between looks at the chain, milliseconds. Default 1,000. */
  readonly pollMs?: number
  /** Highest maxFeePerGas, wei. Default: none. */
  readonly maxFeeWei?: bigint
  /** An unmined transaction is replaced by a dearer one after this, milliseconds. Default 30,000. */
  readonly bumpAfterMs?: number
  /** A call that sends a transaction waits this long at most, milliseconds. Default 300,000. */
  readonly giveUpAfterMs?: number
  /** The block of the court's deployment; looked for where it is not given. */
  readonly startBlock?: bigint
  /** What the data directory knows from an earlier run. Without it, the first chain that answers is the right one, and is waited for. */
  readonly expectedChainId?: bigint
  /** Likewise: hash of block 0. */
  readonly expectedGenesis?: Hash32
  readonly log?: (message: string, data: Record<string, unknown>) => void
  /** Ends the waiting for a chain that is away at the start. */
  readonly signal?: AbortSignal
}

/** {@link FollowerHealth}, and more that an operator wants to see. */
export type ChainHealth = FollowerHealth & {
  /** Logs of the court that no event could be made of. */
  readonly skippedLogs: number
  /** Own transactions that are not mined yet. */
  readonly pendingTransactions: number
}

/** A {@link ChainPort} with its life. */
export type Chain = Omit<ChainPort, 'health'> & {
  health (): ChainHealth
  /** Hash of block 0, for the data directory; undefined until the chain has answered, or where it does not serve that block. */
  genesis (): Hash32 | undefined
  /** Whether what is at the court's address says that it is one. @throws `CHAIN_NO_COURT`, `CHAIN_UNAVAILABLE` */
  requireCourt (): Promise<void>
  /** What an address offers for terms. @throws `CODE_NOT_FOUND` */
  findCode (address: Address): Promise<FoundCode>
  /** Decimals of an ERC-20. @throws `TOKEN_NO_DECIMALS` */
  assetDecimals (token: Address): Promise<number>
  readonly sender: Sender
  /** Ends following and sending; resolves when a running listener has returned. Safe to call twice. */
  stop (): Promise<void>
}

/**
 * Opens the chain. With `expectedChainId` it returns also while the chain is away; a chain that answers is checked at once.
 * @throws `CHAIN_BAD_URL`, `CHAIN_BAD_CONFIRMATIONS`, `CHAIN_WRONG_CHAIN`, `CHAIN_NO_COURT`, `CHAIN_STOPPED` (by the signal), `KEY_INVALID`,
 *   `ARTIFACT_MISSING`
 */
export async function createChain (options: ChainOptions): Promise<Chain> {
  const { url, court, walletKey, clock } = options
  const log = options.log ?? (() => {})
  const pollMs = options.pollMs ?? 1_000
  const confirmations = options.confirmations ?? 1
  if (!Number.isSafeInteger(confirmations) || confirmations < 1) {
    throw new ThreadsError('CHAIN_BAD_CONFIRMATIONS', `confirmations is a whole number from 1 on, not ${confirmations}`, { data: { confirmations } })
  }
  const abi = courtInterface()
  const chainId = options.expectedChainId ?? await learnChainId(url, log, options.signal)
  const domain: Domain = { chainId, court }

  const endpoint = createRpc(url, chainId)
  const rpc = guard(endpoint, { chainId, court, genesis: options.expectedGenesis })
  try {
    await rpc.verify()
  } catch (error) {
    if (!hasCode(error, 'CHAIN_UNAVAILABLE')) {
      endpoint.stop()
      throw error
    }
    log('the chain is away', { code: error.code })
  }

  const sender = createSender({
    rpc, chainId, walletKey, clock, pollMs, bumpAfterMs: options.bumpAfterMs, giveUpAfterMs: options.giveUpAfterMs, maxFeeWei: options.maxFeeWei, interfaces: [abi], log
  })
  const feed = createFeed({ rpc, court: abi, domain, log })
  const follower = createFollower({ rpc, court, confirmations, pollMs, startBlock: options.startBlock, eventsOf: feed.eventsOf, log })

  return {
    ...createCourtCalls({ rpc, sender, court, interface: abi, startBlock: options.startBlock }),
    chainId,
    court,
    wallet: sender.wallet,
    sender,
    genesis: rpc.genesis,
    requireCourt: async () => await requireCourt(rpc, domain, abi),
    now: async () => (await readNewest(rpc)).timestampSec,
    nextTime: async () => await readNextTime(rpc),
    code: async terms => await codeOfTerms(rpc, terms),
    findCode: async address => await findCode(rpc, address),
    assetDecimals: async token => await tokenDecimals(rpc, token),
    follow: follower.start,
    health: () => ({ ...follower.health(), skippedLogs: feed.skipped(), pendingTransactions: sender.pending() }),
    async stop () {
      sender.stop()
      endpoint.stop()
      await follower.stop()
    }
  }
}

/** Asks until somebody answers. */
async function learnChainId (url: string, log: (message: string, data: Record<string, unknown>) => void, signal: AbortSignal | undefined): Promise<bigint> {
  const endpoint = createRpc(url, 1n) // the id matters to transactions only, of which this one sends none
  const backoff = createBackoff(250, 10_000)
  const until = signal ?? new AbortController().signal
  try {
    while (true) {
      if (until.aborted) throw stoppedError()
      try {
        return await readInteger(endpoint, 'eth_chainId', [])
      } catch (error) {
        if (!hasCode(error, 'CHAIN_UNAVAILABLE')) throw error
        log('the chain is away', { code: error.code })
        await sleep(backoff.failed(), until)
      }
    }
  } finally {
    endpoint.stop()
  }
}
