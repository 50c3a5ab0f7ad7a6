// time limit: 300 s
/** Claims of real contracts' moves, refuted by the real judge: what cannot be true is found out, and nothing else is. */
import { AbiCoder, Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32, keccak256, sign } from '../../src/protocol/crypto.js'
import { decodeInput, signInput } from '../../src/protocol/input.js'
import { breakpointHash, inputDigest } from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Hash32, Hex, Input, SignedInput } from '../../src/protocol/types.js'
import { PORT_ADDRESS, PORT_TOTAL_SLOT } from '../../src/protocol/port.js'
import { accountPath, EMPTY_CODE_HASH, slotPath } from '../../src/state/leaf.js'
import { prove } from '../../src/state/proof.js'
import { rejects } from '../support/rejects.js'
import { Arena, artifactOf, hex, logOf, Reverted } from './arena.js'
import { breakpointToAbi, lastInputToAbi, WINDOW, type Move } from './game.js'
import { JudgedGame } from './judged.js'

const ETHER = 10n ** 18n
const arena = await Arena.create({ judge: 'Judge' })
const test = suite('contracts/Claims: judged')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const ORACLE_KEY = keccak256(new TextEncoder().encode('oracle'))
const ORACLE = addressOf(ORACLE_KEY)
const outsider = arena.account(18)
const BOND = 13n * ETHER
await arena.rpc('anvil_impersonateAccount', ORACLE)
await arena.rpc('anvil_setBalance', ORACLE, hex(1000n * ETHER))

const ticTacToe = new Interface((await artifactOf('TicTacToe')).abi)
const settling = new Interface((await artifactOf('Settling')).abi)
const call = (abi: Interface, name: string, ...args: unknown[]): Uint8Array => hexToBytes(abi.encodeFunctionData(name, args) as Hex)
const WRONG = hash32(Uint8Array.of(1))

type Thread = { readonly thread: JudgedGame, readonly atSec: bigint }

/** A game of TicTacToe in dispute, with an oracle. */
async function disputed (): Promise<Thread> {
  const ctorArg = hexToBytes(AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'uint256'], [arena.account(0), arena.account(1), ETHER / 2n, 60n]) as Hex)
  const thread = await JudgedGame.create(arena, 'TicTacToe', ctorArg, { oracle: ORACLE, bondWei: 4n * BOND })
  const { timestampSec } = await thread.game.record_('challenge', thread.head)
  return { thread, atSec: timestampSec + 1n }
}

type Claim = { readonly move: Move, readonly parent: Breakpoint, readonly claimed: Breakpoint, readonly witness: Hex }

/** Claims this result for a move on the head, at this second. */
async function claim ({ thread, atSec }: Thread, signed: SignedInput & { player: number }, stateRoot: Hash32, witness: Hex): Promise<Claim> {
  const { game, head } = thread
  const move = game.move(signed.player, head, 1n, atSec, { input: signed })
  await arena.at(atSec)
  await game.claim(head, 1n, move, stateRoot, { key: ORACLE_KEY })
  return { move, parent: head, claimed: game.forced(head, 1n, move, stateRoot), witness }
}

/** The first move of the game, and its witness on the head's state. */
async function firstMove ({ thread, atSec }: Thread): Promise<{ input: Input, witness: Hex }> {
  const input = thread.input(0, call(ticTacToe, 'play', 4), ETHER / 2n)
  const { witnesses: [witness = '0x'] } = await thread.force(input, 1n, atSec)
  return { input, witness }
}

/** An account of the thread's state with its proof, as the court takes it. */
async function proven (thread: JudgedGame, account: Address): Promise<unknown[]> {
  const { nonce, balanceWei: balance } = thread.machine.account(account)
  const tree = await thread.machine.inspect(async world => await Promise.resolve(world.tree))
  const { siblings, other } = prove(tree, accountPath(account))
  return [nonce, balance, EMPTY_CODE_HASH, siblings, other?.path ?? ZERO_HASH, other?.value ?? ZERO_HASH]
}

