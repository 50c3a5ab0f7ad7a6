/** A typed client of the node's interface: one WebSocket, many calls at once, subscriptions. It does not reconnect: that is the caller's choice. */
import { WebSocket } from 'ws'
import { ThreadsError } from '../errors.js'
import type { MethodName, ParamsIn, Result } from './api.js'
import type { RpcErrorObject } from './dispatch.js'
import type { NodeEvent } from './schemas.js'

/** How to reach a node. */
export type RpcClientOptions = {
  readonly url: string
  readonly token: string
  readonly signal?: AbortSignal
  /** How long connecting may take; default 5,000. */
  readonly connectTimeoutMs?: number
}
/** Options of one call. Without `timeoutMs` it waits as long as the connection lives. */
export type RequestOptions = { readonly signal?: AbortSignal, readonly timeoutMs?: number }
/** A running subscription. */
export type Subscription = { readonly id: string, unsubscribe (): Promise<void> }

type Pending = { readonly resolve: (result: unknown) => void, readonly reject: (error: ThreadsError) => void }
type Message = { id?: unknown, result?: unknown, error?: RpcErrorObject, method?: unknown, params?: { subscription: string, event: NodeEvent } }

/** A connection to a node. */
export class RpcClient {
  /** Resolves when the connection is over, whoever ended it. */
  readonly closed: Promise<void>
  private readonly pending = new Map<number, Pending>()
  private readonly listeners = new Map<string, (event: NodeEvent) => void>()
  private readonly socket: WebSocket
  private nextId = 1

  private constructor (socket: WebSocket) {
    this.socket = socket
    socket.on('message', (data) => this.onMessage(String(data)))
    // 'close' follows every 'error'; what was pending is told there.
    socket.on('error', () => socket.terminate())
    this.closed = new Promise((resolve) => socket.on('close', () => {
      for (const { reject } of this.pending.values()) reject(new ThreadsError('RPC_CLOSED', 'the connection to the node ended before its answer'))
      this.pending.clear()
      resolve()
    }))
  }

  /** Connects. @throws `RPC_UNREACHABLE`, `RPC_UNAUTHORIZED`, or whatever code the server refuses with; `RPC_ABORTED`. */
  static async connect (options: RpcClientOptions): Promise<RpcClient> {
    const { url, token, signal } = options
    if (signal?.aborted === true) throw aborted()
    const socket = new WebSocket(url, ['evm-threads.1'], {
      headers: { authorization: `Bearer ${token}` }, handshakeTimeout: options.connectTimeoutMs ?? 5000, perMessageDeflate: false
    })
    const abort = (): void => socket.terminate()
    signal?.addEventListener('abort', abort)
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('open', resolve)
        socket.once('unexpected-response', (request, response) => {
          response.setEncoding('utf8')
          let body = ''
          response.on('data', (chunk: string) => { body = (body + chunk).slice(0, 4096) })
          response.on('end', () => {
            request.destroy()
            reject(refusal(response.statusCode ?? 0, body))
          })
        })
        // 'on', not 'once': a second error without a listener would end the process.
        socket.on('error', (cause) => reject(signal?.aborted === true
          ? aborted()
          : new ThreadsError('RPC_UNREACHABLE', `no node answers at ${url}`, { data: { url }, cause })))
      })
      return new RpcClient(socket)
    } finally {
      signal?.removeEventListener('abort', abort)
    }
  }

  /**
   * Calls a method.
   * @throws the node's own code; `RPC_CLOSED`, `RPC_ABORTED`, `RPC_TIMEOUT`.
   */
  async request<M extends MethodName> (method: M, params: ParamsIn<M>, options: RequestOptions = {}): Promise<Result<M>> {
    // SAFETY (cast): the node answers with what the method's result schema says.
    return await this.send(method, params, options) as Result<M>
  }

  /**
   * Follows events, of one thread or of all. The first event that the listener gets is one after this resolved or just before.
   * @throws as {@link request}.
   */
  async subscribe (params: ParamsIn<'thread_follow'>, listener: (event: NodeEvent) => void, options: RequestOptions = {}): Promise<Subscription> {
    let id = ''
    await this.send('thread_follow', params, options, (result) => {
      // At once, in the same turn: events may stand behind the answer already.
      id = (result as Result<'thread_follow'>).subscription
      this.listeners.set(id, listener)
    })
    return {
      id,
      unsubscribe: async () => {
        this.listeners.delete(id)
        if (this.socket.readyState === WebSocket.OPEN) await this.request('thread_unfollow', { subscription: id })
      }
    }
  }

  /** Ends the connection. */
  async close (): Promise<void> {
    this.socket.close(1000)
    const impatience = setTimeout(() => this.socket.terminate(), 1000)
    await this.closed
    clearTimeout(impatience)
  }

  private async send (method: string, params: unknown, options: RequestOptions, onResult?: (result: unknown) => void): Promise<unknown> {
    if (options.signal?.aborted === true) throw aborted()
    if (this.socket.readyState !== WebSocket.OPEN) throw new ThreadsError('RPC_CLOSED', 'the connection to the node is closed')
    const id = this.nextId++
    let timer: NodeJS.Timeout | undefined
    let onAbort: (() => void) | undefined
    try {
      return await new Promise<unknown>((resolve, reject) => {
        this.pending.set(id, { resolve: (result) => { onResult?.(result); resolve(result) }, reject })
        onAbort = () => reject(aborted())
        options.signal?.addEventListener('abort', onAbort)
        if (options.timeoutMs !== undefined) {
          timer = setTimeout(() => reject(new ThreadsError('RPC_TIMEOUT', `${method} was not answered within ${options.timeoutMs} ms`, { data: { method } })), options.timeoutMs)
        }
        this.socket.send(JSON.stringify({ jsonrpc: '2.0', id, method, params }))
      })
    } finally {
      this.pending.delete(id)
      clearTimeout(timer)
      if (onAbort !== undefined) options.signal?.removeEventListener('abort', onAbort)
    }
  }

  private onMessage (text: string): void {
    let message: Message
    try {
      // SAFETY (cast): the server is trusted with the user's keys already; what is not a message is dropped below.
      message = JSON.parse(text) as Message
    } catch {
      // Not JSON: not a node. Nothing that waits could be answered any more.
      return this.socket.terminate()
    }
    if (message.method === 'thread_event' && message.params !== undefined) {
      this.listeners.get(message.params.subscription)?.(message.params.event)
      return
    }
    const pending = typeof message.id === 'number' ? this.pending.get(message.id) : undefined
    if (pending === undefined) return
    if (message.error !== undefined) pending.reject(fromRpc(message.error))
    else pending.resolve(message.result)
  }
}

const aborted = (): ThreadsError => new ThreadsError('RPC_ABORTED', 'the caller gave up')

function fromRpc (error: RpcErrorObject): ThreadsError {
  const { code, ...data } = error.data ?? {}
  return new ThreadsError(typeof code === 'string' ? code : 'RPC_INTERNAL', error.message, { data })
}

/** The server's answer to a refused upgrade says why in JSON. */
function refusal (status: number, body: string): ThreadsError {
  try {
    const { error } = JSON.parse(body) as { error: { code: string, message: string } }
    return new ThreadsError(String(error.code), String(error.message), { data: { status } })
  } catch {
    return new ThreadsError('RPC_UNREACHABLE', `what answers there is not a node (HTTP ${status})`, { data: { status } })
  }
}
