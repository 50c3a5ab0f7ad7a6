/** `thread_list`, `thread_status`, and what is known of a thread's past. */
import { scaleOf } from '../../protocol/terms.js'
import { breakpointHash } from '../../protocol/typed-data.js'
import { decodeInput } from '../../protocol/input.js'
import type { NodeHost } from '../host.js'
import { openProposer, openSlot } from '../../thread/agreement.js'
import { isOver } from '../../thread/chain-view.js'
import type { Coordinator } from '../../thread/coordinator.js'
import { receiptsAt } from '../../thread/recovery.js'
import type { Glance, RunningThread } from '../../thread/resting.js'
import { ResultRecords } from '../../thread/result-records.js'
import type { NodeApi } from '../api.js'
import { breakpointJson, evidenceJson, falseResultJson, receiptJson, slotJson, termsJson } from '../convert.js'
import type { ReceiptJson, ThreadStatus, ThreadSummary } from '../schemas.js'
import { contractAddressOf, payeesOf, threadChainId } from '../../protocol/terms.js'
import { bytesToHex, ZERO_ADDRESS } from '../../protocol/bytes.js'
import type { Address, Hash32 } from '../../protocol/types.js'

type Methods = 'thread_list' | 'thread_status' | 'thread_breakpoints' | 'thread_receipt' | 'thread_evidence'

/** @see NodeApi */
export function threadMethods (node: NodeHost): Pick<NodeApi, Methods> {
  return {
    thread_list: async ({ all }) => ({
      threads: node.glances().filter(glance => all || !isOver(glance)).map(glance => summary(glance, node.domain.court))
    }),
    thread_status: async ({ thread }) => await status(node, node.thread(thread)),
    thread_breakpoints: async ({ thread, from, limit }) => {
      const { coordinator } = node.thread(thread)
      const { records, context } = coordinator.parts
      const breakpoints = []
      for await (const certificate of records.certificates({ epoch: BigInt(from.epoch), nonce: BigInt(from.nonce) }, limit)) {
        const inputs = certificate.inputs.map(input => decodeInput(input, context))
        const receipts = await receiptsAt(coordinator, certificate.breakpoint) ?? []
        breakpoints.push(breakpointJson(certificate.breakpoint, breakpointHash(certificate.breakpoint), certificate.signatures, inputs, receipts, context.terms))
      }
      const open = coordinator.moves.followed.filter(({ body }) => body.breakpoint.nonce >= BigInt(from.nonce)).slice(0, limit - breakpoints.length)
      return { breakpoints: [...breakpoints, ...open.map(({ body, executed }) => breakpointJson(body.breakpoint, body.content.hash, [], body.inputs, executed.receipts, context.terms))] }
    },
    thread_receipt: async ({ thread, input }) => ({ receipt: await findReceipt(node.thread(thread).coordinator, input) ?? null }),
    thread_evidence: async ({ thread }) => {
      const { records } = node.thread(thread).coordinator.parts
      return { evidence: (await records.evidence()).map(evidenceJson), results: (await new ResultRecords(records).falseOnes()).map(falseResultJson) }
    }
  }
}

/** What became of an input; undefined while it is not final. */
export async function findReceipt (coordinator: Coordinator, id: Hash32): Promise<ReceiptJson | undefined> {
  const { records, context } = coordinator.parts
  const forced = coordinator.moves.withInput(id)
  const [input] = forced?.body.inputs ?? []
  const [done] = forced?.executed.receipts ?? []
  if (forced !== undefined && input !== undefined && done !== undefined) return receiptJson(input, done, forced.body.breakpoint, 0, context.terms)
  const place = await records.place(id)
  if (place === undefined) return undefined
  const [certificate, receipts] = await Promise.all([records.certificate(place.slot), receiptsAt(coordinator, place.slot)])
  const signed = certificate?.inputs[place.index]
  const receipt = receipts?.[place.index]
  if (signed === undefined || receipt === undefined) return undefined
  return receiptJson(decodeInput(signed, context), receipt, place.slot, place.index, context.terms)
}

function summary ({ thread, terms, phase, self, head, waitingFor, isWatching, warnings }: Glance, court: Address): ThreadSummary {
  return {
    thread, phase, me: self ?? null, players: terms.players.length, contract: contractAddressOf(thread, court), slot: head === undefined ? null : slotJson(head),
    waitingFor: [...waitingFor], mode: isWatching ? 'watching' : 'signing', warnings: warnings.length
  }
}

