import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { z } from 'zod'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { METHODS } from '../../src/rpc/api.js'
import { nodeEvent } from '../../src/rpc/schemas.js'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'
import { errorOf, runCli, type Finished, type RunOptions } from './run-cli.js'

const MAIN = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url))
const PASSWORD = { EVM_THREADS_PASSWORD: 'secret' }

type Ready = { readonly url: string, readonly peerId: string, readonly multiaddrs: string[], readonly sessionKey: string, readonly wallet: string }
type Daemon = { readonly ready: Ready, readonly child: ChildProcess, readonly exit: Promise<number | null>, readonly log: () => string }
type World = { readonly folder: TemporaryFolder, readonly anvil: Anvil, readonly daemons: Daemon[], readonly dir: (name: string) => string }

const test = suite<World>('cli/daemon')

test.before(async (context) => {
  const folder = await temporaryFolder('daemon')
  const anvil = await startAnvil()
  Object.assign(context, { folder, anvil, daemons: [], dir: (name: string) => join(folder.path, name) })
  await Promise.all(['alice', 'bob'].map(async (name, i) => {
    await writeFile(join(folder.path, `${name}.key`), anvil.keys[i] ?? '')
    await json(['init', '--data-dir', join(folder.path, name), '--scrypt-n', '2', '--wallet-key-file', join(folder.path, `${name}.key`),
      '--chain-url', anvil.url, '--confirmations', '1', '--poll-ms', '50', '--listen', '/ip4/127.0.0.1/tcp/0/ws'])
  }))
})

test.after(async ({ folder, anvil, daemons }) => {
  for (const { child, exit } of daemons) {
    child.kill('SIGTERM')
    await exit
  }
  await anvil.stop()
  await folder.cleanup()
})

/** Runs a command that must succeed; its data. */
async function json (args: readonly string[], options: RunOptions = {}): Promise<Record<string, unknown>> {
  const finished = await runCli([...args, '--json'], { env: PASSWORD, ...options })
  assert.is(finished.code, 0, `${args.join(' ')}: ${finished.stderr}`)
  return JSON.parse(finished.stdout) as Record<string, unknown>
}

/** Starts a daemon and waits for its first line; its exit code when it ends before that. */
async function startDaemon (world: World, name: string, args: readonly string[] = []): Promise<Daemon> {
  const child = spawn(process.execPath, [MAIN, 'start', '--data-dir', world.dir(name), '--json', ...args], { env: { ...process.env, ...PASSWORD }, stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk) => { log += String(chunk) })
  const exit = once(child, 'exit').then(([code]) => code as number | null)
  const line = await Promise.race([once(child.stdout, 'data').then(([chunk]) => String(chunk)), exit.then((code) => { throw new Error(`exit ${code}: ${log}`) })])
  const daemon = { ready: JSON.parse(line) as Ready, child, exit, log: () => log }
  world.daemons.push(daemon)
  return daemon
}

