/** The words of the protocol as data. Specified in `README.md` beside this file; no behaviour here. */

/** Lower-case 0x-prefixed hex. */
export type Hex = `0x${string}`
/** A thread's id: 32 bytes. */
export type ThreadId = Hex & { readonly brand: 'ThreadId' }
/** A 32-byte hash. */
export type Hash32 = Hex & { readonly brand: 'Hash32' }
/** A 20-byte address, lower case (no checksum). */
export type Address = Hex & { readonly brand: 'Address' }

/** 0 creation code held as data, 1 runtime code; 2 and 3 the same, and the contract may be a routine (§11). */
export type CodeKind = 0 | 1 | 2 | 3

/** All that the players agree on at the start (§1). Amounts are in the asset's own units. */
export type Terms = {
  readonly players: readonly Address[]
  readonly sessionKeys: readonly Address[]
  readonly deposits: readonly bigint[]
  readonly shares: readonly bigint[]
  readonly asset: Address
  readonly assetDecimals: number
  readonly codeKind: CodeKind
  readonly codeSource: Address
  readonly codeHash: Hash32
  readonly ctorArg: Uint8Array
  readonly oracle: Address
  readonly oracleFee: bigint
  readonly windowSec: bigint
  readonly timeBankSec: bigint
  readonly forcedMoves: number
  /** 4-byte selector, `0x00000000` for none. */
  readonly settlement: Hex
  readonly gasLimit: bigint
  /** Gas behind which a routine waits at the next instruction of its outermost frame (§11); 0: it waits at BREAKPOINTs alone. */
  readonly pieceGas: bigint
  readonly joinDeadlineSec: bigint
  readonly salt: Hash32
}

/** The host chain and the court on it: what every hash and signature is bound to. */
export type Domain = { readonly chainId: bigint; readonly court: Address }

/** Where a breakpoint stands. The higher epoch wins, then the higher nonce. */
export type Slot = { readonly epoch: bigint; readonly nonce: bigint }

/** A numbered commitment to the state after a batch of inputs (§2). */
export type Breakpoint = Slot & {
  readonly thread: ThreadId
  readonly parent: Hash32
  readonly stateRoot: Hash32
  readonly inputsRoot: Hash32
  readonly timestampSec: bigint
}

/** Everybody's agreement to end the thread with these payouts, in the asset's units (§2). */
export type Close = Slot & {
  readonly thread: ThreadId
  readonly parent: Hash32
  readonly payouts: readonly bigint[]
}

/** 65 bytes r ‖ s ‖ v, low s, v 27 or 28. */
export type Signature = Uint8Array

/** An input as it travels: nothing verified yet. */
export type SignedInput = {
  /** The raw Ethereum transaction. */
  readonly raw: Uint8Array
  /** The session key's `Input` signature. */
  readonly binding: Signature
}

/** The decoded fields of an input's transaction, its fee rule already applied (BASEFEE is 0). */
export type InputTransaction = {
  readonly type: 0 | 1 | 2
  readonly nonce: bigint
  readonly gasLimit: bigint
  /** What COINBASE is paid for each gas: gasPrice, or min(maxFeePerGas, maxPriorityFeePerGas). */
  readonly gasPriceWei: bigint
  /** What the sender must be able to pay for each gas: gasPrice, or maxFeePerGas. */
  readonly maxFeePerGasWei: bigint
  /** Undefined: a creation. */
  readonly to: Address | undefined
  readonly valueWei: bigint
  readonly data: Uint8Array
  readonly accessList: readonly { readonly address: Address; readonly storageKeys: readonly Hash32[] }[]
}

/** An input whose form, signatures and binding have been verified (§3). */
export type Input = SignedInput & {
  /** keccak256(raw). */
  readonly id: Hash32
  /** keccak256(raw ‖ binding). */
  readonly leaf: Hash32
  /** Index of the player who sent it. */
  readonly player: number
  readonly tx: InputTransaction
}

/** A breakpoint with every player's signature, in the players' order, and the batch that led to it. */
export type Certificate = {
  readonly breakpoint: Breakpoint
  /** The struct hash of the breakpoint. */
  readonly hash: Hash32
  readonly signatures: readonly Signature[]
  readonly inputs: readonly Input[]
}

/** A Close with every player's signature. */
export type CloseCertificate = {
  readonly close: Close
  readonly hash: Hash32
  readonly signatures: readonly Signature[]
}
