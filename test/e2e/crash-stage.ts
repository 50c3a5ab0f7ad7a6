/**
 * Two nodes that can be killed at a chosen write, a by-stander that keeps every signature it hears, and a game that is played to its end whatever
 * happens: what a patient user does who tries again.
 */
import '../../src/polyfill.js'
import { randomBytes } from 'node:crypto'
import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import { ThreadsError } from '../../src/errors.js'
import { createNetwork, type Network } from '../../src/network/network.js'
import { verify } from '../../src/protocol/crypto.js'
import { breakpointHash, closeHash, digestOf } from '../../src/protocol/typed-data.js'
import type { Address, Domain, Hash32, Signature, Slot, ThreadId } from '../../src/protocol/types.js'
import { decodeMessage } from '../../src/protocol/wire.js'
import type { Result } from '../../src/rpc/api.js'
import type { CrashPlan } from './crash-node.js'
import { ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

/** How long anything may take, restarts included, where many processes share few cores; only what never happens fails. */
const PATIENCE_MS = 90_000
const ENTRY = fileURLToPath(new URL('./crash-node.js', import.meta.url))

/** Waits until `check` gives something. */
export async function eventually<T> (what: string, check: () => Promise<T | undefined> | T | undefined): Promise<T> {
  return await until(what, check, PATIENCE_MS)
}

/** A node that dies as planned, and what it has told its user. */
export class Mortal {
  readonly player: Player
  readonly planFile: string
  readonly traceFile: string
  /** Milliseconds that each restart took until the node was ready. */
  readonly restartsMs: number[] = []
  /** By thread: the highest nonce that an event has called final. */
  readonly told = new Map<string, number>()

  constructor (player: Player, planFile: string, traceFile: string) {
    this.player = player
    this.planFile = planFile
    this.traceFile = traceFile
  }

  static async open (arena: Arena, name: string, account: number, flags: readonly string[]): Promise<Mortal> {
    const [planFile, traceFile] = [join(arena.folder, `${name}.plan`), join(arena.folder, `${name}.trace`)]
    const node = new Mortal(await arena.player(name, { account, entry: ENTRY, flags, env: { CRASH_PLAN: planFile, CRASH_TRACE: traceFile } }), planFile, traceFile)
    await node.listen()
    return node
  }

  /** Remembers what the node calls final from now on. */
  async listen (): Promise<void> {
    await this.player.rpc.subscribe({}, event => {
      // What the chain has executed bears no signatures, and comes from the chain again.
      if (event.type === 'breakpoint' && event.signatures.length > 0) this.told.set(event.thread, Math.max(event.slot.nonce, this.told.get(event.thread) ?? -1))
    })
  }

  async arm (plan: CrashPlan): Promise<void> {
    await writeFile(`${this.planFile}.new`, JSON.stringify(plan))
    await rename(`${this.planFile}.new`, this.planFile)
  }

  async disarm (): Promise<void> { await rm(this.planFile, { force: true }) }

  /** What the node has written since the last look, a label each. */
  async trace (): Promise<string[]> {
    const text = await readFile(this.traceFile, 'utf8').catch(() => '')
    await writeFile(this.traceFile, '')
    return text.split('\n').filter(line => line !== '')
  }

  /** Waits for its end and starts it again, to die by the next plan if there is one. */
  async comeBack (next?: CrashPlan): Promise<void> {
    await this.player.ended()
    await this.disarm()
    await this.player.kill()
    if (next !== undefined) await this.arm(next)
    try {
      await this.start()
    } catch (error) {
      // It may have died again before it was ready.
      if (next === undefined || error instanceof assert.Assertion) throw error
      this.player.abandon()
    }
  }

  /** Starts it. INVARIANT that this asserts: what it has told to be final is so after the restart. */
  async start (): Promise<void> {
    const startedMs = performance.now()
    await this.player.start()
    this.restartsMs.push(performance.now() - startedMs)
    const { threads } = await this.player.rpc.request('thread_list', { all: true })
    for (const [thread, nonce] of this.told) {
      const head = threads.find(each => each.thread === thread)?.slot?.nonce ?? -1
      // A Close takes the slot after the last breakpoint.
      assert.ok(head >= nonce, `${this.player.name} told that slot ${nonce} is final, and after its restart is at ${head}`)
    }
    await this.listen()
  }
}

/** A by-stander in the threads' topics: whoever signs two contents of one slot is seen here. */
export class Wire {
  readonly network: Network
  /** By thread, signer and slot: the hashes that were signed. */
  readonly contents = new Map<string, Set<Hash32>>()
  messages = 0

  constructor (network: Network) { this.network = network }

  static async open (peers: readonly string[]): Promise<Wire> {
    const wire = new Wire(await createNetwork({ privateKey: randomBytes(32), clock: { nowMs: () => Date.now() }, peers }))
    await wire.network.start()
    return wire
  }

  follow (thread: ThreadId, sessionKeys: readonly string[], domain: Domain): void {
    const heard = (signer: number, slot: Slot, hash: Hash32, signature: Signature): void => {
      const key = sessionKeys[signer] as Address
      if (!verify(digestOf(hash, domain), signature, key)) return
      const place = `${thread}/${signer}/${slot.epoch}.${slot.nonce}`
      this.contents.set(place, (this.contents.get(place) ?? new Set()).add(hash))
    }
    this.network.follow(thread, bytes => {
      const message = decodeMessage(bytes)
      this.messages++
      if (message.kind === 'proposal') heard(message.proposer, message.breakpoint, breakpointHash(message.breakpoint), message.signature)
      else if (message.kind === 'closeProposal') heard(message.proposer, message.close, closeHash(message.close), message.signature)
      else if (message.kind === 'ack') heard(message.signer, message, message.hash, message.signature)
      return 'accept'
    })
  }

  /** Fails when a key has signed two contents of one slot. @returns how many signatures of distinct slots were heard in this thread. */
  check (thread: ThreadId): number {
    const heard = [...this.contents].filter(([place]) => place.startsWith(thread))
    for (const [place, hashes] of heard) assert.is(hashes.size, 1, `two contents signed: ${place}: ${[...hashes].join(', ')}`)
    return heard.length
  }
}

/** The chain, both nodes and the by-stander. */
export class Stage {
  readonly arena: Arena
  readonly nodes: readonly Mortal[]
  readonly wire: Wire
  readonly code: Address

  constructor (arena: Arena, nodes: readonly Mortal[], wire: Wire, code: Address) {
    this.arena = arena
    this.nodes = nodes
    this.wire = wire
    this.code = code
  }

  /** `flags`: further ones of the nodes' `start`. */
  static async open (flags: readonly string[] = []): Promise<Stage> {
    const arena = await openArena()
    const code = (await arena.deployData('TicTacToe')).address
    const nodes = await Promise.all(['alice', 'bob'].map(async (name, index) => await Mortal.open(arena, name, index + 1, flags)))
    const wire = await Wire.open(nodes.map(({ player }) => localAddress(player)))
    return new Stage(arena, nodes, wire, code)
  }

  node (index: number): Mortal {
    const node = this.nodes[index]
    if (node === undefined) throw new Error(`there is no node ${index}`)
    return node
  }

  /** A new game between the two; nothing happens on the chain yet. */
  async game (): Promise<Game> {
    const block = await this.arena.provider.getBlockNumber()
    const before = await Promise.all([...this.nodes.map(({ player }) => player.wallet), this.arena.court].map(async account => await this.arena.balance(account)))
    const known = new Set((await this.node(0).player.rpc.request('thread_list', { all: true })).threads.map(({ thread }) => thread))
    return new Game(this, block, before, known)
  }

  async stop (): Promise<void> {
    await this.wire.network.stop()
    await this.arena.stop()
  }
}

/** The address of a node on this machine. */
export function localAddress (player: Player): string {
  const address = player.multiaddrs.find(each => each.includes('/127.0.0.1/'))
  if (address === undefined) throw new Error(`${player.name} does not listen`)
  return address
}

/** One game from `open` to the money; each step can be tried again. */
export class Game {
  readonly stage: Stage
  readonly #block: number
  /** What each player and the court had. */
  readonly #before: readonly bigint[]
  readonly #known: ReadonlySet<string>
  #table: Table | undefined

  constructor (stage: Stage, block: number, before: readonly bigint[], known: ReadonlySet<string>) {
    this.stage = stage
    this.#block = block
    this.#before = before
    this.#known = known
  }

  get table (): Table {
    if (this.#table === undefined) throw new Error('the game is not open')
    return this.#table
  }

  get thread (): ThreadId { return this.table.thread }

  /** Tries a step until it has succeeded; what fails because a node is down is tried again. */
  async #insist<T> (what: string, step: () => Promise<T | undefined>): Promise<T> {
    let last: unknown
    try {
      return await eventually(what, async () => {
        try {
          return await step()
        } catch (error) {
          last = error
          return undefined
        }
      })
    } catch (error) {
      const statuses = await Promise.all(this.stage.nodes.map(async ({ player }) => await this.#account(player)))
      throw new Error(`${error instanceof Error ? error.message : String(error)}; last: ${String(last)}\n${statuses.join('\n')}`, { cause: last })
    }
  }

  /** Where a node stands, in words, for a failure's message. */
  async #account (player: Player): Promise<string> {
    try {
      const { head, pending, phase, mode, modeReason, warnings } = await this.table.status(player)
      return `${player.name}: ${JSON.stringify({ head: head?.slot, pending, phase, mode, modeReason, warnings })}\n${player.log.slice(-3000)}`
    } catch (error) {
      return `${player.name}: ${String(error)}\n${player.log.slice(-3000)}`
    }
  }

  /** Opens and joins. */
  async open (): Promise<void> {
    const { arena, nodes, wire, code } = this.stage
    const players = nodes.map(({ player }) => player)
    const [alice, bob] = [this.stage.node(0).player, this.stage.node(1).player]
    const seats = players.map(({ wallet, sessionKey }) => ({ wallet, sessionKey, deposit: ETHER.toString() }))
    let opened: Result<'thread_open'> | undefined
    try {
      opened = await alice.rpc.request('thread_open', { players: seats, contract: code, windowSec: 100, ctorArg: ticTacToe(players) })
    } catch (error) {
      // The node was killed when it saw its own transaction: the chain has it.
      if (!(error instanceof ThreadsError)) throw error
    }
    const thread = opened?.thread ?? await this.#insist('the thread to show', async () => {
      const { threads } = await alice.rpc.request('thread_list', { all: true })
      return threads.find(each => !this.#known.has(each.thread))?.thread
    })
    opened ??= await this.#insist('its terms', async () => {
      const { terms } = await alice.rpc.request('thread_status', { thread })
      return { thread, terms, transaction: { hash: '0x', gasUsed: 0 } }
    })
    this.#table = new Table(arena, players, opened)
    wire.follow(this.thread, players.map(({ sessionKey }) => sessionKey), { chainId: arena.anvil.chainId, court: arena.court })
    await this.#insist('bob to join', async () => {
      const { players: seen } = await bob.rpc.request('thread_status', { thread })
      if (seen[1]?.joined === true) return true
      await bob.rpc.request('thread_join', { thread })
      return undefined
    })
    for (const { player } of nodes) {
      await this.#insist(`${player.name} to have the first slot`, async () => (await this.table.status(player)).head === null ? undefined : true)
    }
  }

  /** Plays the moves from `from` on, each until it is in the thread. */
  async play (from = 0, to: number = X_WINS.length): Promise<void> {
    for (let move = from; move < to; move++) {
      const { player } = this.stage.node(move % 2)
      await this.#insist(`move ${move}`, async () => {
        if (await this.moves(player) > move) return true
        const { pending, modeReason } = await this.table.status(player)
        if (modeReason !== null || (pending?.queuedInputs ?? 0) > 0) return undefined
        const { success, reason } = await player.rpc.request('thread_send', {
          thread: this.thread, signature: 'play(uint8)', args: [X_WINS[move] ?? 0], value: (move < 2 ? STAKE : 0n).toString(), timeoutSec: 15
        })
        if (success !== true) throw new Error(`move ${move} reverted: ${reason ?? ''}`)
        return undefined
      })
    }
  }

  /** Bob takes the game to the court; both nodes have seen it. */
  async challenge (): Promise<void> {
    const bob = this.stage.node(1).player
    await this.#insist('the challenge', async () => {
      if ((await this.table.status(bob)).phase === 'dispute') return true
      await bob.rpc.request('thread_challenge', { thread: this.thread })
      return undefined
    })
    for (const { player } of this.stage.nodes) await this.#insist(`${player.name} to see the dispute`, async () => (await this.table.status(player)).phase === 'dispute' || undefined)
  }

  /** Both nodes see that the dispute is over. */
  async resumed (): Promise<void> {
    for (const { player } of this.stage.nodes) {
      await this.#insist(`${player.name} to see the end of the dispute`, async () => {
        const { phase, chain } = await this.table.status(player)
        return (phase === 'active' && chain.confirmedEpoch > 0) || undefined
      })
    }
  }

  /** How many moves a node has. */
  async moves (player: Player): Promise<number> {
    const { breakpoints } = await player.rpc.request('thread_breakpoints', { thread: this.thread, limit: 64 })
    return breakpoints.flatMap(({ inputs }) => inputs).filter(({ success }) => success).length
  }

  /** Ends the game together, by alice's wish. */
  async close (): Promise<void> {
    const alice = this.stage.node(0).player
    await this.#insist('alice to have the last move', async () => await this.moves(alice) >= X_WINS.length || undefined)
    await this.#insist('the close', async () => {
      if ((await this.table.status(alice)).phase === 'closed') return true
      await alice.rpc.request('thread_close', { thread: this.thread, timeoutSec: 20 })
      return undefined
    })
    for (const { player } of this.stage.nodes) await this.#insist(`${player.name} to see the close`, async () => (await this.table.status(player)).phase === 'closed' || undefined)
  }

  /** Fails unless the chain has paid what x's victory is worth, to the wei, and nobody signed twice. */
  async check (): Promise<void> {
    const { arena, nodes, wire } = this.stage
    const gains = await Promise.all([...nodes.map(({ player }) => player.wallet), arena.court].map(async (account, index) =>
      await arena.balance(account) + await arena.fees(account, this.#block) - (this.#before[index] ?? 0n)))
    assert.equal(gains, [STAKE, -STAKE, 0n])
    assert.ok(wire.check(this.thread) > 0, 'the by-stander has heard nothing')
  }

  /** The whole game. */
  async run (): Promise<void> {
    await this.open()
    await this.play()
    await this.close()
    await this.check()
  }
}

/** A node and how it dies. */
export type Kill = readonly [node: Mortal, plan: CrashPlan]

/** Runs `game` while nodes are killed as planned, each node's plans one after another. @returns the plans that were not reached. */
export async function withKills (kills: readonly Kill[], game: () => Promise<void>): Promise<CrashPlan[]> {
  const over = Promise.withResolvers<'over'>()
  const lives = [...new Set(kills.map(([node]) => node))].map(async node => {
    const plans = kills.filter(kill => kill[0] === node).map(([, plan]) => plan)
    let deaths = 0
    while (await Promise.race([node.player.ended().then(() => 'dead' as const), over.promise]) === 'dead') await node.comeBack(plans[++deaths])
    await node.disarm()
    return plans.slice(deaths)
  })
  for (const [node] of kills) await node.trace()
  for (const [node, plan] of [...kills].reverse()) await node.arm(plan)
  try {
    await Promise.race([game(), Promise.all(lives)])
  } finally {
    over.resolve('over')
  }
  return (await Promise.all(lives)).flat()
}
