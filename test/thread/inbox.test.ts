import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ThreadsError } from '../../src/errors.js'
import { sign } from '../../src/protocol/crypto.js'
import { inputsRoot, signInput } from '../../src/protocol/input.js'
import { potOf } from '../../src/protocol/terms.js'
import { breakpointHash, closeHash, closeRequestDigest, digestOf, idleDigest, toldDigest } from '../../src/protocol/typed-data.js'
import type { Breakpoint, Close, Hash32, SignedInput, ThreadId } from '../../src/protocol/types.js'
import { encodeMessage, type Message } from '../../src/protocol/wire.js'
import { openMessage, type Arrival, type InboxView } from '../../src/thread/inbox.js'
import { context, domain, SESSIONS, STRANGER, terms, thread } from '../protocol/fixtures.js'
import { hashOf } from './contents.js'

const test = suite('inbox')
const view: InboxView = { context, isOfUse: () => true, body: () => undefined, known: () => undefined }
const nothingIsOfUse: InboxView = { ...view, isOfUse: () => false }
const envelope = { attempt: 0, thread }
const pot = potOf(terms)
const payouts = [1n, pot - 1n]

const [one] = SESSIONS
const other = SESSIONS[1]
const input = signInput({ nonce: 1n, to: terms.codeSource, data: new Uint8Array(0), valueWei: 0n, gasLimit: 50_000n, gasPriceWei: 0n }, one, context)
const verified = openMessage(encodeMessage({ kind: 'input', ...envelope, timestampHintSec: 5n, input }), view) as Arrival & { kind: 'input' }

const batched: Breakpoint = { thread, epoch: 0n, nonce: 1n, parent: hashOf(1), stateRoot: hashOf(2), inputsRoot: inputsRoot([verified.input]), timestampSec: 7n }
const signedBy = (key: Uint8Array, hash: Hash32) => sign(digestOf(hash, domain), key)
const proposal = (fields: Partial<Message & { kind: 'proposal' }> = {}): Message => ({ kind: 'proposal', ...envelope, breakpoint: batched, proposer: 0, signature: signedBy(one, breakpointHash(batched)), inputs: [input], ...fields })
const end: Close = { thread, epoch: 0n, nonce: 2n, parent: hashOf(1), payouts }
const closing = (close: Close, key: Uint8Array = one): Message => ({ kind: 'closeProposal', ...envelope, close, proposer: 0, signature: signedBy(key, closeHash(close)) })
const slot = { epoch: 0n, nonce: 1n }
const request = (named: readonly bigint[], key: Uint8Array = other): Message => ({ kind: 'closeRequest', ...envelope, parent: hashOf(1), payouts: named, asker: 1, signature: sign(closeRequestDigest({ thread, parent: hashOf(1), payouts: named }, domain), key) })
const idle = (key: Uint8Array): Message => ({ kind: 'idle', ...envelope, ...slot, timestampSec: 9n, signer: 0, signature: sign(idleDigest({ thread, ...slot, timestampSec: 9n }, domain), key) })
const told = (key: Uint8Array, asker = 0): Message => ({ kind: 'told', ...envelope, asker, challenge: hashOf(3), slot, signer: 1, signature: sign(toldDigest({ thread, asker, challenge: hashOf(3), slot }, domain), key) })
const ack = (key: Uint8Array, signer = 1): Message => ({ kind: 'ack', ...envelope, ...slot, hash: hashOf(4), signer, signature: signedBy(key, hashOf(4)) })

function open (message: Message, with_ = view): Arrival { return openMessage(encodeMessage(message), with_) }

for (const [what, message, kind] of [
  ['an input', { kind: 'input', ...envelope, timestampHintSec: 5n, input }, 'input'],
  ['a proposal', proposal(), 'content'],
  ['a Close', closing(end), 'content'],
  ['an ack', ack(other), 'ack'],
  ['a statement of idleness', idle(one), 'idle'],
  ['a request to close', request(payouts), 'closeRequest'],
  ['a plan', { kind: 'plan', ...envelope, parent: hashOf(1), timestampSec: 1n, ids: [] }, 'plan'],
  ['a question', { kind: 'ask', ...envelope, asker: 1, challenge: hashOf(3) }, 'ask'],
  ['an answer', told(other), 'told']
] as const) {
  test(`${what} that is well signed is believed`, () => { assert.is(open(message as Message).kind, kind) })
}

test('a content of no use now counts as a place only, and its inputs are not looked at', () => {
  assert.equal(open(proposal({ inputs: [{ raw: new Uint8Array(3), binding: new Uint8Array(65) }] }), nothingIsOfUse), { kind: 'elsewhere', slot })
  assert.equal(open(closing(end), nothingIsOfUse), { kind: 'elsewhere', slot: { epoch: 0n, nonce: 2n } })
})

