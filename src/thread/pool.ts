/**
 * Inputs that wait for a breakpoint. For each player in the order of its nonces; bounded, the newest is refused when a player's share is full.
 */
import { MAX_BATCH_BYTES, MAX_BATCH_INPUTS } from '../protocol/limits.js'
import type { Hash32, Input } from '../protocol/types.js'

/** Inputs that may wait for one player. */
export const MAX_POOLED_INPUTS = 1024
/** Bytes of raw transactions that may wait for one player. */
export const MAX_POOLED_BYTES = 2 * 1024 * 1024
/** How far ahead of the account's nonce an input may be. */
const MAX_NONCE_GAP = 2048n

/** What became of an input that was offered. `replaced`: another input of that nonce waits already; the first one stands. */
export type PoolAnswer = 'added' | 'known' | 'replaced' | 'stale' | 'full'

/** The waiting inputs of one thread. */
export class InputPool {
  readonly #byPlayer: Map<bigint, Input>[]
  readonly #bytes: number[]
  readonly #byLeaf = new Map<Hash32, Input>()
  readonly #byId = new Map<Hash32, Input>()

  constructor (players: number) {
    this.#byPlayer = Array.from({ length: players }, () => new Map())
    this.#bytes = new Array<number>(players).fill(0)
  }

  /** How many inputs wait. */
  get size (): number { return this.#byLeaf.size }

  /** A waiting input by its leaf, so that a proposal's inputs need no second verification. */
  get (leaf: Hash32): Input | undefined { return this.#byLeaf.get(leaf) }

  /** A waiting input by its id. */
  byId (id: Hash32): Input | undefined { return this.#byId.get(id) }

  /** The inputs that have waited longest. */
  first (count: number): Input[] { return [...this.#byLeaf.values()].slice(0, count) }

  /** The inputs of one player, by nonce. */
  of (player: number): Input[] {
    return [...this.#byPlayer[player]?.values() ?? []].sort((a, b) => a.tx.nonce < b.tx.nonce ? -1 : 1)
  }

  /** The nonce that a player's next input should have: after all that wait without a gap. */
  nextNonce (player: number, accountNonce: bigint): bigint {
    const own = this.#byPlayer[player]
    let next = accountNonce + BigInt(own?.size ?? 0)
    // Without gaps the last one is right below; with gaps, look from the beginning.
    if (own !== undefined && own.size > 0 && !own.has(next - 1n)) for (next = accountNonce; own.has(next);) next++
    return next
  }

  /** Offers an input; `nextNonce` is its player's account nonce at the head. */
  add (input: Input, nextNonce: bigint): PoolAnswer {
    if (this.#byLeaf.has(input.leaf)) return 'known'
    const own = this.#byPlayer[input.player]
    if (own === undefined || input.tx.nonce < nextNonce) return 'stale'
    if (own.has(input.tx.nonce)) return 'replaced'
    const bytes = this.#bytes[input.player] ?? 0
    if (own.size >= MAX_POOLED_INPUTS || bytes + input.raw.length > MAX_POOLED_BYTES || input.tx.nonce > nextNonce + MAX_NONCE_GAP) return 'full'
    own.set(input.tx.nonce, input)
    this.#byLeaf.set(input.leaf, input)
    this.#byId.set(input.id, input)
    this.#bytes[input.player] = bytes + input.raw.length
    return 'added'
  }

  /** Removes an input, because it is final or can never be. */
  remove (input: Input): void {
    const pooled = this.#byLeaf.get(input.leaf)
    if (pooled === undefined) return
    this.#byLeaf.delete(input.leaf)
    this.#byId.delete(input.id)
    this.#byPlayer[input.player]?.delete(input.tx.nonce)
    this.#bytes[input.player] = (this.#bytes[input.player] ?? 0) - pooled.raw.length
  }

  /** Removes what the account nonces have passed. `nonceOf`: a player's account nonce at the head. */
  prune (nonceOf: (player: number) => bigint): Input[] {
    const passed: Input[] = []
    this.#byPlayer.forEach((own, player) => {
      if (own.size === 0) return
      const next = nonceOf(player)
      for (const input of own.values()) if (input.tx.nonce < next) passed.push(input)
    })
    for (const input of passed) this.remove(input)
    return passed
  }

  /**
   * The next batch: each player's inputs in the order of nonces from its account nonce on, without gaps, in the order of first arrival between players; up to the
   * protocol's caps (§3).
   */
  batch (nonceOf: (player: number) => bigint): Input[] {
    const chosen: Input[] = []
    const next = new Map<number, bigint>()
    let bytes = 0
    for (const first of this.#byLeaf.values()) {
      let nonce = next.get(first.player) ?? nonceOf(first.player)
      const own = this.#byPlayer[first.player]
      // An input that arrived early drags the ones before it along.
      for (let input = own?.get(nonce); input !== undefined && nonce <= first.tx.nonce; input = own?.get(nonce)) {
        if (chosen.length >= MAX_BATCH_INPUTS || bytes + input.raw.length > MAX_BATCH_BYTES) return chosen
        chosen.push(input)
        bytes += input.raw.length
        nonce++
        next.set(input.player, nonce)
      }
    }
    return chosen
  }
}
