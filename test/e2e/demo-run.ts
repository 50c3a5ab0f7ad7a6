/** A scenario of the demo, run as its user runs it, and what must be true of it whatever it tells. */
import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import type { ScenarioName } from '../../scripts/demo/scenarios.js'
import { FEE_WEI, RESULT_FEE_WEI } from '../../scripts/demo/serving.js'
import type { Seat, Step, StepOf } from '../../scripts/demo/steps.js'
import { paintFor } from '../../scripts/demo/paint.js'
import { Story } from '../../scripts/demo/story.js'
import { ETHER, STAKE } from './table.js'

const MAIN = fileURLToPath(new URL('../../scripts/demo/main.js', import.meta.url))
/** EIP-7825. */
const MAX_TRANSACTION_GAS = 2 ** 24

/** The steps that a scenario told. */
export class Told {
  readonly steps: readonly Step[]

  constructor (steps: readonly Step[]) { this.steps = steps }

  all<N extends Step['step']> (name: N): StepOf<N>[] { return this.steps.filter((step): step is StepOf<N> => step.step === name) }

  one<N extends Step['step']> (name: N): StepOf<N> {
    const [found] = this.all(name)
    return found ?? assert.unreachable(`no step ${name}`) as never
  }

  /** The transactions of the dispute: who, what, and the nonce that it recorded. */
  court (): (readonly [string, string, number | undefined])[] { return this.all('court').map(({ name, function: called, records }) => [name, called, records?.nonce]) }

  /** What the nodes decided by themselves. */
  decisions (): (readonly [string, string])[] { return this.all('decision').map(({ name, action }) => [name, action]) }
}

