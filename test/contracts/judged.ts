/** A thread with a real contract on a real court with the real judge: states from the machine that players run, and witnesses for what is forced. */
import { Interface } from 'ethers'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex, bigintToBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import { decodeInput, inputsRoot, signInput } from '../../src/protocol/input.js'
import { PORT_ADDRESS, PORT_TOTAL_SLOT } from '../../src/protocol/port.js'
import { contractAddressOf, payeesOf, potOf } from '../../src/protocol/terms.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Hash32, Hex, Input } from '../../src/protocol/types.js'
import type { CodeHolder } from '../../src/machine/code-reference.js'
import { caseOf, encodeJudgeCall, type Verdict } from '../../src/machine/judge-case.js'
import { encodeResumption, encodeWitness, ALL_STEPS, type Cast } from '../../src/machine/judge-witness.js'
import { selectorOf } from '../../src/machine/judge.js'
import { Judgement } from '../../src/machine/judgement.js'
import { LocalVerifier } from '../../src/machine/local-verifier.js'
import { Machine, type Batch } from '../../src/machine/machine.js'
import { matterOf } from '../../src/machine/matter.js'
import { Touched, viewOf, witnessOf } from '../../src/machine/witness.js'
import { portHolder } from '../../src/thread/bench.js'
import { accountPath, accountValue, EMPTY_CODE_HASH, slotPath } from '../../src/state/leaf.js'
import { prove } from '../../src/state/proof.js'
import { rootOf, set, type Tree } from '../../src/state/tree.js'
import type { World } from '../../src/state/world.js'
import type { Arena } from './arena.js'
import { Game, type GameOptions, type Move } from './game.js'

const SYSTEM = `0x${'ff'.repeat(19)}fe` as Address
/** When the chains of the tests begin. */
const GENESIS_SEC = 2_000_000_000n
const ROOMS = { frames: 0x4000, transientSlots: 4, journalEntries: 128, returnBytes: 0x400, newCodes: 0, newCodeBytes: 0 }

/** A thread of `code` and the state that its players have come to. */
export class JudgedGame {
  readonly game: Game
  readonly machine: Machine
  readonly contract: Address
  readonly #verifier: LocalVerifier
  readonly #holders: readonly CodeHolder[]
  #head: Breakpoint
  readonly #nonces: bigint[]

  private constructor (game: Game, machine: Machine, verifier: LocalVerifier, holders: readonly CodeHolder[], head: Breakpoint) {
    this.game = game
    this.machine = machine
    this.contract = contractAddressOf(game.id, game.domain.court)
    this.#verifier = verifier
    this.#holders = holders
    this.#head = head
    this.#nonces = game.terms.players.map(() => 1n)
  }

  /** Opens a thread of this contract; its creation code lies on the chain, as a node finds it. */
  static async create (arena: Arena, name: string, ctorArg: Uint8Array, options: GameOptions = {}): Promise<JudgedGame> {
    return await this.of(arena, loadArtifact(name).creationCode, ctorArg, options)
  }

  /** Opens a thread of the contract that this code creates. */
  static async of (arena: Arena, creationCode: Uint8Array, ctorArg: Uint8Array = new Uint8Array(), options: GameOptions = {}): Promise<JudgedGame> {
    const stored = await arena.store(creationCode)
    const holders = [{ address: stored, code: Uint8Array.of(0, ...creationCode) }, portHolder(arena.court)]
    const game = await (await arena.game({ codeSource: stored, codeHash: hash32(creationCode), ctorArg, ...options })).start()
    const verifier = await LocalVerifier.create({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode })
    for (const holder of holders) await verifier.hold(holder)
    const { machine } = await Machine.genesis({ thread: game.id, terms: game.terms, domain: game.domain }, creationCode)
    const first = game.breakpoint({ stateRoot: machine.root, inputsRoot: inputsRoot([]), timestampSec: GENESIS_SEC })
    return new JudgedGame(game, machine, verifier, holders, first)
  }

  /** The last breakpoint. */
  get head (): Breakpoint {
    return this.#head
  }

