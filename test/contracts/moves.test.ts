/** Forced moves and refutations at the court, with a judge that finds what the test says. What the judge itself finds is tested elsewhere. */
import { AbiCoder } from 'ethers'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bigintToBytes, bytesToHex, concatBytes, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32, keccak256, sign } from '../../src/protocol/crypto.js'
import { signInput } from '../../src/protocol/input.js'
import { threadChainId, contractAddressOf } from '../../src/protocol/terms.js'
import { breakpointHash, forceDigest } from '../../src/protocol/typed-data.js'
import type { Address, Breakpoint, Hash32, Hex } from '../../src/protocol/types.js'
import { rejects } from '../support/rejects.js'
import { Arena, logOf, type Sent } from './arena.js'
import { breakpointToAbi, closeToAbi, moveToAbi, NO_INPUT, WINDOW, type Game, type GameOptions, type Move } from './game.js'

const ETHER = 10n ** 18n
const arena = await Arena.create()
const test = suite('contracts/Threads: forced moves')
test.after(() => arena.stop())
const condition = (title: string, run: () => Promise<void>): void => { test(title, () => arena.isolated(run)) }
const outsider = arena.account(18)
const GRACE = WINDOW / 16n
/** Twenty moves of a window together. */
const LEAST = WINDOW / 20n

/** What the judge is to find. */
function finding ({ isFinal = true, success = true, steps = 256n, newRoot = ZERO_HASH }: { isFinal?: boolean, success?: boolean, steps?: bigint, newRoot?: Hash32 } = {}): Hex {
  return AbiCoder.defaultAbiCoder().encode(['bool', 'bool', 'uint256', 'bytes32'], [isFinal, success, steps, newRoot]) as Hex
}
const FOUND = finding()
const REVERTED = finding({ success: false })
const UNFINISHED = finding({ isFinal: false })

type Dispute = { readonly game: Game, readonly base: Breakpoint, readonly openedSec: bigint }

/** A dispute over a certificate, just opened. */
async function disputed (options: GameOptions = {}): Promise<Dispute> {
  const game = await (await arena.game({ settlement: '0x11223344', ...options })).start()
  const base = game.breakpoint({ nonce: 3n, timestampSec: await arena.nowSec() })
  const { timestampSec } = await game.record_('challenge', base)
  return { game, base, openedSec: timestampSec }
}

/** Mines a player's move on `recorded` at exactly this time, and returns the breakpoint that it became. */
async function moved ({ game }: Dispute, player: number, recorded: Breakpoint, atSec: bigint, k = 1n): Promise<{ sent: Sent, move: Move, tip: Breakpoint }> {
  const move = game.move(player, recorded, k, atSec)
  await arena.at(atSec)
  const sent = await game.advance(recorded, move, FOUND)
  return { sent, move, tip: game.forced(recorded, k, move, logOf(sent, 'BREAKPOINT')['stateRoot'] as Hash32) }
}

const lastOf = (move: Move): Parameters<Game['refute']>[2] => ({ player: move.player, others: [], raw: move.raw, binding: move.binding })

// ---------------------------------------------------------------- what a move is

condition('advance: what the judge finds is recorded as a breakpoint of epoch k with that one input, and told to all', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const { sent, move, tip } = await moved(dispute, 1, base, openedSec + 9n)
  const record = await game.record()
  assert.equal([record.nonce, record.recorded, record.dispute, record.confirmedEpoch], [4n, breakpointHash(tip), 1n, 0n])
  assert.equal([...logOf(sent, 'BREAKPOINT')], [game.id, 1n, 4n, breakpointHash(base), tip.stateRoot, tip.inputsRoot, tip.timestampSec])
  assert.equal([...logOf(sent, 'Forced')], [game.id, 1n, 1n, openedSec + 2n * WINDOW, bytesToHex(move.raw), bytesToHex(move.binding)])
  assert.equal(await game.lineage(), { forced: 1n, used: [0n, LEAST] })
})

condition("advance: the judge is asked about the terms' thread, the recorded state and the move's own time", async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const { move, tip } = await moved(dispute, 1, base, openedSec + 9n)
  const { terms } = game
  const asked = [
    base.stateRoot, terms.players[1], terms.sessionKeys[1], terms.oracle, move.timestampSec, 4n, breakpointHash(base), terms.gasLimit, threadChainId(game.id), 0n, 1n, 32_768n, ZERO_ADDRESS, ZERO_HASH, 0n, ZERO_HASH
  ]
  assert.is(tip.stateRoot, question([CASE, 'bytes32'], [asked, bytesToHex(keccak256(move.raw))]))
})

