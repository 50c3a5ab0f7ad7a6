import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { courtInterface } from '../../src/chain/artifacts.js'
import { deployContract } from '../../src/chain/deploy.js'
import { createRpc, type Rpc } from '../../src/chain/rpc.js'
import { createSender, type Sender, type SenderOptions } from '../../src/chain/sender.js'
import { ThreadsError } from '../../src/errors.js'
import { bytesToHex, concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import { addressOf } from '../../src/protocol/crypto.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { clock, deployerOf, keyOf, rpc, until } from './support/anvil-rpc.js'

const test = suite('chain/sender')
const STRANGER = `0x${'11'.repeat(20)}` as Address
const court = courtInterface()
let anvil: Anvil
let endpoint: Rpc
const senders: Sender[] = []

function sender (account: number, options: Partial<SenderOptions> = {}): Sender {
  const made = createSender({
    rpc: endpoint, chainId: anvil.chainId, walletKey: keyOf(anvil, account), clock, pollMs: 20, interfaces: [court], log: () => {}, ...options
  })
  senders.push(made)
  return made
}

const gift = { to: STRANGER, data: '0x' as Hex, valueWei: 1n }

async function failure (promise: Promise<unknown>): Promise<ThreadsError> {
  const error = await promise.then(() => undefined, (reason: unknown) => reason)
  assert.instance(error, ThreadsError)
  return error as ThreadsError
}

/** A contract that reverts with these bytes. */
async function deployReverter (returned: Hex): Promise<Address> {
  const bytes = hexToBytes(returned)
  const size = bytes.length.toString(16).padStart(2, '0')
  const runtime = concatBytes(hexToBytes(`0x60${size}600a5f3960${size}5ffd`), bytes)
  const deployer = await deployerOf(anvil)
  try {
    const { address } = await deployContract(deployer, { name: 'Reverter', interface: court, creationCode: concatBytes(hexToBytes('0x600b5981380380925939f3'), runtime) }, [])
    return address
  } finally {
    deployer.stop()
  }
}

test.before(async () => {
  anvil = await startAnvil()
  endpoint = createRpc(anvil.url, anvil.chainId)
})
test.after.each(async () => {
  for (const made of senders.splice(0)) made.stop()
  await rpc(anvil, 'evm_setAutomine', true)
  await rpc(anvil, 'evm_mine')
})
test.after(async () => {
  endpoint.stop()
  await anvil.stop()
})

test('20 sends at the same time get 20 nonces without a gap', async () => {
  const wallet = sender(1)
  const mined = await Promise.all(Array.from({ length: 20 }, () => wallet.send(gift)))
  const nonces = await Promise.all(mined.map(async ({ transactionHash }) => Number((await rpc<{ nonce: Hex }>(anvil, 'eth_getTransactionByHash', transactionHash)).nonce)))
  assert.equal(nonces, Array.from({ length: 20 }, (_, nonce) => nonce))
  assert.is(wallet.pending(), 0)
})

test('a revert is told by the name of its error and nothing is sent', async () => {
  const reverter = await deployReverter(court.encodeErrorResult('StaleSlot', [1, 2, 3, 4]) as Hex)
  const wallet = sender(2)
  const error = await failure(wallet.send({ to: reverter, data: '0x', valueWei: 0n }))
  assert.is(error.code, 'CHAIN_REVERTED')
  assert.is(error.data.error, 'StaleSlot')
  assert.equal(error.data.args, { epoch: '1', nonce: '2', recordedEpoch: '3', recordedNonce: '4' })
  assert.is(error.data.transactionHash, undefined)
  assert.is(await rpc(anvil, 'eth_getTransactionCount', wallet.wallet, 'pending'), '0x0')
})

test('a revert with bytes that no interface names keeps the bytes', async () => {
  const error = await failure(sender(2).send({ to: await deployReverter('0xdeadbeef'), data: '0x', valueWei: 0n }))
  assert.is(error.code, 'CHAIN_REVERTED')
  assert.is(error.data.error, undefined)
  assert.is(error.data.returned, '0xdeadbeef')
})

test('a transaction that fails only when mined is CHAIN_REVERTED with its hash', async () => {
  // The contract has code that reverts by the time it is mined; when estimated the address was empty.
  await rpc(anvil, 'evm_setAutomine', false)
  const target = `0x${'22'.repeat(20)}` as Address
  const sending = failure(sender(3).send({ to: target, data: '0x', valueWei: 0n }))
  await until('it is in the pool', async () => Number((await rpc<{ pending: Hex }>(anvil, 'txpool_status')).pending) === 1)
  await rpc(anvil, 'anvil_setCode', target, '0x5f5ffd')
  await rpc(anvil, 'evm_mine')
  const error = await sending
  assert.is(error.code, 'CHAIN_REVERTED')
  assert.match(String(error.data.transactionHash), /^0x[0-9a-f]{64}$/)
})

test('a stuck transaction is replaced with a higher fee under the same nonce, and one is mined', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  const replaced: unknown[] = []
  const wallet = sender(4, { bumpAfterMs: 100, log: (message, data) => { if (message.includes('offering more')) replaced.push(data) } })
  const before = Number(await rpc<Hex>(anvil, 'eth_getTransactionCount', STRANGER, 'latest'))
  const sending = wallet.send({ ...gift, valueWei: 7n })
  await until('it was replaced twice', () => replaced.length >= 2)
  const balance = BigInt(await rpc<Hex>(anvil, 'eth_getBalance', STRANGER, 'latest'))
  await rpc(anvil, 'evm_mine')
  const mined = await sending
  const transaction = await rpc<{ nonce: Hex, maxFeePerGas: Hex }>(anvil, 'eth_getTransactionByHash', mined.transactionHash)
  assert.is(transaction.nonce, '0x0')
  await rpc(anvil, 'evm_mine')
  assert.is(BigInt(await rpc<Hex>(anvil, 'eth_getBalance', STRANGER, 'latest')), balance + 7n)
  assert.is(await rpc(anvil, 'eth_getTransactionCount', wallet.wallet, 'latest'), '0x1')
  assert.is(before, 0)
})

