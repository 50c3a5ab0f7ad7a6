/** One input before the judge, played through here: the calls that a chain would get, one after the other, and what each would answer. */
import { bigintToBytes, bytesToHex } from '../protocol/bytes.js'
import { ThreadsError } from '../errors.js'
import type { Address } from '../protocol/types.js'
import type { CodeHolder } from './code-reference.js'
import { selectorOf } from './judge.js'
import type { JudgeRefusal } from './judge-answer.js'
import { encodeJudge, encodeJudgeCall, type JudgeCase, type Verdict } from './judge-case.js'
import type { JudgeRooms } from './judge-input.js'
import { ALL_STEPS, encodeResumption, encodeWitness, type Cast } from './judge-witness.js'
import type { LocalVerifier, VerifierCall } from './local-verifier.js'
import { witnessOf, type StateView, type Touched } from './witness.js'

/** What is judged, and where its witness comes from. `touched` may lack something: what the judge asks for is added. */
export type Matter = {
  readonly judgeCase: JudgeCase
  readonly raw: Uint8Array
  /** `raw` is the data of a call of this account, without a transaction around it. */
  readonly to?: Address
  readonly cast: Cast
  readonly view: StateView
  readonly touched: Touched
  /** Contracts on the chain in which codes are found. */
  readonly holders: readonly CodeHolder[]
}

/** A call of the judge: its calldata, the witness in it, and what became of it. */
export type JudgeStep = VerifierCall & { readonly data: Uint8Array, readonly witness: Uint8Array }

const MISSING_ACCOUNT = selectorOf('MissingAccount(address)')
const MISSING_SLOT = selectorOf('MissingSlot(address,uint256)')
const MISSING_CODE = selectorOf('MissingCode(address)')
const OUT_OF_ROOM = selectorOf('OutOfRoom(uint256)')
const BAD_WITNESS = selectorOf('BadWitness(uint256)')
/** Reasons of `BadWitness`: the message ended and its end was not proved, or the other way round. */
const NO_END = 5n
const NEEDLESS_END = 6n
/** How often a call is tried with what it lacked. */
const MOST_TRIES = 400
/** What the witness can say. */
const LARGEST_ROOM = 0xffffff

/** The rooms that a call starts to try with: small, because memory that is set aside costs gas. */
const SMALL_ROOMS: JudgeRooms = { frames: 0x400, transientSlots: 0, journalEntries: 32, returnBytes: 0x40, newCodes: 0, newCodeBytes: 0 }

/** A routine that suspends returns its machine (specification §11). */
const ROUTINE_ROOMS: JudgeRooms = { ...SMALL_ROOMS, returnBytes: 0x800 }

/**
 * Plays a judgement. A call that goes on can show no account or slot that the first one did not: let it run to its end once, which completes
 * `matter.touched`, before another judgement of the same matter is played in pieces.
 */
export class Judgement {
  readonly #verifier: LocalVerifier
  readonly #matter: Matter
  #rooms: JudgeRooms
  #last: JudgeStep | undefined
  /** Whether a call that goes on shows what it takes to end. */
  #ends = true

  constructor (verifier: LocalVerifier, matter: Matter) {
    this.#verifier = verifier
    this.#matter = matter
    this.#rooms = matter.cast.players === undefined ? SMALL_ROOMS : ROUTINE_ROOMS
  }

  /** Another one that stands where this one does. */
  copy (): Judgement {
    const copy = new Judgement(this.#verifier, this.#matter)
    copy.#rooms = this.#rooms
    copy.#last = this.#last
    copy.#ends = this.#ends
    return copy
  }

  /**
   * The next call, of at most `steps` opcodes. A refusal says why the input cannot be judged, and nothing follows it.
   * @throws `MACHINE_INTERNAL` when the judge goes on asking, or has given its verdict
   */
  async next (steps: bigint = ALL_STEPS): Promise<JudgeStep> {
    if (this.#last?.machine === undefined && this.#last !== undefined) throw new ThreadsError('MACHINE_INTERNAL', 'the judgement has ended')
    this.#ends = steps === ALL_STEPS
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      const { data, witness } = this.#encode(steps)
      const step = { data, witness, ...await this.#verifier.call(data) }
      if (step.answer.kind === 'refusal' && this.#supply(step.answer)) continue
      this.#last = step
      return step
    }
    throw new ThreadsError('MACHINE_INTERNAL', 'the judge goes on asking for more')
  }

  /** Bytes of the next call as far as it is known what it must show: those of a first one rise with what is missing, and fall with nothing. */
  get size (): number { return this.#encode(ALL_STEPS).data.length }

  #encode (steps: bigint): { data: Uint8Array, witness: Uint8Array } {
    const { judgeCase, raw, to, cast, view, touched, holders } = this.#matter
    const { accounts, proof } = witnessOf(view, touched)
    const allowance = { steps, rooms: this.#rooms }
    const asked = (judged: JudgeCase, witness: Uint8Array): { data: Uint8Array, witness: Uint8Array } =>
      ({ data: to === undefined ? encodeJudge(judged, raw, witness) : encodeJudgeCall(judged, to, raw, witness), witness })
    if (this.#last?.machine === undefined || this.#last.answer.kind !== 'verdict') return asked(judgeCase, encodeWitness(accounts, proof, cast, allowance, holders))
    const witness = encodeResumption(this.#last.machine, accounts, this.#ends ? { proof, cast } : undefined, allowance, holders)
    return asked({ ...judgeCase, paused: this.#last.answer.paused }, witness)
  }

  /** Adds what was missing. @returns whether there is reason to try again */
  #supply ({ selector, args: [first = 0n, second = 0n] }: JudgeRefusal): boolean {
    const { touched, view } = this.#matter
    const address = bytesToHex(bigintToBytes(first & ADDRESS_MASK, 20)) as Address
    switch (selector) {
      case MISSING_ACCOUNT: return touched.needed(address)
      case MISSING_SLOT: return touched.slot(address, second)
      case MISSING_CODE: return view.code(view.account(address).codeHash) !== undefined && touched.code(address)
      case OUT_OF_ROOM: return this.#grow(first)
      case BAD_WITNESS: {
        const before = this.#ends
        if (this.#last?.machine !== undefined && (first === NO_END || first === NEEDLESS_END)) this.#ends = first === NO_END
        return before !== this.#ends
      }
      default: return false
    }
  }

  /** Areas as `OutOfRoom` numbers them. */
  #grow (area: bigint): boolean {
    const { frames, transientSlots, journalEntries, returnBytes, newCodes, newCodeBytes } = this.#rooms
    const larger = (room: number, least: number): number => Math.min(LARGEST_ROOM, Math.max(least, 2 * room))
    const before = this.#rooms
    switch (area) {
      case 0n: this.#rooms = { ...before, frames: larger(frames, 0x400) }; break
      case 1n: this.#rooms = { ...before, transientSlots: larger(transientSlots, 4) }; break
      case 2n: this.#rooms = { ...before, journalEntries: larger(journalEntries, 32) }; break
      case 3n: this.#rooms = { ...before, returnBytes: larger(returnBytes, 0x40) }; break
      default: this.#rooms = { ...before, newCodes: Math.min(larger(newCodes, 1), 0xffff), newCodeBytes: larger(newCodeBytes, 0x400) }
    }
    return Object.values(this.#rooms).some((room, index) => room !== Object.values(before)[index])
  }
}

const ADDRESS_MASK = (1n << 160n) - 1n