async function status (node: NodeHost, running: RunningThread): Promise<ThreadStatus> {
  const { coordinator } = running
  const { state, view, parts } = coordinator
  const { terms, domain } = parts.context
  const contract = contractAddressOf(coordinator.thread, domain.court)
  const peers = new Map(node.network.peers().map(peer => [peer.sessionKey, peer.id]))
  const recorded = view.recorded
  return {
    thread: coordinator.thread, phase: view.phase, terms: termsJson(terms), contract, chainId: threadChainId(coordinator.thread).toString(),
    me: parts.self ?? null,
    players: terms.players.map((wallet, index) => {
      const sessionKey = terms.sessionKeys[index] ?? ZERO_ADDRESS
      return {
        index, wallet, sessionKey, depositUnits: (terms.deposits[index] ?? 0n).toString(), joined: view.joined[index] ?? false,
        connected: index === parts.self || peers.has(sessionKey), peerId: index === parts.self ? node.network.id : peers.get(sessionKey) ?? null,
        lastSeenMs: node.lastSeenMs(sessionKey) ?? null
      }
    }),
    head: state.head === undefined ? null : await headJson(coordinator),
    pending: pendingJson(running),
    balances: balancesJson(coordinator, contract),
    suspended: suspendedJson(coordinator),
    chain: {
      recorded: recorded === undefined ? null : { slot: slotJson(recorded.breakpoint), hash: recorded.hash },
      confirmedEpoch: Number(view.confirmedEpoch), dispute: Number(view.lastDispute),
      evidenceUntilSec: view.dispute === undefined ? null : Number(view.dispute.evidenceUntilSec),
      endsAtSec: view.dispute === undefined ? null : Number(view.dispute.endsAtSec),
      nowSec: await node.chain.now().then(Number, () => null),
      payoutsUnits: view.payouts?.map(String) ?? null
    },
    mode: state.mode === 'watching' ? 'watching' : 'signing', modeReason: modeReason(coordinator),
    warnings: coordinator.warnings.map(warning => ({ ...warning, sinceMs: Math.floor(warning.sinceMs) })), evidence: (await parts.records.evidence()).length
  }
}

function suspendedJson ({ parts: { execution, context: { terms } } }: Coordinator): ThreadStatus['suspended'] {
  const waiting = execution.machine?.waiting
  if (waiting === undefined) return null
  return { movers: waiting.movers.map(mover => terms.players.indexOf(mover)), onTimeout: waiting.onTimeout, data: bytesToHex(waiting.data), ...waiting.piece === undefined ? {} : { piece: waiting.piece } }
}

async function headJson (coordinator: Coordinator): Promise<ThreadStatus['head']> {
  const move = coordinator.moves.followed.at(-1)?.body
  if (move !== undefined) {
    const { breakpoint, content } = move
    return { slot: slotJson(breakpoint), hash: content.hash, stateRoot: breakpoint.stateRoot, timestampSec: Number(breakpoint.timestampSec), signatures: 0 }
  }
  const stored = await coordinator.parts.records.head()
  const certificate = stored === undefined ? undefined : await coordinator.parts.records.certificate(stored.slot)
  if (stored === undefined || certificate === undefined) return null
  const { breakpoint, signatures } = certificate
  return { slot: slotJson(breakpoint), hash: stored.hash, stateRoot: breakpoint.stateRoot, timestampSec: Number(breakpoint.timestampSec), signatures: signatures.length }
}

function pendingJson ({ coordinator, duties }: RunningThread): ThreadStatus['pending'] {
  const { state, view, parts } = coordinator
  if (isOver(view) || view.phase === 'opening' || state.mode === 'closing') return null
  return {
    slot: slotJson(openSlot(state)), proposer: openProposer(state), hash: state.proposal?.hash ?? null, kind: state.proposal?.kind ?? null,
    signed: state.proposal === undefined ? [] : coordinator.signers(state.proposal.hash), waitingFor: duties.missing(),
    sinceMs: state.proposal === undefined ? null : Math.floor(coordinator.slotOpenedMs), queuedInputs: parts.pool.size
  }
}

function balancesJson (coordinator: Coordinator, contract: ReturnType<typeof contractAddressOf>): ThreadStatus['balances'] {
  const { execution, context } = coordinator.parts
  const { terms } = context
  if (execution.machine === undefined) return null
  const pot = terms.deposits.reduce((sum, deposit) => sum + deposit, terms.oracleFee) * scaleOf(terms)
  const held = payeesOf(terms).reduce((sum, payee) => sum + execution.balanceOf(payee), 0n)
  return {
    playersWei: terms.players.map(player => execution.balanceOf(player).toString()),
    oracleWei: terms.oracle === ZERO_ADDRESS ? '0' : execution.balanceOf(terms.oracle).toString(),
    contractWei: execution.balanceOf(contract).toString(), leftoverWei: (pot - held).toString()
  }
}

function modeReason (coordinator: Coordinator): string | null {
  const { state, view, parts } = coordinator
  if (isOver(view)) return `the thread is ${view.phase}`
  if (parts.self === undefined) return 'this node is no player of it'
  const watching = coordinator.warnings.find(({ code }) => code === 'THREAD_OLD_COPY' || code === 'JOURNAL_DAMAGED')
  if (watching !== undefined) return watching.message
  if (state.mode === 'starting') return `waits to hear from player ${state.awaiting.join(', ')} before it signs`
  return state.mode === 'closing' ? 'everybody has signed the end' : null
}
