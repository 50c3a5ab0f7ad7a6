/** GeneralStateTests: each case through runTx, whose post-state root must be the fixture's, and through the interpreter. */
import { createBlock } from '@ethereumjs/block'
import { Capability, createLegacyTx, createTxFromRLP, isLegacyTx, type TypedTransaction } from '@ethereumjs/tx'
import type { RunTxResult } from '@ethereumjs/vm'
import { asHash32, bytesToHex } from '../../src/protocol/bytes.js'
import { addressOf, hash32, keccak256 } from '../../src/protocol/crypto.js'
import type { Address, Hash32, Hex } from '../../src/protocol/types.js'
import { LocalJudge } from '../../src/machine/judge.js'
import type { LocalVerifier } from '../../src/machine/local-verifier.js'
import { hashLogs, type JudgeResult } from '../../src/machine/judge-answer.js'
import { compare, fail, outOfScope, type Case, type Facts, type Outcome } from './outcome.js'
import { cancun, ethOf, fixtureBytes, fixtureNumber, Reference, type FixtureState } from './reference.js'
import { close, prepare, type Prepared } from './transaction.js'
import { judgeCase, judgeInvalid, type RawInput } from './verifier.js'
import { judgeWith } from './witness.js'

type FixtureEnvironment = {
  readonly currentCoinbase: Address, readonly currentGasLimit: Hex, readonly currentNumber: Hex, readonly currentTimestamp: Hex
  readonly currentRandom?: Hex, readonly currentDifficulty?: Hex, readonly currentBaseFee?: Hex, readonly currentExcessBlobGas?: Hex
}
type Post = { readonly hash: Hash32, readonly txbytes: Hex, readonly indexes: { readonly data: number, readonly gas: number, readonly value: number }, readonly expectException?: string }
/** A test of a GeneralStateTests file. */
export type StateTest = { readonly transaction: { readonly secretKey: Hex }, readonly env: FixtureEnvironment, readonly pre: FixtureState, readonly post: Readonly<Record<string, readonly Post[]>> }

const FORK = 'Cancun'

/** True for a test of this kind. */
export function isStateTest (value: unknown): value is StateTest {
  return typeof value === 'object' && value !== null && 'post' in value && 'transaction' in value && 'env' in value
}

/** The Cancun cases of a test. @param maxSteps inner opcodes that a case may take */
export function stateCases (name: string, test: StateTest, judge: LocalJudge | LocalVerifier, maxSteps: bigint): Case[] {
  return (test.post[FORK] ?? []).map((post) => {
    const { data, gas, value } = post.indexes
    return { name: `${name} [data ${data}, gas ${gas}, value ${value}]`, run: async () => await runCase(test, post, judge, maxSteps) }
  })
}

async function runCase (test: StateTest, post: Post, judge: LocalJudge | LocalVerifier, maxSteps: bigint): Promise<Outcome> {
  const common = cancun()
  const block = blockOf(test.env, common)
  let tx: TypedTransaction
  try {
    tx = createTxFromRLP(fixtureBytes(post.txbytes), { common })
  } catch (error) {
    if (post.expectException !== undefined) return await unreadable(judge, test, post, block)
    return fail(`the reference cannot read the transaction: ${String(error)}`)
  }
  const reference = await Reference.create(common, test.pre)
  const ran = await reference.run(tx, block)
  if ('refused' in ran) {
    if (post.expectException !== undefined) return await invalid(judge, test, tx, block)
    return fail(`the reference refuses the transaction: ${ran.refused}`)
  }
  const root = bytesToHex(await reference.stateManager.getStateRoot())
  if (root !== post.hash) return fail(`the reference has another post-state root: ${root}, the fixture ${post.hash}`)

  const { header } = block
  if (!(judge instanceof LocalJudge)) return await judgeCase(judge, test.pre, inputOf(tx, test), header, ran, reference, maxSteps)
  const prepared = prepare(tx, {
    coinbase: header.coinbase.toString() as Address,
    timestampSec: header.timestamp,
    number: header.number,
    prevRandao: asHash32(header.prevRandao),
    gasLimit: header.gasLimit,
    chainId: 1n,
    baseFeeWei: header.baseFeePerGas ?? 0n,
    blobBaseFeeWei: header.getBlobGasPrice(),
    blockHashes: []
  }, test.pre, reference.touched)
  const { answer } = await judgeWith(judge, prepared.message, test.pre, maxSteps)
  switch (answer.kind) {
    case 'pause': return outOfScope(`more than ${maxSteps} inner steps`)
    case 'refusal': return fail(`the interpreter refuses: ${answer.selector} ${answer.args.map((arg) => '0x' + arg.toString(16)).join(' ')}`)
    case 'result': return compare(await factsOf(ran, reference, prepared, answer), factsOfJudge(prepared, answer))
  }
}

