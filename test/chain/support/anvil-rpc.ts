import { openDeployer, type Deployer } from '../../../src/chain/deploy.js'
import { hexToBytes } from '../../../src/protocol/bytes.js'
import type { Hash32, Hex } from '../../../src/protocol/types.js'
import type { Anvil } from '../../../scripts/anvil.js'

/** The real time. */
export const clock = { nowMs: () => Date.now() }

/** A call to anvil itself, its own methods included. */
export async function rpc<T = unknown> (anvil: Pick<Anvil, 'url'>, method: string, ...params: unknown[]): Promise<T> {
  const response = await fetch(anvil.url, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params })
  })
  const { result, error } = await response.json() as { result: T, error?: { message: string } }
  if (error !== undefined) throw new Error(`${method}: ${error.message}`)
  return result
}

/** One of anvil's funded accounts. */
export function keyOf (anvil: Anvil, index: number): Uint8Array {
  const key = anvil.keys[index]
  if (key === undefined) throw new Error(`anvil has no account ${index}`)
  return hexToBytes(key)
}

/** A wallet that deploys and sends. */
export async function deployerOf (anvil: Anvil, index = 0): Promise<Deployer> {
  return await openDeployer({ url: anvil.url, walletKey: keyOf(anvil, index), clock, pollMs: 20 })
}

/** Height and hash of the newest block. */
export async function newestOf (anvil: Pick<Anvil, 'url'>): Promise<{ number: number, hash: Hash32 }> {
  const block = await rpc<{ number: Hex, hash: Hash32 }>(anvil, 'eth_getBlockByNumber', 'latest', false)
  return { number: Number(block.number), hash: block.hash }
}

/** Waits until `holds` does, looking every 10 ms. @throws Error after `limitMs` */
export async function until (what: string, holds: () => boolean | Promise<boolean>, limitMs = 10_000): Promise<void> {
  const end = Date.now() + limitMs
  while (!await holds()) {
    if (Date.now() > end) throw new Error(`not within ${limitMs} ms: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 10))
  }
}
