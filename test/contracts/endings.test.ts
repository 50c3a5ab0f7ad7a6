import fc from 'fast-check'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import { payeesOf } from '../../src/protocol/terms.js'
import type { Address, Breakpoint, Close, Hash32, Hex } from '../../src/protocol/types.js'
import { settlementPayouts } from '../../src/thread/payouts.js'
import { rejects } from '../support/rejects.js'
import { Arena, interfaceOf, logOf, type Sent } from './arena.js'
import { breakpointToAbi, closeToAbi, NO_BREAKPOINT, WINDOW, type Game, type GameOptions, type State } from './game.js'

const ETHER = 10n ** 18n
const arena = await Arena.create()
const test = suite('contracts/Threads: endings')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const oracle = arena.account(17)
const started = async (options: GameOptions = {}): Promise<Game> => (await arena.game(options)).start()

/** What each payee of the thread gained in ether while `act` ran. */
async function gains (game: Game, act: () => Promise<unknown>): Promise<bigint[]> {
  const held = (): Promise<bigint[]> => Promise.all(payeesOf(game.terms).map(payee => arena.balance(ZERO_ADDRESS, payee)))
  const before = await held()
  await act()
  return (await held()).map((balance, i) => balance - (before[i] ?? 0n))
}

// ---------------------------------------------------------------- close

for (const count of [2, 3, 16]) {
  condition(`close, ${count} players and an oracle: everybody is paid what everybody signed`, async () => {
    const game = await started({ count, oracle, oracleFee: 5n })
    const payouts = [...Array.from({ length: count - 1 }, (_, i) => BigInt(i)), 0n, 3n]
    payouts[count - 1] = game.pot - payouts.reduce((sum, payout) => sum + payout)
    let sent: Sent | undefined
    assert.equal(await gains(game, async () => { sent = await game.close(game.closing(payouts)) }), payouts)
    if (sent !== undefined) assert.equal([...logOf(sent, 'Closed')['payouts'] as Iterable<bigint>], payouts)
    assert.is((await game.record()).phase, 4n)
    await rejects(game.close(game.closing(payouts)), 'WrongPhase')
  })
}

const wrongPayouts: [string, readonly bigint[], string][] = [
  ['too few', [2n * ETHER], 'BadLength'],
  ['too many', [ETHER, ETHER, 0n, 0n], 'BadLength'],
  ['a wei too little', [ETHER, ETHER - 1n], 'WrongPayouts'],
  ['a wei too much', [ETHER, ETHER + 1n], 'WrongPayouts'],
  ['more than all numbers', [2n ** 256n - 1n, 2n * ETHER + 1n], 'WrongPayouts']
]
for (const [title, payouts, code] of wrongPayouts) {
  condition(`close: payouts that are ${title} are refused with ${code}`, async () => {
    const game = await started()
    await rejects(game.close(game.closing(payouts)), code)
  })
}

condition('close: the slots that an active thread takes', async () => {
  const game = await started()
  await game.record_('checkpoint', game.breakpoint({ nonce: 4n }))
  const at = (fields: Partial<Close>): Promise<unknown> => game.close(game.closing([ETHER, ETHER], fields))
  await rejects(at({ nonce: 4n }), 'StaleSlot')
  await rejects(at({ epoch: 1n, nonce: 5n }), 'WrongEpoch')
  await at({ nonce: 5n })
})

condition('close: an unknown thread and one that is not active are refused', async () => {
  const game = await arena.game()
  await rejects(game.close(game.closing([ETHER, ETHER])), 'UnknownThread')
  await game.open()
  await rejects(game.close(game.closing([ETHER, 0n])), 'WrongPhase')
})

const closeForgeries: [string, (game: Game, close: Close) => Hex | Promise<Hex>, string][] = [
  ['of another thread', async (_, close) => { const other = await arena.game(); return other.closeSignatures({ ...close, thread: other.id }) }, 'BadSignature'],
  ['for another chain', (game, close) => game.closeSignatures(close, { ...arena.domain, chainId: 1n }), 'BadSignature'],
  ['for another court', (game, close) => game.closeSignatures(close, { ...arena.domain, court: oracle }), 'BadSignature'],
  ['for another slot', (game, close) => game.closeSignatures({ ...close, nonce: 2n }), 'BadSignature'],
  ['for another parent', (game, close) => game.closeSignatures({ ...close, parent: ZERO_HASH }), 'BadSignature'],
  ['for other payouts', (game, close) => game.closeSignatures({ ...close, payouts: [2n * ETHER, 0n] }), 'BadSignature'],
  ['of a breakpoint in that slot', (game, { epoch, nonce, parent }) => game.signatures(game.breakpoint({ epoch, nonce, parent })), 'BadSignature'],
  ['of one player only', (game, close) => game.closeSignatures(close).slice(0, 132) as Hex, 'BadSignatureLength']
]
for (const [title, forge, code] of closeForgeries) {
  condition(`close: signatures ${title} are refused with ${code}`, async () => {
    const game = await started()
    const close = game.closing([ETHER, ETHER])
    await rejects(arena.court_(game.player(0), 'close', [game.abi, closeToAbi(close), await forge(game, close)]), code)
  })
}

