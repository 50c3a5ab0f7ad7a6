/**
 * Who may talk to the node: the loopback address is no protection against the user's own browser, so besides the token the Host header
 * (DNS rebinding) and the Origin header (a web page's scripts) are looked at.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { ThreadsError } from '../errors.js'

/** The WebSocket subprotocol of the interface. */
export const SUBPROTOCOL = 'evm-threads.1'
/** For browsers, which cannot set headers: offered beside {@link SUBPROTOCOL}, with the token behind it. */
export const TOKEN_SUBPROTOCOL = 'evm-threads.token.'

/** Whom to let in. */
export type AccessRules = { readonly token: string, readonly hosts: readonly string[], readonly origins: readonly string[] }

/** A new token: 32 random bytes as hex. */
export function createToken (): string {
  return randomBytes(32).toString('hex')
}

/**
 * Checks where a request says it is going and where it comes from. @throws `RPC_FORBIDDEN_HOST`, `RPC_FORBIDDEN_ORIGIN`.
 */
export function checkSource (request: IncomingMessage, rules: AccessRules): void {
  const host = hostName(request.headers.host)
  if (host === undefined || !rules.hosts.includes(host)) {
    throw new ThreadsError('RPC_FORBIDDEN_HOST', 'this Host is not allowed; rpcAllowHosts lists further ones', { data: { host: host ?? '' } })
  }
  // Programs send no Origin; browsers always do, and only they can be tricked into sending.
  const origin = request.headers.origin
  if (origin !== undefined && !rules.origins.includes(origin)) {
    throw new ThreadsError('RPC_FORBIDDEN_ORIGIN', 'this Origin is not allowed; rpcAllowOrigins lists the allowed ones', { data: { origin: origin.slice(0, 200) } })
  }
}

/**
 * Checks the token, from the Authorization header or the WebSocket subprotocol. In a URL it would end up in logs and histories.
 * @throws `RPC_TOKEN_IN_URL`, `RPC_UNAUTHORIZED`.
 */
export function checkToken (request: IncomingMessage, rules: AccessRules): void {
  if (/[?&](access_)?token=/i.test(request.url ?? '')) {
    throw new ThreadsError('RPC_TOKEN_IN_URL', 'the token belongs in the Authorization header or the WebSocket subprotocol, not in the URL')
  }
  const token = bearer(request) ?? subprotocolToken(request)
  if (token === undefined || !sameSecret(token, rules.token)) {
    throw new ThreadsError('RPC_UNAUTHORIZED', 'the bearer token is missing or wrong; it stands in the file "token" of the data directory')
  }
}

function bearer (request: IncomingMessage): string | undefined {
  return /^Bearer ([\x21-\x7e]+)$/i.exec(request.headers.authorization ?? '')?.[1]
}

function subprotocolToken (request: IncomingMessage): string | undefined {
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim())
  return offered.find((name) => name.startsWith(TOKEN_SUBPROTOCOL))?.slice(TOKEN_SUBPROTOCOL.length)
}

/** Compared as hashes: constant time, whatever the lengths. */
function sameSecret (a: string, b: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(a), digest(b))
}

/** `localhost:8545` → `localhost`, `[::1]:8545` → `[::1]`. */
function hostName (header: string | undefined): string | undefined {
  return /^(\[[0-9a-f:.]+\]|[^:[\]]+)(:[0-9]{1,5})?$/i.exec(header ?? '')?.[1]?.toLowerCase()
}
