// time limit: 300 s
/** The demo's scenarios with disputes, through real processes and a real chain. */
import { suite } from 'uvu'
import { EXPECTED, runScenario } from './demo-run.js'

const test = suite('e2e/scenarios')

test('stall: the move of the player who is left is forced, then the timeout, and the stakes are its', async () => { EXPECTED.stall(await runScenario('stall')) })
test('stale: an old state is answered with the newest, which is settled', async () => { EXPECTED.stale(await runScenario('stale')) })
test('leave: who is gone for good loses by the contract\'s own rule, and has the rest of its deposit', async () => { EXPECTED.leave(await runScenario('leave')) })
test('resume: who comes back in the dispute plays on off-chain, and the game is closed as any other', async () => { EXPECTED.resume(await runScenario('resume')) })
test('routine: the court goes on in the middle of the one function that the game is, and who is late loses', async () => { EXPECTED.routine(await runScenario('routine')) })
test('receipt: prizes and trophies come by receipts, before the close and after it, and each once', async () => { EXPECTED.receipt(await runScenario('receipt')) })

test.run()
