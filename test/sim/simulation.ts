/** More seeds than the tests have time for: `node dist/test/sim/simulation.js [first seed] [last seed]`. With SIM_LOG set, what each node says. */
import { planOf, Run } from './simulation/run.js'

const [first = 1, last = first + 199] = process.argv.slice(2).map(Number)
for (let seed = first; seed <= last; seed++) {
  const plan = planOf(seed)
  const { problems, breakpoints, crashes, head } = await new Run(plan).play()
  if (problems.length === 0) continue
  process.exitCode = 1
  console.log(`seed ${seed} ${JSON.stringify(plan)}: ${breakpoints} breakpoints, ${crashes} crashes, head ${head}\n  ${problems.join('\n  ')}`)
}
console.log(`seeds ${first} to ${last} are done`)
