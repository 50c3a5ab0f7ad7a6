/** Whom an oracle answers, and how often. */
import '../../src/polyfill.js'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ThreadsError } from '../../src/errors.js'
import { ZERO_HASH } from '../../src/protocol/bytes.js'
import type { OracleOffer, ResultAnswer, ResultRequest } from '../../src/protocol/oracle-codec.js'
import type { Address, ThreadId } from '../../src/protocol/types.js'
import { Answering, type ResultThread } from '../../src/oracle/answering.js'
import { rejects } from '../support/rejects.js'

const test = suite('oracle/answering')
const OFFER: OracleOffer = { wallet: `0x${'0a'.repeat(20)}` as Address, minFeeUnits: 0n, resultFeeWei: 5n, claims: 4, codes: [], assets: [] }
const SIGNED: ResultAnswer = { kind: 'signed', stateRoot: ZERO_HASH, feeWei: 5n, signature: new Uint8Array(65) }
const REQUEST: ResultRequest = {
  thread: ZERO_HASH as string as ThreadId, dispute: 1n, parent: ZERO_HASH, timestampSec: 1n, input: { raw: new Uint8Array(0), binding: new Uint8Array(65) }, force: new Uint8Array(65)
}
type Opened = { readonly input: { readonly player: number } }
const peer = (id: string): { id: string, sessionKey: undefined } => ({ id, sessionKey: undefined })

/** A thread in which player 0 asks, and how often it was looked at and executed. */
function threadOf (change: Partial<ResultThread<Opened>> = {}): ResultThread<Opened> & { opened: number, executed: number } {
  const counted = {
    opened: 0, executed: 0,
    open: (): Opened => { counted.opened++; return { input: { player: 0 } } },
    answer: async (): Promise<ResultAnswer> => { counted.executed++; return SIGNED },
    try: async () => { counted.executed++; return ZERO_HASH },
    ...change
  }
  return counted
}

function open (isDryRun = false): { answering: Answering, clock: { ms: number }, events: string[] } {
  const clock = { ms: 0 }
  const events: string[] = []
  return { answering: new Answering({ offer: OFFER, isDryRun }, { clock: { nowMs: () => clock.ms }, log: (_, event) => { events.push(event) } }), clock, events }
}

test('a peer that asks without end is not looked at beyond its share, and has it again later', async () => {
  const { answering, clock } = open()
  const thread = threadOf({ open: () => { thread.opened++; throw new ThreadsError('RESULT_NOT_RECORDED', 'another one') } })
  const codes: unknown[] = []
  for (let i = 0; i < 20; i++) codes.push(await answering.answer(thread, REQUEST, peer('one')))
  assert.equal([thread.opened, codes.filter(answer => (answer as { code?: string }).code === 'ORACLE_BUSY').length], [8, 12])
  await answering.answer(thread, REQUEST, peer('another'))
  assert.is(thread.opened, 9)
  clock.ms += 1_000
  await answering.answer(thread, REQUEST, peer('one'))
  await answering.answer(thread, REQUEST, peer('one'))
  assert.is(thread.opened, 10)
})

test('a player\'s moves are executed no more often than its share, however many peers bring them', async () => {
  const { answering } = open()
  const thread = threadOf()
  for (let i = 0; i < 40; i++) await answering.answer(thread, REQUEST, peer(`peer ${i}`))
  assert.equal([thread.opened, thread.executed, answering.count.signed, answering.count.refused], [40, 4, 4, { ORACLE_BUSY: 36 }])
})

test('what is refused is told by its code; what is the sender\'s fault ends the stream', async () => {
  const { answering } = open()
  assert.equal(await answering.answer(undefined, REQUEST, peer('one')), { kind: 'error', code: 'THREAD_UNKNOWN' })
  const bad = threadOf({ open: () => { throw new ThreadsError('RESULT_BAD_FORCE', 'nobody has signed it', { peerFault: 'reject' }) } })
  await rejects(answering.answer(bad, REQUEST, peer('one')), 'RESULT_BAD_FORCE')
  assert.equal(answering.count.refused, { THREAD_UNKNOWN: 1 })
})

test('more moves at once than it executes are told to come again', async () => {
  const { answering } = open()
  const gate = Promise.withResolvers<ResultAnswer>()
  const threads = Array.from({ length: 17 }, (_, player) => threadOf({ open: () => ({ input: { player } }), answer: async () => await gate.promise }))
  const answers = threads.map(async (thread, i) => await answering.answer(thread, REQUEST, peer(`peer ${i}`)))
  assert.equal(await answers[16], { kind: 'error', code: 'ORACLE_BUSY' })
  assert.is(answering.count.running, 16)
  gate.resolve(SIGNED)
  await Promise.all(answers)
  assert.equal([answering.count.running, answering.count.signed], [0, 16])
})

test('a dry run executes and says what it would sign, and signs nothing', async () => {
  const { answering, events } = open(true)
  const thread = threadOf({ answer: async () => { throw new Error('it has signed') } })
  assert.equal(await answering.answer(thread, REQUEST, peer('one')), { kind: 'error', code: 'ORACLE_DRY_RUN' })
  assert.equal([thread.executed, answering.count.signed, events.includes('oracle.would-sign')], [1, 0, true])
})

test.run()
