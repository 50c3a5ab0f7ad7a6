/** What a transaction sees of the world around it (specification §5), and the EVM set up for one thread. */
import { Common, Hardfork, Mainnet } from '@ethereumjs/common'
import { EVM, EVMMockBlockchain, getActivePrecompiles, NobleBN254, type EVMOpts, type Message } from '@ethereumjs/evm'
import { Address as EthAddress } from '@ethereumjs/util'
import { ThreadsError } from '../errors.js'
import { asHash32, bytesToHex, hexToBytes } from '../protocol/bytes.js'
import { keccak256 } from '../protocol/crypto.js'
import { THREAD_LIMITS } from '../protocol/limits.js'
import { threadChainId } from '../protocol/terms.js'
import type { Address, Domain, Hash32, Terms, ThreadId } from '../protocol/types.js'
import type { Draft } from '../state/draft.js'
import type { ExecutionLimits } from './execution-limits.js'
import { runSynchronously } from './interpreter.js'
import { verifyPointEvaluation } from './kzg.js'
import { modexpLike } from './modexp.js'
import { routineRulesOf, type RoutineRules } from './routine.js'

/** The thread that a machine runs. */
export type MachineContext = { readonly thread: ThreadId, readonly terms: Terms, readonly domain: Domain }

/** The breakpoint that a transaction belongs to: its nonce is NUMBER, `parent` PREVRANDAO. */
export type Environment = { readonly nonce: bigint, readonly timestampSec: bigint, readonly parent: Hash32 }

/** The part of a block header that opcodes read. */
export type Block = NonNullable<Parameters<EVM['runCall']>[0]['block']>

/** The block that stands for a breakpoint. BASEFEE is 0 and BLOBBASEFEE 1. */
export function blockOf (context: MachineContext, environment: Environment): Block {
  return {
    header: {
      number: environment.nonce,
      timestamp: environment.timestampSec,
      coinbase: ethAddress(context.terms.oracle),
      prevRandao: hexToBytes(environment.parent),
      gasLimit: context.terms.gasLimit,
      difficulty: 0n,
      baseFeePerGas: 0n,
      getBlobGasPrice: () => 1n
    }
  }
}

/** The EVM's own form of an address. */
export function ethAddress (address: Address): EthAddress {
  return new EthAddress(hexToBytes(address))
}

/** An EVM that can create at a given address: the thread's contract has its vault's, which no nonce of a sender leads to. */
export class ThreadEVM extends EVM {
  /** What is fixed for the thread's routines; undefined: it allows none. */
  routineRules: RoutineRules | undefined
  /** Where the outermost message creates; undefined: by the sender's nonce, as ever. */
  creationAddress: Address | undefined

  protected override async _generateAddress (message: Message): Promise<EthAddress> {
    if (message.depth === 0 && this.creationAddress !== undefined) return ethAddress(this.creationAddress)
    return super._generateAddress(message)
  }
}

/** `isActivatedEIP` is asked several times for each opcode: a set answers it. */
class QuickCommon extends Common {
  // Not a # field: the base class calls isActivatedEIP while it constructs itself, when such a field is not there yet.
  protected activated: Set<number> | undefined

  override isActivatedEIP (eip: number): boolean {
    return this.activated?.has(eip) ?? super.isActivatedEIP(eip)
  }

  /** From now on the hardfork stays. */
  freeze (): void {
    this.activated = new Set([...this.eips(), ...this._activatedEIPsCache])
  }
}

/** Cancun with this chain id (rules number 1). */
function cancun (chainId: bigint): QuickCommon {
  const chain = { ...Mainnet, name: 'thread', chainId: Number(chainId) }
  return new QuickCommon({ chain, hardfork: Hardfork.Cancun, customCrypto: { keccak256, kzg: verifyPointEvaluation } })
}

const MODEXP = '0x0000000000000000000000000000000000000005'

/** The precompiles that are not those of @ethereumjs, MODEXP with its limit. */
export function precompilesOf (common: Common, { modexpBytes = 0 }: ExecutionLimits): NonNullable<EVMOpts['customPrecompiles']> {
  const stock = getActivePrecompiles(common).get(MODEXP.slice(2))
  if (stock === undefined) throw new ThreadsError('MACHINE_INTERNAL', 'the EVM has no MODEXP')
  return [{ address: MODEXP, function: modexpLike(stock, modexpBytes === 0 ? Infinity : modexpBytes) }]
}

/** Notes each account and slot that an opcode names, before it is known whether it can be paid for: the judge wants to be shown it all the same. */
function watchAccess ({ journal }: EVM, draft: Draft): void {
  const isWarmedAddress = journal.isWarmedAddress.bind(journal)
  const isWarmedStorage = journal.isWarmedStorage.bind(journal)
  journal.isWarmedAddress = (address) => {
    draft.touch(bytesToHex(address) as Address)
    return isWarmedAddress(address)
  }
  journal.isWarmedStorage = (address, slot) => {
    draft.touchSlot(bytesToHex(address) as Address, asHash32(slot))
    return isWarmedStorage(address, slot)
  }
}

/** A fresh EVM for the thread, working on `draft`, within a thread's limits unless others are given. */
export function createThreadEVM (context: MachineContext, draft: Draft, limits: ExecutionLimits = THREAD_LIMITS): ThreadEVM {
  const common = cancun(threadChainId(context.thread))
  // The constructor is what createEVM calls, with the same defaults for what Cancun uses; a subclass needs it.
  const options: EVMOpts = { common, stateManager: draft, blockchain: new EVMMockBlockchain(), bn254: new NobleBN254(), customPrecompiles: precompilesOf(common, limits) }
  const evm = new ThreadEVM(options)
  evm.routineRules = routineRulesOf(context)
  common.freeze()
  runSynchronously(evm, limits)
  watchAccess(evm, draft)
  return evm
}
