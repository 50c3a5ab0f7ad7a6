import '../../src/polyfill.js'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ThreadsError } from '../../src/errors.js'
import type { NodeApi } from '../../src/rpc/api.js'
import type { ThreadSummary } from '../../src/rpc/schemas.js'
import { fakeNode, NODE_STATUS, OTHER_THREAD, startServer, THREAD, TOKEN, WALLET, warningEvent, type FakeNode } from '../rpc/fake-node.js'
import { temporaryFolder } from '../support/temporary.js'
import { errorOf, runCli, type Finished, type RunOptions } from './run-cli.js'

const test = suite('cli/commands')
const stops: (() => Promise<void>)[] = []
test.after.each(async () => { for (const stop of stops.splice(0)) await stop() })

const BOB = `0x${'b0'.repeat(20)}`
const HASH = `0x${'77'.repeat(32)}`
const summary = (thread: string): ThreadSummary =>
  ({ thread, phase: 'active', me: 0, players: 2, contract: WALLET, slot: { epoch: 0, nonce: 3 }, waitingFor: [1], mode: 'signing', warnings: 0 })
const threads: Pick<NodeApi, 'thread_list'> = { thread_list: async () => ({ threads: [summary(THREAD), summary(OTHER_THREAD)] }) }

type Cli = (args: readonly string[], options?: RunOptions) => Promise<Finished>

/** A data directory as a running node leaves it, the node being this process. */
async function withNode (given: Partial<NodeApi>): Promise<{ cli: Cli, node: FakeNode, stop: () => Promise<void> }> {
  const folder = await temporaryFolder('commands')
  const node = fakeNode({ ...threads, ...given })
  const { server, url } = await startServer(node)
  await writeFile(join(folder.path, 'rpc.json'), JSON.stringify({ url, pid: process.pid }))
  await writeFile(join(folder.path, 'token'), `${TOKEN}\n`)
  stops.push(async () => {
    await server.stop()
    await folder.cleanup()
  })
  return { cli: async (args, options) => await runCli([...args, '--data-dir', folder.path], options), node, stop: async () => await server.stop() }
}

const json = (finished: Finished): unknown => {
  assert.is(finished.stderr, '')
  return JSON.parse(finished.stdout)
}

