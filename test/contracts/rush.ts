/**
 * Several threads of one court under random calls, of everybody and at any time: what the contract does is compared with the model of its rules, and after each call
 * the court is checked against what must always hold (design: money thread by thread with the bonds and deposits of claims, the signed slot, finality, the bound on time, payees that cannot block).
 */
import * as assert from 'uvu/assert'
import { bigintToBytes, concatBytes, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32, keccak256 } from '../../src/protocol/crypto.js'
import { payeesOf } from '../../src/protocol/terms.js'
import type { Address, Close, Hash32 } from '../../src/protocol/types.js'
import { tipNonce, type CourtState, type DisputeTerms } from '../sim/dispute/rules.js'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { artifactOf, logOf, type Sent } from './arena.js'
import type { Game, GameOptions } from './game.js'
import type { LocalCourt } from './local-court.js'
import { CLAIMED_GAS_LIMIT, CLAIMS_BOND, ORACLE_KEY, Twin, type Try } from './twin.js'

/** When the next call comes: some seconds later, or so many seconds from an edge of its thread. */
export type Wait = number | { readonly edge: 'E' | 'D' | 'D + W' | 'deadline', readonly by: number }

/** One call. */
export type Call = Omit<Try, 'wait'> & { readonly thread: number, readonly wait: Wait }

/** What is called. Several are dispute calls of `Twin`. */
export const CALLS = ['open', 'join', 'cancel', 'checkpoint', 'challenge', 'respond', 'resume', 'advance', 'begin', 'claim', 'refute', 'doubt', 'drop', 'reclaim', 'settle', 'close', 'withdraw'] as const

const ETHER = 10n ** 18n
const WINDOW = 64
const BANK = 50
const MOVES = 4
const JOINING_SEC = 400n
const [ACCEPTS, REVERTS, BURNS, NOISY, REENTERS] = [0n, 1n, 2n, 3n, 4n]

/** Players made of code: what they do when they are paid. Accounts 10 to 13. */
const MANNERS = [REVERTS, BURNS, NOISY, REENTERS]

/** A thread and what is expected of it. */
class Line {
  readonly game: Game
  readonly twin: Twin
  readonly disputeTerms: DisputeTerms
  phase: 'none' | 'joining' | 'live' | 'cancelled' | 'closed' | 'settled' = 'none'
  joined = 0
  /** Of the dispute at hand: when it began, refutations and doubts in it, and how long doubted claims were left standing at D. */
  openedSec = 0
  refutations = 0
  doubts = 0
  lateSec = 0
  signedNonce = -1n

  constructor (court: LocalCourt, game: Game, balances: readonly bigint[]) {
    this.game = game
    this.disputeTerms = { players: this.game.terms.players.length, window: WINDOW, bank: BANK, moves: MOVES, grace: WINDOW / 16 }
    this.twin = new Twin(court, this.game, this.disputeTerms, Number(court.nowSec), balances)
  }

  get isFinal (): boolean {
    return ['cancelled', 'closed', 'settled'].includes(this.phase)
  }

  /** What has been paid in and not out. */
  get held (): bigint {
    if (this.phase === 'none' || this.isFinal) return 0n
    return this.game.terms.players.reduce((sum, _, i) => ((this.joined >> i) & 1) === 0 ? sum : sum + this.game.payment(i), 0n)
  }
}

/** The court, its threads and the calls. */
export class Rush {
  readonly #court: LocalCourt
  readonly #lines: readonly Line[]
  /** What the court holds of threads that are not of this rush. */
  readonly #held: bigint
  readonly taken = new Map<string, number>()
  calls = 0

  private constructor (court: LocalCourt, lines: readonly Line[], held: bigint) {
    this.#court = court
    this.#lines = lines
    this.#held = held
  }

