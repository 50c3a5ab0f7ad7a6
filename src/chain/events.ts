/** The court's logs as {@link ChainEvent}s. Pure: what else an event needs from the chain is fetched by the follower. */
import type { Interface, Result } from 'ethers'
import { ThreadsError } from '../errors.js'
import { asAddress, hexToBytes, parseHash32, parseThreadId, ZERO_HASH } from '../protocol/bytes.js'
import { MAX_MULTIADDR_BYTES } from '../protocol/limits.js'
import { termsFromAbi, threadIdOf } from '../protocol/terms.js'
import { checkTerms } from '../protocol/check-terms.js'
import { breakpointHash } from '../protocol/typed-data.js'
import type { Breakpoint, Domain, Hash32, Hex, Signature, ThreadId } from '../protocol/types.js'
import type { BegunMove, ChainEvent } from '../thread/ports.js'
import type { RawLog } from './reads.js'

type WithoutPlace<T> = T extends unknown ? Omit<T, 'at'> : never
/** An event before it is known when its block was mined. */
export type EventBody = WithoutPlace<ChainEvent>
/** A recorded breakpoint, as the `Responded` or `Forced` that follows it in the same transaction needs it. */
export type RecordedBefore = { readonly transactionHash: Hash32, readonly breakpoint: Breakpoint, readonly hash: Hash32 } | undefined

/** What one log is: an event, or nothing that concerns a node, with the reason. */
export type Decoded = { readonly event: EventBody } | { readonly skipped: string, readonly expected: boolean }

const SIGNATURE_BYTES = 65
/** Events about what accounts own: no thread goes on or stops by them. */
const OF_ACCOUNTS = new Set(['Credited', 'Withdrawn', 'Bonded', 'Unbonded', 'Accepted', 'Released'])
/** Functions of the court that record a certificate. */
const RECORDING = new Set(['checkpoint', 'challenge', 'respond', 'resume', 'challengeAndAdvance', 'checkpointAndRedeem'])

/**
 * Decodes one log of the court. Never throws for what a log holds: a log that is unknown, or whose terms break a rule or are not those
 * of the id it bears, is skipped. `recorded`: the BREAKPOINT log before this one, if any.
 */
export function decodeLog (court: Interface, domain: Domain, log: RawLog, recorded: RecordedBefore): Decoded {
  const fragment = court.getEvent(log.topics[0] ?? '')
  if (fragment === null) return { skipped: 'unknown event', expected: false }
  if (OF_ACCOUNTS.has(fragment.name)) return { skipped: 'concerns accounts, not threads', expected: true }
  try {
    const fields = court.decodeEventLog(fragment, log.data, log.topics)
    const event = body(fragment.name, parseThreadId(String(fields.threadId)), fields, domain, log, recorded)
    return event === undefined ? { skipped: `unknown event ${fragment.name}`, expected: false } : { event }
  } catch (error) {
    // ethers throws plain errors for malformed data, checkTerms ThreadsErrors.
    return { skipped: `${fragment.name}: ${error instanceof Error ? error.message : String(error)}`, expected: false }
  }
}

/**
 * The certificate's signatures out of the data of a call to the court, in the players' order; undefined when the call did not record
 * exactly this breakpoint (a contract in between, or another function).
 */
export function signaturesOfCall (court: Interface, domain: Domain, data: Hex, breakpoint: Breakpoint): Signature[] | undefined {
  let call
  try {
    call = court.parseTransaction({ data })
    if (call === null || !RECORDING.has(call.name)) return undefined
    const terms = termsFromAbi(call.args[0])
    const recorded = breakpointOf(threadIdOf(terms, domain), call.args[1])
    if (breakpointHash(recorded) !== breakpointHash(breakpoint)) return undefined
    const joined = hexToBytes(String(call.args[2]) as Hex)
    if (joined.length !== SIGNATURE_BYTES * terms.players.length) return undefined
    return terms.players.map((_, index) => joined.slice(index * SIGNATURE_BYTES, (index + 1) * SIGNATURE_BYTES))
  } catch (error) {
    if (error instanceof Error) return undefined // anybody's bytes: not a call of the court's
    throw error
  }
}

/** Functions of the court that force a move: where it stands among their arguments. */
const FORCING: Readonly<Record<string, number>> = { advance: 2, challengeAndAdvance: 3 }

/** The move out of the data of a call to the court; undefined when the call forced no move of this player in this thread (a contract in between, or another function). */
export function moveOfCall (court: Interface, domain: Domain, data: Hex, thread: ThreadId, player: number): BegunMove | undefined {
  try {
    const call = court.parseTransaction({ data })
    const at = call === null ? undefined : FORCING[call.name]
    if (call === null || at === undefined || threadIdOf(termsFromAbi(call.args[0]), domain) !== thread) return undefined
    const move = call.args[at] as Result
    if (Number(move.player) !== player) return undefined
    return { input: { raw: hexToBytes(String(move.raw) as Hex), binding: hexToBytes(String(move.binding) as Hex) }, timestampSec: BigInt(move.timestamp) }
  } catch (error) {
    if (error instanceof Error) return undefined // anybody's bytes: not a call of the court's
    throw error
  }
}