/** A dispute over slot (0, 4): a Close of the confirmed epoch is evidence, one of epoch 1 goes on from there. */
const closeEdges: [string, boolean, bigint, string | undefined][] = [
  ['of the confirmed epoch a second before E', false, WINDOW - 1n, undefined],
  ['of the confirmed epoch at E', false, WINDOW, 'EvidenceOver'],
  ["of the dispute's epoch a second before D", true, 2n * WINDOW - 1n, undefined],
  ["of the dispute's epoch at D", true, 2n * WINDOW, 'DisputeOver']
]
for (const [title, inDispute, after, code] of closeEdges) {
  condition(`close: ${title} ${code === undefined ? 'ends the thread' : `is refused with ${code}`}`, async () => {
    const game = await started()
    const breakpoint = game.breakpoint({ nonce: 4n })
    const { timestampSec } = await game.record_('challenge', breakpoint)
    const close = game.closing([ETHER, ETHER], inDispute ? { epoch: 1n, nonce: 5n, parent: breakpointHash(breakpoint) } : { nonce: 5n })
    await arena.at(timestampSec + after)
    if (code === undefined) await game.close(close)
    else await rejects(game.close(close), code)
  })
}

condition("close: in a dispute, one of the dispute's epoch follows the recorded breakpoint, one of the confirmed epoch is above it", async () => {
  const game = await started()
  const breakpoint = game.breakpoint({ nonce: 4n })
  await game.record_('challenge', breakpoint)
  const at = (fields: Partial<Close>): Promise<unknown> => game.close(game.closing([ETHER, ETHER], fields))
  await rejects(at({ nonce: 4n }), 'StaleSlot')
  await rejects(at({ epoch: 2n, nonce: 5n, parent: breakpointHash(breakpoint) }), 'WrongEpoch')
  await rejects(at({ epoch: 1n, nonce: 6n, parent: breakpointHash(breakpoint) }), 'WrongNonce')
  await rejects(at({ epoch: 1n, nonce: 5n }), 'WrongParent')
  await at({ epoch: 1n, nonce: 5n, parent: breakpointHash(breakpoint) })
})

// ---------------------------------------------------------------- settle

/** A thread whose dispute over `balances` has run out. */
async function ripe (options: GameOptions, balances: readonly bigint[]): Promise<{ game: Game, last: Breakpoint, state: State }> {
  const game = await started(options)
  const state = game.state(balances)
  const last = game.breakpoint({ nonce: 4n, stateRoot: state.root })
  const { timestampSec } = await game.record_('challenge', last)
  await arena.at(timestampSec + 2n * WINDOW)
  return { game, last, state }
}

const settlements: [string, GameOptions, readonly bigint[], readonly bigint[], bigint][] = [
  ['all of it owned', {}, [ETHER / 2n, 3n * ETHER / 2n], [ETHER / 2n, 3n * ETHER / 2n], 0n],
  ['some left over, in equal shares, the rounding to the last', { shares: [1n, 1n] }, [ETHER, ETHER - 3n], [ETHER + 1n, ETHER - 1n], 3n],
  ['all left over, in unequal shares', { shares: [3n, 1n] }, [0n, 0n], [3n * ETHER / 2n, ETHER / 2n], 2n * ETHER],
  ['more owned than there is: in order, until nothing is left', {}, [3n * ETHER / 2n, 2n ** 255n], [3n * ETHER / 2n, ETHER / 2n], 0n],
  ['everything owned twice', {}, [2n ** 256n - 1n, 2n ** 256n - 1n], [2n * ETHER, 0n], 0n],
  ['an oracle with its fee', { oracle, oracleFee: 5n }, [ETHER, ETHER, 5n], [ETHER, ETHER, 5n], 0n],
  ['an oracle whose account does not exist', { oracle, oracleFee: 0n }, [ETHER, ETHER, 0n], [ETHER, ETHER, 0n], 0n],
  ['three players', { count: 3, shares: [1n, 1n, 1n] }, [1n, 2n, 3n * ETHER - 7n], [2n, 3n, 3n * ETHER - 5n], 4n],
  ['16 players', { count: 16 }, Array.from({ length: 16 }, () => ETHER), Array.from({ length: 16 }, () => ETHER), 0n]
]
for (const [title, options, balances, payouts, leftover] of settlements) {
  condition(`settle: ${title}`, async () => {
    const { game, last, state } = await ripe(options, balances)
    let sent: Sent | undefined
    assert.equal(await gains(game, async () => { sent = await game.settle(last, state) }), payouts)
    if (sent !== undefined) {
      assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], payouts)
      assert.is(logOf(sent, 'Settled')['leftover'], leftover)
    }
    assert.is((await game.record()).phase, 5n)
    await rejects(game.settle(last, state), 'WrongPhase')
  })
}