condition("refuteClaim: what the players' machines find is recorded in a false claim's place", async () => {
  const dispute = await disputed()
  const { thread, atSec } = dispute
  const { input, witness } = await firstMove(dispute)
  const { move, parent, claimed } = await claim(dispute, input, WRONG, witness)
  const right = await thread.play(input, atSec, 2n)
  const sent = await thread.game.refuteClaim(0, claimed, parent, move, witness, { from: outsider })
  assert.is((await thread.game.record()).recorded, breakpointHash(right))
  console.log(`refuteClaim: ${sent.gasUsed} gas`)
})

condition('refuteClaim: a right claim stands or is proved, whatever gas the caller gives; a false one falls or the transaction fails', async () => {
  for (const isRight of [true, false]) {
    const dispute = await disputed()
    const { thread, atSec } = dispute
    const { game } = thread
    const { input, witness } = await firstMove(dispute)
    const parent = thread.head
    const right = await thread.play(input, atSec, 1n)
    const move = game.move(0, parent, 1n, atSec, { input })
    await arena.at(atSec)
    await game.claim(parent, 1n, move, isRight ? right.stateRoot : WRONG, { key: ORACLE_KEY })
    const claimed = game.forced(parent, 1n, move, isRight ? right.stateRoot : WRONG)
    const sender = await proven(thread, game.player(0))
    const args = [game.abi, 0, breakpointToAbi(claimed), breakpointToAbi(parent), lastInputToAbi({ player: 0, others: [], raw: move.raw, binding: move.binding }), [ZERO_HASH, witness, [sender]]]
    const outcomes = new Set<string>()
    for (let gas = 100_000n; gas <= 640_000n; gas += 20_000n) {
      const snapshot = await arena.rpc('evm_snapshot')
      await arena.send({ from: outsider, to: arena.court, data: arena.abi.encodeFunctionData('refuteClaim', args) as Hex, gas }).catch((error: unknown) => { if (!(error instanceof Reverted)) throw error })
      const { recorded } = await game.record()
      outcomes.add(recorded === breakpointHash(claimed) ? 'stands' : recorded === breakpointHash({ ...right, epoch: 2n }) ? 'falls' : 'something else')
      await arena.rpc('evm_revert', snapshot)
    }
    assert.equal([...outcomes].sort(), isRight ? ['stands'] : ['falls', 'stands'])
  }
})

condition('refuteClaim: a right claim stands against a witness of another state, with the proof of this one', async () => {
  const dispute = await disputed()
  const { thread, atSec } = dispute
  const { game } = thread
  const { input, witness } = await firstMove(dispute)
  const parent = thread.head
  const before = await proven(thread, game.player(0))
  const right = await thread.play(input, atSec, 1n)
  // A witness in which the mover's nonce is one more, and that account's proof.
  const { witnesses: [later = '0x'] } = await thread.force(thread.input(1, call(ticTacToe, 'play', 1), ETHER / 2n), 1n, atSec + 1n)
  const after = await proven(thread, game.player(0))
  const move = game.move(0, parent, 1n, atSec, { input })
  await arena.at(atSec)
  await game.claim(parent, 1n, move, right.stateRoot, { key: ORACLE_KEY })
  const claimed = game.forced(parent, 1n, move, right.stateRoot)
  const codes = new Set<string>()
  for (const shown of [later, '0x' as Hex]) {
    for (const sender of [[], [before], [after]]) {
      codes.add(await game.refuteClaim(0, claimed, parent, move, shown, { sender }).then(() => 'refuted', (error: Reverted) => error.code))
    }
  }
  assert.not(codes.has('refuted'), [...codes].join())
  assert.is((await game.record()).recorded, breakpointHash(claimed))
})

