/**
 * Co-signed transitions a second between two processes over WebSocket and Noise, every breakpoint on disk with sync before its signature leaves: strict
 * turns, batches, and the naive way. Each pair of players is started and warmed up once; then they take turns in slices of a second or two, so that what else
 * the machine does falls on all of them alike.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { AbiCoder } from 'ethers'
import { openArena, type Arena } from '../arena.js'
import type { Address, Hex, ThreadId } from '../../src/protocol/types.js'
import type { Figure } from './gas.js'
import type { Command } from './node-worker.js'
import type { NaiveCommand } from './naive-worker.js'
import { median, quantile, type Measured } from './workload.js'

/** Options of {@link benchSpeed}. */
export type SpeedOptions = {
  /** Rounds: a slice of each kind. */
  readonly repeats: number
  /** What each kind plays before the first round. */
  readonly warmMs: number
  readonly forMs: number
  /** Inputs under way at once in batches. */
  readonly window: number
  readonly progress: (text: string) => void
}

/** One slice of one kind, from the player that opened the thread. */
type Slice = { readonly perSecond: number, readonly finality: readonly number[], readonly wireBytes: number, /** Of all players' processes together. */ readonly cpuMs: number }

/** Played in each slice before anything counts. */
const SETTLE_MS = 250

/** Figures: medians over the rounds, with the lowest and the highest. */
export async function benchSpeed (options: SpeedOptions): Promise<Figure[]> {
  const arena = await openArena()
  const pairs: Pair[] = []
  try {
    for (const kind of ['naive', 'turns', 'batch'] as const) {
      options.progress(`${kind}: starting and warming up`)
      const pair = new Pair(arena, kind, options.window)
      pairs.push(pair)
      await pair.start()
      await pair.slice(options.warmMs)
      pair.forget()
    }
    for (let round = 0; round < options.repeats; round++) {
      options.progress(`round ${round + 1} of ${options.repeats}`)
      for (const pair of pairs) await pair.slice(options.forMs)
    }
    return await figures(pairs)
  } finally {
    for (const pair of pairs) pair.end()
    await arena.stop()
  }
}

async function figures (pairs: readonly Pair[]): Promise<Figure[]> {
  const found: Figure[] = []
  const [naive] = pairs
  for (const { kind, slices, diskBytes } of pairs) {
    const add = (name: string, unit: string, of: (slice: Slice, round: number) => number): void => {
      const values = slices.map(of)
      found.push({ name: `speed.${kind}.${name}`, value: median(values), unit, low: Math.min(...values), high: Math.max(...values) })
    }
    add('perSecond', 'transitions/s', slice => slice.perSecond)
    // Ratios are taken within each round: neighbours in time share the machine's mood.
    if (kind !== 'naive') add('ratio', 'x naive', (slice, round) => slice.perSecond / (naive?.slices[round]?.perSecond ?? Number.NaN))
    add('cpuMs', 'ms of processor/transition', slice => slice.cpuMs)
    if (kind === 'naive') continue
    add('wireBytes', 'bytes/transition', slice => slice.wireBytes)
    found.push({ name: `speed.${kind}.diskBytes`, value: await diskBytes(), unit: 'bytes/transition' })
    if (kind !== 'turns') continue
    const finality = slices.flatMap(slice => slice.finality).sort((a, b) => a - b)
    found.push({ name: 'speed.finality.p50Ms', value: quantile(finality, 0.5), unit: 'ms' }, { name: 'speed.finality.p99Ms', value: quantile(finality, 0.99), unit: 'ms' })
  }
  return found
}

