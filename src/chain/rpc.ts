/**
 * JSON-RPC over HTTP: requests, and what their failures mean. Knows nothing of the court. Whether the endpoint is the right chain is
 * `identity.ts`'s business.
 */
import { FetchRequest, JsonRpcProvider, Network } from 'ethers'
import { ThreadsError } from '../errors.js'

/** One endpoint. */
export type Rpc = {
  /**
   * The `result` of a call, not yet looked at.
   * @throws `CHAIN_UNAVAILABLE` when no answer came; `CHAIN_RPC_ERROR` when the answer is an error (`data.message`, `data.rpcCode`,
   *   `data.returned`: revert data); `CHAIN_STOPPED`
   */
  send (method: string, params: readonly unknown[]): Promise<unknown>
  /** Cancels what is under way; every later call fails with `CHAIN_STOPPED`. */
  stop (): void
}

/** No answer for this long is no answer. */
const REQUEST_LIMIT_MS = 15_000
/** Requests made within this time travel together. */
const BATCH_MS = 1
/** Public endpoints refuse large batches. */
const BATCH_REQUESTS = 16

/**
 * Opens an endpoint; nothing is sent yet. WebSocket URLs are refused: ethers' WebSocket provider never reconnects, and its calls hang
 * once the server has died.
 * @throws `CHAIN_BAD_URL`
 */
export function createRpc (url: string, chainId: bigint): Rpc {
  const request = new FetchRequest(checkedUrl(url))
  request.timeout = REQUEST_LIMIT_MS
  request.setThrottleParams({ maxAttempts: 2 }) // our own loops back off; ethers' twelve attempts would hide a limit for minutes
  // Without caches: a cached head or nonce is a wrong one. Static: ethers would otherwise ask for the chain id with each call.
  const provider = new JsonRpcProvider(request, Network.from(chainId), {
    cacheTimeout: -1, staticNetwork: true, batchStallTime: BATCH_MS, batchMaxCount: BATCH_REQUESTS
  })
  let stopped = false
  return {
    async send (method, params) {
      if (stopped) throw stoppedError()
      try {
        return await provider.send(method, [...params])
      } catch (error) {
        if (stopped) throw stoppedError()
        throw explained(method, error)
      }
    },
    stop () {
      if (stopped) return
      stopped = true
      provider.destroy()
    }
  }
}

/** What every call fails with after `stop`. */
export function stoppedError (): ThreadsError {
  return new ThreadsError('CHAIN_STOPPED', 'the chain room has been stopped')
}

/** Whether the endpoint answered with an error whose text matches. Texts differ between clients; there are no codes for these cases. */
export function saysRpc (error: unknown, pattern: RegExp): boolean {
  return error instanceof ThreadsError && error.code === 'CHAIN_RPC_ERROR' && pattern.test(String(error.data.message))
}

function checkedUrl (url: string): string {
  let protocol: string
  try {
    protocol = new URL(url).protocol
  } catch (cause) {
    throw new ThreadsError('CHAIN_BAD_URL', 'the chain\'s URL is not a URL', { cause })
  }
  if (protocol !== 'http:' && protocol !== 'https:') {
    throw new ThreadsError('CHAIN_BAD_URL', `the chain is reached over http or https, not ${protocol}`, { data: { protocol } })
  }
  return url
}

/** ethers wraps an error answer in several ways, all of which keep it as `error` or `info.error`; without one there was no answer. */
function explained (method: string, error: unknown): ThreadsError {
  const answer = field(error, 'error') ?? field(field(error, 'info'), 'error')
  const message = field(answer, 'message')
  if (typeof message !== 'string') {
    // The URL stays out of it: it may hold an access key.
    const reason = String(field(error, 'code') ?? field(error, 'shortMessage') ?? 'no answer')
    return new ThreadsError('CHAIN_UNAVAILABLE', `the chain does not answer ${method}: ${reason}`, { data: { method, reason }, cause: error })
  }
  const data: Record<string, unknown> = { method, message: message.slice(0, 500), rpcCode: field(answer, 'code') }
  const returned = hexWithin(field(answer, 'data'), 3)
  if (returned !== undefined) data.returned = returned
  return new ThreadsError('CHAIN_RPC_ERROR', `the chain answers ${method} with: ${message.slice(0, 500)}`, { data, cause: error })
}

function field (value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && name in value ? (value as Record<string, unknown>)[name] : undefined
}

/** Revert data stands as a string, or some levels deep in an object, depending on the client. */
function hexWithin (value: unknown, depth: number): string | undefined {
  if (typeof value === 'string') return /0x([0-9a-fA-F]{2})*$/.exec(value)?.[0]
  if (depth === 0 || typeof value !== 'object' || value === null) return undefined
  for (const inner of Object.values(value)) {
    const found = hexWithin(inner, depth - 1)
    if (found !== undefined) return found
  }
  return undefined
}
