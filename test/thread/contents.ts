/** Contents, hashes and inputs for the tests of this room, where nothing is executed. */
import { bigintToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Hash32, Input, Signature } from '../../src/protocol/types.js'
import { initialAgreement, transition, type Agreement, type AgreementEvent, type Content, type Effect } from '../../src/thread/agreement.js'

/** A hash that stands for a number. */
export const hashOf = (number: number): Hash32 => hash32(bigintToBytes(BigInt(number), 8))
/** A signature; its bytes do not matter here. */
export const signature = (player: number): Signature => new Uint8Array(65).fill(player + 1)

/** A breakpoint on `parent`. */
export function breakpoint (nonce: number, parent: Content | undefined, fields: Partial<Content> & { epoch?: bigint, number?: number } = {}): Content {
  const { epoch = 0n, number = 0, ...rest } = fields
  const proposer = parent?.next ?? 0
  return {
    kind: 'breakpoint', slot: { epoch, nonce: BigInt(nonce) }, hash: hashOf(1000 * Number(epoch) + 10 * nonce + number), parent: parent?.hash ?? hashOf(0), proposer,
    next: (proposer + 1) % 2, ...rest
  }
}

/** A Close on `parent`. */
export function close (nonce: number, parent: Content, epoch = 0n): Content {
  return { ...breakpoint(nonce, parent, { epoch, number: 5, next: parent.next }), kind: 'close' }
}

/** A player's agreement that signs, on this head. */
export function signing (self: number, head: Content | undefined, players = 2): Agreement {
  let state = initialAgreement({ players, self, head, top: head?.slot })
  for (let player = 0; player < players; player++) if (player !== self) state = transition(state, { type: 'told', player, slot: head?.slot }).state
  // The proposer is asked at once what it has to propose: nothing yet.
  return transition(state, { type: 'built', content: undefined }).state
}

/** The state and the kinds of the effects after some events; `verify` and `sign` are answered as a driver does that finds everything good. */
export function after (state: Agreement, ...events: AgreementEvent[]): { state: Agreement, effects: Effect[] } {
  const effects: Effect[] = []
  const apply = (event: AgreementEvent): void => {
    const step = transition(state, event)
    state = step.state
    for (const effect of step.effects) {
      effects.push(effect)
      if (effect.type === 'verify') apply({ type: 'verified', hash: effect.content.hash, good: true })
      if (effect.type === 'sign') apply({ type: 'signed', content: effect.content, signature: signature(state.self ?? 0) })
    }
  }
  for (const event of events) apply(event)
  return { state, effects }
}

/** The kinds of effects. */
export const kinds = (effects: readonly Effect[]): string[] => effects.map(({ type }) => type)

/** An input that has only what a queue looks at. */
export function queued (player: number, nonce: bigint, bytes = 100, version = 0): Input {
  const leaf = hashOf(1_000_000 * player + 10 * Number(nonce) + version)
  return {
    raw: new Uint8Array(bytes), binding: signature(player), id: leaf, leaf, player,
    tx: { type: 2, nonce, gasLimit: 0n, gasPriceWei: 0n, maxFeePerGasWei: 0n, to: undefined, valueWei: 0n, data: new Uint8Array(0), accessList: [] }
  }
}
