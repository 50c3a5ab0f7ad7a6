/** Requests and answers of the direct stream, one frame each (§7). The length before a frame is the network's. */
import { ThreadsError } from '../errors.js'
import { parseThreadId, ZERO_HASH } from './bytes.js'
import {
  readCertificate, readOptionalSlot, readSlot, readThread, SMALLEST_CERTIFICATE, writeCertificate, writeOptionalSlot, writeSlot, writeThread, type WireCertificate
} from './certificate-codec.js'
import {
  MAX_ERROR_CODE_BYTES, MAX_MESSAGE_BYTES, MAX_MULTIADDR_BYTES, MAX_PEERS, MAX_RANGE_BYTES, MAX_RANGE_CERTIFICATES, MAX_STATUS_MESSAGES, MAX_SYNC_FRAME_BYTES
} from './limits.js'
import {
  readOffer, readResultAnswer, readResultRequest, writeOffer, writeResultAnswer, writeResultRequest, type OracleOffer, type ResultAnswer, type ResultRequest
} from './oracle-codec.js'
import { Reader, wireMalformed, wireTooLarge } from './reader.js'
import type { Slot, ThreadId } from './types.js'
import { invalid, Writer } from './writer.js'

/** What one node asks another. */
export type SyncRequest =
  | { readonly kind: 'status', readonly thread: ThreadId }
  | { readonly kind: 'range', readonly thread: ThreadId, readonly from: Slot, readonly limit: number }
  | { readonly kind: 'peers' }
  /** For the thread's oracle: what does this forced move lead to? */
  | ({ readonly kind: 'result' } & ResultRequest)
  /** On what terms does this node serve as an oracle? */
  | { readonly kind: 'offer' }

/** A request that any node answers from what it knows of a thread. */
export type ThreadRequest = Extract<SyncRequest, { readonly kind: 'status' | 'range' }>

/** What it is told. `messages` are wire messages of the open slot, each as its bytes. */
export type SyncAnswer =
  | { readonly kind: 'status', readonly head: Slot | undefined, readonly messages: readonly Uint8Array[] }
  | { readonly kind: 'range', readonly certificates: readonly WireCertificate[] }
  | { readonly kind: 'peers', readonly multiaddrs: readonly string[] }
  | { readonly kind: 'result', readonly answer: ResultAnswer }
  | { readonly kind: 'offer', readonly offer: OracleOffer }
  | { readonly kind: 'error', readonly code: string }

const KINDS = { error: 0, status: 1, range: 2, peers: 3, result: 4, offer: 5 } as const

/** @throws `WIRE_INVALID`, `BYTES_OUT_OF_RANGE` */
export function encodeSyncRequest (request: SyncRequest): Uint8Array {
  const writer = new Writer().uint8(KINDS[request.kind])
  if (request.kind === 'status') {
    writeThread(writer, request.thread)
  } else if (request.kind === 'range') {
    writeThread(writer, request.thread)
    writeSlot(writer, request.from)
    writer.uint16(request.limit)
  } else if (request.kind === 'result') {
    writeResultRequest(writer, request)
  }
  return writer.bytes()
}

/** @throws `WIRE_MALFORMED`, `WIRE_UNKNOWN_KIND` (the sender's fault) */
export function decodeSyncRequest (bytes: Uint8Array): SyncRequest {
  const reader = new Reader(bytes)
  const request = readRequest(reader)
  reader.end()
  return request
}

/** @throws `WIRE_TOO_LARGE`, `WIRE_INVALID`, `BYTES_OUT_OF_RANGE`: the answer is more than may be sent at once, or has no encoding */
export function encodeSyncAnswer (answer: SyncAnswer): Uint8Array {
  const writer = new Writer().uint8(KINDS[answer.kind])
  writeAnswer(writer, answer)
  const bytes = writer.bytes()
  const most = answer.kind === 'range' ? MAX_RANGE_BYTES : MAX_SYNC_FRAME_BYTES
  if (bytes.length > most) throw wireTooLarge('an answer', bytes.length, most, false)
  return bytes
}

