/** Prizes on the chain while the game goes on: each round's winner gets its stake and an ERC-721 by receipts, some before the thread is closed and some after. */
import { AbiCoder, type Contract } from 'ethers'
import type { Result } from '../../../src/rpc/api.js'
import type { DemoOptions } from '../options.js'
import { accounts, moneyProblems, snapshot } from '../ledger.js'
import { openChain, openNodes } from '../opening.js'
import type { Actor, Stage } from '../stage.js'
import type { Seat, Teller } from '../steps.js'
import { STAKE_WEI, ThreadGame } from '../thread-game.js'

/** Counting on, from whom loses to who wins: Alice begins the first round and wins with its seventh word, Bob the second, and she wins with its eighth. */
const ROUNDS: readonly { readonly first: Seat, readonly words: readonly number[] }[] = [
  { first: 0, words: [3, 3, 3, 3, 3, 3, 3] },
  { first: 1, words: [3, 3, 3, 3, 3, 3, 2, 1] }
]
const BUDGET_WEI = 5n * STAKE_WEI
const PRIZES_WEI = BigInt(ROUNDS.length) * STAKE_WEI

/** @see Scenario */
export async function playReceipt (stage: Stage, _options: DemoOptions, teller: Teller): Promise<boolean> {
  const code = await openChain(stage, teller, 'Rounds')
  const trophy = await stage.step(stage.arena.deploy('Trophy'))
  const actors = await openNodes(stage, teller, [{ name: 'Alice' }, { name: 'Bob' }])
  const before = await stage.step(snapshot(stage.arena, actors))
  const game = new ThreadGame(stage, actors, teller)
  const [alice, bob] = actors.map(({ player }) => player.wallet)
  await game.open(code, undefined, { ctorArg: AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'address'], [alice, bob, STAKE_WEI, await trophy.getAddress()]) })
  const play = new Play(stage, teller, actors, game, trophy)
  await play.begin()
  await play.round(0)
  await play.redeemAll(0)
  await play.round(1)
  const payoutsWei = await play.close()
  await play.redeemAll(0)

  teller.working('reading the balances')
  const players = await stage.step(accounts(stage.arena, actors, before))
  const courtWei = await stage.step(stage.arena.balance(stage.arena.court))
  teller.tell({ step: 'balances', players, courtWei: courtWei.toString() })
  const [first = 0n, second = 0n] = payoutsWei
  const problems = [...moneyProblems(players, [first + PRIZES_WEI, second], { wonWei: [PRIZES_WEI, -PRIZES_WEI] }, courtWei), ...await play.trophyProblems()]
  teller.tell({
    step: 'result', scenario: 'receipt', ok: problems.length === 0, problems, outcome: 'x', winner: actors[0].name, stakeWei: PRIZES_WEI.toString(), moves: play.words,
    threadGas: game.gasUsed + play.gasUsed, threadTransactions: game.transactions + play.transactions, onchainGas: null, totalMs: Math.round(performance.now() - stage.startedMs)
  })
  return problems.length === 0
}

/** The rounds, and what they send to the chain. */
class Play {
  words = 0
  gasUsed = 0
  transactions = 0
  readonly #stage: Stage
  readonly #teller: Teller
  readonly #actors: readonly [Actor, Actor]
  readonly #game: ThreadGame
  readonly #trophy: Contract

  constructor (stage: Stage, teller: Teller, actors: readonly [Actor, Actor], game: ThreadGame, trophy: Contract) {
    this.#stage = stage
    this.#teller = teller
    this.#actors = actors
    this.#game = game
    this.#trophy = trophy
  }

  /** The trophies' issuer admits the game, whose address is known before it has done anything on the chain; both say what they can lose. */
  async begin (): Promise<void> {
    this.#teller.working('both put money into the contract')
    const { contract } = await this.#stage.step(this.#actors[0].player.rpc.request('thread_status', { thread: this.#game.thread }))
    await this.#stage.step(this.#trophy.getFunction('admit')(contract).then(async (sent: { wait (): Promise<unknown> }) => await sent.wait()))
    for (const seat of [0, 1] as const) await this.#send(seat, 'fund()', [], BUDGET_WEI)
  }

