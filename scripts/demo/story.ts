/** The steps in plain words: short lines of at most 80 columns, numbers aligned. */
import type { Paint } from './paint.js'
import type { Seat, Step, StepOf } from './steps.js'
import { outcomeOf } from './rules.js'
import { disputeLines, isDisputeStep } from './dispute-story.js'
import { duration, ether, ether6, grouped, listed, row, shortAddress } from './words.js'

/** What it is all about, in a few lines; `told`: what this scenario adds. */
export function introduction (paint: Paint, interactive: boolean, told: readonly string[]): string[] {
  return [
    '',
    paint.bold('EVM threads: a Solidity contract, played off the chain, judged by the chain.'),
    '',
    `${interactive ? 'You and Bob' : 'Alice and Bob'} play TicTacToe for money. The contract was written for a`,
    'blockchain, and nothing in it is changed. Yet only the beginning and the end of',
    'the game go there. Every move in between is run by the computers of both players',
    'and signed by both: that takes milliseconds, and costs nothing.',
    ...told.length === 0 ? [] : ['', ...told]
  ]
}

const CHAPTERS = {
  chain: ['A blockchain on this computer, and two contracts on it', 'gas is what a chain charges for work; whoever sends a transaction pays it'],
  node: ['Two players, each with a node: the program that plays for them', ''],
  oracle: ['An oracle: it watches for whoever is away, and answers for results', 'if it lies, anybody shows it to the court, and its bond pays'],
  open: ['On the chain: they open a thread, which is this one game', 'the court keeps the deposits until the end'],
  dispute: ['They no longer agree', 'the nodes go to the court by themselves; their reasons are from their logs'],
  move: ['Off the chain: they play', 'play(cell) is the contract\'s own function; cells are 0 to 8, row by row'],
  round: ['Off the chain: they race to 21', 'say(step) is the contract\'s own function; who says 21 has won the round'],
  redeem: ['On the chain, whenever they like: what the contract has sent there', 'a receipt is in the state that both sign; the court executes it once'],
  close: ['On the chain again: they close the thread', ''],
  balances: ['Their wallets on the chain, in ETH', ''],
  onchain: ['The same moves without a thread, played on the same chain just now', '']
} as const
type Chapter = keyof typeof CHAPTERS

/** Remembers what has been told, because some lines speak of earlier ones. */
export class Story {
  readonly #paint: Paint
  readonly #interactive: boolean
  readonly #told: Step[] = []
  #chapter = 0
  #begun = new Set<Chapter>()

  constructor (paint: Paint, interactive: boolean) {
    this.#paint = paint
    this.#interactive = interactive
  }

  /** The heading of what begins, so that it stands above the waiting. */
  before (): string[] {
    const next: Chapter = this.#last('contracts') === undefined ? 'chain' : this.#all('node').length < 2 ? 'node' : 'open'
    return this.#last('start') === undefined ? this.#heading(next) : []
  }

