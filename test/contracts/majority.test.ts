// time limit: 300 s
/**
 * Two of three players and the oracle against the third, at every nonce of a game and for each seat: they show an old breakpoint, stack claims on it and on the right one,
 * claim a time-out that is not due, and withhold what the third has signed. It loses nothing but gas, and each bond pays the gas of refuting.
 */
import { AbiCoder, Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32, keccak256 } from '../../src/protocol/crypto.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Breakpoint, Hash32, Hex, Input } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, artifactOf, hex, logOf } from './arena.js'
import { breakpointToAbi, lastInputToAbi, WINDOW, type Move } from './game.js'
import { JudgedGame } from './judged.js'

const ETHER = 10n ** 18n
const STAKE = ETHER / 10n
const GWEI = 10n ** 9n
/** The count that wins: nonces 0 to 6, each player twice. */
const GOAL = 6
/** Longer than the disputes here: no time-out is due. */
const PATIENCE = 6n * WINDOW
const PREMIUM = ETHER / 100n
/** One claim in a thread of 5,000,000 gas. */
const BOND = (3_000_000n + 120n * 5_000_000n) * 20n * GWEI + PREMIUM
/** Claims that stand at once in what follows. */
const STACK = 4
const arena = await Arena.create({ judge: 'Judge' })
const test = suite('contracts/majority')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const ORACLE_KEY = keccak256(new TextEncoder().encode('oracle'))
const ORACLE = addressOf(ORACLE_KEY)
await arena.rpc('anvil_impersonateAccount', ORACLE)
await arena.rpc('anvil_setBalance', ORACLE, hex(1000n * ETHER))
const ring = new Interface((await artifactOf('Ring')).abi)
const seats = [0, 1, 2]

/** A claim that stands at the court. */
type Claim = { readonly parent: Breakpoint, readonly claimed: Breakpoint, readonly move: Move, readonly index: number }

/** One game, what the others do in it, and what the honest player answers. */
class Siege {
  readonly thread: JudgedGame
  readonly honest: number
  readonly cheats: readonly [number, number]
  /** Every breakpoint of the game, by its nonce. */
  readonly line: Breakpoint[]
  /** The number of the open dispute, as the rules count it. */
  dispute = 0n

  private constructor (thread: JudgedGame, honest: number) {
    this.thread = thread
    this.honest = honest
    this.cheats = [(honest + 1) % 3, (honest + 2) % 3]
    this.line = [thread.head]
  }

  /** A game that is played up to a nonce. */
  static async laid (nonce: number, honest: number): Promise<Siege> {
    const players = seats.map(seat => arena.account(seat))
    const ctorArg = hexToBytes(AbiCoder.defaultAbiCoder().encode(['address[]', 'uint256', 'uint256', 'uint256'], [players, GOAL, STAKE, PATIENCE]) as Hex)
    const thread = await JudgedGame.create(arena, 'Ring', ctorArg, { count: 3, oracle: ORACLE, bondWei: BigInt(STACK) * BOND })
    const siege = new Siege(thread, honest)
    for (let at = 0; at < nonce; at++) await siege.play()
    return siege
  }

  get game (): JudgedGame['game'] { return this.thread.game }

  /** Whose turn the head's state says it is. */
  get turn (): number { return (this.line.length - 1) % 3 }

  next (): Input { return this.thread.input(this.turn, call('next'), STAKE) }

  /** Whose turn it is counts on, and all sign. */
  async play (): Promise<void> {
    this.line.push(await this.thread.play(this.next(), this.thread.head.timestampSec + 1n))
  }

  async challenge (breakpoint: Breakpoint, from: number): Promise<void> {
    await this.game.record_('challenge', breakpoint, this.game.player(from))
    this.dispute++
  }

  async respond (breakpoint: Breakpoint): Promise<void> {
    await this.game.record_('respond', breakpoint, this.game.player(this.honest))
    this.dispute++
  }

  /** A time that a move on `parent` can bear now, at which the next transaction is mined. */
  async now (parent: Breakpoint): Promise<bigint> {
    const nowSec = await arena.nowSec() + 1n
    const atSec = nowSec < parent.timestampSec ? parent.timestampSec : nowSec
    await arena.at(atSec)
    return atSec
  }

