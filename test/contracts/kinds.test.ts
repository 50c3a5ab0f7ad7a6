/** Signatures of every kind in every place where the court takes one: each is good as what it was made for, in its own thread, court and chain, and as nothing else. */
import { AbiCoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32, sign } from '../../src/protocol/crypto.js'
import {
  breakpointDigest, breakpointHash, closeDigest, closeRequestDigest, forceDigest, forceHash, idleDigest, inputDigest, joinDigest, toldDigest
} from '../../src/protocol/typed-data.js'
import type { Breakpoint, Domain, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { breakpointToAbi, closeToAbi, MULTIADDR, type Game, type Move } from './game.js'
import { LocalCourt } from './local-court.js'

const ETHER = 10n ** 18n
const WALLET = new Uint8Array(32).fill(0x77)
const test = suite('contracts/Threads: kinds of signatures')
const court = await LocalCourt.create()

/** A thread, what is at stake in each place, and the digests of all kinds over it. */
type Scene = { readonly game: Game, readonly breakpoint: Breakpoint, readonly move: Move, readonly digests: Readonly<Record<string, Uint8Array>> }

/** Joined but for the second player, whose key we have; with a certificate recorded and challenged where it goes on. */
function sceneOf (domain: Domain = court.domain, elsewhere = false): Scene {
  const game = court.game({ players: [court.account(0), addressOf(WALLET)] })
  const thread = elsewhere ? court.game().id : game.id
  const breakpoint = game.breakpoint({ nonce: 4n })
  const move = game.move(0, breakpoint, 1n, breakpoint.timestampSec)
  const { epoch, nonce, parent, timestampSec } = breakpoint
  const txHash = hash32(move.raw)
  const close = { ...game.closing([ETHER, ETHER], { epoch, nonce: nonce + 1n, parent: breakpointHash(breakpoint) }), thread }
  const force = { thread, dispute: 1n, parent: breakpointHash(breakpoint), txHash, timestampSec: move.timestampSec }
  return {
    game, breakpoint, move,
    digests: {
      Breakpoint: breakpointDigest({ ...breakpoint, thread }, domain),
      Close: closeDigest(close, domain),
      CloseRequest: closeRequestDigest(close, domain),
      Idle: idleDigest({ epoch, nonce, thread, timestampSec }, domain),
      Told: toldDigest({ thread, asker: 0, challenge: breakpointHash(breakpoint), slot: { epoch, nonce } }, domain),
      Input: inputDigest(thread, txHash, domain),
      Force: forceDigest(force, domain),
      Join: joinDigest({ thread, player: addressOf(WALLET), sessionKey: game.terms.sessionKeys[1] ?? addressOf(WALLET) }, domain),
      'bare Breakpoint': hexToBytes(breakpointHash(breakpoint)),
      'bare Force': hexToBytes(forceHash(force)),
      transaction: hexToBytes(txHash)
    }
  }
}

/** The places: each brings what it needs before, and then a signature over this digest. */
const PLACES: Readonly<Record<string, { readonly kind: string, readonly refusal: string, use (scene: Scene, digest: Uint8Array): Promise<unknown> }>> = {
  'an authorisation to join': { kind: 'Join', refusal: 'BadAuthorisation', use: async ({ game }, digest) => {
    await game.open()
    await join(game, digest)
  } },
  'a checkpoint': { kind: 'Breakpoint', refusal: 'BadSignature', use: async (scene, digest) => {
    await start(scene)
    await court.court_(court.account(0), 'checkpoint', [scene.game.abi, breakpointToAbi(scene.breakpoint), scene.game.signAll(digest)])
  } },
  'a close': { kind: 'Close', refusal: 'BadSignature', use: async (scene, digest) => {
    const { game, breakpoint } = scene
    await start(scene)
    const close = game.closing([ETHER, ETHER], { epoch: breakpoint.epoch, nonce: breakpoint.nonce + 1n, parent: breakpointHash(breakpoint) })
    await court.court_(court.account(0), 'close', [game.abi, closeToAbi(close), game.signAll(digest)])
  } },
  "an input's binding": { kind: 'Input', refusal: 'BadSignature', use: async (scene, digest) => { await advance(scene, { binding: ownSignature(scene, digest) }) } },
  'a Force': { kind: 'Force', refusal: 'BadSignature', use: async (scene, digest) => { await advance(scene, { force: ownSignature(scene, digest) }) } }
}

async function start (scene: Scene): Promise<void> {
  await scene.game.open()
  await join(scene.game, joinDigest({ thread: scene.game.id, player: addressOf(WALLET), sessionKey: scene.game.terms.sessionKeys[1] ?? addressOf(WALLET) }, court.domain))
}

async function join (game: Game, digest: Uint8Array): Promise<void> {
  await court.court_(court.account(5), 'join', [game.abi, 1, MULTIADDR, bytesToHex(sign(digest, WALLET))], ETHER)
}

async function advance (scene: Scene, forged: Partial<Move>): Promise<void> {
  const { game, breakpoint, move } = scene
  await start(scene)
  await game.record_('challenge', breakpoint)
  await game.advance(breakpoint, { ...move, ...forged }, FOUND)
}

function ownSignature ({ game }: Scene, digest: Uint8Array): Uint8Array {
  return sign(digest, game.keys[0] ?? new Uint8Array())
}

const FOUND = AbiCoder.defaultAbiCoder().encode(['bool', 'bool', 'uint256', 'bytes32'], [true, true, 256n, ZERO_HASH]) as Hex

for (const [place, { kind, refusal, use }] of Object.entries(PLACES)) {
  test(`as ${place} a ${kind} is taken and a signature of every other kind refused`, async () => {
    const { digests } = sceneOf()
    for (const other of Object.keys(digests)) {
      await court.isolated(async () => {
        const scene = sceneOf()
        const used = use(scene, scene.digests[other] ?? new Uint8Array(32))
        if (other === kind) await used
        else await rejects(used, refusal)
      })
    }
  })

  for (const [where, domain, elsewhere] of [['another thread', court.domain, true], ['another chain', { ...court.domain, chainId: 2n }, false], ['another court', { ...court.domain, court: court.account(3) }, false]] as const) {
    test(`as ${place} a ${kind} of ${where} is refused`, async () => {
      await court.isolated(async () => {
        const scene = sceneOf(domain, elsewhere)
        await rejects(use(scene, scene.digests[kind] ?? new Uint8Array(32)), refusal)
      })
    })
  }
}

test('the kinds are all different', () => {
  const { digests } = sceneOf()
  assert.is(new Set(Object.values(digests).map(bytesToHex)).size, Object.keys(digests).length)
})

test.run()
