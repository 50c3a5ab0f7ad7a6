/** A network for the simulation: delays, losses, repetitions and partitions by chance, until it is healed. */
import { ThreadsError } from '../../../src/errors.js'
import { decodeSyncAnswer } from '../../../src/protocol/sync.js'
import type { Address } from '../../../src/protocol/types.js'
import type { NetworkPort, RemotePeer, ThreadId, Verdict } from '../../../src/thread/ports.js'
import type { Chance, Timeline } from './time.js'

type Validate = (bytes: Uint8Array, from: RemotePeer) => Verdict | Promise<Verdict>
type Answer = (frame: Uint8Array, from: RemotePeer) => Promise<Uint8Array>

/** How bad the network is. */
export type Weather = { lose: number, repeat: number, mostMs: number }

/** What leaves a node, for one receiver; a liar's ends say something else to each. */
export type Tamper = (bytes: Uint8Array, to: number) => readonly Uint8Array[]

/** The network of one run. */
export class SimNetwork {
  readonly weather: Weather
  readonly #timeline: Timeline
  readonly #chance: Chance
  readonly #ends = new Map<number, SimEnd>()
  /** Nodes that are cut off from the others. */
  readonly cut = new Set<number>()
  /** Nodes of which nothing reaches the others by gossip. */
  readonly silenced = new Set<number>()
  /** Sees every message that leaves a node. */
  onPublish: (from: number, bytes: Uint8Array) => void = () => {}

  constructor (timeline: Timeline, chance: Chance, weather: Weather) {
    this.#timeline = timeline
    this.#chance = chance
    this.weather = weather
  }

  /** A node's end; the one before it, of a node that has crashed, is dead. */
  join (node: number, sessionKey: Address, tamper: Tamper | undefined): SimEnd {
    this.#ends.get(node)?.die()
    const end = new SimEnd(this, node, sessionKey, tamper)
    this.#ends.set(node, end)
    return end
  }

  heal (): void {
    this.cut.clear()
    Object.assign(this.weather, { lose: 0, repeat: 0, mostMs: 20 })
  }

  /** A node's present end. */
  endOf (node: number): SimEnd {
    const end = this.#ends.get(node)
    if (end === undefined) throw new Error(`node ${node} has never started`)
    return end
  }

  others (of: SimEnd): SimEnd[] { return [...this.#ends.values()].filter(end => end !== of && end.isAlive) }

  #reaches (from: number, to: number): boolean { return this.cut.has(from) === this.cut.has(to) }

  publish (from: SimEnd, thread: ThreadId, bytes: Uint8Array): void {
    this.onPublish(from.node, bytes)
    if (this.silenced.has(from.node)) return
    for (const end of this.others(from)) {
      for (const copy of from.tamper?.(bytes, end.node) ?? [bytes]) {
        const times = this.#chance.happens(this.weather.repeat) ? 2 : 1
        for (let time = 0; time < times; time++) {
          if (this.#chance.happens(this.weather.lose)) continue
          this.#timeline.after(this.#chance.between(1, this.weather.mostMs), () => { if (this.#reaches(from.node, end.node)) end.deliver(thread, copy, from) })
        }
      }
    }
  }

  async request (from: SimEnd, peerId: string, frame: Uint8Array): Promise<Uint8Array> {
    const trip = async (): Promise<void> => {
      await this.#timeline.sleep(this.#chance.between(1, this.weather.mostMs))
      if (this.#chance.happens(this.weather.lose)) throw new ThreadsError('NETWORK_TIMEOUT', 'no answer')
    }
    await trip()
    const end = [...this.#ends.values()].find(one => one.id === peerId && one.isAlive)
    if (end === undefined || !this.#reaches(from.node, end.node)) throw new ThreadsError('NETWORK_UNREACHABLE', 'nobody is there')
    const bytes = await end.answer(frame, from)
    const answer = decodeSyncAnswer(bytes)
    if (answer.kind === 'status') for (const message of answer.messages) this.onPublish(end.node, message)
    await trip()
    return bytes
  }
}

/** One node's end of the network. */
export class SimEnd implements NetworkPort {
  readonly id: string
  readonly node: number
  readonly sessionKey: Address
  readonly tamper: Tamper | undefined
  readonly #network: SimNetwork
  readonly #following = new Map<ThreadId, Validate>()
  readonly #published = new Set<string>()
  #answer: Answer | undefined
  isAlive = true

  constructor (network: SimNetwork, node: number, sessionKey: Address, tamper: Tamper | undefined) {
    this.#network = network
    this.node = node
    this.id = `peer-${node}`
    this.sessionKey = sessionKey
    this.tamper = tamper
  }

  die (): void { this.isAlive = false }
  multiaddrs (): string[] { return [] }
  connect (): void {}
  on (): void {}
  peers (): RemotePeer[] { return this.#network.others(this) }
  subscribers (): RemotePeer[] { return this.peers() }
  follow (thread: ThreadId, validate: Validate): void { this.#following.set(thread, validate) }
  unfollow (thread: ThreadId): void { this.#following.delete(thread) }
  serve (answer: Answer): void { this.#answer = answer }

  async publish (thread: ThreadId, bytes: Uint8Array): Promise<void> {
    // Gossip sends the same bytes once, and says nothing: what is sent again must differ in its attempt.
    const text = Buffer.from(bytes).toString('latin1')
    if (!this.isAlive || this.#published.has(text)) return
    this.#published.add(text)
    this.#network.publish(this, thread, bytes)
  }

  async request (peerId: string, frame: Uint8Array): Promise<Uint8Array> {
    return await this.#network.request(this, peerId, frame)
  }

  deliver (thread: ThreadId, bytes: Uint8Array, from: RemotePeer): void {
    if (this.isAlive) void this.#following.get(thread)?.(bytes, from)
  }

  async answer (frame: Uint8Array, from: RemotePeer): Promise<Uint8Array> {
    if (this.#answer === undefined) throw new ThreadsError('NETWORK_UNREACHABLE', 'it answers nothing')
    return await this.#answer(frame, from)
  }
}
