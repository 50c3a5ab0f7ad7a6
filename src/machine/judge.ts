/**
 * The judge's interpreter, run here: its own bytecode in an EVM of @ethereumjs. It says what judging gives, what it costs, and what machine it stops in.
 * The bytecode is handed in: where compiled contracts lie is not this room's business.
 */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { EVM, EVMMockBlockchain, NobleBN254 } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Address as EthAddress } from '@ethereumjs/util'
import { ThreadsError } from '../errors.js'
import { hexToBytes } from '../protocol/bytes.js'
import { keccak256 } from '../protocol/crypto.js'
import { runSynchronously } from './interpreter.js'
import { decodeAnswer, decodeRefusal, type JudgePause, type JudgeRefusal, type JudgeResult } from './judge-answer.js'
import { codesOf, encodeMachine, encodeMessage, type JudgeMessage, type JudgeRooms } from './judge-input.js'
import { verifyPointEvaluation } from './kzg.js'

/** Rooms that most messages fit in. */
export const DEFAULT_ROOMS: JudgeRooms = { frames: 0x8000, transientSlots: 8, journalEntries: 256, returnBytes: 0x1000, newCodes: 4, newCodeBytes: 0x4000 }

const PLACE = new EthAddress(hexToBytes(`0x${'5e'.repeat(20)}`))
/** Far more than anybody has: what runs out here is a limit of the judge's own. */
const PLENTY = 1n << 60n
const OUT_OF_ROOM = selectorOf('OutOfRoom(uint256)')
const LARGEST_ROOM = 1 << 28

/** First four bytes of a custom error. */
export function selectorOf (signature: string): string {
  return '0x' + [...keccak256(new TextEncoder().encode(signature)).slice(0, 4)].map((byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** One call of the interpreter: what it said, and the gas that its code used (without a transaction's base and calldata). */
export type JudgeCall<T> = { readonly answer: T, readonly gasUsed: bigint, readonly inputBytes: number, readonly rooms: JudgeRooms }

/** Whatever runs the interpreter's bytecode by static call, with all the gas it can want. */
export type JudgeEngine = (input: Uint8Array) => Promise<{ readonly reverted: boolean, readonly output: Uint8Array, readonly gasUsed: bigint }>

/** Runs the interpreter's bytecode. */
export class LocalJudge {
  readonly #engine: JudgeEngine

  /** @param engine another EVM than the one of {@link LocalJudge.create} */
  constructor (engine: JudgeEngine) {
    this.#engine = engine
  }

  /** @param code the interpreter's runtime code */
  static async create (code: Uint8Array): Promise<LocalJudge> {
    const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun, customCrypto: { keccak256, kzg: verifyPointEvaluation } })
    const stateManager = new SimpleStateManager({ common })
    await stateManager.putCode(PLACE, code)
    const evm = new EVM({ common, stateManager, blockchain: new EVMMockBlockchain(), bn254: new NobleBN254() })
    runSynchronously(evm)
    return new LocalJudge(async (input) => {
      const { execResult } = await evm.runCall({ to: PLACE, data: input, gasLimit: PLENTY, skipBalance: true, isStatic: true })
      evm.journal.cleanJournal()
      const { exceptionError, returnValue, executionGasUsed } = execResult
      if (exceptionError !== undefined && exceptionError.error !== 'revert') {
        throw new ThreadsError('MACHINE_INTERNAL', `the interpreter itself failed: ${exceptionError.error}`)
      }
      return { reverted: exceptionError !== undefined, output: returnValue, gasUsed: executionGasUsed }
    })
  }

  /** Starts a message. Rooms that are too small are doubled until it fits, unless they are given. */
  async start (message: JudgeMessage, steps: bigint, rooms?: JudgeRooms): Promise<JudgeCall<JudgeResult | JudgePause | JudgeRefusal>> {
    return await this.#fit((room) => encodeMessage(message, steps, room), rooms)
  }

  /** Goes on from a saved machine of `message`. */
  async resume (message: JudgeMessage, pause: JudgePause, steps: bigint, rooms?: JudgeRooms): Promise<JudgeCall<JudgeResult | JudgePause | JudgeRefusal>> {
    const codes = codesOf(message).map(({ code }) => code)
    return await this.#fit((room) => encodeMachine(pause.machine, codes, steps, room), rooms, Math.max(DEFAULT_ROOMS.frames, pause.machine.length))
  }

  async #fit (encode: (rooms: JudgeRooms) => Uint8Array, given: JudgeRooms | undefined, least = 0): Promise<JudgeCall<JudgeResult | JudgePause | JudgeRefusal>> {
    let rooms = given ?? roomsFor(least)
    for (;;) {
      const call = await this.#call(encode(rooms), rooms)
      const { answer } = call
      if (given !== undefined || answer.kind !== 'refusal') return call
      const larger = answer.selector === OUT_OF_ROOM ? grow(rooms, Number(answer.args[0])) : undefined
      if (larger === undefined || Math.max(larger.frames, larger.returnBytes) > LARGEST_ROOM) return call
      rooms = larger
    }
  }

  async #call (input: Uint8Array, rooms: JudgeRooms): Promise<JudgeCall<JudgeResult | JudgePause | JudgeRefusal>> {
    const { reverted, output, gasUsed } = await this.#engine(input)
    const answer = reverted ? decodeRefusal(output) : decodeAnswer(output)
    return { answer, gasUsed, inputBytes: input.length, rooms }
  }
}

function roomsFor (least: number): JudgeRooms {
  return least === 0 ? DEFAULT_ROOMS : { ...DEFAULT_ROOMS, frames: 2 * least, journalEntries: Math.max(DEFAULT_ROOMS.journalEntries, least >> 5), returnBytes: least }
}

/** Areas as `OutOfRoom` numbers them. */
function grow (rooms: JudgeRooms, area: number): JudgeRooms | undefined {
  switch (area) {
    case 0: return { ...rooms, frames: rooms.frames * 4 }
    case 1: return { ...rooms, transientSlots: rooms.transientSlots * 4 }
    case 2: return { ...rooms, journalEntries: rooms.journalEntries * 4 }
    case 3: return { ...rooms, returnBytes: rooms.returnBytes * 4 }
    case 4: return { ...rooms, newCodes: rooms.newCodes * 4, newCodeBytes: rooms.newCodeBytes * 4 }
    default: return undefined
  }
}
