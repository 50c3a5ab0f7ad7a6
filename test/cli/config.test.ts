import { mkdir, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { defaultDataDir, envName, OPTIONS, resolveConfig, type OptionName } from '../../src/config.js'
import { hasCode } from '../../src/errors.js'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'

const test = suite<{ folder: TemporaryFolder }>('config')
test.before.each(async (context) => { context.folder = await temporaryFolder('config') })
test.after.each(async ({ folder }) => await folder.cleanup())

const COURT = `0x${'aB'.repeat(20)}`
const throwsCode = (run: () => unknown, code: string): void => assert.throws(run, (error: unknown) => hasCode(error, code))
const keep = async (folder: TemporaryFolder, content: unknown): Promise<void> =>
  await writeFile(join(folder.path, 'config.json'), typeof content === 'string' ? content : JSON.stringify(content))

test('without any source every option has its default, and every default passes its own rule', ({ folder }) => {
  const config = resolveConfig({ dataDir: folder.path }, {})
  assert.is(config.court, undefined)
  for (const name of Object.keys(OPTIONS) as OptionName[]) {
    const { kind, fallback } = OPTIONS[name]
    assert.equal(config[name], fallback)
    if (fallback !== undefined) assert.equal(kind.parse(fallback), fallback, name)
  }
})

test('a flag wins over the environment, the environment over the file, the file over the default', async ({ folder }) => {
  await keep(folder, { confirmations: 5, pollMs: 500, patienceSec: 9 })
  const env = { EVM_THREADS_CONFIRMATIONS: '6', EVM_THREADS_POLL_MS: '600' }
  const config = resolveConfig({ dataDir: folder.path, confirmations: '7' }, env)
  assert.equal([config.confirmations, config.pollMs, config.patienceSec, config.rpcPort], [7, 600, 9, 0])
})

test('lists come repeated, separated by commas, or as an array', async ({ folder }) => {
  const at = '/ip4/127.0.0.1/tcp/1/ws'
  await keep(folder, { peers: [at], announce: [at] })
  const config = resolveConfig({ dataDir: folder.path, listen: [at, at] }, { EVM_THREADS_PEER: `${at}, ${at}` })
  assert.equal([config.listen.length, config.peers.length, config.announce.length], [2, 2, 1])
})

test('an address is lower-cased, and an empty environment variable counts as unset', ({ folder }) => {
  const config = resolveConfig({ dataDir: folder.path }, { EVM_THREADS_COURT: COURT, EVM_THREADS_POLL_MS: '' })
  assert.is(config.court, COURT.toLowerCase())
  assert.is(config.pollMs, 1000)
})

test('a value out of its range is refused with the source that gave it', async ({ folder }) => {
  const dataDir = folder.path
  throwsCode(() => resolveConfig({ dataDir, confirmations: '-1' }, {}), 'CONFIG_BAD_VALUE')
  throwsCode(() => resolveConfig({ dataDir, chainUrl: 'ws://127.0.0.1' }, {}), 'CONFIG_BAD_VALUE')
  throwsCode(() => resolveConfig({ dataDir, scryptN: '1000' }, {}), 'CONFIG_BAD_VALUE')
  throwsCode(() => resolveConfig({ dataDir, autoClose: 'maybe' }, {}), 'CONFIG_BAD_VALUE')
  throwsCode(() => resolveConfig({ dataDir }, { EVM_THREADS_OBSERVE: 'perhaps' }), 'CONFIG_BAD_VALUE')
  await keep(folder, { court: '0x12' })
  assert.throws(() => resolveConfig({ dataDir }, {}), (error: Error) => /"court" in config\.json/.test(error.message))
})

test('an unknown key in the file, a file that is not JSON and one that is no object are refused', async ({ folder }) => {
  const dataDir = folder.path
  await keep(folder, { pollMS: 5 })
  throwsCode(() => resolveConfig({ dataDir }, {}), 'CONFIG_UNKNOWN_KEY')
  await keep(folder, '{"pollMs": 5')
  throwsCode(() => resolveConfig({ dataDir }, {}), 'CONFIG_UNREADABLE')
  await keep(folder, '[]')
  throwsCode(() => resolveConfig({ dataDir }, {}), 'CONFIG_UNREADABLE')
  await mkdir(join(folder.path, 'x', 'config.json'), { recursive: true })
  throwsCode(() => resolveConfig({ dataDir: join(folder.path, 'x') }, {}), 'CONFIG_UNREADABLE')
})

test('the data directory is the flag\'s, the environment\'s, XDG\'s, or in the home folder', () => {
  assert.is(resolveConfig({ dataDir: '/a' }, { EVM_THREADS_DATA_DIR: '/b' }).dataDir, '/a')
  assert.is(resolveConfig({}, { EVM_THREADS_DATA_DIR: '/b' }).dataDir, '/b')
  assert.is(defaultDataDir({ XDG_DATA_HOME: '/x' }), '/x/evm-threads')
  assert.is(defaultDataDir({ XDG_DATA_HOME: 'relative' }), join(homedir(), '.evm-threads'))
  assert.is(defaultDataDir({}), join(homedir(), '.evm-threads'))
})

test('environment variables are named after the flags', () => {
  assert.is(envName('rpcAllowHosts'), 'EVM_THREADS_RPC_ALLOW_HOST')
  assert.is(envName('dataDir'), 'EVM_THREADS_DATA_DIR')
})

test.run()
