// time limit: 300 s
/**
 * A game left at every nonce: the other player stops for good, or stops and shows the court each older certificate. Whoever is left has at least what the last
 * state that it signed gives it. A selection in `npm test`; `node dist/test/e2e/every-nonce.test.js --all` does every nonce and every pair, for both players.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import type { Address } from '../../src/protocol/types.js'
import { certificate, ETHER, PATIENCE_SEC, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, players: readonly [Player, Player], code: Address }
const test = suite<World>('e2e/every-nonce')
const IS_ALL = process.argv.includes('--all')
/** Seconds: longer than the games of a round take together, and no more, because a node looks at its disputes so many times in a window. */
const WINDOW = 400
/** Games that are left together: one round's disputes go on beside one another. */
const ROUND = 6
/** How long anything may take where many processes share few cores. */
const PATIENCE_MS = 240_000
const LAST = X_WINS.length

/** Where a game is left; `shown`: the older certificate that the other takes to the court, if any. */
type Case = { readonly nonce: number, readonly shown: number | undefined }

const ALL: readonly Case[] = Array.from({ length: LAST + 1 }, (_, nonce) => [undefined, ...Array.from({ length: nonce }, (_each, shown) => shown)].map(shown => ({ nonce, shown }))).flat()
/** The ends, one with a single stake inside, one on each player's turn; and of the certificates the oldest and the last but one. */
const SOME: Readonly<Record<0 | 1, readonly Case[]>> = {
  0: [{ nonce: 0, shown: undefined }, { nonce: 1, shown: undefined }, { nonce: 4, shown: 3 }, { nonce: LAST, shown: 1 }],
  1: [{ nonce: 0, shown: undefined }, { nonce: 1, shown: 0 }, { nonce: 6, shown: undefined }, { nonce: LAST, shown: 6 }]
}

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('TicTacToe')).address
  const flags = ['--patience-sec', '1', '--dispute-after-sec', '2']
  world.players = await Promise.all([arena.player('alice', { account: 1, flags }), arena.player('bob', { account: 2, flags })])
})

test.after(async ({ arena }) => { await arena.stop() })

/** What the state after so many moves gives each when the court settles it as it stands: both stakes that are inside are shared. */
function stateGives (nonce: number): readonly [bigint, bigint] {
  if (nonce === 1) return [ETHER - STAKE / 2n, ETHER + STAKE / 2n]
  return nonce === LAST ? [ETHER + STAKE, ETHER - STAKE] : [ETHER, ETHER]
}

/** What the one who is left ends with when it makes its move, if it is its turn, and then claims the game: with one stake inside that one goes back. */
function playGives (nonce: number, left: 0 | 1): bigint {
  if (nonce === LAST) return stateGives(LAST)[left]
  const inside = nonce % 2 === left ? nonce + 1 : nonce
  return inside < 2 ? ETHER : ETHER + STAKE
}

/** One game that is left. */
class Abandoned {
  readonly table: Table
  readonly at: Case
  readonly left: 0 | 1

  constructor (table: Table, at: Case, left: 0 | 1) {
    this.table = table
    this.at = at
    this.left = left
  }

  get honest (): Player { return this.table.player(this.left) }
  get #isTurn (): boolean { return this.at.nonce < LAST && this.at.nonce % 2 === this.left }
  /** Without a stake there is nothing to claim, nor when the own move has won. */
  get #claims (): boolean { return this.at.nonce + Number(this.#isTurn) < LAST && (this.at.nonce > 0 || this.#isTurn) }
  get what (): string { return `left at ${this.at.nonce}${this.at.shown === undefined ? '' : `, shown ${this.at.shown}`}` }

  /** The one who is gone has its money's worth of older certificates. */
  async show (): Promise<void> {
    const { nonce, shown } = this.at
    if (shown === undefined) return
    const { breakpoints } = await this.honest.rpc.request('thread_breakpoints', { thread: this.table.thread })
    const old = breakpoints[shown]
    assert.ok(old !== undefined && old.slot.nonce === shown && shown < nonce)
    if (old === undefined) return
    await (await this.table.court(2 - this.left).getFunction('challenge')(this.table.terms(), ...certificate(old))).wait()
  }

  async send (signature: string, args: readonly number[] = [], value = 0n): Promise<void> {
    await this.honest.rpc.request('thread_send', { thread: this.table.thread, signature, args: [...args], value: value.toString(), wait: 'sent' })
  }

