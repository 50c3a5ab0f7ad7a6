/** What proposers have stated: that they had proposed nothing in a slot up to a time (§6.4). The latest of the open slot stands. */
import { compareSlots } from '../protocol/slot.js'
import type { Slot } from '../protocol/types.js'

/** A statement that was verified. */
export type Idle = { readonly slot: Slot, readonly timestampSec: bigint }

/** The statements of one thread's players. */
export class Idles {
  readonly #latest = new Map<number, Idle>()

  /** A player's statement that stands. */
  of (player: number): Idle | undefined { return this.#latest.get(player) }

  /** Enters one: an earlier one, or one of another slot, that comes after that of the open slot takes nothing back. */
  state (player: number, { slot: { epoch, nonce }, timestampSec }: Idle, open: Slot): void {
    const slot = { epoch, nonce }
    const known = this.#latest.get(player)
    if (compareSlots(slot, open) < 0) return
    if (known !== undefined && compareSlots(known.slot, open) === 0 && (compareSlots(slot, open) !== 0 || timestampSec <= known.timestampSec)) return
    this.#latest.set(player, { slot, timestampSec })
  }
}
