// time limit: 240 s
/** False witnesses, foreign machines, and bytes where none belong: the judge refuses by name, or its verdict is the same. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assemble } from '../../scripts/conformance/assembler.js'
import { hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { encodeJudge, encodeJudgeCall, type Verdict } from '../../src/machine/judge-case.js'
import { DEFAULT_ROOMS } from '../../src/machine/judge.js'
import { ALL_STEPS, encodeResumption, encodeWitness, type WitnessAccount } from '../../src/machine/judge-witness.js'
import { Judgement } from '../../src/machine/judgement.js'
import { Machine } from '../../src/machine/machine.js'
import { witnessOf } from '../../src/machine/witness.js'
import { completed, createVerifier, effectOf, errorOf, exhibit, matterFor, verdictOf } from './judging.js'
import { batchOf, PLAYERS, threadFor } from './thread.js'

const test = suite('judge-hostile')
const verifier = await createVerifier()
const STRANGER = `0x${'99'.repeat(20)}` as Address

/** Counts in slot 0, and looks at slot 1 and at the balance of a stranger. */
const thread = threadFor(assemble(`0x0 SLOAD 0x1 ADD 0x0 SSTORE 0x1 SLOAD 0x${'99'.repeat(20)} BALANCE 0x0 MSTORE 0x20 0x0 RETURN`), { codeKind: 1 })
const { machine } = await Machine.genesis(thread.context, thread.code)
machine.commit(await machine.prepare(batchOf(1n, [thread.input(1, { nonce: 1n, to: machine.contract, gasLimit: 100_000n })])))
const input = thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 100_000n, gasPriceWei: 2n })
const matter = await matterFor(machine, batchOf(2n, [input]), input)
const honest = await completed(verifier, matter)

function changed (accounts: readonly WitnessAccount[], address: Address, change: Partial<WitnessAccount>): WitnessAccount[] {
  return accounts.map((account) => account.address === address ? { ...account, ...change } : account)
}

function same (verdict: Verdict): void {
  assert.equal(effectOf(verdict), effectOf(honest))
}

test('the honest witness, also with accounts and slots that nothing touches, gives the verdict', async () => {
  same(verdictOf(await exhibit(verifier, matter)))
  const more = await matterFor(machine, batchOf(2n, [input]), input)
  for (const address of [PLAYERS[1], `0x${'33'.repeat(20)}` as Address, `0x${'00'.repeat(19)}04` as Address]) more.touched.needed(address)
  more.touched.slot(machine.contract, 77n)
  more.touched.slot(STRANGER, 5n)
  same(await completed(verifier, more))
})

test('a false balance, nonce, code, key or value does not fit the proof, or leads to another root', async () => {
  const [sender, contract] = [PLAYERS[0], machine.contract]
  const falsehoods: [string, (accounts: WitnessAccount[]) => WitnessAccount[]][] = [
    ['balance', (accounts) => changed(accounts, sender, { balanceWei: 1n << 100n })],
    ['nonce of another', (accounts) => changed(accounts, contract, { nonce: 2n })],
    ['code by bytes', (accounts) => changed(accounts, contract, { code: assemble('0x1 0x0 SSTORE STOP') })],
    ['a value', (accounts) => changed(accounts, contract, { slots: [{ key: 0n, value: 9n }, { key: 1n, value: 0n }] })]
  ]
  for (const [about, change] of falsehoods) {
    assert.is(errorOf(await exhibit(verifier, matter, ({ accounts }) => ({ accounts: change(accounts) }))), 'OtherRoot', about)
  }
  // An absent account that is said to be there cannot be proved absent, and the other way round.
  for (const change of [{ balanceWei: 5n }, { codeHash: hash32(thread.code) }, { codeHash: ZERO_HASH }]) {
    assert.is(errorOf(await exhibit(verifier, matter, ({ accounts }) => ({ accounts: changed(accounts, STRANGER, change) }))), 'ProofItemNotAbsent')
  }
  const swapped = (accounts: WitnessAccount[]): WitnessAccount[] => changed(accounts, machine.contract, { slots: [{ key: 1n, value: 0n }, { key: 0n, value: 1n }] })
  // Which of the two comes first in the tree depends on the thread's id.
  assert.match(errorOf(await exhibit(verifier, matter, ({ accounts }) => ({ accounts: swapped(accounts) }))), /^(ProofOffPath|ProofItemNotAbsent)$/)
  const poor = (accounts: WitnessAccount[]): WitnessAccount[] => changed(accounts, thread.context.terms.oracle, { balanceWei: 0n })
  assert.is(errorOf(await exhibit(verifier, matter, ({ accounts }) => ({ accounts: poor(accounts) }))), 'OtherRoot')
})

