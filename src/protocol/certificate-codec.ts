/** The parts that several encodings share: breakpoints, batches of inputs, payouts, certificates (§7). */
import { MAX_BATCH_BYTES, MAX_BATCH_INPUTS, MAX_PLAYERS, MAX_RAW_BYTES } from './limits.js'
import { Reader, wireMalformed, wireTooLarge } from './reader.js'
import type { Breakpoint, Hex, Signature, SignedInput, Slot, ThreadId } from './types.js'
import { Writer } from './writer.js'

/** A certificate as it travels and is stored: nothing verified yet. */
export type WireCertificate = {
  readonly breakpoint: Breakpoint
  readonly signatures: readonly Signature[]
  readonly inputs: readonly SignedInput[]
}

/** One payout for each player, and one for the oracle. */
export const MAX_PAYOUTS = MAX_PLAYERS + 2

const SIGNATURE_BYTES = 65
const BREAKPOINT_BYTES = 120
const SMALLEST_INPUT = 4 + SIGNATURE_BYTES

/** A certificate without its thread's id, which whoever keeps it knows. @throws `WIRE_TOO_LARGE`, `WIRE_INVALID`, `BYTES_OUT_OF_RANGE` */
export function encodeCertificate (certificate: WireCertificate): Uint8Array {
  const writer = new Writer()
  writeCertificate(writer, certificate)
  return writer.bytes()
}

/** @throws `WIRE_MALFORMED`, `WIRE_TOO_LARGE` (the sender's fault) */
export function decodeCertificate (bytes: Uint8Array, thread: ThreadId): WireCertificate {
  const reader = new Reader(bytes)
  const certificate = readCertificate(reader, thread)
  reader.end()
  return certificate
}

/** Length of {@link encodeCertificate}'s answer, without encoding. */
export function certificateBytes (certificate: WireCertificate): number {
  return certificate.inputs.reduce(
    (sum, input) => sum + SMALLEST_INPUT + input.raw.length,
    BREAKPOINT_BYTES + 2 + certificate.signatures.length * SIGNATURE_BYTES + 2
  )
}

/** The least that a certificate takes: no signature, no input. */
export const SMALLEST_CERTIFICATE = BREAKPOINT_BYTES + 4

/** As {@link encodeCertificate}, into a writer. */
export function writeCertificate (writer: Writer, certificate: WireCertificate): void {
  writeBreakpoint(writer, certificate.breakpoint)
  writer.list(certificate.signatures, MAX_PLAYERS, signature => writer.signature(signature))
  writeInputs(writer, certificate.inputs)
}

/** As {@link decodeCertificate}, from a reader. */
export function readCertificate (reader: Reader, thread: ThreadId): WireCertificate {
  return {
    breakpoint: readBreakpoint(reader, thread),
    signatures: reader.list(MAX_PLAYERS, SIGNATURE_BYTES, () => reader.signature()),
    inputs: readInputs(reader)
  }
}

/** Without the thread, which the message names already. */
export function writeBreakpoint (writer: Writer, breakpoint: Breakpoint): void {
  writeSlot(writer, breakpoint)
  writer.hash(breakpoint.parent).hash(breakpoint.stateRoot).hash(breakpoint.inputsRoot).uint64(breakpoint.timestampSec)
}

/** What {@link writeBreakpoint} wrote, of this thread. */
export function readBreakpoint (reader: Reader, thread: ThreadId): Breakpoint {
  return {
    thread, ...readSlot(reader), parent: reader.hash(), stateRoot: reader.hash(), inputsRoot: reader.hash(), timestampSec: reader.uint64()
  }
}

/** Epoch and nonce, 8 bytes each. */
export function writeSlot (writer: Writer, slot: Slot): void {
  writer.uint64(slot.epoch).uint64(slot.nonce)
}

/** What {@link writeSlot} wrote. */
export function readSlot (reader: Reader): Slot {
  return { epoch: reader.uint64(), nonce: reader.uint64() }
}

/** One byte, 0 or 1, and a slot, which is zero behind 0. */
export function writeOptionalSlot (writer: Writer, slot: Slot | undefined): void {
  writer.flag(slot !== undefined)
  writeSlot(writer, slot ?? { epoch: 0n, nonce: 0n })
}

/** What {@link writeOptionalSlot} wrote. */
export function readOptionalSlot (reader: Reader): Slot | undefined {
  const present = reader.flag()
  const slot = readSlot(reader)
  if (present) return slot
  if (slot.epoch !== 0n || slot.nonce !== 0n) throw wireMalformed('an absent slot is zero', 0)
  return undefined
}

/** A raw transaction, at most 32 KiB, and its binding (§3). */
export function writeInput (writer: Writer, input: SignedInput): void {
  writer.byteString(input.raw, MAX_RAW_BYTES).signature(input.binding)
}

/** What {@link writeInput} wrote. */
export function readInput (reader: Reader): SignedInput {
  return { raw: reader.byteString(MAX_RAW_BYTES), binding: reader.signature() }
}

/** A batch, at most 256 inputs and 512 KiB of transactions (§3). */
export function writeInputs (writer: Writer, inputs: readonly SignedInput[]): void {
  const total = inputs.reduce((sum, input) => sum + input.raw.length, 0)
  if (total > MAX_BATCH_BYTES) throw wireTooLarge('a batch', total, MAX_BATCH_BYTES, false)
  writer.list(inputs, MAX_BATCH_INPUTS, input => writeInput(writer, input))
}

/** What {@link writeInputs} wrote. */
export function readInputs (reader: Reader): SignedInput[] {
  let total = 0
  return reader.list(MAX_BATCH_INPUTS, SMALLEST_INPUT, () => {
    const input = readInput(reader)
    total += input.raw.length
    if (total > MAX_BATCH_BYTES) throw wireTooLarge('a batch', total, MAX_BATCH_BYTES, true)
    return input
  })
}

/** A list of amounts, at most {@link MAX_PAYOUTS}. */
export function writePayouts (writer: Writer, payouts: readonly bigint[]): void {
  writer.list(payouts, MAX_PAYOUTS, payout => writer.uint256(payout))
}

/** What {@link writePayouts} wrote. */
export function readPayouts (reader: Reader): bigint[] {
  return reader.list(MAX_PAYOUTS, 32, () => reader.uint256())
}

/** A thread's id. */
export function readThread (reader: Reader): ThreadId {
  return reader.hash() as Hex as ThreadId
}

/** A thread's id. */
export function writeThread (writer: Writer, thread: ThreadId): void {
  writer.hash(thread)
}
