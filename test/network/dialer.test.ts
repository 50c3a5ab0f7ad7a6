import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePeerAddress } from '../../src/network/addresses.js'
import { Dialer } from '../../src/network/dialer.js'
import { DEFAULT_LIMITS } from '../../src/network/limits.js'
import { createNode } from '../../src/network/node.js'
import { PeerLedger } from '../../src/network/peer-ledger.js'
import { clock, key, until } from './nodes.js'

const test = suite('network/dialer')

/** Peer ids of real keys. */
const ids = await Promise.all(Array.from({ length: 6 }, async (_, n) => {
  const node = await createNode({
    privateKey: key(n + 1), listen: [], announce: [], limits: DEFAULT_LIMITS, ledger: new PeerLedger(clock, DEFAULT_LIMITS), isFollowed: () => false
  })
  return node.peerId.toString()
}))
const address = (peer: number, port: number): ReturnType<typeof parsePeerAddress> => parsePeerAddress(`/ip4/127.0.0.1/tcp/${port}/ws/p2p/${ids[peer]}`)

type Dial = { readonly peer: string, readonly count: number, readonly atMs: number }

function makeDialer (limits: Partial<typeof DEFAULT_LIMITS>, connected = new Set<string>()): { dialer: Dialer, dials: Dial[] } {
  const dials: Dial[] = []
  const dialer = new Dialer({
    ownId: 'own', clock, random: () => 1, log: () => {}, limits: { ...DEFAULT_LIMITS, ...limits },
    isConnected: peerId => connected.has(peerId),
    dial: async addresses => {
      const peer = addresses[0]?.toString().split('/').at(-1) ?? ''
      dials.push({ peer, count: addresses.length, atMs: Date.now() })
      throw new RangeError('nobody there')
    }
  })
  dialer.start()
  return { dialer, dials }
}

test('a failed dial is repeated, later each time, until it is stopped', async () => {
  const { dialer, dials } = makeDialer({ redialMinMs: 10, redialMaxMs: 60 })
  dialer.connect(address(0, 1), { pinned: false })
  await until(() => dials.length === 6)
  dialer.stop()
  const gaps = dials.slice(1).map((dial, n) => dial.atMs - (dials[n]?.atMs ?? 0))
  // 20, 40, 60, 60, 60; a timer may fire a millisecond early by the wall clock.
  assert.ok(gaps.every((gap, n) => gap >= (Math.min(60, 20 * 2 ** n)) - 2), gaps.join())
  const count = dials.length
  await new Promise(resolve => setTimeout(resolve, 100))
  assert.is(dials.length, count)
})

test('all addresses of a peer are tried, the newest few', async () => {
  const { dialer, dials } = makeDialer({ redialMinMs: 5, redialMaxMs: 5, addressesPerPeer: 2 })
  for (const port of [1, 2, 3, 3]) dialer.connect(address(0, port), { pinned: false })
  await until(() => dials.some(dial => dial.count === 2))
  assert.equal(dialer.addressesOf(ids[0] ?? ''), [address(0, 2).text, address(0, 3).text])
  dialer.stop()
})

test('when too many addresses are known, the oldest that is neither connected nor configured is dropped', () => {
  const connected = new Set([ids[1] ?? ''])
  const { dialer } = makeDialer({ addresses: 3 }, connected)
  dialer.connect(address(0, 1), { pinned: true })
  for (const peer of [1, 2, 3, 4]) dialer.connect(address(peer, 1), { pinned: false })
  assert.equal(ids.map(id => dialer.addressesOf(id).length), [1, 1, 0, 0, 1, 0])
  connected.add(ids[4] ?? '')
  dialer.connect(address(5, 1), { pinned: false })
  assert.equal(ids.map(id => dialer.addressesOf(id).length), [1, 1, 0, 0, 1, 0])
  dialer.stop()
})

test('a peer that hangs up at once is not dialled in a tight loop', async () => {
  const { dialer, dials } = makeDialer({ redialMinMs: 40, redialMaxMs: 1000 })
  dialer.connect(address(0, 1), { pinned: false })
  await until(() => dials.length === 1)
  for (let i = 0; i < 5; i++) {
    dialer.onConnect(ids[0] ?? '')
    dialer.onDisconnect(ids[0] ?? '')
  }
  await new Promise(resolve => setTimeout(resolve, 200))
  assert.is(dials.length, 1)
  dialer.stop()
})

test.run()
