import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToBigint, bytesToHex, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { contractAddressOf } from '../../src/protocol/terms.js'
import type { Address, Hash32, Input } from '../../src/protocol/types.js'
import { Machine, type StateChanges } from '../../src/machine/machine.js'
import { changeEntries, decodeChanges, encodeChanges } from '../../src/state/changes.js'
import { accountPath, accountValue } from '../../src/state/leaf.js'
import { verify } from '../../src/state/proof.js'
import { asHash32 } from '../../src/protocol/bytes.js'
import { rejects } from '../support/rejects.js'
import { abi, batchOf, ETHER, ORACLE, PLAYERS, threadFor, ticTacToe, word, type TestThread } from './thread.js'

const test = suite('machine')
const game = await ticTacToe()

/** x wins in five moves; the first move of each carries its stake. */
function movesOf (thread: Pick<TestThread, 'input'> & { play: (cell: number) => Uint8Array }, to: Address): Input[] {
  return [4, 0, 2, 1, 6].map((cell, i) => thread.input(i % 2 === 0 ? 0 : 1, {
    nonce: 1n + BigInt(i >> 1), to, data: thread.play(cell), valueWei: i < 2 ? ETHER : 0n
  }))
}

async function playOut (machine: Machine, inputs: readonly Input[], store: Map<string, Uint8Array>): Promise<Hash32[]> {
  const roots: Hash32[] = []
  for (const [i, input] of inputs.entries()) {
    const prepared = await machine.prepare(batchOf(BigInt(i + 1), [input]))
    machine.commit(prepared)
    roots.push(machine.root)
    keep(store, prepared.changes)
  }
  return roots
}

function keep (store: Map<string, Uint8Array>, changes: StateChanges): void {
  for (const [key, value] of changeEntries(changes)) store.set(key, value)
}

test('genesis pays the deposits in, runs the constructor at the vault\'s address, and leaves the players at nonce 1', async () => {
  const { machine, receipt } = await Machine.genesis(game.context, game.code)
  assert.is(machine.contract, contractAddressOf(game.context.thread, game.context.domain.court))
  assert.is(receipt.created, machine.contract)
  for (const player of PLAYERS) assert.equal([machine.account(player).nonce, machine.account(player).balanceWei], [1n, 10n * ETHER])
  assert.is(machine.account(ORACLE).balanceWei, ETHER)
  assert.is(machine.account(machine.contract).nonce, 1n)
  assert.ok(machine.code(machine.contract).length > 100)
  assert.is(machine.leftover(), 0n)
})

test('genesis scales deposits of a token with six decimals to eighteen', async () => {
  const { machine } = await Machine.genesis((await ticTacToe({ assetDecimals: 6, deposits: [5n, 7n], oracleFee: 1n })).context, game.code)
  assert.is(machine.account(PLAYERS[1]).balanceWei, 7n * 10n ** 12n)
  assert.is(machine.leftover(), 0n)
})

test('genesis of runtime code puts it there as it is, without a constructor', async () => {
  const code = hexToBytes('0x602a5f5260205ff3')
  const { context } = threadFor(code, { codeKind: 1 })
  const { machine } = await Machine.genesis(context, code)
  assert.equal(machine.code(machine.contract), code)
  const outcome = await machine.call({ from: PLAYERS[0], to: machine.contract, data: new Uint8Array(0) }, batchOf(1n, []))
  assert.is(bytesToBigint(outcome.returnData), 42n)
})

test('a constructor that reverts is refused with its reason', async () => {
  const { context } = await ticTacToe({ ctorArg: abi('0x', ['address', 'address', 'uint256', 'uint256'], [PLAYERS[0], PLAYERS[0], 1n, 1n]) })
  await rejects(Machine.genesis(context, game.code), 'MACHINE_CONSTRUCTOR_REVERTED')
  await Machine.genesis(context, game.code).catch((error: Error) => { assert.match(error.message, 'two players') })
})

test('code that the terms do not name is refused', async () => {
  await rejects(Machine.genesis(game.context, Uint8Array.of(0)), 'MACHINE_CODE_MISMATCH')
})

