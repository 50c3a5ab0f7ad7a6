// time limit: 240 s
/** The whole judge, run here, against the machine that co-signs: the same root, gas and return data for each input. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { concatBytes } from '../../src/protocol/bytes.js'
import type { Address, Input } from '../../src/protocol/types.js'
import { Judgement } from '../../src/machine/judgement.js'
import { LocalVerifier } from '../../src/machine/local-verifier.js'
import { Machine } from '../../src/machine/machine.js'
import { matterOf } from '../../src/machine/matter.js'
import { batchOf, ETHER, ticTacToe } from './thread.js'
import { transactionGas } from '../../src/machine/costs.js'

const test = suite('judgement')
const verifier = await LocalVerifier.create({ interpreterCode: loadArtifact('Interpreter').runtimeCode, judgeCreationCode: loadArtifact('Judge').creationCode })

test('each move of a game of TicTacToe is judged as the machine has it', async () => {
  const game = await ticTacToe()
  const { machine } = await Machine.genesis(game.context, game.code)
  const holder = { address: `0x${'77'.repeat(20)}` as Address, code: concatBytes(Uint8Array.of(0), game.code) }
  await verifier.hold(holder)
  for (const [i, cell] of [4, 0, 2, 1, 6].entries()) {
    const input: Input = game.input(i % 2 === 0 ? 0 : 1, { nonce: 1n + BigInt(i >> 1), to: machine.contract, data: game.play(cell), valueWei: i < 2 ? ETHER : 0n })
    const batch = batchOf(BigInt(i + 1), [input])
    const step = await machine.inspect(async (world) => await new Judgement(verifier, await matterOf(game.context, world, batch, input, [holder])).next())
    const prepared = await machine.prepare(batch)
    machine.commit(prepared)
    assert.is(step.answer.kind, 'verdict', JSON.stringify(step.answer, (_, v) => typeof v === 'bigint' ? String(v) : v))
    if (step.answer.kind !== 'verdict') return
    const { isFinal, success, newRoot, gasUsed, returnData, steps } = step.answer
    console.log(i, steps, step.gasUsed, step.interpreterGas, step.data.length, transactionGas(step.data, step.gasUsed))
    assert.equal({ isFinal, success, newRoot, gasUsed, returnData }, { isFinal: true, success: true, newRoot: machine.root, gasUsed: prepared.gasUsed, returnData: prepared.receipts[0]?.returnData })
  }
})

test.run()
