/** One thread in the contract and in the model of its rules (`test/sim/dispute/rules.ts`): the same calls at the same times, compared after each. */
import { AbiCoder } from 'ethers'
import * as assert from 'uvu/assert'
import { ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, keccak256 } from '../../src/protocol/crypto.js'
import { breakpointHash } from '../../src/protocol/typed-data.js'
import type { Breakpoint, Hash32, Hex } from '../../src/protocol/types.js'
import { apply, nameOf, newCourt, tipName, tipNonce, type Action, type Certificate, type Claim, type CourtState, type DisputeTerms, type Force, type Move as ModelMove } from '../sim/dispute/rules.js'
import { isFalse } from '../sim/dispute/world.js'
import type { Sent } from './arena.js'
import type { Game, Move, Stage, State } from './game.js'

const NO_SETTLEMENT = '0x00000000'

/** The oracle of threads in which moves are claimed. */
export const ORACLE_KEY = keccak256(new TextEncoder().encode('oracle'))
const ORACLE = addressOf(ORACLE_KEY)
/** The gas limit of such threads' inputs, and what covers 16 claims in them, in wei. */
export const CLAIMED_GAS_LIMIT = 100_000n
export const CLAIMS_BOND = 16n * ((3_000_000n + 120n * CLAIMED_GAS_LIMIT) * 20n * 10n ** 9n + 10n ** 16n)

/** What is tried next, as numbers that mean something only in the state at hand. */
export type Try = { readonly what: string, readonly player: number, readonly other: number, readonly wait: number, readonly good: boolean, readonly late: number }

/** The model's names for what the court knows by hashes, and how each move came about. */
export class Twin {
  readonly #stage: Stage
  readonly #terms: DisputeTerms
  readonly game: Game
  readonly state: State
  /** What wrong claims say. */
  readonly #wrong: State
  court: CourtState
  nowSec: number
  readonly #breakpoints = new Map<string, Breakpoint>()
  readonly #moves = new Map<string, Move>()
  readonly #parents = new Map<string, Breakpoint>()
  readonly taken = new Map<string, number>()
  /** Claims whose doubts' deposits the court holds: they wait for their proof, or are gone. */
  readonly doubts = new Set<string>()

  /** @param balances what the players, and the oracle, own in every state */
  constructor (stage: Stage, game: Game, terms: DisputeTerms, nowSec: number, balances: readonly bigint[]) {
    this.#stage = stage
    this.#terms = terms
    this.game = game
    this.nowSec = nowSec
    this.court = newCourt(terms)
    this.state = game.state(balances)
    this.#wrong = game.state([...balances].reverse().map((balance, i) => balance / 2n + (i === 0 ? 1n : 0n)))
  }

  /** Does the same in both, at the same second, and compares what became of it. */
  async step (tried: Try): Promise<Sent | undefined> {
    this.nowSec += tried.wait
    const action = this.#action(tried)
    if (action === undefined) return undefined
    const expected = apply(this.court, action, this.nowSec, this.#terms)
    await this.#stage.at(BigInt(this.nowSec))
    let sent: Sent | undefined
    const code = await this.#send(action, tried).then(found => { sent = found; return 'taken' }, (error: { code?: string }) => error.code ?? String(error))
    assert.is(code, typeof expected === 'string' ? inContract(expected, action) : 'taken', `${JSON.stringify(tried)} at ${this.nowSec} on ${JSON.stringify(this.court)}`)
    if (typeof expected === 'string') return undefined
    const what = action.type === 'refute' || action.type === 'judge' ? `${action.type}: ${this.court.lineage[action.move]?.proof ?? ''}` : tried.what
    this.taken.set(what, (this.taken.get(what) ?? 0) + 1)
    if (action.type === 'advance') this.#remember(action.force)
    if (action.type === 'claim') this.#remember(action.force, isRight(action) ? undefined : this.#wrong)
    if (action.type === 'refute' || action.type === 'judge') this.#correct(this.court.lineage[action.move], expected)
    this.#keepDoubt(action, expected)
    this.court = expected
    await this.#compare()
    return sent
  }

  /** Takes back the deposit of a doubt whose claim is gone. @returns undefined: there is none */
  async reclaim (): Promise<Sent | undefined> {
    const { phase, lineage } = this.court
    const gone = [...this.doubts].find(name => phase !== 'disputed' || lineage.every(move => move.name !== name))
    if (gone === undefined) return undefined
    this.doubts.delete(gone)
    return await this.#drop(gone)
  }

  #keepDoubt (action: Action, { lineage }: CourtState): void {
    if (action.type !== 'doubt' && action.type !== 'judge' && action.type !== 'drop') return
    const { name = '' } = this.court.lineage[action.move] ?? {}
    if (action.type === 'doubt') this.doubts.add(name)
    // One that was wrong is gone, and its doubt's deposit is still there.
    else if (action.type === 'drop' || lineage[action.move]?.proof === 'proved') this.doubts.delete(name)
  }

