/**
 * Compiles contracts/ with the pinned solc-js into dist/artifacts/<ContractName>.json. Plain JavaScript: it runs before anything is built.
 * Nothing is done when neither the sources nor the settings have changed.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { basename, join, posix, relative, sep } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

const ROOT = fileURLToPath(new URL('../', import.meta.url))
const OUT = join(ROOT, 'dist', 'artifacts')
const PACKAGES = ['@openzeppelin/']
const OUTPUTS = ['abi', 'evm.bytecode.object', 'evm.deployedBytecode.object', 'evm.methodIdentifiers', 'storageLayout']

/** What the bytecode depends on besides the sources. Calls are cheapest with the most runs; without viaIR the court does not compile (stack too deep). */
export const SETTINGS = {
  evmVersion: 'cancun',
  viaIR: true,
  optimizer: { enabled: true, runs: 1_000_000 },
  metadata: { bytecodeHash: 'none', appendCBOR: false }
}

/** Contracts with settings of their own, by file. The interpreter's dispatcher jumps through a table of internal function pointers, which only the legacy
 * code generator makes real jump destinations: 213 gas an opcode, 1,574 with viaIR. */
export const OWN_SETTINGS = {
  'contracts/judge/Interpreter.sol': { ...SETTINGS, viaIR: false },
  // With the most runs it has 26,186 bytes, more than a contract may have.
  'contracts/Threads.sol': { ...SETTINGS, optimizer: { enabled: true, runs: 200 } },
  // With as many runs as Threads it has 24,595 bytes, 19 more than a contract may have.
  'contracts/Claims.sol': { ...SETTINGS, optimizer: { enabled: true, runs: 100 } },
  // The court creates it: its hash, which is part of every thread's first state, is that of the court's compilation.
  'contracts/port/Port.sol': { ...SETTINGS, optimizer: { enabled: true, runs: 200 } }
}

/** Contracts that lead calls to another by their fallback, with the interface of these calls: it is part of their ABI. */
export const LED_ON = { Threads: { path: 'contracts/interfaces/IClaimCalls.sol', name: 'IClaimCalls' } }

/**
 * Writes the artifacts of all contracts under contracts/ and returns them by name.
 * @param {{ quiet?: boolean }} [options]
 * @returns {Promise<Record<string, { contractName: string, abi: unknown[], bytecode: string, deployedBytecode: string, methodIdentifiers: Record<string, string>, storageLayout: unknown }>>}
 * @throws Error when the compiler reports an error, or a warning in a contract of ours
 */
export async function buildContracts ({ quiet = false } = {}) {
  const started = performance.now()
  const sources = await readSources()
  const key = hash(JSON.stringify([sources, SETTINGS, OWN_SETTINGS, LED_ON, await readFile(join(ROOT, 'node_modules/solc/package.json'), 'utf8')]))
  const cached = await readCache(key)
  if (cached) {
    if (!quiet) console.error(`contracts: unchanged (${Object.keys(cached).length} artifacts)`)
    return cached
  }
  const artifacts = await compileAll(sources)
  for (const [name, calls] of Object.entries(LED_ON)) artifacts[name].abi.push(...artifacts[calls.name].abi)
  await mkdir(OUT, { recursive: true })
  const names = Object.keys(artifacts)
  for (const name of names) await replace(`${name}.json`, JSON.stringify(artifacts[name], null, 1) + '\n')
  for (const file of await readdir(OUT)) {
    if (file.endsWith('.json') && !names.includes(file.slice(0, -5))) await rm(join(OUT, file))
  }
  // Last, so that a build that was cut short is done again.
  await replace('.cache', JSON.stringify({ key, names }))
  if (!quiet) console.error(`contracts: ${names.length} artifacts in ${Math.round(performance.now() - started)} ms`)
  return artifacts
}

/** Compiles everything with the common settings but the files that have their own (where others import them, along with those). Two threads share it. */
async function compileAll (sources) {
  const own = Object.keys(OWN_SETTINGS)
  const common = {}
  for (const path of Object.keys(sources)) if (!own.includes(path)) withImports(path, sources, common)
  const [artifacts, ...others] = await Promise.all([
    compileBeside([[common, SETTINGS]]),
    compileBeside(own.map(path => [withImports(path, sources), OWN_SETTINGS[path], path]))
  ]).then(threads => threads.flat())
  own.forEach((path, place) => {
    // What it imports is compiled along; only its own contract counts.
    const name = basename(path, '.sol')
    artifacts[name] = others[place][name]
  })
  return artifacts
}

