/** What `settle` pays for a state, computed off-chain: the default of a Close, and what a user is shown. */
import type { Exits } from '../protocol/port.js'
import { payeesOf, potOf, scaleOf } from '../protocol/terms.js'
import type { Address, Terms } from '../protocol/types.js'

/** A state without receipts. */
const NO_EXITS: Exits = { count: 0n, total: 0n }

/**
 * Payouts in the asset's units for balances in the thread's 18 decimals, the players in order and then the oracle where there is one: each its balance rounded down and never more than what receipts leave of
 * the pot; the rest by the terms' shares, the last player taking the rounding (§8, `settle`).
 */
export function settlementPayouts (terms: Terms, balanceWei: (account: Address) => bigint, exits: Exits = NO_EXITS): bigint[] {
  const scale = scaleOf(terms)
  const pot = potOf(terms)
  let left = exits.total < pot ? pot - exits.total : 0n
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

/** The payouts of a Close on a state: those of `settle`, and what its receipts are for, where there are any (§10). */
export function closePayouts (terms: Terms, balanceWei: (account: Address) => bigint, exits: Exits): bigint[] {
  return withReceipts(settlementPayouts(terms, balanceWei, exits), exits)
}

/** Payouts of the payees as a Close on a state with these receipts has them. */
export function withReceipts (payouts: readonly bigint[], { count, total }: Exits): bigint[] {
  return count === 0n ? [...payouts] : [...payouts, total]
}

/** Whether a Close keeps what the receipts of its parent are for: no more and no less (§10). */
export function fundsReceipts (terms: Terms, payouts: readonly bigint[], { count, total }: Exits): boolean {
  const payees = payeesOf(terms).length
  return count === 0n ? payouts.length === payees : payouts.length === payees + 1 && payouts[payees] === total
}

/** What `settle` pays where nothing was ever signed: to each what it has paid. */
export function depositsOf (terms: Terms): bigint[] {
  return payeesOf(terms).map((_, payee) => (terms.deposits[payee] ?? 0n) + (payee === 0 ? terms.oracleFee : 0n))
}
