/** Doubted claims: who claims must be able to show it. With a judge that finds what the test says. */
import { AbiCoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32, keccak256 } from '../../src/protocol/crypto.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Hash32, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, hex, logOf, type Sent } from './arena.js'
import { breakpointToAbi, lastInputToAbi, WINDOW, type ClaimOptions, type Game, type GameOptions, type Move } from './game.js'

const ETHER = 10n ** 18n
const GWEI = 10n ** 9n
const PREMIUM = ETHER / 100n
const FEE = ETHER / 1000n
const arena = await Arena.create()
const test = suite('contracts/Claims: doubts')
test.after(() => arena.stop())
const ORACLE_KEY = keccak256(new TextEncoder().encode('oracle'))
const ORACLE = addressOf(ORACLE_KEY)
const [outsider, doubter, sender] = [arena.account(18), arena.account(17), arena.account(16)]
/** What answers for one claim, and for one doubt, with the usual gas limit of 5,000,000. */
const BOND = (3_000_000n + 120n * 5_000_000n) * 20n * GWEI + PREMIUM
await arena.rpc('anvil_impersonateAccount', ORACLE)
await arena.rpc('anvil_setBalance', ORACLE, hex(1000n * ETHER))
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }

/** What the judge is to find. */
function finding ({ isFinal = true, success = true, newRoot = ZERO_HASH }: { isFinal?: boolean, success?: boolean, newRoot?: Hash32 } = {}): Hex {
  return AbiCoder.defaultAbiCoder().encode(['bool', 'bool', 'uint256', 'bytes32'], [isFinal, success, 256n, newRoot]) as Hex
}
const root = (name: string): Hash32 => hash32(new TextEncoder().encode(name))
const RIGHT = finding({ newRoot: root('right') })
const WRONG = finding({ newRoot: root('wrong') })

type Dispute = { readonly game: Game, readonly base: Breakpoint, readonly openedSec: bigint, /** D while nothing moves it. */ readonly endsSec: bigint }
type Claimed = { readonly move: Move, readonly tip: Breakpoint, readonly on: Breakpoint }

/** A dispute, just opened, in a thread whose oracle has set `bonds` bonds aside. */
async function disputed (bonds = 16n, options: GameOptions = {}): Promise<Dispute> {
  const game = await (await arena.game({ settlement: '0x11223344', oracle: ORACLE, bondWei: bonds * BOND, ...options })).start()
  const base = game.breakpoint({ nonce: 3n, timestampSec: await arena.nowSec() })
  const { timestampSec } = await game.record_('challenge', base)
  return { game, base, openedSec: timestampSec, endsSec: timestampSec + 2n * WINDOW }
}

/** Mines a claim on `on` at this time, by the oracle for its fee where nothing else is said. */
async function claimed ({ game }: Dispute, player: number, on: Breakpoint, atSec: bigint, { k = 1n, stateRoot = root('right'), ...options }: ClaimOptions & { k?: bigint, stateRoot?: Hash32 } = {}): Promise<Claimed> {
  const move = game.move(player, on, k, atSec)
  await arena.at(atSec)
  await game.claim(on, k, move, stateRoot, { ...('feeWei' in options ? {} : { key: ORACLE_KEY, feeWei: FEE }), ...options })
  return { move, tip: game.forced(on, k, move, stateRoot), on }
}

/** A claim, and a doubt of it a second later. */
async function doubted (options: GameOptions = {}, bonds = 16n): Promise<Dispute & { readonly claim: Claimed, readonly doubt: Sent }> {
  const dispute = await disputed(bonds, options)
  const claim = await claimed(dispute, 0, dispute.base, dispute.openedSec + 1n)
  await arena.at(dispute.openedSec + 2n)
  return { ...dispute, claim, doubt: await dispute.game.doubt(0, claim.tip, { from: doubter }) }
}

/** Has the judge execute a claim, at once; the right one is proved by it. */
async function judged ({ game }: Dispute, index: number, { tip, on, move }: Claimed, found = RIGHT, from = sender): Promise<Sent> {
  return await game.refuteClaim(index, tip, on, move, found, { from })
}

