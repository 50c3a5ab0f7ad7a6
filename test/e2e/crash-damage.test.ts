// time limit: 400 s
/**
 * A data directory that is old, and one in which the disk has changed a byte: the node recovers exactly, or watches and never signs, and says which. It never ends in a
 * loop of crashes, and the other player can always finish. Some records in `npm test`; `node dist/test/e2e/crash-damage.test.js --all` damages one of each kind.
 */
import { cp, mkdir, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { Level } from 'level'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ThreadStatus } from '../../src/rpc/schemas.js'
import { rejects } from '../support/rejects.js'
import { eventually, Game, Stage, type Mortal } from './crash-stage.js'
import { ETHER, X_WINS } from './table.js'

/** `game` stands after three moves; bob has proposed slot 4 and was killed before alice could see it: `saved` is his store as it was then. */
type World = { stage: Stage, alice: Mortal, bob: Mortal, game: Game, saved: string, before: ThreadStatus }
const test = suite<World>('e2e/crash-damage')
const BOB = 1
const IS_ALL = process.argv.includes('--all')

test.before(async world => {
  const stage = await Stage.open(['--patience-sec', '1', '--no-auto-dispute'])
  const [alice, bob] = [stage.node(0), stage.node(1)]
  Object.assign(world, { stage, alice, bob })
  const game = await stage.game()
  await game.open()
  await game.play(0, 3)
  await game.table.reach(3)
  world.before = await game.table.status(bob.player)
  await alice.player.kill()
  await bob.player.rpc.request('thread_send', { thread: game.thread, signature: 'play(uint8)', args: [X_WINS[3]], wait: 'sent' })
  await eventually('bob to propose', async () => (await game.table.status(bob.player)).pending?.hash ?? undefined)
  await bob.player.kill()
  await alice.start()
  Object.assign(world, { game, saved: await save(bob, stage, 'saved') })
})

test.after(async ({ stage }) => { await stage.stop() })

function storeOf (node: Mortal): string { return join(node.player.dataDir, 'store') }

/** Copies a stopped node's store. */
async function save (node: Mortal, stage: Stage, name: string): Promise<string> {
  const path = join(stage.arena.folder, name)
  await cp(storeOf(node), path, { recursive: true })
  return path
}

async function putBack (node: Mortal, saved: string): Promise<void> {
  await node.player.kill()
  await rm(storeOf(node), { recursive: true, force: true })
  await mkdir(storeOf(node), { recursive: true })
  await cp(saved, storeOf(node), { recursive: true })
}

/** Changes one byte in the value of each chosen key. @returns the keys. */
async function flip (node: Mortal, choose: (keys: string[]) => (string | undefined)[]): Promise<string[]> {
  const database = new Level<string, Uint8Array>(storeOf(node), { keyEncoding: 'utf8', valueEncoding: 'view' })
  const chosen = choose(await database.keys().all())
  for (const key of chosen) {
    const value = key === undefined ? undefined : (await database.get(key))?.slice()
    assert.ok(key !== undefined && value !== undefined, 'no such record')
    const at = Math.floor(value.length / 2)
    value[at] = (value[at] ?? 0) ^ 4
    await database.put(key, value, { sync: true })
  }
  await database.close()
  return chosen.map(String)
}

const first = (pattern: RegExp) => (keys: string[]) => [keys.find(key => pattern.test(key))]
const last = (pattern: RegExp) => (keys: string[]) => [keys.filter(key => pattern.test(key)).at(-1)]

/** Bob's store as it was saved, with damage, and bob started on it. */
async function damaged ({ bob, saved }: World, choose: (keys: string[]) => (string | undefined)[]): Promise<void> {
  await putBack(bob, saved)
  bob.told.clear()
  await flip(bob, choose)
  await bob.start()
}

async function signedByBob ({ stage, game }: World): Promise<number> {
  await new Promise(resolve => setTimeout(resolve, 700))
  stage.wire.check(game.thread)
  return [...stage.wire.contents.keys()].filter(place => place.startsWith(`${game.thread}/${BOB}/`)).length
}

