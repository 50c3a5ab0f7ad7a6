/**
 * Differential fuzzing: the scene of a seed in both EVMs, which must agree in success, gas, refund, return data, logs, destroyed accounts and state. The
 * judge also stops and goes on at random steps, which must change nothing.
 */
import { EVM, NobleBN254, type EVMMockBlockchainInterface, type ExecResult } from '@ethereumjs/evm'
import { SimpleStateManager } from '@ethereumjs/statemanager'
import { Account } from '@ethereumjs/util'
import { bytesToBigint, bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import type { Address } from '../../src/protocol/types.js'
import type { LocalJudge } from '../../src/machine/judge.js'
import { hashLogs, type JudgePause, type JudgeRefusal, type JudgeResult } from '../../src/machine/judge-answer.js'
import { word, type JudgeMessage, type JudgeRooms } from '../../src/machine/judge-input.js'
import { precompilesOf } from '../../src/machine/environment.js'
import { runSynchronously, setRoutine } from '../../src/machine/interpreter.js'
import type { RoutineRun } from '../../src/machine/suspension.js'
import { stripZeros } from '../../src/state/changes.js'
import { compare, fail, PASS, type Facts, type Outcome } from './outcome.js'
import { cancun, ethOf, fixtureBytes, watch, type FixtureState, type Touched } from './reference.js'
import { blockHash, ENVIRONMENT, messageOf, sceneOf, SENDER, warmAt, type Scene } from './scene.js'
import { judgeWith } from './witness.js'

const PLENTY = 1n << 40n
/** Room for nearly every scene: growing it until one fits would run each several times. */
const LARGE_ROOMS: JudgeRooms = { frames: 0x18000, transientSlots: 32, journalEntries: 1024, returnBytes: 0x1000, newCodes: 32, newCodeBytes: 0x10000 }

/** A scene that the reference has run. */
export type Played = { readonly scene: Scene, readonly message: JudgeMessage, readonly gasUsed: bigint, readonly error: string | undefined, readonly facts: (judged: JudgeResult) => Promise<Facts> }

/** Runs a seed's scene in both. */
export async function fuzz (seed: number, judge: LocalJudge): Promise<Outcome> {
  return await judgeScene(await play(sceneOf(seed)), judge)
}

/** Runs a scene in the reference: with less gas than it uses, where it says so. @param watchEvm sees each EVM before it runs */
export async function play (scene: Scene, watchEvm: (evm: EVM) => void = () => {}): Promise<Played> {
  const played = await runReference(scene, watchEvm)
  if (scene.cut === undefined) return played
  return await runReference({ ...scene, gas: 1n + played.gasUsed * BigInt(scene.cut) / 1000n, cut: undefined }, watchEvm)
}

/** Runs a scene in the judge, in one go and with stops, and compares. */
export async function judgeScene ({ scene, message, facts }: Played, judge: LocalJudge): Promise<Outcome> {
  const large = await judgeWith(judge, message, scene.pre, PLENTY, LARGE_ROOMS)
  const judged = large.answer.kind === 'result' ? large : await judgeWith(judge, message, scene.pre, PLENTY)
  const { answer } = judged
  if (answer.kind !== 'result') return fail(`the interpreter answers ${inWords(answer)}`)
  const outcome = compare(await facts(answer), factsOf(scene, answer))
  return outcome.verdict === 'pass' ? await inPieces(scene, judged.message, answer, judge) : outcome
}

/** The same message with stops: its end is the same, whatever room it had. */
async function inPieces (scene: Scene, message: JudgeMessage, whole: JudgeResult, judge: LocalJudge): Promise<Outcome> {
  if (scene.pauses.length === 0) return PASS
  const [first = 1n, ...rest] = scene.pauses
  let taken = first
  let { answer } = await judge.start(message, first)
  for (const steps of [...rest, PLENTY]) {
    if (answer.kind !== 'pause') break
    taken += steps
    answer = (await judge.resume(message, answer, steps)).answer
  }
  if (answer.kind !== 'result') return fail(`after stops, the interpreter answers ${inWords(answer)}`)
  const steps = PLENTY - whole.stepsLeft
  if (taken - answer.stepsLeft !== steps) return fail(`after stops: ${taken - answer.stepsLeft} steps, without ${steps}`)
  return compare(factsOf(scene, whole), factsOf(scene, answer))
}

function inWords (answer: JudgePause | JudgeRefusal): string {
  return answer.kind === 'pause' ? 'pause' : `${answer.selector} ${answer.args.join(' ')}`
}

function factsOf (scene: Scene, { success, suspended, gasLeft, refund, logsHash, returnData, accounts, slots }: JudgeResult): Facts {
  return {
    success: String(success), suspended: String(suspended), gasUsed: String(scene.gas - gasLeft), refund: String(refund), logs: logsHash,
    // Of a creation, the reference returns the code, which is compared as the account's.
    returnData: scene.kind === 'create' && success ? '0x' : bytesToHex(returnData),
    destroyed: accounts.filter(({ destroyed }) => destroyed).map(({ address }) => address).sort().join(),
    ...Object.fromEntries(accounts.map(({ address, nonce, balanceWei, codeHash }) => [address, `nonce ${nonce}, balance ${balanceWei}, code ${codeHash}`])),
    ...Object.fromEntries(slots.map(({ address, key, value }) => [`${address}[${key}]`, String(value)]))
  }
}

async function runReference (scene: Scene, watchEvm: (evm: EVM) => void): Promise<Played> {
  const { stateManager, touched, evm } = await referenceOf(scene)
  watchEvm(evm)
  const run: RoutineRun | undefined = scene.pieceGas === 0n ? undefined : { kind: 'stops', rules: { contract: scene.to, players: new Set(), pieceGas: scene.pieceGas } }
  setRoutine(evm, run)
  const header = {
    number: ENVIRONMENT.number, timestamp: ENVIRONMENT.timestampSec, coinbase: ethOf(ENVIRONMENT.coinbase), gasLimit: ENVIRONMENT.gasLimit, prevRandao: hexToBytes(ENVIRONMENT.prevRandao),
    difficulty: 0n, baseFeePerGas: ENVIRONMENT.baseFeeWei, getBlobGasPrice: () => ENVIRONMENT.blobBaseFeeWei
  }
  const { execResult } = await evm.runCall({
    block: { header }, caller: ethOf(SENDER), origin: ethOf(SENDER), data: scene.data, gasLimit: scene.gas, gasPrice: ENVIRONMENT.gasPriceWei, value: scene.valueWei,
    blobVersionedHashes: [...ENVIRONMENT.blobHashes], ...scene.kind === 'call' ? { to: ethOf(scene.to) } : {}
  })
  const success = execResult.exceptionError === undefined
  const facts = async (judged: JudgeResult): Promise<Facts> => {
    const found: Record<string, string> = {
      success: String(success), suspended: String(run?.left !== undefined), gasUsed: String(execResult.executionGasUsed), refund: String(success ? execResult.gasRefund ?? 0n : 0n),
      logs: hashLogs(success ? (execResult.logs ?? []).map(([address, topics, data]) => ({ address: bytesToHex(address) as Address, topics, data })) : []),
      returnData: scene.kind === 'create' && success ? '0x' : bytesToHex(run?.left ?? execResult.returnValue),
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
  return { scene, message: messageOf(scene, touched), gasUsed: execResult.executionGasUsed, error: execResult.exceptionError?.error, facts }
}

async function referenceOf (scene: Scene): Promise<{ stateManager: SimpleStateManager, touched: Touched, evm: EVM }> {
  const common = cancun()
  const stateManager = new SimpleStateManager({ common })
  for (const [address, { balance, nonce, code, storage }] of Object.entries(scene.pre) as [Address, FixtureState[Address]][]) {
    // runCall uses up the sender's nonce, which the judge's message has used up before.
    await stateManager.putAccount(ethOf(address), new Account(BigInt(nonce) - (address === SENDER ? 1n : 0n), BigInt(balance)))
    if (code !== '0x') await stateManager.putCode(ethOf(address), fixtureBytes(code))
    for (const [key, value] of Object.entries(storage)) await stateManager.putStorage(ethOf(address), word(BigInt(key)), stripZeros(word(BigInt(value))))
  }
  const touched = watch(stateManager)
  const evm = new EVM({ common, stateManager, blockchain: BLOCKS, bn254: new NobleBN254(), customPrecompiles: precompilesOf(common, scene.limits) })
  runSynchronously(evm, scene.limits)
  for (const [address, slots] of warmAt(scene)) {
    evm.journal.addAlwaysWarmAddress(address.slice(2))
    for (const slot of slots) evm.journal.addAlwaysWarmSlot(address.slice(2), bytesToHex(word(slot)).slice(2))
  }
  return { stateManager, touched, evm }
}

/** Knows the blocks whose hashes the judge is given; of others it says zero, as the judge does. */
const BLOCKS: EVMMockBlockchainInterface = {
  async getBlock (number) {
    const known = BigInt(Number(number)) >= ENVIRONMENT.number - BigInt(ENVIRONMENT.blockHashes.length)
    return { hash: () => known ? hexToBytes(blockHash(BigInt(Number(number)))) : new Uint8Array(32) }
  },
  async putBlock () {},
  shallowCopy: () => BLOCKS
}

/** Accounts that go at the end: destroyed by themselves, and created in this transaction (EIP-6780). */
function destroyedOf ({ selfdestruct, createdAddresses }: Pick<ExecResult, 'selfdestruct' | 'createdAddresses'>): string {
  return [...selfdestruct?.keys() ?? []].filter((address) => createdAddresses?.has(address) === true).sort().join()
}
