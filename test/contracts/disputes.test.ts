import { AbiCoder, keccak256 } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asAddress, bytesToHex, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { sign } from '../../src/protocol/crypto.js'
import { breakpointDigest, breakpointHash, closeDigest, idleDigest } from '../../src/protocol/typed-data.js'
import type { Breakpoint, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, logOf } from './arena.js'
import { breakpointToAbi, joined, NO_BREAKPOINT, WINDOW, type Game, type GameOptions } from './game.js'

const arena = await Arena.create()
const test = suite('contracts/Threads: disputes')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const outsider = arena.account(18)
const oracle = arena.account(17)
const started = async (options: GameOptions = {}): Promise<Game> => (await arena.game(options)).start()

/** The four calls that take a certificate. */
const METHODS = ['checkpoint', 'challenge', 'respond', 'resume'] as const

/** A thread in which `method` is in place, and a breakpoint that it takes. */
async function readyFor (method: typeof METHODS[number], options: GameOptions = {}): Promise<[Game, Breakpoint]> {
  const game = await started(options)
  if (method === 'checkpoint' || method === 'challenge') return [game, game.breakpoint({ nonce: 4n })]
  const first = game.breakpoint({ nonce: 3n })
  await game.record_('challenge', first)
  return [game, method === 'respond' ? game.breakpoint({ nonce: 4n }) : game.breakpoint({ epoch: 1n, nonce: 4n, parent: breakpointHash(first) })]
}

// ---------------------------------------------------------------- happy paths

for (const count of [2, 3, 16]) {
  for (const method of METHODS) {
    condition(`${method}, ${count} players: the certificate is recorded and logged`, async () => {
      const [game, breakpoint] = await readyFor(method, { count })
      const sent = await game.record_(method, breakpoint)
      const { epoch, nonce, parent, stateRoot, inputsRoot, timestampSec } = breakpoint
      assert.equal([...logOf(sent, 'BREAKPOINT')], [game.id, epoch, nonce, parent, stateRoot, inputsRoot, timestampSec])
      const record = await game.record()
      assert.equal([record.confirmedEpoch, record.nonce, record.recorded], [epoch, nonce, breakpointHash(breakpoint)])
    })
  }
}

condition('checkpoint: without a record any slot is above it, then only higher ones', async () => {
  const game = await started()
  await game.record_('checkpoint', game.breakpoint({ nonce: 0n }), outsider)
  await rejects(game.record_('checkpoint', game.breakpoint({ nonce: 0n })), 'StaleSlot')
  await game.record_('checkpoint', game.breakpoint({ nonce: 1n }))
  await game.record_('checkpoint', game.breakpoint({ nonce: 900n }))
  await rejects(game.record_('checkpoint', game.breakpoint({ nonce: 899n })), 'StaleSlot')
})

condition('checkpoint: nonces up to 2^48 - 2 are recorded', async () => {
  const game = await started()
  await game.record_('checkpoint', game.breakpoint({ nonce: 2n ** 48n - 2n }))
  assert.is((await game.record()).nonce, 2n ** 48n - 2n)
  await rejects(game.record_('checkpoint', game.breakpoint({ nonce: 2n ** 48n - 1n })), 'NonceTooHigh')
  await rejects(game.record_('checkpoint', game.breakpoint({ nonce: 2n ** 64n - 1n })), 'NonceTooHigh')
})

condition('challenge: opens dispute 1 for two windows, the first of them for evidence', async () => {
  const game = await started()
  const breakpoint = game.breakpoint({ nonce: 4n })
  const sent = await game.record_('challenge', breakpoint, game.player(1))
  const [, k, recorded, epoch, nonce, until, ends, by] = [...logOf(sent, 'Challenged')] as [Hex, bigint, Hex, bigint, bigint, bigint, bigint, string]
  assert.equal([k, recorded, epoch, nonce], [1n, breakpointHash(breakpoint), 0n, 4n])
  assert.equal([until, ends, asAddress(by)], [sent.timestampSec + WINDOW, sent.timestampSec + 2n * WINDOW, game.player(1)])
  const record = await game.record()
  assert.equal([record.phase, record.dispute, record.endsAt], [3n, 1n, ends])
})

