import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { courtInterface } from '../../src/chain/artifacts.js'
import { createChain, type Chain } from '../../src/chain/chain.js'
import { deployCourt, type Deployer } from '../../src/chain/deploy.js'
import { ThreadsError } from '../../src/errors.js'
import { bytesToHex, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { PORT_ADDRESS, PORT_TOTAL_SLOT } from '../../src/protocol/port.js'
import { termsToAbi, threadIdOf } from '../../src/protocol/terms.js'
import type { Domain, Hex, Terms, ThreadId } from '../../src/protocol/types.js'
import { accountPath, accountValue, EMPTY_CODE_HASH, slotPath } from '../../src/state/leaf.js'
import { prove } from '../../src/state/proof.js'
import { rootOf, set, type Tree } from '../../src/state/tree.js'
import type { ChainEvent } from '../../src/thread/ports.js'
import { rejects } from '../support/rejects.js'
import { clock, deployerOf, keyOf, rpc, until } from './support/anvil-rpc.js'
import { certificateOf, closeOf, termsOf } from './support/thread.js'

const test = suite('chain/court')
let anvil: Anvil
let deployer: Deployer
let first: Chain
let second: Chain
let domain: Domain
const events: ChainEvent[] = []

/** What the court said of one thread, once it has said `type`. */
async function told (thread: ThreadId, type: ChainEvent['type']): Promise<ChainEvent[]> {
  const own = () => events.filter(event => event.thread === thread)
  await until(type, () => own().some(event => event.type === type))
  return own()
}

async function last<T extends ChainEvent['type']> (thread: ThreadId, type: T): Promise<Extract<ChainEvent, { type: T }>> {
  const found = (await told(thread, type)).findLast(event => event.type === type)
  return found as Extract<ChainEvent, { type: T }>
}

async function openThread (changes: Partial<Terms> = {}): Promise<{ terms: Terms, thread: ThreadId }> {
  const now = await first.now()
  const terms = termsOf([first.wallet, second.wallet], { joinDeadlineSec: now + 1_000n, ...changes })
  await first.open(terms, '/ip4/127.0.0.1/tcp/1/ws')
  await second.join(terms, 1, '/ip4/127.0.0.1/tcp/2/ws')
  return { terms, thread: threadIdOf(terms, domain) }
}

async function pass (seconds: number): Promise<void> {
  await rpc(anvil, 'evm_increaseTime', seconds)
  await rpc(anvil, 'evm_mine')
}

test.before(async () => {
  anvil = await startAnvil()
  deployer = await deployerOf(anvil)
  const { court, block } = await deployCourt(deployer)
  const common = { url: anvil.url, court, clock, pollMs: 20, startBlock: block }
  first = await createChain({ ...common, walletKey: keyOf(anvil, 1) })
  second = await createChain({ ...common, walletKey: keyOf(anvil, 2), expectedChainId: anvil.chainId })
  domain = { chainId: first.chainId, court }
  first.follow({ cursor: undefined, onEvent: async event => { events.push(event) }, onCursor: async () => {}, onReorg: async () => {} })
})
test.after(async () => {
  await first.stop()
  await second.stop()
  deployer.stop()
  await anvil.stop()
})

test('opened and joined: the terms come back as they were, with the addresses and the last one active', async () => {
  const { terms, thread } = await openThread({ ctorArg: new Uint8Array() })
  const [opened, joined] = await told(thread, 'joined')
  assert.equal(opened?.type === 'opened' && opened.terms, terms)
  assert.is(opened?.type === 'opened' && opened.multiaddr, '/ip4/127.0.0.1/tcp/1/ws')
  assert.equal(joined?.type === 'joined' && [joined.player, joined.multiaddr, joined.active], [1, '/ip4/127.0.0.1/tcp/2/ws', true])
  assert.ok(opened !== undefined && joined !== undefined && opened.at.timestampSec > 0n && joined.at.blockNumber > opened.at.blockNumber)
})

test('an address that is no text does not hide the deposit that was paid with it', async () => {
  const now = await first.now()
  const terms = termsOf([first.wallet, second.wallet], { joinDeadlineSec: now + 1_000n })
  await first.open(terms, '')
  const clean = courtInterface().encodeFunctionData('join', [termsToAbi(terms), 1, 'ab', new Uint8Array()])
  const bytes = hexToBytes(clean as Hex)
  const at = bytes.findLastIndex((byte, index) => byte === 0x61 && bytes[index + 1] === 0x62)
  bytes.set([0xff, 0xfe], at)
  await second.sender.send({ to: first.court, data: bytesToHex(bytes), valueWei: 2_000n })
  const joined = await last(threadIdOf(terms, domain), 'joined')
  assert.is(joined.multiaddr, '')
  assert.ok(joined.active)
})

test('a checkpoint is recorded with the signatures of its call', async () => {
  const { terms, thread } = await openThread()
  const certificate = certificateOf(terms, domain, { nonce: 4n })
  const receipt = await first.checkpoint(terms, certificate)
  assert.ok(receipt.gasUsed > 21_000n && receipt.dataBytes > 1_000)
  const recorded = await last(thread, 'recorded')
  assert.equal(recorded.breakpoint, certificate.breakpoint)
  assert.is(recorded.hash, certificate.hash)
  assert.equal(recorded.signatures, certificate.signatures)
  assert.is(recorded.at.transactionHash, receipt.transactionHash)
})

test('challenged, responded and resumed carry the slots, the numbers and the times', async () => {
  const { terms, thread } = await openThread()
  const old = certificateOf(terms, domain, { nonce: 1n })
  const newer = certificateOf(terms, domain, { nonce: 2n })
  await first.challenge(terms, old)
  const challenged = await last(thread, 'challenged')
  assert.is(challenged.recorded, old.hash)
  assert.equal([challenged.dispute, challenged.slot.nonce, challenged.by], [1n, 1n, first.wallet])
  assert.is(challenged.endsAtSec - challenged.evidenceUntilSec, 60n)
  await second.respond(terms, newer)
  const responded = await last(thread, 'responded')
  assert.equal([responded.dispute, responded.recorded, responded.slot], [2n, newer.hash, { epoch: 0n, nonce: 2n }])
  await second.resume(terms, certificateOf(terms, domain, { epoch: 2n, nonce: 3n, parent: newer.hash }))
  assert.is((await last(thread, 'resumed')).epoch, 2n)
  assert.equal((await told(thread, 'resumed')).map(event => event.type), ['opened', 'joined', 'recorded', 'challenged', 'recorded', 'responded', 'recorded', 'resumed'])
})

test('a challenge without a certificate, and a settlement of nothing, give the deposits back', async () => {
  const { terms, thread } = await openThread()
  await second.challenge(terms, undefined)
  assert.is((await last(thread, 'challenged')).recorded, undefined)
  await pass(121)
  await second.settle(terms, undefined, undefined)
  const settled = await last(thread, 'settled')
  assert.equal([settled.payouts, settled.leftover], [[1_000n, 2_000n], 0n])
})

test('a settlement of a recorded state pays by its proofs', async () => {
  const { terms, thread } = await openThread()
  let tree: Tree
  for (const [index, balanceWei] of [2_500n, 400n].entries()) {
    tree = set(tree, accountPath(terms.players[index] ?? ZERO_ADDRESS), accountValue(1n, balanceWei, EMPTY_CODE_HASH))
  }
  const certificate = certificateOf(terms, domain, { nonce: 9n, stateRoot: rootOf(tree) })
  await first.challenge(terms, certificate)
  await pass(121)
  const accounts = terms.players.map((address, index) => {
    const { siblings, other } = prove(tree, accountPath(address))
    return { address, nonce: 1n, balanceWei: [2_500n, 400n][index] ?? 0n, codeHash: EMPTY_CODE_HASH, siblings, other }
  })
  const total = prove(tree, slotPath(PORT_ADDRESS, PORT_TOTAL_SLOT))
  await first.settle(terms, certificate.breakpoint, { accounts, exits: total })
  const settled = await last(thread, 'settled')
  assert.equal([settled.payouts, settled.leftover], [[2_550n, 450n], 100n])
})

test('a close pays what everybody signed', async () => {
  const { terms, thread } = await openThread()
  await second.close(terms, closeOf(terms, domain, { payouts: [0n, 3_000n], nonce: 1n, parent: ZERO_HASH }))
  assert.equal((await last(thread, 'closed')).payouts, [0n, 3_000n])
})

test('a thread that lacks a deposit is cancelled after its deadline', async () => {
  const terms = termsOf([first.wallet, second.wallet], { joinDeadlineSec: await first.now() + 10n })
  await first.open(terms, '')
  await pass(20)
  await first.cancel(terms)
  assert.is((await last(threadIdOf(terms, domain), 'cancelled')).type, 'cancelled')
})

test('what the court refuses is CHAIN_REVERTED with the error\'s name, and nothing is sent', async () => {
  const { terms } = await openThread()
  const certificate = certificateOf(terms, domain, { nonce: 3n })
  await first.checkpoint(terms, certificate)
  const error = await first.checkpoint(terms, certificate).then(() => undefined, (reason: unknown) => reason)
  assert.ok(error instanceof ThreadsError && error.code === 'CHAIN_REVERTED')
  assert.is(error.data.error, 'StaleSlot')
})

test('terms that break a rule are refused before anything is spent', async () => {
  await rejects(first.open(termsOf([first.wallet, first.wallet]), ''), 'TERMS_INVALID')
})

test('a player that the thread does not have is CHAIN_UNKNOWN_PLAYER', async () => {
  await rejects(second.join(termsOf([first.wallet, second.wallet]), 2, ''), 'CHAIN_UNKNOWN_PLAYER')
})

test('a credit that is not there is zero, and there is nothing to withdraw', async () => {
  assert.is(await first.credit(ZERO_ADDRESS, first.wallet), 0n)
  await rejects(first.withdraw(ZERO_ADDRESS), 'CHAIN_REVERTED')
})

test.run()
