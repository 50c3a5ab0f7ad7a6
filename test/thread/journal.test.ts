import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asHash32, bigintToBytes } from '../../src/protocol/bytes.js'
import type { Slot, ThreadId } from '../../src/protocol/types.js'
import { MemoryStore } from '../../src/store/memory.js'
import { Journal, type JournalEntry } from '../../src/thread/journal.js'
import { rejects } from '../support/rejects.js'
import { hashOf } from './contents.js'

const test = suite('journal')
const thread = hashOf(1) as string as ThreadId
const slot = (nonce: number, epoch = 0): Slot => ({ epoch: BigInt(epoch), nonce: BigInt(nonce) })
const entry = (nonce: number): JournalEntry => ({ kind: 'breakpoint', slot: slot(nonce), hash: hashOf(nonce) })
const idle = (nonce: number, timeSec: bigint): JournalEntry => ({ kind: 'idle', slot: slot(nonce), hash: asHash32(bigintToBytes(timeSec, 32)) })

async function written (entries: readonly JournalEntry[]): Promise<MemoryStore> {
  const store = new MemoryStore()
  const journal = await Journal.load(store, thread)
  for (const one of entries) await store.batch(journal.enter(one))
  return store
}

async function keysOf (store: MemoryStore): Promise<string[]> {
  const keys: string[] = []
  for await (const key of store.keys(`t/${thread}/j/`)) keys.push(key)
  return keys
}

async function change (store: MemoryStore, key: string, edit: (value: Uint8Array) => Uint8Array): Promise<void> {
  const value = await store.get(key)
  assert.ok(value)
  await store.batch([{ put: key, value: edit(value?.slice() ?? new Uint8Array(0)) }])
}

test('an empty journal allows everything', async () => {
  const journal = await Journal.load(new MemoryStore(), thread)
  assert.is(journal.damage, undefined)
  assert.is(journal.top, undefined)
  assert.ok(journal.allows(slot(0)))
})

test('what was entered is there after a restart, and forbids its slot and those below', async () => {
  const journal = await Journal.load(await written([entry(0), entry(1), { kind: 'close', slot: slot(2), hash: hashOf(2) }]), thread)
  assert.is(journal.damage, undefined)
  assert.is(journal.length, 3)
  assert.equal(journal.top, { kind: 'close', slot: slot(2), hash: hashOf(2) })
  assert.not.ok(journal.allows(slot(2)))
  assert.not.ok(journal.allows(slot(1)))
  assert.ok(journal.allows(slot(3)))
  assert.ok(journal.allows(slot(0, 1)))
})

test('a statement of idleness is kept for its slot, and is no signature in it', async () => {
  const journal = await Journal.load(await written([entry(0), idle(1, 500n), idle(1, 600n)]), thread)
  assert.is(journal.idleUntil(slot(1)), 600n)
  assert.is(journal.idleUntil(slot(2)), 0n)
  assert.equal(journal.top?.slot, slot(0))
  assert.ok(journal.allows(slot(1)))
})

test('a journal of one thread knows nothing of another\'s', async () => {
  const store = await written([entry(0)])
  assert.is((await Journal.load(store, hashOf(2) as string as ThreadId)).length, 0)
})

test('an entry is one atomic write with the journal\'s new end', async () => {
  const journal = await Journal.load(new MemoryStore(), thread)
  assert.equal(journal.enter(entry(0)).map(operation => 'put' in operation ? operation.put : ''), [`t/${thread}/j/000000000000`, `t/${thread}/j-end`])
})

const DAMAGES: readonly (readonly [string, (store: MemoryStore, keys: readonly string[]) => Promise<void>])[] = [
  ['the first entry is missing', async (store, keys) => { await store.batch([{ delete: keys[0] ?? '' }]) }],
  ['an entry in the middle is missing', async (store, keys) => { await store.batch([{ delete: keys[1] ?? '' }]) }],
  ['the last entry is missing and the end is there', async (store, keys) => { await store.batch([{ delete: keys[2] ?? '' }]) }],
  ['the end is missing and the entries are there', async store => { await store.batch([{ delete: `t/${thread}/j-end` }]) }],
  ['all entries are missing and the end is there', async (store, keys) => { await store.batch(keys.map(key => ({ delete: key }))) }],
  ['an entry is cut short', async (store, keys) => { await change(store, keys[1] ?? '', value => value.subarray(0, 80)) }],
  ['an entry is longer', async (store, keys) => { await change(store, keys[2] ?? '', value => Uint8Array.from([...value, 0])) }],
  ['an entry has a kind that does not exist', async (store, keys) => { await change(store, keys[2] ?? '', value => { value[32] = 9; return value }) }],
  ['two entries have changed places', async (store, keys) => {
    const [one, two] = await Promise.all([store.get(keys[0] ?? ''), store.get(keys[1] ?? '')])
    await store.batch([{ put: keys[0] ?? '', value: two ?? new Uint8Array(0) }, { put: keys[1] ?? '', value: one ?? new Uint8Array(0) }])
  }],
  ['an older entry stands at the end again', async (store, keys) => { await change(store, keys[2] ?? '', () => new Uint8Array(81).fill(1)) }],
  ['an entry of another journal was added', async (store) => { await store.batch([{ put: `t/${thread}/j/000000000003`, value: new Uint8Array(81).fill(1) }]) }],
  ['the disk itself says that a value is damaged', async (store, keys) => { store.damage(keys[1] ?? '') }]
]
for (const [damage, inflict] of DAMAGES) {
  test(`where ${damage}, the journal says so and allows nothing`, async () => {
    const store = await written([entry(0), entry(1), entry(2)])
    await inflict(store, await keysOf(store))
    const journal = await Journal.load(store, thread)
    assert.type(journal.damage, 'string')
    assert.not.ok(journal.allows(slot(9)))
  })
}

test('any changed byte of any entry is seen, in the last one too', async () => {
  for (let index = 0; index < 3; index++) {
    for (let at = 0; at < 81; at++) {
      const store = await written([entry(0), entry(1), entry(2)])
      const keys = await keysOf(store)
      await change(store, keys[index] ?? '', value => { value[at] = (value[at] ?? 0) ^ 0x40; return value })
      assert.type((await Journal.load(store, thread)).damage, 'string', `entry ${index}, byte ${at}`)
    }
  }
})

test('a store that cannot be read is no damage: the caller tries again', async () => {
  const store = new MemoryStore()
  const failing = Object.assign(Object.create(store) as MemoryStore, {
    async * iterate () { await store.batch([]); throw Object.assign(new (await import('../../src/errors.js')).ThreadsError('STORE_FAILED', 'no disk')) }
  })
  await rejects(Journal.load(failing, thread), 'STORE_FAILED')
})

test('a Force is entered, and takes no slot: what may be signed is the same as before', async () => {
  const store = await written([entry(1), { kind: 'force', slot: slot(5, 3), hash: hashOf(8) }])
  const journal = await Journal.load(store, thread)
  assert.equal([journal.damage, journal.length, journal.top], [undefined, 2, entry(1)])
  assert.ok(journal.allows(slot(2)) && journal.allows(slot(5, 3)))
})

test.run()
