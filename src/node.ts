/**
 * One node: puts the rooms together, starts and stops them. It owns which threads there are and hands events around; it decides nothing about
 * any of them (that is `thread/`).
 */
import { mkdir } from 'node:fs/promises'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { addressOf } from './protocol/crypto.js'
import { decodeSyncAnswer, decodeSyncRequest, encodeSyncAnswer, encodeSyncRequest, type SyncAnswer } from './protocol/sync.js'
import type { Address, Domain, Hash32, Terms, ThreadId } from './protocol/types.js'
import { loadArtifact } from './chain/artifacts.js'
import { createChain, type Chain } from './chain/chain.js'
import type { Log, NodeOptions } from './config.js'
import { hasCode, ThreadsError } from './errors.js'
import { createNetwork, type Network } from './network/network.js'
import { Acceptances } from './oracle/acceptances.js'
import { Answering } from './oracle/answering.js'
import type { NodeApi } from './rpc/api.js'
import { encodeCalldata } from './rpc/calldata.js'
import { Rates } from './rates.js'
import type { NodeHost } from './rpc/host.js'
import { createMethods } from './rpc/methods.js'
import { openLevelStore } from './store/level.js'
import { Bench } from './thread/bench.js'
import { answerSync, catchUpFrom } from './thread/catch-up.js'
import { feedChainEvent } from './thread/chain-feed.js'
import { isOver } from './thread/chain-view.js'
import { Desk } from './thread/desk.js'
import { Duties } from './thread/duties.js'
import type { ThreadEvent } from './thread/events.js'
import { Hall } from './thread/hall.js'
import { Looks } from './thread/looks.js'
import type { ChainCursor, ChainEvent, ClockPort, RemotePeer, StorePort, Verdict } from './thread/ports.js'
import { fromJson, isDamage, storedThreads, ThreadRecords, toJson } from './thread/records.js'
import { loadThread, selfIn } from './thread/recovery.js'
import { answerAtRest, glanceOf, hearAtRest, meetingOf, payerOf, rest, type Glance, type Meeting, type Resting, type RunningThread } from './thread/resting.js'
import { Results } from './thread/results.js'

/** How often the duties of the threads are looked at, milliseconds. */
const TICK_MS = 100
/** How often it is looked whether threads can rest, milliseconds. */
const REST_EVERY_MS = 500
/** How often messages bring threads back from their rest: for each player, and for all others together. */
const PLAYER_WAKES = { burst: 64, eachMs: 100 }
const STRANGER_WAKES = { burst: 8, eachMs: 500 }
/** How often connected peers are asked for the addresses of others, milliseconds. */
const PEERS_EVERY_MS = 30_000

/** What an oracle says of a thread that rests. */
const NOTHING_TO_ANSWER = {
  open: (): never => { throw new ThreadsError('RESULT_NOT_RECORDED', 'no dispute is open') },
  answer: async (): Promise<never> => { throw new ThreadsError('RESULT_NOT_RECORDED', 'no dispute is open') },
  try: async (): Promise<never> => { throw new ThreadsError('RESULT_NOT_RECORDED', 'no dispute is open') }
}

/** Rooms that a test may bring itself: a store with faults, another clock, a node that lies (`distort`: the root that it signs as an oracle, or claims
 * as a player, instead of what it found). */
export type NodeParts = { readonly openStore?: (folder: string) => Promise<StorePort>, readonly clock?: ClockPort, readonly distort?: (root: Hash32) => Hash32 }

/** A running node. */
export type RunningNode = {
  readonly api: NodeApi
  /** Finishes what is under way, closes everything in reverse order. Idempotent. */
  stop (): Promise<void>
}

/**
 * Opens the data directory, recovers every thread from it, joins the network and follows the chain.
 * @throws `DATA_DIR_IN_USE`, `STORE_FAILED`, `CHAIN_WRONG_CHAIN`, `CHAIN_NO_COURT`, `CHAIN_BAD_URL`, `NETWORK_LISTEN_FAILED`, `KEY_INVALID`.
 */
export async function createNode (options: NodeOptions, parts: NodeParts = {}): Promise<RunningNode> {
  const node = new ThreadsNode(options, parts)
  try {
    await node.start()
  } catch (error) {
    await node.stop()
    throw error
  }
  return { api: createMethods(node), stop: async () => { await node.stop() } }
}

