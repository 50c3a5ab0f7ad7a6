/** What `settle` pays for a state, computed off-chain: the default of a Close, and what a user is shown. */
import { payeesOf, potOf, scaleOf } from '../protocol/terms.js'
import type { Address, Terms } from '../protocol/types.js'

/**
 * Payouts in the asset's units, the players in order and then the oracle where there is one: each its balance rounded down and never more than what is left of
 * the pot; the rest by the terms' shares, the last player taking the rounding (§8, `settle`).
 */
export function settlementPayouts (terms: Terms, balanceWei: (account: Address) => bigint): bigint[] {
  const scale = scaleOf(terms)
  let left = potOf(terms)
  const payouts = payeesOf(terms).map(payee => {
    const units = balanceWei(payee) / scale
    const paid = units < left ? units : left
    left -= paid
    return paid
  })
  const weights = terms.shares.reduce((sum, share) => sum + share, 0n)
  const rest = left
  terms.players.forEach((_, index) => {
    const last = index === terms.players.length - 1
    const share = last ? left : rest * (terms.shares[index] ?? 0n) / weights
    left -= share
    payouts[index] = (payouts[index] ?? 0n) + share
  })
  return payouts
}

/** What `settle` pays where nothing was ever signed: to each what it has paid. */
export function depositsOf (terms: Terms): bigint[] {
  return payeesOf(terms).map((_, payee) => (terms.deposits[payee] ?? 0n) + (payee === 0 ? terms.oracleFee : 0n))
}
