/**
 * The model's world: honest nodes, at most one liar, a network that keeps every message for ever and may deliver it to anybody at any time (or never: that is
 * loss, delay, disorder and repetition in one), and the court. `successors` gives every next state.
 */
import { openSlot, type Agreement, type AgreementEvent, type Content } from '../../../src/thread/agreement.js'
import { contentAt, contentOf, NO_PARENT, SIGNED } from './contents.js'
import { courtKey, NEW_COURT, rulings, type Court } from './court.js'
import { diskOf, named, start, step, tells, type Deed, type Node, type Rules } from './node.js'
import type { Hash32 } from '../../../src/protocol/types.js'

/** How far the model looks. */
export type Bounds = {
  readonly players: number
  /** Nonces 0 to slots - 1. */
  readonly slots: number
  /** A player that signs anything and says anything. */
  readonly liar?: number
  /** Crashes of honest nodes, in all. */
  readonly crashes: number
  /** Challenges that the court takes. */
  readonly disputes: number
  /** A player whose disk is copied once, at any time, and put back once. */
  readonly backup?: number
  /** Whether a Close may stand in a slot. */
  readonly closes?: boolean
}

/** A state of everything. */
export type World = {
  /** By player; the liar has none. */
  readonly nodes: readonly (Node | undefined)[]
  /** `signer:hash` of each signature that an honest player has sent, sorted. */
  readonly sent: readonly string[]
  readonly court: Court
  readonly crashes: number
  readonly key: string
}

/** A next state. `deed`: what the honest player `self` did. */
export type Successor = { readonly label: string, readonly world: World, readonly self?: number, readonly deed?: Deed }

/** A thread that everybody has just started. */
export function firstWorld (bounds: Bounds, rules: Rules): World {
  const disk = { head: undefined, confirmed: 0n, dispute: undefined, provisional: undefined, top: undefined, open: undefined, seen: 0 }
  const nodes = Array.from({ length: bounds.players }, (_, self) => {
    if (self === bounds.liar) return undefined
    // The first start is no restart: nobody holds anything, so the answers are left out.
    return start({ ...rules, asks: false }, disk, self, bounds.players, NEW_LIFE)
  })
  return worldOf({ nodes, sent: [], court: NEW_COURT, crashes: bounds.crashes })
}

const NEW_LIFE = { restored: false, backup: undefined, heardOf: [] }

function worldOf (world: Omit<World, 'key'>): World {
  return { ...world, key: `${world.nodes.map(node => node?.key ?? '').join('&')}&${world.sent.join()}&${courtKey(world.court)}&${world.crashes}` }
}

/** Signatures as they stand after these were sent. */
function withSent (sent: readonly string[], self: number, contents: readonly Content[]): readonly string[] {
  const fresh = contents.map(content => `${self}:${content.hash}`).filter(one => !sent.includes(one))
  return fresh.length === 0 ? sent : [...new Set([...sent, ...fresh])].sort()
}

function parse (one: string): { signer: number, content: Content } {
  const [signer, hash] = one.split(':')
  return { signer: Number(signer), content: contentAt(hash as Hash32) }
}

/** Contents that every honest player has signed: with the liar's help each is a certificate. */
export function completeContents (world: World): Content[] {
  const counts = new Map<string, number>()
  for (const one of world.sent) counts.set(one.slice(one.indexOf(':') + 1), (counts.get(one.slice(one.indexOf(':') + 1)) ?? 0) + 1)
  const honest = world.nodes.filter(node => node !== undefined).length
  return [...counts].filter(([, count]) => count === honest).map(([hash]) => contentAt(hash as Hash32))
}

/** Certificates that somebody can show: the liar all, honest players those that they hold. */
export function shownCertificates (world: World, bounds: Bounds): Content[] {
  if (bounds.liar !== undefined) return completeContents(world)
  const held = new Set<Content>()
  for (const node of world.nodes) {
    const { provisional, head } = node?.agreement ?? {}
    // A range of certificates holds no Close: that one comes by its signatures, or not.
    if (provisional?.kind === 'breakpoint') held.add(provisional)
    for (let at = head?.kind === 'close' ? head.parent : head?.hash; at !== undefined && at !== NO_PARENT; at = contentAt(at).parent) held.add(contentAt(at))
  }
  return [...held]
}

/** Every next state. */
export function * successors (world: World, bounds: Bounds, rules: Rules): Generator<Successor> {
  for (let self = 0; self < bounds.players; self++) {
    const node = world.nodes[self]
    if (node === undefined) continue
    for (const { label, event } of eventsFor(world, self, node, bounds)) yield * outcomes(world, self, node, label, event, bounds, rules)
    yield * courtNews(world, self, node, bounds, rules)
    yield * ownActions(world, self, node, bounds, rules)
  }
  if (bounds.disputes > 0) {
    for (const { label, court } of rulings(world.court, shownCertificates(world, bounds), bounds.disputes, everyoneAnswered(world))) yield { label, world: worldOf({ ...world, court }) }
  }
}

