/**
 * The EVM off-chain: one thread's committed state, and what a batch of inputs would make of it. It owns execution and nothing else: inputs
 * come verified, and who may propose, sign or store is not known here.
 */
import { ThreadsError } from '../errors.js'
import { ZERO_ADDRESS } from '../protocol/bytes.js'
import { contractAddressOf, payeesOf, potOf, scaleOf } from '../protocol/terms.js'
import { intrinsicGas } from '../protocol/input.js'
import { MAX_BATCH_GAS, MAX_OWN_CODE_BYTES } from '../protocol/limits.js'
import { PORT_ADDRESS, PORT_COUNT_SLOT, PORT_TOTAL_SLOT, receiptCount, type Exits } from '../protocol/port.js'
import type { Address, Hash32, Input } from '../protocol/types.js'
import { changesFromEntries, type AccountState, type StateChanges } from '../state/changes.js'
import { Draft } from '../state/draft.js'
import { emptyTree, rootOf, type Tree } from '../state/tree.js'
import { EMPTY_ACCOUNT, EMPTY_BYTES, treeAfter, wordOf, World, type AccountProof, type SlotProof } from '../state/world.js'
import { encodeCode } from './code-reference.js'
import { blockOf, createThreadEVM, type Environment, type MachineContext, type ThreadEVM } from './environment.js'
import { runGenesis } from './genesis.js'
import { takeFootprint } from './interpreter.js'
import { whyNotJudged } from './judgeable.js'
import type { Waiting } from './routine.js'
import { settlementMessage, waitingIn } from './settlement.js'
import { askTransaction, runMessage, runTransaction, whyNotIncludable, type Message, type Outcome, type SkipCode } from './transaction.js'
import { turn } from '../turn.js'

export type { AccountProof, AccountState, Environment, MachineContext, Outcome, StateChanges }

/** What one included input did. A reverted one is included too: it has its reason, its gas and no logs. Of the return data, the first 16,384 bytes. */
export type InputReceipt = Outcome & {
  /** The input's id. */
  readonly id: Hash32
  /** Index of the player who sent it. */
  readonly player: number
}

/** The inputs of one breakpoint, in order; `parent` is the hash of the breakpoint before. */
export type Batch = Environment & {
  readonly inputs: readonly Input[]
  /** The court has recorded it: then nothing is skipped that only a run shows to be unfit. */
  readonly isForced?: boolean
}

/** An input that the state does not let in: it consumes no nonce. */
export type Skipped = { readonly input: Input, readonly code: SkipCode, readonly message: string }

/** Gas of a batch between two turns of the node's other business. */
const TURN_GAS = 2_000_000n
/** What is kept of an input's return data: memory is cheap for a contract, and this is written to disk and told to whoever listens. */
const MAX_KEPT_RETURN_BYTES = 16_384

/** What a batch would make of the state. */
export type Prepared = {
  readonly baseRoot: Hash32
  readonly root: Hash32
  readonly included: readonly Input[]
  readonly skipped: readonly Skipped[]
  /** One for each included input, in order. */
  readonly receipts: readonly InputReceipt[]
  readonly changes: StateChanges
  /** Hashes of codes that no account has any more. */
  readonly freed: readonly Hash32[]
  /** Of all included inputs together. */
  readonly gasUsed: bigint
}

/** A read-only message, as `eth_call` has it; the sender's balance must cover `valueWei`. */
export type CallMessage = {
  readonly from: Address
  /** Undefined: a creation. */
  readonly to: Address | undefined
  readonly data: Uint8Array
  readonly valueWei?: bigint
  /** Intrinsic gas included; terms.gasLimit by default. */
  readonly gasLimit?: bigint
}

/** Stored pairs (see `changeEntries`), or changes merged by whoever kept them. */
export type StoredState = StateChanges | Iterable<readonly [string, Uint8Array]>

