/** One run of the simulation from a seed: players who play, a world that fails, and what must hold all the while and in the end. */
import { ThreadsError } from '../../../src/errors.js'
import { hash32, sign } from '../../../src/protocol/crypto.js'
import { encodeCertificate } from '../../../src/protocol/certificate-codec.js'
import { compareSlots, slotText } from '../../../src/protocol/slot.js'
import { breakpointHash, closeHash, digestOf } from '../../../src/protocol/typed-data.js'
import { decodeMessage, encodeMessage } from '../../../src/protocol/wire.js'
import { openSlot } from '../../../src/thread/agreement.js'
import type { Coordinator } from '../../../src/thread/coordinator.js'
import type { ThreadEvent } from '../../../src/thread/events.js'
import { SimCourt } from './court.js'
import { SimNetwork, type Tamper } from './network.js'
import { SimNode, type Surroundings } from './node.js'
import { simThread, type SimThread } from './thread.js'
import { Chance, settle, Timeline } from './time.js'

/** What a run is. */
export type Plan = {
  readonly seed: number
  readonly players: number
  /** Inputs that the players send, in all. */
  readonly inputs: number
  /** A player who proposes one thing to some and another to others. */
  readonly liar?: number
  /** Power cuts and full disks, at most. */
  readonly crashes: number
  readonly disputes: boolean
  readonly lose: number
  /** All that happens, happens within this time. */
  readonly hurryMs: number
  /** Whether the players close the thread in the end. */
  readonly closes: boolean
  /** How often the chain takes back its last transactions; `lost`: what opened a dispute is never mined again. */
  readonly reorganisations?: { readonly count: number, readonly lost: boolean }
  /** The contract has a settlement function, and some inputs break it. */
  readonly settles?: boolean
  /** A disk that says that it has written, and has not. */
  readonly forgetfulDisk?: boolean
}

/** What came of it. */
export type Outcome = { readonly problems: readonly string[], readonly breakpoints: number, readonly crashes: number, readonly virtualMs: number, readonly head: string }

/** A plan from a number: every kind of trouble in turn. */
export function planOf (seed: number): Plan {
  const chance = new Chance(seed * 7919)
  const players = chance.between(2, 3)
  const lies = chance.happens(0.25)
  return {
    seed, players, inputs: chance.between(4, 24), crashes: chance.pick([0, 3, 6, 10]), disputes: chance.happens(0.4), lose: chance.pick([0, 0.05, 0.3]),
    hurryMs: chance.pick([5_000, 15_000, 45_000]), closes: chance.happens(0.5),
    ...(lies ? { liar: chance.between(0, players - 1) } : {})
  }
}

/** A run as it goes. */
export class Run {
  readonly plan: Plan
  readonly timeline = new Timeline()
  readonly chance: Chance
  readonly thread: SimThread
  readonly network: SimNetwork
  readonly court: SimCourt
  readonly nodes: SimNode[]
  readonly problems: string[] = []
  /** How often the chain does not answer. */
  readonly troubles = { fail: 0.05 }
  readonly #signed = new Map<string, string>()
  readonly #certificates = new Map<string, string>()
  readonly #heads = new Map<number, bigint>()
  /** How often a node went on from another breakpoint than its head. */
  turns = 0
  /** Transactions of the court that the chain took back. */
  takenBack = 0
  #crashes = 0
  #healed = false

