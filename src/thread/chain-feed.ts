/** What the chain says of a thread, entered durably and given to its agreement. Events may come again after a restart: the second time changes nothing. */
import { verify } from '../protocol/crypto.js'
import { digestOf } from '../protocol/typed-data.js'
import { foldChainEvent, isFolded, isOver, type ChainView } from './chain-view.js'
import type { Coordinator } from './coordinator.js'
import { followMoves } from './following.js'
import type { ChainEvent } from './ports.js'
import { hasSignedOnDisk, signedBefore } from './recovery.js'

/** Enters one confirmed event of this coordinator's thread. */
export async function feedChainEvent (coordinator: Coordinator, event: ChainEvent): Promise<void> {
  await coordinator.exclusive(async () => {
    const isOld = isFolded(coordinator.view, event)
    // The first is folded when the thread is loaded; it is told all the same.
    if (isOld && event.type !== 'opened') return
    const view = isOld ? coordinator.view : foldChainEvent(coordinator.view, event)
    if (view === undefined) return
    coordinator.write(coordinator.parts.records.putChainEvent(event))
    coordinator.setView(view)
    coordinator.tell({ type: 'chain', event, view })
    await react(coordinator, event, view)
  })
}

async function react (coordinator: Coordinator, event: ChainEvent, view: ChainView): Promise<void> {
  if (isOver(view)) return await coordinator.apply({ type: 'watch' })
  switch (event.type) {
    case 'recorded':
      // What all have signed may take the place of moves.
      await followMoves(coordinator)
      return await recordedElsewhere(coordinator, view)
    case 'challenged':
    case 'responded':
    case 'forced':
    case 'refuted':
      coordinator.keepSigned()
      await coordinator.apply({ type: 'dispute', number: event.dispute, recorded: view.recorded?.hash })
      await followMoves(coordinator)
      await recordedElsewhere(coordinator, view)
      // The same dispute is there again after a reorganisation: what was signed in it is sent again, and nothing else.
      if (await hasSignedOnDisk(coordinator)) coordinator.leave()
      return
    case 'claimed':
      // Who answers for it changes nothing in the state; a wrong one is refuted on the clock.
      return
    case 'resumed':
      await followMoves(coordinator)
      return await coordinator.apply({ type: 'resumed', epoch: event.epoch })
    default:
  }
}

/**
 * The court has a breakpoint that is not complete here: this node has signed it, and the last signatures came by way of the chain. It counts: whatever the
 * court records bears every player's signature.
 */
async function recordedElsewhere (coordinator: Coordinator, { recorded }: ChainView): Promise<void> {
  if (recorded?.signatures === undefined || recorded.hash === coordinator.state.head?.hash) return
  const { hash, signatures } = recorded
  const body = coordinator.openBody?.content.hash === hash ? coordinator.openBody : await signedBefore(coordinator, hash)
  if (body?.kind !== 'breakpoint') return
  const { context } = coordinator.parts
  const digest = digestOf(hash, context.domain)
  const valid = context.terms.sessionKeys.every((key, player) => {
    const signature = signatures[player]
    return signature !== undefined && verify(digest, signature, key)
  })
  if (valid && await coordinator.adopt(body, signatures)) await followMoves(coordinator)
}
