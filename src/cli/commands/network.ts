/** `peers`, `connect`, `stop`, `watch`: the node and what happens in it. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Command } from 'commander'
import { ThreadsError } from '../../errors.js'
import type { NodeEvent } from '../../rpc/schemas.js'
import { act, interruption, type Context } from '../command.js'
import { isAlive, readDaemonFile } from '../daemon.js'
import { eventText } from '../text.js'
import { completeThread, parseCount } from '../values.js'

const EVENT_TYPES: readonly NodeEvent['type'][] = ['input', 'proposal', 'ack', 'breakpoint', 'chain', 'peer', 'warning', 'evidence']

/** Adds the commands. */
export function registerNetwork (program: Command): void {
  act(program.command('peers')
    .description('connected peers, with their scores and what became of their messages')
    .addHelpText('after', '\nExample:\n  evm-threads peers --json'), async (context) => {
    const result = await context.withNode(async (client) => await client.request('node_peers', {}))
    const lines = result.peers.map((peer) => `${peer.id}  score ${peer.score ?? '-'}, accepted ${peer.accepted}, ignored ${peer.ignored}, rejected ${peer.rejected}  ${peer.addresses[0] ?? ''}`)
    context.print(result, lines.length === 0 ? 'no peers' : lines.join('\n'))
  })
  act(program.command('connect')
    .description('stay connected to a peer from now on')
    .argument('<multiaddr>', 'ends in /p2p/<id>')
    .addHelpText('after', '\nExample:\n  evm-threads connect /ip4/192.0.2.7/tcp/9470/ws/p2p/16Uiu2…'), async (context, multiaddr = '') => {
    const result = await context.withNode(async (client) => await client.request('node_connect', { multiaddr }))
    context.print(result, `connecting to ${multiaddr}`)
  })
  act(program.command('stop')
    .description('stop the node of this data directory')
    .addHelpText('after', '\nExample:\n  evm-threads stop --data-dir ./alice'), async (context) => {
    const daemon = await readDaemonFile(context.config().dataDir)
    await context.withNode(async (client) => {
      await client.request('node_stop', {})
      await client.closed
    })
    if (daemon !== undefined) await untilGone(daemon.pid)
    context.print({ stopped: true }, 'stopped')
  })
  act(program.command('watch')
    .description('show what happens, live: inputs, signatures, breakpoints, the chain, peers, warnings')
    .argument('[thread]', 'id, or its beginning (default: all threads)')
    .option('--type <types>', `only these of ${EVENT_TYPES.join(', ')}; separated by commas`)
    .option('--count <n>', 'end after so many events, from 1 on', parseCount)
    .addHelpText('after', '\nWith --json: one event a line. Ends with Ctrl-C (130), or 3 when the node goes away.\n\nExamples:\n  evm-threads watch\n  evm-threads watch 3f2a --json --type breakpoint --count 1'), watch)
}

/** The connection ends before the store is closed: who starts the next node wants to know of both. @throws `CLI_STOP_TIMEOUT`. */
async function untilGone (pid: number): Promise<void> {
  for (let waitedMs = 0; isAlive(pid); waitedMs += 50) {
    if (waitedMs >= 30_000) throw new ThreadsError('CLI_STOP_TIMEOUT', `process ${pid} was asked to stop and still runs`, { data: { pid } })
    await sleep(50)
  }
}

async function watch (context: Context, thread?: string): Promise<void> {
  const types = typeof context.options['type'] === 'string' ? context.options['type'].split(',') : undefined
  const unknown = types?.find((type) => !EVENT_TYPES.includes(type as NodeEvent['type']))
  if (unknown !== undefined) throw new ThreadsError('CLI_BAD_OPTIONS', `no events of type "${unknown}"; there are ${EVENT_TYPES.join(', ')}`, { data: { type: unknown } })
  let left = (context.options['count'] as number | undefined) ?? Number.POSITIVE_INFINITY
  if (left === 0) throw new ThreadsError('CLI_BAD_NUMBER', '--count is 1 or more')
  const interrupted = interruption()
  try {
    await context.withNode(async (client) => {
      const params = thread === undefined ? {} : { thread: await completeThread(client, thread) }
      const enough = Promise.withResolvers<void>()
      await client.subscribe(params, (event: NodeEvent) => {
        if (left <= 0 || (types !== undefined && !types.includes(event.type))) return
        context.print(event, eventText(event))
        left -= 1
        if (left <= 0) enough.resolve()
      })
      const goneAway = client.closed.then(() => { throw new ThreadsError('RPC_CLOSED', 'the node went away') })
      // Closing at the end makes it reject too; by then nobody asks.
      goneAway.catch(() => undefined)
      await Promise.race([enough.promise, goneAway, interrupted.promise])
    })
  } finally {
    interrupted.dispose()
  }
}
