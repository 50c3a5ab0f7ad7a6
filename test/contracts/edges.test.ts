/** Rules of the judge and of the proofs that no thread can come near: what would break them is refused all the same, by name. */
import { Transaction, Wallet } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assemble } from '../../scripts/conformance/assembler.js'
import { LocalContract } from '../../scripts/local-contract.js'
import { bytesToHex, concatBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import { threadChainId } from '../../src/protocol/terms.js'
import type { Hash32, Hex } from '../../src/protocol/types.js'
import { Judgement } from '../../src/machine/judgement.js'
import { Machine } from '../../src/machine/machine.js'
import { createVerifier, errorOf, matterFor, verdictOf } from '../machine/judging.js'
import { batchOf, threadFor, WALLETS } from '../machine/thread.js'

const test = suite('contracts: edges')
/** EIP-3860. */
const MAX_INITCODE = 49_152

test('init code of 49,152 bytes is judged, a byte more is refused', async () => {
  const thread = threadFor(Uint8Array.of(0x00), { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  const small = thread.walletInput(0, { type: 2, nonce: 1, data: '0x', gasLimit: 1_000_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n })
  const verifier = await createVerifier()
  for (const [size, expected] of [[MAX_INITCODE, undefined], [MAX_INITCODE + 1, 'InitCodeTooLong']] as const) {
    const tx = Transaction.from({ type: 2, chainId: threadChainId(thread.context.thread), nonce: 1, data: bytesToHex(new Uint8Array(size)), gasLimit: 1_000_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n })
    tx.signature = new Wallet(bytesToHex(WALLETS[0])).signingKey.sign(tx.unsignedHash)
    const matter = await matterFor(machine, batchOf(1n, [small]), small)
    const step = await new Judgement(verifier, { ...matter, judgeCase: { ...matter.judgeCase, inputLimitBytes: 100_000 }, raw: hexToBytes(tx.serialized as Hex) }).next()
    if (expected === undefined) assert.is(step.answer.kind, 'verdict')
    else assert.is(errorOf(step), expected)
  }
})

test('an account that the access list names is warm: an input costs the judge what it costs the players', async () => {
  const stranger = '99'.repeat(20)
  const thread = threadFor(assemble(`0x${stranger} BALANCE 0x0 MSTORE STOP`), { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  const verifier = await createVerifier()
  const costs: bigint[] = []
  for (const accessList of [[], [{ address: `0x${stranger}`, storageKeys: [] }]]) {
    const input = thread.walletInput(0, { type: 2, nonce: 1, to: machine.contract, gasLimit: 100_000n, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, accessList })
    const batch = batchOf(1n, [input])
    const { gasUsed } = await machine.prepare(batch)
    assert.is(verdictOf(await new Judgement(verifier, await matterFor(machine, batch, input)).next()).gasUsed, gasUsed)
    costs.push(gasUsed)
  }
  // 2,400 for naming it, 2,500 less for looking at it.
  assert.is((costs[1] ?? 0n) - (costs[0] ?? 0n), -100n)
})

test('a leaf where its path does not lead shows nothing, not even under a root made for it', async () => {
  const harness = await LocalContract.create('StateTreeHarness')
  const [left, right, sibling] = [`0x00${'11'.repeat(31)}`, `0xff${'22'.repeat(31)}`, hash32(Uint8Array.of(7))] as const
  const leaf = hash32(concatBytes(Uint8Array.of(0), hexToBytes(right as Hash32), hexToBytes(sibling)))
  const root = hash32(concatBytes(hexToBytes(leaf), hexToBytes(sibling)))
  const { error } = await harness.call('verify', [root, [left, ZERO_HASH, [sibling], right, sibling]])
  assert.is(error, 'BadOtherLeaf')
})

test.run()
