/** Blocks, logs, receipts and accounts as typed values: every shape that an endpoint sends is checked here, once. */
import { ThreadsError } from '../errors.js'
import { asAddress, hexToBytes, parseHash32 } from '../protocol/bytes.js'
import type { Address, Hash32, Hex } from '../protocol/types.js'

/** Anything that answers JSON-RPC: an {@link Rpc}, or one guarded by `identity.ts`. */
export type Sends = { send (method: string, params: readonly unknown[]): Promise<unknown> }

/** What is needed of a block's header. */
export type Header = {
  readonly number: bigint
  readonly hash: Hash32
  readonly parentHash: Hash32
  readonly timestampSec: bigint
  /** Undefined on a chain without EIP-1559. */
  readonly baseFeeWei: bigint | undefined
}

/** A log of the court where it stands. */
export type RawLog = {
  readonly blockNumber: bigint
  readonly blockHash: Hash32
  readonly transactionHash: Hash32
  readonly logIndex: number
  readonly topics: readonly Hash32[]
  readonly data: Hex
}

/** A mined transaction. */
export type MinedTransaction = {
  readonly transactionHash: Hash32
  readonly blockNumber: bigint
  readonly blockHash: Hash32
  readonly gasUsed: bigint
  /** What was paid for it, in wei; 0 where the endpoint does not say the price. */
  readonly feeWei: bigint
  readonly succeeded: boolean
  readonly contract: Address | undefined
}

/** The newest block, or the one at a height; undefined when the chain is not that high. @throws what `send` throws, `CHAIN_BAD_ANSWER` */
export async function readHeader (rpc: Sends, at: 'latest' | bigint): Promise<Header | undefined> {
  return header(await rpc.send('eth_getBlockByNumber', [at === 'latest' ? at : quantity(at), false]))
}

/** The newest block. @throws what `send` throws, `CHAIN_BAD_ANSWER` */
export async function readNewest (rpc: Sends): Promise<Header> {
  const newest = await readHeader(rpc, 'latest')
  if (newest === undefined) throw badAnswer('the newest block', newest)
  return newest
}

/**
 * The time that a block which is mined now would have: the pending block's where the endpoint gives one, never before the newest's.
 * @throws what `send` throws, `CHAIN_BAD_ANSWER`
 */
export async function readNextTime (rpc: Sends): Promise<bigint> {
  const [newest, pending] = await Promise.all([readNewest(rpc), rpc.send('eth_getBlockByNumber', ['pending', false])])
  // Of a pending block some fields are null; its time is there where it means anything.
  const time = typeof pending === 'object' && pending !== null && 'timestamp' in pending ? optional(pending.timestamp, integer) : undefined
  return time === undefined || time < newest.timestampSec ? newest.timestampSec : time
}

/** A block by its hash, wherever the chain is now; undefined when the endpoint does not know it. @throws what `send` throws, `CHAIN_BAD_ANSWER` */
export async function readHeaderByHash (rpc: Sends, hash: Hash32): Promise<Header | undefined> {
  return header(await rpc.send('eth_getBlockByHash', [hash, false]))
}

/**
 * Logs of `address`, in the chain's order, of one block by its hash (an endpoint that lacks it says so, EIP-234, where a range
 * would silently come back empty) or of a range of heights. `topics`: as `eth_getLogs` takes them.
 * @throws what `send` throws, `CHAIN_BAD_ANSWER`
 */
export async function readLogs (rpc: Sends, address: Address, where: { blockHash: Hash32 } | { from: bigint, to: bigint }, topics?: readonly (Hex | readonly Hex[] | null)[]): Promise<RawLog[]> {
  const place = 'blockHash' in where ? where : { fromBlock: quantity(where.from), toBlock: quantity(where.to) }
  const answer = await rpc.send('eth_getLogs', [{ address, ...place, ...topics === undefined ? {} : { topics } }])
  if (!Array.isArray(answer)) throw badAnswer('logs', answer)
  const logs = answer.map((entry: unknown) => parsed('a log', entry, log))
  return logs.sort((a, b) => a.blockNumber === b.blockNumber ? a.logIndex - b.logIndex : a.blockNumber < b.blockNumber ? -1 : 1)
}

/** Who was called with what by a transaction; undefined when the endpoint does not know it. @throws what `send` throws, `CHAIN_BAD_ANSWER` */
export async function readCall (rpc: Sends, hash: Hash32): Promise<{ to: Address | undefined, data: Hex } | undefined> {
  const answer = await rpc.send('eth_getTransactionByHash', [hash])
  if (answer === null || answer === undefined) return undefined
  return parsed('a transaction', answer, fields => ({ to: optional(fields.to, asText(asAddress)), data: hex(fields.input ?? fields.data) }))
}

