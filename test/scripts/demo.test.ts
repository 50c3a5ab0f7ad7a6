// time limit: 240 s
import { spawn, type ChildProcess } from 'node:child_process'
import { readFile, readdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { HELP, parseOptions, UsageError } from '../../scripts/demo/options.js'
import { paintFor } from '../../scripts/demo/paint.js'
import { moneyProblems } from '../../scripts/demo/ledger.js'
import { EMPTY, freeCells, outcomeOf, parseMoves, withMove, type Cells } from '../../scripts/demo/rules.js'
import { scenarioNames, toldOfScenario } from '../../scripts/demo/scenarios.js'
import type { Account, Step, StepOf } from '../../scripts/demo/steps.js'
import { Story } from '../../scripts/demo/story.js'
import { chooseCell } from '../../scripts/demo/strategy.js'
import { isAlive } from '../../src/cli/daemon.js'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'

const MAIN = fileURLToPath(new URL('../../scripts/demo/main.js', import.meta.url))
const ETHER = 10n ** 18n
const STAKE = ETHER / 10n

const test = suite<{ folder: TemporaryFolder }>('demo')
test.before.each(async context => { context.folder = await temporaryFolder('demo') })
test.after.each(async context => { await context.folder.cleanup() })

/** A demo whose temporary folder is ours: so we find all that it made, and every process that it started. */
class Run {
  readonly child: ChildProcess
  readonly #folder: string
  stdout = ''
  stderr = ''

  constructor (folder: string, args: readonly string[], input?: string) {
    this.#folder = folder
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, TMPDIR: folder } })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => { this.stdout += text })
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => { this.stderr += text })
    if (input !== undefined) this.child.stdin?.end(input) // else it stays open: the demo must end all the same
  }

  /** Waits until stdout contains this. */
  async said (text: string): Promise<void> {
    for (const end = performance.now() + 60_000; !this.stdout.includes(text); await sleep(10)) {
      assert.ok(performance.now() < end && this.child.exitCode === null, `never said ${text}:\n${this.stdout}\n${this.stderr}`)
    }
  }

  async ended (): Promise<number | null> {
    const code = this.child.exitCode ?? (this.child.signalCode !== null ? null : await new Promise<number | null>(resolve => this.child.once('close', resolve)))
    if (code === 1) process.stderr.write(`${this.stdout}\n${this.stderr}\n`)
    return code
  }

  steps (): Step[] { return this.stdout.trim().split('\n').filter(line => line !== '').map(line => JSON.parse(line) as Step) }

  step<N extends Step['step']> (name: N): StepOf<N> {
    const found = this.steps().find((step): step is StepOf<N> => step.step === name)
    if (found === undefined) return assert.unreachable(`no step ${name} in:\n${this.stdout}`) as never
    return found
  }

  /** Processes of this run that still live: by its steps, and where the system tells, by their environment. */
  async left (): Promise<number[]> {
    const told = [...this.stdout.matchAll(/"pid":(\d+)/g)].map(match => Number(match[1]))
    if (process.platform !== 'linux') return told.filter(isAlive)
    const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name)).map(Number)
    const environments = await Promise.all(pids.map(async pid => await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => ''))) // not ours to read, or gone
    return pids.filter((_pid, i) => environments[i]?.split('\0').includes(`TMPDIR=${this.#folder}`))
  }

  /** Fails when a process is left a moment after the end. */
  async leavesNothing (): Promise<void> {
    for (const end = performance.now() + 5_000; (await this.left()).length > 0; await sleep(50)) {
      assert.ok(performance.now() < end, `still running: ${(await this.left()).join()}`)
    }
  }
}

const isDemo = (name: string): boolean => name.startsWith('evm-threads-')

