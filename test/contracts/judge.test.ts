// time limit: 300 s
/**
 * The interpreter on a real chain, and its figures in git: `UPDATE_SNAPSHOTS=1 node dist/test/contracts/judge.test.js` writes them anew.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { ContractFactory, JsonRpcProvider, Network, NonceManager, Wallet } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { benchJudge } from '../../scripts/bench/judge.js'
import { startAnvil } from '../../scripts/anvil.js'
import { assemble } from '../../scripts/conformance/assembler.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32, Hex } from '../../src/protocol/types.js'
import { DEFAULT_ROOMS, LocalJudge } from '../../src/machine/judge.js'
import { decodeAnswer, type JudgePause, type JudgeResult } from '../../src/machine/judge-answer.js'
import { encodeMachine, encodeMessage, type JudgeMessage } from '../../src/machine/judge-input.js'

const SNAPSHOT = new URL('../../../test/snapshots/judge.json', import.meta.url)
const TRANSACTION_GAS = 2n ** 24n
const PLENTY = 1n << 40n
/** What a figure may be at most, or at least. */
const AT_MOST: Readonly<Record<string, number>> = { 'judge.sort.gasPerOpcode': 170, 'judge.codeBytes': 24_576, 'judge.tictactoe.gas': 350_000 }
const AT_LEAST: Readonly<Record<string, number>> = { 'judge.stepsPerTransaction': 90_000 }

const SENDER = `0x${'00'.repeat(18)}aaaa` as Address
const MAIN = `0x${'00'.repeat(18)}1000` as Address
/** Counts down from 300, hashing its memory and calling the precompiles SHA-256 and MODEXP on the way; returns a hash. */
const CODE = assemble(`0x12c JUMPDEST DUP1 0x0 MSTORE 0x20 0x0 0x20 0x0 0x2 GAS STATICCALL POP 0x20 0x20 0x60 0x40 0x5 GAS STATICCALL POP
  0x60 0x0 KECCAK256 0x0 MSTORE 0x1 SWAP1 SUB DUP1 0x3 JUMPI 0x20 0x0 RETURN`)

const test = suite('judge on a chain')

test('deployed from its source on a chain with EIP-7825\'s limit, it answers as it does here, whole and in several calls', async () => {
  const anvil = await startAnvil({ args: ['--enable-tx-gas-limit'] })
  const provider = new JsonRpcProvider(anvil.url, Network.from(anvil.chainId), { cacheTimeout: -1, staticNetwork: true, batchMaxCount: 1 })
  try {
    const { interface: abi, creationCode, runtimeCode } = loadArtifact('Interpreter')
    const wallet = new NonceManager(new Wallet(anvil.keys[0] ?? '', provider))
    const contract = await new ContractFactory(abi, creationCode, wallet).deploy()
    await contract.waitForDeployment()
    const to = await contract.getAddress()
    const ask = async (input: Uint8Array): Promise<Hex> => await provider.call({ to, data: bytesToHex(input), gasLimit: TRANSACTION_GAS }) as Hex

    const local = await LocalJudge.create(runtimeCode)
    const { answer: whole } = await local.start(MESSAGE, PLENTY, DEFAULT_ROOMS)
    assert.ok((whole as JudgeResult).success)
    let calls = 0
    let answer = decodeAnswer(hexToBytes(await ask(encodeMessage(MESSAGE, 3_000n, DEFAULT_ROOMS))))
    let here = (await local.start(MESSAGE, 3_000n, DEFAULT_ROOMS)).answer as JudgePause
    while (answer.kind === 'pause') {
      calls++
      assert.is(answer.hash, here.hash)
      const input = encodeMachine(answer.machine, [CODE], 3_000n, DEFAULT_ROOMS)
      // As a transaction, too: the chain's limit on one transaction's gas holds.
      const receipt = await (await wallet.sendTransaction({ to, data: bytesToHex(input), gasLimit: TRANSACTION_GAS })).wait()
      assert.is(receipt?.status, 1)
      answer = decodeAnswer(hexToBytes(await ask(input)))
      here = (await local.resume(MESSAGE, here, 3_000n, DEFAULT_ROOMS)).answer as JudgePause
    }
    assert.ok(calls >= 3, `${calls} calls`)
    const { stepsLeft: _, ...got } = answer
    const { stepsLeft: __, ...wanted } = whole as JudgeResult
    assert.equal(got, wanted)
  } finally {
    provider.destroy()
    await anvil.stop()
  }
})

test('figures: as in the snapshot, and within the limits', async () => {
  const figures = Object.fromEntries((await benchJudge()).map(({ name, value }) => [name, value]))
  for (const [name, limit] of Object.entries(AT_MOST)) assert.ok((figures[name] ?? Infinity) <= limit, `${name}: ${figures[name]} is above ${limit}`)
  for (const [name, limit] of Object.entries(AT_LEAST)) assert.ok((figures[name] ?? 0) >= limit, `${name}: ${figures[name]} is below ${limit}`)
  const text = JSON.stringify(figures, null, 2) + '\n'
  if (process.env['UPDATE_SNAPSHOTS'] === '1') await writeFile(SNAPSHOT, text)
  assert.is(text, await readFile(SNAPSHOT, 'utf8'))
})

const MESSAGE: JudgeMessage = {
  kind: 'call', to: MAIN, caller: SENDER, valueWei: 0n, gas: 5_000_000n, data: new Uint8Array(),
  environment: {
    origin: SENDER, gasPriceWei: 0n, coinbase: SENDER, timestampSec: 1n, number: 1n, prevRandao: `0x${'00'.repeat(32)}` as Hash32, gasLimit: 30_000_000n, chainId: 1n,
    baseFeeWei: 0n, blobBaseFeeWei: 1n, blockHashes: [], blobHashes: []
  },
  accounts: [[SENDER, new Uint8Array()] as const, [MAIN, CODE] as const].map(([address, code]) =>
    ({ address, balanceWei: 0n, nonce: 1n, codeHash: hash32(code), code, warm: true, hasStorage: false })),
  slots: []
}

test.run()