condition('settle: where nothing is recorded deposits go back, and the fee to players[0]', async () => {
  const game = await started({ oracle, oracleFee: 5n, deposits: [3n, 4n] })
  const { timestampSec } = await game.challenge()
  await arena.at(timestampSec + 2n * WINDOW)
  await rejects(game.settle(game.breakpoint()), 'UnsignedBreakpoint')
  await rejects(game.settle(undefined, game.state([1n, 1n, 1n])), 'BadLength')
  assert.equal(await gains(game, () => game.settle(undefined)), [8n, 4n, 0n])
})

condition('settle: a second before D it is refused, at D it settles', async () => {
  const game = await started()
  const { timestampSec } = await game.challenge()
  await arena.at(timestampSec + 2n * WINDOW - 1n)
  await rejects(game.settle(undefined), 'DisputeOpen')
  await arena.at(timestampSec + 2n * WINDOW)
  await game.settle(undefined)
})

condition('settle: without a dispute, and with another breakpoint than the recorded one, it is refused', async () => {
  const active = await started()
  await rejects(active.settle(undefined), 'WrongPhase')
  const { game, last, state } = await ripe({}, [ETHER, ETHER])
  await rejects(game.settle({ ...last, nonce: 5n }, state), 'WrongBreakpoint')
  await rejects(game.settle(undefined, state), 'WrongBreakpoint')
})

const hostileProofs: [string, (proofs: unknown[][]) => unknown[][], string][] = [
  ['too few', proofs => proofs.slice(1), 'BadLength'],
  ['one too many', proofs => [...proofs, ...proofs.slice(1)], 'BadLength'],
  ['in another order', proofs => [...proofs].reverse(), 'NoSuchRoot'],
  ['with another balance', ([a, ...rest]) => [[a?.[0], 2n * ETHER, ...(a ?? []).slice(2)], ...rest], 'NoSuchRoot'],
  ['with another nonce', ([a, ...rest]) => [[9n, ...(a ?? []).slice(1)], ...rest], 'NoSuchRoot'],
  ['with another code hash', ([a, ...rest]) => [[...(a ?? []).slice(0, 2), ZERO_HASH, ...(a ?? []).slice(3)], ...rest], 'NoSuchRoot'],
  ['with a sibling less', ([a, ...rest]) => [withSiblings(a, siblings => siblings.slice(0, -1)), ...rest], 'NoSuchRoot'],
  ['with a sibling more', ([a, ...rest]) => [withSiblings(a, siblings => [...siblings, ZERO_HASH]), ...rest], 'NoSuchRoot'],
  ['with 257 siblings', ([a, ...rest]) => [withSiblings(a, () => Array<Hash32>(257).fill(ZERO_HASH)), ...rest], 'ProofTooLong'],
  ['of absence by a leaf of elsewhere', ([a, ...rest]) => [[0n, 0n, ZERO_HASH, a?.[3], otherSide(a), ZERO_HASH], ...rest], 'NoSuchRoot'],
  ['of absence by nothing', ([a, ...rest]) => [[0n, 0n, ZERO_HASH, a?.[3], ZERO_HASH, ZERO_HASH], ...rest], 'NoSuchRoot'],
  ['of presence with a foreign leaf', ([a, ...rest]) => [[...(a ?? []).slice(0, 4), `0x${'11'.repeat(32)}`, ZERO_HASH], ...rest], 'BadOtherLeaf']
]
for (const [title, damage, code] of hostileProofs) {
  condition(`settle: proofs ${title} are refused`, async () => {
    const { game, last, state } = await ripe({}, [ETHER, ETHER])
    const error = await arena.court_(game.player(0), 'settle', [game.abi, breakpointToAbi(last), [damage(game.proofs(state)), ...game.holdings(state).slice(1)]])
      .then(() => 'none', (error: { code: string }) => error.code)
    // A foreign leaf may be refused for where it stands before its root is computed.
    assert.ok(error === code || (code === 'NoSuchRoot' && error === 'BadOtherLeaf'), error)
  })
}

