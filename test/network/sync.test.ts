import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { multiaddr } from '@multiformats/multiaddr'
import { ThreadsError } from '../../src/errors.js'
import { SYNC_PROTOCOL } from '../../src/network/frames.js'
import { DEFAULT_LIMITS } from '../../src/network/limits.js'
import { createNode } from '../../src/network/node.js'
import { PeerLedger } from '../../src/network/peer-ledger.js'
import { addressOf as keyAddress } from '../../src/protocol/crypto.js'
import { rejects } from '../support/rejects.js'
import { addressOf, clock, key, link, message, until, withNodes } from './nodes.js'

const test = suite('network/sync')
const echo = async (frame: Uint8Array): Promise<Uint8Array> => frame

test('a thousand requests are answered in order on one stream, by a peer whose session key is known', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    const asked: string[] = []
    b.serve(async (frame, from) => {
      assert.equal(from, { id: a.id, sessionKey: keyAddress(key(1)) })
      asked.push(new TextDecoder().decode(frame))
      return message(`answer ${new TextDecoder().decode(frame)}`)
    })
    const wanted: string[] = []
    for (let i = 0; i < 1000; i += 50) {
      const batch = Array.from({ length: 50 }, (_, n) => String(i + n))
      wanted.push(...batch)
      const answers = await Promise.all(batch.map(async text => await a.request(b.id, message(text))))
      assert.equal(answers.map(answer => new TextDecoder().decode(answer)), batch.map(text => `answer ${text}`))
    }
    assert.equal(asked, wanted)
  })
})

test('both ends ask each other at the same time', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    a.serve(echo)
    b.serve(echo)
    const answers = await Promise.all([a.request(b.id, message('from a')), b.request(a.id, message('from b'))])
    assert.equal(answers.map(answer => new TextDecoder().decode(answer)), ['from a', 'from b'])
  })
})

test('an answer of the largest size arrives whole; an empty frame and an empty answer do too', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    b.serve(async frame => frame.length === 0 ? frame : new Uint8Array(DEFAULT_LIMITS.answerBytes).fill(7))
    const large = await a.request(b.id, message('large'))
    assert.is(large.length, DEFAULT_LIMITS.answerBytes)
    assert.ok(large.every(byte => byte === 7))
    assert.is((await a.request(b.id, new Uint8Array())).length, 0)
  })
})

test('an answer that is too large is not sent: the stream closes, and the next request gets a new one', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    b.serve(async frame => new Uint8Array(frame[0] === 1 ? DEFAULT_LIMITS.answerBytes + 1 : 1))
    await rejects(a.request(b.id, Uint8Array.of(1)), 'NETWORK_UNREACHABLE')
    assert.is((await a.request(b.id, Uint8Array.of(0))).length, 1)
    assert.is(b.scores()[0]?.rejected, 0)
  })
})

test('without an answer in time the request fails, and a late answer is not taken for the next one', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    let release: (() => void) | undefined
    b.serve(async frame => {
      if (frame[0] === 1) await new Promise<void>(resolve => { release = resolve })
      return frame
    })
    const slow = a.request(b.id, Uint8Array.of(1), { timeoutMs: 200 })
    const waiting = a.request(b.id, Uint8Array.of(2))
    await rejects(slow, 'NETWORK_TIMEOUT')
    assert.equal(await waiting, Uint8Array.of(2))
    release?.()
    assert.equal(await a.request(b.id, Uint8Array.of(3)), Uint8Array.of(3))
  })
})

test('a request can be given up, before and while it waits', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    b.serve(async frame => frame[0] === 1 ? await new Promise(() => {}) : frame)
    await rejects(a.request(b.id, Uint8Array.of(0), { signal: AbortSignal.abort() }), 'NETWORK_ABORTED')
    const controller = new AbortController()
    const request = a.request(b.id, Uint8Array.of(1), { signal: controller.signal })
    setTimeout(() => controller.abort(), 20)
    await rejects(request, 'NETWORK_ABORTED')
    assert.equal(await a.request(b.id, Uint8Array.of(2)), Uint8Array.of(2))
  })
})

