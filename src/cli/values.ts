/** Arguments as people type them: amounts with a unit, numbers, the beginning of a thread's id. */
import { ThreadsError } from '../errors.js'
import type { ThreadId } from '../protocol/types.js'
import type { RpcClient } from '../rpc/client.js'

const UNITS = { ether: 18, eth: 18, gwei: 9, wei: 0 } as const

/**
 * `1000`, `0.5ether`, `20gwei`: the amount in the smallest unit, as a decimal string. Without a unit it is in the smallest one already.
 * @throws `CLI_BAD_AMOUNT`.
 */
export function parseAmount (text: string): string {
  const [, whole = '', fraction = '', unit] = /^([0-9]+)(?:\.([0-9]+))?\s*(ether|eth|gwei|wei)?$/.exec(text) ?? []
  const decimals = unit === undefined ? 0 : UNITS[unit as keyof typeof UNITS]
  if (whole !== '' && fraction.length <= decimals) return BigInt(whole + fraction.padEnd(decimals, '0')).toString()
  throw new ThreadsError('CLI_BAD_AMOUNT', `not an amount: ${text} (examples: 1000, 0.5ether, 20gwei)`, { data: { value: text } })
}

/** A whole number, 0 or more, of an option. @throws `CLI_BAD_NUMBER`. */
export function parseCount (text: string): number {
  const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw new ThreadsError('CLI_BAD_NUMBER', `not a whole number: ${text}`, { data: { value: text } })
}

/** A number of an option. @throws `CLI_BAD_NUMBER`. */
export function parseNumber (text: string): number {
  const value = Number(text)
  if (text.trim() !== '' && Number.isFinite(value)) return value
  throw new ThreadsError('CLI_BAD_NUMBER', `not a number: ${text}`, { data: { value: text } })
}

/**
 * A thread's id from its beginning, as long as it is unique among the threads that the node knows.
 * @throws `CLI_BAD_THREAD`, `CLI_UNKNOWN_THREAD`, `CLI_AMBIGUOUS_THREAD`.
 */
export async function completeThread (client: RpcClient, text: string): Promise<ThreadId> {
  const digits = text.toLowerCase().replace(/^0x/, '')
  if (!/^[0-9a-f]{1,64}$/.test(digits)) throw new ThreadsError('CLI_BAD_THREAD', `not a thread's id or its beginning: ${text}`, { data: { thread: text } })
  if (digits.length === 64) return `0x${digits}` as ThreadId
  const { threads } = await client.request('thread_list', { all: true })
  const matches = threads.map(({ thread }) => thread).filter((thread) => thread.startsWith(`0x${digits}`))
  if (matches[0] === undefined) throw new ThreadsError('CLI_UNKNOWN_THREAD', `this node knows no thread that begins with ${text}`, { data: { thread: text } })
  if (matches.length > 1) throw new ThreadsError('CLI_AMBIGUOUS_THREAD', `${matches.length} threads begin with ${text}`, { data: { thread: text, matches } })
  return matches[0] as ThreadId
}