async function dropped ({ game }: Dispute, { tip, on, move }: Claimed, from = sender): Promise<Sent> {
  return await game.drop(tip, on, move, from)
}

/** Does something, and takes it back. */
async function tried (what: () => Promise<void>): Promise<void> {
  const snapshot = await arena.rpc('evm_snapshot')
  await what()
  await arena.rpc('evm_revert', snapshot)
}

/** What a log says, addresses in lower case. */
const valuesOf = (sent: Sent, name: string): unknown[] => [...logOf(sent, name)].map((value: unknown) => typeof value === 'string' ? value.toLowerCase() : value)
const balanceOf = async (account: Address): Promise<bigint> => await arena.balance(ZERO_ADDRESS, account)
const creditOf = async (account: Address): Promise<bigint> => await arena.credit(ZERO_ADDRESS, account)
const names = (sent: Sent): string[] => sent.logs.map(log => log.name)

// ---------------------------------------------------------------- doubts

condition('doubt: by anybody, for the deposit; D is a window away at least, and nothing else changes', async () => {
  const dispute = await disputed()
  const { game, base, openedSec, endsSec } = dispute
  const { tip } = await claimed(dispute, 0, base, openedSec + 1n)
  const before = await game.record()
  await arena.at(endsSec - 1n)
  const sent = await game.doubt(0, tip, { from: doubter })
  assert.equal(valuesOf(sent, 'Doubted'), [game.id, breakpointHash(tip), 0n, doubter, endsSec - 1n + WINDOW])
  assert.equal(await game.record(), { ...before, endsAt: endsSec - 1n + WINDOW })
  assert.equal([(await game.lineage()).forced, await game.openClaims()], [1n, [`${breakpointHash(tip).slice(0, -2)}05`]])
  assert.is(await balanceOf(arena.court), 2n * ETHER + 17n * BOND + FEE)
})

condition('doubt: before E it leaves E and D where they are', async () => {
  const { game, endsSec, openedSec } = await doubted()
  assert.is((await game.record()).endsAt, endsSec)
  await arena.at(openedSec + WINDOW - 1n)
  await game.record_('respond', game.breakpoint({ nonce: 4n }))
})

condition('doubt: twice, of what is proved, at D, of no claim, for a wei less or more, it is refused', async () => {
  const dispute = await doubted()
  const { game, claim, openedSec, endsSec } = dispute
  const next = await claimed(dispute, 1, claim.tip, openedSec + 3n)
  await rejects(game.doubt(0, claim.tip), 'AlreadyDoubted')
  await rejects(game.doubt(1, next.tip, { valueWei: BOND - 1n }), 'WrongValue')
  await rejects(game.doubt(1, next.tip, { valueWei: BOND + 1n }), 'WrongValue')
  await rejects(game.doubt(1, claim.tip), 'WrongClaim')
  await rejects(game.doubt(2, next.tip), 'NoClaim')
  await judged(dispute, 0, claim)
  await rejects(game.doubt(0, claim.tip), 'ClaimProved')
  await arena.at(endsSec)
  await rejects(game.doubt(1, next.tip), 'DisputeOver')
})

condition('doubt: a move that was judged is no claim', async () => {
  const { game, base, openedSec } = await disputed()
  const move = game.move(0, base, 1n, openedSec + 1n)
  await arena.at(openedSec + 1n)
  await game.advance(base, move, RIGHT)
  await rejects(game.doubt(0, game.forced(base, 1n, move, root('right'))), 'NoClaim')
})

// ---------------------------------------------------------------- proofs

condition('refuteClaim: a doubted claim that is right is proved; the doubter pays for it, and has the rest back', async () => {
  const dispute = await doubted()
  const { game, claim, endsSec } = dispute
  const before = await game.record()
  await arena.at(endsSec - 1n)
  const sent = await judged(dispute, 0, claim)
  assert.equal(names(sent), ['Credited', 'Proved'])
  // Without a price for gas there is the premium alone.
  assert.equal(valuesOf(sent, 'Proved'), [game.id, breakpointHash(claim.tip), sender, PREMIUM])
  assert.equal([await creditOf(doubter), await game.record()], [BOND - PREMIUM, before])
  assert.equal([await game.openClaims(), await game.pledge(ORACLE)], [[`${breakpointHash(claim.tip).slice(0, -2)}09`], 16n * BOND + FEE])
  await rejects(dropped(dispute, claim), 'NotDoubted')
  await rejects(judged(dispute, 0, claim, WRONG), 'ClaimProved')
  await arena.at(endsSec)
  const state = game.state([ETHER, ETHER, 0n])
  await rejects(game.settle(claim.tip, state), 'SettlementNeeded')
})

