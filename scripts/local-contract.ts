/** A compiled contract in an EVM of @ethereumjs: many calls in little time, where a chain would add nothing. */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { EVM, EVMMockBlockchain } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Address as EthAddress } from '@ethereumjs/util'
import type { Interface, Result } from 'ethers'
import { loadArtifact } from '../src/chain/artifacts.js'
import { bytesToHex, hexToBytes } from '../src/protocol/bytes.js'
import { keccak256 } from '../src/protocol/crypto.js'
import type { Hex } from '../src/protocol/types.js'
import { runSynchronously } from '../src/machine/interpreter.js'

const PLACE = new EthAddress(hexToBytes(`0x${'5e'.repeat(20)}`))
const PLENTY = 1n << 40n

/** A call's result, or the name of the custom error that it reverts with. */
export type LocalAnswer = { readonly result: Result, readonly error: undefined } | { readonly result: undefined, readonly error: string }

/** Calls the contract `name`, which has no constructor's work and no storage. */
export class LocalContract {
  readonly #evm: EVM
  readonly #abi: Interface

  private constructor (evm: EVM, abi: Interface) {
    this.#evm = evm
    this.#abi = abi
  }

  static async create (name: string): Promise<LocalContract> {
    const { interface: abi, runtimeCode } = loadArtifact(name)
    const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun, customCrypto: { keccak256 } })
    const stateManager = new SimpleStateManager({ common })
    await stateManager.putCode(PLACE, runtimeCode)
    const evm = new EVM({ common, stateManager, blockchain: new EVMMockBlockchain() })
    runSynchronously(evm)
    return new LocalContract(evm, abi)
  }

  /** @throws Error when the call fails otherwise than by an error of the contract's interface */
  async call (method: string, args: readonly unknown[]): Promise<LocalAnswer> {
    const data = hexToBytes(this.#abi.encodeFunctionData(method, args) as Hex)
    const { execResult: { exceptionError, returnValue } } = await this.#evm.runCall({ to: PLACE, data, gasLimit: PLENTY, skipBalance: true, isStatic: true })
    this.#evm.journal.cleanJournal()
    if (exceptionError === undefined) return { result: this.#abi.decodeFunctionResult(method, returnValue), error: undefined }
    const error = this.#abi.parseError(bytesToHex(returnValue))
    if (error === null) throw new Error(`${method} fails: ${exceptionError.error} ${bytesToHex(returnValue)}`)
    return { result: undefined, error: error.name }
  }
}
