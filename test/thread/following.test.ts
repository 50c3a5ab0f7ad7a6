/** A node follows what the court says of forced moves: forward, back, over a restart, and on from them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { inputsRoot } from '../../src/protocol/input.js'
import { breakpointDigest, breakpointHash } from '../../src/protocol/typed-data.js'
import { sign } from '../../src/protocol/crypto.js'
import type { Breakpoint, Hash32, Input } from '../../src/protocol/types.js'
import { slotSignedBy } from '../../src/thread/agreement.js'
import { feedChainEvent } from '../../src/thread/chain-feed.js'
import type { ChainEvent, LogPosition, NetworkPort } from '../../src/thread/ports.js'
import { loadThread, machineAt } from '../../src/thread/recovery.js'
import { domain, PLAYERS, SESSIONS, ticTacToe, ETHER } from '../machine/thread.js'
import { NOW_MS, Victim } from './victim.js'
import { hashOf } from './contents.js'

const test = suite('following')
const game = await ticTacToe()
const T = BigInt(NOW_MS / 1000) + 100n
type Said = ChainEvent extends infer E ? E extends ChainEvent ? Omit<E, 'thread' | 'at'> : never : never

/** A node in dispute 1 over slot (0, 0), and a court that says what the test wants. */
class Stage {
  readonly victim: Victim
  #block = 100n
  signed: Breakpoint | undefined

  private constructor (victim: Victim) { this.victim = victim }

  /** `signed`: the node has proposed its first move in slot (0, 1) before. */
  static async open (before: 'nothing' | 'signed' = 'nothing'): Promise<Stage> {
    const stage = new Stage(await Victim.start(game))
    if (before === 'signed') {
      await stage.victim.play(first())
      const body = stage.victim.coordinator.openBody
      stage.signed = body?.kind === 'breakpoint' ? body.breakpoint : undefined
    }
    const head = stage.victim.coordinator.state.head
    assert.ok(head)
    const certificate = await stage.victim.coordinator.parts.records.certificate({ epoch: 0n, nonce: 0n })
    assert.ok(certificate)
    if (head === undefined || certificate === undefined) return stage
    await stage.say(
      { type: 'recorded', breakpoint: certificate.breakpoint, hash: head.hash, signatures: certificate.signatures },
      { type: 'challenged', dispute: 1n, recorded: head.hash, slot: head.slot, evidenceUntilSec: T + 100n, endsAtSec: T + 200n, by: PLAYERS[1] }
    )
    return stage
  }

