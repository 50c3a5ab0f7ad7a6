import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Resend } from '../../src/thread/schedule.js'

const test = suite('schedule')

/** When something was due, of every 50 ms. */
function dueTimes (resend: Resend, key: string, fromMs: number, toMs: number): number[] {
  const times: number[] = []
  for (let now = fromMs; now <= toMs; now += 50) if (resend.due(key, now)) times.push(now)
  return times
}

test('something new has just been sent: it is due after the first pause, then after growing ones', () => {
  assert.equal(dueTimes(new Resend(200, 1000), 'a', 0, 3600), [200, 600, 1400, 2400, 3400])
})

test('another thing begins anew', () => {
  const resend = new Resend(200, 1000)
  dueTimes(resend, 'a', 0, 3000)
  assert.ok(resend.attempt > 0)
  assert.not.ok(resend.due('b', 3050))
  assert.is(resend.attempt, 0)
  assert.ok(resend.due('b', 3250))
})

test('when somebody is back it is due at once, and the pauses are short again', () => {
  const resend = new Resend(200, 1000)
  dueTimes(resend, 'a', 0, 3000)
  resend.hurry()
  assert.equal(dueTimes(resend, 'a', 3050, 3900), [3050, 3450])
})

test.run()