  async round (number: number): Promise<void> {
    const { first = 0, words = [] } = ROUNDS[number] ?? {}
    this.#teller.working('they count to 21')
    const begun = performance.now()
    let seat: Seat = first
    for (const [i, word] of words.entries()) {
      seat = (first + i) % 2 === 0 ? 0 : 1
      await this.#send(seat, 'say(uint8)', [word], 0n)
    }
    this.words += words.length
    const said = words.map((word, i) => words.slice(0, i).reduce((sum, one) => sum + one, word))
    this.#teller.tell({ step: 'round', number: number + 1, player: seat, name: this.#actors[seat].name, said, prizeWei: STAKE_WEI.toString(), ms: Math.round(performance.now() - begun) })
    for (const receipt of await this.#outstanding(seat)) {
      this.#teller.tell({ step: 'receipt', index: receipt.index, target: receipt.target, amountWei: receipt.amountUnits, isCall: receipt.data !== '0x' })
    }
  }

  /** A player has the court execute everything that is outstanding. */
  async redeemAll (seat: Seat): Promise<void> {
    const { name, player } = this.#actors[seat]
    for (const { index } of await this.#outstanding(seat)) {
      this.#teller.working(`${name} has the court execute receipt ${index}`)
      const { transaction, receipt } = await this.#stage.step(player.rpc.request('thread_redeem', { thread: this.#game.thread, index }))
      if (transaction === null || receipt === null) throw new Error(`receipt ${index} was executed before`)
      const { blockNumber = 0 } = await this.#stage.step(this.#stage.arena.provider.getTransactionReceipt(transaction.hash)) ?? {}
      this.gasUsed += transaction.gasUsed
      this.transactions++
      this.#teller.tell({
        step: 'redeem', player: seat, name, index, target: receipt.target, amountWei: receipt.amountUnits, isCall: receipt.data !== '0x',
        gasUsed: transaction.gasUsed, transaction: transaction.hash, block: blockNumber
      })
    }
    await this.#confirmed(seat)
  }

  /** Everybody takes out what is left in the contract; both sign the end, in which what is outstanding stays funded. */
  async close (): Promise<readonly bigint[]> {
    for (const seat of [0, 1] as const) await this.#send(seat, 'cashOut()', [], 0n)
    return await this.#game.close(false)
  }

  async trophyProblems (): Promise<string[]> {
    const wallet = this.#actors[0].player.wallet
    const owners = await this.#stage.step(Promise.all(ROUNDS.map(async (_, id) => String(await this.#trophy.getFunction('ownerOf')(id)).toLowerCase())))
    return owners.flatMap((owner, id) => owner === wallet ? [] : [`trophy ${id} is ${owner}'s`])
  }

  async #send (seat: Seat, signature: string, args: readonly number[], valueWei: bigint): Promise<void> {
    const { player, name } = this.#actors[seat]
    const sent = await this.#stage.step(player.rpc.request('thread_send', { thread: this.#game.thread, signature, args: [...args], value: valueWei.toString() }))
    if (sent.success !== true) throw new Error(`the contract refused ${name}'s ${signature}: ${sent.reason ?? 'without a reason'}`)
  }

  async #outstanding (seat: Seat): Promise<Result<'thread_receipts'>['receipts']> {
    const { receipts } = await this.#stage.step(this.#actors[seat].player.rpc.request('thread_receipts', { thread: this.#game.thread }))
    return receipts.filter(({ redeemed }) => !redeemed)
  }

  /** Waits until the node has heard of its own redemptions. */
  async #confirmed (seat: Seat): Promise<void> {
    for (const end = performance.now() + 30_000; (await this.#outstanding(seat)).length > 0;) {
      if (performance.now() > end) throw new Error('the node does not see its receipts redeemed')
      await this.#stage.step(new Promise(resolve => setTimeout(resolve, 100)))
    }
  }
}