condition("advance: where the contract may be a routine, the judge is told its address, whom it may name and its pieces, of either kind", async () => {
  for (const more of [{ codeKind: 2 as const, pieceGas: 50_000n }, { codeKind: 3 as const, ctorArg: new Uint8Array(0) }]) {
    const dispute = await disputed(more)
    const { game, base, openedSec } = dispute
    const { move, tip } = await moved(dispute, 1, base, openedSec + 9n)
    const { terms } = game
    const players = hash32(concatBytes(...terms.players.map(player => bigintToBytes(BigInt(player), 32))))
    const asked = [
      base.stateRoot, terms.players[1], terms.sessionKeys[1], terms.oracle, move.timestampSec, 4n, breakpointHash(base), terms.gasLimit, threadChainId(game.id), 0n, 1n, 32_768n,
      contractAddressOf(game.id, arena.court), players, terms.pieceGas, ZERO_HASH
    ]
    assert.is(tip.stateRoot, question([CASE, 'bytes32'], [asked, bytesToHex(keccak256(move.raw))]))
  }
})

const CASE = 'tuple(bytes32,address,address,address,uint256,uint256,bytes32,uint256,uint256,uint256,uint256,uint256,address,bytes32,uint256,bytes32)'

function question (types: string[], values: unknown[]): Hash32 {
  return hash32(hexToBytes(AbiCoder.defaultAbiCoder().encode(types, values) as Hex))
}

condition('advance: an input that reverts is no move', async () => {
  const { game, base, openedSec } = await disputed()
  await rejects(game.advance(base, game.move(0, base, 1n, openedSec), REVERTED), 'MoveReverts')
})

condition('advance: by anyone who has the Force', async () => {
  const { game, base, openedSec } = await disputed()
  await game.advance(base, game.move(0, base, 1n, openedSec), FOUND, outsider)
  assert.is((await game.record()).nonce, 4n)
})

condition('advance: a thread without a dispute, one with nothing recorded, and another breakpoint than the recorded one are refused', async () => {
  const active = await (await arena.game()).start()
  const base = active.breakpoint({ nonce: 3n })
  await active.record_('checkpoint', base)
  await rejects(active.advance(base, active.move(0, base, 1n, await arena.nowSec()), FOUND), 'WrongPhase')
  const empty = await (await arena.game()).start()
  await empty.challenge()
  await rejects(empty.advance(base, empty.move(0, base, 1n, await arena.nowSec()), FOUND), 'NothingRecorded')
  const { game, base: recorded, openedSec } = await disputed()
  const other = { ...recorded, stateRoot: ZERO_HASH }
  await rejects(game.advance(other, game.move(0, other, 1n, openedSec), FOUND), 'WrongBreakpoint')
})

condition('challengeAndAdvance: opens the dispute over a certificate, or over what is recorded, and moves', async () => {
  for (const before of [false, true]) {
    const game = await (await arena.game()).start()
    const base = game.breakpoint({ nonce: 3n })
    if (before) await game.record_('checkpoint', base)
    const nowSec = await arena.nowSec()
    const move = game.move(1, base, 1n, nowSec > base.timestampSec ? nowSec : base.timestampSec)
    const sent = await arena.court_(game.player(1), 'challengeAndAdvance', [game.abi, breakpointToAbi(base), before ? '0x' : game.signatures(base), moveToAbi(move), FOUND])
    assert.is(logOf(sent, 'Challenged')['k'], 1n)
    assert.equal([(await game.record()).nonce, (await game.record()).endsAt], [4n, sent.timestampSec + 2n * WINDOW])
  }
})

condition('challengeAndAdvance: nothing signed, nothing recorded, a stale certificate and a stranger are refused', async () => {
  const game = await (await arena.game()).start()
  const base = game.breakpoint({ nonce: 3n })
  const call = (signatures: Hex, from = game.player(0)): Promise<Sent> =>
    arena.court_(from, 'challengeAndAdvance', [game.abi, breakpointToAbi(base), signatures, moveToAbi(game.move(0, base, 1n, base.timestampSec)), FOUND])
  await rejects(call('0x'), 'NothingRecorded')
  await rejects(call(game.signatures(base), outsider), 'NotParticipant')
  await game.record_('checkpoint', game.breakpoint({ nonce: 5n }))
  await rejects(call(game.signatures(base)), 'StaleSlot')
  await rejects(call('0x'), 'WrongBreakpoint')
})

// ---------------------------------------------------------------- the Force

