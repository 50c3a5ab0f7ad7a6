// time limit: 180 s
/** What strangers and lying players send: it is dropped, counted and held against them; what proves a lie is kept. The game goes on. */
import '../../src/polyfill.js'
import { randomBytes } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import { createNetwork, type Network } from '../../src/network/network.js'
import { concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import { hash32, sign, verify } from '../../src/protocol/crypto.js'
import { inputsRoot, signInput } from '../../src/protocol/input.js'
import { encodeSyncRequest } from '../../src/protocol/sync.js'
import { breakpointDigest, digestOf } from '../../src/protocol/typed-data.js'
import type { Address, Domain, Hash32, Hex } from '../../src/protocol/types.js'
import { encodeMessage } from '../../src/protocol/wire.js'
import { encodeCalldata } from '../../src/rpc/calldata.js'
import { rejects } from '../support/rejects.js'
import { ETHER, STAKE, Table, ticTacToe } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, table: Table, domain: Domain, rogues: Network[] }
const test = suite<World>('e2e/gossip')
const MIB = 1 << 20

test.before(async world => {
  const arena = await openArena()
  Object.assign(world, { arena, rogues: [] })
  const { address } = await arena.deployData('TicTacToe')
  const [alice, bob] = await Promise.all([arena.player('alice', { account: 1, flags: ['--no-auto-dispute'] }), arena.player('bob', { account: 2, flags: ['--no-auto-dispute'] })])
  const table = await Table.start(arena, [alice, bob], address, { ctorArg: ticTacToe([alice, bob]) })
  Object.assign(world, { alice, bob, table, domain: { chainId: arena.anvil.chainId, court: arena.court } })
})

test.after(async ({ arena, rogues }) => {
  for (const rogue of rogues) await rogue.stop()
  await arena.stop()
})

/** A peer that follows the thread, keeps no rule, and holds this key. */
async function rogue (world: World, privateKey: Uint8Array): Promise<Network> {
  const { thread } = world.table
  const network = await createNetwork({ privateKey, clock: { nowMs: () => Date.now() }, peers: world.alice.multiaddrs, limits: { messageBytes: 4 * MIB, rpcBytes: 8 * MIB } })
  world.rogues.push(network)
  network.follow(thread, () => 'ignore')
  await network.start()
  await until('the rogue to be heard', () => network.subscribers(thread).some(({ sessionKey }) => sessionKey === world.alice.sessionKey) || undefined)
  return network
}

/** What a node counts of a reason. */
async function dropped (player: Player, code: string): Promise<number> {
  return (await player.rpc.request('node_status', {})).dropped[code] ?? 0
}

test('garbage, oversized and wrongly signed messages of a stranger are dropped, counted and lower its score, while the game goes on', async world => {
  const { alice, table, domain } = world
  const key = randomBytes(32)
  const stranger = await rogue(world, key)
  const score = async (): Promise<number> => (await alice.rpc.request('node_peers', {})).peers.find(({ id }) => id === stranger.id)?.score ?? 0
  const { thread } = table
  const head = (await table.status(alice)).head?.hash as Hash32
  const ack = (signer: number, signature: Uint8Array): Uint8Array => encodeMessage({ kind: 'ack', attempt: 1, thread, epoch: 0n, nonce: 1n, hash: head, signer, signature })
  const forged = sign(digestOf(head, domain), key)
  const elsewhere = encodeMessage({ kind: 'ask', attempt: 0, thread: `0x${'77'.repeat(32)}` as typeof thread, asker: 1, challenge: head })
  const bound = signInput({ nonce: 1n, gasLimit: 100_000n, to: undefined, valueWei: 0n, data: new Uint8Array() }, key, { thread, domain })
  const bad: readonly (readonly [string, Uint8Array])[] = [
    ['WIRE_UNKNOWN_VERSION', concatBytes(Uint8Array.of(9), randomBytes(200))],
    ['WIRE_UNKNOWN_KIND', concatBytes(Uint8Array.of(1, 200), randomBytes(200))],
    ['WIRE_MALFORMED', concatBytes(ack(1, forged), Uint8Array.of(0))],
    ['MESSAGE_BAD_SIGNATURE', ack(1, forged)],
    ['MESSAGE_NO_SUCH_PLAYER', ack(7, forged)],
    ['MESSAGE_WRONG_THREAD', elsewhere],
    ['INPUT_NOT_A_PLAYER', encodeMessage({ kind: 'input', attempt: 0, thread, timestampHintSec: 0n, input: bound })],
    ['NETWORK_FRAME_TOO_LARGE', randomBytes(MIB + 1)]
  ]
  assert.is(await score(), 0)
  for (const [code, bytes] of bad) {
    const before = await dropped(alice, code)
    await stranger.publish(thread, bytes)
    await until(`${code} to be counted`, async () => await dropped(alice, code) === before + 1 || undefined)
  }
  const fallen = await score()
  assert.ok(fallen < 0, String(fallen))
  await table.play([4])

  // A burst, and it is no longer heard, by stream either.
  for (let more = 1; more <= 30; more++) await stranger.publish(thread, concatBytes(ack(1, forged), randomBytes(more)))
  await until('the stranger to be cut off', async () => await score() < -80 || undefined)
  const peer = stranger.peers().find(({ sessionKey }) => sessionKey === alice.sessionKey)?.id ?? ''
  await rejects(stranger.request(peer, encodeSyncRequest({ kind: 'peers' }), { timeoutMs: 5_000 }), 'NETWORK_UNREACHABLE')
  await table.play([0, 2], 1)
  assert.equal((await table.status(alice)).evidence, 0)
})

