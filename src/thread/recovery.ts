/**
 * A thread from disk: what the chain said, the journal, the state, what was open. Whatever does not fit together is built anew from the certificates; what
 * cannot be trusted makes the node watch and never sign.
 */
import { addressOf, sign } from '../protocol/crypto.js'
import { decodeInput, type InputContext } from '../protocol/input.js'
import { compareSlots, slotText } from '../protocol/slot.js'
import { breakpointHash, digestOf } from '../protocol/typed-data.js'
import type { Domain, Hash32, Signature, Slot } from '../protocol/types.js'
import { decodeMessage } from '../protocol/wire.js'
import { ThreadsError } from '../errors.js'
import { Machine, type InputReceipt } from '../machine/machine.js'
import { initialAgreement, openSlot, type Agreement, type Content } from './agreement.js'
import { bodyOfMessage, closeBody, NO_PARENT, type Body } from './body.js'
import { verifyCertificate } from './catch-up.js'
import { foldChainEvent, isOver, type ChainView } from './chain-view.js'
import { Closing, type ClosePolicy } from './closing.js'
import { Coordinator, type CoordinatorParts, type Provisional } from './coordinator.js'
import { Execution, type Executed } from './execution.js'
import { Idles } from './idles.js'
import { Journal } from './journal.js'
import { InputPool } from './pool.js'
import type { ChainPort } from './ports.js'
import { followMoves } from './following.js'
import { executeMove, executeMoves, type Followed } from './moves.js'
import { isDamage, type ThreadRecords } from './records.js'
import { highestAside, turnOf, turnText } from './line.js'
import { headOf, replayed, threadCode, type Known, type LoadedHead } from './replay.js'
import type { Waiting } from './schedule.js'
import type { Warning } from './steps.js'

/** Where every thread begins. */
const START: Slot = { epoch: 0n, nonce: 0n }

/** What loading takes over from before the rest: none of it is more than a restart would find out by asking. */
export type Rested = {
  /** How many entries the sign journal had, and the last content that was signed. */
  readonly journal: { readonly length: number, readonly top: Hash32 | undefined }
  /** Whether all others had told what they hold (§6.6). */
  readonly hasHeard: boolean
  readonly heard: Agreement['heard']
  readonly idles: Idles
  readonly warnings: readonly Warning[]
  /** On what it waits for the others: it has waited while it rested, too. */
  readonly waiting: Waiting | undefined
}

/** What loading a thread takes. */
export type LoadOptions = Pick<CoordinatorParts, 'network' | 'clock' | 'sessionKey' | 'records' | 'emit' | 'log'> & {
  readonly chain: ChainPort
  readonly domain: Domain
  readonly closePolicy: ClosePolicy
  /** What this node knew of the thread when it let it rest; undefined: it was not running. */
  readonly rested?: Rested | undefined
}

/**
 * Loads one thread of which the store has at least the `opened` event.
 * @throws `THREAD_UNKNOWN` when it has not; `THREAD_EVENTS_DAMAGED` when what the chain said must be read again from the chain; `STORE_FAILED`.
 */
