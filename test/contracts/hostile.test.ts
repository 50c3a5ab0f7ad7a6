// time limit: 300 s
/** The court with the real judge, against callers who choose their gas, inputs in the wrong place, and settlement functions that do what they should not. */
import { Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32, sign } from '../../src/protocol/crypto.js'
import { breakpointHash, inputDigest } from '../../src/protocol/typed-data.js'
import type { Breakpoint, Hash32, Hex, Input } from '../../src/protocol/types.js'
import { Arena, artifactOf, interfaceOf, logOf, Reverted } from './arena.js'
import { breakpointToAbi, lastInputToAbi, moveToAbi, WINDOW, type GameOptions, type LastInput, type Move } from './game.js'
import { JudgedGame } from './judged.js'

const ETHER = 10n ** 18n
/** EIP-7825. */
const MOST_GAS = 16_777_216n
const [PAY, REENTER, REENTER_AND_FAIL] = [0, 1, 2]

const arena = await Arena.create({ judge: 'Judge', args: ['--enable-tx-gas-limit'] })
const test = suite('contracts/Threads: hostile')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }

const [unruly, looping, settling, judge] = [await interfaceOf('Unruly'), await interfaceOf('Looping'), await interfaceOf('Settling'), new Interface((await artifactOf('IJudge')).abi)]
const call = (abi: Interface, name: string, ...args: unknown[]): Uint8Array => hexToBytes(abi.encodeFunctionData(name, args) as Hex)
const lastOf = (input: Input): LastInput => ({ player: input.player, others: [], raw: input.raw, binding: input.binding })

/** A thread whose contract can be told what to be. Gas enough to create it and little more: a settlement function that loops uses it all. */
async function newThread (name: 'Unruly' | 'Looping'): Promise<JudgedGame> {
  const gasLimit = name === 'Looping' ? 200_000n : 600_000n
  return await JudgedGame.create(arena, name, new Uint8Array(), { settlement: unruly.getFunction('settle')?.selector as Hex, gasLimit })
}

/** A co-signed state in which the contract has half an ether of each player and this manner; challenged. */
async function disputed (mode: number | boolean): Promise<{ thread: JudgedGame, base: Breakpoint, last: Input, openedSec: bigint }> {
  const thread = await newThread(typeof mode === 'boolean' ? 'Looping' : 'Unruly')
  await thread.play(thread.input(0, be(mode), ETHER / 2n), await arena.nowSec())
  const last = thread.input(1, be(mode), ETHER / 2n)
  const base = await thread.play(last, await arena.nowSec())
  const { timestampSec: openedSec } = await thread.game.record_('challenge', base)
  return { thread, base, last, openedSec }
}

/** The input's data; a truth value is for the contract that loops. */
function be (mode: number | boolean): Uint8Array {
  return typeof mode === 'boolean' ? call(looping, 'be', mode) : call(unruly, 'be', mode)
}

/** The name of the judge's or the court's error. */
async function refusal (sent: Promise<unknown>): Promise<string> {
  const error = await sent.then(() => undefined, (caught: unknown) => caught)
  if (!(error instanceof Reverted)) throw error instanceof Error ? error : new Error('it was taken')
  const data = /^UNNAMED (0x.*)$/.exec(error.code)?.[1]
  return data === undefined ? error.code : judge.parseError(data)?.name ?? error.code
}

/** Makes the call with each amount of gas, on the chain as it is, and says what stood afterwards, each once. */
async function withEachGas (method: string, args: readonly unknown[], atSec: bigint, [from, to, step]: readonly [bigint, bigint, bigint], seen: () => Promise<string>): Promise<string[]> {
  const data = arena.abi.encodeFunctionData(method, args) as Hex
  const outcomes = new Set<string>()
  for (let gas = from; gas <= to; gas += step) {
    const snapshot = await arena.rpc('evm_snapshot')
    await arena.at(atSec)
    await arena.send({ from: arena.account(9), to: arena.court, data, gas }).catch((error: unknown) => { if (!(error instanceof Reverted)) throw error })
    outcomes.add(await seen())
    await arena.rpc('evm_revert', snapshot)
  }
  return [...outcomes].sort()
}

