/** What every store must do: the port's conformance suite, run on each implementation. */
import { suite, type Test } from 'uvu'
import * as assert from 'uvu/assert'
import type { StoreOperation, StorePort } from '../../src/thread/ports.js'
import { rejects } from '../support/rejects.js'

/** A store under test. */
export type Subject = {
  readonly store: StorePort
  /** Ends its process without warning and opens it again. */
  restart (): Promise<StorePort>
  /** Changes one byte of a stored value on the disk; the store as it is opened afterwards. */
  damage (key: string): Promise<StorePort>
  dispose (): Promise<void>
}

const bytes = (...values: number[]): Uint8Array => Uint8Array.from(values)
const put = (key: string, ...values: number[]): StoreOperation => ({ put: key, value: bytes(...values) })

/** Makes the suite for one implementation; the caller runs it. */
export function storeSuite (name: string, open: () => Promise<Subject>): Test<{ subject: Subject }> {
  const test = suite<{ subject: Subject }>(name)
  test.before.each(async world => { world.subject = await open() })
  test.after.each(async ({ subject }) => { await subject.dispose() })

  test('a key that was never put is undefined', async ({ subject }) => {
    assert.is(await subject.store.get('t/none'), undefined)
  })

  test('what a batch puts is read, an empty value too', async ({ subject: { store } }) => {
    await store.batch([put('a', 1, 2, 3), put('b')])
    assert.equal([...await store.get('a') ?? [9]], [1, 2, 3])
    assert.equal([...await store.get('b') ?? [9]], [])
  })

  test('the last of several operations on one key counts', async ({ subject: { store } }) => {
    await store.batch([put('a', 1), { delete: 'a' }, put('b', 1), put('b', 2), { delete: 'never' }])
    assert.is(await store.get('a'), undefined)
    assert.equal([...await store.get('b') ?? []], [2])
  })

  test('changing a value after it was put, or after it was read, changes nothing in the store', async ({ subject: { store } }) => {
    const value = bytes(1, 2)
    await store.batch([{ put: 'a', value }])
    value[0] = 9
    assert.equal([...await store.get('a') ?? []], [1, 2])
  })

  test('a view into a larger buffer is stored as what it shows', async ({ subject: { store } }) => {
    await store.batch([{ put: 'a', value: bytes(1, 2, 3, 4).subarray(1, 3) }])
    assert.equal([...await store.get('a') ?? []], [2, 3])
  })

  test('iteration gives the keys of a prefix in byte order, and no others', async ({ subject: { store } }) => {
    await store.batch([put('t/1/c/b', 2), put('t/1/c/a', 1), put('t/1/d/a', 3), put('t/1/c', 4), put('t/10/c/a', 5), put('u', 6)])
    const found: string[] = []
    for await (const [key] of store.iterate('t/1/c/')) found.push(key)
    assert.equal(found, ['t/1/c/a', 't/1/c/b'])
    const keys: string[] = []
    for await (const key of store.keys('t/1/')) keys.push(key)
    assert.equal(keys, ['t/1/c', 't/1/c/a', 't/1/c/b', 't/1/d/a'])
  })

  test('iteration begins at a whole key, ends at its limit, and goes backwards', async ({ subject: { store } }) => {
    await store.batch(['a', 'b', 'c', 'd'].map((name, index) => put(`p/${name}`, index)))
    const read = async (options: Parameters<StorePort['iterate']>[1]): Promise<string> => {
      let text = ''
      for await (const [key, value] of store.iterate('p/', options)) text += `${key.slice(2)}${value[0] ?? ''}`
      return text
    }
    assert.is(await read({ from: 'p/b' }), 'b1c2d3')
    assert.is(await read({ from: 'p/bb', limit: 1 }), 'c2')
    assert.is(await read({ limit: 2 }), 'a0b1')
    assert.is(await read({ limit: -1 }), 'a0b1c2d3')
    assert.is(await read({ reverse: true, limit: 2 }), 'd3c2')
  })

  test('what a synced batch wrote is there after the process ended without warning', async ({ subject }) => {
    await subject.store.batch([put('a', 1), put('b', 2)])
    const again = await subject.restart()
    assert.equal([...await again.get('a') ?? []], [1])
    assert.equal([...await again.get('b') ?? []], [2])
  })

  test('a value that the disk has changed is an error to read, is listed, and can be deleted or written again', async ({ subject }) => {
    await subject.store.batch([put('d/a', 1, 2, 3), put('d/b', 4), put('d/c', 5)])
    const store = await subject.damage('d/b')
    await rejects(store.get('d/b'), 'STORE_DAMAGED')
    assert.equal([...await store.get('d/a') ?? []], [1, 2, 3])
    const read: string[] = []
    await rejects((async () => { for await (const [key] of store.iterate('d/')) read.push(key) })(), 'STORE_DAMAGED')
    assert.equal(read, ['d/a'])
    const keys: string[] = []
    for await (const key of store.keys('d/')) keys.push(key)
    assert.equal(keys, ['d/a', 'd/b', 'd/c'])
    await store.batch([put('d/b', 7)])
    assert.equal([...await store.get('d/b') ?? []], [7])
  })

  return test
}
