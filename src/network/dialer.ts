/**
 * Remembers addresses and keeps a connection to each peer among them: dials at once, and again with exponential back-off and jitter
 * whenever there is none, until it is stopped. Owns no connection: it only asks for them and is told of them.
 */
import type { Multiaddr } from '@multiformats/multiaddr'
import type { ClockPort } from '../thread/ports.js'
import type { PeerAddress } from './addresses.js'
import type { NetworkLimits } from './limits.js'
import { describeError, type NetworkLog } from './log.js'

/** A connection shorter than this counts as a failed dial, so that a peer which hangs up at once is not dialled in a tight loop. */
const SHORT_LIVED_MS = 2000

/** What the dialer needs of the node. */
export type DialerComponents = {
  readonly ownId: string
  readonly clock: ClockPort
  /** Uniform in 0 (included) to 1 (excluded). */
  readonly random: () => number
  readonly limits: NetworkLimits
  readonly log: NetworkLog
  isConnected (peerId: string): boolean
  /** Dials one peer at any of its addresses; resolves when connected. */
  dial (addresses: readonly Multiaddr[], signal: AbortSignal): Promise<void>
}

type Target = {
  readonly peerId: string
  /** By canonical text, oldest first. */
  readonly addresses: Map<string, Multiaddr>
  /** Configured by the user: never dropped for others. */
  pinned: boolean
  failures: number
  dialling: boolean
  connectedAtMs: number | undefined
  timer: ReturnType<typeof setTimeout> | undefined
}

/** See the head of this file. */
export class Dialer {
  readonly #components: DialerComponents
  /** By peer id, oldest first. */
  readonly #targets = new Map<string, Target>()
  readonly #stopping = new AbortController()
  #started = false

  constructor (components: DialerComponents) {
    this.#components = components
  }

  start (): void {
    this.#started = true
    for (const target of this.#targets.values()) this.#dial(target)
  }

  stop (): void {
    this.#stopping.abort()
    for (const target of this.#targets.values()) clearTimeout(target.timer)
    this.#targets.clear()
  }

  /** Remembers the address and dials its peer now, unless it is connected. */
  connect (address: PeerAddress, options: { pinned: boolean }): void {
    if (address.peerId === this.#components.ownId || this.#stopping.signal.aborted) return
    const target = this.#remember(address)
    if (target === undefined) return
    target.pinned ||= options.pinned
    target.failures = 0
    this.#dial(target)
  }

  /** The remembered addresses of a peer. */
  addressesOf (peerId: string): string[] {
    return [...this.#targets.get(peerId)?.addresses.keys() ?? []]
  }

  onConnect (peerId: string): void {
    const target = this.#targets.get(peerId)
    if (target === undefined) return
    clearTimeout(target.timer)
    target.timer = undefined
    target.connectedAtMs = this.#components.clock.nowMs()
  }

  onDisconnect (peerId: string): void {
    const target = this.#targets.get(peerId)
    if (target === undefined) return
    const livedMs = this.#components.clock.nowMs() - (target.connectedAtMs ?? 0)
    target.connectedAtMs = undefined
    target.failures = livedMs < SHORT_LIVED_MS ? target.failures + 1 : 0
    this.#dialLater(target)
  }

  #remember ({ peerId, text, multiaddr }: PeerAddress): Target | undefined {
    const known = this.#targets.get(peerId)
    if (known?.addresses.has(text) === true) return known
    const { addresses, addressesPerPeer } = this.#components.limits
    if (this.#count() >= addresses && !this.#forgetOldest()) {
      this.#components.log('warn', 'network.address.dropped', { address: text, remembered: this.#count() })
      return undefined
    }
    // The peer may just have been the oldest and gone.
    const target = this.#targets.get(peerId) ?? newTarget(peerId)
    this.#targets.set(peerId, target)
    target.addresses.set(text, multiaddr)
    if (target.addresses.size > addressesPerPeer) deleteFirst(target.addresses)
    return target
  }

  #count (): number {
    let count = 0
    for (const target of this.#targets.values()) count += target.addresses.size
    return count
  }

  /** Drops one address, of the oldest peer that is neither connected nor configured. False when there is none. */
  #forgetOldest (): boolean {
    for (const target of this.#targets.values()) {
      if (target.pinned || this.#components.isConnected(target.peerId)) continue
      deleteFirst(target.addresses)
      if (target.addresses.size === 0) {
        clearTimeout(target.timer)
        this.#targets.delete(target.peerId)
      }
      return true
    }
    return false
  }

  #dialLater (target: Target): void {
    if (this.#stopping.signal.aborted || this.#targets.get(target.peerId) !== target) return
    const { redialMinMs, redialMaxMs } = this.#components.limits
    const backOffMs = Math.min(redialMaxMs, redialMinMs * 2 ** Math.min(target.failures, 30))
    clearTimeout(target.timer)
    // Half of it is jitter: two peers that lost each other must not go on dialling in step.
    target.timer = setTimeout(() => this.#dial(target), backOffMs * (0.5 + this.#components.random() / 2))
  }

  #dial (target: Target): void {
    const { isConnected, dial, limits, log } = this.#components
    if (!this.#started || target.dialling || this.#stopping.signal.aborted || isConnected(target.peerId)) return
    clearTimeout(target.timer)
    target.timer = undefined
    target.dialling = true
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(limits.dialTimeoutMs)])
    dial([...target.addresses.values()], signal).catch(error => {
      target.failures++
      log('debug', 'network.dial.failed', { peer: target.peerId, failures: target.failures, error: describeError(error) })
    }).finally(() => {
      target.dialling = false
      if (!isConnected(target.peerId)) this.#dialLater(target)
    })
  }
}

function newTarget (peerId: string): Target {
  return { peerId, addresses: new Map(), pinned: false, failures: 0, dialling: false, connectedAtMs: undefined, timer: undefined }
}

function deleteFirst (map: Map<string, unknown>): void {
  for (const key of map.keys()) {
    map.delete(key)
    return
  }
}
