/**
 * Differential fuzzing: a seed stands for contracts that call each other, their storage, and a message; both EVMs must agree in success, gas, refund, return
 * data, logs, destroyed accounts and state. The judge also stops and goes on at random steps, which must change nothing.
 */
import { EVM, EVMMockBlockchain, NobleBN254, type ExecResult } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account } from '@ethereumjs/util'
import { bytesToBigint, bytesToHex } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32, Hex } from '../../src/protocol/types.js'
import type { LocalJudge } from '../../src/machine/judge.js'
import { hashLogs, type JudgeResult } from '../../src/machine/judge-answer.js'
import { word, type JudgeMessage } from '../../src/machine/judge-input.js'
import { precompilesOf } from '../../src/machine/environment.js'
import type { ExecutionLimits } from '../../src/machine/execution-limits.js'
import { runSynchronously } from '../../src/machine/interpreter.js'
import { stripZeros } from '../../src/state/changes.js'
import { Dice } from '../../test/machine/random-code.js'
import { compare, fail, PASS, type Facts, type Outcome } from './outcome.js'
import { program } from './programs.js'
import { cancun, ethOf, watch, type FixtureState, type Touched } from './reference.js'
import { addressFrom } from './transaction.js'
import { judgeWith } from './witness.js'

const SENDER = addressFrom(0xaaaan)
const COINBASE = addressFrom(0xccccn)
const CONTRACTS = [0x10001n, 0x10002n, 0x10003n, 0x10004n].map(addressFrom)
const STRANGER = addressFrom(0xbbbbn)
const PRECOMPILES = Array.from({ length: 10 }, (_, i) => addressFrom(BigInt(i + 1)))
const RANDAO = `0x${'5a'.repeat(32)}` as Hash32
const common = cancun()

/** What a seed stands for. */
export type Scene = { readonly pre: FixtureState, readonly to: Address, readonly valueWei: bigint, readonly gas: bigint, readonly data: Uint8Array, readonly pauses: readonly bigint[], readonly limits: ExecutionLimits }

/** The scene of a seed. */
export function sceneOf (seed: number): Scene {
  const dice = new Dice(seed)
  const known = [...CONTRACTS, ...CONTRACTS, STRANGER, SENDER, addressFrom(0n), ...PRECOMPILES.slice(0, 2)]
  const pre: Record<Address, FixtureState[Address]> = { [SENDER]: { balance: '0xffffff', nonce: '0x1', code: '0x', storage: {} } }
  for (const address of CONTRACTS) {
    const storage = Object.fromEntries(Array.from({ length: dice.below(4) }, () => [`0x${dice.below(6)}`, `0x${1 + dice.below(5)}`])) as Record<Hex, Hex>
    pre[address] = { balance: `0x${dice.below(5)}`, nonce: '0x1', code: bytesToHex(program(dice, known)), storage }
  }
  return {
    pre,
    to: CONTRACTS[0] as Address,
    valueWei: BigInt(dice.below(4)),
    gas: BigInt(dice.pick([dice.below(3_000), dice.below(60_000), dice.below(400_000), 400_000])),
    data: dice.bytes(dice.below(80)),
    pauses: dice.below(4) === 0 ? Array.from({ length: 6 }, () => BigInt(1 + dice.below(60))) : [],
    limits: dice.below(3) === 0 ? limitsOf(dice) : {}
  }
}

/** So tight that many a scene meets one of them. */
function limitsOf (dice: Dice): ExecutionLimits {
  return {
    memoryBytes: dice.pick([0, 32, 33, 96, 160, 512, 1024]), frames: dice.below(4), modexpBytes: dice.pick([0, 1, 32, 64]),
    callDataBytes: dice.pick([0, 1, 32, 64]), returnDataBytes: dice.pick([0, 1, 31, 32, 96]), writes: dice.below(4)
  }
}

/** Runs a scene in both. */
export async function fuzz (seed: number, judge: LocalJudge): Promise<Outcome> {
  const scene = sceneOf(seed)
  const reference = await runReference(scene)
  const message = messageOf(scene, reference.touched)
  const judged = await judgeWith(judge, message, scene.pre, 1n << 40n)
  const { answer } = judged
  if (answer.kind !== 'result') return fail(`the interpreter answers ${answer.kind} ${answer.kind === 'refusal' ? `${answer.selector} ${answer.args.join(' ')}` : ''}`)
  const outcome = compare(await reference.facts(answer), factsOf(scene, answer))
  return outcome.verdict === 'pass' ? await inPieces(scene, judged.message, answer, judge) : outcome
}

/** The same message with stops: its end is the same, whatever room it had. */
async function inPieces (scene: Scene, message: JudgeMessage, whole: JudgeResult, judge: LocalJudge): Promise<Outcome> {
  if (scene.pauses.length === 0) return PASS
  const [first = 1n, ...rest] = scene.pauses
  let taken = first
  let { answer } = await judge.start(message, first)
  for (const steps of [...rest, 1n << 40n]) {
    if (answer.kind !== 'pause') break
    taken += steps
    answer = (await judge.resume(message, answer, steps)).answer
  }
  if (answer.kind !== 'result') return fail(`after stops, the interpreter answers ${answer.kind} ${answer.kind === 'refusal' ? `${answer.selector} ${answer.args.join(' ')}` : ''}`)
  const steps = (1n << 40n) - whole.stepsLeft
  if (taken - answer.stepsLeft !== steps) return fail(`after stops: ${taken - answer.stepsLeft} steps, without ${steps}`)
  return compare(factsOf(scene, whole), factsOf(scene, answer))
}

