/** What a thread tells of itself. When an event is told, all that it speaks of is durable. */
import type { Breakpoint, Close, Hash32, Input, Signature, Slot, ThreadId } from '../protocol/types.js'
import type { InputReceipt } from '../machine/machine.js'
import type { ChainView } from './chain-view.js'
import type { ChainEvent } from './ports.js'
import type { Evidence } from './records.js'

/** One event of one thread. */
export type ThreadEvent = { readonly thread: ThreadId, readonly timeMs: number } & (
  | { readonly type: 'input', readonly input: Input }
  | { readonly type: 'proposal', readonly kind: 'breakpoint' | 'close', readonly slot: Slot, readonly hash: Hash32, readonly proposer: number, readonly inputs: readonly Hash32[], readonly bytes: number }
  | { readonly type: 'ack', readonly slot: Slot, readonly hash: Hash32, readonly signer: number, readonly signed: readonly number[], readonly of: number }
  | { readonly type: 'breakpoint', readonly breakpoint: Breakpoint, readonly hash: Hash32, readonly signatures: readonly Signature[], readonly inputs: readonly Input[], readonly receipts: readonly InputReceipt[], readonly elapsedMs: number, readonly bytes: number }
  | { readonly type: 'close', readonly close: Close, readonly signatures: readonly Signature[] }
  /** An input that can never be included was dropped from the queue. */
  | { readonly type: 'dropped', readonly input: Input, readonly code: string, readonly message: string }
  | { readonly type: 'chain', readonly event: ChainEvent, readonly view: ChainView }
  | { readonly type: 'warning', readonly code: string, readonly message: string, readonly data: Readonly<Record<string, unknown>> }
  | { readonly type: 'evidence', readonly evidence: Evidence }
)
/** An event before the coordinator has put the thread and the time on it. */
export type ThreadNotice = ThreadEvent extends infer E ? E extends ThreadEvent ? Omit<E, 'thread' | 'timeMs'> : never : never
