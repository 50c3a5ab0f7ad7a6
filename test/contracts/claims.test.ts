/** Claimed moves at the court and the bonds behind them, with a judge that finds what the test says. How they are doubted and proved is in `doubts.test.ts`. */
import { AbiCoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bytesToHex, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32, keccak256 } from '../../src/protocol/crypto.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Hash32, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, hex, logOf, type Sent } from './arena.js'
import { breakpointToAbi, lastInputToAbi, MULTIADDR, WINDOW, type ClaimOptions, type Game, type GameOptions, type Move } from './game.js'

const ETHER = 10n ** 18n
const GWEI = 10n ** 9n
const arena = await Arena.create()
const test = suite('contracts/Claims')
test.after(() => arena.stop())
const ORACLE_KEY = keccak256(new TextEncoder().encode('oracle'))
const ORACLE = addressOf(ORACLE_KEY)
const outsider = arena.account(18)
const LEAST = WINDOW / 20n
/** What answers for one claim with the usual gas limit of 5,000,000. */
const BOND = (3_000_000n + 120n * 5_000_000n) * 20n * GWEI + ETHER / 100n
const FEE = ETHER / 1000n
await arena.rpc('anvil_impersonateAccount', ORACLE)
await arena.rpc('anvil_setBalance', ORACLE, hex(1000n * ETHER))
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }

/** What the judge is to find. */
function finding ({ isFinal = true, success = true, newRoot = ZERO_HASH }: { isFinal?: boolean, success?: boolean, newRoot?: Hash32 } = {}): Hex {
  return AbiCoder.defaultAbiCoder().encode(['bool', 'bool', 'uint256', 'bytes32'], [isFinal, success, 256n, newRoot]) as Hex
}
const root = (name: string): Hash32 => hash32(new TextEncoder().encode(name))
const REVERTED = finding({ success: false })

type Dispute = { readonly game: Game, readonly base: Breakpoint, readonly openedSec: bigint }
type Claimed = { readonly sent: Sent, readonly move: Move, readonly tip: Breakpoint, readonly on: Breakpoint }

/** A dispute, just opened, in a thread whose oracle has set `bonds` bonds aside. */
async function disputed (bonds = 16n, options: GameOptions = {}): Promise<Dispute> {
  const game = await (await arena.game({ settlement: '0x11223344', oracle: ORACLE, bondWei: bonds * BOND, ...options })).start()
  const base = game.breakpoint({ nonce: 3n, timestampSec: await arena.nowSec() })
  const { timestampSec } = await game.record_('challenge', base)
  return { game, base, openedSec: timestampSec }
}

/** Mines a claim on `on` at this time, by the oracle for its fee where nothing else is said. */
async function claimed ({ game }: Dispute, player: number, on: Breakpoint, atSec: bigint, { k = 1n, stateRoot = root('wrong'), ...options }: ClaimOptions & { k?: bigint, stateRoot?: Hash32 } = {}): Promise<Claimed> {
  const move = game.move(player, on, k, atSec)
  await arena.at(atSec)
  const sent = await game.claim(on, k, move, stateRoot, { ...('feeWei' in options ? {} : { key: ORACLE_KEY, feeWei: FEE }), ...options })
  return { sent, move, tip: game.forced(on, k, move, stateRoot), on }
}

/** Refutes a claim by a result of the judge, at once. */
async function refuted ({ game }: Dispute, index: number, { tip, on, move }: Claimed, found = finding({ newRoot: root('right') }), from = outsider): Promise<Sent> {
  return await game.refuteClaim(index, tip, on, move, found, { from })
}

/** What a log says, addresses in lower case. */
const valuesOf = (sent: Sent, name: string): unknown[] => [...logOf(sent, name)].map((value: unknown) => typeof value === 'string' ? value.toLowerCase() : value)

const balanceOf = async (account: Address): Promise<bigint> => await arena.balance('0x0000000000000000000000000000000000000000' as Address, account)

// ---------------------------------------------------------------- bonds

