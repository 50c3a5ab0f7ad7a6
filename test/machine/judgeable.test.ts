// time limit: 400 s
/** What can be judged: the bound that all nodes compute is above what the judge really takes, each part of it is needed, and what exceeds it is skipped. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assemble } from '../../scripts/conformance/assembler.js'
import { concatBytes } from '../../src/protocol/bytes.js'
import { mostTransactions } from '../../src/protocol/limits.js'
import { costOfJudging, transactionGas } from '../../src/machine/costs.js'
import { firstBytes, lastBytes, machineBytes, measure, OUTER_GAS, readingGas, setupGas, whyNotJudgeable, type Load } from '../../src/machine/judgeable.js'
import { Judgement, type JudgeStep } from '../../src/machine/judgement.js'
import { Machine } from '../../src/machine/machine.js'
import { createVerifier, matterFor, verdictOf } from './judging.js'
import { loadings, runOf, type Loading } from './loads.js'
import { Dice } from './random-code.js'
import { batchOf, threadFor } from './thread.js'

const test = suite('judgeable')
const verifier = await createVerifier()
const GAS = 2_000_000n
const STOPS = 16

type Seen = { readonly load: Load, readonly first: JudgeStep, readonly machines: readonly number[], readonly bytes: readonly number[] }

/** A thread of this code, an input to it, and everything about the input. */
async function trial (code: Uint8Array, data: Uint8Array = new Uint8Array(), gasLimit = GAS): Promise<{ load: Load, matter: Awaited<ReturnType<typeof matterFor>>, machine: Machine, input: ReturnType<ReturnType<typeof threadFor>['input']> }> {
  const thread = threadFor(code, { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, code)
  const input = thread.input(0, { nonce: 1n, to: machine.contract, data, gasLimit, valueWei: 1_000n })
  const batch = batchOf(1n, [input])
  return { load: measure(await runOf(machine, batch, input)), matter: await matterFor(machine, batch, input), machine, input }
}

/** The calls of a judgement that is stopped at many places, one after the other. */
async function look ({ code, data }: Pick<Loading, 'code' | 'data'>): Promise<Seen> {
  const { load, matter } = await trial(code, data)
  const first = await new Judgement(verifier, matter).next()
  const { steps, gasUsed } = verdictOf(first)
  const machines: number[] = []
  const bytes: number[] = []
  for (let i = 1n; i <= BigInt(STOPS); i++) {
    const judgement = new Judgement(verifier, matter)
    const begun = await judgement.next(i === BigInt(STOPS) ? steps - 3n : steps * i / BigInt(STOPS + 1) || 1n)
    machines.push(begun.machine?.length ?? 0)
    if (i % 6n !== 0n) continue
    const ended = await judgement.next()
    assert.is(verdictOf(ended).gasUsed, gasUsed)
    bytes.push(ended.data.length)
  }
  return { load, first, machines, bytes }
}

/** The same load without one part. */
function without (load: Load, part: string): Load {
  return part in load.footprint ? { ...load, footprint: { ...load.footprint, [part]: 0 } } : { ...load, [part]: 0 }
}

for (const loading of loadings()) {
  test(`the machine is never larger than its bound, and would be without its ${loading.part}`, async () => {
    const { load, first, machines, bytes } = await look(loading)
    const largest = Math.max(...machines)
    assert.ok(largest <= machineBytes(load), `${largest} bytes, the bound is ${machineBytes(load)}`)
    assert.ok(largest > machineBytes(without(load, loading.part)), `${largest} bytes, without it ${machineBytes(without(load, loading.part))}`)
    assert.ok(first.data.length <= firstBytes(load), `${first.data.length} bytes, the bound is ${firstBytes(load)}`)
    for (const size of bytes) assert.ok(size <= lastBytes(load), `${size} bytes, the bound is ${lastBytes(load)}`)
  })
}

test('the first transaction is never larger than its bound, and would be without any of its parts', async () => {
  const program = (part: string): Uint8Array => loadings().find(loading => loading.part === part)?.code ?? new Uint8Array()
  const cases: [keyof Load, Uint8Array, Uint8Array][] = [
    ['slots', program('slots'), new Uint8Array()], ['accounts', program('accounts'), new Uint8Array()], ['rawBytes', assemble('STOP'), new Uint8Array(5_000).fill(1)]
  ]
  for (const [part, code, data] of cases) {
    const { load, matter } = await trial(code, data)
    const { length } = (await new Judgement(verifier, matter).next()).data
    assert.ok(length <= firstBytes(load), `${part}: ${length} bytes, the bound is ${firstBytes(load)}`)
    assert.ok(length > firstBytes(without(load, part)), `${part}: ${length} bytes, without it ${firstBytes(without(load, part))}`)
  }
  const own = await trial(concatBytes(assemble('STOP'), new Uint8Array(3_000)))
  const { length } = (await new Judgement(verifier, own.matter).next()).data
  assert.ok(length <= firstBytes(own.load) && length > firstBytes({ ...own.load, codes: [] }), String(length))
})

test('what a transaction costs without its opcodes is within its bound, at its beginning and at its end', async () => {
  for (const { code, data, part } of loadings()) {
    const { load, matter } = await trial(code, data)
    const { steps } = verdictOf(await new Judgement(verifier, matter).next())
    const judgement = new Judgement(verifier, matter)
    const begun = await judgement.next(1n)
    const almost = judgement.copy()
    await almost.next(steps - 3n)
    const ended = await almost.next()
    for (const { data, gasUsed } of [begun, ended]) {
      const cost = transactionGas(data, gasUsed)
      assert.ok(cost <= setupGas(load, data.length), `${part}: ${cost} for ${data.length} bytes, the bound is ${setupGas(load, data.length)}`)
    }
  }
})

test('the proof is counted as long as it is, in a state of many leaves', async () => {
  const many = Array.from({ length: 100 }, (_, i) => `0x1 0x${(i + 1).toString(16).padStart(64, 'f')} SSTORE`).join(' ')
  const thread = threadFor(concatBytes(assemble('CALLDATASIZE 0x20 JUMPI CALLER SLOAD POP GASPRICE SLOAD STOP'), new Uint8Array(22), assemble(`JUMPDEST ${many} STOP`)), { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  machine.commit(await machine.prepare(batchOf(1n, [thread.input(0, { nonce: 1n, to: machine.contract, data: Uint8Array.of(1), gasLimit: 10_000_000n })])))
  const input = thread.input(0, { nonce: 2n, to: machine.contract, gasLimit: 100_000n })
  const load = measure(await runOf(machine, batchOf(2n, [input]), input))
  const { length } = (await new Judgement(verifier, await matterFor(machine, batchOf(2n, [input]), input)).next()).data
  assert.ok(length <= firstBytes(load) && length > firstBytes({ ...load, proofBytes: 0 }), `${length} bytes, the bound is ${firstBytes(load)}`)
})

/** What a random loop does again and again; none of it fails, or takes more memory than the first round. */
const PIECES = [
  'JUMPDEST', 'JUMPDEST', 'PC POP', 'GAS POP', '0x7 SLOAD POP', '0x1 0x7 SSTORE', 'GAS 0x8 SSTORE', 'GAS SLOAD POP', 'GAS BALANCE POP', 'GAS GAS TSTORE', '0x400 0x0 KECCAK256 POP', '0x40 0x0 LOG0',
  '0x0 0x0 0x0 0x0 ADDRESS 0x10 STATICCALL POP', '0x0 0x0 0x0 0x0 0x1 GAS 0x0 CALL POP', '0x20 0x0 0x400 0x0 0x2 0x300 STATICCALL POP', 'GAS 0x0 MSTORE', '0x400 0x0 0x400 MCOPY',
  '0xff GAS EXP POP', '0x0 0x0 0x0 CREATE POP', '0x400 0x0 0x0 0x0 0x4 0x100 STATICCALL POP'
]

test('random programs on random states: what the rule lets in is judged within the limits and its number of transactions', async () => {
  const dice = new Dice(11)
  const most: number[] = []
  for (let i = 0; i < 12; i++) {
    // Every second one of cheap opcodes alone, which cost the judge most.
    const pieces = i % 2 === 0 ? PIECES : PIECES.slice(0, 4)
    const body = Array.from({ length: 1 + dice.below(40) }, () => dice.pick(pieces)).join(' ')
    const code = concatBytes(Uint8Array.of(0x5b), assemble(`${body} 0x0 JUMP`))
    const { load, matter, machine, input } = await trial(code, dice.bytes(60), dice.pick([60_000n, 150_000n, 250_000n]))
    if (whyNotJudgeable(load) !== undefined) continue
    const outcome = await costOfJudging(verifier, matter)
    if ('refused' in outcome) throw new Error(`${outcome.refused}: ${body}`)
    const { cost, calls } = outcome
    most.push(cost.transactions)
    assert.ok(cost.transactions <= mostTransactions(load.gas), `${cost.transactions} transactions for ${load.gas} gas`)
    for (const { data } of calls) assert.ok(data.length <= Math.max(firstBytes(load), lastBytes(load)), body)
    const outer = calls.reduce((sum, { data, gasUsed }) => sum + transactionGas(data, gasUsed) - setupGas(load, data.length), 0n)
    assert.ok(outer <= OUTER_GAS * load.gas, `${outer} for ${load.gas}: ${body}`)
    assert.is((await machine.prepare(batchOf(1n, [input]))).skipped.length, 0)
  }
  assert.ok(most.length > 8 && Math.max(...most) > 1, most.join())
})

test('what small frames name and cannot pay for is shown to the judge, and counted', async () => {
  // With call data, it looks at the account that they name; without, it calls itself with another name each time, and with gas for no more than to name it.
  const look = 'CALLDATASIZE ISZERO 0x8 JUMPI 0x0 CALLDATALOAD BALANCE'
  const calls = Array.from({ length: 60 }, (_, i) => `0x${(0xe000 + i).toString(16).padStart(40, 'e')} 0x0 MSTORE 0x0 0x0 0x20 0x0 ADDRESS 0x46 STATICCALL POP`).join(' ')
  const { load, matter } = await trial(assemble(`${look} JUMPDEST ${calls} STOP`))
  assert.ok(load.accounts > 60, String(load.accounts))
  const step = await new Judgement(verifier, matter).next()
  assert.ok(verdictOf(step).success)
  assert.ok(step.data.length <= firstBytes(load) && step.data.length > firstBytes({ ...load, accounts: load.accounts - 60 }), String(step.data.length))
})

test('a run that leaves too large a machine is skipped, consumes no nonce and leaves no trace', async () => {
  const wide = assemble(`0x1 0x0 SSTORE 0x1 0xefff MSTORE8 0x0 0x0 0x7000 0x0 0x4 GAS STATICCALL POP ${'0x1 0x0 SSTORE 0x2 0x0 SSTORE '.repeat(60)} ${Array.from({ length: 20 }, (_, i) => `0x1 0x${(i + 9).toString(16)} SSTORE`).join(' ')} STOP`)
  const { load, machine, input } = await trial(wide)
  assert.match(String(whyNotJudgeable(load)), /bytes, at most 98304/)
  const before = machine.root
  const { skipped, root, receipts } = await machine.prepare(batchOf(1n, [input]))
  assert.equal([skipped.map(({ code }) => code), receipts.length, root], [['UNJUDGEABLE'], 0, before])
})

/** Code of bytes that could all be PUSH1, with a jump every 41 bytes from each JUMPDEST to the next: the judge has to look back for each. */
function jumpy (size: number): Uint8Array {
  const code = new Uint8Array(size).fill(0x60)
  const jump = (at: number, to: number): void => { code.set([0x61, to >> 8, to & 255, 0x56], at) }
  jump(0, 6)
  for (let place = 6; place + 49 < size; place += 41) {
    code[place] = 0x5b
    if (place + 90 < size) jump(place + 1, place + 41)
    else code[place + 1] = 0
  }
  return code
}

test('to find out where jumps may go costs no more than is reckoned with, and would cost more than all else that is', async () => {
  for (const size of [600, 3_000, 24_576]) {
    const { load, matter } = await trial(jumpy(size), undefined, 400_000n)
    const step = await new Judgement(verifier, matter).next()
    const cost = transactionGas(step.data, step.gasUsed)
    assert.ok(verdictOf(step).success)
    const rest = setupGas(load, step.data.length) + OUTER_GAS * load.gas
    assert.ok(cost <= rest + readingGas(load), `${cost}, the bound is ${rest + readingGas(load)}`)
    if (size === 24_576) assert.ok(cost > rest, `${cost}, without it ${rest}`)
  }
})

test('the numbers of the specification\'s example', () => {
  const load: Load = {
    rawBytes: 120, dataBytes: 36, gas: 400_000n, accounts: 3, slots: 4, codes: [{ size: 5_000, isHeld: true }], proofBytes: 1_000, lookups: 0,
    footprint: { words: 40, frames: 2, initBytes: 0, returnBytes: 32, createdBytes: 0, writes: 2, transientWrites: 0, entries: 2, waitedBytes: undefined }, waitingBytes: undefined
  }
  assert.equal([firstBytes(load), machineBytes(load), lastBytes(load), setupGas(load, lastBytes(load))], [6_572, 6_536, 12_844, 748_760n])
  assert.is(whyNotJudgeable(load), undefined)
  // It is judged in several: with a larger machine it could not be.
  assert.match(String(whyNotJudgeable({ ...load, footprint: { ...load.footprint, words: 3_000 } })), /several transactions/)
})

test('each condition of the rule refuses by itself', async () => {
  const { load } = await trial(assemble('STOP'))
  assert.is(whyNotJudgeable(load), undefined)
  const cases: [Partial<Load>, RegExp][] = [
    [{ codes: Array.from({ length: 256 }, () => ({ size: 1, isHeld: false })) }, /256 codes/],
    [{ rawBytes: 98_304 }, /first transaction/],
    [{ gas: 100_000n, footprint: { ...load.footprint, words: 3_100 } }, /several transactions, .* bytes/],
    [{ gas: 9_000_000n, lookups: 16_000 }, /several transactions, .* gas/],
    [{ gas: 100_000n, codes: [{ size: 24_576, isHeld: true }, { size: 24_576, isHeld: false }] }, /several transactions, .* gas/]
  ]
  for (const [change, expected] of cases) assert.match(String(whyNotJudgeable({ ...load, ...change })), expected)
  // One transaction is enough for all of these.
  assert.is(whyNotJudgeable({ ...load, gas: 10_000n, footprint: { ...load.footprint, words: 3_100 } }), undefined)
  assert.is(whyNotJudgeable({ ...load, codes: [{ size: 24_576, isHeld: true }, { size: 24_576, isHeld: false }] }), undefined)
})

test.run()
