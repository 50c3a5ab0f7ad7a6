/** `thread_send`, `thread_sendRaw`, `thread_call`. */
import { addressOf } from '../../protocol/crypto.js'
import { hexToBytes, bytesToHex, ZERO_ADDRESS } from '../../protocol/bytes.js'
import { bindInput, decodeInput, ownInput } from '../../protocol/input.js'
import type { Hash32, Input } from '../../protocol/types.js'
import { encodeMessage } from '../../protocol/wire.js'
import { ThreadsError } from '../../errors.js'
import type { NodeHost } from '../host.js'
import { openSlot } from '../../thread/agreement.js'
import type { Coordinator } from '../../thread/coordinator.js'
import type { NodeApi, Result } from '../api.js'
import { decodeReturn, encodeCalldata } from '../calldata.js'
import { findReceipt } from './threads.js'

type Methods = 'thread_send' | 'thread_sendRaw' | 'thread_call'
type Waiting = { readonly wait: 'sent' | 'final', readonly timeoutSec: number }

/** @see NodeApi */
export function inputMethods (node: NodeHost): Pick<NodeApi, Methods> {
  return {
    thread_send: async (params, options) => {
      const { coordinator } = node.thread(params.thread)
      const machine = present(coordinator)
      const { context } = coordinator.parts
      const player = self(coordinator)
      const data = hexToBytes(encodeCalldata(params))
      const input = await send(node, coordinator, () => {
        const nonce = coordinator.parts.pool.nextNonce(player, machine.nonceOf(player))
        return ownInput({
          nonce, gasLimit: BigInt(params.gasLimit ?? Number(context.terms.gasLimit)), to: params.to ?? machine.contract, valueWei: BigInt(params.value), data
        }, node.options.key, player, context)
      })
      return await answer(node, coordinator, input, params, options?.signal)
    },
    thread_sendRaw: async (params, options) => {
      const { coordinator } = node.thread(params.thread)
      present(coordinator)
      self(coordinator)
      const input = await send(node, coordinator, () => decodeInput(bindInput(hexToBytes(params.raw), node.options.key, coordinator.parts.context), coordinator.parts.context))
      return await answer(node, coordinator, input, params, options?.signal)
    },
    thread_call: async params => {
      const { coordinator } = node.thread(params.thread)
      const machine = present(coordinator)
      const head = coordinator.state.head
      const player = coordinator.parts.self
      const from = params.from ?? (player === undefined ? ZERO_ADDRESS : coordinator.parts.context.terms.players[player] ?? ZERO_ADDRESS)
      const time = coordinator.floorTime(BigInt(Math.floor(node.clock.nowMs() / 1000)))
      const outcome = await machine.call(
        { from, to: params.to ?? machine.contract, data: hexToBytes(encodeCalldata(params)) },
        { nonce: openSlot(coordinator.state).nonce, timestampSec: time, parent: head?.hash ?? ('0x' as Hash32) }
      )
      const returnData = bytesToHex(outcome.returnData)
      if (!outcome.success) throw new ThreadsError('CALL_REVERTED', `the call reverted: ${outcome.reason ?? 'without a reason'}`, { data: { reason: outcome.reason ?? null, returnData } })
      const decoded = params.signature === undefined ? undefined : decodeReturn(params.signature, returnData)
      return decoded === undefined ? { returnData } : { returnData, decoded }
    }
  }
}

function present (coordinator: Coordinator): NonNullable<Coordinator['parts']['execution']['machine']> {
  const { machine } = coordinator.parts.execution
  if (machine === undefined) throw new ThreadsError('THREAD_NOT_STARTED', 'the thread has no state yet: not everybody has joined, or not everybody has signed its first slot', { data: { thread: coordinator.thread, phase: coordinator.view.phase } })
  return machine
}

