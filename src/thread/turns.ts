/** Looks, now and then, whether a node still goes on from the certificates that count for the court, and puts the disk right where it does not (see `line.ts`). */
import type { Coordinator } from './coordinator.js'
import { turnOf, turnText, type Evidence } from './line.js'
import type { ChainPort } from './ports.js'

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

  constructor (coordinator: Coordinator, chain: ChainPort) {
    this.#coordinator = coordinator
    this.#chain = chain
  }

  /** Makes the thread be loaded again with another head where the court's word asks for one. @throws what the chain and the store throw */
  async look (): Promise<void> {
    const evidence = await this.#evidence()
    const { view, state, moves, hasAside, parts: { records } } = this.#coordinator
    const head = moves.ground?.content ?? state.head
    if (evidence === undefined || head === undefined) return
    const isRight = evidence === 'over' ? head.hash === view.certificate?.hash : !hasAside && head.slot.epoch === view.confirmedEpoch
    const key = `${evidence} ${head.hash} ${view.last.blockNumber} ${view.last.logIndex}`
    if (isRight || key === this.#looked || (view.dispute === undefined && !this.#isStill(key))) return
    await this.#coordinator.exclusive(async () => {
      const turn = await turnOf({ records, chain: this.#chain, context: this.#coordinator.parts.context, self: this.#coordinator.state.self }, view, evidence)
      if (turn === undefined || this.#coordinator.view !== view) return
      this.#coordinator.parts.log('warn', 'thread.turned', { thread: this.#coordinator.thread, reason: turnText(turn) })
      this.#coordinator.write(...turn.operations)
      this.#coordinator.leave()
    })
    this.#looked = key
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
