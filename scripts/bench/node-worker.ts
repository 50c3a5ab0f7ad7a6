/**
 * One player of a speed measurement: the real node in a process of its own, driven from within (no command line, no JSON-RPC between the players and their
 * node, as a program that embeds the library would do it). Talks to its parent over the process channel.
 */
import '../../src/polyfill.js'
import { mkdir } from 'node:fs/promises'
import { hexToBytes } from '../../src/protocol/bytes.js'
import { createNode, type RunningNode } from '../../src/node.js'
import type { Address, Hex, ThreadId } from '../../src/protocol/types.js'
import type { NodeEvent } from '../../src/rpc/schemas.js'
import { cellOf, type Measured } from './workload.js'

/** What the parent asks for. */
export type Command =
  | { readonly type: 'start', readonly dataDir: string, readonly key: Hex, readonly rpcUrl: string, readonly court: Address }
  | { readonly type: 'open', readonly players: readonly { wallet: Address, sessionKey: Address }[], readonly contract: Address, readonly ctorArg: Hex }
  | { readonly type: 'join', readonly thread: ThreadId }
  | { readonly type: 'ready', readonly thread: ThreadId }
  | { readonly type: 'play', readonly thread: ThreadId, readonly mode: 'turns' | 'batch', readonly me: number, readonly warmMs: number, readonly forMs: number, readonly window: number }
  | { readonly type: 'stop' }

let node: RunningNode | undefined

process.on('message', (command: Command) => {
  handle(command).then(
    result => { process.send?.({ result: result ?? null }) },
    (error: unknown) => { process.send?.({ error: error instanceof Error ? error.stack ?? error.message : String(error) }) }
  )
})
process.on('disconnect', () => { process.exit(0) })

async function handle (command: Command): Promise<unknown> {
  switch (command.type) {
    case 'start': return await start(command)
    case 'open': return await open(command)
    case 'join': return await eventually(async () => { await api().thread_join({ thread: command.thread }) })
    case 'ready': return await eventually(async () => {
      const status = await api().thread_status({ thread: command.thread })
      if (status.head === null || status.modeReason !== null) throw new Error(`not ready: ${status.modeReason ?? 'no head'}`)
    })
    case 'play': return await play(command)
    case 'stop': {
      await node?.stop()
      process.disconnect()
    }
  }
}

function api (): RunningNode['api'] {
  if (node === undefined) throw new Error('not started')
  return node.api
}

async function start (command: Command & { type: 'start' }): Promise<unknown> {
  await mkdir(command.dataDir, { recursive: true })
  const key = hexToBytes(command.key)
  node = await createNode({
    dataDir: command.dataDir, key, walletKey: key, rpcUrl: command.rpcUrl, court: command.court, confirmations: 1, pollMs: 500,
    listen: ['/ip4/127.0.0.1/tcp/0/ws'], announce: [], peers: [], observe: false, patienceSec: 30, autoRespond: true, autoClose: 'settled', log: () => {}
  })
  const { wallet, sessionKey } = await api().node_status({})
  return { wallet, sessionKey }
}

async function open (command: Command & { type: 'open' }): Promise<unknown> {
  const { thread } = await api().thread_open({
    players: command.players.map(player => ({ ...player, deposit: '1000000000000000000' })), contract: command.contract, ctorArg: command.ctorArg,
    asset: '0x0000000000000000000000000000000000000000' as Address, oracle: '0x0000000000000000000000000000000000000000' as Address, oracleFee: '0',
    windowSec: 3600, forcedMoves: 16, settlement: '0x00000000', gasLimit: 1_000_000, joinWithinSec: 3600
  })
  return { thread }
}

async function eventually (step: () => Promise<void>): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      await step()
      return
    } catch (error) {
      if (attempt > 400) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
    }
  }
}

/** Plays until the time is over; only what happens between `warmMs` and `warmMs + forMs` counts. */
async function play (command: Command & { type: 'play' }): Promise<Measured> {
  const { thread, mode, me } = command
  const sentAt = new Map<string, number>()
  const finality: number[] = []
  let transitions = 0
  let wireBytes = 0
  let counting = false
  let over = false
  let moves = 0
  let inFlight = 0

  const send = async (index: number): Promise<void> => {
    const { input } = await api().thread_send({
      thread, signature: mode === 'turns' ? 'play(uint8)' : 'playBoth(uint8)', args: [cellOf(index)], value: '0', gasLimit: 200_000, wait: 'sent', timeoutSec: 60
    })
    sentAt.set(input, performance.now())
  }
  const fill = (): void => {
    while (!over && inFlight < command.window) {
      inFlight++
      void send(moves++)
    }
  }
  const onBreakpoint = (event: NodeEvent & { type: 'breakpoint' }): void => {
    const now = performance.now()
    for (const receipt of event.inputs) {
      if (!receipt.success) throw new Error(`a move reverted: ${receipt.reason ?? ''}`)
      const at = sentAt.get(receipt.input)
      sentAt.delete(receipt.input)
      if (counting) transitions++
      if (counting && at !== undefined) finality.push(now - at)
    }
    if (counting) wireBytes += event.bytes
    if (mode === 'turns') {
      moves += event.inputs.length
      // X begins each game of nine moves, so it has two moves in a row there.
      if (!over && moves % 9 % 2 === me) void send(moves)
    } else if (me === 0) {
      inFlight -= event.inputs.length
      fill()
    }
  }
  const stop = api().subscribe(event => {
    if (event.type === 'breakpoint' && event.thread === thread) onBreakpoint(event)
  })
  if (me === 0) {
    if (mode === 'turns') await send(0)
    else fill()
  }
  await pause(command.warmMs)
  counting = true
  const from = performance.now()
  await pause(command.forMs)
  counting = false
  const elapsedMs = performance.now() - from
  over = true
  stop()
  return { transitions, elapsedMs, finalityMs: finality.sort((a, b) => a - b), wireBytes, diskBytes: 0 }
}

async function pause (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}
