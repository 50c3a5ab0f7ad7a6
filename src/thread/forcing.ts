/**
 * A player's own move, made ready for the court: on what is recorded, of its time, with the Force that this node signs for it. What is signed is on disk before it
 * leaves.
 */
import { bytesToHex } from '../protocol/bytes.js'
import { sign } from '../protocol/crypto.js'
import { decodeInput } from '../protocol/input.js'
import { forceDigest, forceHash, type Force } from '../protocol/typed-data.js'
import type { Breakpoint, Hash32, Input, ThreadId } from '../protocol/types.js'
import { ThreadsError } from '../errors.js'
import type { CodeHolder } from '../machine/code-reference.js'
import type { JudgingCost } from '../machine/costs.js'
import type { JudgeStep } from '../machine/judgement.js'
import type { Machine } from '../machine/machine.js'
import { holderOf, type Bench } from './bench.js'
import type { Coordinator } from './coordinator.js'
import type { BegunMove, ChainPort, ForcedMove } from './ports.js'
import { nextCall } from './settling.js'
import type { Lookout } from './situation.js'

/** A move ready to be sent: with the dispute's opening where there is none yet. */
export type ReadyMove = { readonly move: ForcedMove, readonly witness: Uint8Array, readonly recorded: Breakpoint, readonly cost: JudgingCost }

/** A move to be claimed: `root` is what it leads to by this node's own execution, `force` the hash of its Force. */
export type ClaimableMove = { readonly move: ForcedMove, readonly recorded: Breakpoint, readonly dispute: bigint, readonly parent: Hash32, readonly force: Hash32, readonly root: Hash32 }

/** What a move is made on: the head, as the court has it or will have it. */
type Ground = { readonly self: number, readonly tip: Hash32, readonly machine: Machine, readonly recorded: Breakpoint }

/** What making moves ready takes. `distort`: what this node takes for the result of its own move, for tests of players who lie. */
export type ForcingParts = { readonly chain: ChainPort, readonly bench: Bench, readonly distort?: ((root: Hash32) => Hash32) | undefined }

/** Makes one thread's own moves ready. */
export class Forcing {
  readonly #coordinator: Coordinator
  readonly #lookout: Lookout
  readonly #parts: ForcingParts

  constructor (coordinator: Coordinator, lookout: Lookout, parts: ForcingParts) {
    this.#coordinator = coordinator
    this.#lookout = lookout
    this.#parts = parts
  }

  /**
   * The own move for `advance`, from its start or as its judgement goes on.
   * @throws `DISPUTE_NO_INPUT`, `DISPUTE_NOT_FOLLOWED`, `DISPUTE_NO_MOVE`, `DISPUTE_NOT_JUDGEABLE`, `THREAD_NOT_A_PLAYER`, `THREAD_WATCHING`, and what the chain throws
   */
  async ready (): Promise<ReadyMove> {
    const ground = await this.#ground()
    const begun = await this.#lookout.begun()
    const carriedOn = begun === undefined ? undefined : await this.#carryOn(ground, begun)
    return carriedOn ?? await this.#beginMove(ground, begun === undefined ? undefined : decodeInput(begun.input, this.#coordinator.parts.context))
  }

