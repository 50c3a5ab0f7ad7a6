/** The contents of the model: each is named by a short text that stands for its hash, so that equal contents are one object. */
import type { Content } from '../../../src/thread/agreement.js'
import type { Hash32, Signature } from '../../../src/protocol/types.js'

/** The parent of a thread's first slot. */
export const NO_PARENT = 'none' as Hash32
/** A signature's bytes do not matter to the agreement: whether it is there does. */
export const SIGNED: Signature = new Uint8Array(1)

const byName = new Map<string, Content>()
const byHash = new Map<Hash32, Content>()

/** What a content says. `choice` tells two contents of one slot apart and decides who proposes next. */
export type Description = {
  readonly kind: Content['kind']
  readonly epoch: bigint
  readonly nonce: bigint
  readonly parent: Hash32
  readonly proposer: number
  readonly choice: number
}

/** The one content of this description. */
export function contentOf (what: Description, players: number): Content {
  const name = `${what.kind}/${what.epoch}.${what.nonce}/${what.parent}/${what.proposer}/${what.choice}/${players}`
  const known = byName.get(name)
  if (known !== undefined) return known
  const hash = `${what.kind === 'close' ? 'C' : ''}${what.epoch}.${what.nonce}#${byName.size}` as Hash32
  const content: Content = {
    kind: what.kind,
    slot: { epoch: what.epoch, nonce: what.nonce },
    hash,
    parent: what.parent,
    proposer: what.proposer,
    next: (what.proposer + 1 + what.choice) % players
  }
  byName.set(name, content)
  byHash.set(hash, content)
  return content
}

/** The content with this hash. */
export function contentAt (hash: Hash32): Content {
  const content = byHash.get(hash)
  if (content === undefined) throw new Error(`no content ${hash}`)
  return content
}

/** Whether `elder` is `content` itself or stands in its chain of parents. */
export function isAncestor (elder: Hash32, content: Hash32): boolean {
  for (let at: Hash32 = content; at !== NO_PARENT; at = contentAt(at).parent) if (at === elder) return true
  return false
}

/** Whether one of the two continues the other. */
export function onOneChain (one: Hash32, other: Hash32): boolean {
  return isAncestor(one, other) || isAncestor(other, one)
}
