import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePeerAddress } from '../../src/network/addresses.js'
import { topicOf } from '../../src/network/gossip.js'
import { splitPayload } from '../../src/network/payload.js'
import { DEFAULT_LIMITS } from '../../src/network/limits.js'
import { createNetwork } from '../../src/network/network.js'
import { createNode } from '../../src/network/node.js'
import { PeerLedger } from '../../src/network/peer-ledger.js'
import { addressOf as keyAddress } from '../../src/protocol/crypto.js'
import { rejects } from '../support/rejects.js'
import { addressOf, clock, connection, Inbox, key, link, message, subscription, threadId, until, withNodes } from './nodes.js'

const test = suite('network/connections')
const thread = threadId(1)

test('a peer that restarts is dialled again within a second and hears what is published', async () => {
  await withNodes([1], async a => {
    const first = await createNetwork({ privateKey: key(2), clock })
    await first.start()
    const address = addressOf(first)
    a.follow(thread, () => 'accept')
    await link(a, first)
    const gone = new Promise(resolve => a.on('peer:disconnect', resolve))
    await first.stop()
    await gone
    assert.equal(a.peers(), [])
    await new Promise(resolve => setTimeout(resolve, 600))
    const again = await createNetwork({ privateKey: key(2), clock, listen: [address.slice(0, address.indexOf('/p2p/'))] })
    try {
      const inbox = new Inbox(again, thread)
      const ready = subscription(a, again.id, thread)
      const startMs = Date.now()
      await again.start()
      await ready
      assert.ok(Date.now() - startMs < 2000, `${Date.now() - startMs} ms`)
      await a.publish(thread, message('again'))
      await inbox.received(1)
    } finally {
      await again.stop()
    }
  })
})

test('a configured peer that is not there yet is found when it comes', async () => {
  const [early, late] = await Promise.all([createNetwork({ privateKey: key(1), clock }), createNetwork({ privateKey: key(2), clock })])
  await late.start()
  const address = addressOf(late)
  await late.stop()
  await early.stop()
  await withNodes([3], async a => {
    await new Promise(resolve => setTimeout(resolve, 300))
    const there = await createNetwork({ privateKey: key(2), clock, listen: [address.slice(0, address.indexOf('/p2p/'))] })
    try {
      await there.start()
      await connection(a, there.id)
    } finally {
      await there.stop()
    }
  }, { peers: [address] })
})

test('a node with another identity at a peer\'s address does not pass for it', async () => {
  await withNodes([1, 2, 3], async (a, b, impostor) => {
    const wanted = addressOf(impostor).replace(impostor.id, b.id)
    let failures = 0
    const dialler = await createNetwork({ privateKey: key(4), clock, log: (_level, event) => { if (event === 'network.dial.failed') failures++ } })
    try {
      await dialler.start()
      dialler.connect(wanted)
      await until(() => failures >= 2)
      assert.equal(dialler.peers(), [])
      dialler.connect(addressOf(b))
      await connection(dialler, b.id)
      assert.equal(dialler.peers(), [{ id: b.id, sessionKey: keyAddress(key(2)) }])
    } finally {
      await dialler.stop()
    }
    assert.equal(a.peers(), [])
  })
})

test('peers that dial each other at once both stay able to publish', async () => {
  await withNodes([1, 2], async (a, b) => {
    const inboxes = [new Inbox(a, thread), new Inbox(b, thread)]
    const ready = Promise.all([subscription(a, b.id, thread), subscription(b, a.id, thread)])
    a.connect(addressOf(b))
    b.connect(addressOf(a))
    await ready
    await a.publish(thread, message('to b'))
    await b.publish(thread, message('to a'))
    await Promise.all(inboxes.map(async inbox => await inbox.received(1)))
  })
})