condition('refuteClaim: the last second is early enough, and D is too late', async () => {
  const dispute = await doubted()
  const { claim, endsSec } = dispute
  await tried(async () => {
    await arena.at(endsSec - 1n)
    await judged(dispute, 0, claim)
  })
  await arena.at(endsSec)
  await rejects(judged(dispute, 0, claim), 'DisputeOver')
})

condition('refuteClaim: what is proved is covered by no bond any more; the oracle answers for the next claim with it', async () => {
  const dispute = await doubted({}, 1n)
  const { game, claim, openedSec } = dispute
  await rejects(claimed(dispute, 1, claim.tip, openedSec + 3n), 'BondTooSmall')
  await judged(dispute, 0, claim)
  const second = await claimed(dispute, 1, claim.tip, openedSec + 4n)
  // And that one is refuted at the bond's whole cost.
  await judged(dispute, 1, second, WRONG)
  assert.equal([await game.pledge(ORACLE), (await game.lineage()).forced], [2n * FEE, 2n])
})

condition("refuteClaim: a mover's own claim, proved, frees its bond likewise", async () => {
  const dispute = await disputed(0n)
  const { base, openedSec } = dispute
  const first = await claimed(dispute, 0, base, openedSec + 1n, { feeWei: BOND })
  await judged(dispute, 0, first)
  const second = await claimed(dispute, 0, first.tip, openedSec + 2n, { feeWei: 0n })
  await rejects(claimed(dispute, 0, second.tip, openedSec + 3n, { feeWei: 0n }), 'BondTooSmall')
})

condition('refuteClaim: a doubted claim that is false is refuted, and the deposit is there to be taken back', async () => {
  const dispute = await doubted()
  const { game, claim } = dispute
  const sent = await judged(dispute, 0, claim, WRONG)
  assert.equal(valuesOf(sent, 'Slashed').slice(1, 4), [ORACLE, sender, PREMIUM])
  const back = await dropped(dispute, claim)
  assert.equal([names(back), valuesOf(back, 'DoubtOver'), await creditOf(doubter)], [['DoubtOver', 'Credited'], [game.id, breakpointHash(claim.tip), doubter, BOND], BOND])
  await rejects(dropped(dispute, claim), 'NotDoubted')
})

condition('refuteClaim: a 17th claim is refused, though all 16 are proved', async () => {
  const dispute = await disputed()
  const { base, openedSec } = dispute
  let tip = base
  for (let i = 0; i < 16; i++) {
    const claim = await claimed(dispute, i % 2, tip, openedSec + 1n + BigInt(i))
    await judged(dispute, i, claim)
    tip = claim.tip
  }
  await rejects(claimed(dispute, 0, tip, openedSec + 20n), 'TooManyClaims')
})

// ---------------------------------------------------------------- claims that fall

condition('settle: while a doubt is open nothing is settled, with the function or without it, however late', async () => {
  const dispute = await doubted({ settlement: '0x00000000' })
  const { game, claim, endsSec } = dispute
  const state = game.state([ETHER, ETHER, 0n])
  for (const atSec of [endsSec, endsSec + 5n * WINDOW]) {
    await arena.at(atSec)
    await rejects(game.settle(claim.tip, state), 'DoubtOpen')
  }
  const other = await doubted()
  await arena.at(other.endsSec)
  const last = { player: 0, others: [], raw: other.claim.move.raw, binding: other.claim.move.binding }
  await rejects(other.game.settleByFunction(other.claim.tip, last, RIGHT, state), 'DoubtOpen')
  await arena.at(other.endsSec + WINDOW)
  await rejects(other.game.settle(other.claim.tip, state), 'DoubtOpen')
})

