/**
 * The methods of the node's JSON-RPC interface, each with the schemas of its parameters and its result. `NodeApi` is what
 * `node.ts` implements; the server answers the remaining methods (`SERVER_METHODS`) itself.
 */
import { z } from 'zod'
import { breakpoint, disputeStatus, evidence, falseResult, MAX_PLAYERS, nodeStatus, oracleLook, oracleReport, peer, quote, receipt, terms, threadReceipt, threadStatus, threadSummary, transaction, type NodeEvent } from './schemas.js'
import { address, amount, bytes, count, hash32, json, selector, signature, slot, threadId } from './values.js'

/** One method: what it does, and the schemas of what goes in and out. */
export type MethodSpec = { readonly summary: string, readonly params: z.ZodType, readonly result: z.ZodType }

/** Address 0: no oracle, or ether as the asset. */
const NOBODY = '0x0000000000000000000000000000000000000000'

const none = z.strictObject({})
const onThread = z.strictObject({ thread: threadId })
const onChain = z.object({ thread: threadId, transaction })
/** With `dryRun` nothing is sent: `quote` says what it would take, and `transaction` is null. */
const dryRun = { dryRun: z.boolean().default(false) }
const pricedOnChain = z.object({ thread: threadId, transaction: transaction.nullable(), quote: quote.nullable() })
/** What was asked for had happened before: the transaction that did it. Left out otherwise. */
const already = { already: hash32.optional() }
/** What amounts in units are of. */
const asset = { asset: z.object({ address, decimals: count }).optional() }
/** What a player should know of the terms before money goes in. Left out where there is nothing. */
const cautions = { cautions: z.array(z.string()).optional() }

/** `data`, or a function's signature with its arguments, or neither (an empty call). */
const calldata = {
  data: bytes(32_768).optional(),
  signature: z.string().max(1024).optional(),
  args: z.array(json).max(64).optional()
}
const oneKindOfCalldata = (params: { data?: unknown, signature?: unknown, args?: unknown }): boolean =>
  params.signature === undefined ? params.args === undefined : params.data === undefined
const CALLDATA_RULE = { message: 'give data, or signature with args, not both', path: ['data'] }

const waiting = {
  /** `sent`: return when the input is on its way; `final`: when everybody has signed its breakpoint. */
  wait: z.enum(['sent', 'final']).default('final'),
  timeoutSec: z.number().positive().max(86_400).default(60)
}

/** What became of an input; everything after `final` is present when `final` is true. */
const sent = z.object({
  thread: threadId, input: hash32, player: count, nonce: count, final: z.boolean(),
  ...receipt.pick({ slot: true, success: true, reason: true, gasUsed: true, returnData: true, contractAddress: true, logs: true }).partial().shape
})