test('a constructor sees the timestamp of slot (0, 0), the thread\'s id as PREVRANDAO and players[0] as sender', async () => {
  // storage 0..2 = TIMESTAMP, PREVRANDAO, CALLER; no code
  const code = hexToBytes('0x425f55446001553360025500')
  const { context } = threadFor(code)
  const { machine } = await Machine.genesis(context, code, 1234n)
  assert.is(machine.storageAt(machine.contract, word(0n)), word(1234n))
  assert.is(machine.storageAt(machine.contract, word(1n)), context.thread as string)
  assert.is(machine.storageAt(machine.contract, word(2n)), word(BigInt(PLAYERS[0])))
})

test('a game of five inputs pays the winner, its events and gas in the receipts', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const prepared = await machine.prepare(batchOf(1n, movesOf(game, machine.contract)))
  assert.equal(prepared.receipts.map(({ success, reason, player, logs }) => [success, reason, player, logs.length]),
    [[true, undefined, 0, 1], [true, undefined, 1, 1], [true, undefined, 0, 1], [true, undefined, 1, 1], [true, undefined, 0, 2]])
  assert.is(prepared.gasUsed, prepared.receipts.reduce((sum, receipt) => sum + receipt.gasUsed, 0n))
  machine.commit(prepared)
  assert.is(machine.root, prepared.root)
  assert.is(machine.account(PLAYERS[0]).balanceWei, 11n * ETHER)
  assert.is(machine.account(PLAYERS[1]).balanceWei, 9n * ETHER)
  assert.is(machine.nonceOf(0), 4n)
})

test('a batch has the root that its inputs have one by one', async () => {
  const one = (await Machine.genesis(game.context, game.code)).machine
  const all = (await Machine.genesis(game.context, game.code)).machine
  const inputs = movesOf(game, one.contract)
  // The environment differs between slots: TicTacToe stores the time of the last move, so give all the same.
  for (const input of inputs) one.commit(await one.prepare({ ...batchOf(1n, [input]) }))
  all.commit(await all.prepare(batchOf(1n, inputs)))
  assert.is(one.root, all.root)
})

test('preparing leaves the committed state as it was, and the same batch prepared again is the same', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const before = machine.root
  const batch = batchOf(1n, movesOf(game, machine.contract))
  const [first, second] = await Promise.all([machine.prepare(batch), machine.prepare(batch)])
  assert.is(machine.root, before)
  assert.is(machine.account(PLAYERS[0]).balanceWei, 10n * ETHER)
  assert.equal(first, second)
})

test('a batch prepared on a state that is gone is stale, and so is one of another machine', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const inputs = movesOf(game, machine.contract)
  const prepared = await machine.prepare(batchOf(1n, inputs))
  machine.commit(await machine.prepare(batchOf(1n, inputs.slice(0, 1))))
  assert.throws(() => machine.commit(prepared), (error: { code?: string }) => error.code === 'MACHINE_STALE')
  const other = (await Machine.genesis(game.context, game.code)).machine
  const foreign = await other.prepare(batchOf(1n, []))
  assert.throws(() => machine.commit(foreign), (error: { code?: string }) => error.code === 'MACHINE_STALE')
})

test('a call under way goes on reading the state that it began with when a batch is committed', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const prepared = await machine.prepare(batchOf(1n, movesOf(game, machine.contract)))
  const over = { from: PLAYERS[0], to: machine.contract, data: hexToBytes(`0x${game.artifact.methodIdentifiers['over()'] ?? ''}`) }
  const asked = machine.call(over, batchOf(2n, []))
  await Promise.resolve().then(() => {}).then(() => {})
  machine.commit(prepared)
  assert.is(machine.root, prepared.root)
  assert.is(bytesToBigint((await asked).returnData), 0n)
  assert.is(bytesToBigint((await machine.call(over, batchOf(2n, []))).returnData), 1n)
})

test('a reverted input is included with its reason, consumes its nonce and changes nothing else', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const prepared = await machine.prepare(batchOf(1n, [game.input(0, { nonce: 1n, to: machine.contract, data: game.play(9), valueWei: ETHER })]))
  const [receipt] = prepared.receipts
  assert.is(receipt?.success, false)
  assert.match(receipt?.reason ?? '', /custom error 0x/)
  assert.equal(receipt?.logs, [])
  assert.equal(prepared.changes.accounts.map(({ address, nonce, balanceWei }) => [address, nonce, balanceWei]), [[PLAYERS[0], 2n, 10n * ETHER]])
  assert.equal(prepared.changes.storage, [])
})

