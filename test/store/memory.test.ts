import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { MemoryStore } from '../../src/store/memory.js'
import { rejects } from '../support/rejects.js'
import { storeSuite } from './store-suite.js'

storeSuite('store/memory: the port', async () => {
  const store = new MemoryStore()
  return {
    store,
    restart: async () => { store.crash(); return store },
    damage: async key => { assert.ok(store.damage(key)); return store },
    dispose: async () => { await store.close() }
  }
}).run()

const test = suite('store/memory: faults')

test('a power loss forgets what was not synced, and what was synced before it in the same key comes back', async () => {
  const store = new MemoryStore()
  await store.batch([{ put: 'a', value: Uint8Array.of(1) }])
  await store.batch([{ put: 'a', value: Uint8Array.of(2) }, { put: 'b', value: Uint8Array.of(3) }], { sync: false })
  store.crash()
  assert.equal([...await store.get('a') ?? []], [1])
  assert.is(await store.get('b'), undefined)
})

test('a synced batch makes the unsynced ones before it durable too', async () => {
  const store = new MemoryStore()
  await store.batch([{ put: 'a', value: Uint8Array.of(1) }], { sync: false })
  await store.batch([{ put: 'b', value: Uint8Array.of(2) }])
  store.crash()
  assert.equal([...await store.get('a') ?? []], [1])
})

test('a batch that fails as on a full disk changes nothing, and the next one works', async () => {
  const store = new MemoryStore()
  store.failNext(1)
  await rejects(store.batch([{ put: 'a', value: Uint8Array.of(1) }]), 'STORE_FAILED')
  assert.is(await store.get('a'), undefined)
  await store.batch([{ put: 'a', value: Uint8Array.of(1) }])
  assert.equal([...await store.get('a') ?? []], [1])
})

test('damage of a key that is not there is told', () => {
  assert.is(new MemoryStore().damage('a'), false)
})

test.run()
