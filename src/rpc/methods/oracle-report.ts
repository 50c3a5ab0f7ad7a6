/** What an oracle's operator sees of its business, and a player of an oracle. */
import { hasCode, ThreadsError } from '../../errors.js'
import type { OracleOffer } from '../../protocol/oracle-codec.js'
import { decodeSyncAnswer, encodeSyncRequest } from '../../protocol/sync.js'
import { foldChainEvent, isOver, openMoves, type ChainView } from '../../thread/chain-view.js'
import type { ChainEvent } from '../../thread/ports.js'
import type { ThreadRecords } from '../../thread/records.js'
import { ResultRecords } from '../../thread/result-records.js'
import { ZERO_ADDRESS } from '../../protocol/bytes.js'
import type { NodeApi, Params, Result } from '../api.js'
import type { NodeHost } from '../host.js'

type Methods = 'oracle_report' | 'oracle_look'
type Report = Result<'oracle_report'>
type ThreadReport = Report['threads'][number]

/** How long a peer has to be reached, milliseconds. */
const REACHED_WITHIN_MS = 10_000
const LOOK_MS = 100

/** @see NodeApi */
export function oracleReportMethods (node: NodeHost): Pick<NodeApi, Methods> {
  return {
    oracle_report: async () => await report(node),
    oracle_look: async params => await look(node, params)
  }
}

async function report (node: NodeHost): Promise<Report> {
  const { serving, chain } = node
  const threads: ThreadReport[] = []
  let [paid, brought] = [0n, 0n]
  // One after the other, and from the disk: there may be a thousand.
  for (const { thread } of node.glances().filter(({ terms }) => terms.oracle === chain.wallet)) {
    const records = node.records(thread)
    const events = await records.chainEvents()
    const view = viewOf(events)
    if (view === undefined) continue
    threads.push(await threadReport(node, view, records, events))
    paid += view.terms.asset === ZERO_ADDRESS ? view.payouts?.[view.terms.players.length] ?? 0n : 0n
    brought += await resultFees(node, records, events)
  }
  const { signed = 0, running = 0, refused = {} } = serving?.count ?? {}
  return {
    serves: serving !== undefined, dryRun: serving?.isDryRun === true, offer: serving === undefined ? null : offerJson(serving.offer),
    bond: { freeWei: (await chain.freeBond(chain.wallet)).toString(), usedWei: sum(threads.map(({ pledgedWei }) => BigInt(pledgedWei))).toString() },
    earned: { threadsWei: paid.toString(), resultsWei: brought.toString() },
    threads,
    work: {
      opening: threads.filter(({ phase, accepted }) => phase === 'opening' && !accepted).length, disputes: threads.filter(({ phase }) => phase === 'dispute').length,
      running, signed, refused: { ...refused }
    }
  }
}

function viewOf (events: readonly ChainEvent[]): ChainView | undefined {
  return events.reduce<ChainView | undefined>((view, event) => foldChainEvent(view, event), undefined)
}

async function threadReport (node: NodeHost, view: ChainView, records: ThreadRecords, events: readonly ChainEvent[]): Promise<ThreadReport> {
  const { thread } = records
  const { wallet } = node.chain
  const [pledge, results] = await Promise.all([node.chain.pledge(thread, wallet), new ResultRecords(records).count()])
  const isOurs = (account: unknown): boolean => account === wallet
  return {
    thread, phase: view.phase, accepted: pledge.accepted, pledgedWei: pledge.amountWei.toString(), feeUnits: view.terms.oracleFee.toString(), asset: view.terms.asset, results,
    standing: openMoves(view).filter(({ claim }) => isOurs(claim?.account) && claim?.isProved !== true).length, claims: events.filter(event => event.type === 'claimed' && isOurs(event.account)).length,
    releasable: isOver(view) && pledge.amountWei > 0n
  }
}

/** Every claim of ours that was made has paid what its result says. */
async function resultFees (node: NodeHost, records: ThreadRecords, events: readonly ChainEvent[]): Promise<bigint> {
  const results = new ResultRecords(records)
  const fees: bigint[] = []
  for (const [index, event] of events.entries()) {
    const forced = events[index - 1]
    if (event.type !== 'claimed' || event.account !== node.chain.wallet || forced?.type !== 'forced') continue
    fees.push(await results.feeOf(forced.dispute, forced.breakpoint, forced.player) ?? 0n)
  }
  return sum(fees)
}

async function look (node: NodeHost, { multiaddr, account, gasLimit }: Params<'oracle_look'>): Promise<Result<'oracle_look'>> {
  const offer = multiaddr === undefined ? undefined : await askOffer(node, multiaddr)
  const asked = account ?? offer?.wallet
  if (asked === undefined) throw new ThreadsError('ORACLE_NOT_SERVING', 'the node at this address is no oracle', { data: { multiaddr } })
  const [freeWei, perClaimWei] = await Promise.all([node.chain.freeBond(asked), node.chain.bondFor(BigInt(gasLimit))])
  return {
    account: asked, offer: offer === undefined ? null : offerJson(offer), freeWei: freeWei.toString(), perClaimWei: perClaimWei.toString(), covers: Number(freeWei / perClaimWei),
    record: await recordOf(node, asked)
  }
}

async function recordOf (node: NodeHost, account: Result<'oracle_look'>['account']): Promise<Result<'oracle_look'>['record']> {
  try {
    return await node.chain.oracleRecord(account as typeof node.chain.wallet, 0n)
  } catch (error) {
    if (!hasCode(error, 'CHAIN_RPC_ERROR')) throw error
    return null
  }
}

/** @throws `NETWORK_BAD_ADDRESS`, `NETWORK_UNREACHABLE`, `NETWORK_TIMEOUT`, `ORACLE_NOT_SERVING` */
async function askOffer (node: NodeHost, multiaddr: string): Promise<OracleOffer> {
  node.network.connect(multiaddr)
  const peer = multiaddr.slice(multiaddr.lastIndexOf('/') + 1)
  for (const endMs = node.clock.nowMs() + REACHED_WITHIN_MS; !node.network.peers().some(({ id }) => id === peer);) {
    if (node.clock.nowMs() > endMs) throw new ThreadsError('NETWORK_UNREACHABLE', 'the oracle could not be reached', { data: { multiaddr } })
    await new Promise(resolve => setTimeout(resolve, LOOK_MS))
  }
  const answer = decodeSyncAnswer(await node.network.request(peer, encodeSyncRequest({ kind: 'offer' }), { timeoutMs: REACHED_WITHIN_MS }))
  if (answer.kind !== 'offer') throw new ThreadsError('ORACLE_NOT_SERVING', 'the node at this address is no oracle', { data: { multiaddr } })
  return answer.offer
}

function offerJson ({ wallet, minFeeUnits, resultFeeWei, claims, codes, assets }: OracleOffer): NonNullable<Report['offer']> {
  return { account: wallet, minFeeUnits: minFeeUnits.toString(), resultFeeWei: resultFeeWei.toString(), claims, codes: [...codes], assets: [...assets] }
}

function sum (amounts: readonly bigint[]): bigint { return amounts.reduce((total, amount) => total + amount, 0n) }