  /** What its user does: the next move where it is its turn; where nothing can be played, the dispute. */
  async goOn (): Promise<void> {
    const { nonce, shown } = this.at
    if (this.#isTurn) await this.send('play(uint8)', [X_WINS[nonce] ?? 0], nonce < 2 ? STAKE : 0n)
    else if (!this.#claims && shown === undefined) await this.honest.rpc.request('thread_challenge', { thread: this.table.thread })
  }

  async claim (): Promise<void> { if (this.#claims) await this.send('claimTimeout()') }

  /** Waits until the court has the newest state, with so many moves forced upon it. */
  async recorded (moves: 'goOn' | 'claim'): Promise<void> {
    const nonce = this.at.nonce + Number(this.#isTurn) + Number(moves === 'claim' && this.#claims)
    // Where nothing was to be done yet the court may have nothing.
    if (nonce === this.at.nonce && this.at.shown === undefined && this.#claims) return
    await until(`${this.what}: slot ${nonce} at the court`, async () => {
      const { chain } = await this.table.status(this.honest)
      return chain.recorded?.slot.nonce === nonce || undefined
    }, PATIENCE_MS).catch(async (error: unknown) => {
      const { next } = await this.honest.rpc.request('thread_dispute', { thread: this.table.thread })
      throw new Error(`${String(error)}; its node would ${next.action}: ${next.reason}`)
    })
  }

  /** What it has at least, what it has exactly, and that the pot is the pot. */
  async check (): Promise<void> {
    const { chain } = await until(`${this.what}: the settlement`, async () => {
      const status = await this.table.status(this.honest)
      return status.phase === 'settled' ? status : undefined
    }, PATIENCE_MS)
    const payouts = (chain.payoutsUnits ?? []).map(BigInt)
    const got = payouts[this.left] ?? 0n
    assert.ok(got >= stateGives(this.at.nonce)[this.left], `${this.what}: ${got}`)
    assert.is(got, playGives(this.at.nonce, this.left), this.what)
    assert.is(payouts.reduce((sum, payout) => sum + payout, 0n), 2n * ETHER, this.what)
  }
}

/** Plays these games up to where they are left, ends the other's node, and sees what becomes of them. */
async function playRound ({ arena, players, code }: World, left: 0 | 1, cases: readonly Case[]): Promise<void> {
  const gone = left === 0 ? players[1] : players[0]
  const games: Abandoned[] = []
  for (const at of cases) {
    const table = await Table.start(arena, players, code, { ctorArg: ticTacToe(players), windowSec: WINDOW })
    await table.play(X_WINS.slice(0, at.nonce))
    await table.reach(at.nonce)
    games.push(new Abandoned(table, at, left))
  }
  await gone.kill()
  try {
    const block = await arena.provider.getBlockNumber()
    const [before, courtBefore] = await Promise.all([Promise.all(players.map(async ({ wallet }) => await arena.balance(wallet))), arena.balance(arena.court)])
    for (const game of games) await game.show()
    for (const game of games) await game.goOn()
    for (const game of games) await game.recorded('goOn')
    await arena.passTime(PATIENCE_SEC + 1)
    for (const game of games) await game.claim()
    for (const game of games) await game.recorded('claim')
    await arena.passTime(2 * WINDOW)
    for (const game of games) await game.check()

    const won = games.reduce((sum, { at }) => sum + playGives(at.nonce, left), 0n)
    const pots = 2n * ETHER * BigInt(games.length)
    assert.is(await arena.balance(arena.court), courtBefore - pots)
    for (const [index, { wallet, name }] of players.entries()) {
      assert.is(await arena.balance(wallet), (before[index] ?? 0n) - await arena.fees(wallet, block) + (index === left ? won : pots - won), name)
    }
  } finally {
    await gone.start()
  }
}

for (const left of [0, 1] as const) {
  const cases = IS_ALL ? ALL : SOME[left]
  for (let from = 0; from < cases.length; from += ROUND) {
    const round = cases.slice(from, from + ROUND)
    const told = round.map(({ nonce, shown }) => `${nonce}${shown === undefined ? '' : ` (${shown} shown)`}`).join(', ')
    test(`${left === 0 ? 'x' : 'o'} is left at nonces ${told}: it ends with what its last state gives it, or more`, async world => {
      await playRound(world, left, round).catch((error: unknown) => {
        if (IS_ALL) console.log(`${left === 0 ? 'x' : 'o'} at ${told}: ${String(error)}`) // a long run says at once what is wrong
        throw error
      })
    })
  }
}

test.run()
