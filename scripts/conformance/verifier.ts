/** `--verifier`: a case of GeneralStateTests before the whole judge: the raw transaction, a state root and a proof go in, the new root must be the reference's. */
import type { BlockHeader } from '@ethereumjs/block'
import type { RunTxResult } from '@ethereumjs/vm'
import { asHash32, bigintToBytes, bytesToHex, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { hashLogs } from '../../src/machine/judge-answer.js'
import { selectorOf } from '../../src/machine/judge.js'
import type { JudgeCase, Verdict } from '../../src/machine/judge-case.js'
import { Judgement } from '../../src/machine/judgement.js'
import type { LocalVerifier } from '../../src/machine/local-verifier.js'
import { createdBy } from '../../src/machine/matter.js'
import { Touched, type StateView } from '../../src/machine/witness.js'
import type { AccountState } from '../../src/state/changes.js'
import { accountPath, accountValue, slotPath } from '../../src/state/leaf.js'
import { emptyTree, find, rootOf, set, type Tree } from '../../src/state/tree.js'
import { EMPTY_ACCOUNT } from '../../src/state/world.js'
import { compare, fail, outOfScope, PASS, type Facts, type Outcome } from './outcome.js'
import { fixtureBytes, fixtureNumber, type FixtureAccount, type FixtureState, type Reference, type Touched as ReferenceTouched } from './reference.js'

/** The transaction as it came, its sender, and where it goes. */
export type RawInput = { readonly raw: Uint8Array, readonly sender: Address, readonly to: Address | undefined, readonly nonce: bigint }

/** What an input that cannot be included, or is none, is refused with. */
const REFUSALS = new Map([
  'InputTooLong(uint256,uint256)', 'NotCanonical(uint256)', 'BadField(uint256)', 'TrailingBytes()', 'UnknownType(uint256)', 'WrongChain(uint256,uint256)', 'HighS()',
  'NotTheSigner(address)', 'WrongNonce(uint256,uint256)', 'GasLimitTooHigh(uint256,uint256)', 'GasLimitTooLow(uint256,uint256)', 'InitCodeTooLong(uint256,uint256)',
  'FeeCapTooLow(uint256,uint256)', 'CannotPay(uint256)'
].map((signature) => [selectorOf(signature), signature]))
/** More than any raw transaction of the fixtures has. */
const INPUT_LIMIT_BYTES = 1 << 24

/** A case whose transaction the reference has run. */
export async function judgeCase (verifier: LocalVerifier, pre: FixtureState, input: RawInput, header: BlockHeader, ran: RunTxResult, reference: Reference, maxSteps: bigint): Promise<Outcome> {
  // No thread can have one: nothing comes into being with storage alone, and the state tree does not tell what storage an account has.
  if (Object.values(pre).some(hasStorageAlone)) return outOfScope('an account with storage and without nonce and code (EIP-7610)')
  const view = fixtureView(pre)
  const { answer } = await judgementOf(verifier, view, input, header, touchedBy(reference.touched)).next(maxSteps)
  if (answer.kind === 'refusal') return fail(`the judge refuses: ${REFUSALS.get(answer.selector) ?? answer.selector} ${answer.args.join(' ')}`)
  if (!answer.isFinal) return outOfScope(`more than ${maxSteps} inner steps`)
  return compare(await factsOf(view.tree, input, ran, reference), factsOfVerdict(input, answer))
}

/** A case whose transaction the reference refuses: so must the judge. */
export async function judgeInvalid (verifier: LocalVerifier, pre: FixtureState, input: RawInput, header: BlockHeader): Promise<Outcome> {
  if ((input.raw[0] ?? 0) === 3) return outOfScope('a transaction kind that threads refuse')
  if ((pre[input.sender]?.code ?? '0x') !== '0x') return outOfScope('a sender with code (EIP-3607), which no player can be')
  const touched = new Touched()
  touched.needed(input.sender)
  const { answer } = await judgementOf(verifier, fixtureView(pre), input, header, touched).next(1n)
  if (answer.kind === 'refusal' && REFUSALS.has(answer.selector)) return PASS
  return fail(`the reference refuses the transaction, the judge ${answer.kind === 'refusal' ? `refuses with ${answer.selector}` : 'judges it'}`)
}

function judgementOf (verifier: LocalVerifier, view: StateView, { raw, sender, to, nonce }: RawInput, header: BlockHeader, touched: Touched): Judgement {
  const coinbase = header.coinbase.toString() as Address
  const judged: JudgeCase = {
    stateRoot: rootOf(view.tree), wallet: sender, sessionKey: sender, coinbase, timestampSec: header.timestamp, number: header.number, prevRandao: asHash32(header.prevRandao),
    gasLimit: header.gasLimit, chainId: 1n, baseFeeWei: header.baseFeePerGas ?? 0n, blobBaseFeeWei: header.getBlobGasPrice(), inputLimitBytes: INPUT_LIMIT_BYTES, routine: ZERO_ADDRESS, players: [], pieceGas: 0n, paused: ZERO_HASH
  }
  return new Judgement(verifier, { judgeCase: judged, raw, cast: { sender, target: to ?? createdBy(sender, nonce), coinbase }, view, touched, holders: [] })
}

function touchedBy (reference: ReferenceTouched): Touched {
  const touched = new Touched()
  for (const [address, slots] of reference) {
    touched.code(address)
    for (const key of slots) touched.slot(address, key)
  }
  return touched
}

function hasStorageAlone ({ nonce, code, storage }: FixtureAccount): boolean {
  return fixtureNumber(nonce) === 0n && fixtureBytes(code).length === 0 && Object.values(storage).some((value) => fixtureNumber(value) !== 0n)
}

/** The fixture's state as a thread's tree. */
function fixtureView (pre: FixtureState): StateView {
  const accounts = new Map<Address, AccountState>()
  const codes = new Map<Hash32, Uint8Array>()
  const slots = new Map<string, bigint>()
  let tree: Tree = emptyTree
  for (const [address, { nonce, balance, code, storage }] of Object.entries(pre) as [Address, FixtureAccount][]) {
    const bytes = fixtureBytes(code)
    const account = { nonce: fixtureNumber(nonce), balanceWei: fixtureNumber(balance), codeHash: hash32(bytes) }
    accounts.set(address, account)
    codes.set(account.codeHash, bytes)
    tree = written(tree, accountPath(address), accountValue(account.nonce, account.balanceWei, account.codeHash))
    for (const [key, value] of Object.entries(storage)) {
      slots.set(`${address} ${fixtureNumber(key)}`, fixtureNumber(value))
      tree = written(tree, slotPath(address, wordHash(fixtureNumber(key))), bigintToBytes(fixtureNumber(value), 32))
    }
  }
  return {
    tree,
    account: (address) => accounts.get(address) ?? EMPTY_ACCOUNT,
    slot: (address, key) => slots.get(`${address} ${key}`) ?? 0n,
    code: (hash) => codes.get(hash)
  }
}

/** The rule of the specification's §4: nothing is inserted for zero. */
function written (tree: Tree, path: Uint8Array, value: Uint8Array): Tree {
  return value.some((byte) => byte !== 0) || find(tree, path) !== undefined ? set(tree, path, value) : tree
}

async function factsOf (before: Tree, { to }: RawInput, ran: RunTxResult, reference: Reference): Promise<Facts> {
  let tree = before
  // What is looked at here is touched, too: the list is taken first.
  for (const [address, slots] of [...reference.touched].map(([at, keys]) => [at, [...keys]] as const)) {
    const { nonce, balanceWei, code } = await reference.account(address)
    tree = written(tree, accountPath(address), accountValue(nonce, balanceWei, hash32(code)))
    for (const key of slots) tree = written(tree, slotPath(address, wordHash(key)), bigintToBytes(await reference.storage(address, key), 32))
  }
  return {
    success: String(ran.execResult.exceptionError === undefined),
    gasUsed: String(ran.totalGasSpent),
    logs: hashLogs(ran.receipt.logs.map(([address, topics, data]) => ({ address: bytesToHex(address) as Address, topics, data }))),
    root: rootOf(tree),
    ...to === undefined ? {} : { returnData: bytesToHex(ran.execResult.returnValue), returnHash: hash32(ran.execResult.returnValue) }
  }
}

function factsOfVerdict ({ to }: RawInput, { success, gasUsed, logsHash, newRoot, returnData, returnHash }: Verdict): Facts {
  return { success: String(success), gasUsed: String(gasUsed), logs: logsHash, root: newRoot, ...to === undefined ? {} : { returnData: bytesToHex(returnData), returnHash } }
}

function wordHash (key: bigint): Hash32 {
  return asHash32(bigintToBytes(key, 32))
}
