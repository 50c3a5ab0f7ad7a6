/**
 * One topic for each thread. Delivery *is* validation: the follower's `validate` sees a message once, before it is relayed, and what it
 * accepts it has taken. Nothing here understands a message.
 */
import { TopicValidatorResult, type GossipSub, type Message } from '@chainsafe/libp2p-gossipsub'
import type { Connection, PeerId } from '@libp2p/interface'
import { ThreadsError } from '../errors.js'
import type { ThreadId } from '../protocol/types.js'
import type { RemotePeer, Verdict } from '../thread/ports.js'
import { turn } from '../turn.js'
import type { NetworkLimits } from './limits.js'
import { describeError, type NetworkLog } from './log.js'
import { fitsTogether, joinPayload, maxPayloadBytes, splitPayload } from './payload.js'
import type { PeerLedger } from './peer-ledger.js'

/** Judges a message of a followed thread; see `NetworkPort.follow`. */
export type Validate = (bytes: Uint8Array, from: RemotePeer) => Verdict | Promise<Verdict>

/** What gossip needs of the node. */
export type GossipComponents = {
  readonly pubsub: GossipSub
  readonly ledger: PeerLedger
  readonly limits: NetworkLimits
  readonly log: NetworkLog
  connections (peerId: PeerId): Connection[]
  /** A peer is subscribed to a followed thread, and messages can be sent to it. */
  onSubscribe (peer: RemotePeer, thread: ThreadId): void
}

type Followed = { readonly thread: ThreadId, readonly validate: Validate }

const RESULTS: Readonly<Record<Verdict, TopicValidatorResult>> = {
  accept: TopicValidatorResult.Accept,
  ignore: TopicValidatorResult.Ignore,
  reject: TopicValidatorResult.Reject
}

/** A payload is relayed when something in it was accepted and nothing rejected. */
function together (one: Verdict, other: Verdict): Verdict {
  if (one === 'reject' || other === 'reject') return 'reject'
  return one === 'accept' || other === 'accept' ? 'accept' : 'ignore'
}

/** How often, and how many times, a new subscriber is looked at until a stream leads to it. */
const READY_POLL_MS = 5
const READY_POLLS = 400

/** The topic of a thread (specification §7). */
export function topicOf (thread: ThreadId): string {
  return `/evm-threads/1/${thread}`
}

/** See the head of this file. */
export class Gossip {
  readonly #components: GossipComponents
  readonly #followed: Map<string, Followed>
  readonly #waiting = new Set<ReturnType<typeof setTimeout>>()
  /** Messages that no validator saw, by the code of what was wrong with them. */
  readonly dropped = new Map<string, number>()
  /** By topic: the payload that leaves with the next turn. */
  readonly #leaving = new Map<string, { readonly messages: Uint8Array[], readonly left: Promise<void> }>()
  #validating = 0
  #publishing = 0
  #started = false

  /** `followed` is the registry of topics that the gossip options ask too. */
  constructor (components: GossipComponents, followed: Map<string, Followed>) {
    this.#components = components
    this.#followed = followed
  }

