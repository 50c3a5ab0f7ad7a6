/** A transaction that has to be mined in time, on a chain that grows dear, is full, or knows this wallet from elsewhere too. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { createRpc, type Rpc } from '../../src/chain/rpc.js'
import { createSender, type Sender, type SenderOptions } from '../../src/chain/sender.js'
import { ThreadsError } from '../../src/errors.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { clock, keyOf, rpc, until } from './support/anvil-rpc.js'

const test = suite('chain/pressure')
const gift = { to: `0x${'11'.repeat(20)}` as Address, data: '0x' as Hex, valueWei: 1n }
const GWEI = 10n ** 9n
let anvil: Anvil
let endpoint: Rpc
const senders: Sender[] = []

function sender (account: number, options: Partial<SenderOptions> = {}): Sender {
  const made = createSender({ rpc: endpoint, chainId: anvil.chainId, walletKey: keyOf(anvil, account), clock, pollMs: 20, interfaces: [], log: () => {}, ...options })
  senders.push(made)
  return made
}

async function nowSec (): Promise<bigint> {
  return BigInt((await rpc<{ timestamp: Hex }>(anvil, 'eth_getBlockByNumber', 'latest', false)).timestamp)
}

async function transactionOf (hash: Hex): Promise<{ nonce: Hex, maxFeePerGas: Hex, maxPriorityFeePerGas: Hex }> {
  return await rpc(anvil, 'eth_getTransactionByHash', hash)
}

test.before(async () => {
  anvil = await startAnvil()
  endpoint = createRpc(anvil.url, anvil.chainId)
})
test.after.each(async () => {
  for (const made of senders.splice(0)) made.stop()
  await rpc(anvil, 'anvil_setNextBlockBaseFeePerGas', '0x3b9aca00')
  await rpc(anvil, 'evm_setAutomine', true)
  await rpc(anvil, 'evm_mine')
})
test.after(async () => {
  endpoint.stop()
  await anvil.stop()
})

test('a base fee that rises above every offer: the same nonce offers more until it is mined, once', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  const offers: bigint[] = []
  const wallet = sender(1, { bumpAfterMs: 200, log: (message, data) => { if (message.includes('offering more')) offers.push(BigInt(String(data.maxFeePerGasWei))) } })
  const sending = wallet.send(gift, { usefulUntilSec: await nowSec() + 1_000n })
  await until('it is in the pool', () => wallet.pending() === 1)
  for (const baseFee of [50n, 150n, 450n]) {
    await rpc(anvil, 'anvil_setNextBlockBaseFeePerGas', `0x${(baseFee * GWEI).toString(16)}`)
    await rpc(anvil, 'evm_mine')
    await until(`it offers more than ${baseFee} gwei`, () => (offers.at(-1) ?? 0n) > baseFee * GWEI)
  }
  // One replacement may be on its way while a block is made.
  await until('it is mined', async () => {
    await rpc(anvil, 'evm_mine')
    return wallet.pending() === 0
  })
  const mined = await sending
  const { nonce, maxFeePerGas } = await transactionOf(mined.transactionHash)
  assert.is(nonce, '0x0')
  assert.ok(BigInt(maxFeePerGas) > 450n * GWEI)
  assert.is(await rpc(anvil, 'eth_getTransactionCount', wallet.wallet, 'latest'), '0x1')
})

test('the tip is a multiple of what is usual as the deadline comes near, at first and when it is replaced', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  const usual = BigInt(await rpc<Hex>(anvil, 'eth_maxPriorityFeePerGas'))
  const wallet = sender(2, { bumpAfterMs: 200 })
  const sending = wallet.send(gift, { usefulUntilSec: await nowSec() + 200n })
  await until('it is in the pool', () => wallet.pending() === 1)
  const pooled = async (): Promise<bigint> => {
    const { pending } = await rpc<{ pending: Record<string, Record<string, { maxPriorityFeePerGas: Hex }>> }>(anvil, 'txpool_content')
    const [transaction] = Object.entries(pending).flatMap(([from, by]) => from.toLowerCase() === wallet.wallet ? Object.values(by) : [])
    return BigInt(transaction?.maxPriorityFeePerGas ?? 0)
  }
  assert.ok(await pooled() >= 4n * usual)
  await rpc(anvil, 'anvil_setNextBlockBaseFeePerGas', `0x${(900n * GWEI).toString(16)}`)
  await rpc(anvil, 'evm_increaseTime', 170)
  await rpc(anvil, 'evm_mine')
  await until('it offers eight times the tip', async () => await pooled() >= 8n * usual)
  await until('it is mined', async () => {
    await rpc(anvil, 'evm_mine')
    return wallet.pending() === 0
  })
  await sending
})

test('a pool that is full of dearer transactions takes it when it offers more', async () => {
  const refused: Hex[] = []
  const crowded: SenderOptions['rpc'] = {
    send: async (method, parameters) => {
      if (method !== 'eth_sendRawTransaction' || refused.length === 3) return await endpoint.send(method, parameters)
      refused.push(String(parameters[0]) as Hex)
      throw new ThreadsError('CHAIN_RPC_ERROR', 'txpool is full', { data: { message: 'txpool is full' } })
    }
  }
  const { transactionHash } = await sender(3, { rpc: crowded }).send(gift)
  assert.is(new Set(refused).size, 3, 'each offer is another transaction')
  assert.is((await transactionOf(transactionHash)).nonce, '0x0')
})

test('a transaction that somebody with the same wallet has replaced is told as such, and sent anew it is mined', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  const wallet = sender(4, { bumpAfterMs: 60_000 })
  const lost = rejects(wallet.send(gift), 'CHAIN_NONCE_TAKEN')
  await until('it is in the pool', () => wallet.pending() === 1)
  const fee = `0x${(500n * GWEI).toString(16)}`
  await rpc(anvil, 'eth_sendTransaction', { from: wallet.wallet, to: gift.to, value: '0x5', nonce: '0x0', maxFeePerGas: fee, maxPriorityFeePerGas: fee })
  await rpc(anvil, 'evm_mine')
  await lost
  await rpc(anvil, 'evm_setAutomine', true)
  assert.is((await transactionOf((await wallet.send(gift)).transactionHash)).nonce, '0x1')
})

test('two processes that send from one wallet at the same time: each transaction is mined once', async () => {
  const [one, other] = [sender(5), sender(5)]
  const mined = await Promise.all(Array.from({ length: 16 }, (_, index) => (index % 2 === 0 ? one : other).send({ ...gift, valueWei: BigInt(index) })))
  assert.is(new Set(mined.map(({ transactionHash }) => transactionHash)).size, 16)
  assert.is(await rpc(anvil, 'eth_getTransactionCount', one.wallet, 'latest'), '0x10')
})

test.run()