  /** Three threads, not opened: two players; three, with an oracle and a settlement function; two of them that are made of hostile code. */
  static async begin (court: LocalCourt, balances: readonly bigint[]): Promise<Rush> {
    for (const [i, manner] of MANNERS.entries()) {
      await court.putCode(court.account(10 + i), 'Payee')
      await setManner(court, court.account(10 + i), manner)
    }
    await court.enrich(ORACLE)
    const held = await court.balance(court.court)
    const usual: GameOptions = { gasLimit: CLAIMED_GAS_LIMIT, windowSec: BigInt(WINDOW), timeBankSec: BigInt(BANK), forcedMoves: MOVES, joinDeadlineSec: court.nowSec + JOINING_SEC }
    const at = (...indexes: number[]): Address[] => indexes.map(index => court.account(index))
    const games = [
      court.game({ ...usual, players: at(0, 11) }),
      court.game({ ...usual, count: 3, settlement: '0x11223344', oracle: ORACLE, bondWei: 8n * CLAIMS_BOND, oracleFee: 7n, shares: [1n, 2n, 0n], players: at(0, 10, 11) }),
      court.game({ ...usual, count: 3, players: at(12, 13, 0), shares: [3n, 1n, 1n] })
    ]
    for (const game of games) if (game.terms.oracle !== ZERO_ADDRESS) await game.accept()
    return new Rush(court, games.map(game => new Line(court, game, balances)), held)
  }