test('a replacement never goes above the cap, and the capped transaction is mined', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  const maxFeeWei = 5_000_000_000n
  const wallet = sender(5, { bumpAfterMs: 50, maxFeeWei })
  const sending = wallet.send(gift)
  await until('it is in the pool', async () => Number((await rpc<{ pending: Hex }>(anvil, 'txpool_status')).pending) === 1)
  await new Promise(resolve => setTimeout(resolve, 400))
  await rpc(anvil, 'evm_mine')
  const { transactionHash } = await sending
  const { maxFeePerGas } = await rpc<{ maxFeePerGas: Hex }>(anvil, 'eth_getTransactionByHash', transactionHash)
  assert.ok(BigInt(maxFeePerGas) <= maxFeeWei)
})

test('a wallet without money is CHAIN_INSUFFICIENT_FUNDS and nothing is sent', async () => {
  const poor = sender(0, { walletKey: new Uint8Array(32).fill(7) })
  await rejects(poor.send(gift), 'CHAIN_INSUFFICIENT_FUNDS')
  await rejects(poor.send({ ...gift, valueWei: 0n }), 'CHAIN_INSUFFICIENT_FUNDS')
})

test('a nonce that the same wallet used elsewhere in between is passed over', async () => {
  const here = sender(6)
  await rpc(anvil, 'evm_setAutomine', false)
  const first = here.send(gift)
  await until('the first is in the pool', () => here.pending() === 1)
  const elsewhere = sender(6)
  const second = elsewhere.send({ ...gift, valueWei: 2n })
  await until('the second is in the pool', () => elsewhere.pending() === 1)
  const third = here.send(gift) // here believes the next nonce to be free
  await until('the third is in the pool', () => here.pending() === 2)
  await rpc(anvil, 'evm_mine')
  const mined = await Promise.all([first, second, third])
  assert.is(new Set(mined.map(({ transactionHash }) => transactionHash)).size, 3)
  assert.is(await rpc(anvil, 'eth_getTransactionCount', here.wallet, 'latest'), '0x3')
})

test('an abort ends the waiting with CHAIN_UNAVAILABLE and the hash; the nonce stays used', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  const wallet = sender(7)
  const abort = new AbortController()
  const sending = failure(wallet.send(gift, { signal: abort.signal }))
  await until('it is in the pool', () => wallet.pending() === 1)
  abort.abort()
  const error = await sending
  assert.is(error.code, 'CHAIN_UNAVAILABLE')
  assert.is(error.data.aborted, true)
  const next = wallet.send(gift)
  await until('the next is in the pool', () => wallet.pending() === 2)
  await rpc(anvil, 'evm_mine')
  const transaction = await rpc<{ nonce: Hex }>(anvil, 'eth_getTransactionByHash', (await next).transactionHash)
  assert.is(transaction.nonce, '0x1')
})

test('a transaction that nobody mines is CHAIN_NOT_MINED in the end', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  await rejects(sender(8, { giveUpAfterMs: 300 }).send(gift), 'CHAIN_NOT_MINED')
})

test('a chain that is away is CHAIN_UNAVAILABLE after the time, and nothing was sent', async () => {
  const nowhere = createRpc('http://127.0.0.1:1', anvil.chainId)
  try {
    const started = Date.now()
    const error = await failure(sender(9, { rpc: nowhere, giveUpAfterMs: 600 }).send(gift))
    assert.is(error.code, 'CHAIN_UNAVAILABLE')
    assert.is(error.data.transactionHash, undefined)
    assert.ok(Date.now() - started < 3_000)
  } finally {
    nowhere.stop()
  }
})

test('a caller that waits when the sender stops gets CHAIN_STOPPED', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  const wallet = sender(10)
  const sending = rejects(wallet.send(gift), 'CHAIN_STOPPED')
  await until('it is in the pool', () => wallet.pending() === 1)
  wallet.stop()
  await sending
})

test('the wallet is the address of the key, whatever becomes of the caller\'s copy', async () => {
  const walletKey = keyOf(anvil, 11)
  const wallet = sender(11, { walletKey })
  const address = addressOf(walletKey)
  walletKey.fill(0)
  assert.is(wallet.wallet, address)
  await wallet.send(gift)
  assert.is(await rpc(anvil, 'eth_getTransactionCount', address, 'latest'), '0x1')
  assert.is(bytesToHex(walletKey), `0x${'00'.repeat(32)}`)
})

test.run()
