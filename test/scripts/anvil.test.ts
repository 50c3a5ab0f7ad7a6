import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil } from '../../scripts/anvil.js'

const test = suite('anvil')
const MODULE = fileURLToPath(new URL('../../scripts/anvil.js', import.meta.url))

async function ask (url: string, method: string): Promise<unknown> {
  const response = await fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params: [] }) })
  return (await response.json() as { result: unknown }).result
}

async function isUp (url: string): Promise<boolean> {
  return await ask(url, 'eth_chainId').then(() => true, () => false)
}

test('two chains run side by side, each with its 20 keys, and one ends without the other', async () => {
  const [one, two] = await Promise.all([startAnvil(), startAnvil({ args: ['--chain-id', '5'] })])
  try {
    assert.not.equal(one.port, two.port)
    assert.equal([one.chainId, two.chainId], [31337n, 5n])
    assert.is(await ask(two.url, 'eth_chainId'), '0x5')
    assert.is(one.keys.length, 20)
    assert.match(one.keys[19] ?? '', /^0x[0-9a-f]{64}$/)
    await one.stop()
    await one.stop()
    assert.equal([await isUp(one.url), await isUp(two.url)], [false, true])
  } finally {
    await Promise.all([one.stop(), two.stop()])
  }
})

test('a chain comes back on its port', async () => {
  const first = await startAnvil()
  await first.stop()
  const second = await startAnvil({ port: first.port })
  assert.is(second.url, first.url)
  await second.stop()
})

test('a chain that cannot start is told with what it said', async () => {
  const outcome = await startAnvil({ args: ['--no-such-flag'] }).then(() => 'started', String)
  assert.match(outcome, 'anvil ended at once')
  assert.match(outcome, '--no-such-flag')
})

test('a chain does not outlive a parent that is killed, or one that forgets it', async () => {
  for (const ending of ["process.kill(process.pid, 'SIGKILL')", '']) {
    const script = `import { startAnvil } from ${JSON.stringify(MODULE)}; const { url } = await startAnvil(); process.stdout.write(url, () => { ${ending} })`
    const parent = spawn(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
    let url = ''
    parent.stdout.on('data', chunk => { url += String(chunk) })
    await once(parent, 'close')
    assert.match(url, /^http:\/\/127\.0\.0\.1:\d+$/)
    const deadlineMs = performance.now() + 5_000
    while (await isUp(url)) {
      assert.ok(performance.now() < deadlineMs, 'it still answers')
      await sleep(20)
    }
  }
})

test.run()
