/**
 * How strong the fuzzer is: faulty copies of the interpreter, one fault each, and how many seeds it takes until the fuzzer sees it. A fault that it does
 * not see says that a real one of its kind could stay, too.
 */
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { hexToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Hex } from '../../src/protocol/types.js'
import { LocalJudge } from '../../src/machine/judge.js'
import type { Engines } from './anvil-engine.js'
import { judgeScene, play } from './fuzz.js'
import { FAULTS, type Fault } from './faults.js'
import { sceneOf } from './scene.js'

type Sources = Record<string, { content: string }>
/** What scripts/contracts.mjs gives. */
type Compiler = {
  readSources (): Promise<Sources>
  withImports (path: string, sources: Sources): Sources
  compile (sources: Sources, settings: object): Record<string, { deployedBytecode: Hex }>
  OWN_SETTINGS: Record<string, object>
}

const PATH = 'contracts/judge/Interpreter.sol'

/** Where a fault stands in the sources. @throws Error when its line is not there, or there more than once */
export function withFault (sources: Readonly<Sources>, { name, file, right, wrong }: Fault): Sources {
  const path = `contracts/judge/${file}`
  const content = sources[path]?.content ?? ''
  const [before = '', after, ...more] = content.split(right)
  if (after === undefined || more.length > 0) throw new Error(`the fault "${name}" has no one place in ${path}: ${right}`)
  return { ...sources, [path]: { content: before + wrong + after } }
}

/** The compiler of scripts/, from where this file runs. */
export async function loadCompiler (): Promise<Compiler> {
  return await import(new URL('../../../scripts/contracts.mjs', import.meta.url).href) as Compiler
}

/** The runtime code of a faulty interpreter; compiling one takes long, so it is kept in dist/mutants under the hash of its sources. */
async function codeWith (fault: Fault, sources: Sources, { compile, OWN_SETTINGS }: Compiler): Promise<Uint8Array> {
  const faulty = withFault(sources, fault)
  const settings = OWN_SETTINGS[PATH] ?? {}
  const key = hash32(new TextEncoder().encode(JSON.stringify([faulty, settings])))
  const file = fileURLToPath(new URL(`../../mutants/${key}.hex`, import.meta.url))
  if (existsSync(file)) return hexToBytes(await readFile(file, 'utf8') as Hex)
  const { Interpreter } = compile(faulty, settings)
  if (Interpreter === undefined) throw new Error(`no interpreter with the fault "${fault.name}"`)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(`${file}.${process.pid}`, Interpreter.deployedBytecode)
  await rename(`${file}.${process.pid}`, file)
  return hexToBytes(Interpreter.deployedBytecode)
}

/**
 * Runs seeds from the first on until each faulty interpreter was found, or `most` were run. A seed is run in the reference once, for all.
 * @param only parts of the names of the faults to try, with commas between
 * @param engines where they run; without them in @ethereumjs
 * @returns exit code: 1 when a fault was not found
 */
export async function huntFaults (first: number, most: number, only: string, engines?: Engines): Promise<number> {
  const compiler = await loadCompiler()
  const sources = compiler.withImports(PATH, await compiler.readSources())
  let alive: { fault: Fault, judge: LocalJudge }[] = []
  for (const fault of FAULTS.filter(({ name }) => only.split(',').some((part) => name.includes(part)))) {
    const code = await codeWith(fault, sources, compiler)
    alive.push({ fault, judge: engines === undefined ? await LocalJudge.create(code) : new LocalJudge(await engines.engineOf(code)) })
    console.error(`ready: ${fault.name}`)
  }
  for (let seed = first; seed < first + most && alive.length > 0; seed++) {
    const played = await play(sceneOf(seed))
    const left: typeof alive = []
    for (const mutant of alive) {
      // An interpreter that fails altogether has been found, too.
      const outcome = await judgeScene(played, mutant.judge).catch((error: Error) => ({ verdict: 'fail', why: error.message }) as const)
      if (outcome.verdict === 'fail') console.log(JSON.stringify({ fault: mutant.fault.name, seeds: seed - first + 1, seen: outcome.why.slice(0, 120) }))
      else left.push(mutant)
    }
    alive = left
    if (seed % 100 === 0) console.error(`${seed - first + 1} seeds; left: ${alive.map(({ fault }) => fault.name).join(', ')}`)
  }
  for (const { fault } of alive) console.log(JSON.stringify({ fault: fault.name, seeds: null }))
  return alive.length === 0 ? 0 : 1
}
