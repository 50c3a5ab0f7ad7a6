/**
 * `geth --dev`: the most used node software as host chain, where it is installed. It mines a block a second and cannot move its clock. Its dev chain has the
 * newest fork's rules from the first block on.
 */
import { accessSync, constants } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { HDNodeWallet, JsonRpcProvider, Mnemonic, toQuantity } from 'ethers'
import type { Hex } from '../src/protocol/types.js'
import { startChainProcess, type HostChain } from './host-chain.js'

/** Where `.ci/run` puts the one that it has built; from dist/scripts: the checkout is two up. */
const BUILT = fileURLToPath(new URL('../../.cache/geth/geth', import.meta.url))
/** The phrase of everybody's test accounts, anvil's too. */
const PHRASE = 'test test test test test test test test test test test junk'
const ACCOUNTS = 20
const FUNDS_WEI = 10_000n * 10n ** 18n
/** As Ethereum's own blocks; geth's default for a dev chain is below what one transaction may take. */
const BLOCK_GAS = 45_000_000
const BLOCK_SECONDS = 1
const FUNDING_LIMIT_MS = 30_000

/** Path of geth: `GETH`, the one that continuous integration has built, or one on the path; undefined: there is none. */
export function findGeth (env: NodeJS.ProcessEnv = process.env): string | undefined {
  const named = env['GETH']
  if (named !== undefined && named !== '') return named
  return [BUILT, ...(env['PATH'] ?? '').split(delimiter).filter(folder => folder !== '').map(folder => join(folder, 'geth'))].find(isProgram)
}

/** Starts a chain of its own in a temporary folder and funds the same 20 accounts as anvil. @throws Error when there is no geth, or it does not start */
export async function startGeth (): Promise<HostChain> {
  const binary = findGeth()
  if (binary === undefined) throw new Error('geth is not installed: put it on the path, or its path into GETH')
  const folder = await mkdtemp(join(tmpdir(), 'evm-threads-geth-'))
  const args = [
    '--dev', '--dev.period', String(BLOCK_SECONDS), '--dev.gaslimit', String(BLOCK_GAS), '--datadir', folder, '--ipcdisable', '--nodiscover', '--maxpeers', '0', '--port', '0',
    '--http', '--http.addr', '127.0.0.1', '--http.port', '0', '--http.api', 'eth,net,web3', '--authrpc.addr', '127.0.0.1', '--authrpc.port', '0'
  ]
  const clear = async (): Promise<void> => { await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 }) }
  try {
    const chain = await startChainProcess({ name: 'geth', binary, args, listening: /HTTP server started +endpoint=127\.0\.0\.1:\d+ auth=false/ })
    const stop = async (): Promise<void> => {
      await chain.stop()
      await clear()
    }
    const port = Number(/HTTP server started +endpoint=127\.0\.0\.1:(\d+) auth=false/.exec(chain.banner)?.[1])
    const url = `http://127.0.0.1:${port}`
    try {
      const wallets = Array.from({ length: ACCOUNTS }, (_, index) => HDNodeWallet.fromMnemonic(Mnemonic.fromPhrase(PHRASE), `m/44'/60'/0'/0/${index}`))
      const chainId = await fund(url, wallets.map(({ address }) => address))
      return { name: 'geth', url, port, chainId, keys: wallets.map(({ privateKey }) => privateKey as Hex), pid: chain.pid, movesTime: false, stop }
    } catch (error) {
      await stop()
      throw error
    }
  } catch (error) {
    await clear()
    throw error
  }
}

/** From the dev account, which geth holds itself. @returns the chain's id */
async function fund (url: string, accounts: readonly string[]): Promise<bigint> {
  const provider = new JsonRpcProvider(url, undefined, { cacheTimeout: -1 })
  try {
    const { chainId } = await provider.getNetwork()
    const [from] = await provider.send('eth_accounts', []) as string[]
    // One after the other: geth gives two that it is asked for at once the same nonce.
    let last = ''
    for (const to of accounts) last = await provider.send('eth_sendTransaction', [{ from, to, value: toQuantity(FUNDS_WEI) }]) as string
    await provider.waitForTransaction(last, 1, FUNDING_LIMIT_MS)
    return chainId
  } finally {
    provider.destroy()
  }
}

function isProgram (path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false // absent, or not ours to run
  }
}
