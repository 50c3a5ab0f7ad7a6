// time limit: 400 s
/**
 * A node whose owner plays against two other players and the oracle, who have agreed to cheat it. They leave the game at some nonce, and their hands send the court what their keys
 * can sign: an old breakpoint, claims stacked on it and on the right one, a time-out that is not due, and a breakpoint that was withheld. The node answers by itself. A few nonces in `npm test`;
 * `node dist/test/e2e/majority.test.js --all` does every nonce for each seat.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { AbiCoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { Conspiracy, heldBy, type Signed } from './conspiracy.js'
import { NONSENSE } from './false-claims.js'
import { ETHER, STAKE, Table } from './table.js'

type World = { arena: Arena, players: readonly Player[], code: Address, oracle: { account: number, key: Hex, wallet: Address } }
const test = suite<World>('e2e/majority')
const IS_ALL = process.argv.includes('--all')
/** The count that wins: each player twice. */
const GOAL = 6
/** Seconds: longer than the games of a round take together. */
const WINDOW = 400
/** Longer than any dispute here. */
const PATIENCE_SEC = 100_000
const PREMIUM = ETHER / 100n
/** Paid for a gas of refuting at most, in wei. */
const HIGHEST = 20n * 10n ** 9n
/** Claims that stand at once. */
const STACK = 3
const ORACLE = 4
const PATIENCE_MS = 240_000
const SEATS = [0, 1, 2] as const
const CASES: readonly (readonly [honest: number, nonces: readonly number[]])[] = IS_ALL
  ? SEATS.map(seat => [seat, Array.from({ length: GOAL + 1 }, (_, nonce) => nonce)])
  // Nothing is signed but the first state; it is its turn; one of them could win.
  : [[1, [0, 4, 5]]]

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('Ring')).address
  const wallet = (await arena.wallet(ORACLE).getAddress()).toLowerCase() as Address
  world.oracle = { account: ORACLE, key: arena.anvil.keys[ORACLE] as Hex, wallet }
  world.players = await Promise.all(['alice', 'bob', 'carol'].map(async (name, seat) => await arena.player(name, { account: seat + 1, flags: ['--patience-sec', '1', '--dispute-after-sec', '2'] })))
})

test.after(async ({ arena }) => { await arena.stop() })

/** One game that is turned into a fraud. */
class Fraud {
  readonly table: Table
  readonly hands: Conspiracy
  readonly honest: number
  readonly nonce: number
  #line: readonly Signed[] = []

  constructor (table: Table, hands: Conspiracy, honest: number, nonce: number) {
    this.table = table
    this.hands = hands
    this.honest = honest
    this.nonce = nonce
  }

  static async begin ({ arena, players, code, oracle }: World, honest: number, nonce: number): Promise<Fraud> {
    const ctorArg = AbiCoder.defaultAbiCoder().encode(['address[]', 'uint256', 'uint256', 'uint256'], [players.map(({ wallet }) => wallet), GOAL, STAKE, PATIENCE_SEC])
    const table = await Table.open(arena, players, code, { ctorArg, windowSec: WINDOW, oracle: oracle.wallet, joining: [] })
    const hands = new Conspiracy(table, oracle)
    await hands.accept(BigInt(STACK))
    for (const player of players.slice(1)) {
      await until(`${player.name} to hear of the thread`, async () => await table.knows(player) || undefined, PATIENCE_MS)
      await player.rpc.request('thread_join', { thread: table.thread })
    }
    return new Fraud(table, hands, honest, nonce)
  }