/** Inputs that are none, or cannot be included, and whether that takes a proof of the mover's account. */
const none: [string, boolean, (thread: JudgedGame) => SignedInput][] = [
  ['a nonce that is too high', true, ({ game }) => signed(game, { nonce: 2n })],
  ['a nonce that is used', true, ({ game }) => signed(game, { nonce: 0n })],
  ['a value that its player does not have', true, ({ game }) => signed(game, { valueWei: 2n * ETHER })],
  ['bytes that are no transaction', false, ({ game }) => bound(game, Uint8Array.of(1, 2, 3))],
  ["another player's transaction", false, ({ game }) => {
    const { raw } = signInput({ nonce: 1n, gasLimit: 100_000n, to: ORACLE, valueWei: 0n, data: new Uint8Array(0) }, game.keys[1] ?? ORACLE_KEY, { thread: game.id, domain: game.domain })
    return bound(game, raw)
  }],
  ['a gas limit above the terms', false, ({ game }) => signed(game, { gasLimit: 5_000_001n })],
  ['a gas limit below its own cost', false, ({ game }) => signed(game, { gasLimit: 20_999n })],
  ['as many bytes as an input may have, none of them of a transaction', false, ({ game }) => bound(game, new Uint8Array(32_768))]
]

/** Whatever bytes, with player 0's own binding. */
function bound (game: JudgedGame['game'], raw: Uint8Array): SignedInput {
  return { raw, binding: sign(inputDigest(game.id, hash32(raw), game.domain), game.keys[0] ?? ORACLE_KEY) }
}

function signed (game: JudgedGame['game'], changes: Partial<Parameters<typeof signInput>[0]>): SignedInput {
  return signInput({ nonce: 1n, gasLimit: 1_000_000n, to: ORACLE, valueWei: 0n, data: new Uint8Array(0), ...changes }, game.keys[0] ?? ORACLE_KEY, { thread: game.id, domain: game.domain })
}

for (const [title, takesProof, make] of none) {
  condition(`refuteClaim: a claim of an input with ${title} gives way to what stood before`, async () => {
    const dispute = await disputed()
    const { thread } = dispute
    const { witness } = await firstMove(dispute)
    const { move, parent, claimed } = await claim(dispute, { ...make(thread), player: 0 }, WRONG, witness)
    const sender = [await proven(thread, thread.game.player(0))]
    if (takesProof) {
      await rejects(thread.game.refuteClaim(0, claimed, parent, move, witness), 'BadLength')
      await rejects(thread.game.refuteClaim(0, claimed, parent, move, witness, { sender: [await proven(thread, thread.game.player(1))] }), 'NoSuchRoot')
    }
    await thread.game.refuteClaim(0, claimed, parent, move, witness, takesProof ? { sender } : {})
    assert.equal([(await thread.game.record()).recorded, (await thread.game.lineage()).forced], [breakpointHash(parent), 0n])
  })
}

condition('claim: an input of more bytes than an input may have is refused, because its refutation might fit into no transaction', async () => {
  const dispute = await disputed()
  const { witness } = await firstMove(dispute)
  await rejects(claim(dispute, { ...bound(dispute.thread.game, new Uint8Array(32_769)), player: 0 }, WRONG, witness), 'InputTooLong')
})

condition('refuteClaim: a claim of a move that reverts gives way to what stood before', async () => {
  const dispute = await disputed()
  const { thread, atSec } = dispute
  const input = thread.input(1, call(ticTacToe, 'play', 4), ETHER / 2n)
  const { witnesses: [witness = '0x'] } = await thread.force(input, 1n, atSec)
  const { move, parent, claimed } = await claim(dispute, input, WRONG, witness)
  await thread.game.refuteClaim(0, claimed, parent, move, witness, { from: outsider })
  assert.is((await thread.game.record()).recorded, breakpointHash(parent))
})

condition('refuteClaim: a game that goes on by claims, in which the first is false: its refutation needs nothing of what came later', async () => {
  const dispute = await disputed()
  const { thread, atSec } = dispute
  const { game } = thread
  const { input, witness } = await firstMove(dispute)
  const first = await claim(dispute, input, WRONG, witness)
  let on = first.claimed
  for (let i = 1n; i <= 3n; i++) {
    const move = game.move(Number(i % 2n), on, 1n, atSec + i)
    await arena.at(atSec + i)
    await game.claim(on, 1n, move, hash32(Uint8Array.of(Number(i))), { key: ORACLE_KEY })
    on = game.forced(on, 1n, move, hash32(Uint8Array.of(Number(i))))
  }
  const right = await thread.play(input, atSec, 2n)
  await game.refuteClaim(0, first.claimed, first.parent, first.move, witness, { from: outsider })
  assert.equal([(await game.record()).recorded, await game.openClaims()], [breakpointHash(right), []])
})

