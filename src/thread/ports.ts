/**
 * What the thread room needs of the world, and nothing else. `network/`, `chain/` and `store/` implement these and never
 * import each other; only `node.ts` puts them together.
 */
import type { ThreadReceipt } from '../protocol/port.js'
import type { Address, Breakpoint, Certificate, CloseCertificate, Hash32, Hex, Signature, SignedInput, Slot, Terms, ThreadId } from '../protocol/types.js'

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

/** A move as it stands in the call that began or went on with its judgement. */
export type BegunMove = { readonly input: SignedInput, readonly timestampSec: bigint }

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
  /** A player's move was forced: its input is all that led to the breakpoint that the court has recorded for it. */
  | { readonly type: 'forced', readonly dispute: bigint, readonly player: number, readonly endsAtSec: bigint, readonly breakpoint: Breakpoint, readonly hash: Hash32, readonly input: SignedInput }
  /** A move is being judged over several transactions; `move` when it could be read from the call's data. */
  | { readonly type: 'judging', readonly player: number, readonly paused: Hash32, readonly endsAtSec: bigint, readonly move?: BegunMove | undefined }
  /** The settlement of what is recorded is being judged over several transactions. */
  | { readonly type: 'trying', readonly recorded: Hash32, readonly paused: Hash32 }
  /** The move recorded last is a claim: the `index`th one, which `account` answers for with a bond. */
  | { readonly type: 'claimed', readonly account: Address, readonly index: number }
  /** A claim is being executed over several transactions by `refuter`, which goes on from `paused`. */
  | { readonly type: 'refuting', readonly refuter: Address, readonly claimed: Hash32, readonly paused: Hash32 }
  /** `doubter` wants to see a claim proved: until D. */
  | { readonly type: 'doubted', readonly claimed: Hash32, readonly index: number, readonly doubter: Address, readonly endsAtSec: bigint }
  /** The judge agrees with a claim: it is a judged move from now on. */
  | { readonly type: 'proved', readonly claimed: Hash32, readonly prover: Address, readonly toProverWei: bigint }
  /** A doubt is over without a proof: the claim has fallen, or was gone before, and the deposit is the doubter's again. */
  | { readonly type: 'doubtOver', readonly claimed: Hash32, readonly doubter: Address, readonly toDoubterWei: bigint }
  /** A claim was wrong: what its bond has paid. */
  | { readonly type: 'slashed', readonly account: Address, readonly refuter: Address, readonly toRefuterWei: bigint, readonly toEachOtherWei: bigint }
  /** A move was taken back (it left what cannot be settled, or was falsely claimed): what stood before it stands again, and the dispute has this number. */
  | { readonly type: 'refuted', readonly dispute: bigint, readonly player: number, readonly recorded: Hash32, readonly endsAtSec: bigint }
  | { readonly type: 'resumed', readonly epoch: bigint }
  /** A receipt was executed; its amount is in the asset's units. */
  | { readonly type: 'redeemed', readonly index: bigint, readonly target: Address, readonly amount: bigint }
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

/** One slot of the port's storage with its proof. */
export type SlotProof = {
  readonly value: Hash32
  /** Sibling hashes from the root down. */
  readonly siblings: readonly Hash32[]
  /** As in {@link AccountProof}. */
  readonly other: { readonly path: Hash32, readonly value: Hash32 } | undefined
}

/** What a state says of its money, proved: what the payees own (the players in order, then the oracle where there is one), and what has left with receipts. */
export type Holdings = { readonly accounts: readonly AccountProof[], readonly exits: SlotProof }

/** What `redeem` shows: a receipt and its leaf's siblings under the state of `breakpoint`. With `signatures` that is recorded first. */
export type Redemption = { readonly breakpoint: Breakpoint, readonly signatures: readonly Signature[] | undefined, readonly receipt: ThreadReceipt, readonly siblings: readonly Hash32[] }

/** A mined, successful transaction. */
export type Receipt = { readonly transactionHash: Hash32, readonly blockNumber: bigint, readonly gasUsed: bigint, /** What was paid for it. */ readonly feeWei: bigint, readonly dataBytes: number }

