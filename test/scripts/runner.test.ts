// time limit: 120 s
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, stat, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { runFile, statedLimitMs, type FileResult, type RunFileOptions } from '../../scripts/test/run-file.js'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'

const DIST = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const test = suite<{ folder: TemporaryFolder }>('test runner')

test.before(async context => {
  context.folder = await temporaryFolder('runner')
  // The written files import uvu, which Node looks for upwards from where they are.
  await symlink(join(dirname(DIST), 'node_modules'), join(context.folder.path, 'node_modules'))
  await writeFile(join(context.folder.path, 'package.json'), '{"type":"module"}')
})
test.after(async context => { await context.folder.cleanup() })

let written = 0
const HEAD = "import { suite } from 'uvu'\nimport * as assert from 'uvu/assert'\nconst test = suite('x')\n"

async function run (context: { folder: TemporaryFolder }, body: string, options?: RunFileOptions): Promise<FileResult> {
  const file = join(context.folder.path, `${written++}.test.js`)
  await writeFile(file, HEAD + body)
  return await runFile(file, options)
}

function assertFailed (result: FileResult, problem: RegExp): void {
  assert.ok(result.failed > 0, `counted as passed: ${result.output}`)
  assert.match(result.problem ?? '', problem)
}

test('a file whose tests all pass passes, with their number', async context => {
  const result = await run(context, "test('a', () => {}); test('b', () => {}); test.run()")
  assert.is(result.problem, undefined, result.output)
  assert.equal([result.passed, result.failed], [2, 0])
})

test('several suites in one file are added up', async context => {
  const result = await run(context, "test('a', () => {}); test.run(); const other = suite('y'); other('b', () => {}); other.run()")
  assert.equal([result.passed, result.failed, result.problem], [2, 0, undefined])
})

test('a failing assertion fails, and only its own test', async context => {
  const result = await run(context, "test('a', () => assert.is(1, 2)); test('b', () => {}); test.run()")
  assertFailed(result, /1 of 2 failed/)
  assert.equal([result.passed, result.failed], [1, 1])
  assert.match(result.output, 'Expected values to be strictly equal')
})

test('a rejected promise fails', async context => {
  const result = await run(context, "test('a', async () => { throw new Error('no') }); test.run()")
  assert.equal([result.passed, result.failed], [0, 1])
})

for (const hook of ['before', 'after', 'before.each', 'after.each']) {
  test(`a ${hook} hook that throws fails`, async context => {
    const result = await run(context, `test.${hook}(() => { throw new Error('hook') }); test('a', () => {}); test.run()`)
    assert.ok(result.failed > 0, result.output)
    assert.ok(result.problem !== undefined)
  })
}

test('a forgotten run() fails', async context => {
  assertFailed(await run(context, "test('a', () => {})"), /without a summary|never run/)
})

test('a forgotten run() beside a suite that runs fails', async context => {
  const result = await run(context, "test('a', () => {}); test.run(); const other = suite('y'); other('b', () => {})")
  assertFailed(result, /`other` is never run/)
})

test('a file without a test fails', async context => {
  assertFailed(await run(context, 'test.run()'), /ran no test/)
})

test('a file that needs a program which is not there has neither passed nor failed; only one that states the need, and ran nothing', async context => {
  const absent = await run(context, "// needs: geth\nconsole.log('not run: no geth'); test.run()")
  assert.equal([absent.passed, absent.failed, absent.notRun, absent.problem], [0, 0, 'no geth', undefined])
  assertFailed(await run(context, "console.log('not run: no geth'); test.run()"), /ran no test/)
  assertFailed(await run(context, "// needs: geth\ntest.run()"), /ran no test/)
  assertFailed(await run(context, "// needs: geth\nconsole.log('not run: no geth'); test('a', () => assert.is(1, 2)); test.run()"), /1 of 1 failed/)
})

test('a skipped test fails', async context => {
  assertFailed(await run(context, "test('a', () => {}); test.skip('b', () => {}); test.run()"), /1 skipped/)
})

test('a test that is run alone with only() fails, for the others did not run', async context => {
  assertFailed(await run(context, "test('a', () => {}); test.only('b', () => {}); test.run()"), /skipped/)
})

test('an exit in the middle of a test fails, exit code 0 or not', async context => {
  assertFailed(await run(context, "test('a', () => { process.exit(0) }); test.run()"), /exit code|without a summary/)
})

