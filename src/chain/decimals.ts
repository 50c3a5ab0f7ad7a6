/** How many decimals a token says that it has (ERC-20's optional `decimals()`). */
import { Interface } from 'ethers'
import { ThreadsError } from '../errors.js'
import type { Address } from '../protocol/types.js'
import { readView, type Sends } from './reads.js'

const METADATA = new Interface(['function decimals() view returns (uint8)'])

/** @throws `TOKEN_NO_DECIMALS` when the address does not answer as a token; `CHAIN_…`. */
export async function tokenDecimals (rpc: Sends, token: Address): Promise<number> {
  const answer = await readView(rpc, { to: token, data: METADATA.encodeFunctionData('decimals') })
  try {
    return Number(METADATA.decodeFunctionResult('decimals', answer)[0])
  } catch (cause) {
    throw new ThreadsError('TOKEN_NO_DECIMALS', `${token} does not say how many decimals it has: it is no ERC-20 token that can be used`, { data: { token }, cause })
  }
}