test('status, list and peers print what the node says, as JSON or in words', async () => {
  const { cli } = await withNode({ node_peers: async () => ({ peers: [] }) })
  assert.equal(json(await cli(['status', '--json'])), NODE_STATUS)
  assert.equal(json(await cli(['list', '--json'])), { threads: [summary(THREAD), summary(OTHER_THREAD)] })
  assert.match((await cli(['list'])).stdout, /0x3f2a1111… +active +#3 +player 0 of 2 +waits for player 1/)
  assert.is((await cli(['peers'])).stdout, 'no peers\n')
})

test('open puts this node first, copies its deposit to the others and fills @0 and @1 in', async () => {
  let seen: unknown
  const { cli } = await withNode({
    thread_open: async (params) => {
      seen = params
      throw new ThreadsError('CHAIN_REFUSED', 'too poor', { data: { needed: '5' } })
    }
  })
  const finished = await cli(['open', WALLET, '--player', BOB, '--deposit', '0.5ether', '--window', '600', '--ctor', '(address,address,uint256)', '--settlement', 'settle()', '@0', '@1', '7', '--json'])
  const { deposit } = { deposit: '500000000000000000' }
  const { players, ctorArg, windowSec, settlement } = seen as { players: unknown, ctorArg: string, windowSec: number, settlement: string }
  assert.equal(players, [{ wallet: WALLET, sessionKey: WALLET, deposit }, { wallet: BOB, sessionKey: BOB, deposit }])
  assert.is(ctorArg, `0x${[WALLET.slice(2), BOB.slice(2), '7'].map((word) => word.padStart(64, '0')).join('')}`)
  assert.is(windowSec, 600)
  assert.is(settlement, '0x11da60b4')
  // And what the node refuses is exit code 4 with the node's own code.
  assert.is(finished.code, 4)
  assert.equal(errorOf(finished), { code: 'CHAIN_REFUSED', message: 'too poor', data: { needed: '5' } })
})

test('send takes the beginning of an id and a signature with arguments; a revert is exit code 4', async () => {
  const seen: unknown[] = []
  const slot = { epoch: 0, nonce: 4 }
  const { cli } = await withNode({
    thread_send: async (params) => {
      seen.push(params)
      const success = params.args?.[0] === '4'
      return { thread: params.thread, input: HASH, player: 0, nonce: 1, final: true, slot, success, reason: success ? null : 'cell taken', gasUsed: 30_000, returnData: '0x', logs: [] }
    }
  })
  const done = await cli(['send', '3f2a', 'play(uint8)', '4', '--value', '1gwei', '--json'])
  assert.is(done.code, 0)
  assert.equal(json(done), { thread: THREAD, input: HASH, player: 0, nonce: 1, final: true, slot, success: true, reason: null, gasUsed: 30_000, returnData: '0x', logs: [] })
  assert.equal(seen[0], { thread: THREAD, signature: 'play(uint8)', args: ['4'], value: '1000000000', wait: 'final', timeoutSec: 60 })
  const reverted = await cli(['send', '0x3F2A', 'play(uint8)', '5', '--no-wait', '--timeout', '5'])
  assert.is(reverted.code, 4)
  assert.match(reverted.stdout, 'REVERTED in #4, gas 30000: cell taken')
  assert.equal([(seen[1] as { wait: string }).wait, (seen[1] as { timeoutSec: number }).timeoutSec], ['sent', 5])
})

test('with an ABI a name is enough, and errors and logs come in words', async () => {
  const folder = await temporaryFolder('abi')
  const abi = join(folder.path, 'game.json')
  await writeFile(abi, JSON.stringify(['function play(uint8 cell)', 'error CellTaken(uint8 cell)', 'event Played(uint8 cell)']))
  const { cli } = await withNode({
    thread_send: async ({ thread, signature, args }) => ({
      thread, input: HASH, player: 0, nonce: 1, final: true, slot: { epoch: 0, nonce: 4 }, success: args?.[0] !== '5', reason: null, gasUsed: 1,
      returnData: signature === 'function play(uint8 cell)' ? `0x878ff99e${'5'.padStart(64, '0')}` : '0x',
      // A log that the ABI does not know.
      logs: [{ address: WALLET, topics: ['0x6aad9c98ae3d7eb44e7fbf1e0d67a1f8a2b1e8a6c8aa3b4c1c1d6ba2cd7d4a6b'], data: '0x' }]
    })
  })
  const refused = await cli(['send', '3f2a', 'play', '5', '--abi', abi, '--json'])
  assert.is((json(refused) as { error: string }).error, 'CellTaken(5)')
  assert.match((await cli(['send', '3f2a', 'play', '4', '--abi', abi])).stdout, '\n  0x6aad')
  assert.is(errorOf(await cli(['send', '3f2a', 'reset', '--abi', abi, '--json'])).code, 'CLI_BAD_ARGUMENT')
  assert.is(errorOf(await cli(['send', '3f2a', 'play', '4', '--abi', join(folder.path, 'none.json'), '--json'])).code, 'CLI_BAD_ARTIFACT')
  await folder.cleanup()
})

test('open of a routine without the function that settles it is exit code 2, before anything is asked of the node', async () => {
  const { cli } = await withNode({})
  const finished = await cli(['open', WALLET, '--player', BOB, '--routine', '--json'])
  assert.equal([finished.code, errorOf(finished).code], [2, 'CLI_BAD_OPTIONS'])
})

test('an id that begins two threads or none is exit code 2', async () => {
  const { cli } = await withNode({})
  for (const [prefix, code] of [['3f2', 'CLI_AMBIGUOUS_THREAD'], ['4', 'CLI_UNKNOWN_THREAD'], ['xyz', 'CLI_BAD_THREAD']] as const) {
    const finished = await cli(['status', prefix, '--json'])
    assert.is(finished.code, 2)
    assert.is(errorOf(finished).code, code)
  }
})

test('call prints decoded values line by line, else the bytes', async () => {
  const { cli } = await withNode({ thread_call: async ({ signature }) => signature === undefined ? { returnData: '0x12' } : { returnData: '0x', decoded: ['7', ['1', '2']] } })
  assert.is((await cli(['call', '3f2a', 'f() view returns (uint8,uint8[])'])).stdout, '7\n["1","2"]\n')
  assert.is((await cli(['call', '3f2a', '--data', '0x34'])).stdout, '0x12\n')
})

test('close without all signatures names who is missing: exit code 5', async () => {
  let asked: unknown
  const { cli } = await withNode({
    thread_close: async (params) => {
      asked = params
      return { thread: params.thread, closed: false, payoutsUnits: ['1', '2'], missing: [1], transaction: null }
    }
  })
  const finished = await cli(['close', '3f2a', '--payouts', '1ether,0'])
  assert.is(finished.code, 5)
  assert.match(finished.stdout, 'player 1 did not sign in time: 1, 2')
  assert.equal(asked, { thread: THREAD, payouts: ['1000000000000000000', '0'], timeoutSec: 60, dryRun: false })
})

test('challenge, advance and settle with --dry-run say what they would take, and ask for nothing to be sent', async () => {
  const asked: [string, boolean][] = []
  const quote = { gas: 400_000, feeWei: '1200000000000000', calldataBytes: 2_000, transactions: 1 }
  const slot = { epoch: 2, nonce: 7 }
  const priced = (name: string, dryRun: boolean): { transaction: null, quote: typeof quote } => {
    asked.push([name, dryRun])
    return { transaction: null, quote }
  }
  const { cli } = await withNode({
    thread_challenge: async ({ thread, dryRun }) => ({ thread, slot, ...priced('challenge', dryRun) }),
    thread_advance: async ({ thread, dryRun }) => ({ thread, slot, ...priced('advance', dryRun), quote: { ...quote, transactions: 3 }, claim: null }),
    thread_settle: async ({ thread, dryRun }) => ({ thread, payoutsUnits: ['1', '2'], ...priced('settle', dryRun) })
  })
  for (const command of ['challenge', 'advance', 'settle']) {
    const { stdout } = await cli([command, '3f2a', '--dry-run'])
    assert.match(stdout, command === 'advance' ? '3 transactions' : 'one transaction')
    assert.match(stdout, '400000 gas and 2000 bytes of calldata: 0.0012 ether')
  }
  assert.equal(asked, [['challenge', true], ['advance', true], ['settle', true]])
  await cli(['advance', '3f2a'])
  assert.equal(asked.at(-1), ['advance', false])
})

test('receipts lists what a thread has sent to the chain; redeem does one, or all that are outstanding, or prices it', async () => {
  const receipts = [
    { index: 0, sender: WALLET, target: WALLET, amountUnits: '5', data: '0x', redeemed: true },
    { index: 1, sender: WALLET, target: WALLET, amountUnits: '7', data: '0x', redeemed: false },
    { index: 2, sender: WALLET, target: WALLET, amountUnits: '0', data: '0x0102', redeemed: false }
  ]
  const asked: (readonly [number, boolean])[] = []
  const { cli } = await withNode({
    thread_receipts: async ({ thread, from }) => ({ thread, count: 3, receipts: receipts.filter(({ index }) => index >= from).slice(0, 2) }),
    thread_redeem: async ({ thread, index, dryRun }) => {
      asked.push([index, dryRun])
      const receipt = receipts[index] ?? null
      if (dryRun) return { thread, receipt, transaction: null, quote: { gas: 100_000, feeWei: '1000000000000000', calldataBytes: 2_000, transactions: 1 } }
      return { thread, receipt, transaction: index === 0 ? null : { hash: HASH, gasUsed: 9 }, quote: null }
    }
  })
  const told = async (...args: string[]): Promise<string> => (await cli(args)).stdout
  const listed = await told('receipts', '3f2a')
  for (const words of ['0  done         5 units to', '1  outstanding  7 units to', '2  outstanding  call of', 'with 2 bytes and 0 units']) assert.match(listed, words)
  assert.is((await told('redeem', '3f2a')).match(/redeemed receipt \d of 0x3f2a1111…: transaction/g)?.length, 2)
  assert.match(await told('redeem', '3f2a', '0'), 'receipt 0 of 0x3f2a1111… was redeemed before')
  assert.match(await told('redeem', '3f2a', '2', '--dry-run'), 'nothing is sent. It would take 100000 gas and 2000 bytes of calldata: 0.001 ether')
  assert.equal(asked, [[1, false], [2, false], [0, false], [2, true]])
  assert.is((await cli(['redeem', '3f2a', 'two'])).code, 2)
})

test('dispute tells the window, the moves, the time banks, the cost, and what the node does next', async () => {
  const { cli } = await withNode({
    thread_dispute: async ({ thread }) => ({
      thread, phase: 'dispute', nowSec: 1_000, dispute: { number: 3, by: `0x${'ab'.repeat(20)}`, evidenceUntilSec: 900, endsAtSec: 1_500 },
      recorded: { epoch: 3, nonce: 6 }, signed: { epoch: 0, nonce: 5 }, head: { epoch: 3, nonce: 6 }, follows: true,
      moves: [{ player: 1, slot: { epoch: 3, nonce: 6 }, timestampSec: 950, input: HASH, claimedBy: `0x${'cd'.repeat(20)}` }], banks: [{ player: 0, leftSec: 100 }, { player: 1, leftSec: 40 }],
      leastChargeSec: 6, chargeSec: 50, waitingFor: [0], next: { action: 'advance', reason: 'the own input has waited 9 s', atSec: null, usefulUntilSec: 1_500 },
      cost: { transactions: 2, gas: 700_000, feeWei: '2000000000000000' }
    })
  })
  const { stdout } = await cli(['dispute', '3f2a'])
  for (const words of ['100 s ago', 'in 500 s', '#3/6: #5, signed by all, and 1 forced since', '#3/6 by player 1', 'answers for it', 'player 1 40 s; a move takes 50 s now', '2 transactions, 700000 gas, 0.002 ether', 'force the own move: the own input has waited 9 s']) assert.match(stdout, words)
})

test('oracle: bonds, acceptances and what stands, in words; an amount has a unit', async () => {
  const transaction = { hash: HASH, gasUsed: 5 }
  const asked: unknown[] = []
  const { cli } = await withNode({
    oracle_bond: async ({ amount }) => { asked.push(amount); return { transaction, freeWei: '7000000000000000000' } },
    oracle_accept: async (params) => { asked.push(params); return { thread: params.thread, bondWei: '5000000000000000000', signature: params.signOnly ? `0x${'11'.repeat(65)}` : null, transaction: params.signOnly ? null : transaction } },
    oracle_status: async () => ({
      account: WALLET, freeWei: '1', thread: { id: THREAD, oracle: WALLET, accepted: false, pledgedWei: '0', bondPerClaimWei: '2470000000000000000', feeUnits: '3', claims: [{ index: 0, player: 1, account: WALLET, breakpoint: HASH }] }
    })
  })
  assert.match((await cli(['oracle', 'bond', '5ether'])).stdout, '7 ether of the bond are free')
  assert.match((await cli(['oracle', 'accept', '3f2a', '--claims', '2'])).stdout, 'a bond of 5 ether: transaction')
  assert.match((await cli(['oracle', 'accept', '3f2a', '--bond', '5ether', '--sign'])).stdout, 'signature 0x1111')
  const { stdout } = await cli(['oracle', 'status', '3f2a'])
  for (const words of ['has not accepted: the last player cannot join', '2.47 ether answer for one', "0: player 1's move"]) assert.match(stdout, words)
  assert.equal(asked, [
    '5000000000000000000', { thread: THREAD, claims: 2, signOnly: false }, { thread: THREAD, bond: '5000000000000000000', claims: 4, signOnly: true }
  ])
})

test('checkpoint, challenge, respond, settle, join, cancel and withdraw tell their transaction', async () => {
  const transaction = { hash: HASH, gasUsed: 5 }
  const slot = { epoch: 1, nonce: 2 }
  const { cli } = await withNode({
    thread_checkpoint: async ({ thread }) => ({ thread, transaction, quote: null, slot }),
    thread_challenge: async ({ thread, restate }) => ({ thread, transaction, quote: null, slot: restate ? null : slot }),
    thread_respond: async ({ thread }) => ({ thread, transaction, quote: null, slot }),
    thread_settle: async ({ thread }) => ({ thread, transaction, quote: null, payoutsUnits: ['3', '4'] }),
    thread_join: async ({ thread }) => ({ thread, transaction }),
    thread_cancel: async ({ thread }) => ({ thread, transaction }),
    thread_withdraw: async ({ asset }) => ({ asset, amountUnits: '0', transaction: null })
  })
  const told = async (...args: string[]): Promise<string> => (await cli(args)).stdout
  assert.match(await told('checkpoint', '3f2a'), `recorded 0x3f2a1111… at #1/2: transaction ${HASH}, gas 5`)
  assert.match(await told('challenge', '3f2a', '--restate'), 'challenged 0x3f2a1111… at -')
  assert.match(await told('respond', '3f2a'), 'at #1/2')
  assert.match(await told('settle', '3f2a'), 'paid 3, 4')
  assert.match(await told('join', '3f2a'), `transaction ${HASH}`)
  assert.match(await told('cancel', '3f2a'), `transaction ${HASH}`)
  assert.is(await told('withdraw'), 'nothing to withdraw\n')
})

test('what had happened before is said with its transaction, and amounts in the asset\'s whole units', async () => {
  const asset = { address: `0x${'0'.repeat(40)}`, decimals: 18 }
  const token = { address: BOB, decimals: 6 }
  const { cli } = await withNode({
    thread_settle: async ({ thread }) => ({ thread, transaction: null, quote: null, payoutsUnits: ['1100000000000000000', '0'], already: HASH, asset }),
    thread_cancel: async ({ thread }) => ({ thread, transaction: null, already: HASH }),
    thread_close: async ({ thread, dryRun }) => ({ thread, closed: !dryRun, payoutsUnits: ['1500000', '7'], missing: dryRun ? [1] : [], transaction: null, ...(dryRun ? { quote: null } : { already: HASH }), asset: token })
  })
  const told = async (...args: string[]): Promise<string> => (await cli(args)).stdout
  assert.is(await told('settle', '3f2a'), `settled 0x3f2a1111… already: paid 1.1, 0 ether; transaction ${HASH}\n`)
  assert.is(await told('cancel', '3f2a'), `cancelled 0x3f2a1111… already: transaction ${HASH}\n`)
  assert.is(await told('close', '3f2a'), `closed 0x3f2a1111…: paid 1.5, 0.000007 of the token ${BOB}; transaction ${HASH}\n`)
  assert.is(await told('close', '3f2a', '--dry-run'), `it would pay 1.5, 0.000007 of the token ${BOB}. Nothing is sent; what it costs is known when player 1 has signed\n`)
})

test('open and join say what a player should know of the terms', async () => {
  const { cli } = await withNode({ thread_join: async ({ thread }) => ({ thread, transaction: { hash: HASH, gasUsed: 5 }, cautions: ['the window is short'] }) })
  assert.match((await cli(['join', '3f2a'])).stdout, /gas 5\nCAUTION: the window is short\n$/)
})

test('watch prints one event a line and ends after its count', async () => {
  const { cli, node } = await withNode({})
  const emitting = setInterval(() => node.emit(warningEvent('look')), 20)
  try {
    const finished = await cli(['watch', '3f2a', '--json', '--type', 'warning', '--count', '2'])
    assert.is(finished.code, 0)
    assert.equal(finished.stdout.trim().split('\n').map((line) => JSON.parse(line) as unknown), [warningEvent('look'), warningEvent('look')])
  } finally {
    clearInterval(emitting)
  }
})

test('watch for a type of event that there is not, or for none at all, is exit code 2', async () => {
  const { cli } = await withNode({})
  for (const options of [['--type', 'bogus'], ['--count', '0'], ['--count', '-1']]) assert.is((await cli(['watch', ...options])).code, 2, options.join(' '))
})

test('watch ends with 130 on Ctrl-C, and with 3 when the node goes away', async () => {
  const interrupted = await withNode({})
  const emitting = setInterval(() => interrupted.node.emit(warningEvent('look')), 20)
  const byHand = await interrupted.cli(['watch'], { onChild: (child) => child.stdout?.once('data', () => child.kill('SIGINT')) })
  clearInterval(emitting)
  assert.is(byHand.code, 130)
  assert.is(byHand.stderr, '')
  const leaving = await withNode({})
  const again = setInterval(() => leaving.node.emit(warningEvent('look')), 20)
  const left = await leaving.cli(['watch', '--json'], { onChild: (child) => child.stdout?.once('data', () => { void leaving.stop() }) })
  clearInterval(again)
  assert.is(left.code, 3)
  assert.is(errorOf(left).code, 'RPC_CLOSED')
})

/** A node whose thread is a game of TicTacToe in which Bob answers each move with the first free cell. */
async function withGame (): Promise<{ cli: Cli, sent: unknown[] }> {
  const cells = Array.from({ length: 9 }, () => 0)
  const sent: unknown[] = []
  const over = (): boolean => [0, 1, 2].every((i) => cells[3 + i] === 1)
  const answers: Readonly<Record<string, () => unknown>> = {
    x: () => WALLET, o: () => BOB, stake: () => '1000', cells: () => cells.map(String), over,
    turn: () => cells.filter((cell) => cell !== 0).length % 2 === 0 ? WALLET : BOB, winner: () => over() ? WALLET : `0x${'0'.repeat(40)}`
  }
  const { cli, node } = await withNode({
    thread_status: async () => ({ me: 0, players: [{ wallet: WALLET }, { wallet: BOB }], terms: { routine: false } }) as unknown as Awaited<ReturnType<NodeApi['thread_status']>>,
    thread_call: async ({ signature }) => ({ returnData: '0x', decoded: [answers[signature?.split('(')[0] ?? '']?.()] }),
    thread_send: async ({ thread, args, value }) => {
      const cell = Number(args?.[0])
      sent.push([cell, value])
      const success = cells[cell] === 0
      if (success) cells[cell] = 1
      if (success && !over()) cells[cells.indexOf(0)] = 2
      node.emit({
        type: 'breakpoint', timeMs: 0, thread, slot: { epoch: 0, nonce: 1 }, hash: HASH, parent: HASH, stateRoot: HASH, inputsRoot: HASH, timestampSec: 0, signatures: [], inputs: [], elapsedMs: 1, bytes: 1
      })
      // CellTaken(uint8), as TicTacToe.sol reverts.
      return { thread, input: HASH, player: 0, nonce: 1, final: true, success, reason: null, returnData: success ? '0x' : `0x878ff99e${'0'.repeat(64)}`, logs: [] }
    }
  })
  return { cli, sent }
}

test('play without a terminal reads moves from lines, pays the stake once, and ends when the game is won', async () => {
  const { cli, sent } = await withGame()
  const finished = await cli(['play', '3f2a'], { stdin: '4\nx\n1\n5\n6\n7\n' })
  assert.is(finished.code, 0, finished.stderr)
  assert.equal(sent, [[3, '1000'], [0, '0'], [4, '0'], [5, '0']])
  assert.match(finished.stdout, 'Your move: you are X, for 0.000000000000001 each.')
  assert.match(finished.stdout, ' O │ O │ 3 \n───┼───┼───\n X │ X │ X \n───┼───┼───\n 7 │ 8 │ 9 \n\nYou have won.')
  assert.match(finished.stdout, 'Refused: that cell is taken.')
  assert.match(finished.stderr, '1 to 9, or q')
})

test('play with --json prints the game as a line each, and leaving ends it without harm', async () => {
  const { cli, sent } = await withGame()
  const finished = await cli(['play', '3f2a', '--json'], { stdin: 'q\n5\n' })
  assert.is(finished.code, 0)
  const games = finished.stdout.trim().split('\n').map((line) => JSON.parse(line) as { cells: number[], over: boolean, me: string })
  assert.equal(games[0]?.cells, [0, 0, 0, 0, 0, 0, 0, 0, 0])
  assert.is(games[0]?.me, WALLET)
  assert.equal(sent, [])
})

test.run()
