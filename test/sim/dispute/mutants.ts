/** Broken rules: the dispute model must find each of them out, or its word is worth nothing. */
import { leastCharge, REAL, tipName, tipNonce, type DisputeTerms, type Rules } from './rules.js'
import type { Bounds } from './world.js'

/** A fault, bounds in which it shows, and the property that must be found broken. */
export type Mutant = { readonly fault: string, readonly finding: RegExp, readonly bounds: Bounds, readonly rules: Partial<Rules> }

const terms: DisputeTerms = { players: 2, window: 4, bank: 3, moves: 3, grace: 1 }
const two: Bounds = { terms, honest: 0, head: 2, withheld: 2, last: 7 }
const withheld: Bounds = { ...two, withheld: 3 }
/** Claims of what cannot be judged, and the honest player's own, which it can prove in one transaction. */
const doubted: Bounds = { ...two, claims: true, doubts: true, last: 5 }
const claiming: Bounds = { ...two, claims: true, doubts: true, proofs: 1, last: 4 }
const elapsed = (endsAt: number, now: number): number => Math.max(0, now - (endsAt - terms.window))

/** Each of these changes one rule of `REAL`. */
export const MUTANTS: readonly Mutant[] = [
  {
    fault: 'takes evidence until D',
    finding: /undone after E|while it was the honest/,
    bounds: { ...two, honest: 1, withheld: 3 },
    rules: { evidenceCounts: (court, now) => now < court.endsAt }
  },
  {
    fault: 'takes evidence only in the first half of its window',
    finding: /below the honest player's head/,
    bounds: two,
    rules: { evidenceCounts: (court, now) => now < court.evidenceUntil - terms.window + 1 }
  },
  {
    fault: 'counts forced moves into the slot that evidence must be above',
    finding: /below the honest player's head/,
    bounds: two,
    rules: { isAbove: (court, { nonce }) => nonce > tipNonce(court) }
  },
  {
    fault: 'takes any certificate as evidence',
    finding: /signed slot went down/,
    bounds: two,
    rules: { isAbove: () => true }
  },
  {
    fault: 'never moves D',
    finding: /while it was the honest/,
    bounds: two,
    rules: { endAfter: court => court.endsAt }
  },
  {
    fault: 'lets a move bring D nearer',
    finding: /while it was the honest|below the honest/,
    bounds: { ...two, honest: 1, withheld: 3 },
    rules: { endAfter: (_, now, { window }) => now + window }
  },
  {
    fault: 'gives half a window after a move',
    finding: /while it was the honest|BankEmpty|below/,
    bounds: { ...two, terms: { ...terms, window: 2 }, honest: 1 },
    rules: { endAfter: (court, now) => Math.max(court.endsAt, now + 1) }
  },
  {
    fault: 'gives another window with each piece of evidence',
    finding: /it may last until/,
    bounds: withheld,
    rules: { windowAfterEvidence: (_, now, { window }) => ({ evidenceUntil: now + window, endsAt: now + 2 * window }) }
  },
  {
    fault: 'charges c whatever the time',
    finding: /it may last until/,
    bounds: { ...two, last: 9, terms: { ...terms, bank: 4, moves: 4 } },
    rules: { chargeOf: (_, __, terms) => leastCharge(terms) }
  },
  {
    fault: 'charges nothing to who moves at once',
    finding: /a flood of moves/,
    bounds: { ...two, honest: 1, last: 12 },
    rules: { chargeOf: (court, now) => elapsed(court.endsAt, now) }
  },
  {
    fault: 'counts the time since E anew with every move',
    finding: /while it was the honest/,
    bounds: two,
    rules: { chargeOf: (court, now, terms) => Math.max(leastCharge(terms), now - court.evidenceUntil) }
  },
  {
    fault: 'counts the time before E',
    finding: /while it was the honest/,
    bounds: two,
    rules: { chargeOf: (court, now, terms) => Math.max(leastCharge(terms), now - (court.evidenceUntil - terms.window), now - (court.endsAt - terms.window)) }
  },
  {
    fault: 'does not fill the banks after evidence',
    finding: /while it was the honest/,
    bounds: withheld,
    rules: { banksAfterEvidence: ({ used }) => used }
  },
  {
    fault: 'keeps the number of the dispute after a refutation',
    finding: /for what is gone/,
    bounds: { ...two, honest: 0, head: 3, withheld: 3, broken: true, resumes: 1 },
    rules: { nextDispute: (court, because) => court.dispute + (because === 'refutation' ? 0 : 1) }
  },
  {
    fault: 'leaves its bank to who was refuted, and gives the charge back',
    finding: /a flood of refutations/,
    bounds: { ...two, honest: 1, broken: true, last: 4 },
    rules: { banksAfterRefutation: ({ used }, dropped) => used.map((time, player) => dropped.reduce((sum, move) => move.player === player ? sum - move.charge : sum, time)) }
  },
  {
    fault: 'takes a Force for any state of the dispute',
    finding: /for another state/,
    bounds: two,
    rules: { isFor: (court, force) => force.dispute === court.dispute }
  },
  {
    fault: 'takes a move that bears any time',
    finding: /an old Force/,
    bounds: two,
    rules: { isTimely: () => true }
  },
  {
    fault: 'can be settled at E',
    finding: /below the honest|while it was the honest/,
    bounds: two,
    rules: { isRipe: (court, now) => now >= court.evidenceUntil }
  },
  {
    fault: 'takes moves after D',
    finding: /it may last until|nobody settled|while it was the honest/,
    bounds: two,
    rules: { isOpen: () => true, chargeOf: (_, __, terms) => leastCharge(terms) }
  },
  {
    fault: 'can be challenged again during a dispute',
    finding: /moves were lost/,
    bounds: { terms: { players: 2, window: 2, bank: 1, moves: 1, grace: 1 }, honest: 0, head: 2, withheld: 2, last: 3 },
    rules: { mayChallenge: ({ phase }) => phase !== 'settled' }
  },
  {
    fault: 'begins a judgement again and again at its player\'s cost',
    finding: /while it was the honest/,
    bounds: { ...two, transactions: 2, last: 6, terms: { ...terms, bank: 4, moves: 2 } },
    rules: { continues: () => false }
  },
  {
    fault: 'lets anybody claim for a player',
    finding: /the honest player lost its bank/,
    bounds: { ...two, claims: true },
    rules: { mayBring: () => true }
  },
  {
    fault: 'lets an oracle answer that was refuted',
    finding: /an oracle that was refuted/,
    bounds: { terms: { ...terms, players: 3, window: 3, bank: 2, moves: 2 }, honest: 2, head: 3, withheld: 3, last: 6, claims: true, oracle: true },
    rules: { mayAnswer: () => true }
  },
  {
    fault: 'refutes the last claim only',
    finding: /settled on a wrong claim|while it was the honest/,
    bounds: { terms: { ...terms, players: 3, window: 3, bank: 2, moves: 2 }, honest: 2, head: 3, withheld: 3, last: 6, claims: true },
    rules: { isRefutable: (court, place) => place === court.lineage.length - 1 }
  },
  {
    fault: 'settles while a doubt is open',
    finding: /settled on a wrong claim|while it was the honest/,
    bounds: doubted,
    rules: { waitsForDoubts: false }
  },
  {
    fault: 'drops what is doubted at once',
    finding: /the honest player lost its bank/,
    bounds: claiming,
    rules: { isDue: () => true }
  },
  {
    fault: 'gives no window with a doubt',
    finding: /the honest player lost its bank/,
    bounds: claiming,
    rules: { endAfter: (court, now, terms, because) => because === 'doubt' ? court.endsAt : REAL.endAfter(court, now, terms, because) }
  },
  {
    fault: 'gives a window with each proof',
    finding: /it may last until/,
    bounds: claiming,
    rules: { endAfter: (court, now, terms, because) => because === 'proof' ? Math.max(court.endsAt, now + terms.window) : REAL.endAfter(court, now, terms, because) }
  },
  {
    fault: 'takes doubts of one claim again and again',
    finding: /a flood of doubts/,
    bounds: doubted,
    rules: { mayDoubtAgain: true }
  },
  {
    fault: 'takes doubts of what was proved',
    finding: /the honest player lost its bank|a proved claim fell|a flood of doubts/,
    bounds: claiming,
    rules: { mayFallProved: true }
  },
  {
    fault: 'judges for nothing',
    finding: /it may last until/,
    bounds: { ...two, transactions: 3, broken: true, last: 4, terms: { ...terms, bank: 4, moves: 2 } },
    rules: { chargeOf: (court, now, terms, begun) => begun === undefined ? REAL.chargeOf(court, now, terms, begun) : 0 }
  }
]
