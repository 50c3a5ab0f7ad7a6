/** One thread of the contract tests: its terms, its players' keys, and what they sign. */
import { bigintToBytes, bytesToHex, concatBytes, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32, keccak256, sign } from '../../src/protocol/crypto.js'
import { inputsRoot, signInput } from '../../src/protocol/input.js'
import { acceptDigest, breakpointDigest, breakpointHash, closeDigest, forceDigest, forceHash, resultDigest, type Force } from '../../src/protocol/typed-data.js'
import { PORT_ADDRESS, PORT_TOTAL_SLOT, receiptHash, receiptSlot, type ThreadReceipt } from '../../src/protocol/port.js'
import { payeesOf, potOf, scaleOf, termsToAbi, threadIdOf } from '../../src/protocol/terms.js'
import type { Address, Breakpoint, Close, Domain, Hash32, Hex, Signature, SignedInput, Terms, ThreadId } from '../../src/protocol/types.js'
import { accountPath, accountValue, EMPTY_CODE_HASH, slotPath } from '../../src/state/leaf.js'
import { prove } from '../../src/state/proof.js'
import { rootOf, set, type Tree } from '../../src/state/tree.js'
import type { Arena, Sent } from './arena.js'

/** Terms that differ from the usual ones, and how many players there are. */
export type GameOptions = Partial<Terms> & { readonly count?: number, /** What the oracle sets aside, in wei; 0 where it is not said. */ readonly bondWei?: bigint }

/** A forced move as the court takes it. */
export type Move = {
  readonly player: number, readonly raw: Uint8Array, readonly binding: Uint8Array, readonly force: Uint8Array, readonly timestampSec: bigint, readonly paused: Hash32
}

/** What else a move is made of, or is falsely signed for. */
export type MoveOptions = Partial<Force> & { readonly data?: Uint8Array, readonly paused?: Hash32, readonly domain?: Domain, /** Instead of one that says nothing. */ readonly input?: SignedInput }

/** The last input of a batch, and the leaves of those before it. */
export type LastInput = { readonly player: number, readonly others: readonly Hash32[], readonly raw: Uint8Array, readonly binding: Uint8Array }

/** Who calls, and what the judgement goes on from. */
export type SettlementOptions = { readonly from?: Address, readonly paused?: Hash32 }

/** Who claims, for what, and what the oracle's signature falsely says. */
export type ClaimOptions = { readonly key?: Uint8Array, readonly feeWei?: bigint, readonly from?: Address, readonly signed?: Partial<Parameters<typeof resultDigest>[0]> }

/** Who refutes, from where, and the mover's proven account. */
export type RefutationOptions = SettlementOptions & { readonly sender?: readonly unknown[] }

/** Who calls, how, with how much gas, and what is shown instead of the receipt. */
export type RedeemOptions = { readonly from?: Address, readonly checkpoint?: boolean, readonly gas?: bigint, readonly as?: ThreadReceipt }

/** A batch without inputs. */
export const NO_INPUT: LastInput = { player: 0, others: [], raw: new Uint8Array(0), binding: new Uint8Array(0) }

/** What a node says of its own address when it opens or joins. */
export const MULTIADDR = '/ip4/203.0.113.7/tcp/4001/ws/p2p/16Uiu2HAmPLe7Mzm8TsYUubgCAW1aJoeFScxrLj8ppHFivPo97bUZ'
/** W of the usual terms. */
export const WINDOW = 3600n
/** An all-zero breakpoint as the ABI has it. */
export const NO_BREAKPOINT = [0n, 0n, ZERO_HASH, ZERO_HASH, ZERO_HASH, 0n] as const

/** What nothing says of its money. */
export const NO_HOLDINGS = [[], [ZERO_HASH, [], ZERO_HASH, ZERO_HASH]] as const

/** A state of which only the accounts' balances matter; twelve leaves, as TicTacToe has them. */
export type State = { readonly root: Hash32, readonly tree: Tree, readonly balances: ReadonlyMap<Address, bigint>, readonly receipts: readonly ThreadReceipt[] }

/** What the record says, as the ABI decodes it. */
export type RecordView = {
  phase: bigint, joined: bigint, confirmedEpoch: bigint, dispute: bigint, nonce: bigint, endsAt: bigint, recorded: Hex
}

/** Where a thread is: a court on a chain, or one that is run here. */
export type Stage = Pick<Arena, 'domain' | 'abi' | 'court' | 'account' | 'court_' | 'read' | 'at'>

