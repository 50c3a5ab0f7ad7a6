/**
 * The node's JSON-RPC 2.0 interface: WebSocket at `/`, and `GET /health` for supervisors. Owns the listening socket and its connections;
 * what the methods do is the business of the `NodeApi` it is given.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { ThreadsError } from '../errors.js'
import type { Log } from '../config.js'
import { METHODS, type MethodName, type NodeApi, type NodeMethod } from './api.js'
import { checkSource, checkToken, SUBPROTOCOL, type AccessRules } from './auth.js'
import { Connection, DEFAULT_LIMITS, type RpcLimits } from './connection.js'
import { openRpcDocument } from './openrpc.js'

/** What the server needs. */
export type RpcServerComponents = {
  readonly api: NodeApi
  readonly log: Log
  /** Called by `node_stop`, after its answer has been given a moment to leave. */
  readonly onStop: () => void
}

/** Where it listens and whom it lets in. */
export type RpcServerOptions = {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** Default 0: any free port. */
  readonly port?: number
  readonly token: string
  /** Host headers accepted besides the loopback names and `host`. */
  readonly allowHosts?: readonly string[]
  readonly allowOrigins?: readonly string[]
  readonly limits?: Partial<RpcLimits>
  readonly version: string
}

const STATUS: Readonly<Record<string, number>> = { RPC_UNAUTHORIZED: 401, RPC_TOKEN_IN_URL: 400, RPC_TOO_MANY_CONNECTIONS: 503 }

/** The server. `start` and `stop` may each be called more than once. */
export class RpcServer {
  private readonly http: Server
  private readonly sockets: WebSocketServer
  private readonly connections = new Set<Connection>()
  private readonly limits: RpcLimits
  private readonly rules: AccessRules
  private readonly components: RpcServerComponents
  private readonly options: RpcServerOptions
  private url: string | undefined
  private stopping: Promise<void> | undefined

  constructor (components: RpcServerComponents, options: RpcServerOptions) {
    this.components = components
    this.options = options
    this.limits = { ...DEFAULT_LIMITS, ...options.limits }
    const hosts = ['localhost', '127.0.0.1', '[::1]', (options.host ?? '127.0.0.1').toLowerCase(), ...(options.allowHosts ?? []).map((host) => host.toLowerCase())]
    this.rules = { token: options.token, hosts, origins: options.allowOrigins ?? [] }
    this.http = createServer((request, response) => { void this.onRequest(request, response) })
    this.http.headersTimeout = 10_000
    this.http.requestTimeout = 10_000
    this.http.maxConnections = 2 * this.limits.connections
    this.http.on('upgrade', (request, socket, head) => this.onUpgrade(request, socket, head))
    this.sockets = new WebSocketServer({
      noServer: true, maxPayload: this.limits.bodyBytes, perMessageDeflate: false,
      // The token's subprotocol is offered too, and must not be echoed.
      handleProtocols: (offered) => offered.has(SUBPROTOCOL) ? SUBPROTOCOL : false
    })
  }

  /** Listens; resolves to the URL, with the port that was found. @throws `RPC_LISTEN_FAILED`. */
  async start (): Promise<string> {
    if (this.url !== undefined) return this.url
    const host = this.options.host ?? '127.0.0.1'
    await new Promise<void>((resolve, reject) => {
      const onError = (cause: Error): void => {
        reject(new ThreadsError('RPC_LISTEN_FAILED', `cannot listen on ${host}:${this.options.port ?? 0}`, { data: { host, port: this.options.port ?? 0 }, cause }))
      }
      this.http.once('error', onError)
      this.http.listen(this.options.port ?? 0, host.replace(/^\[|\]$/g, ''), () => {
        this.http.off('error', onError)
        resolve()
      })
    })
    const at = this.http.address()
    const port = typeof at === 'object' && at !== null ? at.port : 0
    this.url = `ws://${host.includes(':') && !host.startsWith('[') ? `[${host}]` : host}:${port}`
    return this.url
  }