/** One thread's state and its EVM. Executions queue up and run one at a time; what is committed is read at once, while one runs too. */
export class Machine {
  readonly context: MachineContext
  /** The thread's contract, inside the thread: its vault's address. */
  readonly contract: Address
  readonly #draft = new Draft()
  #evm: ThreadEVM
  #world: World
  /** The last execution in the queue; it never rejects. */
  #queue: Promise<unknown> = Promise.resolve()
  #running = 0
  /** The tree of each prepared batch, so that a commit need not hash it again. */
  readonly #trees = new WeakMap<Prepared, Tree>()

  private constructor (context: MachineContext, world: World) {
    this.context = context
    this.contract = contractAddressOf(context.thread, context.domain.court)
    this.#evm = createThreadEVM(context, this.#draft)
    this.#world = world
  }

  /**
   * Slot (0, 0): the deposits, then the code or its constructor, at the timestamp of that breakpoint.
   * @throws `MACHINE_CODE_MISMATCH`, `MACHINE_CONSTRUCTOR_REVERTED`, `MACHINE_UNJUDGEABLE`, `MACHINE_UNSETTLEABLE`
   */
  static async genesis (context: MachineContext, code: Uint8Array, timestampSec = 0n): Promise<{ machine: Machine, changes: StateChanges, receipt: Outcome }> {
    const machine = new Machine(context, World.empty())
    const { receipt, changes } = await machine.#enqueue(async () => {
      const receipt = await runGenesis(machine.#evm, machine.#draft, context, code, timestampSec)
      await machine.#checkGenesis(code, timestampSec)
      return { receipt, changes: machine.#draft.changes() }
    })
    machine.#world = machine.#world.after(changes, treeAfter(machine.#world.tree, changes), 'none')
    return { machine, changes, receipt }
  }

  /**
   * Rebuilds the state from what genesis and the committed batches said, merged.
   * @throws `STATE_BAD_ENTRY` for an entry that is none; `STATE_CODE_MISSING` when an account's code is not among them
   */
  static async load (context: MachineContext, stored: StoredState): Promise<Machine> {
    const changes = 'accounts' in stored ? stored : changesFromEntries(stored)
    const empty = World.empty()
    const world = empty.after(changes, treeAfter(empty.tree, changes), 'none')
    const machine = new Machine(context, world)
    machine.#draft.begin(world)
    for (const { codeHash } of changes.accounts) machine.#draft.code(codeHash)
    return machine
  }

