// time limit: 300 s
/** Forced moves of real contracts, executed by the real judge: the court records what the players' own machines would have signed. */
import { AbiCoder, Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes } from '../../src/protocol/bytes.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Hash32, Hex, Input } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, artifactOf, logOf, Reverted } from './arena.js'
import { breakpointToAbi, moveToAbi, WINDOW, type GameOptions, type LastInput } from './game.js'
import { JudgedGame } from './judged.js'

const ETHER = 10n ** 18n
const arena = await Arena.create({ judge: 'Judge' })
const test = suite('contracts/Threads: judged moves')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }

const [ticTacToe, settling] = [new Interface((await artifactOf('TicTacToe')).abi), new Interface((await artifactOf('Settling')).abi)]
const call = (abi: Interface, name: string, ...args: unknown[]): Uint8Array => hexToBytes(abi.encodeFunctionData(name, args) as Hex)
const lastOf = (input: Input): LastInput => ({ player: input.player, others: [], raw: input.raw, binding: input.binding })

async function newTicTacToe (): Promise<JudgedGame> {
  const ctorArg = hexToBytes(AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'uint256'], [arena.account(0), arena.account(1), ETHER / 2n, 60n]) as Hex)
  return await JudgedGame.create(arena, 'TicTacToe', ctorArg)
}

async function newSettling (options: GameOptions = {}): Promise<JudgedGame> {
  return await JudgedGame.create(arena, 'Settling', new Uint8Array(), { settlement: settling.getFunction('settle')?.selector as Hex, ...options })
}

condition("advance: a move of TicTacToe from each state of a game leaves the root, and the log, that the players' machines have", async () => {
  const thread = await newTicTacToe()
  const { game } = thread
  const { timestampSec } = await game.record_('challenge', thread.head)
  for (const [i, cell] of [4, 0, 2, 1, 6].entries()) {
    const player = i % 2
    const input = thread.input(player, call(ticTacToe, 'play', cell), i < 2 ? ETHER / 2n : 0n)
    const atSec = timestampSec + 1n + BigInt(i)
    const before = thread.head
    const { move, witnesses: [witness = '0x'] } = await thread.force(input, 1n, atSec)
    const expected = await thread.play(input, atSec, 1n)
    await arena.at(atSec)
    const sent = await game.advance(before, move, witness)
    assert.equal((await game.record()).recorded, breakpointHash(expected))
    console.log(`move ${i + 1}: ${sent.gasUsed} gas`)
  }
})

condition('advance: who is not to move, and a wrong nonce, are refused', async () => {
  const thread = await newTicTacToe()
  const { timestampSec } = await thread.game.record_('challenge', thread.head)
  const { move, witnesses: [witness = '0x'] } = await thread.force(thread.input(1, call(ticTacToe, 'play', 4), ETHER / 2n), 1n, timestampSec + 1n)
  await arena.at(timestampSec + 1n)
  await rejects(thread.game.advance(thread.head, move, witness), 'MoveReverts')
})

condition("advance: with the witness of another state it is refused, whatever that would have come to", async () => {
  const thread = await newTicTacToe()
  const { timestampSec } = await thread.game.record_('challenge', thread.head)
  const first = await thread.force(thread.input(0, call(ticTacToe, 'play', 4), ETHER / 2n), 1n, timestampSec + 1n)
  const other = await newTicTacToe()
  await other.play(other.input(0, call(ticTacToe, 'play', 4), ETHER / 2n), timestampSec)
  const second = await other.force(other.input(1, call(ticTacToe, 'play', 1), ETHER / 2n), 1n, timestampSec + 1n)
  await arena.at(timestampSec + 1n)
  await assert.not.equal(first.witnesses, second.witnesses)
  const code = await thread.game.advance(thread.head, first.move, second.witnesses[0] ?? '0x').then(() => 'taken', () => 'refused')
  assert.is(code, 'refused')
})

condition('advance: whatever gas the caller gives, the move is recorded as it is, or the transaction fails', async () => {
  const thread = await newTicTacToe()
  const { game } = thread
  const { timestampSec } = await game.record_('challenge', thread.head)
  const input = thread.input(0, call(ticTacToe, 'play', 4), ETHER / 2n)
  const { move, witnesses: [witness = '0x'] } = await thread.force(input, 1n, timestampSec + 1n)
  const before = thread.head
  const expected = breakpointHash(await thread.play(input, timestampSec + 1n, 1n))
  const data = arena.abi.encodeFunctionData('advance', [game.abi, breakpointToAbi(before), moveToAbi(move), witness]) as Hex
  const outcomes = new Map<string, number>()
  for (let gas = 100_000n; gas <= 500_000n; gas += 20_000n) {
    const snapshot = await arena.rpc('evm_snapshot')
    await arena.at(timestampSec + 1n)
    await arena.send({ from: game.player(0), to: arena.court, data, gas }).catch((error: unknown) => { if (!(error instanceof Reverted)) throw error })
    const { recorded } = await game.record()
    const outcome = recorded === expected ? 'the move' : recorded === breakpointHash(before) ? 'nothing' : 'something else'
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    await arena.rpc('evm_revert', snapshot)
  }
  assert.equal([...outcomes.keys()].sort(), ['nothing', 'the move'])
})

