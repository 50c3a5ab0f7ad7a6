/** A thread for the simulation: known keys, and a contract that counts its calls and notes who called when. */
import { assemble } from '../../../scripts/conformance/assembler.js'
import { concatBytes, ZERO_ADDRESS, ZERO_HASH, hexToBytes } from '../../../src/protocol/bytes.js'
import { addressOf, hash32 } from '../../../src/protocol/crypto.js'
import { decodeInput, signInput, type InputContext } from '../../../src/protocol/input.js'
import { contractAddressOf, threadIdOf } from '../../../src/protocol/terms.js'
import type { Address, Domain, Input, Terms } from '../../../src/protocol/types.js'

const key = (kind: number, player: number): Uint8Array => new Uint8Array(32).fill(kind + player)

/** storage[0]++; storage[caller] = NUMBER. */
const COUNTER = hexToBytes('0x600d8060095f395ff3600054600101600055433355')
const CREATION = new Uint8Array(22)
CREATION.set(COUNTER)
/** The same, but an input with data sets storage[1], and then what the system calls, the settlement function, fails: see the listing. */
const SETTLING = creationOf(assemble(`
  CALLER 0x${'f'.repeat(39)}e EQ 0x30 JUMPI
  CALLDATASIZE 0x29 JUMPI
  0x0 SLOAD 0x1 ADD 0x0 SSTORE NUMBER CALLER SSTORE STOP
  JUMPDEST 0x1 0x1 SSTORE STOP
  JUMPDEST 0x1 SLOAD 0x38 JUMPI STOP
  JUMPDEST 0x0 0x0 REVERT`))

/** Creation code of so little code. */
function creationOf (code: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(0x60, code.length, 0x80, 0x60, 9, 0x5f, 0x39, 0x5f, 0xf3), code)
}

/** Everything about the thread that does not change. */
export type SimThread = {
  readonly context: InputContext
  readonly domain: Domain
  readonly code: Uint8Array
  readonly sessionKeys: readonly Uint8Array[]
  readonly contract: Address
  /** A call of the contract; with data, one that breaks the settlement, where there is one. */
  call (player: number, nonce: bigint, data?: Uint8Array): Input
}

/** A thread of so many players; `settles`: its contract has a settlement function. */
export function simThread (players: number, settles = false): SimThread {
  const code = settles ? SETTLING : CREATION
  const indices = Array.from({ length: players }, (_, player) => player)
  const domain: Domain = { chainId: 31337n, court: addressOf(key(0x71, 0)) }
  const sessionKeys = indices.map(player => key(0x51, player))
  const terms: Terms = {
    players: indices.map(player => addressOf(key(0x41, player))), sessionKeys: sessionKeys.map(addressOf), deposits: indices.map(() => 10n ** 18n), shares: indices.map(() => 1n),
    asset: ZERO_ADDRESS, assetDecimals: 18, codeKind: 0, codeSource: ZERO_ADDRESS, codeHash: hash32(code), ctorArg: new Uint8Array(0), oracle: ZERO_ADDRESS, oracleFee: 0n,
    windowSec: 600n, timeBankSec: 60n, forcedMoves: 3, settlement: settles ? '0x5e771e00' : '0x00000000', gasLimit: 1_000_000n, pieceGas: 0n, joinDeadlineSec: 0n, salt: ZERO_HASH
  }
  const thread = threadIdOf(terms, domain)
  const context: InputContext = { thread, terms, domain }
  const contract = contractAddressOf(thread, domain.court)
  return {
    context, domain, code, sessionKeys, contract,
    call: (player, nonce, data = new Uint8Array(0)) => {
      const signer = sessionKeys[player] ?? key(0, 1)
      return decodeInput(signInput({ nonce, to: contract, data, valueWei: 0n, gasLimit: 100_000n, gasPriceWei: 0n }, signer, context), context)
    }
  }
}
