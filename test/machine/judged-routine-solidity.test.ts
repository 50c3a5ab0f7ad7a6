// time limit: 300 s
/** Generated routines in Solidity, by both code generators (specification §11), in both EVMs. More of them: `npm run routines`. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Duel } from './judged-routine-duel.js'
import { playSolidity } from './judged-routine-play.js'
import { solidityRoutines } from './judged-routine-solidity.js'

const test = suite('generated Solidity routines before the judge')
const duel = await Duel.create()

for (const [viaIR, seeds] of [[false, [1, 2]], [true, [5]]] as const) {
  for (const routine of solidityRoutines(seeds, viaIR)) test(`routine ${routine.seed}, ${routine.manner}: both EVMs leave the same`, async () => { await playSolidity(duel, routine) })
}

test('they wait, also between pieces, and go on', () => { assert.ok(duel.seen.waits > 0 && duel.seen.goesOn > 5 && duel.seen.pieces > 0, JSON.stringify(duel.seen)) })

test.run()
