/** The steps of a dispute in plain words. */
import type { Paint } from './paint.js'
import type { DisputeStep, StepOf } from './steps.js'
import { ether, grouped, row } from './words.js'

/** What the court's functions do, for whoever has not read the court. */
const FUNCTIONS: Readonly<Record<string, string>> = {
  challengeAndAdvance: 'opens a dispute, and the court executes the move', advance: 'the court executes the move', challenge: 'opens a dispute with a signed state',
  respond: 'shows the court a newer signed state', refute: 'has the last move dropped', resume: 'ends the dispute: both have signed what follows',
  settle: 'the court pays out what it has recorded', settleByFunction: 'the contract settles itself, and the court pays', withdraw: 'collects a payout',
  claim: 'the move counts, and a bond answers for its result', refuteClaim: 'the court executes the claimed move: it was a lie',
  release: 'the bond is free again', unbond: 'the bond goes back'
}

/** What a node does next, for its decisions. */
const ACTIONS: Readonly<Record<string, string>> = {
  challengeAndAdvance: 'go to court and force the move', advance: 'force the move', respond: 'answer at the court', refute: 'have the move dropped', settle: 'settle',
  settleByFunction: 'settle', claimTimeout: 'call claimTimeout()', claim: 'claim the move', refuteClaim: 'refute the claim'
}

/** Whether a step belongs to a dispute. */
export function isDisputeStep (step: { readonly step: string }): step is DisputeStep {
  return ['away', 'back', 'alone', 'stale', 'decision', 'court', 'time', 'lie', 'slashed'].includes(step.step)
}

/** The lines of a step. */
export function disputeLines (step: DisputeStep, paint: Paint): string[] {
  switch (step.step) {
    case 'away': return away(step)
    case 'back': return ['', `    ${step.name}'s node runs again (process ${step.pid}), and follows to slot ${step.nonce}`]
    case 'alone': return ['', `    ${paint.bold(step.name)}: ${step.call}`, `    signed by ${step.name} alone: slot ${step.nonce} waits for the other`]
    case 'stale': return [
      '', `    ${paint.bold(step.name)} has lost, but still has slot ${step.nonce}: signed by both, and better for`,
      `    him than the newest, slot ${step.newest}. He shows the court the old one.`
    ]
    case 'decision': return ['', `    ${paint.cyan(`${step.name}'s node: ${ACTIONS[step.action] ?? step.action}`)}`, ...wrapped(`because ${step.reason}`).map(line => `      ${paint.dim(line)}`)]
    case 'court': return [
      row(`${step.name}: ${step.function}${step.records === null ? '' : ` (slot ${step.records.epoch}.${step.records.nonce})`}`, `${grouped(step.gasUsed)} gas`),
      ...FUNCTIONS[step.function] === undefined ? [] : [`      ${paint.dim(FUNCTIONS[step.function] ?? '')}`]
    ]
    case 'lie': return [
      '', `    ${paint.bold(step.name)}: ${step.call}, and ${step.oracle} signs another result than it has`,
      `    they are in it together: ${step.name}'s node claims it as slot ${step.nonce}`
    ]
    case 'slashed': return [`      ${paint.dim(`${step.account}'s bond pays: ${ether(step.toRefuterWei)} ETH to ${step.refuter}, who has refuted it,`)}`, `      ${paint.dim(`${ether(step.toEachOtherWei)} ETH to the other player: gas, a premium, and the rest`)}`]
    case 'time': return ['', `    ${grouped(step.seconds)} s pass until ${step.until}${step.moved ? paint.dim(' (the clock is moved)') : ''}`]
  }
}

function away ({ name, how, pid, nonce }: StepOf<'away'>): string[] {
  const lost = how === 'erased' ? `${name}'s node is ended (kill -9 ${pid}), and its data is deleted` : `${name}'s node is ended (kill -9 ${pid})`
  return ['', `    ${lost}`, `    the last state that both have signed is slot ${nonce}`]
}

/** Lines of at most 70 characters. */
function wrapped (text: string): string[] {
  const lines: string[] = []
  for (const word of text.split(' ')) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + word.length < 70) lines[lines.length - 1] = `${last} ${word}`
    else lines.push(word)
  }
  return lines
}
