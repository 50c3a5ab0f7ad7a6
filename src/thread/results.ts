/**
 * What a thread's oracle answers for: the result of a player's forced move (specification §8, "Claims"). A wrong one costs its bond, so it signs only what it has executed
 * itself on what the court has recorded, what the judge would confirm, and what nothing that all have signed stands against. What it signs is on disk before it leaves.
 */
import { ThreadsError } from '../errors.js'
import type { WireCertificate } from '../protocol/certificate-codec.js'
import { sign, verify } from '../protocol/crypto.js'
import { decodeInput, inputsRoot } from '../protocol/input.js'
import { MAX_AHEAD_SEC } from '../protocol/limits.js'
import type { ResultAnswer, ResultRequest } from '../protocol/oracle-codec.js'
import { compareSlots } from '../protocol/slot.js'
import { breakpointHash, forceDigest, forceHash, resultDigest, resultHash } from '../protocol/typed-data.js'
import type { Breakpoint, Hash32, Input } from '../protocol/types.js'
import type { Machine } from '../machine/machine.js'
import { openMoves } from './chain-view.js'
import type { Coordinator } from './coordinator.js'
import type { ChainPort } from './ports.js'
import { ResultRecords, type ResultKey, type SignedRoot } from './result-records.js'

/** So many moves of one player on one breakpoint are answered for: it may try again at a later time, but not without end. */
const MAX_ON_A_PARENT = 16

/** What results are signed with. */
export type ResultParts = {
  readonly chain: Pick<ChainPort, 'wallet' | 'nextTime' | 'pledge' | 'bondFor'>
  /** Of the wallet that the terms name as their oracle. */
  readonly walletKey: Uint8Array
  /** For one result. */
  readonly feeWei: bigint
  /** What is signed instead of the root that was found. For tests of an oracle that lies; undefined: the root itself. */
  readonly distort?: ((root: Hash32) => Hash32) | undefined
}

/** A request whose signatures are right. */
export type OpenRequest = { readonly request: ResultRequest, readonly input: Input, /** The Force's hash. */ readonly force: Hash32 }

/** The oracle's results in one thread. */
export class Results {
  readonly #coordinator: Coordinator
  readonly #parts: ResultParts
  readonly #records: ResultRecords

  constructor (coordinator: Coordinator, parts: ResultParts) {
    this.#coordinator = coordinator
    this.#records = new ResultRecords(coordinator.parts.records)
    this.#parts = parts
  }

