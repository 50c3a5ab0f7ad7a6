import '../../src/polyfill.js'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('polyfill')

test('Promise.withResolvers gives a promise and its two ends', async () => {
  const done = Promise.withResolvers<number>()
  done.resolve(7)
  assert.is(await done.promise, 7)
  const failed = Promise.withResolvers<number>()
  failed.reject(new RangeError('no'))
  assert.is(await failed.promise.catch((error: Error) => error.message), 'no')
})

test('a WebSocket that is refused after its dialler went away does not end the process', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  const socket = new WebSocket(`ws://127.0.0.1:${port}`)
  await new Promise(resolve => { socket.onclose = resolve })
  assert.is(socket.readyState, WebSocket.CLOSED)
})

test.run()
