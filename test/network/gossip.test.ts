import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createNetwork } from '../../src/network/network.js'
import { addressOf as keyAddress } from '../../src/protocol/crypto.js'
import type { Verdict } from '../../src/thread/ports.js'
import { rejects } from '../support/rejects.js'
import { clock, Inbox, key, link, message, subscription, threadId, until, withNodes } from './nodes.js'

const test = suite('network/gossip')
const thread = threadId(1)

test('a message reaches a subscriber once, with the sender that its session key proves', async () => {
  await withNodes([1, 2], async (a, b) => {
    const inbox = new Inbox(b, thread)
    const ready = subscription(a, b.id, thread)
    a.follow(thread, () => 'accept')
    await link(a, b)
    await ready
    assert.equal(a.subscribers(thread).map(peer => peer.id), [b.id])
    await a.publish(thread, message('hello'))
    await a.publish(thread, message('hello'))
    await a.publish(thread, message('world'))
    await inbox.received(2)
    assert.equal(inbox.texts(), ['hello', 'world'])
    assert.equal(inbox.messages[0]?.from, { id: a.id, sessionKey: keyAddress(key(1)) })
    assert.is(b.scores().find(({ peer }) => peer.id === a.id)?.accepted, 2)
  })
})

test('a node that follows a thread late hears of the subscribers that were there before', async () => {
  await withNodes([1, 2], async (a, b) => {
    const inbox = new Inbox(a, thread)
    await link(a, b)
    await until(() => b.subscribers(thread).length === 1)
    const ready = subscription(b, a.id, thread)
    b.follow(thread, () => 'accept')
    await ready
    await b.publish(thread, message('late'))
    await inbox.received(1)
  })
})

test('a third node relays between two that are not connected to each other', async () => {
  await withNodes([1, 2, 3], async (a, relay, c) => {
    const inboxes = [new Inbox(a, thread), new Inbox(relay, thread), new Inbox(c, thread)]
    const ready = Promise.all([subscription(a, relay.id, thread), subscription(relay, a.id, thread), subscription(relay, c.id, thread), subscription(c, relay.id, thread)])
    await link(a, relay)
    await link(c, relay)
    await ready
    for (let attempt = 0; inboxes[0]?.messages.length === 0 || inboxes[2]?.messages.length === 0; attempt++) {
      await a.publish(thread, message(`from a ${attempt}`))
      await c.publish(thread, message(`from c ${attempt}`))
      await new Promise(resolve => setTimeout(resolve, 50))
    }
    assert.ok(inboxes[0]?.texts().every(text => text.startsWith('from c')))
    assert.ok(inboxes[2]?.texts().every(text => text.startsWith('from a')))
    assert.is(inboxes[0]?.messages[0]?.from.id, relay.id)
    assert.is(inboxes[2]?.messages[0]?.from.id, relay.id)
    assert.not(a.peers().some(peer => peer.id === c.id))
  })
})

test('sixteen players around one relay all hear each other', async () => {
  await withNodes(Array.from({ length: 17 }, (_, n) => n + 1), async (hub, ...players) => {
    if (hub === undefined) return
    hub.follow(thread, () => 'accept')
    const inboxes = players.map(player => new Inbox(player, thread))
    for (const player of players) await link(player, hub)
    const heard = (): boolean => inboxes.every(inbox => new Set(inbox.texts().map(text => text.split(' ')[0])).size === 15)
    for (let attempt = 0; attempt < 50 && !heard(); attempt++) {
      for (const [n, player] of players.entries()) await player.publish(thread, message(`${n} ${attempt}`))
      await new Promise(resolve => setTimeout(resolve, 200))
    }
    assert.ok(heard())
    assert.ok(hub.scores().every(({ score }) => score === 0))
  })
})

test('what a relay ignores or rejects does not go further', async () => {
  await withNodes([1, 2, 3], async (a, relay, c) => {
    const verdicts: Record<string, Verdict> = { bad: 'reject', odd: 'ignore' }
    a.follow(thread, () => 'accept')
    const atRelay = new Inbox(relay, thread, async text => verdicts[text] ?? 'accept')
    const atEnd = new Inbox(c, thread)
    const ready = Promise.all([subscription(a, relay.id, thread), subscription(relay, c.id, thread)])
    await link(a, relay)
    await link(c, relay)
    await ready
    // Relaying begins with the mesh, at the next heartbeat at the latest; the protocol sends again what is not answered.
    const arrived = atEnd.received(1)
    for (let attempt = 0; atEnd.messages.length === 0; attempt++) {
      await a.publish(thread, message(`warm ${attempt}`))
      await Promise.race([arrived, new Promise(resolve => setTimeout(resolve, 50))])
    }
    const before = [atRelay.messages.length, atEnd.messages.length] as const
    for (const text of ['bad', 'odd', 'good']) await a.publish(thread, message(text))
    await atRelay.received(before[0] + 3)
    await atEnd.received(before[1] + 1)
    assert.equal(atEnd.texts().filter(text => !text.startsWith('warm')), ['good'])
    const score = relay.scores().find(({ peer }) => peer.id === a.id)
    assert.equal([score?.accepted, score?.ignored, score?.rejected, score?.score], [before[0] + 1, 1, 1, 0])
  })
})