test('what is held already is not verified again', () => {
  const first = open(proposal()) as Arrival & { kind: 'content' }
  const again = open(proposal(), { ...view, body: hash => hash === first.body.content.hash ? first.body : undefined }) as Arrival & { kind: 'content' }
  assert.is(again.body, first.body)
  const known = open({ kind: 'input', ...envelope, timestampHintSec: 0n, input }, { ...view, known: () => verified.input }) as Arrival & { kind: 'input' }
  assert.is(known.input, verified.input)
})

const foreign = hashOf(9) as string as ThreadId
/** The same transaction, bound by a signature of which one bit has changed. */
function flipped ({ raw, binding }: SignedInput): SignedInput {
  const changed = binding.slice()
  changed[3] = (changed[3] ?? 0) ^ 1
  return { raw, binding: changed }
}

const REFUSED: readonly (readonly [string, string, Message])[] = [
  ['names another thread', 'MESSAGE_WRONG_THREAD', { kind: 'ask', attempt: 0, thread: foreign, asker: 1, challenge: hashOf(3) }],
  ['is a proposal signed by a stranger', 'MESSAGE_BAD_SIGNATURE', proposal({ signature: signedBy(STRANGER, breakpointHash(batched)) })],
  ['is a proposal signed by another player', 'MESSAGE_BAD_SIGNATURE', proposal({ signature: signedBy(other, breakpointHash(batched)) })],
  ['is a proposal with a malformed signature', 'MESSAGE_BAD_SIGNATURE', proposal({ signature: new Uint8Array(65) })],
  ['is a proposal by a player that does not exist', 'MESSAGE_NO_SUCH_PLAYER', proposal({ proposer: 7 })],
  ['is a proposal that does not commit to its inputs', 'PROPOSAL_WRONG_INPUTS', proposal({ inputs: [] })],
  ['is an input that is no transaction', 'INPUT_MALFORMED', { kind: 'input', ...envelope, timestampHintSec: 0n, input: { raw: Uint8Array.of(1, 2), binding: input.binding } }],
  ['is an input with another binding', 'INPUT_BAD_BINDING', { kind: 'input', ...envelope, timestampHintSec: 0n, input: flipped(input) }],
  ['is a proposal whose input is bound wrongly', 'INPUT_BAD_BINDING', proposal({ inputs: [flipped(input)] })],
  ['is a Close whose payouts are not the pot', 'CLOSE_WRONG_PAYOUTS', closing({ ...end, payouts: [1n, 1n] })],
  ['is a Close with a payout more than those and the port\'s', 'CLOSE_WRONG_PAYOUTS', closing({ ...end, payouts: [...payouts, 0n, 0n] })],
  ['is a Close signed by a stranger', 'MESSAGE_BAD_SIGNATURE', closing(end, STRANGER)],
  ['is an ack signed by a stranger', 'MESSAGE_BAD_SIGNATURE', ack(STRANGER)],
  ['is an ack by a player that does not exist', 'MESSAGE_NO_SUCH_PLAYER', ack(other, 5)],
  ['is a statement of idleness signed by another', 'MESSAGE_BAD_SIGNATURE', idle(other)],
  ['is a request to close whose payouts are not the pot', 'CLOSE_WRONG_PAYOUTS', request([1n, 1n])],
  ['is a request to close signed by another', 'MESSAGE_BAD_SIGNATURE', request(payouts, one)],
  ['is a question of a player that does not exist', 'MESSAGE_NO_SUCH_PLAYER', { kind: 'ask', ...envelope, asker: 2, challenge: hashOf(3) }],
  ['is an answer signed by another', 'MESSAGE_BAD_SIGNATURE', told(one)],
  ['is an answer to a player that does not exist', 'MESSAGE_NO_SUCH_PLAYER', told(other, 9)]
]
for (const [what, code, message] of REFUSED) {
  test(`a message that ${what} is refused with ${code}, to its sender's blame`, () => { refuses(encodeMessage(message), code) })
}

test('bytes that are no message are refused, to their sender\'s blame', () => {
  const bytes = encodeMessage(ack(other))
  refuses(new Uint8Array(0), 'WIRE_MALFORMED')
  refuses(bytes.subarray(0, bytes.length - 1), 'WIRE_MALFORMED')
  refuses(Uint8Array.from([...bytes, 0]), 'WIRE_MALFORMED')
  refuses(Uint8Array.from([2, ...bytes.subarray(1)]), 'WIRE_UNKNOWN_VERSION')
  refuses(Uint8Array.from([1, 99, ...bytes.subarray(2)]), 'WIRE_UNKNOWN_KIND')
})

function refuses (bytes: Uint8Array, code: string): void {
  try {
    openMessage(bytes, view)
  } catch (error) {
    assert.instance(error, ThreadsError)
    assert.is((error as ThreadsError).code, code)
    assert.is((error as ThreadsError).peerFault, 'reject')
    return
  }
  assert.unreachable(`expected ${code}`)
}

test.run()