  /** The call of a player, as an input of its session key. */
  input (player: number, data: Uint8Array, valueWei = 0n): Input {
    const { game } = this
    const context = { thread: game.id, terms: game.terms, domain: game.domain }
    const signed = signInput({ nonce: this.#nonces[player] ?? 0n, gasLimit: game.terms.gasLimit < 1_000_000n ? game.terms.gasLimit : 1_000_000n, to: this.contract, valueWei, data }, game.keys[player] ?? new Uint8Array(), context)
    return decodeInput(signed, context)
  }

  /** What an input takes. Out of gas it takes all of its limit. */
  async gasOf (input: Input, timestampSec: bigint): Promise<bigint> {
    return (await this.machine.prepare(this.#batch(input, timestampSec))).gasUsed
  }

  /** What the players' machines make of an input; it becomes the head. */
  async play (input: Input, timestampSec: bigint, epoch = 0n): Promise<Breakpoint> {
    const prepared = await this.machine.prepare(this.#batch(input, timestampSec))
    this.machine.commit(prepared)
    this.#nonces[input.player] = (this.#nonces[input.player] ?? 0n) + 1n
    this.#head = this.game.breakpoint({
      epoch, nonce: this.#head.nonce + 1n, parent: breakpointHash(this.#head), stateRoot: this.machine.root, inputsRoot: inputsRoot([input]), timestampSec
    })
    return this.#head
  }

  /** A player's move on the head, and the witness of each of its transactions, of at most `steps` opcodes. */
  async force (input: Input, dispute: bigint, timestampSec: bigint, steps = ALL_STEPS): Promise<{ move: Move, witnesses: Hex[] }> {
    const context = { thread: this.game.id, terms: this.game.terms, domain: this.game.domain }
    const witnesses: Hex[] = []
    await this.machine.inspect(async world => {
      const matter = await matterOf(context, world, this.#batch(input, timestampSec), input, this.#holders)
      const whole = await new Judgement(this.#verifier, matter).next()
      if (whole.answer.kind === 'refusal') throw new Error(`the judge refuses with ${whole.answer.selector}`)
      const judgement = new Judgement(this.#verifier, matter)
      for (let ended = false; !ended;) {
        const { data, answer } = await judgement.next(steps)
        if (answer.kind === 'refusal') throw new Error(`the judge refuses with ${answer.selector}`)
        witnesses.push(judgeInterface().decodeFunctionData('judge', data)[2] as Hex)
        ended = answer.isFinal
      }
    })
    const move = this.game.move(input.player, this.#head, dispute, timestampSec, { input })
    return { move, witnesses }
  }

  /**
   * The witness of the settlement function on the head, and the root that it leaves; undefined when it fails. With fewer `steps` than it takes: a witness that
   * begins it and lacks what is touched later.
   */
  async settlement (lastMover: Address, timestampSec: bigint, steps = ALL_STEPS): Promise<{ witness: Hex, root: Hash32 | undefined }> {
    return await this.machine.inspect(async world => {
      const { witness, answer } = await this.#settle(world, lastMover, timestampSec, new Touched(), steps)
      return { witness: bytesToHex(witness), root: answer.success ? answer.newRoot : undefined }
    })
  }

  /** The same over two transactions, the first of so many steps. */
  async settlementInTwo (lastMover: Address, timestampSec: bigint, steps: bigint): Promise<{ witnesses: [Hex, Hex], root: Hash32 | undefined }> {
    return await this.machine.inspect(async world => {
      const touched = new Touched()
      const whole = await this.#settle(world, lastMover, timestampSec, touched, ALL_STEPS)
      const { witness, machine = new Uint8Array(0) } = await this.#settle(world, lastMover, timestampSec, touched, steps)
      const { accounts, proof } = witnessOf(viewOf(world), touched)
      const last = encodeResumption(machine, accounts, { proof, cast: this.#settlementCast() }, { steps: ALL_STEPS, rooms: ROOMS }, this.#holders)
      return { witnesses: [bytesToHex(witness), bytesToHex(last)], root: whole.answer.success ? whole.answer.newRoot : undefined }
    })
  }

  async #settle (world: World, lastMover: Address, timestampSec: bigint, touched: Touched, steps: bigint): Promise<{ witness: Uint8Array, answer: Verdict, machine: Uint8Array | undefined }> {
    const { game, contract } = this
    const context = { thread: game.id, terms: game.terms, domain: game.domain }
    const environment = { ...this.#batch(undefined, timestampSec), timestampSec }
    const judged = { ...caseOf(context, environment, this.machine.root, 0), wallet: SYSTEM, sessionKey: SYSTEM }
    const data = hexToBytes(new Interface(['function f(address, address[], bytes)']).encodeFunctionData('f', [lastMover, [], '0x']).replace(/^0x.{8}/, game.terms.settlement) as Hex)
    touched.code(contract)
    for (;;) {
      const { accounts, proof } = witnessOf(viewOf(world), touched)
      const witness = encodeWitness(accounts, proof, this.#settlementCast(), { steps, rooms: ROOMS }, this.#holders)
      const { answer, machine } = await this.#verifier.call(encodeJudgeCall(judged, contract, data, witness))
      if (answer.kind === 'verdict') return { witness, answer, machine }
      const [first = 0n, second = 0n] = answer.args
      const address = bytesToHex(bigintToBytes(first & ((1n << 160n) - 1n), 20)) as Address
      const isNew = answer.selector === selectorOf('MissingAccount(address)') ? touched.needed(address)
        : answer.selector === selectorOf('MissingSlot(address,uint256)') ? touched.slot(address, second)
          : answer.selector === selectorOf('MissingCode(address)') && touched.code(address)
      if (!isNew) throw new Error(`the judge refuses with ${answer.selector} ${answer.args.map(String).join()}`)
    }
  }

  #settlementCast (): Cast {
    return { sender: SYSTEM, target: this.contract, coinbase: this.game.terms.oracle }
  }

  /** The head's state after a payment out of the contract that leaves the players these balances: its root, and what it says of their money, proved. */
  async settled (balances: readonly bigint[]): Promise<{ root: Hash32, proofs: unknown[] }> {
    const { terms } = this.game
    const contract = this.machine.account(this.contract)
    const left = potOf(terms) - balances.reduce((sum, balance) => sum + balance, 0n)
    let tree = await this.machine.inspect(async world => await Promise.resolve(world.tree))
    tree = set(tree, accountPath(this.contract), accountValue(contract.nonce, left, contract.codeHash))
    for (const [i, player] of terms.players.entries()) tree = set(tree, accountPath(player), accountValue(this.machine.account(player).nonce, balances[i] ?? 0n, EMPTY_CODE_HASH))
    return { root: rootOf(tree), proofs: this.#proofsIn(tree, balances) }
  }

  /** What the head's state says of the players' money, as it is, proved. */
  async proofs (): Promise<unknown[]> {
    const tree = await this.machine.inspect(async world => await Promise.resolve(world.tree))
    return this.#proofsIn(tree, payeesOf(this.game.terms).map(player => this.machine.account(player).balanceWei))
  }

  #proofsIn (tree: Tree, balances: readonly bigint[]): unknown[] {
    // The oracle, where there is one, has no account unless it was paid.
    const accounts = payeesOf(this.game.terms).map((player, i) => {
      const { siblings, other } = prove(tree, accountPath(player))
      return [this.machine.account(player).nonce, balances[i] ?? 0n, EMPTY_CODE_HASH, siblings, other?.path ?? ZERO_HASH, other?.value ?? ZERO_HASH]
    })
    const { value, siblings, other } = prove(tree, slotPath(PORT_ADDRESS, PORT_TOTAL_SLOT))
    return [accounts, [value, siblings, other?.path ?? ZERO_HASH, other?.value ?? ZERO_HASH]]
  }

  /** A transition on the head, in epoch `k` or not: epochs are not part of its environment. */
  #batch (input: Input | undefined, timestampSec: bigint): Batch {
    return { nonce: this.#head.nonce + 1n, timestampSec, parent: breakpointHash(this.#head), inputs: input === undefined ? [] : [input], isForced: true }
  }
}

function judgeInterface (): Interface {
  return loadArtifact('Judge').interface
}
