// time limit: 180 s
/** What players, programs and strangers get wrong, through the commands, the node's interface and the court: each has its code, and nothing is lost. */
import { isError, type Contract } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startAnvil } from '../../scripts/anvil.js'
import { openArena, runCli, until, type Arena, type Player } from '../../scripts/arena.js'
import { bigintToBytes, bytesToBigint, bytesToHex, concatBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { connectDaemon } from '../../src/cli/daemon.js'
import type { Address, Hex, ThreadId } from '../../src/protocol/types.js'
import type { ThreadStatus } from '../../src/rpc/schemas.js'
import { errorOf, type Finished } from '../cli/run-cli.js'
import { rejects } from '../support/rejects.js'
import { certificate, ETHER, STAKE, Table, ticTacToe } from './table.js'

type World = { arena: Arena, alice: Player, bob: Player, carol: Player, code: Address, table: Table }
const test = suite<World>('e2e/bad-input')
/** secp256k1's order. */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n

test.before(async world => {
  const arena = await openArena()
  world.arena = arena
  const code = (await arena.deployData('TicTacToe')).address
  const [alice, bob, carol] = await Promise.all([
    arena.player('alice', { account: 1, flags: ['--no-auto-dispute'] }), arena.player('bob', { account: 2, flags: ['--no-auto-dispute'] }), arena.player('carol', { account: 3, flags: ['--observe'] })
  ])
  const table = await Table.start(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]) })
  await table.play([4, 0, 2])
  await table.reach(3, [alice, bob, carol])
  Object.assign(world, { alice, bob, carol, code, table })
})

test.after(async ({ arena }) => { await arena.stop() })

/** What a command that was refused says: its exit code and the error's. */
async function refused (running: Promise<Finished>): Promise<readonly [number | null, string]> {
  const finished = await running
  return [finished.code, errorOf(finished).code]
}

/** The name of the error with which the court refuses a call. */
async function courtRefuses (court: Contract, name: string, ...args: readonly unknown[]): Promise<string | undefined> {
  try {
    await court.getFunction(name).staticCall(...args)
  } catch (error) {
    if (isError(error, 'CALL_EXCEPTION')) return error.revert?.name
    throw error
  }
  return undefined
}

test('commands on a thread that is not there, or not this node\'s, are refused', async ({ alice, carol, table }) => {
  const unknown = `0x${'12'.repeat(32)}`
  const said = await Promise.all([refused(alice.cli('send', unknown, 'f()', '--json')), refused(carol.cli('challenge', table.thread, '--json'))])
  assert.equal(said, [[4, 'THREAD_UNKNOWN'], [4, 'THREAD_NOT_A_PLAYER']])
  for (const method of ['thread_status', 'thread_join', 'thread_cancel', 'thread_close', 'thread_settle', 'thread_evidence'] as const) {
    await rejects(alice.rpc.request(method, { thread: unknown }), 'THREAD_UNKNOWN')
  }
  for (const method of ['thread_join', 'thread_challenge', 'thread_close'] as const) {
    await rejects(carol.rpc.request(method, { thread: table.thread }), 'THREAD_NOT_A_PLAYER')
  }
})

test('a thread for code that is not there, or that somebody else would open, is not opened', async ({ alice, bob, code }) => {
  assert.equal(await refused(alice.cli('open', `0x${'34'.repeat(20)}`, '--player', bob.wallet, '--json')), [4, 'CODE_NOT_FOUND'])
  const seats = [bob, alice].map(({ wallet, sessionKey }) => ({ wallet, sessionKey, deposit: '1' }))
  await rejects(alice.rpc.request('thread_open', { players: seats, contract: code }), 'OPEN_NOT_CREATOR')
  await rejects(alice.rpc.request('thread_open', { players: [...seats].reverse(), contract: code, ctorArg: '0x', shares: [0, 0] }), 'TERMS_INVALID')
  const rich = [...seats].reverse().map(player => ({ ...player, deposit: (10n ** 30n).toString() }))
  await rejects(alice.rpc.request('thread_open', { players: rich, contract: code, ctorArg: ticTacToe([alice, bob]) }), 'CHAIN_INSUFFICIENT_FUNDS')
})

