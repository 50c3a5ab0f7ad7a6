// time limit: 300 s
/**
 * Generated routines (specification §11) in both EVMs: whatever players send to them, the judge leaves the root that the machine co-signs, and refuses what it skips.
 * `ROUTINES=500 FROM=0` in the environment runs more of them.
 */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex } from '../../src/protocol/bytes.js'
import type { Input } from '../../src/protocol/types.js'
import type { Verdict } from '../../src/machine/judge-case.js'
import { Judgement, type Matter } from '../../src/machine/judgement.js'
import { createVerifier, effectOf, errorOf, matterFor, verdictOf } from './judging.js'
import { Dice } from './random-code.js'
import { randomRoutine } from './random-routine.js'
import { Table } from './routines.js'
import { batchOf } from './thread.js'

const test = suite('generated routines before the judge')
const verifier = await createVerifier()
const COUNT = Number(process.env['ROUTINES'] ?? 12)
const FROM = Number(process.env['FROM'] ?? 0)
const INPUTS = 7
/** What the machine skips by these codes, the judge refuses by these names. */
const REFUSALS: Readonly<Record<string, readonly string[]>> = { ROUTINE: ['NotAMover', 'ResumeTooLong'], BALANCE: ['CannotPay'] }

const seen = { waits: 0, goesOn: 0, ends: 0, fails: 0, skipped: 0 }

/** Any input: mostly what is waited for. */
function inputFor (table: Table, dice: Dice): Input {
  const waited = table.machine.waiting?.movers[0] === table.thread.context.terms.players[1] ? 1 : 0
  const player = dice.below(8) === 0 ? 1 - waited : waited
  const data = dice.below(12) === 0 ? new Uint8Array(1_030) : dice.bytes(dice.below(100))
  return table.input(player === 0 ? 0 : 1, { data, valueWei: BigInt(dice.below(4)), gasLimit: dice.below(6) === 0 ? BigInt(30_000 + dice.below(200_000)) : 1_000_000n })
}

/** The verdict of three calls, the first two of a few opcodes. */
async function inPieces (matter: Matter, dice: Dice): Promise<Verdict> {
  const judgement = new Judgement(verifier, matter)
  let verdict = verdictOf(await judgement.next(BigInt(1 + dice.below(300))))
  if (!verdict.isFinal) verdict = verdictOf(await judgement.next(BigInt(1 + dice.below(300))))
  return verdict.isFinal ? verdict : verdictOf(await judgement.next())
}

async function play (seed: number): Promise<void> {
  const dice = new Dice(seed + 1_000_000)
  const table = await Table.begin(randomRoutine(seed))
  for (let i = 1n; i <= INPUTS; i++) {
    const input = inputFor(table, dice)
    const batch = batchOf(i, [input])
    const matter = await matterFor(table.machine, batch, input)
    const step = await new Judgement(verifier, matter).next()
    if (step.answer.kind === 'verdict') assert.equal(effectOf(await inPieces(matter, dice)), effectOf(step.answer), `routine ${seed}, input ${i}, in pieces`)
    const before = table.machine.waiting
    const { included, skipped, receipts: [receipt] } = await table.play(input)
    const about = `routine ${seed}, input ${i}`
    if (included.length === 0) {
      seen.skipped++
      const code = skipped[0]?.code ?? ''
      // What cannot be settled is not the judge's to refuse.
      if (code !== 'SETTLEMENT' && code !== 'UNJUDGEABLE') assert.ok(REFUSALS[code]?.includes(errorOf(step)), `${about}: ${code}, ${errorOf(step)}`)
      continue
    }
    const { success, newRoot, gasUsed, returnData } = verdictOf(step)
    assert.equal({ success, newRoot, gasUsed, returnData: bytesToHex(returnData) }, { success: receipt?.success, newRoot: table.machine.root, gasUsed: receipt?.gasUsed, returnData: bytesToHex(receipt?.returnData ?? new Uint8Array()) }, about)
    seen[!success ? 'fails' : table.machine.waiting === undefined ? 'ends' : before === undefined ? 'waits' : 'goesOn']++
  }
}

for (let seed = FROM; seed < FROM + COUNT; seed++) test(`routine ${seed}: both EVMs leave the same`, async () => { await play(seed) })

test('the routines wait, go on, end, fail, and are sent what they do not wait for', () => {
  console.log(JSON.stringify(seen))
  assert.ok(Object.values(seen).every(count => count > 0), JSON.stringify(seen))
})

test.run()
