/** What takes a thread to the chain: open, join, cancel, checkpoint, respond, close, withdraw. Disputes are in `dispute.ts`. */
import { randomBytes } from 'node:crypto'
import { asHash32, hexToBytes, ZERO_ADDRESS } from '../../protocol/bytes.js'
import { payeesOf, potOf, threadIdOf } from '../../protocol/terms.js'
import { cautionsOf, checkTerms } from '../../protocol/check-terms.js'
import type { Address, CodeKind, Terms, ThreadId } from '../../protocol/types.js'
import type { WireCertificate } from '../../protocol/certificate-codec.js'
import { ThreadsError } from '../../errors.js'
import type { NodeHost } from '../host.js'
import type { Coordinator } from '../../thread/coordinator.js'
import { fundsReceipts, withReceipts } from '../../thread/payouts.js'
import type { NodeApi, Params } from '../api.js'
import { Machine } from '../../machine/machine.js'
import { slotJson, termsJson, transactionJson } from '../convert.js'
import { assetJson, endedBy, endOnce, priced, sent } from './court.js'
import { requireAccepted } from './oracle.js'

type Methods =
  | 'thread_open' | 'thread_join' | 'thread_cancel' | 'thread_checkpoint' | 'thread_respond' | 'thread_close' | 'thread_withdraw'

/** With more confirmations it takes longer, and "open" returns before. */
const KNOWN_WITHIN_MS = 5_000

/** @see NodeApi */
export function chainMethods (node: NodeHost): Pick<NodeApi, Methods> {
  const terms = (coordinator: Coordinator): Terms => coordinator.parts.context.terms
  return {
    thread_open: async params => {
      const opened = await termsOf(node, params)
      await tryConstructor(node, opened)
      const thread = threadIdOf(opened, node.domain)
      const receipt = await node.chain.open(opened, ownAddress(node))
      await known(node, thread)
      return { thread, terms: termsJson(opened), transaction: transactionJson(receipt), oracle: await oracleOf(node, opened), ...cautioned(opened) }
    },
    thread_join: async ({ thread }) => {
      const { coordinator } = node.thread(thread)
      const player = playerOf(coordinator)
      if (coordinator.view.joined[player] === true) throw new ThreadsError('THREAD_ALREADY_JOINED', 'this player has paid its deposit already', { data: { thread, player } })
      if (coordinator.view.joined.every((joined, other) => joined || other === player)) await requireAccepted(node, thread, terms(coordinator))
      await tryConstructor(node, terms(coordinator))
      return { thread, transaction: transactionJson(await node.chain.join(terms(coordinator), player, ownAddress(node))), ...cautioned(terms(coordinator)) }
    },
    thread_cancel: async ({ thread }) => {
      const { coordinator } = node.thread(thread)
      const ended = await endOnce(node, coordinator, 'cancelled', async () => await node.chain.cancel(terms(coordinator)))
      return 'done' in ended ? { thread, transaction: transactionJson(ended.done) } : { thread, transaction: null, ...ended }
    },
    thread_checkpoint: async ({ thread, dryRun }) => {
      const { coordinator } = node.thread(thread)
      const certificate = await headCertificate(coordinator)
      const shown = { thread, slot: slotJson(certificate.breakpoint) }
      if (dryRun) return { ...shown, ...priced(await node.chain.quotes.checkpoint(terms(coordinator), certificate)) }
      return { ...shown, ...sent(await node.chain.checkpoint(terms(coordinator), certificate)) }
    },
    thread_respond: async ({ thread, dryRun }) => {
      const { coordinator } = node.thread(thread)
      const certificate = await headCertificate(coordinator)
      const shown = { thread, slot: slotJson(certificate.breakpoint) }
      if (dryRun) return { ...shown, ...priced(await node.chain.quotes.respond(terms(coordinator), certificate)) }
      return { ...shown, ...sent(await node.chain.respond(terms(coordinator), certificate)) }
    },
    thread_close: async (params, options) => await close(node, params, options?.signal),
    thread_withdraw: async ({ asset, dryRun }) => {
      const credit = await node.chain.credit(asset, node.chain.wallet)
      if (credit === 0n) return { asset, amountUnits: '0', transaction: null }
      if (dryRun) return { asset, amountUnits: credit.toString(), ...priced(await node.chain.quotes.withdraw(asset)) }
      return { asset, amountUnits: credit.toString(), ...sent(await node.chain.withdraw(asset)) }
    }
  }
}

