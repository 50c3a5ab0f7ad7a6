import '../../src/polyfill.js'
import { createServer } from 'node:http'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ThreadsError } from '../../src/errors.js'
import { RpcClient } from '../../src/rpc/client.js'
import { rejects } from '../support/rejects.js'
import { fakeNode, NODE_STATUS, OTHER_THREAD, startServer, THREAD, TOKEN, warningEvent, type FakeNode } from './fake-node.js'

const test = suite('rpc/client')
const stops: (() => Promise<void>)[] = []
test.after.each(async () => { for (const stop of stops.splice(0).reverse()) await stop() })

async function connected (node: FakeNode = fakeNode()): Promise<{ client: RpcClient, node: FakeNode, stop: () => Promise<void> }> {
  const { url, server } = await startServer(node)
  const client = await RpcClient.connect({ url, token: TOKEN })
  stops.push(async () => await server.stop(), async () => await client.close())
  return { client, node, stop: async () => await server.stop() }
}

test('a call is answered with the method\'s result', async () => {
  const { client } = await connected()
  assert.equal(await client.request('node_status', {}), NODE_STATUS)
})

test('many calls at once each get their own answer', async () => {
  const { client } = await connected(fakeNode({ thread_receipt: async ({ input }) => {
    // Later calls are answered first.
    await new Promise((resolve) => setTimeout(resolve, 20 - 2 * Number(input.slice(-1))))
    return { receipt: null, input } as { receipt: null }
  } }))
  const inputs = Array.from({ length: 8 }, (_, i) => `0x${String(i).padStart(64, '0')}`)
  const answers = await Promise.all(inputs.map(async (input) => await client.request('thread_receipt', { thread: THREAD, input })))
  assert.equal(answers, inputs.map((input) => ({ receipt: null, input })))
})

test('an error of the node arrives as the same code and data', async () => {
  const { client } = await connected(fakeNode({ thread_status: async () => { throw new ThreadsError('THREAD_UNKNOWN', 'no such thread', { data: { thread: THREAD } }) } }))
  try {
    await client.request('thread_status', { thread: THREAD })
    assert.unreachable()
  } catch (error) {
    if (!(error instanceof ThreadsError)) throw error
    assert.equal([error.code, error.message, error.data], ['THREAD_UNKNOWN', 'no such thread', { thread: THREAD }])
  }
})

test('a wrong token, nobody there, and something else there have their codes', async () => {
  const { url, server } = await startServer(fakeNode())
  await rejects(RpcClient.connect({ url, token: 'x' }), 'RPC_UNAUTHORIZED')
  await server.stop()
  await rejects(RpcClient.connect({ url, token: TOKEN }), 'RPC_UNREACHABLE')
  const other = createServer((_request, response) => { response.end('hello') }).listen(0, '127.0.0.1')
  await new Promise((resolve) => other.once('listening', resolve))
  const address = other.address()
  await rejects(RpcClient.connect({ url: `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`, token: TOKEN }), 'RPC_UNREACHABLE')
  other.close()
  other.closeAllConnections()
})

test('connecting to one that accepts and never answers ends in time, or when the caller gives up', async () => {
  const mute = createServer().listen(0, '127.0.0.1')
  mute.on('upgrade', (_request, socket) => { socket.on('error', () => undefined) })
  await new Promise((resolve) => mute.once('listening', resolve))
  const address = mute.address()
  const url = `ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  await rejects(RpcClient.connect({ url, token: TOKEN, connectTimeoutMs: 50 }), 'RPC_UNREACHABLE')
  await rejects(RpcClient.connect({ url, token: TOKEN, signal: AbortSignal.timeout(30) }), 'RPC_ABORTED')
  await rejects(RpcClient.connect({ url, token: TOKEN, signal: AbortSignal.abort() }), 'RPC_ABORTED')
  mute.close()
  mute.closeAllConnections()
})

test('what waits is told when the node goes away, is given up or takes too long', async () => {
  const { client, stop } = await connected(fakeNode({ thread_list: async () => await new Promise(() => undefined) }))
  await rejects(client.request('thread_list', {}, { timeoutMs: 20 }), 'RPC_TIMEOUT')
  await rejects(client.request('thread_list', {}, { signal: AbortSignal.timeout(20) }), 'RPC_ABORTED')
  const waiting = rejects(client.request('thread_list', {}), 'RPC_CLOSED')
  await stop()
  await waiting
  await client.closed
  await rejects(client.request('node_status', {}), 'RPC_CLOSED')
})

test('a subscription to one thread gets its events in order, and none after it ended', async () => {
  const { client, node } = await connected()
  const seen: string[] = []
  const third = Promise.withResolvers<void>()
  const subscription = await client.subscribe({ thread: THREAD }, (event) => {
    if (event.type === 'warning') seen.push(event.message)
    if (seen.length === 2) third.resolve()
  })
  for (const event of [warningEvent('1'), warningEvent('elsewhere', OTHER_THREAD), warningEvent('of none', null), warningEvent('2')]) node.emit(event)
  await third.promise
  await subscription.unsubscribe()
  node.emit(warningEvent('3'))
  await client.request('node_status', {})
  assert.equal(seen, ['1', '2'])
})

test.run()