test('the wrong state root, or any other fact of the case, is not covered by the witness', async () => {
  assert.is(errorOf(await exhibit(verifier, matter, ({ judgeCase }) => ({ judgeCase: { ...judgeCase, stateRoot: hash32(Uint8Array.of(1)) } }))), 'OtherRoot')
  assert.is(errorOf(await exhibit(verifier, matter, ({ judgeCase }) => ({ judgeCase: { ...judgeCase, chainId: judgeCase.chainId + 1n } }))), 'WrongChain')
  assert.is(errorOf(await exhibit(verifier, matter, ({ judgeCase }) => ({ judgeCase: { ...judgeCase, wallet: PLAYERS[1], sessionKey: PLAYERS[1] } }))), 'NotTheSigner')
  assert.is(errorOf(await exhibit(verifier, matter, ({ judgeCase }) => ({ judgeCase: { ...judgeCase, inputLimitBytes: 50 } }))), 'InputTooLong')
  assert.is(errorOf(await exhibit(verifier, matter, ({ judgeCase }) => ({ judgeCase: { ...judgeCase, baseFeeWei: 3n } }))), 'FeeCapTooLow')
})

test('an input of another thread is signed for another chain', async () => {
  const other = threadFor(thread.code, { codeKind: 1, salt: hash32(Uint8Array.of(7)) })
  const foreign = other.input(0, { nonce: 1n, to: machine.contract, gasLimit: 100_000n })
  assert.is(errorOf(await exhibit(verifier, matter, () => ({ raw: foreign.raw }))), 'WrongChain')
})

test('an account, a slot or a code that is touched and not shown is named', async () => {
  const without = async (leaveOut: (accounts: WitnessAccount[]) => WitnessAccount[]): Promise<string> =>
    errorOf(await exhibit(verifier, matter, ({ accounts }) => ({ accounts: leaveOut(accounts) })))
  assert.is(await without((accounts) => accounts.filter(({ address }) => address !== STRANGER)), 'MissingAccount')
  assert.is(await without((accounts) => accounts.filter(({ address }) => address !== PLAYERS[0])), 'MissingAccount')
  assert.is(await without((accounts) => accounts.filter(({ address }) => address !== thread.context.terms.oracle)), 'MissingAccount')
  assert.is(await without((accounts) => changed(accounts, machine.contract, { slots: [{ key: 0n, value: 1n }] })), 'MissingSlot')
  assert.is(await without((accounts) => changed(accounts, machine.contract, { code: undefined })), 'MissingCode')
})

test('an account or a slot that is shown twice is refused', async () => {
  const twice = async (change: (accounts: WitnessAccount[]) => WitnessAccount[]): Promise<string> => errorOf(await exhibit(verifier, matter, ({ accounts }) => ({ accounts: change(accounts) })))
  assert.is(await twice((accounts) => [...accounts, ...accounts.slice(0, 1)]), 'BadInput')
  assert.is(await twice((accounts) => changed(accounts, machine.contract, { slots: [0n, 1n, 0n].map((key) => ({ key, value: 1n - key })) })), 'BadInput')
})