/** Bob is where he was, or where alice has got to meanwhile, by his own account. */
async function isExact (world: World): Promise<void> {
  const { game, bob, alice, before } = world
  const status = await eventually('bob to sign again, at a head that alice has too', async () => {
    if (!await game.table.knows(bob.player)) return undefined
    const [his, hers] = [await game.table.status(bob.player), await game.table.status(alice.player)]
    return his.modeReason === null && his.mode === 'signing' && (his.head?.slot.nonce ?? 0) >= 4 && his.head?.hash === hers.head?.hash ? his : undefined
  })
  const { breakpoints } = await bob.player.rpc.request('thread_breakpoints', { thread: game.thread, from: { epoch: 0, nonce: 3 } })
  assert.equal([breakpoints[0]?.hash, breakpoints[0]?.stateRoot], [before.head?.hash, before.head?.stateRoot])
  assert.equal(status.balances, (await game.table.status(alice.player)).balances)
  assert.is(await game.table.read(bob.player, 'turn() view returns (address)'), await game.table.read(alice.player, 'turn() view returns (address)'))
  await signedByBob(world)
}

async function watches (world: World, code: string): Promise<void> {
  const { game, bob } = world
  const signed = await signedByBob(world)
  const status = await game.table.status(bob.player)
  assert.is(status.mode, 'watching')
  assert.ok(status.warnings.some(warning => warning.code === code), JSON.stringify(status.warnings))
  assert.is(status.modeReason, status.warnings.find(warning => warning.code === code)?.message)
  await rejects(bob.player.rpc.request('thread_send', { thread: game.thread, signature: 'play(uint8)', args: [8] }), 'THREAD_WATCHING')
  assert.is(await signedByBob(world), signed, 'it has signed')
}

test('the content that it signed last is damaged: it signs nothing else in that slot, and says so', async world => {
  const { game, bob, alice } = world
  await damaged(world, first(/\/open$/))
  const signed = await signedByBob(world)
  const status = await game.table.status(bob.player)
  assert.ok(status.warnings.some(({ code }) => code === 'SIGNED_CONTENT_LOST'), JSON.stringify(status.warnings))
  assert.is(status.head?.hash, world.before.head?.hash)
  assert.is(await signedByBob(world), signed)
  const waits = await eventually('alice to say whom she waits for', async () => (await game.table.status(alice.player)).warnings.find(({ code }) => code === 'THREAD_WAITING'))
  assert.match(waits.message, 'player 1')
})

