/** `deploy`: the court, or a contract's code for threads to take, put on any chain with the wallet's key. Needs no running node. */
import type { Command } from 'commander'
import { ThreadsError } from '../../errors.js'
import type { Deployer } from '../../chain/deploy.js'
import { act, addConfigOptions, textOption, type Context } from '../command.js'
import { readContract, type CompiledContract } from '../contract.js'
import { readPassword } from '../terminal.js'

type Deployment = { readonly kind: 'court' | 'code' | 'contract', readonly name: string, readonly address: string, readonly gasUsed: number, readonly block: number }

/** Adds the command. */
export function registerDeploy (program: Command): void {
  const command = program.command('deploy')
    .description('put the court on a chain; or, with --contract, a contract\'s creation code as data, for threads to open with')
    .argument('[arguments...]', 'with --runtime: the constructor\'s arguments; arrays and tuples as JSON')
    .option('--contract <artifact>', 'a compiler\'s JSON (solc, hardhat or foundry), or the name of one of this project\'s examples, e.g. TicTacToe')
    .option('--runtime', 'deploy the contract itself (its constructor runs on the chain); threads take its runtime code')
    .option('--password-file <file>', 'take the password from this file (else EVM_THREADS_PASSWORD, else it is asked for)')
    .addHelpText('after', `
Examples:
  evm-threads deploy --chain-url http://127.0.0.1:8545
  evm-threads deploy --contract TicTacToe --json
  evm-threads deploy --contract ./out/Token.sol/Token.json --runtime "My token" MTK`)
  addConfigOptions(command, ['chainUrl', 'pollMs'])
  act(command, deploy)
}

async function deploy (context: Context, ...words: string[]): Promise<void> {
  const config = context.config()
  const source = textOption(context, 'contract')
  const runtime = context.options['runtime'] === true
  if (words.length > 0 && !(runtime && source !== undefined)) {
    throw new ThreadsError('CLI_BAD_OPTIONS', 'arguments are for --contract with --runtime; creation code kept as data gets its arguments in "open"')
  }
  const contract = source === undefined ? undefined : await readContract(source)
  if (contract?.creationCode.length === 0) throw new ThreadsError('CLI_BAD_ARTIFACT', `${source ?? ''} has no linked creation code ("bytecode")`, { data: { path: source } })
  const { loadKeys } = await import('../../keystore.js')
  const keys = await loadKeys(config.dataDir, await readPassword({ passwordFile: textOption(context, 'passwordFile') }, { confirm: false }))
  const { openDeployer } = await import('../../chain/deploy.js')
  const deployer = await openDeployer({ url: config.chainUrl, walletKey: keys.wallet.key, clock: { nowMs: () => Date.now() }, pollMs: config.pollMs })
  try {
    const deployed = await put(deployer, contract, runtime, words)
    const chainId = deployer.chainId.toString()
    const hint = { court: `Nodes use it with: --court ${deployed.address}`, code: `Open a thread with: evm-threads open ${deployed.address} …`, contract: `Its code serves threads: evm-threads open ${deployed.address} …` }
    context.print({ ...deployed, chainId }, `${deployed.kind} ${deployed.name} at ${deployed.address} on chain ${chainId}, gas ${deployed.gasUsed}\n${hint[deployed.kind]}`)
  } finally {
    deployer.stop()
  }
}

async function put (deployer: Deployer, contract: CompiledContract | undefined, runtime: boolean, words: readonly string[]): Promise<Deployment> {
  const chain = await import('../../chain/deploy.js')
  if (contract === undefined) {
    const { court, block, gasUsed } = await chain.deployCourt(deployer)
    return { kind: 'court', name: 'Threads', address: court, gasUsed: Number(gasUsed), block: Number(block) }
  }
  const { address, block, gasUsed } = runtime
    ? await chain.deployContract(deployer, contract, await constructorValues(contract, words))
    : await chain.deployCodeAsData(deployer, contract.creationCode)
  return { kind: runtime ? 'contract' : 'code', name: contract.name, address, gasUsed: Number(gasUsed), block: Number(block) }
}

async function constructorValues (contract: CompiledContract, words: readonly string[]): Promise<unknown[]> {
  const { parseArguments } = await import('../arguments.js')
  const types = contract.interface.deploy.inputs.map((input) => input.format('sighash'))
  return parseArguments(`constructor_(${types.join(',')})`, words)
}
