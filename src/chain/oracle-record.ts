/** What an account has done as an oracle, counted in the court's logs. */
import type { Interface } from 'ethers'
import { ThreadsError } from '../errors.js'
import type { Address, Hex } from '../protocol/types.js'
import type { OracleRecord } from '../thread/ports.js'
import { readLogs, readNewest, type Sends } from './reads.js'

/** Counts from a block on. Each of the three events has the account as its second topic (contracts/interfaces/IClaims.sol). @throws what `readLogs` throws */
export async function oracleRecord (rpc: Sends, court: Interface, at: Address, account: Address, fromBlock: bigint): Promise<OracleRecord> {
  const to = (await readNewest(rpc)).number
  const topic = `0x${account.slice(2).padStart(64, '0')}` as Hex
  const count = async (name: string): Promise<number> => {
    const event = court.getEvent(name)
    if (event === null) throw new ThreadsError('ARTIFACT_MISSING', `the court has no event ${name}`)
    return (await readLogs(rpc, at, { from: fromBlock, to }, [event.topicHash as Hex, null, topic])).length
  }
  const [accepted, claims, refuted] = await Promise.all([count('Accepted'), count('Claimed'), count('Slashed')])
  return { accepted, claims, refuted }
}
