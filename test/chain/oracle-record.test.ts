import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { createChain, type Chain } from '../../src/chain/chain.js'
import { deployCourt, type Deployer } from '../../src/chain/deploy.js'
import { rejects } from '../support/rejects.js'
import { clock, deployerOf, keyOf, rpc } from './support/anvil-rpc.js'
import { startEndpoint, type Endpoint } from './support/endpoint.js'
import { termsOf } from './support/thread.js'

const test = suite('chain/oracle-record')
const BONDED = 10n
/** Empty blocks between one thread and the next. */
const APART = 150
let anvil: Anvil
let endpoint: Endpoint
let deployer: Deployer
let player: Chain
let oracle: Chain
let firstBlock: bigint
/** Spans in blocks that were asked for, refused ones too. */
let asked: number[] = []
/** Blocks that the endpoint gives at once. */
let most = Infinity

test.before(async () => {
  anvil = await startAnvil()
  endpoint = await startEndpoint(anvil.url)
  endpoint.treat = ({ method, params }) => {
    const [{ fromBlock, toBlock } = {}] = params as [{ fromBlock?: string, toBlock?: string }?]
    if (method !== 'eth_getLogs' || fromBlock === undefined) return 'pass'
    const span = Number(toBlock) - Number(fromBlock) + 1
    asked.push(span)
    return span > most ? { error: `query exceeds max block range ${most}` } : 'pass'
  }
  deployer = await deployerOf(anvil)
  await rpc(anvil, 'anvil_mine', 300)
  const { court, block } = await deployCourt(deployer)
  firstBlock = block
  player = await createChain({ url: anvil.url, court, clock, pollMs: 20, walletKey: keyOf(anvil, 1) })
  oracle = await createChain({ url: endpoint.url, court, clock, pollMs: 20, walletKey: keyOf(anvil, 2) })
  await oracle.bond(3n * BONDED)
  for (let thread = 0; thread < 3; thread++) {
    const terms = termsOf([player.wallet, deployer.wallet], { oracle: oracle.wallet, joinDeadlineSec: await player.now() + 1_000n })
    await player.open(terms, '/ip4/127.0.0.1/tcp/1/ws')
    await oracle.accept(terms, BONDED)
    await rpc(anvil, 'anvil_mine', APART)
  }
})
test.after(async () => {
  await Promise.all([player, oracle].map(async chain => { await chain.stop() }))
  await endpoint.down()
  deployer.stop()
  await anvil.stop()
})
test.before.each(() => { asked = [] })

/** Blocks from the court's first to the newest. */
async function height (): Promise<number> { return Number(await rpc<string>(anvil, 'eth_blockNumber')) - Number(firstBlock) + 1 }

const ACCEPTED = { accepted: 3, claims: 0, refuted: 0 }

test('an endpoint without limit is asked once, from the court\'s first block', async () => {
  most = Infinity
  assert.equal(await oracle.oracleRecord(oracle.wallet, 0n), ACCEPTED)
  assert.equal(asked, [await height()])
})

test('an endpoint that limits ranges is asked in pieces that it takes: each block once, and nothing is missed', async () => {
  most = 100
  assert.equal(await oracle.oracleRecord(oracle.wallet, 0n), ACCEPTED)
  const taken = asked.filter(span => span <= most)
  assert.ok(asked.length - taken.length <= 4, `${asked.length} questions, ${taken.length} answered`)
  assert.is(taken.reduce((sum, span) => sum + span, 0), await height())
})

test('from a block on, only what came later is counted', async () => {
  most = 7
  assert.equal(await oracle.oracleRecord(oracle.wallet, firstBlock + BigInt(2 * APART)), { ...ACCEPTED, accepted: 1 })
})

test('what is refused for another reason is not asked again in pieces, nor what is refused block by block', async () => {
  most = -1
  await rejects(oracle.oracleRecord(oracle.wallet, firstBlock), 'CHAIN_RPC_ERROR')
  assert.is(asked.at(-1), 1)
  endpoint.treat = ({ method }) => method === 'eth_getLogs' ? { error: 'no such method' } : 'pass'
  const before = endpoint.seen.get('eth_getLogs') ?? 0
  await rejects(oracle.oracleRecord(oracle.wallet, firstBlock), 'CHAIN_RPC_ERROR')
  assert.is(endpoint.seen.get('eth_getLogs'), before + 1)
})

test.run()