  /** One of the cheats claims a result: with the oracle's signature, or with a bond of its own. */
  async claim (input: Input, parent: Breakpoint, root: Hash32, index: number, answers: 'oracle' | 'mover' = 'oracle'): Promise<Claim> {
    const atSec = await this.now(parent)
    const move = this.game.move(input.player, parent, this.dispute, atSec, { input })
    await this.game.claim(parent, this.dispute, move, root, answers === 'oracle' ? { key: ORACLE_KEY } : { feeWei: BOND })
    return { parent, claimed: this.game.forced(parent, this.dispute, move, root), move, index }
  }

  /** As many claims as the oracle's bond covers, one on the other, each of another cheat; the first says that all is the cheats'. */
  async stack (parent: Breakpoint): Promise<Claim> {
    const first = await this.claim(this.lie(), parent, (await this.thread.settled(this.allTheirs())).root, 0)
    let last = first
    for (let index = 1; index < STACK; index++) {
      const cheat = this.cheats[index % 2] ?? 0
      last = await this.claim(this.thread.input(cheat, call('next'), STAKE), last.claimed, hash32(Uint8Array.of(index)), index)
    }
    return first
  }

  /** What is lied about: a count of the first cheat's, out of turn or not. Where it could win by it, which it may, a time-out that is not due. */
  lie (): Input {
    const wins = this.turn === this.cheats[0] && this.line.length === GOAL
    return wins ? this.thread.input(this.cheats[0], call('claimTimeout')) : this.thread.input(this.cheats[0], call('next'), STAKE)
  }

  allTheirs (): bigint[] {
    const { pot } = this.game
    return seats.map(seat => seat === this.honest ? 0n : pot / 2n)
  }