condition('challenge: without a certificate it restates nothing, or what is recorded', async () => {
  const [empty, game] = [await started(), await started()]
  const about = async (game: Game): Promise<unknown[]> => [...logOf(await game.challenge(), 'Challenged')].slice(1, 5) as unknown[]
  assert.equal(await about(empty), [1n, ZERO_HASH, 0n, 0n])
  const breakpoint = game.breakpoint({ nonce: 4n })
  await game.record_('checkpoint', breakpoint)
  assert.equal(await about(game), [1n, breakpointHash(breakpoint), 0n, 4n])
})

condition('challenge: a breakpoint that nobody signed must be all zero', async () => {
  const game = await started()
  for (let field = 0; field < 6; field++) {
    const one = NO_BREAKPOINT.map((value, i) => i !== field ? value : typeof value === 'bigint' ? 1n : `0x${'00'.repeat(31)}01`)
    await rejects(arena.court_(game.player(0), 'challenge', [game.abi, one, '0x']), 'UnsignedBreakpoint')
  }
})

condition('challenge: players, session keys and the oracle may, nobody else', async () => {
  const options = { oracle, oracleFee: 1n, sessionKeys: [arena.account(5), arena.account(6)] }
  for (const from of [arena.account(0), arena.account(1), arena.account(5), arena.account(6), oracle]) {
    await (await started(options)).challenge(from)
  }
  await rejects((await started(options)).challenge(outsider), 'NotParticipant')
  await rejects((await started()).challenge(oracle), 'NotParticipant')
})

condition('challenge: after 2^32 - 1 disputes no other can be opened', async () => {
  const game = await started()
  const slot = keccak256(AbiCoder.defaultAbiCoder().encode(['bytes32', 'uint256'], [game.id, 0n]))
  const record = BigInt(await arena.rpc('eth_getStorageAt', arena.court, slot, 'latest') as Hex) | (0xfffffffen << 52n)
  await arena.rpc('anvil_setStorageAt', arena.court, slot, `0x${record.toString(16).padStart(64, '0')}`)
  await game.challenge()
  assert.is((await game.record()).dispute, 2n ** 32n - 1n)
  await rejects(game.record_('respond', game.breakpoint()), 'TooManyDisputes')
})

condition('respond: by anyone; the dispute gets the next number and keeps its times', async () => {
  const [game, breakpoint] = await readyFor('respond')
  const before = await game.record()
  assert.is(logOf(await game.record_('respond', breakpoint, outsider), 'Responded')['k'], 2n)
  const after = await game.record()
  assert.equal([after.dispute, after.endsAt, after.phase], [2n, before.endsAt, 3n])
})

condition('resume: the dispute is over, its epoch is the confirmed one, and older epochs are worth nothing', async () => {
  const [game, breakpoint] = await readyFor('resume')
  assert.is(logOf(await game.record_('resume', breakpoint, outsider), 'Resumed')['epoch'], 1n)
  const record = await game.record()
  assert.equal([record.phase, record.confirmedEpoch, record.nonce, record.endsAt], [2n, 1n, 4n, 0n])
  await rejects(game.record_('checkpoint', game.breakpoint({ nonce: 99n })), 'WrongEpoch')
  await rejects(game.record_('checkpoint', game.breakpoint({ epoch: 1n, nonce: 4n })), 'StaleSlot')
  await game.record_('checkpoint', game.breakpoint({ epoch: 1n, nonce: 5n }))
  await game.challenge()
  assert.is((await game.record()).dispute, 2n)
})

condition('resume: where nothing is recorded, slot (k, 0) with no parent goes on', async () => {
  const game = await started()
  await game.challenge()
  await rejects(game.record_('resume', game.breakpoint({ epoch: 1n, nonce: 1n })), 'WrongNonce')
  await rejects(game.record_('resume', game.breakpoint({ epoch: 1n, parent: breakpointHash(game.breakpoint()) })), 'WrongParent')
  await game.record_('resume', game.breakpoint({ epoch: 1n }))
  assert.is((await game.record()).nonce, 0n)
})

