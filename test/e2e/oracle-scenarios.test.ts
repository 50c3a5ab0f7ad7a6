// time limit: 400 s
/** The demo's scenarios with an oracle, through real processes and a real chain. */
import { suite } from 'uvu'
import { EXPECTED, runScenario } from './demo-run.js'

const test = suite('e2e/oracle-scenarios')

test('oracle: who is left has its moves answered for by the oracle, and pays its fees', async () => { EXPECTED.oracle(await runScenario('oracle')) })
test('watch: the oracle answers an old state for who is away, and settles', async () => { EXPECTED.watch(await runScenario('watch')) })
test('fraud: a lie of a player and the oracle is refuted, and the bond pays', async () => { EXPECTED.fraud(await runScenario('fraud')) })
test('absent: the oracle is dead, and the game ends as without one', async () => { EXPECTED.absent(await runScenario('absent')) })

test.run()