  /** The own move for `claim`, with what executing it gives here; undefined: its judgement has begun, or there is no dispute. @throws as {@link ready} */
  async claimable (): Promise<ClaimableMove | undefined> {
    const ground = await this.#ground()
    const { view, thread } = this.#coordinator
    if (view.dispute === undefined || await this.#lookout.begun() !== undefined) return undefined
    const timestampSec = await this.#timeNow()
    const input = await this.#ownMove(timestampSec)
    const { root } = await ground.machine.fork().prepare({ nonce: ground.recorded.nonce + 1n, parent: ground.tip, timestampSec, inputs: [input] })
    const signature = await this.#sign(ground, input, timestampSec)
    const force = { thread, dispute: view.dispute.number, parent: ground.tip, txHash: input.id, timestampSec }
    return { move: { player: ground.self, input, force: signature, timestampSec, paused: undefined }, recorded: ground.recorded, dispute: force.dispute, parent: ground.tip, force: forceHash(force), root: this.#parts.distort?.(root) ?? root }
  }

  async #ground (): Promise<Ground> {
    const { state: { self, head, mode }, thread, parts: { execution } } = this.#coordinator
    if (self === undefined) throw unmovable(thread, 'THREAD_NOT_A_PLAYER', 'this node is no player of the thread')
    // SAFETY: an old copy of the data may lack what was signed since.
    if (mode === 'watching') throw unmovable(thread, 'THREAD_WATCHING', 'this node only watches the thread; see its status for the reason')
    if (!this.#lookout.follows() || head === undefined || execution.machine === undefined) throw unmovable(thread, 'DISPUTE_NOT_FOLLOWED', 'the court has another state than this node, which can force nothing on it')
    return { self, tip: head.hash, machine: execution.machine, recorded: await this.#headBreakpoint() }
  }

  /** TIMESTAMP of a move that is made now. */
  async #timeNow (): Promise<bigint> {
    const nowSec = await this.#parts.chain.nextTime()
    return this.#lookout.environment(nowSec)?.timestampSec ?? nowSec
  }

  /** The own input that waits, if it is a move at this time. */
  async #ownMove (nowSec: bigint): Promise<Input> {
    const { thread } = this.#coordinator
    const { input } = this.#lookout
    if (input === undefined) throw unmovable(thread, 'DISPUTE_NO_INPUT', 'no own input waits: "send" one first')
    const own = await this.#lookout.ownInput(nowSec)
    if (own !== undefined && own.does !== 'moves') throw unmovable(thread, 'DISPUTE_NO_MOVE', `the own input is no move now: ${own.reason}`)
    return input
  }

  /** The next transaction of a judgement that has begun; undefined: it has stopped where this node's plan does not, and beginning anew is all that is left. */
  async #carryOn (ground: Ground, { input: signed, timestampSec }: BegunMove): Promise<ReadyMove | undefined> {
    const { view, parts: { context } } = this.#coordinator
    const input = decodeInput(signed, context)
    const stop = view.judging[ground.self]?.paused
    const outcome = await this.#plan(ground, input, timestampSec)
    const { call, paused } = nextCall(outcome.calls, stop === undefined ? [] : [stop])
    if (call === undefined || paused === undefined) return undefined
    return { move: { player: ground.self, input, force: await this.#sign(ground, input, timestampSec), timestampSec, paused }, witness: call.witness, recorded: ground.recorded, cost: outcome.cost }
  }

  /** A move from its start: `known`, or the own input that waits. */
  async #beginMove (ground: Ground, known: Input | undefined): Promise<ReadyMove> {
    const nowSec = await this.#timeNow()
    const input = known ?? await this.#ownMove(nowSec)
    const outcome = await this.#plan(ground, input, nowSec)
    const [call] = outcome.calls
    if (call === undefined) throw unmovable(this.#coordinator.thread, 'DISPUTE_NOT_JUDGEABLE', 'the input cannot be brought before the judge: it takes no call')
    // The judgement took its time here, and a move must be of the time at which it is made.
    const timestampSec = await this.#timeNow()
    return { move: { player: ground.self, input, force: await this.#sign(ground, input, timestampSec), timestampSec, paused: undefined }, witness: call.witness, recorded: ground.recorded, cost: outcome.cost }
  }

  async #plan ({ machine, recorded, tip }: Ground, input: Input, timestampSec: bigint): Promise<{ cost: JudgingCost, calls: readonly JudgeStep[] }> {
    const outcome = await this.#parts.bench.move(machine, { nonce: recorded.nonce + 1n, parent: tip, timestampSec }, input, await threadHolder(this.#coordinator, this.#parts.chain))
    if ('refused' in outcome) throw unmovable(this.#coordinator.thread, 'DISPUTE_NOT_JUDGEABLE', `the input cannot be brought before the judge: ${outcome.refused}`)
    return outcome
  }

  /** The Force of a move. INVARIANT: on disk before it leaves. */
  async #sign ({ tip, recorded }: Ground, input: Input, timestampSec: bigint): Promise<Uint8Array> {
    const { thread, view, parts: { journal, records, sessionKey, context: { domain } } } = this.#coordinator
    const force: Force = { thread, dispute: view.phase === 'dispute' ? view.lastDispute : view.lastDispute + 1n, parent: tip, txHash: input.id, timestampSec }
    const last = await records.force()
    const isKnown = last?.dispute === force.dispute && last.parent === tip && last.timestampSec === timestampSec && bytesToHex(last.input.raw) === bytesToHex(input.raw)
    if (!isKnown) {
      await this.#coordinator.exclusive(async () => {
        this.#coordinator.write(
          ...journal.enter({ kind: 'force', slot: { epoch: force.dispute, nonce: recorded.nonce + 1n }, hash: forceHash(force) }),
          records.putForce({ dispute: force.dispute, parent: force.parent, input: { raw: input.raw, binding: input.binding }, timestampSec: force.timestampSec })
        )
        await Promise.resolve()
      })
    }
    return sign(forceDigest(force, domain), sessionKey)
  }

  /** The breakpoint of the head: the last move's, or the certificate's. */
  async #headBreakpoint (): Promise<Breakpoint> {
    const { state: { head }, moves, thread, parts: { records } } = this.#coordinator
    const move = moves.followed.at(-1)?.body.breakpoint
    const found = move ?? (head === undefined ? undefined : await records.certificate(head.slot))
    if (found === undefined) throw new ThreadsError('THREAD_NOT_STARTED', 'nothing is co-signed yet', { data: { thread } })
    return 'breakpoint' in found ? found.breakpoint : found
  }
}

/** Where this thread's code lies on the chain. @throws `CODE_NOT_FOUND`, `CODE_MISMATCH` */
export async function threadHolder (coordinator: Coordinator, chain: ChainPort): Promise<CodeHolder> {
  const { records, context: { terms } } = coordinator.parts
  return holderOf(terms, await records.code() ?? await chain.code(terms))
}

function unmovable (thread: ThreadId, code: string, message: string): ThreadsError {
  return new ThreadsError(code, message, { data: { thread } })
}
