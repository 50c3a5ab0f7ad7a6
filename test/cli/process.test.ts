import { execFile } from 'node:child_process'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createProgram } from '../../src/cli/program.js'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'
import { errorOf, runCli } from './run-cli.js'

const test = suite<{ folder: TemporaryFolder }>('cli/process')
test.before.each(async (context) => { context.folder = await temporaryFolder('cli') })
test.after.each(async ({ folder }) => await folder.cleanup())

const PASSWORD = { EVM_THREADS_PASSWORD: 'secret' }

test('--help shows all commands, examples and exit codes, and succeeds', async () => {
  const { code, stdout, stderr } = await runCli(['--help'])
  assert.is(code, 0)
  assert.is(stderr, '')
  for (const word of ['init', 'start', 'open', 'join', 'cancel', 'send', 'call', 'status', 'list', 'watch', 'checkpoint', 'challenge', 'respond', 'settle', 'receipts', 'redeem', 'close', 'withdraw', 'deploy', 'peers', 'evidence', 'play', 'Examples:', 'Exit codes:']) {
    assert.match(stdout, new RegExp(`\\b${word}`))
  }
})

test('each command\'s help has an example, the global options and the exit codes', () => {
  for (const command of createProgram('0').commands) {
    let text = ''
    command.configureOutput({ writeOut: (part) => { text += part } })
    command.outputHelp()
    assert.match(text, 'Example', command.name())
    assert.match(text, `evm-threads ${command.name()}`, command.name())
    assert.match(text, '--data-dir', command.name())
    assert.match(text, 'Exit codes:', command.name())
  }
})

test('an unknown command, option or a missing argument is exit code 2, as JSON with --json', async () => {
  for (const args of [['bogus'], ['list', '--bogus'], ['join'], ['open', '0x12']]) {
    const text = await runCli(args)
    assert.is(text.code, 2, args.join(' '))
    assert.is(text.stdout, '')
    assert.match(text.stderr, /^error: /)
  }
  const json = await runCli(['bogus', '--json'])
  assert.is(errorOf(json).code, 'CLI_USAGE')
})

test('init makes the key, keeps the options that were given, and refuses to do it twice', async ({ folder }) => {
  const args = ['init', '--data-dir', folder.path, '--scrypt-n', '2', '--court', `0x${'12'.repeat(20)}`, '--listen', '/ip4/127.0.0.1/tcp/0/ws', '--no-auto-respond', '--json']
  const { code, stdout, stderr } = await runCli(args, { env: PASSWORD })
  assert.is(code, 0, stderr)
  const made = JSON.parse(stdout) as { sessionKey: string, wallet: string }
  assert.is(made.sessionKey, made.wallet)
  assert.equal(JSON.parse(await readFile(join(folder.path, 'config.json'), 'utf8')), { court: `0x${'12'.repeat(20)}`, listen: ['/ip4/127.0.0.1/tcp/0/ws'], autoRespond: false })
  const key = await readFile(join(folder.path, 'key.json'), 'utf8')
  assert.is((JSON.parse(key) as { Crypto: { kdfparams: { n: number } } }).Crypto.kdfparams.n, 2)
  const again = await runCli(args, { env: PASSWORD })
  assert.is(again.code, 2)
  assert.is(errorOf(again).code, 'KEY_EXISTS')
  assert.is(await readFile(join(folder.path, 'key.json'), 'utf8'), key)
})

test('init with a wallet\'s key keeps it in a file of its own, and takes the password from a file', async ({ folder }) => {
  const at = (name: string): string => join(folder.path, name)
  await writeFile(at('password'), 'secret\n')
  await writeFile(at('hex'), `0x${'0'.repeat(63)}1\n`)
  const { code, stdout, stderr } = await runCli(['init', '--data-dir', at('data'), '--scrypt-n', '2', '--password-file', at('password'), '--wallet-key-file', at('hex')])
  assert.is(code, 0, stderr)
  assert.match(stdout, '0x7e5f4552091a69125d5dfcb7b8c2659029395bdf')
  assert.is((await stat(at('data/wallet.json'))).mode & 0o777, 0o600)
})

test('without a terminal, a file or a variable there is no password', async ({ folder }) => {
  const finished = await runCli(['init', '--data-dir', folder.path, '--json'], { stdin: '' })
  assert.is(finished.code, 2)
  assert.is(errorOf(finished).code, 'CLI_NO_PASSWORD')
})

test('an empty password makes no key, and an empty variable is no password', async ({ folder }) => {
  const init = ['init', '--data-dir', folder.path, '--scrypt-n', '2', '--json']
  assert.is(errorOf(await runCli(init, { env: { EVM_THREADS_PASSWORD: '' } })).code, 'CLI_NO_PASSWORD')
  const empty = join(folder.path, 'empty')
  await writeFile(empty, '\n')
  assert.is(errorOf(await runCli([...init, '--password-file', empty])).code, 'CLI_NO_PASSWORD')
  assert.is((await runCli(init, { env: PASSWORD })).code, 0)
})

