/** A thread of two players for the tests of the machine: known keys, any code, inputs as they would travel. */
import { AbiCoder, Transaction, Wallet, type TransactionLike } from 'ethers'
import { readFile } from 'node:fs/promises'
import { bigintToBytes, bytesToHex, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { addressOf, hash32 } from '../../src/protocol/crypto.js'
import { bindInput, decodeInput, signInput } from '../../src/protocol/input.js'
import { threadChainId, threadIdOf } from '../../src/protocol/terms.js'
import type { Address, Domain, Hash32, Hex, Input, Terms } from '../../src/protocol/types.js'
import type { Batch, MachineContext } from '../../src/machine/machine.js'

export const ETHER = 10n ** 18n
export const WALLETS = [new Uint8Array(32).fill(0x41), new Uint8Array(32).fill(0x42)] as const
export const SESSIONS = [new Uint8Array(32).fill(0x51), new Uint8Array(32).fill(0x52)] as const
export const PLAYERS: readonly [Address, Address] = [addressOf(WALLETS[0]), addressOf(WALLETS[1])]
export const ORACLE = addressOf(new Uint8Array(32).fill(0x61))
export const domain: Domain = { chainId: 31337n, court: addressOf(new Uint8Array(32).fill(0x71)) }

export type TestThread = {
  readonly context: MachineContext
  readonly code: Uint8Array
  /** An input of a player, signed by its session key as a type 2 transaction. */
  input (player: 0 | 1, fields: { nonce: bigint, to?: Address | undefined, data?: Uint8Array, valueWei?: bigint, gasLimit?: bigint, gasPriceWei?: bigint }): Input
  /** An input that the player's wallet signed, of any type. */
  walletInput (player: 0 | 1, fields: TransactionLike): Input
}

/** The thread for `code` (creation code unless the overrides say otherwise) with these changes to the terms. */
export function threadFor (code: Uint8Array, overrides: Partial<Terms> = {}): TestThread {
  const terms: Terms = {
    players: PLAYERS, sessionKeys: SESSIONS.map(addressOf), deposits: [10n * ETHER, 10n * ETHER], shares: [1n, 1n], asset: ZERO_ADDRESS, assetDecimals: 18,
    codeKind: 0, codeSource: ZERO_ADDRESS, codeHash: hash32(code), ctorArg: new Uint8Array(0), oracle: ORACLE, oracleFee: ETHER, windowSec: 60n,
    timeBankSec: 60n, forcedMoves: 3, settlement: '0x00000000', gasLimit: 10_000_000n, pieceGas: 0n, joinDeadlineSec: 0n, salt: ZERO_HASH, ...overrides
  }
  const thread = threadIdOf(terms, domain)
  const context = { thread, terms, domain }
  return {
    context,
    code,
    input: (player, { nonce, to, data = new Uint8Array(0), valueWei = 0n, gasLimit = 1_000_000n, gasPriceWei = 0n }) =>
      decodeInput(signInput({ nonce, to, data, valueWei, gasLimit, gasPriceWei }, SESSIONS[player], context), context),
    walletInput: (player, fields) => {
      const { serialized } = signByWallet(WALLETS[player], { chainId: threadChainId(thread), ...fields })
      return decodeInput(bindInput(hexToBytes(serialized), [SESSIONS[player], WALLETS[player]].find((key) => addressOf(key) === terms.sessionKeys[player]) ?? SESSIONS[player], context), context)
    }
  }
}

function signByWallet (key: Uint8Array, fields: TransactionLike): { serialized: Hex } {
  const tx = Transaction.from(fields)
  tx.signature = new Wallet(bytesToHex(key)).signingKey.sign(tx.unsignedHash)
  return { serialized: tx.serialized as Hex }
}

/** A batch at `nonce`, a second a slot. */
export function batchOf (nonce: bigint, inputs: readonly Input[]): Batch {
  return { nonce, timestampSec: 1_700_000_000n + nonce, parent: hash32(bigintToBytes(nonce, 8)), inputs }
}

/** ABI-encoded arguments after a selector, if any. */
export function abi (selector: string, types: readonly string[] = [], values: readonly unknown[] = []): Uint8Array {
  return hexToBytes(`${selector}${AbiCoder.defaultAbiCoder().encode(types, values).slice(2)}` as Hex)
}

export type Artifact = { readonly bytecode: Hex, readonly deployedBytecode: Hex, readonly methodIdentifiers: Readonly<Record<string, string>> }

/** A compiled contract of this project. */
export async function artifact (name: string): Promise<Artifact> {
  return JSON.parse(await readFile(new URL(`../../artifacts/${name}.json`, import.meta.url), 'utf8')) as Artifact
}

/** The thread of a TicTacToe game with a stake of one ether, and the call data of a move. */
export async function ticTacToe (overrides: Partial<Terms> = {}): Promise<TestThread & { play: (cell: number) => Uint8Array, artifact: Artifact }> {
  const game = await artifact('TicTacToe')
  const ctorArg = abi('0x', ['address', 'address', 'uint256', 'uint256'], [...PLAYERS, ETHER, 60n])
  const play = (cell: number): Uint8Array => abi(`0x${game.methodIdentifiers['play(uint8)'] ?? ''}`, ['uint8'], [cell])
  return { ...threadFor(hexToBytes(game.bytecode), { ctorArg, ...overrides }), play, artifact: game }
}

/** A number as a slot or word. */
export function word (value: bigint): Hash32 {
  return `0x${value.toString(16).padStart(64, '0')}` as Hash32
}
