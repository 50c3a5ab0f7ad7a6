/** `start`: the node in the foreground, until it is told to stop. */
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { Config, Log, NodeOptions, OptionName } from '../../config.js'
import { OPTIONS } from '../../config.js'
import { ThreadsError } from '../../errors.js'
import type { NodeParts } from '../../node.js'
import type { NodeApi } from '../../rpc/api.js'
import { act, addConfigOptions, textOption, type Context } from '../command.js'
import { ensureToken, removeDaemonFile, writeDaemonFile } from '../daemon.js'
import { readPassword } from '../terminal.js'

/** What the rest of the program makes of the options. */
export type RunningNode = { readonly api: NodeApi, stop (): Promise<void> }

/** Adds the command. `parts` are handed to the node. */
export function registerStart (program: Command, parts: NodeParts): void {
  const command = program.command('start')
    .description('run the node in the foreground')
    .option('--password-file <file>', 'take the password from this file (else EVM_THREADS_PASSWORD, else it is asked for)')
    .addHelpText('after', `
While the chain does not answer, the node waits for it, and says so in its log. It stops gracefully on Ctrl-C or SIGTERM; a second signal ends it at once, and nothing is lost by that either.
When it is ready it writes one line to stdout, and <data>/rpc.json and <data>/token for the other commands.

Examples:
  evm-threads start --court 0x5FbDB2315678afecb367f032d93F642f64180aa3
  evm-threads start --data-dir ./bob --listen /ip4/127.0.0.1/tcp/9471/ws --peer /ip4/127.0.0.1/tcp/9470/ws/p2p/16Uiu2… --log-json
  EVM_THREADS_PASSWORD=… evm-threads start --json`)
  addConfigOptions(command, (Object.keys(OPTIONS) as OptionName[]).filter((name) => name !== 'scryptN'))
  act(command, async context => { await start(context, parts) })
}

async function start (context: Context, parts: NodeParts): Promise<void> {
  const config = context.config()
  const { court } = config
  if (court === undefined) throw new ThreadsError('CONFIG_MISSING', 'which court? give --court, EVM_THREADS_COURT or "court" in config.json; "deploy" makes one', { data: { option: 'court' } })
  const [{ loadKeys }, { createLog }] = await Promise.all([import('../../keystore.js'), import('../log.js')])
  const keys = await loadKeys(config.dataDir, await readPassword({ passwordFile: textOption(context, 'passwordFile') }, { confirm: false }))
  const log = createLog({ level: config.logLevel, json: config.logJson })
  // Code of others may reject where nobody waits, perhaps because a peer made it. That is a fault, but no reason to leave the threads unwatched:
  // SAFETY: what was signed or sent had been written before.
  process.on('unhandledRejection', (error) => { log('error', 'node.unhandled-rejection', { error: error instanceof Error ? error.stack : String(error) }) })
  log('info', 'node.starting', { dataDir: config.dataDir, chain: config.chainUrl, court })
  const stopping = Promise.withResolvers<string>()
  const signals = listenForSignals((signal) => stopping.resolve(signal))

  const { createNode } = await import('../../node.js') as { createNode: (options: NodeOptions, parts: NodeParts) => Promise<RunningNode> }
  const node = await atStart(async () => await createNode({
    dataDir: config.dataDir, key: keys.node.key, walletKey: keys.wallet.key, rpcUrl: config.chainUrl, court,
    confirmations: config.confirmations, pollMs: config.pollMs, listen: config.listen, announce: config.announce, peers: config.peers,
    observe: config.observe, keepLoaded: config.keepLoaded, patienceSec: config.patienceSec, autoRespond: config.autoRespond, autoDispute: config.autoDispute,
    disputeAfterSec: config.disputeAfterSec, moverPatienceSec: config.moverPatienceSec, forceTimeout: config.forceTimeout, autoClose: config.autoClose, log,
    oracle: config.oracle ? {
      minFeeUnits: BigInt(config.oracleFee), claims: config.oracleClaims, codes: config.oracleCodes, assets: config.oracleAssets, isDryRun: config.oracleDryRun, resultFeeWei: BigInt(config.oracleResultFee)
    } : undefined,
    useOracle: config.useOracle, maxOracleFeeWei: BigInt(config.maxOracleFee)
  }, parts))
  signals.runsNow()
  try {
    const server = await serve(node, config, log, () => stopping.resolve('node_stop'))
    try {
      await announce(context, node, server.url)
      log('info', 'node.stopping', { by: await stopping.promise })
    } finally {
      await removeDaemonFile(config.dataDir)
      await server.stop()
    }
  } finally {
    await node.stop()
  }
}

async function serve (node: RunningNode, config: Config, log: Log, onStop: () => void): Promise<{ url: string, stop (): Promise<void> }> {
  const { RpcServer } = await import('../../rpc/server.js')
  const server = new RpcServer({ api: node.api, log, onStop }, {
    host: config.rpcHost, port: config.rpcPort, token: await ensureToken(config.dataDir),
    allowHosts: config.rpcAllowHosts, allowOrigins: config.rpcAllowOrigins, version: await packageVersion()
  })
  const url = await atStart(async () => await server.start())
  await writeDaemonFile(config.dataDir, { url, pid: process.pid })
  return { url, stop: async () => await server.stop() }
}

async function announce (context: Context, node: RunningNode, url: string): Promise<void> {
  const { peerId, multiaddrs, sessionKey, wallet } = await node.api.node_status({})
  context.print(
    { ready: true, url, pid: process.pid, peerId, multiaddrs, sessionKey, wallet },
    `ready: ${peerId}\n  wallet  ${wallet}\n  rpc     ${url}${multiaddrs.map((at) => `\n  address ${at}`).join('')}`
  )
}

/** What goes wrong here has exit code 6: the node did not come up. */
async function atStart<T> (step: () => Promise<T>): Promise<T> {
  try {
    return await step()
  } catch (error) {
    process.exitCode = 6
    throw error
  }
}

/**
 * The first signal asks; the second does not wait. Until `runsNow` the first does not wait either: a node may wait for its chain for hours, and
 * one that is cut short while it starts is as safe as one that is killed.
 */
function listenForSignals (onStop: (signal: string) => void): { runsNow (): void } {
  let running = false
  let asked = false
  for (const [signal, exitCode] of [['SIGINT', 130], ['SIGTERM', 143]] as const) {
    process.on(signal, () => {
      if (asked || !running) process.exit(exitCode)
      asked = true
      onStop(signal)
    })
  }
  return { runsNow: () => { running = true } }
}

/** The version of this package. */
export async function packageVersion (): Promise<string> {
  // From dist/src/cli/commands: the package's folder is four up.
  const text = await readFile(new URL('../../../../package.json', import.meta.url), 'utf8')
  return String((JSON.parse(text) as { version: unknown }).version)
}
