/** The command line as a whole: all commands under one name, and the way from what they throw to an exit code. */
import { Command, CommanderError } from 'commander'
import { ThreadsError } from '../errors.js'
import type { NodeParts } from '../node.js'
import { registerChain } from './commands/chain.js'
import { registerDeploy } from './commands/deploy.js'
import { registerInit } from './commands/init.js'
import { registerNetwork } from './commands/network.js'
import { registerOpen } from './commands/open.js'
import { registerOracle } from './commands/oracle.js'
import { registerPlay } from './commands/play.js'
import { registerReceipts } from './commands/receipts.js'
import { packageVersion, registerStart } from './commands/start.js'
import { registerThread } from './commands/thread.js'
import { exitCodeOf, exitCodesHelp } from './exit-codes.js'
import { printError } from './terminal.js'

/** The whole command line. `parts`: rooms of the node that `start` runs, where another entry than `main.ts` brings its own. */
export function createProgram (version: string, parts: NodeParts = {}): Command {
  const program = new Command('evm-threads')
    .description('Run an ordinary Solidity contract off-chain between its players, with the chain as its judge.')
    .version(version)
    .option('--data-dir <folder>', 'keys, store and configuration of the node (EVM_THREADS_DATA_DIR; default $XDG_DATA_HOME/evm-threads or ~/.evm-threads)')
    .option('--json', 'data as JSON on stdout, errors as JSON on stderr')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    // Errors are printed once, in `run`: as JSON too.
    .configureOutput({ outputError: () => undefined })
    .addHelpText('after', `
Examples:
  evm-threads init && evm-threads start --court 0x5FbDB2315678afecb367f032d93F642f64180aa3
  evm-threads open 0xC0de… --player 0xB0b… --deposit 0.1ether --ctor "(address,address)" @0 @1
  evm-threads send 3f2a "play(uint8)" 4
  evm-threads close 3f2a`)
    .addHelpText('afterAll', `\n${exitCodesHelp()}`)
  registerStart(program, parts)
  for (const register of [registerInit, registerOpen, registerThread, registerNetwork, registerChain, registerReceipts, registerDeploy, registerOracle, registerPlay]) register(program)
  return program
}

/** Runs one command line; what goes wrong is printed and becomes the exit code. */
export async function run (argv: readonly string[], parts: NodeParts = {}): Promise<void> {
  const json = argv.includes('--json')
  try {
    await createProgram(await packageVersion(), parts).parseAsync([...argv])
  } catch (error) {
    if (error instanceof CommanderError) {
      if (error.exitCode !== 0 && error.code !== 'commander.help') {
        printError(json, new ThreadsError('CLI_USAGE', `${error.message.replace(/^error: /, '')}; --help shows how`))
      }
    } else if (exitCodeOf(error) !== 130) printError(json, error)
    // A command may have set a more telling one already.
    process.exitCode ??= exitCodeOf(error)
  }
}
