/**
 * Moves that the court has recorded without everybody's signature (§9). Every node executes them on what it holds, and goes on from there. While the dispute is open
 * they can go again (evidence, a refutation, a reorganisation of the chain): so they are not on disk but as the chain's events, and the state before them is kept.
 */
import { decodeInput, inputsRoot, type InputContext } from '../protocol/input.js'
import type { Hash32 } from '../protocol/types.js'
import { ThreadsError } from '../errors.js'
import type { Content } from './agreement.js'
import { breakpointBody, type BreakpointBody } from './body.js'
import type { ChainView, RecordedMove } from './chain-view.js'
import type { Executed, Execution } from './execution.js'

/** A move that is part of the head. */
export type Followed = { readonly body: BreakpointBody, readonly executed: Executed }

/** What moves stand on: the last content that all have signed, and its time. */
export type Ground = { readonly content: Content, readonly timestampSec: bigint }

/** The moves that a node has followed, and what it comes back to when they go. */
export class Moves {
  /** Undefined while nothing is followed: then it is the head itself. */
  ground: Ground | undefined
  followed: readonly Followed[] = []
  /** A move that gave another state here than the court's; it is not executed again. */
  failed: Hash32 | undefined

  /** The followed move that included an input, if any. */
  withInput (id: Hash32): Followed | undefined {
    return this.followed.find(({ body }) => body.inputs.some(input => input.id === id))
  }
}

/** The moves that stand one upon the other from `tip` on. */
export function movesFrom (tip: Hash32, moves: readonly RecordedMove[]): RecordedMove[] {
  const line: RecordedMove[] = []
  for (const move of moves) if (move.breakpoint.parent === (line.at(-1)?.hash ?? tip)) line.push(move)
  return line
}

/** A move as what stands behind its breakpoint's hash. @throws `MOVE_UNREPRODUCED` when the breakpoint does not commit to its input; what `decodeInput` throws */
export function bodyOfMove ({ breakpoint, input, player }: RecordedMove, context: InputContext): BreakpointBody {
  const inputs = [decodeInput(input, context)]
  if (inputsRoot(inputs) !== breakpoint.inputsRoot) throw unreproduced(breakpoint.nonce, 'its breakpoint commits to another input')
  return breakpointBody(breakpoint, inputs, player, context.terms.players.length)
}

/** Executes one move on the state that `execution` holds. @throws `MOVE_UNREPRODUCED`, and what executing throws */
export async function executeMove (execution: Execution, move: RecordedMove, context: InputContext): Promise<Followed> {
  const body = bodyOfMove(move, context)
  const executed = await execution.execute({ ...body.breakpoint, inputs: body.inputs, isForced: true })
  if (executed.skipped.length > 0) throw unreproduced(move.breakpoint.nonce, 'its input cannot be included here')
  if (executed.root !== move.breakpoint.stateRoot) throw unreproduced(move.breakpoint.nonce, `executing it here gives the root ${executed.root}`)
  return { body, executed }
}

/** Executes and commits what stands on `tip`, until one cannot be reproduced. */
export async function executeMoves (execution: Execution, tip: Hash32, view: ChainView, context: InputContext): Promise<{ followed: Followed[], problem: ThreadsError | undefined, failed: Hash32 | undefined }> {
  const followed: Followed[] = []
  for (const move of movesFrom(tip, view.moves)) {
    const isFirst = execution.branch()
    try {
      const done = await executeMove(execution, move, context)
      done.executed.commit()
      followed.push(done)
    } catch (problem) {
      // SAFETY: else a later dispute would go back to before what is signed in between.
      if (isFirst) execution.back()
      if (!(problem instanceof ThreadsError)) throw problem
      return { followed, problem, failed: move.hash }
    }
  }
  return { followed, problem: undefined, failed: undefined }
}

function unreproduced (nonce: bigint, why: string): ThreadsError {
  return new ThreadsError('MOVE_UNREPRODUCED', `the move of nonce ${nonce} cannot be reproduced: ${why}`, { data: { nonce: nonce.toString() } })
}
