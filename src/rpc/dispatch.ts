/**
 * JSON-RPC 2.0: from the text of one message to the text of its answer. Knows nothing of sockets.
 * @see https://www.jsonrpc.org/specification
 */
import type { z } from 'zod'
import { ThreadsError } from '../errors.js'
import { METHODS, type MethodName, type MethodSpec } from './api.js'

/** The numbers that JSON-RPC reserves, and -32000 for this project's errors (`data.code` says which). */
export const RPC_ERRORS = { parse: -32_700, invalidRequest: -32_600, methodNotFound: -32_601, invalidParams: -32_602, internal: -32_603, threads: -32_000 } as const

/** An error object of JSON-RPC; `data.code` is always a stable code of this project. */
export type RpcErrorObject = { readonly code: number, readonly message: string, readonly data: Readonly<Record<string, unknown>> & { readonly code: string } }
/** The id of a request. */
export type RpcId = string | number | null
type RpcResponse = { readonly jsonrpc: '2.0', readonly id: RpcId } & ({ readonly result: unknown } | { readonly error: RpcErrorObject })

/** Runs one checked method. The params are those of the method's schema. */
export type Invoke = (method: MethodName, params: unknown) => Promise<unknown>

/** What the dispatcher needs to answer a message. */
export type DispatchOptions = {
  readonly invoke: Invoke
  /** The most requests of one batch. */
  readonly maxBatch: number
  /** Told of errors that are this program's own fault; the caller gets only that there was one. */
  readonly onInternalError: (method: string, error: unknown) => void
}

/** Answers one message; undefined when it held only notifications. Never rejects. */
export async function dispatch (text: string, options: DispatchOptions): Promise<string | undefined> {
  let message: unknown
  try {
    message = JSON.parse(text)
  } catch {
    return encode(failure(null, RPC_ERRORS.parse, 'RPC_PARSE_ERROR', 'the message is not JSON'))
  }
  if (!Array.isArray(message)) {
    const response = await answer(message, options)
    return response === undefined ? undefined : encode(response)
  }
  if (message.length === 0) return encode(failure(null, RPC_ERRORS.invalidRequest, 'RPC_INVALID_REQUEST', 'an empty batch'))
  if (message.length > options.maxBatch) {
    return encode(failure(null, RPC_ERRORS.invalidRequest, 'RPC_BATCH_TOO_LARGE', `a batch has at most ${options.maxBatch} requests`, { max: options.maxBatch }))
  }
  const responses = (await Promise.all(message.map((request) => answer(request, options)))).filter((response) => response !== undefined)
  return responses.length === 0 ? undefined : `[${responses.map(encode).join(',')}]`
}

async function answer (request: unknown, options: DispatchOptions): Promise<RpcResponse | undefined> {
  if (!isObject(request)) return failure(null, RPC_ERRORS.invalidRequest, 'RPC_INVALID_REQUEST', 'a request is an object')
  const id = request['id']
  if (id !== undefined && id !== null && typeof id !== 'string' && typeof id !== 'number') {
    return failure(null, RPC_ERRORS.invalidRequest, 'RPC_INVALID_REQUEST', 'id must be a string, a number or null')
  }
  const method = request['method']
  if (request['jsonrpc'] !== '2.0' || typeof method !== 'string') {
    return failure(id ?? null, RPC_ERRORS.invalidRequest, 'RPC_INVALID_REQUEST', 'jsonrpc must be "2.0" and method a string')
  }
  const response = await call(id ?? null, method, request['params'], options)
  // A request without an id is a notification: it is carried out and never answered.
  return id === undefined ? undefined : response
}

async function call (id: RpcId, method: string, rawParams: unknown, options: DispatchOptions): Promise<RpcResponse> {
  if (!isMethod(method)) {
    return failure(id, RPC_ERRORS.methodNotFound, 'RPC_METHOD_NOT_FOUND', `no method ${method.slice(0, 100)}; rpc.discover lists them`)
  }
  const spec: MethodSpec = METHODS[method]
  const params = byName(rawParams)
  if (params === undefined) {
    return failure(id, RPC_ERRORS.invalidParams, 'RPC_BAD_PARAMS', 'params are given by name: an object, or an array with that one object')
  }
  const checked = spec.params.safeParse(params)
  if (!checked.success) {
    const issues = checked.error.issues.slice(0, 10).map(describeIssue)
    const words = issues.map(({ path, message }) => path === '' ? message : `${path}: ${message}`).join('; ')
    return failure(id, RPC_ERRORS.invalidParams, 'RPC_BAD_PARAMS', words, { issues })
  }
  try {
    return { jsonrpc: '2.0', id, result: await options.invoke(method, checked.data) ?? {} }
  } catch (error) {
    if (error instanceof ThreadsError) {
      return failure(id, RPC_ERRORS.threads, error.code, error.message, error.data)
    }
    options.onInternalError(method, error)
    return failure(id, RPC_ERRORS.internal, 'RPC_INTERNAL', 'an error of the node itself; its log says more')
  }
}

/** `players[1].deposit` and what is wrong there. */
function describeIssue (issue: z.core.$ZodIssue): { path: string, message: string } {
  const path = issue.path.map((key) => typeof key === 'number' ? `[${key}]` : `.${String(key)}`).join('').replace(/^\./, '')
  return { path, message: issue.message }
}

/** Absent, an object, or an array with that one object (what Ethereum clients send). */
function byName (params: unknown): unknown {
  if (params === undefined || params === null) return {}
  const inner: unknown = Array.isArray(params) ? (params.length === 0 ? {} : params.length === 1 ? params[0] : undefined) : params
  return isObject(inner) ? inner : undefined
}

function failure (id: RpcId, code: number, threadsCode: string, message: string, data: Readonly<Record<string, unknown>> = {}): RpcResponse {
  return { jsonrpc: '2.0', id, error: { code, message, data: { ...data, code: threadsCode } } }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value)
const isMethod = (name: string): name is MethodName => Object.hasOwn(METHODS, name)

/** A bigint that slipped into a result becomes a decimal string, as all amounts are. */
export function encode (value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => typeof item === 'bigint' ? item.toString() : item)
}
