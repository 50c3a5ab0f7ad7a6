/**
 * The network room's front: `NetworkPort` over libp2p. It moves bytes between peers and judges peers, never messages: gossip on one topic
 * for each thread (`gossip.ts`), questions on a kept-open stream (`sync-client.ts`, `sync-server.ts`), connections that come back (`dialer.ts`).
 */
import type { Connection, PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { ThreadsError } from '../errors.js'
import type { ThreadId } from '../protocol/types.js'
import type { ClockPort, NetworkPort, RemotePeer } from '../thread/ports.js'
import { parsePeerAddress, tryPeerAddress } from './addresses.js'
import { Dialer } from './dialer.js'
import { SYNC_PROTOCOL } from './frames.js'
import { Gossip, type Validate } from './gossip.js'
import { GossipWatch } from './gossip-watch.js'
import { DEFAULT_LIMITS, type NetworkLimits } from './limits.js'
import { describeError, type NetworkLog } from './log.js'
import { createNode, gossipScore, type Node } from './node.js'
import { PeerLedger, type PeerScore } from './peer-ledger.js'
import { SyncClient } from './sync-client.js'
import { SyncServer, type Answer } from './sync-server.js'

/** What {@link createNetwork} is given. */
export type NetworkOptions = {
  /** 32 bytes, secp256k1: the libp2p identity, so that a peer's id proves its session key. */
  readonly privateKey: Uint8Array
  readonly clock: ClockPort
  /** Multiaddresses to listen on; by default one WebSocket on a free loopback port. Empty: dial only. */
  readonly listen?: readonly string[]
  /** Addresses to tell others instead of the listening ones (behind a proxy or NAT). */
  readonly announce?: readonly string[]
  /** Addresses of peers, each ending in `/p2p/<id>`: dialled at the start, never forgotten for others. */
  readonly peers?: readonly string[]
  readonly limits?: Partial<NetworkLimits>
  readonly log?: NetworkLog
  /** Uniform in 0 (included) to 1 (excluded), for the jitter of redials. */
  readonly random?: () => number
}

/** The port, its life, and what `status` shows. */
export type Network = NetworkPort & {
  /** Listens and dials. Idempotent. @throws `NETWORK_LISTEN_FAILED`, `NETWORK_STOPPED` */
  start (): Promise<void>
  /** Closes everything, for good; nothing keeps the process alive afterwards. Idempotent. */
  stop (): Promise<void>
  /** How the peers met lately have behaved. */
  scores (): PeerScore[]
  /** Messages that were dropped before any thread saw them, by code. */
  dropped (): ReadonlyMap<string, number>
  /** Addresses to tell a peer that asks for peers: own ones first, then those of connected peers; at most 64. */
  knownAddresses (): string[]
}

/**
 * Makes a network, not started: threads can be followed, peers connected and the answerer installed before `start`.
 * @throws `KEY_INVALID`, `NETWORK_BAD_ADDRESS`
 */
export async function createNetwork (options: NetworkOptions): Promise<Network> {
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const ledger = new PeerLedger(options.clock, limits)
  const followed = new Map()
  const node = await createNode({
    privateKey: options.privateKey,
    listen: options.listen ?? ['/ip4/127.0.0.1/tcp/0/ws'],
    announce: options.announce ?? [],
    limits,
    ledger,
    isFollowed: topic => followed.has(topic)
  })
  const network = new Libp2pNetwork(node, ledger, followed, limits, options)
  for (const peer of options.peers ?? []) network.connect(peer, { pinned: true })
  return network
}

type Listeners = {
  readonly 'peer:connect': ((peer: RemotePeer) => void)[]
  readonly 'peer:disconnect': ((peer: RemotePeer) => void)[]
  readonly subscribe: ((peer: RemotePeer, thread: ThreadId) => void)[]
}

class Libp2pNetwork implements Network {
  readonly id: string
  readonly #node: Node
  readonly #ledger: PeerLedger
  readonly #limits: NetworkLimits
  readonly #log: NetworkLog
  readonly #gossip: Gossip
  readonly #watch: GossipWatch
  readonly #server: SyncServer
  readonly #dialer: Dialer
  /** By peer id, connected peers only. */
  readonly #clients = new Map<string, SyncClient>()
  /** By peer id, connected peers only: what each says of where it listens. */
  readonly #listening = new Map<string, readonly string[]>()
  readonly #listeners: Listeners = { 'peer:connect': [], 'peer:disconnect': [], subscribe: [] }
  #isRunning = false
  #starting: Promise<void> | undefined
  #stopping: Promise<void> | undefined

  constructor (node: Node, ledger: PeerLedger, followed: Map<string, { thread: ThreadId, validate: Validate }>, limits: NetworkLimits, options: NetworkOptions) {
    const log = options.log ?? (() => {})
    const connections = (peerId: PeerId): Connection[] => node.getConnections(peerId).filter(connection => connection.status === 'open')
    const { pubsub } = node.services
    this.id = node.peerId.toString()
    this.#node = node
    this.#ledger = ledger
    this.#limits = limits
    this.#log = log
    this.#server = new SyncServer(ledger, limits, log)
    const onSubscribe = (peer: RemotePeer, thread: ThreadId): void => {
      for (const listener of this.#listeners.subscribe) this.#tell('subscribe', () => listener(peer, thread))
    }
    this.#gossip = new Gossip({ pubsub, ledger, limits, log, connections, onSubscribe }, followed)
    this.#watch = new GossipWatch({
      everyMs: limits.watchMs, log, connections, peers: () => node.getPeers(), gossipPeers: () => pubsub.getPeers()
    })
    this.#dialer = new Dialer({
      ownId: this.id,
      clock: options.clock,
      random: options.random ?? (() => 0.5),
      limits,
      log,
      isConnected: peerId => connections(peerIdFromString(peerId)).length > 0,
      dial: async (addresses, signal) => { await node.dial([...addresses], { signal }) }
    })
  }

  start (): Promise<void> {
    if (this.#stopping !== undefined) return Promise.reject(stopped())
    this.#starting ??= this.#start()
    return this.#starting
  }

  stop (): Promise<void> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  multiaddrs (): string[] {
    return this.#node.getMultiaddrs().map(address => address.toString())
  }

  follow (thread: ThreadId, validate: Validate): void {
    this.#refuseWhenStopped()
    this.#gossip.follow(thread, validate)
  }

  unfollow (thread: ThreadId): void {
    this.#gossip.unfollow(thread)
  }

  async publish (thread: ThreadId, bytes: Uint8Array): Promise<void> {
    this.#refuseUnlessRunning()
    await this.#gossip.publish(thread, bytes)
  }

  subscribers (thread: ThreadId): RemotePeer[] {
    return this.#gossip.subscribers(thread)
  }

  peers (): RemotePeer[] {
    return this.#node.getPeers().map(peerId => this.#ledger.peer(peerId))
  }

  async request (peerId: string, frame: Uint8Array, options: { signal?: AbortSignal, timeoutMs?: number } = {}): Promise<Uint8Array> {
    this.#refuseUnlessRunning()
    const client = this.#clients.get(peerId)
    if (client === undefined) throw new ThreadsError('NETWORK_UNREACHABLE', 'the peer is not connected', { data: { peer: peerId } })
    return await client.request(frame, { timeoutMs: this.#limits.requestTimeoutMs, ...options })
  }

  serve (answer: Answer): void {
    this.#server.serve(answer)
  }

  connect (multiaddr: string, options: { pinned: boolean } = { pinned: false }): void {
    this.#refuseWhenStopped()
    this.#dialer.connect(parsePeerAddress(multiaddr), options)
  }

  on (event: 'peer:connect' | 'peer:disconnect', listener: (peer: RemotePeer) => void): void
  on (event: 'subscribe', listener: (peer: RemotePeer, thread: ThreadId) => void): void
  on <Event extends keyof Listeners> (event: Event, listener: Listeners[Event][number]): void {
    const listeners: (typeof listener)[] = this.#listeners[event]
    listeners.push(listener)
  }

  scores (): PeerScore[] {
    return this.#ledger.scores(peerId => gossipScore(this.#node.services.pubsub, peerId))
  }

  dropped (): ReadonlyMap<string, number> {
    return this.#gossip.dropped
  }

  knownAddresses (): string[] {
    const addresses = new Set(this.multiaddrs())
    for (const peerId of this.#node.getPeers()) {
      const id = peerId.toString()
      for (const address of [...this.#dialer.addressesOf(id), ...this.#listening.get(id) ?? []]) addresses.add(address)
    }
    return [...addresses].slice(0, this.#limits.knownAddresses)
  }

  async #start (): Promise<void> {
    this.#listen()
    await this.#node.handle(SYNC_PROTOCOL, (stream, connection) => this.#server.handle(stream, connection), {
      maxInboundStreams: this.#limits.syncStreamsPerPeer + 1,
      maxOutboundStreams: 2
    })
    try {
      await this.#node.start()
    } catch (cause) {
      throw new ThreadsError('NETWORK_LISTEN_FAILED', `cannot listen: ${listenFailure(cause)}`, { cause })
    }
    this.#isRunning = true
    this.#gossip.start()
    this.#watch.start()
    this.#dialer.start()
    this.#log('info', 'network.started', { id: this.id, addresses: this.multiaddrs() })
  }

  async #stop (): Promise<void> {
    // A start that failed has told its own caller.
    await this.#starting?.catch(() => undefined)
    this.#watch.stop()
    this.#dialer.stop()
    this.#server.stop()
    for (const client of this.#clients.values()) client.close('NETWORK_STOPPED')
    this.#clients.clear()
    await this.#gossip.stop()
    await this.#node.stop()
    this.#log('info', 'network.stopped', { id: this.id })
  }

  /** Before the node starts, so that no connection is missed. */
  #listen (): void {
    this.#node.addEventListener('peer:connect', ({ detail: peerId }) => this.#onConnect(peerId))
    this.#node.addEventListener('peer:disconnect', ({ detail: peerId }) => this.#onDisconnect(peerId))
    this.#node.addEventListener('peer:identify', ({ detail: { peerId, listenAddrs } }) => {
      const id = peerId.toString()
      if (!this.#clients.has(id)) return
      const addresses = listenAddrs.slice(0, this.#limits.addressesPerPeer).flatMap(address => {
        const text = address.toString()
        return tryPeerAddress(text.endsWith(`/p2p/${id}`) ? text : `${text}/p2p/${id}`)?.text ?? []
      })
      this.#listening.set(id, addresses)
    })
  }

  #onConnect (peerId: PeerId): void {
    if (this.#stopping !== undefined) return
    const peer = this.#ledger.connected(peerId)
    this.#clients.set(peer.id, new SyncClient({
      peerId: peer.id,
      limits: this.#limits,
      log: this.#log,
      connection: () => this.#node.getConnections(peerId).find(connection => connection.status === 'open'),
      onFault: () => this.#ledger.judged(peerId, 'reject')
    }))
    this.#dialer.onConnect(peer.id)
    this.#log('info', 'network.peer.connected', { peer: peer.id })
    for (const listener of this.#listeners['peer:connect']) this.#tell('peer:connect', () => listener(peer))
  }

  #onDisconnect (peerId: PeerId): void {
    const peer = this.#ledger.disconnected(peerId)
    this.#clients.get(peer.id)?.close('NETWORK_UNREACHABLE')
    this.#clients.delete(peer.id)
    this.#listening.delete(peer.id)
    this.#dialer.onDisconnect(peer.id)
    if (this.#stopping !== undefined) return
    this.#log('info', 'network.peer.disconnected', { peer: peer.id })
    for (const listener of this.#listeners['peer:disconnect']) this.#tell('peer:disconnect', () => listener(peer))
  }

  /** A listener that throws must not keep the others, or libp2p, from going on. */
  #tell (event: keyof Listeners, tell: () => void): void {
    try {
      tell()
    } catch (error) {
      this.#log('warn', 'network.listener.failed', { event, error: describeError(error) })
    }
  }

  #refuseWhenStopped (): void {
    if (this.#stopping !== undefined) throw stopped()
  }

  #refuseUnlessRunning (): void {
    this.#refuseWhenStopped()
    if (!this.#isRunning) throw new ThreadsError('NETWORK_STOPPED', 'the network has not started')
  }
}

function stopped (): ThreadsError {
  return new ThreadsError('NETWORK_STOPPED', 'the network has been stopped')
}

/** What the system said of the port; libp2p wraps it in advice on its own options and a stack. */
function listenFailure (cause: unknown): string {
  const said = describeError(cause)
  return /\blisten E[A-Z]+: [^\n]*/.exec(said)?.[0] ?? said
}
