/**
 * The receipts of one thread: which there are, and how one is taken to the chain (§10). What the port holds of a receipt is a hash; what it stands for was kept when
 * its input was executed.
 */
import { inputsRoot } from '../protocol/input.js'
import { PORT_ADDRESS, receiptHash, receiptOfLog, receiptSlot, type ThreadReceipt } from '../protocol/port.js'
import { breakpointHash } from '../protocol/typed-data.js'
import type { Breakpoint, Hash32, Signature } from '../protocol/types.js'
import { ThreadsError } from '../errors.js'
import type { Machine } from '../machine/machine.js'
import { isOver, openMoves } from './chain-view.js'
import type { Coordinator } from './coordinator.js'
import type { ChainPort, Redemption } from './ports.js'
import { machineAt } from './recovery.js'
import { lastMoverOf } from './settling.js'

/** A receipt, and whether the court has executed it. */
export type ListedReceipt = ThreadReceipt & { readonly redeemed: boolean }

/** A state that the court takes receipts of; with signatures where it has to be recorded first. */
type Standing = { readonly breakpoint: Breakpoint, readonly machine: Machine, readonly signatures: readonly Signature[] | undefined, /** What the settlement function has added. */ readonly added: readonly ThreadReceipt[] }

/** Receipts from number `from` on, at most `limit`, as the head has them. @throws `STORE_DAMAGED` */
export async function listReceipts (coordinator: Coordinator, from: bigint, limit: number): Promise<ListedReceipt[]> {
  const { execution: { machine } } = coordinator.parts
  const count = machine?.exits.count ?? 0n
  const listed: ListedReceipt[] = []
  for (let index = from; index < count && listed.length < limit; index++) {
    const receipt = machine === undefined ? undefined : await receiptIn(coordinator, machine, index, [])
    if (receipt !== undefined) listed.push({ ...receipt, redeemed: coordinator.view.redeemed.includes(index) })
  }
  return listed
}

/**
 * What takes a receipt to the court now. While the thread is active that is the head, which is recorded on the way where it is not yet.
 * @throws `RECEIPT_UNKNOWN`, `RECEIPT_REDEEMED`, `RECEIPT_WAITS`, `THREAD_NOT_STARTED`, `THREAD_BEHIND`
 */
export async function redemptionOf (coordinator: Coordinator, chain: ChainPort, index: bigint): Promise<Redemption> {
  const { thread, view } = coordinator
  if (view.redeemed.includes(index)) throw new ThreadsError('RECEIPT_REDEEMED', `the court has executed receipt ${index} of the thread`, { data: { thread, index: index.toString() } })
  const { breakpoint, machine, signatures, added } = await standingState(coordinator, chain)
  const receipt = await receiptIn(coordinator, machine, index, added)
  if (receipt === undefined) throw new ThreadsError('RECEIPT_UNKNOWN', `the state that the court takes receipts of has no receipt ${index}`, { data: { thread, index: index.toString() } })
  return { breakpoint, signatures, receipt, siblings: machine.proveSlot(PORT_ADDRESS, receiptSlot(index)).siblings }
}

async function standingState (coordinator: Coordinator, chain: ChainPort): Promise<Standing> {
  const { view, state, thread, parts: { execution, records } } = coordinator
  if (view.phase === 'settled') return await settledState(coordinator, chain)
  const wait = (why: string): ThreadsError => new ThreadsError('RECEIPT_WAITS', why, { data: { thread, phase: view.phase } })
  if (openMoves(view).length > 0 && !isOver(view)) throw wait('a forced move stands, which nobody has signed: receipts wait until the dispute is over')
  const plain = { signatures: undefined, added: [] }
  if (view.phase === 'dispute') {
    if (view.recorded === undefined) throw wait('nothing is recorded at the court: receipts wait until the dispute is over')
    return { ...plain, breakpoint: view.recorded.breakpoint, machine: await machineAt(coordinator, view.recorded.hash, chain) }
  }
  const last = coordinator.moves.followed.at(-1)?.body.breakpoint
  const head = await records.head()
  const certificate = head === undefined ? undefined : await records.certificate(head.slot)
  const breakpoint = last ?? certificate?.breakpoint
  const { machine } = execution
  if (breakpoint === undefined || machine === undefined) throw new ThreadsError('THREAD_NOT_STARTED', 'nothing is co-signed yet', { data: { thread } })
  // After a Close the court knows its parent, which is the last state that this node has executed.
  if (view.phase === 'closed' || view.recorded?.hash === breakpointHash(breakpoint)) return { ...plain, breakpoint, machine }
  if (state.head?.hash !== breakpointHash(breakpoint) || certificate === undefined) throw wait('the end of the thread is signed: receipts wait until the court has it')
  return { breakpoint, machine, signatures: certificate.signatures, added: [] }
}

/** What was settled: what is recorded, or what the settlement function has made of it. */
async function settledState (coordinator: Coordinator, chain: ChainPort): Promise<Standing> {
  const { view, thread, parts: { context: { terms } } } = coordinator
  const recorded = view.recorded
  if (recorded === undefined) throw new ThreadsError('THREAD_NOT_STARTED', 'nothing was ever recorded', { data: { thread } })
  const machine = await machineAt(coordinator, recorded.hash, chain)
  const standing = await chain.recordedHash(thread)
  if (standing === recorded.hash) return { breakpoint: recorded.breakpoint, machine, signatures: undefined, added: [] }
  const { epoch, nonce, timestampSec } = recorded.breakpoint
  const isForced = openMoves(view).length > 0
  const settledSec = isForced ? timestampSec + terms.windowSec : view.endedSec
  if (settledSec === undefined) throw new ThreadsError('THREAD_BEHIND', 'the dispute that was settled is not known here', { data: { thread } })
  const message = machine.settlement(await lastMoverOf(coordinator, recorded.hash, recorded.breakpoint))
  const { machine: after, outcome } = await machine.after(message, { nonce: nonce + 1n, parent: recorded.hash, timestampSec: settledSec })
  const breakpoint: Breakpoint = { thread, epoch, nonce: nonce + 1n, parent: recorded.hash, stateRoot: after.root, inputsRoot: inputsRoot([]), timestampSec: settledSec }
  if (breakpointHash(breakpoint) !== standing) throw new ThreadsError('THREAD_BEHIND', 'the court has settled another state than this node knows', { data: { thread, standing: standing ?? null } })
  return { breakpoint, machine: after, signatures: undefined, added: outcome.logs.flatMap(log => receiptOfLog(log) ?? []) }
}

/** A receipt that the state of `machine` has; undefined: there is none of this number. */
async function receiptIn ({ moves, parts: { records } }: Coordinator, machine: Machine, index: bigint, added: readonly ThreadReceipt[]): Promise<ThreadReceipt | undefined> {
  const hash = machine.storageAt(PORT_ADDRESS, receiptSlot(index))
  // Moves that were dropped may have left others of this number.
  const told = [...added, ...moves.followed.flatMap(({ executed }) => executed.exits)].filter(receipt => receipt.index === index)
  return [...told, await records.exit(index)].find(receipt => receipt !== undefined && isThis(receipt, hash))
}

function isThis (receipt: ThreadReceipt, hash: Hash32): boolean {
  return receiptHash(receipt) === hash
}
