/** The court's functions of bonds, and its views of them (contracts/interfaces/IClaims.sol). */
import type { Result } from 'ethers'
import { termsToAbi } from '../protocol/terms.js'
import type { ChainPort, Receipt } from '../thread/ports.js'

/** The calls of {@link ChainPort} that are about bonds. */
export type BondCalls = Pick<ChainPort, 'bond' | 'unbond' | 'accept' | 'release' | 'freeBond' | 'pledge' | 'bondFor'>

const NO_SIGNATURE = new Uint8Array(0)

/** Bonds of one court: `call` sends, with ether where some goes along; `view` asks. */
export function bondCalls (call: (name: string, parameters: readonly unknown[], valueWei?: bigint) => Promise<Receipt>, view: (name: string, parameters: readonly unknown[]) => Promise<Result>): BondCalls {
  return {
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
