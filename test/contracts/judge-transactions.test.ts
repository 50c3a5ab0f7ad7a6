// time limit: 300 s
/** Long runs in several transactions, on a chain that holds each to 2^24 gas (EIP-7825): the machine that one saves is what the next goes on from. */
import { ContractFactory, JsonRpcProvider, Network, NonceManager, Wallet } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil, type Anvil } from '../../scripts/anvil.js'
import { OP } from '../../scripts/conformance/assembler.js'
import { Draft } from '../../scripts/conformance/draft.js'
import { ENVIRONMENT, SENDER } from '../../scripts/conformance/scene.js'
import { addressFrom } from '../../scripts/conformance/transaction.js'
import { judgeWith, type Judged } from '../../scripts/conformance/witness.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Hex } from '../../src/protocol/types.js'
import { DEFAULT_ROOMS, LocalJudge } from '../../src/machine/judge.js'
import { decodeAnswer, type JudgePause, type JudgeResult } from '../../src/machine/judge-answer.js'
import { codesOf, encodeMachine, encodeMessage, type JudgeMessage, type JudgeRooms } from '../../src/machine/judge-input.js'

const test = suite('judge in several transactions')
const TRANSACTION_GAS = 2n ** 24n
const PLENTY = 1n << 40n
const MAIN = addressFrom(0x1000n)
const judge = await LocalJudge.create(loadArtifact('Interpreter').runtimeCode)

/** Calls itself as deep as its data say, and on the way back hashes, writes and creates at each depth: stops fall into frames within frames. */
function deep (): Uint8Array {
  const draft = new Draft().push(0).op(OP.CALLDATALOAD, 1, 1).dup(1).op(OP.ISZERO, 1, 1)
  const close = draft.pushPlace()
  draft.op(OP.JUMPI, 2, 0).push(1).dup(2).op(OP.SUB, 2, 1).push(0).op(OP.MSTORE, 2, 0)
  draft.push(32).push(64).push(32).push(0).push(0).op([OP.ADDRESS, OP.GAS, OP.CALL], 5, 1).op(OP.POP, 1, 0)
  draft.push(96).push(0).op(OP.KECCAK256, 2, 1).dup(2).op(OP.SSTORE, 2, 0)
  draft.push(INIT).push(96).op(OP.MSTORE, 2, 0).push(10).push(96 + 22).push(0).op(OP.CREATE, 3, 1).op(OP.POP, 1, 0)
  close()
  return draft.op(OP.JUMPDEST, 0, 0).push(32).push(0).op(OP.RETURN, 2, 0).finish()
}
/** Ten bytes that return one of code. */
const INIT = 0x600160005360016000f3n

function message (code: Uint8Array, data: Uint8Array, gas: bigint): JudgeMessage {
  const account = (address: typeof MAIN, bytes: Uint8Array): JudgeMessage['accounts'][number] =>
    ({ address, balanceWei: 1n, nonce: 1n, codeHash: hash32(bytes), code: bytes, warm: true, hasStorage: false })
  return { kind: 'call', to: MAIN, caller: SENDER, valueWei: 0n, gas, data, environment: ENVIRONMENT, accounts: [account(SENDER, new Uint8Array()), account(MAIN, code)], slots: [] }
}

type Chain = { ask (input: Uint8Array): Promise<Hex>, send (input: Uint8Array): Promise<{ status: number, gasUsed: bigint }> }

async function onChain (work: (chain: Chain) => Promise<void>): Promise<void> {
  const anvil: Anvil = await startAnvil({ args: ['--enable-tx-gas-limit'] })
  const provider = new JsonRpcProvider(anvil.url, Network.from(anvil.chainId), { cacheTimeout: -1, staticNetwork: true, batchMaxCount: 1 })
  try {
    const { interface: abi, creationCode } = loadArtifact('Interpreter')
    const wallet = new NonceManager(new Wallet(anvil.keys[0] ?? '', provider))
    const contract = await new ContractFactory(abi, creationCode, wallet).deploy()
    await contract.waitForDeployment()
    const to = await contract.getAddress()
    await work({
      ask: async (input) => await provider.call({ to, data: bytesToHex(input), gasLimit: TRANSACTION_GAS }) as Hex,
      send: async (input) => {
        const receipt = await (await wallet.sendTransaction({ to, data: bytesToHex(input), gasLimit: TRANSACTION_GAS })).wait()
        return { status: receipt?.status ?? 0, gasUsed: receipt?.gasUsed ?? 0n }
      }
    })
  } finally {
    provider.destroy()
    await anvil.stop()
  }
}

/** Runs `judged` on the chain, `steps` at a time, each part as a transaction. @returns the gas of each */
async function inTransactions (chain: Chain, { message: whole, answer: end }: Judged, steps: bigint, rooms: JudgeRooms): Promise<bigint[]> {
  const codes = codesOf(whole).map(({ code }) => code)
  const gas: bigint[] = []
  let here = (await judge.start(whole, steps, rooms)).answer
  for (let input = encodeMessage(whole, steps, rooms); ;) {
    const { status, gasUsed } = await chain.send(input)
    assert.is(status, 1)
    gas.push(gasUsed)
    const answer = decodeAnswer(hexToBytes(await chain.ask(input)))
    if (answer.kind === 'result') {
      const { stepsLeft: _, ...got } = answer
      const { stepsLeft: __, ...wanted } = end as JudgeResult
      assert.equal(got, wanted)
      return gas
    }
    assert.is(answer.hash, (here as JudgePause).hash)
    here = (await judge.resume(whole, answer, steps, rooms)).answer
    input = encodeMachine(answer.machine, codes, steps, rooms)
  }
}

test('sort(40), thirty thousand opcodes to a transaction, ends as it does in one go', async () => {
  const { interface: abi, runtimeCode } = loadArtifact('Workloads')
  const judged = await judgeWith(judge, message(runtimeCode, hexToBytes(abi.encodeFunctionData('sort', [40n]) as Hex), 20_000_000n), {}, PLENTY)
  await onChain(async (chain) => {
    const gas = await inTransactions(chain, judged, 30_000n, DEFAULT_ROOMS)
    assert.ok(gas.length >= 2, `${gas.length} transactions`)
  })
})

test('a recursion that writes and creates, stopped in frames within frames, ends as it does in one go', async () => {
  const judged = await judgeWith(judge, message(deep(), Uint8Array.from({ length: 32 }, (_, i) => i === 31 ? 50 : 0), 20_000_000n), {}, PLENTY)
  const end = judged.answer as JudgeResult
  assert.ok(end.success)
  assert.ok(end.codes.size > 0 && end.slots.filter(({ value }) => value !== 0n).length === 50, 'it writes fifty slots, and creates')
  await onChain(async (chain) => {
    const gas = await inTransactions(chain, judged, 600n, judged.rooms)
    assert.ok(gas.length >= 3, `${gas.length} transactions`)
  })
})

test.run()
