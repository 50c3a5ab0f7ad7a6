/** A computation that waits between two pieces (specification §11) goes on by itself: the node that proposes the next slot sends the transaction, as its player's input like any other. */
import { hexToBytes } from '../protocol/bytes.js'
import { ownInput } from '../protocol/input.js'
import type { Hash32, Input } from '../protocol/types.js'
import { encodeMessage } from '../protocol/wire.js'
import { maySign, openProposer } from './agreement.js'
import type { Coordinator } from './coordinator.js'

/** Sends what goes on with the head's computation, where that is this node's to do. Not under the lock. @throws what `Coordinator.submit` throws */
export async function goOn (coordinator: Coordinator): Promise<void> {
  const piece = pieceToDo(coordinator)
  if (piece === undefined || await hasFailed(coordinator, piece)) return
  await coordinator.exclusive(async () => {
    if (pieceToDo(coordinator) !== piece) return
    const { thread, parts: { clock, execution, log } } = coordinator
    const input = inputFor(coordinator, piece, execution.nonceOf(coordinator.state.self ?? 0))
    const hintSec = coordinator.floorTime(BigInt(Math.floor(clock.nowMs() / 1000)))
    log('debug', 'thread.piece', { thread, input: input.id })
    await coordinator.submit(input, encodeMessage({ kind: 'input', attempt: 0, thread, timestampHintSec: hintSec, input }), hintSec)
  })
}

/** Whether that is this node's to do. */
export function isToGoOn (coordinator: Coordinator): boolean { return pieceToDo(coordinator) !== undefined }

/** The machine that waits for this node alone: it proposes, and has nothing else to send. Exactly one node of a thread has one. */
function pieceToDo ({ state, parts: { execution, pool, closing } }: Coordinator): Hash32 | undefined {
  const { self, head } = state
  if (self === undefined || head?.kind !== 'breakpoint' || openProposer(state) !== self || state.proposal !== undefined || !maySign(state)) return undefined
  return pool.of(self).length > 0 || closing.wishes(head.hash) ? undefined : execution.machine?.waiting?.piece
}

/** It says which machine it is for: so it is no answer to a breakpoint, should it come late. */
function inputFor ({ state: { self = 0 }, parts: { context, execution, sessionKey } }: Coordinator, piece: Hash32, nonce: bigint): Input {
  return ownInput({ nonce, gasLimit: context.terms.gasLimit, to: execution.machine?.contract, valueWei: 0n, data: hexToBytes(piece) }, sessionKey, self, context)
}

/** Whether the same was the last that this node sent, and failed: it would again, for ever. */
async function hasFailed (coordinator: Coordinator, piece: Hash32): Promise<boolean> {
  const { state: { self = 0 }, parts: { execution, records } } = coordinator
  const { id } = inputFor(coordinator, piece, execution.nonceOf(self) - 1n)
  const place = await records.place(id)
  const receipts = place === undefined ? undefined : await records.receipts(place.slot)
  return receipts?.find(receipt => receipt.id === id)?.success === false
}
