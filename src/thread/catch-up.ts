/**
 * Catching up over direct streams: certificates that are complete elsewhere. Anybody may serve them, for they prove themselves: each is checked
 * in full (its hash, its parent, every signature, its execution) before it counts.
 */
import { verify } from '../protocol/crypto.js'
import { decodeInput, inputsRoot, type InputContext } from '../protocol/input.js'
import { MAX_RANGE_BYTES, MAX_RANGE_CERTIFICATES, MAX_STATUS_MESSAGES } from '../protocol/limits.js'
import { compareSlots } from '../protocol/slot.js'
import { decodeSyncAnswer, encodeSyncRequest, type SyncAnswer, type SyncRequest, type ThreadRequest } from '../protocol/sync.js'
import { certificateBytes, type WireCertificate } from '../protocol/certificate-codec.js'
import { breakpointHash, digestOf } from '../protocol/typed-data.js'
import type { Slot } from '../protocol/types.js'
import { ThreadsError } from '../errors.js'
import { openProposer, openSlot } from './agreement.js'
import { breakpointBody, type BreakpointBody } from './body.js'
import type { Coordinator } from './coordinator.js'
import { followMoves } from './following.js'
import type { RemotePeer } from './ports.js'
import type { ThreadRecords } from './records.js'

type RangeRequest = ThreadRequest & { kind: 'range' }

/** Certificates asked for at once. */
const RANGE = 32
/** Rounds of one catching up: bounds what a lying peer can make us do. */
const MAX_ROUNDS = 10_000

/**
 * Asks one peer for what is missing here and takes it over. @returns how many breakpoints were taken.
 * @throws `NETWORK_…` when the peer does not answer; `SYNC_BAD_CERTIFICATE` when what it gives proves nothing.
 */
export async function catchUpFrom (coordinator: Coordinator, peer: RemotePeer, options: { signal?: AbortSignal } = {}): Promise<number> {
  const { network } = coordinator.parts
  const { thread } = coordinator
  const ask = async (request: SyncRequest): Promise<SyncAnswer> => decodeSyncAnswer(await network.request(peer.id, encodeSyncRequest(request), options))
  const status = await ask({ kind: 'status', thread })
  if (status.kind !== 'status') return 0
  let taken = 0
  for (let round = 0; round < MAX_ROUNDS && isBehind(coordinator, status.head); round++) {
    const answer = await ask({ kind: 'range', thread, from: nextSlot(coordinator), limit: RANGE })
    if (answer.kind !== 'range' || answer.certificates.length === 0) break
    const before = taken
    for (const certificate of answer.certificates) if (await takeOver(coordinator, certificate)) taken++
    if (taken === before) break
  }
  for (const message of status.messages) coordinator.receive(message, peer)
  return taken
}

function isBehind (coordinator: Coordinator, theirs: Slot | undefined): boolean {
  const ours = coordinator.state.head?.slot
  return theirs !== undefined && (ours === undefined || compareSlots(theirs, ours) > 0)
}

/** The lowest slot that may follow the head: the same epoch's next nonce. */
function nextSlot (coordinator: Coordinator): Slot {
  const head = coordinator.state.head?.slot
  return head === undefined ? { epoch: 0n, nonce: 0n } : { epoch: head.epoch, nonce: head.nonce + 1n }
}

/** Checks one certificate in full and takes it over when it continues the head. */
export async function takeOver (coordinator: Coordinator, certificate: WireCertificate): Promise<boolean> {
  if (certificate.breakpoint.nonce !== openSlot(coordinator.state).nonce) return false
  // A forced move: it proves nothing, and counts by what the court says of it.
  if (certificate.signatures.length === 0) return false
  const body = verifyCertificate(certificate, coordinator.parts.context, openProposer(coordinator.state))
  return await coordinator.exclusive(async () => {
    const taken = await coordinator.adopt(body, certificate.signatures)
    if (taken) await followMoves(coordinator)
    return taken
  })
}

/**
 * Every signature and every input of a certificate, and that the one commits to the other.
 * @throws `SYNC_BAD_CERTIFICATE`, and what {@link decodeInput} throws.
 */
export function verifyCertificate (certificate: WireCertificate, context: InputContext, proposer: number): BreakpointBody {
  const { breakpoint, signatures } = certificate
  if (breakpoint.thread !== context.thread) throw bad('it is of another thread')
  // The players' signatures first: hundreds of inputs are costly to verify, and anybody can show old ones.
  const digest = digestOf(breakpointHash(breakpoint), context.domain)
  const { sessionKeys } = context.terms
  if (signatures.length !== sessionKeys.length) throw bad('it has not one signature for each player')
  sessionKeys.forEach((key, player) => {
    const signature = signatures[player]
    if (signature === undefined || !verify(digest, signature, key)) throw bad(`player ${player} has not signed it`)
  })
  const inputs = certificate.inputs.map(input => decodeInput(input, context))
  if (inputsRoot(inputs) !== breakpoint.inputsRoot) throw bad('it does not commit to its inputs')
  return breakpointBody(breakpoint, inputs, proposer, context.terms.players.length)
}

function bad (why: string): ThreadsError {
  return new ThreadsError('SYNC_BAD_CERTIFICATE', `a certificate proves nothing: ${why}`, { peerFault: 'reject' })
}

/**
 * Answers one request about one thread, from what is on disk and what is open.
 * SAFETY: what is in memory only leaves under the lock. Between a signature and the write of its journal entry it is ahead of the disk, and after a write that failed it
 * stays so: then nothing is answered.
 * @throws `THREAD_FAULT`
 */
export async function answerSync (coordinator: Coordinator, request: ThreadRequest): Promise<SyncAnswer> {
  return request.kind === 'range' ? await rangeAnswer(coordinator, request) : await coordinator.exclusive(async () => statusAnswer(coordinator))
}

async function rangeAnswer (coordinator: Coordinator, request: RangeRequest): Promise<SyncAnswer> {
  const certificates = await storedRange(coordinator.parts.records, request)
  return certificates.length > 0 ? { kind: 'range', certificates } : await coordinator.exclusive(async () => provisionalAnswer(coordinator, request.from))
}

/** The certificates on disk that a request asks for, as many as an answer may hold. @throws `STORE_DAMAGED`, `STORE_FAILED` */
export async function storedRange (records: ThreadRecords, { from, limit }: RangeRequest): Promise<WireCertificate[]> {
  const certificates: WireCertificate[] = []
  let bytes = 0
  for await (const certificate of records.certificates(from, Math.min(limit, MAX_RANGE_CERTIFICATES))) {
    bytes += certificateBytes(certificate)
    if (certificates.length > 0 && bytes > MAX_RANGE_BYTES - 1024) break
    certificates.push(certificate)
  }
  return certificates
}

function provisionalAnswer (coordinator: Coordinator, from: Slot): SyncAnswer {
  const { provisional } = coordinator
  if (provisional === undefined || compareSlots(provisional.body.breakpoint, from) < 0) return { kind: 'range', certificates: [] }
  const { body: { breakpoint, inputs }, signatures } = provisional
  return { kind: 'range', certificates: [{ breakpoint, signatures: [...signatures], inputs: [...inputs] }] }
}

function statusAnswer (coordinator: Coordinator): SyncAnswer {
  const { state } = coordinator
  const messages = coordinator.openMessages().slice(0, MAX_STATUS_MESSAGES)
  return { kind: 'status', head: coordinator.provisional?.body.content.slot ?? state.head?.slot, messages }
}