/** Moves whose Force is for something else. */
const replays: [string, (game: Game, base: Breakpoint, atSec: bigint) => Move | Promise<Move>][] = [
  ['another thread', async (game, base, atSec) => { const other = await arena.game(); return game.move(0, base, 1n, atSec, { thread: other.id }) }],
  ['another chain', (game, base, atSec) => game.move(0, base, 1n, atSec, { domain: { ...arena.domain, chainId: 1n } })],
  ['another court', (game, base, atSec) => game.move(0, base, 1n, atSec, { domain: { ...arena.domain, court: outsider } })],
  ['an earlier dispute', (game, base, atSec) => game.move(0, base, 0n, atSec)],
  ['a later dispute', (game, base, atSec) => game.move(0, base, 2n, atSec)],
  ['another breakpoint', (game, base, atSec) => game.move(0, base, 1n, atSec, { parent: base.stateRoot })],
  ['another input', (game, base, atSec) => game.move(0, base, 1n, atSec, { txHash: base.stateRoot })],
  ['another time', (game, base, atSec) => game.move(0, base, 1n, atSec, { timestampSec: atSec + 1n })],
  ['another player', (game, base, atSec) => ({ ...game.move(0, base, 1n, atSec), player: 1 })],
  ['an input that is bound by another', (game, base, atSec) => ({ ...game.move(0, base, 1n, atSec), binding: game.move(1, base, 1n, atSec).binding })],
  ['an input that is bound to another thread', (game, base, atSec) => {
    const [key = new Uint8Array()] = game.keys
    const { raw } = game.move(0, base, 1n, atSec)
    const elsewhere = signInput({ nonce: 1n, gasLimit: 1n, to: ZERO_ADDRESS, valueWei: 0n, data: raw }, key, { thread: game.id, domain: arena.domain })
    return { ...game.move(0, base, 1n, atSec), binding: elsewhere.binding }
  }],
  ['nothing: it is the binding', (game, base, atSec) => { const move = game.move(0, base, 1n, atSec); return { ...move, force: move.binding } }],
  ['nothing: zeros', (game, base, atSec) => ({ ...game.move(0, base, 1n, atSec), force: new Uint8Array(65) })]
]
for (const [title, forge] of replays) {
  condition(`advance: a Force for ${title} is refused with BadSignature`, async () => {
    const { game, base, openedSec } = await disputed()
    await rejects(game.advance(base, await forge(game, base, openedSec), FOUND), 'BadSignature')
  })
}

condition('advance: signatures of another length, and malleable ones, are refused', async () => {
  const { game, base, openedSec } = await disputed()
  const move = game.move(0, base, 1n, openedSec)
  for (const field of ['force', 'binding'] as const) {
    await rejects(game.advance(base, { ...move, [field]: move[field].subarray(0, 64) }, FOUND), 'BadSignatureLength')
    await rejects(game.advance(base, { ...move, [field]: concatBytes(move[field], Uint8Array.of(0)) }, FOUND), 'BadSignatureLength')
    await rejects(game.advance(base, { ...move, [field]: upper(move[field]) }, FOUND), 'MalleableSignature')
  }
  await rejects(game.advance(base, { ...move, player: 2 }, FOUND, game.player(0)), 'UnknownPlayer')
})

/** The same signature with the other s. */
function upper (signature: Uint8Array): Uint8Array {
  const s = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n - BigInt(bytesToHex(signature.subarray(32, 64)))
  return Uint8Array.of(...signature.subarray(0, 32), ...hexToBytes(`0x${s.toString(16).padStart(64, '0')}`), 55 - (signature[64] ?? 27))
}

condition('advance: a move cannot be made twice, not even after it was dropped', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const { move, tip } = await moved(dispute, 0, base, openedSec + 1n)
  await rejects(game.advance(base, move, FOUND), 'WrongBreakpoint')
  await rejects(game.advance(tip, move, FOUND), 'BadSignature')
  await game.refute(tip, base, lastOf(move), REVERTED)
  await rejects(game.advance(base, move, FOUND), 'BadSignature')
})

// ---------------------------------------------------------------- time

const times: [string, bigint, bigint, string | undefined][] = [
  ['as old as it may be', -GRACE, -1000n, undefined],
  ['a second older', -GRACE - 1n, -1000n, 'WrongTimestamp'],
  ['of this block', 0n, -1000n, undefined],
  ['a second ahead of this block', 1n, -1000n, 'WrongTimestamp'],
  ["its parent's", -10n, -10n, undefined],
  ["a second before its parent's", -11n, -10n, 'WrongTimestamp'],
  ["its parent's, which is ahead of this block", 10n, 10n, undefined],
  ["after its parent's, which is ahead of this block", 11n, 10n, 'WrongTimestamp'],
  ["of this block, its parent's ahead of it", 0n, 10n, 'WrongTimestamp']
]
for (const [title, ownSec, parentSec, code] of times) {
  condition(`advance: a time that is ${title} ${code === undefined ? 'is taken' : 'is refused'}`, async () => {
    const game = await (await arena.game()).start()
    const atSec = await arena.nowSec() + 500n
    const base = game.breakpoint({ nonce: 3n, timestampSec: atSec + parentSec })
    await game.record_('challenge', base)
    await arena.at(atSec)
    const act = game.advance(base, game.move(0, base, 1n, atSec + ownSec), FOUND)
    if (code === undefined) await act
    else await rejects(act, code)
  })
}

condition('advance: a window of less than 16 seconds allows for one second', async () => {
  const { game, base } = await disputed({ windowSec: 15n })
  const atSec = base.timestampSec + 9n
  await arena.at(atSec)
  await rejects(game.advance(base, game.move(0, base, 1n, atSec - 2n), FOUND), 'WrongTimestamp')
  await arena.at(atSec + 1n)
  await game.advance(base, game.move(0, base, 1n, atSec), FOUND)
})

