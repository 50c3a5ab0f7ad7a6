/**
 * What the thread room needs of the world, and nothing else. `network/`, `chain/` and `store/` implement these and never
 * import each other; only `node.ts` puts them together.
 */
import type { Address, Breakpoint, Certificate, CloseCertificate, Hash32, Hex, Signature, Slot, Terms, ThreadId } from '../protocol/types.js'

// ---------------------------------------------------------------- network

/** A connected peer. */
export type RemotePeer = {
  /** libp2p peer id, base58. */
  readonly id: string
  /** The Ethereum address of the peer's secp256k1 identity key: the session key that it proves to hold. Undefined for other key types. */
  readonly sessionKey: Address | undefined
}

/** What becomes of a gossip message: relayed, silently dropped, or dropped with a penalty for whoever passed it on. */
export type Verdict = 'accept' | 'ignore' | 'reject'

/** The network, as threads use it. */
export type NetworkPort = {
  /** Own peer id, base58. */
  readonly id: string
  /** Addresses under which this node can be reached, each ending in `/p2p/<id>`. */
  multiaddrs (): string[]
  /**
   * Subscribes to a thread's topic. `validate` sees each message once, before it is relayed, own ones excepted; it must not throw.
   * The bytes are the whole wire message (§7).
   */
  follow (thread: ThreadId, validate: (bytes: Uint8Array, from: RemotePeer) => Verdict | Promise<Verdict>): void
  unfollow (thread: ThreadId): void
  /** Publishes to the thread's topic; resolves when handed to gossip. Bounded in flight: @throws `NETWORK_BUSY`. */
  publish (thread: ThreadId, bytes: Uint8Array): Promise<void>
  /** Peers in the thread's topic, as far as known. */
  subscribers (thread: ThreadId): RemotePeer[]
  /** All connected peers. */
  peers (): RemotePeer[]
  /** Sends one frame on the kept-open sync stream and waits for its answer. @throws `NETWORK_UNREACHABLE`, `NETWORK_TIMEOUT`. */
  request (peerId: string, frame: Uint8Array, options?: { signal?: AbortSignal, timeoutMs?: number }): Promise<Uint8Array>
  /** Installs the answerer of sync frames. An answer that throws a ThreadsError with `peerFault` closes the stream. */
  serve (answer: (frame: Uint8Array, from: RemotePeer) => Promise<Uint8Array>): void
  /** Remembers the address and keeps a connection to it, redialling with back-off, until `stop`. */
  connect (multiaddr: string): void
  on (event: 'peer:connect' | 'peer:disconnect', listener: (peer: RemotePeer) => void): void
  /** A peer subscribed to a thread's topic. */
  on (event: 'subscribe', listener: (peer: RemotePeer, thread: ThreadId) => void): void
}

// ---------------------------------------------------------------- chain

/** Where a log stands on the host chain. */
export type LogPosition = { readonly blockNumber: bigint, readonly blockHash: Hash32, readonly transactionHash: Hash32, readonly logIndex: number, readonly timestampSec: bigint }

/** What the court said of a thread, in the chain's order, confirmed (see `confirmations`). */
export type ChainEvent = { readonly thread: ThreadId, readonly at: LogPosition } & (
  | { readonly type: 'opened', readonly terms: Terms, readonly multiaddr: string }
  | { readonly type: 'joined', readonly player: number, readonly multiaddr: string, readonly active: boolean }
  | { readonly type: 'cancelled' }
  /** A breakpoint was recorded, by whichever call; `signatures` when they could be read from the call's data. */
  | { readonly type: 'recorded', readonly breakpoint: Breakpoint, readonly hash: Hash32, readonly signatures: readonly Signature[] | undefined }
  /** Dispute k is open, or its k rose by a response. */
  | { readonly type: 'challenged', readonly dispute: bigint, readonly recorded: Hash32 | undefined, readonly slot: Slot, readonly evidenceUntilSec: bigint, readonly endsAtSec: bigint, readonly by: Address }
  | { readonly type: 'responded', readonly dispute: bigint, readonly recorded: Hash32, readonly slot: Slot }
  | { readonly type: 'resumed', readonly epoch: bigint }
  | { readonly type: 'closed', readonly payouts: readonly bigint[] }
  | { readonly type: 'settled', readonly payouts: readonly bigint[], readonly leftover: bigint }
)

/** One account of the recorded state with its proof (§4): what `settle` shows. */
export type AccountProof = {
  readonly address: Address
  readonly nonce: bigint
  readonly balanceWei: bigint
  readonly codeHash: Hash32
  /** Sibling hashes from the root down. */
  readonly siblings: readonly Hash32[]
  /** For an absent account: the foreign leaf that the walk ends in, if any; with the account's own path: its leaf holds zero. */
  readonly other: { readonly path: Hash32, readonly value: Hash32 } | undefined
}

