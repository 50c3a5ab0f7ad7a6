// time limit: 300 s
/**
 * All others and the oracle against one honest player, at every nonce of a game: they claim that the game is theirs, with the oracle's bond. The honest player refutes it,
 * loses nothing but the gas of its own moves, and has the gas of refuting back from the bond.
 */
import { AbiCoder, Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, keccak256 } from '../../src/protocol/crypto.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Breakpoint, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, artifactOf, hex, logOf, type Sent } from './arena.js'
import { breakpointToAbi, lastInputToAbi, type Move } from './game.js'
import { JudgedGame } from './judged.js'

const ETHER = 10n ** 18n
const STAKE = ETHER / 2n
const GWEI = 10n ** 9n
/** Two claims in a thread of 5,000,000 gas. */
const BOND = 13n * ETHER
const PREMIUM = ETHER / 100n
const BOND_PER_CLAIM = (3_000_000n + 120n * 5_000_000n) * 20n * GWEI + PREMIUM
/** x wins with its fourth. */
const MOVES = [4, 0, 2, 6, 3, 8, 5] as const
const arena = await Arena.create({ judge: 'Judge' })
const test = suite('contracts/collusion')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const ORACLE_KEY = keccak256(new TextEncoder().encode('oracle'))
const ORACLE = addressOf(ORACLE_KEY)
await arena.rpc('anvil_impersonateAccount', ORACLE)
await arena.rpc('anvil_setBalance', ORACLE, hex(1000n * ETHER))
const ticTacToe = new Interface((await artifactOf('TicTacToe')).abi)

/** A lie that was claimed: who told it, what it says, and what refutes it. */
type Lie = { readonly thread: JudgedGame, readonly cheat: 0 | 1, readonly parent: Breakpoint, readonly claimed: Breakpoint, readonly move: Move, readonly witness: Hex, readonly proofs: unknown[], readonly atSec: bigint }

/** A game that is played up to a nonce, and a dispute in which whose turn it is claims that all is its own. */
async function lied (nonce: number): Promise<Lie> {
  const ctorArg = hexToBytes(AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'uint256'], [arena.account(0), arena.account(1), STAKE, 60n]) as Hex)
  const thread = await JudgedGame.create(arena, 'TicTacToe', ctorArg, { oracle: ORACLE, bondWei: 2n * BOND })
  const { game } = thread
  const input = (at: number): ReturnType<JudgedGame['input']> => thread.input(at % 2, hexToBytes(ticTacToe.encodeFunctionData('play', [MOVES[at]]) as Hex), at < 2 ? STAKE : 0n)
  for (let at = 0; at < nonce; at++) await thread.play(input(at), thread.head.timestampSec + 1n)
  const { timestampSec } = await game.record_('challenge', thread.head)
  // The game's own time may be ahead of the chain's.
  const atSec = timestampSec < thread.head.timestampSec ? thread.head.timestampSec : timestampSec + 1n
  const cheat = nonce % 2 === 0 ? 0 : 1
  const { move, witnesses: [witness = '0x'] } = await thread.force(input(nonce), 1n, atSec)
  const { root, proofs } = await thread.settled(cheat === 0 ? [game.pot, 0n] : [0n, game.pot])
  const parent = thread.head
  await arena.at(atSec)
  await game.claim(parent, 1n, move, root, { key: ORACLE_KEY })
  // What the move does lead to, once the dispute has its next number.
  await thread.play(input(nonce), atSec, 2n)
  return { thread, cheat, parent, claimed: game.forced(parent, 1n, move, root), move, witness, proofs, atSec }
}

const balances = async (game: JudgedGame['game'], players: readonly number[]): Promise<bigint[]> => await Promise.all(players.map(async player => await arena.balance(ZERO_ADDRESS, game.player(player))))