condition('bond, unbond: what is free can be taken at once, and nothing more', async () => {
  const before = await balanceOf(outsider)
  assert.equal(valuesOf(await arena.court_(outsider, 'bond', [], 3n), 'Bonded'), [outsider, 3n, 3n])
  await arena.court_(outsider, 'bond', [], 4n)
  await rejects(arena.court_(outsider, 'unbond', [8n]), 'BondTooSmall')
  assert.equal(valuesOf(await arena.court_(outsider, 'unbond', [5n]), 'Unbonded'), [outsider, 5n, 2n])
  assert.equal([await arena.bond(outsider), await balanceOf(outsider)], [2n, before - 2n])
})

condition('join: the last player of a thread whose oracle has not accepted is refused', async () => {
  const game = await arena.game({ oracle: ORACLE })
  await game.open()
  await rejects(game.join(1), 'NotAccepted')
  await game.accept()
  await game.join(1)
  assert.is((await game.record()).phase, 2n)
})

condition("accept: by anyone with the oracle's signature, before or after the thread is opened; its bond is set aside", async () => {
  for (const isOpen of [false, true]) {
    const game = await arena.game({ oracle: ORACLE, oracleFee: 7n })
    await arena.court_(ORACLE, 'bond', [], 5n)
    if (isOpen) await game.open()
    const sent = await arena.court_(outsider, 'accept', [game.abi, 4n, game.acceptance(ORACLE_KEY, 4n)])
    assert.equal(valuesOf(sent, 'Accepted'), [game.id, ORACLE, 4n])
    assert.equal([await arena.bond(ORACLE), await game.pledge(ORACLE)], [1n, 4n])
    await rejects(arena.court_(ORACLE, 'accept', [game.abi, 0n, '0x']), 'AlreadyAccepted')
    await arena.court_(ORACLE, 'unbond', [1n])
    await rejects(arena.court_(ORACLE, 'unbond', [1n]), 'BondTooSmall')
  }
})

const forgeries: [string, (game: Game) => Hex | Promise<Hex>][] = [
  ['another bond', game => game.acceptance(ORACLE_KEY, 5n)],
  ['another fee', game => game.acceptance(ORACLE_KEY, 4n, { feeUnits: 8n })],
  ['another thread', async game => game.acceptance(ORACLE_KEY, 4n, { thread: (await arena.game()).id })],
  ["another's key", game => game.acceptance(game.keys[0] ?? ORACLE_KEY, 4n)]
]
for (const [title, forge] of forgeries) {
  condition(`accept: a signature with ${title} is refused`, async () => {
    const game = await arena.game({ oracle: ORACLE, oracleFee: 7n })
    await arena.court_(ORACLE, 'bond', [], 9n)
    await rejects(arena.court_(outsider, 'accept', [game.abi, 4n, await forge(game)]), 'BadAuthorisation')
  })
}

condition('accept: without an oracle, too late, of an active thread, and for what is not free it is refused', async () => {
  const none = await arena.game()
  await rejects(arena.court_(outsider, 'accept', [none.abi, 0n, '0x']), 'NoOracle')
  const { game } = await disputed(0n)
  await rejects(arena.court_(ORACLE, 'accept', [game.abi, 0n, '0x']), 'WrongPhase')
  const [first, second] = [await arena.game({ oracle: ORACLE }), await arena.game({ oracle: ORACLE })]
  await arena.court_(ORACLE, 'bond', [], 10n)
  await arena.court_(ORACLE, 'accept', [first.abi, 6n, '0x'])
  await rejects(arena.court_(ORACLE, 'accept', [second.abi, 6n, '0x']), 'BondTooSmall')
  await arena.at(second.terms.joinDeadlineSec + 1n)
  await rejects(arena.court_(ORACLE, 'accept', [second.abi, 4n, '0x']), 'JoinTooLate')
})

condition('release: the bond of an open thread stays, of one that has ended or never began it is free', async () => {
  const { game } = await disputed(1n)
  const release = async (of: Game, account = ORACLE): Promise<Sent> => await arena.court_(outsider, 'release', [of.abi, account])
  await rejects(release(game), 'StillPledged')
  await game.close(game.closing([ETHER, ETHER, 0n], { nonce: 4n }))
  assert.equal(valuesOf(await release(game), 'Released'), [game.id, ORACLE, BOND])
  assert.equal([await arena.bond(ORACLE), await game.pledge(ORACLE)], [BOND, 0n])
  const [never, cancelled] = [await arena.game({ oracle: ORACLE }), await arena.game({ oracle: ORACLE })]
  for (const each of [never, cancelled]) await arena.court_(ORACLE, 'accept', [each.abi, 5n, '0x'])
  await cancelled.open()
  for (const each of [never, cancelled]) await rejects(release(each), 'StillPledged')
  await arena.at(never.terms.joinDeadlineSec + 1n)
  await release(never)
  await rejects(release(cancelled), 'StillPledged')
  await arena.court_(outsider, 'cancel', [cancelled.abi])
  await release(cancelled)
  assert.is(await arena.bond(ORACLE), BOND)
})

