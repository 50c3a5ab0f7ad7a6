/** What judging an input would cost whoever brings it before the judge, within the limits of a chain's transactions (specification §9). */
import { MAX_TRANSACTION_BYTES, mostTransactions, PLANNED_GAS } from '../protocol/limits.js'
import { Judgement, type JudgeStep, type Matter } from './judgement.js'

import type { LocalVerifier } from './local-verifier.js'

/** What one transaction may cost. */
export type TransactionLimits = { readonly gas: bigint, readonly calldataBytes: number }

/** EIP-7825's cap of 2^24 gas, of which this much is planned to be used; 96 KB is what nodes pass on, with room for what goes around the call. */
export const PLANNED_LIMITS: TransactionLimits = { gas: PLANNED_GAS, calldataBytes: MAX_TRANSACTION_BYTES }

/** Sums over all transactions. */
export type JudgingCost = { readonly calldataBytes: number, readonly gas: bigint, readonly transactions: number }

/** The calls in order and what they cost; or why it cannot be judged within the limits, with the call in which the judge says so, if it does. */
export type JudgingOutcome = { readonly cost: JudgingCost, readonly calls: readonly JudgeStep[] } | { readonly refused: string, readonly refusal?: JudgeStep }

const BASE_GAS = 21_000n
/** EIP-2028 and EIP-7623: a zero byte is one token, another four; a token costs 4 gas, and at least 10 altogether. */
const TOKEN_GAS = 4n
const FLOOR_TOKEN_GAS = 10n
/** Of the gas that is planned, what a call aims at: opcodes to come may cost more than those that it is reckoned from. */
const AIM_PERCENT = 85n

/** Gas of a transaction to the judge: base, calldata, and what its code used. */
export function transactionGas (data: Uint8Array, executionGas: bigint): bigint {
  const tokens = data.reduce((sum, byte) => sum + (byte === 0 ? 1n : 4n), 0n)
  const [standard, floor] = [TOKEN_GAS * tokens + executionGas, FLOOR_TOKEN_GAS * tokens]
  return BASE_GAS + (standard > floor ? standard : floor)
}

/**
 * Plays the judgement of an input in few calls that fit the limits. It runs the judge's own bytecode: some fifty times the work of the input itself.
 * @param most transactions that may be used; as many as the terms' gas limit can lead to by default
 */
export async function costOfJudging (verifier: LocalVerifier, matter: Matter, limits: TransactionLimits = PLANNED_LIMITS, most = mostTransactions(matter.judgeCase.gasLimit)): Promise<JudgingOutcome> {
  // In one go first, however much it costs: it completes what is touched, and is as a rule all.
  const whole = await new Judgement(verifier, matter).next()
  if (whole.answer.kind === 'refusal') return { refused: `the judge refuses with ${whole.answer.selector}`, refusal: whole }
  if (fits(whole, limits)) return { cost: sum([whole]), calls: [whole] }
  const calls: JudgeStep[] = []
  let judgement = new Judgement(verifier, matter)
  let steps = stepsFor(whole.answer.steps, whole, limits)
  while (calls.length < most) {
    const piece = await largestPiece(judgement, steps, limits)
    if (piece === undefined) return { refused: 'a step of it does not fit into one transaction' }
    calls.push(piece.step)
    if (piece.isLast) return { cost: sum(calls), calls }
    judgement = piece.judgement
    steps = stepsFor(piece.steps, piece.step, limits)
  }
  return { refused: `it takes more than ${most} transactions` }
}

type Piece = { readonly judgement: Judgement, readonly step: JudgeStep, readonly steps: bigint, readonly isLast: boolean }

/** The next call with as many opcodes as were reckoned, or fewer where those do not fit; undefined: not even one does. */
async function largestPiece (judgement: Judgement, reckoned: bigint, limits: TransactionLimits): Promise<Piece | undefined> {
  for (let steps = reckoned; steps > 0n;) {
    const attempt = judgement.copy()
    const step = await attempt.next(steps)
    if (step.answer.kind === 'refusal') return undefined
    if (fits(step, limits)) return { judgement: attempt, step, steps: step.answer.steps, isLast: step.answer.isFinal }
    const fewer = stepsFor(step.answer.steps, step, limits)
    steps = fewer < steps / 2n ? fewer : steps / 2n
  }
  return undefined
}

/** Opcodes that should fit, by what so many have cost beyond the calldata. */
function stepsFor (steps: bigint, { data, gasUsed }: JudgeStep, limits: TransactionLimits): bigint {
  const room = limits.gas * AIM_PERCENT / 100n - (transactionGas(data, gasUsed) - gasUsed)
  const reckoned = gasUsed === 0n || room <= 0n ? 0n : steps * room / gasUsed
  return reckoned > 0n ? reckoned : 1n
}

function fits ({ data, gasUsed }: JudgeStep, limits: TransactionLimits): boolean {
  return data.length <= limits.calldataBytes && transactionGas(data, gasUsed) <= limits.gas
}

/** What calls take altogether. */
export function sum (steps: readonly JudgeStep[]): JudgingCost {
  return {
    calldataBytes: steps.reduce((total, { data }) => total + data.length, 0),
    gas: steps.reduce((total, { data, gasUsed }) => total + transactionGas(data, gasUsed), 0n),
    transactions: steps.length
  }
}
