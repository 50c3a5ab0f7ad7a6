/** Visits every state of a model, breadth first, and checks in each step what must always hold. */
import { compareSlots } from '../../../src/protocol/slot.js'
import { contentAt, isAncestor, onOneChain } from './contents.js'
import type { Node, Rules } from './node.js'
import { completeContents, firstWorld, successors, type Bounds, type Successor, type World } from './world.js'
import type { Hash32 } from '../../../src/protocol/types.js'

/** What was found. `violation`: the broken property, with the shortest way to it. */
export type Findings = {
  readonly states: number
  readonly steps: number
  readonly ms: number
  readonly violation: string | undefined
}

/** Which properties a search checks beyond safety. */
export type Search = { readonly bounds: Bounds, readonly rules: Rules, /** Stop here: the bounds are wrong. */ readonly limit: number }

/** Explores a model. All honest: also that from each state everybody can still reach the last slot. */
export function explore ({ bounds, rules, limit }: Search): Findings {
  const started = performance.now()
  const first = firstWorld(bounds, rules)
  const ids = new Map<string, number>([[first.key, 0]])
  const cameFrom: number[] = [-1]
  const labels: string[] = ['start']
  const isLive = bounds.liar === undefined && bounds.backup === undefined
  const edges: [number, number][] = []
  const goals: number[] = []
  let frontier: [number, World][] = [[0, first]]
  let steps = 0
  const found = (violation: string | undefined): Findings => ({ states: ids.size, steps, ms: performance.now() - started, violation })
  const path = (id: number): string => {
    const way: string[] = []
    for (let at = id; at > 0; at = cameFrom[at] ?? -1) way.push(labels[at] ?? '')
    return way.reverse().join('; ')
  }

  while (frontier.length > 0) {
    const next: [number, World][] = []
    for (const [id, world] of frontier) {
      if (isLive && isDone(world, bounds)) goals.push(id)
      for (const successor of successors(world, bounds, rules)) {
        steps++
        let to = ids.get(successor.world.key)
        const broken = checkStep(world, successor, bounds.backup) ?? (to === undefined ? checkWorld(successor.world) : undefined)
        if (broken !== undefined) return found(`${broken}: ${path(id)}; ${successor.label}`)
        if (to === undefined) {
          to = ids.size
          ids.set(successor.world.key, to)
          cameFrom.push(id)
          labels.push(successor.label)
          next.push([to, successor.world])
        }
        if (isLive && to !== id) edges.push([id, to])
      }
      if (ids.size > limit) return found(`more than ${limit} states`)
    }
    frontier = next
  }
  const stuck = isLive ? unreachable(ids.size, edges, goals) : undefined
  return found(stuck === undefined ? undefined : `stuck: ${path(stuck)}`)
}

/** Whether every node has the last slot, and the court does not dispute it. */
function isDone (world: World, bounds: Bounds): boolean {
  // In a dispute, who holds a Close ends the thread for all by taking it to the court.
  if (bounds.disputes > 0 && world.nodes.some(node => node?.agreement.head?.kind === 'close' || node?.agreement.provisional?.kind === 'close')) return true
  return world.nodes.every(node => {
    const { head, dispute } = node?.agreement ?? {}
    return head !== undefined && (head.kind === 'close' || head.slot.nonce === BigInt(bounds.slots - 1)) && (dispute === undefined || dispute.recorded === head.hash)
  })
}

/** A state from which no goal can be reached; the first that was found. */
function unreachable (states: number, edges: readonly [number, number][], goals: readonly number[]): number | undefined {
  const back = new Map<number, number[]>()
  for (const [from, to] of edges) {
    const sources = back.get(to)
    if (sources === undefined) back.set(to, [from])
    else sources.push(from)
  }
  const reaches = new Uint8Array(states)
  const waiting = [...goals]
  for (const goal of goals) reaches[goal] = 1
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    for (const from of back.get(at) ?? []) {
      if (reaches[from] === 1) continue
      reaches[from] = 1
      waiting.push(from)
    }
  }
  const first = reaches.indexOf(0)
  return first < 0 ? undefined : first
}

