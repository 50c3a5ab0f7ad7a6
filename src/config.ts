/**
 * The options of a node: one table with name, flag, environment variable, default, range and meaning. A value is looked for in the flags,
 * then the environment, then `<data>/config.json`, then the default. Nothing is guessed: an unknown key or a bad value is an error.
 */
import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { ThreadsError } from './errors.js'
import type { Address, Hash32 } from './protocol/types.js'

/** How loud a log line is. */
export type LogLevel = 'debug' | 'info' | 'warn' | 'error'
/** Where log lines go: a level, a stable event name, and small data. */
export type Log = (level: LogLevel, event: string, data?: Record<string, unknown>) => void

/** What `createNode` needs. Keys are 32-byte secp256k1 private keys. */
export type NodeOptions = {
  readonly dataDir: string
  /** The libp2p identity and session key. */
  readonly key: Uint8Array
  /** Pays for transactions on the host chain; receives payouts. May be the same key. */
  readonly walletKey: Uint8Array
  /** JSON-RPC of the host chain. */
  readonly rpcUrl: string
  readonly court: Address
  readonly confirmations: number
  readonly pollMs: number
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly peers: readonly string[]
  /** Follow threads that it is no player of, too. */
  readonly observe: boolean
  readonly patienceSec: number
  readonly autoRespond: boolean
  readonly autoDispute: boolean
  readonly disputeAfterSec: number
  /** How long a routine's mover may think before this node goes to the court. */
  readonly moverPatienceSec: number
  /** A function without arguments, such as `claimTimeout()`. */
  readonly forceTimeout: string | undefined
  readonly autoClose: 'settled' | 'never'
  /** The node is an oracle: it serves threads that name its wallet. Undefined: it is none. */
  readonly oracle?: {
    readonly minFeeUnits: bigint, readonly claims: number, readonly codes: readonly Hash32[], readonly assets: readonly Address[], readonly isDryRun: boolean
    /** For one result of a forced move. */
    readonly resultFeeWei: bigint
  } | undefined
  /** Ask a thread's oracle for the results of own forced moves. */
  readonly useOracle: boolean
  /** What is paid for one result at most. */
  readonly maxOracleFeeWei: bigint
  /** With more threads than this in memory those rest on disk in which nothing happens. */
  readonly keepLoaded: number
  readonly log: Log
}

/** Turns a string (flag, environment) or a JSON value (config file) into a value; undefined means: not one of these. */
type Kind<T> = { readonly expects: string, readonly list?: boolean, readonly flag?: 'boolean', parse (raw: unknown): T | undefined }

const string = (expects: string, pattern: RegExp): Kind<string> =>
  ({ expects, parse: (raw) => typeof raw === 'string' && pattern.test(raw) ? raw : undefined })

const integer = (min: number, max: number): Kind<number> => ({
  expects: `an integer from ${min} to ${max}`,
  parse: (raw) => {
    const value = typeof raw === 'string' && /^[0-9]+$/.test(raw) ? Number(raw) : raw
    return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max ? value : undefined
  }
})

const boolean: Kind<boolean> = {
  expects: 'true or false', flag: 'boolean',
  parse: (raw) => raw === true || raw === 'true' || raw === '1' ? true : raw === false || raw === 'false' || raw === '0' ? false : undefined
}

const oneOf = <const T extends string>(...values: readonly T[]): Kind<T> =>
  ({ expects: values.join(' or '), parse: (raw) => values.find((value) => value === raw) })

const list = (expects: string, pattern: RegExp): Kind<readonly string[]> => ({
  expects: `${expects}; several: separated by commas in the environment, an array in the file, the flag repeated`, list: true,
  parse: (raw) => {
    const items: unknown = typeof raw === 'string' ? raw.split(',').map((item) => item.trim()).filter((item) => item !== '') : raw
    return Array.isArray(items) && items.every((item): item is string => typeof item === 'string' && pattern.test(item)) ? items : undefined
  }
})

const ADDRESS: Kind<Address> = {
  expects: 'an address: 0x and 40 hexadecimal digits',
  parse: (raw) => typeof raw === 'string' && /^0x[0-9a-fA-F]{40}$/.test(raw) ? raw.toLowerCase() as Address : undefined
}
const ADDRESSES: Kind<readonly Address[]> = {
  ...list('an address: 0x and 40 hexadecimal digits', /^0x[0-9a-fA-F]{40}$/),
  parse: (raw) => list('an address', /^0x[0-9a-fA-F]{40}$/).parse(raw)?.map((address) => address.toLowerCase() as Address)
}
const WEI = string('a whole number of wei', /^(0|[1-9][0-9]{0,38})$/)
const HASHES: Kind<readonly Hash32[]> = {
  ...list('a hash: 0x and 64 hexadecimal digits', /^0x[0-9a-fA-F]{64}$/),
  parse: (raw) => list('a hash', /^0x[0-9a-fA-F]{64}$/).parse(raw)?.map((hash) => hash.toLowerCase() as Hash32)
}
const SCRYPT_N: Kind<number> = {
  expects: 'a power of two from 2 to 1048576',
  parse: (raw) => {
    const n = integer(2, 1 << 20).parse(raw)
    return n !== undefined && (n & (n - 1)) === 0 ? n : undefined
  }
}
const MULTIADDR = /^\/[a-z0-9]+\/.+/

