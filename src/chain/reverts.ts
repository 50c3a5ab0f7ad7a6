/** What a contract said when it reverted, by name. */
import type { Interface, ParamType, Result } from 'ethers'
import { ThreadsError } from '../errors.js'

/** Whether an estimate or a view failed because the contract did, not because the endpoint did. */
export function isRevert (error: unknown): error is ThreadsError {
  if (!(error instanceof ThreadsError) || error.code !== 'CHAIN_RPC_ERROR') return false
  if (typeof error.data.returned === 'string' && error.data.returned !== '0x') return true
  return /revert|execution error|vm exception|invalid opcode|invalid jump|stack (over|under)flow|out of gas/i.test(String(error.data.message))
}

/**
 * `CHAIN_REVERTED` with `data.error` and `data.args` (by name, JSON-friendly) for a custom error of one of the interfaces, for
 * `Error(string)` and for `Panic(uint256)`; with `data.returned` alone for what none of them knows.
 */
export function revertError (interfaces: readonly Interface[], returned: string | undefined, more: Record<string, unknown>, cause?: unknown): ThreadsError {
  const data: Record<string, unknown> = { ...more }
  if (returned !== undefined && returned !== '0x') data.returned = returned.slice(0, 2050)
  for (const known of interfaces) {
    const named = returned === undefined ? undefined : decoded(known, returned)
    if (named === undefined) continue
    const said = Object.entries(named.args).map(([name, value]) => `${name}: ${String(value)}`).join(', ')
    return new ThreadsError('CHAIN_REVERTED', `the contract refuses: ${named.error}(${said})`, { data: { ...data, ...named }, cause })
  }
  return new ThreadsError('CHAIN_REVERTED', 'the contract refuses, without a reason that is known here', { data, cause })
}

function decoded (known: Interface, returned: string): { error: string, args: Record<string, unknown> } | undefined {
  try {
    const found = known.parseError(returned)
    if (found === null) return undefined
    return { error: found.name, args: namedArguments(found.fragment.inputs, found.args) }
  } catch (error) {
    if (error instanceof Error) return undefined // revert data is anybody's bytes; what does not decode has no name
    throw error
  }
}

function namedArguments (inputs: readonly ParamType[], values: Result): Record<string, unknown> {
  const named: Record<string, unknown> = {}
  inputs.forEach((input, index) => { named[input.name === '' ? String(index) : input.name] = plain(values[index]) })
  return named
}

function plain (value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString()
  return Array.isArray(value) ? value.map(plain) : value
}
