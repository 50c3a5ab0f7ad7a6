/** `play`: a game of Morpion (TicTacToe.sol, Morpion.sol) in the terminal, live; with keys in a terminal, by lines elsewhere. */
import { createInterface, emitKeypressEvents } from 'node:readline'
import type { Command } from 'commander'
import { ThreadsError } from '../../errors.js'
import type { ThreadId } from '../../protocol/types.js'
import type { RpcClient } from '../../rpc/client.js'
import { boardText, moveOf, readGame, refusalText, startOf, type Game } from '../board.js'
import { act, type Context } from '../command.js'

/** Adds the command. */
export function registerPlay (program: Command): void {
  act(program.command('play')
    .description('play Morpion (TicTacToe.sol, Morpion.sol) in the terminal: the digits 1 to 9 are the cells, q leaves')
    .argument('<thread>', 'id, or its beginning')
    .addHelpText('after', `
Without a terminal, moves are read as lines from stdin, and the board is printed after each change; with --json as one line of JSON.
Leaving does not end the game. It ends by itself when somebody has won; then "close" pays.

Examples:
  evm-threads play 3f2a
  printf '5\\n' | evm-threads play 3f2a`), play)
}

async function play (context: Context, thread = ''): Promise<void> {
  await context.withThread(thread, async (client, id) => {
    const table = await Table.open(context, client, id)
    await table.untilOver()
  })
}

/** One sitting at one board. */
class Table {
  private game: Game
  private note = ''
  private moving = false
  private refreshing: Promise<void> = Promise.resolve()
  private readonly end = Promise.withResolvers<void>()
  private readonly context: Context
  private readonly client: RpcClient
  private readonly thread: ThreadId

  private constructor (context: Context, client: RpcClient, thread: ThreadId, game: Game) {
    this.context = context
    this.client = client
    this.thread = thread
    this.game = game
    // It may fail before anybody waits for it; who waits is told all the same.
    this.end.promise.catch(() => undefined)
  }

  static async open (context: Context, client: RpcClient, thread: ThreadId): Promise<Table> {
    const status = await client.request('thread_status', { thread })
    const me = status.me === null ? undefined : status.players[status.me]?.wallet
    return new Table(context, client, thread, await readGame(client, thread, me))
  }

  /** Shows the board and plays what is typed until the game is over, the user leaves, or there is nothing more to read. */
  async untilOver (): Promise<void> {
    await this.client.subscribe({ thread: this.thread }, (event) => {
      if (event.type === 'breakpoint') this.refresh()
      if (event.type === 'warning') this.say(event.message)
    })
    // What happened between the first look and the subscription.
    this.game = await readGame(this.client, this.thread, this.game.me)
    this.show()
    if (this.game.over) return
    const stopInput = process.stdin.isTTY ? this.readKeys() : this.readLines()
    void this.client.closed.then(() => this.end.reject(new ThreadsError('RPC_CLOSED', 'the node went away')))
    try {
      await this.end.promise
    } finally {
      stopInput()
    }
  }

  private readKeys (): () => void {
    const { stdin } = process
    emitKeypressEvents(stdin)
    stdin.setRawMode(true)
    const onKey = (text: string | undefined, key: { name?: string, ctrl?: boolean }): void => {
      if (key.ctrl === true && key.name === 'c') this.end.reject(new ThreadsError('CLI_INTERRUPTED', 'interrupted'))
      else if (text === 'q') this.end.resolve()
      else if (text !== undefined && /^[1-9]$/.test(text)) void this.move(Number(text) - 1)
    }
    stdin.on('keypress', onKey)
    stdin.resume()
    return () => {
      stdin.off('keypress', onKey)
      stdin.setRawMode(false)
      stdin.pause()
    }
  }

  private readLines (): () => void {
    const lines = createInterface({ input: process.stdin })
    let moves: Promise<void> = Promise.resolve()
    lines.on('line', (line) => {
      const text = line.trim()
      if (text === 'q') {
        // Lines that came with it in one piece are not played.
        lines.removeAllListeners('line')
        this.end.resolve()
      // One after the other: the next line may be an answer to what this one showed.
      } else if (/^[1-9]$/.test(text)) moves = moves.then(async () => await this.move(Number(text) - 1))
      else if (text !== '') this.say('1 to 9, or q')
    })
    lines.on('close', () => { void moves.then(() => this.end.resolve()) })
    return () => lines.close()
  }

  private async move (cell: number): Promise<void> {
    // In a terminal a second key while the first is on its way would be a second move.
    if (this.moving || this.game.over) return
    this.moving = true
    this.say('sent; waiting for the signatures…')
    try {
      const start = startOf(this.game)
      if (start !== undefined) await this.client.request('thread_send', { thread: this.thread, ...start })
      const result = await this.client.request('thread_send', { thread: this.thread, ...moveOf(this.game, cell) })
      this.note = result.success === false ? `Refused: ${await refusalText(result.returnData ?? '0x', result.reason ?? null)}.` : ''
      this.refresh()
      await this.refreshing
    } catch (error) {
      if (error instanceof ThreadsError && error.code === 'RPC_CLOSED') this.end.reject(error)
      this.say(error instanceof Error ? error.message : String(error))
    } finally {
      this.moving = false
    }
  }

  /** Reads the board again, after whatever reading is under way. */
  private refresh (): void {
    this.refreshing = this.refreshing.then(async () => {
      this.game = await readGame(this.client, this.thread, this.game.me)
      this.show()
      if (this.game.over) this.end.resolve()
    }).catch((error: unknown) => this.end.reject(error))
  }

  private say (note: string): void {
    this.note = note
    if (process.stdout.isTTY && !this.context.json) this.show()
    else process.stderr.write(`${note}\n`)
  }

  private show (): void {
    // A terminal shows one board that changes; a file gets one after the other.
    if (process.stdout.isTTY && !this.context.json) process.stdout.write('\x1b[2J\x1b[H')
    this.context.print(this.game, `${boardText(this.game)}${this.note === '' ? '' : `\n${this.note}`}\n`)
  }
}