/** @throws `WIRE_MALFORMED`, `WIRE_TOO_LARGE`, `WIRE_UNKNOWN_KIND` (the sender's fault) */
export function decodeSyncAnswer (bytes: Uint8Array): SyncAnswer {
  const most = bytes[0] === KINDS.range ? MAX_RANGE_BYTES : MAX_SYNC_FRAME_BYTES
  if (bytes.length > most) throw wireTooLarge('an answer', bytes.length, most, true)
  const reader = new Reader(bytes)
  const answer = readAnswer(reader)
  reader.end()
  return answer
}

function readRequest (reader: Reader): SyncRequest {
  const kind = reader.uint8()
  switch (kind) {
    case KINDS.status:
      return { kind: 'status', thread: readThread(reader) }
    case KINDS.range:
      return { kind: 'range', thread: readThread(reader), from: readSlot(reader), limit: reader.uint16() }
    case KINDS.peers:
      return { kind: 'peers' }
    case KINDS.result:
      return { kind: 'result', ...readResultRequest(reader) }
    case KINDS.offer:
      return { kind: 'offer' }
    default:
      throw unknownKind(kind)
  }
}

function writeAnswer (writer: Writer, answer: SyncAnswer): void {
  switch (answer.kind) {
    case 'status':
      writeOptionalSlot(writer, answer.head)
      writer.list(answer.messages, MAX_STATUS_MESSAGES, message => writer.byteString(message, MAX_MESSAGE_BYTES))
      return
    case 'range':
      return writeRange(writer, answer.certificates)
    case 'peers':
      writer.list(answer.multiaddrs, MAX_PEERS, address => writer.byteString(utf8(address), MAX_MULTIADDR_BYTES))
      return
    case 'result':
      return writeResultAnswer(writer, answer.answer)
    case 'offer':
      return writeOffer(writer, answer.offer)
    case 'error':
      writer.byteString(utf8(answer.code), MAX_ERROR_CODE_BYTES)
  }
}

function readAnswer (reader: Reader): SyncAnswer {
  const kind = reader.uint8()
  switch (kind) {
    case KINDS.status:
      return {
        kind: 'status',
        head: readOptionalSlot(reader),
        messages: reader.list(MAX_STATUS_MESSAGES, 4, () => reader.byteString(MAX_MESSAGE_BYTES))
      }
    case KINDS.range:
      return { kind: 'range', certificates: readRange(reader) }
    case KINDS.peers:
      return { kind: 'peers', multiaddrs: reader.list(MAX_PEERS, 4, () => readText(reader, MAX_MULTIADDR_BYTES)) }
    case KINDS.result:
      return { kind: 'result', answer: readResultAnswer(reader) }
    case KINDS.offer:
      return { kind: 'offer', offer: readOffer(reader) }
    case KINDS.error:
      return { kind: 'error', code: readText(reader, MAX_ERROR_CODE_BYTES) }
    default:
      throw unknownKind(kind)
  }
}

const NO_THREAD = parseThreadId(ZERO_HASH)

/** The thread's id stands once, before the list; zero when the list is empty. */
function writeRange (writer: Writer, certificates: readonly WireCertificate[]): void {
  const thread = certificates[0]?.breakpoint.thread
  if (certificates.some(certificate => certificate.breakpoint.thread !== thread)) throw invalid('certificates of several threads in one answer')
  writeThread(writer, thread ?? NO_THREAD)
  writer.list(certificates, MAX_RANGE_CERTIFICATES, certificate => writeCertificate(writer, certificate))
}

function readRange (reader: Reader): WireCertificate[] {
  const thread = readThread(reader)
  const certificates = reader.list(MAX_RANGE_CERTIFICATES, SMALLEST_CERTIFICATE, () => readCertificate(reader, thread))
  if (certificates.length === 0 && thread !== NO_THREAD) throw wireMalformed('a thread without certificates', 1)
  return certificates
}

const encoder = new TextEncoder()
// Strict, and keeping a byte order mark, so that encoding again gives the same bytes.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function utf8 (text: string): Uint8Array {
  return encoder.encode(text)
}

function readText (reader: Reader, most: number): string {
  const bytes = reader.byteString(most)
  try {
    return decoder.decode(bytes)
  } catch {
    throw wireMalformed('text that is not UTF-8', 0)
  }
}

function unknownKind (kind: number): ThreadsError {
  return new ThreadsError('WIRE_UNKNOWN_KIND', `unknown kind ${kind}`, { data: { kind }, peerFault: 'reject' })
}
