/** Which accounts, slots and codes an input touches, those of frames that fail included: a draft that takes notes. */
import type { Address as EthAddress } from '@ethereumjs/util'
import { bytesToHex } from '../protocol/bytes.js'
import type { Address, Hash32, InputTransaction } from '../protocol/types.js'
import { Draft } from '../state/draft.js'
import type { World } from '../state/world.js'
import { blockOf, createThreadEVM, type Environment, type MachineContext } from './environment.js'
import { runMessage, runTransaction, type Message } from './transaction.js'
import { Touched } from './witness.js'

class Recorder extends Draft {
  readonly noted = new Touched()

  override touch (address: Address): void {
    super.touch(address)
    this.noted.account(address)
  }

  override touchSlot (address: Address, slot: Hash32): void {
    super.touchSlot(address, slot)
    this.noted.slot(address, BigInt(slot))
  }

  override getCode (address: EthAddress): Promise<Uint8Array> {
    this.noted.code(keyOf(address))
    return super.getCode(address)
  }

  override getCodeSize (address: EthAddress): Promise<number> {
    this.noted.code(keyOf(address))
    return super.getCodeSize(address)
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
  return recorder.noted
}

/** Runs a message without a transaction around it on `world`, which stays as it is, and tells what it touched. */
export async function recordMessage (context: MachineContext, world: World, environment: Environment, message: Message): Promise<Touched> {
  const recorder = new Recorder()
  recorder.begin(world)
  const evm = createThreadEVM(context, recorder)
  await runMessage({ evm, draft: recorder, block: blockOf(context, environment) }, message)
  return recorder.noted
}
