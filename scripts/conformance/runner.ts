/** Runs cases one after the other: what became of them, in order, counted, and kept in a file so that a run that was cut short goes on where it stopped. */
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { fail, type Case, type Outcome } from './outcome.js'

/** How many cases ended how. */
export type Summary = { pass: number, fail: number, outOfScope: Record<string, number> }

/** How a run is told. */
export type RunnerOptions = {
  /** Lines of JSON instead of words. */
  readonly json: boolean
  /** A line for the cases that pass, too. */
  readonly all: boolean
  /** File of outcomes: cases in it are not run again. */
  readonly out: string | undefined
  /** What the outcomes depend on besides the cases; a file of another kind is refused. */
  readonly kind: string
}

const PROGRESS_MS = 10_000
/** Cases this slow are named on stderr: they are what a long run waits for. */
const SLOW_MS = 20_000

/** What the user asked for cannot be done; the message says why. */
export class WrongUse extends Error {}

/** Runs cases and counts. */
export class Runner {
  readonly total = nothing()
  readonly #options: RunnerOptions
  readonly #known: ReadonlyMap<string, Outcome>
  #told = Date.now()
  #group = nothing()

  /** @throws WrongUse when the file of outcomes is of another kind */
  constructor (options: RunnerOptions) {
    this.#options = options
    this.#known = options.out === undefined ? new Map() : openOutcomes(options.out, options.kind)
  }

  /** Runs one case, or takes what is known of it. */
  async run ({ name, run }: Case): Promise<void> {
    const { all, out } = this.#options
    const known = this.#known.get(name)
    const started = Date.now()
    const outcome = known ?? await run().catch((error: Error) => fail(`it throws: ${error.stack ?? error.message}`))
    const ms = Date.now() - started
    if (known === undefined && out !== undefined) appendFileSync(out, JSON.stringify({ name, ...outcome, ms }) + '\n')
    if (ms > SLOW_MS) console.error(`${Math.round(ms / 1000)} s: ${name}`)
    record(this.total, outcome)
    record(this.#group, outcome)
    if (outcome.verdict !== 'pass' || all) this.#say(name, outcome)
    this.#progress(name)
  }

  /** Ends a group of cases; with a name, its summary is told. */
  closeGroup (name: string | undefined): void {
    if (name !== undefined && count(this.#group) > 0) {
      console.log(this.#options.json ? JSON.stringify({ folder: name, ...this.#group }) : `${name}: ${inWords(this.#group).replaceAll('\n', ', ')}`)
    }
    this.#group = nothing()
  }

  /** Tells the summary. @returns the exit code: 1 when a case failed, 2 when none passed */
  end (): number {
    console.log(this.#options.json ? JSON.stringify(this.total) : inWords(this.total))
    if (this.total.fail > 0) return 1
    return this.total.pass > 0 ? 0 : 2
  }

  #say (name: string, outcome: Outcome): void {
    if (this.#options.json) { console.log(JSON.stringify({ name, ...outcome })); return }
    const more = outcome.verdict === 'fail' ? `: ${outcome.why}` : outcome.verdict === 'outOfScope' ? `: ${outcome.reason}` : ''
    console.log(`${outcome.verdict === 'outOfScope' ? 'out of scope' : outcome.verdict}  ${name}${more}`)
  }

  #progress (name: string): void {
    if (Date.now() - this.#told < PROGRESS_MS) return
    this.#told = Date.now()
    console.error(`${count(this.total)} cases, ${this.total.fail} failed; last ${name}`)
  }
}

/** The outcomes in a file, which is made when there is none. A last line that was cut short is taken off. */
function openOutcomes (file: string, kind: string): Map<string, Outcome> {
  const header = JSON.stringify({ kind })
  const [first = '', ...lines] = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  lines.pop() // behind the last line break: nothing, or a line that was cut short
  if (first !== '' && first !== header) throw new WrongUse(`${file} holds outcomes of another run (${first}); take another file`)
  writeFileSync(file, [header, ...lines, ''].join('\n'))
  return new Map(lines.map((line) => {
    const { name, ms: _, ...outcome } = JSON.parse(line) as { name: string, ms: number } & Outcome
    return [name, outcome as Outcome]
  }))
}

function nothing (): Summary {
  return { pass: 0, fail: 0, outOfScope: {} }
}

function count ({ pass, fail: failed, outOfScope }: Summary): number {
  return Object.values(outOfScope).reduce((sum, n) => sum + n, pass + failed)
}

function record (summary: Summary, outcome: Outcome): void {
  if (outcome.verdict !== 'outOfScope') summary[outcome.verdict]++
  else summary.outOfScope[outcome.reason] = (summary.outOfScope[outcome.reason] ?? 0) + 1
}

function inWords ({ pass, fail: failed, outOfScope }: Summary): string {
  return [`${pass} pass, ${failed} fail`, ...Object.entries(outOfScope).map(([reason, n]) => `${n} out of scope: ${reason}`)].join('\n')
}
