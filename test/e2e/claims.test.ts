// time limit: 240 s
/**
 * A player claims results that are false, through the real court and with a bond of its own: the other's node refutes them by itself, or doubts what cannot be judged, is
 * paid, and wins what it had won. And it proves what is right.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
import { ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import type { Address, SignedInput } from '../../src/protocol/types.js'
import { Cheat, NONSENSE } from './false-claims.js'
import { ETHER, STAKE, Table, ticTacToe, X_WINS } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, code: Address }
const test = suite<World>('e2e/claims')
const WINDOW = 200
const BOB = 2

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  world.code = (await arena.deployData('TicTacToe')).address
  const players = await Promise.all([
    arena.player('alice', { account: 1, flags: ['--patience-sec', '1', '--dispute-after-sec', '2'] }),
    arena.player('bob', { account: BOB, flags: ['--no-auto-dispute'] })
  ])
  Object.assign(world, { alice: players[0], bob: players[1] })
})

test.after(async ({ arena }) => { await arena.stop() })

/** A game in which alice has one move left to win, and bob, to move, is a cheat without a node. */
async function almostWon ({ arena, alice, bob, code }: World, gasLimit = 1_000_000): Promise<{ table: Table, cheat: Cheat, recorded: unknown }> {
  if (bob.pid !== undefined) await bob.kill()
  await bob.start()
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW, gasLimit })
  await table.play(X_WINS.slice(0, 5))
  await table.reach(5)
  await bob.kill()
  const cheat = new Cheat(table, 1, BOB)
  return { table, cheat, recorded: await cheat.challenge(alice) }
}

