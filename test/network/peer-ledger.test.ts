import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { PeerId } from '@libp2p/interface'
import { DEFAULT_LIMITS } from '../../src/network/limits.js'
import { GRAYLIST_SCORE, PeerLedger } from '../../src/network/peer-ledger.js'
import { TokenBucket } from '../../src/network/token-bucket.js'

const test = suite('network/peer-ledger')
const newPeer = async (): Promise<PeerId> => peerIdFromPrivateKey(await generateKeyPair('secp256k1'))

test('rejected messages lower the score below the graylist, and time heals', async () => {
  let nowMs = 0
  const ledger = new PeerLedger({ nowMs: () => nowMs }, DEFAULT_LIMITS)
  const peer = await newPeer()
  ledger.judged(peer, 'ignore')
  ledger.judged(peer, 'reject')
  ledger.judged(peer, 'reject')
  assert.is(ledger.score(peer.toString()), 0)
  for (let i = 0; i < 9; i++) ledger.judged(peer, 'reject')
  assert.ok(ledger.score(peer.toString()) > GRAYLIST_SCORE - 2)
  ledger.judged(peer, 'reject')
  assert.ok(ledger.isGraylisted(peer.toString()))
  nowMs += 60_000
  assert.is(ledger.score(peer.toString()), -16)
  nowMs += 3_600_000
  assert.is(ledger.score(peer.toString()), 0)
  assert.equal(ledger.scores(() => 0).map(({ accepted, ignored, rejected }) => [accepted, ignored, rejected]), [[0, 1, 12]])
})

test('even the worst peer is heard again after a few minutes', async () => {
  let nowMs = 0
  const ledger = new PeerLedger({ nowMs: () => nowMs }, DEFAULT_LIMITS)
  const peer = await newPeer()
  for (let i = 0; i < 10_000; i++) ledger.judged(peer, 'reject')
  nowMs += 180_000
  assert.ok(ledger.isGraylisted(peer.toString()))
  nowMs += 60_000
  assert.not(ledger.isGraylisted(peer.toString()))
})

test('records are bounded: of the peers that are not connected the oldest goes first', async () => {
  const ledger = new PeerLedger({ nowMs: () => 0 }, { ...DEFAULT_LIMITS, peerRecords: 2 })
  const [first, second, third] = [await newPeer(), await newPeer(), await newPeer()]
  ledger.connected(first)
  ledger.peer(second)
  ledger.peer(third)
  assert.equal(ledger.scores(() => 0).map(({ peer }) => peer.id), [first, third].map(String))
})

test('a peer whose key is not secp256k1 has no session key', async () => {
  const ledger = new PeerLedger({ nowMs: () => 0 }, DEFAULT_LIMITS)
  const peer = peerIdFromPrivateKey(await generateKeyPair('Ed25519'))
  assert.equal(ledger.peer(peer), { id: peer.toString(), sessionKey: undefined })
})

test('a token bucket lets a burst through, then the rate, and survives a clock set back', () => {
  const bucket = new TokenBucket(100, 10, 1000)
  assert.is(bucket.take(10, 1000), 0)
  assert.is(bucket.take(1, 1000), 10)
  assert.is(bucket.take(1, 1000), 20)
  assert.is(bucket.take(1, 500), 30)
  assert.is(bucket.take(10, 600), 30)
  assert.is(bucket.take(10, 10_000), 0)
})

test.run()