/** The address that this node publishes: one that others can dial. @throws `NODE_NO_ADDRESS`. */
function ownAddress (node: NodeHost): string {
  const [first] = node.network.multiaddrs()
  if (first === undefined) throw new ThreadsError('NODE_NO_ADDRESS', 'this node listens nowhere that it could publish; set listen or announce')
  return first
}

/** Waits until this node knows the thread that it has opened, as long as a chain without many confirmations takes to say so. */
async function known (node: NodeHost, thread: ThreadId): Promise<void> {
  if (node.threads.has(thread)) return
  const waited = Promise.withResolvers<undefined>()
  const stop = node.subscribe(event => { if (event.thread === thread) waited.resolve(undefined) })
  const timer = setTimeout(() => { waited.resolve(undefined) }, KNOWN_WITHIN_MS)
  if (node.threads.has(thread)) waited.resolve(undefined)
  await waited.promise
  clearTimeout(timer)
  stop()
}

function cautioned (terms: Terms): { cautions?: string[] } {
  const cautions = cautionsOf(terms)
  return cautions.length === 0 ? {} : { cautions }
}

/** What the oracle of the terms has to answer with, and what one claim needs. */
async function oracleOf (node: NodeHost, { oracle, gasLimit }: Terms): Promise<{ account: Address, freeWei: string, perClaimWei: string } | null> {
  if (oracle === ZERO_ADDRESS) return null
  const [freeWei, perClaimWei] = await Promise.all([node.chain.freeBond(oracle), node.chain.bondFor(gasLimit)])
  return { account: oracle, freeWei: freeWei.toString(), perClaimWei: perClaimWei.toString() }
}

/** This node's own player. @throws `THREAD_NOT_A_PLAYER` */
export function playerOf (coordinator: Coordinator): number {
  const { self } = coordinator.parts
  if (self === undefined) throw new ThreadsError('THREAD_NOT_A_PLAYER', 'this node is no player of the thread', { data: { thread: coordinator.thread } })
  return self
}

async function termsOf (node: NodeHost, params: Params<'thread_open'>): Promise<Terms> {
  const [creator] = params.players
  if (creator?.wallet !== node.chain.wallet || creator.sessionKey !== node.sessionKey) {
    throw new ThreadsError('OPEN_NOT_CREATOR', 'the first player must be this node', { data: { wallet: node.chain.wallet, sessionKey: node.sessionKey } })
  }
  const code = await node.chain.findCode(params.contract)
  const terms: Terms = {
    players: params.players.map(player => player.wallet),
    sessionKeys: params.players.map(player => player.sessionKey),
    deposits: params.players.map(player => BigInt(player.deposit)),
    shares: params.shares?.map(BigInt) ?? params.players.map(() => 1n),
    asset: params.asset, assetDecimals: await decimals(node, params.asset),
    codeKind: codeKindOf(code.kind, params.routine === true), codeSource: params.contract, codeHash: code.hash, ctorArg: hexToBytes(params.ctorArg),
    oracle: params.oracle, oracleFee: BigInt(params.oracleFee),
    windowSec: BigInt(params.windowSec), timeBankSec: BigInt(params.timeBankSec ?? params.windowSec), forcedMoves: params.forcedMoves,
    settlement: params.settlement, gasLimit: BigInt(params.gasLimit), pieceGas: BigInt(params.pieceGas ?? 0),
    joinDeadlineSec: await node.chain.now() + BigInt(params.joinWithinSec),
    salt: params.salt ?? asHash32(randomBytes(32))
  }
  checkTerms(terms)
  return terms
}

function codeKindOf (found: 0 | 1, routine: boolean): CodeKind {
  if (!routine) return found
  return found === 0 ? 2 : 3
}

/**
 * Runs the constructor before money goes into a thread that could not begin: only a dispute would give it back.
 * @throws `MACHINE_CONSTRUCTOR_REVERTED`, `CODE_MISMATCH`, `CODE_NOT_FOUND`.
 */
async function tryConstructor (node: NodeHost, terms: Terms): Promise<void> {
  const context = { terms, thread: threadIdOf(terms, node.domain), domain: node.domain }
  const [code, now] = await Promise.all([node.chain.code(terms), node.chain.now()])
  await Machine.genesis(context, code, now)
}

async function decimals (node: NodeHost, asset: Address): Promise<number> {
  return asset === ZERO_ADDRESS ? 18 : await node.chain.assetDecimals(asset)
}

/** The last certificate. @throws `THREAD_NOT_STARTED` */
export async function headCertificate (coordinator: Coordinator): Promise<WireCertificate> {
  const head = await coordinator.parts.records.head()
  const certificate = head === undefined ? undefined : await coordinator.parts.records.certificate(head.slot)
  if (certificate === undefined) throw new ThreadsError('THREAD_NOT_STARTED', 'nothing is co-signed yet', { data: { thread: coordinator.thread } })
  return certificate
}