test('a wrong stake reverts, a wrong deposit is refused by the court, and both are told', async ({ arena, alice, bob, code }) => {
  const table = await Table.open(arena, [alice, bob], code, { ctorArg: ticTacToe([alice, bob]), joining: [] })
  const court = table.court(2)
  assert.is(await courtRefuses(court, 'join', table.terms(), 1, '', '0x', { value: ETHER - 1n }), 'WrongValue')
  assert.is(await courtRefuses(court, 'join', table.terms(), 2, '', '0x', { value: ETHER }), 'UnknownPlayer')
  assert.is(await courtRefuses(court, 'join', { ...table.terms() as object, salt: `0x${'00'.repeat(32)}` }, 1, '', '0x', { value: ETHER }), 'UnknownThread')
  await until('bob to hear of it', async () => await table.knows(bob) || undefined)
  await bob.rpc.request('thread_join', { thread: table.thread })
  await table.reach(0)
  await rejects(bob.rpc.request('thread_join', { thread: table.thread }), 'THREAD_ALREADY_JOINED')
  const wrong = await alice.cli('send', table.thread, 'play(uint8)', '4', '--value', '0.2ether')
  assert.equal([wrong.code, /REVERTED/.test(wrong.stdout)], [4, true], wrong.stdout + wrong.stderr)
  // More than the player has: it can never be included, and must not stand in the way of what comes after it.
  const tooMuch = { value: (2n * ETHER).toString() }
  await rejects(table.send(0, 'play(uint8)', [4], tooMuch), 'INPUT_DROPPED')
  await rejects(table.send(1, 'play(uint8)', [4], tooMuch), 'INPUT_DROPPED')
  await rejects(table.send(0, 'play(uint8)', [4], { gasLimit: 21_000 }), 'INPUT_DROPPED')
  assert.is((await table.send(0, 'play(uint8)', [4], { value: STAKE.toString() })).success, true)
})

test('nobody pays into a thread whose constructor reverts', async ({ arena, alice, bob }) => {
  const refusing = await arena.deployData('Refusing')
  const before = await arena.balance(alice.wallet)
  await rejects(Table.open(arena, [alice, bob], refusing.address), 'MACHINE_CONSTRUCTOR_REVERTED')
  assert.is(await arena.balance(alice.wallet), before)
})

test('who has paid into one all the same gets the deposit back from the court', async ({ arena, bob, table }) => {
  const [stranger, wallet] = [table.court(9), table.court(2)]
  const terms = {
    ...table.terms() as object, players: [arena.wallet(9).address, bob.wallet], sessionKeys: [arena.wallet(9).address, bob.sessionKey],
    ctorArg: '0x', salt: `0x${'77'.repeat(32)}`
  }
  await (await stranger.getFunction('open').send(terms, '', { value: ETHER })).wait()
  const thread = String(await stranger.getFunction('threadIdOf').staticCall(terms)) as ThreadId
  await until('bob to hear of it', async () => (await bob.rpc.request('thread_list', {})).threads.some(known => known.thread === thread) || undefined)
  await rejects(bob.rpc.request('thread_join', { thread }), 'MACHINE_CONSTRUCTOR_REVERTED')

  const before = await arena.balance(bob.wallet)
  const block = await arena.provider.getBlockNumber()
  await (await wallet.getFunction('join').send(terms, 1, '', '0x', { value: ETHER })).wait()
  const status = async (): Promise<ThreadStatus> => await bob.rpc.request('thread_status', { thread })
  await until('bob to see it begin', async () => (await status()).phase === 'active' || undefined)
  await rejects(bob.rpc.request('thread_send', { thread, signature: 'f()' }), 'THREAD_NOT_STARTED')
  await bob.rpc.request('thread_challenge', { thread })
  await until('bob to see the dispute', async () => (await status()).phase === 'dispute' || undefined)
  await arena.passTime(200)
  await bob.rpc.request('thread_settle', { thread })
  await until('bob to see it settled', async () => (await status()).phase === 'settled' || undefined)
  await rejects(bob.rpc.request('thread_close', { thread }), 'THREAD_OVER')
  assert.is(await arena.balance(bob.wallet), before - await arena.fees(bob.wallet, block))
})

test('the court takes no wrong, malleable, missing or old signature', async ({ alice, table }) => {
  const { breakpoints } = await alice.rpc.request('thread_breakpoints', { thread: table.thread })
  const [first, second, third] = breakpoints.slice(1).map(certificate)
  assert.ok(first !== undefined && second !== undefined && third !== undefined)
  const court = table.court(9)
  const terms = table.terms()
  assert.is(await courtRefuses(court, 'checkpoint', terms, third[0], second[1]), 'BadSignature')
  assert.is(await courtRefuses(court, 'checkpoint', terms, third[0], third[1].slice(0, -130)), 'BadSignatureLength')
  assert.is(await courtRefuses(court, 'checkpoint', terms, third[0], malleable(third[1] as Hex)), 'MalleableSignature')
  assert.is(await courtRefuses(court, 'respond', terms, third[0], third[1]), 'WrongPhase')
  assert.is(await courtRefuses(court, 'challenge', terms, third[0], third[1]), 'NotParticipant')
  assert.is(await courtRefuses(court, 'settle', terms, third[0], [[], [ZERO_HASH, [], ZERO_HASH, ZERO_HASH]]), 'WrongPhase')

  await (await court.getFunction('checkpoint')(terms, ...second)).wait()
  await until('alice to see it', async () => (await table.status(alice)).chain.recorded ?? undefined)
  for (const old of [first, second]) assert.is(await courtRefuses(court, 'checkpoint', terms, ...old), 'StaleSlot')
  // What a user's own node would post is newer.
  assert.equal((await alice.rpc.request('thread_checkpoint', { thread: table.thread })).slot, { epoch: 0, nonce: 3 })
})