/** What `compile` returns for each of these lists of arguments, from a thread of its own. */
function compileBeside (jobs) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL(import.meta.url), { workerData: jobs })
    worker.once('message', resolve).once('error', reject)
  })
}

/** The file and, over all steps, what it imports of ours. @param {string} path @param {Record<string, { content: string }>} sources */
export function withImports (path, sources, found = {}) {
  if (found[path] !== undefined || sources[path] === undefined) return found
  found[path] = sources[path]
  for (const [, target] of sources[path].content.matchAll(/^import [^;]*"(\.[^"]+)";/gms)) {
    withImports(posix.join(posix.dirname(path), target), sources, found)
  }
  return found
}

/**
 * Compiles the given sources.
 * @param {Record<string, { content: string }>} sources by their path from the project's root
 * @param {object} settings solc's, without the output selection
 * @param {string} [only] the file whose contracts are wanted; without it those of all
 */
export function compile (sources, settings, only = '*') {
  const require = createRequire(import.meta.url)
  const solc = require('solc')
  const input = { language: 'Solidity', sources, settings: { ...settings, outputSelection: { [only]: { '*': OUTPUTS } } } }
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: path => resolvePackage(path, require('node:fs')) }))
  const faults = (output.errors ?? []).filter(isOurs)
  if (faults.length > 0) throw new Error(faults.map(fault => fault.formattedMessage).join('\n'))
  const artifacts = {}
  for (const [path, contracts] of Object.entries(output.contracts)) {
    for (const [contractName, contract] of Object.entries(contracts)) {
      // Libraries' names are theirs; a package's contract that nobody of ours names is of no use.
      if (!path.startsWith('contracts/') && contractName in artifacts) continue
      if (path.startsWith('contracts/') && artifacts[contractName]?.ours) throw new Error(`two contracts are called ${contractName}`)
      artifacts[contractName] = {
        contractName,
        ours: path.startsWith('contracts/'),
        abi: contract.abi,
        bytecode: '0x' + contract.evm.bytecode.object,
        deployedBytecode: '0x' + contract.evm.deployedBytecode.object,
        methodIdentifiers: contract.evm.methodIdentifiers,
        storageLayout: contract.storageLayout
      }
    }
  }
  for (const artifact of Object.values(artifacts)) delete artifact.ours
  return artifacts
}

/** All .sol files of contracts/, as solc wants them, in a fixed order. */
export async function readSources () {
  const files = await readdir(join(ROOT, 'contracts'), { recursive: true, withFileTypes: true })
  const paths = files
    .filter(file => file.isFile() && file.name.endsWith('.sol'))
    .map(file => relative(ROOT, join(file.parentPath ?? file.path, file.name)).split(sep).join('/'))
    .sort()
  const sources = {}
  for (const path of paths) sources[path] = { content: await readFile(join(ROOT, path), 'utf8') }
  return sources
}

/** Errors always count; warnings where they are about our own sources. */
function isOurs (fault) {
  return fault.severity === 'error' || fault.sourceLocation === undefined || fault.sourceLocation.file.startsWith('contracts/')
}

function resolvePackage (path, fs) {
  if (!PACKAGES.some(name => path.startsWith(name))) return { error: `not found: ${path}` }
  try {
    return { contents: fs.readFileSync(join(ROOT, 'node_modules', path), 'utf8') }
  } catch (error) {
    return { error: String(error) }
  }
}

/** Whoever reads an artifact meanwhile sees the old one or the new one. */
async function replace (file, text) {
  const path = join(OUT, file)
  await writeFile(`${path}.${process.pid}.new`, text)
  await rename(`${path}.${process.pid}.new`, path)
}

async function readCache (key) {
  try {
    const cache = JSON.parse(await readFile(join(OUT, '.cache'), 'utf8'))
    if (cache.key !== key) return undefined
    const artifacts = {}
    for (const name of cache.names) artifacts[name] = JSON.parse(await readFile(join(OUT, `${name}.json`), 'utf8'))
    return artifacts
  } catch {
    // No cache, or one that was cut short: compile.
    return undefined
  }
}

function hash (text) {
  return createHash('sha256').update(text).digest('hex')
}

if (!isMainThread) {
  parentPort.postMessage(workerData.map(job => compile(...job)))
} else if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  await buildContracts().catch(error => {
    console.error(error.message)
    process.exitCode = 1
  })
}
