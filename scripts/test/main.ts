/**
 * Runs the compiled tests, each file in a process of its own, three at a time (on two cores: end-to-end tests wait for most of their time): `main.js [part of a file name …] [--json]`.
 * Says one line for each file and shows the output of those that fail. The last line is `N passed, N failed`; the exit code is 0
 * only when something ran and nothing failed.
 */
import { readFile, readdir } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runFile, statedLimitMs, type FileResult } from './run-file.js'

const DIST = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const AT_ONCE = 3

const HELP = `Usage: npm test -- [part of a file name …] [--json]

Without names all tests run. --json: a line for each file, {"file","passed","failed","ms","problem"}, and one for all.
A file may take 120 s, or what its first line says: // time limit: 300 s
One that needs a program which is not installed (geth) says so, and counts as neither passed nor failed.
`

async function main (): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false }, dist: { type: 'string' } }
  })
  if (values.help) {
    process.stdout.write(HELP)
    return 0
  }
  const folder = join(values.dist ?? DIST, 'test')
  const files = await testFiles(folder, positionals)
  const abort = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => { abort.abort() })

  const results = await runAll(files, abort.signal, result => { report(folder, result, values.json) })
  const passed = results.reduce((sum, result) => sum + result.passed, 0)
  const failed = results.reduce((sum, result) => sum + result.failed, 0)
  return conclude(passed, failed, files.length, values.json)
}

/** Compiled test files whose path contains one of `names`; the ones that ask for a long time first, so that none is alone at the end. */
async function testFiles (folder: string, names: readonly string[]): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true })
  const wanted = entries
    .filter(path => path.endsWith('.test.js') && (names.length === 0 || names.some(name => slashes(path).includes(bare(name)))))
    .sort()
    .map(path => join(folder, path))
  const limits = new Map(await Promise.all(wanted.map(async file => [file, statedLimitMs(await readFile(file, 'utf8')) ?? 0] as const)))
  return wanted.sort((a, b) => (limits.get(b) ?? 0) - (limits.get(a) ?? 0))
}

/** A name as a shell completes it, `test/state/tree.test.ts`, means the same as `state/tree`. */
function bare (name: string): string {
  return slashes(name).replace(/^(\.\/)?(dist\/)?test\//, '').replace(/\.(ts|js)$/, '')
}

function slashes (path: string): string {
  return path.split(sep).join('/')
}

async function runAll (files: readonly string[], signal: AbortSignal, onResult: (result: FileResult) => void): Promise<FileResult[]> {
  const waiting = [...files]
  const results: FileResult[] = []
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const result = await runFile(file, { signal })
      results.push(result)
      onResult(result)
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work))
  return results
}

function report (folder: string, result: FileResult, json: boolean): void {
  const file = slashes(relative(folder, result.file)).replace(/\.test\.js$/, '')
  const { passed, failed, problem, notRun } = result
  if (json) {
    console.log(JSON.stringify({ file, passed, failed, ms: Math.round(result.durationMs), problem, notRun }))
    if (failed > 0) process.stderr.write(result.output)
    return
  }
  if (notRun !== undefined) {
    console.log(`- ${file.padEnd(40)} not run: ${notRun}`)
    return
  }
  const seconds = `${(result.durationMs / 1000).toFixed(1)} s`
  console.log(`${failed === 0 ? '✓' : '✗'} ${file.padEnd(40)} ${String(passed).padStart(4)} ${seconds.padStart(8)}${problem === undefined ? '' : `   ${problem}`}`)
  if (failed > 0) console.log(result.output.trimEnd().replace(/^/gm, '    '))
}

function conclude (passed: number, failed: number, files: number, json: boolean): number {
  if (files === 0) {
    process.stderr.write('No test file matches.\n')
    failed = 1
  }
  if (json) console.log(JSON.stringify({ passed, failed }))
  else console.log(`\n${passed} passed, ${failed} failed`)
  return failed === 0 && passed > 0 ? 0 : 1
}

process.exitCode = await main()
