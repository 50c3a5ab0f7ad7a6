// time limit: 300 s
/** The whole judge on a real chain with EIP-7825's limit: a game move by move, a long run in several transactions, and the answer and gas that were predicted. */
import { ContractFactory, JsonRpcProvider, Network, NonceManager, Wallet } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil } from '../../scripts/anvil.js'
import { assemble } from '../../scripts/conformance/assembler.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bytesToHex, concatBytes, hexToBytes } from '../../src/protocol/bytes.js'
import { THREAD_LIMITS } from '../../src/protocol/limits.js'
import type { Address, Hex } from '../../src/protocol/types.js'
import { PLANNED_LIMITS, transactionGas } from '../../src/machine/costs.js'
import { selectorOf } from '../../src/machine/judge.js'
import { decodeVerdict, type Verdict } from '../../src/machine/judge-case.js'
import { Judgement, type JudgeStep, type Matter } from '../../src/machine/judgement.js'
import { Machine } from '../../src/machine/machine.js'
import { matterOf } from '../../src/machine/matter.js'
import { createVerifier, effectOf, verdictOf } from '../machine/judging.js'
import { batchOf, ETHER, threadFor, ticTacToe } from '../machine/thread.js'

const TRANSACTION_GAS = 2n ** 24n
const EIP_170 = 24_576
const test = suite('judge on a chain, whole')

const anvil = await startAnvil({ args: ['--enable-tx-gas-limit'] })
const provider = new JsonRpcProvider(anvil.url, Network.from(anvil.chainId), { cacheTimeout: -1, staticNetwork: true, batchMaxCount: 1 })
const wallet = new NonceManager(new Wallet(anvil.keys[0] ?? '', provider))
test.after(async () => {
  provider.destroy()
  await anvil.stop()
})

async function deploy (name: string, ...args: unknown[]): Promise<Address> {
  const { interface: abi, creationCode } = loadArtifact(name)
  const contract = await new ContractFactory(abi, creationCode, wallet).deploy(...args)
  await contract.waitForDeployment()
  return (await contract.getAddress()).toLowerCase() as Address
}

const judge = await deploy('Judge', await deploy('Interpreter'), THREAD_LIMITS)
const verifier = await createVerifier()

/** What the chain says to the call, and the gas of the same call as a transaction. */
async function onChain ({ data }: JudgeStep): Promise<{ verdict: Verdict, gasUsed: bigint }> {
  const call = { to: judge, data: bytesToHex(data), gasLimit: TRANSACTION_GAS }
  const verdict = decodeVerdict(hexToBytes(await provider.call(call) as Hex))
  const receipt = await (await wallet.sendTransaction(call)).wait()
  assert.is(receipt?.status, 1)
  return { verdict, gasUsed: receipt?.gasUsed ?? 0n }
}

test('the judge\'s contracts are within EIP-170, and have no storage and nothing that writes', async () => {
  for (const name of ['Judge', 'Interpreter']) {
    const { runtimeCode, interface: abi } = loadArtifact(name)
    assert.ok(runtimeCode.length <= EIP_170, `${name}: ${runtimeCode.length} bytes`)
    abi.forEachFunction((item) => { assert.ok(['view', 'pure'].includes(item.stateMutability), item.name) })
  }
})

test('a judge is not created on an address without an interpreter', async () => {
  const { interface: abi, creationCode } = loadArtifact('Judge')
  const data = bytesToHex(concatBytes(creationCode, hexToBytes(abi.encodeDeploy([`0x${'12'.repeat(20)}`, THREAD_LIMITS]) as Hex)))
  await provider.call({ data }).then(() => assert.unreachable('created'), (error: { data?: string }) => { assert.is(error.data, selectorOf('NoAnswer()')) })
})

