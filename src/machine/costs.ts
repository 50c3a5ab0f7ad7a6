/** What judging an input would cost whoever brings it before the judge, within the limits of a chain's transactions (specification §9). */
import { Judgement, type JudgeStep, type Matter } from './judgement.js'

import type { LocalVerifier } from './local-verifier.js'

/** What one transaction may cost. */
export type TransactionLimits = { readonly gas: bigint, readonly calldataBytes: number }

/** EIP-7825's cap of 2^24 gas, of which this much is planned to be used; 96 KB is what nodes pass on, with room for what goes around the call. */
export const PLANNED_LIMITS: TransactionLimits = { gas: 12_000_000n, calldataBytes: 96 * 1024 }

/** Sums over all transactions. */
export type JudgingCost = { readonly calldataBytes: number, readonly gas: bigint, readonly transactions: number }

/** The calls in order and what they cost; or why it cannot be judged within the limits, with the call in which the judge says so, if it does. */
export type JudgingOutcome = { readonly cost: JudgingCost, readonly calls: readonly JudgeStep[] } | { readonly refused: string, readonly refusal?: JudgeStep }

const BASE_GAS = 21_000n
/** EIP-2028 and EIP-7623: a zero byte is one token, another four; a token costs 4 gas, and at least 10 altogether. */
const TOKEN_GAS = 4n
const FLOOR_TOKEN_GAS = 10n
/** Fewer opcodes than this in one call are not tried: the machine in the calldata would cost more than they. */
const FEWEST_STEPS = 500n
const FIRST_STEPS = 60_000n

/** Gas of a transaction to the judge: base, calldata, and what its code used. */
export function transactionGas (data: Uint8Array, executionGas: bigint): bigint {
  const tokens = data.reduce((sum, byte) => sum + (byte === 0 ? 1n : 4n), 0n)
  const [standard, floor] = [TOKEN_GAS * tokens + executionGas, FLOOR_TOKEN_GAS * tokens]
  return BASE_GAS + (standard > floor ? standard : floor)
}

/**
 * Plays the judgement of an input in as few calls as fit the limits. It runs the judge's own bytecode: some fifty times the work of the input itself.
 * @param most transactions that may be used
 */
export async function costOfJudging (verifier: LocalVerifier, matter: Matter, limits: TransactionLimits = PLANNED_LIMITS, most = 16): Promise<JudgingOutcome> {
  // In one go first, however much it costs: it completes what is touched, and is as a rule all.
  const whole = await new Judgement(verifier, matter).next()
  if (whole.answer.kind === 'refusal') return { refused: `the judge refuses with ${whole.answer.selector}`, refusal: whole }
  if (fits(whole, limits)) return { cost: sum([whole]), calls: [whole] }
  let steps = FIRST_STEPS
  for (const done: JudgeStep[] = []; steps >= FEWEST_STEPS;) {
    const judgement = new Judgement(verifier, matter)
    done.length = 0
    while (done.length < most) {
      const step = await pieceOf(judgement, steps)
      if (step === undefined || !fits(step, limits)) break
      done.push(step)
      if (step.answer.kind === 'verdict' && step.answer.isFinal) return { cost: sum(done), calls: [...done] }
    }
    if (done.length === most) return { refused: `it takes more than ${most} transactions` }
    steps /= 2n
  }
  return { refused: 'a step of it does not fit into one transaction' }
}

/** The next call; undefined when the judge refuses it. */
async function pieceOf (judgement: Judgement, steps: bigint): Promise<JudgeStep | undefined> {
  const step = await judgement.next(steps)
  return step.answer.kind === 'refusal' ? undefined : step
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
