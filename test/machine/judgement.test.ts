// time limit: 240 s
/** The whole judge, run here, against the machine that co-signs: the same root, gas, logs and return data for each input, in one call or in many. */
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { assemble } from '../../scripts/conformance/assembler.js'
import { bytesToHex, concatBytes, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import type { Address, Input } from '../../src/protocol/types.js'
import { hashLogs } from '../../src/machine/judge-answer.js'
import { costOfJudging, PLANNED_LIMITS, transactionGas } from '../../src/machine/costs.js'
import { Judgement } from '../../src/machine/judgement.js'
import { blockOf, createThreadEVM } from '../../src/machine/environment.js'
import type { ExecutionLimits } from '../../src/machine/execution-limits.js'
import { Machine } from '../../src/machine/machine.js'
import { matterOf } from '../../src/machine/matter.js'
import { runTransaction } from '../../src/machine/transaction.js'
import { Draft } from '../../src/state/draft.js'
import { rootOf } from '../../src/state/tree.js'
import { treeAfter } from '../../src/state/world.js'
import { createVerifier, effectOf, errorOf, verdictOf } from './judging.js'
import { batchOf, ETHER, ORACLE, PLAYERS, threadFor, ticTacToe } from './thread.js'

const test = suite('judgement')
const verifier = await createVerifier()
const game = await ticTacToe()
const held = { address: `0x${'77'.repeat(20)}` as Address, code: concatBytes(Uint8Array.of(0), game.code) }
await verifier.hold(held)

/** Judges the input on the machine's state, commits it, and compares. */
async function agree (machine: Machine, nonce: bigint, input: Input, about = ''): Promise<void> {
  const batch = batchOf(nonce, [input])
  const step = await machine.inspect(async (world) => await new Judgement(verifier, await matterOf(machine.context, world, batch, input, [held])).next())
  const prepared = await machine.prepare(batch)
  const [receipt] = prepared.receipts
  if (receipt === undefined) throw new Error(`${about}: not included`)
  machine.commit(prepared)
  const logsHash = hashLogs(receipt.logs.map(({ address, topics, data }) => ({ address, topics: topics.map((topic) => hexToBytes(topic)), data })))
  const { success, gasUsed, returnData } = receipt
  // Of a creation that succeeds the judge returns nothing: its code is in the root.
  const created = input.tx.to === undefined && success
  assert.equal(effectOf(verdictOf(step)), { success, newRoot: machine.root, gasUsed, logsHash, returnData: bytesToHex(created ? new Uint8Array() : returnData) }, about)
}

function move (index: number, cell: number, to: Address): Input {
  return game.input(index % 2 === 0 ? 0 : 1, { nonce: 1n + BigInt(index >> 1), to, data: game.play(cell), valueWei: index < 2 ? ETHER : 0n })
}

test('each move of a game of TicTacToe, the winning one included, is judged as the machine has it', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  for (const [i, cell] of [4, 0, 2, 1, 6].entries()) await agree(machine, BigInt(i + 1), move(i, cell, machine.contract), `move ${i}`)
  assert.is(machine.account(PLAYERS[0]).balanceWei, 11n * ETHER)
})

test('a move that reverts is judged as reverted, with its reason, and consumes its nonce', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  await agree(machine, 1n, move(0, 9, machine.contract))
  assert.is(machine.nonceOf(0), 2n)
})

test('legacy, 2930 and 1559 transactions of a wallet pay their price to the oracle', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const fields = { to: machine.contract, gasLimit: 300_000n, data: bytesToHex(game.play(4)), value: ETHER }
  const list = [{ address: machine.contract, storageKeys: [ZERO_HASH, `0x${'11'.repeat(32)}`] }, { address: `0x${'99'.repeat(20)}`, storageKeys: [] }]
  await agree(machine, 1n, game.walletInput(0, { type: 0, nonce: 1, gasPrice: 7n, ...fields }), 'legacy')
  await agree(machine, 2n, game.walletInput(1, { type: 1, nonce: 1, gasPrice: 3n, ...fields, data: bytesToHex(game.play(0)), accessList: list }), '2930')
  await agree(machine, 3n, game.walletInput(0, { type: 2, nonce: 2, maxFeePerGas: 9n, maxPriorityFeePerGas: 2n, ...fields, value: 0n, data: bytesToHex(game.play(1)), accessList: list }), '1559')
  assert.ok(machine.account(ORACLE).balanceWei > ETHER)
})

