/** A node of the simulation: the real coordinator, duties and recovery over a disk that survives it. */
import { hasCode, ThreadsError } from '../../../src/errors.js'
import { addressOf, hash32 } from '../../../src/protocol/crypto.js'
import { hexToBytes } from '../../../src/protocol/bytes.js'
import type { Hash32 } from '../../../src/protocol/types.js'
import { decodeSyncRequest, encodeSyncAnswer } from '../../../src/protocol/sync.js'
import { encodeMessage } from '../../../src/protocol/wire.js'
import { MemoryStore } from '../../../src/store/memory.js'
import { answerSync } from '../../../src/thread/catch-up.js'
import { feedChainEvent } from '../../../src/thread/chain-feed.js'
import type { Coordinator } from '../../../src/thread/coordinator.js'
import { Bench } from '../../../src/thread/bench.js'
import { Desk } from '../../../src/thread/desk.js'
import { Duties } from '../../../src/thread/duties.js'
import type { ThreadEvent } from '../../../src/thread/events.js'
import type { ChainPort, StoreOperation, StorePort } from '../../../src/thread/ports.js'
import { ThreadRecords } from '../../../src/thread/records.js'
import { loadThread } from '../../../src/thread/recovery.js'
import type { SimCourt } from './court.js'
import { SimEnd, type SimNetwork, type Tamper } from './network.js'
import type { SimThread } from './thread.js'
import type { Chance, Timeline } from './time.js'

const TICK_MS = 100

/** What all nodes of a run share. */
export type Surroundings = {
  readonly thread: SimThread
  readonly timeline: Timeline
  readonly chance: Chance
  readonly network: SimNetwork
  readonly court: SimCourt
  readonly troubles: { fail: number }
  readonly onEvent: (player: number, event: ThreadEvent) => void
  /** A node goes on from another breakpoint than its head, as the court has it. */
  readonly onTurn: (player: number) => void
}

/** The power goes in the midst of a write: before it is on disk, or after and before anything leaves. */
type CrashPoint = 'before' | 'after' | undefined

/** One player's node, through all its lives. */
export class SimNode {
  readonly player: number
  readonly disk = new MemoryStore()
  readonly #around: Surroundings
  readonly #tamper: Tamper | undefined
  coordinator: Coordinator | undefined
  duties: Duties | undefined
  crashAt: CrashPoint
  lives = 0
  #seen = 0
  #feeding = false
  /** Above this block everything that the chain has said is void. */
  #void: bigint | undefined
  /** Errors of its own making: none is expected. */
  readonly faults: string[] = []

  /** `forgetful`: a disk that says that it has written, and has not. */
  constructor (player: number, around: Surroundings, options: { tamper: Tamper | undefined, forgetful: boolean }) {
    this.player = player
    this.#around = around
    this.#tamper = options.tamper
    this.#forgetful = options.forgetful
  }

  readonly #forgetful: boolean

  get #key (): Uint8Array { return this.#around.thread.sessionKeys[this.player] ?? new Uint8Array(32) }