test('cut short anywhere, or with a byte more, a witness is refused', async () => {
  const { accounts, proof } = witnessOf(matter.view, matter.touched)
  const { length } = encodeWitness(accounts, proof, matter.cast, { steps: ALL_STEPS, rooms: DEFAULT_ROOMS }, [])
  for (let size = 0; size < length; size += size < 40 ? 1 : 7) {
    assert.not.match(errorOf(await exhibit(verifier, matter, undefined, (witness) => witness.slice(0, size))), 'verdict', `${size} bytes`)
  }
  assert.is(errorOf(await exhibit(verifier, matter, undefined, (witness) => Uint8Array.of(...witness, 0))), 'ProofTrailingBytes')
})

test('with any byte changed, a witness is refused by name, or gives the same verdict', async () => {
  const { accounts, proof } = witnessOf(matter.view, matter.touched)
  const { length } = encodeWitness(accounts, proof, matter.cast, { steps: ALL_STEPS, rooms: DEFAULT_ROOMS }, [])
  const errors = new Set<string>()
  // Steps and rooms, the first bytes, are the caller's choice: too few steps stop, too much room costs gas.
  for (let at = 22; at < length; at++) {
    const step = await exhibit(verifier, matter, undefined, (witness) => witness.map((byte, i) => i === at ? byte ^ (1 << at % 8) : byte))
    if (step.answer.kind === 'verdict') same(step.answer)
    else errors.add(errorOf(step))
  }
  assert.equal([...errors].filter((name) => name.startsWith('an unnamed')), [])
  assert.ok(errors.has('OtherRoot') && errors.has('BadWitness'), [...errors].join())
})

test('a verdict does not depend on the gas that the caller gives', async () => {
  const { accounts, proof } = witnessOf(matter.view, matter.touched)
  const data = encodeJudge(matter.judgeCase, matter.raw, encodeWitness(accounts, proof, matter.cast, { steps: ALL_STEPS, rooms: DEFAULT_ROOMS }, []))
  const { gasUsed } = await verifier.call(data)
  let refused = 0
  for (let gas = 20_000n; gas < gasUsed + 30_000n; gas += 3_001n) {
    const answer = await verifier.call(data, gas).then((step) => step.answer, () => undefined)
    if (answer?.kind === 'verdict') same(answer)
    else refused++
  }
  assert.ok(refused > 10)
})

// ---------------------------------------------------------------- in several calls

test('a machine goes on only for the case, the input and the bytes that it was paused for', async () => {
  const paused = await exhibit(verifier, matter, () => ({ steps: 5n }))
  const { accounts, proof } = witnessOf(matter.view, matter.touched)
  const pause = verdictOf(paused).paused
  const allowance = { steps: ALL_STEPS, rooms: DEFAULT_ROOMS }
  const saved = paused.machine ?? new Uint8Array()
  const end = { proof, cast: matter.cast }
  const call = async (judgeCase = matter.judgeCase, raw = matter.raw, witness = encodeResumption(saved, accounts, end, allowance, []), recorded = pause): Promise<string> => {
    const step = await verifier.call(encodeJudge({ ...judgeCase, paused: recorded }, raw, witness))
    if (step.answer.kind === 'verdict' && step.answer.isFinal) same({ ...step.answer })
    return errorOf(step)
  }
  assert.is(await call(), 'a verdict: final')
  const other = { ...matter.judgeCase, timestampSec: matter.judgeCase.timestampSec + 1n }
  assert.is(await call(other), 'OtherMachine')
  assert.is(await call({ ...matter.judgeCase, stateRoot: machine.context.thread as string as Hash32 }), 'OtherMachine')
  assert.is(await call(matter.judgeCase, thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 100_001n, gasPriceWei: 2n }).raw), 'OtherMachine')
  assert.is(await call(undefined, undefined, undefined, hash32(Uint8Array.of(1))), 'OtherMachine')
  for (const at of [0, 500, saved.length - 1]) {
    const bent = saved.map((byte, i) => i === at ? byte ^ 1 : byte)
    assert.is(await call(undefined, undefined, encodeResumption(bent, accounts, end, allowance, [])), 'OtherMachine')
  }
  const longer = Uint8Array.of(...saved, 0)
  assert.is(await call(undefined, undefined, encodeResumption(longer, accounts, end, allowance, [])), 'OtherMachine')
  // The end: with accounts of another order, without a proof, with too much.
  assert.is(await call(undefined, undefined, encodeResumption(saved, [...accounts].reverse(), end, allowance, [])), 'BadWitness')
  assert.is(await call(undefined, undefined, encodeResumption(saved, accounts, undefined, allowance, [])), 'BadWitness')
  assert.is(await call(undefined, undefined, encodeResumption(saved, accounts, end, { ...allowance, steps: 2n }, [])), 'BadWitness')
  const stops = encodeResumption(saved, accounts, undefined, { ...allowance, steps: 2n }, [])
  assert.is(await call(undefined, undefined, stops), 'a verdict: paused')
  assert.is(await call(undefined, undefined, Uint8Array.of(...stops, 0)), 'BadWitness')
  const falseEnd = changed(accounts, PLAYERS[0], { balanceWei: 1n })
  assert.is(await call(undefined, undefined, encodeResumption(saved, falseEnd, end, allowance, [])), 'OtherRoot')
  // Another code in the same place.
  const bad = changed(accounts, machine.contract, { code: assemble('STOP') })
  assert.is(await call(undefined, undefined, encodeResumption(saved, bad, end, allowance, [])), 'BadInput')
})

