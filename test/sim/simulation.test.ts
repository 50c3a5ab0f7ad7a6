// time limit: 300 s
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { planOf, Run, type Plan } from './simulation/run.js'

const simulation = suite('whole nodes under failing disks, networks and chains')

/** Seeds that found something once: what it was. */
const FIXED: readonly (readonly [number, string])[] = [
  [55, 'a node whose write had failed gave away, by sync, a signature that was on no disk'],
  [350, 'the end of an earlier dispute, heard again after a restart, ended the open one']
]

async function play (plan: Plan): Promise<number> {
  const { problems, breakpoints } = await new Run(plan).play()
  assert.equal(problems, [], `seed ${plan.seed}: ${problems.join('\n')}`)
  return breakpoints
}

for (const [seed, found] of FIXED) {
  simulation(`seed ${seed}, which once showed that ${found}: nothing is broken`, async () => { await play(planOf(seed)) })
}

simulation('fifty seeds of crashes, full disks, losses, partitions, disputes and liars: nothing is broken', async () => {
  let breakpoints = 0
  for (let seed = 1000; seed < 1050; seed++) breakpoints += await play(planOf(seed))
  // A world in which nothing happens proves nothing.
  assert.ok(breakpoints > 250, `${breakpoints} breakpoints`)
})

simulation('a chain that takes back what it said of disputes, more than was confirmed: nobody signs twice, and who may sign goes on from what the court then says', async () => {
  let [turns, takenBack] = [0, 0]
  for (let seed = 2000; seed < 2024; seed++) {
    const { liar: _, ...plan } = planOf(seed)
    const run = new Run({ ...plan, disputes: true, closes: false, hurryMs: 30_000, reorganisations: { count: 3, lost: seed % 4 === 3 } })
    const { problems } = await run.play()
    assert.equal(problems, [], `seed ${seed}: ${problems.join('\n')}`)
    turns += run.turns
    takenBack += run.takenBack
  }
  assert.ok(turns > 40 && takenBack > 40, `${turns} turns, ${takenBack} transactions taken back`)
})

simulation('inputs that would break the settlement are skipped by all, whatever else happens, and stop nobody', async () => {
  let breakpoints = 0
  for (let seed = 3000; seed < 3012; seed++) {
    const { liar: _, ...plan } = planOf(seed)
    breakpoints += await play({ ...plan, settles: true, disputes: false })
  }
  assert.ok(breakpoints > 60, `${breakpoints} breakpoints`)
})

simulation('disks that claim to have written: the crashes show it', async () => {
  const found: string[] = []
  for (let seed = 1; seed < 8; seed++) {
    const plan: Plan = { seed, players: 2, inputs: 16, crashes: 8, disputes: false, lose: 0, hurryMs: 10_000, closes: false, forgetfulDisk: true }
    found.push(...(await new Run(plan).play()).problems)
  }
  assert.ok(found.some(problem => problem.includes('watching') || problem.includes('two signatures')), `found: ${found.join('\n')}`)
})

simulation('a proposer that says two things to three players: no honest node completes both, and what they signed is on one chain', async () => {
  for (let seed = 1; seed < 6; seed++) {
    await play({ seed, players: 3, inputs: 16, crashes: 3, disputes: true, lose: 0.05, hurryMs: 10_000, closes: false, liar: seed % 3 })
  }
})

simulation.run()