test('with --json every step is a line, the winner has the stake, the sums are right, and nothing is left', async ({ folder }) => {
  const run = new Run(folder.path, ['--json'])
  assert.is(await run.ended(), 0)
  assert.equal(run.steps().map(({ step }) => step), [
    'chain', 'contracts', 'node', 'node', 'open', 'join', 'start', ...Array<string>(7).fill('move'), 'close', 'balances', 'onchain', 'result'
  ])

  const moves = run.steps().filter((step): step is StepOf<'move'> => step.step === 'move')
  assert.equal(moves.map(({ cell }) => cell), [4, 1, 0, 8, 6, 3, 2])
  for (const [i, move] of moves.entries()) {
    const mover = i % 2 === 0 ? 'Alice' : 'Bob'
    assert.equal([move.name, move.moveSignedBy, move.slot, move.valueWei], [mover, mover, i + 1, i < 2 ? STAKE.toString() : '0'])
    assert.equal([...move.resultSignedBy].sort(), ['Alice', 'Bob'])
    assert.ok(move.ms > 0 && move.bytes > 500 && move.bytes < 5_000, JSON.stringify(move))
  }
  assert.equal(moves.at(-1)?.cells, [1, 2, 1, 2, 1, 0, 1, 0, 2])

  assert.equal(run.step('close').payoutsWei, [ETHER + STAKE, ETHER - STAKE].map(String))
  for (const { beforeWei, afterWei, feesWei, wonWei, player } of run.step('balances').players) {
    assert.is(BigInt(afterWei), BigInt(beforeWei) - BigInt(feesWei) + BigInt(wonWei))
    assert.is(BigInt(wonWei), player === 0 ? STAKE : -STAKE)
    assert.ok(BigInt(feesWei) > 0n)
  }
  const result = run.step('result')
  assert.equal([result.ok, result.problems, result.outcome, result.winner, result.moves], [true, [], 'x', 'Alice', 7])
  assert.is(result.threadGas, run.step('open').gasUsed + run.step('join').gasUsed + run.step('close').gasUsed)
  const { deployGas, moveGas, gasUsed } = run.step('onchain')
  assert.is(gasUsed, moveGas.reduce((sum, gas) => sum + gas, deployGas))
  assert.ok((result.onchainGas ?? 0) > result.threadGas)

  assert.is(run.stderr, '')
  await run.leavesNothing()
  assert.equal((await readdir(folder.path)).filter(isDemo), [])
})

test('a user who plays by lines draws against perfect play, is told why a line is no move, and reads no line above 80 columns', async ({ folder }) => {
  const run = new Run(folder.path, ['--interactive'], '5\n5\nhello\n3\n4\n8\n9\n')
  assert.is(await run.ended(), 0)
  for (const text of ['You and Bob play', 'Your move: you are X', 'cell 5 is taken', '1 to 9, or q', 'A draw: both have their stakes back.', 'who gets what: You 1 ETH, Bob 1 ETH']) assert.match(run.stdout, text)
  assert.is([...run.stdout.matchAll(/signed: the move by (You|Bob)/g)].length, 9)
  assert.equal(run.stdout.split('\n').filter(line => line.length > 80), [])
  assert.not.match(run.stdout, '\u001b')
  await run.leavesNothing()
})

test('a user who leaves gets the deposit back, as the other does', async ({ folder }) => {
  const run = new Run(folder.path, ['--interactive', '--as', 'o', '--json'], '') // the other begins; then there is nothing to read
  assert.is(await run.ended(), 0)
  const { calledOff, payoutsWei } = run.step('close')
  assert.equal([calledOff, payoutsWei, run.step('result').outcome, run.step('result').moves], [true, [ETHER, ETHER].map(String), 'open', 1])
  await run.leavesNothing()
})

for (const [when, text] of [['while the nodes start', '"contracts"'], ['in the middle of the game', '"move"']] as const) {
  test(`Ctrl-C ${when} ends everything, with 130`, async ({ folder }) => {
    const run = new Run(folder.path, ['--json'])
    await run.said(text)
    run.child.kill('SIGINT')
    assert.is(await run.ended(), 130)
    await run.leavesNothing()
    assert.equal((await readdir(folder.path)).filter(isDemo), [])
  })
}

test('with --keep the nodes answer until Ctrl-C, and a demo that is killed with -9 leaves no process', async ({ folder }) => {
  const run = new Run(folder.path, ['--json', '--keep'])
  await run.said('"result"')
  assert.ok((await run.left()).length >= 4, 'demo, chain and two nodes run')
  run.child.kill('SIGKILL')
  await run.ended()
  await run.leavesNothing()
})

