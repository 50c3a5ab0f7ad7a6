import * as fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ZERO_ADDRESS } from '../../src/protocol/bytes.js'
import { addressOf } from '../../src/protocol/crypto.js'
import { payeesOf, potOf } from '../../src/protocol/terms.js'
import type { Address, Terms } from '../../src/protocol/types.js'
import { settlementPayouts } from '../../src/thread/payouts.js'
import { terms as base } from '../protocol/fixtures.js'

const test = suite('payouts')
const account = (index: number): Address => addressOf(new Uint8Array(32).fill(index + 1))

function termsOf (deposits: readonly bigint[], shares: readonly bigint[], assetDecimals = 18, oracleFee: bigint | undefined = undefined): Terms {
  return {
    ...base, players: deposits.map((_, index) => account(index)), sessionKeys: deposits.map((_, index) => account(index)), deposits, shares, assetDecimals,
    oracle: oracleFee === undefined ? ZERO_ADDRESS : account(40), oracleFee: oracleFee ?? 0n
  }
}

const balances = (terms: Terms, amounts: readonly bigint[]) => (of: Address): bigint => amounts[payeesOf(terms).indexOf(of)] ?? 0n

test('when nothing is left over everybody is paid its balance', () => {
  const terms = termsOf([10n, 10n], [1n, 1n])
  assert.equal(settlementPayouts(terms, balances(terms, [15n, 5n])), [15n, 5n])
})

test('what is left inside contracts is shared as the terms say, the last player takes the rounding', () => {
  const terms = termsOf([10n, 10n, 0n], [1n, 1n, 1n])
  assert.equal(settlementPayouts(terms, balances(terms, [0n, 0n, 0n])), [6n, 6n, 8n])
  const weighted = termsOf([5n, 5n], [3n, 0n])
  assert.equal(settlementPayouts(weighted, balances(weighted, [1n, 2n])), [8n, 2n])
})

test('a balance is rounded down to the asset\'s units, the dust is left over', () => {
  const terms = termsOf([10n, 10n], [1n, 1n], 6)
  const scale = 10n ** 12n
  assert.equal(settlementPayouts(terms, balances(terms, [12n * scale + scale - 1n, 7n * scale + 1n])), [12n, 8n])
})

test('nobody is paid more than is left of the pot, whatever all have signed', () => {
  const terms = termsOf([10n, 10n], [1n, 1n])
  assert.equal(settlementPayouts(terms, balances(terms, [15n, 15n])), [15n, 5n])
  assert.equal(settlementPayouts(terms, balances(terms, [50n, 15n])), [20n, 0n])
})

test('the oracle is paid its balance after the players, and has no share of what is left', () => {
  const terms = termsOf([10n, 10n], [1n, 1n], 18, 2n)
  assert.equal(settlementPayouts(terms, balances(terms, [10n, 6n, 2n])), [12n, 8n, 2n])
})

/** The court's rule once more (specification, section 8), in its own words: first the balances, in order, then the shares of the rest. */
function courtPays (terms: Terms, amounts: readonly bigint[]): bigint[] {
  const unit = 10n ** BigInt(18 - terms.assetDecimals)
  const pot = terms.deposits.reduce((sum, deposit) => sum + deposit, terms.oracleFee)
  const paid: bigint[] = []
  for (const amount of amounts) {
    const spent = paid.reduce((sum, one) => sum + one, 0n)
    paid.push([amount / unit, pot - spent].sort((a, b) => a < b ? -1 : 1)[0] ?? 0n)
  }
  const rest = pot - paid.reduce((sum, one) => sum + one, 0n)
  const weight = terms.shares.reduce((sum, share) => sum + share, 0n)
  const shared = terms.shares.slice(0, -1).map(share => rest * share / weight)
  shared.push(rest - shared.reduce((sum, one) => sum + one, 0n))
  return paid.map((one, index) => one + (shared[index] ?? 0n))
}

test('for any terms and balances the payouts are the court\'s, and add up to the pot', () => {
  const amount = fc.bigInt({ min: 0n, max: 10n ** 21n })
  const cases = fc.integer({ min: 2, max: 16 }).chain(players => fc.record({
    deposits: fc.array(fc.bigInt({ min: 0n, max: 10n ** 20n }), { minLength: players, maxLength: players }),
    shares: fc.array(fc.bigInt({ min: 0n, max: 2n ** 32n - 1n }), { minLength: players, maxLength: players }).filter(shares => shares.some(share => share > 0n)),
    decimals: fc.integer({ min: 0, max: 18 }),
    fee: fc.option(fc.bigInt({ min: 0n, max: 10n ** 18n }), { nil: undefined }),
    amounts: fc.array(amount, { minLength: players + 1, maxLength: players + 1 })
  }))
  fc.assert(fc.property(cases, ({ deposits, shares, decimals, fee, amounts }) => {
    const terms = termsOf(deposits, shares, decimals, fee)
    const held = amounts.slice(0, payeesOf(terms).length)
    const payouts = settlementPayouts(terms, balances(terms, held))
    assert.equal(payouts, courtPays(terms, held))
    assert.is(payouts.reduce((sum, payout) => sum + payout, 0n), potOf(terms))
    assert.ok(payouts.every(payout => payout >= 0n))
  }))
})

test.run()
