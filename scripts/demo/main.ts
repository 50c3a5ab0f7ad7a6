/**
 * `npm start`: a chain, two nodes and a whole game between them, told step by step. What is shown is decided in `scenarios/`, how it is told in
 * `tellers.ts`; this file sees to it that everything ends, whatever happens.
 */
import { HELP, parseOptions, UsageError, type DemoOptions } from './options.js'
import { loadScenario, toldOfScenario } from './scenarios.js'
import { Interrupted, Stage } from './stage.js'
import { jsonTeller, storyTeller } from './tellers.js'

const EXIT = { wrong: 1, usage: 2, SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const
/** npm hands on a Ctrl-C that the terminal has sent to everybody: signals this close together are one. */
const SAME_PRESS_MS = 500

async function main (): Promise<number> {
  let options: DemoOptions | 'help'
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    process.stderr.write(`${error.message}\n"npm start -- --help" shows what there is.\n`)
    return EXIT.usage
  }
  if (options === 'help') {
    process.stdout.write(HELP)
    return 0
  }
  return await perform(options)
}

async function perform (options: DemoOptions): Promise<number> {
  const { signal, stoppedBy } = untilSignal()
  const stage = new Stage(signal, options.chain)
  const teller = options.json ? jsonTeller() : storyTeller(options.interactive !== undefined, toldOfScenario(options.scenario))
  try {
    const scenario = await loadScenario(options.scenario)
    const good = await scenario(stage, options, teller)
    if (options.keep) await stage.untilInterrupted()
    return good ? 0 : EXIT.wrong
  } catch (error) {
    teller.end()
    if (error instanceof Interrupted || signal.aborted) {
      process.stderr.write('\nStopped. Ending the chain and the nodes.\n')
      return EXIT[stoppedBy() ?? 'SIGINT']
    }
    process.stderr.write(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}\n${stage.complaints()}`)
    return EXIT.wrong
  } finally {
    teller.end()
    await stage.clear()
  }
}

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP'

/** The first signal ends the demo in order; another one, a moment later, does not wait for that (the nodes and the chain see it and end too). */
function untilSignal (): { readonly signal: AbortSignal, stoppedBy (): Signal | undefined } {
  const controller = new AbortController()
  let first: { readonly name: Signal, readonly atMs: number } | undefined
  const stop = (name: Signal): void => {
    if (first === undefined) {
      first = { name, atMs: performance.now() }
      controller.abort()
    } else if (performance.now() - first.atMs > SAME_PRESS_MS) process.exit(EXIT[name])
  }
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => { stop(name) })
  // Whoever reads our output may have gone (| head): then nobody is interested in the rest.
  process.stdout.on('error', () => { stop('SIGHUP') })
  return { signal: controller.signal, stoppedBy: () => first?.name }
}

process.exitCode = await main()