/** Runs a scenario to its end. @throws an assertion when it fails or complains */
export async function runScenario (name: ScenarioName, ...args: readonly string[]): Promise<Told> {
  const child = spawn(process.execPath, [MAIN, '--json', '--scenario', name, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => { stdout += text })
  child.stderr.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  const code = await new Promise<number | null>(resolve => child.once('close', resolve))
  assert.equal([code, stderr], [0, ''], `${name}:\n${stdout}`)
  const told = new Told(stdout.trim().split('\n').map(line => JSON.parse(line) as Step))
  assertReadable(told)
  return told
}

/** The same steps as a story: it has every decision's reason and every transaction, and fits into 80 columns. */
function assertReadable ({ steps }: Told): void {
  const story = new Story(paintFor({ isTTY: false }, {}), false)
  const lines = steps.flatMap(step => story.tell(step))
  assert.equal(lines.filter(line => line.length > 80), [])
  const text = lines.join(' ').replace(/\s+/g, ' ')
  for (const step of steps) {
    if (step.step === 'decision') assert.match(text, step.reason)
    if (step.step === 'court') assert.match(text, `${step.name}: ${step.function}`)
  }
}

/** The money, to the wei: nothing is lost or made, the winner has what was at stake, and nobody paid but for its own gas. `besideWei`: what each has from an oracle's fees and bond. */
export function assertMoney (told: Told, winner: Seat, atStake = STAKE, besideWei: readonly bigint[] = [0n, 0n]): void {
  const { players, courtWei } = told.one('balances')
  assert.is(courtWei, '0')
  for (const { player, beforeWei, afterWei, feesWei, wonWei } of players) {
    assert.is(BigInt(afterWei), BigInt(beforeWei) - BigInt(feesWei) + BigInt(wonWei))
    const stake = player === 2 ? 0n : player === winner ? atStake : -atStake
    assert.is(BigInt(wonWei), stake + (besideWei[player] ?? 0n))
  }
  assert.equal(players.map(({ player }) => player), besideWei.map((_, player) => player))
  assert.ok([...told.all('open'), ...told.all('join')].every(({ depositWei }) => BigInt(depositWei) === ETHER))
  const { ok, problems, threadGas, threadTransactions } = told.one('result')
  assert.equal([ok, problems], [true, []])
  const paid = [...told.all('open'), ...told.all('join'), ...told.all('court'), ...told.all('redeem'), ...told.all('close')]
  assert.equal([threadTransactions, threadGas], [paid.length, paid.reduce((sum, { gasUsed }) => sum + gasUsed, 0)])
  assert.ok(paid.every(({ gasUsed }) => gasUsed > 21_000 && gasUsed < MAX_TRANSACTION_GAS))
}

/** What each scenario must have come to, on any chain. */
export const EXPECTED: Readonly<Record<Exclude<ScenarioName, 'game'>, (told: Told) => void>> = {
  stall (told) {
    assert.equal([told.all('move').length, told.one('away').nonce, told.one('alone').call], [4, 4, 'play(6)'])
    assert.equal(told.court(), [['Alice', 'challengeAndAdvance', 5], ['Alice', 'advance', 6], ['Alice', 'settle', undefined]])
    assert.equal(told.decisions(), [['Alice', 'challengeAndAdvance'], ['Alice', 'claimTimeout'], ['Alice', 'advance'], ['Alice', 'settle']])
    assertMoney(told, 0)
  },
  stale (told) {
    assert.equal([told.all('move').length, told.one('stale').nonce, told.one('stale').newest], [7, 4, 7])
    assert.equal(told.court(), [['Bob', 'challenge', 4], ['Alice', 'respond', 7], ['Alice', 'settle', undefined]])
    assert.equal(told.decisions(), [['Alice', 'respond'], ['Alice', 'settle']])
    assert.match(told.one('decision').reason, 'the court has slot 0.4, everybody has signed 0.7')
    assertMoney(told, 0)
  },
  leave (told) {
    assert.equal([told.all('move').length, told.one('away').how], [3, 'erased'])
    assert.equal(told.court(), [['Alice', 'challengeAndAdvance', 4], ['Alice', 'settle', undefined]])
    assert.equal(told.decisions(), [['Alice', 'claimTimeout'], ['Alice', 'challengeAndAdvance'], ['Alice', 'settle']])
    assertMoney(told, 0)
  },
  resume (told) {
    assert.equal([told.all('move').map(({ slot }) => slot), told.one('away').nonce, told.one('back').nonce], [[1, 2, 4, 5, 6, 7], 2, 3])
    assert.equal(told.court(), [['Alice', 'challengeAndAdvance', 3], ['Bob', 'resume', 4]])
    assert.equal(told.decisions(), [['Alice', 'challengeAndAdvance']])
    assert.equal(told.one('close').payoutsWei, [ETHER + STAKE, ETHER - STAKE].map(String))
    assertMoney(told, 0)
  },
  routine (told) {
    // Slot 1 is the call of the function in which all the rest happens.
    assert.equal([told.all('move').map(({ slot }) => slot), told.one('away').nonce, told.one('alone').call], [[2, 3, 4, 5], 5, 'cell 6'])
    assert.equal(told.court(), [['Alice', 'challengeAndAdvance', 6], ['Alice', 'settleByFunction', undefined]])
    assert.equal(told.decisions(), [['Alice', 'challengeAndAdvance'], ['Alice', 'settleByFunction']])
    assertMoney(told, 0)
  },
  receipt (told) {
    // A payment and a call for each round: the first round's while the thread is open, the second's once it is closed.
    assert.equal(told.all('redeem').map(({ index, isCall, amountWei }) => [index, isCall, amountWei]), [[0, false, `${STAKE}`], [1, true, '0'], [2, false, `${STAKE}`], [3, true, '0']])
    const order = told.steps.map(({ step }) => step).filter(step => ['round', 'redeem', 'close'].includes(step))
    assert.equal(order, ['round', 'redeem', 'redeem', 'round', 'close', 'redeem', 'redeem'])
    // What is left for the last round's receipts is neither player's payout.
    assert.equal(told.one('close').payoutsWei, [ETHER, ETHER - 2n * STAKE, 2n * STAKE].map(String))
    assertMoney(told, 0, 2n * STAKE)
  },
  oracle (told) {
    assert.equal([told.all('move').length, told.one('away').nonce], [4, 4])
    assert.equal(told.court(), [
      ['Alice', 'challenge', 4], ['Alice', 'claim', 5], ['Alice', 'claim', 6], ['Alice', 'settle', undefined], ['Oracle', 'release', undefined], ['Oracle', 'unbond', undefined]
    ])
    assert.equal(told.decisions(), [
      ['Alice', 'challengeAndAdvance'], ['Alice', 'advance'], ['Alice', 'claim'], ['Alice', 'claimTimeout'], ['Alice', 'advance'], ['Alice', 'claim'], ['Alice', 'settle']
    ])
    assert.ok(told.all('court').every(({ function: called, gasUsed }) => called !== 'claim' || gasUsed <= 120_000))
    const fees = FEE_WEI + 2n * RESULT_FEE_WEI
    assertMoney(told, 0, STAKE, [-fees, 0n, fees])
  },
  watch (told) {
    assert.equal([told.all('move').length, told.one('away').name, told.one('stale').newest], [7, 'Alice', 7])
    assert.equal(told.court().slice(0, 3), [['Bob', 'challenge', 4], ['Oracle', 'respond', 7], ['Oracle', 'settle', undefined]])
    assert.equal(told.decisions(), [['Oracle', 'respond'], ['Oracle', 'settle']])
    assertMoney(told, 0, STAKE, [-FEE_WEI, 0n, FEE_WEI])
  },
  fraud (told) {
    assert.equal([told.all('move').length, told.one('lie').nonce], [5, 6])
    assert.equal(told.court().slice(0, 5), [['Bob', 'challenge', 5], ['Bob', 'claim', 6], ['Alice', 'refuteClaim', 6], ['Alice', 'advance', 7], ['Alice', 'settle', undefined]])
    const { account, refuter, toRefuterWei, toEachOtherWei } = told.one('slashed')
    const bond = BigInt(toRefuterWei) + BigInt(toEachOtherWei)
    assert.equal([account, refuter, bond], ['Oracle', 'Alice', 2_470_000_000_000_000_000n])
    assertMoney(told, 0, STAKE, [bond - FEE_WEI, -RESULT_FEE_WEI, FEE_WEI + RESULT_FEE_WEI - bond])
  },
  absent (told) {
    assert.equal(told.all('away').map(({ name }) => name), ['Oracle', 'Bob'])
    assert.equal(told.court().slice(0, 3), [['Alice', 'challengeAndAdvance', 5], ['Alice', 'advance', 6], ['Alice', 'settle', undefined]])
    assert.equal(told.one('back').name, 'Oracle')
    assertMoney(told, 0, STAKE, [-FEE_WEI, 0n, FEE_WEI])
  }
}
