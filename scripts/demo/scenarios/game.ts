/** A whole game of TicTacToe with stakes, from `open` to `close`; with `--interactive`, the user is one of the players. */
import type { Game } from '../../../src/cli/board.js'
import { openKeyboard } from '../human.js'
import { keepHints } from '../hints.js'
import { accounts, snapshot } from '../ledger.js'
import { outcomeOf, type Outcome } from '../rules.js'
import type { DemoOptions } from '../options.js'
import { fromList, fromStrategy, fromUser, type Decide } from '../seats.js'
import type { Actor, Stage } from '../stage.js'
import type { Account, Seat, Step, Teller } from '../steps.js'
import { DEPOSIT_WEI, other, STAKE_WEI, ThreadGame } from '../thread-game.js'
import { playOnChain } from '../without-thread.js'

/** @see Scenario */
export async function playGame (stage: Stage, options: DemoOptions, teller: Teller): Promise<boolean> {
  const code = await openChain(stage, teller)
  const actors = await openNodes(stage, options, teller)
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
    ...moneyProblems(players, payoutsWei, expectedWei(played.outcome), courtWei),
    ...game.agrees() ? [] : ['the two nodes do not hold the same breakpoints, each signed by both'],
    ...onChain.outcome === played.outcome ? [] : [`on the chain the same moves ended with ${onChain.outcome}, in the thread with ${played.outcome}`]
  ]
  teller.tell({
    step: 'result', ok: problems.length === 0, problems, outcome: played.outcome, winner: winnerOf(played.outcome, actors), stakeWei: STAKE_WEI.toString(),
    moves: played.moves.length, threadGas: game.gasUsed, threadTransactions: game.transactions, onchainGas: onChain.step.gasUsed,
    totalMs: Math.round(performance.now() - stage.startedMs)
  })
  if (options.keep) teller.hints(keepHints(stage, actors, code, game.thread))
  return problems.length === 0
}

async function openChain (stage: Stage, teller: Teller): Promise<string> {
  teller.working('starting a chain and putting the contracts on it')
  const begun = performance.now()
  const { anvil, folder, court, deployGas } = await stage.open()
  const code = await stage.step(stage.arena.deployData('TicTacToe'))
  teller.tell({ step: 'chain', url: anvil.url, chainId: Number(anvil.chainId), pid: anvil.pid, folder, ms: Math.round(performance.now() - begun) })
  teller.tell({ step: 'contracts', court, courtGas: Number(deployGas), code: code.address, codeGas: Number(code.gasUsed) })
  return code.address
}

async function openNodes (stage: Stage, options: DemoOptions, teller: Teller): Promise<[Actor, Actor]> {
  const names = options.interactive === undefined ? ['Alice', 'Bob'] as const : options.interactive.as === 'x' ? ['You', 'Bob'] as const : ['Bob', 'You'] as const
  teller.working('starting two nodes')
  const begun = performance.now()
  const start = async (seat: Seat): Promise<{ actor: Actor, step: Step }> => {
    const actor = await stage.actor(names[seat], seat + 1)
    const { player: { pid, wallet, sessionKey, multiaddrs, dataDir } } = actor
    const balance = await stage.step(stage.arena.balance(wallet))
    const ms = Math.round(performance.now() - begun)
    return { actor, step: { step: 'node', player: seat, name: names[seat], pid: pid ?? 0, wallet, sessionKey, address: multiaddrs[0] ?? '', dataDir, balanceWei: balance.toString(), ms } }
  }
  const [x, o] = await Promise.all([start(0), start(1)])
  teller.tell(x.step)
  teller.tell(o.step)
  return [x.actor, o.actor]
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

/** What each must have won, in the order of the seats. */
function expectedWei (outcome: Outcome): [bigint, bigint] {
  if (outcome === 'x') return [STAKE_WEI, -STAKE_WEI]
  return outcome === 'o' ? [-STAKE_WEI, STAKE_WEI] : [0n, 0n]
}

/** What is wrong with the money, in words. */
export function moneyProblems (players: readonly Account[], payoutsWei: readonly bigint[], expected: readonly bigint[], courtWei: bigint): string[] {
  const problems = players.flatMap(({ name, wonWei }, i) => {
    const won = BigInt(wonWei)
    const paid = (payoutsWei[i] ?? 0n) - DEPOSIT_WEI
    return [
      ...won === expected[i] ? [] : [`${name} should have won ${expected[i]} wei, but has won ${won}`],
      ...won === paid ? [] : [`${name} was paid ${paid} wei beyond the deposit, but the wallet has ${won} more`]
    ]
  })
  const sum = payoutsWei.reduce((total, payout) => total + payout, 0n)
  if (sum !== 2n * DEPOSIT_WEI) problems.push(`${2n * DEPOSIT_WEI} wei were paid in, ${sum} were paid out`)
  if (courtWei !== 0n) problems.push(`the court still holds ${courtWei} wei`)
  return problems
}