condition('challengeAndAdvance: a player who is alone is through in one transaction', async () => {
  const thread = await newTicTacToe()
  const { game } = thread
  const nowSec = await arena.nowSec() + 5n
  const input = thread.input(0, call(ticTacToe, 'play', 4), ETHER / 2n)
  const { move, witnesses: [witness = '0x'] } = await thread.force(input, 1n, nowSec)
  const before = thread.head
  const expected = await thread.play(input, nowSec, 1n)
  await arena.at(nowSec)
  const sent = await arena.court_(game.player(0), 'challengeAndAdvance', [game.abi, breakpointToAbi(before), game.signatures(before), moveToAbi(move), witness])
  assert.equal([(await game.record()).recorded, (await game.record()).endsAt], [breakpointHash(expected), nowSec + 2n * WINDOW])
  console.log(`challenge and move: ${sent.gasUsed} gas`)
})

condition('advance: a move too long for one transaction goes on over several, to the same root', async () => {
  const thread = await newSettling()
  const { game } = thread
  const { timestampSec } = await game.record_('challenge', thread.head)
  const input = thread.input(0, call(settling, 'work', 1000))
  const { move, witnesses } = await thread.force(input, 1n, timestampSec + 1n, 12_000n)
  assert.ok(witnesses.length >= 3, `${witnesses.length} transactions`)
  const before = thread.head
  const expected = await thread.play(input, timestampSec + 1n, 1n)
  let paused: Hash32 | undefined
  for (const [i, witness] of witnesses.entries()) {
    await arena.at(timestampSec + 1n + BigInt(i))
    await game.advance(before, paused === undefined ? move : { ...move, paused }, witness)
    paused = (await game.judgement(0)).paused
  }
  assert.equal((await game.record()).recorded, breakpointHash(expected))
})

condition('settleByFunction: who moved last in the dispute takes what the contract pays it', async () => {
  const thread = await newSettling()
  const { game } = thread
  await thread.play(thread.input(0, call(settling, 'move'), ETHER / 2n), await arena.nowSec())
  const base = thread.head
  const { timestampSec } = await game.record_('challenge', base)
  const input = thread.input(1, call(settling, 'move'), ETHER / 4n)
  const { move, witnesses: [moving = '0x'] } = await thread.force(input, 1n, timestampSec + 1n)
  const tip = await thread.play(input, timestampSec + 1n, 1n)
  await arena.at(timestampSec + 1n)
  await game.advance(base, move, moving)
  const { witness, root } = await thread.settlement(game.player(1), timestampSec + 1n + WINDOW)
  await rejects(game.refute(tip, base, lastOf(input), witness), 'MoveStands')
  await arena.at(timestampSec + 2n * WINDOW)
  const state = await proofsAfter(thread, root, [ETHER / 2n, ETHER * 3n / 2n])
  const sent = await game.settleByFunction(tip, lastOf(input), witness, state)
  assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [ETHER / 2n, ETHER * 3n / 2n])
  console.log(`settlement by the contract: ${sent.gasUsed} gas`)
})

condition('refute: a move after which the contract cannot be settled is dropped by execution, and what stood before is settled', async () => {
  const thread = await newSettling()
  const { game } = thread
  const first = thread.input(0, call(settling, 'move'), ETHER / 2n)
  const base = await thread.play(first, await arena.nowSec())
  const { timestampSec } = await game.record_('challenge', base)
  const settling_ = await thread.settlement(game.player(0), timestampSec + 2n * WINDOW)
  const atD = await proofsAfter(thread, settling_.root, [ETHER, ETHER])
  const input = thread.input(1, call(settling, 'breakSettlement'))
  const { move, witnesses: [moving = '0x'] } = await thread.force(input, 1n, timestampSec + 1n)
  const tip = await thread.play(input, timestampSec + 1n, 1n)
  await arena.at(timestampSec + 1n)
  await game.advance(base, move, moving)
  const { witness, root } = await thread.settlement(game.player(1), timestampSec + 1n + WINDOW)
  assert.is(root, undefined)
  await arena.at(timestampSec + 2n)
  await game.refute(tip, base, lastOf(input), witness, { from: arena.account(9) })
  assert.equal((await game.record()).recorded, breakpointHash(base))
  await arena.at(timestampSec + 2n * WINDOW)
  const sent = await game.settleByFunction(base, lastOf(first), settling_.witness, atD)
  assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [ETHER, ETHER])
})

condition('settleByFunction: over two transactions, whatever somebody else has begun with a witness that lacks what comes later', async () => {
  const thread = await newSettling()
  const { game } = thread
  const first = thread.input(0, call(settling, 'move'), ETHER / 2n)
  const base = await thread.play(first, await arena.nowSec())
  const { timestampSec } = await game.record_('challenge', base)
  const atD = timestampSec + 2n * WINDOW
  const poor = await thread.settlement(game.player(0), atD, 20n)
  const { witnesses: [beginning, end], root } = await thread.settlementInTwo(game.player(0), atD, 100n)
  const state = await proofsAfter(thread, root, [ETHER, ETHER])
  await arena.at(atD)
  await game.settleByFunction(base, lastOf(first), poor.witness, state, { from: arena.account(9) })
  const paused = logOf(await game.settleByFunction(base, lastOf(first), beginning, state), 'Trying')['paused'] as Hash32
  await game.settleByFunction(base, lastOf(first), poor.witness, state, { from: arena.account(9) })
  const sent = await game.settleByFunction(base, lastOf(first), end, state, { paused })
  assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [ETHER, ETHER])
})

/** Proofs of what the players own after the settlement, whose root the judge has found. */
async function proofsAfter (thread: JudgedGame, root: Hash32 | undefined, balances: readonly bigint[]): Promise<unknown[]> {
  const settled = await thread.settled(balances)
  assert.is(settled.root, root)
  return settled.proofs
}

test.run()
