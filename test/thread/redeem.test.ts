/** What a node takes to the court for a receipt, phase by phase, and the Close that it does not sign. */
import { Interface } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { asHash32, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { sign } from '../../src/protocol/crypto.js'
import { PORT_ADDRESS, receiptHash, receiptSlot, type ThreadReceipt } from '../../src/protocol/port.js'
import { breakpointHash, closeDigest, closeRequestDigest } from '../../src/protocol/typed-data.js'
import type { Address, Hash32, Hex, Input } from '../../src/protocol/types.js'
import { slotPath } from '../../src/state/leaf.js'
import { verify as verifyProof } from '../../src/state/proof.js'
import { feedChainEvent } from '../../src/thread/chain-feed.js'
import type { ChainEvent, ChainPort } from '../../src/thread/ports.js'
import { fundsReceipts } from '../../src/thread/payouts.js'
import { listReceipts, redemptionOf } from '../../src/thread/redeem.js'
import { domain, ETHER, PLAYERS, SESSIONS, ticTacToe } from '../machine/thread.js'
import { rejects } from '../support/rejects.js'
import { NOW_MS, Victim } from './victim.js'

const test = suite('redeem')
const game = await ticTacToe()
const target = `0x${'77'.repeat(20)}` as Address
const port = new Interface(['function exit(address target, bytes data) payable'])
const NOW_SEC = BigInt(NOW_MS / 1000)

/** A payment out by player 0. */
const exit = (nonce: bigint, valueWei: bigint): Input => game.input(0, { nonce, to: PORT_ADDRESS, data: hexToBytes(port.encodeFunctionData('exit', [target, '0x']) as Hex), valueWei })

let block = 50n
async function chainSays ({ coordinator }: Victim, ...events: readonly object[]): Promise<void> {
  for (const event of events) {
    const at = { blockNumber: block++, blockHash: ZERO_HASH, transactionHash: ZERO_HASH, logIndex: 0, timestampSec: NOW_SEC }
    await feedChainEvent(coordinator, { ...event, thread: coordinator.thread, at } as unknown as ChainEvent)
  }
}

/** A node with one receipt in its head. `standing`: what the court says that it has recorded. */
async function paidOut (standing?: () => Hash32): Promise<{ victim: Victim, chain: ChainPort, receipt: ThreadReceipt }> {
  const victim = await Victim.start(game)
  await victim.play(exit(1n, ETHER))
  await victim.ackLast()
  const chain = { code: async () => game.code, recordedHash: async () => standing?.() } as unknown as ChainPort
  return { victim, chain, receipt: { index: 0n, sender: PLAYERS[0], target, amount: ETHER, data: new Uint8Array(0) } }
}

test('an active thread: the head goes along with its signatures until it is recorded; what is shown proves the receipt', async () => {
  const { victim, chain, receipt } = await paidOut()
  const { coordinator } = victim
  assert.equal(await listReceipts(coordinator, 0n, 10), [{ ...receipt, redeemed: false }])
  const shown = await redemptionOf(coordinator, chain, 0n)
  assert.equal([breakpointHash(shown.breakpoint), shown.signatures?.length, shown.receipt], [coordinator.state.head?.hash, 2, receipt])
  const path = asHash32(slotPath(PORT_ADDRESS, receiptSlot(0n)))
  assert.ok(verifyProof(shown.breakpoint.stateRoot, { path, value: receiptHash(receipt), siblings: shown.siblings, other: undefined }))
  await rejects(redemptionOf(coordinator, chain, 1n), 'RECEIPT_UNKNOWN')

  await chainSays(victim, { type: 'recorded', breakpoint: shown.breakpoint, hash: breakpointHash(shown.breakpoint), signatures: shown.signatures })
  assert.is((await redemptionOf(coordinator, chain, 0n)).signatures, undefined)
  await chainSays(victim, { type: 'redeemed', index: 0n, target, amount: ETHER })
  assert.equal(await listReceipts(coordinator, 0n, 10), [{ ...receipt, redeemed: true }])
  await rejects(redemptionOf(coordinator, chain, 0n), 'RECEIPT_REDEEMED')
})

test('a dispute: what is recorded and signed is what receipts are redeemed of, and nothing else', async () => {
  const { victim, chain } = await paidOut()
  const { coordinator } = victim
  const first = await coordinator.parts.records.certificate({ epoch: 0n, nonce: 0n })
  assert.ok(first)
  const challenged = { type: 'challenged', dispute: 1n, slot: { epoch: 0n, nonce: 0n }, evidenceUntilSec: NOW_SEC + 60n, endsAtSec: NOW_SEC + 120n, by: PLAYERS[1] }
  await chainSays(victim, { ...challenged, recorded: undefined })
  await rejects(redemptionOf(coordinator, chain, 0n), 'RECEIPT_WAITS')
  if (first === undefined) return
  await chainSays(victim, { type: 'recorded', breakpoint: first.breakpoint, hash: breakpointHash(first.breakpoint), signatures: first.signatures })
  await rejects(redemptionOf(coordinator, chain, 0n), 'RECEIPT_UNKNOWN')
})

test('after a Close: the Close\'s parent, whether the court had it before or not', async () => {
  const { victim, chain, receipt } = await paidOut()
  const head = victim.coordinator.state.head?.hash
  await chainSays(victim, { type: 'closed', payouts: [9n * ETHER, 10n * ETHER, ETHER, ETHER] })
  const shown = await redemptionOf(victim.coordinator, chain, 0n)
  assert.equal([breakpointHash(shown.breakpoint), shown.signatures, shown.receipt], [head, undefined, receipt])
})

test('after a settlement: the recorded state, or what the court says that its function has left', async () => {
  let standing = ZERO_HASH as Hash32
  const { victim, chain } = await paidOut(() => standing)
  const { coordinator } = victim
  const certificate = await coordinator.parts.records.certificate({ epoch: 0n, nonce: 1n })
  assert.ok(certificate)
  if (certificate === undefined) return
  const hash = breakpointHash(certificate.breakpoint)
  await chainSays(victim,
    { type: 'recorded', breakpoint: certificate.breakpoint, hash, signatures: certificate.signatures },
    { type: 'challenged', dispute: 1n, recorded: hash, slot: { epoch: 0n, nonce: 1n }, evidenceUntilSec: NOW_SEC + 60n, endsAtSec: NOW_SEC + 120n, by: PLAYERS[1] },
    { type: 'settled', payouts: [9n * ETHER, 10n * ETHER, ETHER], leftover: 0n }
  )
  standing = hash
  assert.is(breakpointHash((await redemptionOf(coordinator, chain, 0n)).breakpoint), hash)
  standing = ZERO_HASH as Hash32
  await rejects(redemptionOf(coordinator, chain, 0n), 'THREAD_BEHIND')
})

test('the default payouts of a Close have what receipts are for at their end, and no Close without it is signed', async () => {
  const { victim } = await paidOut()
  const { coordinator } = victim
  const head = coordinator.closable()
  assert.equal(head?.payouts, [9n * ETHER, 10n * ETHER, ETHER, ETHER])
  assert.is(head?.complete, true)
  // Its user falls for it; the node does not.
  for (const [payouts, signs] of [[[10n * ETHER, 10n * ETHER, ETHER], false], [[9n * ETHER + 1n, 10n * ETHER, ETHER, ETHER - 1n], false], [[8n * ETHER, 11n * ETHER, ETHER, ETHER], true]] as const) {
    const { coordinator: node, sent, hear } = await asked(payouts)
    await hear()
    assert.is(sent().some(({ kind }) => kind === 'ack' || kind === 'closeProposal'), signs, String(payouts))
    assert.is(fundsReceipts(game.context.terms, payouts, node.parts.execution.exits), signs)
  }
})

/** A node whose user wants these payouts, and what it says to a Close with them. */
async function asked (payouts: readonly bigint[]) {
  const { victim } = await paidOut()
  const { coordinator } = victim
  const { head } = coordinator.state
  if (head === undefined) throw new Error('no head')
  await coordinator.exclusive(async () => { coordinator.parts.closing.want({ parent: head.hash, payouts }) })
  const before = victim.sent.length
  const envelope = { attempt: 0, thread: coordinator.thread }
  const close = { thread: coordinator.thread, epoch: 0n, nonce: 2n, parent: head.hash, payouts: [...payouts] }
  const hear = async (): Promise<void> => {
    await victim.hear({ ...envelope, kind: 'closeRequest', parent: head.hash, payouts: [...payouts], asker: 1, signature: sign(closeRequestDigest(close, domain), SESSIONS[1]) })
    await victim.hear({ ...envelope, kind: 'closeProposal', close, proposer: 1, signature: sign(closeDigest(close, domain), SESSIONS[1]) })
  }
  return { coordinator, hear, sent: () => victim.sent.slice(before) }
}

test.run()