test('inputs that cannot be included are skipped with their code and consume no nonce', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const to = machine.contract
  const prepared = await machine.prepare(batchOf(1n, [
    game.input(0, { nonce: 2n, to }),
    game.input(0, { nonce: 1n, to, gasLimit: 10_000_001n }),
    game.input(0, { nonce: 1n, to, gasLimit: 20_999n }),
    game.input(0, { nonce: 1n, to, valueWei: 11n * ETHER }),
    game.input(0, { nonce: 1n, to, gasPriceWei: ETHER }),
    game.input(0, { nonce: 1n, data: new Uint8Array(32_000), gasLimit: 60_000n })
  ]))
  assert.equal(prepared.skipped.map(({ code }) => code), ['NONCE', 'GAS_LIMIT', 'GAS_LIMIT', 'BALANCE', 'BALANCE', 'GAS_LIMIT'])
  assert.equal(prepared.included, [])
  assert.is(prepared.root, machine.root)
})

test('a wallet\'s legacy, 2930 and 1559 transactions run as the player\'s, and a gas price pays the oracle', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const fields = { to: machine.contract, gasLimit: 300_000n, data: bytesToHex(game.play(4)), value: ETHER }
  const prepared = await machine.prepare(batchOf(1n, [
    game.walletInput(0, { type: 0, nonce: 1, gasPrice: 7n, ...fields }),
    game.walletInput(1, { type: 1, nonce: 1, gasPrice: 0n, ...fields, data: bytesToHex(game.play(0)), accessList: [{ address: machine.contract, storageKeys: [ZERO_HASH] }] }),
    game.walletInput(0, { type: 2, nonce: 2, maxFeePerGas: 9n, maxPriorityFeePerGas: 2n, ...fields, value: 0n, data: bytesToHex(game.play(1)) })
  ]))
  assert.equal(prepared.receipts.map(({ success }) => success), [true, true, true])
  machine.commit(prepared)
  const [first, , third] = prepared.receipts
  const fees = 7n * (first?.gasUsed ?? 0n) + 2n * (third?.gasUsed ?? 0n)
  assert.is(machine.account(ORACLE).balanceWei, ETHER + fees)
  assert.is(machine.account(PLAYERS[0]).balanceWei, 9n * ETHER - fees)
  assert.is(machine.leftover(), 2n * ETHER)
})

test('the same inputs give the same roots, and a machine loaded from what was stored goes on the same', async () => {
  const store = new Map<string, Uint8Array>()
  const { machine, changes } = await Machine.genesis(game.context, game.code)
  keep(store, changes)
  const inputs = movesOf(game, machine.contract)
  const roots = await playOut(machine, inputs.slice(0, 3), store)

  const again = (await Machine.genesis(game.context, game.code)).machine
  assert.equal(await playOut(again, inputs.slice(0, 3), new Map()), roots)

  const loaded = await Machine.load(game.context, store)
  assert.is(loaded.root, machine.root)
  assert.is(loaded.leftover(), machine.leftover())
  const [there, here] = await Promise.all([loaded, machine].map(async (each) => await each.prepare(batchOf(4n, inputs.slice(3)))))
  assert.equal(there, here)
})

test('an account that a contract paid to and back keeps a zero leaf, and the root of a load agrees', async () => {
  const { machine, changes } = await Machine.genesis(game.context, game.code)
  const store = new Map<string, Uint8Array>()
  keep(store, changes)
  await playOut(machine, movesOf(game, machine.contract), store)
  // The game has paid out: its balance is zero again. A stranger's account is absent, with a proof.
  for (const address of [machine.contract, PLAYERS[0], `0x${'77'.repeat(20)}` as Address]) {
    const { siblings, other, nonce, balanceWei, codeHash } = machine.prove(address)
    const proof = { path: asHash32(accountPath(address)), value: asHash32(accountValue(nonce, balanceWei, codeHash)), siblings, other }
    assert.ok(verify(machine.root, proof))
  }
  assert.is((await Machine.load(game.context, store)).root, machine.root)
})

