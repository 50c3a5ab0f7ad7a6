/** `npm run conformance -- <folder or file …> [--json]`: Ethereum's own tests through @ethereumjs and through the judge's interpreter. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { LocalJudge } from '../../src/machine/judge.js'
import { LocalVerifier } from '../../src/machine/local-verifier.js'
import { fail, type Case, type Outcome } from './outcome.js'
import { fuzz } from './fuzz.js'
import { isStateTest, stateCases } from './state-tests.js'
import { isVmTest, vmCases } from './vm-tests.js'

const HELP = `Usage: npm run conformance -- <folder or file …> [options]

Runs GeneralStateTests (their Cancun cases) and legacy VMTests through @ethereumjs and through the judge's interpreter, and compares
success, gas, return data, logs, and every account and slot that is touched. Exits with 1 when a case fails, with 2 when there is none.

Options:
  --json              one line for each case that does not pass, and last {"pass", "fail", "outOfScope": {reason: n}}
  --max-steps <n>     a case that takes more opcodes is out of scope (default 300000)
  --verifier          GeneralStateTests through the whole judge: the raw transaction, a state root and a proof in, the new root out
  --every <n>         only each n-th case (default 1)
  --part <i>/<n>      the i-th of n parts of the files, to share the work between processes
  --fuzz <n>          instead of files: n seeded random scenes; --seed <n> is the first (default 1)
  --folders           the summary of each folder, too, when it is done
  --all               a line for the cases that pass, too
  -h, --help          this text

Examples:
  npm run conformance -- fixtures/GeneralStateTests/stCreate2
  npm run conformance -- fixtures --json --part 1/2`

type Summary = { pass: number, fail: number, outOfScope: Record<string, number> }

async function main (): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false }, verifier: { type: 'boolean', default: false }, all: { type: 'boolean', default: false }, folders: { type: 'boolean', default: false }, help: { type: 'boolean', short: 'h', default: false },
      'max-steps': { type: 'string', default: '300000' }, every: { type: 'string', default: '1' }, fuzz: { type: 'string' }, seed: { type: 'string', default: '1' }, part: { type: 'string', default: '1/1' }
    }
  })
  if (values.help) { console.log(HELP); return 0 }
  if (positionals.length === 0 && values.fuzz === undefined) { console.error(HELP); return 2 }
  const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)
  const verifier = values.verifier ? await LocalVerifier.create({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode }) : undefined
  const scenes: Case[] = Array.from({ length: Number(values.fuzz ?? 0) }, (_, i) => {
    const seed = Number(values.seed) + i
    return { name: `seed ${seed}`, run: async () => await fuzz(seed, judge) }
  })
  const [part = 1, parts = 1] = values.part.split('/').map(Number)
  const files = (await filesOf(positionals)).filter((_, index) => index % parts === part - 1)
  const summary = nothing()
  let [folder, inFolder] = ['', nothing()]
  const closeFolder = (next: string): void => {
    if (values.folders && next !== folder && count(inFolder) > 0) console.log(values.json ? JSON.stringify({ folder, ...inFolder }) : `${folder}: ${inWords(inFolder).replaceAll('\n', ', ')}`)
    if (next !== folder) [folder, inFolder] = [next, nothing()]
  }
  let seen = 0
  for (const list of [scenes, ...files]) {
    closeFolder(typeof list === 'string' ? dirname(list) : 'seeds')
    for (const test of typeof list === 'string' ? await casesOf(list, judge, verifier, BigInt(values['max-steps'])) : list) {
      if (seen++ % Number(values.every) !== 0) continue
      const outcome = await test.run().catch((error: Error) => fail(`it throws: ${error.stack ?? error.message}`))
      record(summary, outcome)
      record(inFolder, outcome)
      if (outcome.verdict !== 'pass' || values.all) say(test.name, outcome, values.json)
    }
  }
  closeFolder('')
  console.log(values.json ? JSON.stringify(summary) : inWords(summary))
  if (summary.fail > 0) return 1
  return summary.pass > 0 ? 0 : 2
}

function nothing (): Summary {
  return { pass: 0, fail: 0, outOfScope: {} }
}

function count ({ pass, fail: failed, outOfScope }: Summary): number {
  return Object.values(outOfScope).reduce((sum, n) => sum + n, pass + failed)
}

/** All .json files, in a fixed order. */
async function filesOf (paths: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const path of paths.map((item) => resolve(item))) {
    if ((await stat(path)).isFile()) found.push(path)
    else found.push(...(await readdir(path, { recursive: true })).filter((name) => name.endsWith('.json')).sort().map((name) => join(path, name)))
  }
  return found
}

async function casesOf (file: string, judge: LocalJudge, verifier: LocalVerifier | undefined, maxSteps: bigint): Promise<Case[]> {
  const tests = Object.entries(JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>)
  return tests.flatMap(([name, test]) => {
    const fullName = `${relative(process.cwd(), file)}: ${name}`
    if (isStateTest(test)) return stateCases(fullName, test, verifier ?? judge, maxSteps)
    if (isVmTest(test)) return vmCases(fullName, test, judge, maxSteps)
    return [{ name: fullName, run: async () => fail('neither a state test nor a VM test') }]
  })
}

function record (summary: Summary, outcome: Outcome): void {
  if (outcome.verdict !== 'outOfScope') summary[outcome.verdict]++
  else summary.outOfScope[outcome.reason] = (summary.outOfScope[outcome.reason] ?? 0) + 1
}

function say (name: string, outcome: Outcome, json: boolean): void {
  if (json) { console.log(JSON.stringify({ name, ...outcome })); return }
  const more = outcome.verdict === 'fail' ? `: ${outcome.why}` : outcome.verdict === 'outOfScope' ? `: ${outcome.reason}` : ''
  console.log(`${outcome.verdict === 'outOfScope' ? 'out of scope' : outcome.verdict}  ${name}${more}`)
}

function inWords ({ pass, fail: failed, outOfScope }: Summary): string {
  return [`${pass} pass, ${failed} fail`, ...Object.entries(outOfScope).map(([reason, count]) => `${count} out of scope: ${reason}`)].join('\n')
}

process.exitCode = await main()