/** The property that a state breaks, in words. */
function checkWorld (world: World): string | undefined {
  return secondSignature(world) ?? secondCertificate(world) ?? brokenChain(world)
}

/** The property that a step breaks, in words. */
function checkStep (before: World, { world, self, deed }: Successor, backup: number | undefined): string | undefined {
  return self === undefined || deed === undefined ? undefined : ownFault(before, world, self, deed, backup)
}

/** (a) Nobody honest signs two contents of one slot. */
function secondSignature (world: World): string | undefined {
  const seen = new Map<string, Hash32>()
  for (const one of world.sent) {
    const [signer, hash] = one.split(':') as [string, Hash32]
    const { slot } = contentAt(hash)
    const key = `${signer}/${slot.epoch}.${slot.nonce}`
    const other = seen.get(key)
    if (other !== undefined) return `(a) ${signer} signed ${other} and ${hash}`
    seen.set(key, hash)
  }
  return undefined
}

/** (b) No slot has two contents that are complete. */
function secondCertificate (world: World): string | undefined {
  const complete = completeContents(world)
  for (const one of complete) {
    for (const other of complete) if (one !== other && compareSlots(one.slot, other.slot) === 0) return `(b) ${one.hash} and ${other.hash} are complete`
  }
  return undefined
}

/** Whether a node's disk says that it has signed this content: its signature may be part of a certificate that it gave away whole. */
function hasWritten (node: Node, hash: Hash32): boolean {
  const { head, provisional } = node.agreement
  return node.open?.hash === hash || provisional?.hash === hash || (head !== undefined && isAncestor(hash, head.hash))
}

/** (b) All heads and what the court has recorded are one chain. */
function brokenChain (world: World): string | undefined {
  const ends = new Set<Hash32>()
  if (world.court.recorded !== undefined) ends.add(world.court.recorded.hash)
  for (const node of world.nodes) if (node?.agreement.head !== undefined) ends.add(node.agreement.head.hash)
  for (const one of ends) for (const other of ends) if (!onOneChain(one, other)) return `(b) ${one} and ${other} are no chain`
  return undefined
}

function ownFault (before: World, world: World, self: number, deed: NonNullable<Successor['deed']>, backup: number | undefined): string | undefined {
  const was = before.nodes[self]
  const { agreement } = deed.node
  const { head, provisional, dispute } = agreement
  const old = was?.agreement.head
  if (old !== undefined && (head === undefined || !isAncestor(old.hash, head.hash))) return `(b) the head went from ${old.hash} to ${head?.hash ?? 'none'}`
  for (const content of deed.completed) {
    const own = deed.signed.includes(content) || was?.open === content || world.sent.includes(`${self}:${content.hash}`)
    if (!own && agreement.mode !== 'watching') return `(d) ${self} completed ${content.hash} without its signature`
    for (const [player, node] of world.nodes.entries()) {
      // An old disk does not show what its player had signed.
      const has = node === undefined || player === self || player === backup || world.sent.includes(`${player}:${content.hash}`) || hasWritten(node, content.hash)
      if (!has) return `(d) ${self} completed ${content.hash} without the signature of ${player}`
    }
  }
  // (e) What the node has seen of the court decides, not what its agreement makes of it.
  const disputes = world.court.log.slice(0, deed.node.seen + deed.node.again).flatMap(event => event.type === 'dispute' ? [event.number] : [])
  const number = disputes.at(-1) ?? 0n
  for (const content of deed.signed) if (content.slot.epoch < number) return `(e) ${self} signed ${content.hash} after dispute ${number}`
  if (provisional !== undefined && (dispute?.number ?? provisional.slot.epoch) !== provisional.slot.epoch) return `(e) ${provisional.hash} is not void in dispute ${dispute?.number ?? ''}`
  return undefined
}