  /** The same threads as they are, while nothing has been recorded of them, with what the players will own. */
  again (balances: readonly bigint[]): Rush {
    return new Rush(this.#court, this.#lines.map(({ game, phase, joined }) => Object.assign(new Line(this.#court, game, balances), { phase, joined })), this.#held)
  }

  /** Makes the call, compares, and checks what must always hold. */
  async call (call: Call): Promise<void> {
    const line = this.#lines[call.thread % this.#lines.length]
    if (line === undefined) return
    this.calls++
    const nowSec = this.#timeOf(line, call.wait)
    await this.#court.at(nowSec)
    const before = await this.#signedNonce(line)
    const wealth = ['settle', 'close'].includes(call.what) ? await this.#wealth(line) : []
    const sent = await this.#make(line, call)
    if (sent !== undefined) await this.#checkPayouts(line, sent, wealth)
    await this.#check(line, before)
  }

  /** Whoever is left alone ends every thread, and whoever can be paid is paid. */
  async end (): Promise<void> {
    for (const line of this.#lines) {
      if (line.phase === 'joining') await this.call({ ...NOTHING, thread: this.#lines.indexOf(line), what: 'cancel', wait: { edge: 'deadline', by: 1 } })
      if (line.phase !== 'live') continue
      const thread = this.#lines.indexOf(line)
      if (line.twin.court.phase === 'active') await this.call({ ...NOTHING, thread, what: 'challenge', wait: 1 })
      // A doubted claim has to be dropped first, and then there is a window more.
      for (let i = 0; i < 17 && line.phase === 'live'; i++) {
        const what = line.twin.court.lineage.some(({ doubter }) => doubter !== undefined) ? 'drop' : 'settle'
        await this.call({ ...NOTHING, thread, what, good: true, wait: { edge: 'D', by: 0 } })
      }
      for (let left = line.twin.doubts.size; left > 0; left--) await this.call({ ...NOTHING, thread, what: 'reclaim' })
    }
    for (const { phase } of this.#lines) assert.ok(phase !== 'joining' && phase !== 'live', `a thread is still ${phase}`)
    for (const account of this.#payees()) await this.#withdraw(account, true)
    assert.is(await this.#court.balance(this.#court.court), this.#held + await this.#bonded())
  }

  #timeOf ({ twin, game }: Line, wait: Wait): bigint {
    const next = this.#court.nowSec + 1n
    if (typeof wait === 'number') return this.#court.nowSec + BigInt(wait)
    const { evidenceUntil, endsAt } = twin.court
    const edge = { E: evidenceUntil, D: endsAt, 'D + W': endsAt + WINDOW, deadline: Number(game.terms.joinDeadlineSec) }[wait.edge]
    const at = BigInt(edge + wait.by)
    return at > next ? at : next
  }

  async #make (line: Line, call: Call): Promise<Sent | undefined> {
    switch (call.what) {
      case 'open': return await this.#expect(call, this.#whyNotOpen(line), async () => await line.game.open(), () => { line.phase = 'joining'; line.joined = 1 })
      case 'join': return await this.#expect(call, this.#whyNotJoin(line, call.player), async () => await line.game.join(call.player), () => { this.#join(line, call.player) })
      case 'cancel': return await this.#expect(call, this.#whyNotCancel(line), async () => await this.#court.court_(this.#court.account(8), 'cancel', [line.game.abi]), () => { finish(line, 'cancelled') })
      case 'close': return await this.#close(line, call)
      case 'withdraw': { await this.#withdraw(this.#payees()[call.other + 4 * (call.late & 1)] ?? ZERO_ADDRESS, call.good); return undefined }
      default: return await this.#dispute(line, call)
    }
  }

  /** A call of the thread's own dispute: the twin makes it and compares. */
  async #dispute (line: Line, call: Call): Promise<Sent | undefined> {
    const { twin } = line
    if (line.phase === 'none' || line.phase === 'joining') {
      return await this.#expect(call, line.phase === 'none' ? 'UnknownThread' : 'WrongPhase', async () => await line.game.challenge(), () => {})
    }
    const was: CourtState = twin.court
    twin.nowSec = Number(this.#court.nowSec)
    if (call.what === 'reclaim') {
      if (await twin.reclaim() !== undefined) this.#count('reclaim')
      return undefined
    }
    const sent = await twin.step({ ...call, wait: 0, player: call.player % line.disputeTerms.players })
    if (twin.court === was) return undefined
    this.#count(call.what)
    if (call.what === 'challenge') [line.openedSec, line.refutations, line.doubts, line.lateSec] = [twin.nowSec, 0, 0, 0]
    if (call.what === 'refute' || call.what === 'drop') line.refutations += twin.court.dispute - was.dispute
    if (call.what === 'doubt') line.doubts++
    if (call.what === 'drop') line.lateSec += twin.nowSec - was.endsAt
    if (twin.court.phase !== 'settled') return undefined
    line.phase = 'settled'
    return sent
  }

  async #close (line: Line, call: Call): Promise<Sent | undefined> {
    const { game, twin: { court, tipHash } } = line
    const pot = game.pot
    const payouts = payeesOf(game.terms).map((_, i) => i === 0 ? pot - BigInt(call.late) : 0n)
    if (payouts[1] !== undefined) payouts[1] = call.good ? BigInt(call.late) : BigInt(call.late) + 1n
    const isChild = call.other >= 2
    const close: Close = game.closing(payouts, {
      epoch: BigInt(isChild ? court.dispute : court.confirmed), nonce: BigInt(isChild ? tipNonce(court) + 1 : (court.signed?.nonce ?? -1) + 1 + (call.other === 0 ? 0 : call.late - 1)), parent: call.other === 3 ? game.breakpoint().parent : tipHash
    })
    if (close.nonce < 0n) return undefined
    return await this.#expect(call, this.#whyNotClose(line, close, call.good), async () => await game.close(close, this.#court.account(8)), () => {
      finish(line, 'closed')
    })
  }

  /** @param accepts whether a payee of code behaves for once */
  async #withdraw (account: Address, accepts: boolean): Promise<void> {
    const credit = await this.#credit(account)
    const usual = MANNERS[this.#accounts().indexOf(account) - 10]
    const manner = accepts ? ACCEPTS : usual ?? ACCEPTS
    if (usual !== undefined && accepts) await setManner(this.#court, account, ACCEPTS)
    // Who reverts, burns or makes noise cannot be paid; who re-enters finds nothing.
    const expected = credit === 0n ? 'NothingToWithdraw' : [REVERTS, BURNS, NOISY].includes(manner) ? 'WithdrawFailed' : undefined
    await this.#expect({ ...NOTHING, what: 'withdraw' }, expected, async () => await this.#court.court_(account, 'withdraw', [ZERO_ADDRESS]), () => {})
    if (usual !== undefined && accepts) await setManner(this.#court, account, usual)
  }

  // ---------------------------------------------------------------- what is expected

  #whyNotOpen ({ phase, game }: Line): string | undefined {
    if (this.#court.nowSec > game.terms.joinDeadlineSec) return 'JoinTooLate'
    return phase === 'none' ? undefined : 'ThreadExists'
  }

  #whyNotJoin ({ phase, game, joined }: Line, player: number): string | undefined {
    if (phase !== 'joining') return phase === 'none' ? 'UnknownThread' : 'WrongPhase'
    if (player >= game.terms.players.length) return 'UnknownPlayer'
    if (((joined >> player) & 1) === 1) return 'AlreadyJoined'
    return this.#court.nowSec > game.terms.joinDeadlineSec ? 'JoinTooLate' : undefined
  }

  #whyNotCancel ({ phase, game }: Line): string | undefined {
    if (phase !== 'joining') return phase === 'none' ? 'UnknownThread' : 'WrongPhase'
    return this.#court.nowSec <= game.terms.joinDeadlineSec ? 'CancelTooEarly' : undefined
  }

  #whyNotClose ({ phase, twin }: Line, close: Close, isWhole: boolean): string | undefined {
    const { court } = twin
    const nowSec = Number(this.#court.nowSec)
    if (phase !== 'live') return phase === 'none' ? 'UnknownThread' : 'WrongPhase'
    if (court.phase === 'disputed' && close.epoch === BigInt(court.dispute)) {
      if (nowSec >= court.endsAt) return 'DisputeOver'
      if (close.nonce !== BigInt(tipNonce(court) + 1)) return 'WrongNonce'
      if (close.parent !== twin.tipHash) return 'WrongParent'
    } else {
      if (court.phase === 'disputed' && nowSec >= court.evidenceUntil) return 'EvidenceOver'
      if (close.epoch !== BigInt(court.confirmed)) return 'WrongEpoch'
      if (close.nonce <= BigInt(court.signed?.nonce ?? -1)) return 'StaleSlot'
    }
    return isWhole ? undefined : 'WrongPayouts'
  }

  #join (line: Line, player: number): void {
    line.joined |= 1 << player
    if (line.joined === (1 << line.game.terms.players.length) - 1) line.phase = 'live'
  }

  async #expect (call: Pick<Call, 'what'>, expected: string | undefined, make: () => Promise<Sent>, then: () => void): Promise<Sent | undefined> {
    let sent: Sent | undefined
    const code = await make().then(found => { sent = found; return undefined }, (error: { code?: string }) => error.code ?? String(error))
    assert.is(code, expected, `${call.what} ${JSON.stringify(call)}`)
    if (sent === undefined) return undefined
    this.#count(call.what)
    then()
    return sent
  }

