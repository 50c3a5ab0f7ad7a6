/** A game of TicTacToe in a thread between two nodes: opening, moves, closing, each told from the nodes' events and the chain's receipts. */
import { AbiCoder } from 'ethers'
import { moveOf, readGame, startOf, type Game } from '../../src/cli/board.js'
import type { ThreadId } from '../../src/protocol/types.js'
import type { Outcome } from './rules.js'
import type { Actor, Stage } from './stage.js'
import type { Seat, Teller } from './steps.js'

const ETHER = 10n ** 18n
/** What each player pays in. */
export const DEPOSIT_WEI = ETHER
/** What each player puts at stake with its first move. */
export const STAKE_WEI = ETHER / 10n
/** The contract's own limit for a move, where nobody is to claim it. */
export const PATIENCE_SEC = 3600

/** The times of a game, in seconds. */
export type Pace = {
  /** The court's window. */
  readonly windowSec: number
  /** The contract's limit for a move. */
  readonly patienceSec: number
}

/** A contract that is not TicTacToe.sol: its creation arguments, and what settles where it is a routine. */
export type OtherContract = { readonly ctorArg: string, readonly settlement?: string }

/** The oracle of a thread, and how its acceptance is waited for: nobody joins before it. */
export type ServingOracle = { readonly wallet: string, readonly feeWei: bigint, accepts (thread: ThreadId): Promise<void> }

/** Creation arguments of TicTacToe.sol for two players. */
export function constructorArguments (x: string, o: string, patienceSec = PATIENCE_SEC): [string, string, bigint, number] {
  return [x, o, STAKE_WEI, patienceSec]
}

/** What each must have won, in the order of the seats. */
export function expectedWei (outcome: Outcome): [bigint, bigint] {
  if (outcome === 'x') return [STAKE_WEI, -STAKE_WEI]
  return outcome === 'o' ? [-STAKE_WEI, STAKE_WEI] : [0n, 0n]
}

/** One game in a thread. */
export class ThreadGame {
  /** Gas of the thread's own transactions so far. */
  gasUsed = 0
  transactions = 0
  readonly #stage: Stage
  readonly #actors: readonly [Actor, Actor]
  readonly #teller: Teller
  #thread: ThreadId | undefined

  constructor (stage: Stage, actors: readonly [Actor, Actor], teller: Teller) {
    this.#stage = stage
    this.#actors = actors
    this.#teller = teller
  }