  constructor (plan: Plan) {
    this.plan = plan
    this.chance = new Chance(plan.seed)
    this.thread = simThread(plan.players, plan.settles === true)
    this.network = new SimNetwork(this.timeline, this.chance, { lose: plan.lose, repeat: 0.1, mostMs: this.chance.pick([20, 200, 1500]) })
    this.network.onPublish = (from, bytes) => { this.#look(from, bytes) }
    this.court = new SimCourt(this.timeline, this.thread.domain, this.thread.context.thread, this.thread.context.terms)
    const around: Surroundings = {
      thread: this.thread, timeline: this.timeline, chance: this.chance, network: this.network, court: this.court, troubles: this.troubles,
      onEvent: (player, event) => { this.#onEvent(player, event) },
      onTurn: player => { this.turns++; this.#heads.delete(player) }
    }
    this.nodes = this.thread.sessionKeys.map((_, player) => new SimNode(player, around, { tamper: player === plan.liar ? equivocating(this.thread, player) : undefined, forgetful: plan.forgetfulDisk === true }))
  }

  get honest (): SimNode[] { return this.nodes.filter(({ player }) => player !== this.plan.liar) }

  // ---------------------------------------------------------------- what must always hold

  /** Never two contents of one slot under one honest signature, as far as anything has left a node. */
  #look (from: number, bytes: Uint8Array): void {
    if (from === this.plan.liar) return
    const message = decodeMessage(bytes)
    const said = message.kind === 'proposal' ? { slot: message.breakpoint, hash: breakpointHash(message.breakpoint), signer: message.proposer }
      : message.kind === 'closeProposal' ? { slot: message.close, hash: closeHash(message.close), signer: message.proposer }
        : message.kind === 'ack' ? { slot: message, hash: message.hash, signer: message.signer } : undefined
    if (said === undefined || said.signer !== from) return
    const key = `${from} in ${slotText(said.slot)}`
    const before = this.#signed.get(key)
    if (before !== undefined && before !== said.hash) this.problems.push(`two signatures of ${key}: ${before} and ${said.hash}`)
    this.#signed.set(key, said.hash)
  }

  #onEvent (player: number, event: ThreadEvent): void {
    if (player === this.plan.liar || event.type !== 'breakpoint') return
    const { breakpoint, signatures, inputs, hash } = event
    // The same bytes on every node, whenever it comes by them.
    const certificate = hash32(encodeCertificate({ breakpoint, signatures: [...signatures], inputs: [...inputs] }))
    const key = slotText(breakpoint)
    const before = this.#certificates.get(key)
    if (before !== undefined && before !== certificate) this.problems.push(`two certificates of ${key}, the second (${hash}) at ${player}`)
    this.#certificates.set(key, certificate)
    const head = this.#heads.get(player)
    // A crash may come between the write and the news, never the other way round: what was told is durable.
    if (head !== undefined && breakpoint.nonce <= head) this.problems.push(`player ${player} is told of ${key} after ${head}`)
    this.#heads.set(player, breakpoint.nonce)
  }

  // ---------------------------------------------------------------- the run

  /** Runs it all. */
  async play (): Promise<Outcome> {
    const { plan } = this
    for (const node of this.nodes) await node.start()
    this.#schedule()
    const started = this.timeline.nowMs()
    await this.until(60_000, () => false)
    this.#heal()
    const isHonest = this.plan.liar === undefined
    await this.until(120_000, () => isHonest && this.#isQuiet())
    // Who has signed in a dispute that the chain has never seen signs nothing below it again: the court must have the word.
    if (isHonest && plan.reorganisations?.lost !== true) this.#checkEnd()
    this.#checkCourt()
    for (const node of this.honest) await this.#checkDisk(node)
    if (isHonest && plan.closes && this.problems.length === 0) await this.#closeTogether()
    for (const node of this.nodes) this.problems.push(...node.faults.map(fault => `player ${node.player}: ${fault}`))
    const head = this.honest[0]?.coordinator?.state.head
    return { problems: this.problems, breakpoints: this.#certificates.size, crashes: this.#crashes, virtualMs: this.timeline.nowMs() - started, head: head === undefined ? '' : `${slotText(head.slot)} ${head.hash}` }
  }

  /** Lets time go by. */
  async until (ms: number, done: () => boolean): Promise<void> {
    const end = this.timeline.nowMs() + ms
    while (!done() && this.timeline.advance(end)) await settle()
  }

  #schedule (): void {
    const { plan, chance, timeline } = this
    const sometime = (): number => chance.between(200, plan.hurryMs)
    for (let count = 0; count < plan.inputs; count++) this.#send(sometime())
    for (let count = plan.crashes; count > 0; count--) {
      timeline.after(sometime(), () => { if (!this.#healed) this.#hurt(chance.pick(this.nodes), chance.pick(['crash', 'before', 'after', 'after', 'disk'])) })
    }
    if (plan.lose > 0) {
      for (let count = chance.between(0, 2); count > 0; count--) {
        const player = chance.between(0, plan.players - 1)
        const at = sometime()
        timeline.after(at, () => { if (!this.#healed) this.network.cut.add(player) })
        timeline.after(at + chance.between(500, 15_000), () => { this.network.cut.delete(player) })
      }
    }
    for (let count = plan.reorganisations?.count ?? 0; count > 0; count--) timeline.after(sometime(), () => { void this.#reorganise() })
    if (plan.disputes) for (let count = chance.between(1, 3); count > 0; count--) timeline.after(sometime(), () => { void this.#challenge() })
  }

  #send (afterMs: number, player = this.chance.between(0, this.plan.players - 1)): void {
    this.timeline.after(afterMs, () => {
      void this.nodes[player]?.send().then(taken => { if (!taken && !this.#healed) this.#send(1000, player) })
    })
  }

  #hurt (node: SimNode, how: 'crash' | 'before' | 'after' | 'disk'): void {
    if (node.coordinator === undefined) return
    this.#crashes++
    if (how === 'crash') node.crash()
    else if (how === 'disk') node.disk.failNext(this.chance.between(1, 3))
    else node.crashAt = how
  }

  /** Somebody goes to the court, with its head or with something older. */
  async #challenge (): Promise<void> {
    const { coordinator } = this.chance.pick(this.nodes)
    const head = coordinator?.state.head
    if (coordinator === undefined) return
    const nonce = head === undefined ? undefined : head.slot.nonce - BigInt(this.chance.between(0, Math.min(2, Number(head.slot.nonce))))
    const certificate = nonce === undefined || head === undefined ? undefined : await coordinator.parts.records.certificate({ epoch: head.slot.epoch, nonce })
    this.#try(() => { this.court.challenge(certificate, this.court.domain.court) })
  }

  /** The chain takes back up to three of the court's transactions. What opened a dispute is mined again as a rule; the rest is the nodes' business. */
  async #reorganise (): Promise<void> {
    const gone = Array.from({ length: this.chance.between(1, 3) }, () => this.court.takeBack()).filter(back => back !== undefined)
    this.takenBack += gone.length
    const last = gone.at(-1)
    if (last === undefined || this.#healed) return
    const again = this.plan.reorganisations?.lost === true ? [] : gone.flatMap(({ challengeAgain }) => challengeAgain ?? [])
    // The first that went is mined again first; those that followed it were other disputes, and are not.
    const first = again.at(-1)
    if (first !== undefined) this.timeline.after(this.chance.between(100, 3_000), () => { this.#try(first) })
    await Promise.all(this.nodes.map(async node => { await node.reorganised(last.toBlock) }))
  }

  #try (what: () => void): void {
    try {
      what()
    } catch (error) {
      if (!(error instanceof ThreadsError)) throw error
    }
  }

  #heal (): void {
    this.#healed = true
    this.network.heal()
    this.troubles.fail = 0
    for (const node of this.nodes) { node.crashAt = undefined; node.disk.failNext(0) }
    // Something to agree on, so that an open dispute is resumed.
    for (let player = 0; player < this.plan.players; player++) this.#send(8_000, player)
  }

  /** Inputs that could be included; one whose forerunner was lost with its sender's unsynced disk waits for a new one. */
  #waiting ({ parts: { pool, execution } }: Coordinator): number { return pool.batch(player => execution.nonceOf(player)).length }

  #isQuiet (): boolean {
    const last = this.court.log.length
    const heads = new Set(this.nodes.map(node => node.coordinator?.state.head?.hash))
    return this.timeline.nowMs() > 1_700_000_000_000 + 75_000 && heads.size === 1 && !heads.has(undefined) && this.court.dispute === undefined && last > 0 &&
      this.nodes.every(({ coordinator }) => coordinator !== undefined && this.#waiting(coordinator) === 0 && coordinator.view.dispute === undefined && coordinator.state.mode !== 'starting')
  }

  // ---------------------------------------------------------------- what must hold in the end

  /** All honest, the network well: one head, nothing waiting, everybody takes part. */
  #checkEnd (): void {
    const heads = this.nodes.map(({ coordinator }) => coordinator?.state.head)
    const text = this.nodes.map(({ coordinator }, player) => {
      const { head, mode, dispute, top } = coordinator?.state ?? {}
      return `${player}: ${mode ?? 'down'} ${head === undefined ? 'no head' : slotText(head.slot)} top ${top === undefined ? '-' : slotText(top)} waiting ${coordinator === undefined ? 0 : this.#waiting(coordinator)}${dispute === undefined ? '' : ` dispute ${dispute.number}`} ${coordinator?.warnings.map(({ code, message }) => `${code} ${message}`).join('; ') ?? ''}`
    })
    // A dispute's number that the chain gave away twice: who has signed in the first signs nothing below that again, and the court must have the word.
    if (this.plan.reorganisations !== undefined && this.nodes.some(({ coordinator }) => coordinator !== undefined && isBarred(coordinator))) return
    if (!this.#isQuiet()) this.problems.push(`it does not come to rest; ${text.join(' | ')}`)
    for (const head of heads) if (head?.hash !== heads[0]?.hash) this.problems.push(`the heads differ; ${text.join(' | ')}`)
    this.nodes.forEach(({ coordinator }, player) => {
      if (coordinator !== undefined && coordinator.state.mode !== 'signing') this.problems.push(`player ${player} is ${coordinator.state.mode}`)
      if ([...coordinator?.dropped.keys() ?? []].length > 0) this.problems.push(`player ${player} refused ${[...coordinator?.dropped.keys() ?? []].join()}`)
    })
  }

  /** From the certificates alone the same state comes out again, to the root. */
  async #checkDisk (node: SimNode): Promise<void> {
    const { coordinator } = node
    if (coordinator?.state.head?.kind !== 'breakpoint') return
    const again = await node.replay()
    if (again.head !== coordinator.state.head.hash) this.problems.push(`player ${node.player}: the certificates lead to ${again.head ?? 'nothing'}, the head is ${coordinator.state.head.hash}`)
    if (again.root !== coordinator.parts.execution.machine?.root) this.problems.push(`player ${node.player}: executing all again gives another root`)
  }

  /** Everybody wants to close: the court pays. */
  async #closeTogether (): Promise<void> {
    for (const { coordinator } of this.nodes) await coordinator?.exclusive(async () => { coordinator.parts.closing.want(undefined) })
    await this.until(60_000, () => this.court.closed !== undefined)
    if (this.court.closed === undefined) this.problems.push('the thread does not close')
  }

  /** What the court has recorded and what honest players hold is one chain. */
  #checkCourt (): void {
    const { recorded } = this.court
    if (recorded === undefined) return
    const known = this.#certificates.has(slotText(recorded.breakpoint))
    for (const { coordinator, player } of this.honest) {
      const head = coordinator?.state.head
      if (head === undefined || coordinator === undefined) continue
      const isBelow = head.slot.nonce < recorded.breakpoint.nonce
      if (head.slot.nonce === recorded.breakpoint.nonce && head.kind === 'breakpoint' && head.hash !== recorded.hash) this.problems.push(`player ${player} holds ${head.hash}, the court ${recorded.hash}`)
      if (isBelow && known && this.plan.liar === undefined) this.problems.push(`player ${player} is below the court`)
    }
  }
}

/** Whether the journal keeps a node from signing in the slot that is open. */
function isBarred ({ state }: Coordinator): boolean {
  return state.top !== undefined && state.signed === undefined && state.provisional === undefined && compareSlots(state.top, openSlot(state)) >= 0
}

/** A proposer that says two things: its second content differs in its time, and is as valid as the first. */
function equivocating (thread: SimThread, liar: number): Tamper {
  const key = thread.sessionKeys[liar] ?? new Uint8Array(32)
  return (bytes, to) => {
    const message = decodeMessage(bytes)
    if (message.kind !== 'proposal' || message.proposer !== liar || message.breakpoint.nonce === 0n || message.breakpoint.nonce % 3n !== 0n) return [bytes]
    const breakpoint = { ...message.breakpoint, timestampSec: message.breakpoint.timestampSec + 1n }
    const other = encodeMessage({ ...message, breakpoint, signature: sign(digestOf(breakpointHash(breakpoint), thread.domain), key) })
    return to % 2 === 0 ? [other, bytes] : [bytes, other]
  }
}
