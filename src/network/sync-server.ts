/** Answers sync requests: in order, one at a time on each stream, within what a peer may cost. */
import type { Connection, PeerId, Stream } from '@libp2p/interface'
import { ThreadsError } from '../errors.js'
import type { RemotePeer } from '../thread/ports.js'
import { exchangeFrames } from './frames.js'
import type { NetworkLimits } from './limits.js'
import { describeError, type NetworkLog } from './log.js'
import type { PeerLedger } from './peer-ledger.js'

/** Answers one request; see `NetworkPort.serve`. */
export type Answer = (frame: Uint8Array, from: RemotePeer) => Promise<Uint8Array>

/** A unit of sync work covers this much of an answer, bytes. */
const BYTES_PER_UNIT = 16_384

/** See the head of this file. */
export class SyncServer {
  readonly #ledger: PeerLedger
  readonly #limits: NetworkLimits
  readonly #log: NetworkLog
  readonly #open = new Map<string, Set<Stream>>()
  readonly #stopping = new AbortController()
  #answer: Answer | undefined

  constructor (ledger: PeerLedger, limits: NetworkLimits, log: NetworkLog) {
    this.#ledger = ledger
    this.#limits = limits
    this.#log = log
  }

  /** Installs the answerer; until there is one, streams are refused. */
  serve (answer: Answer): void {
    this.#answer = answer
  }

  stop (): void {
    this.#answer = undefined
    this.#stopping.abort()
    for (const streams of this.#open.values()) {
      for (const stream of streams) stream.abort(refused('the node stops'))
    }
  }

  /** libp2p's handler of the sync protocol. */
  handle (stream: Stream, connection: Connection): void {
    const peerId = connection.remotePeer
    const id = peerId.toString()
    const streams = this.#open.get(id) ?? new Set()
    const answer = this.#answer
    if (answer === undefined || streams.size >= this.#limits.syncStreamsPerPeer || this.#ledger.isGraylisted(id)) {
      this.#log('info', 'network.sync.refused', { peer: id, open: streams.size })
      stream.abort(refused('no sync stream for this peer now'))
      return
    }
    this.#open.set(id, streams.add(stream))
    exchangeFrames(stream, this.#limits.requestBytes, incoming => this.#converse(incoming, answer, peerId))
      .catch(error => this.#failed(peerId, error))
      .finally(() => {
        streams.delete(stream)
        if (streams.size === 0) this.#open.delete(id)
      })
  }

  async * #converse (incoming: AsyncIterable<Uint8Array>, answer: Answer, peerId: PeerId): AsyncGenerator<Uint8Array> {
    const from = this.#ledger.peer(peerId)
    for await (const frame of incoming) {
      if (this.#ledger.isGraylisted(from.id)) throw refused('the peer is not heard any more')
      const bytes = await answer(frame, from)
      if (bytes.length > this.#limits.answerBytes) {
        throw new ThreadsError('NETWORK_FRAME_TOO_LARGE', `an answer has at most ${this.#limits.answerBytes} bytes, not ${bytes.length}`, {
          data: { bytes: bytes.length, limit: this.#limits.answerBytes }
        })
      }
      // Waiting is the whole sanction: the peer has one request under way on each of its few streams, so nothing piles up.
      const waitMs = this.#ledger.chargeSync(peerId, 1 + bytes.length / BYTES_PER_UNIT)
      if (waitMs > 0) await sleep(waitMs, this.#stopping.signal)
      yield bytes
    }
  }

  #failed (peerId: PeerId, error: unknown): void {
    const fault = error instanceof ThreadsError ? error.peerFault : undefined
    if (fault !== undefined) this.#ledger.judged(peerId, fault)
    const level = fault === 'reject' ? 'info' : 'debug'
    this.#log(level, 'network.sync.closed', { peer: peerId.toString(), fault: fault ?? 'none', error: describeError(error) })
  }
}

function refused (why: string): ThreadsError {
  return new ThreadsError('NETWORK_UNREACHABLE', `sync refused: ${why}`)
}

/** Waits; ends early, without an error, when `signal` is aborted. */
function sleep (ms: number, signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      clearTimeout(timer)
      signal.removeEventListener('abort', done)
      resolve()
    }
    const timer = setTimeout(done, ms)
    signal.addEventListener('abort', done)
    if (signal.aborted) done()
  })
}