  /** @throws Error before {@link open}. */
  get thread (): ThreadId {
    if (this.#thread === undefined) throw new Error('the thread has not been opened')
    return this.#thread
  }

  /** X opens, O joins, both sign the state that the constructor left. @param code where the contract's creation code lies @param contract another one than TicTacToe @param oracle the thread's, if any */
  async open (code: string, pace?: Pace, contract?: OtherContract, oracle?: ServingOracle): Promise<void> {
    const [x, o] = this.#actors
    this.#teller.working(`${x.name} opens the thread`)
    const deposit = DEPOSIT_WEI.toString()
    const players = [x, o].map(({ player }) => ({ wallet: player.wallet, sessionKey: player.sessionKey, deposit }))
    const ctorArg = contract?.ctorArg ?? AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'uint256'], constructorArguments(x.player.wallet, o.player.wallet, pace?.patienceSec))
    let begun = performance.now()
    const opened = await this.#stage.step(x.player.rpc.request('thread_open', {
      players, contract: code, ctorArg, windowSec: pace?.windowSec, oracle: oracle?.wallet, oracleFee: oracle?.feeWei.toString(),
      settlement: contract?.settlement, routine: contract?.settlement !== undefined
    }))
    this.#thread = opened.thread as ThreadId
    await this.#tellDeposit('open', 0, opened.transaction.hash, begun)

    this.#teller.working(`${o.name} sees it on the chain and joins`)
    await this.#seen(o, 'opened')
    await oracle?.accepts(this.thread)
    begun = performance.now()
    const joined = await this.#stage.step(o.player.rpc.request('thread_join', { thread: this.thread }))
    await this.#tellDeposit('join', 1, joined.transaction.hash, begun)

    this.#teller.working('both sign the beginning')
    const first = await this.#complete(0, 0)
    this.#teller.tell({ step: 'start', slot: 0, signedBy: this.#signers(0), ms: first.elapsedMs, bytes: first.bytes })
  }

  /** The game as a player's node has it. */
  async read (seat: Seat): Promise<Game> {
    const { player } = this.#actors[seat]
    return await this.#stage.step(readGame(player.rpc, this.thread, player.wallet))
  }

  /** Sends a move and waits until everybody has signed what it leads to. @returns the game as the other player's node has it */
  async move (seat: Seat, game: Game, cell: number): Promise<Game> {
    const mover = this.#actors[seat]
    await this.#start(mover, game)
    const call = moveOf(game, cell)
    const begun = performance.now()
    const sent = await this.#stage.step(mover.player.rpc.request('thread_send', { thread: this.thread, ...call }))
    const ms = since(begun)
    if (sent.success !== true || sent.slot === undefined) throw new Error(`the contract refused ${mover.name}'s cell ${cell}: ${sent.reason ?? 'without a reason'}`)
    const slot = sent.slot.nonce
    const breakpoint = await this.#complete(seat, slot)
    await this.#complete(other(seat), slot)
    const after = await this.read(other(seat))
    this.#teller.tell({
      step: 'move', number: after.cells.filter(mark => mark !== 0).length, player: seat, name: mover.name, cell, valueWei: call.value, slot,
      moveSignedBy: this.#actors[breakpoint.inputs[0]?.player === 0 ? 0 : 1].name, resultSignedBy: this.#signers(slot),
      ms, signingMs: breakpoint.elapsedMs, bytes: breakpoint.bytes, gasUsed: 0, cells: after.cells
    })
    return { ...after, me: game.me }
  }

  /** Where the whole game is one function, somebody calls it. */
  async #start (mover: Actor, game: Game): Promise<void> {
    const start = startOf(game)
    if (start === undefined) return
    const sent = await this.#stage.step(mover.player.rpc.request('thread_send', { thread: this.thread, ...start }))
    if (sent.success !== true || sent.slot === undefined) throw new Error(`the game does not begin: ${sent.reason ?? 'without a reason'}`)
    await this.#complete(1, sent.slot.nonce)
  }

  /** Both sign the end, one transaction pays. @param calledOff everybody gets the deposit back, whatever the board says */
  async close (calledOff: boolean): Promise<readonly bigint[]> {
    this.#teller.working('both sign who gets what; one transaction pays')
    const [x, o] = this.#actors
    const thread = this.thread
    const begun = performance.now()
    // A node agrees by itself to a close that pays the balances of a finished game; to anything else its user must.
    const payouts = calledOff ? [DEPOSIT_WEI, DEPOSIT_WEI].map(String) : undefined
    const asked = await this.#stage.step(Promise.all((calledOff ? [x, o] : [x]).map(({ player }) => player.rpc.request('thread_close', { thread, payouts }))))
    if (asked.some(({ closed }) => !closed)) throw new Error('the thread could not be closed: a signature is missing')
    const ms = since(begun)
    const [closed] = await this.#stage.step(Promise.all([this.#seen(x, 'closed'), this.#seen(o, 'closed')]))
    const receipt = await this.#receipt(closed.transaction ?? '')
    const payoutsWei = closed.payoutsUnits ?? []
    const sender = this.#actors.find(({ player }) => player.wallet === receipt.from.toLowerCase())
    this.#teller.tell({ step: 'close', calledOff, signedBy: this.#closers(), sentBy: sender?.name ?? receipt.from, payoutsWei, ms, ...onChain(receipt) })
    return payoutsWei.map(BigInt)
  }

  /** Whether both nodes hold the same certificates, each signed by both. */
  agrees (): boolean {
    const [x, o] = this.#actors.map(({ events }) => events.all('breakpoint', event => event.thread === this.thread))
    return x !== undefined && o !== undefined && x.length > 0 && x.length === o.length &&
      x.every(({ hash, signatures }, i) => hash === o[i]?.hash && signatures.length === 2)
  }

  async #tellDeposit (step: 'open' | 'join', seat: Seat, transaction: string, begun: number): Promise<void> {
    const ms = since(begun)
    const receipt = await this.#receipt(transaction)
    this.#teller.tell({ step, player: seat, name: this.#actors[seat].name, thread: this.thread, depositWei: DEPOSIT_WEI.toString(), ms, ...onChain(receipt) })
  }

  async #receipt (transaction: string): Promise<{ gasUsed: bigint, hash: string, blockNumber: number, from: string }> {
    const receipt = await this.#stage.step(this.#stage.arena.provider.getTransactionReceipt(transaction))
    if (receipt === null) throw new Error(`the chain has no receipt of ${transaction}`)
    this.gasUsed += Number(receipt.gasUsed)
    this.transactions += 1
    return receipt
  }

  async #seen (actor: Actor, name: 'opened' | 'closed') {
    return await this.#stage.step(actor.events.first(`${actor.name}'s node to see that the thread is ${name}`, 'chain', event => event.thread === this.thread && event.event === name))
  }

  async #complete (seat: Seat, slot: number) {
    const { name, events } = this.#actors[seat]
    return await this.#stage.step(events.first(`both signatures under #${slot} at ${name}'s node`, 'breakpoint', event => event.thread === this.thread && event.slot.nonce === slot))
  }

  /** Who signed a breakpoint, the proposer first, as the two nodes saw it. */
  #signers (slot: number): string[] { return this.#names('breakpoint', nonce => nonce === slot) }

  #closers (): string[] { return this.#names('close', () => true) }

  #names (kind: 'breakpoint' | 'close', isSlot: (nonce: number) => boolean): string[] {
    const proposals = this.#actors.flatMap(({ events }) => events.all('proposal', event => event.thread === this.thread && event.kind === kind && isSlot(event.slot.nonce)))
    const hashes = new Set(proposals.map(({ hash }) => hash))
    const acks = this.#actors.flatMap(({ events }) => events.all('ack', event => hashes.has(event.hash)))
    const seats = new Set([...proposals.map(({ proposer }) => proposer), ...acks.map(({ signer }) => signer)])
    return [...seats].map(seat => this.#actors[seat === 0 ? 0 : 1].name)
  }
}

/** The other player. */
export function other (seat: Seat): Seat { return seat === 0 ? 1 : 0 }

function since (begun: number): number { return Math.round((performance.now() - begun) * 10) / 10 }

function onChain (receipt: { gasUsed: bigint, hash: string, blockNumber: number }): { gasUsed: number, transaction: string, block: number } {
  return { gasUsed: Number(receipt.gasUsed), transaction: receipt.hash, block: receipt.blockNumber }
}