test('an input that creates, destroys, fails inside, or pays strangers leaves the root that the machine has', async () => {
  // Each is init code of its own: a creation by the player, whose effects are all there is.
  const programs: [string, string][] = [
    ['a contract with storage and code', '0x5 0x3 SSTORE 0x6 0x4 SSTORE 0x0 0x4 SSTORE 0x600160005500 0x0 MSTORE 0x6 0x1a RETURN'],
    ['a contract that destroys itself in its creation', '0x5 0x3 SSTORE ADDRESS SELFDESTRUCT'],
    ['a contract that leaves its money to a stranger', `0x5 0x3 SSTORE 0x${'88'.repeat(20)} SELFDESTRUCT`],
    ['a creation that reverts after it has written', '0x5 0x3 SSTORE 0x9 0x0 MSTORE 0x20 0x0 REVERT'],
    ['a creation that runs out of gas', '0x5 0x3 SSTORE JUMPDEST 0x5 JUMP'],
    ['a creation inside a creation, which destroys itself', '0x60055f5530ff5f 0x0 MSTORE 0x7 0x19 0x2 CREATE 0x0 SSTORE 0x0 0x0 RETURN'],
    ['payments to a stranger, to a precompile and to itself', `0x0 0x0 0x0 0x0 0x1 0x${'89'.repeat(20)} GAS CALL 0x0 SSTORE 0x0 0x0 0x0 0x0 0x1 0x2 GAS CALL 0x0 0x0 0x0 0x0 0x1 ADDRESS GAS CALL 0x0 0x0 RETURN`],
    ['precompiles, and what is cold', `0x20 0x0 0x20 0x0 0x2 GAS STATICCALL 0x20 0x20 0x20 0x0 0x4 GAS STATICCALL 0x${'8a'.repeat(20)} BALANCE 0x0 MLOAD 0x0 SSTORE 0x0 0x0 RETURN`]
  ]
  const thread = threadFor(Uint8Array.of(0), { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  for (const [index, [about, program]] of programs.entries()) {
    await agree(machine, BigInt(index + 1), thread.input(0, { nonce: BigInt(index + 1), data: assemble(program), valueWei: 3n, gasLimit: 200_000n, gasPriceWei: BigInt(index) }), about)
  }
})

test('a leaf that became zero stays, and is proved as zero in the next input', async () => {
  const thread = threadFor(assemble('0x0 SLOAD ISZERO 0x0 SSTORE'), { codeKind: 1 })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  const roots = new Set<string>()
  for (let nonce = 1n; nonce <= 4n; nonce++) {
    await agree(machine, nonce, thread.input(0, { nonce, to: machine.contract, gasLimit: 100_000n }))
    roots.add(machine.root)
  }
  assert.is(roots.size, 4)
})

test('without an oracle, address zero is the coinbase: warm, and paid', async () => {
  const thread = threadFor(assemble('0x0 BALANCE 0x0 SSTORE'), { codeKind: 1, oracle: ZERO_ADDRESS, oracleFee: 0n })
  const { machine } = await Machine.genesis(thread.context, thread.code)
  await agree(machine, 1n, thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 100_000n, gasPriceWei: 5n }))
  assert.ok(machine.account(ZERO_ADDRESS).balanceWei > 0n)
})

// ---------------------------------------------------------------- in several calls

const LOOPS = threadFor(assemble('0x20 JUMPDEST DUP1 DUP1 SSTORE DUP1 DUP1 MSTORE 0x1 SWAP1 SUB DUP1 0x2 JUMPI 0x60 0x0 LOG0 0x40 0x0 RETURN'), { codeKind: 1 })

test('stopped after any number of opcodes, a judgement ends as it does in one call', async () => {
  const { machine } = await Machine.genesis(LOOPS.context, LOOPS.code)
  const input = LOOPS.input(0, { nonce: 1n, to: machine.contract, gasLimit: 1_000_000n, gasPriceWei: 3n })
  const batch = batchOf(1n, [input])
  const matter = await machine.inspect(async (world) => await matterOf(machine.context, world, batch, input, []))
  const whole = verdictOf(await new Judgement(verifier, matter).next())
  assert.is(whole.newRoot, (await machine.prepare(batch)).root)
  for (const steps of [1n, 7n, 60n, 200n, whole.steps - 1n]) {
    const judgement = new Judgement(verifier, matter)
    // The first stops, then as many calls as it takes; with so few steps, the rest in one.
    let taken = 0n
    let verdict = verdictOf(await judgement.next(steps))
    for (let calls = 1; !verdict.isFinal; calls++) {
      assert.ok(verdict.paused !== ZERO_HASH)
      taken += verdict.steps
      assert.is(verdict.steps, steps)
      verdict = verdictOf(await judgement.next(calls > 5 ? undefined : steps))
    }
    assert.equal(effectOf(verdict), effectOf(whole), `stops after ${steps}`)
    assert.is(taken + verdict.steps, whole.steps)
  }
})

/** With bigints, as text. */
function said (value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) => typeof item === 'bigint' ? String(item) : item)
}