  /** The court says so, in a block of its own. */
  async say (...events: Said[]): Promise<void> {
    this.#block++
    for (const [logIndex, event] of events.entries()) {
      const at: LogPosition = { blockNumber: this.#block, blockHash: hashOf(Number(this.#block)), transactionHash: hashOf(Number(this.#block)), logIndex, timestampSec: T }
      await feedChainEvent(this.victim.coordinator, { ...event, thread: game.context.thread, at } as ChainEvent)
    }
  }

  get head (): { hash: Hash32, nonce: bigint, epoch: bigint } {
    const { state: { head } } = this.victim.coordinator
    if (head === undefined) throw new Error('no head')
    return { hash: head.hash, ...head.slot }
  }

  /** What the court would record of an input on the node's head. */
  async breakpointOf (input: Input, epoch = 1n): Promise<Breakpoint> {
    const { machine } = this.victim.coordinator.parts.execution
    if (machine === undefined) throw new Error('no machine')
    const nonce = this.head.nonce + 1n
    const { root } = await machine.prepare({ nonce, parent: this.head.hash, timestampSec: T, inputs: [input] })
    return { thread: game.context.thread, epoch, nonce, parent: this.head.hash, stateRoot: root, inputsRoot: inputsRoot([input]), timestampSec: T }
  }

  /** A player's move is forced. */
  async force (input: Input, breakpoint: Breakpoint, dispute = 1n): Promise<void> {
    const hash = breakpointHash(breakpoint)
    await this.say(
      { type: 'recorded', breakpoint, hash, signatures: undefined },
      { type: 'forced', dispute, player: input.player, endsAtSec: T + 200n, breakpoint, hash, input: { raw: input.raw, binding: input.binding } }
    )
  }

  /** The same node from its store. */
  async restarted (): Promise<Victim['coordinator']> {
    const { parts: { records } } = this.victim.coordinator
    return await loadThread({
      records, network: { publish: async () => {}, subscribers: () => [] } as unknown as NetworkPort, chain: this.victim.chain, clock: { nowMs: () => NOW_MS }, sessionKey: SESSIONS[0], domain,
      closePolicy: 'never', emit: () => {}, log: () => {}
    })
  }
}

const first = (): Input => game.input(0, { nonce: 1n, to: machineContract, data: game.play(4), valueWei: ETHER })
const second = (): Input => game.input(1, { nonce: 1n, to: machineContract, data: game.play(0), valueWei: ETHER })
let machineContract = PLAYERS[0]
test.before(async () => { machineContract = (await Stage.open()).victim.coordinator.parts.execution.machine?.contract ?? PLAYERS[0] })

test('a forced move is executed, is the head without anybody\'s signature, and is told with its receipt', async () => {
  const stage = await Stage.open()
  const breakpoint = await stage.breakpointOf(first())
  await stage.force(first(), breakpoint)
  assert.equal(stage.head, { hash: breakpointHash(breakpoint), nonce: 1n, epoch: 1n })
  const { state, parts, headTimeSec } = stage.victim.coordinator
  assert.is(parts.execution.machine?.root, breakpoint.stateRoot)
  assert.is(headTimeSec, T)
  // Nobody has signed it: whoever asks must not hear of it, and would take its own journal for an old copy.
  assert.equal(slotSignedBy(state, 1), { epoch: 0n, nonce: 0n })
  const told = stage.victim.events.findLast(event => event.type === 'breakpoint')
  assert.equal(told?.type === 'breakpoint' && [told.signatures.length, told.receipts[0]?.success], [0, true])
})

test('moves follow one another, and survive a restart', async () => {
  const stage = await Stage.open()
  await stage.force(first(), await stage.breakpointOf(first()))
  await stage.force(second(), await stage.breakpointOf(second()))
  assert.is(stage.head.nonce, 2n)
  const again = await stage.restarted()
  assert.is(again.state.head?.hash, stage.head.hash)
  assert.is(again.parts.execution.machine?.root, stage.victim.coordinator.parts.execution.machine?.root)
  assert.equal(again.state.agreed, { epoch: 0n, nonce: 0n })
  assert.is((await again.parts.records.head())?.slot.nonce, 0n, 'they are not on disk before the dispute is over')
})

test('a move that gives another state here is not followed, and says so loudly', async () => {
  const stage = await Stage.open()
  const before = stage.head
  await stage.force(first(), { ...await stage.breakpointOf(first()), stateRoot: hashOf(9) })
  assert.equal(stage.head, before)
  assert.ok(stage.victim.coordinator.warnings.some(({ code }) => code === 'MOVE_UNREPRODUCED'))
})

test('a first move that is not followed leaves nothing to go back to: what is signed after its refutation stays', async () => {
  const stage = await Stage.open()
  await stage.force(first(), { ...await stage.breakpointOf(first()), stateRoot: hashOf(9) })
  assert.ok(stage.victim.coordinator.parts.execution.branch(), 'it goes on from the state itself, not from a copy of it')
})

test('refuted, the move goes: what stood before is the head and the state again, and an own input waits again', async () => {
  const stage = await Stage.open()
  const before = stage.head
  const root = stage.victim.coordinator.parts.execution.machine?.root
  await stage.force(first(), await stage.breakpointOf(first()))
  await stage.say({ type: 'refuted', dispute: 2n, player: 0, recorded: before.hash, endsAtSec: T + 300n })
  const { coordinator } = stage.victim
  assert.equal(stage.head, before)
  assert.is(coordinator.parts.execution.machine?.root, root)
  assert.equal([coordinator.view.dispute?.number, coordinator.view.recorded?.hash, coordinator.state.dispute], [2n, before.hash, { number: 2n, recorded: before.hash }])
  assert.is(coordinator.parts.pool.of(0).length, 1)
  // And a new one, in the dispute's new number, is followed again.
  await stage.force(first(), await stage.breakpointOf(first(), 2n), 2n)
  assert.is(stage.head.nonce, 1n)
})

test('of two moves the last alone is refuted', async () => {
  const stage = await Stage.open()
  await stage.force(first(), await stage.breakpointOf(first()))
  const middle = stage.head
  await stage.force(second(), await stage.breakpointOf(second()))
  await stage.say({ type: 'refuted', dispute: 2n, player: 1, recorded: middle.hash, endsAtSec: T + 300n })
  assert.equal(stage.head, middle)
  assert.is(stage.victim.coordinator.view.recorded?.hash, middle.hash)
})

test('when the players go on from a move, it is part of the thread for good', async () => {
  const stage = await Stage.open()
  await stage.force(first(), await stage.breakpointOf(first()))
  const move = stage.head
  const breakpoint = await stage.breakpointOf(second())
  const signatures = SESSIONS.map(key => sign(breakpointDigest(breakpoint, domain), key))
  const hash = breakpointHash(breakpoint)
  await stage.say({ type: 'recorded', breakpoint, hash, signatures }, { type: 'resumed', epoch: 1n })
  const { coordinator } = stage.victim
  const { records } = coordinator.parts
  // What all have signed is not here (this node has not); the move is on disk, and the thread goes on in the confirmed epoch.
  assert.equal([coordinator.state.confirmed, coordinator.state.dispute, (await records.head())?.hash], [1n, undefined, move.hash])
  assert.equal((await records.certificate({ epoch: 1n, nonce: 1n }))?.signatures, [])
  const again = await stage.restarted()
  assert.equal([again.state.head?.hash, again.state.agreed, again.state.mode], [move.hash, { epoch: 1n, nonce: 2n }, 'starting'])
  assert.is((await machineAt(again, move.hash, stage.victim.chain)).root, again.parts.execution.machine?.root)
})

/** After a forced move of its own the node signs what the other proposes in the dispute's epoch. */
async function goneOn (): Promise<{ stage: Stage, breakpoint: Breakpoint, resume: () => Promise<void> }> {
  const stage = await Stage.open()
  await stage.force(first(), await stage.breakpointOf(first()))
  const { victim } = stage
  const breakpoint = await stage.breakpointOf(second())
  await victim.hear(victim.proposal(breakpoint, [second()]))
  const signatures = SESSIONS.map(key => sign(breakpointDigest(breakpoint, domain), key))
  return {
    stage, breakpoint,
    resume: async () => { await stage.say({ type: 'recorded', breakpoint, hash: breakpointHash(breakpoint), signatures }, { type: 'resumed', epoch: 1n }) }
  }
}

test('what all sign upon a move waits for the court, over a restart too, and is the head when the court has it', async () => {
  const { stage, breakpoint, resume } = await goneOn()
  const hash = breakpointHash(breakpoint)
  assert.is(stage.victim.coordinator.provisional?.body.content.hash, hash)
  const again = await stage.restarted()
  assert.equal([again.provisional?.body.content.hash, again.state.head?.slot], [hash, { epoch: 1n, nonce: 1n }])
  await resume()
  const { coordinator } = stage.victim
  assert.equal([stage.head.hash, coordinator.state.agreed, coordinator.parts.execution.machine?.root], [hash, { epoch: 1n, nonce: 2n }, breakpoint.stateRoot])
  assert.equal([(await coordinator.parts.records.head())?.hash, coordinator.moves.followed.length], [hash, 0])
})

test('a later dispute goes back to its own ground, not to that of an earlier one', async () => {
  const { stage, breakpoint, resume } = await goneOn()
  await resume()
  const hash = breakpointHash(breakpoint)
  await stage.say({ type: 'challenged', dispute: 2n, recorded: hash, slot: breakpoint, evidenceUntilSec: T + 100n, endsAtSec: T + 200n, by: PLAYERS[1] })
  const third = game.input(0, { nonce: 2n, to: machineContract, data: game.play(8) })
  await stage.force(third, await stage.breakpointOf(third, 2n), 2n)
  assert.is(stage.head.nonce, 3n)
  await stage.say({ type: 'refuted', dispute: 3n, player: 0, recorded: hash, endsAtSec: T + 300n })
  assert.equal([stage.head.hash, stage.victim.coordinator.parts.execution.machine?.root], [hash, breakpoint.stateRoot])
})

test('a state that is built anew has the moves in it', async () => {
  const { stage, breakpoint, resume } = await goneOn()
  await resume()
  const { records } = stage.victim.coordinator.parts
  // A head that is not what its certificate says.
  const head = new TextEncoder().encode(`${'1'.padStart(16, '0')}${'2'.padStart(16, '0')}${hashOf(9)}`)
  await records.store.batch([...await records.dropState(), { put: `t/${game.context.thread}/head`, value: head }])
  const again = await stage.restarted()
  assert.equal([again.state.head?.hash, again.parts.execution.machine?.root], [breakpointHash(breakpoint), breakpoint.stateRoot])
})

test('what this node has signed upon a move is there after a restart', async () => {
  const stage = await Stage.open('signed')
  await stage.force(second(), await stage.breakpointOf(second()))
  const { signed } = stage.victim.coordinator.state
  const again = await stage.restarted()
  assert.equal([again.state.signed?.hash, again.state.signed?.slot, again.warnings], [signed?.hash, { epoch: 1n, nonce: 2n }, []])
})

test('a certificate that was withheld takes the place of a move', async () => {
  const stage = await Stage.open()
  const ground = stage.head
  const breakpoint = { ...await stage.breakpointOf(second()), epoch: 0n }
  await stage.force(first(), await stage.breakpointOf(first()))
  const hash = breakpointHash(breakpoint)
  const signatures = SESSIONS.map(key => sign(breakpointDigest(breakpoint, domain), key))
  await stage.say({ type: 'recorded', breakpoint, hash, signatures }, { type: 'responded', dispute: 2n, recorded: hash, slot: { epoch: 0n, nonce: 1n } })
  const { view, parts } = stage.victim.coordinator
  // This node never saw it: it goes back to what it holds, and has no part in the move any more.
  assert.equal([stage.head, view.moves.length, view.certificate?.hash], [ground, 0, hash])
  assert.is(parts.pool.of(0).length, 1)
})

test('a certificate that this node has signed, completed behind its back, takes the place of a move and is the head', async () => {
  const stage = await Stage.open('signed')
  const { coordinator } = stage.victim
  // It has proposed the same again in the dispute's epoch; the move takes that slot.
  assert.equal(coordinator.state.signed?.slot, { epoch: 1n, nonce: 1n })
  await stage.force(second(), await stage.breakpointOf(second()))
  assert.equal(coordinator.state.signed?.slot, { epoch: 1n, nonce: 2n })
  const { signed } = stage
  assert.ok(signed)
  if (signed === undefined) return
  const hash = breakpointHash(signed)
  const signatures = SESSIONS.map(key => sign(breakpointDigest(signed, domain), key))
  await stage.say({ type: 'recorded', breakpoint: signed, hash, signatures }, { type: 'responded', dispute: 2n, recorded: hash, slot: { epoch: 0n, nonce: 1n } })
  assert.equal([stage.head.hash, coordinator.parts.execution.machine?.root, coordinator.state.agreed], [hash, signed.stateRoot, { epoch: 0n, nonce: 1n }])
})

test('a reorganisation that takes the move back leaves what stood before', async () => {
  const stage = await Stage.open()
  const ground = stage.head
  await stage.force(first(), await stage.breakpointOf(first()))
  const { records } = stage.victim.coordinator.parts
  await records.store.batch(await records.dropChainEvents(101n))
  const again = await stage.restarted()
  assert.equal([again.state.head?.hash, again.view.moves, again.view.phase], [ground.hash, [], 'dispute'])
})

test('the machine at any move that stands can be had', async () => {
  const stage = await Stage.open()
  const one = await stage.breakpointOf(first())
  await stage.force(first(), one)
  await stage.force(second(), await stage.breakpointOf(second()))
  const { coordinator, chain } = stage.victim
  assert.is((await machineAt(coordinator, breakpointHash(one), chain)).root, one.stateRoot)
})

test.run()
