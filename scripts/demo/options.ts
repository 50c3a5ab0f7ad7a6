/** What the demo is asked to do. */
import { parseArgs } from 'node:util'
import { parseMoves } from './rules.js'
import { aboutScenario, isScenario, scenarioNames, type ScenarioName } from './scenarios.js'
import type { Level } from './strategy.js'

/** The options, checked. */
export type DemoOptions = {
  readonly scenario: ScenarioName
  /** Cells 0 to 8 of a whole game, in turn. */
  readonly moves: readonly number[]
  /** The user plays against the other node. */
  readonly interactive: { readonly as: 'x' | 'o', readonly level: Level } | undefined
  readonly json: boolean
  /** The program that is the chain. */
  readonly chain: 'anvil' | 'geth'
  /** Leave the chain and the nodes running until Ctrl-C. */
  readonly keep: boolean
}

/** Thrown for what the user typed; the message says what would be right. */
export class UsageError extends Error {}

/** X takes the centre, O answers at the edge and loses to a fork. */
const DEFAULT_MOVES = '4,1,0,8,6,3,2'

/** The whole help. */
export const HELP = `Usage: npm start -- [options]

Starts a chain and two nodes on this computer, plays a game of TicTacToe with
stakes between them, and tells each step: who signed what, its milliseconds,
bytes and gas.
Nothing outside this computer is contacted, and nothing is left behind.

Options
  --interactive       you play, against the other node
    --as x|o          your side; x begins (default x)
    --level LEVEL     the other's play: perfect (default) or easy
  --moves 4,1,0,…     another game: the cells of both players in turn, 0 to 8
                      row by row, until somebody wins or the board is full
  --keep              leave chain and nodes running, and say how to talk to them
  --scenario NAME     what to show (default game)
${scenarioNames().map(name => `    ${name.padEnd(16)}  ${aboutScenario(name)}`).join('\n')}
  --chain NAME        anvil (default), or geth where it is installed: then what
                      would be skipped has to be waited for
  --json              one line of JSON for each step on stdout
  --help              this text

Examples
  npm start
  npm start -- --interactive --as o --level easy
  npm start -- --moves 0,4,1,2,6,3,5,7,8
  npm start -- --scenario stall
  npm start -- --keep
  npm start --silent -- --json
  printf '5\\n3\\n4\\n8\\n9\\n' | npm start -- --interactive

Exit codes: 0 all went as it must, 1 it did not (the text says what), 2 wrong
options, 130 Ctrl-C.
`

/** @throws {@link UsageError} */
export function parseOptions (args: readonly string[]): DemoOptions | 'help' {
  const values = parse(args)
  if (values.help === true) return 'help'
  const { scenario = 'game', moves, interactive = false, level = 'perfect' } = values
  const as = values.as?.toLowerCase() ?? 'x'
  if (!isScenario(scenario)) throw new UsageError(`there is no scenario "${scenario}"; these exist: ${scenarioNames().join(', ')}`)
  if (as !== 'x' && as !== 'o') throw new UsageError(`--as is x or o, not "${as}"`)
  if (level !== 'perfect' && level !== 'easy') throw new UsageError(`--level is perfect or easy, not "${level}"`)
  if (!interactive && (values.as !== undefined || values.level !== undefined)) throw new UsageError('--as and --level are for --interactive')
  const { chain = 'anvil' } = values
  if (chain !== 'anvil' && chain !== 'geth') throw new UsageError(`--chain is anvil or geth, not "${chain}"`)
  if (scenario !== 'game' && (interactive || moves !== undefined || values.keep === true)) throw new UsageError(`--interactive, --moves and --keep are for the scenario game, not for ${scenario}`)
  if (interactive && moves !== undefined) throw new UsageError('--moves plays by itself: leave --interactive out')
  return {
    scenario, moves: checkedMoves(moves ?? DEFAULT_MOVES), interactive: interactive ? { as, level } : undefined,
    json: values.json === true, chain, keep: values.keep === true
  }
}

function parse (args: readonly string[]): { interactive?: boolean, as?: string, level?: string, moves?: string, keep?: boolean, scenario?: string, chain?: string, json?: boolean, help?: boolean } {
  try {
    return parseArgs({
      args: [...args],
      options: {
        interactive: { type: 'boolean', short: 'i' }, as: { type: 'string' }, level: { type: 'string' }, moves: { type: 'string' },
        keep: { type: 'boolean' }, scenario: { type: 'string' }, chain: { type: 'string' }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' }
      }
    }).values
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. ')[0] ?? error.message : String(error))
  }
}

function checkedMoves (text: string): number[] {
  const moves = parseMoves(text)
  if (typeof moves === 'string') throw new UsageError(`--moves ${text}: ${moves}`)
  return moves
}
