/** Our own vectors, by the same way as Ethereum's, and the command itself. */
import { spawn } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startEngines } from '../../scripts/conformance/anvil-engine.js'
import { FAULTS } from '../../scripts/conformance/faults.js'
import { loadCompiler, withFault } from '../../scripts/conformance/mutants.js'

const test = suite('conformance')
const dist = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const script = join(dist, 'scripts/conformance/main.js')
const vectors = join(dirname(dist), 'test/vectors/judge')

async function conformance (...args: string[]): Promise<{ code: number | null, lines: string[] }> {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  for await (const chunk of child.stdout) text += String(chunk)
  const code = await new Promise<number | null>((resolve) => { if (child.exitCode !== null) resolve(child.exitCode); else child.on('exit', resolve) })
  return { code, lines: text.trim().split('\n') }
}

test('every own vector passes', async () => {
  const { code, lines } = await conformance(vectors, '--json', '--all')
  const summary = JSON.parse(lines.at(-1) ?? '') as { pass: number, fail: number, outOfScope: object }
  assert.equal(lines.slice(0, -1).filter((line) => (JSON.parse(line) as { verdict: string }).verdict !== 'pass'), [])
  assert.is(code, 0)
  assert.ok(summary.pass >= (await readdir(vectors)).length)
  assert.equal([summary.fail, summary.outOfScope], [0, {}])
})

test('every own vector passes before the whole judge, too: raw transaction, root and proof in, new root out', async () => {
  const { code, lines } = await conformance(vectors, '--json', '--verifier')
  const summary = JSON.parse(lines.at(-1) ?? '') as { pass: number, fail: number, outOfScope: object }
  assert.equal(lines.slice(0, -1), [])
  assert.is(code, 0)
  assert.ok(summary.pass >= (await readdir(vectors)).length)
  assert.equal([summary.fail, summary.outOfScope], [0, {}])
})

test('a fixture with another post-state fails, by name, with exit code 1', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  try {
    const whole = JSON.parse(await readFile(join(vectors, 'refunds.json'), 'utf8')) as { refunds: { post: { Cancun: { hash: string }[] } } }
    for (const post of whole.refunds.post.Cancun) post.hash = `0x${'11'.repeat(32)}`
    await writeFile(join(folder, 'changed.json'), JSON.stringify(whole))
    const { code, lines } = await conformance(folder)
    assert.is(code, 1)
    assert.match(lines[0] ?? '', /^fail {2}.*changed\.json: refunds \[data 0, gas 0, value 0\]: the reference has another post-state root/)
    assert.is(lines.at(-1), '0 pass, 1 fail')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test("the vectors pass in anvil's EVM, too, and what reverts or fails there is no pass", async () => {
  const { code, lines } = await conformance(vectors, '--json', '--anvil')
  assert.equal(lines.slice(0, -1), [])
  assert.is(code, 0)
  const engines = await startEngines()
  try {
    const reverting = await engines.engineOf(Uint8Array.of(0x5f, 0x5f, 0xfd))
    assert.equal(await reverting(new Uint8Array(4)), { reverted: true, output: new Uint8Array(), gasUsed: 0n })
    const failing = await engines.engineOf(Uint8Array.of(0xfe))
    await failing(new Uint8Array(4)).then(() => assert.unreachable(), (error: Error) => assert.match(error.message, 'the interpreter itself failed'))
  } finally {
    await engines.stop()
  }
})

test('a cap on the steps puts a case out of scope, by reason', async () => {
  const { code, lines } = await conformance(join(vectors, 'refunds.json'), join(vectors, 'arithmetic.json'), '--json', '--max-steps', '13')
  assert.is(code, 0)
  assert.equal(JSON.parse(lines.at(-1) ?? ''), { pass: 1, fail: 0, outOfScope: { 'more than 13 inner steps': 1 } })
})

test('a run that keeps its outcomes goes on where it stopped, and refuses those of another', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  try {
    const out = join(folder, 'outcomes.jsonl')
    const whole = await conformance(vectors, '--json', '--every', '9', '--out', out)
    const kept = (await readFile(out, 'utf8')).trim().split('\n')
    assert.ok(kept.length > 3)
    // The last outcome cut short, and one changed: it is believed, so it was not run again.
    const changed = (kept[1] ?? '').replace('"verdict":"pass"', '"verdict":"outOfScope","reason":"as it was kept"')
    await writeFile(out, [kept[0], changed, ...kept.slice(2, -1), kept.at(-1)?.slice(0, 20)].join('\n'))
    const { code, lines } = await conformance(vectors, '--json', '--every', '9', '--out', out)
    const [before, after] = [whole.lines, lines].map((list) => JSON.parse(list.at(-1) ?? '') as { pass: number })
    assert.is(code, 0)
    assert.equal(after, { ...before, pass: (before?.pass ?? 0) - 1, outOfScope: { 'as it was kept': 1 } })
    assert.is((await readFile(out, 'utf8')).trim().split('\n').length, kept.length)
    assert.is((await conformance(vectors, '--every', '9', '--max-steps', '13', '--out', out)).code, 2)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test('every fault that the fuzzer must find has its one place in the sources', async () => {
  const sources = await (await loadCompiler()).readSources()
  for (const fault of FAULTS) assert.not.equal(withFault(sources, fault), sources, fault.name)
})

test('a folder without a case is an error', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'conformance-'))
  try {
    assert.is((await conformance(folder)).code, 2)
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.run()
