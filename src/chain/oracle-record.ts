/** What an account has done as an oracle, counted in the court's logs. */
import type { Interface } from 'ethers'
import { ThreadsError } from '../errors.js'
import type { Address, Hash32, Hex } from '../protocol/types.js'
import type { OracleRecord } from '../thread/ports.js'
import { deploymentBlock } from './deployment-block.js'
import { readLogsBack } from './log-pieces.js'
import { readNewest, type Sends } from './reads.js'

/**
 * Counts from a block on; from 0: from the court's first. Each of the three events has the account as its second topic (contracts/interfaces/IClaims.sol).
 * @throws what `readLogsBack` throws
 */
export async function oracleRecord (rpc: Sends, court: Interface, at: Address, account: Address, fromBlock: bigint): Promise<OracleRecord> {
  const to = (await readNewest(rpc)).number
  const from = fromBlock > 0n ? fromBlock : await deploymentBlock(rpc, at, to)
  const topics = ['Accepted', 'Claimed', 'Slashed'].map(name => {
    const event = court.getEvent(name)
    if (event === null) throw new ThreadsError('ARTIFACT_MISSING', `the court has no event ${name}`)
    return event.topicHash as Hash32
  })
  const counts = topics.map(() => 0)
  const who = `0x${account.slice(2).padStart(64, '0')}` as Hex
  for await (const logs of readLogsBack(rpc, at, { from, to }, [topics, null, who])) {
    for (const log of logs) {
      const index = topics.indexOf(log.topics[0] ?? '0x' as Hash32)
      counts[index] = (counts[index] ?? 0) + 1
    }
  }
  const [accepted = 0, claims = 0, refuted = 0] = counts
  return { accepted, claims, refuted }
}