// ---------------------------------------------------------------- claims

condition('claim: what the oracle answers for is recorded like a move that was judged, and its fee joins what it has set aside', async () => {
  const dispute = await disputed(1n)
  const { game, base, openedSec } = dispute
  const { sent, tip } = await claimed(dispute, 1, base, openedSec + WINDOW + 9n)
  const record = await game.record()
  assert.equal([record.nonce, record.recorded, record.dispute, record.endsAt], [4n, breakpointHash(tip), 1n, openedSec + 2n * WINDOW + 9n])
  assert.equal(sent.logs.map(log => log.name), ['BREAKPOINT', 'Forced', 'Claimed'])
  assert.equal(valuesOf(sent, 'Claimed'), [game.id, ORACLE, 0n])
  assert.equal(await game.openClaims(), [`${breakpointHash(tip).slice(0, -2)}01`])
  assert.equal(await game.lineage(), { forced: 1n, used: [0n, LEAST] })
  assert.is(await game.pledge(ORACLE), BOND + FEE)
})

condition('claim: a player answers for its own move with its own bond, and has it back when there is no dispute', async () => {
  const dispute = await disputed(0n, { oracle: '0x0000000000000000000000000000000000000000' as Address })
  const { game, base, openedSec } = dispute
  await rejects(claimed(dispute, 0, base, openedSec, { feeWei: BOND - 1n }), 'BondTooSmall')
  const { tip } = await claimed(dispute, 0, base, openedSec, { feeWei: BOND })
  assert.equal(await game.openClaims(), [`${breakpointHash(tip).slice(0, -2)}02`])
  await rejects(arena.court_(outsider, 'release', [game.abi, game.player(0)]), 'StillPledged')
  await game.record_('resume', game.breakpoint({ epoch: 1n, nonce: 5n, parent: breakpointHash(tip) }))
  await arena.court_(outsider, 'release', [game.abi, game.player(0)])
  assert.equal([await arena.bond(game.player(0)), await game.openClaims()], [BOND, []])
})

condition("claim: a result for another root, Force or fee, or with another's key, is refused", async () => {
  const dispute = await disputed()
  const { base, openedSec } = dispute
  for (const options of [{ signed: { stateRoot: root('other') } }, { signed: { force: root('other') } }, { signed: { feeWei: FEE + 1n } }, { key: keccak256(ORACLE_KEY) }]) {
    await rejects(claimed(dispute, 0, base, openedSec, { key: ORACLE_KEY, feeWei: FEE, ...options }), 'BadSignature')
  }
  const without = await disputed(0n, { oracle: '0x0000000000000000000000000000000000000000' as Address })
  await rejects(claimed(without, 0, without.base, without.openedSec, { key: ORACLE_KEY }), 'NoOracle')
})

condition('claim: nobody makes one for a player, not even the oracle with its Force', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  for (const from of [ORACLE, game.player(1), outsider]) await rejects(claimed(dispute, 0, base, openedSec, { from }), 'NotOpener')
  const session = addressOf(game.keys[0] ?? ORACLE_KEY)
  await arena.rpc('anvil_impersonateAccount', session)
  await claimed(dispute, 0, base, openedSec, { from: session, feeWei: 0n, key: ORACLE_KEY })
})

