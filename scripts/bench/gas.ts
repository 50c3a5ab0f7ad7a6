/**
 * What the court's calls cost, from receipts on anvil: two players, ether, no oracle, payees that exist, each the first such call of its
 * thread. Terms and state are those of a game of TicTacToe: five words of constructor argument, twelve leaves.
 */
import { AbiCoder, Interface } from 'ethers'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { hexToBytes } from '../../src/protocol/bytes.js'
import { addressOf, hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { Arena, hex } from '../../test/contracts/arena.js'
import { breakpointToAbi, Game, moveToAbi, WINDOW, type GameOptions } from '../../test/contracts/game.js'
import { JudgedGame } from '../../test/contracts/judged.js'

/** One measured figure. */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** The lowest and the highest, where `value` is a median. */
  readonly low?: number
  readonly high?: number
}

const ETHER = 10n ** 18n
/** The same at whatever second the chain was started: calldata is priced by its bytes. */
const DEADLINE = { joinDeadlineSec: 2_000_123_456n }
/** When disputes with signed times begin. */
const DISPUTED_SEC = 2_000_100_000n

/** Starts a chain, measures each call on a thread of its own, and stops the chain. */
export async function benchGas (): Promise<Figure[]> {
  const arena = await Arena.create({ judge: 'Judge' })
  try {
    const figures = [
      ...await openAndJoin(arena), ...await close(arena), ...await checkpoint(arena), ...await challenge(arena), ...await respond(arena), ...await exit(arena),
      ...await advance(arena), ...await settleByFunction(arena), ...await redeem(arena), ...await claims(arena)
    ]
    return figures.map(([name, value]) => ({ name, value: Number(value), unit: 'gas' }))
  } finally {
    await arena.stop()
  }
}

type Measured = [name: string, gas: bigint][]

// What the figures are made of, in thousands of gas. Every call: 21.0 for the transaction, and its calldata, most of it the terms
// (1,216 bytes, 7.6), a breakpoint and two signatures (4.4), an account's proof (about 3).
//
//            calldata  storage  log   signatures  payments  the rest
// open            9.7     44.2  12.9                             8.2   two new slots; the terms are logged
// join           10.1                                                  EIP-7623's floor: 10 gas a byte, 40 for one that is not zero
// close          12.0      5.0   2.1         6.2      16.1       8.2   one slot; one payee is the sender, the other cold
// checkpoint     12.1     10.0   2.7         6.2                 4.7   both slots
// challenge      12.1     10.0   5.6         6.2                 5.9   both slots, two logs
// respond        12.1     10.0   4.0         6.2                 4.9   both slots, two logs
// settle         18.4      7.1   2.4                  16.1      12.1   one slot, two proofs of four hashes
// advance        18.9     10.0   7.6         6.2                19.0   both slots, two logs; and besides 255.1 in the interpreter, 37.1 in the judge around it

/** `open` with the creator's deposit, then `join`. */
async function openAndJoin (arena: Arena): Promise<Measured> {
  const game = await arena.game(DEADLINE)
  return [['gas.open', (await game.open()).gasUsed], ['gas.join', (await game.join(1)).gasUsed]]
}

/** Two signatures, one slot, two payments to accounts that exist. */
async function close (arena: Arena): Promise<Measured> {
  const game = await started(arena)
  return [['gas.close', (await game.close(game.closing([2n * ETHER - 1n, 1n]))).gasUsed]]
}

/** Two signatures, both slots. */
async function checkpoint (arena: Arena): Promise<Measured> {
  const game = await started(arena)
  return [['gas.checkpoint', (await game.record_('checkpoint', game.breakpoint({ nonce: 7n }))).gasUsed]]
}

/** As a checkpoint, and a log more. */
async function challenge (arena: Arena): Promise<Measured> {
  const game = await started(arena)
  return [['gas.challenge', (await game.record_('challenge', game.breakpoint({ nonce: 7n }))).gasUsed]]
}