condition('resume: a certificate for a lineage that a response replaced is worth nothing', async () => {
  const [game, breakpoint] = await readyFor('resume')
  const higher = game.breakpoint({ nonce: 6n })
  await game.record_('respond', higher)
  await rejects(game.record_('resume', breakpoint), 'WrongEpoch')
  await rejects(game.record_('resume', { ...breakpoint, epoch: 2n }), 'WrongNonce')
  await rejects(game.record_('resume', { ...breakpoint, epoch: 2n, nonce: 7n }), 'WrongParent')
  await game.record_('resume', { ...breakpoint, epoch: 2n, nonce: 7n, parent: breakpointHash(higher) })
})

// ---------------------------------------------------------------- slots and phases

for (const method of ['checkpoint', 'challenge', 'respond'] as const) {
  condition(`${method}: another epoch, the recorded slot and a lower one are refused`, async () => {
    const [game, breakpoint] = await readyFor(method)
    if (method !== 'respond') await game.record_('checkpoint', game.breakpoint({ nonce: 3n }))
    await rejects(game.record_(method, { ...breakpoint, epoch: 1n }), 'WrongEpoch')
    await rejects(game.record_(method, { ...breakpoint, epoch: 2n ** 32n }), 'WrongEpoch')
    await rejects(game.record_(method, { ...breakpoint, nonce: 3n }), 'StaleSlot')
    await rejects(game.record_(method, { ...breakpoint, nonce: 2n }), 'StaleSlot')
  })
}

condition('each call is refused in the phases that are not its own', async () => {
  const joining = await arena.game()
  const breakpoint = joining.breakpoint({ nonce: 4n })
  for (const method of METHODS) await rejects(joining.record_(method, breakpoint), 'UnknownThread')
  await joining.open()
  for (const method of METHODS) await rejects(joining.record_(method, breakpoint), 'WrongPhase')
  const active = await started()
  for (const method of ['respond', 'resume']) await rejects(active.record_(method, active.breakpoint({ nonce: 4n })), 'WrongPhase')
  await active.challenge()
  for (const method of ['checkpoint', 'challenge']) await rejects(active.record_(method, active.breakpoint({ nonce: 4n })), 'WrongPhase')
  await active.close(active.closing([2n * 10n ** 18n, 0n]))
  for (const method of METHODS) await rejects(active.record_(method, active.breakpoint({ nonce: 4n })), 'WrongPhase')
})

// ---------------------------------------------------------------- windows, to the second

const edges: [string, 'respond' | 'resume', bigint, string | undefined][] = [
  ['a second before E', 'respond', WINDOW - 1n, undefined],
  ['at E', 'respond', WINDOW, 'EvidenceOver'],
  ['a second before D', 'resume', 2n * WINDOW - 1n, undefined],
  ['at D', 'resume', 2n * WINDOW, 'DisputeOver']
]
for (const [when, method, after, code] of edges) {
  condition(`${method}: ${when} it ${code === undefined ? 'is in time' : `is refused with ${code}`}`, async () => {
    const [game, breakpoint] = await readyFor(method)
    const { endsAt } = await game.record()
    await arena.at(endsAt - 2n * WINDOW + after)
    if (code === undefined) await game.record_(method, breakpoint)
    else await rejects(game.record_(method, breakpoint), code)
  })
}

// ---------------------------------------------------------------- signatures

