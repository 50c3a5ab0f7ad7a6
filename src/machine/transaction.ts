/**
 * One transaction by Cancun's rules around one call of the EVM: what `runTx` of @ethereumjs/vm does for these transaction types, without its
 * blocks, blooms and events (ten times faster, and compared with it in the tests). BASEFEE is 0, so the whole price goes to COINBASE.
 */
import type { EVMResult } from '@ethereumjs/evm'
import { asHash32, bytesToHex } from '../protocol/bytes.js'
import { intrinsicGas } from '../protocol/input.js'
import { MAX_INITCODE_BYTES } from '../protocol/limits.js'
import type { Address, Hash32, InputTransaction } from '../protocol/types.js'
import type { Draft } from '../state/draft.js'
import { ethAddress, type Block, type ThreadEVM } from './environment.js'
import { setRoutine } from './interpreter.js'
import { reasonOf } from './reason.js'
import { asking, beginRoutine, endRoutine, whyNotResumed } from './resuming.js'
import { MACHINE_ADDRESS, type Waiting } from './routine.js'

/** An event of a contract. */
export type Log = { readonly address: Address, readonly topics: readonly Hash32[], readonly data: Uint8Array }

/** What an execution came to. */
export type Outcome = {
  readonly success: boolean
  /** What failed, in words; undefined on success. */
  readonly reason: string | undefined
  readonly returnData: Uint8Array
  /** What is paid for: intrinsic gas included, refund deducted. */
  readonly gasUsed: bigint
  /** None when it failed. */
  readonly logs: readonly Log[]
  /** The contract that a successful creation made. */
  readonly created: Address | undefined
}

/**
 * Why an input cannot be included: it consumes no nonce (specification §3). `BATCH_GAS`: not in this batch. `UNJUDGEABLE`: it could not be brought before the judge.
 * `SETTLEMENT`: the settlement function would fail on what it leaves. `ROUTINE`: the contract waits, and not for this.
 */
export type SkipCode = 'NONCE' | 'GAS_LIMIT' | 'BALANCE' | 'INITCODE' | 'BATCH_GAS' | 'UNJUDGEABLE' | 'SETTLEMENT' | 'ROUTINE'

/** The EVM, the state that it works on, and the block that it sees. */
export type Execution = { readonly evm: ThreadEVM, readonly draft: Draft, readonly block: Block }

/** Why `tx` cannot be included in the state as it is; undefined: it can. `gasCap` is terms.gasLimit; `waits`: the contract waits behind a breakpoint. */
export function whyNotIncludable (draft: Pick<Draft, 'account'>, sender: Address, tx: InputTransaction, gasCap: bigint, waits?: { readonly contract: Address, readonly waiting: Waiting }): { code: SkipCode, message: string } | undefined {
  const { nonce, balanceWei } = draft.account(sender)
  if (tx.nonce !== nonce) return { code: 'NONCE', message: `nonce ${tx.nonce}, the sender's next is ${nonce}` }
  if (tx.gasLimit > gasCap) return { code: 'GAS_LIMIT', message: `gas limit ${tx.gasLimit} is above the terms' ${gasCap}` }
  const intrinsic = intrinsicGas(tx)
  if (tx.gasLimit < intrinsic) return { code: 'GAS_LIMIT', message: `gas limit ${tx.gasLimit} is below the intrinsic ${intrinsic}` }
  if (tx.to === undefined && tx.data.length > MAX_INITCODE_BYTES) return { code: 'INITCODE', message: `${tx.data.length} bytes of initcode, at most ${MAX_INITCODE_BYTES}` }
  const cost = tx.gasLimit * tx.maxFeePerGasWei + tx.valueWei
  if (balanceWei < cost) return { code: 'BALANCE', message: `it may cost ${cost} wei, the sender has ${balanceWei}` }
  const why = waits === undefined || tx.to !== waits.contract ? undefined : whyNotResumed(waits.waiting, sender, tx.data)
  return why === undefined ? undefined : { code: 'ROUTINE', message: why }
}

/**
 * Runs an includable transaction on the draft: the nonce, the price, the call, refund and fee, and what self-destructed. Where the contract waits and the transaction is to it, it goes
 * on (§11). Whatever it throws is a bug, and leaves EVM and draft unusable.
 */
export async function runTransaction (execution: Execution, sender: Address, tx: InputTransaction): Promise<Outcome> {
  const { evm, draft } = execution
  const run = await beginRoutine(execution, sender, tx)
  setRoutine(evm, run)
  const { outcome, result } = await transact(execution, sender, tx)
  if (run !== undefined) endRoutine(draft, run, outcome)
  finish(evm, draft, result)
  return outcome
}

