/**
 * Where everything of one thread lies in the store, and its form there. Nothing here decides; what is written together is put together by the
 * coordinator, so that each step is one atomic batch.
 */
import { bytesToHex, hexToBytes, parseHash32, parseThreadId } from '../protocol/bytes.js'
import { ThreadsError } from '../errors.js'
import type { CloseCertificate, Hash32, Hex, Input, Signature, SignedInput, Slot, ThreadId } from '../protocol/types.js'
import { closeHash } from '../protocol/typed-data.js'
import { decodeCertificate, encodeCertificate, type WireCertificate } from '../protocol/certificate-codec.js'
import type { ThreadReceipt } from '../protocol/port.js'
import type { InputReceipt } from '../machine/machine.js'
import type { AskedClose } from './closing.js'
import type { ChainEvent, StoreOperation, StorePort } from './ports.js'

/** Proof that a player signed two contents of one slot. */
export type Evidence = {
  readonly slot: Slot
  readonly signer: number
  readonly foundMs: number
  readonly contents: readonly { readonly hash: Hash32, readonly kind: 'breakpoint' | 'close', readonly signature: Hex, /** The wire message that carries the content. */ readonly message: Hex | undefined }[]
}

/** An own move as it was forced: to be carried on where one transaction does not end its judgement. */
export type SignedForce = { readonly dispute: bigint, readonly parent: Hash32, readonly input: SignedInput, readonly timestampSec: bigint }

/** Transactions, their gas, and what was paid for it. */
export type CourtCost = { readonly transactions: number, readonly gas: bigint, readonly feeWei: bigint }

/** Where an input stands: its slot and its place in the batch. */
export type InputPlace = { readonly slot: Slot, readonly index: number }

/** The part of the store that belongs to one thread. */
export class ThreadRecords {
  readonly store: StorePort
  readonly thread: ThreadId
  readonly #prefix: string

  constructor (store: StorePort, thread: ThreadId) {
    this.store = store
    this.thread = thread
    this.#prefix = `t/${thread}`
  }

  // ------------------------------------------------ the contract's code

  putCode (code: Uint8Array): StoreOperation { return { put: `${this.#prefix}/code`, value: code } }
  async code (): Promise<Uint8Array | undefined> { return await this.store.get(`${this.#prefix}/code`) }

  // ------------------------------------------------ chain events

  /** Enters the thread into the list of {@link storedThreads}. */
  putThread (): StoreOperation { return { put: `threads/${this.thread}`, value: Uint8Array.of(1) } }

  putChainEvent (event: ChainEvent): StoreOperation {
    return { put: `${this.#prefix}/l/${hexKey(event.at.blockNumber)}${hexKey(BigInt(event.at.logIndex))}`, value: toJson(event) }
  }

  async chainEvents (): Promise<ChainEvent[]> {
    const events: ChainEvent[] = []
    for await (const [, value] of this.store.iterate(`${this.#prefix}/l/`)) events.push(fromJson(value) as ChainEvent)
    return events
  }

  /** Deletes the events above a block. */
  async dropChainEvents (aboveBlock: bigint): Promise<StoreOperation[]> {
    const operations: StoreOperation[] = []
    for await (const key of this.store.keys(`${this.#prefix}/l/`)) {
      if (key > `${this.#prefix}/l/${hexKey(aboveBlock)}~`) operations.push({ delete: key })
    }
    return operations
  }

  // ------------------------------------------------ certificates, receipts, inputs

  /** A certificate with its receipts and the place of each of its inputs; it is the head from here on. */
  putCertificate (certificate: WireCertificate, hash: Hash32, inputs: readonly Input[], receipts: readonly InputReceipt[]): StoreOperation[] {
    const key = slotKey(certificate.breakpoint)
    return [
      { put: `${this.#prefix}/c/${key}`, value: encodeCertificate(certificate) },
      this.putReceipts(certificate.breakpoint, receipts),
      ...inputs.map((input, index) => ({ put: `${this.#prefix}/i/${input.id}`, value: ascii(`${key}${hexKey(BigInt(index))}`) })),
      { put: `${this.#prefix}/head`, value: ascii(`${key}${hash}`) }
    ]
  }