type Option<T, D> = { readonly kind: Kind<T>, readonly fallback: D, readonly doc: string, readonly flag: string }
const option = <T, D extends T | undefined>(flag: string, kind: Kind<T>, fallback: D, doc: string): Option<T, D> => ({ flag, kind, fallback, doc })

/** Every option of the configuration, by its key in `config.json`. The environment variable is `EVM_THREADS_` and the flag in capitals. */
export const OPTIONS = {
  chainUrl: option('chain-url', string('a URL with http or https', /^https?:\/\/\S+$/), 'http://127.0.0.1:8545', 'JSON-RPC of the host chain'),
  court: option('court', ADDRESS, undefined, 'address of the court (Threads) on the host chain'),
  confirmations: option('confirmations', integer(1, 1000), 2, 'how many blocks, its own included, an event needs to count'),
  pollMs: option('poll-ms', integer(20, 600_000), 1000, 'how often the chain is asked for news, in milliseconds'),
  listen: option('listen', list('a multiaddress, e.g. /ip4/0.0.0.0/tcp/9470/ws', MULTIADDR), ['/ip4/0.0.0.0/tcp/9470/ws'], 'where to listen for peers'),
  announce: option('announce', list('a multiaddress', MULTIADDR), [], 'addresses under which others reach this node, when they differ from where it listens'),
  peers: option('peer', list('a multiaddress that ends in /p2p/<id>', MULTIADDR), [], 'a peer to stay connected to'),
  observe: option('observe', boolean, false, 'follow and relay threads that this node is no player of'),
  patienceSec: option('patience-sec', integer(1, 86_400), 30, 'after how many seconds a missing answer becomes a warning'),
  autoRespond: option('auto-respond', boolean, true, 'answer a challenge with the head on its own'),
  autoDispute: option('auto-dispute', boolean, true, 'dispute on its own: force own inputs that the others do not sign, drop moves that cannot be settled, settle and withdraw at the end'),
  disputeAfterSec: option('dispute-after-sec', integer(1, 2_592_000), 300, 'after how many seconds without the others an own input is taken to the chain'),
  moverPatienceSec: option('mover-patience-sec', integer(1, 2_592_000), 3_600, 'after how many seconds without the move of another player, whom a routine waits for, this node takes it to the chain'),
  forceTimeout: option('force-timeout', string('a function without arguments, e.g. claimTimeout()', /^[A-Za-z_$][A-Za-z0-9_$]*\(\)$/), undefined, 'the contract\'s function against who is late: called on its own when it would succeed and the others have been silent for so long'),
  autoClose: option('auto-close', oneOf('settled', 'never'), 'settled', 'settled: agree on its own to a close that pays exactly the balances, when nothing is left inside contracts; never: only when asked to'),
  oracle: option('oracle', boolean, false, 'serve threads that name this wallet as their oracle: accept them, follow them, answer old challenges, refute false claims'),
  oracleFee: option('oracle-fee', string('a whole number of the asset\'s smallest units', /^(0|[1-9][0-9]{0,38})$/), '0', 'the least fee for which a thread is accepted, in its asset\'s smallest units'),
  oracleClaims: option('oracle-claims', integer(1, 16), 4, 'for how many claims at a time bonds are set aside in each thread'),
  oracleCodes: option('oracle-code', HASHES, [] as readonly Hash32[], 'the hash of a code that is served (default: all)'),
  oracleAssets: option('oracle-asset', ADDRESSES, [] as readonly Address[], 'the asset of the threads that are served: a token, or address 0 for ether (default: all)'),
  oracleResultFee: option('oracle-result-fee', WEI, '0', 'what a player pays for the result of one forced move, in wei'),
  oracleDryRun: option('oracle-dry-run', boolean, false, 'accept and sign nothing as an oracle: say what it would'),
  useOracle: option('use-oracle', boolean, false, 'have the thread\'s oracle answer for own forced moves, and claim them; where it does not, the chain executes them'),
  maxOracleFee: option('max-oracle-fee', WEI, '10000000000000000', 'what is paid for one result at most, in wei'),
  keepLoaded: option('keep-loaded', integer(0, 100_000), 32, 'with more threads than this in memory those rest on disk in which nothing happens'),
  rpcHost: option('rpc-host', string('a host name or address', /^[0-9A-Za-z.:[\]_-]+$/), '127.0.0.1', 'where the JSON-RPC interface listens'),
  rpcPort: option('rpc-port', integer(0, 65_535), 0, 'its port; 0: any free one, found in rpc.json'),
  rpcAllowHosts: option('rpc-allow-host', list('a host name', /^[^\s/,]+$/), [], 'further Host headers to accept'),
  rpcAllowOrigins: option('rpc-allow-origin', list('an origin, e.g. http://localhost:5173', /^https?:\/\/[^\s/,]+$/), [], 'web origins to accept'),
  scryptN: option('scrypt-n', SCRYPT_N, 131_072, 'work factor of a new key file; a low one makes a stolen file cheap to guess: for tests only'),
  logLevel: option('log-level', oneOf('debug', 'info', 'warn', 'error'), 'info', 'the least level that is logged'),
  logJson: option('log-json', boolean, false, 'log JSON lines instead of text')
} as const

