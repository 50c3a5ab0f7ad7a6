/** Calldata from a human-readable signature and JSON arguments, and back. */
import { FunctionFragment, Interface, ParamType, type Result } from 'ethers'
import { ThreadsError } from '../errors.js'
import type { Hex } from '../protocol/types.js'

/** What a caller gives: bytes, or a function and its arguments, or nothing. */
export type CalldataSource = { readonly data?: Hex | undefined, readonly signature?: string | undefined, readonly args?: readonly unknown[] | undefined }

/** Parsed signatures: a player sends the same few again and again, and parsing costs more than encoding. The oldest is dropped. */
const parsed = new Map<string, { readonly fragment: FunctionFragment, readonly coder: Interface }>()
const MAX_PARSED = 256

function parse (signature: string): { readonly fragment: FunctionFragment, readonly coder: Interface } {
  const known = parsed.get(signature)
  if (known !== undefined) return known
  const fragment = fragmentOf(signature)
  const entry = { fragment, coder: new Interface([fragment]) }
  const [oldest] = parsed.keys()
  if (parsed.size >= MAX_PARSED && oldest !== undefined) parsed.delete(oldest)
  parsed.set(signature, entry)
  return entry
}

/** `play(uint8)`, `function balanceOf(address) view returns (uint256)`, as a fragment. @throws `RPC_BAD_SIGNATURE`. */
function fragmentOf (signature: string): FunctionFragment {
  try {
    return FunctionFragment.from(/^\s*function\s/.test(signature) ? signature : `function ${signature}`)
  } catch (cause) {
    throw new ThreadsError('RPC_BAD_SIGNATURE', `not a function's signature: ${signature}`, { data: { signature }, cause })
  }
}

/**
 * The calldata of a call: `data` as it is, or the encoded function call, or `0x`. A signature without a name, `(uint8)`, encodes the arguments alone: what a routine waits for.
 * @throws `RPC_BAD_SIGNATURE`, `RPC_BAD_ARGUMENTS`.
 */
export function encodeCalldata (source: CalldataSource): Hex {
  if (source.signature === undefined) return source.data ?? '0x'
  if (/^\s*\(/.test(source.signature)) return encodeConstructor(source.signature, source.args ?? [])
  const { fragment, coder } = parse(source.signature)
  const args = source.args ?? []
  try {
    return coder.encodeFunctionData(fragment, args) as Hex
  } catch (cause) {
    throw badArguments(source.signature, cause)
  }
}

/**
 * A constructor's argument for `ctorArg`, from its types and JSON values: `encodeConstructor('(address,uint256)', […])`.
 * @throws `RPC_BAD_SIGNATURE`, `RPC_BAD_ARGUMENTS`.
 */
export function encodeConstructor (types: string, args: readonly unknown[]): Hex {
  const list = types.trim().replace(/^constructor\s*/, '')
  const fragment = fragmentOf(`constructor_${list.startsWith('(') ? list : `(${list})`}`)
  try {
    return Interface.from([]).getAbiCoder().encode(fragment.inputs, args) as Hex
  } catch (cause) {
    throw badArguments(types, cause)
  }
}

function badArguments (signature: string, cause: unknown): ThreadsError {
  const why = cause instanceof Error && 'shortMessage' in cause ? String(cause.shortMessage) : String(cause)
  return new ThreadsError('RPC_BAD_ARGUMENTS', `the arguments do not fit ${signature}: ${why}`, { data: { signature }, cause })
}

/**
 * The returned values as JSON (integers as decimal strings), when `signature` names what the function returns; else undefined.
 * @throws `RPC_BAD_SIGNATURE`, `RPC_BAD_RETURN_DATA`.
 */
export function decodeReturn (signature: string, returnData: Hex): unknown[] | undefined {
  const fragment = fragmentOf(signature)
  if (fragment.outputs.length === 0) return undefined
  try {
    const result = new Interface([fragment]).decodeFunctionResult(fragment, returnData)
    return fragment.outputs.map((type, i) => toJson(type, result[i]))
  } catch (cause) {
    throw new ThreadsError('RPC_BAD_RETURN_DATA', `the result is not what ${signature} returns`, { data: { signature, returnData }, cause })
  }
}

function toJson (type: ParamType, value: unknown): unknown {
  if (type.isArray()) return (value as Result).toArray().map((item) => toJson(type.arrayChildren, item))
  if (type.isTuple()) {
    const items = (value as Result).toArray()
    const named = type.components.every((component) => component.name !== '')
    const values = type.components.map((component, i) => toJson(component, items[i]))
    return named ? Object.fromEntries(type.components.map((component, i) => [component.name, values[i]])) : values
  }
  return typeof value === 'bigint' ? value.toString() : value
}