/** Runs a command until its output satisfies. */
async function until (args: readonly string[], satisfied: (data: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
  let last: Finished | undefined
  for (let i = 0; i < 60; i++) {
    last = await runCli([...args, '--json'])
    if (last.code === 0) {
      const data = JSON.parse(last.stdout) as Record<string, unknown>
      if (satisfied(data)) return data
    }
  }
  throw new Error(`never satisfied: ${args.join(' ')}: ${last?.stdout ?? ''} ${last?.stderr ?? ''}`)
}

/** What the node says is what its schemas promise: `rpc.discover` and the client's types come from them. */
function conforms (schema: z.ZodType, data: unknown): void {
  const { error } = schema.safeParse(data)
  assert.is(error, undefined, error?.message)
}

test('two daemons and a game of TicTacToe, from deploy to close, by commands alone', async (world) => {
  const alice = ['--data-dir', world.dir('alice')]
  const bob = ['--data-dir', world.dir('bob')]
  const court = await json(['deploy', ...alice])
  const code = await json(['deploy', '--contract', 'TicTacToe', ...alice])
  assert.is(code['kind'], 'code')

  const a = await startDaemon(world, 'alice', ['--court', String(court['address'])])
  const b = await startDaemon(world, 'bob', ['--court', String(court['address']), '--peer', a.ready.multiaddrs[0] ?? ''])
  const opened = await json(['open', String(code['address']), ...alice, '--player', `${b.ready.wallet}:${b.ready.sessionKey}`, '--deposit', '1ether', '--window', '60',
    '--ctor', '(address,address,uint256,uint256)', '@0', '@1', '400000000000000000', '3600'])
  const thread = String(opened['thread']).slice(0, 12)
  await until(['status', thread, ...bob], ({ phase }) => phase === 'opening')
  await json(['join', thread, ...bob])
  await until(['status', thread, ...alice], ({ head }) => head !== null)

  const watching = runCli(['watch', thread, ...alice, '--json', '--count', '12'])
  const stake = ['--value', '0.4ether']
  const first = await json(['send', thread, 'play(uint8)', '4', ...stake, ...alice])
  assert.equal([first['success'], first['final']], [true, true])
  const wrongTurn = await runCli(['send', thread, 'play', '0', '--abi', 'TicTacToe', ...alice])
  assert.is(wrongTurn.code, 4, wrongTurn.stderr)
  assert.match(wrongTurn.stdout, /REVERTED in #2.*\n  NotYourTurn\(0x/)
  await json(['send', thread, 'play(uint8)', '0', ...stake, ...bob])
  await json(['send', thread, 'play(uint8)', '3', ...alice])
  await json(['send', thread, 'play(uint8)', '1', ...bob])
  // The last move as a player makes it.
  const played = await runCli(['play', thread, ...alice], { stdin: '6\n' })
  assert.match(played.stdout, 'You have won.', played.stderr)
  const winner = await json(['call', thread, 'winner() view returns (address)', ...bob]) as { decoded: string[] }
  assert.is(winner.decoded[0]?.toLowerCase(), a.ready.wallet)

  const history = await json(['history', thread, ...bob]) as { breakpoints: { inputs: unknown[] }[] }
  assert.is(history.breakpoints.flatMap(({ inputs }) => inputs).length, 6)
  conforms(METHODS.thread_open.result, opened)
  conforms(METHODS.thread_send.result, first)
  conforms(METHODS.thread_breakpoints.result, history)
  conforms(METHODS.thread_status.result, await json(['status', thread, ...bob]))
  conforms(METHODS.thread_list.result, await json(['list', '--all', ...bob]))
  conforms(METHODS.thread_evidence.result, await json(['evidence', thread, ...bob]))
  conforms(METHODS.node_status.result, await json(['status', ...bob]))
  conforms(METHODS.node_peers.result, await json(['peers', ...bob]))
  const events = (await watching).stdout.trim().split('\n').map((line) => JSON.parse(line) as { type: string })
  for (const event of events) conforms(nodeEvent, event)
  for (const type of ['input', 'proposal', 'breakpoint']) assert.ok(events.some((event) => event.type === type), type)

  const closed = await json(['close', thread, ...alice])
  conforms(METHODS.thread_close.result, closed)
  assert.equal([closed['closed'], closed['payoutsUnits']], [true, ['1400000000000000000', '600000000000000000']])
  await until(['status', thread, ...bob], ({ phase }) => phase === 'closed')
})

test('what the node refuses is exit code 4 with the node\'s code', async ({ dir }) => {
  const unknown = await runCli(['status', '12'.repeat(32), '--data-dir', dir('alice'), '--json'])
  assert.is(unknown.code, 4)
  assert.is(errorOf(unknown).code, 'THREAD_UNKNOWN')
})

test('a second daemon on one data directory ends with exit code 6 and DATA_DIR_IN_USE', async (world) => {
  const second = await runCli(['start', '--data-dir', world.dir('alice'), '--court', `0x${'12'.repeat(20)}`, '--json'], { env: PASSWORD })
  assert.is(second.code, 6, second.stderr)
  assert.is(errorOf(second).code, 'DATA_DIR_IN_USE')
})

test('after kill -9 the commands find no node, and the next start comes up with the same threads and token', async (world) => {
  const bob = ['--data-dir', world.dir('bob')]
  const threads = async (): Promise<unknown> => {
    const list = await json(['list', '--all', ...bob]) as { threads: { thread: string, phase: string, slot: unknown }[] }
    return list.threads.map(({ thread, phase, slot }) => ({ thread, phase, slot }))
  }
  const before = await threads()
  const token = await readFile(join(world.dir('bob'), 'token'), 'utf8')
  const [, killed] = world.daemons
  killed?.child.kill('SIGKILL')
  await killed?.exit
  assert.is(errorOf(await runCli(['list', ...bob, '--json'])).code, 'CLI_NO_DAEMON')
  const court = (await json(['status', '--data-dir', world.dir('alice')]) as { chain: { court: string } }).chain.court
  await startDaemon(world, 'bob', ['--court', court])
  assert.equal(await threads(), before)
  assert.is(await readFile(join(world.dir('bob'), 'token'), 'utf8'), token)
  for (const file of ['token', 'rpc.json', 'key.json', 'wallet.json']) assert.is((await stat(join(world.dir('bob'), file))).mode & 0o777, 0o600, file)
})

test('the first signal stops a daemon gracefully, and its commands then find none', async (world) => {
  const [daemon] = world.daemons
  daemon?.child.kill('SIGINT')
  assert.is(await daemon?.exit, 0, daemon?.log())
  assert.is((await runCli(['list', '--data-dir', world.dir('alice')])).code, 3)
})

test('stop returns when the process is gone', async (world) => {
  assert.equal(await json(['stop', '--data-dir', world.dir('bob')]), { stopped: true })
  assert.is(await world.daemons.at(-1)?.exit, 0)
})

test.run()
