/**
 * The wish to end a thread together. A Close takes a slot like any breakpoint, and one that somebody refuses would block it: so the proposer signs
 * only when every other player has asked for the same payouts on the same parent (§6.7). Asking commits nothing.
 */
import type { Hash32 } from '../protocol/types.js'

/** What a state says about a close: the default payouts, and whether everything is in the payees' accounts. */
export type Closable = { readonly parent: Hash32, readonly payouts: readonly bigint[], readonly complete: boolean }

/** `settled`: agrees by itself to a close that pays exactly the balances, when nothing is left inside contracts; `never`: only when its user asks. */
export type ClosePolicy = 'settled' | 'never'

/** A close that this node has asked for: kept on disk before the request leaves, for the proposer may sign it at any time from then on. */
export type AskedClose = { readonly parent: Hash32, readonly payouts: readonly bigint[] }

/** Closes of one head that this node asks for, at most: a user who changes its mind more often waits for the next breakpoint. */
const MAX_ASKED = 16

/** Who wants to close, and how, on the present head. */
export class Closing {
  readonly #policy: ClosePolicy
  readonly #players: number
  readonly #self: number | undefined
  /** Own wish: `default`, whatever the state says, or payouts for one head. */
  #wish: 'default' | AskedClose | undefined
  /** What this node has asked for on the present head, oldest first. */
  #asked: readonly AskedClose[] = []
  #consents = new Map<number, { readonly parent: Hash32, readonly payouts: string }>()

  constructor (players: number, self: number | undefined, policy: ClosePolicy) {
    this.#players = players
    this.#self = self
    this.#policy = policy
  }

  /** Whether this node wants to close on a head. */
  wishes (parent: Hash32): boolean { return this.#wish === 'default' || this.#wish?.parent === parent }

  /** The user wants to close: with the default payouts, or with these on the present head: on another one they may be the others' gain. */
  want (named: AskedClose | undefined): void {
    this.#wish = named ?? 'default'
  }

  /** The user no longer wants to; a Close that is signed already stands. */
  forget (): void {
    this.#wish = undefined
  }

  /** The payouts that this node asks for on this head; undefined: it does not want to close. */
  payouts (head: Closable): readonly bigint[] | undefined {
    if (this.#wish === 'default') return head.payouts
    return this.#wish?.parent === head.parent ? this.#wish.payouts : undefined
  }

  /** Another player asks. @returns whether this node now joins in by itself, as its policy says. */
  asked (player: number, parent: Hash32, payouts: readonly bigint[], head: Closable): boolean {
    if (parent !== head.parent) return false
    this.#consents.set(player, { parent, payouts: payouts.join() })
    if (this.wishes(head.parent) || this.#policy !== 'settled' || this.#self === undefined) return false
    if (!head.complete || payouts.join() !== head.payouts.join()) return false
    // For this head alone: on the next one there may be stakes inside contracts, and the user has not asked for anything.
    this.#wish = { parent, payouts: head.payouts }
    return true
  }

  /** The payouts of the Close that the proposer may sign now: every other player has asked for the same. */
  agreed (head: Closable): readonly bigint[] | undefined {
    const payouts = this.payouts(head)
    return payouts !== undefined && this.missing(head).length === 0 ? payouts : undefined
  }

  /** The players who have not asked for what this node asks for. */
  missing (head: Closable): number[] {
    const wanted = this.payouts(head)?.join()
    return Array.from({ length: this.#players }, (_, player) => player).filter(player => {
      const consent = this.#consents.get(player)
      return player !== this.#self && !(consent?.parent === head.parent && consent.payouts === wanted)
    })
  }

  /**
   * Enters what this node is about to ask for. @returns all that it has asked for on this head, to be durable before the request leaves; undefined when that is
   * nothing new, or too much.
   */
  ask (request: AskedClose): readonly AskedClose[] | undefined {
    const onHead = this.#asked.filter(({ parent }) => parent === request.parent)
    if (onHead.some(asked => isSame(asked, request)) || onHead.length >= MAX_ASKED) return undefined
    this.#asked = [...onHead, request]
    return this.#asked
  }

  /** Whether this may be asked for: it is on disk that it is. */
  hasAsked (request: AskedClose): boolean {
    return this.#asked.some(asked => isSame(asked, request))
  }

  /** After a restart: what was asked for, and is wished still where the head is the same. */
  restore (asked: readonly AskedClose[], head: Hash32 | undefined): void {
    this.#asked = asked
    const last = asked.at(-1)
    if (last !== undefined && last.parent === head) this.#wish = last
  }

  /** Whether this node signs a Close that another proposes: what it wants, or has ever asked for on this head (a Close that is refused blocks its slot). */
  accepts (parent: Hash32, payouts: readonly bigint[], head: Closable): boolean {
    return parent === head.parent && (this.payouts(head)?.join() === payouts.join() || this.hasAsked({ parent, payouts }))
  }
}

function isSame (one: AskedClose, other: AskedClose): boolean {
  return one.parent === other.parent && one.payouts.join() === other.payouts.join()
}
