/** What a dispute looks like from outside: the nodes' decisions as they log them, and the court's transactions as the chain has them. */
import { Interface, type Log, type TransactionReceipt, type TransactionResponse } from 'ethers'
import { loadArtifact } from '../../src/chain/artifacts.js'
import type { Arena } from '../arena.js'
import type { Actor } from './stage.js'
import type { StepOf, Teller, Who } from './steps.js'

/** Tells of one thread's way through the court. */
export class Chronicle {
  /** Gas of the transactions told so far. */
  gasUsed = 0
  transactions = 0
  readonly #arena: Arena
  readonly #actors: readonly Actor[]
  readonly #teller: Teller
  readonly #court = Interface.from(loadArtifact('Threads').interface.format())
  #nextBlock: number
  #looking: Promise<void> = Promise.resolve()

  /** @param from the first block to look at */
  constructor (arena: Arena, actors: readonly Actor[], teller: Teller, from: number) {
    this.#arena = arena
    this.#actors = actors
    this.#teller = teller
    this.#nextBlock = from
    for (const [index, { name, decisions }] of actors.entries()) {
      const player = whoIs(index)
      // "Nothing to do" is no news to whoever watches a story.
      decisions.onDecision = decision => {
        // What was decided after a transaction is told after it.
        if (decision.action !== 'wait') void this.look().finally(() => { teller.tell({ step: 'decision', player, name, ...decision }) })
      }
    }
  }

  /** Tells the transactions to the court that were mined since the last look. One look after the other. */
  async look (): Promise<void> {
    this.#looking = this.#looking.then(async () => { await this.#look() })
    await this.#looking
  }

  async #look (): Promise<void> {
    const newest = await this.#arena.provider.getBlockNumber()
    for (; this.#nextBlock <= newest; this.#nextBlock++) {
      const block = await this.#arena.provider.getBlock(this.#nextBlock, true)
      for (const transaction of block?.prefetchedTransactions ?? []) {
        if (transaction.to?.toLowerCase() === this.#arena.court) await this.#tell(transaction)
      }
    }
  }

  async #tell (transaction: TransactionResponse): Promise<void> {
    const receipt = await this.#arena.provider.getTransactionReceipt(transaction.hash)
    const seat = this.#actors.findIndex(({ player }) => player.wallet === transaction.from.toLowerCase())
    const name = this.#court.parseTransaction(transaction)?.name ?? 'unknown'
    // The close is told by the game, with its signatures.
    if (receipt === null || name === 'close') return
    this.gasUsed += Number(receipt.gasUsed)
    this.transactions += 1
    const player = whoIs(seat)
    this.#teller.tell({
      step: 'court', player, name: this.#actors[player]?.name ?? 'somebody', function: receipt.status === 1 ? name : `${name} (reverted)`, records: this.#recorded(receipt),
      gasUsed: Number(receipt.gasUsed), transaction: receipt.hash, block: receipt.blockNumber
    })
    this.#tellSlashing(receipt)
  }

  #tellSlashing ({ logs }: TransactionReceipt): void {
    const name = (account: unknown): string => this.#actors.find(({ player }) => player.wallet === String(account).toLowerCase())?.name ?? String(account)
    for (const slashed of logs.map((log: Log) => this.#court.parseLog(log)).filter(parsed => parsed?.name === 'Slashed')) {
      const { account, refuter, toRefuter, toEachOther } = slashed?.args.toObject() ?? {}
      this.#teller.tell({ step: 'slashed', account: name(account), refuter: name(refuter), toRefuterWei: String(toRefuter), toEachOtherWei: String(toEachOther) })
    }
  }

  #recorded ({ logs }: TransactionReceipt): StepOf<'court'>['records'] {
    // A challenge and a move in one record two; the later one stands.
    const found = logs.map((log: Log) => this.#court.parseLog(log)).findLast(parsed => parsed?.name === 'BREAKPOINT')
    return found === undefined || found === null ? null : { epoch: Number(found.args['epoch']), nonce: Number(found.args['nonce']) }
  }
}

/** An actor by its place: the oracle, where there is one, comes last. */
function whoIs (index: number): Who { return index === 2 ? 2 : index === 1 ? 1 : 0 }