condition('advance: an input that asks the precompiles is recorded as it is, whatever gas the caller gives, or not at all', async () => {
  const { thread, base, openedSec } = await disputed(PAY)
  const { game } = thread
  const input = thread.input(0, call(unruly, 'compute', 77))
  const { move, witnesses: [witness = '0x'] } = await thread.force(input, 1n, openedSec + 1n)
  const expected = breakpointHash(await thread.play(input, openedSec + 1n, 1n))
  const outcome = async (): Promise<string> => ({ [expected]: 'the move', [breakpointHash(base)]: 'nothing' })[(await game.record()).recorded] ?? 'something else'
  const outcomes = await withEachGas('advance', [game.abi, breakpointToAbi(base), moveToAbi(move), witness], openedSec + 1n, [100_000n, 500_000n, 3_001n], outcome)
  assert.equal(outcomes, ['nothing', 'the move'])
})

condition('refute: a good move stands, whatever gas the caller gives', async () => {
  const { thread, base, openedSec } = await disputed(PAY)
  const { game } = thread
  const input = thread.input(0, be(PAY))
  const { move, witnesses: [moving = '0x'] } = await thread.force(input, 1n, openedSec + 1n)
  const tip = await thread.play(input, openedSec + 1n, 1n)
  await arena.at(openedSec + 1n)
  await game.advance(base, move, moving)
  const { witness } = await thread.settlement(game.player(0), openedSec + 1n + WINDOW)
  const args = [game.abi, breakpointToAbi(tip), breakpointToAbi(base), lastInputToAbi(lastOf(input)), ZERO_HASH, witness]
  const outcomes = await withEachGas('refute', args, openedSec + 2n, [80_000n, 400_000n, 4_001n], async () => (await game.record()).recorded)
  assert.equal(outcomes, [breakpointHash(tip)])
})

condition('settleByFunction: it pays what the contract says, whatever gas the caller gives, or nothing', async () => {
  const { thread, base, last, openedSec } = await disputed(PAY)
  const { game } = thread
  const endsAt = openedSec + 2n * WINDOW
  const { witness, root } = await thread.settlement(game.player(1), endsAt)
  const { proofs, root: expected } = await thread.settled([ETHER / 2n, ETHER * 3n / 2n])
  assert.is(expected, root)
  const before = await arena.balance(game.terms.asset, game.player(1))
  const outcome = async (): Promise<string> => `${await arena.balance(game.terms.asset, game.player(1)) - before}`
  const outcomes = await withEachGas('settleByFunction', [game.abi, breakpointToAbi(base), lastInputToAbi(lastOf(last)), ZERO_HASH, witness, proofs], endsAt, [100_000n, 500_000n, 4_001n], outcome)
  assert.equal(outcomes, ['0', `${ETHER * 3n / 2n}`])
})

condition('advance: inputs in the wrong order, one that was made already and one of another thread are refused, though their Force is in order', async () => {
  // Before the dispute: the chain's clock goes on with each block.
  const elsewhere = (await newThread('Unruly')).input(0, be(PAY))
  const { thread, base, openedSec } = await disputed(PAY)
  const { game } = thread
  const first = thread.input(0, be(PAY))
  const { move, witnesses: [witness = '0x'] } = await thread.force(first, 1n, openedSec + 1n)
  const tip = await thread.play(first, openedSec + 1n, 1n)
  const second = thread.input(0, be(PAY))
  const again = await thread.force(second, 1n, openedSec + 2n)
  await arena.at(openedSec + 1n)
  assert.is(await refusal(game.advance(base, game.move(0, base, 1n, openedSec + 1n, { input: second }), witness)), 'WrongNonce')
  const binding = sign(inputDigest(game.id, hash32(elsewhere.raw), game.domain), game.keys[0] ?? new Uint8Array())
  const foreign = { raw: elsewhere.raw, binding }
  await arena.at(openedSec + 1n)
  assert.is(await refusal(game.advance(base, game.move(0, base, 1n, openedSec + 1n, { input: foreign }), witness)), 'WrongChain')
  await arena.at(openedSec + 1n)
  await game.advance(base, move, witness)
  await arena.at(openedSec + 2n)
  assert.is(await refusal(game.advance(tip, game.move(0, tip, 1n, openedSec + 2n, { input: first }), again.witnesses[0] ?? '0x')), 'WrongNonce')
})