function factsOf (scene: Scene, { success, gasLeft, refund, logsHash, returnData, accounts, slots }: JudgeResult): Facts {
  return {
    success: String(success), gasUsed: String(scene.gas - gasLeft), refund: String(refund), logs: logsHash, returnData: bytesToHex(returnData),
    destroyed: accounts.filter(({ destroyed }) => destroyed).map(({ address }) => address).sort().join(),
    ...Object.fromEntries(accounts.map(({ address, nonce, balanceWei, codeHash }) => [address, `nonce ${nonce}, balance ${balanceWei}, code ${codeHash}`])),
    ...Object.fromEntries(slots.map(({ address, key, value }) => [`${address}[${key}]`, String(value)]))
  }
}

function messageOf (scene: Scene, touched: Touched): JudgeMessage {
  const warm = new Set<Address>([SENDER, scene.to, COINBASE, ...PRECOMPILES])
  const addresses = [...new Set([...touched.keys(), ...warm])]
  return {
    kind: 'call', to: scene.to, caller: SENDER, valueWei: scene.valueWei, gas: scene.gas, data: scene.data, limits: scene.limits,
    environment: {
      origin: SENDER, gasPriceWei: 7n, coinbase: COINBASE, timestampSec: 1000n, number: 5n, prevRandao: RANDAO, gasLimit: 30_000_000n, chainId: 1n,
      baseFeeWei: 3n, blobBaseFeeWei: 1n, blockHashes: [], blobHashes: []
    },
    accounts: addresses.map((address) => {
      const { balance = '0x0', nonce = '0x0', code = '0x', storage = {} } = scene.pre[address] ?? {}
      const bytes = code === '0x' ? new Uint8Array() : Uint8Array.from((code.slice(2).match(/../g) ?? []).map((pair) => parseInt(pair, 16)))
      return { address, balanceWei: BigInt(balance), nonce: BigInt(nonce), codeHash: hash32(bytes), code: bytes, warm: warm.has(address), hasStorage: Object.keys(storage).length > 0 }
    }),
    slots: addresses.flatMap((address) => [...touched.get(address) ?? []].map((key) => {
      const found = Object.entries(scene.pre[address]?.storage ?? {}).find(([slot]) => BigInt(slot) === key)
      return { address, key, value: BigInt(found?.[1] ?? 0), warm: false }
    }))
  }
}

async function runReference (scene: Scene): Promise<{ touched: Touched, facts: (judged: JudgeResult) => Promise<Facts> }> {
  const stateManager = new SimpleStateManager({ common })
  for (const [address, { balance, nonce, code, storage }] of Object.entries(scene.pre) as [Address, FixtureState[Address]][]) {
    // runCall uses up the sender's nonce, which the judge's message has used up before.
    await stateManager.putAccount(ethOf(address), new Account(BigInt(nonce) - (address === SENDER ? 1n : 0n), BigInt(balance)))
    if (code !== '0x') await stateManager.putCode(ethOf(address), Uint8Array.from((code.slice(2).match(/../g) ?? []).map((pair) => parseInt(pair, 16))))
    for (const [key, value] of Object.entries(storage)) await stateManager.putStorage(ethOf(address), word(BigInt(key)), stripZeros(word(BigInt(value))))
  }
  const touched = watch(stateManager)
  const evm = new EVM({ common, stateManager, blockchain: new EVMMockBlockchain(), bn254: new NobleBN254(), customPrecompiles: precompilesOf(common, scene.limits) })
  runSynchronously(evm, scene.limits)
  const block = {
    header: {
      number: 5n, timestamp: 1000n, coinbase: ethOf(COINBASE), gasLimit: 30_000_000n, prevRandao: Uint8Array.from({ length: 32 }, () => 0x5a), difficulty: 0n, baseFeePerGas: 3n,
      getBlobGasPrice: () => 1n
    }
  }
  for (const address of [SENDER, scene.to, COINBASE, ...PRECOMPILES]) evm.journal.addAlwaysWarmAddress(address.slice(2))
  const { execResult } = await evm.runCall({
    block, to: ethOf(scene.to), caller: ethOf(SENDER), origin: ethOf(SENDER), data: scene.data, gasLimit: scene.gas, gasPrice: 7n, value: scene.valueWei
  })
  const success = execResult.exceptionError === undefined
  const facts = async (judged: JudgeResult): Promise<Facts> => {
    const found: Record<string, string> = {
      success: String(success), gasUsed: String(execResult.executionGasUsed), refund: String(success ? execResult.gasRefund ?? 0n : 0n),
      logs: hashLogs(success ? (execResult.logs ?? []).map(([address, topics, data]) => ({ address: bytesToHex(address) as Address, topics, data })) : []),
      returnData: bytesToHex(execResult.returnValue),
      destroyed: success ? destroyedOf(execResult) : ''
    }
    for (const { address } of judged.accounts) {
      const account = await stateManager.getAccount(ethOf(address))
      found[address] = `nonce ${account?.nonce ?? 0n}, balance ${account?.balance ?? 0n}, code ${bytesToHex(account?.codeHash ?? new Account().codeHash)}`
    }
    for (const { address, key } of judged.slots) {
      const account = await stateManager.getAccount(ethOf(address))
      found[`${address}[${key}]`] = String(account === undefined ? 0n : bytesToBigint(await stateManager.getStorage(ethOf(address), word(key))))
    }
    return found
  }
  return { touched, facts }
}

/** Accounts that go at the end: destroyed by themselves, and created in this transaction (EIP-6780). */
function destroyedOf ({ selfdestruct, createdAddresses }: Pick<ExecResult, 'selfdestruct' | 'createdAddresses'>): string {
  return [...selfdestruct?.keys() ?? []].filter((address) => createdAddresses?.has(address) === true).sort().join()
}