  /** Ends all connections and stops listening. */
  async stop (): Promise<void> {
    this.stopping ??= this.shutDown()
    await this.stopping
  }

  private async shutDown (): Promise<void> {
    const closed = this.url === undefined ? Promise.resolve() : new Promise<void>((resolve) => this.http.close(() => resolve()))
    await Promise.all([...this.connections].map((connection) => connection.close()))
    this.http.closeAllConnections()
    await closed
  }

  private onUpgrade (request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', (error) => this.components.log('debug', 'rpc.socket-error', { error: error.message }))
    try {
      this.admit(request)
    } catch (error) {
      const refusal = this.refusal(error)
      const body = JSON.stringify(refusal.body)
      socket.end(`HTTP/1.1 ${refusal.status} Refused\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`)
      return
    }
    this.sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new Connection(webSocket, {
        api: this.components.api, limits: this.limits, log: this.components.log, invoke: (method, params, signal) => this.invoke(method, params, signal)
      })
      this.connections.add(connection)
      webSocket.on('close', () => this.connections.delete(connection))
    })
  }

  private admit (request: IncomingMessage): void {
    checkSource(request, this.rules)
    checkToken(request, this.rules)
    if (this.stopping !== undefined || this.connections.size >= this.limits.connections) {
      throw new ThreadsError('RPC_TOO_MANY_CONNECTIONS', `at most ${this.limits.connections} connections`, { data: { max: this.limits.connections } })
    }
  }

  private async invoke (method: MethodName, params: unknown, signal: AbortSignal): Promise<unknown> {
    if (method === 'rpc.discover') return openRpcDocument(this.options.version)
    if (method === 'node_stop') {
      setTimeout(this.components.onStop, 50)
      return {}
    }
    // SAFETY (casts): the dispatcher checked the params with this method's own schema; subscriptions never come here.
    const run = this.components.api[method as NodeMethod] as (params: unknown, options: { signal: AbortSignal }) => Promise<unknown>
    return await run.call(this.components.api, params, { signal })
  }

  /** `/health` says only whether all is well; who has the token asks `node_status` for more. */
  private async onRequest (request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A body has no meaning here; it is drained and forgotten.
    request.resume()
    try {
      checkSource(request, this.rules)
      if (/[?&](access_)?token=/i.test(request.url ?? '')) checkToken(request, this.rules)
      if (request.url !== '/health') return reply(response, 426, { error: { code: 'RPC_NOT_A_WEBSOCKET', message: 'JSON-RPC is served over WebSocket; over HTTP there is only GET /health' } })
      if (request.method !== 'GET' && request.method !== 'HEAD') return reply(response, 405, { error: { code: 'RPC_NOT_A_WEBSOCKET', message: 'GET only' } })
      const { chain, store } = await this.components.api.node_status({})
      const ok = chain.ok && store.ok
      reply(response, ok ? 200 : 503, { ok, chain: chain.ok, store: store.ok })
    } catch (error) {
      const refusal = this.refusal(error)
      reply(response, refusal.status, refusal.body)
    }
  }

  private refusal (error: unknown): { status: number, body: unknown } {
    if (!(error instanceof ThreadsError)) {
      this.components.log('error', 'rpc.internal-error', { error: error instanceof Error ? error.stack : String(error) })
      return { status: 500, body: { error: { code: 'RPC_INTERNAL', message: 'an error of the node itself; its log says more' } } }
    }
    this.components.log('warn', 'rpc.refused', { code: error.code, ...error.data })
    const status = STATUS[error.code] ?? (error.code.startsWith('RPC_FORBIDDEN') ? 403 : 500)
    return { status, body: { error: { code: error.code, message: error.message } } }
  }
}

function reply (response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  response.end(JSON.stringify(body))
}

/** All method names, for tests and documents. */
export const METHOD_NAMES: readonly string[] = Object.keys(METHODS)