for (const [title, mode] of [['loops until its gas is gone', true], ['fails after it has paid and called itself', REENTER_AND_FAIL]] as const) {
  condition(`settleByFunction: a settlement function that ${title} counts for nothing on a co-signed state: the shares are paid`, async () => {
    const { thread, base, last, openedSec } = await disputed(mode)
    const endsAt = openedSec + 2n * WINDOW
    const { witness, root } = await thread.settlement(thread.game.player(1), endsAt)
    assert.is(root, undefined)
    await arena.at(endsAt)
    const sent = await thread.game.settleByFunction(base, lastOf(last), witness, await thread.proofs())
    assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [ETHER, ETHER])
  })
}

condition('settleByFunction: a settlement function that calls itself pays once', async () => {
  const { thread, base, last, openedSec } = await disputed(REENTER)
  const endsAt = openedSec + 2n * WINDOW
  const { witness, root } = await thread.settlement(thread.game.player(1), endsAt)
  const settled = await thread.settled([ETHER / 2n, ETHER * 3n / 2n])
  assert.is(settled.root, root)
  await arena.at(endsAt)
  const sent = await thread.game.settleByFunction(base, lastOf(last), witness, settled.proofs)
  assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [ETHER / 2n, ETHER * 3n / 2n])
})

for (const [title, from, to] of [['loops', false, true], ['calls itself and fails', PAY, REENTER_AND_FAIL]] as const) {
  condition(`refute: a move after which settlement ${title} is dropped`, async () => {
    const { thread, base, openedSec } = await disputed(from)
    const { game } = thread
    const input = thread.input(0, be(to))
    const { move, witnesses: [moving = '0x'] } = await thread.force(input, 1n, openedSec + 1n)
    const tip = await thread.play(input, openedSec + 1n, 1n)
    await arena.at(openedSec + 1n)
    await game.advance(base, move, moving)
    const { witness } = await thread.settlement(game.player(0), openedSec + 1n + WINDOW)
    await game.refute(tip, base, lastOf(input), witness, { from: arena.account(9) })
    assert.is((await game.record()).recorded, breakpointHash(base))
  })
}

condition("advance: a move that just fits into a transaction's most gas is made in one; one that just does not takes two, and leaves nothing when it is tried in one", async () => {
  const thread = await JudgedGame.create(arena, 'Settling', new Uint8Array())
  const { game } = thread
  const base = thread.head
  const { timestampSec } = await game.record_('challenge', base)
  const atSec = timestampSec + 1n
  const inputOf = (rounds: number): Input => thread.input(0, call(settling, 'work', rounds))
  // Every length touches the same: one witness serves all.
  const { witnesses: [witness = '0x'] } = await thread.force(inputOf(1), 1n, atSec)
  const moveOf = (rounds: number): Move => game.move(0, base, 1n, atSec, { input: inputOf(rounds) })
  const inOne = async (rounds: number): Promise<boolean> => {
    const snapshot = await arena.rpc('evm_snapshot')
    await arena.at(atSec)
    const data = arena.abi.encodeFunctionData('advance', [game.abi, breakpointToAbi(base), moveToAbi(moveOf(rounds)), witness]) as Hex
    const done = await arena.send({ from: game.player(0), to: arena.court, data, gas: MOST_GAS }).then(() => true, (error: unknown) => { if (error instanceof Reverted) return false; throw error })
    const { recorded } = await game.record()
    await arena.rpc('evm_revert', snapshot)
    if (!done) assert.is(recorded, breakpointHash(base))
    return done
  }
  let [fits, above] = [1, 8192]
  while (above - fits > 1) {
    const middle = (fits + above) >> 1
    if (await inOne(middle)) fits = middle
    else above = middle
  }
  assert.ok(fits > 1000 && above < 8192, `${fits} rounds fit`)
  const long = inputOf(above)
  const { move, witnesses } = await thread.force(long, 1n, atSec, 60_000n)
  assert.is(witnesses.length, 2)
  const expected = await thread.play(long, atSec, 1n)
  let paused: Hash32 | undefined
  for (const [i, part] of witnesses.entries()) {
    await arena.at(atSec + BigInt(i))
    await game.advance(base, paused === undefined ? move : { ...move, paused }, part)
    paused = (await game.judgement(0)).paused
  }
  assert.is((await game.record()).recorded, breakpointHash(expected))
})

test.run()
