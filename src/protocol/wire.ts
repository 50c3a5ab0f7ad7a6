/** Gossip messages as bytes (§7). Decoding checks form and size only; signatures are looked at by whoever acts on a message. */
import { ThreadsError } from '../errors.js'
import {
  readBreakpoint, readInput, readInputs, readOptionalSlot, readPayouts, readSlot, readThread,
  writeBreakpoint, writeInput, writeInputs, writeOptionalSlot, writePayouts, writeSlot, writeThread
} from './certificate-codec.js'
import { MAX_BATCH_INPUTS, MAX_MESSAGE_BYTES, MAX_PLAYERS } from './limits.js'
import { Reader, wireTooLarge } from './reader.js'
import type { Breakpoint, Close, Hash32, Signature, SignedInput, Slot, ThreadId } from './types.js'
import { invalid, Writer } from './writer.js'

/** What every message says: its thread, and which sending of the same content it is (a 4-byte number that only makes it new to gossip). */
export type Envelope = { readonly attempt: number, readonly thread: ThreadId }

/** A player feeds the thread an input. The hint is the sender's clock, seconds: for the proposer's timestamp, binding nobody. */
export type InputMessage = Envelope & { readonly kind: 'input', readonly timestampHintSec: bigint, readonly input: SignedInput }
/** The proposer's breakpoint with its whole batch. */
export type ProposalMessage = Envelope & {
  readonly kind: 'proposal', readonly breakpoint: Breakpoint, readonly proposer: number, readonly signature: Signature, readonly inputs: readonly SignedInput[]
}
/** A player's signature for the breakpoint or Close with this hash. */
export type AckMessage = Envelope & Slot & { readonly kind: 'ack', readonly hash: Hash32, readonly signer: number, readonly signature: Signature }
/** The proposer's Close. */
export type CloseProposalMessage = Envelope & { readonly kind: 'closeProposal', readonly close: Close, readonly proposer: number, readonly signature: Signature }
/** The proposer of the slot has signed nothing for it up to this time. */
export type IdleMessage = Envelope & Slot & { readonly kind: 'idle', readonly timestampSec: bigint, readonly signer: number, readonly signature: Signature }
/** A player asks the proposer of the slot after `parent` for a Close. */
export type CloseRequestMessage = Envelope & {
  readonly kind: 'closeRequest', readonly parent: Hash32, readonly payouts: readonly bigint[], readonly asker: number, readonly signature: Signature
}

/** The batch that the proposer is about to execute, so that all execute at once. Unsigned, commits nothing; at most 256 ids. */
export type PlanMessage = Envelope & { readonly kind: 'plan', readonly parent: Hash32, readonly timestampSec: bigint, readonly ids: readonly Hash32[] }
/** A player that starts asks the others which slot bears its signature. Unsigned; the challenge is fresh. */
export type AskMessage = Envelope & { readonly kind: 'ask', readonly asker: number, readonly challenge: Hash32 }
/** The answer: the highest slot that bears the asker's signature, as far as the signer knows. */
export type ToldMessage = Envelope & {
  readonly kind: 'told', readonly asker: number, readonly challenge: Hash32, readonly slot: Slot | undefined, readonly signer: number, readonly signature: Signature
}

/** Whatever travels in a thread's topic. */
export type Message =
  InputMessage | ProposalMessage | AckMessage | CloseProposalMessage | IdleMessage | CloseRequestMessage | PlanMessage | AskMessage | ToldMessage

const VERSION = 1
const KINDS = { input: 1, proposal: 2, ack: 3, closeProposal: 4, idle: 5, closeRequest: 6, plan: 7, ask: 8, told: 9 } as const

/**
 * The one encoding of a message.
 * @throws `WIRE_TOO_LARGE`, `WIRE_INVALID`, `BYTES_OUT_OF_RANGE`: the caller's fault, since nothing of this size or form may be sent
 */
export function encodeMessage (message: Message): Uint8Array {
  const writer = new Writer().uint8(VERSION).uint8(KINDS[message.kind]).uint32(message.attempt)
  writeThread(writer, message.thread)
  writeBody(writer, message)
  const bytes = writer.bytes()
  if (bytes.length > MAX_MESSAGE_BYTES) throw wireTooLarge('a message', bytes.length, MAX_MESSAGE_BYTES, false)
  return bytes
}

/**
 * Reads a message; encoding it again gives the same bytes.
 * @throws `WIRE_TOO_LARGE`, `WIRE_MALFORMED`, `WIRE_UNKNOWN_VERSION`, `WIRE_UNKNOWN_KIND`: all the sender's fault
 */