  /**
   * Checks what costs next to nothing: that it is about what is recorded now, and that a player has signed it.
   * @throws `RESULT_NOT_RECORDED`, `ORACLE_NOT_OURS`; the sender's fault: `RESULT_BAD_FORCE`, and what `decodeInput` throws
   */
  open (request: ResultRequest): OpenRequest {
    const { parts: { context } } = this.#coordinator
    if (context.terms.oracle !== this.#parts.chain.wallet) throw declined('ORACLE_NOT_OURS', 'the terms name another oracle')
    this.#recorded(request)
    const input = decodeInput(request.input, context)
    const { thread, dispute, parent, timestampSec } = request
    const force = { thread, dispute, parent, txHash: input.id, timestampSec }
    const key = context.terms.sessionKeys[input.player]
    if (key === undefined || !verify(forceDigest(force, context.domain), request.force, key)) {
      throw new ThreadsError('RESULT_BAD_FORCE', `player ${input.player} has not forced this input`, { data: { thread, player: input.player }, peerFault: 'reject' })
    }
    return { request, input, force: forceHash(force) }
  }

  /**
   * Executes the move and signs what it leads to, or gives back what was signed for it before. A certificate that stands against what is recorded is given instead.
   * @throws `RESULT_NOT_RECORDED`, `RESULT_NOT_TIMELY`, `RESULT_NO_MOVE`, `RESULT_TOO_MANY`, `ORACLE_NOT_ACCEPTED`, `ORACLE_BOND_TOO_SMALL`, `ORACLE_HOLDS_BACK`, what the chain and the store throw
   */
  async answer (opened: OpenRequest): Promise<ResultAnswer> {
    const nowSec = await this.#parts.chain.nextTime()
    const certificate = await this.#contradiction(nowSec)
    if (certificate !== undefined) return { kind: 'certificate', certificate }
    const known = await this.#records.result(keyOf(opened))
    if (known !== undefined) return this.#signed(opened, known)
    const { recorded, machine } = await this.#ground(opened.request)
    this.#requireTimely(opened.request, recorded, nowSec)
    await this.#requireBond()
    const stateRoot = await this.#execute(opened, recorded, machine)
    return this.#signed(opened, await this.#enter(opened, recorded, stateRoot))
  }

  /** What would be signed, without signing it. @throws as {@link answer} */
  async try (opened: OpenRequest): Promise<Hash32> {
    const { recorded, machine } = await this.#ground(opened.request)
    this.#requireTimely(opened.request, recorded, await this.#parts.chain.nextTime())
    return await this.#execute(opened, recorded, machine)
  }

  #signed ({ force }: OpenRequest, { stateRoot, feeWei }: SignedRoot): ResultAnswer {
    const { context: { domain } } = this.#coordinator.parts
    return { kind: 'signed', stateRoot, feeWei, signature: sign(resultDigest({ force, stateRoot, feeWei }, domain), this.#parts.walletKey) }
  }

  /** INVARIANT: one result for a move, ever, and on disk before it leaves; only while the move's parent is what is recorded. */
  async #enter (opened: OpenRequest, { nonce }: Breakpoint, found: Hash32): Promise<SignedRoot> {
    const { parts: { journal } } = this.#coordinator
    const stateRoot = this.#parts.distort?.(found) ?? found
    return await this.#coordinator.exclusive(async () => {
      this.#requireRecorded(opened.request)
      if (journal.damage !== undefined) throw declined('ORACLE_HOLDS_BACK', `the sign journal cannot be trusted (${journal.damage})`)
      const known = await this.#records.result(keyOf(opened))
      if (known !== undefined) return known
      if (await this.#records.countOn(keyOf(opened)) >= MAX_ON_A_PARENT) throw declined('RESULT_TOO_MANY', `player ${opened.input.player} has the results of ${MAX_ON_A_PARENT} moves on this breakpoint`)
      const signed = { stateRoot, feeWei: this.#parts.feeWei }
      this.#coordinator.write(
        ...journal.enter({ kind: 'result', slot: { epoch: opened.request.dispute, nonce: nonce + 1n }, hash: resultHash({ force: opened.force, ...signed }) }),
        this.#records.putResult(keyOf(opened), signed)
      )
      return signed
    })
  }

