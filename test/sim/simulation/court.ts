/** A small court in memory that follows section 8 of the specification, and each node's view of it: late, and in order. */
import { ThreadsError } from '../../../src/errors.js'
import { ZERO_HASH } from '../../../src/protocol/bytes.js'
import { verify } from '../../../src/protocol/crypto.js'
import { compareSlots } from '../../../src/protocol/slot.js'
import { potOf } from '../../../src/protocol/terms.js'
import { breakpointHash, closeHash, digestOf } from '../../../src/protocol/typed-data.js'
import type { Address, Breakpoint, CloseCertificate, Domain, Hash32, Signature, Terms, ThreadId } from '../../../src/protocol/types.js'
import type { ChainEvent, ChainPort, Receipt } from '../../../src/thread/ports.js'
import type { Chance, Timeline } from './time.js'

type Proved = { readonly breakpoint: Breakpoint, readonly signatures: readonly Signature[] }
type Said = ChainEvent extends infer E ? E extends ChainEvent ? Omit<E, 'thread' | 'at'> : never : never

const refused = (why: string): ThreadsError => new ThreadsError('CHAIN_REVERTED', why)

/** The court of one thread. */
export class SimCourt {
  readonly log: ChainEvent[] = []
  readonly thread: ThreadId
  readonly terms: Terms
  readonly domain: Domain
  readonly #timeline: Timeline
  recorded: { readonly breakpoint: Breakpoint, readonly hash: Hash32 } | undefined
  confirmed = 0n
  dispute: { number: bigint, readonly evidenceUntilSec: bigint, readonly endsAtSec: bigint } | undefined
  closed: CloseCertificate | undefined
  #last = 0n
  /** How it stood after each event. */
  readonly #past: Pick<SimCourt, 'recorded' | 'confirmed' | 'dispute' | 'closed'>[] = []

  constructor (timeline: Timeline, domain: Domain, thread: ThreadId, terms: Terms) {
    this.#timeline = timeline
    this.domain = domain
    this.thread = thread
    this.terms = terms
    this.#say({ type: 'opened', terms, multiaddr: '' })
    for (let player = 1; player < terms.players.length; player++) this.#say({ type: 'joined', player, multiaddr: '', active: player === terms.players.length - 1 })
  }