test('a false result is refuted at once: the node is paid for it, goes on from what the court then has, and wins', async world => {
  const { arena, alice } = world
  const { table, cheat, recorded } = await almostWon(world)
  const block = await arena.provider.getBlockNumber()
  const before = await arena.balance(alice.wallet)
  await cheat.claim(recorded, cheat.input(3n, 'play(uint8)', [X_WINS[5]]), NONSENSE)

  const [refuted] = await until('the refutation', async () => (await cheat.told('Slashed')).length > 0 ? await cheat.told('Slashed') : undefined)
  assert.equal([refuted?.['refuter'], refuted?.['account']].map(account => String(account).toLowerCase()), [alice.wallet, world.bob.wallet])
  // What bob's input does lead to is recorded in the claim's place, under the dispute's next number.
  await until('alice to follow', async () => (await table.status(alice)).head?.slot.nonce === 6 || undefined)
  const { moves, follows, dispute } = await alice.rpc.request('thread_dispute', { thread: table.thread })
  assert.equal([moves.map(({ player, slot, claimedBy }) => [player, slot, claimedBy]), follows, dispute?.number], [[[1, { epoch: 2, nonce: 6 }, null]], true, 2])
  assert.match(alice.log, /thread\.refute-claim/)

  const won = await table.send(0, 'play(uint8)', [X_WINS[6]], { timeoutSec: 60 })
  assert.equal([won.final, won.success], [true, true])
  await arena.passTime(3 * WINDOW)
  const settled = await table.phase(alice, 'settled')
  assert.equal(settled.chain.payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
  const bondWei = (refuted?.['toRefuter'] as bigint) + (refuted?.['toEachOther'] as bigint)
  assert.is(bondWei, await cheat.court.getFunction('bondFor').staticCall(1_000_000) as bigint)
  await until('the credit to be withdrawn', async () => await arena.balance(arena.court) === 0n || undefined)
  assert.is(await arena.balance(alice.wallet), before + ETHER + STAKE + bondWei - await arena.fees(alice.wallet, block))
})

const none: readonly [string, (cheat: Cheat) => SignedInput][] = [
  ['bytes that are no transaction', cheat => cheat.bound(Uint8Array.of(1, 2, 3))],
  ['an input with a nonce that is not its turn', cheat => cheat.input(9n, 'play(uint8)', [X_WINS[5]])],
  ['an input that reverts', cheat => cheat.input(3n, 'play(uint8)', [X_WINS[0]])]
]
for (const [what, make] of none) {
  test(`a claim of ${what} is taken back, and what all have signed is paid out`, async world => {
    const { arena, alice } = world
    const { table, cheat, recorded } = await almostWon(world)
    await cheat.claim(recorded, make(cheat), NONSENSE)
    await until('the refutation', async () => (await cheat.told('Slashed')).length > 0 || undefined)
    await until('alice to hear of it', async () => (await table.status(alice)).chain.recorded?.slot.nonce === 5 || undefined)
    assert.equal((await alice.rpc.request('thread_dispute', { thread: table.thread })).follows, true)
    await arena.passTime(3 * WINDOW)
    const { chain: { payoutsUnits }, head } = await table.phase(alice, 'settled')
    assert.equal([payoutsUnits, head?.slot.nonce], [[ETHER, ETHER].map(String), 5])
  })
}

/** Creation code that reads 2,000 slots: more than any transaction can show the judge. */
const ASKS_MUCH = Uint8Array.of(0x61, 0x07, 0xd0, 0x5b, 0x80, 0x54, 0x50, 0x60, 0x01, 0x90, 0x03, 0x80, 0x60, 0x03, 0x57, 0x00)

test('a false result of an input that no judgement holds is doubted, and dropped when nobody has proved it; the bond pays', async world => {
  const { arena, alice } = world
  await until('what earlier bonds have paid to be withdrawn', async () => await arena.balance(arena.court) === 0n || undefined)
  const { table, cheat, recorded } = await almostWon(world, 6_000_000)
  const block = await arena.provider.getBlockNumber()
  const before = await arena.balance(alice.wallet)
  await cheat.claim(recorded, cheat.input(3n, 'play(uint8)', [0], { to: undefined, data: ASKS_MUCH, gasLimit: 6_000_000n }), NONSENSE)

  const [doubted] = await until('the doubt', async () => (await cheat.told('Doubted')).length > 0 ? await cheat.told('Doubted') : undefined, 90_000)
  assert.is(String(doubted?.['doubter']).toLowerCase(), alice.wallet)
  await until('alice to wait for the proof', async () => {
    const { next } = await alice.rpc.request('thread_dispute', { thread: table.thread })
    return (next.action === 'wait' && next.reason.includes('falls unless')) || undefined
  })
  await arena.passTime(2 * WINDOW)
  const [slashed] = await until('the drop', async () => (await cheat.told('Slashed')).length > 0 ? await cheat.told('Slashed') : undefined)
  const [over] = await cheat.told('DoubtOver')
  await until('alice to hear of it', async () => (await table.status(alice)).chain.recorded?.slot.nonce === 5 || undefined)
  await arena.passTime(3 * WINDOW)
  assert.equal((await table.phase(alice, 'settled')).chain.payoutsUnits, [ETHER, ETHER].map(String))
  const bondWei = await cheat.bondWei()
  assert.is((slashed?.['toRefuter'] as bigint) + (slashed?.['toEachOther'] as bigint) + (over?.['toDoubter'] as bigint), 2n * bondWei)
  await until('the credit to be withdrawn', async () => await arena.balance(arena.court) === 0n || undefined)
  // Its deposit is back, and the whole bond with it.
  assert.is(await arena.balance(alice.wallet), before + ETHER + bondWei - await arena.fees(alice.wallet, block))
})

test('a right result that is doubted without need is proved: the claim stands, and who doubted it has paid', async world => {
  const { arena, alice } = world
  const { table, cheat, recorded } = await almostWon(world)
  const block = await arena.provider.getBlockNumber()
  const before = await arena.balance(alice.wallet)
  const nowSec = await cheat.nowSec()
  const input = cheat.input(3n, 'play(uint8)', [X_WINS[5]])
  const root = await cheat.rootAfter(alice, X_WINS.slice(0, 5), input, nowSec)
  await cheat.claim(recorded, input, root, nowSec)
  await until('alice to follow', async () => (await table.status(alice)).head?.slot.nonce === 6 || undefined)
  const claim = (await cheat.told('BREAKPOINT')).at(-1)
  const court = table.court(5)
  const claimed = ['epoch', 'nonce', 'parent', 'stateRoot', 'inputsRoot', 'timestamp'].map(field => claim?.[field])
  await (await court.getFunction('doubt').send(table.terms(), 0, claimed, { value: await cheat.bondWei() })).wait()

  // Its mover has half of the window to prove it; then every node does.
  await arena.passTime(WINDOW + WINDOW / 2)
  const [proved] = await until('the proof', async () => (await cheat.told('Proved')).length > 0 ? await cheat.told('Proved') : undefined)
  assert.is(String(proved?.['prover']).toLowerCase(), alice.wallet)
  const won = await table.send(0, 'play(uint8)', [X_WINS[6]], { timeoutSec: 60 })
  assert.equal([won.final, won.success], [true, true])
  await arena.passTime(3 * WINDOW)
  assert.equal((await table.phase(alice, 'settled')).chain.payoutsUnits, [ETHER + STAKE, ETHER - STAKE].map(String))
  const doubter = await arena.wallet(5).getAddress()
  const paidWei = proved?.['toProver'] as bigint
  assert.is(await court.getFunction('credits').staticCall(ZERO_ADDRESS, doubter), await cheat.bondWei() - paidWei)
  assert.is(await arena.balance(alice.wallet), before + ETHER + STAKE + paidWei - await arena.fees(alice.wallet, block))
})

test.run()
