// time limit: 400 s
/** A contract that settles itself: a move too long for one transaction, the settlement by the contract's own function, and a move that breaks it. */
import { join } from 'node:path'
import { id } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { createChain } from '../../src/chain/chain.js'
import { hexToBytes } from '../../src/protocol/bytes.js'
import { sign } from '../../src/protocol/crypto.js'
import { ownInput } from '../../src/protocol/input.js'
import { forceDigest } from '../../src/protocol/typed-data.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { encodeCalldata } from '../../src/rpc/calldata.js'
import { openLevelStore } from '../../src/store/level.js'
import { Bench, holderOf } from '../../src/thread/bench.js'
import type { NetworkPort } from '../../src/thread/ports.js'
import { ThreadRecords } from '../../src/thread/records.js'
import { loadThread } from '../../src/thread/recovery.js'
import { rejects } from '../support/rejects.js'
import { ETHER, STAKE, Table } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address }
const test = suite<World>('e2e/settling')
const WINDOW = 400
const TERMS = { windowSec: WINDOW, settlement: id('settle(address,address[],bytes)').slice(0, 10) }
const clock = { nowMs: () => Date.now() }

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('Settling')).address
  const players = await Promise.all([
    arena.player('alice', { account: 1, flags: ['--patience-sec', '1', '--dispute-after-sec', '2'] }),
    arena.player('bob', { account: 2, flags: ['--no-auto-dispute'] })
  ])
  Object.assign(world, { alice: players[0], bob: players[1] })
})

test.after(async ({ arena }) => { await arena.stop() })

test('a move of more work than one transaction can judge is forced in several, by a node that stops in the middle and has not begun it itself, and the contract\'s own function pays who moved last', async ({ arena, alice, bob, code }) => {
  const table = await Table.start(arena, [alice, bob], code, TERMS)
  assert.is((await table.send(1, 'move()', [], { value: STAKE.toString() })).success, true)
  const block = await arena.provider.getBlockNumber()
  const before = await arena.balance(alice.wallet)
  await table.reach(1)
  await bob.kill()
  const { input } = await table.send(0, 'work(uint256)', [6_000], { wait: 'sent' })
  await until('the judgement to have begun', async () => alice.log.includes('thread.court-paid') || undefined, 100_000)
  await alice.kill()
  // As if another process of the same player had begun it: what it signed for that is not on this disk.
  const store = await openLevelStore(join(alice.dataDir, 'store'))
  await store.batch([{ delete: `t/${table.thread}/force` }])
  await store.close()
  await alice.start()
  const moved = await until('the move', async () => (await table.knows(alice) ? await alice.rpc.request('thread_receipt', { thread: table.thread, input }) : undefined)?.receipt ?? undefined, 200_000)
  assert.equal([moved.success, moved.slot], [true, { epoch: 1, nonce: 2 }])
  assert.match(alice.log, 'the judgement of the own move goes on')
  const { cost } = await alice.rpc.request('thread_dispute', { thread: table.thread })
  assert.ok(cost.transactions > 1, String(cost.transactions))
  await arena.passTime(2 * WINDOW)
  const { chain } = await table.phase(alice, 'settled')
  assert.equal(chain.payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
  assert.is(await arena.balance(alice.wallet), before + ETHER + STAKE - await arena.fees(alice.wallet, block))
  assert.is(await arena.balance(arena.court), 0n)
})

test('an own move that breaks the settlement is refused at once, and another player\'s is dropped', async ({ arena, alice, bob, code }) => {
  await bob.start()
  const table = await Table.start(arena, [alice, bob], code, TERMS)
  assert.is((await table.send(1, 'move()', [], { value: STAKE.toString() })).success, true)
  await table.reach(1)
  await bob.kill()
  await rejects(table.send(0, 'breakSettlement()'), 'INPUT_DROPPED')
  await forceBreaking(table, bob)
  const { chain } = await until('the move to be dropped', async () => {
    const status = await table.status(alice)
    return status.chain.dispute === 2 ? status : undefined
  }, 60_000)
  assert.equal(chain.recorded?.slot, { epoch: 0, nonce: 1 })
  assert.equal((await table.status(alice)).head?.slot, { epoch: 0, nonce: 1 })
  const { banks } = await alice.rpc.request('thread_dispute', { thread: table.thread })
  assert.is(banks[1]?.leftSec, 0, 'whoever broke it moves no more')
})

/** Does with bob's key and data what his node would not. */
async function forceBreaking (table: Table, bob: Player): Promise<void> {
  const { arena, thread } = table
  const key = hexToBytes(bob.key)
  const store = await openLevelStore(join(bob.dataDir, 'store'))
  const chain = await createChain({ url: arena.anvil.url, court: arena.court, walletKey: key, clock, pollMs: 50 })
  try {
    const domain = { chainId: chain.chainId, court: arena.court }
    const { parts, state, view } = await loadThread({
      records: new ThreadRecords(store, thread), network: { publish: async () => {} } as unknown as NetworkPort, clock, sessionKey: key, domain, chain, closePolicy: 'never',
      emit: () => {}, log: () => {}
    })
    const { machine } = parts.execution
    const certificate = await parts.records.certificate({ epoch: 0n, nonce: 1n })
    assert.ok(machine !== undefined && certificate !== undefined && state.head !== undefined)
    if (machine === undefined || certificate === undefined || state.head === undefined) return
    const data = hexToBytes(encodeCalldata({ signature: 'breakSettlement()' }))
    const input = ownInput({ nonce: machine.nonceOf(1), gasLimit: 200_000n, to: machine.contract, valueWei: 0n, data }, key, 1, parts.context)
    const bench = new Bench(() => ({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode }))
    const parent: Hash32 = state.head.hash
    const judged = await bench.move(machine, { nonce: 2n, parent, timestampSec: await chain.nextTime() }, input, holderOf(view.terms, await chain.code(view.terms)))
    assert.ok('calls' in judged)
    const timestampSec = await chain.nextTime()
    const force = sign(forceDigest({ thread, dispute: 1n, parent, txHash: input.id, timestampSec }, domain), key)
    const move = { player: 1, input, force, timestampSec, paused: undefined }
    await chain.challengeAndAdvance(view.terms, certificate, move, 'calls' in judged ? judged.calls[0]?.witness ?? new Uint8Array(0) : new Uint8Array(0), { usefulUntilSec: timestampSec + 1_000n })
  } finally {
    await chain.stop()
    await store.close()
  }
}

test.run()