/** As a checkpoint, against a challenge with an older certificate. */
async function respond (arena: Arena): Promise<Measured> {
  const game = await started(arena)
  await game.record_('challenge', game.breakpoint({ nonce: 7n }))
  return [['gas.respond', (await game.record_('respond', game.breakpoint({ nonce: 8n }), game.player(1))).gasUsed]]
}

/** One player alone: a challenge, then after the window two proved balances and two payments. */
async function exit (arena: Arena): Promise<Measured> {
  const game = await started(arena)
  const state = game.state([3n * ETHER / 2n, ETHER / 2n])
  const last = game.breakpoint({ nonce: 7n, stateRoot: state.root })
  const challenged = await game.record_('challenge', last)
  await arena.at(challenged.timestampSec + 2n * WINDOW)
  const settled = await game.settle(last, state)
  return [['gas.exit', challenged.gasUsed + settled.gasUsed], ['gas.settle', settled.gasUsed]]
}

/** A move of TicTacToe that the judge executes: the first one in a dispute, the second, and the first in one transaction with the challenge. */
async function advance (arena: Arena): Promise<Measured> {
  const [apart, together] = [await newTicTacToe(arena), await newTicTacToe(arena)]
  await arena.at(DISPUTED_SEC)
  const { timestampSec } = await apart.game.record_('challenge', apart.head)
  const figures: Measured = []
  for (const [i, name] of ['gas.advance', 'gas.advanceAgain'].entries()) {
    const { before, move, witness } = await nextMove(apart, i, timestampSec + 1n + BigInt(i))
    await arena.at(move.timestampSec)
    figures.push([name, (await apart.game.advance(before, move, witness)).gasUsed])
  }
  const { before, move, witness } = await nextMove(together, 0, timestampSec + 100n)
  const { game } = together
  await arena.at(move.timestampSec)
  const both = await arena.court_(game.player(0), 'challengeAndAdvance', [game.abi, breakpointToAbi(before), game.signatures(before), moveToAbi(move), witness])
  return [...figures, ['gas.challengeAndAdvance', both.gasUsed]]
}

async function nextMove (thread: JudgedGame, index: number, atSec: bigint): Promise<{ before: typeof thread.head, move: Awaited<ReturnType<JudgedGame['force']>>['move'], witness: Hex }> {
  const cell = new Interface(['function play(uint8)']).encodeFunctionData('play', [4 * index]) as Hex
  const input = thread.input(index % 2, hexToBytes(cell), ETHER / 2n)
  const { move, witnesses: [witness = '0x'] } = await thread.force(input, 1n, atSec)
  const before = thread.head
  await thread.play(input, atSec, 1n)
  return { before, move, witness }
}

/** The same two moves claimed, the oracle answering for a fee; and the second, which was false, refuted. */
async function claims (arena: Arena): Promise<Measured> {
  const key = new Uint8Array(32).fill(0x61)
  const oracle = addressOf(key)
  await arena.rpc('anvil_impersonateAccount', oracle)
  await arena.rpc('anvil_setBalance', oracle, hex(1_000n * ETHER))
  const thread = await newTicTacToe(arena, { oracle, bondWei: 100n * ETHER })
  const { game } = thread
  await arena.at(DISPUTED_SEC + 20_000n)
  const { timestampSec } = await game.record_('challenge', thread.head)
  const figures: Measured = []
  for (const [i, name] of ['gas.claim', 'gas.claimAgain'].entries()) {
    const { before, move, witness } = await nextMove(thread, i, timestampSec + 1n + BigInt(i))
    const result = i === 0 ? thread.head.stateRoot : hash32(Uint8Array.of(1))
    await arena.at(move.timestampSec)
    figures.push([name, (await game.claim(before, 1n, move, result, { key, feeWei: ETHER / 1_000n })).gasUsed])
    const claimed = game.forced(before, 1n, move, result)
    if (i === 1) figures.push(['gas.refuteClaim', (await game.refuteClaim(1, claimed, before, move, witness)).gasUsed])
  }
  return [...figures, ...await doubts(arena, { oracle, key })]
}