condition('drop: a second before D it is too early; at D the claim falls as if refuted, and the dispute goes on', async () => {
  const dispute = await doubted({ count: 3 })
  const { game, base, claim, endsSec } = dispute
  await arena.at(endsSec - 1n)
  await rejects(dropped(dispute, claim), 'DisputeOpen')
  await arena.at(endsSec)
  const sent = await dropped(dispute, claim)
  assert.equal(names(sent), ['Refuted', 'DoubtOver', 'Credited', 'Credited', 'Credited', 'Slashed'])
  assert.equal(valuesOf(sent, 'Refuted'), [game.id, 2n, 0n, breakpointHash(base), 3n, endsSec + WINDOW])
  const record = await game.record()
  assert.equal([record.recorded, record.nonce, record.dispute, record.endsAt], [breakpointHash(base), 3n, 2n, endsSec + WINDOW])
  assert.equal([await game.lineage(), await game.openClaims()], [{ forced: 0n, used: [WINDOW, 0n, 0n] }, []])
  // The doubter has its deposit and the premium, the players other than the mover the rest; who dropped it had no cost.
  assert.equal(valuesOf(sent, 'DoubtOver'), [game.id, breakpointHash(claim.tip), doubter, BOND + PREMIUM])
  // Its sender gets something at any price, here none, and what does not divide.
  const each = (BOND - PREMIUM - 1n) / 2n
  assert.equal(valuesOf(sent, 'Slashed'), [game.id, ORACLE, sender, BOND - PREMIUM - 2n * each, each])
  assert.equal(await Promise.all([doubter, ...[0, 1, 2].map(i => game.player(i))].map(creditOf)), [BOND + PREMIUM, 0n, each, each])
  assert.is(await game.pledge(ORACLE), 15n * BOND + FEE)
  await rejects(claimed(dispute, 0, base, endsSec + 1n, { k: 2n, feeWei: BOND }), 'BankEmpty')
  await rejects(claimed(dispute, 1, base, endsSec + 2n, { k: 2n }), 'OracleRefuted')
  await rejects(dropped(dispute, claim), 'NotDoubted')
})

condition('drop: with 15 claims above it all of them go; their own doubts are void, and every deposit comes back', async () => {
  const dispute = await disputed(16n)
  const { game, base, openedSec } = dispute
  const all: Claimed[] = []
  for (let i = 0; i < 16; i++) all.push(await claimed(dispute, i % 2, all.at(-1)?.tip ?? base, openedSec + 1n + BigInt(i)))
  const [first, last] = [all[0], all[15]]
  if (first === undefined || last === undefined) throw new Error('no claim')
  for (const [i, { tip }] of all.entries()) await game.doubt(i, tip, { from: doubter })
  const { endsAt } = await game.record()
  await arena.at(endsAt)
  await rejects(game.drop(last.tip, base, last.move), 'WrongParent')
  await rejects(game.drop(first.tip, base, last.move), 'WrongInputs')
  await dropped(dispute, first)
  assert.equal([(await game.record()).recorded, (await game.lineage()).forced, await game.openClaims()], [breakpointHash(base), 0n, []])
  // One bond has paid, and the other 15 are free again.
  assert.is(await game.pledge(ORACLE), 15n * BOND + 16n * FEE)
  for (const claim of all.slice(1)) await dropped(dispute, claim)
  assert.is(await creditOf(doubter), 16n * BOND + PREMIUM)
})

condition('drop: one in the middle leaves the doubt of one before it open, which can still be proved', async () => {
  const dispute = await doubted()
  const { game, claim, openedSec, endsSec } = dispute
  const second = await claimed(dispute, 1, claim.tip, openedSec + 3n)
  await game.doubt(1, second.tip, { from: outsider })
  await arena.at(endsSec)
  await dropped(dispute, second)
  await rejects(dropped(dispute, claim), 'DisputeOpen')
  await arena.at(endsSec + WINDOW)
  await rejects(game.settle(claim.tip, game.state([])), 'DoubtOpen')
  await tried(async () => { await dropped(dispute, claim) })
})