test('what judging costs: one transaction for a move, several for a long run, a refusal beyond the limits', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const costOf = async (at: Machine, input: Input, limits = PLANNED_LIMITS, most = 16): Promise<Awaited<ReturnType<typeof costOfJudging>>> => {
    return await at.inspect(async (world) => await costOfJudging(verifier, await matterOf(at.context, world, batchOf(1n, [input]), input, [held]), limits, most))
  }
  const one = await costOf(machine, move(0, 4, machine.contract))
  assert.ok('cost' in one && one.cost.transactions === 1 && one.cost.gas > 100_000n && one.cost.gas < 1_000_000n && one.cost.calldataBytes < 2_000, said(one))

  const count = threadFor(assemble('0x400 JUMPDEST 0x1 SWAP1 SUB DUP1 0x3 JUMPI 0x1 0x1 SSTORE'), { codeKind: 1 })
  const { machine: loops } = await Machine.genesis(count.context, count.code)
  const long = count.input(0, { nonce: 1n, to: loops.contract, gasLimit: 1_000_000n })
  const limits = { gas: 700_000n, calldataBytes: 96 * 1024 }
  const several = await costOf(loops, long, limits)
  assert.ok('cost' in several && several.cost.transactions > 1, said(several))
  assert.match(said(await costOf(loops, long, limits, 1)), 'more than 1 transactions')
  assert.match(said(await costOf(loops, long, { ...limits, gas: 60_000n })), 'does not fit')
  assert.match(said(await costOf(loops, long, { ...limits, calldataBytes: 500 })), 'does not fit')
  assert.match(said(await costOf(loops, count.input(0, { nonce: 5n, to: loops.contract }))), 'refuses')
})

test('a transaction pays for calldata by EIP-2028, and at least EIP-7623\'s floor', () => {
  const data = Uint8Array.of(0, 0, 1)
  assert.is(transactionGas(data, 1_000n), 21_000n + 24n + 1_000n)
  assert.is(transactionGas(data, 0n), 21_000n + 60n)
})

test('each limit of a thread is the judge\'s, and halts the frame that exceeds it as it does off-chain', async () => {
  const programs: [ExecutionLimits, string][] = [
    [{ memoryBytes: 64 }, '0x1 0x40 MSTORE 0x1 0x0 SSTORE'],
    [{ frames: 1 }, 'CALLDATASIZE ISZERO 0x14 JUMPI 0x0 0x0 0x0 0x0 0x0 ADDRESS 0x7000 CALL 0x1 ADD 0x0 SSTORE JUMPDEST'],
    [{ modexpBytes: 1 }, '0x2 0x0 MSTORE 0x0 0x0 0x60 0x0 0x5 0x5000 STATICCALL 0x0 SSTORE'],
    [{ callDataBytes: 2 }, '0x1 0x0 SSTORE'],
    [{ returnDataBytes: 31 }, '0x1 0x0 SSTORE 0x20 0x0 RETURN'],
    [{ writes: 1 }, '0x1 0x0 SSTORE 0x1 0x1 TSTORE']
  ]
  for (const [limits, program] of programs) {
    const thread = threadFor(assemble(program), { codeKind: 1 })
    const { machine } = await Machine.genesis(thread.context, thread.code)
    const input = thread.input(0, { nonce: 1n, to: machine.contract, gasLimit: 120_000n, data: Uint8Array.of(1, 2, 3) })
    const batch = batchOf(1n, [input])
    const about = JSON.stringify(limits)
    await machine.inspect(async (world) => {
      const free = await matterOf(machine.context, world, batch, input, [])
      const without = verdictOf(await new Judgement(verifier, free).next())
      const within = verdictOf(await new Judgement(await createVerifier(limits), free).next())
      const draft = new Draft()
      draft.begin(world)
      const { success, gasUsed } = await runTransaction({ evm: createThreadEVM(machine.context, draft, limits), draft, block: blockOf(machine.context, batch) }, PLAYERS[0], input.tx)
      assert.equal([within.success, within.gasUsed, within.newRoot], [success, gasUsed, rootOf(treeAfter(world.tree, draft.changes()))], about)
      assert.is.not(within.gasUsed, without.gasUsed, about)
    })
  }
})

test('an input that cannot be included is refused by name', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const to = machine.contract
  const wallet = (fields: object): Input => game.walletInput(0, { to, nonce: 1, gasLimit: 100_000n, type: 2, maxFeePerGas: 0n, maxPriorityFeePerGas: 0n, ...fields })
  const cases: [string, Input][] = [
    ['WrongNonce', game.input(0, { nonce: 2n, to })],
    ['WrongNonce', game.input(0, { nonce: 0n, to })],
    ['GasLimitTooHigh', game.input(0, { nonce: 1n, to, gasLimit: 10_000_001n })],
    ['GasLimitTooLow', game.input(0, { nonce: 1n, to, gasLimit: 20_999n })],
    ['GasLimitTooLow', game.input(0, { nonce: 1n, data: new Uint8Array(32_000), gasLimit: 60_000n })],
    ['CannotPay', game.input(0, { nonce: 1n, to, valueWei: 11n * ETHER })],
    ['CannotPay', game.input(0, { nonce: 1n, to, gasPriceWei: ETHER })],
    ['CannotPay', wallet({ maxFeePerGas: (1n << 255n) - 1n })],
    ['CannotPay', wallet({ maxFeePerGas: (1n << 256n) - 1n, value: (1n << 256n) - 1n })]
  ]
  for (const [expected, input] of cases) {
    const batch = batchOf(1n, [input])
    assert.is((await machine.prepare(batch)).skipped.length, 1)
    const step = await machine.inspect(async (world) => await new Judgement(verifier, await matterOf(machine.context, world, batch, input, [])).next())
    assert.is(errorOf(step), expected)
  }
})

test.run()
