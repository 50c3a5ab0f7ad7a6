/**
 * The committed state of a thread: accounts, storage, code, and the tree over them. It changes only by whole batches of changes; what an
 * execution writes meanwhile is in its {@link Draft}. Every leaf of the tree, and nothing else, stands in the maps, zero leaves included.
 */
import { bytesToHex, hexToBytes } from '../protocol/bytes.js'
import type { Address, Hash32 } from '../protocol/types.js'
import { leftPad, stripZeros, type AccountState, type StateChanges } from './changes.js'
import { accountPath, accountValue, EMPTY_CODE_HASH, slotPath } from './leaf.js'
import { prove } from './proof.js'
import { emptyTree, rootOf, set, type Tree } from './tree.js'

/** An account that holds nothing: absent, or a zero leaf. */
export const EMPTY_ACCOUNT: AccountState = { nonce: 0n, balanceWei: 0n, codeHash: EMPTY_CODE_HASH }
/** A slot's zero, in the shortest form that slots are kept in. Never write to it. */
export const EMPTY_BYTES: Uint8Array = new Uint8Array(0)

/** One account with its proof under a root: shaped as the court's `settle` shows it. */
export type AccountProof = AccountState & {
  readonly address: Address
  /** Sibling hashes from the root down. */
  readonly siblings: readonly Hash32[]
  /** The leaf that the walk ends in, when it is not this account's own with a value other than zero (see `proof.ts`). */
  readonly other: { readonly path: Hash32, readonly value: Hash32 } | undefined
}

/** One slot with its proof under a root. */
export type SlotProof = Pick<AccountProof, 'siblings' | 'other'> & { readonly value: Hash32 }

/** Slot → word in its shortest form (no leading zeros), for one account. */
export type Slots = ReadonlyMap<Hash32, Uint8Array>

/** A committed state; `after` makes the next one. */
export class World {
  readonly tree: Tree
  readonly #accounts: Map<Address, AccountState>
  readonly #slots: Map<Address, Map<Hash32, Uint8Array>>
  readonly #code: Map<Hash32, Uint8Array>
  /** How many accounts have each code: a routine that waits has another one at each breakpoint, and what nobody has is forgotten. */
  readonly #holders: Map<Hash32, number>

  private constructor (tree: Tree, accounts: Map<Address, AccountState>, slots: Map<Address, Map<Hash32, Uint8Array>>, code: Map<Hash32, Uint8Array>, holders: Map<Hash32, number>) {
    this.tree = tree
    this.#accounts = accounts
    this.#slots = slots
    this.#code = code
    this.#holders = holders
  }

  /** The state of nothing. */
  static empty (): World {
    return new World(emptyTree, new Map(), new Map(), new Map(), new Map())
  }

  /** The root of {@link World.tree}. */
  get root (): Hash32 {
    return rootOf(this.tree)
  }

  /** Undefined where there is no leaf; {@link EMPTY_ACCOUNT}'s values where the leaf is zero. */
  account (address: Address): AccountState | undefined {
    return this.#accounts.get(address)
  }

  /** Undefined where there is no leaf. */
  slot (address: Address, slot: Hash32): Uint8Array | undefined {
    return this.#slots.get(address)?.get(slot)
  }

  /** All slots of one account. */
  slots (address: Address): Slots | undefined {
    return this.#slots.get(address)
  }

  /** Undefined where no account has that code. */
  code (hash: Hash32): Uint8Array | undefined {
    return this.#code.get(hash)
  }

  /** One account and its proof under {@link World.root}. */
  prove (address: Address): AccountProof {
    const { siblings, other } = prove(this.tree, accountPath(address))
    return { address, ...this.#accounts.get(address) ?? EMPTY_ACCOUNT, siblings, other }
  }

  /** One slot and its proof under {@link World.root}. */
  proveSlot (address: Address, slot: Hash32): SlotProof {
    const { siblings, other } = prove(this.tree, slotPath(address, slot))
    return { value: wordOf(this.slot(address, slot) ?? EMPTY_BYTES), siblings, other }
  }

  /** Hashes of the codes that an account has here and none has after `changes`. */
  freedBy (changes: StateChanges): Hash32[] {
    const difference = new Map<Hash32, number>()
    for (const { address, codeHash } of changes.accounts) {
      count(difference, this.#accounts.get(address)?.codeHash, -1)
      count(difference, codeHash, 1)
    }
    return [...difference].flatMap(([hash, number]) => this.#code.has(hash) && (this.#holders.get(hash) ?? 0) + number <= 0 ? [hash] : [])
  }

  /**
   * The world after `changes`, whose tree is `tree` (see {@link treeAfter}). With `keep: 'none'` this world's maps go over into the new one
   * and this one must not be used again; with `keep: 'this'` they are copied first, and it stays as it was for whoever is reading it.
   */
  after (changes: StateChanges, tree: Tree, keep: 'none' | 'this'): World {
    const copy = keep === 'this'
    const accounts = copy ? new Map(this.#accounts) : this.#accounts
    const slots = copy ? new Map([...this.#slots].map(([address, inner]) => [address, new Map(inner)])) : this.#slots
    const code = copy ? new Map(this.#code) : this.#code
    const holders = copy ? new Map(this.#holders) : this.#holders
    for (const { address, nonce, balanceWei, codeHash } of changes.accounts) {
      count(holders, accounts.get(address)?.codeHash, -1)
      count(holders, codeHash, 1)
      accounts.set(address, { nonce, balanceWei, codeHash })
    }
    for (const [hash, number] of holders) {
      if (number > 0) continue
      holders.delete(hash)
      code.delete(hash)
    }
    for (const { hash, code: bytes } of changes.code) if (holders.has(hash)) code.set(hash, bytes)
    for (const { address, slot, value } of changes.storage) {
      let inner = slots.get(address)
      if (inner === undefined) slots.set(address, inner = new Map())
      inner.set(slot, stripZeros(hexToBytes(value)))
    }
    return new World(tree, accounts, slots, code, holders)
  }
}

function count (holders: Map<Hash32, number>, hash: Hash32 | undefined, difference: 1 | -1): void {
  if (hash !== undefined) holders.set(hash, (holders.get(hash) ?? 0) + difference)
}

/** The tree with the leaves of `changes` written: those it has are updated, the others inserted, zero ones too. */
export function treeAfter (tree: Tree, changes: StateChanges): Tree {
  let after = tree
  for (const account of changes.accounts) after = set(after, accountPath(account.address), accountValue(account.nonce, account.balanceWei, account.codeHash))
  for (const { address, slot, value } of changes.storage) after = set(after, slotPath(address, slot), hexToBytes(value))
  return after
}

/** A slot's word as the wire and the tree have it. */
export function wordOf (shortest: Uint8Array): Hash32 {
  return bytesToHex(leftPad(shortest)) as Hash32
}
