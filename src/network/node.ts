/** The libp2p node itself: WebSocket, Noise, yamux, identify and gossipsub, with this project's limits. */
import { gossipsub, type GossipSub } from '@chainsafe/libp2p-gossipsub'
import { noise } from '@chainsafe/libp2p-noise'
import { privateKeyFromRaw } from '@libp2p/crypto/keys'
import { identify, type Identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { webSockets } from '@libp2p/websockets'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { ThreadsError } from '../errors.js'
import { addressOf } from '../protocol/crypto.js'
import { gossipOptions } from './gossip-options.js'
import type { NetworkLimits } from './limits.js'
import type { PeerLedger } from './peer-ledger.js'

/** libp2p with the services that this room uses. */
export type Node = Libp2p<{ identify: Identify, pubsub: GossipSub }>

/** What a node is made of. */
export type NodeOptions = {
  readonly privateKey: Uint8Array
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly limits: NetworkLimits
  readonly ledger: PeerLedger
  readonly isFollowed: (topic: string) => boolean
}

/**
 * Makes the node, not started.
 * @throws `KEY_INVALID`, `NETWORK_BAD_ADDRESS` (an address to listen on or to announce)
 */
export async function createNode ({ privateKey, listen, announce, limits, ledger, isFollowed }: NodeOptions): Promise<Node> {
  // Tells a bad key by this project's code; libp2p's check would not.
  addressOf(privateKey)
  return await createLibp2p({
    privateKey: privateKeyFromRaw(privateKey),
    start: false,
    addresses: { listen: canonical(listen), announce: canonical(announce) },
    transports: [webSockets()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    // Loopback and private hosts are ordinary peers here; browsers refuse them by default.
    connectionGater: { denyDialMultiaddr: () => false },
    connectionManager: {
      maxConnections: limits.maxConnections,
      inboundConnectionThreshold: limits.connectionsPerSecond,
      maxIncomingPendingConnections: limits.connectionsPerSecond,
      dialTimeout: limits.dialTimeoutMs,
      // The dialer of this room redials; two that do would open two connections.
      reconnectRetries: 0
    },
    // libp2p's five seconds cut connections under load, and gossip messages with them. No limit at all would keep a peer "connected" whose
    // machine went away without a word, and nobody would redial it.
    connectionMonitor: { pingInterval: limits.pingMs, pingTimeout: { minTimeout: limits.silenceMs, maxTimeout: limits.silenceMs } },
    services: { identify: identify(), pubsub: gossipsub(gossipOptions(ledger, limits, isFollowed)) }
  })
}

function canonical (addresses: readonly string[]): string[] {
  return addresses.map(address => {
    try {
      return multiaddr(address).toString()
    } catch (cause) {
      throw new ThreadsError('NETWORK_BAD_ADDRESS', `not a multiaddress to listen on or to announce: ${address}`, { data: { address }, cause })
    }
  })
}

/** What gossipsub itself counts against a peer. Its type leaves the method out that its class has. */
export function gossipScore (pubsub: GossipSub, peerId: string): number {
  if (!('getScore' in pubsub) || typeof pubsub.getScore !== 'function') return 0
  const score: unknown = pubsub.getScore(peerId)
  return typeof score === 'number' ? score : 0
}
