/**
 * The state while a batch executes: what has been written so far, on top of a {@link World} that stays untouched. It is the state manager
 * that @ethereumjs/evm works on, with an undo log (a checkpoint costs nothing, a revert what was written since), and it knows which leaves
 * each input really adds.
 */
import type { AccountFields, StateManagerInterface } from '@ethereumjs/common'
import { Account, type Address as EthAddress } from '@ethereumjs/util'
import { ThreadsError } from '../errors.js'
import { bytesToHex, equalBytes, hexToBytes } from '../protocol/bytes.js'
import { hash32 } from '../protocol/crypto.js'
import type { Address, Hash32 } from '../protocol/types.js'
import type { AccountState, StateChanges, StorageChange } from './changes.js'
import { EMPTY_CODE_HASH } from './leaf.js'
import { EMPTY_ACCOUNT, EMPTY_BYTES, wordOf, World } from './world.js'

const EMPTY_CODE_HASH_BYTES = hexToBytes(EMPTY_CODE_HASH)
type OwnSlots = Map<Hash32, Uint8Array>

/** A batch's writes on top of a world; see the head of this file. One at a time: `begin` starts over. */
export class Draft implements StateManagerInterface {
  #world = World.empty()
  #accounts = new Map<Address, AccountState>()
  #slots = new Map<Address, OwnSlots>()
  #code = new Map<Hash32, Uint8Array>()
  /** How to take back each write since the outermost checkpoint, oldest first. */
  #undo: (() => void)[] = []
  #checkpoints: number[] = []
  /** How to take back each write since the first mark; undefined: there is none. */
  #marked: (() => void)[] | undefined
  /** What was read or named since the mark: accounts, and slots of each. */
  #touched = new Map<Address, Set<Hash32>>()
  /** What this input found at each leaf that it wrote; undefined: no leaf. */
  #accountsBefore = new Map<Address, AccountState | undefined>()
  #slotsBefore = new Map<Address, Map<Hash32, Uint8Array | undefined>>()

  /** Starts over on `world`, forgetting everything written. */
  begin (world: World): void {
    this.#world = world
    this.#accounts = new Map()
    this.#slots = new Map()
    this.#code = new Map()
    this.#undo = []
    this.#checkpoints = []
    this.#marked = undefined
    this.#touched = new Map()
    this.#accountsBefore = new Map()
    this.#slotsBefore = new Map()
  }

  // ---------------------------------------------------------------- by own types

  /** The account, {@link EMPTY_ACCOUNT} where there is none. */
  account (address: Address): AccountState {
    return this.#account(address) ?? EMPTY_ACCOUNT
  }

