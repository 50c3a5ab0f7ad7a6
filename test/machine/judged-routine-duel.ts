/**
 * A transaction in both EVMs, @ethereumjs and the judge's interpreter, and all that they leave field by field: root, gas, receipt, and at a breakpoint the program counter, the stack and the memory
 * that wait (specification §11).
 */
import * as assert from 'uvu/assert'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import type { Hash32, Input } from '../../src/protocol/types.js'
import { decodeAnswer, hashLogs } from '../../src/machine/judge-answer.js'
import { Judgement, type JudgeStep, type Matter } from '../../src/machine/judgement.js'
import type { LocalVerifier } from '../../src/machine/local-verifier.js'
import type { InputReceipt } from '../../src/machine/machine.js'
import { MACHINE_ADDRESS } from '../../src/machine/routine.js'
import { readMachine } from './breakpoints.js'
import { createVerifier, errorOf, matterFor, verdictOf } from './judging.js'
import { Dice } from './random-code.js'
import type { Table } from './routines.js'

/** What waits, in a form that shows where two differ. */
export type Waits = { readonly pc: number, readonly caller: bigint, readonly value: bigint, readonly stack: readonly bigint[], readonly memory: string, readonly callData: string, readonly payload: string }
/** What a transaction has left. */
export type Left = {
  readonly success: boolean, readonly root: Hash32, readonly gasUsed: bigint, readonly logsHash: Hash32, readonly returnData: string
  /** Where it suspended: behind a breakpoint, or between two pieces. */
  readonly waits: Waits | undefined
}
/** How often what was seen; `pieces`: it waits between two pieces of a computation. */
export type Seen = { waits: number, goesOn: number, pieces: number, ends: number, fails: number, skipped: number }

/** What the machine skips by these codes, the judge refuses by these names. */
const REFUSALS: Readonly<Record<string, readonly string[]>> = { ROUTINE: ['NotAMover', 'ResumeTooLong'], BALANCE: ['CannotPay'] }
/** EIP-3529: what may be given back of the gas that was used. */
const REFUND_QUOTIENT = 5n

/** Both EVMs; whatever is played in one is played in the other. */
export class Duel {
  readonly verifier: LocalVerifier
  readonly seen: Seen = { waits: 0, goesOn: 0, pieces: 0, ends: 0, fails: 0, skipped: 0 }

  private constructor (verifier: LocalVerifier) {
    this.verifier = verifier
  }

  static async create (): Promise<Duel> {
    return new Duel(await createVerifier())
  }

  /**
   * Plays the next input of the table, and has it judged in one call; with `dice` a third of them once more over up to three calls, stopped after random numbers of opcodes.
   * @returns its receipt; undefined where both do not let it in
   * @throws Error where the two differ
   */
  async play (table: Table, input: Input, about: string, dice?: Dice): Promise<InputReceipt | undefined> {
    const matter = await matterFor(table.machine, table.next(input), input)
    const step = await new Judgement(this.verifier, matter).next()
    const pieces = step.answer.kind === 'verdict' && dice?.below(3) === 0 ? await this.#inPieces(matter, dice) : undefined
    const before = table.machine.waiting
    const { included, skipped, receipts: [receipt] } = await table.play(input)
    if (included.length === 0 || receipt === undefined) {
      this.seen.skipped++
      const code = skipped[0]?.code ?? ''
      // What cannot be settled, or judged within the limits of a chain, is not the judge's to refuse.
      if (code !== 'SETTLEMENT' && code !== 'UNJUDGEABLE') assert.ok(REFUSALS[code]?.includes(errorOf(step)), `${about}: ${code}, ${errorOf(step)}`)
      return undefined
    }
    const here = leftHere(table, receipt, input)
    same(judged(step, input), here, about)
    if (pieces !== undefined) same(judged(pieces, input), here, `${about}, in pieces`)
    const { waiting } = table.machine
    this.seen[!receipt.success ? 'fails' : waiting === undefined ? 'ends' : waiting.piece !== undefined ? 'pieces' : before === undefined ? 'waits' : 'goesOn']++
    return receipt
  }

  async #inPieces (matter: Matter, dice: Dice): Promise<JudgeStep> {
    const judgement = new Judgement(this.verifier, matter)
    let step = await judgement.next(BigInt(1 + dice.below(300)))
    if (!verdictOf(step).isFinal) step = await judgement.next(BigInt(1 + dice.below(300)))
    return verdictOf(step).isFinal ? step : await judgement.next()
  }
}

/** Throws where the two differ, and says in what: the fields of what waits first, for they say more than a root. */
export function same (judge: Left, here: Left, about: string): void {
  assert.is(judge.waits === undefined, here.waits === undefined, `${about}: one waits, the other does not`)
  if (judge.waits !== undefined && here.waits !== undefined) {
    for (const field of ['pc', 'stack', 'memory', 'caller', 'value', 'callData', 'payload'] as const) assert.equal(judge.waits[field], here.waits[field], `${about}: ${field}`)
  }
  for (const field of ['success', 'gasUsed', 'returnData', 'logsHash', 'root'] as const) assert.is(judge[field], here[field], `${about}: ${field}`)
}

/** What the judge leaves. */
export function judged (step: JudgeStep, { tx: { gasLimit } }: Input): Left {
  const { success, newRoot: root, gasUsed, logsHash, returnData } = verdictOf(step)
  const answer = step.interpreted.length > 0 ? decodeAnswer(step.interpreted) : undefined
  if (answer?.kind === 'pause') throw new Error('it has not ended')
  if (answer !== undefined) {
    const used = gasLimit - answer.gasLeft
    const refund = answer.refund < used / REFUND_QUOTIENT ? answer.refund : used / REFUND_QUOTIENT
    assert.is(gasUsed, used - refund, 'the judge\'s gas is that of the frame')
  }
  return { success, root, gasUsed, logsHash, returnData: bytesToHex(returnData), waits: answer?.suspended === true ? waitsOf(answer.returnData) : undefined }
}

/** What the players' machine leaves. What waited before a transaction that failed, or that was none of the routine's, waits on: that is no new breakpoint. */
function leftHere ({ machine }: Table, { success, gasUsed, logs, returnData, created }: InputReceipt, { tx: { to } }: Input): Left {
  const logsHash = hashLogs(logs.map(({ address, topics, data }) => ({ address, topics: topics.map(topic => hexToBytes(topic)), data })))
  const suspended = success && to === machine.contract && machine.waiting !== undefined
  return {
    success, root: machine.root, gasUsed, logsHash, returnData: bytesToHex(created === undefined ? returnData : new Uint8Array()),
    waits: suspended ? waitsOf(machine.code(MACHINE_ADDRESS)) : undefined
  }
}

function waitsOf (bytes: Uint8Array): Waits {
  const { memory, callData, payload, ...rest } = readMachine(bytes)
  return { ...rest, memory: bytesToHex(memory), callData: bytesToHex(callData), payload: bytesToHex(payload) }
}
