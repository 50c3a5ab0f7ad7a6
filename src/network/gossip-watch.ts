/**
 * Gossipsub opens its stream to a peer once for each connection and never again: when that stream breaks (a reset, a full buffer, an
 * oversized frame), the peer stays connected and hears nothing more. This looks for such peers and hangs up, so that redialling restores them.
 */
import type { Connection, PeerId } from '@libp2p/interface'
import { ThreadsError } from '../errors.js'
import { outboundGossipStream } from './gossip.js'
import type { NetworkLog } from './log.js'

/** Looks in a row at which a peer must be without gossip; a fresh connection needs a moment for identify and its streams. */
const STRIKES = 3

/** What the watch needs of the node. */
export type GossipWatchComponents = {
  readonly everyMs: number
  readonly log: NetworkLog
  peers (): PeerId[]
  connections (peerId: PeerId): Connection[]
  /** The peers that gossipsub counts as its own. */
  gossipPeers (): PeerId[]
}

/** See the head of this file. */
export class GossipWatch {
  readonly #components: GossipWatchComponents
  #strikes = new Map<string, number>()
  #timer: ReturnType<typeof setInterval> | undefined

  constructor (components: GossipWatchComponents) {
    this.#components = components
  }

  start (): void {
    this.#timer ??= setInterval(() => this.#look(), this.#components.everyMs)
  }

  stop (): void {
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #look (): void {
    const { peers, connections, gossipPeers, log } = this.#components
    const known = new Set(gossipPeers().map(peerId => peerId.toString()))
    const strikes = new Map<string, number>()
    for (const peerId of peers()) {
      const id = peerId.toString()
      const open = connections(peerId)
      if (known.has(id) && outboundGossipStream(open) !== undefined) continue
      const count = (this.#strikes.get(id) ?? 0) + 1
      strikes.set(id, count)
      if (count < STRIKES) continue
      log('info', 'network.gossip.lost', { peer: id, connections: open.length })
      for (const connection of open) connection.abort(new ThreadsError('NETWORK_UNREACHABLE', 'the peer has no gossip stream'))
    }
    this.#strikes = strikes
  }
}