  /** The honest player has the claim executed, and is paid for it by the bond. */
  async refute ({ parent, claimed, move, index }: Claim, input: Input): Promise<void> {
    const { game, thread, honest } = this
    const { witnesses: [witness = '0x'] } = await thread.force(input, this.dispute, claimed.timestampSec)
    const shown = lastInputToAbi({ player: move.player, others: [], raw: move.raw, binding: move.binding })
    const data = arena.abi.encodeFunctionData('refuteClaim', [game.abi, index, breakpointToAbi(claimed), breakpointToAbi(parent), shown, [ZERO_HASH, witness, []]]) as Hex
    const [before, credit] = [await this.#wealth(), await arena.credit(ZERO_ADDRESS, game.player(honest))]
    const sent = await arena.send({ from: game.player(honest), to: arena.court, data, gasPriceWei: 20n * GWEI })
    const { toRefuter, toEachOther } = logOf(sent, 'Slashed')
    // The mover has no part in what its bond leaves.
    assert.is(toRefuter + 2n * toEachOther, BOND)
    assert.is(await arena.credit(ZERO_ADDRESS, game.player(honest)) - credit, toEachOther)
    const costWei = sent.gasUsed * 20n * GWEI
    const gain = await this.#wealth() - before
    assert.ok(gain >= PREMIUM && gain <= PREMIUM + costWei * 3n / 10n, `${gain} of ${costWei}`)
    this.dispute++
  }

  async #wealth (): Promise<bigint> { return await arena.balance(ZERO_ADDRESS, this.game.player(this.honest)) }

  /** The claim's input does lead to this, and it stands instead. */
  async stands (input: Input, atSec: bigint): Promise<void> {
    const prepared = (await this.thread.machine.fork().prepare({ nonce: this.thread.head.nonce + 1n, timestampSec: atSec, parent: breakpointHash(this.thread.head), inputs: [input], isForced: true })).receipts[0]
    if (prepared?.success === true) this.line.push(await this.thread.play(input, atSec, this.dispute))
    assert.is((await this.game.record()).recorded, breakpointHash(this.thread.head))
  }

  /** What the state gives each: what it owns, and a third of what is inside the contract. */
  gives (): bigint[] {
    const owned = this.game.terms.players.map(account => this.thread.machine.account(account).balanceWei)
    const inside = this.game.pot - owned.reduce((sum, wei) => sum + wei, 0n)
    return owned.map((wei, seat) => wei + (seat === 2 ? inside - 2n * (inside / 3n) : inside / 3n))
  }

  /** The dispute is over: everybody is paid what the head's state gives, and the pot is the pot. */
  async settle (atLeast: bigint): Promise<void> {
    await arena.at((await this.game.record()).endsAt)
    const before = await this.#balances()
    await arena.court_(arena.account(18), 'settle', [this.game.abi, breakpointToAbi(this.thread.head), await this.thread.proofs()])
    const paid = (await this.#balances()).map((wei, seat) => wei - (before[seat] ?? 0n))
    assert.equal(paid, this.gives())
    assert.ok((paid[this.honest] ?? 0n) >= atLeast, `${paid[this.honest]} is below ${atLeast}`)
    assert.is(paid.reduce((sum, wei) => sum + wei, 0n), this.game.pot)
  }

  async #balances (): Promise<bigint[]> {
    return await Promise.all(seats.map(async seat => await arena.balance(ZERO_ADDRESS, this.game.player(seat))))
  }
}

function call (method: string): Uint8Array { return hexToBytes(ring.encodeFunctionData(method) as Hex) }

for (let nonce = 0; nonce <= GOAL; nonce++) {
  for (const honest of seats) {
    condition(`nonce ${nonce}, player ${honest} alone: an old breakpoint, stacked claims, a time-out that is not due: it has what its last state gives, and each bond pays its gas`, async () => {
      const siege = await Siege.laid(nonce, honest)
      const { thread, game, line, cheats: [cheat, other] } = siege
      const atLeast = siege.gives()[honest] ?? 0n
      // An old breakpoint, if there is one, and claims upon it: what all have signed later replaces them all.
      const old = line[Math.max(0, nonce - 2)]
      if (old === undefined) throw new Error('nothing is signed')
      await siege.challenge(old, cheat)
      if (old !== thread.head) {
        await siege.stack(old)
        await siege.respond(thread.head)
        assert.equal([(await game.record()).recorded, await game.openClaims()], [breakpointHash(thread.head), []])
      }
      // The same on the right one. Who refutes the first has refuted them all, in the last second too.
      const input = siege.lie()
      const first = await siege.stack(thread.head)
      await arena.at((await game.record()).endsAt - 1n)
      await siege.refute(first, input)
      await siege.stands(input, first.claimed.timestampSec)
      assert.equal(await game.openClaims(), [])
      // The first has no time left, and the oracle no word; the second has a bond of its own.
      await rejects(siege.claim(thread.input(cheat, call('next'), STAKE), thread.head, ZERO_HASH, 0), 'BankEmpty')
      await rejects(siege.claim(thread.input(other, call('next'), STAKE), thread.head, ZERO_HASH, 0), 'OracleRefuted')
      const late = thread.input(other, call('claimTimeout'))
      const { root } = await thread.settled(siege.allTheirs())
      const untrue = await siege.claim(late, thread.head, root, 0, 'mover')
      await siege.refute(untrue, late)
      await siege.stands(late, untrue.claimed.timestampSec)
      // Whoever has cheated is out; nothing that was withheld can be shown any more.
      await rejects(siege.claim(thread.input(other, call('next'), STAKE), thread.head, ZERO_HASH, 0, 'mover'), 'BankEmpty')
      await siege.settle(atLeast)
      assert.is(await game.pledge(ORACLE), BigInt(STACK - 1) * BOND)
    })
  }
}

for (let nonce = 0; nonce < GOAL; nonce++) {
  for (const shown of ['in time', 'too late'] as const) {
    condition(`nonce ${nonce}: the next breakpoint, which the honest player has signed and never got back, is shown ${shown}: it has what ${shown === 'in time' ? 'that' : 'the one before'} gives`, async () => {
      // Whose turn it is not has signed the next one as the second or the third.
      const honest = (nonce + 1) % 3
      const siege = await Siege.laid(nonce, honest)
      const { thread, game, cheats: [cheat] } = siege
      const held = thread.head
      const heldGives = siege.gives()[honest] ?? 0n
      const proofs = await thread.proofs()
      await siege.play()
      await siege.challenge(held, honest)
      const { endsAt } = await game.record()
      await arena.at(endsAt - WINDOW - (shown === 'in time' ? 1n : 0n))
      const withheld = game.record_('respond', thread.head, game.player(cheat))
      if (shown === 'in time') {
        await withheld
        await siege.settle(siege.gives()[honest] ?? 0n)
        return
      }
      await rejects(withheld, 'EvidenceOver')
      await arena.at(endsAt)
      const before = await arena.balance(ZERO_ADDRESS, game.player(honest))
      await arena.court_(arena.account(18), 'settle', [game.abi, breakpointToAbi(held), proofs])
      assert.is(await arena.balance(ZERO_ADDRESS, game.player(honest)) - before, heldGives)
    })
  }
}

test.run()
