/**
 * The machine of one thread as the coordinator needs it: the constructor's slot is executed like any other, batches are executed early when it is known
 * what the proposer is about to sign, and each execution is done once.
 */
import { hash32 } from '../protocol/crypto.js'
import { concatBytes, hexToBytes } from '../protocol/bytes.js'
import type { InputContext } from '../protocol/input.js'
import { receiptOfLog, type Exits, type ThreadReceipt } from '../protocol/port.js'
import type { Address, Hash32, Input } from '../protocol/types.js'
import { ThreadsError } from '../errors.js'
import { changeEntries, codeKey } from '../state/changes.js'
import { Machine, type InputReceipt, type Outcome, type Skipped } from '../machine/machine.js'

/** What is executed: a batch on the head, or a move that the court has recorded. Without a machine yet: the constructor, with no inputs. */
export type Work = { readonly nonce: bigint, readonly parent: Hash32, readonly timestampSec: bigint, readonly inputs: readonly Input[], readonly isForced?: boolean }

/** A finished execution, not yet part of the state. */
export type Executed = {
  readonly root: Hash32
  readonly included: readonly Input[]
  readonly skipped: readonly Skipped[]
  readonly receipts: readonly InputReceipt[]
  /** What the store must hold when it is committed. */
  readonly entries: readonly (readonly [string, Uint8Array])[]
  /** Keys of what the store need not hold any more: code that no account has now. A routine leaves another machine at each breakpoint. */
  readonly freed: readonly string[]
  /** What it sends to the chain (§10). */
  readonly exits: readonly ThreadReceipt[]
  /** Makes it the state. @throws `MACHINE_STALE`. */
  readonly commit: () => void
}

/** Guesses of what the proposer is about to sign, for each head: they are not signed, and each costs an execution. */
const MAX_GUESSES = 4

/** Executes, once for each piece of work. */
export class Execution {
  readonly #context: InputContext
  readonly #code: () => Promise<Uint8Array>
  #machine: Machine | undefined
  /** The state to come back to; undefined: what is committed is so for good. */
  #base: Machine | undefined
  #early: { readonly key: Hash32, readonly result: Promise<Executed> } | undefined
  #guesses: { readonly parent: Hash32, readonly count: number } | undefined

  constructor (context: InputContext, code: () => Promise<Uint8Array>, machine: Machine | undefined) {
    this.#context = context
    this.#code = code
    this.#machine = machine
  }

  /** The state at the head; undefined before slot (0, 0) is complete. */
  get machine (): Machine | undefined { return this.#machine }

  /** From here on what is committed can be taken back: what the court has recorded without everybody's signature. @returns whether it could not before */
  branch (): boolean {
    if (this.#machine === undefined || this.#base !== undefined) return false
    this.#base = this.#machine
    this.#early = undefined
    this.#machine = this.#machine.fork()
    return true
  }

  /** Takes back what was committed since {@link branch}. */
  back (): void {
    if (this.#base === undefined) return
    this.#machine = this.#base
    this.#base = undefined
    this.#early = undefined
  }

  /** What was committed since {@link branch} stays. */
  stay (): void { this.#base = undefined }

  /** A player's account nonce at the head; 1 before the constructor ran. */
  nonceOf (player: number): bigint {
    return this.#machine?.nonceOf(player) ?? 1n
  }

  /** Why the head could not include an input that is its player's next; undefined: it could, or another comes first. */
  whyNot (input: Input): { readonly code: string, readonly message: string } | undefined {
    return input.tx.nonce === this.nonceOf(input.player) ? this.#machine?.whyNot(input) : undefined
  }

  /** Why a run shows that the head could not include an input that is its player's next (§9); undefined: it could. Nothing of it stays. @throws `MACHINE_INTERNAL` */
  async whyUnfit (work: Omit<Work, 'inputs'>, input: Input): Promise<{ readonly code: string, readonly message: string } | undefined> {
    if (this.#machine === undefined || input.tx.nonce !== this.nonceOf(input.player)) return undefined
    return (await this.#machine.prepare({ ...work, inputs: [input] })).skipped[0]
  }

  /** A balance at the head, scaled to 18 decimals. */
  balanceOf (account: Address): bigint {
    return this.#machine?.account(account).balanceWei ?? 0n
  }

  /** What the port has counted at the head (§10). */
  get exits (): Exits { return this.#machine?.exits ?? { count: 0n, total: 0n } }

  /** Begins with work that is likely to be asked for; a few times on each head. Commits nothing; a failure shows when the work is asked for. */
  begin (work: Work): void {
    const key = keyOf(work)
    if (this.#early?.key === key) return
    const count = this.#guesses?.parent === work.parent ? this.#guesses.count : 0
    if (count >= MAX_GUESSES) return
    this.#guesses = { parent: work.parent, count: count + 1 }
    const result = this.#run(work)
    result.catch(() => { this.#early = undefined })
    this.#early = { key, result }
  }

  /** Executes on the head, or waits for the execution that has begun. @throws `MACHINE_CONSTRUCTOR_REVERTED`, `MACHINE_INTERNAL`, `CODE_…`. */
  async execute (work: Work): Promise<Executed> {
    if (this.#early?.key === keyOf(work)) return await this.#early.result
    return await this.#run(work)
  }

  async #run (work: Work): Promise<Executed> {
    if (this.#machine === undefined) return await this.#construct(work)
    const machine = this.#machine
    const prepared = await machine.prepare({ nonce: work.nonce, parent: work.parent, timestampSec: work.timestampSec, inputs: work.inputs, isForced: work.isForced ?? false })
    return {
      root: prepared.root,
      included: prepared.included,
      skipped: prepared.skipped,
      receipts: prepared.receipts,
      entries: changeEntries(prepared.changes),
      freed: prepared.freed.map(codeKey),
      exits: prepared.receipts.flatMap(exitsOf),
      commit: () => { this.#early = undefined; machine.commit(prepared) }
    }
  }

  async #construct (work: Work): Promise<Executed> {
    if (work.inputs.length > 0) throw new ThreadsError('MACHINE_NO_STATE', 'the thread has no state yet: its first slot has no inputs')
    const { machine, changes, receipt } = await Machine.genesis(this.#context, await this.#code(), work.timestampSec)
    return {
      root: machine.root, included: [], skipped: [], receipts: [], entries: changeEntries(changes), freed: [], exits: exitsOf(receipt),
      commit: () => { this.#early = undefined; this.#machine = machine }
    }
  }
}

function exitsOf ({ logs }: Pick<Outcome, 'logs'>): ThreadReceipt[] {
  return logs.flatMap(log => receiptOfLog(log) ?? [])
}

function keyOf (work: Work): Hash32 {
  const numbers = new TextEncoder().encode(`${work.nonce}/${work.timestampSec}/${work.isForced === true ? 'forced' : ''}`)
  return hash32(concatBytes(hexToBytes(work.parent), numbers, ...work.inputs.map(input => hexToBytes(input.leaf))))
}