/** Asks for a close and waits until the chain has confirmed it. */
async function close (node: NodeHost, params: Params<'thread_close'>, signal: AbortSignal | undefined): Promise<Awaited<ReturnType<NodeApi['thread_close']>>> {
  const { coordinator } = node.thread(params.thread)
  playerOf(coordinator)
  const over = (): ThreadsError => new ThreadsError('THREAD_OVER', `the thread is ${coordinator.view.phase}`, { data: { thread: params.thread, phase: coordinator.view.phase } })
  if (coordinator.view.phase === 'settled' || coordinator.view.phase === 'cancelled') throw over()
  const { terms } = coordinator.parts.context
  // What receipts are for is not for the players to divide.
  const { exits } = coordinator.parts.execution
  const wanted = params.payouts === undefined ? undefined : withReceipts(params.payouts.map(BigInt), exits)
  const sum = wanted?.reduce((total, payout) => total + payout, 0n)
  if (wanted !== undefined && (!fundsReceipts(terms, wanted, exits) || sum !== potOf(terms))) {
    throw new ThreadsError('CLOSE_WRONG_PAYOUTS', 'the payouts are one for each payee and add up to the pot without what its receipts are for', { data: { sum: String(sum), receipts: exits.total.toString(), pot: potOf(terms).toString(), payees: payeesOf(terms).length } })
  }
  if (coordinator.state.head === undefined) throw new ThreadsError('THREAD_NOT_STARTED', 'nothing is co-signed yet: "challenge" and "settle" give the deposits back', { data: { thread: params.thread } })
  if (params.dryRun) return await closePrice(node, params.thread, wanted)
  const closed = Promise.withResolvers<'closed' | 'over' | 'timeout' | 'gone'>()
  const stop = node.subscribe(event => {
    if (event.thread !== params.thread || event.type !== 'chain') return
    if (event.event.type === 'closed') closed.resolve('closed')
    else if (event.view.phase === 'settled') closed.resolve('over')
  })
  const timer = setTimeout(() => { closed.resolve('timeout') }, params.timeoutSec * 1000)
  const abort = (): void => { closed.resolve('gone') }
  signal?.addEventListener('abort', abort, { once: true })
  try {
    if (coordinator.view.phase === 'closed') closed.resolve('closed')
    else {
      await coordinator.exclusive(async () => {
        const parent = coordinator.state.head?.hash
        coordinator.parts.closing.want(wanted === undefined || parent === undefined ? undefined : { parent, payouts: wanted })
      })
    }
    const outcome = await closed.promise
    if (outcome === 'over') throw over()
    return await closeResult(node, params.thread, outcome === 'closed')
  } finally {
    stop()
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}

type CloseResult = Awaited<ReturnType<NodeApi['thread_close']>>

async function closeResult (node: NodeHost, thread: ThreadId, isClosed: boolean): Promise<CloseResult> {
  const { coordinator, duties } = node.thread(thread)
  const head = coordinator.closable()
  const payouts = coordinator.view.payouts ?? coordinator.close?.close.payouts ?? (head === undefined ? [] : coordinator.parts.closing.payouts(head) ?? [])
  const missing = isClosed || coordinator.close !== undefined ? [] : head === undefined ? duties.missing() : coordinator.parts.closing.missing(head)
  const transaction = coordinator.closedBy
  const by = isClosed && transaction === undefined ? await endedBy(coordinator, 'closed') : undefined
  return {
    thread, closed: isClosed, payoutsUnits: payouts.map(String), missing, transaction: transaction === undefined ? null : transactionJson(transaction),
    ...(by === undefined ? {} : { already: by }), asset: assetJson(coordinator.view.terms)
  }
}

/** What the close would pay, and cost: the latter once everybody has signed it. */
async function closePrice (node: NodeHost, thread: ThreadId, wanted: readonly bigint[] | undefined): Promise<CloseResult> {
  const { coordinator } = node.thread(thread)
  const { close, view, state, parts: { context } } = coordinator
  if (view.phase === 'closed') return await closeResult(node, thread, true)
  const quote = close === undefined ? null : priced(await node.chain.quotes.close(context.terms, close)).quote
  const payouts = close?.close.payouts ?? wanted ?? coordinator.closable()?.payouts ?? []
  const missing = close !== undefined ? [] : context.terms.players.map((_, player) => player).filter(player => player !== state.self)
  return { thread, closed: false, payoutsUnits: payouts.map(String), missing, transaction: null, quote, asset: assetJson(context.terms) }
}
