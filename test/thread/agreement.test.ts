import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { initialAgreement, isBlocked, MAX_VOTED_HASHES, maySign, openProposer, openSlot, slotSignedBy, transition, type Agreement, type AgreementEvent, type Content } from '../../src/thread/agreement.js'
import { after, breakpoint, close, hashOf, kinds, signature, signing } from './contents.js'

const test = suite('agreement')
const first = breakpoint(0, undefined)
const second = breakpoint(1, first)
const rival = breakpoint(1, first, { number: 1 })

const proposed = (content: Content): AgreementEvent => ({ type: 'proposal', content, signature: signature(content.proposer) })
const acked = (content: Content, signer: number): AgreementEvent => ({ type: 'ack', slot: content.slot, hash: content.hash, signer, signature: signature(signer) })
const certified = (content: Content, players = 2): AgreementEvent => ({ type: 'certificate', content, signatures: Array.from({ length: players }, (_, player) => signature(player)) })
const dispute = (number: bigint, recorded: Content | undefined): AgreementEvent => ({ type: 'dispute', number, recorded: recorded?.hash })

test('a proposer that has something proposes it, and the acknowledgement completes the slot', () => {
  const asked = transition(signing(0, undefined), { type: 'ready' })
  assert.equal(kinds(asked.effects), ['build'])
  const sent = after(asked.state, { type: 'built', content: first })
  assert.equal(kinds(sent.effects), ['sign', 'send'])
  const done = after(sent.state, acked(first, 1))
  assert.equal(kinds(done.effects), ['complete'])
  assert.is(done.state.head?.hash, first.hash)
  assert.equal(openSlot(done.state), { epoch: 0n, nonce: 1n })
  assert.is(openProposer(done.state), 1)
})

test('who receives a good proposal signs it once, and in a thread of two completes it', () => {
  const { state, effects } = after(signing(1, undefined), proposed(first))
  assert.equal(kinds(effects), ['verify', 'sign', 'send', 'complete'])
  assert.equal(state.top, first.slot)
})

test('an acknowledgement that comes before its proposal counts when that comes', () => {
  const { effects } = after(signing(2, undefined, 3), acked(first, 1), proposed(first))
  assert.equal(kinds(effects), ['verify', 'sign', 'send', 'complete'])
})

test('a proposal that proves bad is never signed, and nothing else in its slot', () => {
  const seen = transition(signing(0, first), proposed(second))
  const bad = transition(seen.state, { type: 'verified', hash: second.hash, good: false })
  assert.equal(bad.effects, [])
  assert.equal(kinds(after(bad.state, proposed(second), proposed(rival)).effects), ['evidence'])
})

test('a second content of a slot by its proposer is evidence and is not signed', () => {
  const { state, effects } = after(signing(2, undefined, 3), proposed(first), proposed({ ...first, hash: hashOf(7) }))
  assert.equal(kinds(effects), ['verify', 'sign', 'send', 'evidence'])
  assert.is(state.signed?.hash, first.hash)
})

test('another player that signs both contents of a slot is in evidence too', () => {
  const other = { ...first, hash: hashOf(7) }
  const { effects } = after(signing(2, undefined, 3), proposed(first), proposed(other), acked(other, 1), acked(first, 1))
  const signers = effects.flatMap(effect => effect.type === 'evidence' ? [effect.signer] : [])
  assert.equal(signers, [0, 1])
})

for (const [why, content] of [
  ['another parent than the head', breakpoint(1, first, { parent: hashOf(9) })],
  ['another proposer than the head has fixed', breakpoint(1, first, { proposer: 0 })],
  ['a slot that is complete', breakpoint(0, undefined, { number: 3 })]
] as const) {
  test(`a proposal with ${why} changes nothing`, () => {
    const state = signing(0, first)
    assert.is(transition(state, proposed(content)).state, state)
  })
}

test('a proposal far ahead asks for a catching up, one behind offers help', () => {
  const state = signing(0, second)
  assert.equal(transition(state, proposed(breakpoint(7, second))).effects, [{ type: 'sync', slot: { epoch: 0n, nonce: 7n } }])
  assert.equal(transition(state, proposed(second)).effects, [{ type: 'help', slot: second.slot }])
  assert.equal(transition(state, acked(breakpoint(7, second), 1)).effects, [{ type: 'sync', slot: { epoch: 0n, nonce: 7n } }])
  assert.equal(transition(state, acked(second, 1)).effects, [])
})

test('a proposal that comes again is acknowledged again', () => {
  const state = after(signing(2, undefined, 3), proposed(first)).state
  assert.equal(kinds(after(state, proposed(first)).effects), ['send'])
})