  /** Another machine with the same state, which goes its own way from here. */
  fork (): Machine {
    const nothing: StateChanges = { accounts: [], storage: [], code: [] }
    return new Machine(this.context, this.#world.after(nothing, this.#world.tree, 'this'))
  }

  /** The root of the committed state. */
  get root (): Hash32 {
    return this.#world.root
  }

  /**
   * Executes a batch on the committed state, which stays as it was.
   * @throws `MACHINE_INTERNAL` when the EVM itself failed; the machine goes on as if the batch had not been
   */
  prepare (batch: Batch): Promise<Prepared> {
    return this.#enqueue(async () => {
      const base = this.#world
      const run = await this.#runBatch(batch, base.tree)
      const changes = this.#draft.changes()
      const tree = treeAfter(base.tree, changes)
      const prepared: Prepared = { baseRoot: base.root, root: rootOf(tree), changes, freed: base.freedBy(changes), ...run }
      this.#trees.set(prepared, tree)
      return prepared
    })
  }

  async #runBatch (batch: Batch, tree: Tree): Promise<Pick<Prepared, 'included' | 'skipped' | 'receipts' | 'gasUsed'>> {
    const { terms } = this.context
    const execution = { evm: this.#evm, draft: this.#draft, block: blockOf(this.context, batch) }
    const included: Input[] = []
    const skipped: Skipped[] = []
    const receipts: InputReceipt[] = []
    let gasUsed = 0n
    // With that of inputs that were skipped after they ran: the proposer's work is bounded, and who executes what it signed meets none of them.
    let gasRun = 0n
    let turnAt = TURN_GAS
    for (const input of batch.inputs) {
      // INVARIANT: a rule for all (§3). It bounds what one signed proposal makes every player execute, store and tell.
      if (gasRun >= MAX_BATCH_GAS) {
        skipped.push({ input, code: 'BATCH_GAS', message: `the inputs before it have used ${gasRun} gas` })
        continue
      }
      const sender = terms.players[input.player]
      if (sender === undefined) throw new ThreadsError('MACHINE_INTERNAL', `an input of player ${input.player}, who is not in the terms`)
      const why = whyNotIncludable(this.#draft, sender, input.tx, terms.gasLimit, this.#waits(this.#draft))
      if (why !== undefined) {
        skipped.push({ input, ...why })
        continue
      }
      const mark = this.#draft.mark()
      takeFootprint(this.#evm)
      const outcome = await runTransaction(execution, sender, input.tx)
      gasRun += outcome.gasUsed
      const unfit = batch.isForced === true ? undefined : this.#whyUnfit(tree, input, outcome) ?? await this.#whyUnsettled(tree, sender, batch)
      if (unfit !== undefined) this.#draft.back(mark)
      this.#draft.keep()
      if (unfit !== undefined) {
        skipped.push({ input, ...unfit })
        continue
      }
      included.push(input)
      receipts.push({ id: input.id, player: input.player, ...outcome, returnData: kept(outcome.returnData) })
      gasUsed += outcome.gasUsed
      if (gasRun < turnAt) continue
      turnAt = gasRun + TURN_GAS
      await turn()
    }
    return { included, skipped, receipts, gasUsed }
  }

  /** What only a run shows of an input that must not be included (§9): the draft still has all that it touched. */
  #whyUnfit (tree: Tree, { tx, raw }: Input, { gasUsed }: Outcome): { code: SkipCode, message: string } | undefined {
    // A refund takes a fifth at most.
    const gas = gasUsed * 5n / 4n - intrinsicGas(tx)
    const message = whyNotJudged({
      draft: this.#draft, tree, contract: this.contract, rawBytes: raw.length, dataBytes: tx.data.length, gas, accessList: tx.accessList, footprint: takeFootprint(this.#evm)
    })
    return message === undefined ? undefined : { code: 'UNJUDGEABLE', message }
  }

  /**
   * Why the settlement function, where the terms name one, could not settle what the draft has now (§8): tried as late as the court would call it at the earliest. PREVRANDAO is
   * not known yet; what depends on it is the author's fault. Nothing of it stays.
   */
  async #whyUnsettled (tree: Tree, lastMover: Address, { nonce, parent, timestampSec }: Environment): Promise<{ code: SkipCode, message: string } | undefined> {
    const { terms } = this.context
    if (BigInt(terms.settlement) === 0n) return undefined
    const mark = this.#draft.mark()
    const message = settlementMessage(this.context, lastMover, waitingIn(this.context, this.#draft))
    const block = blockOf(this.context, { nonce: nonce + 1n, parent, timestampSec: timestampSec + 2n * terms.windowSec })
    takeFootprint(this.#evm)
    const { success, reason, gasUsed } = await runMessage({ evm: this.#evm, draft: this.#draft, block }, message)
    const load = {
      draft: this.#draft, tree, contract: this.contract, rawBytes: message.data.length, dataBytes: message.data.length, gas: gasUsed, accessList: [], footprint: takeFootprint(this.#evm)
    }
    const why = success ? whyNotJudged(load) : `it fails: ${reason ?? 'without a reason'}`
    this.#draft.back(mark)
    return why === undefined ? undefined : { code: 'SETTLEMENT', message: `the settlement function could not settle what it leaves: ${why}` }
  }

  /** What slot (0, 0) must be, so that a dispute can start from it. @throws `MACHINE_UNJUDGEABLE`, `MACHINE_UNSETTLEABLE` */
  async #checkGenesis (code: Uint8Array, timestampSec: bigint): Promise<void> {
    const draft = this.#draft
    const own = draft.code(draft.account(this.contract).codeHash)
    const size = encodeCode(own, [{ address: this.contract, code }]).length
    if (size > MAX_OWN_CODE_BYTES) {
      throw new ThreadsError('MACHINE_UNJUDGEABLE', `the contract's code differs too much from what is on the chain: the judge would have to be shown ${size} bytes of it`, { data: { bytes: size, most: MAX_OWN_CODE_BYTES } })
    }
    const why = await this.#whyUnsettled(emptyTree, ZERO_ADDRESS, { nonce: 0n, parent: this.context.thread as string as Hash32, timestampSec })
    draft.keep()
    if (why !== undefined) throw new ThreadsError('MACHINE_UNSETTLEABLE', `the constructor leaves what cannot be settled: ${why.message}`, { data: { reason: why.message } })
  }

  /**
   * Makes a prepared batch the committed state, at once.
   * @throws `MACHINE_STALE` when it was prepared on another state, or not by this machine
   */
  commit (prepared: Prepared): void {
    const tree = this.#trees.get(prepared)
    if (prepared.baseRoot !== this.root || tree === undefined) {
      throw new ThreadsError('MACHINE_STALE', 'the batch was not prepared on the committed state of this machine', { data: { baseRoot: prepared.baseRoot, root: this.root } })
    }
    // An execution under way goes on reading the state that it began with.
    this.#world = this.#world.after(prepared.changes, tree, this.#running > 0 ? 'this' : 'none')
  }

  /**
   * What a message would do and return on the committed state, under the breakpoint that `environment` gives; nothing of it stays.
   * `gasUsed` is what a transaction would pay for.
   * @throws `MACHINE_INTERNAL`
   */
  call (message: CallMessage, environment: Environment): Promise<Outcome> {
    return this.#enqueue(async () => {
      const { nonce, balanceWei } = this.#draft.account(message.from)
      const tx = {
        type: 0 as const, nonce, gasPriceWei: 0n, maxFeePerGasWei: 0n, accessList: [],
        to: message.to, data: message.data, valueWei: message.valueWei ?? 0n, gasLimit: message.gasLimit ?? this.context.terms.gasLimit
      }
      if (balanceWei < tx.valueWei) return refused('insufficient balance')
      if (tx.gasLimit < intrinsicGas(tx)) return refused('out of gas')
      return await askTransaction({ evm: this.#evm, draft: this.#draft, block: blockOf(this.context, environment) }, message.from, tx)
    })
  }

  /**
   * What a message without a transaction around it (`runMessage`) would leave: a machine with that state, or this one's where it fails.
   * @throws `MACHINE_INTERNAL`
   */
  after (message: Message, environment: Environment): Promise<{ outcome: Outcome, machine: Machine }> {
    return this.#enqueue(async () => {
      const base = this.#world
      const outcome = await runMessage({ evm: this.#evm, draft: this.#draft, block: blockOf(this.context, environment) }, message)
      if (!outcome.success) return { outcome, machine: this.fork() }
      const changes = this.#draft.changes()
      return { outcome, machine: new Machine(this.context, base.after(changes, treeAfter(base.tree, changes), 'this')) }
    })
  }

  /** An account of the committed state; an absent one is empty. */
  account (address: Address): AccountState {
    return this.#world.account(address) ?? EMPTY_ACCOUNT
  }

  /** The nonce that a player's next input must have. */
  nonceOf (player: number): bigint {
    const address = this.context.terms.players[player]
    return address === undefined ? 0n : this.account(address).nonce
  }

  /** Why the committed state could not include an input now (§3); undefined: it could. */
  whyNot (input: Input): ReturnType<typeof whyNotIncludable> {
    const { terms } = this.context
    const sender = terms.players[input.player]
    return sender === undefined ? undefined : whyNotIncludable(this.#state, sender, input.tx, terms.gasLimit, this.#waits(this.#state))
  }

  /** For whom the contract waits (§11); undefined: it does not wait. */
  get waiting (): Waiting | undefined {
    return waitingIn(this.context, this.#state)
  }

  /** The call that would settle the committed state (§8): `lastMover` sent the last input of its breakpoint. */
  settlement (lastMover: Address): Message {
    return settlementMessage(this.context, lastMover, this.waiting)
  }

  /** The committed state as a draft shows its own. */
  get #state (): { account: (address: Address) => AccountState, code: (hash: Hash32) => Uint8Array | undefined } {
    return { account: address => this.account(address), code: hash => this.#world.code(hash) }
  }

  #waits (state: Parameters<typeof waitingIn>[1]): { contract: Address, waiting: Waiting } | undefined {
    const waiting = waitingIn(this.context, state)
    return waiting === undefined ? undefined : { contract: this.contract, waiting }
  }

  /** The code of an account; no bytes where there is none. */
  code (address: Address): Uint8Array {
    return this.#world.code(this.account(address).codeHash) ?? EMPTY_BYTES
  }

  /** The word in a slot. */
  storageAt (address: Address, slot: Hash32): Hash32 {
    return wordOf(this.#world.slot(address, slot) ?? EMPTY_BYTES)
  }

  /** An account with its proof under {@link Machine.root}. */
  prove (address: Address): AccountProof {
    return this.#world.prove(address)
  }

  /** A slot with its proof under {@link Machine.root}. */
  proveSlot (address: Address, slot: Hash32): SlotProof {
    return this.#world.proveSlot(address, slot)
  }

  /** How many receipts the port has written, and what has left with them, in the asset's units (§10). */
  get exits (): Exits {
    return { count: receiptCount(this.storageAt(PORT_ADDRESS, PORT_COUNT_SLOT)), total: BigInt(this.storageAt(PORT_ADDRESS, PORT_TOTAL_SLOT)) }
  }

  /** Runs `work` on the committed state, after all executions before it; that state stays as it is until `work` has ended. */
  inspect<T> (work: (world: World) => Promise<T>): Promise<T> {
    return this.#enqueue(async () => await work(this.#world))
  }

  /** What is neither in the payees' accounts nor has left with receipts (inside contracts, paid to others, burnt), in the thread's 18-decimal units. */
  leftover (): bigint {
    const { terms } = this.context
    const payees = new Set(payeesOf(terms))
    return [...payees].reduce((rest, payee) => rest - this.account(payee).balanceWei, (potOf(terms) - this.exits.total) * scaleOf(terms))
  }

  /** Runs `work` on a draft of the committed state, after all work before it. */
  #enqueue<T> (work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(async () => {
      this.#running++
      this.#draft.begin(this.#world)
      try {
        return await work()
      } catch (error) {
        // What stopped half-way may have left warm sets and open checkpoints behind.
        this.#evm = createThreadEVM(this.context, this.#draft)
        if (error instanceof ThreadsError) throw error
        throw new ThreadsError('MACHINE_INTERNAL', `the EVM failed: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
      } finally {
        this.#draft.begin(World.empty())
        this.#running--
      }
    })
    this.#queue = turn.catch(() => {})
    return turn
  }
}

/** Copied: a part would hold all of it. */
function kept (returnData: Uint8Array): Uint8Array {
  return returnData.length > MAX_KEPT_RETURN_BYTES ? returnData.slice(0, MAX_KEPT_RETURN_BYTES) : returnData
}

function refused (reason: string): Outcome {
  return { success: false, reason, returnData: EMPTY_BYTES, gasUsed: 0n, logs: [], created: undefined }
}