/** SAFETY assumption of section 9: an honest player acts within the window, so evidence ends only when nobody honest has more to show. */
function everyoneAnswered (world: World): boolean {
  const { court } = world
  return world.nodes.every(node => {
    if (node === undefined) return true
    const head = node.agreement.head
    return node.seen === court.log.length && !(head?.kind === 'breakpoint' && head.slot.epoch === court.confirmed && head.slot.nonce > (court.recorded?.slot.nonce ?? -1n))
  })
}

/** What may reach a node from the others and from its own players. */
function * eventsFor (world: World, self: number, node: Node, bounds: Bounds): Generator<{ label: string, event: AgreementEvent }> {
  const { agreement } = node
  yield { label: 'has something to propose', event: { type: 'ready' } }
  for (const one of world.sent) {
    const { signer, content } = parse(one)
    yield { label: `gets ${one}`, event: messageOf(signer, content) }
  }
  if (bounds.liar !== undefined) {
    for (const content of lies(world, node, bounds, bounds.liar)) yield { label: `gets the liar's proposal ${content.hash}`, event: messageOf(bounds.liar, content) }
    const known = [agreement.proposal, agreement.rival, ...world.sent.map(one => parse(one).content)].filter(content => content !== undefined && content.proposer !== bounds.liar)
    for (const content of new Set(known)) if (content !== undefined) yield { label: `gets the liar's ack of ${content.hash}`, event: messageOf(bounds.liar, content) }
    // The slot of an ack is not signed: an old one may be shown in any slot.
    const { head } = agreement
    if (head !== undefined && bounds.backup !== undefined) {
      for (const one of world.sent.filter(one => one.endsWith(`:${head.hash}`))) {
        yield { label: `gets ${one} again in its open slot`, event: { type: 'ack', slot: openSlot(agreement), hash: head.hash, signer: parse(one).signer, signature: SIGNED } }
      }
    }
  }
  for (const content of shownCertificates(world, bounds)) {
    if (content.slot.nonce !== openSlot(agreement).nonce || content.parent !== (agreement.head?.hash ?? NO_PARENT)) continue
    yield { label: `gets the certificate ${content.hash}`, event: { type: 'certificate', content, signatures: new Array(bounds.players).fill(SIGNED) } }
  }
  yield * answers(world, self, node, bounds)
}

function messageOf (signer: number, content: Content): AgreementEvent {
  return signer === content.proposer
    ? { type: 'proposal', content, signature: SIGNED }
    : { type: 'ack', slot: content.slot, hash: content.hash, signer, signature: SIGNED }
}

/** What a lying proposer may say in a node's open slot: two contents on the head, and one whose parent is another content. */
function lies (world: World, node: Node, bounds: Bounds, liar: number): Content[] {
  const { epoch, nonce } = openSlot(node.agreement)
  if (nonce >= BigInt(bounds.slots)) return []
  const parents = new Set([node.agreement.head?.hash ?? NO_PARENT])
  for (const one of world.sent) {
    const { content } = parse(one)
    if (content.slot.nonce === nonce - 1n) parents.add(content.hash)
  }
  if (nonce > 0n) parents.add(contentOf({ kind: 'breakpoint', epoch, nonce: nonce - 1n, parent: NO_PARENT, proposer: liar, choice: 2 }, bounds.players).hash)
  return [...parents].flatMap(parent => choices(bounds).map(({ kind, choice }) => contentOf({ kind, epoch, nonce, parent, proposer: liar, choice }, bounds.players)))
}

function choices (bounds: Bounds): { kind: Content['kind'], choice: number }[] {
  const breakpoints = [0, 1].map(choice => ({ kind: 'breakpoint' as const, choice }))
  return bounds.closes === true ? [...breakpoints, { kind: 'close', choice: 0 }] : breakpoints
}

/** Answers to an Ask. The order in which they come changes nothing, so it is fixed. */
function * answers (world: World, self: number, node: Node, bounds: Bounds): Generator<{ label: string, event: AgreementEvent }> {
  const player = node.agreement.awaiting[0]
  if (node.agreement.mode !== 'starting' || player === undefined) return
  const teller = world.nodes[player]
  if (teller !== undefined) {
    // A restored node is only told when what it had sent has arrived: nobody can know of a signature that never came anywhere.
    if (node.restored && !hasHeardAll(world, self, teller)) return
    yield { label: `is told by ${player}`, event: { type: 'told', player, slot: tells(teller, self) } }
    return
  }
  yield { label: 'is told "nothing" by the liar', event: { type: 'told', player, slot: undefined } }
  yield { label: 'is told too much by the liar', event: { type: 'told', player, slot: { epoch: 9n, nonce: 9n } } }
}

/** Whether every signature that `self` has sent has come to the teller. */
function hasHeardAll (world: World, self: number, teller: Node): boolean {
  return world.sent.every(one => !one.startsWith(`${self}:`) || teller.heardOf.includes(one))
}

