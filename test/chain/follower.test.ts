import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import type { Deployer } from '../../src/chain/deploy.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { deployerOf, newestOf, rpc, until } from './support/anvil-rpc.js'
import { deployEmitter, emission, serial, THREAD } from './support/emitter.js'
import { record, type Recorder } from './support/recorder.js'

const test = suite('chain/follower')
let anvil: Anvil
let deployer: Deployer
let court: Address
let startBlock: bigint
const recorders: Recorder[] = []

function follow (options: Partial<Parameters<typeof record>[0]> = {}): Recorder {
  const recorder = record({ url: anvil.url, chainId: anvil.chainId, court, startBlock, ...options })
  recorders.push(recorder)
  return recorder
}

async function say (...numbers: number[]): Promise<void> {
  for (const number of numbers) await deployer.sender.send({ to: court, data: serial(number), valueWei: 0n })
}

/** Mines blocks that hold nothing. */
async function mine (blocks: number): Promise<void> {
  await rpc(anvil, 'anvil_mine', `0x${blocks.toString(16)}`)
}

test.before(async () => { anvil = await startAnvil() })
test.before.each(async () => {
  // Each test has a court of its own; the wallet is opened anew because reorganisations take its nonces back.
  deployer = await deployerOf(anvil)
  const deployed = await deployEmitter(deployer)
  court = deployed.address
  startBlock = deployed.block
})
test.after.each(async () => {
  await Promise.all(recorders.splice(0).map(recorder => recorder.stop()))
  deployer.stop()
})
test.after(async () => { await anvil.stop() })

test('events of old and new blocks come once, in order', async () => {
  await say(1, 2)
  const seen = follow()
  await until('the old ones', () => seen.serials().length === 2)
  await say(3, 4, 5)
  await until('the new ones', () => seen.serials().length === 5)
  assert.equal(seen.serials(), [1, 2, 3, 4, 5])
  assert.equal([...seen.deliveries.values()], [1, 1, 1, 1, 1])
  const { ok, headBlock, followedBlock } = seen.follower.health()
  assert.ok(ok)
  assert.is(followedBlock, headBlock)
})

test('several events of one block come in the order of their logs', async () => {
  await rpc(anvil, 'evm_setAutomine', false)
  const sending = Promise.all([1, 2, 3].map(number => say(number)))
  await until('all are in the pool', () => deployer.sender.pending() === 3)
  await rpc(anvil, 'evm_mine')
  await rpc(anvil, 'evm_setAutomine', true)
  await sending
  const seen = follow()
  await until('all', () => seen.serials().length === 3)
  assert.equal(seen.serials(), [1, 2, 3])
})

test('with three confirmations an event comes when two blocks are on top of its own, not before', async () => {
  const seen = follow({ confirmations: 3 })
  await say(1)
  const { number } = await newestOf(anvil)
  await mine(1)
  await until('the block on top is seen', () => seen.follower.health().headBlock === BigInt(number + 1))
  await until('one look more', () => seen.follower.health().followedBlock === BigInt(number - 1))
  assert.equal(seen.serials(), [])
  await mine(1)
  await until('the event', () => seen.serials().length === 1)
})

test('the court\'s first block is found without being given, and a thousand blocks are caught up with by ranges', async () => {
  await say(1)
  await mine(1_100)
  await say(2)
  const seen = follow({ startBlock: undefined })
  await until('both', () => seen.serials().length === 2)
  assert.equal(seen.serials(), [1, 2])
})

test('a reorganisation shallower than the confirmations goes unnoticed', async () => {
  const seen = follow({ confirmations: 4 })
  await say(1)
  await mine(3)
  await until('the first', () => seen.serials().length === 1)
  await rpc(anvil, 'anvil_reorg', 2, [])
  await mine(2)
  const { number } = await newestOf(anvil)
  await until('the new blocks', () => seen.follower.health().headBlock === BigInt(number))
  await say(2)
  await mine(3)
  await until('the second', () => seen.serials().length === 2)
  assert.equal(seen.reorgs, [])
  assert.equal(seen.serials(), [1, 2])
})