test('inputs that are no transaction of this player on this thread are refused before they leave', async ({ arena, alice, bob, table }) => {
  const { chainId, contract } = await table.status(alice)
  const sign = async (account: number, fields: object): Promise<string> =>
    await arena.wallet(account).signTransaction({ to: contract, chainId: BigInt(chainId), nonce: 3, gasLimit: 100_000, gasPrice: 0, type: 0, ...fields })
  const send = async (raw: string): Promise<unknown> => await alice.rpc.request('thread_sendRaw', { thread: table.thread, raw })
  await rejects(send('0x1234'), 'INPUT_UNSUPPORTED_TYPE')
  await rejects(send('0xc0'), 'INPUT_MALFORMED')
  await rejects(send(await sign(1, { chainId: 1n })), 'INPUT_WRONG_CHAIN')
  await rejects(send(await sign(9, {})), 'INPUT_NOT_A_PLAYER')
  await rejects(send(await sign(2, {})), 'INPUT_BAD_BINDING')
  await rejects(send(await sign(1, { nonce: 1 })), 'INPUT_STALE_NONCE')
  const raw = await sign(1, {})
  await rejects(send(raw.slice(0, -2)), 'INPUT_MALFORMED')
  assert.equal((await table.status(bob)).warnings, [])
})

test('a node does not start on a data directory in use, on another chain, or for another court', async ({ arena, alice, code }) => {
  const start = async (dataDir: string, chainUrl: string, court: string): Promise<readonly [number | null, string]> =>
    await refused(runCli(['start', '--json', '--data-dir', dataDir, '--chain-url', chainUrl, '--court', court, '--log-level', 'error', '--listen', '/ip4/127.0.0.1/tcp/0/ws']))
  assert.equal(await start(alice.dataDir, arena.anvil.url, arena.court), [6, 'DATA_DIR_IN_USE'])
  await alice.stop()
  const other = await startAnvil({ args: ['--chain-id', '4711'] })
  try {
    assert.equal(await start(alice.dataDir, other.url, arena.court), [6, 'CHAIN_WRONG_CHAIN'])
    assert.equal(await start(alice.dataDir, arena.anvil.url, `0x${'56'.repeat(20)}`), [6, 'CHAIN_WRONG_COURT'])
    const fresh = `${alice.dataDir}-fresh`
    assert.is((await runCli(['init', '--json', '--data-dir', fresh, '--scrypt-n', '2'])).code, 0)
    assert.equal(await start(fresh, other.url, arena.court), [6, 'CHAIN_NO_COURT'])
    // A contract that is no court; and the directory does not belong to it from then on.
    for (let i = 0; i < 2; i++) assert.equal(await start(fresh, arena.anvil.url, i === 0 ? code : alice.wallet), [6, 'CHAIN_NO_COURT'])
  } finally {
    await other.stop()
  }
  await alice.start()
})

test('callers who leave while their inputs are under way do not take the node with them', async ({ alice, table }) => {
  const { nonce } = (await table.status(alice)).head?.slot ?? { nonce: 0 }
  for (let i = 0; i < 8; i++) {
    const caller = await connectDaemon(alice.dataDir)
    const answer = caller.request('thread_send', { thread: table.thread, signature: 'play(uint8)', args: [i] }).catch(() => undefined)
    await caller.close()
    await answer
  }
  assert.is((await table.send(0, 'play(uint8)', [8])).success, false)
  assert.ok(((await table.status(alice)).head?.slot.nonce ?? 0) > nonce)
})

test('after all that, the game that was under way ends as it would have', async ({ alice, bob, table }) => {
  await table.play([6, 3, 8, 5], 3)
  await table.reach(7)
  const closed = await alice.rpc.request('thread_close', { thread: table.thread })
  assert.equal([closed.closed, closed.payoutsUnits], [true, [ETHER + STAKE, ETHER - STAKE].map(String)])
  assert.equal((await table.phase(bob, 'closed')).evidence, 0)
})

/** The same signatures with the first one's s in the upper half. */
function malleable (signatures: Hex): Hex {
  const bytes = hexToBytes(signatures)
  const s = ORDER - bytesToBigint(bytes.subarray(32, 64))
  return bytesToHex(concatBytes(bytes.subarray(0, 32), bigintToBytes(s, 32), Uint8Array.of(bytes[64] === 27 ? 28 : 27), bytes.subarray(65)))
}

test.run()