condition('advance: D is a window after the move, and never sooner than before', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const first = await moved(dispute, 0, base, openedSec + WINDOW)
  assert.is((await game.record()).endsAt, openedSec + 2n * WINDOW)
  const second = await moved(dispute, 1, first.tip, openedSec + WINDOW + 1n)
  assert.is((await game.record()).endsAt, openedSec + 2n * WINDOW + 1n)
  await arena.at(openedSec + 2n * WINDOW)
  await rejects(game.record_('respond', game.breakpoint({ nonce: base.nonce + 9n })), 'EvidenceOver')
  await arena.at(openedSec + 2n * WINDOW + 1n)
  await rejects(game.advance(second.tip, game.move(0, second.tip, 1n, openedSec + 2n * WINDOW + 1n), FOUND), 'DisputeOver')
})

condition('advance: before E a move costs c, afterwards the time since E or since the last event, and c at least', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const until = openedSec + WINDOW
  const spent: bigint[][] = []
  let tip = base
  for (const [player, atSec] of [[0, openedSec + 5n], [1, until - 1n], [0, until + LEAST + 7n], [1, until + 3n * LEAST], [0, until + 3n * LEAST + 1n]] as const) {
    tip = (await moved(dispute, player, tip, atSec)).tip
    spent.push([...(await game.lineage()).used])
  }
  const first = 2n * LEAST + 7n
  assert.equal(spent, [[LEAST, 0n], [LEAST, LEAST], [first, LEAST], [first, 3n * LEAST - 7n], [first + LEAST, 3n * LEAST - 7n]])
})

condition('advance: a bank is good to its last second', async () => {
  for (const [late, code] of [[0n, undefined], [1n, 'BankEmpty']] as const) {
    const dispute = await disputed()
    const { game, base, openedSec } = dispute
    const { tip } = await moved(dispute, 0, base, openedSec + 1n)
    const last = openedSec + WINDOW + WINDOW - LEAST + late
    await arena.at(last)
    const act = game.advance(tip, game.move(0, tip, 1n, last), FOUND)
    if (code === undefined) await act
    else await rejects(act, code)
    assert.is((await game.lineage()).used[0], code === undefined ? WINDOW : LEAST)
  }
})

condition('advance: a bank that M does not divide still allows M moves', async () => {
  const odd = await disputed({ timeBankSec: 11n, forcedMoves: 3 })
  let tip = odd.base
  for (let i = 1n; i <= 3n; i++) tip = (await moved(odd, 0, tip, odd.openedSec + i)).tip
  assert.equal(await odd.game.lineage(), { forced: 3n, used: [9n, 0n] })
  await rejects(odd.game.advance(tip, odd.game.move(0, tip, 1n, odd.openedSec + 3n), FOUND), 'BankEmpty')
})

condition('advance: a flood of moves ends with the bank, whatever the others do, and within 2W + nB', async () => {
  const dispute = await disputed({ timeBankSec: 40n, forcedMoves: 40, count: 3 })
  const { game, openedSec } = dispute
  let tip = dispute.base
  for (let i = 1n; i <= 40n; i++) tip = (await moved(dispute, Number(i % 2n), tip, openedSec + i)).tip
  for (let i = 41n; i <= 80n; i++) tip = (await moved(dispute, Number(i % 2n), tip, openedSec + WINDOW + i - 41n)).tip
  for (const player of [0, 1]) await rejects(game.advance(tip, game.move(player, tip, 1n, openedSec + WINDOW + 39n), FOUND), 'BankEmpty')
  assert.equal(await game.lineage(), { forced: 80n, used: [40n, 40n, 0n] })
  assert.ok((await game.record()).endsAt <= openedSec + 2n * WINDOW + 80n)
  await moved(dispute, 2, tip, openedSec + WINDOW + 50n)
})

condition('advance: 16 players have a bank each', async () => {
  const dispute = await disputed({ count: 16 })
  let tip = dispute.base
  for (const player of [0, 6, 7, 14, 15]) tip = (await moved(dispute, player, tip, dispute.openedSec + 1n + BigInt(player))).tip
  const { forced, used } = await dispute.game.lineage()
  assert.equal([forced, used.map((time, i) => time === 0n ? -1 : i).filter(i => i >= 0)], [5n, [0, 6, 7, 14, 15]])
})

// ---------------------------------------------------------------- evidence and moves

condition('respond: evidence above the signed slot replaces every move since, fills the banks, and gives the dispute another number', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const first = await moved(dispute, 0, base, openedSec + 1n)
  const second = await moved(dispute, 1, first.tip, openedSec + 2n)
  // Slot (0, 4) is above the certificate (0, 3), whatever was forced since.
  const evidence = game.breakpoint({ nonce: 4n, timestampSec: base.timestampSec })
  await game.record_('respond', evidence, outsider)
  const record = await game.record()
  assert.equal([record.nonce, record.dispute, record.recorded], [4n, 2n, breakpointHash(evidence)])
  assert.equal(await game.lineage(), { forced: 0n, used: [0n, 0n] })
  await rejects(game.advance(second.tip, game.move(0, second.tip, 2n, openedSec + 3n), FOUND), 'WrongBreakpoint')
  await moved(dispute, 0, evidence, openedSec + 9n, 2n)
})

