// time limit: 900 s
// needs: geth
/** The same scenarios on geth, whose dev chain has the rules of the newest fork and a clock that nobody moves: windows there are seconds, and are waited for. */
import { JsonRpcProvider, Wallet } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { findGeth, startGeth } from '../../scripts/geth.js'
import { EXPECTED, runScenario } from './demo-run.js'

const test = suite('e2e/geth')

if (findGeth() === undefined) {
  console.log('not run: geth is not installed (.ci/run builds it where Go is; else put it on the path, or its path into GETH)')
} else {
  test('the chain has the cap on a transaction\'s gas (EIP-7825) under which the court must work', async () => {
    const chain = await startGeth()
    const provider = new JsonRpcProvider(chain.url, undefined, { cacheTimeout: -1 })
    try {
      const wallet = new Wallet(chain.keys[3] ?? '', provider)
      const refusal = await wallet.sendTransaction({ to: wallet.address, gasLimit: 2 ** 24 + 1 }).then(() => 'taken', String)
      assert.match(refusal, /gas limit too high/)
      const taken = await wallet.sendTransaction({ to: wallet.address, gasLimit: 2 ** 24 })
      assert.is((await taken.wait())?.status, 1)
    } finally {
      provider.destroy()
      await chain.stop()
    }
  })

  // Two at a time: they wait more than they work.
  for (const names of [['stall', 'stale'], ['leave', 'resume'], ['receipt']] as const) {
    test(`${names.join(' and ')} on geth as on anvil, each on a chain of its own`, async () => {
      await Promise.all(names.map(async name => { EXPECTED[name](await runScenario(name, '--chain', 'geth')) }))
    })
  }
}

test.run()
