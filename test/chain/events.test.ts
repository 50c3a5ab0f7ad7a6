/** The court's logs of forced moves as events, and certificates out of the calls that carried them. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { courtInterface } from '../../src/chain/artifacts.js'
import { decodeLog, signaturesOfCall, type RecordedBefore } from '../../src/chain/events.js'
import type { RawLog } from '../../src/chain/reads.js'
import { bytesToHex, concatBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { termsToAbi, threadIdOf } from '../../src/protocol/terms.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Domain, Hash32, Hex } from '../../src/protocol/types.js'
import { certificateOf, termsOf } from './support/thread.js'

const test = suite('chain/events')
const court = courtInterface()
const domain: Domain = { chainId: 31_337n, court: `0x${'cc'.repeat(20)}` as Address }
const terms = termsOf([`0x${'a1'.repeat(20)}` as Address, `0x${'a2'.repeat(20)}` as Address])
const thread = threadIdOf(terms, domain)
const hash = (byte: number): Hash32 => `0x${byte.toString(16).padStart(2, '0').repeat(32)}` as Hash32

function logOf (name: string, fields: readonly unknown[], logIndex = 0, transaction = hash(7)): RawLog {
  const { topics, data } = court.encodeEventLog(name, [thread, ...fields])
  return { blockNumber: 9n, blockHash: hash(9), transactionHash: transaction, logIndex, topics: topics as Hash32[], data: data as Hex }
}

const MOVE: Breakpoint = { thread, epoch: 3n, nonce: 8n, parent: hash(1), stateRoot: hash(2), inputsRoot: hash(3), timestampSec: 77n }
const RECORDED: RecordedBefore = { transactionHash: hash(7), breakpoint: MOVE, hash: breakpointHash(MOVE) }

test('a forced move comes with its input and with the breakpoint before it in the same transaction', () => {
  const log = logOf('Forced', [3n, 1, 500n, '0x0102', `0x${'05'.repeat(65)}`], 1)
  assert.equal(decodeLog(court, domain, log, RECORDED), {
    event: {
      type: 'forced', thread, dispute: 3n, player: 1, endsAtSec: 500n, breakpoint: MOVE, hash: breakpointHash(MOVE),
      input: { raw: Uint8Array.of(1, 2), binding: new Uint8Array(65).fill(5) }
    }
  })
})

test('a forced move without that breakpoint is skipped: of another transaction, of another thread, or none', () => {
  const log = logOf('Forced', [3n, 1, 500n, '0x0102', '0x05'], 1)
  const others: RecordedBefore[] = [undefined, { ...RECORDED, transactionHash: hash(8) } as RecordedBefore, { ...RECORDED, breakpoint: { ...MOVE, thread: hash(4) as string as typeof thread } } as RecordedBefore]
  for (const before of others) assert.ok('skipped' in decodeLog(court, domain, log, before))
})

test('judgements that go on, and refutations, are told', () => {
  assert.equal(decodeLog(court, domain, logOf('Judging', [1, hash(4), 600n]), undefined), { event: { type: 'judging', thread, player: 1, paused: hash(4), endsAtSec: 600n } })
  assert.equal(decodeLog(court, domain, logOf('Trying', [hash(5), hash(4)]), undefined), { event: { type: 'trying', thread, recorded: hash(5), paused: hash(4) } })
  assert.equal(decodeLog(court, domain, logOf('Refuted', [4n, 1, hash(6), 7n, 800n]), undefined), { event: { type: 'refuted', thread, dispute: 4n, player: 1, recorded: hash(6), endsAtSec: 800n } })
})

test('the certificate of a challenge with a move is read from the call; the move itself bears no signatures', () => {
  const { breakpoint, signatures } = certificateOf(terms, domain, { nonce: 5n })
  const { epoch, nonce, parent, stateRoot, inputsRoot, timestampSec } = breakpoint
  const call = (joined: Uint8Array): Hex => court.encodeFunctionData('challengeAndAdvance', [
    termsToAbi(terms), [epoch, nonce, parent, stateRoot, inputsRoot, timestampSec], joined, [0, '0x01', '0x02', '0x03', 9n, ZERO_HASH], '0x04'
  ]) as Hex
  const data = call(concatBytes(...signatures))
  assert.equal(signaturesOfCall(court, domain, data, breakpoint)?.map(bytesToHex), signatures.map(bytesToHex))
  assert.is(signaturesOfCall(court, domain, data, { ...MOVE, parent: breakpointHash(breakpoint) }), undefined)
  assert.is(signaturesOfCall(court, domain, call(new Uint8Array()), breakpoint), undefined)
})

test('what concerns accounts alone is expected, and no event', () => {
  const { topics, data } = court.encodeEventLog('Credited', [ZERO_ADDRESS, ZERO_ADDRESS, 1n])
  assert.equal(decodeLog(court, domain, { ...logOf('Resumed', [1n]), topics: topics as Hash32[], data: data as Hex }, undefined), { skipped: 'concerns accounts, not threads', expected: true })
})

test.run()