function withSiblings (proof: unknown[] | undefined, change: (siblings: Hash32[]) => Hash32[]): unknown[] {
  return (proof ?? []).map((field, i) => i === 3 ? change(field as Hash32[]) : field)
}

function otherSide (proof: unknown[] | undefined): Hex {
  return `0x${'77'.repeat(31)}${String(proof?.length).padStart(2, '0')}`
}

condition('settle: an older dispute that was answered settles what was answered', async () => {
  const game = await started()
  const [old, last] = [game.state([2n * ETHER, 0n]), game.state([0n, 2n * ETHER])]
  const stale = game.breakpoint({ nonce: 4n, stateRoot: old.root })
  const { timestampSec } = await game.record_('challenge', stale)
  const answer = game.breakpoint({ nonce: 9n, stateRoot: last.root })
  await game.record_('respond', answer, game.player(1))
  await arena.at(timestampSec + 2n * WINDOW)
  await rejects(game.settle(stale, old), 'WrongBreakpoint')
  assert.equal(await gains(game, () => game.settle(answer, last)), [0n, 2n * ETHER])
})

condition('settle: for any balances, shares, fee and decimals the court pays what a node computes', async () => {
  const amount = fc.oneof(fc.bigInt(0n, 5n), fc.bigInt(0n, 2n * ETHER), fc.bigInt(0n, 2n ** 256n - 1n))
  const terms = fc.record({
    count: fc.integer({ min: 2, max: 4 }),
    shares: fc.array(fc.bigInt(0n, 2n ** 32n - 1n), { minLength: 4, maxLength: 4 }),
    deposits: fc.array(fc.bigInt(0n, ETHER), { minLength: 4, maxLength: 4 }),
    fee: fc.option(fc.bigInt(0n, 9n)),
    assetDecimals: fc.integer({ min: 6, max: 18 }),
    balances: fc.array(amount, { minLength: 5, maxLength: 5 })
  })
  await fc.assert(fc.asyncProperty(terms, async ({ count, shares, deposits, fee, assetDecimals, balances }) => {
    const { game, last, state } = await ripe({
      count, assetDecimals, shares: [...shares.slice(0, count - 1), (shares[3] ?? 0n) | 1n], deposits: deposits.slice(0, count), ...(fee === null ? {} : { oracle, oracleFee: fee })
    }, balances)
    const expected = settlementPayouts(game.terms, account => state.balances.get(account) ?? 0n)
    assert.equal([...logOf(await game.settle(last, state), 'Settled')['payouts'] as Iterable<bigint>], expected)
    assert.is(expected.reduce((sum, payout) => sum + payout), game.pot)
  }), { numRuns: 30, seed: 8 })
})

// ---------------------------------------------------------------- hostile payees

const modes: [string, number][] = [['reverts', 1], ['burns all gas', 2], ['reverts with 20,000 bytes', 3]]
for (const [title, mode] of modes) {
  condition(`a payee that ${title} is credited, blocks nobody, and takes its money later`, async () => {
    const payee = await arena.deploy('Payee')
    const game = await openWith(payee)
    await arena.invoke(oracle, payee, 'Payee', 'setMode', [mode, ZERO_ADDRESS, '0x'])
    let sent: Sent | undefined
    assert.equal(await gains(game, async () => { sent = await game.close(game.closing([1n, ETHER, ETHER - 1n])) }), [1n, 0n, ETHER - 1n])
    if (sent !== undefined) assert.is(logOf(sent, 'Credited')['amount'], ETHER)
    assert.is(await arena.credit(ZERO_ADDRESS, payee), ETHER)

    const withdraw = arena.abi.encodeFunctionData('withdraw', [ZERO_ADDRESS])
    const take = (): Promise<Sent> => arena.invoke(oracle, payee, 'Payee', 'execute', [arena.court, withdraw])
    await rejects(take(), 'WithdrawFailed')
    await arena.invoke(oracle, payee, 'Payee', 'setMode', [0, ZERO_ADDRESS, '0x'])
    assert.is(logOf(await take(), 'Withdrawn')['amount'], ETHER)
    assert.equal([await arena.balance(ZERO_ADDRESS, payee), await arena.credit(ZERO_ADDRESS, payee)], [ETHER, 0n])
    await rejects(take(), 'NothingToWithdraw')
  })
}

