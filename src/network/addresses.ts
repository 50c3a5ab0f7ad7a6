/** The one form of address that this node dials: what others claim is parsed strictly before it is remembered. */
import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr, type Component, type Multiaddr } from '@multiformats/multiaddr'
import { ThreadsError } from '../errors.js'
import { MAX_MULTIADDR_BYTES } from '../protocol/limits.js'

/** An address that has been looked at: where, and who must answer there. */
export type PeerAddress = {
  readonly multiaddr: Multiaddr
  /** The canonical text. */
  readonly text: string
  /** The peer id that the other side must prove, base58. */
  readonly peerId: string
}

const HOSTS: readonly string[] = ['ip4', 'ip6', 'dns', 'dns4', 'dns6']
const WEB_SOCKETS: readonly string[] = ['ws', 'wss', 'tls/ws']

/**
 * Reads `/<ip4|ip6|dns|dns4|dns6>/<host>/tcp/<port>/<ws|wss|tls/ws>/p2p/<id>`; nothing before, between or after. Loopback and private hosts
 * are fine: a wrong host cannot pass for another peer, since the connection's handshake proves the id.
 * @throws `NETWORK_BAD_ADDRESS` (data: address, at most 512 characters)
 */
export function parsePeerAddress (text: string): PeerAddress {
  if (text.length > MAX_MULTIADDR_BYTES) throw badAddress(text, `longer than ${MAX_MULTIADDR_BYTES} characters`)
  const { address, components } = parse(text)
  const [host, tcp, ...rest] = components
  const peer = rest.pop()
  if (host === undefined || !HOSTS.includes(host.name)) throw badAddress(text, 'does not begin with an ip or dns host')
  if (tcp?.name !== 'tcp' || tcp.value === '0') throw badAddress(text, 'has no tcp port')
  if (peer?.name !== 'p2p' || peer.value === undefined || !isPeerId(peer.value)) throw badAddress(text, 'does not end in /p2p/<peer id>')
  const transport = rest.map(component => component.name).join('/')
  if (!WEB_SOCKETS.includes(transport) || rest.some(component => component.value !== undefined)) {
    throw badAddress(text, 'is not a WebSocket address (/ws, /wss or /tls/ws)')
  }
  return { multiaddr: address, text: address.toString(), peerId: peer.value }
}

/** {@link parsePeerAddress} for addresses that nobody answers for: undefined instead of an error. */
export function tryPeerAddress (text: string): PeerAddress | undefined {
  try {
    return parsePeerAddress(text)
  } catch (error) {
    if (error instanceof ThreadsError) return undefined
    throw error
  }
}

/** The text's form alone is not enough: it may hold bytes that are no key. */
function isPeerId (text: string): boolean {
  try {
    return peerIdFromString(text).toString() === text
  } catch {
    // libp2p throws errors of many kinds here, all of which mean no.
    return false
  }
}

function parse (text: string): { address: Multiaddr, components: Component[] } {
  try {
    const address = multiaddr(text)
    return { address, components: address.getComponents() }
  } catch (cause) {
    throw badAddress(text, 'is not a multiaddress', cause)
  }
}

function badAddress (text: string, why: string, cause?: unknown): ThreadsError {
  const address = text.slice(0, MAX_MULTIADDR_BYTES)
  return new ThreadsError('NETWORK_BAD_ADDRESS', `the address ${why}: ${address}`, { data: { address }, peerFault: 'ignore', cause })
}