export class Game {
  readonly #arena: Stage
  readonly terms: Terms
  readonly id: ThreadId
  readonly keys: readonly Uint8Array[]
  readonly bondWei: bigint

  constructor (arena: Stage, nowSec: bigint, salt: bigint, { count = 2, bondWei = 0n, ...terms }: GameOptions) {
    this.#arena = arena
    this.bondWei = bondWei
    this.keys = Array.from({ length: count }, (_, i) => keccak256(new TextEncoder().encode(`session key ${i}`)))
    this.terms = { ...usualTerms(arena, nowSec, salt, this.keys), ...terms }
    this.id = threadIdOf(this.terms, this.domain)
  }

  get domain (): Domain {
    return this.#arena.domain
  }

  /** The terms as the ABI has them. */
  get abi (): readonly unknown[] {
    return termsToAbi(this.terms)
  }

  get pot (): bigint {
    return potOf(this.terms)
  }

  player (index: number): Address {
    return this.terms.players[index] ?? ZERO_ADDRESS
  }

  /** What a player pays in. */
  payment (index: number): bigint {
    return (this.terms.deposits[index] ?? 0n) + (index === 0 ? this.terms.oracleFee : 0n)
  }

  /** The ether that goes with a player's payment. */
  #value (index: number): bigint {
    return this.terms.asset === ZERO_ADDRESS ? this.payment(index) : 0n
  }

  // ---------------------------------------------------------------- calls

  async open (): Promise<Sent> {
    return await this.#arena.court_(this.player(0), 'open', [this.abi, MULTIADDR], this.#value(0))
  }

  async join (index: number): Promise<Sent> {
    return await this.#arena.court_(this.player(index), 'join', [this.abi, index, MULTIADDR, '0x'], this.#value(index))
  }

  /** The oracle bonds what it is to set aside, and accepts by its own transaction. */
  async accept (): Promise<Sent> {
    const { oracle } = this.terms
    if (this.bondWei !== 0n) await this.#arena.court_(oracle, 'bond', [], this.bondWei)
    return await this.#arena.court_(oracle, 'accept', [this.abi, this.bondWei, '0x'])
  }

  /** Opens the thread, and lets the oracle accept it and everybody join. */
  async start (): Promise<this> {
    await this.open()
    if (this.terms.oracle !== ZERO_ADDRESS) await this.accept()
    for (let i = 1; i < this.terms.players.length; i++) await this.join(i)
    return this
  }

  /** One of checkpoint, challenge, respond, resume, with a breakpoint that everybody signed. */
  async record_ (method: string, breakpoint: Breakpoint, from = this.player(0)): Promise<Sent> {
    return await this.#arena.court_(from, method, [this.abi, breakpointToAbi(breakpoint), this.signatures(breakpoint)])
  }

  /** Restates what is recorded, or nothing. */
  async challenge (from = this.player(0)): Promise<Sent> {
    return await this.#arena.court_(from, 'challenge', [this.abi, NO_BREAKPOINT, '0x'])
  }

  async close (close: Close, from = this.player(0)): Promise<Sent> {
    return await this.#arena.court_(from, 'close', [this.abi, closeToAbi(close), this.closeSignatures(close)])
  }

  async settle (breakpoint: Breakpoint | undefined, state?: State, from = this.player(0)): Promise<Sent> {
    return await this.#arena.court_(from, 'settle', [
      this.abi, breakpoint === undefined ? NO_BREAKPOINT : breakpointToAbi(breakpoint), state === undefined ? NO_HOLDINGS : this.holdings(state)
    ])
  }

  /** Forces a move, or a part of its judgement. */
  async advance (recorded: Breakpoint, move: Move, witness: Hex, from = this.player(move.player)): Promise<Sent> {
    return await this.#arena.court_(from, 'advance', [this.abi, breakpointToAbi(recorded), moveToAbi(move), witness])
  }

  async refute (recorded: Breakpoint, parent: Breakpoint, last: LastInput, witness: Hex, { from = this.player(0), paused = ZERO_HASH }: SettlementOptions = {}): Promise<Sent> {
    return await this.#arena.court_(from, 'refute', [this.abi, breakpointToAbi(recorded), breakpointToAbi(parent), lastInputToAbi(last), paused, witness])
  }

  /** Claims a move's result: by the oracle's key for `feeWei`, or, without a key, with `feeWei` as the player's own bond. */
  async claim (recorded: Breakpoint, dispute: bigint, move: Move, stateRoot: Hash32, { key, feeWei = 0n, from = this.player(move.player), signed = {} }: ClaimOptions = {}): Promise<Sent> {
    const force = forceHash({ thread: this.id, dispute, parent: breakpointHash(recorded), txHash: hash32(move.raw), timestampSec: move.timestampSec })
    const result = key === undefined ? '0x' : bytesToHex(sign(resultDigest({ force, stateRoot, feeWei, ...signed }, this.domain), key))
    return await this.#arena.court_(from, 'claim', [this.abi, breakpointToAbi(recorded), moveToAbi(move), stateRoot, result], feeWei)
  }

  /** Executes a claimed move. `sender`: the mover's account in the parent's state, where that is what refutes it. */
  async refuteClaim (index: number, claimed: Breakpoint, parent: Breakpoint, move: SignedInput & { readonly player: number }, witness: Hex, { from = this.player(0), paused = ZERO_HASH, sender = [] }: RefutationOptions = {}): Promise<Sent> {
    const input = lastInputToAbi({ player: move.player, others: [], raw: move.raw, binding: move.binding })
    return await this.#arena.court_(from, 'refuteClaim', [this.abi, index, breakpointToAbi(claimed), breakpointToAbi(parent), input, [paused, witness, sender]])
  }

  /** What answers for one claim in this thread, and for one doubt, in wei. */
  get claimBondWei (): bigint {
    return (3_000_000n + 120n * this.terms.gasLimit) * 20n * 10n ** 9n + 10n ** 16n
  }

  /** Doubts a claim. */
  async doubt (index: number, claimed: Breakpoint, { from = this.player(0), valueWei = this.claimBondWei }: { from?: Address, valueWei?: bigint } = {}): Promise<Sent> {
    return await this.#arena.court_(from, 'doubt', [this.abi, index, breakpointToAbi(claimed)], valueWei)
  }

  /** Ends a doubt that was not met. */
  async drop (claimed: Breakpoint, parent: Breakpoint, { player, raw, binding }: SignedInput & { readonly player: number }, from = this.player(0)): Promise<Sent> {
    return await this.#arena.court_(from, 'drop', [this.abi, breakpointToAbi(claimed), breakpointToAbi(parent), lastInputToAbi({ player, others: [], raw, binding })])
  }

  /** What an oracle's key signs to accept this thread with this bond. */
  acceptance (key: Uint8Array, bondWei: bigint, changes: Partial<Parameters<typeof acceptDigest>[0]> = {}): Hex {
    return bytesToHex(sign(acceptDigest({ thread: this.id, feeUnits: this.terms.oracleFee, bondWei, ...changes }, this.domain), key))
  }

  async openClaims (): Promise<readonly Hex[]> {
    return [...await this.#arena.read(this.#arena.court, this.#arena.abi, 'openClaims', [this.id]) as Iterable<Hex>]
  }

  /** What an account has set aside for this thread, in wei. */
  async pledge (account: Address): Promise<bigint> {
    const [amount] = await this.#arena.read(this.#arena.court, this.#arena.abi, 'pledges', [this.id, account]) as [bigint, boolean]
    return amount
  }

  async settleByFunction (recorded: Breakpoint, last: LastInput, witness: Hex, state: State | readonly unknown[], { from = this.player(0), paused = ZERO_HASH }: SettlementOptions = {}): Promise<Sent> {
    return await this.#arena.court_(from, 'settleByFunction', [
      this.abi, breakpointToAbi(recorded), lastInputToAbi(last), paused, witness, 'root' in state ? this.holdings(state) : state
    ])
  }

  /** Has a receipt of `state` executed; with `signatures` the breakpoint is recorded first. `as`: shown instead of the receipt. */
  async redeem (breakpoint: Breakpoint, state: State, index: number, { from = this.player(0), checkpoint = false, gas, as }: RedeemOptions = {}): Promise<Sent> {
    const receipt = as ?? state.receipts[index]
    if (receipt === undefined) throw new Error(`no receipt ${index}`)
    const shown = [[receipt.index, receipt.sender, receipt.target, receipt.amount, receipt.data], this.receiptSiblings(state, receipt.index)]
    const [method, args] = checkpoint
      ? ['checkpointAndRedeem', [this.abi, breakpointToAbi(breakpoint), this.signatures(breakpoint), ...shown]] as const
      : ['redeem', [this.abi, breakpointToAbi(breakpoint), ...shown]] as const
    return await this.#arena.court_(from, method, args, 0n, gas)
  }

  /** What was redeemed, and what is kept for receipts after the end. */
  async exited (): Promise<{ redeemed: bigint, reserved: bigint }> {
    const [redeemed, reserved] = await this.#arena.read(this.#arena.court, this.#arena.abi, 'exited', [this.id]) as [bigint, bigint]
    return { redeemed, reserved }
  }

  async isRedeemed (index: bigint): Promise<boolean> {
    return await this.#arena.read(this.#arena.court, this.#arena.abi, 'isRedeemed', [this.id, index]) as boolean
  }

  /** Moves forced in this dispute, and seconds spent by each player. */
  async lineage (): Promise<{ forced: bigint, used: readonly bigint[] }> {
    const [forced, used] = await this.#arena.read(this.#arena.court, this.#arena.abi, 'lineage', [this.id]) as [bigint, Iterable<bigint>]
    return { forced, used: [...used].slice(0, this.terms.players.length) }
  }

  async judgement (player: number): Promise<{ paused: Hash32, credit: bigint }> {
    const [paused, , credit] = await this.#arena.read(this.#arena.court, this.#arena.abi, 'judgements', [this.id, player]) as [Hash32, Hex, bigint]
    return { paused, credit }
  }

  async record (): Promise<RecordView> {
    const found = await this.#arena.read(this.#arena.court, this.#arena.abi, 'record', [this.id]) as { toObject (): RecordView }
    return found.toObject()
  }

  // ---------------------------------------------------------------- what is signed

  breakpoint (fields: Partial<Breakpoint> = {}): Breakpoint {
    const mark = keccak256(new TextEncoder().encode(`state ${fields.epoch ?? 0n} ${fields.nonce ?? 0n}`))
    return {
      thread: this.id, epoch: 0n, nonce: 0n, parent: ZERO_HASH, stateRoot: hash32(mark), inputsRoot: hash32(concatBytes(mark, mark)), timestampSec: 2_000_000_007n, ...fields
    }
  }

  closing (payouts: readonly bigint[], fields: Partial<Close> = {}): Close {
    return { thread: this.id, epoch: 0n, nonce: 1n, parent: hash32(hexToBytes(this.id)), payouts, ...fields }
  }

  /** A player's move on what is recorded, with its session key's two signatures. `changes` alter what the Force is for. */
  move (player: number, recorded: Breakpoint, dispute: bigint, timestampSec: bigint, { data = new Uint8Array(0), paused = ZERO_HASH, domain = this.domain, input, ...changes }: MoveOptions = {}): Move {
    const key = this.#key(player)
    const { raw, binding } = input ?? signInput({ nonce: 1n, gasLimit: 100_000n, to: this.player(0), valueWei: 0n, data }, key, { thread: this.id, domain })
    const force: Force = { thread: this.id, dispute, parent: breakpointHash(recorded), txHash: hash32(raw), timestampSec, ...changes }
    return { player, raw, binding, force: sign(forceDigest(force, domain), key), timestampSec, paused }
  }

  /** The breakpoint that a move becomes when the judge finds `stateRoot`. */
  forced (recorded: Breakpoint, dispute: bigint, move: Move, stateRoot: Hash32): Breakpoint {
    return {
      thread: this.id, epoch: dispute, nonce: recorded.nonce + 1n, parent: breakpointHash(recorded), stateRoot,
      inputsRoot: inputsRoot([{ leaf: hash32(concatBytes(move.raw, move.binding)) }]), timestampSec: move.timestampSec
    }
  }

  #key (player: number): Uint8Array {
    const key = this.keys[player]
    if (key === undefined) throw new Error(`no player ${player}`)
    return key
  }

  /** Everybody's signatures, joined. */
  signatures (breakpoint: Breakpoint, domain = this.domain): Hex {
    return this.signAll(breakpointDigest(breakpoint, domain))
  }

  closeSignatures (close: Close, domain = this.domain): Hex {
    return this.signAll(closeDigest(close, domain))
  }

  signAll (digest: Uint8Array): Hex {
    return joined(this.keys.map(key => sign(digest, key)))
  }

  // ---------------------------------------------------------------- states

  /** A state in which the payees, in order, own this much (18 decimals), and the port has written these receipts; the rest of what is committed is a board and a contract. */
  state (balances: readonly bigint[], receipts: readonly ThreadReceipt[] = []): State {
    const contract = `0x${'c0'.repeat(20)}` as Address
    const owned = new Map(payeesOf(this.terms).map((payee, i) => [payee, balances[i] ?? 0n]))
    let tree: Tree
    for (const [account, balance] of owned) {
      const nonce = account === this.terms.oracle ? 0n : 4n
      if (nonce + balance > 0n) tree = set(tree, accountPath(account), accountValue(nonce, balance, EMPTY_CODE_HASH))
    }
    tree = set(tree, accountPath(contract), accountValue(1n, potOf(this.terms) * scaleOf(this.terms), this.terms.codeHash))
    for (let slot = 0n; slot < 9n; slot++) {
      tree = set(tree, slotPath(contract, hash32(bigintToBytes(slot, 32))), keccak256(bigintToBytes(slot, 32)))
    }
    const total = receipts.reduce((sum, { amount }) => sum + amount, 0n)
    for (const receipt of receipts) tree = set(tree, slotPath(PORT_ADDRESS, receiptSlot(receipt.index)), hexToBytes(receiptHash(receipt)))
    if (total > 0n) tree = set(tree, slotPath(PORT_ADDRESS, PORT_TOTAL_SLOT), bigintToBytes(total, 32))
    return { root: rootOf(tree), tree, balances: owned, receipts }
  }

  /** From the root down to a receipt's leaf. */
  receiptSiblings (state: State, index: bigint): readonly Hash32[] {
    return prove(state.tree, slotPath(PORT_ADDRESS, receiptSlot(index))).siblings
  }

  /** What `state` says of its money, as the ABI has it. */
  holdings (state: State): unknown[] {
    const { value, siblings, other } = prove(state.tree, slotPath(PORT_ADDRESS, PORT_TOTAL_SLOT))
    return [this.proofs(state), [value, siblings, other?.path ?? ZERO_HASH, other?.value ?? ZERO_HASH]]
  }

  /** The payees' accounts in `state` with their proofs, as the ABI has them. */
  proofs (state: State): unknown[][] {
    return payeesOf(this.terms).map(account => {
      const balance = state.balances.get(account) ?? 0n
      const nonce = account === this.terms.oracle ? 0n : 4n
      const { siblings, other } = prove(state.tree, accountPath(account))
      return [nonce, balance, EMPTY_CODE_HASH, siblings, other?.path ?? ZERO_HASH, other?.value ?? ZERO_HASH]
    })
  }
}

