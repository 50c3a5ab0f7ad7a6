/** Which threads an oracle takes, and that it promises no bond twice. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ThreadsError } from '../../src/errors.js'
import { ZERO_HASH } from '../../src/protocol/bytes.js'
import type { Address, Hash32, Terms, ThreadId } from '../../src/protocol/types.js'
import { Acceptances, whyNotTaken, type OracleFunds, type OraclePolicy } from '../../src/oracle/acceptances.js'
import type { Receipt } from '../../src/thread/ports.js'

const test = suite('oracle/acceptances')
const CODE = `0x${'c0'.repeat(32)}` as Hash32
const OTHER_CODE = `0x${'c1'.repeat(32)}` as Hash32
const ORACLE = `0x${'0a'.repeat(20)}` as Address
const id = (n: number): ThreadId => `0x${n.toString(16).padStart(64, '0')}` as ThreadId
// What an oracle does not look at is left out.
const TERMS = { codeHash: CODE, oracle: ORACLE, oracleFee: 5n, asset: ORACLE, joinDeadlineSec: 1_000n, gasLimit: 1_000_000n } as unknown as Terms
const POLICY: OraclePolicy = { minFeeUnits: 5n, claims: 2, codes: [], assets: [], isDryRun: false }
const FUNDS: OracleFunds = { freeWei: 20n, perClaimWei: 10n }

const cases: readonly [string, Terms, OraclePolicy, OracleFunds, bigint, RegExp | undefined][] = [
  ['all is as it asks', TERMS, POLICY, FUNDS, 1_000n, undefined],
  ['the fee is one unit too low', { ...TERMS, oracleFee: 4n }, POLICY, FUNDS, 0n, /fee of 4 is below 5/],
  ['its bond is one wei too small', TERMS, POLICY, { ...FUNDS, freeWei: 19n }, 0n, /19 wei of the bond are free, 20/],
  ['the code is one that it serves', TERMS, { ...POLICY, codes: [OTHER_CODE, CODE] }, FUNDS, 0n, undefined],
  ['the code is another one', TERMS, { ...POLICY, codes: [OTHER_CODE] }, FUNDS, 0n, /not served/],
  ['the asset is one that it serves', TERMS, { ...POLICY, assets: [ORACLE] }, FUNDS, 0n, undefined],
  ['the asset is another one', TERMS, { ...POLICY, assets: [`0x${'0b'.repeat(20)}` as Address] }, FUNDS, 0n, /asset .* not served/],
  ['nobody can join any more', TERMS, POLICY, FUNDS, 1_001n, /time to join/]
]
for (const [title, terms, policy, funds, nowSec, reason] of cases) {
  test(`${title}: ${reason === undefined ? 'taken' : 'not taken'}`, () => {
    const why = whyNotTaken(terms, policy, funds, nowSec)
    if (reason === undefined) assert.is(why, undefined)
    else assert.match(why ?? '', reason)
  })
}

/** A court in which this oracle has so much bonded. */
function court (freeWei: bigint): { chain: ConstructorParameters<typeof Acceptances>[1]['chain'], taken: [ThreadId, bigint][], lose: { next: boolean } } {
  const taken: [ThreadId, bigint][] = []
  const lose = { next: false }
  const threads = new Map<Terms, ThreadId>()
  const chain = {
    wallet: ORACLE, nextTime: async () => 1n, bondFor: async () => 10n, freeBond: async () => freeWei - taken.reduce((sum, [, bond]) => sum + bond, 0n),
    pledge: async (thread: ThreadId) => ({ amountWei: 0n, accepted: taken.some(([one]) => one === thread) }),
    accept: async (terms: Terms, bondWei: bigint) => {
      if (lose.next) {
        lose.next = false
        throw new ThreadsError('CHAIN_UNAVAILABLE', 'away')
      }
      taken.push([threads.get(terms) ?? id(Number(BigInt(terms.salt))), bondWei])
      return { transactionHash: ZERO_HASH } as Receipt
    }
  }
  return { chain, taken, lose }
}
const asking = (...numbers: number[]): { thread: ThreadId, terms: Terms }[] => numbers.map(n => ({ thread: id(n), terms: { ...TERMS, salt: id(n) as unknown as Hash32 } }))

test('each thread is accepted once, with its own part of the bond, and none beyond it', async () => {
  const { chain, taken } = court(50n)
  const events: string[] = []
  const acceptances = new Acceptances(POLICY, { chain, log: (_, event) => { events.push(event) } })
  await acceptances.look(asking(1, 2, 3), 0)
  await acceptances.look(asking(1, 2, 3), 6_000)
  assert.equal(taken, [[id(1), 20n], [id(2), 20n]])
  assert.equal(events, ['oracle.accepted', 'oracle.accepted', 'oracle.not-taken'])
})

test('an acceptance that failed is tried again, not sooner than in a while', async () => {
  const { chain, taken, lose } = court(50n)
  const acceptances = new Acceptances(POLICY, { chain, log: () => {} })
  lose.next = true
  await acceptances.look(asking(1), 0)
  await acceptances.look(asking(1), 4_999)
  assert.equal(taken, [])
  await acceptances.look(asking(1), 5_000)
  assert.equal(taken, [[id(1), 20n]])
})

test('a dry run says what it would accept, and accepts nothing', async () => {
  const { chain, taken } = court(50n)
  const events: string[] = []
  await new Acceptances({ ...POLICY, isDryRun: true }, { chain, log: (_, event) => { events.push(event) } }).look(asking(1), 0)
  assert.equal([taken, events], [[], ['oracle.would-accept']])
})

test.run()