test('a flood of acks for unknown hashes does not keep out the proposal', () => {
  let state: Agreement = signing(2, undefined, 3)
  for (let number = 0; number < MAX_VOTED_HASHES + 5; number++) state = transition(state, { type: 'ack', slot: first.slot, hash: hashOf(5000 + number), signer: 1, signature: signature(1) }).state
  assert.is(state.votes.size, MAX_VOTED_HASHES)
  assert.equal(kinds(after(state, proposed(first), acked(first, 1)).effects), ['verify', 'sign', 'send', 'complete'])
})

// ---------------------------------------------------------------- starting

test('a node that starts signs nothing until every other player has told, and then what it held back', () => {
  const starting = initialAgreement({ players: 3, self: 2 })
  const seen = after(starting, proposed(first))
  assert.equal(kinds(seen.effects), ['verify'])
  const one = after(seen.state, { type: 'told', player: 0, slot: undefined })
  assert.equal(kinds(one.effects), [])
  const all = after(one.state, { type: 'told', player: 1, slot: undefined })
  assert.equal(kinds(all.effects), ['sign', 'send'])
})

test('a node that is told of a higher slot than its journal knows signs nothing, whatever that player tells afterwards; when the signature is shown it watches', () => {
  const { state, effects } = after(initialAgreement({ players: 2, self: 0, head: first, top: first.slot }), { type: 'told', player: 1, slot: second.slot })
  assert.equal(kinds(effects), ['claimed'])
  assert.is(state.mode, 'starting')
  // What it said before may come after: it takes nothing back.
  const later = after(state, { type: 'told', player: 1, slot: undefined }, proposed(second))
  assert.equal([kinds(later.effects), later.state.mode], [['verify'], 'starting'])
  assert.is(after(later.state, acked(second, 0)).state.mode, 'watching')
})

test('who signs already is told no lies that keep it from that', () => {
  const before = signing(0, first)
  const { state, effects } = after(before, { type: 'told', player: 1, slot: { epoch: 9n, nonce: 2n ** 40n } })
  assert.equal([state.mode, kinds(effects)], ['signing', []])
})

test('an own signature that the journal does not know makes the node watch: under a proposal, an ack, a certificate', () => {
  const own = breakpoint(1, first, { proposer: 1 })
  const state = signing(1, first)
  assert.is(transition(state, proposed(own)).state.mode, 'watching')
  const other = signing(1, second, 3)
  const third = breakpoint(2, second)
  assert.is(after(initialAgreement({ players: 3, self: 1, head: second, top: second.slot }), proposed(third), acked(third, 1)).state.mode, 'watching')
  assert.is(transition(other, certified(third, 3)).state.mode, 'watching')
  // An ack of an old content says nothing, whatever slot is written on it.
  assert.is(transition(signing(1, first), { type: 'ack', slot: second.slot, hash: first.hash, signer: 1, signature: signature(1) }).state.mode, 'signing')
})

test('after a restart the journal\'s top alone forbids a second signature', () => {
  let state = initialAgreement({ players: 2, self: 0, head: first, top: second.slot })
  state = transition(state, { type: 'told', player: 1, slot: second.slot }).state
  assert.is(state.mode, 'signing')
  assert.not.ok(maySign(state))
  assert.equal(kinds(after(state, proposed(second)).effects), ['verify'])
})

test('after a restart what was signed is completed by the signatures that come', () => {
  const started = initialAgreement({ players: 2, self: 0, head: first, top: second.slot, signed: { content: second, signature: signature(0) } })
  const { effects } = after(started, { type: 'verified', hash: second.hash, good: true }, proposed(second))
  assert.equal(kinds(effects), ['send', 'complete'])
})

test('an observer completes what all have signed, and signs nothing', () => {
  const { state, effects } = after(initialAgreement({ players: 2, self: undefined }), proposed(first), acked(first, 1))
  assert.equal(kinds(effects), ['verify', 'complete'])
  assert.is(state.mode, 'watching')
})

test('an answer to an Ask counts known contents only', () => {
  const state = signing(0, first)
  assert.equal(slotSignedBy(state, 1), first.slot)
  assert.equal(slotSignedBy(transition(state, { type: 'ack', slot: second.slot, hash: first.hash, signer: 1, signature: signature(1) }).state, 1), first.slot)
  const seen = transition(signing(0, first, 3), proposed({ ...second, next: 0 })).state
  assert.equal(slotSignedBy(seen, 1), second.slot)
  assert.equal(slotSignedBy(transition(seen, dispute(1n, first)).state, 1), second.slot)
})

// ---------------------------------------------------------------- certificates