condition('respond: what is not above the signed slot, and what comes at E, leaves the moves alone', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  await moved(dispute, 0, base, openedSec + 1n)
  await rejects(game.record_('respond', game.breakpoint({ nonce: 3n })), 'StaleSlot')
  await arena.at(openedSec + WINDOW - 1n)
  const snapshot = await arena.rpc('evm_snapshot')
  await game.record_('respond', game.breakpoint({ nonce: 4n }))
  await arena.rpc('evm_revert', snapshot)
  await arena.at(openedSec + WINDOW)
  await rejects(game.record_('respond', game.breakpoint({ nonce: 4n })), 'EvidenceOver')
})

condition('close: one of the confirmed epoch counts from the signed slot, one of epoch k follows the last move', async () => {
  for (const inDispute of [false, true]) {
    const dispute = await disputed()
    const { game, base, openedSec } = dispute
    const { tip } = await moved(dispute, 0, base, openedSec + 1n)
    const close = game.closing([ETHER, ETHER], inDispute ? { epoch: 1n, nonce: 5n, parent: breakpointHash(tip) } : { nonce: 4n })
    if (inDispute) await rejects(game.close({ ...close, parent: breakpointHash(base) }), 'WrongParent')
    else await rejects(game.close({ ...close, nonce: 3n }), 'StaleSlot')
    await arena.court_(outsider, 'close', [game.abi, closeToAbi(close), game.closeSignatures(close)])
  }
})

condition('resume: from the last move the players go on, and older epochs are worth nothing', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const { tip } = await moved(dispute, 0, base, openedSec + 1n)
  await rejects(game.record_('resume', game.breakpoint({ epoch: 1n, nonce: 4n, parent: breakpointHash(base) })), 'WrongNonce')
  await rejects(game.record_('resume', game.breakpoint({ epoch: 1n, nonce: 5n, parent: breakpointHash(base) })), 'WrongParent')
  const next = game.breakpoint({ epoch: 1n, nonce: 5n, parent: breakpointHash(tip) })
  await game.record_('resume', next)
  await rejects(game.record_('checkpoint', game.breakpoint({ nonce: 9n })), 'WrongEpoch')
  await game.challenge()
  assert.equal([(await game.record()).dispute, (await game.lineage()).forced], [2n, 0n])
  await rejects(game.record_('respond', game.breakpoint({ epoch: 1n, nonce: 5n })), 'StaleSlot')
  await game.record_('respond', game.breakpoint({ epoch: 1n, nonce: 6n }))
})

// ---------------------------------------------------------------- judgements of several transactions

condition('advance: a judgement that does not end is recorded, carried on by its player, ended by anyone, and becomes the move', async () => {
  const { game, base, openedSec } = await disputed()
  const move = game.move(0, base, 1n, openedSec + 1n)
  await arena.at(openedSec + 1n)
  const begun = await game.advance(base, move, UNFINISHED)
  const { paused, credit } = await game.judgement(0)
  assert.equal([...logOf(begun, 'Judging')], [game.id, 0n, paused, openedSec + 2n * WINDOW])
  assert.is(credit, LEAST)
  assert.equal([(await game.record()).recorded, (await game.lineage()).forced], [breakpointHash(base), 0n])
  // Long after T: it was begun in time.
  await arena.at(openedSec + WINDOW - 1n)
  await game.advance(base, { ...move, paused }, finding({ isFinal: false, newRoot: base.stateRoot }))
  const next = await game.judgement(0)
  assert.is.not(next.paused, paused)
  await rejects(game.advance(base, { ...move, paused }, FOUND), 'WrongJudgement')
  await game.advance(base, { ...move, paused: next.paused }, FOUND, outsider)
  assert.equal([(await game.record()).nonce, (await game.lineage()).used], [4n, [LEAST, 0n]])
})

condition('advance: a judgement costs what the move would have cost at its end, and D is a window after each of its transactions', async () => {
  const { game, base, openedSec } = await disputed()
  const until = openedSec + WINDOW
  const move = game.move(0, base, 1n, until + 10n)
  const steps: bigint[][] = []
  for (const afterSec of [10n, LEAST - 1n, LEAST + 20n, LEAST + 30n]) {
    const { paused } = await game.judgement(0)
    await arena.at(until + afterSec)
    await game.advance(base, { ...move, paused }, afterSec === LEAST + 30n ? FOUND : finding({ isFinal: false }))
    steps.push([(await game.lineage()).used[0] ?? 0n, (await game.record()).endsAt - until])
  }
  assert.equal(steps, [
    [LEAST, WINDOW + 10n], [LEAST, WINDOW + LEAST - 1n], [LEAST + 20n, WINDOW + LEAST + 20n], [LEAST + 30n, WINDOW + LEAST + 30n]
  ])
})

