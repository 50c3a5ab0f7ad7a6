/** `npm run routines [-- --count n] [--seed n] [--assembly]`: generated routines in both EVMs, as many as are asked for; goes on where it was stopped. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { concatBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import { Duel, type Seen } from '../../test/machine/judged-routine-duel.js'
import { playAssembly, playSolidity } from '../../test/machine/judged-routine-play.js'
import { solidityRoutines } from '../../test/machine/judged-routine-solidity.js'

const HELP = `Usage: npm run routines [-- options]

Makes routines of a seed, plays each in a thread, has every transaction judged (in one call, and in several), and compares what @ethereumjs and the judge leave: program counter, stack and memory at
each breakpoint, gas, root, receipt. In Solidity, ten at a time by one code generator and by the other; not optimized, for 200 runs and for a million in turn; every third seed with pieces of some gas.

  --count <n>   how many seeds (default 500)
  --seed <n>    the first of them (default 0)
  --assembly    routines in assembly instead
  --again       from the first seed; else it goes on where it was stopped, with the same judge
  --json        a line for each batch of seeds, {"from","to","seen"}, or {"from","to","failure"}, and one for all
  -h, --help    this text
`
const FOLDER = fileURLToPath(new URL('../../../.cache/routines/', import.meta.url))
/** Seeds that are compiled together. */
const BATCH = 10

/** How far it has come, with which judge. */
type Progress = { readonly judge: string, readonly next: number, readonly seen: Seen }

async function main (): Promise<void> {
  const { values } = parseArgs({
    options: {
      count: { type: 'string', default: '500' }, seed: { type: 'string', default: '0' }, assembly: { type: 'boolean', default: false }, again: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false }
    }
  })
  if (values.help) { process.stdout.write(HELP); return }
  const [count, first] = [Number(values.count), Number(values.seed)]
  if (!Number.isSafeInteger(count) || !Number.isSafeInteger(first) || count < 1 || first < 0) {
    process.stderr.write(`--count and --seed are whole numbers\n\n${HELP}`)
    process.exitCode = 2
    return
  }
  const say = (text: string, data: object): void => { console.log(values.json ? JSON.stringify(data) : text) }
  const duel = await Duel.create()
  const judge = hash32(concatBytes(loadArtifact('Interpreter').runtimeCode, loadArtifact('Judge').creationCode))
  const path = `${FOLDER}${values.assembly ? 'assembly' : 'solidity'}-${first}.json`
  let next = first
  const before = values.again ? undefined : await readProgress(path, judge)
  if (before !== undefined) {
    next = before.next
    Object.assign(duel.seen, before.seen)
    say(`Goes on from seed ${next}.`, { resumedAt: next })
  }
  await mkdir(FOLDER, { recursive: true })
  while (next < first + count) {
    const seeds = Array.from({ length: Math.min(BATCH, first + count - next) }, (_, i) => next + i)
    const [from, to] = [next, next + seeds.length - 1]
    try {
      await playBatch(duel, seeds, values.assembly)
    } catch (error) {
      const failure = (error as Error).message
      say(`seeds ${from} to ${to}: ${failure}`, { from, to, failure })
      process.exitCode = 1
      return
    }
    next += seeds.length
    await writeFile(path, JSON.stringify({ judge, next, seen: duel.seen } satisfies Progress))
    say(`seeds ${from} to ${to}: the same`, { from, to, seen: duel.seen })
  }
  const { waits, goesOn, pieces, ends, fails, skipped } = duel.seen
  say(`${count} seeds, ${waits + goesOn} breakpoints of which ${goesOn} after a resume, ${pieces} times between two pieces, ${ends} ended without one, ${fails} failed, ${skipped} not let in: all the same in both EVMs.`, { count, first, judge, seen: duel.seen })
}

async function playBatch (duel: Duel, seeds: readonly number[], assembly: boolean): Promise<void> {
  if (assembly) {
    for (const seed of seeds) await playAssembly(duel, seed)
    return
  }
  const viaIR = Math.floor((seeds[0] ?? 0) / BATCH) % 2 === 1
  for (const routine of solidityRoutines(seeds, viaIR)) await playSolidity(duel, routine)
}

/** What was done before with this judge, if anything. */
async function readProgress (path: string, judge: string): Promise<Progress | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  const progress = JSON.parse(text) as Progress
  return progress.judge === judge ? progress : undefined
}

await main()
