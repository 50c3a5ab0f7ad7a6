/** What a seed stands for: contracts that call each other, their storage, and a message, which may find accounts and slots warm already. */
import { generateAddress } from '@ethereumjs/util'
import { bigintToBytes, bytesToHex, hexToBytes } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32, Hex } from '../../src/protocol/types.js'
import type { ExecutionLimits } from '../../src/machine/execution-limits.js'
import type { JudgeEnvironment, JudgeMessage } from '../../src/machine/judge-input.js'
import { Dice } from '../../test/machine/random-code.js'
import type { Surroundings } from './pieces.js'
import { LARGE, program, TINY } from './programs.js'
import { fixtureBytes, type FixtureState, type Touched } from './reference.js'
import { addressFrom } from './transaction.js'

/** The message's sender. */
export const SENDER = addressFrom(0xaaaan)
const COINBASE = addressFrom(0xccccn)
const CONTRACTS = [0x10001n, 0x10002n, 0x10003n, 0x10004n].map(addressFrom)
/** Two that have something, two that nobody ever saw. */
const STRANGERS = [0xbbb1n, 0xbbb2n, 0xbbb3n, 0xbbb4n].map(addressFrom)
const PRECOMPILES = Array.from({ length: 10 }, (_, i) => addressFrom(BigInt(i + 1)))
const MOST_GAS = 500_000n

/** What contracts can see around them. */
export const ENVIRONMENT: JudgeEnvironment = {
  origin: SENDER, gasPriceWei: 7n, coinbase: COINBASE, timestampSec: 1000n, number: 300n, prevRandao: `0x${'5a'.repeat(32)}` as Hash32, gasLimit: 30_000_000n, chainId: 1n,
  baseFeeWei: 3n, blobBaseFeeWei: 1n,
  blockHashes: [299, 298, 297].map((number) => blockHash(BigInt(number))), blobHashes: ['01', '02'].map((byte) => `0x01${byte.repeat(31)}` as Hash32)
}

/** Hash of a block: any will do that differs from the others'. */
export function blockHash (number: bigint): Hash32 {
  return hash32(bigintToBytes(number, 32))
}

/** A scene. */
export type Scene = {
  readonly pre: FixtureState
  /** A creation's `to` is the address that it makes. */
  readonly kind: 'call' | 'create'
  readonly to: Address
  readonly valueWei: bigint
  readonly gas: bigint
  /** Per mille of what it uses with all that gas: it is run with so much, and most likely runs out of it somewhere. */
  readonly cut: number | undefined
  readonly data: Uint8Array
  readonly warm: ReadonlyMap<Address, ReadonlySet<bigint>>
  /** Steps before each stop; none: it runs through. */
  readonly pauses: readonly bigint[]
  /** A thread's; as a rule none. */
  readonly limits: ExecutionLimits
  /** Gas behind which the outermost frame waits (specification §11); 0, as a rule: it does not. */
  readonly pieceGas: bigint
}

/** The scene of a seed. */
export function sceneOf (seed: number): Scene {
  const dice = new Dice(seed)
  const accounts = [...CONTRACTS, ...CONTRACTS, ...STRANGERS, ...STRANGERS, SENDER, COINBASE, addressFrom(0n), ...PRECOMPILES.slice(0, 2)]
  const surroundings = (index: number): Surroundings => {
    const later = CONTRACTS.slice(index + 1)
    return { accounts, callees: [...later, ...later, ...later, ...later, dice.pick(CONTRACTS), ...STRANGERS], quiet: dice.below(5) < 2 }
  }
  const size = dice.pick([LARGE, TINY])
  const kind = dice.below(12) === 0 ? 'create' : 'call'
  return {
    pre: preOf(dice, CONTRACTS.map((_, index) => program(dice, surroundings(index), size))),
    kind,
    to: kind === 'create' ? created(SENDER, 0n) : dice.below(60) === 0 ? dice.pick(accounts) : CONTRACTS[0] as Address,
    valueWei: BigInt(dice.pick([0, 0, dice.below(4)])),
    gas: dice.below(12) === 0 ? BigInt(dice.below(30_000)) : MOST_GAS,
    cut: dice.below(5) === 0 ? dice.below(1000) : undefined,
    data: kind === 'create' ? program(dice, surroundings(-1), size) : dice.bytes(dice.below(100)),
    warm: warmOf(dice),
    pauses: dice.below(4) === 0 ? Array.from({ length: 12 }, () => BigInt(1 + dice.below(dice.pick(size === TINY ? [3, 12, 30] : [5, 60, 60, 400])))) : [],
    limits: dice.below(6) === 0 ? limitsOf(dice) : {},
    pieceGas: kind === 'call' && dice.below(4) === 0 ? BigInt(1 + dice.below(dice.pick([100, 3_000, 40_000, 150_000]))) : 0n
  }
}