function self (coordinator: Coordinator): number {
  const { self } = coordinator.parts
  if (self === undefined) throw new ThreadsError('THREAD_NOT_A_PLAYER', 'this node is no player of the thread', { data: { thread: coordinator.thread } })
  const { view, state } = coordinator
  if (view.phase !== 'active' && view.phase !== 'dispute') throw new ThreadsError('THREAD_OVER', `the thread is ${view.phase}`, { data: { thread: coordinator.thread, phase: view.phase } })
  if (state.mode === 'watching') throw new ThreadsError('THREAD_WATCHING', 'this node only watches the thread; see its status for the reason', { data: { thread: coordinator.thread } })
  if (state.mode === 'closing') throw new ThreadsError('THREAD_OVER', 'everybody has signed the end of the thread', { data: { thread: coordinator.thread } })
  return self
}

/** Signs under the thread's lock, so that two sends at once get two nonces. */
async function send (node: NodeHost, coordinator: Coordinator, make: () => Input): Promise<Input> {
  return await coordinator.exclusive(async () => {
    const input = make()
    if (input.player !== coordinator.parts.self) {
      throw new ThreadsError('INPUT_NOT_OURS', 'the transaction is not signed by this player\'s wallet or session key', { data: { player: input.player, sessionKey: addressOf(node.options.key) } })
    }
    const hintSec = coordinator.floorTime(BigInt(Math.floor(node.clock.nowMs() / 1000)))
    const message = encodeMessage({ kind: 'input', attempt: 0, thread: coordinator.thread, timestampHintSec: hintSec, input })
    await coordinator.submit(input, message, hintSec)
    return input
  })
}

async function answer (node: NodeHost, coordinator: Coordinator, input: Input, waiting: Waiting, signal: AbortSignal | undefined): Promise<Result<'thread_send'>> {
  const sent = { thread: coordinator.thread, input: input.id, player: input.player, nonce: Number(input.tx.nonce) }
  const why = coordinator.whyDropped(input.id)
  if (why !== undefined) throw dropped(input, why)
  if (waiting.wait === 'sent') return { ...sent, final: false }
  await untilFinal(node, coordinator, input, waiting.timeoutSec, signal)
  const receipt = await findReceipt(node.thread(coordinator.thread).coordinator, input.id)
  if (receipt === undefined) return { ...sent, final: false }
  const { slot, success, reason, gasUsed, returnData, contractAddress, logs } = receipt
  return { ...sent, final: true, slot, success, reason, gasUsed, returnData, contractAddress, logs }
}

function dropped (input: Input, { code, message }: { readonly code: string, readonly message: string }): ThreadsError {
  return new ThreadsError('INPUT_DROPPED', `the input cannot be included: ${message}`, { data: { input: input.id, code } })
}

/** Waits until an input is final. @throws `INPUT_DROPPED`, `THREAD_OVER`; `INPUT_TIMEOUT` (it stays in the queue). */
async function untilFinal (node: NodeHost, coordinator: Coordinator, input: Input, timeoutSec: number, signal: AbortSignal | undefined): Promise<void> {
  const { thread } = coordinator
  const done = Promise.withResolvers<void>()
  // It may fail before anybody waits for it, below: a caller who leaves at once must not end the node.
  done.promise.catch(() => undefined)
  const stop = node.subscribe(event => {
    if (event.thread !== thread) return
    if (event.type === 'breakpoint' && event.inputs.some(({ id }) => id === input.id)) done.resolve()
    else if (event.type === 'dropped' && event.input.id === input.id) done.reject(dropped(input, event))
    else if (event.type === 'chain' && (event.view.phase === 'closed' || event.view.phase === 'settled')) done.reject(new ThreadsError('THREAD_OVER', `the thread is ${event.view.phase}`, { data: { thread } }))
  })
  const timer = setTimeout(() => {
    const missing = node.threads.get(thread)?.duties.missing() ?? []
    done.reject(new ThreadsError('INPUT_TIMEOUT', `the input is sent, but not final after ${timeoutSec} s; it waits for player ${missing.join(', ')}`, { data: { input: input.id, missing } }))
  }, timeoutSec * 1000)
  const abort = (): void => { done.reject(new ThreadsError('RPC_ABORTED', 'the caller has gone', { data: { input: input.id } })) }
  signal?.addEventListener('abort', abort, { once: true })
  if (signal?.aborted === true) abort()
  try {
    // It may have become final before we began to listen.
    if (await coordinator.parts.records.place(input.id) === undefined) await done.promise
    else done.resolve()
  } finally {
    stop()
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