/** Bytes that are no transaction: the sender is whoever the test says would have signed. */
async function unreadable (judge: LocalJudge | LocalVerifier, test: StateTest, { txbytes }: Post, block: ReturnType<typeof createBlock>): Promise<Outcome> {
  if (judge instanceof LocalJudge) return outOfScope('the transaction is invalid, which is found before the interpreter')
  const sender = addressOf(fixtureBytes(test.transaction.secretKey))
  return await judgeInvalid(judge, test.pre, { raw: fixtureBytes(txbytes), sender, to: sender, nonce: 0n }, block.header)
}

async function invalid (judge: LocalJudge | LocalVerifier, test: StateTest, tx: TypedTransaction, block: ReturnType<typeof createBlock>): Promise<Outcome> {
  if (judge instanceof LocalJudge) return outOfScope('the transaction is invalid, which is found before the interpreter')
  return await judgeInvalid(judge, test.pre, inputOf(tx, test), block.header)
}

/** As the judge takes it. What is signed for every chain is signed anew for one (EIP-155); it costs and does the same. */
function inputOf (tx: TypedTransaction, { transaction }: StateTest): RawInput {
  const { nonce, gasLimit, value, data, to } = tx
  const gasPrice = 'gasPrice' in tx ? tx.gasPrice : 0n
  const raw = isLegacyTx(tx) && !tx.supports(Capability.EIP155ReplayProtection)
    ? createLegacyTx({ nonce, gasPrice, gasLimit, value, data, ...to === undefined ? {} : { to } }, { common: tx.common }).sign(fixtureBytes(transaction.secretKey)).serialize()
    : tx.serialize()
  return { raw, sender: tx.getSenderAddress().toString() as Address, to: to?.toString() as Address | undefined, nonce }
}

function blockOf (env: FixtureEnvironment, common: ReturnType<typeof cancun>): ReturnType<typeof createBlock> {
  const header = {
    coinbase: ethOf(env.currentCoinbase),
    gasLimit: fixtureNumber(env.currentGasLimit),
    number: fixtureNumber(env.currentNumber),
    timestamp: fixtureNumber(env.currentTimestamp),
    baseFeePerGas: fixtureNumber(env.currentBaseFee ?? '0x0'),
    excessBlobGas: fixtureNumber(env.currentExcessBlobGas ?? '0x0'),
    blobGasUsed: 0n,
    mixHash: fixtureBytes((env.currentRandom ?? env.currentDifficulty ?? '0x').slice(2).padStart(64, '0'))
  }
  return createBlock({ header }, { common, skipConsensusFormatValidation: true })
}

/** The reference's side, for all that the judge has in hand. */
async function factsOf (ran: RunTxResult, reference: Reference, prepared: Prepared, judged: JudgeResult): Promise<Facts> {
  const facts: Record<string, string> = {
    success: String(ran.execResult.exceptionError === undefined),
    gasUsed: String(ran.totalGasSpent),
    logs: hashLogs(ran.receipt.logs.map(([address, topics, data]) => ({ address: bytesToHex(address) as Address, topics, data })))
  }
  // Of a creation, the reference returns the code, which is compared as the account's.
  if (prepared.message.kind === 'call') facts['returnData'] = bytesToHex(ran.execResult.returnValue)
  for (const { address } of judged.accounts) {
    const { nonce, balanceWei, code } = await reference.account(address)
    facts[address] = describe(nonce, balanceWei, hash32(code))
  }
  for (const { address, key } of judged.slots) facts[`${address}[${key}]`] = String(await reference.storage(address, key))
  return facts
}

function factsOfJudge (prepared: Prepared, judged: JudgeResult): Facts {
  const { gasUsed, accounts } = close(prepared, judged)
  const facts: Record<string, string> = { success: String(judged.success), gasUsed: String(gasUsed), logs: judged.logsHash }
  if (prepared.message.kind === 'call') facts['returnData'] = bytesToHex(judged.returnData)
  for (const [address, { nonce, balanceWei, codeHash }] of accounts) facts[address] = describe(nonce, balanceWei, codeHash)
  for (const { address, key, value } of judged.slots) facts[`${address}[${key}]`] = String(accounts.get(address)?.destroyed === true ? 0n : value)
  for (const [codeHash, code] of judged.codes) if (asHash32(keccak256(code)) !== codeHash) facts['code'] = 'has another hash'
  return facts
}

function describe (nonce: bigint, balanceWei: bigint, codeHash: Hash32): string {
  return `nonce ${nonce}, balance ${balanceWei}, code ${codeHash}`
}