/** So tight that many a scene meets one of them. */
function limitsOf (dice: Dice): ExecutionLimits {
  return {
    memoryBytes: dice.pick([0, 32, 33, 96, 160, 512, 1024]), frames: dice.below(4), modexpBytes: dice.pick([0, 1, 32, 64]),
    callDataBytes: dice.pick([0, 1, 32, 64]), returnDataBytes: dice.pick([0, 1, 31, 32, 96]), writes: dice.below(4)
  }
}

function preOf (dice: Dice, codes: readonly Uint8Array[]): FixtureState {
  const pre: Record<Address, FixtureState[Address]> = {
    [SENDER]: { balance: '0xffffff', nonce: '0x1', code: '0x', storage: {} },
    [STRANGERS[0] as Address]: { balance: '0x7', nonce: '0x0', code: '0x', storage: {} },
    [STRANGERS[1] as Address]: { balance: '0x0', nonce: '0x1', code: '0x', storage: {} }
  }
  for (const [index, code] of codes.entries()) {
    const address = CONTRACTS[index] as Address
    const storage = Object.fromEntries(Array.from({ length: dice.below(5) }, () => [`0x${dice.below(6)}`, `0x${1 + dice.below(3)}`])) as Record<Hex, Hex>
    pre[address] = { balance: `0x${dice.below(9)}`, nonce: '0x1', code: bytesToHex(code), storage }
  }
  // Now and then, somebody is already where the first creation goes: with money it comes into being all the same, with a nonce or code it does not.
  if (dice.below(12) === 0) {
    const taken = dice.pick([{ balance: '0x5', nonce: '0x0', code: '0x' }, { balance: '0x0', nonce: '0x1', code: '0x' }, { balance: '0x0', nonce: '0x0', code: '0x00' }] as const)
    pre[created(CONTRACTS[0] as Address, 1n)] = { ...taken, storage: {} }
  }
  return pre
}

/** The fork's own, and at times an access list. */
function warmOf (dice: Dice): Map<Address, Set<bigint>> {
  const warm = new Map<Address, Set<bigint>>()
  if (dice.below(3) !== 0) return warm
  for (let i = dice.below(4); i > 0; i--) warm.set(dice.pick([...CONTRACTS, ...STRANGERS]), new Set(Array.from({ length: dice.below(3) }, () => BigInt(dice.below(6)))))
  return warm
}

function created (by: Address, nonce: bigint): Address {
  return bytesToHex(generateAddress(hexToBytes(by), nonce === 0n ? new Uint8Array() : bigintToBytes(nonce, 1))) as Address
}

/** All accounts that are warm when the message starts, with their warm slots. */
export function warmAt ({ to, warm }: Scene): Map<Address, ReadonlySet<bigint>> {
  const none: ReadonlySet<bigint> = new Set()
  return new Map<Address, ReadonlySet<bigint>>([...[SENDER, to, COINBASE, ...PRECOMPILES].map((address) => [address, none] as const), ...warm])
}

/** The judge's message for a scene, on the accounts and slots that it is known to touch. */
export function messageOf (scene: Scene, touched: Touched): JudgeMessage {
  const warm = warmAt(scene)
  const addresses = [...new Set([...touched.keys(), ...warm.keys()])]
  return {
    kind: scene.kind, to: scene.to, caller: SENDER, valueWei: scene.valueWei, gas: scene.gas, data: scene.data, limits: scene.limits, environment: ENVIRONMENT,
    ...scene.pieceGas === 0n ? {} : { routine: { suspends: BigInt(scene.to), closed: 0n, players: [], pieceGas: scene.pieceGas } },
    accounts: addresses.map((address) => {
      const { balance = '0x0', nonce = '0x0', code = '0x', storage = {} } = scene.pre[address] ?? {}
      const bytes = fixtureBytes(code)
      return { address, balanceWei: BigInt(balance), nonce: BigInt(nonce), codeHash: hash32(bytes), code: bytes, warm: warm.has(address), hasStorage: Object.keys(storage).length > 0 }
    }),
    slots: addresses.flatMap((address) => [...new Set([...touched.get(address) ?? [], ...warm.get(address) ?? []])].map((key) => {
      const found = Object.entries(scene.pre[address]?.storage ?? {}).find(([slot]) => BigInt(slot) === key)
      return { address, key, value: BigInt(found?.[1] ?? 0), warm: warm.get(address)?.has(key) === true }
    }))
  }
}
