import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { createRpc, type Rpc } from '../../src/chain/rpc.js'
import { createSender, type Sender } from '../../src/chain/sender.js'
import type { Deployer } from '../../src/chain/deploy.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { temporaryFolder, type TemporaryFolder } from '../support/temporary.js'
import { clock, deployerOf, keyOf, rpc, until } from './support/anvil-rpc.js'
import { deployEmitter, serial } from './support/emitter.js'
import { startEndpoint, type Endpoint } from './support/endpoint.js'
import { record, type Recorder } from './support/recorder.js'

const test = suite('chain/outage')
const STRANGER = `0x${'33'.repeat(20)}` as Address
/** Two chains that begin in the same second would be one. */
const ELSEWHERE = ['--timestamp', '1700000000']
let folder: TemporaryFolder
let anvil: Anvil
let endpoint: Endpoint
let deployer: Deployer
let court: Address
let startBlock: bigint
let opened: (Rpc | Sender)[] = []
let recorders: Recorder[] = []

async function start (port = 0): Promise<Anvil> {
  return await startAnvil({ port, args: ['--state', join(folder.path, 'state.json')] })
}

function follow (options: Partial<Parameters<typeof record>[0]> = {}): Recorder {
  const recorder = record({ url: endpoint.url, chainId: anvil.chainId, court, startBlock, ...options })
  recorders.push(recorder)
  return recorder
}

function sender (account: number): Sender {
  const through = createRpc(endpoint.url, anvil.chainId)
  const made = createSender({ rpc: through, chainId: anvil.chainId, walletKey: keyOf(anvil, account), clock, pollMs: 20, interfaces: [], log: () => {} })
  opened.push(made, through)
  return made
}

async function say (...numbers: number[]): Promise<void> {
  for (const number of numbers) await deployer.sender.send({ to: court, data: serial(number), valueWei: 0n })
}

async function balance (): Promise<bigint> {
  return BigInt(await rpc<Hex>(anvil, 'eth_getBalance', STRANGER, 'latest'))
}

test.before.each(async () => {
  folder = await temporaryFolder('chain-outage')
  anvil = await start()
  endpoint = await startEndpoint(anvil.url)
  deployer = await deployerOf(anvil)
  const deployed = await deployEmitter(deployer)
  court = deployed.address
  startBlock = deployed.block
})
test.after.each(async () => {
  await Promise.all(recorders.map(recorder => recorder.stop()))
  for (const one of opened) one.stop()
  recorders = []
  opened = []
  deployer.stop()
  await endpoint.down()
  await anvil.stop()
  await folder.cleanup()
})

test('an endpoint that goes away and comes back: nothing is lost, nothing comes twice', async () => {
  const seen = follow()
  await say(1, 2)
  await until('the first', () => seen.serials().length === 2)
  await endpoint.down()
  await until('it is told', () => seen.follower.health().lastErrorCode === 'CHAIN_UNAVAILABLE')
  assert.not(seen.follower.health().ok)
  await say(3, 4)
  await endpoint.up()
  await until('the rest', () => seen.serials().length === 4)
  assert.equal(seen.serials(), [1, 2, 3, 4])
  assert.equal([...seen.deliveries.values()], [1, 1, 1, 1])
  await until('it is told', () => seen.follower.health().ok)
})

test('a chain that is stopped and started again from its state is followed on', async () => {
  const seen = follow()
  await say(1)
  await until('the first', () => seen.serials().length === 1)
  await anvil.stop()
  await until('it is told', () => !seen.follower.health().ok)
  anvil = await start(anvil.port)
  await say(2)
  await until('the second', () => seen.serials().length === 2)
  assert.equal(seen.reorgs, [])
  assert.equal([...seen.deliveries.values()], [1, 1])
})

test('another chain at the same URL is CHAIN_WRONG_CHAIN, and its events are not believed; the right one is followed on', async () => {
  const seen = follow()
  await say(1)
  await until('the first', () => seen.serials().length === 1)
  const other = await startAnvil({ args: ELSEWHERE }) // the same chain id and, deployed by the same wallet, the same court
  const elsewhere = await deployerOf(other)
  try {
    const { address } = await deployEmitter(elsewhere)
    assert.is(address, court)
    for (const number of [66, 67, 68]) await elsewhere.sender.send({ to: court, data: serial(number), valueWei: 0n })
    endpoint.target = other.url
    await until('it is told', () => seen.follower.health().lastErrorCode === 'CHAIN_WRONG_CHAIN')
    endpoint.target = anvil.url
    await say(2)
    await until('the second', () => seen.serials().includes(2))
    assert.equal(seen.serials(), [1, 2])
    assert.equal(seen.reorgs, [])
  } finally {
    elsewhere.stop()
    await other.stop()
  }
})

