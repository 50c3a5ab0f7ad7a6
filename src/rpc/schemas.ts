/**
 * The data that the node's interface speaks of: terms, receipts, breakpoints, the state of a thread, events. These zod schemas are
 * the one source: types are inferred from them, requests are checked with them, and `rpc.discover` describes them.
 * Field names say the unit: `Wei` is scaled to 18 decimals (inside a thread), `Units` the asset's own (on the chain), `Sec`, `Ms` since 1970.
 */
import { z } from 'zod'
import { address, amount, bytes, count, hash32, selector, signature, slot, threadId } from './values.js'

/** The most players of a thread. */
export const MAX_PLAYERS = 16

const playerIndex = z.int().min(0).max(MAX_PLAYERS - 1)
const anyBytes = bytes(1 << 20)
const text = z.string()

/** A mined transaction on the host chain. */
export const transaction = z.object({ hash: hash32, gasUsed: count })

/** What a transaction would take now, and cost at the present price. */
export const quote = z.object({ gas: count, feeWei: amount, calldataBytes: count, transactions: count })

/** All that the players agree on, as `open` published it (specification §1). */
export const terms = z.object({
  players: z.array(address), sessionKeys: z.array(address), depositsUnits: z.array(amount), shares: z.array(amount),
  asset: address, assetDecimals: count, codeKind: z.enum(['creation', 'runtime']), routine: z.boolean(), codeSource: address, codeHash: hash32, ctorArg: anyBytes,
  oracle: address, oracleFeeUnits: amount, windowSec: count, timeBankSec: count, forcedMoves: count, settlement: selector,
  gasLimit: count, pieceGas: count, joinDeadlineSec: count, salt: hash32
})

/** A log of a transition. */
export const log = z.object({ address, topics: z.array(hash32), data: anyBytes })

/** What became of an input in its breakpoint. */
export const receipt = z.object({
  input: hash32, player: playerIndex, from: address, to: address.nullable(), nonce: count, valueWei: amount, data: anyBytes,
  slot, index: count, success: z.boolean(),
  /** Why it reverted, in words where the data can be read (`Error(string)`, `Panic`), else null. */
  reason: text.nullable(),
  gasUsed: count, returnData: anyBytes, contractAddress: address.nullable(), logs: z.array(log)
})

/** A certificate: a breakpoint that every player signed, with its batch. */
export const breakpoint = z.object({
  slot, hash: hash32, parent: hash32, stateRoot: hash32, inputsRoot: hash32, timestampSec: count, signatures: z.array(signature), inputs: z.array(receipt)
})

/** Where a thread is in its life. `opening`: not everybody has joined; `dispute`: challenged on the chain. */
export const phase = z.enum(['opening', 'active', 'dispute', 'closed', 'settled', 'cancelled'])

/** Something that the user should know of, as long as it lasts. */
export const warning = z.object({ code: text, message: text, sinceMs: count })

/** One line of `thread_list`. */
export const threadSummary = z.object({
  thread: threadId, phase, me: playerIndex.nullable(), players: count, contract: address, slot: slot.nullable(),
  /** Players without whom the next step does not happen. */
  waitingFor: z.array(playerIndex), mode: z.enum(['signing', 'watching']), warnings: count
})

/** Everything about one thread. */
export const threadStatus = z.object({
  thread: threadId, phase, terms, contract: address, chainId: amount,
  me: playerIndex.nullable(),
  players: z.array(z.object({
    index: playerIndex, wallet: address, sessionKey: address, depositUnits: amount, joined: z.boolean(),
    connected: z.boolean(), peerId: text.nullable(), lastSeenMs: count.nullable()
  })),
  head: z.object({
    slot, hash: hash32, stateRoot: hash32, timestampSec: count, signatures: count
  }).nullable(),
  /** The slot that is being agreed on; null where nothing can be signed now. */
  pending: z.object({
    slot, proposer: playerIndex,
    /** Null while nothing is proposed. */
    hash: hash32.nullable(), kind: z.enum(['breakpoint', 'close']).nullable(), signed: z.array(playerIndex), waitingFor: z.array(playerIndex),
    sinceMs: count.nullable(), queuedInputs: count
  }).nullable(),
  /** Inside the thread at its head; null before the constructor ran. `leftoverWei`: neither the players' nor the oracle's: inside contracts. */
  balances: z.object({ playersWei: z.array(amount), oracleWei: amount, contractWei: amount, leftoverWei: amount }).nullable(),
  /** The contract waits in the middle of a function, at the head; null while it does not. Only its movers may send to it. */
  suspended: z.object({
    movers: z.array(playerIndex),
    /** Selector of what settles when nobody moves. */
    onTimeout: selector,
    /** What the contract says besides. */
    data: bytes(1_024),
    /** It waits between two pieces of a computation (§11), for any player: keccak256 of its machine. */
    piece: hash32.optional()
  }).nullable(),
  /** What the court has. */
  chain: z.object({
    recorded: z.object({ slot, hash: hash32 }).nullable(), confirmedEpoch: count, dispute: count,
    evidenceUntilSec: count.nullable(), endsAtSec: count.nullable(), nowSec: count.nullable(),
    payoutsUnits: z.array(amount).nullable()
  }),
  mode: z.enum(['signing', 'watching']), modeReason: text.nullable(),
  warnings: z.array(warning), evidence: count
})

