/** What the scenarios with disputes are made of: a game that is begun, players who leave and come back, time that passes, and the money at the end. */
import { rm } from 'node:fs/promises'
import { moveOf, readGame } from '../../src/cli/board.js'
import type { ThreadStatus } from '../../src/rpc/schemas.js'
import { Chronicle } from './chronicle.js'
import { accounts, moneyProblems, snapshot, type Snapshot } from './ledger.js'
import { openChain, openNodes, type Casting } from './opening.js'
import { outcomeOf, type Outcome } from './rules.js'
import type { ScenarioName } from './scenarios.js'
import type { Actor, Stage } from './stage.js'
import type { Seat, Teller } from './steps.js'
import { expectedWei, STAKE_WEI, ThreadGame, type OtherContract, type Pace } from './thread-game.js'

/** How a node is told to look after its player: patient for two seconds, and ready to claim the game. */
export const WATCHFUL = ['--patience-sec', '1', '--dispute-after-sec', '2', '--force-timeout', 'claimTimeout()'] as const
/** A node that does nothing at the court by itself. */
export const PASSIVE = ['--no-auto-dispute', '--no-auto-respond'] as const
/** How long anything may take where many processes share few cores. */
const PATIENCE_MS = 180_000
const LOOK_MS = 100

/** What is played: a contract, and how it is created for X and O; undefined: as ever. */
export type PlayedContract = { readonly name: string, readonly create: (x: string, o: string) => OtherContract | undefined }

const TIC_TAC_TOE: PlayedContract = { name: 'TicTacToe', create: () => undefined }

/** A game that comes before the court. */
export class Trial {
  readonly actors: readonly [Actor, Actor]
  readonly game: ThreadGame
  readonly #stage: Stage
  readonly #teller: Teller
  readonly #chronicle: Chronicle
  readonly #before: Snapshot
  #moves = 0

  private constructor (stage: Stage, teller: Teller, actors: readonly [Actor, Actor], game: ThreadGame, before: Snapshot, block: number) {
    this.#stage = stage
    this.#teller = teller
    this.actors = actors
    this.game = game
    this.#before = before
    this.#chronicle = new Chronicle(stage.arena, actors, teller, block + 1)
  }

  /** Starts everything and opens the thread. @param pace by the chain: what is right where time can be moved, and where it must be waited for */
  static async begin (stage: Stage, teller: Teller, casting: readonly [Casting, Casting], pace: { readonly moving: Pace, readonly waiting: Pace }, contract: PlayedContract = TIC_TAC_TOE): Promise<Trial> {
    const code = await openChain(stage, teller, contract.name)
    const actors = await openNodes(stage, teller, casting)
    const before = await stage.step(snapshot(stage.arena, actors))
    const game = new ThreadGame(stage, actors, teller)
    const [x, o] = actors.map(({ player }) => player.wallet)
    await game.open(code, stage.arena.anvil.movesTime ? pace.moving : pace.waiting, contract.create(x ?? '', o ?? ''))
    return new Trial(stage, teller, actors, game, before, await stage.step(stage.arena.provider.getBlockNumber()))
  }

  /** Plays these cells, the players in turn. */
  async play (cells: readonly number[]): Promise<void> {
    for (const cell of cells) {
      const seat: Seat = this.#moves % 2 === 0 ? 0 : 1
      await this.game.move(seat, await this.game.read(seat), cell)
      this.#moves++
    }
  }

  /** A node's process ends without a word; `erased`: its data with it. */
  async loses (seat: Seat, how: 'killed' | 'erased'): Promise<void> {
    const { name, player } = this.actors[seat]
    const nonce = (await this.status(seat)).head?.slot.nonce ?? 0
    const { pid = 0 } = player
    await this.#stage.step(player.kill())
    if (how === 'erased') await this.#stage.step(rm(player.dataDir, { recursive: true, force: true }))
    this.#teller.tell({ step: 'away', player: seat, name, how, pid, nonce })
  }

  /** The node starts again on its data, and comes to where the other one is. */
  async returns (seat: Seat): Promise<void> {
    const actor = this.actors[seat]
    this.#teller.working(`${actor.name}'s node starts again`)
    await this.#stage.restart(actor)
    const there = (await this.status(seat === 0 ? 1 : 0)).head?.hash
    const { head } = await this.until(`${actor.name}'s node to follow`, seat, status => status.head?.hash === there)
    this.#teller.tell({ step: 'back', player: seat, name: actor.name, pid: actor.player.pid ?? 0, nonce: head?.slot.nonce ?? 0 })
  }

