/** Every bound of the network room, so that what a peer can make this node hold or do has one place. */
import { MAX_MESSAGE_BYTES, MAX_PEERS, MAX_SYNC_FRAME_BYTES } from '../protocol/limits.js'

/** The bounds of one node. All can be overridden in part by `createNetwork`. */
export type NetworkLimits = {
  /** Open connections; beyond, libp2p closes the least valuable. */
  readonly maxConnections: number
  /** New connections a second from one host. */
  readonly connectionsPerSecond: number
  /** One gossip message, bytes. A larger one is rejected. */
  readonly messageBytes: number
  /** One gossip frame with all that is batched in it, bytes. A larger one costs the sender its connection. */
  readonly rpcBytes: number
  /** Topics that one peer may subscribe to, as far as this node remembers. */
  readonly topicsPerPeer: number
  /** Gossip messages being validated at once; the newest is ignored beyond. */
  readonly validating: number
  /** Own publishes under way; the newest is refused beyond. */
  readonly publishing: number
  /** Unsent bytes of a peer's gossip stream from which it counts as congested. */
  readonly congestedBytes: number
  /** Unsent bytes of a peer's gossip stream at which the stream is given up. */
  readonly outboundBytes: number
  /** A sync request, bytes. */
  readonly requestBytes: number
  /** A sync answer, bytes. */
  readonly answerBytes: number
  /** Requests that wait for one peer's stream; the newest is refused beyond. */
  readonly requestQueue: number
  /** Sync streams that one peer may keep open towards this node. */
  readonly syncStreamsPerPeer: number
  /** Sync cost units a second for one peer: a request is one, and each 16 KiB of its answer one more. Beyond, answers wait. */
  readonly syncUnitsPerSecond: number
  /** Units that a peer may use at once. */
  readonly syncBurst: number
  /** Time for a sync answer when the caller names none, milliseconds. */
  readonly requestTimeoutMs: number
  /** Addresses that are remembered and redialled; the oldest of a peer that is not connected goes first. */
  readonly addresses: number
  /** Addresses remembered of one peer; the oldest goes first. */
  readonly addressesPerPeer: number
  /** Addresses that `knownAddresses` names at most. */
  readonly knownAddresses: number
  /** Peers whose verdicts are remembered; the longest silent, not connected, goes first. */
  readonly peerRecords: number
  /** Back-off before the first redial, milliseconds; doubles with each failure. */
  readonly redialMinMs: number
  /** The longest back-off, milliseconds. */
  readonly redialMaxMs: number
  /** How long one dial may take, milliseconds. */
  readonly dialTimeoutMs: number
  /** How often a connection is asked for a sign of life, milliseconds. */
  readonly pingMs: number
  /** How long the sign of life may take before the connection is given up, milliseconds. Long: under load it comes late. */
  readonly silenceMs: number
  /** How often connections are looked at for a lost gossip stream, milliseconds. */
  readonly watchMs: number
}

/** Good for a player, a relay and an oracle alike. */
export const DEFAULT_LIMITS: NetworkLimits = {
  maxConnections: 256,
  connectionsPerSecond: 64,
  messageBytes: MAX_MESSAGE_BYTES,
  rpcBytes: 8 * MAX_MESSAGE_BYTES,
  topicsPerPeer: 1000,
  validating: 1024,
  publishing: 1024,
  congestedBytes: 4 * MAX_MESSAGE_BYTES,
  outboundBytes: 16 * MAX_MESSAGE_BYTES,
  requestBytes: 65_536,
  answerBytes: MAX_SYNC_FRAME_BYTES,
  requestQueue: 64,
  syncStreamsPerPeer: 2,
  syncUnitsPerSecond: 2000,
  syncBurst: 4000,
  requestTimeoutMs: 10_000,
  addresses: 256,
  addressesPerPeer: 8,
  knownAddresses: MAX_PEERS,
  peerRecords: 1024,
  redialMinMs: 200,
  redialMaxMs: 10_000,
  dialTimeoutMs: 5000,
  pingMs: 10_000,
  silenceMs: 30_000,
  watchMs: 2000
}
