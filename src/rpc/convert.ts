/** From the node's own data to the JSON shapes of `schemas.ts`. Nothing is decided here. */
import { bytesToHex } from '../protocol/bytes.js'
import { allowsRoutines, isCreationCode } from '../protocol/terms.js'

import type { Breakpoint, Hash32, Input, Signature, Slot, Terms } from '../protocol/types.js'
import type { InputReceipt } from '../machine/machine.js'
import type { ChainView } from '../thread/chain-view.js'
import type { ThreadEvent } from '../thread/events.js'
import type { Receipt } from '../thread/ports.js'
import type { Evidence } from '../thread/records.js'
import type { FalseResult } from '../thread/result-records.js'
import type { BreakpointJson, EvidenceJson, FalseResultJson, NodeEvent, ReceiptJson, TermsJson } from './schemas.js'

type SlotJson = { epoch: number, nonce: number }

/** A slot with numbers. */
export function slotJson (slot: Slot): SlotJson {
  return { epoch: Number(slot.epoch), nonce: Number(slot.nonce) }
}

/** A mined transaction. */
export function transactionJson (receipt: Receipt): { hash: Hash32, gasUsed: number } {
  return { hash: receipt.transactionHash, gasUsed: Number(receipt.gasUsed) }
}

/** Terms with amounts as decimal strings. */
export function termsJson (terms: Terms): TermsJson {
  return {
    players: [...terms.players], sessionKeys: [...terms.sessionKeys],
    depositsUnits: terms.deposits.map(String), shares: terms.shares.map(String),
    asset: terms.asset, assetDecimals: terms.assetDecimals, codeKind: isCreationCode(terms) ? 'creation' : 'runtime', routine: allowsRoutines(terms),
    codeSource: terms.codeSource, codeHash: terms.codeHash, ctorArg: bytesToHex(terms.ctorArg),
    oracle: terms.oracle, oracleFeeUnits: terms.oracleFee.toString(), windowSec: Number(terms.windowSec), timeBankSec: Number(terms.timeBankSec),
    forcedMoves: terms.forcedMoves, settlement: terms.settlement, gasLimit: Number(terms.gasLimit), pieceGas: Number(terms.pieceGas), joinDeadlineSec: Number(terms.joinDeadlineSec), salt: terms.salt
  }
}

/** An input with what became of it. */
export function receiptJson (input: Input, receipt: InputReceipt, slot: Slot, index: number, terms: Terms): ReceiptJson {
  return {
    input: input.id, player: input.player, from: terms.players[input.player] ?? terms.oracle, to: input.tx.to ?? null, nonce: Number(input.tx.nonce),
    valueWei: input.tx.valueWei.toString(), data: bytesToHex(input.tx.data), slot: slotJson(slot), index, success: receipt.success,
    reason: receipt.reason ?? null, gasUsed: Number(receipt.gasUsed), returnData: bytesToHex(receipt.returnData), contractAddress: receipt.created ?? null,
    logs: receipt.logs.map(log => ({ address: log.address, topics: [...log.topics], data: bytesToHex(log.data) }))
  }
}

/** A certificate with its receipts. */
export function breakpointJson (
  breakpoint: Breakpoint, hash: Hash32, signatures: readonly Signature[], inputs: readonly Input[], receipts: readonly InputReceipt[], terms: Terms
): BreakpointJson {
  return {
    slot: slotJson(breakpoint), hash, parent: breakpoint.parent, stateRoot: breakpoint.stateRoot, inputsRoot: breakpoint.inputsRoot,
    timestampSec: Number(breakpoint.timestampSec), signatures: signatures.map(bytesToHex),
    inputs: inputs.flatMap((input, index) => {
      const receipt = receipts[index]
      return receipt === undefined ? [] : [receiptJson(input, receipt, breakpoint, index, terms)]
    })
  }
}

/** A false result as the interface gives it. */
export function falseResultJson ({ force, oracle, stateRoot, feeWei, signature, ownRoot, foundMs }: FalseResult): FalseResultJson {
  return { force, oracle, stateRoot, feeWei: feeWei.toString(), signature: bytesToHex(signature), ownRoot, foundMs: Math.floor(foundMs) }
}

/** A proof that a player signed twice. */
export function evidenceJson (evidence: Evidence): EvidenceJson {
  return {
    slot: slotJson(evidence.slot), signer: evidence.signer, foundMs: evidence.foundMs,
    contents: evidence.contents.map(({ hash, kind, signature }) => ({ hash, kind, signature }))
  }
}

/** An event of a thread; undefined for those that the interface does not tell. */
export function eventJson (event: ThreadEvent, terms: Terms): NodeEvent | undefined {
  const common = { timeMs: event.timeMs, thread: event.thread }
  switch (event.type) {
    case 'input': return {
      type: 'input', ...common, input: event.input.id, player: event.input.player, from: terms.players[event.input.player] ?? terms.oracle,
      to: event.input.tx.to ?? null, nonce: Number(event.input.tx.nonce), bytes: event.input.raw.length + event.input.binding.length
    }
    case 'proposal': return { type: 'proposal', ...common, kind: event.kind, slot: slotJson(event.slot), hash: event.hash, proposer: event.proposer, inputs: [...event.inputs], bytes: event.bytes }
    case 'ack': return { type: 'ack', ...common, slot: slotJson(event.slot), hash: event.hash, signer: event.signer, signed: [...event.signed], of: event.of }
    case 'breakpoint': return {
      type: 'breakpoint', ...common, ...breakpointJson(event.breakpoint, event.hash, event.signatures, event.inputs, event.receipts, terms),
      elapsedMs: Math.max(0, Math.round(event.elapsedMs)), bytes: event.bytes
    }
    case 'chain': return chainJson(event, event.view, common)
    case 'warning': return { type: 'warning', ...common, code: event.code, message: event.message, data: { ...event.data } }
    case 'dropped': return { type: 'warning', ...common, code: 'INPUT_DROPPED', message: `input ${event.input.id} was dropped: ${event.message}`, data: { input: event.input.id, code: event.code } }
    case 'evidence': {
      const { foundMs: _, ...evidence } = evidenceJson(event.evidence)
      return { type: 'evidence', ...common, ...evidence }
    }
    case 'close': return undefined
  }
}

function chainJson (event: ThreadEvent & { type: 'chain' }, view: ChainView, common: { timeMs: number, thread: ThreadEvent['thread'] }): NodeEvent {
  const { at } = event.event
  return {
    type: 'chain', ...common, event: event.event.type, phase: view.phase, blockNumber: Number(at.blockNumber), transaction: at.transactionHash,
    player: 'player' in event.event ? event.event.player : null,
    slot: view.recorded === undefined ? null : slotJson(view.recorded.breakpoint),
    dispute: view.dispute === undefined ? null : Number(view.dispute.number),
    evidenceUntilSec: view.dispute === undefined ? null : Number(view.dispute.evidenceUntilSec),
    endsAtSec: view.dispute === undefined ? null : Number(view.dispute.endsAtSec),
    payoutsUnits: view.payouts === undefined ? null : view.payouts.map(String)
  }
}
