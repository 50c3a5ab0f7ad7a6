/** What a player can do now, and how the money comes out: the last line of a thread's status. */
import type { ThreadStatus } from '../rpc/schemas.js'
import { timeText } from './text.js'

/** One line, or none for who only watches and for a thread that is over. */
export function adviceText (status: ThreadStatus): string | undefined {
  const { me, phase } = status
  if (me === null) return undefined
  if (phase === 'opening') return openingText(status, me)
  if (phase === 'active') return activeText(status, me)
  return phase === 'dispute' ? disputeText(status) : undefined
}

function openingText ({ players, terms, chain }: ThreadStatus, me: number): string {
  const deadline = timeText(terms.joinDeadlineSec)
  if ((chain.nowSec ?? 0) > terms.joinDeadlineSec) return `not everybody has joined by ${deadline}: "cancel" gives the deposits back`
  if (players[me]?.joined !== true) return `"join" pays your deposit, until ${deadline}`
  return `${naming(players.filter(({ joined }) => !joined).map(({ index }) => index))} can join until ${deadline}; then "cancel" gives the deposits back`
}

function activeText (status: ThreadStatus, me: number): string {
  const { head, pending, terms, mode } = status
  // The window for evidence, and as long again to go on together (specification §8).
  const alone = `"challenge", and "settle" after ${2 * terms.windowSec} s, ${head === null ? 'give the deposits back' : 'pay out the head'}`
  const others = (pending?.waitingFor ?? []).filter((player) => player !== me)
  if (mode === 'watching') return alone
  if (others.length > 0) return `${naming(others)} must sign; without them: "advance" has the chain execute your input that waits, or ${alone}`
  if (head === null) return `the first slot is not signed yet; if it never is: ${alone}`
  return `"send" an input; to end it, together: "close"${terms.players.length === 1 ? '' : `; without the others: ${alone}`}`
}

function disputeText ({ chain, head }: ThreadStatus): string {
  const { endsAtSec, evidenceUntilSec, nowSec, recorded } = chain
  if (endsAtSec !== null && nowSec !== null && nowSec >= endsAtSec) return `the dispute is over: "settle" pays out ${recorded === null ? 'the deposits' : 'what is recorded'}`
  const higher = head !== null && (recorded === null || head.hash !== recorded.hash)
  const answer = higher && evidenceUntilSec !== null && (nowSec ?? 0) <= evidenceUntilSec ? `"respond" until ${timeText(evidenceUntilSec)} takes the head there (the node does so itself, unless told otherwise); ` : ''
  return `${answer}going on together ends the dispute, "advance" forces your input that waits ("dispute" tells more); else "settle" pays out ${recorded === null && !higher ? 'the deposits' : 'what is recorded'} from ${timeText(endsAtSec)} on`
}

function naming (players: readonly number[]): string {
  return players.map((player) => `player ${player}`).join(', ')
}

/** What the court's commonest refusals mean to a player, by the names of its errors. */
const COURT_HINTS: Readonly<Record<string, string>> = {
  WrongPhase: 'the thread is in another phase; "status" says what can be done now',
  StaleSlot: 'the chain has this state already, or a later one',
  DisputeOpen: 'the dispute is still open; "status" says until when',
  DisputeOver: 'the dispute is over; "settle" pays out',
  EvidenceOver: 'the time for answers is over',
  CancelTooEarly: 'the others can still join; "status" says until when',
  JoinTooLate: 'the time to join is over; "cancel" gives the deposits back'
}

/** What to do about an error where its message does not say it; undefined for most. */
export function errorHint (error: { readonly code: string, readonly data: Readonly<Record<string, unknown>> }): string | undefined {
  if (error.code === 'MACHINE_CONSTRUCTOR_REVERTED') return 'nothing was paid; do --ctor and the arguments fit the contract\'s constructor?'
  return error.code === 'CHAIN_REVERTED' ? COURT_HINTS[String(error.data['error'])] : undefined
}
