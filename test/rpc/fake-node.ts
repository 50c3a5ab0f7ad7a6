/** What stands behind the wall in the tests of server, client and commands: a NodeApi whose methods each test gives. */
import { ThreadsError } from '../../src/errors.js'
import type { Log } from '../../src/config.js'
import { METHODS, SERVER_METHODS, type NodeApi, type NodeMethod } from '../../src/rpc/api.js'
import type { NodeEvent, NodeStatus } from '../../src/rpc/schemas.js'
import { RpcServer, type RpcServerOptions } from '../../src/rpc/server.js'

/** The token of every test server. */
export const TOKEN = 'f'.repeat(64)
/** Some thread. */
export const THREAD = `0x3f2a${'1'.repeat(60)}`
/** Another one, whose id begins alike. */
export const OTHER_THREAD = `0x3f2b${'2'.repeat(60)}`
/** Some wallet. */
export const WALLET = `0x${'a1'.repeat(20)}`

/** A node that is well. */
export const NODE_STATUS: NodeStatus = {
  version: '0.0.0', peerId: '16Uiu2test', sessionKey: WALLET, wallet: WALLET, multiaddrs: ['/ip4/127.0.0.1/tcp/1/ws/p2p/16Uiu2test'], uptimeSec: 1,
  chain: { id: '31337', court: WALLET, headBlock: 9, followedBlock: 7, ok: true, error: null }, store: { path: '/nowhere', ok: true, error: null },
  dropped: { WIRE_TOO_LONG: 2 }, peers: 1, threads: 2, loaded: 2, warnings: []
}

/** A NodeApi with an `emit` for its events. */
export type FakeNode = { readonly api: NodeApi, emit (event: NodeEvent): void, readonly listeners: () => number }

/** Methods that a test does not give fail with `TEST_NOT_GIVEN`. */
export function fakeNode (given: Partial<NodeApi> = {}): FakeNode {
  const listeners = new Set<(event: NodeEvent) => void>()
  const names = Object.keys(METHODS).filter((name): name is NodeMethod => !(SERVER_METHODS as readonly string[]).includes(name))
  const missing = Object.fromEntries(names.map((name) => [name, async () => { throw new ThreadsError('TEST_NOT_GIVEN', name) }]))
  const base = {
    ...missing,
    node_status: async () => NODE_STATUS,
    subscribe: (listener: (event: NodeEvent) => void) => {
      listeners.add(listener)
      return () => { listeners.delete(listener) }
    },
    ...given
  }
  return { api: base as NodeApi, emit: (event) => { for (const listener of [...listeners]) listener(event) }, listeners: () => listeners.size }
}

/** A listening server before a fake node, with its log. */
export async function startServer (node: FakeNode, options: Partial<RpcServerOptions> = {}): Promise<{ url: string, server: RpcServer, logged: string[], stops: () => number }> {
  const logged: string[] = []
  let stops = 0
  const log: Log = (_level, event) => { logged.push(event) }
  const server = new RpcServer({ api: node.api, log, onStop: () => { stops += 1 } }, { token: TOKEN, version: '0.0.0', ...options })
  return { url: await server.start(), server, logged, stops: () => stops }
}

/** An event as `watch` shows it. */
export const warningEvent = (message: string, thread: string | null = THREAD): NodeEvent =>
  ({ type: 'warning', timeMs: 1000, thread: thread, code: 'TEST_WARNING', message, data: {} })