/** What is sent in place of everybody's signatures, for a breakpoint that is otherwise in order. */
const forgeries: [string, (game: Game, breakpoint: Breakpoint) => Hex | Promise<Hex>, string][] = [
  ['of another thread', async (_, breakpoint) => { const other = await arena.game(); return other.signatures({ ...breakpoint, thread: other.id }) }, 'BadSignature'],
  ['for another chain', (game, breakpoint) => game.signatures(breakpoint, { ...arena.domain, chainId: 1n }), 'BadSignature'],
  ['for another court', (game, breakpoint) => game.signatures(breakpoint, { ...arena.domain, court: oracle }), 'BadSignature'],
  ['for another slot', (game, breakpoint) => game.signatures({ ...breakpoint, nonce: breakpoint.nonce + 1n }), 'BadSignature'],
  ['for another epoch', (game, breakpoint) => game.signatures({ ...breakpoint, epoch: breakpoint.epoch + 1n }), 'BadSignature'],
  ['for another state', (game, breakpoint) => game.signatures({ ...breakpoint, stateRoot: ZERO_HASH }), 'BadSignature'],
  ['for other inputs', (game, breakpoint) => game.signatures({ ...breakpoint, inputsRoot: ZERO_HASH }), 'BadSignature'],
  ['for another time', (game, breakpoint) => game.signatures({ ...breakpoint, timestampSec: 1n }), 'BadSignature'],
  ['for another parent', (game, breakpoint) => game.signatures({ ...breakpoint, parent: breakpoint.inputsRoot }), 'BadSignature'],
  ['of a Close in that slot', (game, { epoch, nonce, parent }) => game.signAll(closeDigest({ ...game.closing([1n, 1n]), epoch, nonce, parent }, arena.domain)), 'BadSignature'],
  ['of an Idle in that slot', (game, { epoch, nonce, thread, timestampSec }) => game.signAll(idleDigest({ epoch, nonce, thread, timestampSec }, arena.domain)), 'BadSignature'],
  ['over the bare hash', (game, breakpoint) => game.signAll(hexToBytes(breakpointHash(breakpoint))), 'BadSignature'],
  ["in another order than the players'", (game, breakpoint) => ownSignatures(game, breakpoint, ([a, b]) => [b, a]), 'BadSignature'],
  ['of one player twice', (game, breakpoint) => ownSignatures(game, breakpoint, ([a]) => [a, a]), 'BadSignature'],
  ['of one player only', (game, breakpoint) => ownSignatures(game, breakpoint, ([a]) => [a]), 'BadSignatureLength'],
  ['and one more', (game, breakpoint) => ownSignatures(game, breakpoint, ([a, b]) => [a, b, b]), 'BadSignatureLength'],
  ['of 64 bytes (EIP-2098)', (game, breakpoint) => ownSignatures(game, breakpoint, list => list.map(compact)), 'BadSignatureLength'],
  ['and one byte', (game, breakpoint) => `${game.signatures(breakpoint)}00`, 'BadSignatureLength'],
  ['with s in the upper half', (game, breakpoint) => ownSignatures(game, breakpoint, ([a, b]) => [a, upper(b)]), 'MalleableSignature'],
  ['with v 0 or 1', (game, breakpoint) => ownSignatures(game, breakpoint, ([a, b]) => [a, withV(b, (b[64] ?? 27) - 27)]), 'BadSignature'],
  ['with the other v', (game, breakpoint) => ownSignatures(game, breakpoint, ([a, b]) => [a, withV(b, 55 - (b[64] ?? 27))]), 'BadSignature'],
  ['of zeros', (game, breakpoint) => ownSignatures(game, breakpoint, ([a]) => [a, new Uint8Array(65)]), 'BadSignature']
]
for (const [title, forge, code] of forgeries) {
  condition(`signatures ${title} are refused with ${code} by every call`, async () => {
    for (const method of METHODS) {
      const [game, breakpoint] = await readyFor(method)
      const signatures = await forge(game, breakpoint)
      await rejects(arena.court_(game.player(0), method, [game.abi, breakpointToAbi(breakpoint), signatures]), code)
    }
  })
}

function ownSignatures (game: Game, breakpoint: Breakpoint, change: (list: [Uint8Array, Uint8Array]) => Uint8Array[]): Hex {
  const [a, b] = game.keys.map(key => sign(breakpointDigest(breakpoint, arena.domain), key))
  if (a === undefined || b === undefined) throw new Error('two players')
  return joined(change([a, b]))
}

function withV (signature: Uint8Array, v: number): Uint8Array {
  return Uint8Array.of(...signature.subarray(0, 64), v)
}

/** The same signature with the other s. */
function upper (signature: Uint8Array): Uint8Array {
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
  const s = order - BigInt(bytesToHex(signature.subarray(32, 64)))
  return Uint8Array.of(...signature.subarray(0, 32), ...hexToBytes(`0x${s.toString(16).padStart(64, '0')}`), 55 - (signature[64] ?? 27))
}

/** EIP-2098. */
function compact (signature: Uint8Array): Uint8Array {
  const short = signature.slice(0, 64)
  if (signature[64] === 28) short[32] = (short[32] ?? 0) | 0x80
  return short
}

test.run()
