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
import { cellOf, cpuMs, type Measured } from './workload.js'

/** What the parent asks for. */
export type Command =
  | { readonly type: 'start', readonly dataDir: string, readonly key: Hex, readonly rpcUrl: string, readonly court: Address }
  | { readonly type: 'open', readonly players: readonly { wallet: Address, sessionKey: Address }[], readonly contract: Address, readonly ctorArg: Hex }
  | { readonly type: 'join', readonly thread: ThreadId }
  | { readonly type: 'ready', readonly thread: ThreadId }
  | { readonly type: 'play', readonly thread: ThreadId, readonly mode: 'turns' | 'batch', readonly me: number, readonly settleMs: number, readonly forMs: number, readonly window: number }
  | { readonly type: 'stop' }

let node: RunningNode | undefined
let player: Player | undefined

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
    case 'play': {
      player ??= new Player(command)
      return await player.play(command.settleMs, command.forMs)
    }
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
    listen: ['/ip4/127.0.0.1/tcp/0/ws'], announce: [], peers: [], observe: false, keepLoaded: 32, patienceSec: 30, autoRespond: true, autoDispute: false, disputeAfterSec: 300, moverPatienceSec: 3_600,
    forceTimeout: undefined, useOracle: false, maxOracleFeeWei: 0n, autoClose: 'settled', log: () => {}
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

/** A player of one thread, slice by slice: who is to move when a slice ends goes on when the next begins. */
class Player {
  readonly #thread: ThreadId
  readonly #mode: 'turns' | 'batch'
  readonly #me: number
  readonly #window: number
  readonly #sentAt = new Map<string, number>()
  /** Moves made so far: by both in turns, sent by this player in batches. */
  #moves = 0
  #inFlight = 0
  #playing = false
  #counting = false
  #total = 0
  #transitions = 0
  #wireBytes = 0
  #finality: number[] = []
  #fault: unknown

  constructor ({ thread, mode, me, window }: Command & { type: 'play' }) {
    this.#thread = thread
    this.#mode = mode
    this.#me = me
    this.#window = window
    api().subscribe(event => {
      if (event.type === 'breakpoint' && event.thread === thread) this.#onBreakpoint(event)
    })
  }

  /** One slice: only what happens in its last `forMs` counts. */
  async play (settleMs: number, forMs: number): Promise<Measured> {
    this.#playing = true
    this.#goOn()
    await pause(settleMs)
    this.#counting = true
    const [from, cpuFrom] = [performance.now(), cpuMs()]
    await pause(forMs)
    const measured = {
      transitions: this.#transitions, elapsedMs: performance.now() - from, finalityMs: this.#finality, wireBytes: this.#wireBytes, cpuMs: cpuMs() - cpuFrom, total: this.#total
    }
    this.#counting = this.#playing = false
    this.#transitions = this.#wireBytes = 0
    this.#finality = []
    if (this.#fault !== undefined) throw this.#fault
    return measured
  }

  #goOn (): void {
    if (!this.#playing) return
    if (this.#mode === 'batch') {
      while (this.#me === 0 && this.#inFlight < this.#window) this.#send()
    // X begins each game of nine moves, so it has two moves in a row there.
    } else if (this.#inFlight === 0 && this.#moves % 9 % 2 === this.#me) this.#send()
  }

  #send (): void {
    this.#inFlight++
    const cell = cellOf(this.#mode === 'turns' ? this.#moves : this.#moves++)
    const signature = this.#mode === 'turns' ? 'play(uint8)' : 'playBoth(uint8)'
    api().thread_send({ thread: this.#thread, signature, args: [cell], value: '0', gasLimit: 200_000, wait: 'sent', timeoutSec: 60 })
      .then(({ input }) => { this.#sentAt.set(input, performance.now()) }, (error: unknown) => { this.#fault ??= error })
  }

  #onBreakpoint (event: NodeEvent & { type: 'breakpoint' }): void {
    const now = performance.now()
    for (const receipt of event.inputs) {
      if (!receipt.success) this.#fault ??= new Error(`a move reverted: ${receipt.reason ?? ''}`)
      const at = this.#sentAt.get(receipt.input)
      this.#sentAt.delete(receipt.input)
      if (at !== undefined) this.#inFlight--
      if (this.#counting && at !== undefined) this.#finality.push(now - at)
    }
    const count = event.inputs.length
    this.#total += count
    if (this.#mode === 'turns') this.#moves += count
    if (this.#counting) {
      this.#transitions += count
      this.#wireBytes += event.bytes
    }
    this.#goOn()
  }
}

async function pause (ms: number): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, ms))
}
