/**
 * Anvil as a child of this process: the host chain of the demo, the benchmarks and the tests.
 *
 * The binary itself is started, not the package's launcher: killing a launcher leaves the chain behind.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { Readable } from 'node:stream'
import type { Hex } from '../src/protocol/types.js'

/** A running chain. */
export type Anvil = {
  /** `http://127.0.0.1:<port>`; the same port speaks WebSocket. */
  readonly url: string
  readonly port: number
  readonly chainId: bigint
  /** Private keys of its 20 funded accounts, 10,000 ether each. */
  readonly keys: Hex[]
  readonly pid: number
  /** Ends this chain, and only this one; resolves when it is gone. Safe to call twice. */
  stop (): Promise<void>
}

/** Options of {@link startAnvil}. */
export type AnvilOptions = {
  /** Seconds between blocks. Without it a block is mined for each transaction. */
  blockTimeSec?: number
  /** 0 (the default) takes a free one; a number brings a chain back where it was. */
  port?: number
  /** More of anvil's own flags. */
  args?: string[]
}

const START_LIMIT_MS = 20_000
const STOP_LIMIT_MS = 3_000

/** Starts a chain and resolves when it listens. @throws Error when it cannot be found, ends at once or does not listen in time. */
export async function startAnvil (options: AnvilOptions = {}): Promise<Anvil> {
  const args = ['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--accounts', '20']
  if (options.blockTimeSec !== undefined) args.push('--block-time', String(options.blockTimeSec))
  args.push(...options.args ?? [])

  // A group of its own: Ctrl-C in a terminal must not take the chain away before its users have said goodbye to it.
  const child = spawn(anvilBinary(), args, { stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  try {
    const banner = await readBanner(child)
    return running(child, banner)
  } catch (error) {
    child.kill('SIGKILL')
    throw error
  }
}

/** Path of anvil's own binary for this platform. @throws Error when the platform has none or npm left it out. */
export function anvilBinary (): string {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch
  const name = `@foundry-rs/anvil-${process.platform}-${architecture}`
  const file = process.platform === 'win32' ? 'anvil.exe' : 'anvil'
  try {
    // Resolved from the package that lists it, so that npm may nest it there.
    const anvil = createRequire(import.meta.url).resolve('@foundry-rs/anvil/package.json')
    return createRequire(anvil).resolve(`${name}/bin/${file}`)
  } catch (cause) {
    throw new Error(`anvil is not installed for this machine: ${name} is missing (npm ci --include=optional brings it where it exists)`, { cause })
  }
}

function running (child: ChildProcess, banner: string): Anvil {
  const port = Number(/Listening on [^\s:]+:(\d+)/.exec(banner)?.[1])
  const chainId = /Chain ID\n=+\n\s*(\d+)/.exec(banner)?.[1]
  const pid = child.pid
  if (!(port > 0) || chainId === undefined || pid === undefined) throw new Error(`anvil said something unexpected:\n${banner}`)
  const keys = [...banner.matchAll(/^\(\d+\) (0x[0-9a-f]{64})$/gm)].map(match => match[1] as Hex)

  const ended = once(child, 'exit')
  const guard = guardAgainstOrphan(pid)
  child.once('exit', () => guard.kill('SIGKILL')) // else it would some day end whoever was given the number
  for (const stream of [child.stdout, child.stderr]) {
    stream?.resume() // it logs every call; a full pipe would stop it
    unref(stream)
  }
  child.unref() // a chain alone keeps nobody alive

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    chainId: BigInt(chainId),
    keys,
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

/** All that anvil prints up to and including the line that says where it listens. */
async function readBanner (child: ChildProcess): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    let text = ''
    const limit = setTimeout(() => finish(new Error(`anvil did not listen within ${START_LIMIT_MS} ms:\n${text}`)), START_LIMIT_MS)
    const onData = (chunk: Buffer) => {
      text += chunk.toString()
      if (/Listening on [^\n]+\n/.test(text)) finish()
    }
    const onExit = (code: number | null) => finish(new Error(`anvil ended at once (exit code ${code}):\n${text}`))
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
