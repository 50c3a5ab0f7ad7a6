/**
 * The sign journal of one thread: what this node has put its name to, in order, hash-chained. An entry is durable before the signature
 * that it stands for leaves the node. A gap, a changed byte or a lost end that can be seen makes it *damaged*: the node then watches and
 * never signs in that thread again. (A lost end that cannot be seen is what `Ask` and `Told` are for.)
 */
import { asHash32, bigintToBytes, bytesToBigint, concatBytes, hexToBytes, ZERO_HASH } from '../protocol/bytes.js'
import { keccak256 } from '../protocol/crypto.js'
import { ThreadsError } from '../errors.js'
import { compareSlots } from '../protocol/slot.js'
import type { Hash32, Slot, ThreadId } from '../protocol/types.js'
import type { StoreOperation, StorePort } from './ports.js'

/** What was signed: a breakpoint, a Close, that nothing was proposed up to a time, that an input is forced, or an oracle's result of one that is. */
export type JournalKind = 'breakpoint' | 'close' | 'idle' | 'force' | 'result'

const KINDS: readonly JournalKind[] = ['breakpoint', 'close', 'idle', 'force', 'result']

/** prev (32) ‖ kind (1) ‖ epoch (8) ‖ nonce (8) ‖ content hash, or for `idle` the time (32). */
const ENTRY_BYTES = 81

/** One entry. */
export type JournalEntry = {
  readonly kind: JournalKind
  readonly slot: Slot
  /** The content's hash, the Force's or the Result's; for `idle` the time in seconds as a 32-byte number. */
  readonly hash: Hash32
}

/** The journal of one thread, in memory what is needed of it. */
export class Journal {
  readonly #prefix: string
  #next = 0
  #last: Hash32 = ZERO_HASH
  #top: JournalEntry | undefined
  #idle: JournalEntry | undefined
  /** Why the journal cannot be trusted; undefined when it can. */
  #damage: string | undefined

  private constructor (thread: ThreadId) {
    this.#prefix = `t/${thread}/j`
  }

  /** Reads and checks the whole chain of entries, and that it ends where it was last written. Never throws for damage: see {@link damage}. @throws `STORE_FAILED`. */
  static async load (store: StorePort, thread: ThreadId): Promise<Journal> {
    const journal = new Journal(thread)
    try {
      for await (const [key, value] of store.iterate(`${journal.#prefix}/`)) {
        journal.#damage ??= journal.#append(key, value)
      }
      const end = await store.get(`${journal.#prefix}-end`)
      const expected = end === undefined ? 0 : Number(bytesToBigint(end.subarray(0, 8)))
      if (expected !== journal.#next) journal.#damage ??= `it has ${journal.#next} entries and should have ${expected}`
      else if (end !== undefined && asHash32(end.subarray(8)) !== journal.#last) journal.#damage ??= 'its last entry is not the one that was written'
    } catch (error) {
      if (!(error instanceof ThreadsError) || error.code === 'STORE_FAILED') throw error
      journal.#damage ??= error.message
    }
    return journal
  }

  /** Checks one stored entry and takes it in; returns what is wrong with it. */
  #append (key: string, value: Uint8Array): string | undefined {
    if (key !== this.#key(this.#next)) return `entry ${this.#next} is missing`
    const kind = KINDS[(value[32] ?? 0) - 1]
    if (value.length !== ENTRY_BYTES || kind === undefined) return `entry ${this.#next} is malformed`
    if (asHash32(value.subarray(0, 32)) !== this.#last) return `entry ${this.#next} does not continue the one before it`
    const slot = { epoch: bytesToBigint(value.subarray(33, 41)), nonce: bytesToBigint(value.subarray(41, 49)) }
    this.#take({ kind, slot, hash: asHash32(value.subarray(49)) }, value)
    return undefined
  }

  #take (entry: JournalEntry, bytes: Uint8Array): void {
    this.#next++
    this.#last = asHash32(keccak256(bytes))
    if (entry.kind === 'idle') this.#idle = entry
    // A Force takes no slot, nor does its result: whether it or a breakpoint of its slot counts is the court's word.
    else if (entry.kind !== 'force' && entry.kind !== 'result') this.#top = entry
  }

  #key (index: number): string {
    return `${this.#prefix}/${index.toString(16).padStart(12, '0')}`
  }

  /** The highest slot that was signed, with its content. */
  get top (): JournalEntry | undefined { return this.#top }

  /** What is wrong with the journal; undefined: nothing. */
  get damage (): string | undefined { return this.#damage }

  /** How many entries it has. */
  get length (): number { return this.#next }

  /** The time (seconds) up to which this node has stated that it proposed nothing in `slot`; 0 where it has not. */
  idleUntil (slot: Slot): bigint {
    return this.#idle !== undefined && compareSlots(this.#idle.slot, slot) === 0 ? bytesToBigint(hexToBytes(this.#idle.hash)) : 0n
  }

  /** Whether a first signature in `slot` is still allowed. INVARIANT: never two contents of one slot. */
  allows (slot: Slot): boolean {
    return this.#damage === undefined && (this.#top === undefined || compareSlots(slot, this.#top.slot) > 0)
  }

  /**
   * Enters `entry`; what it returns must be durable before the signature leaves. The journal in memory is ahead of the disk until then: when the write fails,
   * the thread must be loaded again.
   */
  enter (entry: JournalEntry): StoreOperation[] {
    const kind = KINDS.indexOf(entry.kind) + 1
    const bytes = concatBytes(hexToBytes(this.#last), Uint8Array.of(kind), bigintToBytes(entry.slot.epoch, 8), bigintToBytes(entry.slot.nonce, 8), hexToBytes(entry.hash))
    const key = this.#key(this.#next)
    this.#take(entry, bytes)
    return [{ put: key, value: bytes }, { put: `${this.#prefix}-end`, value: concatBytes(bigintToBytes(BigInt(this.#next), 8), hexToBytes(this.#last)) }]
  }
}