export async function loadThread (options: LoadOptions): Promise<Coordinator> {
  const { records, log } = options
  const view = await loadView(records)
  if (view === undefined) throw new ThreadsError('THREAD_UNKNOWN', `the thread ${records.thread} is not known here`, { data: { thread: records.thread } })
  const context: InputContext = { thread: records.thread, terms: view.terms, domain: options.domain }
  const self = selfIn(view, options.sessionKey)
  const journal = await Journal.load(records.store, records.thread)
  await turnIfNeeded(options, { context, view, self, top: journal.top?.hash })
  const aside = await highestAside(records)
  const { execution, head } = await loadState(options, context, view)
  // An observer signs nothing and has no journal.
  const damage = self === undefined ? undefined : journal.damage ?? lostTop(journal, head)
  if (damage !== undefined) log('error', 'thread.journal-damaged', { thread: records.thread, damage })
  const close = await readable(options, 'close', async () => await records.close())
  const closeContent = close === undefined ? undefined : closeBody(close.close, head?.content.next ?? 0).content
  // A Close of a dispute's epoch waits for the court like a breakpoint of that epoch.
  const isFinal = closeContent !== undefined && closeContent.slot.epoch <= view.confirmedEpoch
  // What the court has recorded since without everybody's signature is part of the head.
  const moved = isFinal || head === undefined ? undefined : await executeMoves(execution, head.content.hash, view, context)
  const tip = tipOf(head, moved?.followed)
  const headContent = isFinal ? closeContent : tip?.content
  const open = await readable(options, 'open', async () => await loadOpen(records, context, journal, options.sessionKey))
  const started = startAgreement({ view, self, journal, head: headContent, agreed: higher(isFinal ? closeContent.slot : agreedSlot(head, view), aside), open, watching: damage !== undefined || isOver(view) })
  const agreement = hasHeardBefore(options.rested, started, journal) ? { ...started, mode: 'signing' as const, awaiting: [], heard: options.rested.heard } : started
  const pool = await loadPool(options, context, execution)
  const closing = new Closing(view.terms.players.length, self, options.closePolicy)
  closing.restore(await readable(options, 'asked', async () => await records.asked()) ?? [], tip?.content.hash)
  const coordinator = new Coordinator({
    context, self, sessionKey: options.sessionKey, records, journal, execution, pool, network: options.network, clock: options.clock,
    closing, agreement, view, close, bodies: new Map(open === undefined ? [] : [[open.body.content.hash, open.body]]), idles: options.rested?.idles ?? new Idles(), emit: options.emit, log
  })
  coordinator.headTimeSec = tip?.timestampSec ?? 0n
  coordinator.keepWarnings(options.rested?.warnings ?? [])
  coordinator.hasAside = aside !== undefined
  if (head !== undefined && moved !== undefined && moved.followed.length > 0) Object.assign(coordinator.moves, { ground: head, followed: moved.followed })
  const provisional = await readable(options, 'provisional', async () => await loadProvisional(records, context, execution, tip))
  coordinator.restore({ provisional: provisional?.provisional, executed: provisional?.executed, evidence: await records.evidence() })
  await coordinator.exclusive(async () => {
    if (damage !== undefined) coordinator.warn('JOURNAL_DAMAGED', `the sign journal cannot be trusted (${damage}): the node only watches this thread`, { damage })
    if (aside !== undefined && head !== undefined && view.dispute !== undefined && aside.epoch <= view.confirmedEpoch && compareSlots(aside, head.content.slot) > 0) {
      coordinator.warn('SIGNED_TOO_LATE', `all have signed up to ${slotText(aside)}, but the court was not shown it in time: the thread goes on from ${slotText(head.content.slot)}`, { slot: slotText(aside) })
    }
    const { signed, top, mode } = coordinator.state
    if (mode === 'starting' && signed === undefined && provisional === undefined && top !== undefined && compareSlots(top, openSlot(coordinator.state)) >= 0) {
      coordinator.warn('SIGNED_CONTENT_LOST', `this node has signed slot ${slotText(top)} and has lost what it signed: it signs nothing else up to there, and waits for the others to show it`)
    }
    await followMoves(coordinator)
    await coordinator.reverify()
    if (close !== undefined && closeContent !== undefined && !isFinal) await coordinator.apply({ type: 'certificate', content: closeContent, signatures: close.signatures })
    if (provisional !== undefined) await coordinator.apply({ type: 'certificate', content: provisional.provisional.body.content, signatures: provisional.provisional.signatures })
  })
  return coordinator
}

/**
 * Whether the others need not be asked what they hold (§6.6): they had told before the thread rested, in this same process.
 * SAFETY: the disk is not an older one, for the journal ends where it ended then.
 */
function hasHeardBefore (rested: Rested | undefined, { mode }: Agreement, { length, top }: Journal): rested is Rested {
  return rested?.hasHeard === true && mode === 'starting' && rested.journal.length === length && rested.journal.top === top?.hash
}

async function loadView (records: ThreadRecords): Promise<ChainView | undefined> {
  let view: ChainView | undefined
  try {
    for (const event of await records.chainEvents()) view = foldChainEvent(view, event)
  } catch (error) {
    if (!isDamage(error)) throw error
    throw new ThreadsError('THREAD_EVENTS_DAMAGED', `what the chain has said of the thread ${records.thread} is damaged on disk`, { data: { thread: records.thread }, cause: error })
  }
  return view
}

