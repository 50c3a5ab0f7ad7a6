/** One honest node, player 0, without a network or a chain: what reaches it is what the test, player 1, sends. */
import { ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, sign } from '../../src/protocol/crypto.js'
import { inputsRoot } from '../../src/protocol/input.js'
import { breakpointHash, digestOf, idleDigest } from '../../src/protocol/typed-data.js'
import type { Breakpoint, Hash32, Input, Signature, Slot } from '../../src/protocol/types.js'
import { decodeMessage, encodeMessage, type Message } from '../../src/protocol/wire.js'
import { MemoryStore } from '../../src/store/memory.js'
import type { Coordinator } from '../../src/thread/coordinator.js'
import type { ThreadEvent } from '../../src/thread/events.js'
import type { ChainEvent, ChainPort, NetworkPort, RemotePeer, StorePort, Verdict } from '../../src/thread/ports.js'
import { ThreadRecords } from '../../src/thread/records.js'
import { loadThread, type LoadOptions } from '../../src/thread/recovery.js'
import { domain, SESSIONS, type TestThread } from '../machine/thread.js'

/** When everything happens, milliseconds. */
export const NOW_MS = 1_700_000_000_000
const NOW_SEC = BigInt(NOW_MS / 1000)

/** The other player's own node. */
export const ATTACKER: RemotePeer = { id: 'attacker', sessionKey: addressOf(SESSIONS[1]) }
/** Anybody else. */
export const STRANGER: RemotePeer = { id: 'stranger', sessionKey: undefined }

/** The node that is attacked. */
export class Victim {
  readonly thread: TestThread
  readonly coordinator: Coordinator
  readonly chain: ChainPort
  readonly events: ThreadEvent[] = []
  readonly sent: Message[] = []
  #attempt = 1

  private constructor (thread: TestThread, parts: { coordinator: Coordinator, chain: ChainPort, events: ThreadEvent[], sent: Message[] }) {
    this.thread = thread
    this.coordinator = parts.coordinator
    this.chain = parts.chain
    this.events = parts.events
    this.sent = parts.sent
  }

  /** A node whose thread is active and that has co-signed slot (0, 0); it proposes the next. */
  static async start (thread: TestThread): Promise<Victim> {
    const victim = await Victim.open(thread, new MemoryStore())
    await victim.ackLast()
    return victim
  }

  /** A node whose thread is active, with what its store holds of it. */
  static async open (thread: TestThread, store: StorePort, log: LoadOptions['log'] = () => {}): Promise<Victim> {
    const events: ThreadEvent[] = []
    const sent: Message[] = []
    const records = new ThreadRecords(store, thread.context.thread)
    const chain = { code: async () => thread.code } as unknown as ChainPort
    const network = { publish: async (_: unknown, bytes: Uint8Array) => { sent.push(decodeMessage(bytes)) }, subscribers: () => [] } as unknown as NetworkPort
    await records.store.batch([records.putThread(), ...beginning(thread).map(event => records.putChainEvent(event))])
    const coordinator = await loadThread({
      records, network, chain, clock: { nowMs: () => NOW_MS }, sessionKey: SESSIONS[0], domain, closePolicy: 'never', emit: event => { events.push(event) }, log
    })
    const victim = new Victim(thread, { coordinator, chain, events, sent })
    await coordinator.exclusive(async () => { await coordinator.apply({ type: 'told', player: 1, slot: undefined }) })
    await coordinator.idle()
    return victim
  }