test('a contract that is not there is exit code 2', async ({ folder }) => {
  for (const source of ['Bogus', './bogus.json']) {
    const refused = await runCli(['deploy', '--contract', source, '--data-dir', folder.path, '--json'], { env: PASSWORD })
    assert.equal([refused.code, errorOf(refused).code], [2, 'CLI_BAD_ARTIFACT'])
  }
})

test('a reader that has read enough is no error', async () => {
  const { stderr } = await runCli(['--help'], { onChild: (child) => child.stdout?.destroy() })
  assert.is(stderr, '')
})

test('the library brings what older versions of Node lack', async () => {
  const finished = await new Promise<string>((resolve, reject) => {
    const library = new URL('../../src/index.js', import.meta.url).href
    execFile(process.execPath, ['--input-type=module', '-e', `await import(${JSON.stringify(library)}); console.log(typeof Promise.withResolvers, typeof WebSocket)`], (error, stdout) => {
      if (error === null) resolve(stdout)
      else reject(error)
    })
  })
  assert.is(finished, 'function function\n')
})

test('commands without a running node say so with exit code 3, also when a crash left its file', async ({ folder }) => {
  const never = await runCli(['list', '--data-dir', folder.path, '--json'])
  assert.is(never.code, 3)
  assert.is(errorOf(never).code, 'CLI_NO_DAEMON')
  // No process has this id: Linux ends at 2^22.
  await writeFile(join(folder.path, 'rpc.json'), JSON.stringify({ url: 'ws://127.0.0.1:1', pid: 2 ** 30 }))
  await writeFile(join(folder.path, 'token'), 'x')
  assert.is(errorOf(await runCli(['list', '--data-dir', folder.path, '--json'])).code, 'CLI_NO_DAEMON')
  await writeFile(join(folder.path, 'rpc.json'), JSON.stringify({ url: 'ws://127.0.0.1:1', pid: process.pid }))
  const refused = await runCli(['list', '--data-dir', folder.path, '--json'])
  assert.is(refused.code, 3)
  assert.is(errorOf(refused).code, 'RPC_UNREACHABLE')
})

test('start without a court, without a key and with a wrong password ends with exit code 2', async ({ folder }) => {
  const start = ['start', '--data-dir', folder.path, '--json']
  assert.is(errorOf(await runCli(start, { env: PASSWORD })).code, 'CONFIG_MISSING')
  const court = ['--court', `0x${'12'.repeat(20)}`]
  assert.is(errorOf(await runCli([...start, ...court], { env: PASSWORD })).code, 'KEY_NOT_FOUND')
  await runCli(['init', '--data-dir', folder.path, '--scrypt-n', '2'], { env: PASSWORD })
  const wrong = await runCli([...start, ...court], { env: { EVM_THREADS_PASSWORD: 'Secret' } })
  assert.is(wrong.code, 2)
  assert.is(errorOf(wrong).code, 'KEY_WRONG_PASSWORD')
})

test('a node that waits for its chain ends at once on Ctrl-C', async ({ folder }) => {
  await runCli(['init', '--data-dir', folder.path, '--scrypt-n', '2'], { env: PASSWORD })
  const finished = await runCli(['start', '--data-dir', folder.path, '--court', `0x${'12'.repeat(20)}`, '--chain-url', 'http://127.0.0.1:1', '--log-json'], {
    env: PASSWORD, onChild: (child) => child.stderr?.on('data', (chunk) => { if (/CHAIN_UNAVAILABLE/.test(String(chunk))) child.kill('SIGINT') })
  })
  assert.is(finished.code, 130)
  assert.is(finished.stdout, '')
  for (const line of finished.stderr.trim().split('\n')) assert.type(JSON.parse(line), 'object')
})

test('a bad value is told with its source: flag, environment or file', async ({ folder }) => {
  const args = ['list', '--data-dir', folder.path, '--json']
  const fromEnv = errorOf(await runCli(args, { env: { EVM_THREADS_CONFIRMATIONS: '0' } }))
  assert.equal([fromEnv.code, fromEnv.data['source']], ['CONFIG_BAD_VALUE', 'EVM_THREADS_CONFIRMATIONS'])
  await writeFile(join(folder.path, 'config.json'), '{"courts": 1}')
  assert.is(errorOf(await runCli(args)).code, 'CONFIG_UNKNOWN_KEY')
  const fromFlag = errorOf(await runCli(['start', '--data-dir', join(folder.path, 'x'), '--poll-ms', '1', '--json']))
  assert.equal([fromFlag.code, fromFlag.data['source']], ['CONFIG_BAD_VALUE', '--poll-ms'])
})

test('the environment names the data directory, and the flag wins over it', async ({ folder }) => {
  const env = { EVM_THREADS_DATA_DIR: join(folder.path, 'env') }
  assert.is(errorOf(await runCli(['list', '--json'], { env })).data['dataDir'], join(folder.path, 'env'))
  assert.is(errorOf(await runCli(['list', '--json', '--data-dir', join(folder.path, 'flag')], { env })).data['dataDir'], join(folder.path, 'flag'))
})

test.run()