/** A mined transaction's receipt; undefined while it is not mined. @throws what `send` throws, `CHAIN_BAD_ANSWER` */
export async function readMined (rpc: Sends, hash: Hash32): Promise<MinedTransaction | undefined> {
  const answer = await rpc.send('eth_getTransactionReceipt', [hash])
  if (answer === null || answer === undefined) return undefined
  return parsed('a receipt', answer, fields => ({
    transactionHash: asText(parseHash32)(fields.transactionHash),
    blockNumber: integer(fields.blockNumber),
    blockHash: asText(parseHash32)(fields.blockHash),
    gasUsed: integer(fields.gasUsed),
    feeWei: integer(fields.gasUsed) * (optional(fields.effectiveGasPrice, integer) ?? 0n),
    succeeded: integer(fields.status) === 1n,
    contract: optional(fields.contractAddress, asText(asAddress))
  }))
}

/** The code at an address, now or at a height; empty when there is none. @throws what `send` throws, `CHAIN_BAD_ANSWER` */
export async function readCode (rpc: Sends, address: Address, at: 'latest' | bigint = 'latest'): Promise<Uint8Array> {
  const answer = await rpc.send('eth_getCode', [address, at === 'latest' ? at : quantity(at)])
  return parsed('code', { answer }, fields => hexToBytes(hex(fields.answer)))
}

/** A number that a method without further shape answers with. @throws what `send` throws, `CHAIN_BAD_ANSWER` */
export async function readInteger (rpc: Sends, method: string, params: readonly unknown[]): Promise<bigint> {
  const answer = await rpc.send(method, params)
  return parsed(method, { answer }, fields => integer(fields.answer))
}

/** What a view function returns. @throws what `send` throws (a revert: `CHAIN_RPC_ERROR` with `data.returned`), `CHAIN_BAD_ANSWER` */
export async function readView (rpc: Sends, call: { to: Address, data: string, from?: Address }): Promise<Hex> {
  const answer = await rpc.send('eth_call', [call, 'latest'])
  return parsed('eth_call', { answer }, fields => hex(fields.answer))
}

/** A number as JSON-RPC writes it. */
export function quantity (value: bigint): Hex {
  return `0x${value.toString(16)}`
}

/** An endpoint that answers with something else than the Ethereum JSON-RPC specification says. */
export function badAnswer (what: string, got: unknown, cause?: unknown): ThreadsError {
  return new ThreadsError('CHAIN_BAD_ANSWER', `the chain's endpoint sent something that is not ${what}`, { data: { what, got: String(JSON.stringify(got)).slice(0, 200) }, cause })
}

type Fields = Readonly<Record<string, unknown>>

function header (answer: unknown): Header | undefined {
  if (answer === null || answer === undefined) return undefined
  return parsed('a block', answer, fields => ({
    number: integer(fields.number),
    hash: asText(parseHash32)(fields.hash),
    parentHash: asText(parseHash32)(fields.parentHash),
    timestampSec: integer(fields.timestamp),
    baseFeeWei: optional(fields.baseFeePerGas, integer)
  }))
}

function log (fields: Fields): RawLog {
  if (!Array.isArray(fields.topics) || fields.removed === true) throw misshapen('topics or removed')
  return {
    blockNumber: integer(fields.blockNumber),
    blockHash: asText(parseHash32)(fields.blockHash),
    transactionHash: asText(parseHash32)(fields.transactionHash),
    logIndex: Number(integer(fields.logIndex)),
    topics: fields.topics.map(asText(parseHash32)),
    data: hex(fields.data)
  }
}

function parsed<T> (what: string, answer: unknown, parse: (fields: Fields) => T): T {
  try {
    if (typeof answer !== 'object' || answer === null) throw misshapen('not an object')
    return parse(answer as Fields)
  } catch (cause) {
    throw badAnswer(what, answer, cause)
  }
}

function optional<T> (value: unknown, parse: (value: unknown) => T): T | undefined {
  return value === null || value === undefined ? undefined : parse(value)
}

function asText<T> (parse: (text: string) => T): (value: unknown) => T {
  return value => {
    if (typeof value !== 'string') throw misshapen('not a string')
    return parse(value)
  }
}

function integer (value: unknown): bigint {
  if (typeof value !== 'string' || !/^0x[0-9a-fA-F]{1,64}$/.test(value)) throw misshapen('not a quantity')
  return BigInt(value)
}

function hex (value: unknown): Hex {
  if (typeof value !== 'string' || !/^0x([0-9a-fA-F]{2})*$/.test(value)) throw misshapen('not hex')
  return value.toLowerCase() as Hex
}

/** Caught where the answer is known, and told with it. */
function misshapen (why: string): ThreadsError {
  return new ThreadsError('CHAIN_BAD_ANSWER', why)
}