/** What `read` gives, or nothing where the record is damaged: the thread can do without it, and the log says so. @throws `STORE_FAILED`. */
async function readable<T> ({ records, log }: LoadOptions, record: string, read: () => Promise<T | undefined>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof ThreadsError) || error.code === 'STORE_FAILED') throw error
    log('error', 'thread.record-damaged', { thread: records.thread, record, code: error.code, error: error.message })
    return undefined
  }
}

/** The player whose session key this node holds; undefined for an observer. */
export function selfIn (view: Pick<ChainView, 'terms'>, sessionKey: Uint8Array): number | undefined {
  const index = view.terms.sessionKeys.indexOf(addressOf(sessionKey))
  return index < 0 ? undefined : index
}

/** Where the last of the moves leads. */
function tipOf (head: LoadedHead, followed: readonly Followed[] = []): LoadedHead {
  const last = followed.at(-1)
  return last === undefined ? head : { content: last.body.content, timestampSec: last.body.breakpoint.timestampSec, isSigned: false }
}

/** The last slot that all have signed: on disk, or as the court has it. */
function agreedSlot (head: LoadedHead, { certificate }: ChainView): Slot | undefined {
  if (head === undefined || head.isSigned) return head?.content.slot
  return certificate === undefined ? undefined : { epoch: certificate.breakpoint.epoch, nonce: certificate.breakpoint.nonce }
}

function higher (one: Slot | undefined, other: Slot | undefined): Slot | undefined {
  if (one === undefined || other === undefined) return one ?? other
  return compareSlots(one, other) > 0 ? one : other
}

/** Before anything else is read: the line that the court's word leaves, where that is not the one on disk. */
async function turnIfNeeded (options: LoadOptions, { context, view, self, top }: Known & { self: number | undefined, top: Hash32 | undefined }): Promise<void> {
  const { records, chain, log } = options
  const head = await readable(options, 'head', async () => await records.head())
  if ((head === undefined || head.slot.epoch <= view.confirmedEpoch) && await highestAside(records) === undefined) return
  const turn = await readable(options, 'line', async () => await turnOf({ records, chain, context, self, top }, view, view.dispute === undefined ? 'open' : 'unknown'))
  if (turn === undefined) return
  await records.store.batch([...turn.operations])
  log('warn', 'thread.turned', { thread: records.thread, reason: turnText(turn) })
}

/** A head above everything in the journal: the journal's end is lost, or the copy is old. */
function lostTop (journal: Journal, head: LoadedHead): string | undefined {
  if (head?.isSigned !== true || (journal.top !== undefined && compareSlots(journal.top.slot, head.content.slot) >= 0)) return undefined
  return `the head ${slotText(head.content.slot)} is above its last entry`
}

// ---------------------------------------------------------------- the state

async function loadState (options: LoadOptions, context: InputContext, view: ChainView): Promise<{ execution: Execution, head: LoadedHead }> {
  const { records, log } = options
  const code = async (): Promise<Uint8Array> => await threadCode(options, context)
  try {
    const stored = await records.head()
    if (stored === undefined) return { execution: new Execution(context, code, undefined), head: undefined }
    const certificate = await records.certificate(stored.slot)
    if (certificate === undefined || breakpointHash(certificate.breakpoint) !== stored.hash) throw new ThreadsError('STORE_DAMAGED', 'the head\'s certificate is not what was stored')
    const machine = await Machine.load(context, await collect(records.state()))
    if (machine.root !== certificate.breakpoint.stateRoot) throw new ThreadsError('STORE_DAMAGED', 'the stored state has another root than the head commits to')
    return { execution: new Execution(context, code, machine), head: headOf(certificate, context) }
  } catch (error) {
    if (!(error instanceof ThreadsError) || error.code === 'STORE_FAILED') throw error
    log('error', 'thread.state-damaged', { thread: records.thread, code: error.code, error: error.message })
    return await replay(records, { context, view }, code, log)
  }
}

async function collect<T> (items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}