test('a slot that is set and cleared within one input adds no leaf; over two inputs of one batch it stays as zero', async () => {
  // storage[calldata word 0] = calldata word 1, and with a third word back to zero
  const runtime = hexToBytes('0x6020355f3555604035156012575f5f3555005b00')
  const { context, input } = threadFor(runtime, { codeKind: 1 })
  const { machine } = await Machine.genesis(context, runtime)
  const write = (nonce: bigint, value: bigint, back: bigint): Input =>
    input(0, { nonce, to: machine.contract, data: abi('0x', ['uint256', 'uint256', 'uint256'], [5n, value, back]) })
  const within = await machine.prepare(batchOf(1n, [write(1n, 7n, 1n)]))
  assert.is(within.receipts[0]?.success, true)
  assert.equal(within.changes.storage, [])
  const over = await machine.prepare(batchOf(1n, [write(1n, 7n, 0n), write(2n, 0n, 0n)]))
  assert.equal(over.changes.storage, [{ address: machine.contract, slot: word(5n), value: ZERO_HASH }])
})

test('changes survive their encoding, and no other bytes decode', async () => {
  const { machine, changes } = await Machine.genesis(game.context, game.code)
  const { changes: more } = await machine.prepare(batchOf(1n, movesOf(game, machine.contract)))
  for (const each of [changes, more, { accounts: [], storage: [], code: [] }]) assert.equal(decodeChanges(encodeChanges(each)), each)
  const bytes = encodeChanges(more)
  const isBad = (error: { code?: string }): boolean => error.code === 'STATE_BAD_CHANGES'
  for (const bent of [bytes.slice(0, -1), Uint8Array.of(...bytes, 0), Uint8Array.of(0xff, ...bytes.slice(1)), new Uint8Array(0)]) assert.throws(() => decodeChanges(bent), isBad)
})

test('entries that are damaged, or whose code is missing, are refused', async () => {
  const { changes } = await Machine.genesis(game.context, game.code)
  const entries = changeEntries(changes)
  await rejects(Machine.load(game.context, entries.filter(([key]) => !key.startsWith('c/'))), 'STATE_CODE_MISSING')
  for (const [key, value] of [['a/0x12', new Uint8Array(72)], ['x/1', new Uint8Array(1)], [`c/${ZERO_HASH}`, new Uint8Array(3)]] as const) {
    await rejects(Machine.load(game.context, [...entries, [key, value]]), 'STATE_BAD_ENTRY')
  }
})

test('a call returns, reverts and runs out of gas with its reason, and leaves no trace', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const before = machine.root
  const ask = async (data: Uint8Array, gasLimit = 1_000_000n, valueWei = 0n) => await machine.call({ from: PLAYERS[0], to: machine.contract, data, valueWei, gasLimit }, batchOf(1n, []))
  const turn = await ask(hexToBytes(`0x${game.artifact.methodIdentifiers['turn()'] ?? ''}`))
  assert.equal([turn.success, turn.reason, bytesToBigint(turn.returnData)], [true, undefined, BigInt(PLAYERS[0])])
  assert.match((await ask(game.play(9), 1_000_000n, ETHER)).reason ?? '', /custom error/)
  assert.is((await ask(game.play(4), 30_000n, ETHER)).reason, 'out of gas')
  assert.is((await ask(game.play(4), 100n)).reason, 'out of gas')
  assert.is((await ask(game.play(4), 1_000_000n, 100n * ETHER)).reason, 'insufficient balance')
  assert.is((await ask(game.play(4), 1_000_000n, ETHER)).success, true)
  assert.is(machine.root, before)
})

test('a batch that the EVM itself fails on is MACHINE_INTERNAL, and the machine goes on', async () => {
  const { machine } = await Machine.genesis(game.context, game.code)
  const [input] = movesOf(game, machine.contract)
  if (input === undefined) throw new Error('no move')
  const before = machine.root
  await rejects(machine.prepare(batchOf(1n, [{ ...input, player: 9 }])), 'MACHINE_INTERNAL')
  assert.is(machine.root, before)
  assert.is((await machine.prepare(batchOf(1n, [input]))).receipts[0]?.success, true)
})

test.run()
