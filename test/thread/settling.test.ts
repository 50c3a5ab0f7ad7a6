/** From which of the recorded stops a node goes on with a settlement's judgement. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { JudgeStep } from '../../src/machine/judgement.js'
import { nextCall } from '../../src/thread/settling.js'
import { hashOf } from './contents.js'

const test = suite('settling')
const step = (paused: number): JudgeStep => ({ answer: { kind: 'verdict', isFinal: paused === 0, paused: hashOf(paused) } }) as unknown as JudgeStep
/** Three transactions: stops at 1 and 2, then the verdict. */
const PLAN = [step(1), step(2), step(0)]

const cases: readonly (readonly [string, readonly number[], number, number | undefined])[] = [
  ['nothing is recorded: from the start', [], 0, undefined],
  ['somebody has made the first step', [1], 1, 1],
  ['the furthest counts, in whatever order they came', [2, 1], 2, 2],
  ['the stops of another plan, or of somebody who only wants to be in the way, come last: no matter', [1, 77, 78], 1, 1],
  ['none of the plan is recorded: it begins anew', [77, 78], 0, undefined],
  ['the first step was left out', [2], 2, 2]
]
for (const [title, stops, index, paused] of cases) {
  test(title, () => {
    const next = nextCall(PLAN, stops.map(hashOf))
    assert.is(next.call, PLAN[index])
    assert.is(next.paused, paused === undefined ? undefined : hashOf(paused))
  })
}

test.run()