test('the one of its own inputs that waits is damaged: what was signed with it is completed all the same', async world => {
  await damaged(world, first(/\/p\//))
  await isExact(world)
})

const RECOVERED: readonly (readonly [what: string, choose: (keys: string[]) => (string | undefined)[]])[] = [
  ['every entry of the world\'s state, and the code', keys => keys.filter(key => /\/w\/|\/code$/.test(key))],
  ['what says which certificate is the head', first(/\/head$/)],
  ['what the chain said of the thread', first(/\/l\//)],
  ['an entry of the world\'s state', last(/\/w\//)],
  ['the head\'s certificate', last(/\/c\//)],
  ['how far the chain was followed', first(/^chain\/cursor$/)],
  ['which chain it was', first(/^chain\/identity$/)]
]
for (const [what, choose] of RECOVERED.slice(0, IS_ALL ? undefined : 3)) {
  test(`${what} is damaged: the same state is there again`, async world => {
    await damaged(world, choose)
    await isExact(world)
  })
}

test('an old certificate is damaged: the thread goes on, and the certificate is refused, not shown', async world => {
  const { game, bob } = world
  await damaged(world, first(/\/c\//))
  await isExact(world)
  await rejects(bob.player.rpc.request('thread_breakpoints', { thread: game.thread }), 'STORE_DAMAGED')
})

test('receipts are damaged: they are made again by execution', async world => {
  const { game, bob, alice } = world
  await damaged(world, last(/\/r\//))
  await isExact(world)
  const [his, hers] = await Promise.all([bob, alice].map(async ({ player }) => await player.rpc.request('thread_breakpoints', { thread: game.thread, from: { epoch: 0, nonce: 3 } })))
  assert.equal(his, hers)
})

const WATCHED = [
  ['the last entry of the sign journal', last(/\/j\//)],
  ['what says where the sign journal ends', first(/\/j-end$/)],
  ['an entry of the sign journal', first(/\/j\//)]
] as const
for (const [what, choose] of WATCHED.slice(0, IS_ALL ? undefined : 2)) {
  test(`${what} is damaged: it watches and never signs`, async world => {
    await damaged(world, choose)
    await watches(world, 'JOURNAL_DAMAGED')
    // Also after another restart.
    await world.bob.player.kill()
    await world.bob.start()
    await watches(world, 'JOURNAL_DAMAGED')
  })
}

test('a store with a missing table is refused with a code; made anew from the chain and the other player, it watches', async world => {
  const { bob, game, alice, saved } = world
  await putBack(bob, saved)
  bob.told.clear()
  // Reopened once, so that there is a table.
  await flip(bob, () => [])
  for (const name of await readdir(storeOf(bob))) if (name.endsWith('.ldb')) await rm(join(storeOf(bob), name))
  await bob.player.start().then(() => { assert.unreachable('it must not start') }, (error: unknown) => { assert.match(String(error), 'STORE_CORRUPT') })
  await rm(storeOf(bob), { recursive: true })
  await bob.start()
  await eventually('bob to have found the thread, and what he signed', async () => {
    if (!await game.table.knows(bob.player)) return undefined
    const [his, hers] = [await game.table.status(bob.player), await game.table.status(alice.player)]
    return his.mode === 'watching' && his.head?.hash === hers.head?.hash ? true : undefined
  })
  await watches(world, 'THREAD_OLD_COPY')
})

test('a log that has lost its end, with a signature in it that alice has, is an old copy: it watches', async world => {
  const { bob, saved, game } = world
  await putBack(bob, saved)
  bob.told.clear()
  const log = (await readdir(storeOf(bob))).find(name => name.endsWith('.log'))
  assert.ok(log)
  const path = join(storeOf(bob), log)
  await truncate(path, (await stat(path)).size - 300)
  await bob.start()
  await eventually('bob to learn that it is old', async () => (await game.table.status(bob.player)).mode === 'watching' || undefined)
  await watches(world, 'THREAD_OLD_COPY')
})

test('a copy of the data from before the last moves watches, says why, and the other ends the game alone', async world => {
  const { stage, alice, bob } = world
  await rm(storeOf(bob), { recursive: true })
  await bob.player.kill()
  bob.told.clear()
  await cp(world.saved, storeOf(bob), { recursive: true })
  await bob.start()
  const game = await stage.game()
  await game.open()
  await game.play(0, 2)
  await game.table.reach(2)
  await bob.player.kill()
  const copy = await save(bob, stage, 'copy')
  await bob.start()
  await game.play(2, 5)
  await game.table.reach(5)
  const block = await stage.arena.provider.getBlockNumber()
  const before = await Promise.all([alice, bob].map(async ({ player }) => await stage.arena.balance(player.wallet)))
  await putBack(bob, copy)
  bob.told.clear()
  await bob.start()
  await eventually('bob to learn that his data is old', async () => (await game.table.status(bob.player)).mode === 'watching' || undefined)
  await watches({ ...world, game }, 'THREAD_OLD_COPY')
  // What he lacks comes to him all the same: he can go to the court with it.
  await game.table.reach(5)

  const { pending } = await game.table.status(alice.player)
  assert.equal([pending?.proposer, pending?.waitingFor], [1, []])
  await rejects(alice.player.rpc.request('thread_send', { thread: game.thread, signature: 'claimTimeout()', timeoutSec: 2 }), 'INPUT_TIMEOUT')
  const warning = await eventually('alice to say whom she waits for', async () => (await game.table.status(alice.player)).warnings.find(({ code }) => code === 'THREAD_WAITING'))
  assert.match(warning.message, 'waits for player 1')
  const { slot } = await alice.player.rpc.request('thread_challenge', { thread: game.thread })
  assert.equal(slot, { epoch: 0, nonce: 5 })
  await game.table.phase(alice.player, 'dispute')
  await stage.arena.passTime(200)
  const { payoutsUnits } = await alice.player.rpc.request('thread_settle', { thread: game.thread })
  assert.equal(payoutsUnits, [ETHER, ETHER].map(String))
  for (const { player } of [alice, bob]) await game.table.phase(player, 'settled')
  const after = await Promise.all([alice, bob].map(async ({ player }) => await stage.arena.balance(player.wallet) + await stage.arena.fees(player.wallet, block)))
  assert.equal(after, before.map(each => each + ETHER))
  stage.wire.check(game.thread)
})

test.run()