function body (name: string, thread: ThreadId, fields: Result, domain: Domain, log: RawLog, recorded: RecordedBefore): EventBody | undefined {
  switch (name) {
    case 'CREATE3': return opened(thread, fields, domain)
    case 'Joined': return { type: 'joined', thread, player: Number(fields.player), multiaddr: multiaddrOf(fields), active: fields.active === true }
    case 'Cancelled': return { type: 'cancelled', thread }
    case 'BREAKPOINT': {
      const breakpoint = breakpointOf(thread, fields)
      return { type: 'recorded', thread, breakpoint, hash: breakpointHash(breakpoint), signatures: undefined }
    }
    case 'Challenged': return challenged(thread, fields)
    case 'Responded': {
      const { hash, breakpoint: { epoch, nonce } } = recordedWith(log, thread, recorded)
      return { type: 'responded', thread, dispute: BigInt(fields.k), recorded: hash, slot: { epoch, nonce } }
    }
    case 'Forced': {
      const { breakpoint, hash } = recordedWith(log, thread, recorded)
      const input = { raw: hexToBytes(String(fields.raw) as Hex), binding: hexToBytes(String(fields.binding) as Hex) }
      return { type: 'forced', thread, dispute: BigInt(fields.k), player: Number(fields.player), endsAtSec: BigInt(fields.endsAt), breakpoint, hash, input }
    }
    case 'Judging': return { type: 'judging', thread, player: Number(fields.player), paused: parseHash32(String(fields.paused)), endsAtSec: BigInt(fields.endsAt) }
    case 'Trying': return { type: 'trying', thread, recorded: parseHash32(String(fields.recorded)), paused: parseHash32(String(fields.paused)) }
    case 'Refuted': return {
      type: 'refuted', thread, dispute: BigInt(fields.k), player: Number(fields.player), recorded: parseHash32(String(fields.recorded)), endsAtSec: BigInt(fields.endsAt)
    }
    case 'Claimed': return { type: 'claimed', thread, account: asAddress(String(fields.account)), index: Number(fields.index) }
    case 'Refuting': return {
      type: 'refuting', thread, refuter: asAddress(String(fields.refuter)), claimed: parseHash32(String(fields.claimed)), paused: parseHash32(String(fields.paused))
    }
    case 'Doubted': return {
      type: 'doubted', thread, claimed: parseHash32(String(fields.claimed)), index: Number(fields.index), doubter: asAddress(String(fields.doubter)), endsAtSec: BigInt(fields.endsAt)
    }
    case 'Proved': return { type: 'proved', thread, claimed: parseHash32(String(fields.claimed)), prover: asAddress(String(fields.prover)), toProverWei: BigInt(fields.toProver) }
    case 'DoubtOver': return {
      type: 'doubtOver', thread, claimed: parseHash32(String(fields.claimed)), doubter: asAddress(String(fields.doubter)), toDoubterWei: BigInt(fields.toDoubter)
    }
    case 'Slashed': return {
      type: 'slashed', thread, account: asAddress(String(fields.account)), refuter: asAddress(String(fields.refuter)),
      toRefuterWei: BigInt(fields.toRefuter), toEachOtherWei: BigInt(fields.toEachOther)
    }
    case 'Resumed': return { type: 'resumed', thread, epoch: BigInt(fields.epoch) }
    case 'Redeemed': return { type: 'redeemed', thread, index: BigInt(fields.index), target: asAddress(String(fields.target)), amount: BigInt(fields.amount) }
    case 'Closed': return { type: 'closed', thread, payouts: integers(fields.payouts) }
    case 'Settled': return { type: 'settled', thread, payouts: integers(fields.payouts), leftover: BigInt(fields.leftover) }
    default: return undefined
  }
}

/** What the call that a log belongs to has just recorded. */
function recordedWith (log: RawLog, thread: ThreadId, recorded: RecordedBefore): NonNullable<RecordedBefore> {
  if (recorded === undefined || recorded.transactionHash !== log.transactionHash || recorded.breakpoint.thread !== thread) {
    throw new ThreadsError('CHAIN_BAD_LOG', 'a response or a move without a breakpoint before it')
  }
  return recorded
}

function opened (thread: ThreadId, fields: Result, domain: Domain): EventBody {
  const terms = termsFromAbi(fields.terms)
  checkTerms(terms)
  const id = threadIdOf(terms, domain)
  if (id !== thread) throw new ThreadsError('CHAIN_BAD_LOG', `the terms are those of ${id}`)
  return { type: 'opened', thread, terms, multiaddr: multiaddrOf(fields) }
}

function challenged (thread: ThreadId, fields: Result): EventBody {
  const recorded = parseHash32(String(fields.recorded))
  return {
    type: 'challenged',
    thread,
    dispute: BigInt(fields.k),
    recorded: recorded === ZERO_HASH ? undefined : recorded,
    slot: { epoch: BigInt(fields.epoch), nonce: BigInt(fields.nonce) },
    evidenceUntilSec: BigInt(fields.evidenceUntil),
    endsAtSec: BigInt(fields.endsAt),
    by: asAddress(String(fields.by))
  }
}

function breakpointOf (thread: ThreadId, fields: Result): Breakpoint {
  return {
    thread,
    epoch: BigInt(fields.epoch),
    nonce: BigInt(fields.nonce),
    parent: parseHash32(String(fields.parent)),
    stateRoot: parseHash32(String(fields.stateRoot)),
    inputsRoot: parseHash32(String(fields.inputsRoot)),
    timestampSec: BigInt(fields.timestamp)
  }
}

/**
 * The address of a player's node, or nothing when it is too long or no text: a joining player must not be able to hide its deposit
 * from the others by the bytes that it puts here.
 */
function multiaddrOf (fields: Result): string {
  try {
    const text = String(fields.multiaddr)
    return new TextEncoder().encode(text).length > MAX_MULTIADDR_BYTES ? '' : text
  } catch (error) {
    if (error instanceof Error) return '' // ethers reports text that is not UTF-8 when the field is read
    throw error
  }
}

function integers (values: ArrayLike<bigint>): bigint[] {
  return Array.from(values, value => BigInt(value))
}
