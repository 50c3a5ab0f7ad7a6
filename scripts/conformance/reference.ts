/** The reference: @ethereumjs' `vm.runTx` on a Merkle-Patricia state, which also tells which accounts and slots a transaction touches. */
import type { Block } from '@ethereumjs/block'
import { Common, Hardfork, Mainnet, type StateManagerInterface } from '@ethereumjs/common'
import { EVM } from '@ethereumjs/evm'
import { MerkleStateManager } from '@ethereumjs/statemanager'
import type { TypedTransaction } from '@ethereumjs/tx'
import { Account, Address as EthAddress, type Address as EthAddressType } from '@ethereumjs/util'
import { createVM, runTx, type RunTxResult, type VM } from '@ethereumjs/vm'
import { bytesToBigint, hexToBytes } from '../../src/protocol/bytes.js'
import { keccak256 } from '../../src/protocol/crypto.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { runSynchronously } from '../../src/machine/interpreter.js'
import { stripZeros } from '../../src/state/changes.js'
import { verifyPointEvaluation } from '../../src/machine/kzg.js'

/** An account of a fixture. */
export type FixtureAccount = { readonly balance: Hex, readonly nonce: Hex, readonly code: Hex, readonly storage: Readonly<Record<Hex, Hex>> }
/** Accounts by address. */
export type FixtureState = Readonly<Record<Address, FixtureAccount>>

/** Accounts that were looked at, and the slots of each. */
export type Touched = Map<Address, Set<bigint>>

const CANCUN = new Common({ chain: Mainnet, hardfork: Hardfork.Cancun, customCrypto: { keccak256, kzg: verifyPointEvaluation } })

/** Cancun on chain 1: one for all, because making one takes longer than most cases. Its hardfork never changes, so no EVM need stay to be told. */
export function cancun (): Common {
  CANCUN.events.removeAllListeners()
  return CANCUN
}

/** Hex as fixtures write it: digits may be odd in number, or none. */
export function fixtureBytes (hex: string): Uint8Array {
  const digits = hex.startsWith('0x') ? hex.slice(2) : hex
  return hexToBytes(`0x${digits.length % 2 === 1 ? '0' : ''}${digits}`)
}

/** A number as fixtures write it. */
export function fixtureNumber (hex: string): bigint {
  return hex === '0x' || hex === '' ? 0n : BigInt(hex)
}

/** The EVM's form of an address. */
export function ethOf (address: Address): EthAddressType {
  return new EthAddress(hexToBytes(address))
}

/** Runs transactions and remembers what they touch. */
export class Reference {
  readonly vm: VM
  readonly stateManager: MerkleStateManager
  readonly touched: Touched

  private constructor (vm: VM, stateManager: MerkleStateManager, touched: Touched) {
    this.vm = vm
    this.stateManager = stateManager
    this.touched = touched
  }

  static async create (common: Common, pre: FixtureState): Promise<Reference> {
    const stateManager = new MerkleStateManager({ common })
    for (const [address, { balance, nonce, code, storage }] of Object.entries(pre) as [Address, FixtureAccount][]) {
      const at = ethOf(address)
      await stateManager.putAccount(at, new Account(fixtureNumber(nonce), fixtureNumber(balance)))
      const bytes = fixtureBytes(code)
      if (bytes.length > 0) await stateManager.putCode(at, bytes)
      for (const [key, value] of Object.entries(storage)) {
        if (fixtureNumber(value) !== 0n) await stateManager.putStorage(at, slotBytes(fixtureNumber(key)), stripZeros(fixtureBytes(value)))
      }
    }
    const touched = watch(stateManager)
    const vm = await createVM({ common, stateManager })
    // The loop that threads run on. Against the fixtures' roots it proves itself as well.
    if (vm.evm instanceof EVM) runSynchronously(vm.evm)
    return new Reference(vm, stateManager, touched)
  }

  /** What runTx says; undefined when it refuses the transaction. */
  async run (tx: TypedTransaction, block: Block): Promise<RunTxResult | { readonly refused: string }> {
    try {
      return await runTx(this.vm, { tx, block, skipHardForkValidation: true })
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error) }
    }
  }

  async account (address: Address): Promise<{ nonce: bigint, balanceWei: bigint, code: Uint8Array }> {
    const account = await this.stateManager.getAccount(ethOf(address))
    if (account === undefined) return { nonce: 0n, balanceWei: 0n, code: new Uint8Array() }
    return { nonce: account.nonce, balanceWei: account.balance, code: await this.stateManager.getCode(ethOf(address)) }
  }

  async storage (address: Address, key: bigint): Promise<bigint> {
    if (await this.stateManager.getAccount(ethOf(address)) === undefined) return 0n
    return bytesToBigint(await this.stateManager.getStorage(ethOf(address), slotBytes(key)))
  }
}

function slotBytes (key: bigint): Uint8Array {
  return hexToBytes(`0x${key.toString(16).padStart(64, '0')}`)
}

/** Notes what is touched from now on: every read and write of an account or slot goes through these methods. */
export function watch (stateManager: Pick<StateManagerInterface, 'getAccount' | 'putAccount' | 'getCode' | 'getStorage'>): Touched {
  const touched: Touched = new Map()
  const note = (address: EthAddressType): Set<bigint> => {
    const key = address.toString() as Address
    const slots = touched.get(key) ?? new Set()
    touched.set(key, slots)
    return slots
  }
  const { getAccount, putAccount, getCode, getStorage } = stateManager
  stateManager.getAccount = async (address) => { note(address); return await getAccount.call(stateManager, address) }
  stateManager.putAccount = async (address, account) => { note(address); await putAccount.call(stateManager, address, account) }
  stateManager.getCode = async (address) => { note(address); return await getCode.call(stateManager, address) }
  stateManager.getStorage = async (address, key) => { note(address).add(bytesToBigint(key)); return await getStorage.call(stateManager, address, key) }
  return touched
}
