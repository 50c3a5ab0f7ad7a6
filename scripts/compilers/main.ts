/**
 * The same routine by every compiler since 0.8.20, or by the ones that are named: `node dist/scripts/compilers/main.js [version ...]`. Compilers are fetched with npm into a folder that is removed
 * afterwards.
 */
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { compileRelay, loadSolc, mannersOf, playRelay } from './relay.js'

const OLDEST = 20
const NEWEST = 37
const ROUNDS = 4

const named = process.argv.slice(2)
const versions = named.length > 0 ? named : Array.from({ length: NEWEST + 1 - OLDEST }, (_, i) => `0.8.${OLDEST + i}`)
const folder = await mkdtemp(join(tmpdir(), 'compilers-'))
const outcomes = new Set<string>()
try {
  for (const version of versions) {
    await promisify(execFile)('npm', ['install', '--prefix', join(folder, version), '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', `solc@${version}`])
    const solc = loadSolc(join(folder, version, 'node_modules', 'solc'))
    for (const manner of mannersOf(solc)) {
      const { memoryWords, ...played } = await playRelay(compileRelay(solc, manner), ROUNDS)
      const grows = new Set(memoryWords).size > 1
      outcomes.add(JSON.stringify({ ...played, grows }, (_, value: unknown) => typeof value === 'bigint' ? value.toString() : value))
      console.log(`${version} ${manner.viaIR ? 'via IR' : 'legacy'}, ${manner.runs ?? 'not'} optimized: ${memoryWords[0]} words of memory wait${grows ? ', AND MORE IN LATER ROUNDS' : ''}`)
      if (grows) process.exitCode = 1
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true })
}
console.log(outcomes.size === 1 ? 'All do the same.' : `THEY DO ${outcomes.size} DIFFERENT THINGS:\n${[...outcomes].join('\n')}`)
if (outcomes.size !== 1) process.exitCode = 1