condition("claim: what a move needs it needs too: the recorded breakpoint, the binding, its time, the bank, and a dispute that is open", async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const move = game.move(0, base, 1n, openedSec)
  const call = async (on: Breakpoint, with_: Move): Promise<Sent> => await game.claim(on, 1n, with_, root('wrong'), { key: ORACLE_KEY })
  await rejects(call({ ...base, stateRoot: ZERO_HASH }, move), 'WrongBreakpoint')
  await rejects(call(base, { ...move, binding: move.force }), 'BadSignature')
  await rejects(call(base, { ...move, paused: base.stateRoot }), 'WrongJudgement')
  await rejects(call(base, game.move(0, base, 1n, openedSec - WINDOW / 16n - 9n)), 'WrongTimestamp')
  const first = await claimed(dispute, 0, base, openedSec + 1n)
  const late = openedSec + 2n * WINDOW - LEAST + 1n
  await arena.at(late)
  await rejects(call(first.tip, game.move(0, first.tip, 1n, late)), 'BankEmpty')
  await arena.at(openedSec + 2n * WINDOW)
  await rejects(call(first.tip, game.move(1, first.tip, 1n, openedSec + 2n * WINDOW)), 'DisputeOver')
})

condition('claim: each claim that stands takes a bond of its own', async () => {
  const dispute = await disputed(2n)
  const { game, base, openedSec } = dispute
  const first = await claimed(dispute, 0, base, openedSec + 1n)
  const second = await claimed(dispute, 1, first.tip, openedSec + 2n)
  await rejects(claimed(dispute, 0, second.tip, openedSec + 3n), 'BondTooSmall')
  // A player's own claim is not the oracle's, and the other way round.
  await claimed(dispute, 0, second.tip, openedSec + 3n, { feeWei: BOND })
  assert.is((await game.openClaims()).length, 3)
})

condition('claim: 16 in a row and no 17th; a move that is judged goes on all the same', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  let tip = base
  for (let i = 0; i < 16; i++) tip = (await claimed(dispute, i % 2, tip, openedSec + 1n + BigInt(i))).tip
  await rejects(claimed(dispute, 0, tip, openedSec + 20n), 'TooManyClaims')
  await arena.at(openedSec + 21n)
  await game.advance(tip, game.move(0, tip, 1n, openedSec + 21n), finding())
  assert.equal([(await game.lineage()).forced, (await game.openClaims()).length], [17n, 16])
})

// ---------------------------------------------------------------- refutation

condition('refuteClaim: the first of 16 false claims: its result stands alone, one bond pays, the others are free again', async () => {
  const dispute = await disputed(16n, { count: 3 })
  const { game, base, openedSec } = dispute
  const all: Claimed[] = []
  for (let i = 0; i < 16; i++) all.push(await claimed(dispute, i % 3, all.at(-1)?.tip ?? base, openedSec + 1n + BigInt(i)))
  const [first] = all
  if (first === undefined) throw new Error('no claim')
  await arena.at(openedSec + 2n * WINDOW - 1n)
  const sent = await refuted(dispute, 0, first)
  const ends = openedSec + 3n * WINDOW - 1n
  assert.equal(sent.logs.map(log => log.name), ['Refuted', 'BREAKPOINT', 'Forced', 'Credited', 'Credited', 'Slashed'])
  assert.equal(valuesOf(sent, 'Refuted'), [game.id, 2n, 0n, breakpointHash(base), 3n, ends])
  const made = { ...first.tip, epoch: 2n, stateRoot: root('right') }
  const record = await game.record()
  assert.equal([record.recorded, record.nonce, record.dispute, record.endsAt], [breakpointHash(made), 4n, 2n, ends])
  assert.equal(await game.lineage(), { forced: 1n, used: [WINDOW, 5n * LEAST, 5n * LEAST] })
  assert.equal([await game.openClaims(), await game.pledge(ORACLE)], [[], 15n * BOND + 16n * FEE])
  // Without a price for gas the refuter gets the premium alone; the mover gets nothing.
  const rest = BOND - ETHER / 100n
  assert.equal(valuesOf(sent, 'Slashed'), [game.id, ORACLE, outsider, ETHER / 100n, rest / 2n])
  assert.equal(await Promise.all([0, 1, 2].map(i => arena.credit('0x0000000000000000000000000000000000000000' as Address, game.player(i)))), [0n, rest / 2n, rest / 2n])
  await rejects(claimed(dispute, 0, made, openedSec + 2n * WINDOW, { k: 2n }), 'BankEmpty')
  await rejects(claimed(dispute, 1, made, openedSec + 2n * WINDOW, { k: 2n }), 'OracleRefuted')
  // The oracle gone, the dispute goes on by `advance`, and by claims of the players' own.
  await claimed(dispute, 1, made, openedSec + 2n * WINDOW, { k: 2n, feeWei: BOND })
})

