/** `npm run compilers [-- version …] [--json]`: the same routine by every compiler, in every manner, and whether it does the same (specification §11). */
import { parseArgs } from 'node:util'
import { CACHE, fetchSolc, releasedVersions } from './fetch.js'
import { MANNERS, mannersOf, playRelay, tryRelay, type Manner, type Solc } from './relay.js'

const HELP = `Usage: npm run compilers [-- version …] [--json]

Compiles contracts/test/Relay.sol with each version of solc since 0.8.20 (or those that are named: 0.8.24), by both code generators, not optimized, for 200 runs and for a million; plays each in a
thread; and says whether all do the same. Where a compiler refuses, its reason is told.

Compilers are fetched from the npm registry, once: ${CACHE}

  --json      a line for each combination: {"version","codeGenerator","runs","outcome","memoryWords","reason"}; runs: null where it is not optimized
  -h, --help  this text

The exit code is 0 when all that compile do the same, memory does not grow from round to round, and nothing is refused but code via IR that is not optimized, by 0.8.20: it has too little room on
the stack, and says so.
`
const ROUNDS = 4

/** What became of one combination. `done` is what the routine did, in a form that can be compared. */
type Tried = { readonly outcome: 'plays', readonly done: string, readonly memoryWords: readonly number[] } | { readonly outcome: 'refused' | 'fails', readonly reason: string }

async function main (): Promise<void> {
  // Each compiler that is loaded listens for the end of this process.
  process.setMaxListeners(0)
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false } } })
  if (values.help) { process.stdout.write(HELP); return }
  const outcomes = new Set<string>()
  let isFine = true
  for (const version of positionals.length > 0 ? positionals : await releasedVersions()) {
    const solc = await fetchSolc(version)
    const known = mannersOf(solc)
    for (const manner of MANNERS) {
      const tried = await tryOne(solc, manner)
      if (tried.outcome === 'plays') outcomes.add(tried.done)
      const isExpected = tried.outcome === 'plays' ? new Set(tried.memoryWords).size === 1 : tried.outcome === 'refused' && !known.includes(manner)
      isFine &&= isExpected
      console.log(values.json ? asJson(version, manner, tried) : asText(version, manner, tried, isExpected))
    }
  }
  if (outcomes.size > 1) isFine = false
  if (!values.json) console.log(outcomes.size === 1 ? 'All that play do the same.' : `THEY DO ${outcomes.size} DIFFERENT THINGS:\n${[...outcomes].join('\n')}`)
  if (!isFine) process.exitCode = 1
}

async function tryOne (solc: Solc, manner: Manner): Promise<Tried> {
  const compiled = tryRelay(solc, manner)
  if (typeof compiled === 'string') return { outcome: 'refused', reason: compiled }
  try {
    const { memoryWords, ...done } = await playRelay(compiled, ROUNDS)
    return { outcome: 'plays', done: JSON.stringify(done, (_, value: unknown) => typeof value === 'bigint' ? value.toString() : value), memoryWords }
  } catch (error) {
    return { outcome: 'fails', reason: (error as Error).message }
  }
}

function asText (version: string, { viaIR, runs }: Manner, tried: Tried, isExpected: boolean): string {
  const what = tried.outcome === 'plays' ? `${[...new Set(tried.memoryWords)].join(', then ')} words of memory wait` : `${tried.outcome}: ${firstLine(tried.reason)}`
  return `${isExpected ? ' ' : '!'} ${version}  ${viaIR ? 'via IR' : 'legacy'}  ${runs === undefined ? 'not optimized' : `${runs.toLocaleString('en')} runs`.padEnd(13)}  ${what}`
}

function asJson (version: string, { viaIR, runs = null }: { viaIR: boolean, runs?: number | undefined | null }, tried: Tried): string {
  const rest = tried.outcome === 'plays' ? { memoryWords: tried.memoryWords } : { reason: tried.reason }
  return JSON.stringify({ version, codeGenerator: viaIR ? 'ir' : 'legacy', runs, outcome: tried.outcome, ...rest })
}

function firstLine (text: string): string {
  return text.trim().split('\n')[0] ?? ''
}

await main()
