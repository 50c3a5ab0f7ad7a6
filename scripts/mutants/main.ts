/**
 * `node dist/scripts/mutants/main.js [--only <part of a name>] [--group court|claims|receipts|judge|suspending|proofs|tree] [--from <n>]`: how strong the contracts' tests are. Each fault of the list goes alone into a copy
 * of what was built, is compiled, and the tests that ought to see it are run. One that no test sees says that a real fault of its kind could stay, too.
 *
 * Takes half a minute for each fault, so it is not among the tests; that each fault still has its place in the sources is.
 */
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { runFile } from '../test/run-file.js'
import { CLAIMS_MUTANTS } from './claims.js'
import { COURT_MUTANTS } from './court.js'
import { compileQuickly, loadCompiler, type Compiler } from './compile.js'
import { JUDGE_MUTANTS, SUSPENDING_MUTANTS } from './judge.js'
import { RECEIPT_MUTANTS } from './receipts.js'
import { MULTI_PROOF_MUTANTS, STATE_TREE_MUTANTS } from './proofs.js'
import { withMutant, type Mutant, type Sources } from './mutant.js'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** The contract that a group of faults is compiled into, and the faults. */
const GROUPS = {
  court: { path: 'contracts/Threads.sol', mutants: COURT_MUTANTS },
  claims: { path: 'contracts/Claims.sol', mutants: CLAIMS_MUTANTS },
  receipts: { path: 'contracts/Threads.sol', mutants: RECEIPT_MUTANTS },
  judge: { path: 'contracts/judge/Judge.sol', mutants: JUDGE_MUTANTS },
  suspending: { path: 'contracts/judge/Interpreter.sol', mutants: SUSPENDING_MUTANTS },
  proofs: { path: 'contracts/test/MultiProofHarness.sol', mutants: MULTI_PROOF_MUTANTS },
  tree: { path: 'contracts/test/StateTreeHarness.sol', mutants: STATE_TREE_MUTANTS }
} as const

async function main (): Promise<number> {
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' }, group: { type: 'string', default: '' }, from: { type: 'string', default: '0' } } })
  const compiler = await loadCompiler()
  const sources = await compiler.readSources()
  const folder = await mkdtemp(join(tmpdir(), 'evm-threads-mutants-'))
  let [seen, all] = [0, 0]
  try {
    await copyBuilt(folder)
    for (const [group, { path, mutants }] of Object.entries(GROUPS)) {
      const wanted = mutants.slice(Number(values.from)).filter(({ name }) => name.includes(values.only))
      if (!group.includes(values.group) || wanted.length === 0) continue
      await control(folder, path, wanted, sources, compiler)
      for (const mutant of wanted) {
        const by = await whoSees(folder, path, mutant, sources, compiler)
        console.log(JSON.stringify({ mutant: mutant.name, file: mutant.file, seenBy: by ?? null }))
        all++
        if (by !== undefined) seen++
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
  console.log(`${seen} of ${all} faults were seen`)
  return seen === all ? 0 : 1
}

/** What was built, to be changed; what is only read, by reference. Code larger than the chain allows may be deployed: quickly compiled code is. */
async function copyBuilt (folder: string): Promise<void> {
  await cp(join(ROOT, 'dist'), join(folder, 'dist'), { recursive: true })
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'))
  for (const name of ['node_modules', 'test', 'contracts', 'scripts']) await symlink(join(ROOT, name), join(folder, name))
  process.env['ANVIL_ARGS'] = '--disable-code-size-limit'
}

/** The tests must pass without a fault, compiled in the same way. @throws Error when one does not */
async function control (folder: string, path: string, mutants: readonly Mutant[], sources: Sources, compiler: Compiler): Promise<void> {
  await put(folder, path, sources, compiler)
  for (const test of new Set(mutants.flatMap(({ tests }) => tests))) {
    const { failed, problem, output } = await runFile(testFile(folder, test))
    if (failed > 0) throw new Error(`${test} fails without a fault: ${/FAIL .*"(.*)"/.exec(output)?.[1] ?? problem ?? output}`)
    console.error(`without a fault ${test} passes`)
  }
}

/** The test that fails, and how; undefined when none does. */
async function whoSees (folder: string, path: string, mutant: Mutant, sources: Sources, compiler: Compiler): Promise<string | undefined> {
  await put(folder, path, withMutant(sources, mutant), compiler)
  for (const test of mutant.tests) {
    const { failed, output, problem } = await runFile(testFile(folder, test))
    if (failed > 0) return `${test}: ${/FAIL .*"(.*)"/.exec(output)?.[1] ?? problem ?? '?'}`
  }
  return undefined
}

async function put (folder: string, path: string, sources: Sources, compiler: Compiler): Promise<void> {
  const artifact = compileQuickly(path, sources, compiler)
  await writeFile(join(folder, 'dist', 'artifacts', `${/(\w+)\.sol$/.exec(path)?.[1] ?? ''}.json`), JSON.stringify(artifact))
}

function testFile (folder: string, test: string): string {
  return join(folder, 'dist', 'test', `${test}.test.js`)
}

process.exitCode = await main()