export function decodeMessage (bytes: Uint8Array): Message {
  if (bytes.length > MAX_MESSAGE_BYTES) throw wireTooLarge('a message', bytes.length, MAX_MESSAGE_BYTES, true)
  const reader = new Reader(bytes)
  const version = reader.uint8()
  if (version !== VERSION) throw unknown('WIRE_UNKNOWN_VERSION', 'version', version)
  const kind = reader.uint8()
  const envelope = { attempt: reader.uint32(), thread: readThread(reader) }
  const message = readBody(reader, kind, envelope)
  reader.end()
  return message
}

function writeBody (writer: Writer, message: Message): void {
  switch (message.kind) {
    case 'input':
      writer.uint64(message.timestampHintSec)
      return writeInput(writer, message.input)
    case 'proposal':
      sameThread(message.thread, message.breakpoint.thread)
      writeBreakpoint(writer, message.breakpoint)
      writeSigned(writer, message.proposer, message.signature)
      return writeInputs(writer, message.inputs)
    case 'ack':
      writeSlot(writer, message)
      writer.hash(message.hash)
      return writeSigned(writer, message.signer, message.signature)
    case 'closeProposal':
      sameThread(message.thread, message.close.thread)
      writeSlot(writer, message.close)
      writer.hash(message.close.parent)
      writePayouts(writer, message.close.payouts)
      return writeSigned(writer, message.proposer, message.signature)
    case 'idle':
      writeSlot(writer, message)
      writer.uint64(message.timestampSec)
      return writeSigned(writer, message.signer, message.signature)
    case 'closeRequest':
      writer.hash(message.parent)
      writePayouts(writer, message.payouts)
      return writeSigned(writer, message.asker, message.signature)
    case 'plan':
      writer.hash(message.parent).uint64(message.timestampSec).list(message.ids, MAX_BATCH_INPUTS, id => writer.hash(id))
      return
    case 'ask':
      writer.index(message.asker, MAX_PLAYERS).hash(message.challenge)
      return
    case 'told':
      writer.index(message.asker, MAX_PLAYERS).hash(message.challenge)
      writeOptionalSlot(writer, message.slot)
      return writeSigned(writer, message.signer, message.signature)
  }
}

function readBody (reader: Reader, kind: number, envelope: Envelope): Message {
  const { thread } = envelope
  switch (kind) {
    case KINDS.input:
      return { kind: 'input', ...envelope, timestampHintSec: reader.uint64(), input: readInput(reader) }
    case KINDS.proposal:
      return { kind: 'proposal', ...envelope, breakpoint: readBreakpoint(reader, thread), proposer: readIndex(reader), signature: reader.signature(), inputs: readInputs(reader) }
    case KINDS.ack:
      return { kind: 'ack', ...envelope, ...readSlot(reader), hash: reader.hash(), signer: readIndex(reader), signature: reader.signature() }
    case KINDS.closeProposal:
      return {
        kind: 'closeProposal',
        ...envelope,
        close: { thread, ...readSlot(reader), parent: reader.hash(), payouts: readPayouts(reader) },
        proposer: readIndex(reader),
        signature: reader.signature()
      }
    case KINDS.idle:
      return { kind: 'idle', ...envelope, ...readSlot(reader), timestampSec: reader.uint64(), signer: readIndex(reader), signature: reader.signature() }
    case KINDS.closeRequest:
      return { kind: 'closeRequest', ...envelope, parent: reader.hash(), payouts: readPayouts(reader), asker: readIndex(reader), signature: reader.signature() }
    case KINDS.plan:
      return { kind: 'plan', ...envelope, parent: reader.hash(), timestampSec: reader.uint64(), ids: reader.list(MAX_BATCH_INPUTS, 32, () => reader.hash()) }
    case KINDS.ask:
      return { kind: 'ask', ...envelope, asker: readIndex(reader), challenge: reader.hash() }
    case KINDS.told:
      return {
        kind: 'told', ...envelope, asker: readIndex(reader), challenge: reader.hash(), slot: readOptionalSlot(reader), signer: readIndex(reader), signature: reader.signature()
      }
    default:
      throw unknown('WIRE_UNKNOWN_KIND', 'kind', kind)
  }
}

function writeSigned (writer: Writer, index: number, signature: Signature): void {
  writer.index(index, MAX_PLAYERS).signature(signature)
}

function readIndex (reader: Reader): number {
  return reader.index(MAX_PLAYERS)
}

function sameThread (envelope: ThreadId, content: ThreadId): void {
  if (envelope !== content) throw invalid('the content names another thread than its message')
}

function unknown (code: string, what: string, value: number): ThreadsError {
  return new ThreadsError(code, `unknown ${what} ${value}`, { data: { [what]: value }, peerFault: 'reject' })
}