test('a deeper one voids what is above the common ancestor, and following goes on from there', async () => {
  const seen = follow()
  await say(1)
  const { number } = await newestOf(anvil)
  await say(2, 3)
  await until('all three', () => seen.serials().length === 3)
  await rpc(anvil, 'anvil_reorg', 2, [])
  await until('the reorganisation', () => seen.reorgs.length === 1)
  assert.equal(seen.reorgs, [BigInt(number)])
  deployer.stop()
  deployer = await deployerOf(anvil)
  await say(4)
  await until('the next', () => seen.serials().includes(4))
  assert.equal(seen.serials(), [1, 4])
})

test('a snapshot that is gone back to and built upon anew is a reorganisation', async () => {
  const seen = follow()
  await say(1)
  const snapshot = await rpc<Hex>(anvil, 'evm_snapshot')
  await say(2)
  await until('both', () => seen.serials().length === 2)
  await rpc(anvil, 'evm_revert', snapshot)
  deployer.stop()
  deployer = await deployerOf(anvil)
  await rpc(anvil, 'evm_increaseTime', 100)
  await say(3)
  await until('the other future', () => seen.serials().includes(3))
  assert.equal(seen.serials(), [1, 3])
})

test('a reorganisation while nobody followed is seen from the cursor', async () => {
  const first = follow()
  await say(1, 2)
  await until('both', () => first.serials().length === 2)
  await until('the cursor', () => first.cursor?.blocks[0]?.number === first.follower.health().headBlock)
  await first.stop()
  await rpc(anvil, 'anvil_reorg', 1, [])
  deployer.stop()
  deployer = await deployerOf(anvil)
  await say(3)
  const second = follow({ from: first })
  await until('the third', () => second.serials().includes(3))
  assert.is(second.reorgs.length, 1)
  assert.is(second.deliveries.get(1), undefined)
})

test('from a cursor only what came after it is delivered', async () => {
  const first = follow()
  await say(1)
  await until('the first', () => first.serials().length === 1)
  await until('the cursor', () => first.cursor !== undefined)
  await first.stop()
  await say(2)
  const second = follow({ from: first })
  await until('the second', () => second.serials().length === 2)
  assert.equal([...second.deliveries.keys()], [2])
})

test('an event whose listener fails is delivered again, and only that one', async () => {
  let failures = 2
  const seen = follow({
    async onSerial (number) {
      if (number === 2 && failures-- > 0) throw new Error('the disk is full')
    }
  })
  await rpc(anvil, 'evm_setAutomine', false)
  const sending = Promise.all([1, 2, 3].map(number => say(number)))
  await until('all are in the pool', () => deployer.sender.pending() === 3)
  await rpc(anvil, 'evm_mine')
  await rpc(anvil, 'evm_setAutomine', true)
  await sending
  await until('all', () => seen.serials().length === 3)
  assert.equal(seen.serials(), [1, 2, 3])
  assert.is(failures, -1)
  await until('it is well again', () => seen.follower.health().ok)
})

test('an event that failed in a block that is then reorganised away is voided with what came before it there', async () => {
  let broken = true
  const seen = follow({
    async onSerial (number) {
      if (number === 2 && broken) throw new Error('not now')
    }
  })
  await rpc(anvil, 'evm_setAutomine', false)
  const sending = Promise.all([1, 2].map(number => say(number)))
  await until('both are in the pool', () => deployer.sender.pending() === 2)
  await rpc(anvil, 'evm_mine')
  await rpc(anvil, 'evm_setAutomine', true)
  await sending
  await until('the failure', () => seen.follower.health().lastErrorCode === 'CHAIN_LISTENER_FAILED')
  assert.equal(seen.serials(), [1])
  await rpc(anvil, 'anvil_reorg', 1, [])
  await until('the reorganisation', () => seen.reorgs.length === 1)
  broken = false
  assert.equal(seen.serials(), [])
})

test('logs that are unknown, or of terms that are none, are skipped and following goes on', async () => {
  await deployer.sender.send({ to: court, data: `0x${'77'.repeat(96)}`, valueWei: 0n })
  await deployer.sender.send({ to: court, data: emission('Responded', [THREAD, 1]), valueWei: 0n }) // without its breakpoint
  await say(1)
  const seen = follow()
  await until('the good one', () => seen.serials().length === 1)
})

test('following twice is refused', () => {
  const seen = follow()
  assert.throws(() => seen.follower.start({ cursor: undefined, onEvent: async () => {}, onCursor: async () => {}, onReorg: async () => {} }), /already/)
})

test.run()
