/** The witness as the judge reads it (contracts/judge/Witness.sol; contracts/judge/README.md lists the bytes). */
import { bigintToBytes, concatBytes, hexToBytes } from '../protocol/bytes.js'
import { integerBytes } from '../protocol/rlp.js'
import type { Address, Hash32 } from '../protocol/types.js'
import { EMPTY_CODE_HASH } from '../state/leaf.js'

import { encodeCode, type CodeHolder } from './code-reference.js'
import type { JudgeRooms } from './judge-input.js'

/** An account before the input. `code` where it is needed: it has the hash `codeHash`. */
export type WitnessAccount = {
  readonly address: Address
  readonly nonce: bigint
  readonly balanceWei: bigint
  readonly codeHash: Hash32
  readonly code: Uint8Array | undefined
  readonly slots: readonly { readonly key: bigint, readonly value: bigint }[]
}

/** Accounts that the case and the input name already, so that the witness need not: the sender, the recipient or what is created, the coinbase. */
export type Cast = {
  readonly sender: Address
  readonly target: Address
  readonly coinbase: Address
  /** Of a transaction to a contract that may be a routine: whom it may name (specification §11). */
  readonly players?: readonly Address[]
}

/** How far a call may go, and what memory it sets aside. */
export type Allowance = { readonly steps: bigint, readonly rooms: JudgeRooms }

/** More steps than anybody pays for: the field's largest. */
export const ALL_STEPS = (1n << 40n) - 1n

const BY_NAME = 0
const HASH_GIVEN = 1
const CODE_GIVEN = 2

/** The witness of a judgement from the start. `proof` shows the accounts, then all slots, in this order, under the state's root. */
export function encodeWitness (accounts: readonly WitnessAccount[], proof: Uint8Array, cast: Cast, allowance: Allowance, holders: readonly CodeHolder[]): Uint8Array {
  const codes = codesOf(accounts)
  const slots = accounts.reduce((sum, account) => sum + account.slots.length, 0)
  return concatBytes(
    header(allowance, codes.length, accounts.length, slots), ...codes.map((code) => encodeCode(code, holders)), encodePlayers(cast),
    ...accounts.map((account) => encodeAccount(account, account.slots, cast, codes)), proof
  )
}

/**
 * The witness of a call that goes on from a saved machine. `end` are the accounts and the proof for a call in which the message ends; without it the call
 * must stop again.
 */
export function encodeResumption (machine: Uint8Array, accounts: readonly WitnessAccount[], end: { readonly proof: Uint8Array, readonly cast: Cast } | undefined, allowance: Allowance, holders: readonly CodeHolder[]): Uint8Array {
  const codes = codesOf(accounts)
  const slots = accounts.reduce((sum, account) => sum + account.slots.length, 0)
  return concatBytes(
    header(allowance, codes.length, end === undefined ? 0 : accounts.length, end === undefined ? 0 : slots), ...codes.map((code) => encodeCode(code, holders)),
    bigintToBytes(BigInt(machine.length), 4), machine,
    ...end === undefined ? [] : [...accounts.map((account) => encodeAccount(account, [], end.cast, codes)), end.proof]
  )
}

/** How many, and their wallets. */
function encodePlayers ({ players }: Cast): Uint8Array {
  return players === undefined ? NOTHING : concatBytes(Uint8Array.of(players.length), ...players.map((player) => hexToBytes(player)))
}

function header ({ steps, rooms }: Allowance, codes: number, accounts: number, slots: number): Uint8Array {
  const fields: [bigint | number, number][] = [
    [steps, 5], [rooms.frames, 3], [rooms.transientSlots, 3], [rooms.journalEntries, 3], [rooms.returnBytes, 3], [rooms.newCodes, 2], [rooms.newCodeBytes, 3],
    [codes, 1], [accounts, 2], [slots, 2]
  ]
  return concatBytes(...fields.map(([value, size]) => bigintToBytes(BigInt(value), size)))
}

/** Each code once, in the order in which they are numbered. */
function codesOf (accounts: readonly WitnessAccount[]): Uint8Array[] {
  const codes = new Map<Hash32, Uint8Array>()
  for (const { codeHash, code } of accounts) if (code !== undefined && code.length > 0) codes.set(codeHash, code)
  return [...codes.values()]
}

function encodeAccount (account: WitnessAccount, slots: WitnessAccount['slots'], cast: Cast, codes: readonly Uint8Array[]): Uint8Array {
  const { address, codeHash, code } = account
  const how = [undefined, cast.sender, cast.target, cast.coinbase].indexOf(address)
  const nonce = integerBytes(account.nonce)
  const balance = integerBytes(account.balanceWei)
  const given = code !== undefined && code.length > 0
  const codeKind = codeHash === EMPTY_CODE_HASH ? 0 : given ? CODE_GIVEN : HASH_GIVEN
  return concatBytes(
    Uint8Array.of(Math.max(how, BY_NAME) | codeKind << 2 | nonce.length << 4, balance.length),
    how < 1 ? hexToBytes(address) : NOTHING, nonce, balance,
    codeKind === CODE_GIVEN ? Uint8Array.of(codes.indexOf(code ?? NOTHING)) : codeKind === HASH_GIVEN ? hexToBytes(codeHash) : NOTHING,
    bigintToBytes(BigInt(slots.length), 2),
    ...slots.flatMap(({ key, value }) => {
      const [keyBytes, valueBytes] = [integerBytes(key), integerBytes(value)]
      return [Uint8Array.of(keyBytes.length, valueBytes.length), keyBytes, valueBytes]
    })
  )
}

const NOTHING = new Uint8Array(0)
