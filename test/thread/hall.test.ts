/** Threads that are loaded again while somebody needs them: nobody is refused, nothing is done twice, and no two of one thread are at work. */
import '../../src/polyfill.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ThreadsError } from '../../src/errors.js'
import { MemoryStore } from '../../src/store/memory.js'
import { Hall } from '../../src/thread/hall.js'
import type { StorePort, ThreadId } from '../../src/thread/ports.js'
import { Steps } from '../../src/thread/steps.js'
import { rejects } from '../support/rejects.js'

const ID = `0x${'5a'.repeat(32)}` as ThreadId
const test = suite('thread/hall')

/** A thread whose state is one number on disk. */
class Counter extends Steps {
  readonly #store: StorePort
  value = 0

  constructor (store: StorePort) {
    super(ID, { store, network: { publish: async () => {} }, clock: { nowMs: () => 0 }, emit: () => {}, log: () => {} })
    this.#store = store
  }

  async load (): Promise<this> {
    this.value = (await this.#store.get('value'))?.[0] ?? 0
    return this
  }

  /** Adds one. */
  async count (): Promise<number> {
    return await this.exclusive(async () => {
      this.value++
      this.write({ put: 'value', value: Uint8Array.of(this.value) })
      return this.value
    })
  }

  /** The disk is to hold another number: like a turn of the chain. */
  async turn (value: number): Promise<void> {
    await this.exclusive(async () => {
      this.write({ put: 'value', value: Uint8Array.of(value) })
      this.leave()
    })
  }

  protected override hasWork (): boolean { return false }
  protected override async work (): Promise<void> {}
}

type World = { store: StorePort, hall: Hall<{ coordinator: Counter }, number>, loads: () => number, gate: { open: Promise<void> }, full: { is: boolean }, written: { after: Promise<void> }, now: { ms: number }, told: unknown[] }

async function world (): Promise<World> {
  const memory = new MemoryStore()
  const full = { is: false }
  const written = { after: Promise.resolve() }
  const gate = { open: Promise.resolve() }
  const now = { ms: 0 }
  const told: unknown[] = []
  let loads = 0
  const store: StorePort = {
    get: async key => await memory.get(key), iterate: (prefix, options) => memory.iterate(prefix, options), keys: prefix => memory.keys(prefix), close: async () => { await memory.close() },
    batch: async (operations, options) => {
      if (full.is) throw new ThreadsError('STORE_FAILED', 'no space left')
      await written.after
      await memory.batch(operations, options)
    }
  }
  const hall = new Hall<{ coordinator: Counter }, number>({
    store: () => store, clock: { nowMs: () => now.ms }, keepLoaded: 0, rest: ({ coordinator }) => coordinator.rest() ? coordinator.value : undefined, gone: () => { told.push('gone') }, reloaded: (_, error) => { told.push(error) },
    load: async () => {
      loads++
      await gate.open
      if (await store.get('gone') !== undefined) throw new ThreadsError('THREAD_UNKNOWN', 'it is not there')
      return { coordinator: await new Counter(store).load() }
    }
  })
  await hall.add(ID)
  return { store, hall, loads: () => loads, gate, full, written, now, told }
}

test('a request that comes while the thread is being loaded again waits, and is done on the new one', async () => {
  const { hall, gate, loads } = await world()
  const old = hall.get(ID)?.coordinator
  const loaded = Promise.withResolvers<void>()
  gate.open = loaded.promise
  await old?.turn(40)
  hall.recover()
  let done = false
  const asked = hall.use(ID, async ({ coordinator }) => await coordinator.count()).then(value => { done = true; return value })
  await new Promise(resolve => setImmediate(resolve))
  assert.is(done, false)
  loaded.resolve()
  assert.is(await asked, 41)
  assert.is(old?.value, 0)
  assert.is(loads(), 2)
})

test('a request that was let in, and whose step comes behind the turn, is done once more on the new thread, and once in all', async () => {
  const { hall, loads } = await world()
  const turned = hall.get(ID)?.coordinator.turn(40)
  const tries: number[] = []
  const value = await hall.use(ID, async ({ coordinator }) => {
    tries.push(coordinator.value)
    return await coordinator.count()
  })
  await turned
  assert.equal([value, tries, loads()], [41, [0, 40], 2])
})

test('what fails in itself is not done again', async () => {
  const { hall } = await world()
  let tries = 0
  await rejects(hall.use(ID, async ({ coordinator }) => {
    tries++
    await coordinator.turn(40)
    throw new ThreadsError('TEST_FAILED', 'for a reason of its own')
  }), 'TEST_FAILED')
  assert.is(tries, 1)
})

test('while the disk is full a thread can be looked at, steps are refused, and it is not loaded in a loop', async () => {
  const { hall, full, loads, now } = await world()
  full.is = true
  await rejects(hall.use(ID, async ({ coordinator }) => await coordinator.count()), 'STORE_FAILED')
  // Memory and disk have parted: it is loaded again, and fails again.
  await rejects(hall.use(ID, async ({ coordinator }) => await coordinator.count()), 'STORE_FAILED')
  assert.is(loads(), 2)
  for (let time = 0; time < 5; time++) {
    await rejects(hall.use(ID, async ({ coordinator }) => await coordinator.count()), 'THREAD_FAULT')
    hall.recover()
  }
  assert.equal([await hall.use(ID, ({ coordinator }) => coordinator.thread), loads()], [ID, 2])
  full.is = false
  now.ms += 1_000
  assert.is(await hall.use(ID, async ({ coordinator }) => await coordinator.count()), 1)
})

test('while the disk is being changed nobody loads the thread from it, and who asks meanwhile gets what comes after', async () => {
  const { hall, store, loads, written } = await world()
  await hall.use(ID, async ({ coordinator }) => await coordinator.count())
  const old = hall.get(ID)?.coordinator
  const release = Promise.withResolvers<void>()
  const changed = hall.change(ID, async () => {
    written.after = release.promise
    return [{ put: 'value', value: Uint8Array.of(7) }]
  })
  for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve))
  assert.is(old?.hasLeft, true)
  const asked = hall.use(ID, async ({ coordinator }) => await coordinator.count())
  hall.recover()
  assert.is(loads(), 1)
  written.after = Promise.resolve()
  release.resolve()
  assert.is(await asked, 8)
  await changed
  assert.equal([(await store.get('value'))?.[0], old?.value, loads()], [8, 1, 2])
})

