// time limit: 400 s
/**
 * Nodes that are killed with -9 at each step that they write. Every kind of step in `npm test`; `node dist/test/e2e/crash.test.js --all` kills at every
 * single write of a game, each node, before and after it (some ten minutes).
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { CrashPlan } from './crash-node.js'
import { eventually, localAddress, Mortal, Stage, withKills, type Kill } from './crash-stage.js'

type World = { stage: Stage }
const test = suite<World>('e2e/crash')
const ALICE = 0
const BOB = 1
/** How long a killed node may take until it is ready again, on a busy machine. */
const READY_MS = 30_000

test.before(async world => { world.stage = await Stage.open() })
test.after(async ({ stage }) => { await stage.stop() })

/** Who is killed, when, and at which write: the n-th with this label since the node's last start. */
type Step = readonly [string, number, CrashPlan['when'], string, number?]

/** Alice opens and proposes slots 0, 1, 3, 5, 7; Bob the others, the Close of slot 8 among them. Each game's steps in their order, for each node. */
const GAMES: readonly (readonly [string, readonly Step[]])[] = [
  ['while the thread begins', [
    ['the thread is opened', ALICE, 'after', '^thread'],
    ['the first slot is proposed', ALICE, 'after', '^sign breakpoint 0'],
    ['the first slot is signed by the second', BOB, 'before', '^sign breakpoint 0'],
    ['the chain\'s cursor moves', BOB, 'after', '^cursor']
  ]],
  ['while they play', [
    ['a breakpoint is signed by the second', BOB, 'before', '^sign breakpoint 3 . complete$'],
    ['a breakpoint is signed by the second', ALICE, 'after', '^sign breakpoint 4 . complete$'],
    ['a certificate is complete at its proposer', BOB, 'before', '^complete$', 2],
    ['a breakpoint is proposed', ALICE, 'after', '^sign breakpoint 7$']
  ]],
  ['while they close', [
    ['a close is asked for', ALICE, 'after', '^close asked'],
    ['a close is proposed', BOB, 'after', '^sign close 8$'],
    ['a close is signed by the second', ALICE, 'before', '^sign close 8 . complete'],
    ['a close is complete at its proposer', BOB, 'before', '^complete close$']
  ]]
]

function killsOf (stage: Stage, steps: readonly Step[]): Kill[] {
  return steps.map(([, index, when, label, nth = 1]) => [stage.node(index), { when, label, nth }])
}

if (!process.argv.includes('--all')) {
  for (const [phase, steps] of GAMES) {
    test(`nodes killed ${phase} (${steps.map(([step, index, when]) => `${index === ALICE ? 'alice' : 'bob'} ${when} the write: ${step}`).join('; ')}): the game ends as it would have`, async ({ stage }) => {
      const game = await stage.game()
      assert.equal(await withKills(killsOf(stage, steps), async () => { await game.run() }), [])
      for (const { restartsMs } of stage.nodes) assert.ok(restartsMs.every(ms => ms < READY_MS), `restarts took ${restartsMs.join(', ')} ms`)
    })
  }
} else {
  for (const index of [ALICE, BOB]) {
    test(`killed at every single write of a game (${index === ALICE ? 'alice' : 'bob'}): it ends as it would have`, async ({ stage }) => {
      let killed = true
      let cases = 0
      const failures: string[] = []
      for (let nth = 1; killed; nth++) {
        for (const when of ['before', 'after'] as const) {
          const node = stage.node(index)
          const startedMs = performance.now()
          try {
            killed = (await withKills([[node, { when, label: '', nth }]], async () => { await (await stage.game()).run() })).length === 0
            cases++
          } catch (error) {
            failures.push(`${when} write ${nth}: ${error instanceof Error ? error.message.slice(0, 4000) : String(error)}`)
            console.log(failures.at(-1))
          }
          console.log(`${node.player.name} ${when} write ${nth}: ${killed ? (await node.trace()).length : 'not reached'}, ${Math.round(performance.now() - startedMs)} ms`)
        }
      }
      console.log(`${cases} cases, ${failures.length} failures`)
      assert.equal(failures, [])
    })
  }
}

