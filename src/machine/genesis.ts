/** Slot (0, 0): the deposits, the port, and the contract as its constructor leaves it (specification §4). */
import { ThreadsError } from '../errors.js'
import { concatBytes, hexToBytes, ZERO_ADDRESS } from '../protocol/bytes.js'
import { hash32 } from '../protocol/crypto.js'
import { PORT_ADDRESS, PORT_COUNT_SLOT, portGenesisWord } from '../protocol/port.js'
import { PORT_CODE } from '../protocol/port-code.js'
import { contractAddressOf, isCreationCode, scaleOf } from '../protocol/terms.js'
import type { Address, Hash32, Terms } from '../protocol/types.js'
import { stripZeros } from '../state/changes.js'
import type { Draft } from '../state/draft.js'
import { blockOf, ethAddress, type MachineContext, type ThreadEVM } from './environment.js'
import { finish, outcomeOf, warm, type Outcome } from './transaction.js'

/**
 * Writes slot (0, 0) on an empty draft and tells what the constructor did; for runtime code nothing runs, and the outcome says so with
 * success and no gas. The constructor is a message from players[0] with value 0 and all of terms.gasLimit: no intrinsic gas, no fee; warm are
 * the addresses that a transaction of players[0] would warm.
 * @throws `MACHINE_CODE_MISMATCH` when `code` is not what the terms name; `MACHINE_CONSTRUCTOR_REVERTED` with the constructor's reason
 */
export async function runGenesis (evm: ThreadEVM, draft: Draft, context: MachineContext, code: Uint8Array, timestampSec: bigint): Promise<Outcome> {
  const { terms } = context
  const codeHash = hash32(code)
  if (codeHash !== terms.codeHash) throw new ThreadsError('MACHINE_CODE_MISMATCH', 'the code is not the one that the terms name', { data: { codeHash, expected: terms.codeHash } })
  payIn(draft, terms)
  const contract = contractAddressOf(context.thread, context.domain.court)
  await putPort(draft, contract, terms)
  if (!isCreationCode(terms)) {
    draft.setAccount(contract, { ...draft.account(contract), nonce: 1n })
    draft.setCode(contract, code)
    draft.endInput()
    return { success: true, reason: undefined, returnData: new Uint8Array(0), gasUsed: 0n, logs: [], created: contract }
  }
  return await construct(evm, draft, context, concatBytes(code, terms.ctorArg), contract, timestampSec)
}

function payIn (draft: Draft, terms: Terms): void {
  const scale = scaleOf(terms)
  terms.players.forEach((player, i) => {
    draft.setAccount(player, { ...draft.account(player), nonce: 1n, balanceWei: (terms.deposits[i] ?? 0n) * scale })
  })
  if (terms.oracle === ZERO_ADDRESS) return
  const oracle = draft.account(terms.oracle)
  draft.setAccount(terms.oracle, { ...oracle, balanceWei: oracle.balanceWei + terms.oracleFee * scale })
}

/** The port is there before the constructor runs (§10). */
async function putPort (draft: Draft, contract: Address, terms: Terms): Promise<void> {
  draft.setAccount(PORT_ADDRESS, { ...draft.account(PORT_ADDRESS), nonce: 1n })
  draft.setCode(PORT_ADDRESS, PORT_CODE)
  await draft.putStorage(ethAddress(PORT_ADDRESS), hexToBytes(PORT_COUNT_SLOT), stripZeros(portGenesisWord(contract, terms)))
}

async function construct (evm: ThreadEVM, draft: Draft, context: MachineContext, initCode: Uint8Array, contract: Address, timestampSec: bigint): Promise<Outcome> {
  const { terms } = context
  const sender = terms.players[0] ?? ZERO_ADDRESS
  const block = blockOf(context, { nonce: 0n, timestampSec, parent: context.thread as string as Hash32 })
  warm(evm, sender, { to: undefined, accessList: [] }, block)
  evm.creationAddress = contract
  const result = await evm.runCall({
    block, gasPrice: 0n, caller: ethAddress(sender), origin: ethAddress(sender), gasLimit: terms.gasLimit, value: 0n, data: initCode, skipNonceIncrement: true
  })
  evm.creationAddress = undefined
  finish(evm, draft, result)
  const outcome = outcomeOf(result, result.execResult.executionGasUsed)
  if (!outcome.success) {
    throw new ThreadsError('MACHINE_CONSTRUCTOR_REVERTED', `the constructor failed: ${outcome.reason}`, { data: { reason: outcome.reason, gasUsed: outcome.gasUsed.toString() } })
  }
  return outcome
}
