/**
 * A routine without end, for a process that can be killed at any time: player 1 sends and signs whatever there is, player 0 is the node with its store in a folder.
 * Arguments: the folder, and the nonce to come to. Each nonce that is durable is a line on the output.
 */
import { pathToFileURL } from 'node:url'
import { openLevelStore } from '../../src/store/level.js'
import type { StorePort } from '../../src/thread/ports.js'
import { PLAYERS } from '../machine/thread.js'
import { ASK, BREAK, ONE_MOVER, program, routineThread, SETTLES } from '../machine/routines.js'
import { Victim } from './victim.js'

/** Counts in memory at 0 how often it was called, and asks player 1 for more. What waits has some 8 KB. */
export const ENDLESS = routineThread(program(`${SETTLES} 0x1 0x1fe0 MSTORE :loop 0x0 MLOAD 0x1 ADD 0x0 MSTORE ${PLAYERS[1]} ${ONE_MOVER} ${BREAK} ${ASK} @loop JUMP`))

/** Plays on from what the store holds, one input a breakpoint. */
export async function playTo (store: StorePort, nonce: bigint, told: (nonce: bigint) => void): Promise<void> {
  const victim = await Victim.open(ENDLESS, store)
  await victim.ackOpen()
  for (;;) {
    const { state: { head }, parts: { execution: { machine } } } = victim.coordinator
    if (head === undefined || machine === undefined) throw new Error('nothing is signed')
    told(head.slot.nonce)
    if (head.slot.nonce >= nonce) return
    await victim.hear(victim.input(ENDLESS.input(1, { nonce: machine.nonceOf(1), to: machine.contract })))
    await victim.ackOpen()
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const [folder = '', nonce = '0'] = process.argv.slice(2)
  const store = await openLevelStore(folder)
  await playTo(store, BigInt(nonce), at => { process.stdout.write(`${at}\n`) })
  await store.close()
}
