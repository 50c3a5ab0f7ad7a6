// time limit: 300 s
/** One opcode that uses all of the gas that terms may allow: a precompile, judged alone in one transaction, whatever the transaction's gas. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { hexToBytes } from '../../src/protocol/bytes.js'
import { MAX_TERMS_GAS, PLANNED_GAS } from '../../src/protocol/limits.js'
import type { Hex } from '../../src/protocol/types.js'
import { transactionGas } from '../../src/machine/costs.js'
import { encodeJudge } from '../../src/machine/judge-case.js'
import { encodeWitness } from '../../src/machine/judge-witness.js'
import { DEFAULT_ROOMS } from '../../src/machine/judge.js'
import { Machine } from '../../src/machine/machine.js'
import { witnessOf } from '../../src/machine/witness.js'
import { createVerifier, errorOf, matterFor, verdictOf } from './judging.js'
import { batchOf, threadFor } from './thread.js'

const test = suite('one opcode')
const verifier = await createVerifier()

/** BLAKE2F with so many rounds, its success returned, as the judge is asked about it. */
async function blake2f (rounds: number): Promise<Uint8Array> {
  const code = hexToBytes(`0x63${rounds.toString(16).padStart(8, '0')}60e01b5f525f5f60d55f60095afa5f5260205ff3` as Hex)
  const thread = threadFor(code, { codeKind: 1, gasLimit: MAX_TERMS_GAS })
  const { machine } = await Machine.genesis(thread.context, code)
  const input = thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: MAX_TERMS_GAS })
  const matter = await matterFor(machine, batchOf(1n, [input]), input)
  const { accounts, proof } = witnessOf(matter.view, matter.touched)
  return encodeJudge(matter.judgeCase, matter.raw, encodeWitness(accounts, proof, matter.cast, { steps: 1_000n, rooms: DEFAULT_ROOMS }, []))
}

test('BLAKE2F with all gas that terms may allow takes one transaction, alone', async () => {
  const data = await blake2f(Number(MAX_TERMS_GAS) - 150_000)
  const call = await verifier.call(data, PLANNED_GAS)
  assert.is(errorOf(call), 'a verdict: final')
  assert.is(BigInt(`0x${Buffer.from(verdictOf(call).returnData).toString('hex')}`), 1n)
  assert.ok(transactionGas(data, call.gasUsed) < PLANNED_GAS)
})

test('whatever gas a judgement of it is given, the verdict is the same, or there is none', async () => {
  const rounds = 400_000
  const data = await blake2f(rounds)
  const { gasUsed, answer } = await verifier.call(data)
  const said = new Set<string>()
  for (let percent = 1n; percent <= 125n; percent += 4n) {
    const outer = gasUsed * percent / 100n
    try {
      const call = await verifier.call(data, outer)
      if (call.answer.kind === 'verdict') assert.equal(call.answer, answer, `${percent} %`)
      said.add(errorOf(call))
    } catch (error) {
      said.add((error as { code?: string }).code ?? String(error))
    }
  }
  for (const end of said) assert.ok(['MACHINE_INTERNAL', 'NoAnswer', 'OutOfOuterGas', 'a verdict: final'].includes(end), end)
  assert.ok(said.has('a verdict: final') && said.has('OutOfOuterGas'), [...said].join())
})

test.run()
