// time limit: 300 s
/**
 * Generated routines in assembly (specification §11) in both EVMs: whatever players send to them, the judge leaves what the machine co-signs, and refuses what it skips.
 * More of them: `npm run routines -- --assembly`.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Duel } from './judged-routine-duel.js'
import { playAssembly } from './judged-routine-play.js'

const test = suite('generated routines before the judge')
const duel = await Duel.create()
const COUNT = 10

for (let seed = 0; seed < COUNT; seed++) test(`routine ${seed}: both EVMs leave the same`, async () => { await playAssembly(duel, seed) })

test('the routines wait, go on, end, fail, and are sent what they do not wait for', () => {
  const { pieces: _, ...others } = duel.seen
  assert.ok(Object.values(others).every(count => count > 0), JSON.stringify(duel.seen))
})

test.run()
