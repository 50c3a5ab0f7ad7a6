/** Asks peers, now and then, about threads at rest: what gossip has lost there nobody else would notice. A thread is brought back only for what it does not have. */
import { decodeSyncAnswer, encodeSyncRequest } from '../protocol/sync.js'
import type { ClockPort, NetworkPort, RemotePeer } from './ports.js'
import { isNews, type Resting } from './resting.js'

/** How often each thread is asked about, and how soon when a player has come, milliseconds. */
const EVERY_MS = 60_000
const SOON_MS = 1_000
/** Questions at a time. */
const AT_ONCE = 4

/** What asking takes. `wake`: somebody has what a thread does not. */
export type LooksParts = {
  readonly network: Pick<NetworkPort, 'subscribers' | 'request'>
  readonly clock: ClockPort
  readonly wake: (resting: Resting, peer: RemotePeer) => Promise<void>
  readonly log: (level: 'debug', event: string, data: Record<string, unknown>) => void
}

/** See the head of this file. */
export class Looks {
  readonly #parts: LooksParts
  #running = 0
  #turn = 0

  constructor (parts: LooksParts) {
    this.#parts = parts
  }

  /** A player of the thread has come. */
  soon ({ look }: Resting): void { look.atMs = Math.min(look.atMs, this.#parts.clock.nowMs() + SOON_MS) }

  /** Asks about those whose time has come. Called by the clock; never throws. */
  tick (resting: readonly Resting[]): void {
    const now = this.#parts.clock.nowMs()
    for (const one of resting) {
      if (this.#running >= AT_ONCE) return
      if (one.glance.phase !== 'active' || now < one.look.atMs) continue
      one.look.atMs = now + EVERY_MS
      void this.#ask(one)
    }
  }

  async #ask (resting: Resting): Promise<void> {
    const { network, wake, log } = this.#parts
    const { thread, terms } = resting.glance
    const all = network.subscribers(thread)
    const players = all.filter(({ sessionKey }) => sessionKey !== undefined && terms.sessionKeys.includes(sessionKey))
    const peers = players.length > 0 ? players : all
    const peer = peers[this.#turn++ % Math.max(1, peers.length)]
    if (peer === undefined) return
    this.#running++
    try {
      const answer = decodeSyncAnswer(await network.request(peer.id, encodeSyncRequest({ kind: 'status', thread })))
      if (isNews(resting, answer)) await wake(resting, peer)
    } catch (error) {
      log('debug', 'thread.look', { thread, peer: peer.id, error: error instanceof Error ? error.message : String(error) })
    } finally {
      this.#running--
    }
  }
}
