import '../../src/polyfill.js'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { rejects } from '../support/rejects.js'
import type { RpcServerOptions } from '../../src/rpc/server.js'
import { fakeNode, NODE_STATUS, startServer, THREAD, TOKEN, warningEvent, type FakeNode } from './fake-node.js'

const test = suite('rpc/server')
const stops: (() => Promise<void>)[] = []
test.after.each(async () => { for (const stop of stops.splice(0)) await stop() })

async function serve (options: Partial<RpcServerOptions> = {}, node: FakeNode = fakeNode()): Promise<{ node: FakeNode, url: string, port: number, logged: string[], stops: () => number }> {
  const { url, server, logged, stops: stopped } = await startServer(node, options)
  stops.push(async () => await server.stop())
  return { node, url, port: Number(new URL(url).port), logged, stops: stopped }
}

/** The status of a refused upgrade with its code, or 101 with the open socket closed again. */
async function upgrade (url: string, headers: Record<string, string>, protocols: string[] = []): Promise<{ status: number, code?: string, protocol?: string }> {
  const socket = new WebSocket(url, protocols, { headers })
  return await new Promise((resolve, reject) => {
    socket.on('open', () => {
      resolve({ status: 101, protocol: socket.protocol })
      socket.close()
    })
    socket.on('unexpected-response', (_request, response) => {
      let body = ''
      response.on('data', (chunk) => { body += String(chunk) })
      response.on('end', () => resolve({ status: response.statusCode ?? 0, code: (JSON.parse(body) as { error: { code: string } }).error.code }))
    })
    socket.on('error', reject)
  })
}
const bearer = { authorization: `Bearer ${TOKEN}` }

async function open (url: string): Promise<WebSocket> {
  const socket = new WebSocket(url, { headers: bearer })
  socket.on('error', () => undefined)
  await once(socket, 'open')
  return socket
}
async function ask (socket: WebSocket, message: unknown): Promise<Record<string, unknown>> {
  socket.send(typeof message === 'string' ? message : JSON.stringify(message))
  const [data] = await once(socket, 'message') as [Buffer]
  return JSON.parse(data.toString()) as Record<string, unknown>
}
const request = (method: string, params: unknown = {}, id = 1): object => ({ jsonrpc: '2.0', id, method, params })

