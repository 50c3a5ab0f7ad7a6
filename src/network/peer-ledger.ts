/**
 * What this node knows of each peer: who it is, how its messages were judged, and how far its penalty has faded. The one score for gossip
 * and sync: gossipsub asks for it, and a peer below {@link GRAYLIST_SCORE} is heard in neither.
 */
import type { PeerId } from '@libp2p/interface'
import { publicKeyToAddress } from '../protocol/crypto.js'
import type { Address } from '../protocol/types.js'
import type { ClockPort, RemotePeer, Verdict } from '../thread/ports.js'
import type { NetworkLimits } from './limits.js'
import { TokenBucket } from './token-bucket.js'

/** Below it a peer's gossip is not read and its sync streams are refused. A dozen rejected messages in a row lead there. */
export const GRAYLIST_SCORE = -80

/** Rejected messages that cost nothing: gossipsub takes any negative score for a reason to relay no more to a peer. */
const TOLERANCE = 2
/** The penalty of a peer that sends nothing more to reject halves in this time, milliseconds. */
const HALF_LIFE_MS = 60_000
/** Bounds how long the worst peer stays below the graylist's score: about three and a half half-lives. */
const MAX_PENALTY = 100

/** How a peer's messages were judged. */
export type PeerScore = {
  readonly peer: RemotePeer
  /** 0 for a peer without fault, else minus the square of its faded penalty above a small tolerance, or what gossip holds against it if that is worse. */
  readonly score: number
  readonly accepted: number
  readonly ignored: number
  /** Invalid messages and malformed sync frames. */
  readonly rejected: number
}

type PeerRecord = {
  readonly peer: RemotePeer
  readonly syncBucket: TokenBucket
  accepted: number
  ignored: number
  rejected: number
  penalty: number
  penaltyAtMs: number
}

/** Keeps a bounded number of records; of the peers that are not connected, the one heard of longest ago is dropped first. */
export class PeerLedger {
  readonly #records = new Map<string, PeerRecord>()
  readonly #connected = new Set<string>()
  readonly #clock: ClockPort
  readonly #limits: NetworkLimits

  constructor (clock: ClockPort, limits: NetworkLimits) {
    this.#clock = clock
    this.#limits = limits
  }

  connected (peerId: PeerId): RemotePeer {
    const id = peerId.toString()
    this.#connected.add(id)
    const record = this.#record(peerId)
    this.#records.delete(id)
    this.#records.set(id, record)
    return record.peer
  }

  disconnected (peerId: PeerId): RemotePeer {
    this.#connected.delete(peerId.toString())
    return this.peer(peerId)
  }

  peer (peerId: PeerId): RemotePeer {
    return this.#record(peerId).peer
  }

  /** Counts what a validator said of a message that this peer passed on. */
  judged (peerId: PeerId, verdict: Verdict): void {
    const record = this.#record(peerId)
    if (verdict === 'accept') record.accepted++
    else if (verdict === 'ignore') record.ignored++
    else this.#penalise(record)
  }

  /** Minus the square of what the penalty is above the tolerance. */
  score (peerId: string): number {
    const record = this.#records.get(peerId)
    if (record === undefined || record.penalty === 0) return 0
    const excess = this.#fadedPenalty(record) - TOLERANCE
    return excess > 0 ? -(excess ** 2) : 0
  }

  isGraylisted (peerId: string): boolean {
    return this.score(peerId) < GRAYLIST_SCORE
  }

  /** Charges sync work to a peer; how many milliseconds it must wait for it. */
  chargeSync (peerId: PeerId, units: number): number {
    return this.#record(peerId).syncBucket.take(units, this.#clock.nowMs())
  }

  /** `gossipScore` adds what gossip itself counts against a peer. */
  scores (gossipScore: (peerId: string) => number): PeerScore[] {
    return [...this.#records.values()].map(({ peer, accepted, ignored, rejected }) => ({
      peer, score: Math.min(this.score(peer.id), gossipScore(peer.id)), accepted, ignored, rejected
    }))
  }

  #penalise (record: PeerRecord): void {
    record.rejected++
    record.penalty = Math.min(MAX_PENALTY, this.#fadedPenalty(record) + 1)
    record.penaltyAtMs = this.#clock.nowMs()
  }

  #fadedPenalty (record: PeerRecord): number {
    const elapsedMs = Math.max(0, this.#clock.nowMs() - record.penaltyAtMs)
    return record.penalty * 2 ** (-elapsedMs / HALF_LIFE_MS)
  }

  #record (peerId: PeerId): PeerRecord {
    const id = peerId.toString()
    const known = this.#records.get(id)
    if (known !== undefined) return known
    this.#makeRoom()
    const nowMs = this.#clock.nowMs()
    const record: PeerRecord = {
      peer: { id, sessionKey: sessionKeyOf(peerId) },
      syncBucket: new TokenBucket(this.#limits.syncUnitsPerSecond, this.#limits.syncBurst, nowMs),
      accepted: 0,
      ignored: 0,
      rejected: 0,
      penalty: 0,
      penaltyAtMs: nowMs
    }
    this.#records.set(id, record)
    return record
  }

  #makeRoom (): void {
    if (this.#records.size < this.#limits.peerRecords) return
    for (const id of this.#records.keys()) {
      if (this.#connected.has(id)) continue
      this.#records.delete(id)
      return
    }
  }
}

/** The address of the secp256k1 key that a peer id holds: the session key that the handshake has proved. */
function sessionKeyOf (peerId: PeerId): Address | undefined {
  return peerId.type === 'secp256k1' ? publicKeyToAddress(peerId.publicKey.raw) : undefined
}