/**
 * Executes every certificate again, from the constructor on, and stores the state that results; stops at the first one that is damaged. Those after it stay: they prove
 * what they prove, and what is missing comes from the other players.
 */
async function replay (records: ThreadRecords, thread: Known, code: () => Promise<Uint8Array>, log: LoadOptions['log']): Promise<{ execution: Execution, head: LoadedHead }> {
  // First of all: without the code nothing can be said of the certificates.
  const creation = await code()
  const execution = new Execution(thread.context, async () => await Promise.resolve(creation), undefined)
  const operations = await records.dropState()
  let head: LoadedHead
  let count = 0
  try {
    for await (const { certificate, body, executed } of replayed(records.certificates(START), thread, execution)) {
      operations.push(...records.putExecuted(executed), ...records.putCertificate(certificate, body.content.hash, body.inputs, executed.receipts))
      head = { content: body.content, timestampSec: body.breakpoint.timestampSec, isSigned: certificate.signatures.length > 0 }
      count++
    }
  } catch (error) {
    if (!(error instanceof ThreadsError) || error.code === 'STORE_FAILED') throw error
    log('error', 'thread.certificate-damaged', { thread: records.thread, after: head === undefined ? null : slotText(head.content.slot), error: error.message })
  }
  await records.store.batch(operations)
  log('info', 'thread.replayed', { thread: records.thread, breakpoints: count })
  return { execution, head }
}

/** What this node has signed in a slot that a dispute has closed: nobody else may be willing to show it. */
export async function signedBefore (coordinator: Coordinator, hash: Hash32): Promise<Body | undefined> {
  const { records, context } = coordinator.parts
  const bytes = await records.signed(hash)
  return bytes === undefined ? undefined : bodyOfMessage(decodeMessage(bytes), context)
}

/**
 * The machine as it was at a breakpoint that is not the head, moves that were forced included: for what the chain has recorded.
 * @throws `STORE_DAMAGED`, `THREAD_BEHIND`, `MOVE_UNREPRODUCED`
 */
export async function machineAt (coordinator: Coordinator, hash: Hash32, chain: ChainPort): Promise<Machine> {
  const { records, context, execution } = coordinator.parts
  const { view } = coordinator
  if (coordinator.state.head?.hash === hash && execution.machine !== undefined) return execution.machine
  const move = view.moves.find(move => move.hash === hash)
  const past = new Execution(context, async () => await threadCode({ records, chain }, context), undefined)
  for await (const { body } of replayed(records.certificates(START), { context, view }, past)) if (body.content.hash === hash && past.machine !== undefined) return past.machine
  if (move !== undefined) {
    const ground = (await machineAt(coordinator, move.breakpoint.parent, chain)).fork()
    const forked = new Execution(context, async () => await threadCode({ records, chain }, context), ground)
    ;(await executeMove(forked, move, context)).executed.commit()
    return ground
  }
  const signed = coordinator.openBody?.content.hash === hash ? coordinator.openBody : await signedBefore(coordinator, hash)
  const ground = coordinator.moves.ground?.content ?? coordinator.state.head
  if (signed?.kind === 'breakpoint' && signed.content.parent === (ground?.hash ?? NO_PARENT)) {
    // The court's word is enough: it records nothing that not all have signed, also where it did not say with which signatures.
    const executed = await past.execute({ ...signed.breakpoint, inputs: signed.inputs })
    executed.commit()
    if (executed.root === signed.breakpoint.stateRoot && past.machine !== undefined) return past.machine
  }
  throw new ThreadsError('THREAD_BEHIND', 'this node does not have the state that the chain has recorded', { data: { thread: context.thread, recorded: hash } })
}

/** The receipts of a slot; where they are damaged, from its execution. @throws `STORE_DAMAGED` when certificates up to there are damaged too. */
export async function receiptsAt (coordinator: Coordinator, slot: Slot): Promise<readonly InputReceipt[] | undefined> {
  const { records, context, log } = coordinator.parts
  try {
    return await records.receipts(slot)
  } catch (error) {
    if (!isDamage(error)) throw error
    log('error', 'thread.record-damaged', { thread: context.thread, record: `receipts of ${slotText(slot)}`, code: error.code, error: error.message })
    const code = await records.code()
    if (code === undefined) throw error
    const past = new Execution(context, async () => await Promise.resolve(code), undefined)
    for await (const { certificate, body, executed } of replayed(records.certificates(START), { context, view: coordinator.view }, past)) {
      if (compareSlots(certificate.breakpoint, slot) !== 0) continue
      await records.store.batch([records.putReceipts(body.content.slot, executed.receipts)])
      return executed.receipts
    }
    throw error
  }
}