condition('drop: what is judged upon a doubted claim goes with it', async () => {
  const dispute = await doubted()
  const { game, base, claim, openedSec } = dispute
  const move = game.move(1, claim.tip, 1n, openedSec + 3n)
  await arena.at(openedSec + 3n)
  await game.advance(claim.tip, move, RIGHT)
  await arena.at((await game.record()).endsAt)
  await dropped(dispute, claim)
  assert.equal([(await game.record()).recorded, (await game.lineage()).used], [breakpointHash(base), [WINDOW, WINDOW / 20n]])
})

const replaced: [string, (dispute: Dispute, claim: Claimed) => Promise<unknown>][] = [
  ['evidence replaces it', async ({ game }) => await game.record_('respond', game.breakpoint({ nonce: 4n }))],
  ['the players go on from it', async ({ game }, { tip }) => await game.record_('resume', game.breakpoint({ epoch: 1n, nonce: 5n, parent: breakpointHash(tip) }))],
  ['the thread is closed', async ({ game }) => await game.close(game.closing([ETHER, ETHER, 0n], { nonce: 4n }))],
  ['it cannot be settled', async ({ game, base }, { tip, move }) => await game.refute(tip, base, { player: 0, others: [], raw: move.raw, binding: move.binding }, finding({ success: false }))]
]
for (const [what, replace] of replaced) {
  condition(`drop: a doubted claim is gone because ${what}: the deposit comes back, once, at any time`, async () => {
    const dispute = await doubted()
    const { game, claim } = dispute
    await rejects(dropped(dispute, claim), 'DisputeOpen')
    await replace(dispute, claim)
    const before = await game.record()
    await dropped(dispute, claim)
    assert.equal([await creditOf(doubter), await game.record()], [BOND, before])
    await rejects(dropped(dispute, claim), 'NotDoubted')
  })
}

condition('drop: in the next dispute of the thread the doubt of an old one is void, and blocks no settlement', async () => {
  const dispute = await doubted({ settlement: '0x00000000' })
  const { game, claim } = dispute
  const resumed = game.breakpoint({ epoch: 1n, nonce: 5n, parent: breakpointHash(claim.tip), stateRoot: game.state([ETHER, ETHER, 0n]).root, timestampSec: await arena.nowSec() })
  await game.record_('resume', resumed)
  await game.challenge()
  const next = await claimed(dispute, 0, resumed, (await arena.nowSec()) + 1n, { k: 2n, stateRoot: resumed.stateRoot })
  await tried(async () => {
    await dropped(dispute, claim)
    assert.is(await creditOf(doubter), BOND)
  })
  await arena.at((await game.record()).endsAt)
  await game.settle(next.tip, game.state([ETHER, ETHER, 0n]))
  await dropped(dispute, claim)
  assert.is(await balanceOf(arena.court), BOND + 16n * BOND + 2n * FEE)
})

condition('refute: a proved claim that breaks settlement is dropped at no bond\'s cost, and the oracle answers again', async () => {
  const dispute = await disputed(2n)
  const { game, base, openedSec } = dispute
  const claim = await claimed(dispute, 0, base, openedSec + 1n)
  await judged(dispute, 0, claim)
  const sent = await game.refute(claim.tip, base, { player: 0, others: [], raw: claim.move.raw, binding: claim.move.binding }, finding({ success: false }))
  assert.equal([names(sent), await game.pledge(ORACLE), await game.openClaims()], [['Refuted'], 2n * BOND + FEE, []])
  await claimed(dispute, 1, base, openedSec + 2n, { k: 2n })
})

// ---------------------------------------------------------------- in one block

condition('two proofs, or a proof and a refutation, in one block: the second finds nothing to do, and nobody is paid twice', async () => {
  const dispute = await doubted()
  const { claim } = dispute
  await judged(dispute, 0, claim, RIGHT, sender)
  await rejects(judged(dispute, 0, claim, RIGHT, outsider), 'ClaimProved')
  assert.is(await creditOf(doubter), BOND - PREMIUM)
})

condition('two drops in one block: the second finds nothing to do', async () => {
  const dispute = await doubted()
  await arena.at(dispute.endsSec)
  await dropped(dispute, dispute.claim, sender)
  await rejects(dropped(dispute, dispute.claim, outsider), 'NotDoubted')
})

