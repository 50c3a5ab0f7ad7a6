import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { createChain, type Chain, type ChainOptions } from '../../src/chain/chain.js'
import { openDeployer } from '../../src/chain/deploy.js'
import { addressOf } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { clock, deployerOf, keyOf, newestOf, rpc, until } from './support/anvil-rpc.js'
import { deployEmitter } from './support/emitter.js'
import { startEndpoint } from './support/endpoint.js'

const test = suite('chain/chain')
let anvil: Anvil
let court: Address
const chains: Chain[] = []

async function open (options: Partial<ChainOptions> = {}): Promise<Chain> {
  const chain = await createChain({ url: anvil.url, court, walletKey: keyOf(anvil, 1), clock, pollMs: 20, ...options })
  chains.push(chain)
  return chain
}

test.before(async () => {
  anvil = await startAnvil()
  const deployer = await deployerOf(anvil)
  court = (await deployEmitter(deployer)).address
  deployer.stop()
})
test.after.each(async () => { await Promise.all(chains.splice(0).map(chain => chain.stop())) })
test.after(async () => { await anvil.stop() })

test('the chain id is learned, and the wallet and the first block are told', async () => {
  const chain = await open()
  assert.is(chain.chainId, anvil.chainId)
  assert.is(chain.wallet, addressOf(keyOf(anvil, 1)))
  assert.is(chain.genesis(), (await rpc<{ hash: Hash32 }>(anvil, 'eth_getBlockByNumber', '0x0', false)).hash)
})

test('the chain\'s time is that of its newest block, not the clock\'s', async () => {
  const chain = await open()
  const before = await chain.now()
  await rpc(anvil, 'evm_increaseTime', 5_000)
  await rpc(anvil, 'evm_mine')
  assert.ok(await chain.now() >= before + 5_000n)
})

test('another chain id, or another first block, than the data directory knows is CHAIN_WRONG_CHAIN', async () => {
  await rejects(open({ expectedChainId: 1n }), 'CHAIN_WRONG_CHAIN')
  await rejects(open({ expectedGenesis: `0x${'01'.repeat(32)}` as Hash32 }), 'CHAIN_WRONG_CHAIN')
})

test('an address without a contract is CHAIN_NO_COURT', async () => {
  await rejects(open({ court: `0x${'99'.repeat(20)}` as Address }), 'CHAIN_NO_COURT')
})

test('a WebSocket URL, and what is no URL, is CHAIN_BAD_URL', async () => {
  await rejects(open({ url: anvil.url.replace('http', 'ws') }), 'CHAIN_BAD_URL')
  await rejects(open({ url: 'localhost' }), 'CHAIN_BAD_URL')
  await rejects(openDeployer({ url: 'ftp://127.0.0.1', walletKey: keyOf(anvil, 1), clock }), 'CHAIN_BAD_URL')
})

test('confirmations below one are CHAIN_BAD_CONFIRMATIONS', async () => {
  await rejects(open({ confirmations: 0 }), 'CHAIN_BAD_CONFIRMATIONS')
  await rejects(open({ confirmations: 1.5 }), 'CHAIN_BAD_CONFIRMATIONS')
})

test('a known chain that is away does not hold up the start; health tells, and it is followed when it comes', async () => {
  const endpoint = await startEndpoint(anvil.url)
  try {
    await endpoint.down()
    const chain = await open({ url: endpoint.url, expectedChainId: anvil.chainId })
    chain.follow({ cursor: undefined, onEvent: async () => {}, onCursor: async () => {}, onReorg: async () => {} })
    await until('it is told', () => chain.health().lastErrorCode === 'CHAIN_UNAVAILABLE')
    await endpoint.up()
    const { number } = await newestOf(anvil)
    await until('it is followed', () => chain.health().ok && chain.health().followedBlock === BigInt(number))
  } finally {
    await endpoint.down()
  }
})

test('a chain that was never seen is waited for until it answers, or until the signal', async () => {
  const endpoint = await startEndpoint(anvil.url)
  try {
    await endpoint.down()
    const abort = new AbortController()
    const given = rejects(open({ url: endpoint.url, signal: abort.signal }), 'CHAIN_STOPPED')
    abort.abort()
    await given
    const waiting = open({ url: endpoint.url })
    await endpoint.up()
    assert.is((await waiting).chainId, anvil.chainId)
  } finally {
    await endpoint.down()
  }
})

test('after stop every call is CHAIN_STOPPED, and stopping again does no harm', async () => {
  const chain = await open()
  await chain.stop()
  await rejects(chain.now(), 'CHAIN_STOPPED')
  await rejects(chain.withdraw(court), 'CHAIN_STOPPED')
  await chain.stop()
})

test.run()