condition('advance: what does not end a judgement is taken from its player alone, so that nobody else sets its pace', async () => {
  const { game, base, openedSec } = await disputed()
  const [key = new Uint8Array()] = game.keys
  const move = game.move(0, base, 1n, openedSec)
  const begun = finding({ isFinal: false, steps: 1n })
  for (const other of [outsider, game.player(1)]) await rejects(game.advance(base, move, begun, other), 'NotOpener')
  await game.advance(base, move, begun)
  const { paused } = await game.judgement(0)
  for (const other of [outsider, game.player(1)]) await rejects(game.advance(base, { ...move, paused }, finding({ isFinal: false, newRoot: base.stateRoot }), other), 'NotOpener')
  assert.is((await game.judgement(0)).paused, paused)
  await arena.rpc('anvil_impersonateAccount', addressOf(key))
  await game.advance(base, { ...move, paused }, finding({ isFinal: false, newRoot: base.stateRoot }), addressOf(key))
  assert.is.not((await game.judgement(0)).paused, paused)
  await rejects(game.advance(base, { ...move, paused: base.stateRoot }, FOUND), 'WrongJudgement')
})

condition("advance: a judgement is no other move's, no other player's, and over once something else is recorded", async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  await game.advance(base, game.move(0, base, 1n, openedSec), UNFINISHED)
  const { paused } = await game.judgement(0)
  await rejects(game.advance(base, game.move(0, base, 1n, openedSec, { data: Uint8Array.of(1), paused }), FOUND), 'WrongJudgement')
  await rejects(game.advance(base, game.move(1, base, 1n, openedSec, { paused }), FOUND), 'WrongJudgement')
  // It blocks nobody.
  const { tip } = await moved(dispute, 1, base, openedSec + 3n)
  await rejects(game.advance(base, game.move(0, base, 1n, openedSec, { paused }), FOUND), 'WrongBreakpoint')
  await rejects(game.advance(tip, game.move(0, tip, 1n, openedSec + 4n, { paused }), FOUND), 'WrongJudgement')
  await arena.at(openedSec + 4n)
  await game.advance(tip, game.move(0, tip, 1n, openedSec + 4n), UNFINISHED)
})

// ---------------------------------------------------------------- refutation

condition('refute: a move that breaks settlement is dropped, its player has no bank left, and the dispute has another number', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const first = await moved(dispute, 0, base, openedSec + 1n)
  const second = await moved(dispute, 1, first.tip, openedSec + WINDOW + 5n)
  await arena.at(openedSec + WINDOW + 50n)
  const sent = await game.refute(second.tip, first.tip, lastOf(second.move), REVERTED, { from: outsider })
  const ends = openedSec + 2n * WINDOW + 50n
  assert.equal([...logOf(sent, 'Refuted')], [game.id, 2n, 1n, breakpointHash(first.tip), 4n, ends])
  const record = await game.record()
  assert.equal([record.nonce, record.recorded, record.dispute, record.endsAt], [4n, breakpointHash(first.tip), 2n, ends])
  assert.equal(await game.lineage(), { forced: 1n, used: [LEAST, WINDOW] })
  await rejects(game.advance(first.tip, game.move(1, first.tip, 2n, openedSec + WINDOW + 50n), FOUND), 'BankEmpty')
  const third = await moved(dispute, 0, first.tip, openedSec + WINDOW + 60n, 2n)
  await game.refute(third.tip, first.tip, lastOf(third.move), REVERTED)
  await game.refute(first.tip, base, lastOf(first.move), REVERTED)
  assert.equal([(await game.record()).recorded, (await game.lineage()).forced], [breakpointHash(base), 0n])
  await rejects(game.refute(base, base, NO_INPUT, REVERTED), 'NotForced')
})

condition('refute: evidence still counts from the signed slot afterwards', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const first = await moved(dispute, 0, base, openedSec + 1n)
  const second = await moved(dispute, 1, first.tip, openedSec + 2n)
  await game.refute(second.tip, first.tip, lastOf(second.move), REVERTED)
  await rejects(game.record_('respond', game.breakpoint({ nonce: 3n })), 'StaleSlot')
  await game.record_('respond', game.breakpoint({ nonce: 4n }))
})

condition("refute: the settlement function is asked as the move's mover, from the system, at T + W", async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const { tip, move } = await moved(dispute, 1, base, openedSec + 1n)
  await rejects(game.refute(tip, base, lastOf(move), FOUND), 'MoveStands')
  const paused = pausedBy(game, tip, await game.refute(tip, base, lastOf(move), UNFINISHED))
  const asked = settlementQuestion(game, tip, move.timestampSec + WINDOW, game.player(1))
  assert.is(paused, question(['string', 'bytes32'], ['paused', asked]))
  await rejects(game.refute(tip, base, lastOf(move), REVERTED, { paused: asked }), 'WrongJudgement')
  await game.refute(tip, base, lastOf(move), REVERTED, { paused })
})

condition("refute: a judgement that somebody else began, or takes further, is in nobody's way", async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const { tip, move } = await moved(dispute, 1, base, openedSec + 1n)
  const spoilt = finding({ isFinal: false, newRoot: base.stateRoot })
  const first = pausedBy(game, tip, await game.refute(tip, base, lastOf(move), spoilt, { from: outsider }))
  const own = pausedBy(game, tip, await game.refute(tip, base, lastOf(move), UNFINISHED))
  assert.is.not(own, first)
  await game.refute(tip, base, lastOf(move), spoilt, { from: outsider, paused: own })
  const next = pausedBy(game, tip, await game.refute(tip, base, lastOf(move), UNFINISHED, { paused: own }))
  await game.refute(tip, base, lastOf(move), UNFINISHED)
  await game.refute(tip, base, lastOf(move), REVERTED, { paused: next })
  assert.is((await game.record()).recorded, breakpointHash(base))
})