// ---------------------------------------------------------------- money

/** Sends a call of the court at a price for gas. @returns what its sender has paid for gas, and what it has more or less, credit included */
async function priced (from: Address, method: string, args: readonly unknown[], priceWei: bigint, valueWei = 0n): Promise<{ costWei: bigint, gainWei: bigint, sent: Sent }> {
  const wealth = async (): Promise<bigint> => await balanceOf(from) + await creditOf(from)
  const before = await wealth()
  const sent = await arena.send({ from, to: arena.court, data: arena.abi.encodeFunctionData(method, args) as Hex, gasPriceWei: priceWei, valueWei })
  return { costWei: sent.gasUsed * priceWei, gainWei: await wealth() - before, sent }
}
const inputOf = ({ move }: Claimed): readonly unknown[] => lastInputToAbi({ player: move.player, others: [], raw: move.raw, binding: move.binding })

for (const count of [2, 16]) {
  condition(`${count} players: a false claim that is doubted and dropped costs neither its doubter nor who drops it anything, and pays the premium`, async () => {
    const dispute = await disputed(1n, { count })
    const { game, base, openedSec } = dispute
    const claim = await claimed(dispute, 0, base, openedSec + 1n)
    const doubt = await priced(doubter, 'doubt', [game.abi, 0, breakpointToAbi(claim.tip)], 10n * GWEI, BOND)
    await arena.at((await game.record()).endsAt)
    const before = await creditOf(doubter)
    const drop = await priced(sender, 'drop', [game.abi, breakpointToAbi(claim.tip), breakpointToAbi(base), inputOf(claim)], 10n * GWEI)
    const reward = await creditOf(doubter) - before + doubt.gainWei
    assert.ok(reward >= PREMIUM && reward <= PREMIUM + doubt.costWei * 3n / 10n, `${reward} for ${doubt.costWei}`)
    assert.ok(drop.gainWei >= 0n && drop.gainWei <= drop.costWei * 3n / 10n, `${drop.gainWei} for ${drop.costWei}`)
    console.log(`${count} players: doubt ${doubt.sent.gasUsed} gas, drop ${drop.sent.gasUsed} gas`)
  })

  condition(`${count} players: who proves a doubted claim is paid its gas and the premium by the doubter, over several transactions too`, async () => {
    const dispute = await disputed(1n, { count })
    const { game, base, openedSec } = dispute
    const claim = await claimed(dispute, 0, base, openedSec + 1n)
    await game.doubt(0, claim.tip, { from: doubter })
    const args = (paused: Hash32, found: Hex): unknown[] => [game.abi, 0, breakpointToAbi(claim.tip), breakpointToAbi(base), inputOf(claim), [paused, found, []]]
    const first = await priced(sender, 'refuteClaim', args(ZERO_HASH, finding({ isFinal: false })), 10n * GWEI)
    const last = await priced(sender, 'refuteClaim', args(logOf(first.sent, 'Refuting')['paused'] as Hash32, RIGHT), 10n * GWEI)
    const [gain, cost] = [first.gainWei + last.gainWei, first.costWei + last.costWei]
    assert.ok(gain >= PREMIUM && gain <= PREMIUM + cost * 4n / 10n, `${gain} for ${cost}`)
    assert.is(await creditOf(doubter), BOND - (gain + cost))
    console.log(`${count} players: proof's last transaction ${last.sent.gasUsed} gas`)
  })
}

condition('a doubter that refuses money stops neither proof nor drop: it has credit', async () => {
  const payee = await arena.deploy('Payee')
  await arena.rpc('anvil_impersonateAccount', payee)
  await arena.rpc('anvil_setBalance', payee, hex(100n * ETHER))
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const first = await claimed(dispute, 0, base, openedSec + 1n)
  const second = await claimed(dispute, 1, first.tip, openedSec + 2n)
  for (const [i, { tip }] of [first, second].entries()) await game.doubt(i, tip, { from: payee })
  await judged(dispute, 0, first)
  await arena.at((await game.record()).endsAt)
  await dropped(dispute, second)
  assert.is(await creditOf(payee), BOND - PREMIUM + BOND + PREMIUM)
})

test.run()