test('a peer whose gossip stream breaks is hung up on, and hears again after the redial', async () => {
  const fragile = await createNode({
    privateKey: key(9), listen: ['/ip4/127.0.0.1/tcp/0/ws'], announce: [], limits: DEFAULT_LIMITS, ledger: new PeerLedger(clock, DEFAULT_LIMITS), isFollowed: () => true
  })
  await fragile.start()
  try {
    await withNodes([1], async a => {
      const id = fragile.peerId.toString()
      const subscribed = subscription(a, id, thread)
      a.follow(thread, () => 'accept')
      fragile.services.pubsub.subscribe(topicOf(thread))
      a.connect(fragile.getMultiaddrs()[0]?.toString() ?? '')
      await subscribed
      const again = subscription(a, id, thread)
      for (const connection of fragile.getConnections()) {
        for (const stream of connection.streams) if (stream.protocol.startsWith('/meshsub/')) stream.abort(new RangeError('broken on purpose'))
      }
      await again
      const heard = new Promise(resolve => fragile.services.pubsub.addEventListener('message', event => resolve(splitPayload(event.detail.data, 100)?.map(bytes => new TextDecoder().decode(bytes)))))
      await a.publish(thread, message('after'))
      assert.equal(await heard, ['after'])
    }, { limits: { watchMs: 300 } })
  } finally {
    await fragile.stop()
  }
})

test('a peer that falls silent without a word is given up, and dialled again', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./stand-by.js', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] })
  try {
    const [address] = await once(child.stdout, 'data') as [Buffer]
    await withNodes([1], async a => {
      const peerId = parsePeerAddress(String(address).trim()).peerId
      a.connect(String(address).trim())
      await connection(a, peerId)
      const gone = new Promise(resolve => a.on('peer:disconnect', resolve))
      child.kill('SIGSTOP')
      await gone
      const back = connection(a, peerId)
      child.kill('SIGCONT')
      await back
    }, { limits: { pingMs: 200, silenceMs: 1000, dialTimeoutMs: 1000 } })
  } finally {
    child.kill('SIGKILL')
  }
})

test('a node tells its own addresses and those of its peers, dialled and dialling', async () => {
  await withNodes([1, 2, 3], async (a, hub, c) => {
    await link(a, hub)
    await link(c, hub)
    await until(() => hub.knownAddresses().length === 3)
    assert.equal(hub.knownAddresses().sort(), [a, hub, c].map(addressOf).sort())
    for (const address of hub.knownAddresses()) a.connect(address)
    await connection(a, c.id)
  })
})

test('an address that is not one is refused, the own one is passed over', async () => {
  await withNodes([1], async a => {
    assert.throws(() => a.connect('/ip4/127.0.0.1/tcp/1/ws'), (error: { code?: string }) => error.code === 'NETWORK_BAD_ADDRESS')
    a.connect(addressOf(a))
    await rejects(createNetwork({ privateKey: key(1), clock, listen: ['nowhere'] }), 'NETWORK_BAD_ADDRESS')
    await rejects(createNetwork({ privateKey: key(1), clock, peers: ['nowhere'] }), 'NETWORK_BAD_ADDRESS')
    await rejects(createNetwork({ privateKey: new Uint8Array(32), clock }), 'KEY_INVALID')
  })
})

test('a port that is taken is told at the start, and the node can still be stopped', async () => {
  await withNodes([1], async a => {
    const address = addressOf(a)
    const b = await createNetwork({ privateKey: key(2), clock, listen: [address.slice(0, address.indexOf('/p2p/'))] })
    await rejects(b.start(), 'NETWORK_LISTEN_FAILED')
    await b.stop()
  })
})

test('start and stop are idempotent, and after stop everything is refused', async () => {
  const a = await createNetwork({ privateKey: key(1), clock })
  await rejects(a.publish(thread, message('x')), 'NETWORK_STOPPED')
  await Promise.all([a.start(), a.start()])
  assert.is(a.multiaddrs().length, 1)
  await Promise.all([a.stop(), a.stop()])
  await a.stop()
  await rejects(a.start(), 'NETWORK_STOPPED')
  await rejects(a.publish(thread, message('x')), 'NETWORK_STOPPED')
  await rejects(a.request(a.id, message('x')), 'NETWORK_STOPPED')
  const isStopped = (error: { code?: string }): boolean => error.code === 'NETWORK_STOPPED'
  assert.throws(() => a.follow(thread, () => 'accept'), isStopped)
  assert.throws(() => a.connect('/ip4/127.0.0.1/tcp/1/ws'), isStopped)
  a.unfollow(thread)
})

test('after stop nothing keeps the process alive, whatever was under way', async () => {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./busy-then-stop.js', import.meta.url))], { stdio: ['ignore', 'pipe', 'inherit'] })
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  let output = ''
  child.stdout.on('data', chunk => { output += String(chunk) })
  const [code] = await once(child, 'exit')
  clearTimeout(timer)
  assert.is(code, 0)
  assert.is(output.trim(), 'stopped')
})

test.run()
