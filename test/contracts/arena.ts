/**
 * A court on a real chain for the tests and the gas benchmark: calls that are mined, refusals by the name of their error, chain time
 * to the second, and a check that no money was lost or made.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Interface, JsonRpcProvider, Network, type LogDescription } from 'ethers'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { asAddress, bytesToHex, ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import { THREAD_LIMITS } from '../../src/protocol/limits.js'
import { payeesOf } from '../../src/protocol/terms.js'
import type { Address, Domain, Hex, ThreadId } from '../../src/protocol/types.js'
import { Game, type GameOptions } from './game.js'

/** What the compile step writes for each contract. */
export type Artifact = { readonly contractName: string, readonly abi: [], readonly bytecode: Hex, readonly deployedBytecode: Hex, readonly storageLayout: { storage: unknown[] } }

/** A mined transaction that succeeded. */
export type Sent = {
  readonly gasUsed: bigint
  /** Logs that the called contract's own ABI, or the court's, names. */
  readonly logs: readonly LogDescription[]
  readonly contractAddress: Address | undefined
  readonly timestampSec: bigint
}

/** A transaction or call that reverted: `code` is the name of its custom error. */
export class Reverted extends Error {
  readonly code: string
  readonly args: readonly unknown[]

  constructor (code: string, args: readonly unknown[]) {
    super(`reverted with ${code}(${args.map(String).join(', ')})`)
    this.code = code
    this.args = args
  }
}

/** One call to a contract of ours. */
export type Call = { readonly from: Address, readonly to: Address, readonly data: Hex, readonly valueWei?: bigint, readonly gas?: bigint, /** 0 where it is not said. */ readonly gasPriceWei?: bigint }

const GAS = 15_000_000n
const artifacts = new Map<string, Promise<Artifact>>()

/** A compiled contract by its name. */
export function artifactOf (name: string): Promise<Artifact> {
  const known = artifacts.get(name)
  if (known !== undefined) return known
  const url = new URL(`../../artifacts/${name}.json`, import.meta.url)
  const read = readFile(url, 'utf8').then(text => JSON.parse(text) as Artifact)
  artifacts.set(name, read)
  return read
}

/** A contract's interface by its name. */
export async function interfaceOf (name: string): Promise<Interface> {
  return new Interface((await artifactOf(name)).abi)
}

type TransactionReceipt = {
  status: Hex, gasUsed: Hex, contractAddress: string | null, blockNumber: Hex, logs: { address: string, topics: string[], data: string }[]
}

export class Arena {
  readonly #anvil: Anvil
  readonly #provider: JsonRpcProvider
  /** The chain's own accounts, funded and unlocked. */
  readonly accounts: readonly Address[]
  readonly court: Address
  readonly abi: Interface
  readonly domain: Domain
  /** The threads that this test opened. */
  readonly #games: Game[] = []
  /** Who may have a bond. */
  readonly #backers = new Set<Address>()
  #salt = 0n

  private constructor (anvil: Anvil, provider: JsonRpcProvider, accounts: readonly Address[], court: Address, abi: Interface) {
    this.#anvil = anvil
    this.#provider = provider
    this.accounts = accounts
    this.court = court
    this.abi = abi
    this.domain = { chainId: anvil.chainId, court }
  }

  /**
   * A chain without fees, so that balances add up, and a court on it. Gas is counted all the same. Most tests need no judge, and have one that finds what
   * they say.
   */
  static async create ({ judge: kind = 'TestJudge', args = [] }: { readonly judge?: 'Judge' | 'TestJudge', /** More of anvil's flags. */ readonly args?: readonly string[] } = {}): Promise<Arena> {
    // Faulty contracts are compiled quickly, and too large for a chain with its usual rules (scripts/mutants).
    const more = process.env['ANVIL_ARGS']?.split(' ') ?? []
    const anvil = await startAnvil({ args: ['--base-fee', '0', '--gas-price', '0', '--timestamp', '2000000000', ...args, ...more] })
    const provider = new JsonRpcProvider(anvil.url, Network.from(anvil.chainId), { cacheTimeout: -1, staticNetwork: true, batchMaxCount: 1 })
    const accounts = (await provider.send('eth_accounts', []) as string[]).map(asAddress)
    const abi = await interfaceOf('Threads')
    const arena = new Arena(anvil, provider, accounts, ZERO_ADDRESS, abi)
    const judge = kind === 'Judge' ? await arena.deploy('Judge', await arena.deploy('Interpreter'), THREAD_LIMITS) : await arena.deploy(kind)
    const claims = await arena.deploy('Claims', judge)
    return new Arena(anvil, provider, accounts, await arena.deploy('Threads', judge, claims), abi)
  }

  async stop (): Promise<void> {
    this.#provider.destroy()
    await this.#anvil.stop()
  }

  /** The `index`th account. */
  account (index: number): Address {
    const account = this.accounts[index]
    if (account === undefined) throw new Error(`no account ${index}`)
    return account
  }