  setAccount (address: Address, account: AccountState): void {
    if (!this.#accountsBefore.has(address)) this.#accountsBefore.set(address, this.#account(address))
    this.#write(this.#accounts, address, isEmpty(account) ? EMPTY_ACCOUNT : account)
  }

  /** The code behind a code hash. @throws `STATE_CODE_MISSING` when a damaged store lost it */
  code (hash: Hash32): Uint8Array {
    if (hash === EMPTY_CODE_HASH) return EMPTY_BYTES
    const code = this.#code.get(hash) ?? this.#world.code(hash)
    if (code === undefined) throw new ThreadsError('STATE_CODE_MISSING', `the state has no code with hash ${hash}`, { data: { hash } })
    return code
  }

  setCode (address: Address, code: Uint8Array): void {
    const codeHash = code.length === 0 ? EMPTY_CODE_HASH : hash32(code)
    if (code.length > 0 && !this.#code.has(codeHash)) this.#write(this.#code, codeHash, code)
    this.setAccount(address, { ...this.account(address), codeHash })
  }

  /** Ends an account as SELFDESTRUCT does in the transaction that created it (EIP-6780): account and storage are gone. */
  destroy (address: Address): void {
    this.#clearSlots(address)
    this.setAccount(address, EMPTY_ACCOUNT)
  }

  /**
   * Ends an input. Where there was no leaf and its net effect is zero, none is inserted; the values now are the original ones for the next.
   * INVARIANT: no checkpoint is open.
   */
  endInput (): void {
    for (const [address, before] of this.#accountsBefore) {
      if (before === undefined && this.#accounts.get(address) === EMPTY_ACCOUNT) this.#accounts.delete(address)
    }
    for (const [address, slots] of this.#slotsBefore) {
      const own = this.#slots.get(address)
      for (const [slot, before] of slots) if (before === undefined && own?.get(slot)?.length === 0) own.delete(slot)
    }
    this.#accountsBefore.clear()
    this.#slotsBefore.clear()
    this.#undo = []
    this.#checkpoints = []
  }

  /** From here on what is touched is noted, and what is written can be taken back, also beyond the end of an input. @returns where to come back to */
  mark (): number {
    this.#marked ??= []
    this.#touched = new Map()
    return this.#marked.length
  }

  /** Takes back everything since a mark; earlier ones stand. INVARIANT: no checkpoint is open. */
  back (mark: number): void {
    while ((this.#marked?.length ?? 0) > mark) this.#marked?.pop()?.()
    this.endInput()
  }

  /** What was written stays: all marks are gone. */
  keep (): void {
    this.#marked = undefined
  }

  /** What was touched since the mark. */
  get touched (): ReadonlyMap<Address, ReadonlySet<Hash32>> {
    return this.#touched
  }

  /** Notes an account that an opcode names, whether or not it can be paid for. */
  touch (address: Address): void {
    if (!this.#touched.has(address)) this.#touched.set(address, new Set())
  }

  /** Notes a slot and its account. */
  touchSlot (address: Address, slot: Hash32): void {
    const slots = this.#touched.get(address)
    if (slots === undefined) this.#touched.set(address, new Set([slot]))
    else slots.add(slot)
  }

  /** What differs from the world now, leaves inserted on the way and zero again included. Call it between inputs. */
  changes (): StateChanges {
    const accounts: StateChanges['accounts'][number][] = []
    const code = new Map<Hash32, Uint8Array>()
    for (const [address, account] of this.#accounts) {
      const before = this.#world.account(address)
      if (before !== undefined && sameAccount(before, account)) continue
      accounts.push({ address, ...account })
      if (account.codeHash !== EMPTY_CODE_HASH && this.#world.code(account.codeHash) === undefined) code.set(account.codeHash, this.code(account.codeHash))
    }
    const storage: StorageChange[] = []
    for (const [address, slots] of this.#slots) {
      for (const [slot, value] of slots) {
        const before = this.#world.slot(address, slot)
        if (before === undefined || !equalBytes(before, value)) storage.push({ address, slot, value: wordOf(value) })
      }
    }
    return { accounts, storage, code: [...code].map(([hash, bytes]) => ({ hash, code: bytes })) }
  }

  #account (address: Address): AccountState | undefined {
    this.touch(address)
    return this.#accounts.get(address) ?? this.#world.account(address)
  }

  #slot (address: Address, slot: Hash32): Uint8Array | undefined {
    return this.#slots.get(address)?.get(slot) ?? this.#world.slot(address, slot)
  }

  #setSlot (address: Address, slot: Hash32, value: Uint8Array): void {
    const before = innerMap(this.#slotsBefore, address)
    if (!before.has(slot)) before.set(slot, this.#slot(address, slot))
    this.#write(innerMap(this.#slots, address), slot, value)
  }

  #clearSlots (address: Address): void {
    const slots = [...this.#world.slots(address)?.keys() ?? [], ...this.#slots.get(address)?.keys() ?? []]
    for (const slot of slots) this.#setSlot(address, slot, EMPTY_BYTES)
  }

  #write<K, V> (map: Map<K, V>, key: K, value: V): void {
    if (this.#checkpoints.length > 0 || this.#marked !== undefined) {
      const old = map.get(key)
      const undo = old === undefined ? () => { map.delete(key) } : () => { map.set(key, old) }
      if (this.#checkpoints.length > 0) this.#undo.push(undo)
      this.#marked?.push(undo)
    }
    map.set(key, value)
  }

  // ---------------------------------------------------------------- as @ethereumjs/evm wants it

  /** An empty account is an absent one (EIP-161). The EVM changes the object that it gets: it is a copy. */
  async getAccount (address: EthAddress): Promise<Account | undefined> {
    const account = this.#account(keyOf(address))
    if (account === undefined || account === EMPTY_ACCOUNT || isEmpty(account)) return undefined
    return new Account(account.nonce, account.balanceWei, undefined, account.codeHash === EMPTY_CODE_HASH ? EMPTY_CODE_HASH_BYTES : hexToBytes(account.codeHash))
  }

  async putAccount (address: EthAddress, account?: Account): Promise<void> {
    this.setAccount(keyOf(address), account === undefined
      ? EMPTY_ACCOUNT
      : { nonce: account.nonce, balanceWei: account.balance, codeHash: bytesToHex(account.codeHash) as Hash32 })
  }

  async deleteAccount (address: EthAddress): Promise<void> {
    this.destroy(keyOf(address))
  }

  async modifyAccountFields (address: EthAddress, fields: AccountFields): Promise<void> {
    const key = keyOf(address)
    const account = this.account(key)
    this.setAccount(key, {
      nonce: fields.nonce ?? account.nonce,
      balanceWei: fields.balance ?? account.balanceWei,
      codeHash: fields.codeHash === undefined ? account.codeHash : bytesToHex(fields.codeHash) as Hash32
    })
  }

  async putCode (address: EthAddress, value: Uint8Array): Promise<void> {
    this.setCode(keyOf(address), value)
  }

  async getCode (address: EthAddress): Promise<Uint8Array> {
    return this.code(this.account(keyOf(address)).codeHash)
  }

  async getCodeSize (address: EthAddress): Promise<number> {
    return this.code(this.account(keyOf(address)).codeHash).length
  }

  async getStorage (address: EthAddress, key: Uint8Array): Promise<Uint8Array> {
    return this.#slot(keyOf(address), bytesToHex(key) as Hash32) ?? EMPTY_BYTES
  }

  /** `value` comes in its shortest form, zero as no bytes. */
  async putStorage (address: EthAddress, key: Uint8Array, value: Uint8Array): Promise<void> {
    this.#setSlot(keyOf(address), bytesToHex(key) as Hash32, value)
  }

  async clearStorage (address: EthAddress): Promise<void> {
    this.#clearSlots(keyOf(address))
  }

  /** Values before the input at hand: what EIP-2200 calls original. They are noted at the first write, so there is nothing to clear. */
  readonly originalStorageCache = {
    get: async (address: EthAddress, key: Uint8Array): Promise<Uint8Array> => {
      const owner = keyOf(address)
      const slot = bytesToHex(key) as Hash32
      const before = this.#slotsBefore.get(owner)
      return (before?.has(slot) === true ? before.get(slot) : this.#slot(owner, slot)) ?? EMPTY_BYTES
    },
    clear: (): void => {}
  }

  async checkpoint (): Promise<void> {
    this.#checkpoints.push(this.#undo.length)
  }

  async commit (): Promise<void> {
    this.#checkpoints.pop()
    if (this.#checkpoints.length === 0) this.#undo = []
  }

  async revert (): Promise<void> {
    const mark = this.#checkpoints.pop() ?? 0
    while (this.#undo.length > mark) this.#undo.pop()?.()
  }

  clearCaches (): void {}

  async getStateRoot (): Promise<Uint8Array> {
    throw unused('getStateRoot')
  }

  async setStateRoot (): Promise<void> {
    throw unused('setStateRoot')
  }

  async hasStateRoot (): Promise<boolean> {
    throw unused('hasStateRoot')
  }

  shallowCopy (): StateManagerInterface {
    throw unused('shallowCopy')
  }
}

function keyOf (address: EthAddress): Address {
  return bytesToHex(address.bytes) as Address
}

function innerMap<T> (outer: Map<Address, Map<Hash32, T>>, address: Address): Map<Hash32, T> {
  let inner = outer.get(address)
  if (inner === undefined) outer.set(address, inner = new Map())
  return inner
}

function isEmpty (account: AccountState): boolean {
  return account.nonce === 0n && account.balanceWei === 0n && account.codeHash === EMPTY_CODE_HASH
}

function sameAccount (a: AccountState, b: AccountState): boolean {
  return a.nonce === b.nonce && a.balanceWei === b.balanceWei && a.codeHash === b.codeHash
}

function unused (method: string): ThreadsError {
  return new ThreadsError('MACHINE_INTERNAL', `the EVM asked for ${method}, which it has no use for`, { data: { method } })
}