/** A player's own transaction against a lie, at this price. */
async function refute ({ thread: { game }, claimed, parent, move, witness }: Lie, honest: number, gasPriceWei: bigint): Promise<Sent> {
  const input = lastInputToAbi({ player: move.player, others: [], raw: move.raw, binding: move.binding })
  const data = arena.abi.encodeFunctionData('refuteClaim', [game.abi, 0, breakpointToAbi(claimed), breakpointToAbi(parent), input, [ZERO_HASH, witness, []]]) as Hex
  return await arena.send({ from: game.player(honest), to: arena.court, data, gasPriceWei })
}

/** What a state gives a player: what it owns, and its half of what is inside the contract. */
function gives (thread: JudgedGame, player: number): bigint {
  const { players } = thread.game.terms
  const owned = players.map(account => thread.machine.account(account).balanceWei)
  const inside = thread.game.pot - owned.reduce((sum, wei) => sum + wei, 0n)
  return (owned[player] ?? 0n) + inside / 2n
}

for (const nonce of MOVES.keys()) {
  condition(`at nonce ${nonce} the mover and the oracle claim the pot: it is refuted, what the move does lead to is settled, and the bond pays the gas`, async () => {
    const lie = await lied(nonce)
    const { thread, thread: { game }, cheat } = lie
    const honest = 1 - cheat
    // The last second in which it can be: D is 2W after the challenge.
    const { endsAt } = await game.record()
    await arena.at(endsAt - 1n)
    const before = await arena.balance(ZERO_ADDRESS, game.player(honest))
    const sent = await refute(lie, honest, 20n * GWEI)
    const { toRefuter, toEachOther } = logOf(sent, 'Slashed')
    assert.is(toRefuter + toEachOther, BOND_PER_CLAIM)
    const costWei = sent.gasUsed * 20n * GWEI
    const gain = await arena.balance(ZERO_ADDRESS, game.player(honest)) - before
    // All of its gas at the highest price that is paid for, and the premium; calldata is counted at its highest price.
    assert.ok(gain >= PREMIUM && gain <= PREMIUM + costWei * 3n / 10n, `${gain} of ${costWei}`)
    assert.is((await game.record()).recorded, breakpointHash(thread.head))
    // They cannot lie again: the oracle is refuted, and the mover's bank is gone.
    const again = game.move(cheat, thread.head, 2n, endsAt)
    await arena.at(endsAt)
    await rejects(game.claim(thread.head, 2n, again, ZERO_HASH, { key: ORACLE_KEY }), 'BankEmpty')

    await arena.at((await game.record()).endsAt)
    const held = await balances(game, [honest, cheat])
    await arena.court_(arena.account(18), 'settle', [game.abi, breakpointToAbi(thread.head), await thread.proofs()])
    assert.equal((await balances(game, [honest, cheat])).map((wei, i) => wei - (held[i] ?? 0n)), [gives(thread, honest), gives(thread, cheat)])
    assert.equal([await arena.credit(ZERO_ADDRESS, game.player(honest)), await game.pledge(ORACLE)], [toEachOther, 2n * BOND - BOND_PER_CLAIM])
  })
}

condition('a lie that nobody refutes is what is settled: it is worth refuting', async () => {
  const { thread: { game }, cheat, claimed, proofs } = await lied(5)
  await arena.at((await game.record()).endsAt)
  const held = await balances(game, [0, 1])
  await arena.court_(arena.account(18), 'settle', [game.abi, breakpointToAbi(claimed), proofs])
  assert.equal((await balances(game, [0, 1])).map((wei, i) => wei - (held[i] ?? 0n)), cheat === 0 ? [game.pot, 0n] : [0n, game.pot])
})

condition('the refutation is run before by another: the honest player pays for its own in vain, and has its part of the bond all the same', async () => {
  const lie = await lied(3)
  const { thread, thread: { game }, cheat } = lie
  const honest = 1 - cheat
  const { toEachOther } = logOf(await refute(lie, cheat, 0n), 'Slashed')
  await rejects(refute(lie, honest, 0n), 'NoClaim')
  assert.equal([(await game.record()).recorded, await arena.credit(ZERO_ADDRESS, game.player(honest))], [breakpointHash(thread.head), toEachOther])
})

test.run()