  #action ({ what, player, other, late, good }: Try): Action | undefined {
    const { court } = this
    const above = this.#certificate(court.confirmed, (court.signed?.nonce ?? -1) + other)
    switch (what) {
      case 'challenge': return good ? { type: 'challenge', certificate: above } : { type: 'challenge' }
      case 'respond': case 'checkpoint': return { type: what, certificate: above }
      case 'resume': {
        const parent = other === 0 ? court.signed?.name : tipName(court)
        return parent === undefined ? undefined : { type: 'resume', certificate: this.#certificate(court.dispute, tipNonce(court) + 1, parent) }
      }
      case 'doubt': case 'drop': return this.#doubting(what, other, good, late)
      case 'refute': {
        const first = court.lineage.findIndex(({ proof }) => other === 0 ? false : other === 1 ? isFalse(proof) : proof !== 'judged')
        const move = first >= 0 ? first : court.lineage.length - 1
        const { proof = 'judged', settles = true } = court.lineage[move] ?? {}
        const breaks = move === court.lineage.length - 1 && !settles
        if (proof !== 'judged' && !breaks) return proof === 'unjudgeable' ? undefined : { type: 'judge', move }
        if (good && proof === 'right claim') return { type: 'judge', move }
        return move < 0 || (proof === 'judged' && !this.#hasSettlement) ? undefined : { type: 'refute', move }
      }
      // Too early as a rule: what counts is that it is refused.
      case 'settle': return { type: 'settle' }
      default: {
        const parent = tipName(court)
        if (parent === undefined) return undefined
        const begun = court.judging[player]
        const fresh: Force = { player, dispute: court.dispute, parent, input: 'm', timestamp: this.nowSec - late }
        if (what === 'claim') return { type: 'claim', force: fresh, by: other === 3 ? -1 : player, right: good, reverts: late === 1 || late === 3, settles: late !== 2, huge: late === 4, byOracle: other !== 2 && this.game.terms.oracle === ORACLE }
        const force = begun === undefined ? fresh : { ...fresh, timestamp: Number(/@(\d+)#/.exec(begun.force.slice(parent.length))?.[1]) }
        return { type: 'advance', force, by: other === 3 ? -1 : player, transactions: what === 'begin' ? 2 : 1, reverts: other === 0 && late === 1, settles: good }
      }
    }
  }

  /** Of the first claim, or of another. A drop comes at D as a rule, and else too early. */
  #doubting (type: 'doubt' | 'drop', other: number, good: boolean, late: number): Action | undefined {
    const { lineage, endsAt, phase } = this.court
    const claims = lineage.flatMap(({ proof, doubter }, place) => proof === 'judged' || (type === 'drop' && good && doubter === undefined) ? [] : [place])
    const move = claims[other] ?? claims[0]
    if (move === undefined || phase !== 'disputed') return undefined
    if (type === 'doubt') return { type, move, by: -1 }
    if (good) this.nowSec = Math.max(this.nowSec, endsAt - (late === 1 ? 1 : 0))
    return { type, move }
  }

  /** One content for each slot and parent, ever. */
  #certificate (epoch: number, nonce: number, parent?: string): Certificate {
    const name = `c${epoch}.${Math.max(nonce, 0)}${parent === undefined ? '' : `<${parent}`}`
    const known = this.#breakpoints.get(name)
    const timestamp = known === undefined ? this.nowSec : Number(known.timestampSec)
    if (known === undefined) {
      this.#breakpoints.set(name, this.game.breakpoint({
        epoch: BigInt(epoch), nonce: BigInt(Math.max(nonce, 0)), stateRoot: this.state.root, timestampSec: BigInt(timestamp), parent: parent === undefined ? ZERO_HASH : breakpointHash(this.#at(parent))
      }))
    }
    return { epoch, nonce: Math.max(nonce, 0), name, timestamp, ...(parent === undefined ? {} : { parent }) }
  }

  #at (name: string | undefined): Breakpoint {
    const found = this.#breakpoints.get(name ?? '')
    if (found === undefined) throw new Error(`nothing is called ${name ?? ''}`)
    return found
  }

  #moveOf (force: Force): Move {
    return this.game.move(force.player, this.#at(force.parent), BigInt(force.dispute), BigInt(force.timestamp))
  }

  #remember (force: Force, wrong?: State): void {
    const move = this.#moveOf(force)
    const name = `${nameOf(force)}${wrong === undefined ? '' : '!'}`
    this.#moves.set(name, move)
    this.#parents.set(name, this.#at(force.parent))
    this.#breakpoints.set(name, this.game.forced(this.#at(force.parent), BigInt(force.dispute), move, (wrong ?? this.state).root))
  }

  /** What the judge found stands in a wrong claim's place, in the dispute's new number. */
  #correct (was: ModelMove | undefined, { lineage, dispute }: CourtState): void {
    const now = lineage.at(-1)
    const [move, parent] = [this.#moves.get(was?.name ?? ''), this.#parents.get(was?.name ?? '')]
    if (was?.proof !== 'wrong claim' || now === undefined || move === undefined || parent === undefined) return
    this.#moves.set(now.name, move)
    this.#parents.set(now.name, parent)
    this.#breakpoints.set(now.name, { ...this.#at(was.name), epoch: BigInt(dispute), stateRoot: this.state.root })
  }

  async #send (action: Action, { player }: Try): Promise<Sent> {
    const { game, court } = this
    switch (action.type) {
      case 'challenge': return action.certificate === undefined ? await game.challenge() : await game.record_('challenge', this.#at(action.certificate.name))
      case 'checkpoint': case 'respond': case 'resume': return await game.record_(action.type, this.#at(action.certificate.name))
      case 'advance': {
        const begun = court.judging[player]
        const isFinal = (begun?.left ?? action.transactions) === 1 || action.transactions === 1
        const paused = begun === undefined ? ZERO_HASH : (await game.judgement(player)).paused
        const from = action.by === player ? game.player(player) : this.#stage.account(18)
        return await game.advance(this.#at(action.force.parent), { ...this.#moveOf(action.force), paused }, finding(isFinal, action.reverts !== true, this.state.root), from)
      }
      case 'claim': {
        const { force, byOracle = false, by } = action
        const from = by === player ? game.player(player) : this.#stage.account(18)
        const stateRoot = isRight(action) ? this.state.root : this.#wrong.root
        return await game.claim(this.#at(force.parent), BigInt(force.dispute), this.#moveOf(force), stateRoot, { from, ...(byOracle ? { key: ORACLE_KEY, feeWei: 5n } : { feeWei: CLAIMS_BOND }) })
      }
      case 'refute': case 'judge': return await this.#refute(action.move, action.type === 'judge')
      case 'doubt': return await game.doubt(this.#indexOf(action.move), this.#at(court.lineage[action.move]?.name), { from: this.#stage.account(18) })
      case 'drop': return await this.#drop(court.lineage[action.move]?.name ?? '')
      case 'settle': return await this.#settle()
    }
  }

  /** By execution of the move where it is claimed, by the settlement function where that is what it fails. */
  async #refute (place: number, byExecution: boolean): Promise<Sent> {
    const { game, court: { lineage } } = this
    const [was, isLast] = [lineage[place], place === lineage.length - 1]
    const [move, parent] = [this.#moves.get(was?.name ?? ''), this.#parents.get(was?.name ?? '')]
    if (was === undefined || move === undefined || parent === undefined) throw new Error('no move')
    if (!byExecution && (was.proof === 'judged' || was.proof === 'unjudgeable' || (!isFalse(was.proof) && isLast && !was.settles))) {
      return await game.refute(this.#at(was.name), parent, { player: move.player, others: [], raw: move.raw, binding: move.binding }, finding(true, was.settles, ZERO_HASH))
    }
    return await game.refuteClaim(this.#indexOf(place), this.#at(was.name), parent, move, finding(true, was.proof !== 'no move', this.state.root))
  }

  /** Ends the doubt of a claim that stood or stands. */
  async #drop (name: string): Promise<Sent> {
    const [move, parent] = [this.#moves.get(name), this.#parents.get(name)]
    if (move === undefined || parent === undefined) throw new Error('no move')
    return await this.game.drop(this.#at(name), parent, move, this.#stage.account(17))
  }

  /** Of a claim among the claims. */
  #indexOf (place: number): number {
    return this.court.lineage.slice(0, place).filter(({ proof }) => proof !== 'judged').length
  }

  #stateAt (name: string): State {
    return this.#at(name).stateRoot === this.state.root ? this.state : this.#wrong
  }

  get #hasSettlement (): boolean {
    return this.game.terms.settlement !== NO_SETTLEMENT
  }

  /** The recorded breakpoint's hash, or nothing's. */
  get tipHash (): Hash32 {
    const tip = tipName(this.court)
    return tip === undefined ? ZERO_HASH : breakpointHash(this.#at(tip))
  }

  /** By the function where something was forced; without it where a co-signed batch's inputs would have to be shown, one window later. */
  async #settle (): Promise<Sent> {
    const { game, court, state } = this
    if (court.signed === undefined) return await game.settle(undefined)
    if (!this.#hasSettlement) return await game.settle(this.#at(tipName(court)), this.#stateAt(tipName(court) ?? ''))
    const last = court.lineage.at(-1)
    const move = this.#moves.get(last?.name ?? '')
    if (last !== undefined && move !== undefined) {
      return await game.settleByFunction(this.#at(last.name), { player: move.player, others: [], raw: move.raw, binding: move.binding }, finding(true, last.settles, state.root), last.settles ? state : this.#stateAt(last.name))
    }
    if (court.phase === 'disputed' && this.nowSec >= court.endsAt) {
      this.nowSec += this.#terms.window
      await this.#stage.at(BigInt(this.nowSec))
    }
    return await game.settle(this.#at(court.signed.name), state)
  }

  async #compare (): Promise<void> {
    const { game, court } = this
    const record = await game.record()
    const tip = tipName(court)
    // What a settlement function leaves is recorded as a state of its own, for the receipts; the model knows nothing of it.
    const recorded = court.phase === 'settled' ? undefined : record.recorded
    const seen = { phase: record.phase, confirmed: record.confirmedEpoch, dispute: record.dispute, recorded, endsAt: record.endsAt }
    assert.equal(seen, {
      phase: { active: 2n, disputed: 3n, settled: 5n }[court.phase], confirmed: BigInt(court.confirmed), dispute: BigInt(court.dispute),
      recorded: court.phase === 'settled' ? undefined : this.tipHash, endsAt: BigInt(court.endsAt)
    })
    if (court.phase !== 'disputed') return
    const { forced, used } = await game.lineage()
    assert.equal([forced, ...used], [BigInt(court.lineage.length), ...court.used.map(BigInt)])
    const claims = court.lineage.filter(({ proof }) => proof !== 'judged')
    if (this.taken.has('claim')) assert.equal(await game.openClaims(), claims.map(({ name, byOracle, doubter, proof }) => `${breakpointHash(this.#at(name)).slice(0, -2)}0${((byOracle ? 1 : 2) + (doubter === undefined ? 0 : 4) + (proof === 'proved' ? 8 : 0)).toString(16)}`))
    if (tip !== undefined) assert.is(record.nonce, BigInt(tipNonce(court)))
  }
}

/** Whether the judge agrees with a claim. */
function isRight ({ right, reverts, huge }: Claim): boolean {
  return right && reverts !== true && huge !== true
}

function finding (isFinal: boolean, success: boolean, newRoot: Hash32): Hex {
  return AbiCoder.defaultAbiCoder().encode(['bool', 'bool', 'uint256', 'bytes32'], [isFinal, success, 256n, newRoot]) as Hex
}

/** The contract's name for a refusal where it is another. */
function inContract (refusal: string, action: Action): string {
  return refusal === 'WrongParent' && (action.type === 'advance' || action.type === 'claim') ? 'WrongBreakpoint' : refusal
}