// ---------------------------------------------------------------- what was open

type Open = { readonly body: Body, readonly signature: Signature, readonly proposerSignature: Signature }

/** The content that the journal's last entry stands for, if it is still there and is what the entry says. */
async function loadOpen (records: ThreadRecords, context: InputContext, journal: Journal, sessionKey: Uint8Array): Promise<Open | undefined> {
  if (journal.top === undefined || journal.damage !== undefined) return undefined
  // A dispute that the chain took back and mined again: its slot is open again, and something else may have been open between.
  for (const bytes of [await records.open(), await records.signed(journal.top.hash)]) {
    const message = bytes === undefined ? undefined : decodeMessage(bytes)
    if (message?.kind !== 'proposal' && message?.kind !== 'closeProposal') continue
    const body = bodyOfMessage(message, context)
    if (journal.top.hash !== body?.content.hash) continue
    return { body, signature: sign(digestOf(body.content.hash, context.domain), sessionKey), proposerSignature: message.signature }
  }
  return undefined
}

/** Whether this node has signed the open slot, does not hold what it signed in its hands, and has it on disk. */
export async function hasSignedOnDisk (coordinator: Coordinator): Promise<boolean> {
  const { state, parts: { records, context, journal, sessionKey } } = coordinator
  if (state.signed !== undefined || state.provisional !== undefined || state.top === undefined || compareSlots(state.top, openSlot(state)) !== 0) return false
  const open = await loadOpen(records, context, journal, sessionKey)
  return open !== undefined && open.body.content.parent === (state.head?.hash ?? NO_PARENT)
}

function startAgreement (from: { view: ChainView, self: number | undefined, journal: Journal, head: Content | undefined, agreed: Slot | undefined, open: Open | undefined, watching: boolean }): Agreement {
  const { view, open } = from
  const options = {
    players: view.terms.players.length, self: from.self, head: from.head, agreed: from.agreed, confirmed: view.confirmedEpoch, top: from.journal.top?.slot, watching: from.watching,
    dispute: view.dispute === undefined ? undefined : { number: view.dispute.number, recorded: view.recorded?.hash }
  }
  const blank = initialAgreement(options)
  const isOpen = open !== undefined && compareSlots(open.body.content.slot, openSlot(blank)) === 0 && open.body.content.parent === (from.head?.hash ?? NO_PARENT)
  if (!isOpen) return blank
  const started = initialAgreement({ ...options, signed: { content: open.body.content, signature: open.signature } })
  const votes = [...started.votes.get(open.body.content.hash) ?? []]
  votes[open.body.content.proposer] = open.proposerSignature
  return { ...started, votes: new Map([[open.body.content.hash, votes]]) }
}

async function loadPool (options: LoadOptions, context: InputContext, execution: Execution): Promise<InputPool> {
  const pool = new InputPool(context.terms.players.length)
  for (const stored of await options.records.ownInputs()) {
    const input = await readable(options, 'own input', async () => await Promise.resolve(decodeInput(stored, context)))
    if (input !== undefined) pool.add(input, execution.nonceOf(input.player))
  }
  return pool
}

async function loadProvisional (
  records: ThreadRecords, context: InputContext, execution: Execution, head: LoadedHead
): Promise<{ provisional: Provisional, executed: Executed } | undefined> {
  const certificate = await records.provisional()
  if (certificate === undefined || certificate.breakpoint.parent !== (head?.content.hash ?? NO_PARENT)) return undefined
  const body = verifyCertificate(certificate, context, head?.content.next ?? 0)
  const executed = await execution.execute({ ...body.breakpoint, inputs: body.inputs })
  return { provisional: { body, signatures: certificate.signatures }, executed }
}