test('a malformed question on the sync stream closes it and counts against its sender', async world => {
  const { alice } = world
  const stranger = await rogue(world, randomBytes(32))
  const peer = stranger.peers()[0]?.id ?? ''
  await rejects(stranger.request(peer, Uint8Array.of(255, 2, 3)), 'NETWORK_UNREACHABLE')
  const seen = (await alice.rpc.request('node_peers', {})).peers.find(({ id }) => id === stranger.id)
  assert.is(seen?.rejected, 1)
})

test('a player who signs two contents of one slot is found out, and the other gets its money by the court', async world => {
  const { arena, alice, bob, table, domain } = world
  const { thread } = table
  await table.reach(3)
  const { head, contract } = await table.status(alice)
  await bob.kill()
  const key = hexToBytes(bob.key)
  const liar = await rogue(world, key)
  const propose = (word: string): Uint8Array => {
    const data = hexToBytes(encodeCalldata({ signature: 'play(uint8)', args: [6] }))
    const input = signInput({ nonce: 2n, gasLimit: 200_000n, to: contract as Address, valueWei: 0n, data }, key, { thread, domain })
    const leaf = hash32(concatBytes(input.raw, input.binding))
    const breakpoint = {
      thread, epoch: 0n, nonce: 4n, parent: head?.hash as Hash32, stateRoot: `0x${word.repeat(32)}` as Hash32, inputsRoot: inputsRoot([{ leaf }]),
      timestampSec: BigInt(Math.floor(Date.now() / 1000))
    }
    return encodeMessage({ kind: 'proposal', attempt: 0, thread, breakpoint, proposer: 1, signature: sign(breakpointDigest(breakpoint, domain), key), inputs: [input] })
  }
  await liar.publish(thread, propose('aa'))
  await until('the first to be refused', async () => (await table.status(alice)).warnings.find(({ code }) => code === 'PROPOSAL_REFUSED'))
  await liar.publish(thread, propose('bb'))
  await until('the second to be kept', async () => (await table.status(alice)).evidence === 1 || undefined)
  assert.ok((await table.status(alice)).warnings.some(({ code }) => code === 'PEER_EQUIVOCATED'))

  const shown = await alice.rpc.request('thread_evidence', { thread })
  const [found] = shown.evidence
  assert.equal([shown.evidence.length, found?.signer, found?.slot, found?.contents.length], [1, 1, { epoch: 0, nonce: 4 }, 2])
  for (const { hash, signature } of found?.contents ?? []) assert.ok(verify(digestOf(hash as Hash32, domain), hexToBytes(signature as Hex), bob.sessionKey))
  const { stdout } = await alice.cli('evidence', thread)
  for (const { hash } of found?.contents ?? []) assert.match(stdout, hash)

  // Kept across a crash; nothing of it was signed; the last co-signed state is what the court gets.
  await alice.kill()
  await alice.start()
  assert.equal(await alice.rpc.request('thread_evidence', { thread }), shown)
  assert.equal((await alice.rpc.request('thread_challenge', { thread })).slot, { epoch: 0, nonce: 3 })
  await table.phase(alice, 'dispute')
  await arena.passTime(200)
  // Two stakes are in the game: shared, for it has no settlement function.
  assert.equal((await alice.rpc.request('thread_settle', { thread })).payoutsUnits, [ETHER, ETHER].map(String))
  assert.is((await table.phase(alice, 'settled')).balances?.leftoverWei, (2n * STAKE).toString())
})

test.run()
