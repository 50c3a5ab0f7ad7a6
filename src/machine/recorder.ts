/** Which accounts, slots and codes an input touches, those of frames that fail included: a draft that takes notes. */
import type { Account, Address as EthAddress } from '@ethereumjs/util'
import { bytesToBigint, bytesToHex } from '../protocol/bytes.js'
import type { Address, InputTransaction } from '../protocol/types.js'
import type { AccountState } from '../state/changes.js'
import { Draft } from '../state/draft.js'
import type { World } from '../state/world.js'
import { blockOf, createThreadEVM, type Environment, type MachineContext } from './environment.js'
import { runMessage, runTransaction, type Message } from './transaction.js'
import { Touched } from './witness.js'

class Recorder extends Draft {
  readonly touched = new Touched()

  override setAccount (address: Address, account: AccountState): void {
    this.touched.account(address)
    super.setAccount(address, account)
  }

  override getAccount (address: EthAddress): Promise<Account | undefined> {
    this.touched.account(keyOf(address))
    return super.getAccount(address)
  }

  override getCode (address: EthAddress): Promise<Uint8Array> {
    this.touched.code(keyOf(address))
    return super.getCode(address)
  }

  override getCodeSize (address: EthAddress): Promise<number> {
    this.touched.code(keyOf(address))
    return super.getCodeSize(address)
  }

  override getStorage (address: EthAddress, key: Uint8Array): Promise<Uint8Array> {
    this.touched.slot(keyOf(address), bytesToBigint(key))
    return super.getStorage(address, key)
  }
}

function keyOf (address: EthAddress): Address {
  return bytesToHex(address.bytes) as Address
}

/** Runs an includable transaction on `world`, which stays as it is, and tells what it touched. */
export async function recordInput (context: MachineContext, world: World, environment: Environment, sender: Address, tx: InputTransaction): Promise<Touched> {
  const recorder = new Recorder()
  recorder.begin(world)
  const evm = createThreadEVM(context, recorder)
  await runTransaction({ evm, draft: recorder, block: blockOf(context, environment) }, sender, tx)
  return recorder.touched
}

/** Runs a message without a transaction around it on `world`, which stays as it is, and tells what it touched. */
export async function recordMessage (context: MachineContext, world: World, environment: Environment, message: Message): Promise<Touched> {
  const recorder = new Recorder()
  recorder.begin(world)
  const evm = createThreadEVM(context, recorder)
  await runMessage({ evm, draft: recorder, block: blockOf(context, environment) }, message)
  return recorder.touched
}