/** The key of an option. */
export type OptionName = keyof typeof OPTIONS
type Value<O> = O extends Option<infer T, infer D> ? (undefined extends D ? T | undefined : T) : never
/** All options with their values. */
export type Config = { readonly [K in OptionName]: Value<typeof OPTIONS[K]> } & { readonly dataDir: string }

/** The environment variable of an option. */
export function envName (name: OptionName | 'dataDir' | 'password'): string {
  const flag = name === 'dataDir' ? 'data-dir' : name === 'password' ? 'password' : OPTIONS[name].flag
  return `EVM_THREADS_${flag.replaceAll('-', '_').toUpperCase()}`
}

/** Where a node keeps its files unless told otherwise: `$XDG_DATA_HOME/evm-threads`, else `~/.evm-threads`. */
export function defaultDataDir (env: NodeJS.ProcessEnv): string {
  const xdg = env['XDG_DATA_HOME']
  // The XDG specification: a relative path there is to be ignored.
  return xdg !== undefined && xdg.startsWith('/') ? join(xdg, 'evm-threads') : join(homedir(), '.evm-threads')
}

/**
 * The configuration from all its sources.
 * @param flags by option key; undefined and absent are the same.
 * @throws `CONFIG_UNKNOWN_KEY`, `CONFIG_BAD_VALUE`, `CONFIG_UNREADABLE`.
 */
export function resolveConfig (flags: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv): Config {
  const given = flags['dataDir'] ?? env[envName('dataDir')]
  const dataDir = resolve(typeof given === 'string' && given !== '' ? given : defaultDataDir(env))
  const file = readConfigFile(join(dataDir, 'config.json'))
  const entries = (Object.keys(OPTIONS) as OptionName[]).map((name) => {
    const sources: readonly (readonly [string, unknown])[] = [
      [`--${OPTIONS[name].flag}`, flags[name]],
      // An empty variable counts as unset: that is how Docker and CI files leave one out.
      [envName(name), env[envName(name)] === '' ? undefined : env[envName(name)]],
      [`"${name}" in config.json`, file[name]]
    ]
    const found = sources.find(([, raw]) => raw !== undefined)
    return [name, found === undefined ? OPTIONS[name].fallback : parseOption(name, found[1], found[0])]
  })
  // The cast: the entries are those of OPTIONS, each parsed by its own kind.
  return { ...Object.fromEntries(entries) as Omit<Config, 'dataDir'>, dataDir }
}

/** One value by its option's rule. @throws `CONFIG_BAD_VALUE`. */
function parseOption (name: OptionName, raw: unknown, source: string): unknown {
  const value = OPTIONS[name].kind.parse(raw)
  if (value !== undefined) return value
  throw new ThreadsError('CONFIG_BAD_VALUE', `${source}: expected ${OPTIONS[name].kind.expects}`, { data: { option: name, source, value: raw } })
}

function readConfigFile (path: string): Readonly<Record<string, unknown>> {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return {}
    throw new ThreadsError('CONFIG_UNREADABLE', `cannot read ${path}`, { data: { path }, cause })
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch (cause) {
    throw new ThreadsError('CONFIG_UNREADABLE', `${path} is not JSON: ${String(cause)}`, { data: { path }, cause })
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new ThreadsError('CONFIG_UNREADABLE', `${path} must be a JSON object`, { data: { path } })
  }
  const unknown = Object.keys(parsed).filter((key) => !Object.hasOwn(OPTIONS, key))
  if (unknown.length > 0) {
    throw new ThreadsError('CONFIG_UNKNOWN_KEY', `${path}: unknown ${unknown.join(', ')}; known: ${Object.keys(OPTIONS).join(', ')}`, { data: { path, keys: unknown } })
  }
  return { ...parsed }
}
