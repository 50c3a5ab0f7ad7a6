/**
 * A chain with the court on it, and nodes as separate processes, started through the command line like any user's: for the demo, the benchmarks and the
 * end-to-end tests.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Contract, JsonRpcProvider, Wallet, type InterfaceAbi } from 'ethers'
import { startAnvil, type AnvilOptions } from './anvil.js'
import type { HostChain } from './host-chain.js'
import { loadArtifact } from '../src/chain/artifacts.js'
import { deployCodeAsData, deployContract, deployCourt, openDeployer, type Deployer } from '../src/chain/deploy.js'
import { createKey, KEY_FILES } from '../src/keystore.js'
import { hexToBytes } from '../src/protocol/bytes.js'
import type { Address, Hex } from '../src/protocol/types.js'
import { RpcClient } from '../src/rpc/client.js'

const CLI = fileURLToPath(new URL('../src/cli/main.js', import.meta.url))
/** A node whose owner cheats, for {@link PlayerOptions}.entry. */
export const LYING_NODE = fileURLToPath(new URL('./lying-node.js', import.meta.url))
/** The same for `start`, ending with the process that started it. */
const NODE = fileURLToPath(new URL('./guarded-node.js', import.meta.url))
const PASSWORD = 'a password for this run only'
/** The least: the keys are the chain's own, for all to see. */
const SCRYPT_N = 2

/** Options of {@link openArena}. */
export type ArenaOptions = { readonly anvil?: AnvilOptions, /** Play on this chain instead of an anvil; it ends with the arena. */ readonly chain?: HostChain }

/** Options of a node process. */
export type PlayerOptions = {
  /** Which of the chain's funded keys it gets; 0 is the deployer's. */
  readonly account: number
  /** Further flags of `start`. */
  readonly flags?: readonly string[]
  /** Another entry than the command line: a script that takes the same arguments (for faults). */
  readonly entry?: string
  readonly env?: Readonly<Record<string, string>>
  /** Reach the chain here instead (a proxy). */
  readonly chainUrl?: string
  /** Told every line of the node's log. */
  readonly onLogLine?: (line: string) => void
  /** The funded key becomes a wallet of its own; the node's key (identity and session) is a new one. */
  readonly separateWallet?: boolean
}

/** One node in its own process. */
export class Player {
  readonly name: string
  readonly dataDir: string
  readonly key: Hex
  readonly #options: PlayerOptions
  readonly #flags: readonly string[]
  /** A free port at first; the same one afterwards, for it is published. */
  #listen = '/ip4/127.0.0.1/tcp/0/ws'
  #process: ChildProcess | undefined
  #client: RpcClient | undefined
  /** What the process wrote to stderr. */
  log = ''
  wallet: Address = '0x' as Address
  sessionKey: Address = '0x' as Address
  multiaddrs: string[] = []

  constructor (name: string, dataDir: string, key: Hex, options: PlayerOptions, flags: readonly string[]) {
    this.name = name
    this.dataDir = dataDir
    this.key = key
    this.#options = options
    this.#flags = flags
  }

