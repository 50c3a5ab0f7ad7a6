/** Brings a thread's head to what the court's moves make of it (see `moves.ts`), and back when they go. */
import { slotText } from '../protocol/slot.js'
import type { BreakpointBody } from './body.js'
import type { Coordinator } from './coordinator.js'
import { executeMoves, movesFrom, type Followed, type Ground } from './moves.js'

/** Brings the head to what the court's moves make of it; once a dispute is resumed from, they are there for good. Only under the thread's lock. */
export async function followMoves (coordinator: Coordinator): Promise<void> {
  const { moves, view, parts: { context, execution } } = coordinator
  const ground = moves.ground ?? groundOf(coordinator)
  if (ground === undefined || ground.content.kind === 'close') return
  const standing = movesFrom(ground.content.hash, view.moves)
  if (moves.followed.some(({ body }, index) => body.content.hash !== standing[index]?.hash)) await goBack(coordinator, ground)
  if (standing.length > moves.followed.length && standing[moves.followed.length]?.hash !== moves.failed) {
    const tip = moves.followed.at(-1)?.body.content.hash ?? ground.content.hash
    const { followed, problem, failed } = await executeMoves(execution, tip, view, context)
    moves.failed = failed
    if (problem !== undefined) {
      // SAFETY: the court's state is not known here, so nothing is signed or forced on it: the head stays another than what is recorded.
      coordinator.warn('MOVE_UNREPRODUCED', `a move that the court has recorded is not understood here: ${problem.message}`, { code: problem.code, move: failed })
    }
    if (followed.length > 0) await goOn(coordinator, ground, followed)
  }
  if (moves.followed.length > 0 && view.dispute === undefined) confirm(coordinator)
}

function groundOf (coordinator: Coordinator): Ground | undefined {
  const { head } = coordinator.state
  return head === undefined ? undefined : { content: head, timestampSec: coordinator.headTimeSec }
}

async function goOn (coordinator: Coordinator, ground: Ground, followed: readonly Followed[]): Promise<void> {
  const { moves, parts } = coordinator
  moves.ground = ground
  moves.followed = [...moves.followed, ...followed]
  coordinator.calm('MOVE_UNREPRODUCED')
  for (const { body, executed } of followed) {
    // The own input stays on disk: the move can go again.
    for (const input of body.inputs) parts.pool.remove(input)
    parts.log('info', 'thread.moved', { thread: coordinator.thread, slot: slotText(body.content.slot), player: body.content.proposer, hash: body.content.hash })
    coordinator.tell({
      type: 'breakpoint', breakpoint: body.breakpoint, hash: body.content.hash, signatures: [], inputs: body.inputs, receipts: executed.receipts, elapsedMs: 0, bytes: 0
    })
  }
  parts.pool.prune(player => parts.execution.nonceOf(player))
  await headIs(coordinator, moves.followed.at(-1)?.body)
}

async function goBack (coordinator: Coordinator, ground: Ground): Promise<void> {
  const { moves, parts: { execution, pool, log } } = coordinator
  const gone = moves.followed
  execution.back()
  moves.followed = []
  moves.ground = undefined
  for (const { body } of gone) for (const input of body.inputs) pool.add(input, execution.nonceOf(input.player))
  log('warn', 'thread.moves-gone', { thread: coordinator.thread, moves: gone.map(({ body }) => body.content.hash) })
  coordinator.keepSigned()
  coordinator.headTimeSec = ground.timestampSec
  await coordinator.apply({ type: 'moved', head: ground.content })
}

async function headIs (coordinator: Coordinator, body: BreakpointBody | undefined): Promise<void> {
  if (body === undefined) return
  coordinator.keepSigned()
  coordinator.headTimeSec = body.breakpoint.timestampSec
  await coordinator.apply({ type: 'moved', head: body.content })
}

/** The players have gone on from these moves: they are part of the thread like any breakpoint. */
function confirm (coordinator: Coordinator): void {
  const { moves, parts: { records, execution, self } } = coordinator
  for (const { body, executed } of moves.followed) {
    coordinator.write(
      ...records.putCertificate({ breakpoint: body.breakpoint, signatures: [], inputs: [...body.inputs] }, body.content.hash, body.inputs, executed.receipts),
      ...records.putExecuted(executed)
    )
    for (const input of body.inputs) if (input.player === self) coordinator.write(records.deleteOwnInput(input.tx.nonce))
  }
  execution.stay()
  moves.ground = undefined
  moves.followed = []
}