condition('refuteClaim: one in the middle leaves those before it, which can still be refuted', async () => {
  const dispute = await disputed(3n)
  const { game, base, openedSec } = dispute
  const first = await claimed(dispute, 0, base, openedSec + 1n)
  const second = await claimed(dispute, 1, first.tip, openedSec + 2n)
  const third = await claimed(dispute, 0, second.tip, openedSec + 3n)
  await refuted(dispute, 1, second, REVERTED)
  // An input that reverts is no move: what stood before it stands again.
  assert.equal([(await game.record()).recorded, (await game.record()).nonce, (await game.lineage()).forced], [breakpointHash(first.tip), 4n, 1n])
  assert.equal(await game.openClaims(), [`${breakpointHash(first.tip).slice(0, -2)}01`])
  await rejects(refuted(dispute, 1, third), 'NoClaim')
  await rejects(refuted(dispute, 0, second), 'WrongClaim')
  await refuted(dispute, 0, first)
  assert.equal([(await game.lineage()).forced, await game.pledge(ORACLE)], [1n, BOND + 3n * FEE])
})

condition('refuteClaim: a claim that is right stands and is proved by it, and who asked has paid for it', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const right = await claimed(dispute, 0, base, openedSec + 1n, { stateRoot: root('right') })
  const before = await game.record()
  const sent = await refuted(dispute, 0, right)
  assert.equal([sent.logs.map(log => log.name), valuesOf(sent, 'Proved')], [['Proved'], [game.id, breakpointHash(right.tip), outsider, 0n]])
  assert.equal([await game.record(), await game.pledge(ORACLE)], [before, 16n * BOND + FEE])
  assert.equal(await game.openClaims(), [`${breakpointHash(right.tip).slice(0, -2)}09`])
  await rejects(refuted(dispute, 0, right), 'ClaimProved')
})

condition('refuteClaim: the judge is asked what it would be asked about the move itself', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const snapshot = await arena.rpc('evm_snapshot')
  const asked = await claimed(dispute, 0, base, openedSec + 1n)
  // The judge answers with the hash of what it was asked.
  const refuting = logOf(await refuted(dispute, 0, asked, finding()), 'BREAKPOINT')['stateRoot']
  await arena.rpc('evm_revert', snapshot)
  await arena.at(openedSec + 1n)
  assert.is(logOf(await game.advance(base, asked.move, finding()), 'BREAKPOINT')['stateRoot'], refuting)
})

condition("refuteClaim: another parent, another input and another claim's breakpoint are refused, and nothing at D", async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const first = await claimed(dispute, 0, base, openedSec + 1n)
  const second = await claimed(dispute, 1, first.tip, openedSec + 2n)
  const found = finding({ newRoot: root('right') })
  await rejects(game.refuteClaim(0, second.tip, first.tip, second.move, found), 'WrongClaim')
  await rejects(game.refuteClaim(0, first.tip, first.tip, first.move, found), 'WrongParent')
  await rejects(game.refuteClaim(0, first.tip, base, second.move, found), 'WrongInputs')
  await rejects(game.refuteClaim(0, first.tip, base, { ...first.move, player: 1 }, found), 'BadSignature')
  await rejects(game.refuteClaim(2, first.tip, base, first.move, found), 'NoClaim')
  await arena.at(openedSec + 2n * WINDOW)
  await rejects(refuted(dispute, 0, first), 'DisputeOver')
})

condition('refuteClaim: a move on top of the claim, or a refutation of a later one, does not stop it; a second refutation finds nothing', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const first = await claimed(dispute, 0, base, openedSec + 1n)
  const second = await claimed(dispute, 1, first.tip, openedSec + 2n)
  await arena.at(openedSec + 3n)
  await game.advance(second.tip, game.move(0, second.tip, 1n, openedSec + 3n), finding())
  await refuted(dispute, 1, second, finding({ newRoot: root('right') }), arena.account(17))
  await refuted(dispute, 0, first)
  await rejects(refuted(dispute, 0, first), 'NoClaim')
  assert.is(await game.pledge(ORACLE), 14n * BOND + 2n * FEE)
})

