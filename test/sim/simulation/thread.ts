/** A thread for the simulation: known keys, and a contract that counts its calls and notes who called when. */
import { ZERO_ADDRESS, ZERO_HASH, hexToBytes } from '../../../src/protocol/bytes.js'
import { addressOf, hash32 } from '../../../src/protocol/crypto.js'
import { decodeInput, signInput, type InputContext } from '../../../src/protocol/input.js'
import { contractAddressOf, threadIdOf } from '../../../src/protocol/terms.js'
import type { Address, Domain, Input, Terms } from '../../../src/protocol/types.js'

const key = (kind: number, player: number): Uint8Array => new Uint8Array(32).fill(kind + player)

/** storage[0]++; storage[caller] = NUMBER. */
const COUNTER = hexToBytes('0x600d8060095f395ff3600054600101600055433355')
const CREATION = new Uint8Array(22)
CREATION.set(COUNTER)

/** Everything about the thread that does not change. */
export type SimThread = {
  readonly context: InputContext
  readonly domain: Domain
  readonly code: Uint8Array
  readonly sessionKeys: readonly Uint8Array[]
  readonly contract: Address
  /** A call of the contract. */
  call (player: number, nonce: bigint): Input
}

/** A thread of so many players. */
export function simThread (players: number): SimThread {
  const indices = Array.from({ length: players }, (_, player) => player)
  const domain: Domain = { chainId: 31337n, court: addressOf(key(0x71, 0)) }
  const sessionKeys = indices.map(player => key(0x51, player))
  const terms: Terms = {
    players: indices.map(player => addressOf(key(0x41, player))), sessionKeys: sessionKeys.map(addressOf), deposits: indices.map(() => 10n ** 18n), shares: indices.map(() => 1n),
    asset: ZERO_ADDRESS, assetDecimals: 18, codeKind: 0, codeSource: ZERO_ADDRESS, codeHash: hash32(CREATION), ctorArg: new Uint8Array(0), oracle: ZERO_ADDRESS, oracleFee: 0n,
    windowSec: 600n, timeBankSec: 60n, forcedMoves: 3, settlement: '0x00000000', gasLimit: 1_000_000n, joinDeadlineSec: 0n, salt: ZERO_HASH
  }
  const thread = threadIdOf(terms, domain)
  const context: InputContext = { thread, terms, domain }
  const contract = contractAddressOf(thread, domain.court)
  return {
    context, domain, code: CREATION, sessionKeys, contract,
    call: (player, nonce) => {
      const signer = sessionKeys[player] ?? key(0, 1)
      return decodeInput(signInput({ nonce, to: contract, data: new Uint8Array(0), valueWei: 0n, gasLimit: 100_000n, gasPriceWei: 0n }, signer, context), context)
    }
  }
}
