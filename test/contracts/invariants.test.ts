// time limit: 600 s
/**
 * Random calls of all kinds on three threads of one court, beside the model and the invariants (`rush.ts`). A few sequences in `npm test`;
 * `node dist/test/contracts/invariants.test.js --all` makes 256 of 64 calls and 10,000 of 6 (some ten minutes). A failure says its seed and shrinks.
 */
import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LocalCourt } from './local-court.js'
import { CALLS, Rush, SOME_BALANCES, type Call, type Wait } from './rush.js'

const test = suite('contracts/Threads: what always holds')
const ALL = process.argv.includes('--all')
const SEED = Number(process.env['INVARIANTS_SEED'] ?? 20_261)
const court = await LocalCourt.create()

const someWait: fc.Arbitrary<Wait> = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }) },
  { weight: 1, arbitrary: fc.constantFrom(11, 12, 13, 49, 50, 51) },
  { weight: 1, arbitrary: fc.record({ edge: fc.constantFrom('E' as const, 'E' as const, 'D' as const, 'D + W' as const, 'deadline' as const), by: fc.integer({ min: -1, max: 1 }) }) }
)

const someCall: fc.Arbitrary<Call> = fc.record({
  thread: fc.integer({ min: 0, max: 2 }),
  what: fc.oneof(
    { weight: 12, arbitrary: fc.constant('advance') }, { weight: 6, arbitrary: fc.constantFrom('challenge', 'checkpoint', 'begin', 'refute') }, { weight: 9, arbitrary: fc.constantFrom('claim', 'claim', 'claim', 'doubt', 'doubt', 'refute', 'drop') },
    { weight: 8, arbitrary: fc.constantFrom(...CALLS) }
  ),
  player: fc.integer({ min: 0, max: 3 }),
  other: fc.integer({ min: 0, max: 3 }),
  good: fc.boolean(),
  late: fc.constantFrom(0, 0, 1, 2, 3, 4, 5),
  wait: someWait
})

/** Most sequences begin with threads in which all have joined, and with disputes: most calls would be refused else. */
const OPENING: readonly Call[] = [0, 1, 2].flatMap(thread => ['open', 'join', 'join'].map((what, player) => ({ thread, what, player, other: 0, good: true, late: 0, wait: 1 })))

/** All three threads, opened and joined, to begin from. */
const ready = await Rush.begin(court, [])
for (const call of OPENING) await ready.call(call)

const DISPUTES: readonly Call[] = [0, 1, 2].map(thread => ({ thread, what: 'challenge', player: 0, other: 1, good: true, late: 0, wait: 1 }))

/** And claims upon them, of which the first is doubted, or two are. */
const CLAIMS: readonly Call[] = DISPUTES.flatMap(({ thread }) => ['claim', 'claim', 'doubt', thread === 1 ? 'doubt' : 'claim'].map((what, i) => ({
  thread, what, player: i % 2, other: what === 'claim' ? 2 - (i % 2) : i - 2, good: thread !== 1, late: thread === 2 ? 4 : 0, wait: 1
})))

/** @param whole whether every sequence goes on until all threads have ended */
async function run (name: string, runs: number, length: number, whole: boolean, mustBeTaken: readonly string[]): Promise<void> {
  const taken = new Map<string, number>()
  let calls = 0
  const sequence = fc.record({
    opened: fc.integer({ min: 0, max: 9 }), balances: fc.constantFrom(...SOME_BALANCES), calls: fc.array(someCall, { minLength: length, maxLength: length, size: 'max' })
  })
  await fc.assert(fc.asyncProperty(sequence, async ({ opened, balances, calls: tried }) => {
    await court.isolated(async () => {
      const rush = opened > 0 ? ready.again(balances) : await Rush.begin(court, balances)
      const before = opened === 0 ? OPENING.slice(0, 5) : [...opened > 3 ? DISPUTES : [], ...opened > 5 ? CLAIMS : []]
      for (const call of [...before, ...tried]) await rush.call(call)
      if (whole) await rush.end()
      calls += rush.calls
      for (const [what, count] of rush.taken) taken.set(what, (taken.get(what) ?? 0) + count)
    })
  }), { numRuns: runs, seed: SEED })
  console.log(`${name}: ${runs} sequences, ${calls} calls, of them taken:`, Object.fromEntries([...taken].sort()))
  for (const what of mustBeTaken) assert.ok((taken.get(what) ?? 0) > 0, `no ${what} was taken`)
}

if (ALL) {
  test('256 sequences of 64 calls', async () => { await run('long', 256, 64, true, CALLS) })
  test('10,000 sequences of 6 calls', async () => { await run('short', 10_000, 6, false, CALLS) })
} else {
  test('sequences of calls: the court does what the model does, owes what it holds, keeps what is signed and final, and ends', async () => { await run('some', 12, 40, true, ['advance', 'challenge', 'claim', 'doubt', 'drop', 'reclaim', 'settle', 'withdraw']) })
}

test.run()