  /** Up to the nonce, honestly. */
  async play (): Promise<void> {
    await this.table.reach(0)
    for (let count = 0; count < this.nonce; count++) assert.is((await this.table.send(count % 3, 'next()', [], { value: STAKE.toString() })).success, true)
    await this.table.reach(this.nonce)
    this.#line = await heldBy(this.#player, this.table)
    assert.is(this.#line.length, this.nonce + 1)
  }

  get #player (): Player { return this.table.player(this.honest) }
  get #cheats (): readonly [number, number] { return [(this.honest + 1) % 3, (this.honest + 2) % 3] }
  get what (): string { return `player ${this.honest} at ${this.nonce}` }

  /** Inputs of a player that count, when so many have been counted. */
  #sent (seat: number): bigint { return BigInt(Math.ceil((this.nonce - seat) / 3)) }

  /** An old breakpoint, and claims on it. */
  async old (): Promise<void> {
    const old = this.#line[Math.max(0, this.nonce - 2)]
    if (old === undefined) throw new Error('nothing is signed')
    await this.hands.challenge(this.#cheats[0], old)
    if (this.nonce > 0) await this.#stack(old)
  }

  /** Claims one on the other, by the cheats in turns; the oracle answers for all. The first is a right move where it is the cheat's turn and does not win by it, with a false result. */
  async #stack ({ breakpoint }: Signed): Promise<void> {
    let parent = breakpoint
    for (let index = 0; index < STACK; index++) {
      const seat = this.#cheats[index % 2] ?? 0
      const wins = this.nonce === GOAL - 1 && seat === this.nonce % 3
      const input = this.hands.input(seat, 1n + this.#sent(seat) + BigInt(index >> 1), wins ? 'claimTimeout()' : 'next()', wins ? 0n : STAKE)
      parent = await this.hands.claim(seat, input, parent, NONSENSE, 'oracle')
    }
  }

  async answered (): Promise<void> {
    const head = this.#line.at(-1)
    await this.#until('the newest breakpoint at the court', async () => head !== undefined && await this.hands.recorded() === breakpointHash(head.breakpoint))
  }

  async stack (): Promise<void> {
    const head = this.#line.at(-1)
    if (head !== undefined) await this.#stack(head)
  }

  async refuted (times: number): Promise<void> {
    await this.#until(`refutation ${times}`, async () => (await this.hands.slashed()).length === times)
    await this.#until('its node to follow', async () => (await this.table.status(this.#player)).head?.hash === await this.hands.recorded())
  }

  /** The other cheat's, with its own bond: the first has no time left, and the oracle no word. */
  async timeout (): Promise<void> {
    const head = (await heldBy(this.#player, this.table)).at(-1)
    if (head === undefined) throw new Error('nothing is recorded')
    const seat = this.#cheats[1]
    await this.hands.claim(seat, this.hands.input(seat, 1n + this.#sent(seat), 'claimTimeout()'), head.breakpoint, NONSENSE, 'mover')
  }

  /** It has what the court's last state gives it, which is no less than what it signed gives it; the pot is the pot; each refutation is paid. */
  async check (): Promise<readonly bigint[]> {
    const { chain, head } = await this.table.phase(this.#player, 'settled')
    const payouts = (chain.payoutsUnits ?? []).map(BigInt)
    assert.equal(payouts.slice(0, 3), gives(head?.slot.nonce ?? 0), this.what)
    assert.ok((payouts[this.honest] ?? 0n) >= (gives(this.nonce)[this.honest] ?? 0n), this.what)
    assert.is(payouts.reduce((sum, payout) => sum + payout, 0n), 3n * ETHER, this.what)
    const slashed = await this.hands.slashed()
    const bondWei = await this.hands.bondWei()
    assert.is(slashed.length, 2, this.what)
    for (const { refuter, toRefuter, toEachOther, gasUsed, priceWei } of slashed) {
      assert.is(refuter, this.#player.wallet)
      assert.is(toRefuter + 2n * toEachOther, bondWei)
      assert.ok(toRefuter >= gasUsed * (priceWei < HIGHEST ? priceWei : HIGHEST) + PREMIUM, `${this.what}: ${toRefuter} for ${gasUsed} gas at ${priceWei}`)
    }
    return [payouts[this.honest] ?? 0n, ...slashed.map(({ toRefuter, toEachOther }) => toRefuter + toEachOther)]
  }

  async #until (what: string, holds: () => Promise<boolean>): Promise<void> {
    await until(`${this.what}: ${what}`, async () => await holds() || await sleep(100, undefined), PATIENCE_MS)
  }
}

/** What a state after so many counts gives each: what it has not staked, and a third of the stakes, unless all are won. */
function gives (counts: number): bigint[] {
  const inside = counts === GOAL ? 0n : BigInt(counts) * STAKE
  return SEATS.map(seat => {
    const staked = BigInt(Math.ceil((counts - seat) / 3)) * STAKE
    const won = counts === GOAL && seat === (GOAL - 1) % 3 ? BigInt(GOAL) * STAKE : 0n
    return ETHER - staked + won + (seat === 2 ? inside - 2n * (inside / 3n) : inside / 3n)
  })
}

/** Its owner's machine sleeps while the cheats are at it: so whatever they send comes before its answer. */
async function asleep (player: Player, act: () => Promise<void>): Promise<void> {
  const { pid } = player
  if (pid === undefined) throw new Error('no process')
  process.kill(pid, 'SIGSTOP')
  try { await act() } finally { process.kill(pid, 'SIGCONT') }
}

for (const [honest, nonces] of CASES) {
  // At its turn it signs the next breakpoint first.
  for (const nonce of nonces.filter(nonce => nonce < GOAL && nonce % 3 === honest)) {
    test(`player ${honest} proposes the breakpoint after ${nonce} and never gets it back: its move goes to the court, and when the cheats show there what all have signed, that is paid out`, async world => {
      const { arena, players } = world
      const [player, one, other] = [0, 1, 2].map(turn => players[(honest + turn) % 3])
      if (player === undefined || one === undefined || other === undefined) throw new Error('no such seat')
      const fraud = await Fraud.begin(world, honest, nonce)
      await fraud.play()
      const { table, hands } = fraud
      process.kill(other.pid ?? 0, 'SIGSTOP')
      await table.send(honest, 'next()', [], { value: STAKE.toString(), wait: 'sent' })
      await until('the first cheat to sign', async () => (await player.rpc.request('thread_dispute', { thread: table.thread })).waitingFor.join() === String((honest + 2) % 3) || undefined, PATIENCE_MS)
      await Promise.all([one, other].map(async cheat => { await cheat.kill() }))
      try {
        const withheld = await hands.withheld(one, honest)
        assert.is(withheld.breakpoint.nonce, BigInt(nonce + 1))
        await until('its move to be forced', async () => (await table.status(player)).chain.recorded?.slot.epoch === 1 || undefined, PATIENCE_MS)
        await hands.respond((honest + 1) % 3, withheld)
        await until('its node to go on from what it has signed', async () => (await table.status(player)).head?.hash === breakpointHash(withheld.breakpoint) || undefined, PATIENCE_MS)
        await arena.passTime(3 * WINDOW)
        const { chain: { payoutsUnits } } = await table.phase(player, 'settled')
        assert.equal(payoutsUnits?.slice(0, 3), gives(nonce + 1).map(String))
      } finally {
        await Promise.all([one, other].map(async cheat => { await cheat.start() }))
      }
    })
  }


  test(`player ${honest} against both others and the oracle at nonces ${nonces.join(', ')}: it loses nothing but gas, and each bond pays for its refutation`, async world => {
    const { arena, players } = world
    const player = players[honest]
    if (player === undefined) throw new Error('no such seat')
    const others = players.filter(other => other !== player)
    const frauds: Fraud[] = []
    for (const nonce of nonces) frauds.push(await Fraud.begin(world, honest, nonce))
    await Promise.all(frauds.map(async fraud => { await fraud.play() }))
    await Promise.all(others.map(async other => { await other.kill() }))
    try {
      const [before, block] = [await arena.balance(player.wallet), await arena.provider.getBlockNumber()]
      await asleep(player, async () => { for (const fraud of frauds) await fraud.old() })
      for (const fraud of frauds) await fraud.answered()
      await asleep(player, async () => { for (const fraud of frauds) await fraud.stack() })
      for (const fraud of frauds) await fraud.refuted(1)
      for (const fraud of frauds) await fraud.timeout()
      for (const fraud of frauds) await fraud.refuted(2)
      await arena.passTime(3 * WINDOW)
      let won = 0n
      for (const fraud of frauds) won += (await fraud.check()).reduce((sum, wei) => sum + wei, 0n)
      // Payouts, refunds, and what it is credited with as a player; for all of it nothing but gas was spent.
      await until('its credits to be withdrawn', async () => await frauds[0]?.hands.credit(player.wallet) === 0n || undefined, 60_000)
      assert.is(await arena.balance(player.wallet), before + won - await arena.fees(player.wallet, block))
    } finally {
      if (IS_ALL) await Promise.all(others.map(async other => { await other.start() }))
    }
  })
}

test.run()