async function get (port: number, path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<{ status: number, body: string }> {
  const call = httpRequest({ port, host: '127.0.0.1', path, headers, method, agent: false })
  call.end()
  const [response] = await once(call, 'response') as [import('node:http').IncomingMessage]
  let body = ''
  for await (const chunk of response) body += String(chunk)
  return { status: response.statusCode ?? 0, body }
}

test('without a token, with a wrong one and with one of another length the connection is refused', async () => {
  const { url } = await serve()
  for (const headers of [{}, { authorization: 'Bearer ' }, { authorization: `Bearer ${'e'.repeat(64)}` }, { authorization: 'Bearer x' }, { authorization: `Basic ${TOKEN}` }]) {
    assert.equal(await upgrade(url, headers as Record<string, string>), { status: 401, code: 'RPC_UNAUTHORIZED' })
  }
})

test('the token opens the door in the header, and for browsers in the subprotocol, which is not echoed', async () => {
  const { url } = await serve()
  assert.is((await upgrade(url, bearer)).status, 101)
  assert.equal(await upgrade(url, {}, ['evm-threads.1', `evm-threads.token.${TOKEN}`]), { status: 101, protocol: 'evm-threads.1' })
})

test('a token in the URL is refused even when it is right', async () => {
  const { url } = await serve()
  assert.equal(await upgrade(`${url}/?token=${TOKEN}`, bearer), { status: 400, code: 'RPC_TOKEN_IN_URL' })
})

test('a Host that is not on the list is refused: DNS rebinding', async () => {
  const { url, port } = await serve({ allowHosts: ['node.example'] })
  assert.equal(await upgrade(url, { ...bearer, host: 'evil.example' }), { status: 403, code: 'RPC_FORBIDDEN_HOST' })
  assert.is((await get(port, '/health', { host: '127.0.0.1.evil.example' })).status, 403)
  assert.is((await upgrade(url, { ...bearer, host: `node.example:${port}` })).status, 101)
  assert.is((await upgrade(url, { ...bearer, host: 'LOCALHOST' })).status, 101)
})

test('an Origin that is not on the list is refused', async () => {
  const { url } = await serve({ allowOrigins: ['http://localhost:5173'] })
  assert.equal(await upgrade(url, { ...bearer, origin: 'http://evil.example' }), { status: 403, code: 'RPC_FORBIDDEN_ORIGIN' })
  assert.equal(await upgrade(url, { ...bearer, origin: 'null' }), { status: 403, code: 'RPC_FORBIDDEN_ORIGIN' })
  assert.is((await upgrade(url, { ...bearer, origin: 'http://localhost:5173' })).status, 101)
})

test('/health says in two words whether all is well, without a token', async () => {
  let ok = true
  const { port } = await serve({}, fakeNode({ node_status: async () => ({ ...NODE_STATUS, chain: { ...NODE_STATUS.chain, ok } }) }))
  assert.equal(await get(port, '/health'), { status: 200, body: '{"ok":true,"chain":true,"store":true}' })
  ok = false
  assert.equal(await get(port, '/health'), { status: 503, body: '{"ok":false,"chain":false,"store":true}' })
})

test('other paths and methods over HTTP are pointed to the WebSocket', async () => {
  const { port } = await serve()
  assert.is((await get(port, '/')).status, 426)
  assert.is((await get(port, '/health', {}, 'POST')).status, 405)
})

test('a message above the limit ends the connection and nothing else', async () => {
  const { url } = await serve({ limits: { bodyBytes: 1000 } })
  const socket = await open(url)
  socket.send('x'.repeat(1001))
  const [code] = await once(socket, 'close') as [number]
  assert.is(code, 1009)
  assert.is((await upgrade(url, bearer)).status, 101)
})

test('a binary message ends the connection', async () => {
  const { url } = await serve()
  const socket = await open(url)
  socket.send(Buffer.from('{}'))
  assert.is((await once(socket, 'close') as [number])[0], 1003)
})

test('malformed JSON is answered and the connection lives on', async () => {
  const { url } = await serve()
  const socket = await open(url)
  assert.equal((await ask(socket, '{')).error, { code: -32_700, message: 'the message is not JSON', data: { code: 'RPC_PARSE_ERROR' } })
  assert.is((await ask(socket, request('node_status'))).id, 1)
  socket.close()
})

test('a batch above the limit is refused', async () => {
  const { url } = await serve()
  const socket = await open(url)
  const { error } = await ask(socket, Array.from({ length: 51 }, (_, id) => request('node_status', {}, id))) as { error: { data: { code: string } } }
  assert.is(error.data.code, 'RPC_BATCH_TOO_LARGE')
  socket.close()
})

test('connections above the limit are refused until one ends', async () => {
  const { url } = await serve({ limits: { connections: 1 } })
  const first = await open(url)
  assert.equal(await upgrade(url, bearer), { status: 503, code: 'RPC_TOO_MANY_CONNECTIONS' })
  first.close()
  await once(first, 'close')
  // The server may hear of it a moment later than we do.
  let status = 503
  for (let i = 0; i < 50 && status !== 101; i++) status = (await upgrade(url, bearer)).status
  assert.is(status, 101)
})

test('calls in flight above the limit are refused, and when the caller goes away they are aborted', async () => {
  const aborted = Promise.withResolvers<void>()
  const node = fakeNode({
    thread_list: async (_params, options) => await new Promise(() => options?.signal?.addEventListener('abort', () => aborted.resolve()))
  })
  const { url } = await serve({ limits: { inFlight: 1 } }, node)
  const socket = await open(url)
  socket.send(JSON.stringify(request('thread_list')))
  const { error } = await ask(socket, request('thread_list', {}, 2)) as { error: { data: { code: string } } }
  assert.is(error.data.code, 'RPC_BUSY')
  socket.terminate()
  await aborted.promise
})

test('subscriptions above the limit are refused, and all end with the connection', async () => {
  const { url, node } = await serve({ limits: { subscriptions: 1 } })
  const socket = await open(url)
  assert.equal((await ask(socket, request('thread_follow'))).result, { subscription: 's1' })
  const { error } = await ask(socket, request('thread_follow')) as { error: { data: { code: string } } }
  assert.is(error.data.code, 'RPC_TOO_MANY_SUBSCRIPTIONS')
  assert.equal((await ask(socket, request('thread_unfollow', { subscription: 's9' }))).result, { ended: false })
  assert.equal((await ask(socket, request('thread_unfollow', { subscription: 's1' }))).result, { ended: true })
  assert.is(node.listeners(), 0)
  await ask(socket, request('thread_follow'))
  assert.is(node.listeners(), 1)
  socket.close()
  await once(socket, 'close')
  for (let i = 0; i < 100 && node.listeners() > 0; i++) await new Promise((resolve) => setImmediate(resolve))
  assert.is(node.listeners(), 0)
})

test('an event between subscribing and the answer comes after the answer, once', async () => {
  const node = fakeNode()
  const { subscribe } = node.api
  node.api.subscribe = (listener) => {
    const end = subscribe(listener)
    node.emit(warningEvent('at once'))
    return end
  }
  const { url } = await serve({}, node)
  const socket = await open(url)
  const seen: unknown[] = []
  const two = new Promise<void>((resolve) => socket.on('message', (data) => {
    seen.push(JSON.parse(String(data)))
    if (seen.length === 2) resolve()
  }))
  socket.send(JSON.stringify(request('thread_follow', { thread: THREAD })))
  await two
  assert.equal(seen[0], { jsonrpc: '2.0', id: 1, result: { subscription: 's1' } })
  assert.equal(seen[1], { jsonrpc: '2.0', method: 'thread_event', params: { subscription: 's1', event: warningEvent('at once') } })
  socket.close()
})

test('a reader that does not read is cut, and its subscription ends', async () => {
  const { url, port, node, logged } = await serve({ limits: { outboundBytes: 100_000 } })
  // A bare socket: it shakes hands, subscribes, and then reads nothing.
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(`GET / HTTP/1.1\r\nHost: ${new URL(url).host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
  await once(socket, 'data')
  const text = Buffer.from(JSON.stringify(request('thread_follow')))
  // A masked text frame with a mask of zeros (RFC 6455, 5.2).
  socket.write(Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), text]))
  await once(socket, 'data')
  socket.pause()
  for (let i = 0; i < 1000 && node.listeners() > 0; i++) {
    node.emit(warningEvent('x'.repeat(50_000)))
    await new Promise((resolve) => setImmediate(resolve))
  }
  assert.is(node.listeners(), 0)
  assert.ok(logged.includes('rpc.slow-reader'))
  socket.destroy()
})

test('a peer that answers no ping is cut', async () => {
  const { port, node, url } = await serve({ limits: { pingMs: 20 } })
  const socket = connect(port, '127.0.0.1')
  socket.on('error', () => undefined)
  socket.write(`GET / HTTP/1.1\r\nHost: ${new URL(url).host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${Buffer.alloc(16).toString('base64')}\r\nAuthorization: Bearer ${TOKEN}\r\n\r\n`)
  socket.resume()
  await once(socket, 'close')
  assert.is(node.listeners(), 0)
})

test('node_stop is answered before its hook is called', async () => {
  const { url, stops: stopped } = await serve()
  const socket = await open(url)
  assert.equal((await ask(socket, request('node_stop'))).result, {})
  assert.is(stopped(), 0)
  for (let i = 0; i < 100 && stopped() === 0; i++) await new Promise((resolve) => setTimeout(resolve, 10))
  assert.is(stopped(), 1)
  socket.close()
})

test('stop ends all connections, may be called twice, and a second server on a taken port has its code', async () => {
  const node = fakeNode()
  const { server, url } = await startServer(node)
  const socket = await open(url)
  const second = startServer(node, { port: Number(new URL(url).port) })
  await rejects(second, 'RPC_LISTEN_FAILED')
  const closed = once(socket, 'close')
  await Promise.all([server.stop(), server.stop()])
  assert.is((await closed as [number])[0], 1001)
})

test.run()
