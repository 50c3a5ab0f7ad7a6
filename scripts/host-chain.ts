/**
 * A host chain as a child of this process: what the demo, the benchmarks and the tests play on.
 *
 * The chain's binary itself is started, not a launcher of it: killing a launcher leaves the chain behind.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Readable } from 'node:stream'
import type { Hex } from '../src/protocol/types.js'

/** A running chain. */
export type HostChain = {
  readonly name: 'anvil' | 'geth'
  /** `http://127.0.0.1:<port>` */
  readonly url: string
  readonly port: number
  readonly chainId: bigint
  /** Private keys of its 20 funded accounts, 10,000 ether each. */
  readonly keys: Hex[]
  readonly pid: number
  /** Whether its clock can be moved (`evm_increaseTime`); where not, time has to be waited for. */
  readonly movesTime: boolean
  /** Ends this chain, and only this one; resolves when it is gone. Safe to call twice. */
  stop (): Promise<void>
}

/** How a chain's program is started. */
export type ChainProgram = {
  readonly name: HostChain['name']
  readonly binary: string
  readonly args: readonly string[]
  /** In what it prints: that it listens. */
  readonly listening: RegExp
}

/** A chain's process, listening. */
export type ChainProcess = Pick<HostChain, 'pid' | 'stop'> & {
  /** All that it printed up to and including where it listens. */
  readonly banner: string
}

const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 3_000

/** Starts a chain's program and resolves when it listens. @throws Error when it ends at once or does not listen in time. */
export async function startChainProcess (program: ChainProgram): Promise<ChainProcess> {
  // A group of its own: Ctrl-C in a terminal must not take the chain away before its users have said goodbye to it.
  const child = spawn(program.binary, program.args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  try {
    return running(child, await readBanner(child, program))
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

function running (child: ChildProcess, banner: string): ChainProcess {
  const { pid } = child
  if (pid === undefined) throw new Error('the chain has no process')
  const ended = once(child, 'exit')
  const guard = guardAgainstOrphan(pid)
  child.once('exit', () => guard.kill('SIGKILL')) // else it would some day end whoever was given the number
  for (const stream of [child.stdout, child.stderr]) {
    stream?.resume() // it logs every call; a full pipe would stop it
    unref(stream)
  }
  child.unref() // a chain alone keeps nobody alive
  return {
    banner,
    pid,
    async stop () {
      if (child.exitCode !== null || child.signalCode !== null) return
      child.ref()
      child.kill('SIGTERM')
      const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS)
      await ended
      clearTimeout(impatience)
    }
  }
}

async function readBanner (child: ChildProcess, { name, listening }: ChainProgram): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    let text = ''
    const limit = setTimeout(() => finish(new Error(`${name} did not listen within ${START_LIMIT_MS} ms:\n${text}`)), START_LIMIT_MS)
    const onData = (chunk: Buffer) => {
      text += chunk.toString()
      if (listening.test(text)) finish()
    }
    const onExit = (code: number | null) => finish(new Error(`${name} ended at once (exit code ${code}):\n${text}`))
    const finish = (error?: Error) => {
      clearTimeout(limit)
      child.off('exit', onExit).off('error', finish)
      child.stdout?.off('data', onData)
      child.stderr?.off('data', onData)
      if (error === undefined) resolve(text)
      else reject(error)
    }
    child.on('exit', onExit).on('error', finish)
    child.stdout?.on('data', onData)
    child.stderr?.on('data', onData)
  })
}

/**
 * A shell that waits on a pipe from this process. However this process ends, kill -9 included, the pipe closes and the shell
 * ends the chain.
 */
function guardAgainstOrphan (pid: number): ChildProcess {
  const guard = spawn('/bin/sh', ['-c', 'read -r _; kill -TERM "$1"', 'sh', String(pid)], { stdio: ['pipe', 'ignore', 'ignore'], detached: true })
  guard.on('error', () => guard.kill()) // without a shell there is no guard; the chain works all the same
  guard.unref()
  unref(guard.stdin)
  return guard
}

/** Pipes of a child are sockets, which can be told not to keep this process alive; their declared type does not say so. */
function unref (stream: Readable | NodeJS.WritableStream | null): void {
  if (stream !== null && 'unref' in stream && typeof stream.unref === 'function') stream.unref()
}
