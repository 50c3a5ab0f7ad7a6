/**
 * Whether an input can be brought before the judge (specification §9): a bound that every node computes alike from what running the input has shown, without
 * running the judge, which takes fifty times as long. What is above it is skipped by all.
 *
 * The bounds are on the bytes and the gas of one transaction. Either the whole judgement fits in one, whatever its opcodes are; or a transaction that goes on from the
 * largest machine has room for the most expensive opcode, and for its share of the others.
 */
import { MAX_OWN_CODE_BYTES, MAX_TRANSACTION_BYTES, PLANNED_GAS } from '../protocol/limits.js'
import type { Address, Hash32, InputTransaction } from '../protocol/types.js'
import type { Draft } from '../state/draft.js'
import { accountPath, EMPTY_CODE_HASH, slotPath } from '../state/leaf.js'
import { proofSize } from '../state/proof-size.js'
import { MAX_DEPTH, type Tree } from '../state/tree.js'
import type { Footprint } from './interpreter.js'
import { MACHINE_ADDRESS } from './routine.js'

/** What a run has shown that its judgement must bring along. */
export type Load = {
  /** Of the raw transaction, or of the call's data. */
  readonly rawBytes: number
  /** What the first frame is called with, or the init code that it runs. */
  readonly dataBytes: number
  /** Gas that opcodes may have used: without what is intrinsic, and before the refund. */
  readonly gas: bigint
  readonly accounts: number
  readonly slots: number
  /** The different codes of the touched accounts; `isHeld`: that of the thread's own contract, which is on the chain. */
  readonly codes: readonly { readonly size: number, readonly isHeld: boolean }[]
  /** Of the proof of all accounts and slots. */
  readonly proofBytes: number
  /** Accounts and slots of the access list, each times what it is looked for among. */
  readonly lookups: number
  readonly footprint: Footprint
  /** Of the machine that waits before it or after it, whichever is larger; undefined: the thread allows no routines (specification §11). */
  readonly waitingBytes: number | undefined
}

/** Calldata around what is listed below: selector, case, offsets, lengths and padding, the witness's header. */
const FRAME_BYTES = 800
const ACCOUNT_BYTES = 96
const SLOT_BYTES = 66
const CODE_BYTES = 4
const MAX_CODES = 255
/** An end of the proof without its siblings: for an absent item, with the foreign leaf beside it. */
const END_BYTES = 72
const SIBLING_BYTES = 32
/** Where routines may be: the players, the size of what waits, and the hashes of two codes more. */
const ROUTINE_BYTES = 700

// A saved machine (contracts/judge/Layout.sol).
const MACHINE_BYTES = 1_864
const WORD_BYTES = 32
const FRAME_RECORD_BYTES = 672
const ACCOUNT_ENTRY_BYTES = 192
const SLOT_ENTRY_BYTES = 160
const JOURNAL_ENTRY_BYTES = 64

/** Outer gas for each gas of the worst program that is known, rounded up (contracts/judge/README.md, "Limits of a thread"). */
export const OUTER_GAS = 160n
// What a judgement's transaction costs before its first opcode and behind its last one: measured, rounded up. An item is an account or a slot.
const SETUP_GAS = 200_000n
const BYTE_GAS = 40n
const ITEM_GAS = 5_000n
const LOOKUP_GAS = 100n
/** To find out where jumps may go: for each code and for each of its bytes, at most (contracts/judge/Codes.sol). Each transaction does it anew. */
const CODE_READING_GAS = 170_000n
const BYTE_READING_GAS = 170n
/** Room for opcodes in each transaction of several. */
const SHARE_GAS = 4_000_000n

/** Why a run of this load cannot be judged; undefined: it can. */
export function whyNotJudgeable (load: Load): string | undefined {
  if (load.codes.length > MAX_CODES) return `it touches ${load.codes.length} codes, at most ${MAX_CODES}`
  const first = firstBytes(load)
  if (first > MAX_TRANSACTION_BYTES) return `its first transaction takes ${first} bytes, at most ${MAX_TRANSACTION_BYTES}`
  // Then no machine is ever saved.
  if (setupGas(load, first) + readingGas(load) + OUTER_GAS * load.gas <= PLANNED_GAS) return undefined
  const most = Math.max(first, lastBytes(load))
  if (most > MAX_TRANSACTION_BYTES) return `it takes several transactions, and one of them up to ${most} bytes, at most ${MAX_TRANSACTION_BYTES}`
  const gas = setupGas(load, most) + larger(stepGas(load), readingGas(load) + SHARE_GAS)
  return gas > PLANNED_GAS ? `it takes several transactions, and one of them up to ${gas} gas, at most ${PLANNED_GAS}` : undefined
}

/** What a transaction of so many bytes costs without its opcodes, at most. */
export function setupGas ({ accounts, slots, lookups }: Load, bytes: number): bigint {
  return SETUP_GAS + BYTE_GAS * BigInt(bytes) + ITEM_GAS * BigInt(accounts + slots) + LOOKUP_GAS * BigInt(lookups)
}

/** What it costs to find out where jumps may go in all codes, at most. */
export function readingGas ({ codes, footprint }: Load): bigint {
  const bytes = codes.reduce((sum, { size }) => sum + size, footprint.initBytes / 2)
  return CODE_READING_GAS * BigInt(codes.length) + BYTE_READING_GAS * BigInt(Math.ceil(bytes))
}