/** A claim that is doubted and proved, and one that is doubted and dropped. */
async function doubts (arena: Arena, { oracle, key }: { readonly oracle: Address, readonly key: Uint8Array }): Promise<Measured> {
  const thread = await newTicTacToe(arena, { oracle, bondWei: 100n * ETHER })
  const { game } = thread
  await arena.at(DISPUTED_SEC + 30_000n)
  const { timestampSec } = await game.record_('challenge', thread.head)
  const figures: Measured = []
  for (const [i, name] of ['gas.proveClaim', 'gas.drop'].entries()) {
    const { before, move, witness } = await nextMove(thread, i, timestampSec + 1n + BigInt(i))
    await arena.at(move.timestampSec)
    await game.claim(before, 1n, move, thread.head.stateRoot, { key, feeWei: ETHER / 1_000n })
    const doubted = await game.doubt(i, thread.head)
    if (i === 0) figures.push(['gas.doubt', doubted.gasUsed])
    else await arena.at((await game.record()).endsAt)
    figures.push([name, (i === 0 ? await game.refuteClaim(i, thread.head, before, move, witness) : await game.drop(thread.head, before, move)).gasUsed])
  }
  return figures
}

async function newTicTacToe (arena: Arena, options: GameOptions = {}): Promise<JudgedGame> {
  const ctorArg = AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'uint256'], [arena.account(0), arena.account(1), ETHER / 2n, 600n])
  return await JudgedGame.create(arena, 'TicTacToe', hexToBytes(ctorArg as Hex), { ...DEADLINE, ...options })
}

/** One payment by the contract's settlement function, two proved balances, two payments. */
async function settleByFunction (arena: Arena): Promise<Measured> {
  const abi = loadArtifact('Settling').interface
  const thread = await JudgedGame.create(arena, 'Settling', new Uint8Array(), { ...DEADLINE, settlement: abi.getFunction('settle')?.selector as Hex })
  const { game } = thread
  const input = thread.input(0, hexToBytes(abi.encodeFunctionData('move') as Hex), ETHER / 2n)
  const last = await thread.play(input, DISPUTED_SEC)
  await arena.at(DISPUTED_SEC + 1_000n)
  const { timestampSec } = await game.record_('challenge', last)
  const endsAt = timestampSec + 2n * WINDOW
  const { witness } = await thread.settlement(game.player(0), endsAt)
  const { proofs } = await thread.settled([ETHER, ETHER])
  await arena.at(endsAt)
  const sent = await game.settleByFunction(last, { player: 0, others: [], raw: input.raw, binding: input.binding }, witness, proofs)
  return [['gas.settleByFunction', sent.gasUsed]]
}

/** Payments of a state with fourteen leaves: the first of a thread, the next one, and one with the checkpoint before it. */
async function redeem (arena: Arena): Promise<Measured> {
  const game = await started(arena)
  const state = game.state([ETHER, ETHER], [0n, 1n].map(index => ({ index, sender: game.player(0), target: game.player(1), amount: ETHER / 10n, data: new Uint8Array(0) })))
  const head = game.breakpoint({ nonce: 7n, stateRoot: state.root })
  await game.record_('checkpoint', head)
  const [first, next] = [await game.redeem(head, state, 0), await game.redeem(head, state, 1)]
  const other = await started(arena)
  const checkpointed = await other.redeem({ ...head, thread: other.id }, state, 0, { checkpoint: true })
  return [['gas.redeem', first.gasUsed], ['gas.redeemNext', next.gasUsed], ['gas.checkpointAndRedeem', checkpointed.gasUsed]]
}

async function started (arena: Arena): Promise<Game> {
  return await (await arena.game(DEADLINE)).start()
}
