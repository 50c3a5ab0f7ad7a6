/** Looks, now and then, whether a node still goes on from the certificates that count for the court, and puts the disk right where it does not (see `line.ts`). */
import { compareSlots, slotText } from '../protocol/slot.js'
import { openSlot } from './agreement.js'
import type { Coordinator } from './coordinator.js'
import { turnOf, turnText, type Evidence } from './line.js'
import type { ChainPort } from './ports.js'
import { hasSignedOnDisk } from './recovery.js'

/** How often the chain's clock is looked at, milliseconds. */
const CLOCK_EVERY_MS = 1_000
/** Without a dispute a node that is catching up has another head every moment; each look reads all certificates. Milliseconds. */
const STILL_FOR_MS = 2_000

/** The turns of one thread. */
export class Turns {
  readonly #coordinator: Coordinator
  readonly #chain: ChainPort
  #looked = ''
  #still: { readonly key: string, readonly sinceMs: number } | undefined
  #clockAtMs = 0
  #regained = ''

  constructor (coordinator: Coordinator, chain: ChainPort) {
    this.#coordinator = coordinator
    this.#chain = chain
  }

  /** Makes the thread be loaded again with another head where the court's word asks for one. @throws what the chain and the store throw */
  async look (): Promise<void> {
    await this.#regain()
    const evidence = await this.#evidence()
    const { view, state, moves, hasAside, parts: { records } } = this.#coordinator
    const head = moves.ground?.content ?? state.head
    if (evidence === undefined || (head === undefined && !hasAside)) return
    const isOfNow = head?.slot.epoch === view.confirmedEpoch
    const isRight = evidence === 'over' ? head?.hash === view.certificate?.hash : !hasAside && isOfNow
    // While it plays on, a node whose head is the court's need not look again at what it has put aside before the court says something.
    const key = `${evidence} ${view.last.blockNumber} ${view.last.logIndex} ${evidence === 'open' && isOfNow ? '' : head?.hash ?? ''}`
    if (isRight || key === this.#looked || (view.dispute === undefined && !hasAside && !this.#isStill(key))) return
    await this.#coordinator.exclusive(async () => {
      const { context, journal } = this.#coordinator.parts
      const turn = await turnOf({ records, chain: this.#chain, context, self: this.#coordinator.state.self, top: journal.top?.hash }, view, evidence)
      if (turn === undefined || this.#coordinator.view !== view) return
      this.#coordinator.parts.log('warn', 'thread.turned', { thread: this.#coordinator.thread, reason: turnText(turn) })
      this.#coordinator.write(...turn.operations)
      this.#coordinator.leave()
    })
    this.#looked = key
  }

  /** The slot that is open again was signed before: with the thread the content is loaded that bears this node's signature, and is sent again. */
  async #regain (): Promise<void> {
    const { state } = this.#coordinator
    const key = `${state.head?.hash ?? ''} ${slotText(openSlot(state))}`
    if (state.signed !== undefined || state.top === undefined || compareSlots(state.top, openSlot(state)) !== 0 || key === this.#regained) return
    this.#regained = key
    await this.#coordinator.exclusive(async () => { if (await hasSignedOnDisk(this.#coordinator)) this.#coordinator.leave() })
  }

  #isStill (key: string): boolean {
    const now = this.#coordinator.parts.clock.nowMs()
    if (this.#still?.key !== key) this.#still = { key, sinceMs: now }
    return now - this.#still.sinceMs >= STILL_FOR_MS
  }

  /** SAFETY: by a block that is mined. What the next one may bring is no reason to give up what was signed. */
  async #evidence (): Promise<Evidence | undefined> {
    const { view: { dispute }, parts: { clock } } = this.#coordinator
    if (dispute === undefined) return 'open'
    if (clock.nowMs() < this.#clockAtMs) return undefined
    this.#clockAtMs = clock.nowMs() + CLOCK_EVERY_MS
    return await this.#chain.now() >= dispute.evidenceUntilSec ? 'over' : 'open'
  }
}