  /** The lines of a step. */
  tell (step: Step): string[] {
    this.#told.push(step)
    if (isDisputeStep(step)) return [...this.#heading('dispute'), ...disputeLines(step, this.#paint)]
    switch (step.step) {
      case 'chain': return [...this.#heading('chain'), row(`an Ethereum of our own (${step.program})`, '', duration(step.ms))]
      case 'contracts': return [
        row('the court: keeps deposits, judges', gas(step.courtGas)),
        row(`${step.game}.sol, for any game`, gas(step.codeGas)),
        this.#paint.dim('    put there once; they serve every game of everybody')
      ]
      case 'node': return [...this.#heading('node'), row(`${step.name.padEnd(6)}${shortAddress(step.wallet)}  ${ether(step.balanceWei)} ETH`, `process ${step.pid}`, duration(step.ms))]
      case 'open': return [...this.#heading('open'), row(`${step.name} ${verb(step.name, 'open')} it and ${verb(step.name, 'pay')} in ${ether(step.depositWei)} ETH`, gas(step.gasUsed), duration(step.ms))]
      case 'join': return [row(`${step.name} ${verb(step.name, 'join')} and ${verb(step.name, 'pay')} in ${ether(step.depositWei)} ETH`, gas(step.gasUsed), duration(step.ms))]
      case 'oracle': return [
        ...this.#heading('oracle'), row(`${step.name} ${shortAddress(step.wallet)} bonds ${ether(step.bondWei)} ETH`, gas(step.gasUsed)),
        this.#paint.dim(`    takes ${ether(step.feeWei)} ETH for a thread and ${ether(step.resultFeeWei)} for a result;`), this.#paint.dim(`    ${ether(step.perClaimWei)} ETH of the bond answer for each claim`)
      ]
      case 'accepted': return [row(`${step.name} accepts: ${ether(step.pledgedWei)} ETH are set aside for it`)]
      case 'start': return [row(`${listed(step.signedBy)} sign the beginning`, gas(0), duration(step.ms), bytes(step.bytes))]
      case 'move': return this.#move(step)
      case 'round': return [
        ...this.#heading('round'), '', `    round ${step.number}: ${step.said.join(', ')}: ${this.#paint.bold(step.name)} has won`,
        row(`${step.said.length} words, each signed by both`, gas(0), duration(step.ms))
      ]
      case 'receipt': return [`    receipt ${step.index}: ${receiptWords(step)}`]
      case 'redeem': return [...this.#heading('redeem'), row(`${step.name}: receipt ${step.index}, ${receiptWords(step)}`, gas(step.gasUsed))]
      case 'close': return this.#close(step)
      case 'balances': return this.#balances(step)
      case 'onchain': return this.#onChain(step)
      case 'result': return this.#result(step)
    }
  }

  /** The board and the question for the user's move. */
  invite (board: string, note: string): string[] {
    const lines = board.split('\n').map(line => line === '' ? '' : `    ${line}`)
    if (note !== '') return [`    ${this.#paint.yellow(note)}`]
    return [...this.#heading('move'), '', ...lines.slice(0, -1), `${lines.at(-1) ?? ''} ${this.#paint.dim('(1 to 9; q leaves)')}`]
  }

  #heading (chapter: Chapter): string[] {
    if (this.#begun.has(chapter)) return []
    this.#begun.add(chapter)
    const [title] = CHAPTERS[chapter]
    const explanation = chapter !== 'move' ? CHAPTERS[chapter][1] : this.#interactive ? 'your keys 1 to 9 are the contract\'s cells 0 to 8' : this.#waits() ? 'the one function waits for a cell: 0 to 8, row by row' : CHAPTERS.move[1]
    const lines = ['', this.#paint.bold(`${++this.#chapter}   ${title}`)]
    return explanation === '' ? lines : [...lines, `    ${this.#paint.dim(`(${explanation})`)}`]
  }

  #move (step: StepOf<'move'>): string[] {
    const { name, cell, valueWei, ms, resultSignedBy, moveSignedBy } = step
    const stake = valueWei === '0' ? '' : ` with ${ether(valueWei)} ETH`
    const call = `${this.#paint.bold(name)}: ${this.#waits() ? `cell ${cell}` : `play(${cell})`}${stake}`
    const measured = this.#paint.dim(`${duration(ms).padStart(6)}   ${bytes(step.bytes)}   ${gas(0)}`)
    const signed = `signed: the move by ${moveSignedBy}, its result by ${listed(resultSignedBy)}`
    const isOver = outcomeOf(step.cells) !== 'open'
    if (this.#interactive && !isOver) return [...this.#heading('move'), '', `    ${call}`, `    ${signed}`, `    ${measured}`]
    const [top = '', middle = '', bottom = ''] = this.#board(step.cells, cell)
    return [...this.#heading('move'), '', `    ${top}    ${step.number}  ${call}`, `    ${middle}       ${signed}`, `    ${bottom}       ${measured}`]
  }

  #board (cells: readonly number[], last: number): string[] {
    const { cyan, yellow, dim, bold } = this.#paint
    const mark = (i: number): string => {
      const text = cells[i] === 1 ? cyan('X') : cells[i] === 2 ? yellow('O') : dim('·')
      return i === last ? bold(text) : text
    }
    return [0, 3, 6].map(i => [mark(i), mark(i + 1), mark(i + 2)].join(' '))
  }

  #close (step: StepOf<'close'>): string[] {
    const names = this.#names()
    const shares = step.payoutsWei.map((wei, i) => `${names[i] ?? 'receipts'} ${ether(wei)} ETH`)
    return [
      ...this.#heading('close'),
      row(step.calledOff ? 'the game is called off: deposits go back' : `who gets what: ${shares.join(', ')}`),
      row(`signed by ${listed(step.signedBy)}, sent by ${step.sentBy}`, gas(step.gasUsed), duration(step.ms))
    ]
  }

  #balances ({ players }: StepOf<'balances'>): string[] {
    const line = (...cells: readonly string[]): string => `    ${(cells[0] ?? '').padEnd(8)}${cells.slice(1).map(cell => cell.padStart(16)).join('')}`
    return [
      ...this.#heading('balances'),
      this.#paint.dim(line('', 'before', 'game', 'gas paid', 'after')),
      ...players.map(({ name, beforeWei, wonWei, feesWei, afterWei }) => {
        const won = BigInt(wonWei)
        return line(name, ether6(beforeWei), `${won > 0n ? '+' : ''}${ether6(won)}`, ether6(-BigInt(feesWei)), ether6(afterWei))
      })
    ]
  }

  #onChain ({ deployGas, moveGas, gasUsed, transactions }: StepOf<'onchain'>): string[] {
    const opened = (this.#last('open')?.gasUsed ?? 0) + (this.#last('join')?.gasUsed ?? 0)
    const closed = this.#last('close')?.gasUsed ?? 0
    const moves = moveGas.reduce((sum, one) => sum + one, 0)
    const line = (what: string, here: string, there: string, note = ''): string => `    ${what.padEnd(16)}${here.padStart(14)}${there.padStart(16)}   ${note}`.trimEnd()
    return [
      ...this.#heading('onchain'),
      this.#paint.dim(line('gas', 'in the thread', 'without')),
      line('beginning', grouped(opened), grouped(deployGas), 'open, join; without: deploy'),
      line(moveGas.length === 1 ? '1 move' : `${moveGas.length} moves`, '0', grouped(moves), 'a thread\'s moves are free'),
      line('end', grouped(closed), '0', 'close; without: nothing'),
      this.#paint.bold(line('together', grouped(opened + closed), grouped(gasUsed), `${(gasUsed / (opened + closed)).toFixed(1)} times as much`)),
      line('transactions', grouped(this.#told.filter(({ step }) => step === 'open' || step === 'join' || step === 'close').length), grouped(transactions), 'each waits for a block')
    ]
  }

  #result (step: StepOf<'result'>): string[] {
    const paint = this.#paint
    if (!step.ok) return ['', paint.red(paint.bold('Something is wrong:')), ...step.problems.map(problem => paint.red(`  ✗ ${problem}`)), '']
    const ending = step.outcome === 'open' ? 'Called off: both have their deposits back.'
      : step.winner === null ? 'A draw: both have their stakes back.'
        : `${step.winner} ${step.winner === 'You' ? 'have' : 'has'} won ${ether(step.stakeWei)} ETH.`
    const next = this.#interactive
      ? [['npm start', 'a whole game by itself, step by step']]
      : [['npm start -- --interactive', 'play against the other node yourself']]
    const hints = [...next, ['npm start -- --scenario stall', 'the other falls silent, the chain judges'], ['npm start -- --keep', 'leave it running; talk to it with the CLI'], ['npm run cli -- --help', 'your own node, on any chain'], ['npm start -- --help', 'more']]
    return [
      '', `${paint.green('✓')} ${paint.bold(ending)}`,
      `  Checked to the wei: deposits, payouts, fees, balances. All took ${duration(step.totalMs)}.`,
      ...step.onchainGas === null ? [`  The thread took ${grouped(step.threadGas)} gas in ${step.threadTransactions} transactions, the dispute's among them.`] : [], '', 'Next', ...hints.map(([command = '', what = '']) => `    ${command.padEnd(31)}${paint.dim(what)}`), ''
    ]
  }

  /** The contract is a routine, which waits for moves. */
  #waits (): boolean { return this.#last('contracts')?.game === 'Morpion' }

  #names (): string[] {
    const name = (seat: Seat): string => this.#all('node').find(({ player }) => player === seat)?.name ?? ''
    return [name(0), name(1)]
  }

  #all<N extends Step['step']> (name: N): StepOf<N>[] {
    return this.#told.filter((step): step is StepOf<N> => step.step === name)
  }

  #last<N extends Step['step']> (name: N): StepOf<N> | undefined { return this.#all(name).at(-1) }
}

const receiptWords = ({ amountWei, isCall, target }: StepOf<'receipt' | 'redeem'>): string => isCall ? `a call of ${shortAddress(target)}` : `${ether(amountWei)} ETH to ${shortAddress(target)}`
const gas = (amount: number): string => `${grouped(amount)} gas`
const bytes = (amount: number): string => `${grouped(amount)} bytes`
const verb = (name: string, word: string): string => name === 'You' ? word : `${word}s`