/** Every method of the interface. */
export const METHODS = {
  node_status: { summary: 'Identity, addresses, chain, store and counters of this node.', params: none, result: nodeStatus },
  node_peers: { summary: 'Connected peers with their scores.', params: none, result: z.object({ peers: z.array(peer) }) },
  node_connect: {
    summary: 'Keeps a connection to this address from now on.', params: z.strictObject({ multiaddr: z.string().min(1).max(512) }), result: z.object({})
  },
  node_stop: { summary: 'Stops the node gracefully.', params: none, result: z.object({}) },

  thread_open: {
    summary: 'Opens a thread on the chain and pays this node\'s deposit. players[0] must be this node.',
    params: z.strictObject({
      players: z.array(z.strictObject({ wallet: address, sessionKey: address, deposit: amount })).min(2).max(MAX_PLAYERS),
      contract: address,
      ctorArg: bytes(4096).prefault('0x'),
      asset: address.prefault(NOBODY),
      windowSec: z.int().min(1).max(2 ** 31).default(3600),
      /** Default: windowSec. */
      timeBankSec: z.int().min(0).max(2 ** 32 - 1).optional(),
      forcedMoves: z.int().min(1).max(65_535).default(16),
      settlement: selector.prefault('0x00000000'),
      /** The contract may be a routine (§11); settlement is needed then. Default: false. */
      routine: z.boolean().optional(),
      /** Weights of what is left over. Default: 1 for each player. */
      shares: z.array(z.int().min(0).max(2 ** 32 - 1)).min(2).max(MAX_PLAYERS).optional(),
      oracle: address.prefault(NOBODY),
      oracleFee: amount.default('0'),
      gasLimit: z.int().min(21_000).max(6_000_000).default(1_000_000),
      /** A routine waits wherever it is once a transaction has used so much gas (§11). Default: 0, at breakpoints alone. */
      pieceGas: z.int().min(0).max(6_000_000).optional(),
      joinWithinSec: z.int().min(1).max(2 ** 31).default(3600),
      /** Default: random. */
      salt: hash32.optional()
    }),
    /** `oracle`: what its bond is, and what answers for one claim in this thread. */
    result: z.object({ thread: threadId, terms, transaction, oracle: z.object({ account: address, freeWei: amount, perClaimWei: amount }).nullable().optional(), ...cautions })
  },
  thread_join: { summary: 'Pays this node\'s deposit into a thread that names it as a player.', params: onThread, result: onChain.extend(cautions) },
  thread_cancel: { summary: 'Takes back the deposits of a thread that not everybody joined in time.', params: onThread, result: onChain.extend({ transaction: transaction.nullable(), ...already }) },
  thread_list: {
    summary: 'The threads that this node follows; with all, also those that are over.',
    params: z.strictObject({ all: z.boolean().default(false) }), result: z.object({ threads: z.array(threadSummary) })
  },
  thread_status: { summary: 'Everything about one thread.', params: onThread, result: threadStatus },

  thread_send: {
    summary: 'Signs an input with this node\'s key and sends it to the thread; by default waits until it is final.',
    params: z.strictObject({
      thread: threadId,
      /** Default: the thread's contract. */
      to: address.optional(),
      ...calldata,
      /** In the thread's currency, scaled to 18 decimals. */
      value: amount.default('0'),
      /** Default: the terms' limit. */
      gasLimit: z.int().min(21_000).max(6_000_000).optional(),
      ...waiting
    }).refine(oneKindOfCalldata, CALLDATA_RULE),
    result: sent
  },
  thread_sendRaw: {
    summary: 'Sends a transaction that this player\'s wallet signed; the node binds it to the thread with the session key.',
    params: z.strictObject({ thread: threadId, raw: bytes(32_768), ...waiting }), result: sent
  },
  thread_call: {
    summary: 'Executes a call on the thread\'s head without changing it. A signature with returns decodes the result.',
    params: z.strictObject({ thread: threadId, to: address.optional(), ...calldata, from: address.optional() }).refine(oneKindOfCalldata, CALLDATA_RULE),
    result: z.object({ returnData: bytes(1 << 20), decoded: z.array(json).optional() })
  },
  thread_breakpoints: {
    summary: 'Certificates in order, from a slot on.',
    params: z.strictObject({ thread: threadId, from: slot.default({ epoch: 0, nonce: 0 }), limit: z.int().min(1).max(64).default(20) }),
    result: z.object({ breakpoints: z.array(breakpoint) })
  },
  thread_receipt: {
    summary: 'What became of an input; null while it is not final or unknown.',
    params: z.strictObject({ thread: threadId, input: hash32 }), result: z.object({ receipt: receipt.nullable() })
  },
  thread_evidence: {
    summary: 'Proofs that a player signed two contents of one slot, and results of the oracle that executing the move does not give.', params: onThread,
    result: z.object({ evidence: z.array(evidence), results: z.array(falseResult) })
  },
  thread_follow: {
    summary: 'Subscribes to events, of one thread or of all; they come as thread_event notifications.',
    params: z.strictObject({ thread: threadId.optional() }), result: z.object({ subscription: z.string() })
  },
  thread_unfollow: { summary: 'Ends a subscription.', params: z.strictObject({ subscription: z.string().max(64) }), result: z.object({ ended: z.boolean() }) },

  thread_checkpoint: {
    summary: 'Records the head on the chain, final at once.', params: z.strictObject({ thread: threadId, ...dryRun }), result: pricedOnChain.extend({ slot: slot.nullable() })
  },
  thread_challenge: {
    summary: 'Opens a dispute on the chain with the head; with restate, with what is recorded there.',
    params: z.strictObject({ thread: threadId, restate: z.boolean().default(false), ...dryRun }), result: pricedOnChain.extend({ slot: slot.nullable() })
  },
  thread_advance: {
    summary: 'Forces the own input that waits, executed by the judge on the chain; opens a dispute where there is none. A judgement of several transactions is carried on by the node. With useOracle the thread\'s oracle is asked to answer for the move, and it is claimed; where that fails, it is executed.',
    params: z.strictObject({ thread: threadId, useOracle: z.boolean().default(false), /** For one result, in wei. Default: what the node is configured with. */ maxFee: amount.optional(), ...dryRun }),
    /** `claim`: the oracle answers for it, and was paid so much; null where the judge executes it. */
    result: pricedOnChain.extend({ slot, claim: z.object({ oracle: address, feeWei: amount }).nullable() })
  },
  thread_dispute: {
    summary: 'A thread at the court: window, moves, time banks, what it has cost, and what this node does next; with price, what that would take.',
    params: z.strictObject({ thread: threadId, price: z.boolean().default(false) }), result: disputeStatus
  },
  thread_respond: {
    summary: 'Answers a challenge with a higher certificate.', params: z.strictObject({ thread: threadId, ...dryRun }), result: pricedOnChain.extend({ slot: slot.nullable() })
  },
  thread_settle: {
    summary: 'Pays out the recorded state after the dispute\'s end, by the contract\'s settlement function where the terms name one; with plain, without it.',
    params: z.strictObject({ thread: threadId, plain: z.boolean().default(false), ...dryRun }), result: pricedOnChain.extend({ payoutsUnits: z.array(amount), ...already, ...asset })
  },
  thread_close: {
    summary: 'Asks all players to sign the end, and closes on the chain. Payouts default to the balances of the head, the oracle\'s last where there is one.',
    params: z.strictObject({
      thread: threadId, payouts: z.array(amount).min(2).max(MAX_PLAYERS + 1).optional(), timeoutSec: z.number().positive().max(86_400).default(60),
      /** Nobody is asked for anything; `quote` is null while not everybody has signed. */
      ...dryRun
    }),
    /** `missing`: players whose signature did not come in time; empty when `closed`. */
    result: z.object({
      thread: threadId, closed: z.boolean(), payoutsUnits: z.array(amount), missing: z.array(count), transaction: transaction.nullable(), quote: quote.nullable().optional(), ...already, ...asset
    })
  },
  thread_receipts: {
    summary: 'Payments and calls that the thread has sent to the chain, in order, from a number on, and which of them the court has executed.',
    params: z.strictObject({ thread: threadId, from: count.default(0), limit: z.int().min(1).max(256).default(100) }),
    result: z.object({ thread: threadId, count, receipts: z.array(threadReceipt) })
  },
  thread_redeem: {
    summary: 'Has the court execute a receipt of the head, which it records first where it is not yet. Both are null when the receipt was executed before.',
    params: z.strictObject({ thread: threadId, index: count, ...dryRun }), result: pricedOnChain.extend({ receipt: threadReceipt.nullable() })
  },
  thread_withdraw: {
    summary: 'Collects what a failed payout left for this wallet; `transaction` is null when there is nothing.',
    params: z.strictObject({ asset: address.prefault(NOBODY), ...dryRun }),
    result: z.object({ asset: address, amountUnits: amount, transaction: transaction.nullable(), quote: quote.nullable().optional() })
  },
  oracle_bond: {
    summary: 'Adds to this wallet\'s bond, in wei: what an oracle answers for claims with.', params: z.strictObject({ amount }), result: z.object({ transaction, freeWei: amount })
  },
  oracle_unbond: { summary: 'Takes from this wallet\'s free bond, in wei.', params: z.strictObject({ amount }), result: z.object({ transaction, freeWei: amount }) },
  oracle_accept: {
    summary: 'The oracle takes a thread and sets a part of its free bond aside for it. With signOnly nothing is sent: the signature is for whoever sends it, with signature.',
    params: z.strictObject({
      thread: threadId,
      /** In wei. Default: what answers for `claims` claims. */
      bond: amount.optional(), claims: z.int().min(1).max(16).default(4), signOnly: z.boolean().default(false), signature: signature.optional()
    }),
    result: z.object({ thread: threadId, bondWei: amount, signature: signature.nullable(), transaction: transaction.nullable() })
  },
  oracle_release: {
    summary: 'Frees what an account (by default this wallet) has set aside for a thread that is over.', params: z.strictObject({ thread: threadId, account: address.optional() }), result: onChain
  },
  oracle_status: {
    summary: 'An account\'s free bond (by default this wallet\'s); with a thread, what its oracle has set aside, and the claims that stand.',
    params: z.strictObject({ account: address.optional(), thread: threadId.optional() }),
    result: z.object({
      account: address, freeWei: amount,
      thread: z.object({
        id: threadId, oracle: address.nullable(), accepted: z.boolean(), pledgedWei: amount, bondPerClaimWei: amount, feeUnits: amount,
        claims: z.array(z.object({ index: count, player: count, account: address, breakpoint: hash32 }))
      }).nullable()
    })
  },
  oracle_report: {
    summary: 'What this node does as an oracle: its terms, its bond, its threads with what they have brought, and the work that waits.', params: none, result: oracleReport
  },
  oracle_look: {
    summary: 'An oracle before a thread is opened: by its address, the terms that it offers; by its account (or the one that it offers), its free bond and its record at the court.',
    params: z.strictObject({ multiaddr: z.string().min(1).max(512).optional(), account: address.optional(), /** For what a claim needs. */ gasLimit: z.int().min(21_000).max(6_000_000).default(1_000_000) })
      .refine(({ multiaddr, account }) => multiaddr !== undefined || account !== undefined, { message: 'give multiaddr or account', path: ['account'] }),
    result: oracleLook
  },
  'rpc.discover': { summary: 'This document: OpenRPC 1.', params: none, result: z.record(z.string(), z.unknown()) }
} as const satisfies Record<string, MethodSpec>

/** The name of a method. */
export type MethodName = keyof typeof METHODS
/** Parameters as a client gives them. */
export type ParamsIn<M extends MethodName> = z.input<typeof METHODS[M]['params']>
/** Parameters as the node gets them: checked, hex lower-cased, defaults filled in. */
export type Params<M extends MethodName> = z.output<typeof METHODS[M]['params']>
/** A method's result. */
export type Result<M extends MethodName> = z.input<typeof METHODS[M]['result']>

/** Methods that the RPC server answers by itself, or by a hook. */
export const SERVER_METHODS = ['rpc.discover', 'thread_follow', 'thread_unfollow', 'node_stop'] as const
/** The methods that the node implements. */
export type NodeMethod = Exclude<MethodName, typeof SERVER_METHODS[number]>

/** The node as the interface sees it: one async method for each RPC method, and its events. Methods throw `ThreadsError`. */
export type NodeApi = { [M in NodeMethod]: (params: Params<M>, options?: { signal?: AbortSignal }) => Promise<Result<M>> } & {
  /** Calls `listener` for every event until the returned function is called. A listener must neither throw nor block. */
  subscribe (listener: (event: NodeEvent) => void): () => void
}
