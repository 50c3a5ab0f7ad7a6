/** Broken agreements: the model must find each of them out, or its word is worth nothing. */
import { openParent, openProposer, openSlot, type Agreement, type AgreementEvent, type Content, type Step } from '../../../src/thread/agreement.js'
import { compareSlots } from '../../../src/protocol/slot.js'
import { REAL, type Rules, type Transition } from './node.js'
import type { Bounds } from './world.js'

/** A fault, bounds in which it shows, and the property that must be found broken. */
export type Mutant = { readonly fault: string, readonly finding: RegExp, readonly bounds: Bounds, readonly rules: Rules }

const real = REAL.transition
const wrapped = (transition: Transition): Rules => ({ ...REAL, transition })

/** Puts back in the result what a mutant changed in the state that it gave to the real function. */
function within (state: Agreement, changed: Partial<Agreement>, event: AgreementEvent): Step {
  const given: Agreement = { ...state, ...changed }
  const { state: result, effects } = real(given, event)
  const back: Partial<Agreement> = {}
  for (const key of Object.keys(changed) as (keyof Agreement)[]) if (result[key] === given[key]) Object.assign(back, { [key]: state[key] })
  return { state: { ...result, ...back }, effects }
}

function isOpen (state: Agreement, content: Content): boolean {
  return compareSlots(content.slot, openSlot(state)) === 0
}

const signsRivals: Transition = (state, event) => event.type === 'proposal' && isOpen(state, event.content) && state.proposal !== undefined && state.proposal.hash !== event.content.hash
  ? real({ ...state, top: state.head?.slot, signed: undefined, proposal: undefined, verdict: 'none' }, event)
  : real(state, event)

const signsAnyParent: Transition = (state, event) => event.type === 'proposal' && isOpen(state, event.content) && state.head !== undefined && event.content.parent !== openParent(state)
  ? within(state, { head: { ...state.head, hash: event.content.parent } }, event)
  : event.type === 'verified' || event.type === 'signed' || event.type === 'ack'
    ? within(state, state.head === undefined || state.proposal === undefined ? {} : { head: { ...state.head, hash: state.proposal.parent } }, event)
    : real(state, event)

const completesUnsigned: Transition = (state, event) => {
  const step = real(state, event)
  const { proposal, signed, self, votes, verdict } = step.state
  if (proposal === undefined || signed !== undefined || verdict !== 'good') return step
  const signatures = votes.get(proposal.hash) ?? []
  if (signatures.some((signature, player) => player !== self && signature === undefined)) return step
  const next: Agreement = { ...step.state, head: proposal, proposal: undefined, verdict: 'none', votes: new Map() }
  return { state: next, effects: [...step.effects, { type: 'complete', content: proposal, signatures: [] }] }
}

const anybodyProposes: Transition = (state, event) => {
  if (state.self === undefined || openProposer(state) === state.self) return real(state, event)
  const mine = state.head === undefined ? undefined : { ...state.head, next: state.self }
  if ((event.type === 'ready' || event.type === 'built' || (event.type === 'signed' && event.content.proposer === state.self)) && mine !== undefined) return within(state, { head: mine }, event)
  return real(state, event)
}

const ignoresDisputes: Transition = (state, event) => event.type === 'dispute' ? { state, effects: [] } : real(state, event)

const takesProvisionalForFinal: Transition = (state, event) => {
  const step = real(state, event)
  const { provisional } = step.state
  if (provisional === undefined || state.provisional !== undefined) return step
  return { state: { ...step.state, provisional: undefined, head: provisional }, effects: step.effects.map(effect => effect.type === 'resume' ? { ...effect, type: 'complete' } : effect) }
}

const keepsVoidOnes: Transition = (state, event) => {
  const step = real(state, event)
  return event.type === 'dispute' && state.provisional !== undefined ? { ...step, state: { ...step.state, provisional: state.provisional } } : step
}

const takesDeadBranches: Transition = (state, event) => event.type === 'certificate' && event.content.kind === 'breakpoint' && event.content.slot.epoch <= state.confirmed
  ? within(state, { top: event.content.slot }, event)
  : real(state, event)

const forgetsWhatItHeard: Transition = (state, event) => {
  const step = real(state, event)
  return { ...step, state: { ...step.state, heard: step.state.heard.map(() => undefined) } }
}

const endsDisputesTwice: Transition = (state, event) => event.type === 'resumed' && event.epoch <= state.confirmed
  ? { state: { ...state, confirmed: event.epoch, dispute: undefined }, effects: [] }
  : real(state, event)

const SMALL: Bounds = { players: 2, slots: 2, crashes: 0, disputes: 0 }

/** Each fault that the model is checked with. */
export const MUTANTS: readonly Mutant[] = [
  { fault: 'signs a second content of a slot', finding: /^\(a\)/, bounds: { ...SMALL, players: 3, slots: 1, liar: 0 }, rules: wrapped(signsRivals) },
  { fault: 'signs a child of another content than its head', finding: /^\(b\)|^\(d\)/, bounds: { ...SMALL, liar: 1 }, rules: wrapped(signsAnyParent) },
  { fault: 'completes what it has not signed', finding: /^\(d\)/, bounds: { ...SMALL, crashes: 1, liar: 0 }, rules: wrapped(completesUnsigned) },
  { fault: 'proposes out of turn', finding: /^stuck/, bounds: SMALL, rules: wrapped(anybodyProposes) },
  { fault: 'signs on when a dispute is open', finding: /^\(e\)/, bounds: { ...SMALL, disputes: 1 }, rules: wrapped(ignoresDisputes) },
  { fault: 'takes a dispute\'s first content for final at once', finding: /^\(b\)/, bounds: { ...SMALL, liar: 0, disputes: 1 }, rules: wrapped(takesProvisionalForFinal) },
  { fault: 'keeps what a higher dispute number made void', finding: /^\(e\)/, bounds: { ...SMALL, liar: 0, disputes: 1 }, rules: wrapped(keepsVoidOnes) },
  { fault: 'takes a withheld certificate after it signed in the dispute', finding: /^\(b\)/, bounds: { ...SMALL, liar: 0, disputes: 1 }, rules: wrapped(takesDeadBranches) },
  { fault: 'forgets signatures when a dispute begins', finding: /^\(a\)/, bounds: { ...SMALL, players: 3, slots: 1, liar: 2, disputes: 1, backup: 0 }, rules: wrapped(forgetsWhatItHeard) },
  { fault: 'takes an old end of a dispute for that of the open one', finding: /^\(e\)/, bounds: { ...SMALL, liar: 0, disputes: 2, crashes: 1 }, rules: wrapped(endsDisputesTwice) },
  { fault: 'does not know its journal after a crash', finding: /^\(a\)/, bounds: { ...SMALL, crashes: 1 }, rules: { ...REAL, keepsJournal: false } },
  { fault: 'sends before it has written', finding: /^\(a\)/, bounds: { ...SMALL, crashes: 1 }, rules: { ...REAL, writesFirst: false } },
  { fault: 'signs from an old copy without asking', finding: /^\(a\)/, bounds: { ...SMALL, backup: 0 }, rules: { ...REAL, asks: false } },
  { fault: 'never sends again', finding: /^stuck/, bounds: { ...SMALL, crashes: 1 }, rules: { ...REAL, resends: false } }
]
