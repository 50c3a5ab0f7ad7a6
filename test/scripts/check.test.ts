// time limit: 120 s
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'

const ROOT = dirname(dirname(dirname(dirname(fileURLToPath(import.meta.url)))))

async function check (...args: string[]): Promise<{ code: number, text: string }> {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/check.mjs'), ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', chunk => { text += String(chunk) })
  const [code] = await once(child, 'close')
  return { code: Number(code), text }
}

const rules = suite('rules of the source')
for (const rule of ['types', 'imports', 'habits', 'documentation', 'error-codes', 'repository']) {
  rules(`the sources keep the rule: ${rule}`, async () => {
    const { code, text } = await check(rule)
    assert.is(code, 0, text)
  })
}
rules.run()

/** A project that breaks every rule once, so that a rule that sees nothing is seen. */
const BROKEN: Record<string, string> = {
  'tsconfig.json': '{"compilerOptions":{"module":"nodenext","target":"es2022","strict":true,"noEmit":true,"types":[]},"include":["src","test"]}',
  'package-lock.json': '{"packages":{"":{},"node_modules/x":{"version":"1.0.0","resolved":"https://registry.example/x.tgz"}}}',
  'README.md': `| code | meaning |\n|---|---|\n| \`ROOM_LISTED\` | … |\n| \`ROOM_STALE\` | … |\n\nRuns in ${'/home'}/somebody/project.\n`,
  'src/errors.ts': '/** … */\nexport class ThreadsError extends Error { constructor (readonly code: string, message: string) { super(message) } }\n',
  'src/protocol/up.ts': "import { run } from '../machine/run.js'\n/** … */\nexport const up = run\n",
  'src/machine/run.ts': "/** … */\nexport const run: any = 1\n",
  'src/thread/ports.ts': '/** … */\nexport type Port = { a: number }\n/** … */\nexport const PORT = 1\n',
  'src/store/level.ts': "import { PORT } from '../thread/ports.js'\nimport { follow } from '../chain/follow.js'\n/** … */\nexport const level = [PORT, follow]\n",
  'src/chain/follow.ts': "export * from '../thread/ports.js'\n/** … */\nexport const follow = Date.now()\n",
  'src/state/a.ts': "import { b } from './b.js'\nexport const a: number = b\nexport function c () { throw new Error('x') }\n",
  'src/state/b.ts': "import { a } from './a.js'\n/** … */\nexport const b: number = a\n/** … */\nexport function d () { try { c() } catch {} }\n",
  'src/state/codes.ts': `import { ThreadsError } from '../errors.js'
type Codes = 'ROOM_UNION_ONE' | 'ROOM_UNION_TWO'
function fail (code: string) { throw new ThreadsError(code, '') }
function other (code: Codes) { return new ThreadsError(code, '') }
/** … */
export function use (x: boolean) { fail('ROOM_HANDED'); other('ROOM_UNION_ONE'); throw new ThreadsError(x ? 'ROOM_LISTED' : 'ROOM_CHOSEN', '') }
`,
  'test/a.test.ts': "import { a } from '../src/state/a.js'\nconst test = { only (title: string) { return [title, a]! } }\ntest.only('.skip( in a text is no call')\n// @ts-ignore\nconst n: number = 'x'\n"
}

const broken = suite<{ folder: TemporaryFolder, text: string, code: number }>('a project that breaks them')
broken.before(async context => {
  context.folder = await temporaryFolder('check')
  for (const [path, text] of Object.entries(BROKEN)) {
    await mkdir(dirname(join(context.folder.path, path)), { recursive: true })
    await writeFile(join(context.folder.path, path), text)
  }
  Object.assign(context, await check('--root', context.folder.path))
})
broken.after(async context => { await context.folder.cleanup() })

const EXPECTED: Record<string, string> = {
  'a type error is told': 'src/state/b.ts:5 TS2304',
  'an import against the direction is told': 'src/protocol/up.ts:1 protocol must not import src/machine/run.ts',
  'a room at the rim that imports another is told': 'src/store/level.ts:2 store must not import src/chain/follow.ts',
  'a value taken from the ports is told': 'src/store/level.ts:1 imports more than types from the ports',
  'a barrel is told': 'src/chain/follow.ts:1 re-exports another file',
  'a ring is told': 'is part of a ring: src/state/a.ts → src/state/b.ts → src/state/a.ts',
  'any is told': 'src/machine/run.ts:2 uses `any`',
  'a non-null assertion is told': 'test/a.test.ts:2 asserts with `!`',
  'an error without a code is told': 'src/state/a.ts:3 throws an error without a code',
  'an empty catch is told': 'src/state/b.ts:5 has an empty catch',
  'an ambient clock is told': 'src/chain/follow.ts:3 uses Date.now',
  'a silenced compiler is told': 'test/a.test.ts:4 silences the compiler',
  'a test run alone is told': 'test/a.test.ts:3 calls .only()',
  'an exported name without a doc comment is told': 'src/state/a.ts:2 a is exported without a doc comment',
  'a code chosen by a condition and without a row is told': 'throws ROOM_CHOSEN, which has no row',
  'a code handed to a function and without a row is told': 'throws ROOM_HANDED, which has no row',
  'a code of a union and without a row is told': 'throws ROOM_UNION_TWO, which has no row',
  'a row that nothing throws is told': 'README.md:4 describes ROOM_STALE, which nothing throws',
  'a path of one machine is told': 'README.md:6 names a path of one machine',
  'the address of a registry is told': 'node_modules/x has `resolved`'
}
for (const [title, line] of Object.entries(EXPECTED)) {
  broken(title, ({ text }) => { assert.ok(text.includes(line), `expected “${line}” in:\n${text}`) })
}
broken('nothing else is told, and the exit code is 1', ({ text, code }) => {
  assert.not.match(text, 'ROOM_LISTED')
  assert.not.match(text, '.skip()')
  assert.is(code, 1)
})
broken.run()
