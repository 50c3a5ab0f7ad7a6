/** Anvil: the host chain of the demo, the benchmarks and the tests. */
import { createRequire } from 'node:module'
import type { Hex } from '../src/protocol/types.js'
import { startChainProcess, type HostChain } from './host-chain.js'

/** A running anvil; its port speaks WebSocket too. */
export type Anvil = HostChain

/** Options of {@link startAnvil}. */
export type AnvilOptions = {
  /** Seconds between blocks. Without it a block is mined for each transaction. */
  blockTimeSec?: number
  /** 0 (the default) takes a free one; a number brings a chain back where it was. */
  port?: number
  /** More of anvil's own flags. */
  args?: string[]
}

/** Starts a chain and resolves when it listens. @throws Error when it cannot be found, ends at once or does not listen in time. */
export async function startAnvil (options: AnvilOptions = {}): Promise<Anvil> {
  const args = ['--host', '127.0.0.1', '--port', String(options.port ?? 0), '--accounts', '20']
  if (options.blockTimeSec !== undefined) args.push('--block-time', String(options.blockTimeSec))
  args.push(...options.args ?? [])

  const { banner, pid, stop } = await startChainProcess({ name: 'anvil', binary: anvilBinary(), args, listening: /Listening on [^\n]+\n/ })
  const port = Number(/Listening on [^\s:]+:(\d+)/.exec(banner)?.[1])
  const chainId = /Chain ID\n=+\n\s*(\d+)/.exec(banner)?.[1]
  if (!(port > 0) || chainId === undefined) {
    await stop()
    throw new Error(`anvil said something unexpected:\n${banner}`)
  }
  const keys = [...banner.matchAll(/^\(\d+\) (0x[0-9a-f]{64})$/gm)].map(match => match[1] as Hex)
  return { name: 'anvil', url: `http://127.0.0.1:${port}`, port, chainId: BigInt(chainId), keys, pid, movesTime: true, stop }
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
