/** Real nodes on loopback for the network tests. Importing it installs the shims that Node 20 needs. */
import '../../src/polyfill.js'
import type { NetworkLimits } from '../../src/network/limits.js'
import { createNetwork, type Network, type NetworkOptions } from '../../src/network/network.js'
import type { ThreadId } from '../../src/protocol/types.js'
import type { RemotePeer, Verdict } from '../../src/thread/ports.js'

/** The wall clock. */
export const clock = { nowMs: () => Date.now() }

/** A private key that is the same in every run. */
export function key (seed: number): Uint8Array {
  return new Uint8Array(32).fill(seed)
}

/** A thread's id that is the same in every run. */
export function threadId (seed: number): ThreadId {
  return `0x${seed.toString(16).padStart(64, '0')}` as ThreadId
}

/** Runs `body` with started nodes, and stops them whatever happens. */
export async function withNodes (
  seeds: readonly number[],
  body: (...nodes: Network[]) => Promise<void>,
  options: Partial<Omit<NetworkOptions, 'limits'>> & { limits?: Partial<NetworkLimits> } = {}
): Promise<void> {
  const nodes = await Promise.all(seeds.map(seed => createNetwork({ privateKey: key(seed), clock, ...options })))
  try {
    await Promise.all(nodes.map(node => node.start()))
    await body(...nodes)
  } finally {
    await Promise.all(nodes.map(node => node.stop()))
  }
}

/** The address of a node that listens on one. */
export function addressOf (node: Network): string {
  const [address] = node.multiaddrs()
  if (address === undefined) throw new TypeError('the node does not listen')
  return address
}

/** Dials and waits until both know of the connection. */
export async function link (from: Network, to: Network): Promise<void> {
  const both = Promise.all([connection(from, to.id), connection(to, from.id)])
  from.connect(addressOf(to))
  await both
}

/** Resolves when `node` is connected to the peer. */
export async function connection (node: Network, peerId: string): Promise<void> {
  if (node.peers().some(peer => peer.id === peerId)) return
  await new Promise<void>(resolve => node.on('peer:connect', peer => { if (peer.id === peerId) resolve() }))
}

/** Resolves when `node` hears that the peer subscribes to the thread; call it before that can happen. */
export function subscription (node: Network, peerId: string, thread: ThreadId): Promise<void> {
  return new Promise(resolve => node.on('subscribe', (peer, topic) => { if (peer.id === peerId && topic === thread) resolve() }))
}

/** What a node received of a thread: follows it, and lets tests wait for the n-th message. */
export class Inbox {
  readonly messages: { readonly text: string, readonly from: RemotePeer }[] = []
  #waiting: { readonly count: number, readonly resolve: () => void }[] = []

  constructor (node: Network, thread: ThreadId, verdict: (text: string) => Verdict | Promise<Verdict> = () => 'accept') {
    node.follow(thread, (bytes, from) => {
      const text = bytes.length > 100 ? `${bytes.length} bytes` : new TextDecoder().decode(bytes)
      this.messages.push({ text, from })
      this.#waiting = this.#waiting.filter(({ count, resolve }) => {
        if (this.messages.length >= count) resolve()
        return this.messages.length < count
      })
      return verdict(text)
    })
  }

  texts (): string[] {
    return this.messages.map(message => message.text)
  }

  async received (count: number): Promise<void> {
    if (this.messages.length >= count) return
    await new Promise<void>(resolve => this.#waiting.push({ count, resolve }))
  }
}

/** Text as message bytes. */
export function message (text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Looks every few milliseconds until `condition` holds: for what no event tells. Fails after `timeoutMs`. */
export async function until (condition: () => boolean, timeoutMs = 5000): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!condition()) {
    if (Date.now() > deadline) throw new RangeError('the condition did not come true in time')
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}
