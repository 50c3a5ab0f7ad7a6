// time limit: 400 s
/** A routine does the same whoever compiles it: three compilers, both code generators, not optimized, for short code and for cheap calls. All compilers: `scripts/compilers/main.ts`. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compileRelay, loadSolc, mannersOf, playRelay, type Played } from '../../scripts/compilers/relay.js'

const test = suite('compilers')
const ROUNDS = 4
const COMPILERS = ['solc-0.8.20', 'solc-0.8.28', 'solc']

/** Three moves a round, the first at second 1,002; values are 0, 2, 4, … of the first mover with 11 before, and so on. */
const EXPECTED = { said: [19n, 28n, 37n, 46n], times: Array.from({ length: 3 * ROUNDS }, (_, i) => 1_002n + BigInt(i)).reduce((sum, time) => sum + time, 0n), values: 18n }
let first: Played | undefined

for (const compiler of COMPILERS) {
  const solc = loadSolc(compiler)
  for (const manner of mannersOf(solc)) {
    test(`${compiler} ${manner.viaIR ? 'via IR' : 'legacy'}, ${manner.runs ?? 'not'} optimized: what is said, the time and the value of each move, and the memory that waits`, async () => {
      const played = await playRelay(compileRelay(solc, manner), ROUNDS)
      assert.equal([played.said, played.sums[0], played.sums[1]], [EXPECTED.said, EXPECTED.times, EXPECTED.values])
      assert.is(new Set(played.memoryWords).size, 1, `it grows: ${played.memoryWords.join()}`)
      first ??= played
      assert.equal([played.digest, played.sums], [first.digest, first.sums])
    })
  }
}

test.run()