  /** Runs a test on the chain as it is now, checks the money, and takes everything back. */
  async isolated (test: () => Promise<void>): Promise<void> {
    const snapshot = await this.rpc('evm_snapshot')
    try {
      await test()
      for (const asset of new Set([ZERO_ADDRESS, ...this.#games.map(game => game.terms.asset)])) await this.#checkMoney(asset)
    } finally {
      this.#games.length = 0
      this.#backers.clear()
      await this.rpc('evm_revert', snapshot)
    }
  }

  /** A thread that is not opened yet. Every one has another salt. */
  async game (options: GameOptions = {}): Promise<Game> {
    this.#salt++
    const game = new Game(this, await this.nowSec(), this.#salt, options)
    this.#games.push(game)
    return game
  }

  /** INVARIANT: what the court holds is what it owes: the pots of threads that have not ended, without what was redeemed; what ended ones keep for receipts; credits; bonds; and the deposits of doubts. */
  async #checkMoney (asset: Address): Promise<void> {
    let owed = 0n
    const payees = new Set<Address>(this.#backers)
    const { deposits, doubters } = await this.#doubted()
    for (const doubter of doubters) payees.add(doubter)
    for (const game of this.#games) for (const payee of payeesOf(game.terms)) payees.add(payee)
    for (const game of this.#games.filter(game => game.terms.asset === asset)) {
      const { phase, joined } = await game.record()
      const live = phase >= 1n && phase <= 3n
      const { redeemed, reserved } = await game.exited()
      owed += live ? -redeemed : reserved
      if (live) owed += game.terms.players.reduce((sum, _, i) => sum + ((joined >> BigInt(i)) & 1n) * game.payment(i), 0n)
    }
    for (const payee of payees) owed += await this.credit(asset, payee)
    if (asset === ZERO_ADDRESS && this.#backers.size > 0) owed += deposits + await this.#bonded(payees)
    const held = await this.balance(asset, this.court)
    if (held !== owed) throw new Error(`the court holds ${held} of ${asset} and owes ${owed}`)
  }

  /** What is held for doubts that are not over, and who has doubted anything. */
  async #doubted (): Promise<{ deposits: bigint, doubters: readonly Address[] }> {
    const topics = [['Doubted', 'Proved', 'DoubtOver'].map(name => this.abi.getEvent(name)?.topicHash)]
    const logs = await this.rpc('eth_getLogs', { address: this.court, fromBlock: '0x0', topics }) as { topics: string[], data: string }[]
    const open = new Map<unknown, bigint>()
    const doubters: Address[] = []
    for (const log of logs) {
      const { name = '', args } = this.abi.parseLog(log) ?? {}
      if (name !== 'Doubted') { open.delete(args?.['claimed']); continue }
      open.set(args?.['claimed'], this.#games.find(({ id }) => id === args?.['threadId'])?.claimBondWei ?? 0n)
      doubters.push(asAddress(String(args?.['doubter'])))
    }
    return { deposits: [...open.values()].reduce((sum, deposit) => sum + deposit, 0n), doubters }
  }

  /** What these accounts have bonded, free and set aside. */
  async #bonded (accounts: ReadonlySet<Address>): Promise<bigint> {
    let sum = 0n
    for (const account of accounts) {
      sum += await this.bond(account)
      for (const game of this.#games) sum += await game.pledge(account)
    }
    return sum
  }

  // ---------------------------------------------------------------- the chain

  rpc (method: string, ...params: unknown[]): Promise<unknown> {
    return this.#provider.send(method, params)
  }

  async nowSec (): Promise<bigint> {
    return BigInt((await this.rpc('eth_getBlockByNumber', 'latest', false) as { timestamp: Hex }).timestamp)
  }

  /** The next transaction is mined at exactly this time. */
  async at (timestampSec: bigint): Promise<void> {
    await this.rpc('evm_setNextBlockTimestamp', hex(timestampSec))
  }

  async balance (asset: Address, account: Address): Promise<bigint> {
    if (asset === ZERO_ADDRESS) return BigInt(await this.rpc('eth_getBalance', account, 'latest') as Hex)
    const data = erc20.encodeFunctionData('balanceOf', [account]) as Hex
    const answer = await this.rpc('eth_call', { to: asset, data }, 'latest') as Hex
    return answer === '0x' ? 0n : BigInt(answer)
  }

  credit (asset: Address, account: Address): Promise<bigint> {
    return this.read(this.court, this.abi, 'credits', [asset, account]) as Promise<bigint>
  }

  /** An account's free bond, in wei. */
  bond (account: Address): Promise<bigint> {
    return this.read(this.court, this.abi, 'bonds', [account]) as Promise<bigint>
  }

  async deploy (name: string, ...args: unknown[]): Promise<Address> {
    const { bytecode } = await artifactOf(name)
    const data = bytecode + (await interfaceOf(name)).encodeDeploy(args).slice(2)
    const { contractAddress } = await this.#mine({ from: this.account(19), data, gas: hex(GAS) }, await interfaceOf(name))
    if (contractAddress === undefined) throw new Error('no contract was made')
    return contractAddress
  }

  /** Puts creation code on the chain as data behind a byte 0x00, where nodes look for it. */
  async store (creationCode: Uint8Array): Promise<Address> {
    const data = `0x600b5981380380925939f300${bytesToHex(creationCode).slice(2)}`
    const { contractAddress } = await this.#mine({ from: this.account(19), data, gas: hex(GAS) }, this.abi)
    if (contractAddress === undefined) throw new Error('nothing was stored')
    return contractAddress
  }

  /** Sends a transaction to the court. @throws Reverted */
  async court_ (from: Address, method: string, args: readonly unknown[], valueWei = 0n, gas?: bigint): Promise<Sent> {
    if (method === 'bond' || method === 'claim') this.#backers.add(from)
    return await this.send({ from, to: this.court, data: this.abi.encodeFunctionData(method, args) as Hex, valueWei, ...gas === undefined ? {} : { gas } })
  }

  /** Sends a transaction to a contract of this name. @throws Reverted */
  async invoke (from: Address, to: Address, contract: string, method: string, args: readonly unknown[] = [], valueWei = 0n): Promise<Sent> {
    const abi = await interfaceOf(contract)
    return await this.send({ from, to, data: abi.encodeFunctionData(method, args) as Hex, valueWei }, abi)
  }

  /** @throws Reverted */
  async send (call: Call, abi = this.abi): Promise<Sent> {
    return await this.#mine({ from: call.from, to: call.to, data: call.data, value: hex(call.valueWei ?? 0n), gas: hex(call.gas ?? GAS), gasPrice: hex(call.gasPriceWei ?? 0n) }, abi)
  }

  /** What would become of a call to the court, without sending it. @throws Reverted */
  async dryRun (from: Address, method: string, args: readonly unknown[], valueWei = 0n): Promise<void> {
    const data = this.abi.encodeFunctionData(method, args)
    try {
      await this.rpc('eth_call', { from, to: this.court, data, value: hex(valueWei) }, 'latest')
    } catch (error) {
      throw this.#reverted(revertData(error), this.abi)
    }
  }

  /** The first result of a view. @throws Reverted */
  async read (to: Address, abi: Interface, method: string, args: readonly unknown[]): Promise<unknown> {
    const data = abi.encodeFunctionData(method, args)
    try {
      const result = abi.decodeFunctionResult(method, await this.rpc('eth_call', { to, data }, 'latest') as Hex)
      return result.length === 1 ? result[0] as unknown : result
    } catch (error) {
      throw this.#reverted(revertData(error), abi)
    }
  }

  async #mine (transaction: object, abi: Interface): Promise<Sent> {
    const hash = await this.rpc('eth_sendTransaction', { gasPrice: '0x0', ...transaction })
    const receipt = await this.#receipt(hash)
    if (receipt.status !== '0x1') {
      const trace = await this.rpc('debug_traceTransaction', hash, { tracer: 'callTracer' }) as { output?: Hex }
      throw this.#reverted(trace.output ?? '0x', abi)
    }
    const block = await this.rpc('eth_getBlockByNumber', receipt.blockNumber, false) as { timestamp: Hex }
    return {
      gasUsed: BigInt(receipt.gasUsed),
      logs: receipt.logs.map(log => abi.parseLog(log) ?? this.abi.parseLog(log)).filter(log => log !== null),
      contractAddress: receipt.contractAddress === null ? undefined : asAddress(receipt.contractAddress),
      timestampSec: BigInt(block.timestamp)
    }
  }

  /** The chain mines at once, but now and then answers before it has. */
  async #receipt (hash: unknown): Promise<TransactionReceipt> {
    for (let tries = 0; tries < 6000; tries++) {
      const receipt = await this.rpc('eth_getTransactionReceipt', hash) as TransactionReceipt | null
      if (receipt !== null) return receipt
      await sleep(5)
    }
    throw new Error(`no receipt of ${String(hash)}`)
  }

  #reverted (data: Hex, abi: Interface): Reverted {
    const parsed = data === '0x' ? null : abi.parseError(data) ?? this.abi.parseError(data)
    return parsed === null ? new Reverted(`UNNAMED ${data}`, []) : new Reverted(parsed.name, [...parsed.args])
  }
}

const erc20 = new Interface(['function balanceOf(address) view returns (uint256)'])

/** A number as JSON-RPC has it. */
export function hex (value: bigint): Hex {
  return `0x${value.toString(16)}`
}

/** The bytes that a refused eth_call came back with. */
function revertData (error: unknown): Hex {
  const found = /"data":\s*"(0x[0-9a-f]*)"/.exec(JSON.stringify(error))
  if (found === null) throw error
  return found[1] as Hex
}

/** The arguments of the one log of this name. */
export function logOf (sent: Sent, name: string): LogDescription['args'] {
  const logs = sent.logs.filter(log => log.name === name)
  if (logs.length !== 1 || logs[0] === undefined) throw new Error(`expected one ${name}, saw: ${sent.logs.map(log => log.name).join(', ')}`)
  return logs[0].args
}

export type { ThreadId }
