/**
 * Co-signed transitions a second between two processes over WebSocket and Noise, every breakpoint on disk with sync before its signature leaves: strict
 * turns, batches, and the naive way, in alternation within one run, so that what else the machine does falls on all of them alike.
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
export type SpeedOptions = { readonly repeats: number, readonly warmMs: number, readonly forMs: number, /** Inputs under way at once in batches. */ readonly window: number, readonly progress: (text: string) => void }

/** One run of one kind: its rate, from the player that saw it through. */
type Run = { readonly perSecond: number, readonly finality: readonly number[], readonly wireBytes: number, readonly diskBytes: number }

/** Figures: medians over the repeats. */
export async function benchSpeed (options: SpeedOptions): Promise<Figure[]> {
  const turns: Run[] = []
  const batches: Run[] = []
  const naive: Run[] = []
  const arena = await openArena()
  try {
    for (let repeat = 1; repeat <= options.repeats; repeat++) {
      options.progress(`round ${repeat} of ${options.repeats}: naive`)
      naive.push(await naiveRun(arena, options, repeat))
      options.progress(`round ${repeat} of ${options.repeats}: turns`)
      turns.push(await nodeRun(arena, options, 'turns', repeat))
      options.progress(`round ${repeat} of ${options.repeats}: batches`)
      batches.push(await nodeRun(arena, options, 'batch', repeat))
    }
  } finally {
    await arena.stop()
  }
  return figures(turns, batches, naive)
}

function figures (turns: readonly Run[], batches: readonly Run[], naive: readonly Run[]): Figure[] {
  const rate = (runs: readonly Run[]): number => median(runs.map(run => run.perSecond))
  // Ratios are taken within each round, then their median: neighbours in time share the machine's mood.
  const ratio = (runs: readonly Run[]): number => median(runs.map((run, round) => run.perSecond / (naive[round]?.perSecond ?? Number.NaN)))
  const finality = turns.flatMap(run => run.finality).sort((a, b) => a - b)
  return [
    { name: 'speed.naive.perSecond', value: rate(naive), unit: 'transitions/s' },
    { name: 'speed.turns.perSecond', value: rate(turns), unit: 'transitions/s' },
    { name: 'speed.turns.ratio', value: ratio(turns), unit: 'x naive' },
    { name: 'speed.batch.perSecond', value: rate(batches), unit: 'transitions/s' },
    { name: 'speed.batch.ratio', value: ratio(batches), unit: 'x naive' },
    { name: 'speed.finality.p50Ms', value: quantile(finality, 0.5), unit: 'ms' },
    { name: 'speed.finality.p99Ms', value: quantile(finality, 0.99), unit: 'ms' },
    { name: 'speed.turns.wireBytes', value: median(turns.map(run => run.wireBytes)), unit: 'bytes/transition' },
    { name: 'speed.turns.diskBytes', value: median(turns.map(run => run.diskBytes)), unit: 'bytes/transition' },
    { name: 'speed.batch.wireBytes', value: median(batches.map(run => run.wireBytes)), unit: 'bytes/transition' },
    { name: 'speed.batch.diskBytes', value: median(batches.map(run => run.diskBytes)), unit: 'bytes/transition' }
  ]
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

async function nodeRun (arena: Arena, options: SpeedOptions, mode: 'turns' | 'batch', repeat: number): Promise<Run> {
  const workers = [new Worker('./node-worker.js'), new Worker('./node-worker.js')] as const
  try {
    const folders = workers.map((_, me) => join(arena.folder, `${mode}-${repeat}-${me}`))
    const players = await Promise.all(workers.map(async (worker, me) => await worker.ask<{ wallet: Address, sessionKey: Address }>({
      type: 'start', dataDir: folders[me] ?? '', key: arena.anvil.keys[me + 1] ?? '0x', rpcUrl: arena.anvil.url, court: arena.court
    })))
    const { address } = await arena.deployData('Rematch')
    const ctorArg = AbiCoder.defaultAbiCoder().encode(['address', 'address'], players.map(({ wallet }) => wallet)) as Hex
    const { thread } = await workers[0].ask<{ thread: ThreadId }>({ type: 'open', players, contract: address, ctorArg })
    await workers[1].ask({ type: 'join', thread })
    await Promise.all(workers.map(async worker => { await worker.ask({ type: 'ready', thread }) }))
    const before = await size(folders[0] ?? '')
    const measured = await Promise.all(workers.map(async (worker, me) => await worker.ask<Measured>({
      type: 'play', thread, mode, me, warmMs: options.warmMs, forMs: options.forMs, window: options.window
    })))
    const [first] = measured
    if (first === undefined) throw new Error('nothing was measured')
    const perSecond = first.transitions / first.elapsedMs * 1000
    const played = perSecond * (options.warmMs + options.forMs) / 1000
    const diskBytes = (await size(folders[0] ?? '') - before) / played
    return { perSecond, finality: measured.flatMap(({ finalityMs }) => finalityMs), wireBytes: first.wireBytes / first.transitions, diskBytes }
  } finally {
    for (const worker of workers) worker.end()
  }
}

async function naiveRun (arena: Arena, options: SpeedOptions, repeat: number): Promise<Run> {
  const workers = [new Worker('./naive-worker.js'), new Worker('./naive-worker.js')] as const
  try {
    const keys = arena.anvil.keys.slice(1, 3)
    const started = await Promise.all(workers.map(async (worker, me) => await worker.ask<{ multiaddr: string }>({
      type: 'start', dataDir: join(arena.folder, `naive-${repeat}-${me}`), me, keys
    })))
    await workers[1].ask({ type: 'dial', multiaddr: started[0]?.multiaddr ?? '' })
    const measured = await Promise.all(workers.map(async worker => await worker.ask<Measured>({ type: 'play', warmMs: options.warmMs, forMs: options.forMs })))
    const [first] = measured
    if (first === undefined) throw new Error('nothing was measured')
    return { perSecond: first.transitions / first.elapsedMs * 1000, finality: measured.flatMap(({ finalityMs }) => finalityMs), wireBytes: first.wireBytes / first.transitions, diskBytes: 0 }
  } finally {
    for (const worker of workers) worker.end()
  }
}

async function size (folder: string): Promise<number> {
  let total = 0
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (entry.isFile()) total += (await stat(join(entry.parentPath, entry.name)).catch(() => ({ size: 0 }))).size
  }
  return total
}