test('a certificate of the open slot is the head; one without every signature, of another slot or on another parent is not', () => {
  const state = { ...signing(0, first), top: second.slot }
  assert.is(transition(state, certified(second)).state.head?.hash, second.hash)
  for (const event of [
    { type: 'certificate', content: second, signatures: [signature(0), undefined] } as const,
    certified(breakpoint(2, second)),
    certified(breakpoint(1, first, { parent: hashOf(9) }))
  ]) assert.is(transition(state, event).state, state)
})

// ---------------------------------------------------------------- disputes

test('in a dispute about the head the slot is the dispute\'s, and its first content waits for the court', () => {
  const disputed = after(signing(0, first), dispute(1n, first)).state
  assert.not.ok(isBlocked(disputed))
  const content = breakpoint(1, first, { epoch: 1n })
  const { state, effects } = after(disputed, proposed(content))
  assert.equal(kinds(effects), ['verify', 'sign', 'send', 'resume'])
  assert.is(state.head?.hash, first.hash)
  assert.is(state.provisional?.hash, content.hash)
  const resumed = after(state, { type: 'resumed', epoch: 1n })
  assert.equal(kinds(resumed.effects), ['complete'])
  assert.is(resumed.state.head?.hash, content.hash)
})

test('in a dispute about another state than the head nothing is signed', () => {
  const { state, effects } = after(signing(0, second), dispute(1n, first), { type: 'ready' })
  assert.ok(isBlocked(state))
  assert.equal(effects, [])
})

test('a proposal of an older epoch is not signed once a dispute is seen', () => {
  const { effects } = after(signing(0, first), dispute(1n, first), proposed(second))
  assert.equal(effects, [])
})

test('a higher dispute number makes a provisional content void, and its certificate counts no more', () => {
  const content = breakpoint(1, first, { epoch: 1n })
  const provisional = after(signing(0, first), dispute(1n, first), proposed(content)).state
  const { state, effects } = after(provisional, dispute(2n, first))
  assert.equal(kinds(effects), ['void'])
  assert.is(state.provisional, undefined)
  assert.is(transition(state, certified(content)).state, state)
})

test('a Close of a dispute\'s epoch waits for the court too, and can be void', () => {
  const content = close(1, first, 1n)
  const { state, effects } = after(signing(0, first), dispute(1n, first), proposed(content))
  assert.equal(kinds(effects), ['verify', 'sign', 'send', 'resume'])
  assert.is(state.mode, 'signing')
  assert.equal(kinds(after(state, dispute(2n, first)).effects), ['void'])
})

test('a certificate that was withheld until its victim signed in the dispute is the head only when the court records it', () => {
  const content = breakpoint(1, first, { epoch: 1n })
  const signed = after(signing(0, first, 3), dispute(1n, first), proposed(content)).state
  assert.is(signed.signed?.hash, content.hash)
  assert.is(transition(signed, certified(second, 3)).state, signed)
  const recorded = after(signed, dispute(2n, second), certified(second, 3)).state
  assert.is(recorded.head?.hash, second.hash)
})

test('a dispute or an end of one that comes again changes nothing', () => {
  const state = after(signing(0, first), dispute(1n, first), proposed(breakpoint(1, first, { epoch: 1n })), { type: 'resumed', epoch: 1n }, dispute(2n, first)).state
  assert.equal(after(state, { type: 'resumed', epoch: 1n }).state, state)
  assert.equal(after(state, dispute(1n, first)).state, state)
  assert.equal(after(state, dispute(2n, first)).state.dispute, state.dispute)
})

test('when the court records the head after all, what waited is proposed', () => {
  const blocked = after(signing(1, first), dispute(1n, undefined)).state
  assert.ok(isBlocked(blocked))
  assert.equal(kinds(after(blocked, dispute(2n, first), { type: 'ready' }).effects), ['build'])
})

// ---------------------------------------------------------------- the end

test('after a complete Close nothing is signed, and who still works on it is helped', () => {
  const end = close(1, first)
  const { state, effects } = after(signing(0, first), proposed(end))
  assert.equal(kinds(effects), ['verify', 'sign', 'send', 'complete'])
  assert.is(state.mode, 'closing')
  assert.equal(kinds(after(state, proposed(breakpoint(2, end))).effects), ['verify'])
  assert.equal(kinds(after(state, acked(end, 1)).effects), ['help'])
})

test('who is told to watch signs no more', () => {
  const { state, effects } = after(signing(0, first), { type: 'watch' }, proposed(second), acked(second, 0))
  assert.is(state.mode, 'watching')
  assert.not.ok(kinds(effects).includes('sign'))
})

test.run()