/** A mined, successful transaction. */
export type Receipt = { readonly transactionHash: Hash32, readonly blockNumber: bigint, readonly gasUsed: bigint, readonly dataBytes: number }

/** The host chain, as threads use it. */
export type ChainPort = {
  readonly chainId: bigint
  readonly court: Address
  /** The account that pays for this node's transactions. */
  readonly wallet: Address
  /** Chain time of the newest block, in seconds. */
  now (): Promise<bigint>
  /** The code that the terms name, verified by its hash: creation code (without 0x00) or runtime code. @throws `CODE_NOT_FOUND`, `CODE_MISMATCH`. */
  code (terms: Terms): Promise<Uint8Array>
  /**
   * Delivers every confirmed event of the court once, in order, beginning after `cursor` (undefined: the court's deployment), until stopped.
   * The listener is awaited before the next is delivered; when it has returned for a whole block range, `onCursor` is told.
   * A reorganisation deeper than the confirmations: `onReorg(blockNumber)` first — all events above that block are void — then delivery goes on from there.
   */
  follow (options: {
    cursor: ChainCursor | undefined
    onEvent: (event: ChainEvent) => Promise<void>
    onCursor: (cursor: ChainCursor) => Promise<void>
    onReorg: (toBlock: bigint) => Promise<void>
  }): void
  /** Whether the chain is being followed, how far, and since when not. */
  health (): { ok: boolean, headBlock: bigint | undefined, followedBlock: bigint | undefined, lastErrorCode: string | undefined }

  open (terms: Terms, multiaddr: string): Promise<Receipt>
  join (terms: Terms, player: number, multiaddr: string, authorisation?: Signature): Promise<Receipt>
  cancel (terms: Terms): Promise<Receipt>
  checkpoint (terms: Terms, certificate: Pick<Certificate, 'breakpoint' | 'signatures'>): Promise<Receipt>
  /** Without a certificate: restates what is recorded (or nothing). */
  challenge (terms: Terms, certificate: Pick<Certificate, 'breakpoint' | 'signatures'> | undefined): Promise<Receipt>
  respond (terms: Terms, certificate: Pick<Certificate, 'breakpoint' | 'signatures'>): Promise<Receipt>
  resume (terms: Terms, certificate: Pick<Certificate, 'breakpoint' | 'signatures'>): Promise<Receipt>
  close (terms: Terms, certificate: CloseCertificate): Promise<Receipt>
  /** `recorded` undefined: nothing was ever signed; deposits go back. Proofs: the players in order, then the oracle where there is one. */
  settle (terms: Terms, recorded: Breakpoint | undefined, proofs: readonly AccountProof[]): Promise<Receipt>
  /** What a failed push left for `account`, in the asset's units. */
  credit (asset: Address, account: Address): Promise<bigint>
  withdraw (asset: Address): Promise<Receipt>
}

/** How far the chain was followed: the last processed blocks, newest first, so that a reorganisation is seen after a restart. */
export type ChainCursor = { readonly blocks: readonly { readonly number: bigint, readonly hash: Hash32 }[] }

// ---------------------------------------------------------------- store

/** One durable key-value space. Keys are ASCII strings with `/` between parts. Reading a value that the disk has changed: @throws `STORE_DAMAGED`. */
export type StorePort = {
  get (key: string): Promise<Uint8Array | undefined>
  /** All or nothing; when it resolves with `sync` (the default) the batch is on disk. @throws `STORE_FAILED` (full disk, I/O). */
  batch (operations: readonly StoreOperation[], options?: { sync?: boolean }): Promise<void>
  /** Keys that start with `prefix`, in byte order; with `from`, beginning at that whole key. */
  iterate (prefix: string, options?: { from?: string, limit?: number, reverse?: boolean }): AsyncIterable<readonly [string, Uint8Array]>
  /** The keys that start with `prefix`, in byte order, without a look at their values: for what is to be deleted. */
  keys (prefix: string): AsyncIterable<string>
  close (): Promise<void>
}
/** One write of a batch. */
export type StoreOperation = { readonly put: string, readonly value: Uint8Array } | { readonly delete: string }

/** Clock, injected: seconds since 1970, and timers that `stop` ends. */
export type ClockPort = { nowMs (): number }

export type { Address, Breakpoint, Certificate, CloseCertificate, Hash32, Hex, Signature, Slot, Terms, ThreadId }
