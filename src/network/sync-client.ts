/** Asks one peer: requests wait in a bounded queue and go out one at a time on a stream that is kept open between them. */
import type { Connection, Stream } from '@libp2p/interface'
import { ThreadsError } from '../errors.js'
import { exchangeFrames, SYNC_PROTOCOL } from './frames.js'
import type { NetworkLimits } from './limits.js'
import { describeError, type NetworkLog } from './log.js'
import { Mailbox } from './mailbox.js'

/** What the client needs of the node. */
export type SyncClientComponents = {
  readonly peerId: string
  readonly limits: NetworkLimits
  readonly log: NetworkLog
  /** An open connection to the peer, if there is one. */
  connection (): Connection | undefined
  /** The peer sent something that no honest one sends. */
  onFault (): void
}

type Pending = {
  readonly frame: Uint8Array
  settle (outcome: Uint8Array | Error): void
}

type OpenStream = { readonly stream: Stream, readonly outgoing: Mailbox<Uint8Array> }

/** See the head of this file. */
export class SyncClient {
  readonly #components: SyncClientComponents
  readonly #queue: Pending[] = []
  #asked: Pending | undefined
  #open: OpenStream | undefined
  #opening: AbortController | undefined

  constructor (components: SyncClientComponents) {
    this.#components = components
  }

  /**
   * Sends a frame and waits for its answer; the time in the queue counts.
   * @throws `NETWORK_BUSY`, `NETWORK_TIMEOUT`, `NETWORK_UNREACHABLE`, `NETWORK_ABORTED`, `NETWORK_FRAME_TOO_LARGE`
   */
  request (frame: Uint8Array, { signal, timeoutMs }: { signal?: AbortSignal, timeoutMs: number }): Promise<Uint8Array> {
    const { peerId, limits } = this.#components
    const data = { peer: peerId }
    if (signal?.aborted === true) return Promise.reject(new ThreadsError('NETWORK_ABORTED', 'the request was given up', { data }))
    if (frame.length > limits.requestBytes) {
      return Promise.reject(new ThreadsError('NETWORK_FRAME_TOO_LARGE', `a request has at most ${limits.requestBytes} bytes, not ${frame.length}`, { data }))
    }
    if (this.#queue.length >= limits.requestQueue) {
      return Promise.reject(new ThreadsError('NETWORK_BUSY', 'too many requests wait for this peer', { data }))
    }
    return new Promise((resolve, reject) => {
      const giveUp = (code: string, message: string): void => this.#giveUp(pending, new ThreadsError(code, message, { data }))
      const onAbort = (): void => giveUp('NETWORK_ABORTED', 'the request was given up')
      const timer = setTimeout(() => giveUp('NETWORK_TIMEOUT', `no answer within ${timeoutMs} ms`), timeoutMs)
      signal?.addEventListener('abort', onAbort)
      const pending: Pending = {
        frame,
        settle: outcome => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', onAbort)
          if (outcome instanceof Error) reject(outcome)
          else resolve(outcome)
        }
      }
      this.#queue.push(pending)
      this.#next()
    })
  }

  /** Ends the stream; what waits fails. */
  close (code: 'NETWORK_UNREACHABLE' | 'NETWORK_STOPPED'): void {
    const error = new ThreadsError(code, 'the peer is gone or the node stops', { data: { peer: this.#components.peerId } })
    const waiting = [this.#asked, ...this.#queue.splice(0)]
    this.#asked = undefined
    for (const pending of waiting) pending?.settle(error)
    this.#opening?.abort()
    this.#drop(error)
  }

  /** Sends the next request when none is under way. */
  #next (): void {
    if (this.#asked !== undefined || this.#opening !== undefined) return
    if (this.#queue.length === 0) return
    if (this.#open === undefined) {
      void this.#openStream()
      return
    }
    this.#asked = this.#queue.shift()
    if (this.#asked !== undefined) this.#open.outgoing.push(this.#asked.frame)
  }

  async #openStream (): Promise<void> {
    const opening = this.#opening = new AbortController()
    try {
      const connection = this.#components.connection()
      if (connection === undefined) throw new ThreadsError('NETWORK_UNREACHABLE', 'the peer is not connected')
      const signal = AbortSignal.any([opening.signal, AbortSignal.timeout(this.#components.limits.requestTimeoutMs)])
      const stream = await connection.newStream(SYNC_PROTOCOL, { signal })
      this.#run({ stream, outgoing: new Mailbox() })
    } catch (cause) {
      // Only the oldest fails: each request gets its own attempt, and its own time.
      this.#queue.shift()?.settle(this.#unreachable(cause))
    } finally {
      this.#opening = undefined
    }
    this.#next()
  }

  #run (open: OpenStream): void {
    this.#open = open
    exchangeFrames(open.stream, this.#components.limits.answerBytes, incoming => this.#converse(open, incoming))
      .then(() => this.#ended(open, undefined), error => this.#ended(open, error))
  }

  #converse (open: OpenStream, incoming: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
    void (async () => {
      for await (const frame of incoming) this.#answered(open, frame)
    })().catch(error => open.outgoing.fail(error)).finally(() => open.outgoing.end())
    return open.outgoing
  }

  #answered (open: OpenStream, frame: Uint8Array): void {
    if (this.#open !== open) return
    const asked = this.#asked
    if (asked === undefined) throw new ThreadsError('NETWORK_BAD_FRAME', 'an answer to no request', { peerFault: 'reject' })
    this.#asked = undefined
    asked.settle(frame)
    this.#next()
  }

  #ended (open: OpenStream, error: unknown): void {
    if (error instanceof ThreadsError && error.peerFault === 'reject') this.#components.onFault()
    if (this.#open !== open) return
    this.#open = undefined
    const asked = this.#asked
    this.#asked = undefined
    asked?.settle(this.#unreachable(error))
    this.#next()
  }

  #giveUp (pending: Pending, error: ThreadsError): void {
    pending.settle(error)
    const waiting = this.#queue.indexOf(pending)
    if (waiting !== -1) {
      this.#queue.splice(waiting, 1)
      return
    }
    if (this.#asked !== pending) return
    // Its answer may still come, and would be taken for the next request's: that stream is spent.
    this.#asked = undefined
    this.#drop(error)
    this.#next()
  }

  #drop (error: ThreadsError): void {
    const open = this.#open
    this.#open = undefined
    open?.outgoing.end()
    open?.stream.abort(error)
  }

  #unreachable (cause: unknown): ThreadsError {
    const { peerId, log } = this.#components
    log('debug', 'network.request.failed', { peer: peerId, error: describeError(cause) })
    return new ThreadsError('NETWORK_UNREACHABLE', 'the peer could not be asked', { data: { peer: peerId }, cause })
  }
}