/** The composition; `rpc/methods/` speak to it. */
export class ThreadsNode implements NodeHost {
  readonly options: NodeOptions
  readonly sessionKey: Address
  readonly clock: ClockPort
  readonly log: Log
  readonly startedMs: number
  readonly threads: Hall<RunningThread, Resting>
  readonly #openStore: (folder: string) => Promise<StorePort>
  readonly #listeners = new Set<(event: ThreadEvent) => void>()
  readonly #lastSeenMs = new Map<Address, number>()
  readonly #stopping = new AbortController()
  readonly #bench = new Bench(() => ({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode }))
  readonly #distort: NodeParts['distort']
  readonly #wakes = { player: new Rates(PLAYER_WAKES), stranger: new Rates(STRANGER_WAKES) }
  /** What threads had not accepted before they came to rest. */
  readonly #dropped = new Map<string, number>()
  #acceptances: Acceptances | undefined
  #answering: Answering | undefined
  #store: StorePort | undefined
  #network: Network | undefined
  #looks: Looks | undefined
  #chain: Chain | undefined
  #timer: NodeJS.Timeout | undefined
  #peersAtMs = 0
  #restAtMs = 0
  #storeError: string | undefined
  /** Why the last write failed; undefined: it did not. */
  #writeError: string | undefined
  #stopped: Promise<void> | undefined