test('a thread that the disk has no more is unknown from then on, also to who waits for it', async () => {
  const { hall, told } = await world()
  const changed = hall.change(ID, async () => [{ put: 'gone', value: Uint8Array.of(1) }])
  await changed
  await rejects(hall.use(ID, async ({ coordinator }) => await coordinator.count()), 'THREAD_UNKNOWN')
  assert.equal([hall.has(ID), told], [false, ['gone']])
})

test('a thread that rests is loaded for whoever needs it, once for all of them, and rests again; while somebody is at work with it, it stays', async () => {
  const { hall, loads, now } = await world()
  now.ms += 10_000
  hall.rest()
  assert.equal([hall.loaded.length, hall.atRest, hall.size, loads()], [0, [0], 1, 1])
  const counts = await Promise.all([1, 2, 3].map(async () => await hall.use(ID, async ({ coordinator }) => {
    hall.rest(0)
    return await coordinator.count()
  })))
  assert.equal([counts, loads(), hall.loaded.length], [[1, 2, 3], 2, 1])
  hall.rest()
  assert.is(hall.loaded.length, 1, 'it was used just now')
  now.ms += 10_000
  hall.rest()
  assert.equal([hall.loaded.length, hall.atRest], [0, [3]])
})

test('a thread at rest whose disk is changed is loaded anew, and one that cannot be loaded says why until it can', async () => {
  const { hall, full, gate, loads, now, told } = await world()
  hall.rest(0)
  await hall.change(ID, async () => [{ put: 'value', value: Uint8Array.of(7) }])
  assert.equal([loads(), hall.get(ID)?.coordinator.value], [2, 7])
  hall.rest(0)
  gate.open = Promise.reject(new ThreadsError('STORE_FAILED', 'it cannot be read'))
  gate.open.catch(() => undefined)
  for (let time = 0; time < 3; time++) await rejects(hall.use(ID, async ({ coordinator }) => await coordinator.count()), 'STORE_FAILED')
  assert.equal([loads(), told.length, full.is], [3, 1, false])
  gate.open = Promise.resolve()
  now.ms += 1_000
  assert.is(await hall.use(ID, async ({ coordinator }) => await coordinator.count()), 8)
  assert.is(told.at(-1), undefined)
})

test.run()
