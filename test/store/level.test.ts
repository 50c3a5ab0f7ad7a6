import { readdir, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openLevelStore } from '../../src/store/level.js'
import type { StorePort } from '../../src/thread/ports.js'
import { rejects } from '../support/rejects.js'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'

import { storeSuite } from './store-suite.js'

/** Changes one byte of a value in a closed database, behind the store's back. */
async function flip (path: string, key: string, at = 0): Promise<void> {
  const database = new Level<string, Uint8Array>(path, { keyEncoding: 'utf8', valueEncoding: 'view' })
  const value = (await database.get(key))?.slice()
  assert.ok(value, `there is no ${key}`)
  value[at] = (value[at] ?? 0) ^ 1
  await database.put(key, value, { sync: true })
  await database.close()
}

storeSuite('store/level: the port', async () => {
  const folder = await temporaryFolder('evm-threads-store')
  let store = await openLevelStore(folder.path)
  const reopen = async (): Promise<StorePort> => { store = await openLevelStore(folder.path); return store }
  return {
    store,
    restart: async () => { await store.close(); return await reopen() },
    damage: async key => { await store.close(); await flip(folder.path, key); return await reopen() },
    dispose: async () => { await store.close(); await folder.cleanup() }
  }
}).run()

const test = suite<{ folder: TemporaryFolder }>('store/level: the disk')
test.before.each(async world => { world.folder = await temporaryFolder('evm-threads-store') })
test.after.each(async ({ folder }) => { await folder.cleanup() })

/** A store with so many batches that LevelDB has begun tables; closed. */
async function filled (path: string): Promise<void> {
  const store = await openLevelStore(path)
  for (let round = 0; round < 20; round++) {
    await store.batch(Array.from({ length: 10 }, (_, index) => ({ put: `k/${round}/${index}`, value: new Uint8Array(30_000).fill(round + index) })), { sync: false })
  }
  await store.batch([{ put: 'last', value: Uint8Array.of(1) }])
  await store.close()
}

test('every byte of a value is watched over: its check sum too', async ({ folder }) => {
  const store = await openLevelStore(folder.path)
  await store.batch([{ put: 'a', value: Uint8Array.of(1, 2, 3) }])
  await store.close()
  for (let at = 0; at < 7; at++) {
    await flip(folder.path, 'a', at)
    const again = await openLevelStore(folder.path)
    await rejects(again.get('a'), 'STORE_DAMAGED')
    await again.close()
    await flip(folder.path, 'a', at)
  }
  const healed = await openLevelStore(folder.path)
  assert.equal([...await healed.get('a') ?? []], [1, 2, 3])
  await healed.close()
})

test('a second opener of one folder is refused, and the first goes on', async ({ folder }) => {
  const store = await openLevelStore(folder.path)
  await rejects(openLevelStore(folder.path), 'DATA_DIR_IN_USE')
  await store.batch([{ put: 'a', value: Uint8Array.of(1) }])
  assert.equal([...await store.get('a') ?? []], [1])
  await store.close()
})

test('a folder that cannot be made is STORE_FAILED', async ({ folder }) => {
  const path = join(folder.path, 'file')
  await writeFile(path, '')
  await rejects(openLevelStore(join(path, 'store')), 'STORE_FAILED')
})

test('a closed store refuses to read and to write', async ({ folder }) => {
  const store = await openLevelStore(folder.path)
  await store.close()
  await rejects(store.get('a'), 'STORE_FAILED')
  await rejects(store.batch([{ put: 'a', value: Uint8Array.of(1) }]), 'STORE_FAILED')
})

test('a table that is missing is STORE_CORRUPT', async ({ folder }) => {
  await filled(folder.path)
  // All of them: one alone might be what a compaction has left behind.
  const tables = (await readdir(folder.path)).filter(name => name.endsWith('.ldb'))
  assert.ok(tables.length > 0)
  for (const table of tables) await rm(join(folder.path, table))
  await rejects(openLevelStore(folder.path), 'STORE_CORRUPT')
})

test('a manifest that is cut short is STORE_CORRUPT', async ({ folder }) => {
  await filled(folder.path)
  const manifest = (await readdir(folder.path)).find(name => name.startsWith('MANIFEST'))
  assert.ok(manifest)
  await truncate(join(folder.path, manifest), 10)
  await rejects(openLevelStore(folder.path), 'STORE_CORRUPT')
})

test('a log with a torn end opens as it was before the torn write', async ({ folder }) => {
  const store = await openLevelStore(folder.path)
  await store.batch([{ put: 'a', value: Uint8Array.of(1) }, { put: 'b', value: Uint8Array.of(1) }])
  await store.batch([{ put: 'a', value: Uint8Array.of(2) }, { put: 'b', value: Uint8Array.of(2) }])
  await store.close()
  const log = (await readdir(folder.path)).find(name => name.endsWith('.log'))
  assert.ok(log)
  const path = join(folder.path, log)
  await truncate(path, (await stat(path)).size - 3)
  const again = await openLevelStore(folder.path)
  assert.equal([[...await again.get('a') ?? []], [...await again.get('b') ?? []]], [[1], [1]])
  await again.close()
})

test.run()