  constructor (options: NodeOptions, parts: NodeParts) {
    this.options = options
    this.sessionKey = addressOf(options.key)
    this.log = options.log
    this.clock = parts.clock ?? { nowMs: () => Date.now() }
    this.startedMs = this.clock.nowMs()
    this.#openStore = parts.openStore ?? openLevelStore
    this.#distort = parts.distort
    this.threads = new Hall({
      store: () => this.store, clock: this.clock, keepLoaded: options.keepLoaded, load: async (id, resting) => await this.#load(id, resting), rest: running => this.#rest(running),
      gone: id => { this.network.unfollow(id) }, reloaded: (id, error) => { this.#onReloaded(id, error) }
    })
  }

  get chain (): Chain { return present(this.#chain) }
  get network (): Network { return present(this.#network) }
  get store (): StorePort { return present(this.#store) }
  /** What this node does as an oracle; undefined: it is none. */
  get serving (): Answering | undefined { return this.#answering }
  /** What the store failed with last; undefined while it is well. */
  get storeError (): string | undefined { return this.#writeError ?? this.#storeError }
  get domain (): Domain { return { chainId: this.chain.chainId, court: this.options.court } }

  /** A thread that this node follows. @throws `THREAD_UNKNOWN`. */
  thread (id: ThreadId): RunningThread {
    const found = this.threads.get(id)
    if (found === undefined) throw new ThreadsError('THREAD_UNKNOWN', `the thread ${id} is not known here: it is not opened, not confirmed yet, or this node is no player of it`, { data: { thread: id } })
    return found
  }

  glance (id: ThreadId): Glance | undefined {
    const running = this.threads.get(id)
    return running === undefined ? this.threads.resting(id)?.glance : glanceOf(running)
  }

  glances (): Glance[] { return this.threads.ids().flatMap(id => this.glance(id) ?? []) }

  records (id: ThreadId): ThreadRecords { return new ThreadRecords(this.store, id) }

  droppedByThreads (): Map<string, number> {
    const sums = new Map(this.#dropped)
    for (const { coordinator } of this.threads.loaded) addTo(sums, coordinator.dropped)
    return sums
  }

  /** When a session key was last seen, milliseconds since 1970. */
  lastSeenMs (sessionKey: Address): number | undefined { return this.#lastSeenMs.get(sessionKey) }

  /** Calls `listener` for every event of every thread until the returned function is called. */
  subscribe (listener: (event: ThreadEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => { this.#listeners.delete(listener) }
  }

  // ---------------------------------------------------------------- life

  async start (): Promise<void> {
    const { options } = this
    await mkdir(options.dataDir, { recursive: true, mode: 0o700 })
    this.#store = this.#watchWrites(await this.#openStore(join(options.dataDir, 'store')))
    await this.#openChain(this.#store)
    this.#serve()
    this.#network = await createNetwork({
      privateKey: options.key, clock: this.clock, random: Math.random, listen: options.listen, announce: options.announce, peers: options.peers,
      log: (level, event, data) => { this.log(level, event, { ...data }) }
    })
    this.#looks = new Looks({
      network: this.#network, clock: this.clock, log: (level, event, data) => { this.log(level, event, data) },
      wake: async ({ glance: { thread } }, peer) => { await this.threads.use(thread, async ({ coordinator }) => await catchUpFrom(coordinator, peer)) }
    })
    this.#listen(this.#network)
    await this.#network.start()
    for (const id of await storedThreads(this.#store)) {
      await this.#loadOrLeave(id)
      this.threads.rest(0)
    }
    const cursor = await this.#cursor(this.#store)
    // Events after the cursor come again; those of a block that has gone meanwhile do not, and must not stay.
    const last = cursor?.blocks[0]
    if (last !== undefined) await this.#voidAbove(last.number)
    this.chain.follow({
      cursor,
      onEvent: async event => { await this.#onChainEvent(event) },
      onCursor: async cursor => { await this.store.batch([{ put: 'chain/cursor', value: toJson(cursor) }]) },
      onReorg: async toBlock => { await this.#onReorg(toBlock) }
    })
    this.#timer = setInterval(() => { this.#tick() }, TICK_MS)
    this.log('info', 'node.started', { sessionKey: this.sessionKey, wallet: this.chain.wallet, multiaddrs: this.#network.multiaddrs(), threads: this.threads.size })
  }

  /** An oracle's own rooms. */
  #serve (): void {
    const { oracle } = this.options
    if (oracle === undefined) return
    const log: Log = (level, event, data) => { this.log(level, event, data) }
    this.#acceptances = new Acceptances(oracle, { chain: this.chain, log })
    const { minFeeUnits, resultFeeWei, claims, codes, assets, isDryRun } = oracle
    this.#answering = new Answering({ offer: { wallet: this.chain.wallet, minFeeUnits, resultFeeWei, claims, codes, assets }, isDryRun }, { clock: this.clock, log })
  }

  /** The same store; whoever asks how this node is hears of a full disk while it is full. */
  #watchWrites (store: StorePort): StorePort {
    return {
      get: async key => await store.get(key),
      iterate: (prefix, options) => store.iterate(prefix, options),
      keys: prefix => store.keys(prefix),
      close: async () => { await store.close() },
      batch: async (operations, options) => {
        try {
          await store.batch(operations, options)
          this.#writeError = undefined
        } catch (error) {
          this.#writeError = error instanceof Error ? error.message : String(error)
          throw error
        }
      }
    }
  }

  async #openChain (store: StorePort): Promise<void> {
    const identity = await this.#identity(store)
    const { court, rpcUrl, walletKey, confirmations, pollMs } = this.options
    if (identity !== undefined && identity.court !== court) {
      throw new ThreadsError('CHAIN_WRONG_COURT', `this data directory belongs to the court ${identity.court}, not ${court}`, { data: { known: identity.court, given: court } })
    }
    this.#chain = await createChain({
      url: rpcUrl, court, walletKey, clock: this.clock, confirmations: Math.max(1, confirmations), pollMs, signal: this.#stopping.signal,
      ...(identity === undefined ? {} : { expectedChainId: identity.chainId }),
      ...(identity?.genesis === undefined ? {} : { expectedGenesis: identity.genesis }),
      log: (message, data) => { this.log('code' in data ? 'warn' : 'info', 'chain', { message, ...data }) }
    })
    if (identity === undefined) await this.#chain.requireCourt()
    const learned = { chainId: this.#chain.chainId, court, genesis: this.#chain.genesis() }
    if (identity?.genesis === undefined) await store.batch([{ put: 'chain/identity', value: toJson(learned) }])
  }

  async #identity (store: StorePort): Promise<{ chainId: bigint, court: Address, genesis: Hash32 | undefined } | undefined> {
    try {
      const known = await store.get('chain/identity')
      return known === undefined ? undefined : fromJson(known) as { chainId: bigint, court: Address, genesis: Hash32 | undefined }
    } catch (error) {
      if (!isDamage(error)) throw error
      // Learned anew: what was signed for another chain or court has another thread's id.
      this.log('error', 'chain.identity-damaged', { error: error.message })
      return undefined
    }
  }

  async #cursor (store: StorePort): Promise<ChainCursor | undefined> {
    try {
      const stored = await store.get('chain/cursor')
      return stored === undefined ? undefined : fromJson(stored) as ChainCursor
    } catch (error) {
      if (!isDamage(error)) throw error
      // All that the chain said comes again; what it may have taken back meanwhile must not stay.
      this.log('error', 'chain.cursor-damaged', { error: error.message })
      await this.#voidAbove(0n)
      return undefined
    }
  }

  /** Stops everything in reverse order. Idempotent. */
  async stop (): Promise<void> {
    this.#stopped ??= this.#stop()
    await this.#stopped
  }

  async #stop (): Promise<void> {
    this.#stopping.abort()
    clearInterval(this.#timer)
    await this.#chain?.stop()
    await this.#network?.stop()
    await this.threads.idle()
    await this.#store?.close()
    this.log('info', 'node.stopped', {})
  }

  // ---------------------------------------------------------------- threads

  /** One thread that cannot be loaded must not keep the others from being played. */
  async #loadOrLeave (id: ThreadId): Promise<void> {
    try {
      await this.threads.add(id)
    } catch (error) {
      if (!(error instanceof ThreadsError) || error.code === 'STORE_FAILED') throw error
      this.log('error', 'thread.load-failed', { thread: id, code: error.code, error: error.message })
      if (error.code !== 'THREAD_EVENTS_DAMAGED') {
        this.#storeError = `the thread ${id} cannot be loaded: ${error.message}`
        return
      }
      // The chain says it again, from the court's first block on; the thread is loaded when its opening comes.
      await this.store.batch([...await new ThreadRecords(this.store, id).dropChainEvents(0n), { delete: 'chain/cursor' }])
    }
  }

  async #load (id: ThreadId, resting: Resting | undefined): Promise<RunningThread> {
    const records = this.records(id)
    const coordinator = await loadThread({
      records, chain: this.chain, network: this.network, clock: this.clock, domain: this.domain,
      sessionKey: this.options.key, closePolicy: this.options.autoClose, rested: resting?.rested,
      emit: event => { this.#emit(event) },
      log: (level, event, data) => { this.log(level, event, data) }
    })
    const { patienceSec, autoRespond, autoDispute, disputeAfterSec, moverPatienceSec, forceTimeout, useOracle, maxOracleFeeWei } = this.options
    const desk = new Desk(coordinator, {
      chain: this.chain, bench: this.#bench, distort: this.#distort,
      options: {
        autoRespond, autoDispute, disputeAfterSec, moverPatienceSec, useOracle: useOracle ? { maxFeeWei: maxOracleFeeWei } : undefined, forceTimeout: forceTimeout === undefined ? undefined : encodeCalldata({ signature: forceTimeout })
      }
    })
    desk.resume(resting?.rested.waiting)
    // A dry run does nothing in the oracle's name.
    const serves = this.#serves(coordinator.parts.context.terms) && this.options.oracle?.isDryRun !== true
    const duties = new Duties(coordinator, this.chain, desk, { patienceSec, autoDispute, serves, challenge: randomBytes(32) })
    this.#meet(meetingOf(coordinator), coordinator)
    return { coordinator, duties }
  }

  #rest (running: RunningThread): Resting | undefined {
    const resting = rest(running)
    if (resting === undefined) return undefined
    addTo(this.#dropped, running.coordinator.dropped)
    this.log('debug', 'thread.rests', { thread: resting.glance.thread, phase: resting.glance.phase })
    return resting
  }

  /**
   * Listens to the thread's topic and connects to the addresses that the players have published. Not before this node's own player has joined: anybody can open a
   * thread in which it is named, and must not make it dial and listen.
   */
  #meet (meeting: Meeting, coordinator = this.threads.get(meeting.thread)?.coordinator): void {
    const { thread, self } = meeting
    if (isOver(meeting) || (self !== undefined && meeting.joined[self] !== true)) return
    this.network.follow(thread, (bytes, from) => this.#onMessage(thread, bytes, from))
    meeting.multiaddrs.forEach((multiaddr, player) => {
      if (multiaddr === '' || player === self) return
      try {
        this.network.connect(multiaddr)
      } catch (error) {
        coordinator?.warn('PEER_BAD_ADDRESS', `player ${player} has published an address that cannot be used: ${multiaddr.slice(0, 100)}`, { player, error: error instanceof Error ? error.message : String(error) })
      }
    })
  }

  /** Nothing is lost while the thread is being loaded: the network waits for it, with as many messages as it has room for. */
  #onMessage (thread: ThreadId, bytes: Uint8Array, from: RemotePeer): Verdict | Promise<Verdict> {
    const running = this.threads.touch(thread)
    if (running !== undefined) return running.coordinator.receive(bytes, from)
    if (!this.threads.has(thread)) return 'ignore'
    const resting = this.threads.resting(thread)
    const heard = resting === undefined ? undefined : hearAtRest(resting, bytes)
    if (typeof heard === 'string') return heard
    if (resting !== undefined && heard !== undefined && !this.#mayWake(payerOf(resting, heard.payer, from))) return 'ignore'
    return this.threads.use(thread, ({ coordinator }) => coordinator.receive(bytes, from))
  }

  #mayWake (payer: Address | 'stranger'): boolean {
    return (payer === 'stranger' ? this.#wakes.stranger : this.#wakes.player).take(payer, this.clock.nowMs())
  }

  #emit (event: ThreadEvent): void {
    for (const listener of this.#listeners) listener(event)
  }

  async #onChainEvent (event: ChainEvent): Promise<void> {
    if (!this.threads.has(event.thread)) {
      if (event.type !== 'opened' || !this.#concerns(event)) return
      const records = new ThreadRecords(this.store, event.thread)
      await this.store.batch([records.putThread(), records.putChainEvent(event)])
      await this.threads.add(event.thread)
    }
    await this.threads.use(event.thread, async ({ coordinator }) => {
      await feedChainEvent(coordinator, event)
      if (isOver(coordinator.view)) this.network.unfollow(event.thread)
      else this.#meet(meetingOf(coordinator))
    })
  }

  #concerns (event: ChainEvent & { type: 'opened' }): boolean {
    const self = selfIn({ terms: event.terms }, this.options.key)
    if (this.options.observe || self === undefined) return this.options.observe || this.#serves(event.terms)
    // Whoever opens a thread can give this node's session key to a wallet of its own, and so make this node run its contracts.
    const isOurs = event.terms.players[self] === this.chain.wallet
    if (!isOurs) this.log('warn', 'thread.not-ours', { thread: event.thread, wallet: event.terms.players[self] })
    return isOurs
  }

  /** Whether the terms name this node's wallet as their oracle, and it is one; with a code that it does not serve it has nothing to do. */
  #serves ({ oracle, codeHash }: Terms): boolean {
    const policy = this.options.oracle
    return policy !== undefined && oracle === this.chain.wallet && (policy.codes.length === 0 || policy.codes.includes(codeHash))
  }

  /** Everything above a block is void: forget it and build each thread's view anew. */
  async #onReorg (toBlock: bigint): Promise<void> {
    this.log('warn', 'chain.reorganised', { toBlock: toBlock.toString() })
    await this.#voidAbove(toBlock)
  }

  async #voidAbove (block: bigint): Promise<void> {
    for (const id of this.threads.ids()) {
      await this.threads.change(id, async () => await this.records(id).dropChainEvents(block))
      this.threads.rest(0)
    }
  }

  #onReloaded (thread: ThreadId, error: unknown): void {
    this.#storeError = error === undefined ? undefined : error instanceof Error ? error.message : String(error)
    if (error === undefined) this.log('info', 'thread.reloaded', { thread })
    else this.log('error', 'thread.reload-failed', { thread, error: this.#storeError })
  }

  // ---------------------------------------------------------------- the clock

  #tick (): void {
    const now = this.clock.nowMs()
    // Before the duties are at work again.
    if (now >= this.#restAtMs) {
      this.#restAtMs = now + REST_EVERY_MS
      this.threads.rest()
      this.#looks?.tick(this.threads.atRest)
      for (const { glance, dueMs } of this.threads.atRest) if (dueMs !== undefined && now >= dueMs) this.#wake(glance.thread)
    }
    for (const { duties } of this.threads.loaded) void duties.tick()
    this.threads.recover()
    if (this.#acceptances !== undefined) void this.#acceptances.look(this.#asking(), now)
    if (now >= this.#peersAtMs) {
      this.#peersAtMs = now + PEERS_EVERY_MS
      // Addresses that anybody tells crowd out those of a player who is away: what the chain says is remembered anew.
      for (const { coordinator } of this.threads.loaded) this.#meet(meetingOf(coordinator))
      for (const { meeting } of this.threads.atRest) this.#meet(meeting)
      void this.#askForPeers()
    }
  }

  #wake (thread: ThreadId): void {
    this.threads.use(thread, () => {}).catch((error: unknown) => {
      this.log('warn', 'thread.wake', { thread, error: error instanceof Error ? error.message : String(error) })
    })
  }

  /** Threads that wait for their players and name this oracle. */
  #asking (): { thread: ThreadId, terms: Terms }[] {
    return this.glances().filter(({ terms, phase }) => phase === 'opening' && this.#serves(terms))
  }

  // ---------------------------------------------------------------- peers

  #listen (network: Network): void {
    network.serve(async (frame, from) => encodeSyncAnswer(await this.#answer(frame, from)))
    const seen = (peer: RemotePeer): void => {
      if (peer.sessionKey !== undefined) this.#lastSeenMs.set(peer.sessionKey, this.clock.nowMs())
      for (const { coordinator, duties } of this.threads.loaded) {
        if (peer.sessionKey !== undefined && coordinator.parts.context.terms.sessionKeys.includes(peer.sessionKey)) duties.hurry()
      }
    }
    network.on('peer:connect', peer => { seen(peer); this.#peersAtMs = 0 })
    network.on('peer:disconnect', peer => { if (peer.sessionKey !== undefined) this.#lastSeenMs.set(peer.sessionKey, this.clock.nowMs()) })
    network.on('subscribe', (peer, thread) => { seen(peer); this.#onSubscribe(peer, thread) })
  }

  #onSubscribe (peer: RemotePeer, thread: ThreadId): void {
    this.threads.get(thread)?.duties.hurry()
    const resting = this.threads.resting(thread)
    if (resting !== undefined && payerOf(resting, 'sender', peer) !== 'stranger') this.#looks?.soon(resting)
  }

  async #answer (frame: Uint8Array, from: RemotePeer): Promise<SyncAnswer> {
    const request = decodeSyncRequest(frame)
    if (request.kind === 'peers') return { kind: 'peers', multiaddrs: this.network.knownAddresses() }
    if (request.kind === 'offer' || request.kind === 'result') {
      if (this.#answering === undefined) return { kind: 'error', code: 'ORACLE_NOT_SERVING' }
      if (request.kind === 'offer') return { kind: 'offer', offer: this.#answering.offer }
      const answering = this.#answering
      if (!this.threads.has(request.thread)) return await answering.answer(undefined, request, from)
      // It has no open dispute, or it would not rest.
      if (this.threads.resting(request.thread) !== undefined) return await answering.answer(NOTHING_TO_ANSWER, request, from)
      return await this.#answerFor(request.thread, async running => await answering.answer(this.#resultsOf(running), request, from))
    }
    const resting = this.threads.resting(request.thread)
    if (resting !== undefined) return await answerAtRest(resting, this.records(request.thread), request)
    return await this.#answerFor(request.thread, async ({ coordinator }) => await answerSync(coordinator, request))
  }

  /** Where the thread is not known, or cannot be loaded again, its code is the answer. */
  async #answerFor (thread: ThreadId, answer: (running: RunningThread) => Promise<SyncAnswer>): Promise<SyncAnswer> {
    try {
      return await this.threads.look(thread, answer)
    } catch (error) {
      if (hasCode(error, 'THREAD_UNKNOWN') || hasCode(error, 'THREAD_FAULT')) return { kind: 'error', code: error.code }
      throw error
    }
  }

  /** What this node signs in a thread as its oracle. */
  #resultsOf ({ coordinator }: RunningThread): Results | undefined {
    const { oracle, walletKey } = this.options
    return oracle === undefined ? undefined : new Results(coordinator, { chain: this.chain, walletKey, feeWei: oracle.resultFeeWei, distort: this.#distort })
  }

  /** Any peer already met may know others; only those that follow a thread of ours stay of use. */
  async #askForPeers (): Promise<void> {
    for (const peer of this.network.peers().slice(0, 8)) {
      try {
        const answer = decodeSyncAnswer(await this.network.request(peer.id, encodeSyncRequest({ kind: 'peers' })))
        if (answer.kind === 'peers') for (const multiaddr of answer.multiaddrs) this.#tryConnect(multiaddr)
      } catch (error) {
        this.log('debug', 'node.peers', { peer: peer.id, error: error instanceof Error ? error.message : String(error) })
      }
    }
  }

  #tryConnect (multiaddr: string): void {
    try {
      if (!multiaddr.endsWith(`/p2p/${this.network.id}`)) this.network.connect(multiaddr)
    } catch (error) {
      this.log('debug', 'node.peer-address', { multiaddr: multiaddr.slice(0, 200), error: error instanceof Error ? error.message : String(error) })
    }
  }
}

function addTo (sums: Map<string, number>, counts: ReadonlyMap<string, number>): void {
  for (const [code, count] of counts) sums.set(code, (sums.get(code) ?? 0) + count)
}

function present<T> (part: T | undefined): T {
  if (part === undefined) throw new ThreadsError('NODE_NOT_STARTED', 'the node is not started')
  return part
}