  nowSec (): bigint { return BigInt(Math.floor(this.#timeline.nowMs() / 1000)) }

  #say (event: Said): void {
    const number = BigInt(this.log.length + 1)
    const hash = `0x${number.toString(16).padStart(64, '0')}` as Hash32
    this.log.push({ ...event, thread: this.thread, at: { blockNumber: number, blockHash: hash, transactionHash: hash, logIndex: 0, timestampSec: this.nowSec() } } as ChainEvent)
  }

  /** Ends a transaction: what it said stands or goes together. */
  #done (): void {
    const { recorded, confirmed, dispute, closed } = this
    this.#past[this.log.length] = { recorded, confirmed, dispute, closed }
  }

  /** The chain takes back the last transaction of this court, where there is one since all have joined. @returns the block above which everything is void, and the challenge that went, to be made again */
  takeBack (): { toBlock: bigint, challengeAgain: (() => void) | undefined } | undefined {
    const joined = this.terms.players.length
    const before = Math.max(joined, ...Object.keys(this.#past).map(Number).filter(length => length < this.log.length))
    if (this.log.length <= joined) return undefined
    const gone = this.log.splice(before)
    this.#past.length = before + 1
    Object.assign(this, this.#past[before] ?? { recorded: undefined, confirmed: 0n, dispute: undefined, closed: undefined })
    this.#last = this.dispute?.number ?? this.confirmed
    const [challenge, shown] = [gone.find(({ type }) => type === 'challenged'), gone.find(event => event.type === 'recorded')]
    const proved = shown?.type === 'recorded' && shown.signatures !== undefined ? { breakpoint: shown.breakpoint, signatures: shown.signatures } : undefined
    return { toBlock: BigInt(before), challengeAgain: challenge?.type === 'challenged' ? () => { this.challenge(proved, challenge.by) } : undefined }
  }

  #open (): void { if (this.closed !== undefined) throw refused('the thread is closed') }

  #check (hash: Hash32, signatures: readonly Signature[]): void {
    const digest = digestOf(hash, this.domain)
    const valid = this.terms.sessionKeys.every((key, player) => signatures[player] !== undefined && verify(digest, signatures[player], key))
    if (!valid) throw refused('a signature is missing')
  }

  #isAbove (breakpoint: Breakpoint): boolean {
    return breakpoint.epoch === this.confirmed && (this.recorded === undefined || compareSlots(breakpoint, this.recorded.breakpoint) > 0)
  }

  #record ({ breakpoint, signatures }: Proved): void {
    const hash = breakpointHash(breakpoint)
    this.#check(hash, signatures)
    this.recorded = { breakpoint, hash }
    this.#say({ type: 'recorded', breakpoint, hash, signatures })
  }

  checkpoint (proved: Proved): void {
    this.#open()
    if (this.dispute !== undefined || !this.#isAbove(proved.breakpoint)) throw refused('no checkpoint now')
    this.#record(proved)
    this.#done()
  }

  challenge (proved: Proved | undefined, by: Address): void {
    this.#open()
    if (this.dispute !== undefined) throw refused('a dispute is open')
    if (proved !== undefined && this.#isAbove(proved.breakpoint)) this.#record(proved)
    const now = this.nowSec()
    const window = this.terms.windowSec
    this.dispute = { number: ++this.#last, evidenceUntilSec: now + window, endsAtSec: now + 2n * window }
    const { number: dispute, evidenceUntilSec, endsAtSec } = this.dispute
    this.#say({ type: 'challenged', dispute, recorded: this.recorded?.hash, slot: this.recorded?.breakpoint ?? { epoch: 0n, nonce: 0n }, evidenceUntilSec, endsAtSec, by })
    this.#done()
  }

  respond (proved: Proved): void {
    this.#open()
    if (this.dispute === undefined || this.nowSec() >= this.dispute.evidenceUntilSec || !this.#isAbove(proved.breakpoint)) throw refused('no evidence now')
    this.#record(proved)
    this.dispute = { ...this.dispute, number: ++this.#last }
    this.#say({ type: 'responded', dispute: this.dispute.number, recorded: breakpointHash(proved.breakpoint), slot: proved.breakpoint })
    this.#done()
  }

  resume (proved: Proved): void {
    this.#open()
    const { dispute, recorded } = this
    const { epoch, nonce, parent } = proved.breakpoint
    const follows = parent === (recorded?.hash ?? ZERO_HASH) && nonce === (recorded === undefined ? 0n : recorded.breakpoint.nonce + 1n)
    if (dispute === undefined || this.nowSec() >= dispute.endsAtSec || epoch !== dispute.number || !follows) throw refused('it resumes nothing')
    this.#record(proved)
    this.confirmed = epoch
    this.dispute = undefined
    this.#say({ type: 'resumed', epoch })
    this.#done()
  }

  close (certificate: CloseCertificate): void {
    this.#open()
    const { close, signatures } = certificate
    const now = this.nowSec()
    const { dispute, recorded } = this
    const isEvidence = close.epoch === this.confirmed && (recorded === undefined || compareSlots(close, recorded.breakpoint) > 0) && (dispute === undefined || now < dispute.evidenceUntilSec)
    const isInDispute = dispute !== undefined && now < dispute.endsAtSec && close.epoch === dispute.number && close.parent === (recorded?.hash ?? ZERO_HASH)
    if (!isEvidence && !isInDispute) throw refused('it closes nothing')
    if (close.payouts.reduce((sum, payout) => sum + payout, 0n) !== potOf(this.terms)) throw refused('the payouts are not the pot')
    this.#check(closeHash(close), signatures)
    this.closed = certificate
    this.dispute = undefined
    this.#say({ type: 'closed', payouts: close.payouts })
    this.#done()
  }

  /** What a node sees of it: its transactions take a while and sometimes fail. */
  port (wallet: Address, code: Uint8Array, chance: Chance, troubles: { fail: number }): ChainPort {
    const act = async (what: () => void): Promise<Receipt> => {
      await this.#timeline.sleep(chance.between(50, 400))
      if (chance.happens(troubles.fail)) throw new ThreadsError('CHAIN_UNAVAILABLE', 'the endpoint does not answer')
      what()
      await this.#timeline.sleep(chance.between(1, 50))
      return { transactionHash: ZERO_HASH, blockNumber: BigInt(this.log.length), gasUsed: 0n, feeWei: 0n, dataBytes: 0 }
    }
    const never = async (): Promise<never> => { throw refused('not in this court') }
    const noMoves = { advance: never, challengeAndAdvance: never, refute: never, refuteClaim: never, doubt: never, drop: never, claim: never, oracleRecord: never, settle: never, settleByFunction: never, redeem: never }
    return {
      chainId: this.domain.chainId, court: this.domain.court, wallet,
      now: async () => this.nowSec(), nextTime: async () => this.nowSec(), lineage: async () => ({ forced: 0, usedSec: [] }), recordedHash: async () => this.recorded?.hash,
      ...noMoves, quotes: { ...noMoves, challenge: never, respond: never, checkpoint: never, close: never, withdraw: never },
      code: async () => {
        if (chance.happens(troubles.fail)) throw new ThreadsError('CHAIN_UNAVAILABLE', 'the endpoint does not answer')
        return code
      },
      follow: () => {}, health: () => ({ ok: true, headBlock: undefined, followedBlock: undefined, lastErrorCode: undefined }),
      open: never, join: never, cancel: never, credit: async () => 0n, withdraw: never, bond: never, unbond: never, accept: never, release: never, freeBond: never, pledge: never, bondFor: never,
      checkpoint: async (_, proved) => await act(() => { this.checkpoint(proved) }),
      challenge: async (_, proved) => await act(() => { this.challenge(proved, wallet) }),
      respond: async (_, proved) => await act(() => { this.respond(proved) }),
      resume: async (_, proved) => await act(() => { this.resume(proved) }),
      close: async (_, certificate) => await act(() => { this.close(certificate) })
    }
  }
}
