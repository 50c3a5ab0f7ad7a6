/** Codes that the judge finds on the chain: what the reference says is what the judge puts together. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { concatBytes } from '../../src/protocol/bytes.js'
import { keccak256 } from '../../src/protocol/crypto.js'
import type { Address } from '../../src/protocol/types.js'
import { encodeCode } from '../../src/machine/code-reference.js'
import { Judgement } from '../../src/machine/judgement.js'
import { Machine } from '../../src/machine/machine.js'
import { witnessOf } from '../../src/machine/witness.js'
import { createVerifier, effectOf, errorOf, matterFor, verdictOf } from './judging.js'
import { batchOf, ETHER, threadFor, ticTacToe } from './thread.js'

const test = suite('code-reference')
const HOLDER = `0x${'77'.repeat(20)}` as Address
/** Bytes without order, so that nothing is found by chance. */
const noise = (size: number, seed: number): Uint8Array => concatBytes(...Array.from({ length: size / 32 }, (_, i) => keccak256(Uint8Array.of(seed, i & 0xff, i >> 8))))
const code = noise(640, 1)

test('a code that nobody holds is given byte by byte', () => {
  assert.equal(encodeCode(code, []), Uint8Array.of(0, 0, 2, 128, ...code))
  assert.equal(encodeCode(code, [{ address: HOLDER, code: noise(6400, 2) }]), Uint8Array.of(0, 0, 2, 128, ...code))
})

test('a code that somebody holds is given by address, place and size', () => {
  const holder = { address: HOLDER, code: concatBytes(noise(320, 3), code, noise(32, 4)) }
  assert.equal(encodeCode(code, [holder]), Uint8Array.of(1, ...new Uint8Array(20).fill(0x77), 0, 1, 64, 0, 2, 128, 0))
})

test('a value that stands in several places of the code, and not with the holder, is given once', () => {
  const patched = code.slice()
  const value = new Uint8Array(20).fill(0xab)
  for (const at of [100, 300]) patched.set(value, at)
  patched[400] = (patched[400] ?? 0) ^ 1
  const reference = encodeCode(patched, [{ address: HOLDER, code }])
  assert.equal(reference.slice(27), Uint8Array.of(2, 20, ...value, 2, 0, 100, 1, 44, 1, patched[400] ?? 0, 1, 1, 144))
})

test('a contract with immutables is found in its creation code, and judged all the same; with a holder that has something else, refused', async () => {
  const game = await ticTacToe()
  const { machine } = await Machine.genesis(game.context, game.code)
  const input = game.input(0, { nonce: 1n, to: machine.contract, data: game.play(4), valueWei: ETHER })
  const holder = { address: HOLDER, code: concatBytes(Uint8Array.of(0), game.code) }
  const runtime = machine.code(machine.contract)
  assert.ok(encodeCode(runtime, [holder]).length < 250, `${encodeCode(runtime, [holder]).length} bytes`)
  const bare = await matterFor(machine, batchOf(1n, [input]), input)
  const matter = { ...bare, holders: [holder] }
  assert.ok(witnessOf(matter.view, matter.touched).accounts.some(({ code: used }) => used !== undefined))

  const verifier = await createVerifier()
  const inline = verdictOf(await new Judgement(verifier, bare).next())
  assert.is(errorOf(await new Judgement(verifier, matter).next()), 'OtherRoot')
  await verifier.hold(holder)
  const held = await new Judgement(verifier, matter).next()
  assert.equal(effectOf(verdictOf(held)), effectOf(inline))
  assert.ok(held.data.length < 1_232, `${held.data.length} bytes`)
})

test('patches beyond the end of the code are refused', async () => {
  const thread = threadFor(noise(64, 9), { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  const input = thread.input(0, { nonce: 1n, to: machine.contract })
  const matter = await matterFor(machine, batchOf(1n, [input]), input)
  const held = thread.code.slice()
  held[63] = (held[63] ?? 0) ^ 1
  const holder = { address: HOLDER, code: held }
  const verifier = await createVerifier()
  await verifier.hold(holder)
  const good = await new Judgement(verifier, { ...matter, holders: [holder] }).next()
  assert.is(errorOf(good), 'a verdict: final')
  // The one place of the one patch, 63, becomes 64.
  const reference = encodeCode(thread.code, [holder])
  const start = good.data.findIndex((_, at) => reference.every((byte, i) => good.data[at + i] === byte))
  assert.ok(start > 0)
  const bad = good.data.slice()
  bad[start + reference.length - 1] = 64
  assert.is(errorOf(await verifier.call(bad)), 'BadWitness')
})

test.run()
