import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

type Prepare = {
  isInstalled (root: string): Promise<boolean>
  pruneDist (root: string, sources: Set<string>): Promise<void>
  sourcesOf (root: string): Promise<Set<string>>
}
const { isInstalled, pruneDist, sourcesOf }: Prepare = await import(pathToFileURL(join(ROOT, 'scripts/prepare.mjs')).href)

const test = suite<{ folder: TemporaryFolder, root: string }>('prepare and run')
test.before.each(async context => {
  context.folder = await temporaryFolder('prepare')
  context.root = context.folder.path
})
test.after.each(async context => { await context.folder.cleanup() })

async function write (root: string, files: Record<string, string>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true })
    await writeFile(join(root, path), text)
  }
}

const A = { version: '1.0.0', integrity: 'sha512-a' }
const ELSEWHERE = { version: '1.0.0', optional: true, os: ['aix'], cpu: ['mips'] }

async function installedWith (root: string, wanted: object, present: object): Promise<boolean> {
  await write(root, {
    'package-lock.json': JSON.stringify({ packages: { '': {}, ...wanted } }),
    'node_modules/.package-lock.json': JSON.stringify({ packages: present })
  })
  return await isInstalled(root)
}

test('without node_modules it is not installed', async ({ root }) => {
  await write(root, { 'package-lock.json': '{"packages":{"":{}}}' })
  assert.is(await isInstalled(root), false)
})

test('it is installed when every package is there as the lock file has it', async ({ root }) => {
  assert.is(await installedWith(root, { 'node_modules/a': A }, { 'node_modules/a': A }), true)
})

test('another version is not installed', async ({ root }) => {
  assert.is(await installedWith(root, { 'node_modules/a': { ...A, version: '1.0.1' } }, { 'node_modules/a': A }), false)
})

test('other content under the same version is not installed', async ({ root }) => {
  assert.is(await installedWith(root, { 'node_modules/a': { ...A, integrity: 'sha512-b' } }, { 'node_modules/a': A }), false)
})

test('an optional package for another machine may be absent, one for this machine may not', async ({ root }) => {
  assert.is(await installedWith(root, { 'node_modules/b': ELSEWHERE }, {}), true)
  assert.is(await installedWith(root, { 'node_modules/b': { ...ELSEWHERE, os: [process.platform], cpu: [process.arch] } }, {}), false)
})

test('an install that was cut short is none', async ({ root }) => {
  await write(root, { 'package-lock.json': '{"packages":{"":{}}}', 'node_modules/.package-lock.json': '{"packa' })
  assert.is(await isInstalled(root), false)
})

test('compiled files whose source is gone are deleted, others and artifacts stay', async ({ root }) => {
  await write(root, {
    'test/here.test.ts': '',
    'dist/test/here.test.js': '', 'dist/test/here.test.d.ts': '', 'dist/test/here.test.js.map': '',
    'dist/test/gone.test.js': '', 'dist/test/gone.test.d.ts': '', 'dist/src/gone/gone.js': '',
    'dist/artifacts/Gone.json': '{}'
  })
  await pruneDist(root, await sourcesOf(root))
  assert.equal((await readdir(join(root, 'dist/test'))).sort(), ['here.test.d.ts', 'here.test.js', 'here.test.js.map'])
  assert.not.ok(existsSync(join(root, 'dist/src/gone/gone.js')))
  assert.ok(existsSync(join(root, 'dist/artifacts/Gone.json')))
})

/** run.mjs in a checkout of its own, where `check` is the given script. */
async function startRun (root: string, script: string, ...args: string[]): Promise<{ child: ChildProcess, lines: () => string[], line: (text: string) => Promise<void> }> {
  await installedWith(root, {}, {})
  await write(root, { 'package.json': '{"type":"module"}', 'scripts/check.mjs': script })
  for (const name of ['run.mjs', 'prepare.mjs']) await copyFile(join(ROOT, 'scripts', name), join(root, 'scripts', name))
  const child = spawn(process.execPath, [join(root, 'scripts/run.mjs'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  const waiting = new Map<string, () => void>()
  child.stdout?.on('data', chunk => {
    text += String(chunk)
    for (const [wanted, resolve] of waiting) if (text.includes(wanted)) resolve()
  })
  return {
    child,
    lines: () => text.trimEnd().split('\n'),
    line: async wanted => { await new Promise<void>(resolve => { text.includes(wanted) ? resolve() : waiting.set(wanted, resolve) }) }
  }
}

test('arguments pass through, the dashes of a shell are dropped, and the exit code comes back', async ({ root }) => {
  const { child, lines } = await startRun(root, 'console.log(process.argv.slice(2).join()); process.exit(7)', 'check', '--', '--json', 'x')
  const [code] = await once(child, 'close')
  assert.equal([code, lines()], [7, ['--json,x']])
})

test('SIGTERM reaches the command, whose own ending decides', async ({ root }) => {
  const { child, lines, line } = await startRun(root, "process.on('SIGTERM', () => { console.log('goodbye'); process.exit(5) }); setInterval(() => {}, 1000); console.log('ready')", 'check')
  await line('ready')
  child.kill('SIGTERM')
  const [code] = await once(child, 'close')
  assert.equal([code, lines()], [5, ['ready', 'goodbye']])
})

test('a command that a signal ends gives 128 and its number', async ({ root }) => {
  const { child } = await startRun(root, "process.kill(process.pid, 'SIGKILL')", 'check')
  const [code] = await once(child, 'close')
  assert.is(code, 137)
})

test('an unknown command is refused with 2', async ({ root }) => {
  const { child } = await startRun(root, '', 'nonsense')
  const [code] = await once(child, 'close')
  assert.is(code, 2)
})

test('the lock of a process that died is taken over, and none is left', async ({ root }) => {
  const dead = spawn(process.execPath, ['-e', '0'])
  await once(dead, 'exit')
  await write(root, { [`.build-lock/${dead.pid}`]: '' })
  const { child, lines } = await startRun(root, "console.log('ran')", 'check')
  const [code] = await once(child, 'close')
  assert.equal([code, lines()], [0, ['ran']])
  assert.not.ok((await readdir(root)).some(name => name.startsWith('.build-lock')))
})

test('the lock of a living process is waited for', async ({ root }) => {
  await write(root, { [`.build-lock/${process.pid}`]: '' })
  const { child, lines } = await startRun(root, "console.log('ran')", 'check')
  const [said] = await once(child.stderr ?? child, 'data')
  assert.match(String(said), `Process ${process.pid} is installing or building`)
  assert.equal(lines(), [''])
  child.kill('SIGKILL')
  await once(child, 'close')
})

test.run()