  /** Starts, or starts again, from the disk. */
  async start (): Promise<void> {
    const { thread, timeline, network, court, chance, troubles, onEvent, onTurn } = this.#around
    const life = ++this.lives
    const end = network.join(this.player, addressOf(this.#key), this.#tamper)
    const records = new ThreadRecords(this.#storeOf(life), thread.context.thread)
    const opened = court.log[0]
    if (this.#seen === 0 && opened !== undefined) {
      await this.disk.batch([records.putThread(), records.putChainEvent(opened)])
      this.#seen = 1
    }
    if (this.#void !== undefined) await records.store.batch(await records.dropChainEvents(this.#void))
    this.#void = undefined
    // The cursor lies behind what was entered: events come again.
    this.#seen = Math.max(1, this.#seen - chance.between(0, 2))
    const chain: ChainPort = court.port(addressOf(this.#key), thread.code, chance, troubles)
    const coordinator = await loadThread({
      records, network: end, clock: timeline, sessionKey: this.#key, chain, domain: thread.domain, closePolicy: 'settled',
      emit: event => { if (life === this.lives) onEvent(this.player, event) },
      log: (level, event, data) => {
        if (event === 'thread.turned') onTurn(this.player)
        if (process.env['SIM_LOG'] !== undefined) console.log(timeline.nowMs() % 1_000_000, this.player, level, event, JSON.stringify(data))
      }
    })
    if (life !== this.lives) return
    this.coordinator = coordinator
    const bench = new Bench(() => { throw new Error('nothing is judged here') })
    const desk = new Desk(coordinator, { chain, bench, options: { autoRespond: true, autoDispute: false, disputeAfterSec: 300, moverPatienceSec: 3_600, forceTimeout: undefined } })
    this.duties = new Duties(coordinator, chain, desk, { patienceSec: 10, autoDispute: false, challenge: hexToBytes(hash32(Uint8Array.of(this.player, life))) })
    end.follow(thread.context.thread, (bytes, from) => coordinator.receive(bytes, from))
    end.serve(async frame => {
      const request = decodeSyncRequest(frame)
      if (request.kind !== 'status' && request.kind !== 'range') return encodeSyncAnswer({ kind: 'peers', multiaddrs: [] })
      return encodeSyncAnswer(await answerSync(coordinator, request).catch((error: unknown) => {
        if (hasCode(error, 'THREAD_FAULT')) return { kind: 'error' as const, code: error.code }
        throw error
      }))
    })
    this.#tick(life)
  }

  /** The disk as this life sees it: a write can be its last. */
  #storeOf (life: number): StorePort {
    const dead = new ThreadsError('STORE_FAILED', 'the power is gone')
    return {
      get: async key => await this.disk.get(key),
      iterate: (prefix, options) => this.disk.iterate(prefix, options),
      keys: prefix => this.disk.keys(prefix),
      close: async () => {},
      batch: async (operations: readonly StoreOperation[], options) => {
        if (life !== this.lives) throw dead
        const point = this.crashAt
        if (point !== 'before') await this.disk.batch(operations, this.#forgetful && this.#around.chance.happens(0.5) ? { sync: false } : options)
        if (point === undefined) return
        this.crash()
        throw dead
      }
    }
  }

  /** Builds the state anew from the certificates on a copy of the disk. */
  async replay (): Promise<{ head: Hash32 | undefined, root: Hash32 | undefined }> {
    const { thread, timeline, network, court, chance } = this.#around
    const copy = new MemoryStore()
    const everything: StoreOperation[] = []
    for await (const [put, value] of this.disk.iterate('')) everything.push({ put, value })
    await copy.batch(everything)
    const records = new ThreadRecords(copy, thread.context.thread)
    const head = await records.head()
    if (head !== undefined) for await (const key of copy.keys(`t/${thread.context.thread}/w/`)) { copy.damage(key); break }
    const end = new SimEnd(network, this.player, addressOf(this.#key), undefined)
    end.die()
    const coordinator = await loadThread({
      records, network: end, clock: timeline, sessionKey: this.#key, chain: court.port(addressOf(this.#key), thread.code, chance, { fail: 0 }), domain: thread.domain,
      closePolicy: 'never', emit: () => {}, log: () => {}
    })
    return { head: coordinator.state.head?.hash, root: coordinator.parts.execution.machine?.root }
  }

  /** The power goes: what was not synced is lost. It starts again after a while. */
  crash (): void {
    this.crashAt = undefined
    this.coordinator = undefined
    this.duties = undefined
    this.disk.crash()
    const { timeline, chance, network } = this.#around
    network.join(this.player, addressOf(this.#key), this.#tamper).die()
    const life = ++this.lives
    timeline.after(chance.between(100, 3000), () => { if (life === this.lives) this.#startAgain() })
  }

  /** The chain has taken back all above a block. */
  async reorganised (toBlock: bigint): Promise<void> {
    this.#seen = Math.min(this.#seen, Number(toBlock))
    if (this.#void === undefined || toBlock < this.#void) this.#void = toBlock
    const { coordinator } = this
    // Who is down hears of it when it starts.
    if (coordinator === undefined) return
    this.coordinator = undefined
    this.duties = undefined
    await coordinator.retire()
    if (this.coordinator === undefined) this.#startAgain()
  }

  #startAgain (): void {
    this.start().catch((error: unknown) => {
      if (error instanceof ThreadsError && error.code === 'STORE_FAILED') return this.crash()
      this.faults.push(error instanceof Error ? error.stack ?? error.message : String(error))
    })
  }

  #tick (life: number): void {
    if (life !== this.lives) return
    const { timeline, chance } = this.#around
    timeline.after(chance.between(TICK_MS / 2, TICK_MS * 2), () => { this.#tick(life) })
    const { coordinator } = this
    if (coordinator === undefined) return
    if (coordinator.fault !== undefined) {
      if (coordinator.fault.message.includes('THREAD_INTERNAL') || !/the store failed|is being loaded again/.test(coordinator.fault.message)) this.faults.push(coordinator.fault.message)
      this.coordinator = undefined
      this.#startAgain()
      return
    }
    void this.duties?.tick()
    void this.#follow(coordinator, life)
  }

  /** The chain's events, in order; now and then one is late. */
  async #follow (coordinator: Coordinator, life: number): Promise<void> {
    const event = this.#around.court.log[this.#seen]
    if (event === undefined || this.#feeding || this.#around.chance.happens(0.5)) return
    this.#feeding = true
    try {
      await feedChainEvent(coordinator, event)
      if (life === this.lives) this.#seen++
    } catch (error) {
      if (!(error instanceof ThreadsError)) throw error
    } finally {
      this.#feeding = false
    }
  }

  /** One input in four would break the settlement, where there is one. */
  #breaks (): boolean {
    const { thread, chance } = this.#around
    return BigInt(thread.context.terms.settlement) !== 0n && chance.happens(0.25)
  }

  /** Its user calls the contract. @returns whether the input was taken. */
  async send (): Promise<boolean> {
    const { coordinator } = this
    if (coordinator === undefined || coordinator.state.mode === 'watching' || coordinator.state.mode === 'closing' || coordinator.state.head === undefined) return false
    const { thread, timeline } = this.#around
    try {
      await coordinator.exclusive(async () => {
        const { pool, execution } = coordinator.parts
        const input = thread.call(this.player, pool.nextNonce(this.player, execution.nonceOf(this.player)), this.#breaks() ? Uint8Array.of(1) : undefined)
        const hintSec = coordinator.floorTime(BigInt(Math.floor(timeline.nowMs() / 1000)))
        await coordinator.submit(input, encodeMessage({ kind: 'input', attempt: 0, thread: coordinator.thread, timestampHintSec: hintSec, input }), hintSec)
      })
      return true
    } catch (error) {
      if (error instanceof ThreadsError) return false
      throw error
    }
  }
}
