/** What the judge is shown of a state: the accounts, slots and codes that an input touches, and their proof. */
import { bigintToBytes, bytesToBigint } from '../protocol/bytes.js'
import type { Address, Hash32 } from '../protocol/types.js'
import type { AccountState } from '../state/changes.js'
import { accountPath, slotPath } from '../state/leaf.js'
import { proveMany } from '../state/multi-proof.js'
import type { Tree } from '../state/tree.js'
import { EMPTY_ACCOUNT, EMPTY_BYTES, wordOf, type World } from '../state/world.js'
import type { WitnessAccount } from './judge-witness.js'

/** A state to prove from. */
export type StateView = {
  readonly tree: Tree
  account (address: Address): AccountState
  slot (address: Address, key: bigint): bigint
  code (hash: Hash32): Uint8Array | undefined
}

const LAST_PRECOMPILE = 10n

/** Accounts and slots in the order in which they were first touched. */
export class Touched {
  readonly #slots = new Map<Address, Set<bigint>>()
  readonly #codes = new Set<Address>()

  /** The addresses. */
  get accounts (): Address[] {
    return [...this.#slots.keys()]
  }

  /** The slots of an account. */
  slots (address: Address): bigint[] {
    return [...this.#slots.get(address) ?? []]
  }

  /** Whether an account's code is needed. */
  hasCode (address: Address): boolean {
    return this.#codes.has(address)
  }

  /** Notes an account. A precompile is one for whoever pays it, which the judge will say; notes of the EVM on it are left out. */
  account (address: Address): void {
    if (BigInt(address) > LAST_PRECOMPILE || BigInt(address) === 0n) this.needed(address)
  }

  /** Notes an account, whatever it is. @returns whether it is new */
  needed (address: Address): boolean {
    if (this.#slots.has(address)) return false
    this.#slots.set(address, new Set())
    return true
  }

  /** Notes a slot, and its account. @returns whether it is new */
  slot (address: Address, key: bigint): boolean {
    this.needed(address)
    const slots = this.#slots.get(address)
    if (slots?.has(key) !== false) return false
    slots.add(key)
    return true
  }

  /** Notes an account whose code is needed. @returns whether that is new */
  code (address: Address): boolean {
    this.account(address)
    if (this.#codes.has(address)) return false
    this.#codes.add(address)
    return true
  }
}

/** The touched part of a state, and its proof: of the accounts, then of all slots. */
export function witnessOf (view: StateView, touched: Touched): { accounts: WitnessAccount[], proof: Uint8Array } {
  const accounts = touched.accounts.map((address): WitnessAccount => {
    const { nonce, balanceWei, codeHash } = view.account(address)
    return {
      address, nonce, balanceWei, codeHash,
      code: touched.hasCode(address) ? view.code(codeHash) : undefined,
      slots: touched.slots(address).map((key) => ({ key, value: view.slot(address, key) }))
    }
  })
  const paths = [
    ...accounts.map(({ address }) => accountPath(address)),
    ...accounts.flatMap(({ address, slots }) => slots.map(({ key }) => slotPath(address, keyHash(key))))
  ]
  return { accounts, proof: proveMany(view.tree, paths) }
}

/** A committed world, to prove from. It must not change meanwhile. */
export function viewOf (world: World): StateView {
  return {
    tree: world.tree,
    account: (address) => world.account(address) ?? EMPTY_ACCOUNT,
    slot: (address, key) => bytesToBigint(world.slot(address, keyHash(key)) ?? EMPTY_BYTES),
    code: (hash) => world.code(hash)
  }
}

function keyHash (key: bigint): Hash32 {
  return wordOf(bigintToBytes(key, 32))
}