test('the queue to one peer is bounded', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    b.serve(echo)
    const requests = [0, 1, 2].map(async () => await a.request(b.id, message('x')))
    await rejects(Promise.all(requests), 'NETWORK_BUSY')
    await Promise.allSettled(requests)
    assert.equal(await a.request(b.id, message('y')), message('y'))
  }, { limits: { requestQueue: 2 } })
})

test('who is not connected, or does not answer sync requests, is unreachable', async () => {
  await withNodes([1, 2], async (a, b) => {
    await rejects(a.request(b.id, message('x')), 'NETWORK_UNREACHABLE')
    await link(a, b)
    await rejects(a.request(b.id, message('x')), 'NETWORK_UNREACHABLE')
    b.serve(async () => await new Promise(() => {}))
    const cut = a.request(b.id, message('x'))
    setTimeout(() => { void b.stop() }, 50)
    await rejects(cut, 'NETWORK_UNREACHABLE')
  })
})

test('a request that is too large is refused here', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    await rejects(a.request(b.id, new Uint8Array(DEFAULT_LIMITS.requestBytes + 1)), 'NETWORK_FRAME_TOO_LARGE')
  })
})

test('a request that its answerer finds faulty closes the stream and costs the sender', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    b.serve(async frame => {
      if (frame[0] === 1) throw new ThreadsError('WIRE_BAD', 'not a request', { peerFault: 'reject' })
      return frame
    })
    await rejects(a.request(b.id, Uint8Array.of(1)), 'NETWORK_UNREACHABLE')
    await until(() => b.scores()[0]?.rejected === 1)
    assert.equal(await a.request(b.id, Uint8Array.of(2)), Uint8Array.of(2))
  })
})

test('a peer that asks for much is answered at the rate that it is allowed', async () => {
  await withNodes([1, 2], async (a, b) => {
    await link(a, b)
    b.serve(echo)
    const startMs = Date.now()
    for (let i = 0; i < 30; i++) await a.request(b.id, message('x'))
    assert.ok(Date.now() - startMs >= 150, 'thirty units, ten at once and a hundred a second')
  }, { limits: { syncUnitsPerSecond: 100, syncBurst: 10 } })
})

test('malformed frames and too much sent ahead close the stream and cost the sender; a third stream is refused', async () => {
  const stranger = await createNode({
    privateKey: key(9), listen: [], announce: [], limits: DEFAULT_LIMITS, ledger: new PeerLedger(clock, DEFAULT_LIMITS), isFollowed: () => false
  })
  try {
    await withNodes([1], async a => {
      let answered = 0
      a.serve(async () => {
        answered++
        return await new Promise(() => {})
      })
      await stranger.start()
      const connection = await stranger.dial(multiaddr(addressOf(a)))
      const open = async (...bytes: Uint8Array[]): Promise<{ status: string }> => {
        const stream = await connection.newStream(SYNC_PROTOCOL)
        for (const chunk of bytes) if (stream.status === 'open') stream.send(chunk)
        return stream
      }
      const rejected = (): number => a.scores()[0]?.rejected ?? 0
      const tooLong = await open(Uint8Array.of(0xff, 0xff, 0xff, 0x7f))
      await until(() => tooLong.status !== 'open' && rejected() === 1)
      const noLength = await open(new Uint8Array(16).fill(0xff))
      await until(() => noLength.status !== 'open' && rejected() === 2)
      const ahead = await open(Uint8Array.of(1, 0), ...Array.from({ length: 10 }, () => new Uint8Array(60_000)))
      await until(() => ahead.status !== 'open' && rejected() === 3)
      assert.is(answered, 1)
      const two = [await open(Uint8Array.of(0)), await open(Uint8Array.of(0))]
      await until(() => answered === 3)
      const third = await open(Uint8Array.of(0))
      await until(() => third.status !== 'open')
      assert.equal(two.map(stream => stream.status), ['open', 'open'])
      assert.is(rejected(), 3)
    })
  } finally {
    await stranger.stop()
  }
})

test.run()
