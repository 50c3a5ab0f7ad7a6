/**
 * The command line, with a store that ends the process as a power cut does (SIGKILL) at a chosen write. What is chosen stands in the file that
 * CRASH_PLAN names; the test writes it while the node runs, and steps are counted from then on. Each write is told in the file that CRASH_TRACE names.
 */
import '../../src/polyfill.js'
import { appendFileSync, readFileSync, statSync } from 'node:fs'
import { run } from '../../src/cli/program.js'
import { openLevelStore } from '../../src/store/level.js'
import type { StoreOperation, StorePort } from '../../src/thread/ports.js'

/** Where to end: before the n-th write (from 1) whose label matches is begun, right after it is on disk, or before the n-th read. */
export type CrashPlan = { readonly when: 'before' | 'after' | 'read', readonly label: string, readonly nth: number }

const JOURNAL_KINDS = ['', 'breakpoint', 'close', 'idle', 'force', 'result']
const plan = { path: process.env.CRASH_PLAN ?? '', mtimeMs: 0, seen: 0, present: undefined as CrashPlan | undefined }

/** The plan as it is now; a new one starts to count anew. */
function presentPlan (): CrashPlan | undefined {
  const found = plan.path === '' ? undefined : statSync(plan.path, { throwIfNoEntry: false })
  if (found === undefined) plan.present = undefined
  else if (plan.present === undefined || found.mtimeMs !== plan.mtimeMs) {
    Object.assign(plan, { mtimeMs: found.mtimeMs, seen: 0, present: JSON.parse(readFileSync(plan.path, 'utf8')) as CrashPlan })
  }
  return plan.present
}

/** What a batch is, in words: `sign breakpoint 3 + complete`, `cursor`, `chain event`. */
export function labelOf (operations: readonly StoreOperation[]): string {
  const puts = operations.flatMap(operation => 'put' in operation ? [operation] : [])
  const has = (pattern: RegExp): boolean => puts.some(({ put }) => pattern.test(put))
  const words: string[] = []
  const entry = puts.find(({ put }) => /\/j\//.test(put))
  const view = entry === undefined ? undefined : new DataView(entry.value.buffer, entry.value.byteOffset)
  if (view !== undefined) words.push(`sign ${JOURNAL_KINDS[view.getUint8(32)] ?? ''} ${view.getBigUint64(41)}`)
  if (has(/\/c\//)) words.push('complete')
  if (has(/\/close$/)) words.push('complete close')
  if (has(/\/provisional$/)) words.push('provisional')
  if (has(/^threads\//)) words.push('thread')
  if (has(/\/l\//)) words.push('chain event')
  if (has(/^chain\/cursor$/)) words.push('cursor')
  if (has(/\/code$/)) words.push('code')
  if (has(/\/p\//) && words.length === 0) words.push('own input')
  if (has(/\/asked$/)) words.push('close asked')
  return words.join(' + ') || puts.map(({ put }) => put.replace(/0x[0-9a-f]+/g, '')).join(' + ')
}

/** The process is gone when this returns. */
function die (): void { process.kill(process.pid, 'SIGKILL') }

function hit (when: CrashPlan['when'], label: string): boolean {
  const present = presentPlan()
  if (present === undefined || (present.when === 'read') !== (when === 'read') || !new RegExp(present.label).test(label)) return false
  if (when !== 'after') plan.seen++
  return present.when === when && plan.seen === present.nth
}

function trace (label: string): void {
  if (process.env.CRASH_TRACE !== undefined) appendFileSync(process.env.CRASH_TRACE, `${label}\n`)
}

/** A store that dies as planned. */
function mortal (store: StorePort): StorePort {
  return {
    get: async key => {
      if (hit('read', key)) die()
      return await store.get(key)
    },
    batch: async (operations, options) => {
      const label = labelOf(operations)
      if (hit('before', label)) die()
      await store.batch(operations, options)
      trace(label)
      if (hit('after', label)) die()
    },
    iterate: async function * (prefix, options) {
      for await (const entry of store.iterate(prefix, options)) {
        if (hit('read', entry[0])) die()
        yield entry
      }
    },
    keys: prefix => store.keys(prefix),
    close: async () => { await store.close() }
  }
}

await run(process.argv, { openStore: async folder => mortal(await openLevelStore(folder)) })
