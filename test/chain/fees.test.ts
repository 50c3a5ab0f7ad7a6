import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { presentFee, pressure, quoteFees } from '../../src/chain/fees.js'
import { readNextTime, type Sends } from '../../src/chain/reads.js'

const test = suite('chain/fees')
const GWEI = 1_000_000_000n

/** An endpoint whose newest block has time 1,000 and a base fee of 10 gwei; it suggests a tip of 2 gwei. */
function endpoint (pending: unknown = null, tip = 2n * GWEI): Sends {
  const block = (timestamp: number): object => ({ number: '0x5', hash: `0x${'11'.repeat(32)}`, parentHash: `0x${'22'.repeat(32)}`, timestamp: `0x${timestamp.toString(16)}`, baseFeePerGas: '0x2540be400' })
  return {
    send: async (method, params) => method === 'eth_maxPriorityFeePerGas' ? `0x${tip.toString(16)}` : params[0] === 'pending' ? pending : block(1_000)
  }
}

test('the nearer the deadline, the higher the tip; the base fee is what it is', async () => {
  const tips = []
  for (const usefulUntilSec of [undefined, 10_000n, 2_200n, 2_199n, 1_300n, 1_299n, 1_060n, 1_059n, 900n]) {
    const { fees, leftSec } = await quoteFees(endpoint(), undefined, usefulUntilSec)
    assert.is(fees.maxFeePerGasWei, 20n * GWEI + fees.priorityFeePerGasWei)
    assert.is(leftSec, usefulUntilSec === undefined ? undefined : usefulUntilSec - 1_000n)
    tips.push(fees.priorityFeePerGasWei / GWEI)
  }
  assert.equal(tips, [2n, 2n, 2n, 4n, 4n, 8n, 8n, 16n, 16n])
  assert.is(pressure(undefined), 1n)
})

test('on a chain that suggests what was last paid, hurried transactions one after another raise the tip by a bounded amount each', async () => {
  let tip = GWEI
  const tips = []
  for (let sent = 0; sent < 4; sent++) {
    tip = (await quoteFees(endpoint(null, tip), undefined, 1_010n)).fees.priorityFeePerGasWei
    tips.push(tip / GWEI)
  }
  assert.equal(tips, [8n, 22n, 36n, 50n])
})

test('what this node pays at most holds at the deadline too', async () => {
  const { fees } = await quoteFees(endpoint(), 25n * GWEI, 1_010n)
  assert.equal([fees.maxFeePerGasWei, fees.priorityFeePerGasWei], [25n * GWEI, 16n * GWEI])
})

test('the present price is the base fee and the tip', async () => {
  assert.is(await presentFee(endpoint()), 12n * GWEI)
})

test('the next block\'s time is the pending block\'s, and never before the newest\'s', async () => {
  assert.is(await readNextTime(endpoint({ timestamp: '0x3f4' })), 1_012n)
  assert.is(await readNextTime(endpoint({ timestamp: '0x1' })), 1_000n)
  assert.is(await readNextTime(endpoint()), 1_000n)
  assert.is(await readNextTime(endpoint({ timestamp: null })), 1_000n)
})

test.run()
