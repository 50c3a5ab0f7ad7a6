// time limit: 180 s
/** What a long routine leaves on disk: of its machines only the one that waits, whenever the process was killed; and every earlier state can be had again. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Slot } from '../../src/protocol/types.js'
import { openLevelStore } from '../../src/store/level.js'
import type { StorePort } from '../../src/thread/ports.js'
import { machineAt } from '../../src/thread/recovery.js'
import { temporaryFolder } from '../support/temporary.js'
import { ENDLESS } from './endless.js'
import { Victim } from './victim.js'

const test = suite<{ folder: string, cleanup: () => Promise<void> }>('thread/endless')
test.before(async world => {
  const { path, cleanup } = await temporaryFolder('endless')
  Object.assign(world, { folder: path, cleanup })
})
test.after(async ({ cleanup }) => { await cleanup() })
const STATE = `t/${ENDLESS.context.thread}/w/`
const LAST = 300n
/** The contract, the port, and the machine that waits. */
const CODES = 3

/** Plays in a process of its own, which is killed with -9 when it has come to `killedAt`, in the middle of the next breakpoint or not. */
async function play (folder: string, killedAt?: bigint): Promise<void> {
  const child = spawn(process.execPath, [fileURLToPath(new URL('./endless.js', import.meta.url)), folder, String(LAST)], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exit = once(child, 'exit')
  for await (const line of createInterface({ input: child.stdout })) if (killedAt !== undefined && BigInt(line) >= killedAt) child.kill('SIGKILL')
  const [code, signal] = await exit as [number | null, string | null]
  assert.equal([code, signal], killedAt === undefined ? [0, null] : [null, 'SIGKILL'])
}

/** What the store holds of the state: how many codes, and how many bytes in all. */
async function stateOn (store: StorePort): Promise<{ codes: number, bytes: number }> {
  let [codes, bytes] = [0, 0]
  for await (const [key, value] of store.iterate(STATE)) {
    if (key.startsWith(`${STATE}c/`)) codes++
    bytes += key.length + value.length
  }
  return { codes, bytes }
}

/** Loads the thread; what went wrong is told. */
async function load (store: StorePort): Promise<{ victim: Victim, said: string[] }> {
  const said: string[] = []
  const victim = await Victim.open(ENDLESS, store, (level, event) => { if (level === 'error' || event === 'thread.replayed') said.push(event) })
  return { victim, said }
}

test('after 300 breakpoints, killed with -9 four times, one machine is on disk, the state loads as it is, and past ones are executed again', async ({ folder }) => {
  let first: { codes: number, bytes: number } | undefined
  for (const killedAt of [3n, 40n, 111n, 222n]) {
    await play(folder, killedAt)
    const store = await openLevelStore(folder)
    const { victim, said } = await load(store)
    const held = await stateOn(store)
    first ??= held
    assert.equal([said, held], [[], { codes: CODES, bytes: first.bytes }], `killed at ${killedAt}`)
    assert.ok((victim.coordinator.state.head?.slot.nonce ?? 0n) >= killedAt)
    await store.close()
  }
  await play(folder)
  const store = await openLevelStore(folder)
  const { victim, victim: { coordinator, coordinator: { parts: { records, execution } } }, said } = await load(store)
  assert.equal([said, coordinator.state.head?.slot.nonce, await stateOn(store)], [[], LAST, first])
  assert.equal(execution.machine?.waiting?.movers, [ENDLESS.context.terms.players[1]])

  // What a dispute on the recorded state or a receipt of an old one takes.
  const middle = await at(records, LAST / 2n)
  assert.is((await machineAt(coordinator, breakpointHash(middle), victim.chain)).root, middle.stateRoot)
  // And what is built anew when the disk has lost a part.
  const head = await at(records, LAST)
  await store.batch([{ delete: await firstCode(store) }])
  const again = await load(store)
  assert.equal(again.said, ['thread.state-damaged', 'thread.replayed'])
  assert.equal([again.victim.coordinator.parts.execution.machine?.root, await stateOn(store)], [head.stateRoot, first])
  await store.close()
})

async function at (records: { certificate (slot: Slot): Promise<{ breakpoint: Parameters<typeof breakpointHash>[0] } | undefined> }, nonce: bigint): Promise<Parameters<typeof breakpointHash>[0] & { stateRoot: string }> {
  const certificate = await records.certificate({ epoch: 0n, nonce })
  if (certificate === undefined) throw new Error(`nothing is signed at ${nonce}`)
  return certificate.breakpoint
}

async function firstCode (store: StorePort): Promise<string> {
  for await (const key of store.keys(`${STATE}c/`)) return key
  throw new Error('no code is on disk')
}

test.run()
