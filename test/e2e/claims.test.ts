// time limit: 240 s
/** A player claims results that are false, through the real court and with a bond of its own: the other's node refutes them by itself, is paid, and wins what it had won. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { openArena, until, type Arena, type Player } from '../../scripts/arena.js'
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
async function almostWon ({ arena, alice, bob, code }: World): Promise<{ table: Table, cheat: Cheat, recorded: unknown }> {
  if (bob.pid !== undefined) await bob.kill()
  await bob.start()
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), windowSec: WINDOW })
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

test.run()