test('what is published in one turn travels together, each is judged for itself, and a rejected one takes with it what comes behind', async () => {
  await withNodes([1, 2], async (a, b) => {
    const verdicts: Record<string, Verdict> = { bad: 'reject', odd: 'ignore' }
    const inbox = new Inbox(b, thread, async text => verdicts[text] ?? 'accept')
    a.follow(thread, () => 'accept')
    const ready = subscription(a, b.id, thread)
    await link(a, b)
    await ready
    const send = async (...texts: string[]): Promise<void> => { await Promise.all(texts.map(async text => { await a.publish(thread, message(text)) })) }
    await send('one', 'odd', 'two')
    await inbox.received(3)
    await send('three', 'bad', 'four')
    await send('five')
    await inbox.received(6)
    assert.equal(inbox.texts(), ['one', 'odd', 'two', 'three', 'bad', 'five'])
    const score = () => b.scores().find(({ peer }) => peer.id === a.id)
    await until(() => score()?.accepted === 4)
    assert.equal([score()?.ignored, score()?.rejected], [1, 1])
  })
})

test('a peer that sends rejected messages falls until it is not heard any more', async () => {
  await withNodes([1, 2], async (a, b) => {
    const inbox = new Inbox(b, thread, text => text.startsWith('bad') ? 'reject' : 'accept')
    a.follow(thread, () => 'accept')
    const ready = subscription(a, b.id, thread)
    await link(a, b)
    await ready
    b.serve(async frame => frame)
    await a.request(b.id, message('anything'))
    for (let i = 0; i < 14; i++) await a.publish(thread, message(`bad ${i}`))
    await inbox.received(14)
    await until(() => b.scores()[0]?.rejected === 14)
    assert.ok((b.scores()[0]?.score ?? 0) < -80)
    // gossipsub goes on for at most a second with a peer that it has just found good.
    await new Promise(resolve => setTimeout(resolve, 1100))
    const heard = inbox.messages.length
    await a.publish(thread, message('good'))
    await rejects(a.request(b.id, message('anything')), 'NETWORK_UNREACHABLE')
    await rejects(a.request(b.id, message('anything')), 'NETWORK_UNREACHABLE')
    assert.is(inbox.messages.length, heard)
    assert.equal(a.peers().length, 1)
  })
})

test('an oversized message is dropped, costs its sender, and the connection goes on', async () => {
  const large = await createNetwork({ privateKey: key(9), clock, limits: { messageBytes: 4_000_000 } })
  try {
    await withNodes([1], async b => {
      await large.start()
      const inbox = new Inbox(b, thread)
      large.follow(thread, () => 'accept')
      const ready = subscription(large, b.id, thread)
      await link(large, b)
      await ready
      await large.publish(thread, new Uint8Array(1_048_577))
      await large.publish(thread, new Uint8Array(1_048_576))
      await large.publish(thread, message('small'))
      await inbox.received(2)
      assert.equal(inbox.texts().sort(), ['1048576 bytes', 'small'])
      assert.is(b.scores()[0]?.rejected, 1)
      assert.is(b.peers().length, 1)
    })
  } finally {
    await large.stop()
  }
})

test('own messages above the limit are refused', async () => {
  await withNodes([1], async a => {
    await rejects(a.publish(thread, new Uint8Array(1_048_577)), 'NETWORK_FRAME_TOO_LARGE')
  })
})

test('a thread that is not followed, or no longer, is not delivered', async () => {
  await withNodes([1, 2], async (a, b) => {
    const other = threadId(2)
    const inbox = new Inbox(b, thread)
    const left = new Inbox(b, other)
    const ready = Promise.all([subscription(a, b.id, thread), subscription(a, b.id, other)])
    a.follow(thread, () => 'accept')
    a.follow(other, () => 'accept')
    await link(a, b)
    await ready
    b.unfollow(other)
    await a.publish(other, message('too late'))
    await a.publish(threadId(3), message('unknown'))
    await a.publish(thread, message('here'))
    await inbox.received(1)
    assert.equal(left.texts(), [])
    assert.equal(b.subscribers(other).length, 1)
    await until(() => a.subscribers(other).length === 0)
  })
})

test('a validator that throws costs the sender nothing', async () => {
  await withNodes([1, 2], async (a, b) => {
    const inbox = new Inbox(b, thread, text => { throw new TypeError(text) })
    a.follow(thread, () => 'accept')
    const ready = subscription(a, b.id, thread)
    await link(a, b)
    await ready
    await a.publish(thread, message('one'))
    await a.publish(thread, message('two'))
    await inbox.received(2)
    const score = b.scores()[0]
    assert.equal([score?.ignored, score?.rejected, score?.score], [2, 0, 0])
  })
})

test('beyond the validations under way the newest message is ignored', async () => {
  await withNodes([1, 2], async (a, b) => {
    const held: ((verdict: Verdict) => void)[] = []
    const inbox = new Inbox(b, thread, () => new Promise<Verdict>(resolve => held.push(resolve)))
    a.follow(thread, () => 'accept')
    const ready = subscription(a, b.id, thread)
    await link(a, b)
    await ready
    for (const text of ['1', '2', '3']) await a.publish(thread, message(text))
    await until(() => b.scores()[0]?.ignored === 1)
    assert.equal(inbox.texts(), ['1', '2'])
    for (const release of held) release('accept')
    await until(() => b.scores()[0]?.accepted === 2)
    await a.publish(thread, message('4'))
    await inbox.received(3)
    for (const release of held) release('accept')
  }, { limits: { validating: 2 } })
})

test('beyond the publishes under way the newest is refused', async () => {
  await withNodes([1], async a => {
    const first = a.publish(thread, message('1'))
    await rejects(a.publish(thread, message('2')), 'NETWORK_BUSY')
    await first
    await a.publish(thread, message('3'))
  }, { limits: { publishing: 1 } })
})

test.run()