test('a chain started anew without its state, shorter than before, is CHAIN_WRONG_CHAIN', async () => {
  const seen = follow()
  await say(1)
  await until('the first', () => seen.serials().length === 1)
  const { port } = anvil
  await anvil.stop()
  anvil = await startAnvil({ port, args: ELSEWHERE })
  await until('it is told', () => seen.follower.health().lastErrorCode === 'CHAIN_WRONG_CHAIN')
  assert.equal(seen.reorgs, [])
})

test('a chain that is away at the start is waited for', async () => {
  await say(1)
  await endpoint.down()
  const seen = follow()
  await until('it is told', () => seen.follower.health().lastErrorCode === 'CHAIN_UNAVAILABLE')
  await endpoint.up()
  await until('the first', () => seen.serials().length === 1)
})

test('an endpoint that finds ranges too large is asked for smaller ones', async () => {
  await say(1)
  await rpc(anvil, 'anvil_mine', '0x1f4')
  await say(2)
  await rpc(anvil, 'anvil_mine', '0x64')
  let refused = 0
  endpoint.treat = ({ method, params }) => {
    const { fromBlock, toBlock } = (params[0] ?? {}) as { fromBlock?: Hex, toBlock?: Hex }
    if (method !== 'eth_getLogs' || fromBlock === undefined || Number(toBlock) - Number(fromBlock) < 100) return 'pass'
    refused++
    return { error: 'query exceeds max block range 100' }
  }
  const seen = follow()
  await until('both', () => seen.serials().length === 2)
  assert.ok(refused >= 2)
  assert.equal([...seen.deliveries.values()], [1, 1])
})

test('a broadcast whose answer is lost is one transaction all the same', async () => {
  let losses = 2
  endpoint.treat = ({ method }) => method === 'eth_sendRawTransaction' && losses-- > 0 ? 'lose' : 'pass'
  const wallet = sender(3)
  await wallet.send({ to: STRANGER, data: '0x', valueWei: 5n })
  assert.is(await balance(), 5n)
  assert.is(await rpc(anvil, 'eth_getTransactionCount', wallet.wallet, 'latest'), '0x1')
})

test('a broadcast whose answer is lost and whose receipt is late is not sent under another nonce', async () => {
  let losses = 1
  let late = 4
  endpoint.treat = ({ method }) => {
    if (method === 'eth_sendRawTransaction' && losses-- > 0) return 'lose'
    return method === 'eth_getTransactionReceipt' && late-- > 0 ? 'null' : 'pass'
  }
  const wallet = sender(6)
  await wallet.send({ to: STRANGER, data: '0x', valueWei: 6n })
  assert.is(await balance(), 6n)
  assert.is(await rpc(anvil, 'eth_getTransactionCount', wallet.wallet, 'latest'), '0x1')
})

test('a pool that wants a higher fee gets one under the same nonce', async () => {
  let refusals = 3
  endpoint.treat = ({ method }) => method === 'eth_sendRawTransaction' && refusals-- > 0 ? { error: 'transaction underpriced: tip needed 2, tip permitted 1' } : 'pass'
  const wallet = sender(7)
  const { transactionHash } = await wallet.send({ to: STRANGER, data: '0x', valueWei: 7n })
  assert.is((await rpc<{ nonce: Hex }>(anvil, 'eth_getTransactionByHash', transactionHash)).nonce, '0x0')
})

test('what is sent while the chain is away is mined once when it is back', async () => {
  await endpoint.down()
  const sending = sender(4).send({ to: STRANGER, data: '0x', valueWei: 9n })
  await new Promise(resolve => setTimeout(resolve, 300))
  await endpoint.up()
  await sending
  assert.is(await balance(), 9n)
})

test('transactions that the chain lost with its pool are sent again', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  const wallet = sender(5)
  const sending = Promise.all([1n, 2n, 4n].map(valueWei => wallet.send({ to: STRANGER, data: '0x', valueWei })))
  await until('they are in the pool', () => wallet.pending() === 3)
  await endpoint.down()
  await rpc(anvil, 'anvil_dropAllTransactions')
  await rpc(anvil, 'evm_setAutomine', true)
  await new Promise(resolve => setTimeout(resolve, 100))
  await endpoint.up()
  await sending
  assert.is(await balance(), 7n)
  assert.is(await rpc(anvil, 'eth_getTransactionCount', wallet.wallet, 'latest'), '0x3')
})

test.run()
