import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { sign } from '../../src/protocol/crypto.js'
import { digestOf } from '../../src/protocol/typed-data.js'
import { decodeSyncAnswer, encodeSyncRequest } from '../../src/protocol/sync.js'
import { decodeMessage, encodeMessage } from '../../src/protocol/wire.js'
import type { Coordinator } from '../../src/thread/coordinator.js'
import { Run, type Plan } from '../sim/simulation/run.js'
import type { SimNode } from '../sim/simulation/node.js'
import { settle } from '../sim/simulation/time.js'
import { hashOf } from './contents.js'

const test = suite('coordinator, with the node around it')
const CALM: Plan = { seed: 1, players: 2, inputs: 0, crashes: 0, disputes: false, lose: 0, hurryMs: 1000, closes: false }

/** Two nodes of which the given ones have started; nothing happens by itself. */
async function nodes (started: readonly number[] = [0, 1]): Promise<{ run: Run, zero: SimNode, one: SimNode }> {
  const run = new Run(CALM)
  run.network.heal()
  const [zero, one] = run.nodes
  if (zero === undefined || one === undefined) throw new Error('no nodes')
  for (const player of started) await run.nodes[player]?.start()
  return { run, zero, one }
}

function present (node: SimNode): Coordinator {
  if (node.coordinator === undefined) throw new Error('the node is down')
  return node.coordinator
}

const nonceOf = (node: SimNode): bigint | undefined => node.coordinator?.state.head?.slot.nonce
const warnsOf = (node: SimNode, code: string): boolean => present(node).warnings.some(warning => warning.code === code)

test('two nodes sign the constructor\'s slot by themselves, and each input after it', async () => {
  const { run, zero, one } = await nodes()
  await run.until(5_000, () => nonceOf(zero) === 0n && nonceOf(one) === 0n)
  await one.send()
  await run.until(5_000, () => nonceOf(zero) === 1n && nonceOf(one) === 1n)
  assert.is(present(zero).state.head?.hash, present(one).state.head?.hash)
  assert.is(present(zero).parts.execution.machine?.root, present(one).parts.execution.machine?.root)
})

test('while the chain is away the code cannot be had; when it is back the first slot is signed without a restart', async () => {
  const { run, zero, one } = await nodes()
  run.troubles.fail = 1
  await run.until(5_000, () => false)
  assert.is(nonceOf(zero), undefined)
  run.troubles.fail = 0
  await run.until(10_000, () => nonceOf(zero) === 0n && nonceOf(one) === 0n)
  assert.is(nonceOf(one), 0n)
})

test('a flood of acks for hashes that mean nothing neither faults a node nor keeps the slot from being complete', async () => {
  const { run, zero, one } = await nodes([0])
  const { domain, sessionKeys, context } = run.thread
  await run.until(1_000, () => false)
  await one.start()
  for (let number = 0; number < 50; number++) {
    const hash = hashOf(number)
    const signature = sign(digestOf(hash, domain), sessionKeys[0] ?? new Uint8Array(32))
    const verdict = present(one).receive(encodeMessage({ kind: 'ack', attempt: 0, thread: context.thread, epoch: 0n, nonce: 0n, hash, signer: 0, signature }), { id: 'stranger', sessionKey: undefined })
    assert.is(verdict, 'accept')
  }
  await run.until(10_000, () => nonceOf(zero) === 0n && nonceOf(one) === 0n)
  assert.is(nonceOf(one), 0n)
  assert.is(present(one).fault, undefined)
})