class Worker {
  readonly #child: ChildProcess
  constructor (file: string) {
    this.#child = fork(fileURLToPath(new URL(file, import.meta.url)), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  }

  async ask<T> (command: Command | NaiveCommand): Promise<T> {
    const answer = await new Promise<{ result?: unknown, error?: string }>((resolve, reject) => {
      this.#child.once('message', message => resolve(message as { result?: unknown, error?: string }))
      this.#child.once('exit', code => reject(new Error(`a worker ended with code ${code ?? 'a signal'}`)))
      this.#child.send(command)
    })
    this.#child.removeAllListeners('exit')
    if (answer.error !== undefined) throw new Error(answer.error)
    return answer.result as T
  }

  /** Ends it, without waiting for what it does. */
  end (): void { this.#child.kill('SIGKILL') }
}

/** Two players of one kind, each in a process of its own, idle between slices. */
class Pair {
  readonly kind: 'naive' | 'turns' | 'batch'
  readonly slices: Slice[] = []
  readonly #arena: Arena
  readonly #window: number
  readonly #workers: readonly [Worker, Worker]
  #thread: ThreadId | undefined
  #total = 0
  #sizeBefore = 0

  constructor (arena: Arena, kind: Pair['kind'], window: number) {
    this.kind = kind
    this.#arena = arena
    this.#window = window
    const file = kind === 'naive' ? './naive-worker.js' : './node-worker.js'
    this.#workers = [new Worker(file), new Worker(file)]
  }

  async start (): Promise<void> {
    if (this.kind === 'naive') return await this.#startNaive()
    const { anvil, court } = this.#arena
    // All pairs are up at once: each node has a key of its own.
    const keys = anvil.keys.slice(this.kind === 'turns' ? 1 : 3)
    const players = await this.#both(async (worker, me) => await worker.ask<{ wallet: Address, sessionKey: Address }>({
      type: 'start', dataDir: this.#folder(me), key: keys[me] ?? '0x', rpcUrl: anvil.url, court
    }))
    const { address } = await this.#arena.deployData('Rematch')
    const ctorArg = AbiCoder.defaultAbiCoder().encode(['address', 'address'], players.map(({ wallet }) => wallet)) as Hex
    const { thread } = await this.#workers[0].ask<{ thread: ThreadId }>({ type: 'open', players, contract: address, ctorArg })
    this.#thread = thread
    await this.#workers[1].ask({ type: 'join', thread })
    await this.#both(async worker => { await worker.ask({ type: 'ready', thread }) })
    this.#sizeBefore = await size(this.#folder(0))
  }

  async #startNaive (): Promise<void> {
    const keys = this.#arena.anvil.keys.slice(1, 3)
    const [first] = await this.#both(async (worker, me) => await worker.ask<{ multiaddr: string }>({ type: 'start', dataDir: this.#folder(me), me, keys }))
    await this.#workers[1].ask({ type: 'dial', multiaddr: first?.multiaddr ?? '' })
  }

  async slice (forMs: number): Promise<void> {
    const measured = await this.#both(async (worker, me) => await worker.ask<Measured>(this.#thread === undefined
      ? { type: 'play', settleMs: SETTLE_MS, forMs }
      : { type: 'play', thread: this.#thread, mode: this.kind === 'turns' ? 'turns' : 'batch', me, settleMs: SETTLE_MS, forMs, window: this.#window }))
    const [first] = measured
    if (first === undefined || first.transitions === 0) throw new Error(`${this.kind}: nothing was played`)
    this.#total = first.total
    this.slices.push({
      perSecond: first.transitions / first.elapsedMs * 1000,
      finality: measured.flatMap(({ finalityMs }) => finalityMs),
      wireBytes: first.wireBytes / first.transitions,
      cpuMs: measured.reduce((sum, { cpuMs }) => sum + cpuMs, 0) / first.transitions
    })
  }

  /** What was only for warming up. */
  forget (): void { this.slices.length = 0 }

  /** What the first player's folder has grown by for each transition. */
  readonly diskBytes = async (): Promise<number> => (await size(this.#folder(0)) - this.#sizeBefore) / this.#total

  end (): void { for (const worker of this.#workers) worker.end() }

  async #both<T> (of: (worker: Worker, me: number) => Promise<T>): Promise<T[]> { return await Promise.all(this.#workers.map(of)) }
  #folder (me: number): string { return join(this.#arena.folder, `${this.kind}-${me}`) }
}

async function size (folder: string): Promise<number> {
  let total = 0
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) total += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size
  }
  return total
}
