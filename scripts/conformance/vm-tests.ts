/** Legacy VMTests: one frame each. The fixtures' gas is Frontier's, so everything is compared with @ethereumjs' EVM on Cancun. */
import { EVM, EVMMockBlockchain, NobleBN254 } from '@ethereumjs/evm'
import { bytesToHex } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32, Hex } from '../../src/protocol/types.js'
import type { LocalJudge } from '../../src/machine/judge.js'
import type { JudgeMessage } from '../../src/machine/judge-input.js'
import { hashLogs } from '../../src/machine/judge-answer.js'
import { compare, fail, outOfScope, type Case, type Facts, type Outcome } from './outcome.js'
import { cancun, ethOf, fixtureBytes, fixtureNumber, Reference, type FixtureState } from './reference.js'
import { addressFrom } from './transaction.js'
import { judgeWith } from './witness.js'

/** A test of a legacy VMTests file. */
export type VmTest = {
  readonly env: { readonly currentCoinbase: Address, readonly currentGasLimit: Hex, readonly currentNumber: Hex, readonly currentTimestamp: Hex }
  readonly exec: { readonly address: Address, readonly caller: Address, readonly code: Hex, readonly data: Hex, readonly gas: Hex, readonly gasPrice: Hex, readonly origin: Address, readonly value: Hex }
  readonly pre: FixtureState
}

/** The fixtures give some programs more gas than anybody would wait for. */
const MOST_GAS = 20_000_000n
const NO_HASH = `0x${'00'.repeat(32)}` as Hash32

/** True for a test of this kind. */
export function isVmTest (value: unknown): value is VmTest {
  return typeof value === 'object' && value !== null && 'exec' in value && 'pre' in value
}

/** The one case of a test. */
export function vmCases (name: string, test: VmTest, judge: LocalJudge, maxSteps: bigint): Case[] {
  return [{ name, run: async () => await runCase(test, judge, maxSteps) }]
}

async function runCase ({ env, exec, pre }: VmTest, judge: LocalJudge, maxSteps: bigint): Promise<Outcome> {
  const common = cancun()
  const code = fixtureBytes(exec.code)
  const caller = exec.caller
  const state: FixtureState = {
    ...pre,
    [caller]: { balance: '0x0', nonce: '0x1', code: '0x', storage: {}, ...pre[caller] },
    [exec.address]: { balance: '0x0', nonce: '0x0', storage: {}, ...pre[exec.address], code: exec.code }
  }
  const gas = fixtureNumber(exec.gas) < MOST_GAS ? fixtureNumber(exec.gas) : MOST_GAS
  const reference = await Reference.create(common, state)
  const evm = new EVM({ common, stateManager: reference.stateManager, blockchain: new EVMMockBlockchain(), bn254: new NobleBN254() })
  const block = {
    header: {
      number: fixtureNumber(env.currentNumber), timestamp: fixtureNumber(env.currentTimestamp), coinbase: ethOf(env.currentCoinbase), gasLimit: fixtureNumber(env.currentGasLimit),
      prevRandao: new Uint8Array(32), difficulty: 0n, baseFeePerGas: 0n, getBlobGasPrice: () => 1n
    }
  }
  // As runTx would, so that both start with the same warm accounts.
  const warm = new Set<Address>([exec.address, caller, env.currentCoinbase, ...Array.from({ length: 10 }, (_, i) => addressFrom(BigInt(i + 1)))])
  for (const address of warm) evm.journal.addAlwaysWarmAddress(address.slice(2))
  const { execResult } = await evm.runCall({
    block, to: ethOf(exec.address), caller: ethOf(caller), origin: ethOf(exec.origin), data: fixtureBytes(exec.data), gasLimit: gas, gasPrice: fixtureNumber(exec.gasPrice)
  })
  const addresses = [...new Set([...reference.touched.keys(), ...warm])]
  const message: JudgeMessage = {
    kind: 'call', to: exec.address, caller, valueWei: 0n, gas, data: fixtureBytes(exec.data),
    environment: {
      origin: exec.origin, gasPriceWei: fixtureNumber(exec.gasPrice), coinbase: env.currentCoinbase, timestampSec: fixtureNumber(env.currentTimestamp), number: fixtureNumber(env.currentNumber),
      prevRandao: NO_HASH, gasLimit: fixtureNumber(env.currentGasLimit), chainId: 1n, baseFeeWei: 0n, blobBaseFeeWei: 1n, blockHashes: [], blobHashes: []
    },
    accounts: addresses.map((address) => {
      const account = state[address]
      const bytes = fixtureBytes(account?.code ?? '0x')
      return { address, balanceWei: fixtureNumber(account?.balance ?? '0x'), nonce: fixtureNumber(account?.nonce ?? '0x'), codeHash: hash32(bytes), code: bytes, warm: warm.has(address), hasStorage: false }
    }),
    slots: addresses.flatMap((address) => [...reference.touched.get(address) ?? []].map((key) => {
      const values = new Map(Object.entries(state[address]?.storage ?? {}).map(([slot, value]) => [fixtureNumber(slot), fixtureNumber(value)]))
      return { address, key, value: values.get(key) ?? 0n, warm: false }
    }))
  }
  const { answer } = await judgeWith(judge, message, state, maxSteps)
  if (answer.kind === 'pause') return outOfScope(`more than ${maxSteps} inner steps`)
  if (answer.kind === 'refusal') return fail(`the interpreter refuses: ${answer.selector} ${answer.args.join(' ')}`)
  const expected: Record<string, string> = {
    success: String(execResult.exceptionError === undefined), gasUsed: String(execResult.executionGasUsed), returnData: bytesToHex(execResult.returnValue),
    logs: hashLogs(execResult.exceptionError !== undefined ? [] : (execResult.logs ?? []).map(([address, topics, data]) => ({ address: bytesToHex(address) as Address, topics, data }))),
    refund: String(execResult.exceptionError === undefined ? execResult.gasRefund ?? 0n : 0n)
  }
  for (const { address, key } of answer.slots) expected[`${address}[${key}]`] = String(await reference.storage(address, key))
  const got: Facts = {
    success: String(answer.success), gasUsed: String(gas - answer.gasLeft), returnData: bytesToHex(answer.returnData), logs: answer.logsHash, refund: String(answer.refund),
    ...Object.fromEntries(answer.slots.map(({ address, key, value }) => [`${address}[${key}]`, String(value)]))
  }
  return code.length === 0 ? fail('the fixture has no code') : compare(expected, got)
}