  /** The connection to its interface. */
  get rpc (): RpcClient {
    if (this.#client === undefined) throw new Error(`${this.name} is not running`)
    return this.#client
  }

  get pid (): number | undefined { return this.#process?.pid }

  /** Whether its process runs and is ready. */
  get isRunning (): boolean { return this.#client !== undefined }

  /** Starts (again) and waits until it is ready. */
  async start (): Promise<void> {
    const child = spawn(process.execPath, [this.#options.entry ?? NODE, 'start', '--json', '--data-dir', this.dataDir, '--listen', this.#listen, ...this.#flags, ...this.#options.flags ?? []], {
      stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, EVM_THREADS_PASSWORD: PASSWORD, ...this.#options.env }
    })
    this.#process = child
    child.stderr.setEncoding('utf8').on('data', (text: string) => { this.log = (this.log + text).slice(-200_000) })
    const { onLogLine } = this.#options
    if (onLogLine !== undefined) createInterface({ input: child.stderr }).on('line', onLogLine)
    const ready = await firstLine(child, this)
    const { url, wallet, sessionKey, multiaddrs } = JSON.parse(ready) as { url: string, wallet: Address, sessionKey: Address, multiaddrs: string[] }
    Object.assign(this, { wallet, sessionKey, multiaddrs })
    this.#listen = multiaddrs.map(address => /^\/ip4\/127\.0\.0\.1\/tcp\/[1-9]\d{3,}\/ws/.exec(address)?.[0]).find(address => address !== undefined) ?? this.#listen
    const token = (await readFile(join(this.dataDir, 'token'), 'utf8')).trim()
    this.#client = await RpcClient.connect({ url, token })
  }

  /** Resolves with the exit code (or -1 for a signal) when the process has ended. */
  async ended (): Promise<number> {
    const child = this.#process
    if (child === undefined) return 0
    if (child.exitCode === null && child.signalCode === null) await new Promise(resolve => child.once('exit', resolve))
    return child.exitCode ?? -1
  }

  /** Ends the process without warning, as a power loss would. */
  async kill (): Promise<void> {
    this.#process?.kill('SIGKILL')
    await this.ended()
    await this.#client?.close().catch(() => undefined)
    this.#client = undefined
  }

  /** Ends the process without waiting for it. */
  abandon (): void { this.#process?.kill('SIGKILL') }

  /** Stops gracefully. */
  async stop (): Promise<void> {
    await this.#client?.close()
    this.#client = undefined
    this.#process?.kill('SIGTERM')
    await this.ended()
  }

  /** Runs a command of the command line against this node. */
  async cli (...args: readonly string[]): Promise<{ code: number, stdout: string, stderr: string }> {
    return await runCli([...args, '--data-dir', this.dataDir])
  }
}

/** Runs the command line once. */
export async function runCli (args: readonly string[], env: Record<string, string> = {}, input?: string): Promise<{ code: number, stdout: string, stderr: string }> {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, EVM_THREADS_PASSWORD: PASSWORD, ...env } })
  let stdout = ''
  let stderr = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  child.stdin.end(input ?? '')
  const code = await new Promise<number>(resolve => child.once('close', exit => resolve(exit ?? -1)))
  return { code, stdout, stderr }
}

async function firstLine (child: ChildProcess, player: Player): Promise<string> {
  return await new Promise((resolve, reject) => {
    let text = ''
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end >= 0) resolve(text.slice(0, end))
    })
    child.once('exit', code => reject(Object.assign(new Error(`${player.name} ended with code ${code ?? 'a signal'} before it was ready:\n${player.log}`), { exitCode: code })))
    child.once('error', reject)
  })
}

/** The chain, the court and the folder that everything lives in. */
export class Arena {
  /** An anvil as a rule. */
  readonly anvil: HostChain
  readonly folder: string
  readonly court: Address
  readonly deployer: Deployer
  readonly provider: JsonRpcProvider
  readonly deployGas: bigint
  readonly players: Player[] = []

  constructor (anvil: HostChain, folder: string, court: Address, deployGas: bigint, deployer: Deployer) {
    this.anvil = anvil
    this.folder = folder
    this.court = court
    this.deployGas = deployGas
    this.deployer = deployer
    this.provider = new JsonRpcProvider(anvil.url, Number(anvil.chainId), { cacheTimeout: -1, staticNetwork: true })
    // Nodes are no part of a process that ends before it could stop them.
    process.once('exit', () => { for (const player of this.players) player.abandon() })
  }

  /** A wallet of the chain's funded accounts, for what a test does on the chain itself. */
  wallet (account: number): Wallet { return new Wallet(this.anvil.keys[account] ?? '', this.provider) }

  /** Puts a contract's creation code on the chain as data. */
  async deployData (name: string): Promise<{ address: Address, gasUsed: bigint }> {
    return await deployCodeAsData(this.deployer, loadArtifact(name).creationCode)
  }

