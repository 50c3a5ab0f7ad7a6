/** For the tests of the judge: the judge's bytecode here, the matter of an input, and witnesses that may be falsified before they are encoded. */
import { Interface } from 'ethers'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex } from '../../src/protocol/bytes.js'
import { THREAD_LIMITS } from '../../src/protocol/limits.js'
import type { Hash32, Input } from '../../src/protocol/types.js'
import type { ExecutionLimits } from '../../src/machine/execution-limits.js'
import { DEFAULT_ROOMS } from '../../src/machine/judge.js'
import { encodeJudge, type JudgeCase, type Verdict } from '../../src/machine/judge-case.js'
import { ALL_STEPS, encodeWitness, type Cast, type WitnessAccount } from '../../src/machine/judge-witness.js'
import { Judgement, type JudgeStep, type Matter } from '../../src/machine/judgement.js'
import { LocalVerifier } from '../../src/machine/local-verifier.js'
import type { Batch, Machine } from '../../src/machine/machine.js'
import { matterOf } from '../../src/machine/matter.js'
import { witnessOf } from '../../src/machine/witness.js'

const ERRORS = ['IJudge', 'IInterpreter', 'MultiProof'].map((name) => loadArtifact(name).interface)

/** The judge as compiled, with these limits, a thread's by default. */
export async function createVerifier (limits: ExecutionLimits = THREAD_LIMITS): Promise<LocalVerifier> {
  return await LocalVerifier.create({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode }, limits)
}

/** The name and the arguments of the error that the judge refuses with; the verdict where it does not. */
export function errorOf ({ answer }: Pick<JudgeStep, 'answer'>): string {
  if (answer.kind === 'verdict') return `a verdict: ${answer.isFinal ? 'final' : 'paused'}`
  const found = ERRORS.map((abi: Interface) => Object.values(abi.fragments).find((item) => item.type === 'error' && abi.getError(item.format())?.selector === answer.selector)).find((item) => item !== undefined)
  return found === undefined ? `an unnamed error ${answer.selector}` : found.format().split('(')[0] ?? ''
}

/** The verdict. @throws Error when the judge refuses */
export function verdictOf (step: Pick<JudgeStep, 'answer'>): Verdict {
  if (step.answer.kind !== 'verdict') throw new Error(`the judge refuses: ${errorOf(step)} ${step.answer.args.map((arg) => '0x' + arg.toString(16)).join(' ')}`)
  return step.answer
}

/** Everything about an input on the machine's committed state; it must not be committed to until the tests with it are done. */
export async function matterFor (machine: Machine, batch: Batch, input: Input): Promise<Matter> {
  return await machine.inspect(async (world) => await matterOf(machine.context, world, batch, input, []))
}

/** The same with all that the judge asks for, and its verdict. */
export async function completed (verifier: LocalVerifier, matter: Matter): Promise<Verdict> {
  return verdictOf(await new Judgement(verifier, matter).next())
}

/** What may be falsified before it is encoded. */
export type Exhibit = { judgeCase: JudgeCase, raw: Uint8Array, accounts: WitnessAccount[], proof: Uint8Array, cast: Cast, steps: bigint }

/** The call for a completed matter, after `change`. `tail` changes the witness's bytes. */
export async function exhibit (verifier: LocalVerifier, matter: Matter, change: (exhibit: Exhibit) => Partial<Exhibit> = () => ({}), tail = (witness: Uint8Array): Uint8Array => witness): Promise<Pick<JudgeStep, 'answer' | 'machine'>> {
  const honest: Exhibit = { judgeCase: matter.judgeCase, raw: matter.raw, cast: matter.cast, steps: ALL_STEPS, ...witnessOf(matter.view, matter.touched) }
  const { judgeCase, raw, accounts, proof, cast, steps } = { ...honest, ...change(honest) }
  const witness = tail(encodeWitness(accounts, proof, cast, { steps, rooms: DEFAULT_ROOMS }, []))
  return await verifier.call(encodeJudge(judgeCase, raw, witness))
}

/** What a verdict says of the state, for comparing. */
export function effectOf ({ success, newRoot, gasUsed, logsHash, returnData }: Verdict): { success: boolean, newRoot: Hash32, gasUsed: bigint, logsHash: Hash32, returnData: string } {
  return { success, newRoot, gasUsed, logsHash, returnData: bytesToHex(returnData) }
}
