/** `init`: makes the encrypted key and, where options are given, the config file. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Command } from 'commander'
import { OPTIONS, type OptionName } from '../../config.js'
import { ThreadsError } from '../../errors.js'
import { act, addConfigOptions, textOption, type Context } from '../command.js'
import { readPassword } from '../terminal.js'

const KEPT: readonly OptionName[] = [
  'chainUrl', 'court', 'confirmations', 'pollMs', 'listen', 'announce', 'peers', 'observe', 'patienceSec', 'autoRespond', 'autoDispute', 'disputeAfterSec', 'moverPatienceSec', 'autoClose', 'rpcPort'
]

/** Adds the command. */
export function registerInit (program: Command): void {
  const command = program.command('init')
    .description('make the encrypted key that is this node: its network identity, its session key and, unless told otherwise, its wallet')
    .option('--password-file <file>', 'take the password from this file (else EVM_THREADS_PASSWORD, else it is asked for)')
    .option('--key-file <file>', 'take this private key (64 hexadecimal digits) instead of a new one')
    .option('--wallet-key-file <file>', 'keep this private key as a wallet of its own')
    .option('--separate-wallet', 'make a second new key as a wallet of its own')
    .addHelpText('after', `
Options of "start" that are given here are written to <data>/config.json.

Examples:
  evm-threads init
  evm-threads init --data-dir ./alice --password-file ./secret --chain-url http://127.0.0.1:8545 --court 0x5FbDB2315678afecb367f032d93F642f64180aa3
  evm-threads init --wallet-key-file ./wallet.key --json`)
  addConfigOptions(command, [...KEPT, 'scryptN'])
  act(command, init)
}

async function init (context: Context): Promise<void> {
  const { createKey, KEY_FILES } = await import('../../keystore.js')
  const { dataDir, scryptN } = context.config()
  const nodeKey = await keyOption(context, 'keyFile')
  const walletKey = await keyOption(context, 'walletKeyFile')
  if (walletKey !== undefined && context.options['separateWallet'] === true) {
    throw new ThreadsError('CLI_BAD_OPTIONS', '--wallet-key-file and --separate-wallet exclude each other')
  }
  const password = await readPassword({ passwordFile: textOption(context, 'passwordFile') }, { confirm: true })
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  const node = await createKey(join(dataDir, KEY_FILES.node), password, { scryptN, ...(nodeKey === undefined ? {} : { key: nodeKey }) })
  const wallet = walletKey !== undefined || context.options['separateWallet'] === true
    ? await createKey(join(dataDir, KEY_FILES.wallet), password, { scryptN, ...(walletKey === undefined ? {} : { key: walletKey }) })
    : node
  const configured = await keepOptions(context, dataDir)
  context.print(
    { dataDir, sessionKey: node.address, wallet: wallet.address, configured },
    `session key ${node.address}\nwallet      ${wallet.address}\nkept in     ${dataDir}${configured.length === 0 ? '' : ` with ${configured.join(', ')}`}\nThe wallet pays deposits and transactions: send it some ether. Others need both addresses to play with you.\nKeep a copy of the key file and do not lose the password: nobody can restore them.`
  )
}

async function keyOption (context: Context, name: string): Promise<Uint8Array | undefined> {
  const path = textOption(context, name)
  if (path === undefined) return undefined
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (cause) {
    throw new ThreadsError('KEY_NOT_FOUND', `cannot read ${path}`, { data: { path }, cause })
  }
  const { parseKey } = await import('../../keystore.js')
  return parseKey(text)
}

/** Adds the options that were given as flags to config.json; returns their names. */
async function keepOptions (context: Context, dataDir: string): Promise<string[]> {
  const config = context.config()
  const given = KEPT.filter((name) => context.options[name] !== undefined)
  if (given.length === 0) return []
  const path = join(dataDir, 'config.json')
  const known = (Object.keys(OPTIONS) as OptionName[])
  const before = await readFile(path, 'utf8').then((text) => JSON.parse(text) as Record<string, unknown>, () => ({} as Record<string, unknown>))
  const after = Object.fromEntries(known.flatMap((name) => given.includes(name) ? [[name, config[name]]] : name in before ? [[name, before[name]]] : []))
  await writeFile(path, `${JSON.stringify(after, null, 2)}\n`)
  return given
}