/** In a dispute, bob proposes slot 4 of its epoch; it counts once the chain has seen it. */
const DISPUTES: readonly (readonly Step[])[] = [
  [
    ['the first breakpoint of its epoch is proposed', BOB, 'after', '^sign breakpoint 4'],
    ['it is signed by the second', ALICE, 'after', '^sign breakpoint 4'],
    ['the chain has confirmed it', BOB, 'before', 'complete . chain event']
  ],
  [['the dispute is seen', ALICE, 'before', '^chain event'], ['it has every signature', BOB, 'before', 'provisional'], ['the chain has confirmed it', ALICE, 'after', 'complete . chain event']],
  [['it is signed by the second', ALICE, 'before', '^sign breakpoint 4'], ['it has every signature', BOB, 'after', 'provisional']]
]
for (const steps of process.argv.includes('--all') ? DISPUTES : DISPUTES.slice(0, 1)) {
  test(`nodes killed in a dispute (${steps.map(([step, index, when]) => `${index === ALICE ? 'alice' : 'bob'} ${when} the write: ${step}`).join('; ')}): the game goes on in its epoch`, async ({ stage }) => {
    const game = await stage.game()
    await game.open()
    await game.play(0, 3)
    assert.equal(await withKills(killsOf(stage, steps), async () => {
      await game.challenge()
      await game.play(3, 4)
      await game.resumed()
    }), [])
    await game.play(4)
    await game.close()
    await game.check()
  })
}

test('a by-stander killed and started again follows on, and the game does not notice', async ({ stage }) => {
  const carol = await Mortal.open(stage.arena, 'carol', 3, ['--observe', ...stage.nodes.flatMap(({ player }) => ['--peer', localAddress(player)])])
  const game = await stage.game()
  assert.equal(await withKills([[carol, { when: 'before', label: '^complete', nth: 3 }]], async () => {
    await game.open()
    await game.play(0, 5)
    await eventually('carol to be back where they are', async () => {
      if (carol.restartsMs.length === 0) return undefined
      return ((await game.table.status(carol.player).catch(() => undefined))?.head?.slot.nonce ?? 0) >= 5 || undefined
    })
  }), [])
  const status = await game.table.status(carol.player)
  assert.equal([status.me, status.mode, status.warnings], [null, 'watching', []])
  await game.play(5)
  await game.close()
  await game.check()
  await game.table.phase(carol.player, 'closed')
  await carol.player.stop()
})

test('an input that was taken from the user is played after its node was killed, though nobody else had heard of it', async ({ stage }) => {
  const game = await stage.game()
  await game.open()
  await game.play(0, 1)
  const [alice, bob] = [stage.node(ALICE), stage.node(BOB)]
  await alice.player.kill()
  // Out of turn: Bob's move goes through, as the contract wants it, once Alice is back to sign it.
  const sent = await bob.player.rpc.request('thread_send', { thread: game.thread, signature: 'play(uint8)', args: [0], value: (10n ** 17n).toString(), wait: 'sent' })
  await bob.player.kill()
  await Promise.all([alice.start(), bob.start()])
  const receipt = await eventually('the input to be final', async () => (await bob.player.rpc.request('thread_receipt', { thread: game.thread, input: sent.input })).receipt ?? undefined)
  assert.is(receipt.success, true)
  await game.play(2)
  await game.close()
  await game.check()
})

test('both nodes killed at once at random writes: the game ends as it would have', async ({ stage }) => {
  let state = 2026
  const random = (below: number): number => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x3779_8849 >>> 0
    return state % below
  }
  for (let round = 0; round < (process.argv.includes('--all') ? 12 : 1); round++) {
    const kills = stage.nodes.map((node): Kill => [node, { when: random(2) === 0 ? 'before' : 'after', label: '', nth: 1 + random(19) }])
    const game = await stage.game()
    assert.equal(await withKills(kills, async () => { await game.run() }), [], JSON.stringify(kills.map(([, plan]) => plan)))
  }
})

test('a node killed while it recovers recovers all the same', async ({ stage }) => {
  const game = await stage.game()
  await game.open()
  await game.play(0, 4)
  const bob = stage.node(BOB)
  for (const [label, nth] of [['/j/', 3], ['/l/', 2]] as const) {
    await bob.player.kill()
    await bob.arm({ when: 'read', label, nth })
    await bob.player.start().then(() => { assert.unreachable('it was to be killed') }, () => undefined)
    await bob.disarm()
  }
  // And in the middle of catching up with what the chain said meanwhile.
  await stage.node(ALICE).player.rpc.request('thread_checkpoint', { thread: game.thread })
  await bob.arm({ when: 'before', label: '^chain event', nth: 1 })
  await bob.player.start().catch(() => undefined)
  await bob.comeBack()
  await eventually('bob to see the checkpoint', async () => (await game.table.status(bob.player)).chain.recorded?.slot.nonce === 4 || undefined)
  await game.play(4)
  await game.close()
  await game.check()
})

test.run()
