/** `npm run bench -- <gas|speed|judge|routines|worst|oracle> [--json]`: measurements. Speed lives here and never in a test. */
import { cpus, totalmem } from 'node:os'
import { parseArgs } from 'node:util'
import type { Figure } from './gas.js'

const HELP = `Usage: npm run bench -- [gas] [speed] [judge] [routines] [worst] [oracle] [options]

  gas      what the court's calls cost, from receipts on anvil, and a forced input of a million gas (gas.long: in one transaction a block of 12 seconds)
  speed    co-signed transitions a second between two processes, and the naive way in the same run
  judge    what the judge's interpreter costs: outer gas for each inner opcode, opcodes in a transaction, a move of TicTacToe
  routines what suspending costs: bytes and milliseconds a breakpoint, a forced move of Morpion, beside the same game as calls
  worst    what half a million gas can cost the chain at most: programs that are unfavourable to the interpreter
  oracle   memory and open files of one oracle's process that follows many threads (--threads)
           (none named: gas, speed, judge and routines)

Options:
  --json             one line {"name", "value", "unit"} for each figure on stdout
  --repeats <n>      rounds of the speed measurement (default 12); figures are medians
  --seconds <n>      what each kind plays in a round (default 2), after eight seconds of warming up
  --threads <n>      threads of the oracle (default 200)
  --keep-loaded <n>  with more threads than this in its memory they rest (default 32)
  --window <n>       inputs under way at once in batches (default 200)
  -h, --help         this text

Examples:
  npm run bench -- gas
  npm run bench -- speed --repeats 20 --json`

const NAMES = ['gas', 'speed', 'judge', 'routines', 'worst', 'oracle']

async function main (): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false }, repeats: { type: 'string', default: '12' }, seconds: { type: 'string', default: '2' },
      window: { type: 'string', default: '200' }, threads: { type: 'string', default: '200' }, 'keep-loaded': { type: 'string', default: '32' }, help: { type: 'boolean', short: 'h', default: false }
    }
  })
  if (values.help) { console.log(HELP); return }
  const unknown = positionals.filter(name => !NAMES.includes(name))
  if (unknown.length > 0) {
    console.error(`there is no benchmark ${unknown.join(', ')}; there are: ${NAMES.join(', ')}`)
    process.exitCode = 2
    return
  }
  const wanted = positionals.length === 0 ? NAMES.slice(0, 4) : positionals
  const figures: Figure[] = []
  if (wanted.includes('gas')) figures.push(...await (await import('./gas.js')).benchGas(), ...await (await import('./long-input.js')).benchLongInput())
  if (wanted.includes('judge')) figures.push(...await (await import('./judge.js')).benchJudge())
  if (wanted.includes('routines')) {
    const { benchRoutineCosts, benchRoutineTimes } = await import('./routine.js')
    figures.push(...await benchRoutineCosts(), ...await benchRoutineTimes())
  }
  if (wanted.includes('worst')) figures.push(...await (await import('./judge-worst.js')).benchWorst())
  if (wanted.includes('oracle')) {
    figures.push(...await (await import('./oracle.js')).benchOracle({ count: Number(values.threads), keep: Number(values['keep-loaded']), progress: text => { console.error(text) } }))
  }
  if (wanted.includes('speed')) {
    const { benchSpeed } = await import('./speed.js')
    figures.push(...await benchSpeed({
      repeats: Number(values.repeats), warmMs: 8_000, forMs: Number(values.seconds) * 1000, window: Number(values.window), progress: text => { console.error(text) }
    }))
  }
  if (values.json) for (const figure of figures) console.log(JSON.stringify({ name: figure.name, value: figure.value, unit: figure.unit }))
  else table(figures, Number(values.repeats))
}

function table (figures: readonly Figure[], repeats: number): void {
  console.log(`${cpus().length} × ${cpus()[0]?.model ?? 'unknown'}, ${Math.round(totalmem() / 2 ** 30)} GiB, Node ${process.versions.node}${figures.some(({ name }) => name.startsWith('speed.')) ? `; speed: medians of ${repeats} rounds (lowest to highest) on a machine that may be shared` : ''}`)
  const width = Math.max(...figures.map(({ name }) => name.length))
  for (const { name, value, unit, low, high } of figures) {
    const spread = low === undefined || high === undefined ? '' : `  (${format(low)} to ${format(high)})`
    console.log(`${name.padEnd(width)}  ${format(value).padStart(10)}  ${unit}${spread}`)
  }
}

function format (value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en') : value.toFixed(2)
}

await main()
