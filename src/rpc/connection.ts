/** One WebSocket connection: its calls in flight, its subscriptions, and what it has not read yet. All three are bounded. */
import { WebSocket, type RawData } from 'ws'
import { ThreadsError } from '../errors.js'
import type { Log } from '../config.js'
import type { MethodName, NodeApi, Params } from './api.js'
import { dispatch, encode } from './dispatch.js'
import type { NodeEvent } from './schemas.js'

/** The bounds of one connection, and of all together (`connections`). */
export type RpcLimits = {
  readonly bodyBytes: number
  readonly batch: number
  readonly connections: number
  readonly subscriptions: number
  readonly inFlight: number
  /** A reader that lets more than this pile up is cut. */
  readonly outboundBytes: number
  /** A connection that does not answer a ping within this time is cut. */
  readonly pingMs: number
}

/** Chosen for people and scripts, not for crowds: the interface is one user's. */
export const DEFAULT_LIMITS: RpcLimits = {
  bodyBytes: 1 << 20, batch: 50, connections: 64, subscriptions: 32, inFlight: 64, outboundBytes: 8 << 20, pingMs: 30_000
}

/** What a connection needs. `invoke` runs every method that is not a subscription's. */
export type ConnectionComponents = {
  readonly api: Pick<NodeApi, 'subscribe'>
  readonly invoke: (method: MethodName, params: unknown, signal: AbortSignal) => Promise<unknown>
  readonly limits: RpcLimits
  readonly log: Log
}

/** One client. Lives until its socket closes. */
export class Connection {
  private readonly subscriptions = new Map<string, () => void>()
  private readonly gone = new AbortController()
  private inFlight = 0
  private nextSubscription = 1
  private answersPings = true
  private readonly ping: NodeJS.Timeout

  private readonly socket: WebSocket
  private readonly components: ConnectionComponents

  constructor (socket: WebSocket, components: ConnectionComponents) {
    this.socket = socket
    this.components = components
    socket.on('message', (data, isBinary) => { void this.onMessage(data, isBinary) })
    socket.on('pong', () => { this.answersPings = true })
    // Also where a message above bodyBytes ends: ws closes with 1009.
    socket.on('error', (error) => components.log('debug', 'rpc.connection-error', { error: error.message }))
    socket.on('close', () => this.dispose())
    this.ping = setInterval(() => this.checkAlive(), components.limits.pingMs)
  }

  /** Closes politely; after a second, without asking. */
  async close (): Promise<void> {
    if (this.socket.readyState === WebSocket.CLOSED) return
    const closed = new Promise<void>((resolve) => this.socket.once('close', () => resolve()))
    this.socket.close(1001, 'the node stops')
    const impatience = setTimeout(() => this.socket.terminate(), 1000)
    await closed
    clearTimeout(impatience)
  }

  private async onMessage (data: RawData, isBinary: boolean): Promise<void> {
    if (isBinary) return this.socket.close(1003, 'text only')
    // Subscriptions begun by this message speak only after its answer, so that a client knows their ids.
    const begun: (() => void)[] = []
    const reply = await dispatch(rawText(data), {
      maxBatch: this.components.limits.batch,
      invoke: (method, params) => this.invoke(method, params, begun),
      onInternalError: (method, error) => {
        this.components.log('error', 'rpc.internal-error', { method, error: error instanceof Error ? error.stack : String(error) })
      }
    })
    if (reply !== undefined) this.send(reply)
    for (const begin of begun) begin()
  }

  private async invoke (method: MethodName, params: unknown, begun: (() => void)[]): Promise<unknown> {
    // SAFETY (casts): the dispatcher checked the params with the method's own schema.
    if (method === 'thread_follow') return this.follow(params as Params<'thread_follow'>, begun)
    if (method === 'thread_unfollow') return this.unfollow(params as Params<'thread_unfollow'>)
    if (this.inFlight >= this.components.limits.inFlight) {
      throw new ThreadsError('RPC_BUSY', `at most ${this.components.limits.inFlight} calls in flight on one connection`, { data: { max: this.components.limits.inFlight } })
    }
    this.inFlight += 1
    try {
      return await this.components.invoke(method, params, this.gone.signal)
    } finally {
      this.inFlight -= 1
    }
  }

  private follow ({ thread }: Params<'thread_follow'>, begun: (() => void)[]): { subscription: string } {
    const max = this.components.limits.subscriptions
    if (this.subscriptions.size >= max) {
      throw new ThreadsError('RPC_TOO_MANY_SUBSCRIPTIONS', `at most ${max} subscriptions on one connection`, { data: { max } })
    }
    const subscription = `s${this.nextSubscription++}`
    // Events between here and the answer: a few milliseconds' worth; more than the limit means that something is wrong with us.
    let held: NodeEvent[] | undefined = []
    const tell = (event: NodeEvent): void => this.send(encode({ jsonrpc: '2.0', method: 'thread_event', params: { subscription, event } }))
    const unsubscribe = this.components.api.subscribe((event) => {
      if (thread !== undefined && event.thread !== thread) return
      if (held === undefined) tell(event)
      else if (held.length < 1000) held.push(event)
    })
    this.subscriptions.set(subscription, unsubscribe)
    begun.push(() => {
      for (const event of held ?? []) tell(event)
      held = undefined
    })
    return { subscription }
  }

  private unfollow ({ subscription }: Params<'thread_unfollow'>): { ended: boolean } {
    const unsubscribe = this.subscriptions.get(subscription)
    unsubscribe?.()
    return { ended: this.subscriptions.delete(subscription) }
  }

  private send (text: string): void {
    if (this.socket.readyState !== WebSocket.OPEN) return
    if (this.socket.bufferedAmount > this.components.limits.outboundBytes) {
      this.components.log('warn', 'rpc.slow-reader', { bufferedBytes: this.socket.bufferedAmount })
      this.socket.terminate()
      return
    }
    this.socket.send(text)
  }

  private checkAlive (): void {
    if (!this.answersPings) return this.socket.terminate()
    this.answersPings = false
    this.socket.ping()
  }

  private dispose (): void {
    clearInterval(this.ping)
    this.gone.abort()
    for (const unsubscribe of this.subscriptions.values()) unsubscribe()
    this.subscriptions.clear()
  }
}

function rawText (data: RawData): string {
  const buffer = Array.isArray(data) ? Buffer.concat(data) : data instanceof ArrayBuffer ? Buffer.from(data) : data
  return buffer.toString('utf8')
}
