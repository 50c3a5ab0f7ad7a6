/** `thread_dispute` in words. */
import type { DisputeStatus } from '../rpc/schemas.js'
import { short, slotText, timeText, weiText } from './text.js'

/** How a thread stands at the court, for people. Scripts use `--json`. */
export function disputeText (status: DisputeStatus): string {
  const { dispute, nowSec, moves, banks, next, cost } = status
  const lines = [
    `thread    ${status.thread}`,
    dispute === null
      ? `phase     ${status.phase}: no dispute`
      : `DISPUTE   ${dispute.number}, opened by ${short(dispute.by)}; chain time ${timeText(nowSec)}`,
    ...(dispute === null
      ? []
      : [
          `evidence  counts until ${timeText(dispute.evidenceUntilSec)} (E), ${spanText(dispute.evidenceUntilSec - nowSec)}`,
          `end       at ${timeText(dispute.endsAtSec)} (D), ${spanText(dispute.endsAtSec - nowSec)}; each move makes it a window from then on`
        ]),
    `recorded  ${status.recorded === null ? 'nothing' : slotText(status.recorded)}${moves.length === 0 ? '' : `: ${slotText(status.signed)}, signed by all, and ${moves.length} forced since`}`,
    `head      ${slotText(status.head)}${status.follows ? '' : ', which is another state than the court\'s'}`,
    ...moves.map(({ player, slot, timestampSec, claimedBy }) => `move      ${slotText(slot)} by player ${player}, ${timeText(timestampSec)}${claimedBy === null ? '' : `, claimed: ${short(claimedBy)} answers for it`}`),
    `banks     ${banks.map(({ player, leftSec }) => `player ${player} ${leftSec} s`).join(', ')}; a move takes ${status.chargeSec ?? status.leastChargeSec} s${status.chargeSec === null ? ' or more' : ' now'}`,
    ...(status.waitingFor.length === 0 ? [] : [`waits     for player ${status.waitingFor.join(', ')}, with whom the thread could go on off-chain`]),
    `cost      ${cost.transactions} transactions, ${cost.gas} gas, ${weiText(cost.feeWei)} ether so far`,
    `next      ${ACTIONS[next.action]}: ${next.reason}${next.atSec === null ? '' : `; looked at again at ${timeText(next.atSec)}`}${next.usefulUntilSec === null ? '' : `; in time until ${timeText(next.usefulUntilSec)}`}`,
    ...(status.quote === undefined ? [] : [`price     ${status.quote === null ? 'nothing is to be sent now' : `${status.quote.transactions} transactions, ${status.quote.gas} gas, ${weiText(status.quote.feeWei)} ether at the present price`}`])
  ]
  return lines.join('\n')
}

const ACTIONS: Readonly<Record<DisputeStatus['next']['action'], string>> = {
  wait: 'nothing now', respond: 'show the newer state', challenge: 'open a dispute, because others do not move', challengeAndAdvance: 'open a dispute and force the own move', advance: 'force the own move',
  refute: 'have the last move dropped', refuteClaim: 'have a false claim executed and dropped',
  doubt: 'ask for the proof of a claim', proveClaim: 'prove a claim that is doubted', drop: 'drop a claim that nobody has proved', settle: 'settle', settleByFunction: 'settle by the contract\'s own function'
}

function spanText (seconds: number): string {
  return seconds < 0 ? `${-seconds} s ago` : `in ${seconds} s`
}
