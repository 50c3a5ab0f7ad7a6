/** What players and oracles say to each other on the direct stream (§7): a forced move and its result, and the terms on which an oracle serves. */
import { asAddress, bytesToHex, hexToBytes } from './bytes.js'
import { readCertificate, readThread, writeCertificate, writeThread, type WireCertificate } from './certificate-codec.js'
import { MAX_OFFER_ITEMS, MAX_RAW_BYTES } from './limits.js'
import type { Reader } from './reader.js'
import type { Address, Hash32, Signature, SignedInput, ThreadId } from './types.js'
import type { Writer } from './writer.js'

/** A player's own move, as it would be forced on what is recorded: what the thread's oracle is asked to answer for (§8, claims). */
export type ResultRequest = {
  readonly thread: ThreadId
  /** k. */
  readonly dispute: bigint
  /** The recorded breakpoint's hash. */
  readonly parent: Hash32
  /** T. */
  readonly timestampSec: bigint
  readonly input: SignedInput
  /** The session key's Force signature over the four and the input. */
  readonly force: Signature
}

/** What the oracle answers for; or a certificate, for which what is recorded has to give way. Nothing of it is verified yet. */
export type ResultAnswer =
  | { readonly kind: 'signed', readonly stateRoot: Hash32, readonly feeWei: bigint, readonly signature: Signature }
  | { readonly kind: 'certificate', readonly certificate: WireCertificate }

/** On what terms an oracle serves. Said by whoever is asked: what counts is its bond on the chain, and what it signs. */
export type OracleOffer = {
  /** The account that terms name, and that answers with its bond. */
  readonly wallet: Address
  /** The least fee of a thread, in its asset's units. */
  readonly minFeeUnits: bigint
  /** For one result. */
  readonly resultFeeWei: bigint
  /** For how many claims at a time it sets bonds aside in each thread. */
  readonly claims: number
  /** Hashes of the codes that it serves; empty: all. */
  readonly codes: readonly Hash32[]
  /** Assets of the threads that it serves; empty: all. */
  readonly assets: readonly Address[]
}

/** @throws `WIRE_TOO_LARGE`, `BYTES_OUT_OF_RANGE` */
export function writeResultRequest (writer: Writer, { thread, dispute, parent, timestampSec, input, force }: ResultRequest): void {
  writeThread(writer, thread)
  writer.uint64(dispute).hash(parent).uint64(timestampSec).byteString(input.raw, MAX_RAW_BYTES).signature(input.binding).signature(force)
}

/** @throws `WIRE_MALFORMED`, `WIRE_TOO_LARGE` (the sender's fault) */
export function readResultRequest (reader: Reader): ResultRequest {
  return {
    thread: readThread(reader), dispute: reader.uint64(), parent: reader.hash(), timestampSec: reader.uint64(),
    input: { raw: reader.byteString(MAX_RAW_BYTES), binding: reader.signature() }, force: reader.signature()
  }
}

/** @throws `WIRE_TOO_LARGE`, `BYTES_OUT_OF_RANGE` */
export function writeResultAnswer (writer: Writer, answer: ResultAnswer): void {
  writer.flag(answer.kind === 'certificate')
  if (answer.kind === 'signed') {
    writer.hash(answer.stateRoot).uint256(answer.feeWei).signature(answer.signature)
    return
  }
  writeThread(writer, answer.certificate.breakpoint.thread)
  writeCertificate(writer, answer.certificate)
}

/** @throws `WIRE_MALFORMED`, `WIRE_TOO_LARGE` (the sender's fault) */
export function readResultAnswer (reader: Reader): ResultAnswer {
  if (reader.flag()) return { kind: 'certificate', certificate: readCertificate(reader, readThread(reader)) }
  return { kind: 'signed', stateRoot: reader.hash(), feeWei: reader.uint256(), signature: reader.signature() }
}

const ADDRESS_BYTES = 20
const HASH_BYTES = 32

/** @throws `WIRE_TOO_LARGE`, `BYTES_OUT_OF_RANGE` */
export function writeOffer (writer: Writer, { wallet, minFeeUnits, resultFeeWei, claims, codes, assets }: OracleOffer): void {
  writer.raw(hexToBytes(wallet)).uint256(minFeeUnits).uint256(resultFeeWei).uint8(claims)
  writer.list(codes, MAX_OFFER_ITEMS, code => writer.hash(code))
  writer.list(assets, MAX_OFFER_ITEMS, asset => writer.raw(hexToBytes(asset)))
}

/** @throws `WIRE_MALFORMED`, `WIRE_TOO_LARGE` (the sender's fault) */
export function readOffer (reader: Reader): OracleOffer {
  return {
    wallet: readAddress(reader), minFeeUnits: reader.uint256(), resultFeeWei: reader.uint256(), claims: reader.uint8(),
    codes: reader.list(MAX_OFFER_ITEMS, HASH_BYTES, () => reader.hash()), assets: reader.list(MAX_OFFER_ITEMS, ADDRESS_BYTES, () => readAddress(reader))
  }
}

function readAddress (reader: Reader): Address {
  return asAddress(bytesToHex(reader.fixed(ADDRESS_BYTES)))
}
