/** The whole judge, run here: the contract that a chain would run, in an EVM of @ethereumjs. It predicts the chain's answer and its gas. */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { EVM, EVMMockBlockchain, NobleBN254, type EVMResult, type Message } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account, Address as EthAddress } from '@ethereumjs/util'
import { ThreadsError } from '../errors.js'
import { bigintToBytes, concatBytes, hexToBytes } from '../protocol/bytes.js'
import { keccak256 } from '../protocol/crypto.js'
import { THREAD_LIMITS } from '../protocol/limits.js'
import type { CodeHolder } from './code-reference.js'
import { decodeRefusal, type JudgeRefusal } from './judge-answer.js'
import { decodeVerdict, type Verdict } from './judge-case.js'
import { limitsInOrder, type ExecutionLimits } from './execution-limits.js'
import { runSynchronously } from './interpreter.js'
import { verifyPointEvaluation } from './kzg.js'

const INTERPRETER = new EthAddress(hexToBytes(`0x${'5e'.repeat(20)}`))
const DEPLOYER = new EthAddress(hexToBytes(`0x${'5d'.repeat(20)}`))
const PLENTY = 1n << 60n
/** 0, and the machine's hash. */
const PAUSE_HEADER_BYTES = 64

/** The judge's code: the interpreter's as it runs, the verifier's as it is created. */
export type JudgeCodes = { readonly interpreterCode: Uint8Array, readonly judgeCreationCode: Uint8Array }

/** One call of the judge: what it said, the gas of its code (without a transaction's base and calldata), how much of that was
 * the interpreter's, what the interpreter answered (see `decodeAnswer`; empty where it was not called), and the machine of a message that has not ended. */
export type VerifierCall = { readonly answer: Verdict | JudgeRefusal, readonly gasUsed: bigint, readonly interpreterGas: bigint, readonly interpreted: Uint8Array, readonly machine: Uint8Array | undefined }

/** Runs the judge's bytecode. */
export class LocalVerifier {
  readonly #evm: EVM
  readonly #state: SimpleStateManager
  readonly #judge: EthAddress
  /** What the interpreter answered the judge in the call at hand. */
  #interpreted = new Uint8Array(0)
  #interpreterGas = 0n

  private constructor (evm: EVM, state: SimpleStateManager, judge: EthAddress) {
    this.#evm = evm
    this.#state = state
    this.#judge = judge
    const callees: string[] = []
    evm.events.on('beforeMessage', ({ to }: Message, next?: () => void) => {
      callees.push(to?.toString() ?? '')
      next?.()
    })
    evm.events.on('afterMessage', ({ execResult }: EVMResult, next?: () => void) => {
      if (callees.pop() === INTERPRETER.toString()) {
        this.#interpreted = Uint8Array.from(execResult.returnValue)
        this.#interpreterGas = execResult.executionGasUsed
      }
      next?.()
    })
  }

  /** @param limits those that the judge is created with; a thread's by default @throws `MACHINE_INTERNAL` when the code is not a judge's */
  static async create ({ interpreterCode, judgeCreationCode }: JudgeCodes, limits: ExecutionLimits = THREAD_LIMITS): Promise<LocalVerifier> {
    const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun, customCrypto: { keccak256, kzg: verifyPointEvaluation } })
    const stateManager = new SimpleStateManager({ common })
    await stateManager.putCode(INTERPRETER, interpreterCode)
    await stateManager.putAccount(DEPLOYER, new Account())
    const evm = new EVM({ common, stateManager, blockchain: new EVMMockBlockchain(), bn254: new NobleBN254() })
    runSynchronously(evm)
    const data = concatBytes(judgeCreationCode, bigintToBytes(0n, 12), INTERPRETER.bytes, ...limitsInOrder(limits).map((limit) => bigintToBytes(BigInt(limit), 32)))
    const { createdAddress, execResult } = await evm.runCall({ caller: DEPLOYER, data, gasLimit: PLENTY, skipBalance: true })
    evm.journal.cleanJournal()
    if (createdAddress === undefined || execResult.exceptionError !== undefined) throw new ThreadsError('MACHINE_INTERNAL', 'the judge cannot be created from its code')
    return new LocalVerifier(evm, stateManager, createdAddress)
  }

  /** Puts a contract where a witness may refer to it. */
  async hold ({ address, code }: CodeHolder): Promise<void> {
    await this.#state.putCode(new EthAddress(hexToBytes(address)), code)
  }

  /** Runs a call (see `encodeJudge`). @throws `MACHINE_INTERNAL` when the judge fails without a reason */
  async call (data: Uint8Array, gasLimit: bigint = PLENTY): Promise<VerifierCall> {
    for (const precompile of this.#evm.precompiles.keys()) this.#evm.journal.addAlwaysWarmAddress(precompile)
    this.#interpreterGas = 0n
    this.#interpreted = new Uint8Array(0)
    const { execResult } = await this.#evm.runCall({ to: this.#judge, data, gasLimit, skipBalance: true, isStatic: true })
    this.#evm.journal.cleanJournal()
    const { exceptionError, returnValue, executionGasUsed: gasUsed } = execResult
    if (exceptionError !== undefined && exceptionError.error !== 'revert') throw new ThreadsError('MACHINE_INTERNAL', `the judge itself failed: ${exceptionError.error}`)
    const measured = { gasUsed, interpreterGas: this.#interpreterGas, interpreted: this.#interpreted }
    if (exceptionError !== undefined) return { answer: decodeRefusal(returnValue), ...measured, machine: undefined }
    const answer = decodeVerdict(returnValue)
    return { answer, ...measured, machine: answer.isFinal ? undefined : this.#interpreted.slice(PAUSE_HEADER_BYTES) }
  }
}
