/** Slots: where a breakpoint or a Close stands (§2). */
import type { Slot } from './types.js'

/** Orders slots by epoch, then by nonce: -1 when `a` is the lower one. */
export function compareSlots (a: Slot, b: Slot): -1 | 0 | 1 {
  if (a.epoch !== b.epoch) return a.epoch < b.epoch ? -1 : 1
  if (a.nonce !== b.nonce) return a.nonce < b.nonce ? -1 : 1
  return 0
}

/** `epoch.nonce`, for people and logs. */
export function slotText (slot: Slot): string {
  return `${slot.epoch}.${slot.nonce}`
}