/** One opcode that uses all of the gas is a precompile: it must be given its price and an eighth, which are to be 63 of 64 parts of what is there. */
function stepGas ({ gas }: Load): bigint {
  return gas * 8n / 7n
}

function larger (a: bigint, b: bigint): bigint {
  return a > b ? a : b
}

/** Calldata of the transaction that begins. */
export function firstBytes (load: Load): number {
  return sharedBytes(load) + SLOT_BYTES * load.slots
}

/** Calldata of a transaction that goes on and ends. */
export function lastBytes (load: Load): number {
  return sharedBytes(load) + machineBytes(load)
}

function sharedBytes (load: Load): number {
  const { rawBytes, codes, accounts, proofBytes } = load
  return FRAME_BYTES + routineBytes(load) + rawBytes + codes.reduce((sum, { size, isHeld }) => sum + CODE_BYTES + (isHeld ? Math.min(size, MAX_OWN_CODE_BYTES) : size), 0) + ACCOUNT_BYTES * accounts + proofBytes
}

/** What waits is shown as a code. In a saved machine that goes on from it, its call data stand for the transaction's. */
function routineBytes ({ waitingBytes }: Load): number {
  return waitingBytes === undefined ? 0 : ROUTINE_BYTES + wholeWords(waitingBytes)
}

/** The largest machine that can be saved on the way. */
export function machineBytes (load: Load): number {
  const { dataBytes, accounts, slots, codes, footprint } = load
  const { words, frames, initBytes, returnBytes, createdBytes, writes, transientWrites, entries } = footprint
  return MACHINE_BYTES + routineBytes(load) + wholeWords(dataBytes) + WORD_BYTES * words + FRAME_RECORD_BYTES * frames + initBytes + wholeWords(returnBytes) + createdBytes + WORD_BYTES * codes.length +
    ACCOUNT_ENTRY_BYTES * accounts + SLOT_ENTRY_BYTES * (slots + transientWrites) + JOURNAL_ENTRY_BYTES * (accounts + slots + writes + entries)
}

function wholeWords (bytes: number): number {
  return (bytes + 31) & ~31
}

// ---------------------------------------------------------------- what a run has shown

/** A run that has ended, on a draft that notes what is touched (`Draft.mark`). */
export type Run = {
  readonly draft: Draft
  /** The state before the breakpoint. */
  readonly tree: Tree
  /** The thread's own contract, whose code is on the chain. */
  readonly contract: Address
  readonly rawBytes: number
  readonly dataBytes: number
  readonly gas: bigint
  readonly accessList: InputTransaction['accessList']
  readonly footprint: Footprint
}

/** Why this run cannot be judged; undefined: it can. The proof is only measured where the longest that it could be is too long. */
export function whyNotJudged (run: Run): string | undefined {
  run.draft.touch(run.contract)
  const slots = slotsOf(run)
  const longest = proofBound(run.draft.touched.size, slots)
  if (longest <= MAX_TRANSACTION_BYTES && whyNotJudgeable(loadOf(run, slots, longest)) === undefined) return undefined
  return whyNotJudgeable(loadOf(run, slots, proofBytes(run)))
}

/** All that a run has shown, its proof measured. */
export function measure (run: Run): Load {
  run.draft.touch(run.contract)
  return loadOf(run, slotsOf(run), proofBytes(run))
}

function slotsOf ({ draft: { touched } }: Run): number {
  return [...touched.values()].reduce((sum, keys) => sum + keys.size, 0)
}

/** The longest proof that so many accounts and slots can have. */
function proofBound (accounts: number, slots: number): number {
  return 2 + (accounts + slots) * (END_BYTES + SIBLING_BYTES * MAX_DEPTH)
}

function proofBytes ({ draft: { touched }, tree }: Run): number {
  const paths = [...touched].flatMap(([address, slots]) => [accountPath(address), ...[...slots].map(slot => slotPath(address, slot))])
  return proofSize(tree, paths)
}

function loadOf (run: Run, slots: number, proof: number): Load {
  const { draft, draft: { touched }, rawBytes, dataBytes, gas, accessList, footprint } = run
  // What is settled or paid while something waits goes on from nothing, and may be shown it.
  const { waitedBytes } = footprint
  const waits = waitedBytes === undefined ? 0 : draft.code(draft.account(MACHINE_ADDRESS).codeHash).length
  const keys = accessList.reduce((sum, { storageKeys }) => sum + storageKeys.length, 0)
  return {
    rawBytes, dataBytes, gas, accounts: touched.size, slots, codes: codesOf(run), proofBytes: proof, footprint, waitingBytes: waitedBytes === undefined ? undefined : Math.max(waitedBytes, waits),
    lookups: accessList.length * (touched.size + slots) + keys * slots
  }
}

/** Without the machine that waits: nothing jumps in it, and it is counted by itself. */
function codesOf ({ draft, contract, footprint }: Run): Load['codes'] {
  const own = draft.account(contract).codeHash
  const hashes = new Set<Hash32>()
  for (const address of draft.touched.keys()) {
    if (address !== MACHINE_ADDRESS || footprint.waitedBytes === undefined) hashes.add(draft.account(address).codeHash)
  }
  hashes.delete(EMPTY_CODE_HASH)
  return [...hashes].map(hash => ({ size: draft.code(hash).length, isHeld: hash === own }))
}