test('wrong options are refused with 2 and what would be right', async ({ folder }) => {
  const run = new Run(folder.path, ['--scenario', 'x'])
  assert.is(await run.ended(), 2)
  assert.match(run.stderr, 'there is no scenario "x"; these exist: game')

  const refusals = [
    [['--moves', '4,4'], 'cell 4 is taken already'], [['--moves', '9'], 'cells are 0 to 8'], [['--moves', '4,1'], 'the game is not over after 2 moves'],
    [['--moves', '0,3,1,4,2,5'], 'the game is over after 5 moves'], [['--as', 'o'], '--as and --level are for --interactive'], [['--interactive', '--level', 'hard'], '--level is perfect or easy'],
    [['--interactive', '--moves', '0,3,1,4,2'], 'leave --interactive out'], [['--scenario', 'stall', '--keep'], 'are for the scenario game'], [['--scenario', 'leave', '--moves', '0,3,1,4,2'], 'are for the scenario game'], [['--chain', 'besu'], '--chain is anvil or geth'],
    [['--nonsense'], 'Unknown option'], [['stray'], 'Unexpected argument']
  ] as const
  for (const [args, message] of refusals) assert.throws(() => parseOptions(args), (error: unknown) => error instanceof UsageError && error.message.includes(message), args.join(' '))
})

test('the help has a line for each scenario, and no line above 80 columns', () => {
  for (const name of scenarioNames()) assert.match(HELP, new RegExp(`^ {4}${name} +\\S.*$`, 'm'))
  assert.ok(scenarioNames().length >= 5)
  const long = [...HELP.split('\n'), ...scenarioNames().flatMap(toldOfScenario)].filter(line => line.length > 80)
  assert.equal(long, [])
})

test('perfect play never loses, whoever begins and whatever the other does', () => {
  const losses = (cells: Cells, mine: 'x' | 'o', myTurn: boolean): number => {
    const outcome = outcomeOf(cells)
    if (outcome !== 'open') return outcome === mine || outcome === 'draw' ? 0 : 1
    const choices = myTurn ? [chooseCell(cells, 'perfect')] : freeCells(cells)
    return choices.reduce((sum, cell) => sum + losses(withMove(cells, cell), mine, !myTurn), 0)
  }
  assert.is(losses(EMPTY, 'o', false), 0)
  assert.is(losses(withMove(EMPTY, chooseCell(EMPTY, 'perfect')), 'x', false), 0)
  assert.is(chooseCell([1, 1, 0, 2, 2, 0, 0, 0, 0], 'perfect'), 2) // wins now, rather than later
  assert.is(chooseCell([1, 0, 0, 0, 0, 0, 0, 0, 0], 'easy', () => 0.999), 8)
  assert.equal(parseMoves('0, 3,1,4,2'), [0, 3, 1, 4, 2])
})

test('money that does not add up is named, and told as a failure', () => {
  const account = (player: 0 | 1, wonWei: bigint): Account => ({ player, name: player === 0 ? 'Alice' : 'Bob', beforeWei: '0', afterWei: '0', feesWei: '0', transactions: 1, wonWei: wonWei.toString() })
  const expected = [STAKE, -STAKE]
  const right = [account(0, STAKE), account(1, -STAKE)]
  assert.equal(moneyProblems(right, [ETHER + STAKE, ETHER - STAKE], { wonWei: expected }, 0n), [])
  assert.match(moneyProblems([account(0, 0n), account(1, 0n)], [ETHER, ETHER], { wonWei: expected }, 0n).join(), `Alice should have won ${STAKE} wei, but has won 0`)
  assert.match(moneyProblems(right, [ETHER + STAKE, ETHER], { wonWei: expected }, 0n).join(), 'were paid out')
  assert.match(moneyProblems(right, [ETHER + STAKE, ETHER - STAKE], { wonWei: expected }, 5n).join(), 'the court still holds 5 wei')

  const story = new Story(paintFor({ isTTY: false }, {}), false)
  const told = story.tell({ step: 'result', scenario: 'game', ok: false, problems: ['the court still holds 5 wei'], outcome: 'x', winner: 'Alice', stakeWei: '1', moves: 7, threadGas: 1, threadTransactions: 3, onchainGas: 1, totalMs: 1 })
  assert.match(told.join('\n'), /Something is wrong:\n.*the court still holds 5 wei/)
})

test('colours are for terminals that want them', () => {
  assert.is(paintFor({ isTTY: true }, {}).bold('x'), '\u001b[1mx\u001b[22m')
  for (const [isTTY, env] of [[false, {}], [true, { NO_COLOR: '1' }], [true, { TERM: 'dumb' }]] as const) assert.is(paintFor({ isTTY }, env).bold('x'), 'x')
})

test.run()