  async certificate (slot: Slot): Promise<WireCertificate | undefined> {
    const bytes = await this.store.get(`${this.#prefix}/c/${slotKey(slot)}`)
    return bytes === undefined ? undefined : decodeCertificate(bytes, this.thread)
  }

  /** Certificates in order from a slot on. */
  async * certificates (from: Slot, limit = -1): AsyncIterable<WireCertificate> {
    const prefix = `${this.#prefix}/c/`
    for await (const [, value] of this.store.iterate(prefix, { from: prefix + slotKey(from), limit })) yield decodeCertificate(value, this.thread)
  }

  putReceipts (slot: Slot, receipts: readonly InputReceipt[]): StoreOperation { return { put: `${this.#prefix}/r/${slotKey(slot)}`, value: toJson(receipts) } }
  async receipts (slot: Slot): Promise<InputReceipt[] | undefined> {
    const bytes = await this.store.get(`${this.#prefix}/r/${slotKey(slot)}`)
    return bytes === undefined ? undefined : fromJson(bytes) as InputReceipt[]
  }

  async place (input: Hash32): Promise<InputPlace | undefined> {
    const bytes = await this.store.get(`${this.#prefix}/i/${input}`)
    if (bytes === undefined) return undefined
    const text = fromAscii(bytes)
    return { slot: parseSlotKey(text.slice(0, 32)), index: Number(`0x${text.slice(32)}`) }
  }

  async head (): Promise<{ readonly slot: Slot, readonly hash: Hash32 } | undefined> {
    const bytes = await this.store.get(`${this.#prefix}/head`)
    if (bytes === undefined) return undefined
    const text = fromAscii(bytes)
    return { slot: parseSlotKey(text.slice(0, 32)), hash: parseHash32(text.slice(32)) }
  }

  /** Takes a certificate out of the head's line: it stays by its hash, for the court may count it again (see `line.ts`). */
  putAside (certificate: WireCertificate, hash: Hash32, inputs: readonly Input[]): StoreOperation[] {
    const key = slotKey(certificate.breakpoint)
    return [
      { delete: `${this.#prefix}/c/${key}` }, { delete: `${this.#prefix}/r/${key}` }, ...inputs.map(({ id }) => ({ delete: `${this.#prefix}/i/${id}` })),
      { put: `${this.#prefix}/d/${hash}`, value: encodeCertificate(certificate) }
    ]
  }

  deleteAside (hash: Hash32): StoreOperation { return { delete: `${this.#prefix}/d/${hash}` } }