/** A thread at the court: what it has, and what this node does next. Times are the chain's. */
export const disputeStatus = z.object({
  thread: threadId, phase, nowSec: count,
  /** E and D; null without a dispute. */
  dispute: z.object({ number: count, by: address, evidenceUntilSec: count, endsAtSec: count }).nullable(),
  /** What stands: the last certificate, or the last move forced upon it; and that certificate. */
  recorded: slot.nullable(), signed: slot.nullable(), head: slot.nullable(),
  /** The head is what stands. */
  follows: z.boolean(),
  /** `claimedBy`: who answers for it with a bond; null: it was executed. */
  moves: z.array(z.object({ player: playerIndex, slot, timestampSec: count, input: hash32, claimedBy: address.nullable() })),
  /** What is left of each player's time bank; what a move takes from it at least, and what it would take now (null without a dispute). */
  banks: z.array(z.object({ player: playerIndex, leftSec: count })), leastChargeSec: count, chargeSec: count.nullable(),
  /** Players whose signature would let the thread go on. */
  waitingFor: z.array(playerIndex),
  next: z.object({ action: z.enum(['wait', 'respond', 'challenge', 'challengeAndAdvance', 'advance', 'refute', 'refuteClaim', 'doubt', 'proveClaim', 'drop', 'settle', 'settleByFunction']), reason: text, atSec: count.nullable(), usefulUntilSec: count.nullable() }),
  /** What the next step would take, where that was asked for and something is to be sent. */
  quote: quote.nullable().optional(),
  /** What this node has spent on the thread's disputes. */
  cost: z.object({ transactions: count, gas: count, feeWei: amount })
})

/** What a thread sends to the chain; `redeemed`: the court has executed it. */
export const threadReceipt = z.object({ index: count, sender: address, target: address, amountUnits: amount, data: bytes(8_192), redeemed: z.boolean() })

/** On what terms an oracle serves; empty lists: everything. */
export const oracleOffer = z.object({
  account: address, minFeeUnits: amount, resultFeeWei: amount, claims: count, codes: z.array(hash32), assets: z.array(address)
})

/** A node as an oracle. `bond`: in wei, promised to threads or free. `earned`: fees of threads that are over, and of results, in wei (tokens aside). */
export const oracleReport = z.object({
  serves: z.boolean(), dryRun: z.boolean(), offer: oracleOffer.nullable(), bond: z.object({ freeWei: amount, usedWei: amount }),
  earned: z.object({ threadsWei: amount, resultsWei: amount }),
  threads: z.array(z.object({
    thread: threadId, phase: z.enum(['opening', 'active', 'dispute', 'closed', 'settled', 'cancelled']), accepted: z.boolean(), pledgedWei: amount, feeUnits: amount, asset: address,
    /** Results that were signed, claims that stand on them, and claims in all. */
    results: count, standing: count, claims: count, releasable: z.boolean()
  })),
  /** `opening`: threads that wait for the acceptance; `disputes`: threads at the court; `running`: results that are being made. */
  work: z.object({ opening: count, disputes: count, running: count, signed: count, refused: z.record(z.string(), count) })
})

/** An oracle as a player finds it. `record`: null where the chain's endpoint does not look back so far. */
export const oracleLook = z.object({
  account: address, offer: oracleOffer.nullable(), freeWei: amount, perClaimWei: amount, covers: count,
  record: z.object({ accepted: count, claims: count, refuted: count }).nullable()
})

/** A Result that the thread's oracle has signed and that this node's execution contradicts; `force` is the hash of the move's Force. */
export const falseResult = z.object({ force: hash32, oracle: address, stateRoot: hash32, feeWei: amount, signature, ownRoot: hash32, foundMs: count })

/** Two contents of one slot signed by one key: proof that its player lied. */
export const evidence = z.object({
  slot, signer: playerIndex, foundMs: count, contents: z.array(z.object({ hash: hash32, kind: z.enum(['breakpoint', 'close']), signature }))
})

