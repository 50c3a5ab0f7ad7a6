/**
 * An oracle's window to whoever asks it: who is answered, how often, and what was answered. It owns the rates and the count; what a result is and when it may be signed is
 * the thread's business (`thread/results.ts`).
 */
import { ThreadsError } from '../errors.js'
import type { OracleOffer, ResultAnswer, ResultRequest } from '../protocol/oracle-codec.js'
import type { SyncAnswer } from '../protocol/sync.js'
import type { Hash32 } from '../protocol/types.js'
import { Rates } from '../rates.js'
import type { ClockPort, RemotePeer } from '../thread/ports.js'

/** A thread as far as it can be asked for results: first what costs next to nothing, then the rest. */
export type ResultThread<T extends { readonly input: { readonly player: number } }> = {
  /** @throws when it is about nothing that is recorded, or no player has signed it */
  open (request: ResultRequest): T
  /** @throws when it is not answered for */
  answer (opened: T): Promise<ResultAnswer>
  /** The same without a signature. */
  try (opened: T): Promise<Hash32>
}

/** What an oracle says of itself, and whether it signs anything. */
export type AnsweringOptions = { readonly offer: OracleOffer, readonly isDryRun: boolean }

/** What answering needs. */
export type AnsweringParts = { readonly clock: ClockPort, readonly log: (level: 'info' | 'warn', event: string, data: Record<string, unknown>) => void }

/** Requests at once and for each second. A peer's are counted before its signatures are looked at, a player's before its move is executed. */
const PEER_RATE = { burst: 8, eachMs: 1_000 }
const PLAYER_RATE = { burst: 4, eachMs: 2_000 }
/** Moves that are being executed; more are told to come again. */
const MAX_RUNNING = 16

/** What an oracle has done since it started. */
export type AnsweringCount = { readonly signed: number, readonly running: number, readonly refused: Readonly<Record<string, number>> }

/** See the head of this file. */
export class Answering {
  readonly offer: OracleOffer
  readonly isDryRun: boolean
  readonly #parts: AnsweringParts
  readonly #peers = new Rates(PEER_RATE)
  readonly #players = new Rates(PLAYER_RATE)
  readonly #refused = new Map<string, number>()
  #running = 0
  #signed = 0

  constructor ({ offer, isDryRun }: AnsweringOptions, parts: AnsweringParts) {
    this.offer = offer
    this.isDryRun = isDryRun
    this.#parts = parts
  }

  /** What was answered so far. */
  get count (): AnsweringCount { return { signed: this.#signed, running: this.#running, refused: Object.fromEntries(this.#refused) } }

  /** Answers a peer's request for a result; a refusal is its code. @throws what is the sender's fault; `THREAD_FAULT` when the thread was loaded anew before it was begun */
  async answer<T extends { readonly input: { readonly player: number } }> (thread: ResultThread<T> | undefined, request: ResultRequest, from: RemotePeer): Promise<SyncAnswer> {
    try {
      return { kind: 'result', answer: await this.#answer(thread, request, from) }
    } catch (error) {
      if (!(error instanceof ThreadsError) || error.peerFault !== undefined || error.code === 'THREAD_FAULT') throw error
      this.#refused.set(error.code, (this.#refused.get(error.code) ?? 0) + 1)
      this.#parts.log('info', 'oracle.refused', { thread: request.thread, peer: from.id, code: error.code, reason: error.message })
      return { kind: 'error', code: error.code }
    }
  }

  async #answer<T extends { readonly input: { readonly player: number } }> (thread: ResultThread<T> | undefined, request: ResultRequest, from: RemotePeer): Promise<ResultAnswer> {
    const nowMs = this.#parts.clock.nowMs()
    if (!this.#peers.take(from.id, nowMs)) throw busy('this peer asks too often')
    if (thread === undefined) throw new ThreadsError('THREAD_UNKNOWN', 'the thread is not known here')
    const opened = thread.open(request)
    const { player } = opened.input
    if (!this.#players.take(`${request.thread} ${player}`, nowMs)) throw busy('this player asks too often')
    if (this.#running >= MAX_RUNNING) throw busy(`${MAX_RUNNING} moves are being executed`)
    this.#running++
    try {
      if (this.isDryRun) {
        const stateRoot = await thread.try(opened)
        this.#parts.log('info', 'oracle.would-sign', { thread: request.thread, player, stateRoot, reason: 'this is a dry run' })
        throw new ThreadsError('ORACLE_DRY_RUN', 'this oracle only says what it would sign')
      }
      const answer = await thread.answer(opened)
      if (answer.kind === 'signed') this.#signed++
      this.#parts.log('info', 'oracle.answered', { thread: request.thread, player, kind: answer.kind, ...(answer.kind === 'signed' ? { stateRoot: answer.stateRoot, feeWei: answer.feeWei.toString() } : {}) })
      return answer
    } finally {
      this.#running--
    }
  }
}

function busy (why: string): ThreadsError { return new ThreadsError('ORACLE_BUSY', why) }
