/** The court's functions of bonds, and its views of them (contracts/interfaces/IClaims.sol). */
import type { Result } from 'ethers'
import { termsToAbi } from '../protocol/terms.js'
import type { ChainPort, Receipt, SendOptions } from '../thread/ports.js'
import { breakpointToAbi, moveToAbi } from './dispute-calls.js'

/** The calls of {@link ChainPort} that are about bonds, and what they answer for. */
export type BondCalls = Pick<ChainPort, 'claim' | 'bond' | 'unbond' | 'accept' | 'release' | 'freeBond' | 'pledge' | 'bondFor'>

const NO_SIGNATURE = new Uint8Array(0)

/** Bonds of one court: `call` sends, with ether where some goes along; `view` asks. */
export function bondCalls (call: (name: string, parameters: readonly unknown[], valueWei?: bigint, options?: SendOptions) => Promise<Receipt>, view: (name: string, parameters: readonly unknown[]) => Promise<Result>): BondCalls {
  return {
    claim: async (terms, recorded, move, { stateRoot, feeWei, signature }, options) =>
      await call('claim', [termsToAbi(terms), breakpointToAbi(recorded), moveToAbi(move), stateRoot, signature], feeWei, options),
    bond: async amountWei => await call('bond', [], amountWei),
    unbond: async amountWei => await call('unbond', [amountWei]),
    accept: async (terms, amountWei, signature) => await call('accept', [termsToAbi(terms), amountWei, signature ?? NO_SIGNATURE]),
    release: async (terms, account) => await call('release', [termsToAbi(terms), account]),
    freeBond: async account => BigInt((await view('bonds', [account]))[0]),
    async pledge (thread, account) {
      const [amount, accepted] = await view('pledges', [thread, account])
      return { amountWei: BigInt(amount), accepted: accepted === true }
    },
    bondFor: async gasLimit => BigInt((await view('bondFor', [gasLimit]))[0])
  }
}