test('an exit code other than 0 after all tests passed fails', async context => {
  assertFailed(await run(context, "test('a', () => {}); test.run(); process.on('exit', () => { process.exitCode = 3 })"), /exit code was 3/)
})

test('an error outside of any test fails', async context => {
  const result = await run(context, "test('a', () => {}); test.run(); setTimeout(() => { throw new Error('late') }, 100)")
  assertFailed(result, /exit code/)
  assert.is(result.failed, 1)
})

test('a file that does not compile fails', async context => {
  assertFailed(await run(context, 'const const'), /exit code/)
})

test('a file killed by a signal fails', async context => {
  assertFailed(await run(context, "test('a', () => { process.kill(process.pid, 'SIGKILL') }); test.run()"), /SIGKILL/)
})

test('a test that never ends is ended at the time limit', async context => {
  const result = await run(context, "test('a', () => new Promise(resolve => setTimeout(resolve, 60_000))); test.run()", { timeLimitMs: 700 })
  assertFailed(result, /time limit of 0.7 s/)
  assert.ok(result.durationMs < 20_000)
})

test('a loop that never yields is ended at the time limit', async context => {
  assertFailed(await run(context, "test('a', () => { for (;;); }); test.run()", { timeLimitMs: 700 }), /time limit/)
})

test('a leaked timer fails soon after the last test', async context => {
  const result = await run(context, "test('a', () => {}); test.run(); setInterval(() => {}, 1000)", { lingerMs: 300 })
  assertFailed(result, /kept it alive/)
  assert.equal([result.passed, result.failed], [1, 1])
})

test('a process left running fails, and is ended', async context => {
  const result = await run(context, `
    import { spawn } from 'node:child_process'
    test('a', () => {
      const child = spawn(process.execPath, ['-e', 'setInterval(() => fs.appendFileSync(process.argv[1], "."), 20)', import.meta.filename + '.log'], { stdio: 'ignore' })
      child.unref()
    })
    test.run()`)
  assertFailed(result, /left processes/)
  const log = `${result.file}.log`
  await setTimeout(50) // the last line may be under way
  const { size } = await stat(log)
  await setTimeout(150)
  assert.is((await stat(log)).size, size, 'it still writes')
})

test('a process that was ended in time is no reason to fail', async context => {
  const result = await run(context, `
    import { spawn } from 'node:child_process'
    test('a', () => {
      const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)'], { stdio: 'ignore' })
      child.unref()
      child.kill('SIGKILL')
    })
    test.run()`)
  assert.is(result.problem, undefined)
})

test('a file states its own time limit', () => {
  assert.is(statedLimitMs('// time limit: 300 s\nimport x'), 300_000)
  assert.is(statedLimitMs('import x'), undefined)
})

test('the whole run fails and says how many, when one file fails', async context => {
  const { code, lines } = await runMain(context, { 'good.test.js': "test('a', () => {}); test.run()", 'bad.test.js': "throw new Error('crash')" })
  assert.is(code, 1)
  assert.is(lines.at(-1), '1 passed, 1 failed')
})

test('the whole run passes when all do, and names choose files', async context => {
  const files = { 'room/good.test.js': "test('a', () => {}); test('b', () => {}); test.run()", 'bad.test.js': "throw new Error('crash')" }
  const { code, lines } = await runMain(context, files, 'test/room/good.test.ts')
  assert.equal([code, lines.at(-1)], [0, '2 passed, 0 failed'], lines.join('\n'))
})

test('names that choose no file fail', async context => {
  const { code, lines } = await runMain(context, { 'good.test.js': "test('a', () => {}); test.run()" }, 'nothing')
  assert.equal([code, lines.at(-1)], [1, '0 passed, 1 failed'])
})

test('--json gives a line for each file and one for all', async context => {
  const { lines } = await runMain(context, { 'good.test.js': "test('a', () => {}); test.run()" }, '--json')
  assert.equal(lines.map(line => JSON.parse(line).passed), [1, 1])
})

async function runMain (context: { folder: TemporaryFolder }, files: Record<string, string>, ...args: string[]) {
  const dist = join(context.folder.path, `dist-${written++}`)
  for (const [name, body] of Object.entries(files)) {
    const file = join(dist, 'test', name)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, HEAD + body)
  }
  const child = spawn(process.execPath, [join(DIST, 'scripts/test/main.js'), '--dist', dist, ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
  let text = ''
  child.stdout.on('data', chunk => { text += String(chunk) })
  const [code] = await once(child, 'close')
  return { code: Number(code), lines: text.trimEnd().split('\n') }
}

test.run()