test('each move of a game: the chain says what the machine has and what was predicted, for the gas that was predicted', async () => {
  const game = await ticTacToe()
  const { machine } = await Machine.genesis(game.context, game.code)
  // The creation code, as a thread's author puts it on the chain: behind a zero byte (init code 0x600b5981380380925939f3 returns what follows it).
  const code = concatBytes(Uint8Array.of(0), game.code)
  const made = await (await wallet.sendTransaction({ data: bytesToHex(concatBytes(hexToBytes('0x600b5981380380925939f3'), code)) })).wait()
  const holder = { address: (made?.contractAddress ?? '').toLowerCase() as Address, code }
  assert.is(await provider.getCode(holder.address), bytesToHex(code))
  await verifier.hold(holder)
  for (const [i, cell] of [4, 0, 2, 1, 6].entries()) {
    const input = game.input(i % 2 === 0 ? 0 : 1, { nonce: 1n + BigInt(i >> 1), to: machine.contract, data: game.play(cell), valueWei: i < 2 ? ETHER : 0n })
    const batch = batchOf(BigInt(i + 1), [input])
    const step = await machine.inspect(async (world) => await new Judgement(verifier, await matterOf(machine.context, world, batch, input, [holder])).next())
    const { verdict, gasUsed } = await onChain(step)
    const prepared = await machine.prepare(batch)
    machine.commit(prepared)
    assert.equal([verdict.newRoot, verdict.gasUsed, verdict.success], [machine.root, prepared.gasUsed, true], `move ${i}`)
    assert.equal(verdict, verdictOf(step))
    assert.is(gasUsed, transactionGas(step.data, step.gasUsed))
  }
  assert.ok(machine.account(machine.contract).balanceWei === 0n, 'the game has paid out')
})

test('a long run goes over several transactions, each within its limit, and ends as the machine does', async () => {
  const thread = threadFor(assemble('0x1000 JUMPDEST 0x1 SWAP1 SUB DUP1 DUP1 MSTORE8 DUP1 0x3 JUMPI 0x1 0x1 SSTORE 0x20 0x0 RETURN'), { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  const input = thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 2_000_000n })
  const batch = batchOf(1n, [input])
  const matter: Matter = await machine.inspect(async (world) => await matterOf(machine.context, world, batch, input, []))
  // Lets what is touched be completed.
  const whole = verdictOf(await new Judgement(verifier, matter).next())
  const judgement = new Judgement(verifier, matter)
  let last: Verdict | undefined
  let transactions = 0
  while (last?.isFinal !== true) {
    const step = await judgement.next(15_000n)
    const { verdict, gasUsed } = await onChain(step)
    assert.equal(verdict, verdictOf(step))
    assert.ok(gasUsed <= PLANNED_LIMITS.gas, String(gasUsed))
    last = verdict
    transactions++
  }
  const { root, gasUsed, receipts } = await machine.prepare(batch)
  assert.equal(effectOf(last), effectOf(whole))
  assert.equal([last.success, last.newRoot, last.gasUsed, last.returnData], [true, root, gasUsed, receipts[0]?.returnData])
  assert.ok(transactions > 1, `${transactions} transactions`)
})

test('with too little gas the call fails; it never says something else', async () => {
  const thread = threadFor(assemble('0x60 JUMPDEST 0x1 SWAP1 SUB DUP1 0x2 JUMPI 0x5 0x0 SSTORE'), { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  const input = thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 100_000n })
  const step = await machine.inspect(async (world) => await new Judgement(verifier, await matterOf(machine.context, world, batchOf(1n, [input]), input, [])).next())
  const { gasUsed } = await onChain(step)
  let failed = 0
  for (let gasLimit = 60_000n; gasLimit < gasUsed + 20_000n; gasLimit += 9_001n) {
    const said = await provider.call({ to: judge, data: bytesToHex(step.data), gasLimit }).then((bytes) => decodeVerdict(hexToBytes(bytes as Hex)), () => undefined)
    if (said === undefined) failed++
    else assert.equal(said, verdictOf(step))
  }
  assert.ok(failed > 3, `${failed} calls failed`)
})

test.run()