  /** After libp2p's start: subscribes to what was followed before it. */
  start (): void {
    this.#started = true
    this.#components.pubsub.addEventListener('subscription-change', ({ detail: { peerId, subscriptions } }) => {
      for (const { topic, subscribe } of subscriptions) {
        const followed = this.#followed.get(topic)
        if (subscribe && followed !== undefined) this.#announce(peerId, followed.thread, READY_POLLS)
      }
    })
    for (const topic of this.#followed.keys()) this.#subscribe(topic)
  }

  /** Before libp2p's stop. What was said in this turn still leaves. */
  async stop (): Promise<void> {
    await Promise.allSettled([...this.#leaving.values()].map(({ left }) => left))
    this.#started = false
    for (const timer of this.#waiting) clearTimeout(timer)
    this.#waiting.clear()
    this.#components.pubsub.topicValidators.clear()
    this.#followed.clear()
  }

  follow (thread: ThreadId, validate: Validate): void {
    const topic = topicOf(thread)
    const isNew = !this.#followed.has(topic)
    this.#followed.set(topic, { thread, validate })
    this.#components.pubsub.topicValidators.set(topic, (peerId, message) => this.#judge(topic, peerId, message))
    if (isNew && this.#started) this.#subscribe(topic)
  }

  unfollow (thread: ThreadId): void {
    const topic = topicOf(thread)
    if (!this.#followed.delete(topic)) return
    this.#components.pubsub.topicValidators.delete(topic)
    if (this.#started) this.#components.pubsub.unsubscribe(topic)
  }

  /** @throws `NETWORK_FRAME_TOO_LARGE`, `NETWORK_BUSY` */
  async publish (thread: ThreadId, bytes: Uint8Array): Promise<void> {
    const { limits } = this.#components
    if (bytes.length > limits.messageBytes) {
      throw new ThreadsError('NETWORK_FRAME_TOO_LARGE', `a message has at most ${limits.messageBytes} bytes, not ${bytes.length}`, {
        data: { bytes: bytes.length, limit: limits.messageBytes }
      })
    }
    const topic = topicOf(thread)
    if (this.#publishing >= limits.publishing || this.#isCongested(topic)) {
      throw new ThreadsError('NETWORK_BUSY', 'more is being published than the network takes', { data: { thread, publishing: this.#publishing } })
    }
    this.#publishing++
    try {
      await this.#leave(topic, bytes)
    } finally {
      this.#publishing--
    }
  }

  /** What is published in one turn leaves as one payload. */
  #leave (topic: string, bytes: Uint8Array): Promise<void> {
    const leaving = this.#leaving.get(topic)
    if (leaving !== undefined && fitsTogether(leaving.messages, bytes)) {
      leaving.messages.push(bytes)
      return leaving.left
    }
    const messages = [bytes]
    const left = turn().then(async () => {
      if (this.#leaving.get(topic)?.messages === messages) this.#leaving.delete(topic)
      await this.#components.pubsub.publish(topic, joinPayload(messages))
    })
    this.#leaving.set(topic, { messages, left })
    return left
  }

  subscribers (thread: ThreadId): RemotePeer[] {
    const { pubsub, ledger } = this.#components
    return pubsub.getSubscribers(topicOf(thread)).map(peerId => ledger.peer(peerId))
  }

  #subscribe (topic: string): void {
    const { pubsub } = this.#components
    pubsub.subscribe(topic)
    const thread = this.#followed.get(topic)?.thread
    if (thread === undefined) return
    // Those who were there first say nothing more: without this, whoever follows late would never hear of them.
    for (const peerId of pubsub.getSubscribers(topic)) this.#announce(peerId, thread, READY_POLLS)
  }

  /** Tells of a subscriber once something can be sent to it: its subscription may arrive before the stream back to it is open. */
  #announce (peerId: PeerId, thread: ThreadId, polls: number): void {
    const timer = setTimeout(() => {
      this.#waiting.delete(timer)
      const { pubsub, ledger } = this.#components
      const topic = topicOf(thread)
      if (!this.#followed.has(topic) || !pubsub.getSubscribers(topic).some(subscriber => subscriber.equals(peerId))) return
      if (this.#outbound(peerId) !== undefined || polls === 0) this.#components.onSubscribe(ledger.peer(peerId), thread)
      else this.#announce(peerId, thread, polls - 1)
    }, polls === READY_POLLS ? 0 : READY_POLL_MS)
    this.#waiting.add(timer)
  }

  #judge (topic: string, peerId: PeerId, message: Message): TopicValidatorResult | Promise<TopicValidatorResult> {
    const { ledger, limits, log } = this.#components
    const followed = this.#followed.get(topic)
    if (followed === undefined) return TopicValidatorResult.Ignore
    const messages = message.data.length > maxPayloadBytes(limits.messageBytes) ? undefined : splitPayload(message.data, limits.messageBytes)
    if (messages === undefined) {
      log('info', 'network.message.malformed', { peer: peerId.toString(), thread: followed.thread, bytes: message.data.length })
      this.#drop(message.data.length > limits.messageBytes ? 'NETWORK_FRAME_TOO_LARGE' : 'NETWORK_BAD_FRAME')
      return this.#record(peerId, 'reject')
    }
    // Drop policy: the newest is ignored. Whoever sent it sends it again (specification §6.5).
    if (this.#validating >= limits.validating) {
      log('warn', 'network.validation.full', { peer: peerId.toString(), thread: followed.thread })
      this.#drop('NETWORK_BUSY')
      return this.#record(peerId, 'ignore')
    }
    return this.#judgeEach(messages, followed, peerId)
  }

  /** Each counts as if it had come alone; what is rejected takes with it what came behind it. */
  #judgeEach (messages: readonly Uint8Array[], followed: Followed, peerId: PeerId): TopicValidatorResult | Promise<TopicValidatorResult> {
    let all: Verdict = 'ignore'
    for (const [index, bytes] of messages.entries()) {
      const verdict = this.#ask(followed, bytes, this.#components.ledger.peer(peerId))
      if (typeof verdict !== 'string') return this.#judgeLater(verdict, all, messages.slice(index + 1), followed, peerId)
      this.#record(peerId, verdict)
      all = together(all, verdict)
      if (all === 'reject') break
    }
    return RESULTS[all]
  }

  async #judgeLater (pending: Promise<Verdict>, before: Verdict, rest: readonly Uint8Array[], followed: Followed, peerId: PeerId): Promise<TopicValidatorResult> {
    this.#validating++
    try {
      const verdict = await pending.catch(error => this.#validatorFailed(followed.thread, error))
      this.#record(peerId, verdict)
      const all = together(before, verdict)
      if (all === 'reject' || rest.length === 0) return RESULTS[all]
      const others = await this.#judgeEach(rest, followed, peerId)
      return others === RESULTS.ignore ? RESULTS[all] : others
    } finally {
      this.#validating--
    }
  }

  #ask ({ thread, validate }: Followed, bytes: Uint8Array, from: RemotePeer): Verdict | Promise<Verdict> {
    try {
      return validate(bytes, from)
    } catch (error) {
      return this.#validatorFailed(thread, error)
    }
  }

  /** A validator must not throw; when it does, that is this node's fault and no peer's. */
  #validatorFailed (thread: ThreadId, error: unknown): Verdict {
    this.#components.log('warn', 'network.validator.failed', { thread, error: describeError(error) })
    return 'ignore'
  }

  #drop (code: string): void {
    this.dropped.set(code, (this.dropped.get(code) ?? 0) + 1)
  }

  #record (peerId: PeerId, verdict: Verdict): TopicValidatorResult {
    this.#components.ledger.judged(peerId, verdict)
    return RESULTS[verdict]
  }

  /** Whether there are subscribers and none of them takes what it is sent. One slow peer does not hold up the others. */
  #isCongested (topic: string): boolean {
    const subscribers = this.#components.pubsub.getSubscribers(topic)
    return subscribers.length > 0 && subscribers.every(peerId => (this.#outbound(peerId)?.writeBufferLength ?? 0) > this.#components.limits.congestedBytes)
  }

  #outbound (peerId: PeerId): { writeBufferLength: number } | undefined {
    return outboundGossipStream(this.#components.connections(peerId))
  }
}

/** The stream on which gossip leaves for a peer, if one is open. */
export function outboundGossipStream (connections: readonly Connection[]): { writeBufferLength: number } | undefined {
  for (const connection of connections) {
    for (const stream of connection.streams) {
      if (stream.direction === 'outbound' && stream.status === 'open' && stream.protocol.startsWith('/meshsub/')) return stream
    }
  }
  return undefined
}
