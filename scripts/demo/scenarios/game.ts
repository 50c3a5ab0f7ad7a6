/** A whole game of TicTacToe with stakes, from `open` to `close`; with `--interactive`, the user is one of the players. */
import type { Game } from '../../../src/cli/board.js'
import { openKeyboard } from '../human.js'
import { keepHints } from '../hints.js'
import { accounts, moneyProblems, snapshot } from '../ledger.js'
import { outcomeOf, type Outcome } from '../rules.js'
import type { DemoOptions } from '../options.js'
import { fromList, fromStrategy, fromUser, type Decide } from '../seats.js'
import { openChain, openNodes } from '../opening.js'
import type { Actor, Stage } from '../stage.js'
import type { Seat, Teller } from '../steps.js'
import { expectedWei, other, STAKE_WEI, ThreadGame } from '../thread-game.js'
import { playOnChain } from '../without-thread.js'

/** @see Scenario */
export async function playGame (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const code = await openChain(stage, teller)
  const [x, o] = namesFor(options)
  const actors = await openNodes(stage, teller, [{ name: x }, { name: o }])
  const before = await stage.step(snapshot(stage.arena, actors))

  const game = new ThreadGame(stage, actors, teller)
  await game.open(code)
  const played = await play(stage, game, options, teller)
  const payoutsWei = await game.close(played.outcome === 'open')

  teller.working('reading the balances')
  const players = await stage.step(accounts(stage.arena, actors, before))
  const courtWei = await stage.step(stage.arena.balance(stage.arena.court))
  teller.tell({ step: 'balances', players, courtWei: courtWei.toString() })

  teller.working('playing the same moves on the chain')
  const onChain = await stage.step(playOnChain(stage.arena, played.moves))
  teller.tell(onChain.step)

  const problems = [
    ...moneyProblems(players, payoutsWei, { wonWei: expectedWei(played.outcome) }, courtWei),
    ...game.agrees() ? [] : ['the two nodes do not hold the same breakpoints, each signed by both'],
    ...onChain.outcome === played.outcome ? [] : [`on the chain the same moves ended with ${onChain.outcome}, in the thread with ${played.outcome}`]
  ]
  teller.tell({
    step: 'result', scenario: 'game', ok: problems.length === 0, problems, outcome: played.outcome, winner: winnerOf(played.outcome, actors), stakeWei: STAKE_WEI.toString(),
    moves: played.moves.length, threadGas: game.gasUsed, threadTransactions: game.transactions, onchainGas: onChain.step.gasUsed,
    totalMs: Math.round(performance.now() - stage.startedMs)
  })
  if (options.keep) teller.hints(keepHints(stage, actors, code, game.thread))
  return problems.length === 0
}

function namesFor ({ interactive }: DemoOptions): readonly [string, string] {
  if (interactive === undefined) return ['Alice', 'Bob']
  return interactive.as === 'x' ? ['You', 'Bob'] : ['Bob', 'You']
}

type Played = { readonly moves: readonly number[], readonly outcome: Outcome }

/** Plays until the game is over or somebody leaves. */
async function play (stage: Stage, thread: ThreadGame, options: DemoOptions, teller: Teller): Promise<Played> {
  const { interactive } = options
  const user: Seat = interactive?.as === 'o' ? 1 : 0
  const keyboard = interactive === undefined ? undefined : openKeyboard(() => { process.kill(process.pid, 'SIGINT') })
  const fromOne = interactive === undefined ? fromList(options.moves) : fromStrategy(interactive.level)
  const decide = (seat: Seat): Decide => keyboard !== undefined && seat === user ? fromUser(keyboard, teller) : fromOne
  const moves: number[] = []
  try {
    let game: Game = await thread.read(user)
    while (!game.over) {
      const seat: Seat = game.turn === game.x ? 0 : 1
      const cell = await stage.step(decide(seat)(game))
      if (cell === undefined) break
      teller.working('waiting for the signatures')
      game = await thread.move(seat, game, cell)
      moves.push(cell)
    }
    return { moves, outcome: outcomeOf((await thread.read(other(user))).cells) }
  } finally {
    keyboard?.close()
  }
}

function winnerOf (outcome: Outcome, actors: readonly Actor[]): string | null {
  return outcome === 'x' || outcome === 'o' ? actors[outcome === 'x' ? 0 : 1]?.name ?? null : null
}