  #count (what: string): void {
    this.taken.set(what, (this.taken.get(what) ?? 0) + 1)
  }

  // ---------------------------------------------------------------- what must always hold

  async #check (line: Line, signedBefore: bigint): Promise<void> {
    const signed = await this.#signedNonce(line)
    assert.ok(signed >= signedBefore, `the signed slot went down from ${signedBefore} to ${signed}`)
    const { phase, endsAt } = await line.game.record()
    if (line.isFinal) assert.is(phase, { cancelled: 6n, closed: 4n, settled: 5n }[line.phase as 'closed'], 'what is final stays')
    if (phase === 3n) {
      const { players } = line.disputeTerms
      assert.ok(Number(endsAt) <= line.openedSec + (2 + line.refutations + line.doubts) * WINDOW + line.lateSec + players * BANK, `D is ${endsAt} in a dispute of ${line.openedSec}`)
    }
    let owed = this.#lines.reduce((sum, { held }) => sum + held, this.#held)
    for (const account of this.#payees()) owed += await this.#credit(account)
    owed += await this.#bonded()
    assert.is(await this.#court.balance(this.#court.court), owed, 'the court holds what it owes')
  }

  /** Payouts and leftovers are what was paid in, and each payee got its own or has it as credit. */
  async #checkPayouts (line: Line, sent: Sent, wealth: readonly bigint[]): Promise<void> {
    if (!line.isFinal || line.phase === 'cancelled') return
    const payouts = [...logOf(sent, line.phase === 'closed' ? 'Closed' : 'Settled')['payouts'] as Iterable<bigint>]
    assert.is(payouts.reduce((sum, payout) => sum + payout, 0n), line.game.pot)
    assert.equal((await this.#wealth(line)).map((now, i) => now - (wealth[i] ?? 0n)), payouts)
  }

  /** What each payee has, credit included. */
  async #wealth ({ game }: Line): Promise<bigint[]> {
    const owned: bigint[] = []
    for (const payee of payeesOf(game.terms)) owned.push(await this.#court.balance(payee) + await this.#credit(payee))
    return owned
  }

  async #signedNonce ({ game }: Line): Promise<bigint> {
    const { nonce, recorded } = await game.record()
    return recorded === ZERO_HASH ? -1n : nonce - (await game.lineage()).forced
  }

  /** What answers for claims in the threads, and the deposits of their doubts. */
  async #bonded (): Promise<bigint> {
    let sum = 0n
    for (const { game, twin } of this.#lines) {
      for (const account of payeesOf(game.terms)) sum += await this.#court.storage(pledgeSlot(game, account)) & ((1n << 128n) - 1n)
      sum += BigInt(twin.doubts.size) * game.claimBondWei
    }
    return sum
  }

  #accounts (): Address[] {
    return Array.from({ length: 14 }, (_, i) => this.#court.account(i))
  }

  #payees (): Address[] {
    return [...new Set([...this.#lines.flatMap(({ game }) => payeesOf(game.terms)), this.#court.account(DOUBTER)])]
  }

  async #credit (account: Address): Promise<bigint> {
    return await this.#court.storage(creditSlot(account))
  }
}

