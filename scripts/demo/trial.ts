/** What the scenarios with disputes are made of: a game that is begun, players who leave and come back, time that passes, and the money at the end. */
import { rm } from 'node:fs/promises'
import { moveOf, readGame } from '../../src/cli/board.js'
import type { ThreadStatus } from '../../src/rpc/schemas.js'
import { Chronicle } from './chronicle.js'
import { accounts, moneyProblems, snapshot, type Expected, type Snapshot } from './ledger.js'
import { openChain, openNodes, type Casting } from './opening.js'
import { outcomeOf, type Outcome } from './rules.js'
import type { ScenarioName } from './scenarios.js'
import type { Actor, Stage } from './stage.js'
import { Serving } from './serving.js'
import type { Seat, Teller, Who } from './steps.js'
import { DEPOSIT_WEI, expectedWei, STAKE_WEI, ThreadGame, type OtherContract, type Pace } from './thread-game.js'

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
  /** The thread's oracle, where it has one. */
  readonly oracle: Serving | undefined
  readonly #stage: Stage
  readonly #teller: Teller
  readonly #chronicle: Chronicle
  readonly #before: Snapshot
  #moves = 0

  private constructor (stage: Stage, teller: Teller, actors: readonly [Actor, Actor], oracle: Serving | undefined, game: ThreadGame, before: Snapshot, block: number) {
    this.#stage = stage
    this.#teller = teller
    this.actors = actors
    this.oracle = oracle
    this.game = game
    this.#before = before
    this.#chronicle = new Chronicle(stage.arena, this.#everybody, teller, block + 1)
  }

  /**
   * Starts everything and opens the thread. @param pace by the chain: what is right where time can be moved, and where it must be waited for
   * @param serves the thread's oracle, if any @param contract what is played
   */
  static async begin (
    stage: Stage, teller: Teller, casting: readonly [Casting, Casting], pace: { readonly moving: Pace, readonly waiting: Pace },
    { serves, contract = TIC_TAC_TOE }: { readonly serves?: Casting, readonly contract?: PlayedContract } = {}
  ): Promise<Trial> {
    const code = await openChain(stage, teller, contract.name)
    const actors = await openNodes(stage, teller, casting)
    const oracle = serves === undefined ? undefined : await Serving.start(stage, teller, serves)
    const before = await stage.step(snapshot(stage.arena, oracle === undefined ? actors : [...actors, oracle.actor]))
    await oracle?.bonds()
    const game = new ThreadGame(stage, actors, teller)
    const [x, o] = actors.map(({ player }) => player.wallet)
    await game.open(code, stage.arena.anvil.movesTime ? pace.moving : pace.waiting, contract.create(x ?? '', o ?? ''), oracle)
    return new Trial(stage, teller, actors, oracle, game, before, await stage.step(stage.arena.provider.getBlockNumber()))
  }

  get #everybody (): readonly Actor[] { return this.oracle === undefined ? this.actors : [...this.actors, this.oracle.actor] }

  #actor (who: Who): Actor {
    const actor = this.#everybody[who]
    if (actor === undefined) throw new Error('the thread has no oracle')
    return actor
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
  async loses (who: Who, how: 'killed' | 'erased'): Promise<void> {
    const { name, player } = this.#actor(who)
    const nonce = (await this.status(who)).head?.slot.nonce ?? 0
    const { pid = 0 } = player
    await this.#stage.step(player.kill())
    if (how === 'erased') await this.#stage.step(rm(player.dataDir, { recursive: true, force: true }))
    this.#teller.tell({ step: 'away', player: who, name, how, pid, nonce })
  }

  /** The node starts again on its data, and comes to where the other one is. */
  async returns (who: Who): Promise<void> {
    const actor = this.#actor(who)
    this.#teller.working(`${actor.name}'s node starts again`)
    await this.#stage.restart(actor)
    const other = this.#everybody.findIndex(({ player }) => player !== actor.player && player.isRunning)
    const there = other < 0 ? undefined : (await this.status(other === 2 ? 2 : other === 1 ? 1 : 0)).head?.hash
    const { head } = await this.until(`${actor.name}'s node to follow`, who, status => there === undefined || status.head?.hash === there)
    this.#teller.tell({ step: 'back', player: who, name: actor.name, pid: actor.player.pid ?? 0, nonce: head?.slot.nonce ?? 0 })
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
  async status (who: Who): Promise<ThreadStatus> {
    return await this.#stage.step(this.#actor(who).player.rpc.request('thread_status', { thread: this.game.thread }))
  }

  /** Waits until a node sees the thread so, and tells what happens meanwhile. @throws Error when it does not come */
  async until (what: string, who: Who, isSo: (status: ThreadStatus) => boolean): Promise<ThreadStatus> {
    for (const end = performance.now() + PATIENCE_MS; ;) {
      const status = await this.status(who)
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
  async runsOut (who: Who): Promise<void> {
    const { chain } = await this.status(who)
    await this.pass((chain.endsAtSec ?? 0) - await this.#stage.step(this.#stage.arena.now()), 'the dispute\'s end')
    await this.until('the settlement', who, ({ phase }) => phase === 'settled')
  }

  /** How the game ended, as a node has it. */
  async outcome (who: Who): Promise<Outcome> {
    const { player } = this.#actor(who)
    const { phase, suspended } = await this.status(who)
    // What the court's call has left is not in the node's own state.
    if (phase === 'settled' && suspended !== null) return suspended.movers.includes(0) ? 'o' : 'x'
    const { winner, x, cells } = await this.#stage.step(readGame(player.rpc, this.game.thread, player.wallet))
    if (BigInt(winner) === 0n) return outcomeOf(cells)
    return winner === x ? 'x' : 'o'
  }

  /** The wallets at the end against what they must hold. @param who whose node is asked what was paid out @param besideWei what each has won beside the thread: with results and bonds */
  async finish (scenario: ScenarioName, who: Who, expected: Outcome, besideWei: readonly bigint[] = []): Promise<boolean> {
    await this.oracle?.leaves(this.game.thread)
    this.#teller.working('reading the balances')
    await this.#emptied()
    await this.#stage.step(this.#chronicle.look())
    const [outcome, status] = [await this.outcome(who), await this.status(who)]
    const payoutsWei = (status.chain.payoutsUnits ?? []).map(BigInt)
    const { arena } = this.#stage
    const players = await this.#stage.step(accounts(arena, this.#everybody, this.#before))
    const courtWei = await this.#stage.step(arena.balance(arena.court))
    this.#teller.tell({ step: 'balances', players, courtWei: courtWei.toString() })
    const problems = [
      ...moneyProblems(players, payoutsWei, this.#expected(expected, besideWei), courtWei),
      ...outcome === expected ? [] : [`the game should have ended with ${expected}, and ended with ${outcome}`]
    ]
    this.#teller.tell({
      step: 'result', scenario, ok: problems.length === 0, problems, outcome, winner: outcome === 'x' || outcome === 'o' ? this.actors[outcome === 'x' ? 0 : 1].name : null,
      stakeWei: STAKE_WEI.toString(), moves: this.#moves, threadGas: this.game.gasUsed + this.#chronicle.gasUsed,
      threadTransactions: this.game.transactions + this.#chronicle.transactions, onchainGas: null, totalMs: Math.round(performance.now() - this.#stage.startedMs)
    })
    return problems.length === 0
  }

  /** The fee of the oracle is what X has paid for both. */
  #expected (outcome: Outcome, besideWei: readonly bigint[]): Expected {
    const [x, o] = expectedWei(outcome)
    const feeWei = this.oracle?.feeWei ?? 0n
    const won = [x - feeWei, o, ...this.oracle === undefined ? [] : [feeWei]]
    return { wonWei: won.map((wei, i) => wei + (besideWei[i] ?? 0n)), paidInWei: [DEPOSIT_WEI + feeWei, DEPOSIT_WEI, ...this.oracle === undefined ? [] : [0n]], besideWei }
  }

  /** Waits until nothing is left at the court: a node collects what a refuted bond has paid when the thread is over. It is for the check of the balances to say that it is not. */
  async #emptied (): Promise<void> {
    const { arena } = this.#stage
    for (const end = performance.now() + 30_000; await this.#stage.step(arena.balance(arena.court)) !== 0n && performance.now() < end;) {
      await this.#stage.step(new Promise(resolve => setTimeout(resolve, LOOK_MS)))
    }
  }
}