export function breakpointToAbi (breakpoint: Breakpoint): readonly unknown[] {
  const { epoch, nonce, parent, stateRoot, inputsRoot, timestampSec } = breakpoint
  return [epoch, nonce, parent, stateRoot, inputsRoot, timestampSec]
}

export function closeToAbi ({ epoch, nonce, parent, payouts }: Close): readonly unknown[] {
  return [epoch, nonce, parent, payouts]
}

export function moveToAbi ({ player, raw, binding, force, timestampSec, paused }: Move): readonly unknown[] {
  return [player, raw, binding, force, timestampSec, paused]
}

export function lastInputToAbi ({ player, others, raw, binding }: LastInput): readonly unknown[] {
  return [player, others, raw, binding]
}

export function joined (signatures: readonly Signature[]): Hex {
  return bytesToHex(concatBytes(...signatures))
}

export { breakpointHash }

/** A game of TicTacToe for one ether: five words of constructor argument would be its players, its stake, a patience and a name. */
function usualTerms (arena: Stage, nowSec: bigint, salt: bigint, keys: readonly Uint8Array[]): Terms {
  const players = keys.map((_, i) => arena.account(i))
  const ether = 10n ** 18n
  const words = [...players.slice(0, 2).map(player => BigInt(player)), ether, 600n, 3n]
  return {
    players,
    sessionKeys: keys.map(key => addressOf(key)),
    deposits: players.map(() => ether),
    shares: players.map(() => 1n),
    asset: ZERO_ADDRESS,
    assetDecimals: 18,
    codeKind: 0,
    codeSource: '0x5fbdb2315678afecb367f032d93f642f64180aa3' as Address,
    codeHash: hash32(Uint8Array.of(1, 2, 3)),
    ctorArg: concatBytes(...words.map(word => bigintToBytes(word, 32))),
    oracle: ZERO_ADDRESS,
    oracleFee: 0n,
    windowSec: WINDOW,
    timeBankSec: WINDOW,
    forcedMoves: 20,
    settlement: '0x00000000',
    gasLimit: 5_000_000n,
    pieceGas: 0n,
    joinDeadlineSec: nowSec + 86_400n,
    salt: hash32(bigintToBytes(salt, 32))
  }
}
