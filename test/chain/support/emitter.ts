import { courtInterface } from '../../../src/chain/artifacts.js'
import { deployContract, type Deployer } from '../../../src/chain/deploy.js'
import { bytesToHex, concatBytes, hexToBytes } from '../../../src/protocol/bytes.js'
import type { Address, Hex, ThreadId } from '../../../src/protocol/types.js'

/** The rest of the call's data as a log, its first two words as topics: calldataload(32), calldataload(0), calldatacopy, log2. */
const EMITTER = concatBytes(hexToBytes('0x600b5981380380925939f3'), hexToBytes('0x6020355f35604036038060405f375fa200'))

/** A thread's id that no terms have. */
export const THREAD = `0x${'ab'.repeat(32)}` as ThreadId

const court = courtInterface()

/** Deploys a contract that logs what it is told: a court that says anything. */
export async function deployEmitter (deployer: Deployer): Promise<{ address: Address, block: bigint }> {
  return await deployContract(deployer, { name: 'Emitter', interface: court, creationCode: EMITTER }, [])
}

/** Call data for one of the court's logs with a thread's id as its only indexed field. */
export function emission (event: string, fields: readonly unknown[]): Hex {
  const { topics, data } = court.encodeEventLog(event, fields)
  return bytesToHex(concatBytes(...topics.map(topic => hexToBytes(topic as Hex)), hexToBytes(data as Hex)))
}

/** A `Resumed` log: its epoch serves as a serial number. */
export function serial (number: number): Hex {
  return emission('Resumed', [THREAD, number])
}
