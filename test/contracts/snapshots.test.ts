/**
 * What the contracts cost and look like, in git: a change shows in the diff. `UPDATE_SNAPSHOTS=1 node dist/test/contracts/snapshots.test.js`
 * writes both files anew.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { id } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { benchGas } from '../../scripts/bench/gas.js'
import { artifactOf } from './arena.js'

const FOLDER = new URL('../../../test/snapshots/', import.meta.url)
/** What each call may cost at most, whatever the snapshot says. */
const LIMITS: Record<string, number> = {
  'gas.open': 115_000,
  'gas.join': 50_000,
  'gas.close': 95_000,
  'gas.checkpoint': 65_000,
  'gas.challenge': 85_000,
  'gas.respond': 70_000,
  'gas.exit': 175_000,
  'gas.claim': 120_000,
  'gas.claimAgain': 120_000,
  'gas.redeem': 130_000,
  'gas.advance': 380_000
}
const EIP_170 = 24_576

const test = suite('contracts/snapshots')

async function matchSnapshot (name: string, seen: unknown): Promise<void> {
  const url = new URL(name, FOLDER)
  const text = JSON.stringify(seen, null, 2) + '\n'
  if (process.env['UPDATE_SNAPSHOTS'] === '1') await writeFile(url, text)
  assert.is(text, await readFile(url, 'utf8'))
}

test('gas of the measured calls: as in the snapshot, and within the limits', async () => {
  const gas = Object.fromEntries((await benchGas()).map(({ name, value }) => [name, value]))
  for (const [name, limit] of Object.entries(LIMITS)) assert.ok((gas[name] ?? Infinity) <= limit, `${name}: ${gas[name]} is above ${limit}`)
  await matchSnapshot('gas.json', gas)
})

test('size, ABI and storage layout of each contract that is deployed: as in the snapshot', async () => {
  const contracts: Record<string, unknown> = {}
  for (const name of ['Auction', 'BreakpointVerifier', 'Claims', 'MeteredService', 'Morpion', 'Port', 'Rounds', 'Scoreboard', 'ThreadVault', 'Threads', 'TicTacToe', 'Trophy', 'Wager']) {
    const { abi, deployedBytecode, storageLayout } = await artifactOf(name)
    const bytes = (deployedBytecode.length - 2) / 2
    assert.ok(bytes <= EIP_170, `${name} has ${bytes} bytes`)
    contracts[name] = { bytes, abi: id(JSON.stringify(abi)), storage: storageLayout.storage.map(describe) }
  }
  await matchSnapshot('contracts.json', contracts)
})

test('both halves of the court have the same memory', async () => {
  const [threads, claims] = await Promise.all(['Threads', 'Claims'].map(artifactOf))
  // What the other half does not touch comes last.
  const [whole, part] = [threads, claims].map(artifact => artifact?.storageLayout.storage.map(describe) ?? [])
  assert.ok((part?.length ?? 0) >= 10)
  assert.equal(part, whole?.slice(0, part?.length))
})

test('every error of the interfaces is tested by its name', async () => {
  const folder = new URL('../../../test/contracts/', import.meta.url)
  const tests = (await Promise.all((await readdir(folder)).map(file => readFile(new URL(file, folder), 'utf8')))).join('\n')
  const abi = [...(await artifactOf('IThreads')).abi, ...(await artifactOf('IClaims')).abi]
  const errors = (abi as { type: string, name: string }[]).filter(({ type }) => type === 'error')
  assert.ok(errors.length > 40)
  assert.equal(errors.map(({ name }) => name).filter(name => !tests.includes(`'${name}'`)), [])
})

function describe (variable: unknown): string {
  const { label, slot, offset, type } = variable as { label: string, slot: string, offset: number, type: string }
  // Types carry numbers of the compiler's own syntax tree, which change with every edit.
  return `${slot}/${offset} ${label}: ${type.replace(/\)\d+_/g, ')_')}`
}

test.run()