/** For the model whatever has ended is settled: it refuses every call. */
function finish (line: Line, phase: 'cancelled' | 'closed'): void {
  line.phase = phase
  line.twin.court = { ...line.twin.court, phase: 'settled' }
}

/** Where the court has an account's credit in ether: much quicker than asking. */
function creditSlot (account: Address): Hash32 {
  const known = creditSlots.get(account)
  if (known !== undefined) return known
  const found = hash32(concatBytes(bigintToBytes(BigInt(account), 32), keccak256(concatBytes(new Uint8Array(32), bigintToBytes(CREDITS, 32)))))
  creditSlots.set(account, found)
  return found
}

/** Where the court has what an account has set aside for a thread. */
function pledgeSlot ({ id }: Game, account: Address): Hash32 {
  const key = `${id}${account}`
  const found = pledgeSlots.get(key) ?? hash32(concatBytes(bigintToBytes(BigInt(account), 32), keccak256(concatBytes(hexToBytes(id), bigintToBytes(PLEDGES, 32)))))
  pledgeSlots.set(key, found)
  return found
}

async function setManner (court: LocalCourt, account: Address, manner: bigint): Promise<void> {
  await court.send(account, account, PAYEE, 'setMode', [manner, court.court, court.abi.encodeFunctionData('withdraw', [ZERO_ADDRESS])])
}

const PAYEE = loadArtifact('Payee').interface
const creditSlots = new Map<Address, Hash32>()
const pledgeSlots = new Map<string, Hash32>()
const LAYOUT = (await artifactOf('Threads')).storageLayout.storage.map(entry => entry as { label: string, slot: string })
const [CREDITS, PLEDGES] = [slotOf('credits'), slotOf('pledges')]
/** The account that doubts (see `Twin`). */
const DOUBTER = 18
const ORACLE = addressOf(ORACLE_KEY)

function slotOf (label: string): bigint {
  return BigInt(LAYOUT.find(entry => entry.label === label)?.slot ?? -1)
}

const NOTHING: Call = { thread: 0, what: '', player: 0, other: 0, wait: 1, good: false, late: 0 }

/** Balances that do and do not fit the pots. */
export const SOME_BALANCES: readonly (readonly bigint[])[] = [[ETHER, ETHER, ETHER, 7n], [0n, 0n, 0n, 0n], [3n * ETHER, 1n, 0n, 0n], [2n ** 255n, 2n ** 255n, 1n, 5n]]