test('what stops is proved from the start: a false value is refused before a machine is recorded', async () => {
  const lie = await exhibit(verifier, matter, ({ accounts }) => ({ accounts: changed(accounts, PLAYERS[0], { balanceWei: 1n << 90n }), steps: 5n }))
  assert.is(errorOf(lie), 'OtherRoot')
})

// ---------------------------------------------------------------- messages without a transaction

test('a message from an account that is nowhere runs without nonce, price and intrinsic gas', async () => {
  const caller = `0x${'55'.repeat(20)}` as Address
  const view = await matterFor(machine, batchOf(2n, [input]), input)
  view.touched.needed(caller)
  const { accounts, proof } = witnessOf(view.view, view.touched)
  const cast = { sender: caller, target: machine.contract, coinbase: ZERO_ADDRESS }
  const witness = encodeWitness(accounts, proof, cast, { steps: ALL_STEPS, rooms: DEFAULT_ROOMS }, [])
  const judgeCase = { ...matter.judgeCase, wallet: caller, sessionKey: ZERO_ADDRESS, coinbase: ZERO_ADDRESS, gasLimit: 60_000n }
  const verdict = verdictOf(await verifier.call(encodeJudgeCall(judgeCase, machine.contract, hexToBytes('0x'), witness)))
  const { returnData, gasUsed, success } = await machine.call({ from: caller, to: machine.contract, data: new Uint8Array(), gasLimit: 81_000n }, batchOf(2n, []))
  assert.equal([verdict.success, verdict.returnData, verdict.gasUsed], [success, returnData, gasUsed - 21_000n])
  assert.is.not(verdict.newRoot, machine.root)
  // A signed input is no message, nor the other way round: what is paused for one is not the other's.
  const paused = verdictOf(await verifier.call(encodeJudgeCall(judgeCase, machine.contract, hexToBytes('0x'), encodeWitness(accounts, proof, cast, { steps: 3n, rooms: DEFAULT_ROOMS }, []))))
  assert.not(paused.isFinal)
  const stranger = encodeJudgeCall({ ...judgeCase, paused: paused.paused }, machine.contract, hexToBytes('0x01'), encodeResumption(new Uint8Array(), accounts, undefined, { steps: 3n, rooms: DEFAULT_ROOMS }, []))
  assert.is(errorOf(await verifier.call(stranger)), 'OtherMachine')
})

test('a judgement that has ended does not go on', async () => {
  const judgement = new Judgement(verifier, matter)
  await judgement.next()
  await judgement.next().then(() => assert.unreachable(), (error: { code?: string }) => { assert.is(error.code, 'MACHINE_INTERNAL') })
})

test.run()
