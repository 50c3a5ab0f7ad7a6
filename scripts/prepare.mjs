/**
 * Brings a checkout to where its commands can run: packages installed, contracts and TypeScript compiled, nothing stale in dist/.
 * Does only what is missing, one process at a time. Plain JavaScript, because it runs before anything is installed.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, readdir, rename, rm, rmdir, writeFile } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

/** Folders whose TypeScript is compiled into the same place below dist/ (tsconfig.json's `include`). */
const SOURCES = ['src', 'scripts', 'test']

/** @param {string} root the checkout @param {'install' | 'build'} needs how far to go */
export async function prepare (root, needs) {
  await underLock(root, async () => {
    if (!await isInstalled(root)) await install(root)
    if (needs === 'build') {
      await buildContracts(root)
      await buildTypeScript(root)
    }
  })
}

/** Deletes what was built. @param {string} root */
export async function clean (root) {
  await underLock(root, async () => { await rm(join(root, 'dist'), { recursive: true, force: true }) })
}

// ---------------------------------------------------------------- packages

/**
 * Whether node_modules holds what package-lock.json asks for. npm writes node_modules/.package-lock.json last, so an install that
 * was interrupted does not count, and one that the user made by hand does.
 * @param {string} root
 */
export async function isInstalled (root) {
  const wanted = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')).packages
  let present
  try {
    present = JSON.parse(await readFile(join(root, 'node_modules/.package-lock.json'), 'utf8')).packages
  } catch (error) {
    if (error.code === 'ENOENT' || error instanceof SyntaxError) return false
    throw error
  }
  return Object.entries(wanted).every(([path, entry]) => {
    if (path === '' || entry.link === true) return true
    if (present[path] === undefined) return entry.optional === true && !fitsMachine(entry)
    return present[path].version === entry.version && (entry.integrity === undefined || present[path].integrity === entry.integrity)
  })
}

function fitsMachine ({ os, cpu, libc }) {
  const allows = (list, value) => list === undefined || (list.includes(value) && !list.includes(`!${value}`)) ||
    (list.every(item => item.startsWith('!')) && !list.includes(`!${value}`))
  // Which libc this is cannot be told simply: such a package may be absent.
  return allows(os, process.platform) && allows(cpu, process.arch) && libc === undefined
}

async function install (root) {
  say('Installing packages (npm ci) …')
  // Under npm, the npm that called us; else the one on the path.
  const npmScript = process.env.npm_execpath
  const npm = npmScript !== undefined && basename(npmScript).startsWith('npm-cli')
    ? [process.execPath, npmScript]
    : [process.platform === 'win32' ? 'npm.cmd' : 'npm']
  // The compiler and the chain are development and optional packages: NODE_ENV=production must not leave them out.
  const code = await run(root, [...npm, 'ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'])
  if (code !== 0) throw expected(`npm ci failed with exit code ${code}: the packages could not be installed (its output is above).`)
}

// ---------------------------------------------------------------- building

async function buildContracts (root) {
  const script = join(root, 'scripts/contracts.mjs')
  const { buildContracts } = await import(pathToFileURL(script).href)
  try {
    await buildContracts()
  } catch (error) {
    throw expected(`The contracts do not compile: ${error.message}`)
  }
}

async function buildTypeScript (root) {
  const sources = await sourcesOf(root)
  await pruneDist(root, sources)
  // The compiler believes its notes, not the folder: without them it writes all files again.
  const complete = [...sources].every(source => existsSync(join(root, 'dist', `${source}.js`)))
  if (!complete) await rm(join(root, 'dist/.tsbuildinfo'), { force: true })
  const code = await run(root, [process.execPath, join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'])
  if (code !== 0) throw expected('The TypeScript sources do not compile (errors above).')
}

/** Deletes compiled files whose source is gone: a deleted test must not go on passing. @param {string} root @param {Set<string>} sources */
export async function pruneDist (root, sources) {
  const dist = join(root, 'dist')
  for (const folder of SOURCES) {
    for (const file of await filesBelow(join(dist, folder))) {
      const source = relative(dist, file).split(sep).join('/').replace(/(\.d\.ts|\.js|\.js\.map)$/, '')
      if (!sources.has(source)) await rm(file)
    }
  }
}

/** Paths without `.ts` of all sources, from the checkout's root, with forward slashes. @param {string} root */
export async function sourcesOf (root) {
  const sources = new Set()
  for (const folder of SOURCES) {
    for (const file of await filesBelow(join(root, folder))) {
      if (file.endsWith('.ts') && !file.endsWith('.d.ts')) sources.add(relative(root, file).split(sep).join('/').slice(0, -3))
    }
  }
  return sources
}

async function filesBelow (folder) {
  if (!existsSync(folder)) return []
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath ?? entry.path, entry.name))
}

// ---------------------------------------------------------------- one at a time

/**
 * Runs `work` while no other process of this checkout does. The lock is a folder, made atomically; its only entry is named after
 * the owner's process id, so that a lock whose owner died can be told and taken away.
 */
async function underLock (root, work) {
  const lock = join(root, '.build-lock')
  // Made beside and renamed into place: a lock is never seen without its owner. (A folder cannot be renamed onto a full one.)
  const mine = `${lock}-${process.pid}`
  await mkdir(mine, { recursive: true })
  await writeFile(join(mine, String(process.pid)), '')
  let told = false
  try {
    while (!await take(mine, lock)) {
      const [owner] = await readdir(lock).catch(() => [])
      if (owner !== undefined && !isAlive(Number(owner))) {
        await rm(join(lock, owner), { force: true }) // the owner's entry, by name: a new owner's is not touched
        await rmdir(lock).catch(() => undefined) // somebody else took it in between
        continue
      }
      if (!told) say(`Process ${owner} is installing or building; waiting for it. (If that is not so, delete ${lock}.)`)
      told = true
      await sleep(200)
    }
    await work()
  } finally {
    await rm(mine, { recursive: true, force: true })
    if (existsSync(join(lock, String(process.pid)))) await rm(lock, { recursive: true, force: true })
  }
}

async function take (mine, lock) {
  try {
    await rename(mine, lock)
    return true
  } catch (error) {
    if (error.code === 'ENOTEMPTY' || error.code === 'EEXIST' || error.code === 'EPERM') return false
    throw error
  }
}

function isAlive (pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

/** Runs a command whose output goes to stderr: stdout belongs to the command that the user asked for. */
async function run (root, [command, ...args]) {
  return await new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, stdio: ['ignore', 2, 2], shell: command.endsWith('.cmd') })
    child.on('error', error => { reject(expected(`${command} could not be started: ${error.message}`)) })
    child.on('exit', code => { resolve(code ?? 1) })
  })
}

function say (text) {
  process.stderr.write(`${text}\n`)
}

/** An error whose message is all that the user needs. */
function expected (message) {
  return Object.assign(new Error(message), { expected: true })
}