  /** Certificates that are not in the head's line. A damaged one counts for nothing. */
  async aside (): Promise<WireCertificate[]> {
    const found: WireCertificate[] = []
    for await (const value of this.#readable(`${this.#prefix}/d/`)) found.push(decodeCertificate(value, this.thread))
    return found
  }

  // ------------------------------------------------ the world's state

  /** What an execution has written, without what it has freed, and the receipts of the port among it. Only for the state that follows the stored one. */
  putExecuted ({ entries, freed, exits }: { readonly entries: Iterable<readonly [string, Uint8Array]>, readonly freed: readonly string[], readonly exits: readonly ThreadReceipt[] }): StoreOperation[] {
    return [
      ...freed.map(key => ({ delete: `${this.#prefix}/w/${key}` })),
      ...Array.from(entries, ([key, value]) => ({ put: `${this.#prefix}/w/${key}`, value })),
      ...exits.map(receipt => ({ put: `${this.#prefix}/x/${hexKey(receipt.index)}`, value: toJson(receipt) }))
    ]
  }

  /** A receipt of the port as an execution has told of it last: it counts where the state has its hash. */
  async exit (index: bigint): Promise<ThreadReceipt | undefined> {
    const bytes = await this.store.get(`${this.#prefix}/x/${hexKey(index)}`)
    return bytes === undefined ? undefined : fromJson(bytes) as ThreadReceipt
  }


  async * state (): AsyncIterable<readonly [string, Uint8Array]> {
    const prefix = `${this.#prefix}/w/`
    for await (const [key, value] of this.store.iterate(prefix)) yield [key.slice(prefix.length), value]
  }

  /** Deletes the head and the state: before they are built anew. */
  async dropState (): Promise<StoreOperation[]> {
    const operations: StoreOperation[] = [{ delete: `${this.#prefix}/head` }]
    for await (const key of this.store.keys(`${this.#prefix}/w/`)) operations.push({ delete: key })
    return operations
  }

  // ------------------------------------------------ the open slot

  /** The wire message with the content that this node has signed in the open slot. */
  putOpen (message: Uint8Array): StoreOperation { return { put: `${this.#prefix}/open`, value: message } }
  deleteOpen (): StoreOperation { return { delete: `${this.#prefix}/open` } }
  async open (): Promise<Uint8Array | undefined> { return await this.store.get(`${this.#prefix}/open`) }

  /** The wire message of a content that this node has signed and whose slot a dispute has closed: the court may still record it. */
  putSigned (hash: Hash32, message: Uint8Array): StoreOperation { return { put: `${this.#prefix}/s/${hash}`, value: message } }
  async signed (hash: Hash32): Promise<Uint8Array | undefined> { return await this.store.get(`${this.#prefix}/s/${hash}`) }

  /** A certificate of a dispute's epoch that waits for its `resume`. */
  putProvisional (certificate: WireCertificate): StoreOperation { return { put: `${this.#prefix}/provisional`, value: encodeCertificate(certificate) } }
  deleteProvisional (): StoreOperation { return { delete: `${this.#prefix}/provisional` } }
  async provisional (): Promise<WireCertificate | undefined> {
    const bytes = await this.store.get(`${this.#prefix}/provisional`)
    return bytes === undefined ? undefined : decodeCertificate(bytes, this.thread)
  }

  // ------------------------------------------------ own inputs, close, evidence

  putOwnInput (input: Input): StoreOperation {
    return { put: `${this.#prefix}/p/${hexKey(input.tx.nonce)}`, value: toJson({ raw: bytesToHex(input.raw), binding: bytesToHex(input.binding) }) }
  }

  deleteOwnInput (nonce: bigint): StoreOperation { return { delete: `${this.#prefix}/p/${hexKey(nonce)}` } }

  async ownInputs (): Promise<{ readonly raw: Uint8Array, readonly binding: Signature }[]> {
    const inputs: { raw: Uint8Array, binding: Signature }[] = []
    for await (const value of this.#readable(`${this.#prefix}/p/`)) {
      const stored = fromJson(value) as { raw: Hex, binding: Hex }
      inputs.push({ raw: hexToBytes(stored.raw), binding: hexToBytes(stored.binding) })
    }
    return inputs
  }

  /** The move that this node has last signed a Force for. */
  putForce (force: SignedForce): StoreOperation { return { put: `${this.#prefix}/force`, value: toJson(force) } }
  async force (): Promise<SignedForce | undefined> {
    const bytes = await this.store.get(`${this.#prefix}/force`)
    return bytes === undefined ? undefined : fromJson(bytes) as SignedForce
  }

  /** What this node has spent at the court on the thread's disputes. */
  putCourtCost (cost: CourtCost): StoreOperation { return { put: `${this.#prefix}/court-cost`, value: toJson(cost) } }
  async courtCost (): Promise<CourtCost> {
    const bytes = await this.store.get(`${this.#prefix}/court-cost`)
    return bytes === undefined ? { transactions: 0, gas: 0n, feeWei: 0n } : fromJson(bytes) as CourtCost
  }

  putClose (certificate: CloseCertificate): StoreOperation { return { put: `${this.#prefix}/close`, value: toJson(certificate) } }
  deleteClose (): StoreOperation { return { delete: `${this.#prefix}/close` } }
  async close (): Promise<CloseCertificate | undefined> {
    const bytes = await this.store.get(`${this.#prefix}/close`)
    if (bytes === undefined) return undefined
    const certificate = fromJson(bytes) as CloseCertificate
    if (closeHash(certificate.close) !== certificate.hash) throw new ThreadsError('STORE_DAMAGED', 'the stored Close is not what its hash says', { data: { thread: this.thread } })
    return certificate
  }

  /** A Close that came too late for the court. */
  putCloseAside (certificate: CloseCertificate): StoreOperation[] { return [this.deleteClose(), { put: `${this.#prefix}/d-close`, value: toJson(certificate) }] }
  deleteCloseAside (): StoreOperation { return { delete: `${this.#prefix}/d-close` } }
  async closeAside (): Promise<CloseCertificate | undefined> {
    const bytes = await this.store.get(`${this.#prefix}/d-close`)
    return bytes === undefined ? undefined : fromJson(bytes) as CloseCertificate
  }

  /** The closes that this node has asked for on one head. */
  putAsked (asked: readonly AskedClose[]): StoreOperation { return { put: `${this.#prefix}/asked`, value: toJson(asked) } }
  async asked (): Promise<AskedClose[]> {
    const bytes = await this.store.get(`${this.#prefix}/asked`)
    return bytes === undefined ? [] : fromJson(bytes) as AskedClose[]
  }

  putEvidence (evidence: Evidence): StoreOperation {
    return { put: `${this.#prefix}/e/${slotKey(evidence.slot)}${hexKey(BigInt(evidence.signer))}`, value: toJson(evidence) }
  }

  async evidence (): Promise<Evidence[]> {
    const found: Evidence[] = []
    for await (const value of this.#readable(`${this.#prefix}/e/`)) found.push(fromJson(value) as Evidence)
    return found
  }

  /** The values of a prefix, without those that the disk has changed: where each stands for itself. */
  async * #readable (prefix: string): AsyncIterable<Uint8Array> {
    for await (const key of this.store.keys(prefix)) {
      try {
        const value = await this.store.get(key)
        if (value !== undefined) yield value
      } catch (error) {
        if (!isDamage(error)) throw error
      }
    }
  }
}

/** Whether an error says that a record was changed by the disk (and not that the disk does not answer). */
export function isDamage (error: unknown): error is ThreadsError {
  return error instanceof ThreadsError && error.code === 'STORE_DAMAGED'
}

/** The ids of all threads that the store knows. */
export async function storedThreads (store: StorePort): Promise<ThreadId[]> {
  const ids: ThreadId[] = []
  for await (const key of store.keys('threads/')) ids.push(parseThreadId(key.slice('threads/'.length)))
  return ids
}

function hexKey (value: bigint): string {
  return value.toString(16).padStart(16, '0')
}

/** 32 characters that sort as the slots do. */
function slotKey (slot: Slot): string {
  return hexKey(slot.epoch) + hexKey(slot.nonce)
}

function parseSlotKey (key: string): Slot {
  return { epoch: BigInt(`0x${key.slice(0, 16)}`), nonce: BigInt(`0x${key.slice(16, 32)}`) }
}

const encoder = new TextEncoder()
const decoder = new TextDecoder()

function ascii (text: string): Uint8Array { return encoder.encode(text) }
function fromAscii (bytes: Uint8Array): string { return decoder.decode(bytes) }

/** JSON with bigints as {"n": "…"} and byte arrays as {"x": "0x…"}. */
export function toJson (value: unknown): Uint8Array {
  return ascii(JSON.stringify(value, (_, item: unknown) => {
    if (typeof item === 'bigint') return { n: item.toString() }
    return item instanceof Uint8Array ? { x: bytesToHex(item) } : item
  }))
}

/** The inverse of {@link toJson}. @throws `STORE_DAMAGED`. */
export function fromJson (bytes: Uint8Array): unknown {
  try {
    return JSON.parse(fromAscii(bytes), (_, item: unknown) => {
      if (typeof item !== 'object' || item === null) return item
      if ('n' in item && typeof item.n === 'string') return BigInt(item.n)
      return 'x' in item && typeof item.x === 'string' ? hexToBytes(item.x as Hex) : item
    })
  } catch (error) {
    throw new ThreadsError('STORE_DAMAGED', 'a stored record cannot be read', { cause: error })
  }
}

