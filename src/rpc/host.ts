/** What the methods need of a running node. `node.ts` is it; the methods know no more of it than this. */
import type { Address, Domain, Hash32, ThreadId } from '../protocol/types.js'
import type { OracleOffer } from '../protocol/oracle-codec.js'
import type { ThreadEvent } from '../thread/events.js'
import type { Hall } from '../thread/hall.js'
import type { ChainPort, ClockPort, NetworkPort, RemotePeer } from '../thread/ports.js'
import type { ThreadRecords } from '../thread/records.js'
import type { Glance, Resting, RunningThread } from '../thread/resting.js'

/** The chain's port, and what opening a thread needs to know. */
export type HostChain = ChainPort & {
  findCode (address: Address): Promise<{ readonly kind: 0 | 1, readonly hash: Hash32 }>
  assetDecimals (token: Address): Promise<number>
}

/** The network's port, and what an operator wants to see. */
export type HostNetwork = NetworkPort & {
  scores (): readonly { readonly peer: RemotePeer, readonly score: number, readonly accepted: number, readonly ignored: number, readonly rejected: number }[]
  /** Messages that were dropped before any thread saw them, by code. */
  dropped (): ReadonlyMap<string, number>
  knownAddresses (): string[]
}

/** A running node. */
export type NodeHost = {
  readonly options: {
    readonly key: Uint8Array, readonly walletKey: Uint8Array, readonly dataDir: string
    /** What is paid for one result of an oracle at most, unless a call says otherwise. */
    readonly maxOracleFeeWei: bigint
  }
  readonly sessionKey: Address
  readonly clock: ClockPort
  readonly startedMs: number
  /** The threads that this node follows. */
  readonly threads: Pick<Hall<RunningThread, Resting>, 'size' | 'loaded' | 'has' | 'get' | 'use'>
  readonly chain: HostChain
  readonly network: HostNetwork
  readonly domain: Domain
  /** What this node does as an oracle; undefined: it is none. */
  readonly serving: { readonly offer: OracleOffer, readonly isDryRun: boolean, readonly count: { readonly signed: number, readonly running: number, readonly refused: Readonly<Record<string, number>> } } | undefined
  /** What the store failed with last; undefined while it is well. */
  readonly storeError: string | undefined
  /** A thread that this node follows, in memory: `threads.use` brings it there. @throws `THREAD_UNKNOWN`. */
  thread (id: ThreadId): RunningThread
  /** What can be said of a thread without loading it; undefined: it is not known. */
  glance (id: ThreadId): Glance | undefined
  /** The same of all threads. */
  glances (): Glance[]
  /** Messages that threads have not accepted, by code. */
  droppedByThreads (): ReadonlyMap<string, number>
  /** What is on disk of a thread. */
  records (id: ThreadId): ThreadRecords
  /** When a session key was last seen, milliseconds since 1970. */
  lastSeenMs (sessionKey: Address): number | undefined
  /** Calls `listener` for every event of every thread until the returned function is called. */
  subscribe (listener: (event: ThreadEvent) => void): () => void
}