  /** A move that the other does not sign: it is sent, and waits. */
  async movesAlone (seat: Seat, cell: number): Promise<void> {
    const { name, player } = this.actors[seat]
    const nonce = (await this.status(seat)).head?.slot.nonce ?? 0
    const { signature, args, value } = moveOf(await this.game.read(seat), cell)
    await this.#stage.step(player.rpc.request('thread_send', { thread: this.game.thread, signature, args, value, wait: 'sent' }))
    this.#moves++
    this.#teller.tell({ step: 'alone', player: seat, name, call: signature.startsWith('(') ? `cell ${cell}` : `play(${cell})`, nonce: nonce + 1 })
    this.#teller.working(`${name}'s node waits for the other, and then goes to the court`)
  }

  /** A node's view of the thread. */
  async status (seat: Seat): Promise<ThreadStatus> {
    return await this.#stage.step(this.actors[seat].player.rpc.request('thread_status', { thread: this.game.thread }))
  }

  /** Waits until a node sees the thread so, and tells what happens meanwhile. @throws Error when it does not come */
  async until (what: string, seat: Seat, isSo: (status: ThreadStatus) => boolean): Promise<ThreadStatus> {
    for (const end = performance.now() + PATIENCE_MS; ;) {
      const status = await this.status(seat)
      await this.#stage.step(this.#chronicle.look())
      if (isSo(status)) return status
      if (performance.now() > end) throw new Error(`after ${PATIENCE_MS / 1000} s still waiting for ${what}`)
      await this.#stage.step(new Promise(resolve => setTimeout(resolve, LOOK_MS)))
    }
  }

  /** Lets the chain's time go on. */
  async pass (seconds: number, until: string): Promise<void> {
    const { arena } = this.#stage
    if (seconds <= 0) return
    this.#teller.tell({ step: 'time', seconds, moved: arena.anvil.movesTime, until })
    this.#teller.working('waiting')
    await this.#stage.step(arena.passTime(seconds))
  }

  /** Lets the dispute run out and waits until it is settled by a node. */
  async runsOut (seat: Seat): Promise<void> {
    const { chain } = await this.status(seat)
    await this.pass((chain.endsAtSec ?? 0) - await this.#stage.step(this.#stage.arena.now()), 'the dispute\'s end')
    await this.until('the settlement', seat, ({ phase }) => phase === 'settled')
  }

  /** How the game ended, as a node has it. */
  async outcome (seat: Seat): Promise<Outcome> {
    const { player } = this.actors[seat]
    const { phase, suspended } = await this.status(seat)
    // What the court's call has left is not in the node's own state.
    if (phase === 'settled' && suspended !== null) return suspended.movers.includes(0) ? 'o' : 'x'
    const { winner, x, cells } = await this.#stage.step(readGame(player.rpc, this.game.thread, player.wallet))
    if (BigInt(winner) === 0n) return outcomeOf(cells)
    return winner === x ? 'x' : 'o'
  }

  /** The wallets at the end against what they must hold. @param seat whose node is asked what was paid out */
  async finish (scenario: ScenarioName, seat: Seat, expected: Outcome): Promise<boolean> {
    this.#teller.working('reading the balances')
    await this.#stage.step(this.#chronicle.look())
    const [outcome, status] = [await this.outcome(seat), await this.status(seat)]
    const payoutsWei = (status.chain.payoutsUnits ?? []).map(BigInt)
    const { arena } = this.#stage
    const players = await this.#stage.step(accounts(arena, this.actors, this.#before))
    const courtWei = await this.#stage.step(arena.balance(arena.court))
    this.#teller.tell({ step: 'balances', players, courtWei: courtWei.toString() })
    const problems = [
      ...moneyProblems(players, payoutsWei, expectedWei(expected), courtWei),
      ...outcome === expected ? [] : [`the game should have ended with ${expected}, and ended with ${outcome}`]
    ]
    this.#teller.tell({
      step: 'result', scenario, ok: problems.length === 0, problems, outcome, winner: outcome === 'x' || outcome === 'o' ? this.actors[outcome === 'x' ? 0 : 1].name : null,
      stakeWei: STAKE_WEI.toString(), moves: this.#moves, threadGas: this.game.gasUsed + this.#chronicle.gasUsed,
      threadTransactions: this.game.transactions + this.#chronicle.transactions, onchainGas: null, totalMs: Math.round(performance.now() - this.#stage.startedMs)
    })
    return problems.length === 0
  }
}