/** A player's own input on what is recorded, as the court takes it (§9). */
export type ForcedMove = {
  readonly player: number
  readonly input: SignedInput
  /** Its session key's Force signature. */
  readonly force: Signature
  /** T. */
  readonly timestampSec: bigint
  /** What the court has recorded of this move's judgement; undefined: it is judged from the start. */
  readonly paused: Hash32 | undefined
}

/** The last input of a breakpoint's batch, which says who moved last; `others`: leaves of those before it. */
export type LastInput = { readonly player: number, readonly others: readonly Hash32[], readonly input: SignedInput }

/** A breakpoint with all signatures; with none, what is recorded is meant. */
export type ShownCertificate = Pick<Certificate, 'breakpoint' | 'signatures'>

/** A claim before the judge. `sender`: the mover's account in the parent's state, where the input is none for its nonce or its balance; `paused`: what this node's own judgement of it has come to. */
export type ClaimRefutation = {
  /** Among the claims, from the first. */
  readonly index: number
  readonly claimed: Breakpoint
  readonly parent: Breakpoint
  readonly input: ClaimedInput
  readonly paused: Hash32 | undefined
  readonly witness: Uint8Array
  readonly sender: AccountProof | undefined
}

/** A claim that is to be proved; `depositWei`: `bondFor` of the thread's gas limit. */
export type ClaimDoubt = { /** Among the claims, from the first. */ readonly index: number, readonly claimed: Breakpoint, readonly depositWei: bigint }

/** A doubted claim that nobody has proved. */
export type DroppedClaim = { readonly claimed: Breakpoint, readonly parent: Breakpoint, readonly input: ClaimedInput }

/** What was claimed to be a player's input: perhaps no transaction at all. */
export type ClaimedInput = { readonly player: number, readonly input: SignedInput }

/** A recorded breakpoint before the judge as it is settled or refuted. `last` is undefined where its batch is empty; `paused` as in {@link ForcedMove}. */
export type SettlementCase = { readonly recorded: Breakpoint, readonly last: LastInput | undefined, readonly paused: Hash32 | undefined, readonly witness: Uint8Array }

/** How hard a transaction is pushed. */
export type SendOptions = {
  /** After this time (seconds, the chain's) it is of no use: the nearer, the more it offers. */
  readonly usefulUntilSec?: bigint | undefined
}

/** What a transaction would cost now. */
export type Quote = { readonly gas: bigint, readonly feeWei: bigint, readonly dataBytes: number }

/** The calls of a dispute; each resolves with what `T` is when it is mined (or priced). */
export type DisputeCalls<T> = {
  /** Without a certificate: restates what is recorded (or nothing). */
  challenge (terms: Terms, certificate: ShownCertificate | undefined, options?: SendOptions): Promise<T>
  respond (terms: Terms, certificate: ShownCertificate, options?: SendOptions): Promise<T>
  /** Forces a move, or takes its judgement further. */
  advance (terms: Terms, recorded: Breakpoint, move: ForcedMove, witness: Uint8Array, options?: SendOptions): Promise<T>
  /** Opens a dispute and forces the first move in it. */
  challengeAndAdvance (terms: Terms, certificate: ShownCertificate, move: ForcedMove, witness: Uint8Array, options?: SendOptions): Promise<T>
  /** Drops the last move, `parent`'s child, when what it left cannot be settled. */
  refute (terms: Terms, settlement: SettlementCase, parent: Breakpoint, options?: SendOptions): Promise<T>
  /** Executes a claim: where it is wrong, it goes with all that stands on it, and its bond pays for the transaction; where it is right it is proved, and who doubted it pays. */
  refuteClaim (terms: Terms, refutation: ClaimRefutation, options?: SendOptions): Promise<T>
  /** Wants to see a claim proved: until D. The deposit goes along. */
  doubt (terms: Terms, doubt: ClaimDoubt, options?: SendOptions): Promise<T>
  /** At D or later: a doubted claim that nobody has proved falls. Of one that is gone the deposit comes back. */
  drop (terms: Terms, dropped: DroppedClaim, options?: SendOptions): Promise<T>
  /** `recorded` and `holdings` undefined: nothing was ever signed; deposits go back. */
  settle (terms: Terms, recorded: Breakpoint | undefined, holdings: Holdings | undefined, options?: SendOptions): Promise<T>
  /** The same after the contract's settlement function; holdings in the state that it leaves. */
  settleByFunction (terms: Terms, settlement: SettlementCase, holdings: Holdings, options?: SendOptions): Promise<T>
  /** Executes a receipt. */
  redeem (terms: Terms, redemption: Redemption, options?: SendOptions): Promise<T>
}

