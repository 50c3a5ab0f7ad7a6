/** How gossipsub is set for threads: few players who all want each message at once, and relays between them. */
import type { GossipsubOpts } from '@chainsafe/libp2p-gossipsub'
import { ThreadsError } from '../errors.js'
import type { NetworkLimits } from './limits.js'
import { GRAYLIST_SCORE, type PeerLedger } from './peer-ledger.js'

/** A subscription costs its topic's length and a fixed overhead of this many bytes in gossipsub's budget for a peer. */
const TOPIC_COST_BYTES = 1024 + '/evm-threads/1/'.length + 66

/** Seen by gossipsub only, which drops the message. Made once: a stack trace for each message of a flood would be a gift to its sender. */
const UNFOLLOWED = new ThreadsError('NETWORK_UNFOLLOWED', 'a message of a thread that is not followed', { peerFault: 'ignore' })

/** The options; `isFollowed` says whether this node is subscribed to a topic. */
export function gossipOptions (ledger: PeerLedger, limits: NetworkLimits, isFollowed: (topic: string) => boolean): Partial<GossipsubOpts> {
  return {
    // Every message carries its own signatures; a second one for each hop costs half of the throughput.
    globalSignaturePolicy: 'StrictNoSign',
    allowPublishToZeroTopicPeers: true,
    ignoreDuplicatePublishError: true,
    fallbackToFloodsub: false,
    emitSelf: false,
    doPX: false,
    // Own messages go to every subscriber that is connected, so players wait for no mesh; relaying goes through the mesh.
    floodPublish: true,
    // A relay between sixteen players who are not connected to each other must keep them all in its mesh: whoever is left out waits for
    // a heartbeat and a question for each message.
    D: 16,
    Dlo: 8,
    Dhi: 24,
    Dout: 2,
    Dscore: 8,
    // A subscription that arrives before the stream back to its sender is open is grafted at the next heartbeat only, and what is to be
    // relayed until then is lost. Hence four a second. The history, which each heartbeat walks through, covers one and three seconds.
    heartbeatInterval: 250,
    mcacheGossip: 4,
    mcacheLength: 12,
    // IDONTWANT pays for itself on large proposals only.
    idontwantMinDataSize: 32_768,
    // A thread that is followed again must not be cut off from its relays for a minute.
    pruneBackoff: 10_000,
    unsubcribeBackoff: 2000,
    seenTTL: 30_000,
    ...boundOptions(limits, isFollowed),
    ...scoreOptions(ledger)
  }
}

function boundOptions (limits: NetworkLimits, isFollowed: (topic: string) => boolean): Partial<GossipsubOpts> {
  return {
    maxInboundStreams: 2,
    maxOutboundStreams: 2,
    maxInboundDataLength: limits.rpcBytes,
    maxOutboundBufferSize: limits.outboundBytes,
    // Not `allowedTopics`: it is fixed at the start, and it forgets who subscribed to a thread before this node followed it.
    // Subscriptions are bounded by a budget for each peer instead, and messages of other topics are dropped below.
    maxTopicBytesPerPeer: limits.topicsPerPeer * TOPIC_COST_BYTES,
    decodeRpcLimits: {
      maxSubscriptions: limits.topicsPerPeer,
      maxMessages: 1024,
      maxControlMessages: limits.topicsPerPeer,
      maxIhaveMessageIDs: 5000,
      maxIwantMessageIDs: 5000,
      maxIdontwantMessageIDs: 512,
      maxPeerInfos: 16
    },
    dataTransform: {
      // Throwing here drops a message before it is hashed, cached or validated.
      inboundTransform: (topic, data) => {
        if (!isFollowed(topic)) throw UNFOLLOWED
        return data
      },
      outboundTransform: (_topic, data) => data
    }
  }
}

/** The ledger's score is the whole score but for gossipsub's penalty for broken promises, so that gossip and sync judge alike. */
function scoreOptions (ledger: PeerLedger): Partial<GossipsubOpts> {
  return {
    scoreParams: {
      topics: {},
      topicScoreCap: 0,
      appSpecificScore: peerId => ledger.score(peerId),
      appSpecificWeight: 1,
      // All nodes of one machine share an address: with the default, 18 nodes on one host deliver nothing.
      IPColocationFactorWeight: 0,
      IPColocationFactorThreshold: 1,
      IPColocationFactorWhitelist: new Set(),
      behaviourPenaltyWeight: -1,
      behaviourPenaltyThreshold: 6,
      behaviourPenaltyDecay: 0.9,
      decayInterval: 1000,
      decayToZero: 0.1,
      retainScore: 600_000
    },
    scoreThresholds: {
      gossipThreshold: -10,
      publishThreshold: -50,
      graylistThreshold: GRAYLIST_SCORE,
      acceptPXThreshold: 10,
      opportunisticGraftThreshold: 0
    }
  }
}
