/**
 * One honest node of the model: the real agreement, and of its driver (the coordinator and the recovery) what matters for safety: what a step
 * writes is durable before anything leaves, and a restart keeps nothing but what is durable.
 */
import { initialAgreement, openSlot, slotSignedBy, transition, type Agreement, type AgreementEvent, type Content, type Effect, type Step } from '../../../src/thread/agreement.js'
import { compareSlots } from '../../../src/protocol/slot.js'
import type { Slot } from '../../../src/protocol/types.js'
import { SIGNED } from './contents.js'

/** The function under test, or a mutant of it. */
export type Transition = (state: Agreement, event: AgreementEvent) => Step

/** What a node does, piece by piece, so that a mutant can do one of them wrongly. */
export type Rules = {
  readonly transition: Transition
  /** Whether a restarted node knows what it had signed. */
  readonly keepsJournal: boolean
  /** Whether a message leaves only after the step's write; else a crash may forget what has left. */
  readonly writesFirst: boolean
  /** Whether a restarted node asks the others before it signs. */
  readonly asks: boolean
  /** Whether what is unanswered is sent again. */
  readonly resends: boolean
}

/** The rules as the code has them. */
export const REAL: Rules = { transition, keepsJournal: true, writesFirst: true, asks: true, resends: true }

/** What a node's disk holds. */
export type Disk = {
  readonly head: Content | undefined
  readonly confirmed: bigint
  readonly dispute: Agreement['dispute']
  readonly provisional: Content | undefined
  readonly top: Slot | undefined
  /** The content that was signed last, until a slot is complete. */
  readonly open: Content | undefined
  /** How many of the court's events were entered. */
  readonly seen: number
}

/** An honest node. */
export type Node = {
  readonly agreement: Agreement
  readonly open: Content | undefined
  readonly seen: number
  /** A copy of the disk, to be put back once. */
  readonly backup: Disk | undefined
  /** Its disk was replaced by the copy. */
  readonly restored: boolean
  /** So many of the court's events it hears for the second time. */
  readonly again: number
  /** Signatures of the player whose disk is copied, as far as they have come here. */
  readonly heardOf: readonly string[]
  readonly key: string
}

/** What a step did. */
export type Deed = {
  readonly node: Node
  /** Contents that it signed now: the journal has them. */
  readonly signed: readonly Content[]
  /** Contents of which its signature leaves. */
  readonly sent: readonly Content[]
  readonly completed: readonly Content[]
  /** It was asked what to propose: another choice gives another deed. */
  readonly chose: boolean
}

/** Names a node's state; equal states have equal names. */
function keyOf (node: Omit<Node, 'key'>): string {
  const { agreement: a } = node
  const votes = [...a.votes].map(([hash, signatures]) => hash + signatures.map(one => one === undefined ? '-' : '+').join('')).sort().join()
  const heard = `${a.heard.map(slotKey).join()}${node.heardOf.join()}`
  return [
    a.mode, a.awaiting.join(''), a.head?.hash, a.confirmed, a.dispute?.number, a.dispute?.recorded, a.provisional?.hash, slotKey(a.top), a.signed?.hash,
    a.proposal?.hash, a.verdict, a.rival?.hash, votes, heard, node.open?.hash, node.seen, node.again, node.restored ? 'r' : '', node.backup === undefined ? '' : diskKey(node.backup)
  ].join('|')
}

function slotKey (slot: Slot | undefined): string {
  return slot === undefined ? '' : `${slot.epoch}.${slot.nonce}`
}

function diskKey (disk: Disk): string {
  return [disk.head?.hash, disk.confirmed, disk.dispute?.number, disk.dispute?.recorded, disk.provisional?.hash, slotKey(disk.top), disk.open?.hash, disk.seen].join('/')
}

/** The node with its key. */
export function named (node: Omit<Node, 'key'>): Node {
  return { ...node, key: keyOf(node) }
}

/** What is durable after a step: all of it. */
export function diskOf ({ agreement, open, seen, again }: Node): Disk {
  const { head, confirmed, dispute, provisional, top } = agreement
  return { head, confirmed, dispute, provisional, top, open, seen: seen + again }
}

/** Gives a node one event and does what the agreement decides, as the coordinator does. `build`: what it proposes when it is asked. */
export function step (rules: Rules, node: Node, event: AgreementEvent, build: (state: Agreement) => Content | undefined): Deed {
  let { agreement, open } = node
  const signed: Content[] = []
  const sent: Content[] = []
  const completed: Content[] = []
  let chose = false

  const apply = (happened: AgreementEvent): void => {
    const result = rules.transition(agreement, happened)
    agreement = result.state
    for (const effect of result.effects) perform(effect)
  }
  const perform = (effect: Effect): void => {
    switch (effect.type) {
      case 'build':
        chose = true
        return apply({ type: 'built', content: build(agreement) })
      case 'verify': return apply({ type: 'verified', hash: effect.content.hash, good: true })
      case 'sign':
        // The coordinator asks its journal once more here; the model leaves that out, to check the agreement alone.
        signed.push(effect.content)
        open = effect.content
        return apply({ type: 'signed', content: effect.content, signature: SIGNED })
      case 'send': sent.push(effect.content); return
      case 'help':
        if (rules.resends && agreement.head !== undefined && compareSlots(effect.slot, agreement.head.slot) === 0) sent.push(agreement.head)
        return
      case 'complete':
        completed.push(effect.content)
        open = undefined
        return
      case 'resume': case 'void': case 'evidence': case 'sync': case 'restored': case 'claimed':
    }
  }

  apply(event)
  return { node: named({ ...node, agreement, open }), signed, sent, completed, chose }
}

/** A node that starts with what a disk holds. Nothing leaves while it starts. */
export function start (rules: Rules, from: Disk, self: number, players: number, life: Pick<Node, 'restored' | 'backup' | 'heardOf'>): Node {
  const disk = rules.keepsJournal ? from : { ...from, top: undefined, open: undefined }
  const given = { players, self, head: disk.head, confirmed: disk.confirmed, dispute: disk.dispute, top: disk.top }
  const blank = initialAgreement(given)
  const { open } = disk
  const isOpen = open !== undefined && compareSlots(open.slot, openSlot(blank)) === 0
  let agreement = blank
  if (isOpen) {
    const started = initialAgreement({ ...given, signed: { content: open, signature: SIGNED } })
    const votes = [...started.votes.get(open.hash) ?? []]
    votes[open.proposer] = SIGNED
    agreement = { ...started, votes: new Map([[open.hash, votes]]) }
  }
  const asking = rules.asks ? agreement : { ...agreement, mode: agreement.mode === 'starting' ? 'signing' as const : agreement.mode, awaiting: [] }
  const { restored, backup, heardOf } = life
  let node = named({ agreement: asking, open, seen: disk.seen, restored, backup, heardOf, again: 0 })
  const build = (): undefined => undefined
  if (isOpen) node = step(rules, node, { type: 'verified', hash: open.hash, good: true }, build).node
  if (disk.provisional !== undefined) {
    node = step(rules, node, { type: 'certificate', content: disk.provisional, signatures: new Array(players).fill(SIGNED) }, build).node
  }
  return node
}

/** What an honest node answers to an Ask. */
export function tells (node: Node, asker: number): Slot | undefined {
  return slotSignedBy(node.agreement, asker)
}