  /** The state that the move is made on. Forked under the lock: what the court has recorded and what is executed here change together there. */
  async #ground (request: ResultRequest): Promise<{ recorded: Breakpoint, machine: Machine }> {
    return await this.#coordinator.exclusive(async () => {
      const recorded = this.#requireRecorded(request)
      const machine = this.#coordinator.parts.execution.machine
      if (machine === undefined || machine.root !== recorded.stateRoot) throw declined('RESULT_NOT_RECORDED', 'this node does not follow what is recorded')
      return await Promise.resolve({ recorded, machine: machine.fork() })
    })
  }

  /** What the court has recorded, which is what the move is made on. @throws `RESULT_NOT_RECORDED` */
  #recorded ({ dispute, parent }: ResultRequest): Breakpoint {
    const { view } = this.#coordinator
    if (view.phase !== 'dispute' || view.dispute?.number !== dispute || view.recorded?.hash !== parent) throw declined('RESULT_NOT_RECORDED', 'another breakpoint or dispute is recorded')
    return view.recorded.breakpoint
  }

  /** The same, and it is this node's head, which nothing that all have signed stands against. @throws `RESULT_NOT_RECORDED` */
  #requireRecorded (request: ResultRequest): Breakpoint {
    const { state, close, provisional } = this.#coordinator
    const recorded = this.#recorded(request)
    if (state.head?.hash !== request.parent) throw declined('RESULT_NOT_RECORDED', 'this node does not follow what is recorded')
    if (close !== undefined || provisional !== undefined) throw declined('RESULT_NOT_RECORDED', 'all have signed how to go on')
    return recorded
  }

  /** What all have signed and what is recorded does not have: it is the answer, for it goes before any move. */
  async #contradiction (nowSec: bigint): Promise<WireCertificate | undefined> {
    const { view, state, moves, provisional, parts } = this.#coordinator
    if (provisional !== undefined) {
      const { body: { breakpoint, inputs }, signatures } = provisional
      return { breakpoint, signatures, inputs }
    }
    const held = moves.ground?.content ?? state.head
    const recorded = view.certificate?.breakpoint
    if (held === undefined || held.slot.epoch !== view.confirmedEpoch || nowSec >= (view.dispute?.evidenceUntilSec ?? 0n)) return undefined
    return recorded !== undefined && compareSlots(held.slot, recorded) <= 0 ? undefined : await parts.records.certificate(held.slot)
  }

  /** The court takes a move of its own time only; what is out of time would be executed for nothing. */
  #requireTimely ({ timestampSec }: ResultRequest, recorded: Breakpoint, nowSec: bigint): void {
    const { windowSec } = this.#coordinator.parts.context.terms
    const parentSec = recorded.timestampSec
    const graceSec = windowSec < 16n ? 1n : windowSec / 16n
    const earliest = later(parentSec, nowSec - graceSec)
    const latest = later(parentSec, nowSec + MAX_AHEAD_SEC)
    if (timestampSec < earliest || timestampSec > latest) throw declined('RESULT_NOT_TIMELY', `a move of ${timestampSec} is none between ${earliest} and ${latest}`)
    const endsAtSec = this.#coordinator.view.dispute?.endsAtSec ?? 0n
    if (nowSec >= endsAtSec) throw declined('RESULT_NOT_TIMELY', 'the dispute is over')
  }

  /** The acceptance is its own, and covers one claim more than stand. */
  async #requireBond (): Promise<void> {
    const { chain } = this.#parts
    const { view, thread } = this.#coordinator
    if (await this.#records.wasSlashed(chain.wallet)) throw declined('ORACLE_HOLDS_BACK', 'a result of this oracle was refuted in this thread: what it executes is not what the judge does')
    const [pledge, perClaimWei] = await Promise.all([chain.pledge(thread, chain.wallet), chain.bondFor(view.terms.gasLimit)])
    if (!pledge.accepted) throw declined('ORACLE_NOT_ACCEPTED', 'this oracle has not accepted the thread')
    const standing = openMoves(view).filter(({ claim }) => claim?.account === chain.wallet && claim.isProved !== true).length
    const neededWei = perClaimWei * BigInt(standing + 1)
    if (pledge.amountWei < neededWei) throw declined('ORACLE_BOND_TOO_SMALL', `${pledge.amountWei} wei are set aside for the thread, ${neededWei} would be needed`)
  }

  /** What the move leads to, by every rule that a refutation could go by. @returns the state root */
  async #execute ({ input, request: { dispute, parent, timestampSec } }: OpenRequest, recorded: Breakpoint, machine: Machine): Promise<Hash32> {
    const { parts: { context }, thread } = this.#coordinator
    const nonce = recorded.nonce + 1n
    const prepared = await machine.prepare({ nonce, parent, timestampSec, inputs: [input] })
    const { skipped: [skipped], receipts: [receipt], root } = prepared
    if (skipped !== undefined || receipt === undefined) throw declined('RESULT_NO_MOVE', `it cannot be included: ${skipped?.message ?? ''}`)
    if (!receipt.success) throw declined('RESULT_NO_MOVE', `it reverts: ${receipt.reason ?? 'without a reason'}`)
    machine.commit(prepared)
    const wallet = context.terms.players[input.player]
    if (wallet === undefined || BigInt(context.terms.settlement) === 0n) return root
    // Anybody could have it dropped at the bond's cost.
    const made: Breakpoint = { thread, epoch: dispute, nonce, parent, stateRoot: root, inputsRoot: inputsRoot([input]), timestampSec }
    const environment = { nonce: nonce + 1n, parent: breakpointHash(made), timestampSec: timestampSec + context.terms.windowSec }
    const { outcome } = await machine.after(machine.settlement(wallet), environment)
    if (!outcome.success) throw declined('RESULT_NO_MOVE', 'it leaves what cannot be settled')
    return root
  }
}

function keyOf ({ request: { dispute, parent }, input: { player }, force }: OpenRequest): ResultKey {
  return { dispute, parent, player, force }
}

function later (a: bigint, b: bigint): bigint { return a > b ? a : b }

function declined (code: string, message: string): ThreadsError { return new ThreadsError(code, message) }