condition("refute: what a move's judgement has come to is no settlement's", async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const { tip, move } = await moved(dispute, 1, base, openedSec + 1n)
  await arena.at(openedSec + 2n)
  await game.advance(tip, game.move(0, tip, 1n, openedSec + 2n), UNFINISHED)
  const { paused } = await game.judgement(0)
  await rejects(game.refute(tip, base, lastOf(move), REVERTED, { paused }), 'WrongJudgement')
})

/** What a settlement's judgement has come to. */
function pausedBy (game: Game, tip: Breakpoint, sent: Sent): Hash32 {
  const { threadId, recorded, paused } = logOf(sent, 'Trying') as unknown as { threadId: Hex, recorded: Hash32, paused: Hash32 }
  assert.equal([threadId, recorded], [game.id, breakpointHash(tip)])
  return paused
}

const SYSTEM = `0x${'ff'.repeat(19)}fe`

function settlementQuestion (game: Game, tip: Breakpoint, timestampSec: bigint, lastMover: Address): Hash32 {
  const { terms } = game
  const asked = [tip.stateRoot, SYSTEM, SYSTEM, terms.oracle, timestampSec, tip.nonce + 1n, breakpointHash(tip), terms.gasLimit, threadChainId(game.id), 0n, 1n, 32_768n, ZERO_ADDRESS, ZERO_HASH, 0n, ZERO_HASH]
  const args = AbiCoder.defaultAbiCoder().encode(['address', 'address[]', 'bytes'], [lastMover, [], '0x'])
  return question([CASE, 'address', 'bytes32'], [asked, contractAddressOf(game.id, arena.court), bytesToHex(keccak256(hexToBytes(`${terms.settlement}${args.slice(2)}` as Hex)))])
}

condition('refute: at D, with another parent or input, and without a settlement function it is refused', async () => {
  const dispute = await disputed()
  const { game, base, openedSec } = dispute
  const { tip, move } = await moved(dispute, 1, base, openedSec + 1n)
  await rejects(game.refute(tip, { ...base, stateRoot: ZERO_HASH }, lastOf(move), REVERTED), 'WrongParent')
  await rejects(game.refute(tip, base, NO_INPUT, REVERTED), 'WrongInputs')
  await rejects(game.refute(tip, base, { ...NO_INPUT, player: 1 }, REVERTED), 'WrongInputs')
  await rejects(game.refute(tip, base, { ...lastOf(move), others: [tip.inputsRoot] }, REVERTED), 'WrongInputs')
  await rejects(game.refute(tip, base, { ...lastOf(move), player: 0 }, REVERTED), 'BadSignature')
  await rejects(game.refute(base, base, lastOf(move), REVERTED), 'WrongBreakpoint')
  await arena.at(openedSec + 2n * WINDOW)
  await rejects(game.refute(tip, base, lastOf(move), REVERTED), 'DisputeOver')
  const without = await disputed({ settlement: '0x00000000' })
  const only = await moved(without, 0, without.base, without.openedSec + 1n)
  await rejects(without.game.refute(only.tip, without.base, lastOf(only.move), REVERTED), 'NoSettlement')
})

// ---------------------------------------------------------------- settlement

/** A dispute that has run out over `balances`, forced by player 0 or co-signed. */
async function ripe (options: GameOptions, balances: readonly bigint[], isForced: boolean): Promise<{ game: Game, tip: Breakpoint, move: Move, state: ReturnType<Game['state']>, base: Breakpoint }> {
  const game = await (await arena.game({ settlement: '0x11223344', ...options })).start()
  const state = game.state(balances)
  const base = game.breakpoint({ nonce: 3n, stateRoot: state.root, timestampSec: await arena.nowSec(), inputsRoot: hash32(keccak256(new TextEncoder().encode('evm-threads/inputs/1'))) })
  const { timestampSec } = await game.record_('challenge', base)
  const move = game.move(0, base, 1n, timestampSec + 1n)
  await arena.at(timestampSec + 1n)
  if (isForced) await game.advance(base, move, finding({ newRoot: state.root }))
  await arena.at(timestampSec + 2n * WINDOW)
  return { game, tip: isForced ? game.forced(base, 1n, move, state.root) : base, move, state, base }
}