/** The host chain, as threads use it. */
export type ChainPort = DisputeCalls<Receipt> & {
  readonly chainId: bigint
  readonly court: Address
  /** The account that pays for this node's transactions. */
  readonly wallet: Address
  /** Chain time of the newest block, in seconds. */
  now (): Promise<bigint>
  /** Chain time that a block which is mined now would have, as far as the endpoint knows, in seconds. */
  nextTime (): Promise<bigint>
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
  resume (terms: Terms, certificate: Pick<Certificate, 'breakpoint' | 'signatures'>): Promise<Receipt>
  close (terms: Terms, certificate: CloseCertificate): Promise<Receipt>
  /** The same calls, priced and not sent. @throws what the call would throw. */
  readonly quotes: DisputeCalls<Quote> & {
    checkpoint (terms: Terms, certificate: ShownCertificate): Promise<Quote>
    close (terms: Terms, certificate: CloseCertificate): Promise<Quote>
    withdraw (asset: Address): Promise<Quote>
  }
  /** Moves forced upon the recorded certificate in this dispute, and what each player has spent of its time bank, seconds. */
  lineage (thread: ThreadId): Promise<{ readonly forced: number, readonly usedSec: readonly bigint[] }>
  /** The hash of what the court has recorded of a thread now; undefined: nothing. */
  recordedHash (thread: ThreadId): Promise<Hash32 | undefined>
  /** Forces a move whose result nobody executes: `result` is what the oracle's bond answers for, and its fee goes along. By the mover's own wallet. */
  claim (terms: Terms, recorded: Breakpoint, move: ForcedMove, result: { readonly stateRoot: Hash32, readonly feeWei: bigint, readonly signature: Signature }, options?: SendOptions): Promise<Receipt>
  /** Adds to this wallet's free bond. */
  bond (amountWei: bigint): Promise<Receipt>
  /** Takes from it. */
  unbond (amountWei: bigint): Promise<Receipt>
  /** The oracle of the terms takes the thread and sets so much of its free bond aside; by itself, or by its Accept signature. */
  accept (terms: Terms, amountWei: bigint, signature?: Signature): Promise<Receipt>
  /** Frees what `account` has set aside for a thread that is over. */
  release (terms: Terms, account: Address): Promise<Receipt>
  /** What an account has bonded and promised to no thread, wei. */
  freeBond (account: Address): Promise<bigint>
  /** What an account has set aside for a thread, wei, and whether it has accepted it as its oracle. */
  pledge (thread: ThreadId, account: Address): Promise<{ readonly amountWei: bigint, readonly accepted: boolean }>
  /** What an account has done as an oracle, by the court's events since `fromBlock`. @throws `CHAIN_RPC_ERROR` where the endpoint does not look back so far */
  oracleRecord (account: Address, fromBlock: bigint): Promise<OracleRecord>
  /** What answers for one claim in threads with this gas limit, wei. */
  bondFor (gasLimit: bigint): Promise<bigint>
  /** What a failed push left for `account`, in the asset's units. */
  credit (asset: Address, account: Address): Promise<bigint>
  withdraw (asset: Address): Promise<Receipt>
}

/** Threads that an oracle has accepted, claims that it answered for, and those of them that were refuted. */
export type OracleRecord = { readonly accepted: number, readonly claims: number, readonly refuted: number }

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