  /** Puts a message into its inbox and waits until it has dealt with it. */
  async hear (message: Message, from: RemotePeer = ATTACKER): Promise<Verdict> {
    const verdict = this.coordinator.receive(encodeMessage({ ...message, attempt: this.#attempt++ }), from)
    await this.coordinator.idle()
    return verdict
  }

  /** Its player makes an input. */
  async play (input: Input): Promise<void> {
    await this.coordinator.exclusive(async () => { await this.coordinator.submit(input, encodeMessage({ ...this.#envelope(), kind: 'input', timestampHintSec: NOW_SEC, input }), NOW_SEC) })
    await this.coordinator.idle()
  }

  /** Signs what it has proposed last, so that it is complete. */
  async ackLast (): Promise<void> {
    const proposal = this.lastProposal()
    await this.#ack(proposal, breakpointHash(proposal))
  }

  /** Signs what this node has signed and nobody else, if there is anything: it may be from before a restart. */
  async ackOpen (): Promise<void> {
    const { signed } = this.coordinator.state
    if (signed?.kind === 'breakpoint') await this.#ack(signed.slot, signed.hash)
  }

  async #ack ({ epoch, nonce }: Slot, hash: Hash32): Promise<void> {
    await this.hear({ ...this.#envelope(), kind: 'ack', epoch, nonce, hash, signer: 1, signature: signature(hash) })
  }

  lastProposal (): Breakpoint {
    const last = this.sent.filter(message => message.kind === 'proposal').at(-1)
    if (last?.kind !== 'proposal') throw new Error('it has proposed nothing')
    return last.breakpoint
  }

  /** A breakpoint of the open slot, as the attacker likes it. */
  breakpoint (inputs: readonly Input[], change: Partial<Breakpoint> = {}): Breakpoint {
    const { head } = this.coordinator.state
    return {
      thread: this.thread.context.thread, epoch: 0n, nonce: (head?.slot.nonce ?? -1n) + 1n, parent: head?.hash ?? ZERO_HASH, stateRoot: ZERO_HASH,
      inputsRoot: inputsRoot(inputs), timestampSec: NOW_SEC, ...change
    }
  }

  proposal (breakpoint: Breakpoint, inputs: readonly Input[]): Message {
    return { ...this.#envelope(), kind: 'proposal', breakpoint, proposer: 1, signature: signature(breakpointHash(breakpoint)), inputs: [...inputs] }
  }

  /** The attacker says that it has proposed nothing up to then in a slot so far ahead of the open one. */
  idle (timestampSec: bigint, ahead = 0n): Message {
    const slot = { epoch: 0n, nonce: (this.coordinator.state.head?.slot.nonce ?? -1n) + 1n + ahead }
    const digest = idleDigest({ thread: this.thread.context.thread, ...slot, timestampSec }, domain)
    return { ...this.#envelope(), kind: 'idle', ...slot, timestampSec, signer: 1, signature: sign(digest, SESSIONS[1]) }
  }

  ask (asker: number, challenge: Hash32): Message { return { ...this.#envelope(), kind: 'ask', asker, challenge } }
  input (input: Input): Message { return { ...this.#envelope(), kind: 'input', timestampHintSec: NOW_SEC, input } }
  plan (ids: readonly Hash32[], timestampSec: bigint): Message { return { ...this.#envelope(), kind: 'plan', parent: this.coordinator.state.head?.hash ?? ZERO_HASH, timestampSec, ids } }

  #envelope (): { attempt: number, thread: Message['thread'] } { return { attempt: 0, thread: this.thread.context.thread } }
}

function signature (hash: Hash32): Signature { return sign(digestOf(hash, domain), SESSIONS[1]) }

/** What the chain has said of a thread that is active. */
function beginning ({ context: { thread, terms } }: TestThread): ChainEvent[] {
  const at = (blockNumber: bigint) => ({ blockNumber, blockHash: ZERO_HASH, transactionHash: ZERO_HASH, logIndex: 0, timestampSec: NOW_SEC })
  return [
    { type: 'opened', thread, at: at(1n), terms, multiaddr: '' },
    { type: 'joined', thread, at: at(2n), player: 1, multiaddr: '', active: true }
  ]
}

/** The court has recorded a breakpoint, and the log does not say with which signatures: a contract stood between. */
export function recordedByContract (breakpoint: Breakpoint): ChainEvent {
  const at = { blockNumber: 3n, blockHash: ZERO_HASH, transactionHash: ZERO_HASH, logIndex: 0, timestampSec: NOW_SEC }
  return { type: 'recorded', thread: breakpoint.thread, at, breakpoint, hash: breakpointHash(breakpoint), signatures: undefined }
}
