/** Where results of forced moves lie in the store: those that this node has signed as a thread's oracle, and false ones that it was given. */
import { ZERO_HASH } from '../protocol/bytes.js'
import type { Address, Breakpoint, Hash32, Signature } from '../protocol/types.js'
import type { StoreOperation } from './ports.js'
import { fromJson, toJson, type ThreadRecords } from './records.js'

/** What was signed for a move. */
export type SignedRoot = { readonly stateRoot: Hash32, readonly feeWei: bigint }

/** Where a result lies: the moves of one player on one breakpoint together. `force` is the hash of the move's Force. */
export type ResultKey = { readonly dispute: bigint, readonly parent: Hash32, readonly player: number, readonly force: Hash32 }

/** A Result that bears the oracle's signature and is wrong: `ownRoot` is what executing the move gives here. */
export type FalseResult = {
  readonly force: Hash32, readonly oracle: Address, readonly stateRoot: Hash32, readonly feeWei: bigint, readonly signature: Signature, readonly ownRoot: Hash32, readonly foundMs: number
}

/** The results of one thread. */
export class ResultRecords {
  readonly #records: ThreadRecords
  readonly #prefix: string

  constructor (records: ThreadRecords) {
    this.#records = records
    this.#prefix = `t/${records.thread}`
  }

  putResult (key: ResultKey, signed: SignedRoot): StoreOperation { return { put: `${this.#on(key)}${key.force}`, value: toJson(signed) } }

  /** What this node has signed for a move. */
  async result (key: ResultKey): Promise<SignedRoot | undefined> {
    const bytes = await this.#records.store.get(`${this.#on(key)}${key.force}`)
    return bytes === undefined ? undefined : fromJson(bytes) as SignedRoot
  }

  /** How many results were signed for one player's moves on one breakpoint. */
  async countOn (key: ResultKey): Promise<number> { return await this.#count(this.#on(key)) }

  /** How many were signed in this thread. */
  async count (): Promise<number> { return await this.#count(`${this.#prefix}/o/`) }

  /** What was asked for the results of a player's moves on the parent of a claimed breakpoint that lead to its root. */
  async feeOf (dispute: bigint, { parent, stateRoot }: Pick<Breakpoint, 'parent' | 'stateRoot'>, player: number): Promise<bigint | undefined> {
    for await (const [, value] of this.#records.store.iterate(this.#on({ dispute, parent, player, force: ZERO_HASH }))) {
      const signed = fromJson(value) as SignedRoot
      if (signed.stateRoot === stateRoot) return signed.feeWei
    }
    return undefined
  }

  #on ({ dispute, parent, player }: ResultKey): string { return `${this.#prefix}/o/${dispute.toString(16).padStart(16, '0')}${parent}/${player}/` }

  async #count (prefix: string): Promise<number> {
    let count = 0
    for await (const key of this.#records.store.keys(prefix)) if (key.startsWith(prefix)) count++
    return count
  }

  /** Whether a claim that `account` answered for was refuted in this thread. */
  async wasSlashed (account: Address): Promise<boolean> {
    return (await this.#records.chainEvents()).some(event => event.type === 'slashed' && event.account === account)
  }

  /** A result that the oracle has signed and that this node's own execution contradicts. */
  putFalse (found: FalseResult): StoreOperation { return { put: `${this.#prefix}/false/${found.force}`, value: toJson(found) } }
  async falseOnes (): Promise<FalseResult[]> {
    const found: FalseResult[] = []
    for await (const [, value] of this.#records.store.iterate(`${this.#prefix}/false/`)) found.push(fromJson(value) as FalseResult)
    return found
  }
}