for (const isForced of [false, true]) {
  condition(`settleByFunction, ${isForced ? 'a forced' : 'a co-signed'} state: pays what everybody owns after it`, async () => {
    const { game, tip, move, state } = await ripe({}, [ETHER, 0n], isForced)
    const after = game.state([ETHER / 2n, ETHER])
    const last = isForced ? lastOf(move) : NO_INPUT
    const sent = await game.settleByFunction(tip, last, finding({ newRoot: after.root }), after, { from: outsider })
    assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [ETHER / 2n + ETHER / 4n, ETHER + ETHER / 4n])
    await rejects(game.settleByFunction(tip, last, finding({ newRoot: state.root }), state), 'WrongPhase')
  })

  condition(`settleByFunction, ${isForced ? 'a forced' : 'a co-signed'} state: when it fails, as if it had not been`, async () => {
    const { game, tip, move, state } = await ripe({ shares: [3n, 1n] }, [ETHER, 0n], isForced)
    const sent = await game.settleByFunction(tip, isForced ? lastOf(move) : NO_INPUT, finding({ success: false, newRoot: ZERO_HASH }), state)
    assert.equal([...logOf(sent, 'Settled')['payouts'] as Iterable<bigint>], [ETHER + 3n * ETHER / 4n, ETHER / 4n])
  })

  condition(`settleByFunction, ${isForced ? 'a forced' : 'a co-signed'} state: asked at ${isForced ? 'T + W' : 'D'}, over as many transactions as it takes`, async () => {
    const { game, tip, move, state } = await ripe({}, [ETHER, ETHER], isForced)
    const last = isForced ? lastOf(move) : NO_INPUT
    await game.settleByFunction(tip, last, finding({ isFinal: false, newRoot: state.root }), state, { from: outsider })
    const paused = pausedBy(game, tip, await game.settleByFunction(tip, last, UNFINISHED, state))
    const atSec = isForced ? move.timestampSec + WINDOW : (await game.record()).endsAt
    assert.is(paused, question(['string', 'bytes32'], ['paused', settlementQuestion(game, tip, atSec, isForced ? game.player(0) : ZERO_ADDRESS)]))
    await game.settleByFunction(tip, last, finding({ newRoot: state.root }), state, { paused, from: outsider })
    assert.is((await game.record()).phase, 5n)
  })
}

condition('settleByFunction: proofs of the state before, a second before D, and terms without a function are refused', async () => {
  const { game, tip, state } = await ripe({}, [ETHER, 0n], false)
  await rejects(game.settleByFunction(tip, NO_INPUT, finding({ newRoot: game.state([0n, ETHER]).root }), state), 'NoSuchRoot')
  const dispute = await disputed()
  await rejects(dispute.game.settleByFunction(dispute.base, NO_INPUT, FOUND, state), 'DisputeOpen')
  const without = await ripe({ settlement: '0x00000000' }, [ETHER, 0n], false)
  await rejects(without.game.settleByFunction(without.tip, NO_INPUT, FOUND, without.state), 'NoSettlement')
})

condition('settleByFunction: the last mover of a batch is who sent its last input', async () => {
  const game = await (await arena.game({ settlement: '0x11223344' })).start()
  const state = game.state([ETHER, ETHER])
  const empty = game.breakpoint()
  const [first, second] = [game.move(0, empty, 1n, 1n), game.move(1, empty, 1n, 1n)]
  const others = [hash32(concatBytes(first.raw, first.binding))]
  const root = hash32(concatBytes(keccak256(new TextEncoder().encode('evm-threads/inputs/1')), ...[...others, hash32(concatBytes(second.raw, second.binding))].map(leaf => hexToBytes(leaf))))
  const base = game.breakpoint({ nonce: 3n, stateRoot: state.root, inputsRoot: root })
  const { timestampSec } = await game.record_('challenge', base)
  await arena.at(timestampSec + 2n * WINDOW)
  await rejects(game.settleByFunction(base, { ...lastOf(first), others }, UNFINISHED, state), 'WrongInputs')
  await rejects(game.settleByFunction(base, lastOf(second), UNFINISHED, state), 'WrongInputs')
  const paused = pausedBy(game, base, await game.settleByFunction(base, { ...lastOf(second), others }, UNFINISHED, state))
  assert.is(await arena.read(arena.court, arena.abi, 'settlements', [paused]), true)
  assert.is(paused, question(['string', 'bytes32'], ['paused', settlementQuestion(game, base, timestampSec + 2n * WINDOW, game.player(1))]))
})

condition('settle: with a settlement function in the terms it waits another window; where nothing is recorded it does not', async () => {
  const { game, tip, state } = await ripe({}, [ETHER, ETHER], true)
  const { endsAt } = await game.record()
  await arena.at(endsAt + WINDOW - 1n)
  await rejects(game.settle(tip, state), 'SettlementNeeded')
  await arena.at(endsAt + WINDOW)
  await game.settle(tip, state)
  const empty = await (await arena.game({ settlement: '0x11223344' })).start()
  const { timestampSec } = await empty.challenge()
  await arena.at(timestampSec + 2n * WINDOW)
  await empty.settle(undefined)
})

condition('a court is not made without a judge', async () => {
  await rejects(arena.deploy('Threads', outsider, outsider), 'NoJudge')
})

condition('a Force is over the digest that the specification gives', async () => {
  const { game, base, openedSec } = await disputed()
  const move = game.move(0, base, 1n, openedSec)
  const digest = forceDigest({ thread: game.id, dispute: 1n, parent: breakpointHash(base), txHash: hash32(move.raw), timestampSec: openedSec }, arena.domain)
  assert.equal(move.force, sign(digest, game.keys[0] ?? new Uint8Array()))
})

test.run()
