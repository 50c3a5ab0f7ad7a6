/** A thread between nodes of an arena, as the end-to-end tests play it: through the nodes' interfaces, and the court as anybody sees it. */
import { AbiCoder, Contract, type InterfaceAbi } from 'ethers'
import { until, type Arena, type Player } from '../../scripts/arena.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import type { Address, ThreadId } from '../../src/protocol/types.js'
import type { ParamsIn, Result } from '../../src/rpc/api.js'
import type { ThreadStatus } from '../../src/rpc/schemas.js'

/** One ether, in wei. */
export const ETHER = 10n ** 18n
/** What each player of a TicTacToe stakes. */
export const STAKE = ETHER / 10n
/** Seconds that a TicTacToe gives for a move. */
export const PATIENCE_SEC = 60
/** Moves of a game that x, the one who opens, wins with its fourth. */
export const X_WINS = [4, 0, 2, 6, 3, 8, 5] as const

/** How a thread is opened; the rest has the node's defaults. */
export type TableOptions = Partial<ParamsIn<'thread_open'>> & {
  /** Each player's deposit, in the asset's units. */
  readonly deposit?: bigint
  /** Players who join; all by default. */
  readonly joining?: readonly Player[]
}

/** The constructor's arguments of a TicTacToe between two players. */
export function ticTacToe (players: readonly Player[], stake = STAKE): string {
  return AbiCoder.defaultAbiCoder().encode(['address', 'address', 'uint256', 'uint256'], [players[0]?.wallet, players[1]?.wallet, stake, PATIENCE_SEC])
}

/** A thread that its players have joined. */
export class Table {
  readonly arena: Arena
  readonly players: readonly Player[]
  readonly thread: ThreadId
  readonly opened: Result<'thread_open'>

  constructor (arena: Arena, players: readonly Player[], opened: Result<'thread_open'>) {
    this.arena = arena
    this.players = players
    this.thread = opened.thread as ThreadId
    this.opened = opened
  }

  /** Opens a thread for the code at `contract` and waits until every player's node has joined; signed is nothing yet, perhaps. */
  static async open (arena: Arena, players: readonly Player[], contract: Address, options: TableOptions = {}): Promise<Table> {
    const { deposit = ETHER, joining = players.slice(1), ...params } = options
    const seats = players.map(({ wallet, sessionKey }) => ({ wallet, sessionKey, deposit: deposit.toString() }))
    const opened = await seat(players, 0).rpc.request('thread_open', { players: seats, contract, windowSec: 100, ...params })
    const table = new Table(arena, players, opened)
    for (const player of joining) {
      await until(`${player.name} to hear of the thread`, async () => await table.knows(player) || undefined)
      await player.rpc.request('thread_join', { thread: table.thread })
    }
    return table
  }

  /** Opens a thread and waits until its first slot is co-signed everywhere. */
  static async start (arena: Arena, players: readonly Player[], contract: Address, options: TableOptions = {}): Promise<Table> {
    const table = await Table.open(arena, players, contract, options)
    await table.reach(0)
    return table
  }

  /** Whether a node has heard of the thread. */
  async knows (player: Player): Promise<boolean> {
    const { threads } = await player.rpc.request('thread_list', { all: true })
    return threads.some(({ thread }) => thread === this.thread)
  }

  player (index: number): Player { return seat(this.players, index) }

  /** A node's view; undefined before the chain has told it of the thread. */
  async #seen (player: Player): Promise<ThreadStatus | undefined> { return await this.knows(player) ? await this.status(player) : undefined }

  async status (player: Player): Promise<ThreadStatus> { return await player.rpc.request('thread_status', { thread: this.thread }) }

  /** Waits until all of these nodes (by default the players') hold a breakpoint of this nonce or a later one. */
  async reach (nonce: number, players: readonly Player[] = this.players): Promise<void> {
    for (const player of players) {
      await until(`${player.name} to reach slot ${nonce}`, async () => ((await this.#seen(player))?.head?.slot.nonce ?? -1) >= nonce || undefined)
    }
  }

  /** Waits until a node sees the thread in this phase; its status then. */
  async phase (player: Player, phase: ThreadStatus['phase']): Promise<ThreadStatus> {
    return await until(`${player.name} to see the thread ${phase}`, async () => {
      const status = await this.#seen(player)
      return status?.phase === phase ? status : undefined
    })
  }

  /** Sends an input and waits until it is final. */
  async send (index: number, signature: string, args: readonly (string | number)[] = [], options: Partial<ParamsIn<'thread_send'>> = {}): Promise<Result<'thread_send'>> {
    return await this.player(index).rpc.request('thread_send', { thread: this.thread, signature, args: [...args], ...options })
  }

  /** Plays TicTacToe moves, the players in turns; the first two moves carry the stake. */
  async play (cells: readonly number[], from = 0, stake = STAKE): Promise<void> {
    for (const [offset, cell] of cells.entries()) {
      const move = from + offset
      const { success, reason } = await this.send(move % 2, 'play(uint8)', [cell], { value: (move < 2 ? stake : 0n).toString() })
      if (success !== true) throw new Error(`move ${move} reverted: ${reason ?? ''}`)
    }
  }

  /** Calls a view function on a node's head; its first result. */
  async read (player: Player, signature: string, ...args: readonly (string | number)[]): Promise<unknown> {
    const { decoded } = await player.rpc.request('thread_call', { thread: this.thread, signature, args: [...args] })
    return decoded?.[0]
  }

  /** The court, called by one of the chain's accounts that is no node's. */
  court (account: number): Contract {
    return new Contract(this.arena.court, loadArtifact('Threads').interface as unknown as InterfaceAbi, this.arena.wallet(account))
  }

  /** The terms as the court's functions take them. */
  terms (): unknown {
    const { terms } = this.opened
    return {
      ...terms, deposits: terms.depositsUnits, codeKind: terms.codeKind === 'creation' ? 0 : 1, oracleFee: terms.oracleFeeUnits,
      window: terms.windowSec, timeBank: terms.timeBankSec, joinDeadline: terms.joinDeadlineSec
    }
  }
}

/** A certificate of `thread_breakpoints` as the court's functions take it: the breakpoint and the joined signatures. */
export function certificate (breakpoint: Result<'thread_breakpoints'>['breakpoints'][number]): readonly [unknown, string] {
  const { slot, parent, stateRoot, inputsRoot, timestampSec, signatures } = breakpoint
  return [[slot.epoch, slot.nonce, parent, stateRoot, inputsRoot, timestampSec], `0x${signatures.map(signature => signature.slice(2)).join('')}`]
}

function seat (players: readonly Player[], index: number): Player {
  const player = players[index]
  if (player === undefined) throw new Error(`the table has no player ${index}`)
  return player
}