test('what the others complete without us and show to the court is taken over, though nobody gives us its batch', async () => {
  const { run, zero, one } = await nodes()
  await run.until(5_000, () => nonceOf(zero) === 0n && nonceOf(one) === 0n)
  await zero.send()
  await run.until(5_000, () => nonceOf(zero) === 1n && nonceOf(one) === 1n)
  // Player 1 proposes; player 0 keeps its acknowledgement to itself, and from then on all else.
  run.network.silenced.add(0)
  await one.send()
  await run.until(5_000, () => nonceOf(zero) === 2n)
  run.network.cut.add(0)
  const withheld = await present(zero).parts.records.certificate({ epoch: 0n, nonce: 2n })
  assert.ok(withheld)
  run.court.challenge(await present(zero).parts.records.certificate({ epoch: 0n, nonce: 1n }), run.court.domain.court)
  await run.until(10_000, () => present(one).state.top?.epoch === 1n)
  assert.equal(present(one).state.top, { epoch: 1n, nonce: 2n }, 'player 1 goes on in the dispute\'s epoch')
  // Its own daemon answers the challenge: with what was withheld.
  await run.until(10_000, () => present(one).state.dispute?.number === 2n)
  await run.until(5_000, () => nonceOf(one) === 2n)
  assert.is(present(one).state.head?.hash, present(zero).state.head?.hash)
  assert.is(present(one).parts.execution.machine?.root, present(zero).parts.execution.machine?.root)
})

test('a journal with a changed byte makes the node watch: it follows, signs nothing, and says why', async () => {
  const { run, zero, one } = await nodes()
  await run.until(5_000, () => nonceOf(zero) === 0n && nonceOf(one) === 0n)
  for await (const key of one.disk.keys(`t/${run.thread.context.thread}/j/`)) one.disk.damage(key)
  one.crash()
  await run.until(10_000, () => one.coordinator !== undefined)
  assert.is(present(one).state.mode, 'watching')
  assert.ok(warnsOf(one, 'JOURNAL_DAMAGED'))
  await zero.send()
  await run.until(5_000, () => false)
  assert.is(nonceOf(zero), 0n)
  assert.is(present(one).state.signed, undefined)
})

test('an old copy of the disk is told so by the other player, and only watches', async () => {
  const { run, zero, one } = await nodes()
  await run.until(5_000, () => nonceOf(zero) === 0n && nonceOf(one) === 0n)
  const copy: { put: string, value: Uint8Array }[] = []
  for await (const [put, value] of one.disk.iterate('')) copy.push({ put, value })
  await zero.send()
  await run.until(5_000, () => nonceOf(zero) === 1n && nonceOf(one) === 1n)
  one.crash()
  const now: string[] = []
  for await (const key of one.disk.keys('')) now.push(key)
  await one.disk.batch([...now.map(key => ({ delete: key })), ...copy])
  await run.until(15_000, () => one.coordinator?.state.mode === 'watching')
  assert.is(present(one).state.mode, 'watching')
  assert.ok(warnsOf(one, 'THREAD_OLD_COPY'))
  await run.until(5_000, () => nonceOf(one) === 1n)
  assert.is(nonceOf(one), 1n, 'it follows')
})

test('a signature that is on no disk is in no answer: while the write is under way', async () => {
  const { run, zero, one } = await nodes()
  await run.until(5_000, () => nonceOf(zero) === 0n && nonceOf(one) === 0n)
  run.network.cut.add(0)
  const batch = zero.disk.batch.bind(zero.disk)
  let letGo: (() => void) | undefined
  zero.disk.batch = async (operations, options) => {
    const signs = operations.some(operation => 'put' in operation && operation.put.includes('/j/'))
    if (signs) await new Promise<void>(resolve => { letGo = resolve })
    await batch(operations, options)
  }
  void zero.send()
  await run.until(2_000, () => letGo !== undefined)
  assert.ok(letGo, 'it is writing its signature')
  assert.ok(present(zero).state.signed, 'and has it in memory')
  let answered: Uint8Array | undefined
  const end = run.network.others(run.network.endOf(1)).find(({ node }) => node === 0)
  void end?.answer(encodeSyncRequest({ kind: 'status', thread: run.thread.context.thread }), run.network.endOf(1)).then(bytes => { answered = bytes })
  await settle()
  assert.is(answered, undefined, 'it waits for the disk')
  letGo?.()
  await settle()
  assert.ok(answered)
  const answer = decodeSyncAnswer(answered ?? new Uint8Array(0))
  assert.ok(answer.kind === 'status' && answer.messages.some(message => decodeMessage(message).kind === 'proposal'))
})

test.run()
