/**
 * Asking a thread's oracle what a forced move leads to (specification §8, "Claims"). Who it is on the network is not known here, and need not be: whoever gives an
 * answer with the oracle's signature will do, and what comes is compared with this node's own execution before anything is done with it.
 */
import { hasCode } from '../errors.js'
import type { ResultRequest } from '../protocol/oracle-codec.js'
import { verify } from '../protocol/crypto.js'
import { decodeSyncAnswer, encodeSyncRequest } from '../protocol/sync.js'
import { resultDigest } from '../protocol/typed-data.js'
import type { Hash32, Signature } from '../protocol/types.js'
import type { WireCertificate } from '../protocol/certificate-codec.js'
import { takeOver } from './catch-up.js'
import type { Coordinator } from './coordinator.js'
import type { RemotePeer } from './ports.js'

/** How long an oracle has to answer, milliseconds: it executes one input and asks the chain twice. */
const ANSWER_MS = 8_000
/** Peers that are asked at once: all may pretend to know the oracle. */
const MAX_ASKED = 8

/** What the oracle signs for a move. */
export type SignedResult = { readonly stateRoot: Hash32, readonly feeWei: bigint, readonly signature: Signature }

/** What came of asking. `certificate`: all have signed what the court should be shown instead, and this node has it now. */
export type Asked = { readonly kind: 'signed', readonly result: SignedResult } | { readonly kind: 'certificate' } | { readonly kind: 'nothing', readonly why: string }

/** Peers in the thread's topic that may be its oracle. Whose key is the oracle's account comes first, players not at all. */
export function oraclePeers ({ parts: { network, context: { terms } }, thread }: Coordinator): RemotePeer[] {
  const isOracle = (peer: RemotePeer): boolean => peer.sessionKey === terms.oracle
  return network.subscribers(thread)
    .filter(({ sessionKey }) => sessionKey === undefined || !terms.sessionKeys.includes(sessionKey))
    .sort((a, b) => Number(isOracle(b)) - Number(isOracle(a))).slice(0, MAX_ASKED)
}

/** Asks all who may be the oracle, and takes the first answer that bears its signature. Never throws for what peers do. @param force the hash of the move's Force */
export async function askOracle (coordinator: Coordinator, request: ResultRequest, force: Hash32): Promise<Asked> {
  const peers = oraclePeers(coordinator)
  if (peers.length === 0) return { kind: 'nothing', why: 'no oracle is connected' }
  const first = Promise.withResolvers<Asked>()
  const reasons = new Set<string>()
  const all = peers.map(async peer => {
    const asked = await askPeer(coordinator, request, force, peer)
    if (asked.kind === 'nothing') reasons.add(asked.why)
    else first.resolve(asked)
  })
  Promise.all(all).then(() => { first.resolve({ kind: 'nothing', why: [...reasons].join('; ') }) }, (error: unknown) => { first.reject(error) })
  return await first.promise
}

async function askPeer (coordinator: Coordinator, request: ResultRequest, force: Hash32, peer: RemotePeer): Promise<Asked> {
  const { network, log, context: { terms, domain } } = coordinator.parts
  try {
    const answer = decodeSyncAnswer(await network.request(peer.id, encodeSyncRequest({ kind: 'result', ...request }), { timeoutMs: ANSWER_MS }))
    if (answer.kind === 'error') return { kind: 'nothing', why: `it is refused: ${answer.code}` }
    if (answer.kind !== 'result') return { kind: 'nothing', why: 'the answer is none' }
    if (answer.answer.kind === 'certificate') return await take(coordinator, answer.answer.certificate)
    const { stateRoot, feeWei, signature } = answer.answer
    const isSigned = verify(resultDigest({ force, stateRoot, feeWei }, domain), signature, terms.oracle)
    return isSigned ? { kind: 'signed', result: { stateRoot, feeWei, signature } } : { kind: 'nothing', why: 'the answer does not bear the oracle\'s signature' }
  } catch (error) {
    log('debug', 'thread.ask-oracle', { thread: coordinator.thread, peer: peer.id, error: error instanceof Error ? error.message : String(error) })
    if (hasCode(error, 'THREAD_FAULT')) throw error
    return { kind: 'nothing', why: hasCode(error, 'NETWORK_TIMEOUT') ? `no answer within ${ANSWER_MS / 1000} s` : 'it could not be asked' }
  }
}

/** A certificate proves itself, and is taken over like any that is complete elsewhere. @throws `SYNC_BAD_CERTIFICATE`, and what `decodeInput` throws */
async function take (coordinator: Coordinator, certificate: WireCertificate): Promise<Asked> {
  const taken = certificate.breakpoint.thread === coordinator.thread && await takeOver(coordinator, certificate)
  return taken ? { kind: 'certificate' } : { kind: 'nothing', why: 'it shows a certificate that is of no use here' }
}
