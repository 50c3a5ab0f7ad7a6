/** A claim against who is late is an own input like any other, made by the node when the contract would take it. */
import { hexToBytes } from '../protocol/bytes.js'
import { ownInput } from '../protocol/input.js'
import { encodeMessage } from '../protocol/wire.js'
import type { Hex } from '../protocol/types.js'
import type { Machine } from '../machine/machine.js'
import type { Coordinator } from './coordinator.js'
import type { ChainPort } from './ports.js'
import type { Lookout } from './situation.js'

/** Makes an own input of the call `data`, a function without arguments, if the contract would take it now and nothing of the own waits. @throws what the chain throws */
export async function claimTimeout (coordinator: Coordinator, lookout: Lookout, chain: ChainPort, data: Hex): Promise<void> {
  const { state: { self, mode, head }, parts: { context, execution: { machine }, sessionKey, clock } } = coordinator
  if (self === undefined || lookout.input !== undefined || machine === undefined || mode === 'watching' || mode === 'closing') return
  if (head?.kind !== 'breakpoint' || !lookout.follows()) return
  const chainSec = await chain.nextTime()
  const localSec = BigInt(Math.floor(clock.nowMs() / 1000))
  // Without a dispute the others may still sign it, at a time of this node's own clock.
  const isOpen = coordinator.view.phase === 'dispute'
  if (!await wouldSucceed(coordinator, lookout, machine, data, isOpen || localSec > chainSec ? chainSec : localSec)) return
  await coordinator.exclusive(async () => {
    if (lookout.input !== undefined || coordinator.state.head?.hash !== head.hash) return
    const fields = { nonce: machine.nonceOf(self), gasLimit: context.terms.gasLimit, to: machine.contract, valueWei: 0n, data: hexToBytes(data) }
    const input = ownInput(fields, sessionKey, self, context)
    const hintSec = coordinator.floorTime(localSec)
    const message = encodeMessage({ kind: 'input', attempt: 0, thread: coordinator.thread, timestampHintSec: hintSec, input })
    coordinator.parts.log('info', 'thread.timeout-claim', { thread: coordinator.thread, input: input.id, reason: 'the contract says that another player is late' })
    await coordinator.submit(input, message, hintSec)
  })
}

async function wouldSucceed ({ state: { self }, parts: { context } }: Coordinator, lookout: Lookout, machine: Machine, data: Hex, atSec: bigint): Promise<boolean> {
  const from = context.terms.players[self ?? -1]
  const environment = lookout.environment(atSec)
  if (from === undefined || environment === undefined) return false
  return (await machine.call({ from, to: machine.contract, data: hexToBytes(data) }, environment)).success
}
