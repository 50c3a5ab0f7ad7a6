import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { codeOfTerms, findCode } from '../../src/chain/code.js'
import { deployCodeAsData, deployContract, type Deployer } from '../../src/chain/deploy.js'
import { createRpc, type Rpc } from '../../src/chain/rpc.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { deployerOf, rpc } from './support/anvil-rpc.js'

const test = suite('chain/code')
let anvil: Anvil
let deployer: Deployer
let endpoint: Rpc

test.before(async () => {
  anvil = await startAnvil()
  deployer = await deployerOf(anvil)
  endpoint = createRpc(anvil.url, anvil.chainId)
})
test.after(async () => {
  endpoint.stop()
  deployer.stop()
  await anvil.stop()
})

test('creation code put on the chain as data is found as kind 0, without the byte before it', async () => {
  const { creationCode } = loadArtifact('TicTacToe')
  const { address } = await deployCodeAsData(deployer, creationCode)
  const found = await findCode(endpoint, address)
  assert.is(found.kind, 0)
  assert.equal(new Uint8Array(found.code), creationCode)
  assert.is(found.hash, hash32(creationCode))
  assert.equal(new Uint8Array(await codeOfTerms(endpoint, { codeKind: 0, codeSource: address, codeHash: found.hash })), creationCode)
})

test('a deployed contract is found as kind 1, as it is', async () => {
  const artifact = loadArtifact('SilentToken')
  const { address } = await deployContract(deployer, artifact, [])
  const found = await findCode(endpoint, address)
  assert.is(found.kind, 1)
  assert.equal(found.code, artifact.runtimeCode)
  assert.equal(await codeOfTerms(endpoint, { codeKind: 1, codeSource: address, codeHash: found.hash }), artifact.runtimeCode)
})

test('an address without code is CODE_NOT_FOUND', async () => {
  const codeSource = `0x${'44'.repeat(20)}` as Address
  await rejects(findCode(endpoint, codeSource), 'CODE_NOT_FOUND')
  await rejects(codeOfTerms(endpoint, { codeKind: 1, codeSource, codeHash: hash32(new Uint8Array()) }), 'CODE_NOT_FOUND')
})

test('an account that delegates to a contract has no code of its own: CODE_NOT_FOUND', async () => {
  const account = `0x${'45'.repeat(20)}` as Address
  await rpc(anvil, 'anvil_setCode', account, `0xef0100${'46'.repeat(20)}`)
  await rejects(findCode(endpoint, account), 'CODE_NOT_FOUND')
})

test('code with another hash, or of the other kind, is CODE_MISMATCH', async () => {
  const { address } = await deployCodeAsData(deployer, Uint8Array.of(1, 2, 3))
  const codeHash = hash32(Uint8Array.of(1, 2, 3))
  await rejects(codeOfTerms(endpoint, { codeKind: 0, codeSource: address, codeHash: `0x${'00'.repeat(32)}` as Hash32 }), 'CODE_MISMATCH')
  await rejects(codeOfTerms(endpoint, { codeKind: 1, codeSource: address, codeHash }), 'CODE_MISMATCH')
})

test('the largest creation code that a contract can hold is deployed; one byte more is CODE_TOO_LARGE', async () => {
  const largest = new Uint8Array(24_575).fill(0xfe)
  const { address } = await deployCodeAsData(deployer, largest)
  assert.is((await findCode(endpoint, address)).code.length, 24_575)
  await rejects(deployCodeAsData(deployer, new Uint8Array(24_576)), 'CODE_TOO_LARGE')
})

test('arguments that the constructor does not take are CHAIN_BAD_ARGUMENTS', async () => {
  await rejects(deployContract(deployer, loadArtifact('SilentToken'), [1]), 'CHAIN_BAD_ARGUMENTS')
})

test('a contract that was never compiled is ARTIFACT_MISSING', async () => {
  await rejects((async () => loadArtifact('NoSuchContract'))(), 'ARTIFACT_MISSING')
})

test.run()