condition('refuteClaim: what is claimed anew in the place of a refuted claim is another claim', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const old = await claimed(dispute, 0, base, openedSec + 1n)
  await refuted(dispute, 0, old, REVERTED)
  const next = await claimed(dispute, 1, base, openedSec + 2n, { k: 2n, feeWei: BOND, stateRoot: root('right') })
  await rejects(refuted(dispute, 0, old), 'WrongClaim')
  await refuted(dispute, 0, next)
  assert.is((await game.record()).recorded, breakpointHash(next.tip))
})

condition('refute: a claim that breaks settlement is dropped like any last move, and its bond pays', async () => {
  const dispute = await disputed(2n)
  const { game, base, openedSec } = dispute
  const first = await claimed(dispute, 0, base, openedSec + 1n)
  const { tip, move } = await claimed(dispute, 1, first.tip, openedSec + 2n)
  const last = { player: 1, others: [], raw: move.raw, binding: move.binding }
  const sent = await game.refute(tip, first.tip, last, REVERTED, { from: outsider })
  assert.equal(valuesOf(sent, 'Slashed').slice(1, 3), [ORACLE, outsider])
  assert.equal([(await game.record()).recorded, await game.pledge(ORACLE), (await game.openClaims()).length], [breakpointHash(first.tip), BOND + 2n * FEE, 1])
  await rejects(claimed(dispute, 0, first.tip, openedSec + 3n, { k: 2n }), 'OracleRefuted')
})

condition('refute: a judged move on a claim is dropped at nobody else\'s cost', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const first = await claimed(dispute, 0, base, openedSec + 1n)
  const move = game.move(1, first.tip, 1n, openedSec + 2n)
  await arena.at(openedSec + 2n)
  const tip = game.forced(first.tip, 1n, move, logOf(await game.advance(first.tip, move, finding()), 'BREAKPOINT')['stateRoot'] as Hash32)
  const sent = await game.refute(tip, first.tip, { player: 1, others: [], raw: move.raw, binding: move.binding }, REVERTED)
  assert.equal(sent.logs.map(log => log.name), ['Refuted'])
  assert.equal([await game.pledge(ORACLE), (await game.openClaims()).length], [16n * BOND + FEE, 1])
})

condition('refuteClaim: over several transactions, from stops of the sender\'s own', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const { tip, move } = await claimed(dispute, 0, base, openedSec + 1n)
  const begin = finding({ isFinal: false })
  const paused = logOf(await game.refuteClaim(0, tip, base, move, begin, { from: outsider }), 'Refuting')['paused'] as Hash32
  const end = finding({ newRoot: root('right') })
  await rejects(game.refuteClaim(0, tip, base, move, end, { from: arena.account(17), paused }), 'WrongJudgement')
  await rejects(game.refuteClaim(0, tip, base, move, end, { from: outsider, paused: tip.stateRoot }), 'WrongJudgement')
  await game.refuteClaim(0, tip, base, move, begin, { from: arena.account(17) })
  await game.refuteClaim(0, tip, base, move, end, { from: outsider, paused })
  assert.is((await game.lineage()).used[0], WINDOW)
})

// ---------------------------------------------------------------- money

/** Sends a refutation at a price for gas, and says what it has cost its sender and brought it. */
async function priced ({ game }: Dispute, { tip, on, move }: Claimed, found: Hex, priceWei: bigint, paused = ZERO_HASH): Promise<{ costWei: bigint, balanceWei: bigint }> {
  const input = lastInputToAbi({ player: move.player, others: [], raw: move.raw, binding: move.binding })
  const data = arena.abi.encodeFunctionData('refuteClaim', [game.abi, 0, breakpointToAbi(tip), breakpointToAbi(on), input, [paused, found, []]]) as Hex
  const before = await balanceOf(outsider)
  const { gasUsed } = await arena.send({ from: outsider, to: arena.court, data, gasPriceWei: priceWei })
  return { costWei: gasUsed * priceWei, balanceWei: await balanceOf(outsider) - before }
}

for (const count of [2, 16]) {
  condition(`refuteClaim, ${count} players: the bond pays the gas at its price, and a premium`, async () => {
    const dispute = await disputed(1n, { count })
    const wrong = await claimed(dispute, 0, dispute.base, dispute.openedSec + 1n)
    const { costWei, balanceWei } = await priced(dispute, wrong, finding({ newRoot: root('right') }), 10n * GWEI)
    // Not much more than was spent: calldata is counted at its highest price.
    assert.ok(balanceWei >= ETHER / 100n && balanceWei <= ETHER / 100n + costWei * 3n / 10n, `${balanceWei} of ${costWei}`)
  })
}

