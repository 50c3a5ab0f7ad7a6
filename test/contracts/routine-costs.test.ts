/** What suspending costs, in git: `UPDATE_SNAPSHOTS=1 node dist/test/contracts/routine-costs.test.js` writes it anew. */
import { readFile, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { benchRoutineCosts } from '../../scripts/bench/routine.js'

const SNAPSHOT = new URL('../../../test/snapshots/routine.json', import.meta.url)
/** Beyond the same move of the same game as calls. */
const MOST_MORE_GAS = 110_000

const test = suite('contracts/routine costs')

test('bytes and gas of a move of Morpion, and of the same game as calls: as in the snapshot, and not far apart', async () => {
  const figures = Object.fromEntries((await benchRoutineCosts()).map(({ name, value }) => [name, value]))
  for (const call of ['advance', 'challengeAndAdvance']) {
    const more = (figures[`routine.morpion.${call}.gas`] ?? Infinity) - (figures[`routine.tictactoe.${call}.gas`] ?? 0)
    assert.ok(more <= MOST_MORE_GAS, `${call}: ${more} gas more`)
  }
  const text = JSON.stringify(figures, null, 2) + '\n'
  if (process.env['UPDATE_SNAPSHOTS'] === '1') await writeFile(SNAPSHOT, text)
  assert.is(text, await readFile(SNAPSHOT, 'utf8'))
})

test.run()