condition('a payee that re-enters while it is paid gets nothing more', async () => {
  const payee = await arena.deploy('Payee')
  const [game, rich] = [await openWith(payee), await started()]
  await arena.invoke(oracle, payee, 'Payee', 'setMode', [4, arena.court, arena.abi.encodeFunctionData('withdraw', [ZERO_ADDRESS])])
  await game.close(game.closing([0n, 2n * ETHER, 0n]))
  assert.not(await arena.read(payee, await interfaceOf('Payee'), 'reentered', []))
  assert.equal([await arena.balance(ZERO_ADDRESS, payee), await arena.balance(ZERO_ADDRESS, arena.court)], [2n * ETHER, rich.pot])
})

condition('a payee that re-enters while it withdraws finds its credit gone and its thread ended', async () => {
  const withdraw = arena.abi.encodeFunctionData('withdraw', [ZERO_ADDRESS])
  for (const again of ['withdraw', 'close']) {
    const payee = await arena.deploy('Payee')
    const [game, rich] = [await openWith(payee), await started()]
    await arena.invoke(oracle, payee, 'Payee', 'setMode', [1, ZERO_ADDRESS, '0x'])
    const close = game.closing([0n, 2n * ETHER, 0n])
    await game.close(close)
    const inside = again === 'withdraw' ? withdraw : arena.abi.encodeFunctionData('close', [game.abi, closeToAbi(close), game.closeSignatures(close)])
    await arena.invoke(oracle, payee, 'Payee', 'setMode', [4, arena.court, inside])
    await arena.invoke(oracle, payee, 'Payee', 'execute', [arena.court, withdraw])
    assert.not(await arena.read(payee, await interfaceOf('Payee'), 'reentered', []))
    assert.is(await arena.balance(ZERO_ADDRESS, payee), 2n * ETHER)
    await rich.close(rich.closing([ETHER, ETHER]))
    assert.is(await arena.balance(ZERO_ADDRESS, arena.court), 0n)
  }
})

condition('who calls cannot make a push fail by giving too little gas', async () => {
  const game = await started()
  const close = game.closing([ETHER, ETHER])
  const data = arena.abi.encodeFunctionData('close', [game.abi, closeToAbi(close), game.closeSignatures(close)]) as Hex
  const outcomes = new Set<string>()
  for (let gas = 60_000n; gas <= 180_000n; gas += 4_000n) {
    const snapshot = await arena.rpc('evm_snapshot')
    const credited = await arena.send({ from: oracle, to: arena.court, data, gas })
      .then(async () => await arena.credit(ZERO_ADDRESS, game.player(0)) + await arena.credit(ZERO_ADDRESS, game.player(1)) > 0n ? 'credited' : 'paid', (error: { code: string }) => error.code)
    outcomes.add(credited.startsWith('UNNAMED') ? 'out of gas' : credited)
    await arena.rpc('evm_revert', snapshot)
  }
  outcomes.delete('out of gas')
  assert.equal([...outcomes].sort(), ['GasTooLow', 'paid'])
})

condition('withdraw: an account without credit is refused', async () => {
  await rejects(arena.court_(oracle, 'withdraw', [ZERO_ADDRESS]), 'NothingToWithdraw')
})

condition('what one thread owes never comes out of another', async () => {
  const rich = await started({ deposits: [100n * ETHER, 100n * ETHER] })
  const { game, last, state } = await ripe({}, [2n ** 200n, 2n ** 200n])
  assert.equal(await gains(game, () => game.settle(last, state)), [2n * ETHER, 0n])
  assert.is(await arena.balance(ZERO_ADDRESS, arena.court), rich.pot)
})

condition('settle: an all-zero breakpoint does not stand for a recorded one', async () => {
  const { game, state } = await ripe({}, [ETHER, ETHER])
  await rejects(arena.court_(game.player(0), 'settle', [game.abi, NO_BREAKPOINT, game.holdings(state)]), 'WrongBreakpoint')
})

/** Three players of whom the second is `payee`, a contract that joins by its own transaction. */
async function openWith (payee: Address): Promise<Game> {
  const game = await arena.game({ count: 3, players: [arena.account(0), payee, arena.account(2)], deposits: [ETHER, 0n, ETHER] })
  await game.open()
  const data = arena.abi.encodeFunctionData('join', [game.abi, 1, '', '0x'])
  await arena.invoke(oracle, payee, 'Payee', 'execute', [arena.court, data])
  await game.join(2)
  return game
}

test.run()