condition('refuteClaim: over several transactions, to the same root, and paid from the bond', async () => {
  const thread = await JudgedGame.create(arena, 'Settling', new Uint8Array(), { settlement: settling.getFunction('settle')?.selector as Hex, oracle: ORACLE, bondWei: BOND })
  const { game, head: parent } = thread
  const { timestampSec } = await game.record_('challenge', parent)
  const input = thread.input(0, call(settling, 'work', 1000))
  const { witnesses } = await thread.force(input, 1n, timestampSec + 1n, 12_000n)
  assert.ok(witnesses.length >= 3, `${witnesses.length} transactions`)
  const { move, claimed } = await claim({ thread, atSec: timestampSec + 1n }, input, WRONG, '0x')
  const right = await thread.play(input, timestampSec + 1n, 2n)
  const before = await arena.balance('0x0000000000000000000000000000000000000000' as Address, outsider)
  let paused = ZERO_HASH
  for (const [i, witness] of witnesses.entries()) {
    const args = [game.abi, 0, breakpointToAbi(claimed), breakpointToAbi(parent), lastInputToAbi({ player: 0, others: [], raw: move.raw, binding: move.binding }), [paused, witness, []]]
    const sent = await arena.send({ from: outsider, to: arena.court, data: arena.abi.encodeFunctionData('refuteClaim', args) as Hex, gasPriceWei: 20n * 10n ** 9n })
    if (i < witnesses.length - 1) paused = logOf(sent, 'Refuting')['paused'] as Hash32
  }
  assert.is((await game.record()).recorded, breakpointHash(right))
  const won = await arena.balance('0x0000000000000000000000000000000000000000' as Address, outsider) - before
  assert.ok(won >= ETHER / 100n, `${won}`)
})

condition('settle: a game that was played out by claims pays as it would have by judgements', async () => {
  const dispute = await disputed()
  const { thread, atSec } = dispute
  const { game } = thread
  for (const [i, cell] of [4, 0, 2, 1, 6].entries()) {
    const player = i % 2
    const data = signInput({ nonce: BigInt(Math.floor(i / 2) + 1), gasLimit: 1_000_000n, to: thread.contract, valueWei: i < 2 ? ETHER / 2n : 0n, data: call(ticTacToe, 'play', cell) }, game.keys[player] ?? ORACLE_KEY, { thread: game.id, domain: game.domain })
    const input = decodeInput(data, { thread: game.id, terms: game.terms, domain: game.domain })
    const parent = thread.head
    const at = atSec + BigInt(i)
    const right = await thread.play(input, at, 1n)
    const move = game.move(player, parent, 1n, at, { input })
    await arena.at(at)
    const sent = await game.claim(parent, 1n, move, right.stateRoot, { key: ORACLE_KEY, feeWei: BOND })
    assert.is((await game.record()).recorded, breakpointHash(right))
    console.log(`claim ${i + 1}: ${sent.gasUsed} gas`)
  }
  const [winner, loser] = [thread.machine.account(game.player(0)).balanceWei, thread.machine.account(game.player(1)).balanceWei]
  assert.equal([winner, loser], [3n * ETHER / 2n, ETHER / 2n])
  await arena.at(atSec + 2n * WINDOW)
  const accounts = await Promise.all([game.player(0), game.player(1), ORACLE].map(async account => await proven(thread, account)))
  const { value, siblings, other } = prove(await thread.machine.inspect(async world => await Promise.resolve(world.tree)), slotPath(PORT_ADDRESS, PORT_TOTAL_SLOT))
  const exits = [value, siblings, other?.path ?? ZERO_HASH, other?.value ?? ZERO_HASH]
  const sent = await arena.court_(outsider, 'settle', [game.abi, breakpointToAbi(thread.head), [accounts, exits]])
  assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [winner, loser, 0n])
})

test.run()