  /** Deploys a contract itself. */
  async deploy (name: string, ...args: readonly unknown[]): Promise<Contract> {
    const artifact = loadArtifact(name)
    const { address } = await deployContract(this.deployer, artifact, args)
    return new Contract(address, artifact.interface as unknown as InterfaceAbi, this.wallet(0))
  }

  /** Makes a node's key and configuration, and starts it. */
  async player (name: string, options: PlayerOptions): Promise<Player> {
    const dataDir = join(this.folder, name)
    const key = this.anvil.keys[options.account]
    if (key === undefined) throw new Error(`the chain has no account ${options.account}`)
    if (options.separateWallet === true) await createKey(join(dataDir, KEY_FILES.wallet), PASSWORD, { scryptN: SCRYPT_N, key: hexToBytes(key) })
    await createKey(join(dataDir, KEY_FILES.node), PASSWORD, { scryptN: SCRYPT_N, ...(options.separateWallet === true ? {} : { key: hexToBytes(key) }) })
    const flags = ['--chain-url', options.chainUrl ?? this.anvil.url, '--court', this.court, '--confirmations', '1', '--poll-ms', '50', '--log-level', 'debug']
    const player = new Player(name, dataDir, key, options, flags)
    this.players.push(player)
    await player.start()
    return player
  }

  /** An account's ether, in wei. */
  async balance (address: Address): Promise<bigint> { return await this.provider.getBalance(address) }

  /** What an account has paid for gas in all blocks after `block`, in wei. */
  async fees (address: Address, block = 0): Promise<bigint> {
    let sum = 0n
    for (let number = await this.provider.getBlockNumber(); number > block; number--) {
      const receipts = await this.provider.send('eth_getBlockReceipts', [`0x${number.toString(16)}`]) as { from: string, gasUsed: string, effectiveGasPrice: string }[]
      for (const { from, gasUsed, effectiveGasPrice } of receipts) if (from === address) sum += BigInt(gasUsed) * BigInt(effectiveGasPrice)
    }
    return sum
  }

  /** Moves the chain's clock and mines a block; where the clock cannot be moved, waits until the chain's own has gone on for so long. */
  async passTime (seconds: number): Promise<void> {
    if (this.anvil.movesTime) {
      await this.provider.send('evm_increaseTime', [seconds])
      await this.provider.send('evm_mine', [])
      return
    }
    const end = await this.now() + seconds
    await until(`${seconds} s of the chain's time`, async () => await this.now() >= end || undefined, (seconds + 60) * 1_000)
  }

  /** The newest block's time, in seconds. */
  async now (): Promise<number> { return (await this.provider.getBlock('latest'))?.timestamp ?? 0 }

  /** Ends every process that this arena started and removes its folder. */
  async stop (): Promise<void> {
    await Promise.all(this.players.map(async player => { await player.kill() }))
    this.deployer.stop()
    this.provider.destroy()
    await this.anvil.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** Starts a chain and deploys the court. */
export async function openArena (options: ArenaOptions = {}): Promise<Arena> {
  const anvil = options.chain ?? await startAnvil(options.anvil)
  const deployer = await openDeployer({ url: anvil.url, walletKey: hexToBytes(anvil.keys[0] ?? '0x'), clock: { nowMs: () => Date.now() }, pollMs: 20 })
  const { court, gasUsed } = await deployCourt(deployer)
  return new Arena(anvil, await mkdtemp(join(tmpdir(), 'evm-threads-')), court, gasUsed, deployer)
}

/** Waits until `check` gives something, looking every 20 ms. */
export async function until<T> (what: string, check: () => Promise<T | undefined> | T | undefined, timeoutMs = 20_000): Promise<T> {
  const end = Date.now() + timeoutMs
  while (true) {
    const value = await check()
    if (value !== undefined) return value
    if (Date.now() > end) throw new Error(`timed out waiting for: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}