condition('refuteClaim: gas is paid up to 20 gwei', async () => {
  const dispute = await disputed(1n)
  const wrong = await claimed(dispute, 0, dispute.base, dispute.openedSec + 1n)
  const { costWei, balanceWei } = await priced(dispute, wrong, finding({ newRoot: root('right') }), 200n * GWEI)
  const repaid = balanceWei + costWei - ETHER / 100n
  assert.ok(repaid >= costWei / 10n && repaid <= costWei * 13n / 100n, `${repaid} of ${costWei}`)
})

condition('refuteClaim: each of its transactions is paid for', async () => {
  const dispute = await disputed(1n)
  const wrong = await claimed(dispute, 0, dispute.base, dispute.openedSec + 1n)
  const first = await priced(dispute, wrong, finding({ isFinal: false, newRoot: root('first') }), 10n * GWEI)
  const paused = AbiCoder.defaultAbiCoder().encode(['string', 'bytes32'], ['paused', root('first')])
  const last = await priced(dispute, wrong, finding({ newRoot: root('right') }), 10n * GWEI, hash32(Buffer.from(paused.slice(2), 'hex')))
  assert.ok(first.balanceWei + last.balanceWei >= ETHER / 100n, `${first.balanceWei + last.balanceWei}`)
})

condition('settle: with claims that nobody refuted the thread ends, and every bond comes back whole', async () => {
  const dispute = await disputed(2n, { settlement: '0x00000000' })
  const { game, openedSec } = dispute
  const state = game.state([ETHER, ETHER, 0n])
  const first = await claimed(dispute, 0, dispute.base, openedSec + 1n, { stateRoot: root('right') })
  const last = await claimed(dispute, 1, first.tip, openedSec + 2n, { stateRoot: state.root, feeWei: BOND })
  await arena.at(openedSec + 2n * WINDOW)
  await game.settle(last.tip, state)
  for (const account of [ORACLE, game.player(1)]) await arena.court_(outsider, 'release', [game.abi, account])
  assert.equal([await arena.bond(ORACLE), await arena.bond(game.player(1))], [2n * BOND + FEE, BOND])
  for (const account of [ORACLE, game.player(1)]) await arena.court_(account, 'unbond', [await arena.bond(account)])
})

condition('respond: evidence replaces the claims; what was claimed before can neither stand nor be refuted', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const first = await claimed(dispute, 0, base, openedSec + 1n)
  const evidence = game.breakpoint({ nonce: 4n, timestampSec: base.timestampSec })
  await game.record_('respond', evidence)
  assert.equal(await game.openClaims(), [])
  await rejects(refuted(dispute, 0, first), 'NoClaim')
  const next = await claimed(dispute, 1, evidence, openedSec + 3n, { k: 2n })
  await rejects(refuted(dispute, 0, first), 'WrongClaim')
  await refuted(dispute, 0, next)
})

// ---------------------------------------------------------------- the two halves

condition('the halves of the court: one that is no half, or has another judge, is refused; called by itself the other half does nothing', async () => {
  const judge = await arena.deploy('TestJudge')
  const [half, own] = [await arena.deploy('Claims', judge), await arena.deploy('TestJudge')]
  await rejects(arena.deploy('Threads', own, half), 'WrongHalf')
  await rejects(arena.deploy('Threads', own, outsider), 'WrongHalf')
  await rejects(arena.invoke(outsider, half, 'Claims', 'bond', [], 1n), 'OtherHalf')
  const game = await arena.game()
  await rejects(arena.invoke(game.player(0), half, 'Claims', 'open', [game.abi, MULTIADDR], ETHER), 'OtherHalf')
  await rejects(arena.invoke(outsider, half, 'Claims', 'release', [game.abi, outsider]).then(async () => await arena.invoke(outsider, half, 'Claims', 'unbond', [1n])), 'BondTooSmall')
})

condition('a bond for one claim covers what the specification says', async () => {
  assert.is(await arena.read(arena.court, arena.abi, 'bondFor', [5_000_000n]), BOND)
  assert.is(bytesToHex(ORACLE_KEY).length, 66)
})

test.run()
