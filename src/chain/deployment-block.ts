/** When a contract came to be. */
import { hasCode } from '../errors.js'
import type { Address } from '../protocol/types.js'
import { readCode, type Sends } from './reads.js'

/**
 * The block in which a contract appeared, by halving. Endpoints that have pruned old states cannot say; then block 0, which costs a
 * longer first catch-up.
 */
export async function deploymentBlock (rpc: Sends, contract: Address, newest: bigint): Promise<bigint> {
  let absent = -1n
  let present = newest
  try {
    while (present - absent > 1n) {
      const middle = (absent + present) / 2n
      if ((await readCode(rpc, contract, middle)).length > 0) present = middle
      else absent = middle
    }
    return present
  } catch (error) {
    if (hasCode(error, 'CHAIN_RPC_ERROR')) return 0n
    throw error
  }
}