/** The node as a whole. */
export const nodeStatus = z.object({
  version: text, peerId: text, sessionKey: address, wallet: address, multiaddrs: z.array(text), uptimeSec: count,
  chain: z.object({
    id: amount, court: address, headBlock: count.nullable(), followedBlock: count.nullable(), ok: z.boolean(), error: text.nullable()
  }),
  store: z.object({ path: text, ok: z.boolean(), error: text.nullable() }),
  /** Messages that were not accepted, by reason code. */
  dropped: z.record(z.string(), count),
  peers: count, threads: count,
  /** Threads in memory; the others rest on disk. */
  loaded: count, warnings: z.array(warning)
})

/** A connected peer, with what became of the messages that it passed on. */
export const peer = z.object({
  id: text, sessionKey: address.nullable(), addresses: z.array(text), score: z.number().nullable(), accepted: count, ignored: count, rejected: count
})

const inThread = { timeMs: count, thread: threadId }

/** What the node tells its subscribers. When an event fires, what it tells of is already on disk. */
export const nodeEvent = z.discriminatedUnion('type', [
  /** An input was accepted from a player (or sent by this node); it waits for its breakpoint. */
  z.object({ type: z.literal('input'), ...inThread, input: hash32, player: playerIndex, from: address, to: address.nullable(), nonce: count, bytes: count }),
  /** A first signature: the proposer's content of a slot. */
  z.object({
    type: z.literal('proposal'), ...inThread, kind: z.enum(['breakpoint', 'close']), slot, hash: hash32, proposer: playerIndex, inputs: z.array(hash32), bytes: count
  }),
  /** A further player's signature; `signed` lists all so far. */
  z.object({ type: z.literal('ack'), ...inThread, slot, hash: hash32, signer: playerIndex, signed: z.array(playerIndex), of: count }),
  /** Everybody signed: final. `elapsedMs` since the proposal was signed or first seen here, `bytes` on the wire for it. */
  z.object({ type: z.literal('breakpoint'), ...inThread, ...breakpoint.shape, elapsedMs: count, bytes: count }),
  /** The court said something (confirmed). */
  z.object({
    type: z.literal('chain'), ...inThread,
    event: z.enum(['opened', 'joined', 'cancelled', 'recorded', 'challenged', 'responded', 'forced', 'judging', 'trying', 'claimed', 'refuting', 'doubted', 'proved', 'doubtOver', 'refuted', 'slashed', 'resumed', 'redeemed', 'closed', 'settled', 'reorg']),
    phase, blockNumber: count, transaction: hash32.nullable(), player: playerIndex.nullable(), slot: slot.nullable(), dispute: count.nullable(),
    evidenceUntilSec: count.nullable(), endsAtSec: count.nullable(), payoutsUnits: z.array(amount).nullable()
  }),
  /** A peer came or went; `player` where its key is a session key of the thread, `thread` null where it belongs to none. */
  z.object({
    type: z.literal('peer'), timeMs: count, thread: threadId.nullable(), connected: z.boolean(), id: text, sessionKey: address.nullable(), player: playerIndex.nullable()
  }),
  z.object({
    type: z.literal('warning'), timeMs: count, thread: threadId.nullable(), code: text, message: text, data: z.record(z.string(), z.unknown())
  }),
  z.object({ type: z.literal('evidence'), ...inThread, ...evidence.omit({ foundMs: true }).shape })
])

/** @see {@link nodeEvent} */
export type NodeEvent = z.input<typeof nodeEvent>
/** @see {@link receipt} */
export type ReceiptJson = z.input<typeof receipt>
/** @see {@link breakpoint} */
export type BreakpointJson = z.input<typeof breakpoint>
/** @see {@link terms} */
export type TermsJson = z.input<typeof terms>
/** @see {@link threadStatus} */
export type ThreadStatus = z.input<typeof threadStatus>
/** @see {@link disputeStatus} */
export type DisputeStatus = z.input<typeof disputeStatus>
/** @see {@link quote} */
export type QuoteJson = z.input<typeof quote>
/** @see {@link threadSummary} */
export type ThreadSummary = z.input<typeof threadSummary>
/** @see {@link nodeStatus} */
export type NodeStatus = z.input<typeof nodeStatus>
/** @see {@link peer} */
export type PeerJson = z.input<typeof peer>
/** @see {@link threadReceipt} */
export type ThreadReceiptJson = z.input<typeof threadReceipt>
/** @see {@link falseResult} */
export type FalseResultJson = z.input<typeof falseResult>
/** @see {@link evidence} */
export type EvidenceJson = z.input<typeof evidence>