/** The same for what is asked and will be forgotten: no routine begins, waits or goes on in it. */
export async function askTransaction (execution: Execution, sender: Address, tx: InputTransaction): Promise<Outcome> {
  setRoutine(execution.evm, asking(execution.evm))
  const { outcome, result } = await transact(execution, sender, tx)
  finish(execution.evm, execution.draft, result)
  return outcome
}

async function transact ({ evm, draft, block }: Execution, sender: Address, tx: InputTransaction): Promise<{ outcome: Outcome, result: EVMResult }> {
  const account = draft.account(sender)
  draft.setAccount(sender, { ...account, nonce: account.nonce + 1n, balanceWei: account.balanceWei - tx.gasLimit * tx.gasPriceWei })
  warm(evm, sender, tx, block)
  const intrinsic = intrinsicGas(tx)
  const result = await evm.runCall({
    block,
    gasPrice: tx.gasPriceWei,
    caller: ethAddress(sender),
    origin: ethAddress(sender),
    gasLimit: tx.gasLimit - intrinsic,
    value: tx.valueWei,
    data: tx.data,
    skipNonceIncrement: true,
    ...tx.to === undefined ? {} : { to: ethAddress(tx.to) }
  })
  const spent = result.execResult.executionGasUsed + intrinsic
  const refund = result.execResult.gasRefund ?? 0n
  const gasUsed = spent - (refund < spent / 5n ? refund : spent / 5n)
  addBalance(draft, sender, (tx.gasLimit - gasUsed) * tx.gasPriceWei)
  addBalance(draft, bytesToHex(block.header.coinbase.bytes) as Address, gasUsed * tx.gasPriceWei)
  return { outcome: outcomeOf(result, gasUsed), result }
}

/** A call without a transaction around it: no nonce, no price, no intrinsic gas. */
export type Message = { readonly from: Address, readonly to: Address, readonly data: Uint8Array, readonly gasLimit: bigint }

/** Runs a message on the draft. Whatever it throws is a bug, and leaves EVM and draft unusable. */
export async function runMessage ({ evm, draft, block }: Execution, { from, to, data, gasLimit }: Message): Promise<Outcome> {
  // Every judgement in such a thread reads it: what settles depends on it.
  if (evm.routineRules !== undefined) draft.touch(MACHINE_ADDRESS)
  setRoutine(evm, asking(evm))
  warm(evm, from, { to, accessList: [] }, block)
  const result = await evm.runCall({ block, gasPrice: 0n, caller: ethAddress(from), origin: ethAddress(from), gasLimit, value: 0n, data, to: ethAddress(to), skipNonceIncrement: true })
  finish(evm, draft, result)
  return outcomeOf(result, result.execResult.executionGasUsed)
}

/** Ends what lasts for one transaction: self-destructed accounts, warm sets, transient storage, original values. */
export function finish (evm: ThreadEVM, draft: Draft, result: EVMResult): void {
  const { selfdestruct, createdAddresses } = result.execResult
  for (const address of selfdestruct?.keys() ?? []) if (createdAddresses?.has(address) === true) draft.destroy(address as Address)
  evm.journal.cleanJournal()
  evm.transientStorage.clear()
  draft.endInput()
}

/** The result of the EVM in the project's own types. */
export function outcomeOf ({ execResult, createdAddress }: EVMResult, gasUsed: bigint): Outcome {
  const error = execResult.exceptionError
  const success = error === undefined
  return {
    success,
    reason: success ? undefined : reasonOf(error, execResult.returnValue),
    returnData: execResult.returnValue,
    gasUsed,
    logs: success ? (execResult.logs ?? []).map(([address, topics, data]) => ({ address: bytesToHex(address) as Address, topics: topics.map(asHash32), data })) : [],
    created: success && createdAddress !== undefined ? bytesToHex(createdAddress.bytes) as Address : undefined
  }
}

/** EIP-2929, 2930, 3651: what is warm from the start. A created contract's address is warmed by the EVM. */
export function warm (evm: ThreadEVM, sender: Address, tx: Pick<InputTransaction, 'to' | 'accessList'>, block: Block): void {
  for (const precompile of evm.precompiles.keys()) evm.journal.addAlwaysWarmAddress(precompile)
  evm.journal.addAlwaysWarmAddress(sender)
  evm.journal.addAlwaysWarmAddress(bytesToHex(block.header.coinbase.bytes))
  if (tx.to !== undefined) evm.journal.addAlwaysWarmAddress(tx.to)
  for (const { address, storageKeys } of tx.accessList) {
    evm.journal.addAlwaysWarmAddress(address)
    for (const key of storageKeys) evm.journal.addAlwaysWarmSlot(address, key)
  }
}

function addBalance (draft: Draft, address: Address, amountWei: bigint): void {
  if (amountWei === 0n) return
  const account = draft.account(address)
  draft.setAccount(address, { ...account, balanceWei: account.balanceWei + amountWei })
}
