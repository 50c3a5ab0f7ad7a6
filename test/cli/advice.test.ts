import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { adviceText, errorHint } from '../../src/cli/advice.js'
import type { ThreadStatus } from '../../src/rpc/schemas.js'

const test = suite('cli/advice')

type Given = { phase: ThreadStatus['phase'], me?: number | null, joined?: boolean[], head?: boolean, waitingFor?: number[], mode?: ThreadStatus['mode'], chain?: Partial<ThreadStatus['chain']> }
const HASH = `0x${'11'.repeat(32)}`
const slot = { epoch: 0, nonce: 3 }

/** The parts of a status that advice reads. */
function status ({ phase, me = 0, joined = [true, true], head = true, waitingFor = [], mode = 'signing', chain = {} }: Given): ThreadStatus {
  return {
    phase, me, mode, players: joined.map((joined, index) => ({ index, joined })), terms: { players: joined, windowSec: 60, joinDeadlineSec: 1000 },
    head: head ? { slot, hash: HASH } : null, pending: { waitingFor },
    chain: { recorded: null, endsAtSec: null, evidenceUntilSec: null, nowSec: 500, ...chain }
  } as unknown as ThreadStatus
}
const said = (given: Given): string => adviceText(status(given)) ?? ''

test('while others can still join, the deadline is told; after it, cancel', () => {
  assert.match(said({ phase: 'opening', joined: [true, false], me: 1 }), /^"join" .* 1970-01-01T00:16:40Z$/)
  assert.match(said({ phase: 'opening', joined: [true, false] }), /^player 1 can join until .* "cancel"/)
  assert.match(said({ phase: 'opening', joined: [true, false], chain: { nowSec: 1001 } }), /: "cancel"/)
})

test('in a game, the way out alone is always told, with what it takes', () => {
  assert.match(said({ phase: 'active' }), /"send" .* "close".* "challenge", and "settle" after 120 s, pay out the head$/)
  assert.match(said({ phase: 'active', waitingFor: [1] }), /^player 1 must sign; .* "challenge"/)
  assert.match(said({ phase: 'active', head: false }), /give the deposits back$/)
  assert.match(said({ phase: 'active', mode: 'watching' }), /^"challenge"/)
})

test('in a dispute, what can be answered and when it pays is told', () => {
  const chain = { evidenceUntilSec: 560, endsAtSec: 620 }
  assert.match(said({ phase: 'dispute', chain }), /^"respond" until .*; going on together ends the dispute, "advance" forces .*; else "settle" .* from 1970-01-01T00:10:20Z on$/)
  assert.match(said({ phase: 'dispute', chain: { ...chain, recorded: { slot, hash: HASH } } }), /^going on together/)
  assert.match(said({ phase: 'dispute', chain: { ...chain, nowSec: 620 } }), /: "settle" pays out the deposits$/)
})

test('who watches, and whose thread is over, needs no advice', () => {
  assert.is(said({ phase: 'active', me: null }), '')
  for (const phase of ['closed', 'settled', 'cancelled'] as const) assert.is(said({ phase }), '')
})

test('a refusal has a hint where there is one', () => {
  assert.match(errorHint({ code: 'MACHINE_CONSTRUCTOR_REVERTED', data: {} }) ?? '', /--ctor/)
  assert.match(errorHint({ code: 'CHAIN_REVERTED', data: { error: 'WrongPhase' } }) ?? '', /status/)
  assert.is(errorHint({ code: 'CHAIN_REVERTED', data: {} }), undefined)
  assert.is(errorHint({ code: 'CALL_REVERTED', data: { error: 'WrongPhase' } }), undefined)
})

test.run()
