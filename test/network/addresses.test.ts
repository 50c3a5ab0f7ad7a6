import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parsePeerAddress, tryPeerAddress } from '../../src/network/addresses.js'

const test = suite('network/addresses')
const id = '16Uiu2HAmEWQnHq2jLKJypwVnVoQeFCULuyop6atvq2eWjYSUjzNi'

test('a WebSocket address with a peer id is taken, in its canonical form', () => {
  for (const text of [
    `/ip4/127.0.0.1/tcp/9000/ws/p2p/${id}`,
    `/ip6/::1/tcp/9000/ws/p2p/${id}`,
    `/dns4/example.org/tcp/443/wss/p2p/${id}`,
    `/dns/example.org/tcp/443/tls/ws/p2p/${id}`
  ]) {
    const address = parsePeerAddress(text)
    assert.equal([address.text, address.peerId], [text, id])
  }
  assert.is(parsePeerAddress(`/ip6/0:0:0:0:0:0:0:1/tcp/1/ws/ipfs/${id}/`).text, `/ip6/::1/tcp/1/ws/p2p/${id}`)
})

test('any other address is refused', () => {
  for (const text of [
    '',
    'ws://127.0.0.1:9000',
    '/ip4/127.0.0.1/tcp/9000/ws',
    `/ip4/127.0.0.1/tcp/9000/p2p/${id}`,
    `/ip4/127.0.0.1/tcp/0/ws/p2p/${id}`,
    `/ip4/127.0.0.1/tcp/65536/ws/p2p/${id}`,
    `/ip4/127.0.0.256/tcp/1/ws/p2p/${id}`,
    `/ip4/127.0.0.1/udp/9000/quic-v1/p2p/${id}`,
    `/ip4/127.0.0.1/tcp/9000/ws/http-path/x/p2p/${id}`,
    `/ip4/127.0.0.1/tcp/9000/tls/sni/a/ws/p2p/${id}`,
    `/unix/tmp/tcp/9000/ws/p2p/${id}`,
    `/ip4/127.0.0.1/tcp/1/ws/p2p/${id}/p2p-circuit/p2p/${id}`,
    `/ip4/127.0.0.1/tcp/9000/ws/p2p/${id.slice(0, -1)}`,
    `/ip4/127.0.0.1/tcp/9000/ws/p2p/${id.replace('Q', 'R')}`,
    `/dns/${'a'.repeat(600)}/tcp/1/ws/p2p/${id}`
  ]) {
    assert.throws(() => parsePeerAddress(text), (error: { code?: string }) => error.code === 'NETWORK_BAD_ADDRESS', text)
    assert.is(tryPeerAddress(text), undefined)
  }
})

test.run()
