/** What a transaction does around the EVM where the thread's contract may be a routine (specification §11): it finds out what waits, lays the input ready, and puts away what waits afterwards. */
import { MAX_RESUME_BYTES } from '../protocol/limits.js'
import type { Address, InputTransaction } from '../protocol/types.js'
import type { Draft } from '../state/draft.js'
import { EMPTY_BYTES } from '../state/world.js'
import { ethAddress, type Block, type ThreadEVM } from './environment.js'
import { decodeSuspended, INPUT_ADDRESS, inputCode, MACHINE_ADDRESS, type Waiting } from './routine.js'
import type { RoutineRun } from './suspension.js'

/** Why a transaction to the contract cannot go on with what waits; undefined: it can. */
export function whyNotResumed ({ movers }: Waiting, sender: Address, data: Uint8Array): string | undefined {
  if (!movers.includes(sender)) return `the contract waits for ${movers.join(' or ')}`
  return data.length > MAX_RESUME_BYTES ? `${data.length} bytes for a contract that waits, at most ${MAX_RESUME_BYTES}` : undefined
}

/** A run that is no transaction; undefined: the thread allows no routines. */
export function asking ({ routineRules: rules }: ThreadEVM): RoutineRun | undefined {
  return rules === undefined ? undefined : { rules, kind: 'asks' }
}

/** What a player's transaction is to the routine. Where it goes on, its input lies ready. Undefined: the thread allows no routines. */
export async function beginRoutine ({ evm, draft, block }: { readonly evm: ThreadEVM, readonly draft: Draft, readonly block: Block }, sender: Address, tx: Pick<InputTransaction, 'to' | 'valueWei' | 'data'>): Promise<RoutineRun | undefined> {
  const { routineRules: rules } = evm
  if (rules === undefined) return undefined
  if (!isSuspended(draft)) return { rules, kind: 'stops' }
  if (tx.to !== rules.contract) return { rules, kind: 'shut' }
  // As the EVM reads code: whoever takes notes knows that it is needed.
  const code = await draft.getCode(ethAddress(MACHINE_ADDRESS))
  draft.setCode(INPUT_ADDRESS, inputCode(sender, tx.valueWei, block.header.timestamp, tx.data))
  return { rules, kind: 'stops', goesOn: decodeSuspended(code) }
}

/** Puts away what waits now. A transaction that failed has changed nothing. */
export function endRoutine (draft: Draft, { goesOn, left }: RoutineRun, { success }: { readonly success: boolean }): void {
  if (goesOn !== undefined) draft.setCode(INPUT_ADDRESS, EMPTY_BYTES)
  if (left !== undefined) draft.setCode(MACHINE_ADDRESS, left)
  else if (success && goesOn !== undefined) draft.setCode(MACHINE_ADDRESS, EMPTY_BYTES)
}

function isSuspended (draft: Draft): boolean {
  return draft.code(draft.account(MACHINE_ADDRESS).codeHash).length > 0
}
