/** `node_*`: the node as a whole. */
import { createRequire } from 'node:module'
import type { NodeHost } from '../host.js'
import type { NodeApi } from '../api.js'

const { version } = createRequire(import.meta.url)('../../../../package.json') as { version: string }

/** @see NodeApi */
export function nodeMethods (node: NodeHost): Pick<NodeApi, 'node_status' | 'node_peers' | 'node_connect'> {
  return {
    node_status: async () => {
      const health = node.chain.health()
      const dropped: Record<string, number> = Object.fromEntries(node.network.dropped())
      for (const [code, count] of node.droppedByThreads()) dropped[code] = (dropped[code] ?? 0) + count
      return {
        version, peerId: node.network.id, sessionKey: node.sessionKey, wallet: node.chain.wallet, multiaddrs: node.network.multiaddrs(),
        uptimeSec: Math.floor((node.clock.nowMs() - node.startedMs) / 1000),
        chain: {
          id: node.chain.chainId.toString(), court: node.chain.court, headBlock: numberOrNull(health.headBlock), followedBlock: numberOrNull(health.followedBlock),
          ok: health.ok, error: health.lastErrorCode ?? null
        },
        store: { path: node.options.dataDir, ok: node.storeError === undefined, error: node.storeError ?? null },
        dropped, peers: node.network.peers().length, threads: node.threads.size, loaded: node.threads.loaded.length,
        warnings: node.glances().flatMap(({ warnings }) => warnings.map(warning => ({ ...warning, sinceMs: Math.floor(warning.sinceMs) })))
      }
    },
    node_peers: async () => {
      const scores = new Map(node.network.scores().map(score => [score.peer.id, score]))
      return {
        peers: node.network.peers().map(peer => {
          const score = scores.get(peer.id)
          return {
            id: peer.id, sessionKey: peer.sessionKey ?? null, addresses: node.network.knownAddresses().filter(address => address.endsWith(`/p2p/${peer.id}`)),
            score: score?.score ?? null, accepted: score?.accepted ?? 0, ignored: score?.ignored ?? 0, rejected: score?.rejected ?? 0
          }
        })
      }
    },
    node_connect: async ({ multiaddr }) => {
      node.network.connect(multiaddr)
      return {}
    }
  }
}

function numberOrNull (value: bigint | undefined): number | null {
  return value === undefined ? null : Number(value)
}
