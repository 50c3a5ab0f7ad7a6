/** A court that is run here instead of on a chain, with the bytecode that a chain would run: many calls in little time, at any second. Its judge finds what it is told. */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { EVM, EVMMockBlockchain } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account, Address as EthAddress } from '@ethereumjs/util'
import type { Interface } from 'ethers'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { asAddress, bigintToBytes, bytesToHex, concatBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { keccak256 } from '../../src/protocol/crypto.js'
import type { Address, Domain, Hash32, Hex } from '../../src/protocol/types.js'
import type { Block } from '../../src/machine/environment.js'
import { runSynchronously } from '../../src/machine/interpreter.js'
import { Reverted, type Sent } from './arena.js'
import { Game, type GameOptions, type Stage } from './game.js'

const GAS = 15_000_000n
const RICH = 10n ** 24n

/** An account of this number. */
function accountAt (index: number): Address {
  return asAddress(bytesToHex(keccak256(Uint8Array.of(index)).slice(12)))
}

export class LocalCourt implements Stage {
  readonly #evm: EVM
  readonly #state: SimpleStateManager
  readonly court: Address
  readonly abi: Interface
  readonly domain: Domain
  nowSec = 2_000_000_000n
  #salt = 0n

  private constructor (evm: EVM, state: SimpleStateManager, court: Address, abi: Interface) {
    this.#evm = evm
    this.#state = state
    this.court = court
    this.abi = abi
    this.domain = { chainId: 1n, court }
  }

  static async create (): Promise<LocalCourt> {
    const common = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun, customCrypto: { keccak256 } })
    const state = new SimpleStateManager({ common })
    const evm = new EVM({ common, stateManager: state, blockchain: new EVMMockBlockchain() })
    runSynchronously(evm)
    for (let i = 0; i < 20; i++) await state.putAccount(ethAddress(accountAt(i)), new Account(0n, RICH))
    const judge = await create(evm, loadArtifact('TestJudge').creationCode)
    const { interface: abi, creationCode } = loadArtifact('Threads')
    const claims = await create(evm, concatBytes(loadArtifact('Claims').creationCode, bigintToBytes(BigInt(judge), 32)))
    const court = await create(evm, concatBytes(creationCode, bigintToBytes(BigInt(judge), 32), bigintToBytes(BigInt(claims), 32)))
    return new LocalCourt(evm, state, court, abi)
  }

  account (index: number): Address {
    return accountAt(index)
  }

  /** Makes an account as rich as those that are there from the start. */
  async enrich (account: Address): Promise<void> {
    await this.#state.putAccount(ethAddress(account), new Account(0n, RICH))
  }

  /** Puts a contract of this name, without a constructor's work, at an account. */
  async putCode (account: Address, name: string): Promise<void> {
    await this.#state.putCode(ethAddress(account), loadArtifact(name).runtimeCode)
  }

  /** Runs `test`, and takes back what it did here. */
  async isolated (test: () => Promise<void>): Promise<void> {
    const before = this.nowSec
    await this.#state.checkpoint()
    try {
      await test()
    } finally {
      await this.#state.revert()
      this.nowSec = before
    }
  }

  /** A thread that is not opened yet. */
  game (options: GameOptions = {}): Game {
    return new Game(this, this.nowSec, ++this.#salt, options)
  }

  /** From now on it is this second. */
  async at (timestampSec: bigint): Promise<void> {
    this.nowSec = timestampSec
    await Promise.resolve()
  }

  /** @throws Reverted */
  async court_ (from: Address, method: string, args: readonly unknown[], valueWei = 0n, gas?: bigint): Promise<Sent> {
    return await this.send(from, this.court, this.abi, method, args, valueWei, gas)
  }

  /** Calls any contract here. @throws Reverted */
  async send (from: Address, to: Address, abi: Interface, method: string, args: readonly unknown[], valueWei = 0n, gas = GAS): Promise<Sent> {
    const data = hexToBytes(abi.encodeFunctionData(method, args) as Hex)
    const { execResult: { exceptionError, returnValue, executionGasUsed, logs = [] } } = await this.#evm.runCall({
      caller: ethAddress(from), origin: ethAddress(from), to: ethAddress(to), data, value: valueWei, gasLimit: gas, block: this.#block()
    })
    this.#evm.journal.cleanJournal()
    if (exceptionError !== undefined) throw this.#reverted(bytesToHex(returnValue), exceptionError.error)
    return {
      gasUsed: executionGasUsed, contractAddress: undefined, timestampSec: this.nowSec,
      logs: logs.map(([, topics, logged]) => abi.parseLog({ topics: topics.map(bytesToHex), data: bytesToHex(logged) })).filter(log => log !== null)
    }
  }

  /** The first result of a view. @throws Reverted */
  async read (to: Address, abi: Interface, method: string, args: readonly unknown[]): Promise<unknown> {
    const data = hexToBytes(abi.encodeFunctionData(method, args) as Hex)
    const { execResult: { exceptionError, returnValue } } = await this.#evm.runCall({ to: ethAddress(to), data, gasLimit: GAS, isStatic: true, block: this.#block() })
    this.#evm.journal.cleanJournal()
    if (exceptionError !== undefined) throw this.#reverted(bytesToHex(returnValue), exceptionError.error)
    const result = abi.decodeFunctionResult(method, returnValue)
    return result.length === 1 ? result[0] as unknown : result
  }

  /** A storage slot of the court. */
  async storage (slot: Hash32): Promise<bigint> {
    return BigInt(bytesToHex(await this.#state.getStorage(ethAddress(this.court), hexToBytes(slot))).padEnd(3, '0'))
  }

  /** Of ether. */
  async balance (account: Address): Promise<bigint> {
    return (await this.#state.getAccount(ethAddress(account)))?.balance ?? 0n
  }

  #block (): Block {
    return {
      header: {
        number: 1n, timestamp: this.nowSec, coinbase: ethAddress(accountAt(255)), prevRandao: hexToBytes(ZERO_HASH), gasLimit: 30_000_000n, difficulty: 0n, baseFeePerGas: 0n,
        getBlobGasPrice: () => 1n
      }
    }
  }

  #reverted (data: Hex, reason: string): Reverted {
    const parsed = data === '0x' ? null : this.abi.parseError(data)
    return parsed === null ? new Reverted(`UNNAMED ${reason} ${data}`, []) : new Reverted(parsed.name, [...parsed.args])
  }
}

async function create (evm: EVM, data: Uint8Array): Promise<Address> {
  const { createdAddress, execResult } = await evm.runCall({ caller: ethAddress(accountAt(19)), data, gasLimit: GAS })
  evm.journal.cleanJournal()
  if (createdAddress === undefined || execResult.exceptionError !== undefined) throw new Error(`not created: ${execResult.exceptionError?.error ?? ''}`)
  return asAddress(createdAddress.toString())
}

function ethAddress (address: Address): EthAddress {
  return new EthAddress(hexToBytes(address))
}
