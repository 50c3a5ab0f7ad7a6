/** `npm run conformance -- <folder or file …> [--json]`: Ethereum's own tests through @ethereumjs and through the judge's interpreter. */
import { readdir, readFile, stat } from 'node:fs/promises'
import { dirname, join, relative, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { bytesToHex, concatBytes } from '../../src/protocol/bytes.js'
import { keccak256 } from '../../src/protocol/crypto.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { LocalJudge } from '../../src/machine/judge.js'
import { LocalVerifier } from '../../src/machine/local-verifier.js'
import { fail, type Case } from './outcome.js'
import { fuzz } from './fuzz.js'
import { startEngines, type Engines } from './anvil-engine.js'
import { huntFaults } from './mutants.js'
import { Runner, WrongUse } from './runner.js'
import { isStateTest, stateCases } from './state-tests.js'
import { isVmTest, vmCases } from './vm-tests.js'

const HELP = `Usage: npm run conformance -- <folder or file …> [options]

Runs GeneralStateTests (their Cancun cases) and legacy VMTests through @ethereumjs and through the judge's interpreter, and compares
success, gas, return data, logs, and every account and slot that is touched. Exits with 1 when a case fails, with 2 when there is none.
Progress goes to stderr.

Options:
  --json              one line for each case that does not pass, and last {"pass", "fail", "outOfScope": {reason: n}}
  --max-steps <n>     a case that takes more opcodes is out of scope (default 300000)
  --verifier          GeneralStateTests through the whole judge: the raw transaction, a state root and a proof in, the new root out
  --every <n>         only each n-th case (default 1)
  --part <i>/<n>      the i-th of n parts of the files, to share the work between processes
  --out <file>        keeps what became of each case, and its time; a run that was cut short goes on from there
  --anvil             the interpreter runs in anvil's EVM, several times as fast (not with --verifier)
  --fuzz <n>          instead of files: n seeded random scenes; --seed <n> is the first (default 1)
  --mutants <parts>   instead of files: interpreters with a fault each ("" for all, or parts of their names: a,b), and how many seeds find it;
                      --fuzz <n> is the most (default 2000)
  --folders           the summary of each folder, too, when it is done
  --all               a line for the cases that pass, too
  -h, --help          this text

Examples:
  npm run conformance -- fixtures/GeneralStateTests/stCreate2
  npm run conformance -- fixtures --json --part 1/2 --out part1.jsonl`

/** Seeds are told of in groups of this many. */
const SEEDS = 1_000

type Group = { readonly name: string, readonly cases: () => Promise<Case[]> }

const OPTIONS = {
  json: { type: 'boolean', default: false }, verifier: { type: 'boolean', default: false }, all: { type: 'boolean', default: false }, folders: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false }, anvil: { type: 'boolean', default: false }, 'max-steps': { type: 'string', default: '300000' }, every: { type: 'string', default: '1' },
  fuzz: { type: 'string' }, seed: { type: 'string', default: '1' }, part: { type: 'string', default: '1/1' }, out: { type: 'string' }, mutants: { type: 'string' }
} as const

type Values = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values']

async function main (): Promise<number> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS })
  if (values.help) { console.log(HELP); return 0 }
  if (positionals.length === 0 && values.fuzz === undefined && values.mutants === undefined) { console.error(HELP); return 2 }
  const engines = values.anvil ? await startEngines() : undefined
  try {
    return await runAll(values, positionals, engines)
  } finally {
    await engines?.stop()
  }
}

async function runAll (values: Values, positionals: string[], engines: Engines | undefined): Promise<number> {
  if (values.mutants !== undefined) return await huntFaults(Number(values.seed), Number(values.fuzz ?? 2_000), values.mutants, engines)
  const code = loadArtifact('Interpreter').runtimeCode
  const judge = engines === undefined ? await LocalJudge.create(code) : new LocalJudge(await engines.engineOf(code))
  const judgeCreationCode = loadArtifact('Judge').creationCode
  const verifier = values.verifier ? await LocalVerifier.create({ interpreterCode: code, judgeCreationCode }, {}) : undefined
  const maxSteps = BigInt(values['max-steps'])
  const runner = new Runner({ json: values.json, all: values.all, out: values.out, kind: `${values.verifier ? 'judge' : 'interpreter'} ${bytesToHex(keccak256(values.verifier ? concatBytes(judgeCreationCode, code) : code))}, ${maxSteps} steps` })
  const groups = values.fuzz === undefined
    ? ofPart(await filesOf(positionals), values.part).map((file) => ({ name: dirname(file), cases: async () => await casesOf(file, judge, verifier, maxSteps) }))
    : seedGroups(Number(values.seed), Number(values.fuzz), judge)
  let seen = 0
  for (const [index, { name, cases }] of groups.entries()) {
    for (const test of await cases()) if (seen++ % Number(values.every) === 0) await runner.run(test)
    if (groups[index + 1]?.name !== name) runner.closeGroup(values.folders ? name : undefined)
  }
  return runner.end()
}

function seedGroups (first: number, total: number, judge: LocalJudge): Group[] {
  return Array.from({ length: Math.ceil(total / SEEDS) }, (_, i) => {
    const [from, below] = [first + i * SEEDS, Math.min(first + (i + 1) * SEEDS, first + total)]
    const seeds = Array.from({ length: below - from }, (__, n) => from + n)
    return { name: `seeds ${from} to ${below - 1}`, cases: async () => seeds.map((seed) => ({ name: `seed ${seed}`, run: async () => await fuzz(seed, judge) })) }
  })
}

/** `i/n`: each n-th file, from the i-th on. @throws WrongUse for anything else */
function ofPart<T> (files: readonly T[], words: string): T[] {
  const [part = 0, parts = 0] = words.split('/').map(Number)
  if (!(part >= 1 && part <= parts)) throw new WrongUse(`--part is i/n with 1 ≤ i ≤ n, not ${words}`)
  return files.filter((_, index) => index % parts === part - 1)
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

process.exitCode = await main().catch((error: unknown) => {
  if (!(error instanceof WrongUse)) throw error
  console.error(error.message)
  return 2
})
