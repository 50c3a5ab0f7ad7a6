import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { courtInterface, loadArtifact } from '../../src/chain/artifacts.js'
import { createChain, type Chain } from '../../src/chain/chain.js'
import { deployContract, deployCourt, type Deployer } from '../../src/chain/deploy.js'
import { createRpc, type Rpc } from '../../src/chain/rpc.js'
import { allow } from '../../src/chain/tokens.js'
import { concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { clock, deployerOf, keyOf, rpc } from './support/anvil-rpc.js'
import { termsOf } from './support/thread.js'

const test = suite('chain/tokens')
const silent = loadArtifact('SilentToken')
/** As USDT: approve returns nothing and reverts where it would change an allowance from one amount to another. One allowance, endless balances. */
const USDT_LIKE = hexToBytes(('0x600b5981380380925939f3' + '5f3560e01c' + '8063095ea7b314602957' + '63dd62ed3e14602057' +
  '5f195f5260205ff3' + '5b5f545f5260205ff3' + '5b6024358015603b575f5415603b575f5ffd' + '5b5f5500') as Hex)
const SPENDER = `0x${'55'.repeat(20)}` as Address
let anvil: Anvil
let endpoint: Rpc
let deployer: Deployer
let chain: Chain
let token: Address

test.before(async () => {
  anvil = await startAnvil()
  endpoint = createRpc(anvil.url, anvil.chainId)
  deployer = await deployerOf(anvil)
  const { court } = await deployCourt(deployer)
  chain = await createChain({ url: anvil.url, court, walletKey: keyOf(anvil, 1), clock, pollMs: 20 })
})
test.before.each(async () => {
  token = (await deployContract(deployer, silent, [])).address
  await deployer.sender.send({ to: token, data: silent.interface.encodeFunctionData('mint', [chain.wallet, 10_000n]) as Hex, valueWei: 0n })
})
test.after(async () => {
  await chain.stop()
  deployer.stop()
  endpoint.stop()
  await anvil.stop()
})

async function allowance (owner: Address, spender: Address): Promise<bigint> {
  return BigInt(await rpc<Hex>(anvil, 'eth_call', { to: token, data: silent.interface.encodeFunctionData('allowance', [owner, spender]) }, 'latest'))
}

async function sentBy (wallet: Address): Promise<number> {
  return Number(await rpc<Hex>(anvil, 'eth_getTransactionCount', wallet, 'latest'))
}

test('opening a thread in a token that returns nothing allows exactly the deposit and leaves no allowance', async () => {
  const terms = termsOf([chain.wallet, deployer.wallet], { asset: token, assetDecimals: 6 })
  const before = await sentBy(chain.wallet)
  await chain.open(terms, '')
  assert.is(await sentBy(chain.wallet) - before, 2)
  assert.is(await allowance(chain.wallet, chain.court), 0n)
})

test('two deposits of one token at the same time do not take each other\'s allowance', async () => {
  const make = () => termsOf([chain.wallet, deployer.wallet], { asset: token, assetDecimals: 6 })
  await Promise.all([chain.open(make(), ''), chain.open(make(), '')])
  assert.is(await allowance(chain.wallet, chain.court), 0n)
})

test('an allowance that suffices is left alone', async () => {
  await allow(endpoint, chain.sender, { token, spender: SPENDER, amount: 100n })
  const before = await sentBy(chain.wallet)
  await allow(endpoint, chain.sender, { token, spender: SPENDER, amount: 99n })
  assert.is(await sentBy(chain.wallet), before)
})

test('an allowance that is too low is set to zero first, for tokens that refuse to change one', async () => {
  token = (await deployContract(deployer, { name: 'UsdtLike', interface: courtInterface(), creationCode: concatBytes(USDT_LIKE) }, [])).address
  await allow(endpoint, chain.sender, { token, spender: SPENDER, amount: 5n })
  const before = await sentBy(chain.wallet)
  await allow(endpoint, chain.sender, { token, spender: SPENDER, amount: 1_000n })
  assert.is(await sentBy(chain.wallet) - before, 2)
  assert.is(await allowance(chain.wallet, SPENDER), 1_000n)
})

test('too few tokens are CHAIN_INSUFFICIENT_FUNDS before anything is sent', async () => {
  const before = await sentBy(chain.wallet)
  await rejects(allow(endpoint, chain.sender, { token, spender: SPENDER, amount: 10_001n }), 'CHAIN_INSUFFICIENT_FUNDS')
  assert.is(await sentBy(chain.wallet), before)
})

test('an asset that is no token is CHAIN_NOT_A_TOKEN', async () => {
  await rejects(allow(endpoint, chain.sender, { token: SPENDER, spender: chain.court, amount: 1n }), 'CHAIN_NOT_A_TOKEN')
  await rejects(allow(endpoint, chain.sender, { token: chain.court, spender: chain.court, amount: 1n }), 'CHAIN_NOT_A_TOKEN')
})

test.run()