/** The outcomes of one event: for each choice of what to propose, and for a crash between writing and sending. */
function * outcomes (world: World, self: number, node: Node, label: string, event: AgreementEvent, bounds: Bounds, rules: Rules): Generator<Successor> {
  for (const { kind, choice } of choices(bounds)) {
    const deed = step(rules, node, event, state => proposalOf(state, self, kind, choice, bounds))
    yield * settle(world, self, node, `${self} ${label}`, self === bounds.backup ? deed : heard(deed, event, bounds), bounds, rules)
    if (!deed.chose) return
  }
}

/** Remembers which of the copied player's signatures a node has taken in, for {@link hasHeardAll}: those under contents that it knows. */
function heard (deed: Deed, event: AgreementEvent, bounds: Bounds): Deed {
  const { backup } = bounds
  if (backup === undefined) return deed
  const { proposal, rival, votes } = deed.node.agreement
  const known = [proposal, rival, event.type === 'certificate' ? event.content : undefined, ...deed.completed]
  const fresh = known.flatMap(content => content !== undefined && (votes.get(content.hash)?.[backup] !== undefined || content !== proposal && content !== rival) ? [`${backup}:${content.hash}`] : [])
    .filter(one => !deed.node.heardOf.includes(one))
  return fresh.length === 0 ? deed : { ...deed, node: named({ ...deed.node, heardOf: [...new Set([...deed.node.heardOf, ...fresh])].sort() }) }
}

function proposalOf (state: Agreement, self: number, kind: Content['kind'], choice: number, bounds: Bounds): Content | undefined {
  const { epoch, nonce } = openSlot(state)
  if (nonce >= BigInt(bounds.slots)) return undefined
  return contentOf({ kind, epoch, nonce, parent: state.head?.hash ?? NO_PARENT, proposer: self, choice }, bounds.players)
}

function * settle (world: World, self: number, before: Node, label: string, deed: Deed, bounds: Bounds, rules: Rules): Generator<Successor> {
  const sent = withSent(world.sent, self, deed.sent)
  if (deed.node.key === before.key && sent === world.sent) return
  yield { label, self, deed, world: place(world, self, deed.node, { sent }) }
  if (sent === world.sent || world.crashes === 0) return
  // Power goes between the write and the sending; a mutant that sends first loses the write instead.
  const node = start(rules, diskOf(rules.writesFirst ? deed.node : before), self, bounds.players, deed.node)
  yield {
    label: `${label} and crashes`, self, deed: { ...deed, node, sent: rules.writesFirst ? [] : deed.sent },
    world: place(world, self, node, { sent: rules.writesFirst ? world.sent : sent, crashes: world.crashes - 1 })
  }
}

function place (world: World, self: number, node: Node, changes: { sent?: readonly string[], crashes?: number } = {}): World {
  return worldOf({ ...world, ...changes, nodes: world.nodes.map((old, index) => index === self ? node : old) })
}

/** The court's next event reaches the node: a certificate that it completes comes first, as the chain feed has it. */
function * courtNews (world: World, self: number, node: Node, bounds: Bounds, rules: Rules): Generator<Successor> {
  const news = world.court.log[node.seen]
  if (news === undefined) return
  const event: AgreementEvent = news.type === 'dispute'
    ? { type: 'dispute', number: news.number, recorded: news.recorded?.hash }
    : { type: 'resumed', epoch: news.epoch }
  yield * outcomes(world, self, { ...node, seen: node.seen + 1, again: Math.max(0, node.again - 1) }, `sees ${news.type}`, event, bounds, rules)
}

/** Sending again, crashing, copying the disk and putting the copy back. */
function * ownActions (world: World, self: number, node: Node, bounds: Bounds, rules: Rules): Generator<Successor> {
  const idle: Deed = { node, signed: [], sent: [], completed: [], chose: false }
  const { signed } = node.agreement
  if (rules.resends && signed !== undefined) {
    const sent = withSent(world.sent, self, [signed])
    if (sent !== world.sent) yield { label: `${self} sends ${signed.hash} again`, self, deed: { ...idle, sent: [signed] }, world: place(world, self, node, { sent }) }
  }
  const { restored, backup } = node
  if (world.crashes > 0) {
    const after = start(rules, diskOf(node), self, bounds.players, node)
    // The cursor of the court's events lies behind what was entered: the last ones come again. The driver keeps them from the agreement; the model does not.
    for (let back = 1; back <= Math.min(2, after.seen); back++) {
      const again = named({ ...after, seen: after.seen - back, again: back })
      yield { label: `${self} crashes and hears the court's last ${back} again`, self, deed: { ...idle, node: again }, world: place(world, self, again, { crashes: world.crashes - 1 }) }
    }
    if (after.key !== node.key) yield { label: `${self} crashes`, self, deed: { ...idle, node: after }, world: place(world, self, after, { crashes: world.crashes - 1 }) }
  }
  if (bounds.backup !== self || restored) return
  if (backup === undefined) {
    yield { label: `${self}'s disk is copied`, world: place(world, self, named({ ...node, backup: diskOf(node) })) }
  } else {
    yield { label: `${self}'s copy is put back`, world: place(world, self, start(rules, backup, self, bounds.players, { ...NEW_LIFE, restored: true })) }
  }
}
