/** The contract's settlement function, as the judge calls it (specification §9): what it makes of a state, and what the judge is shown of it. */
import { bigintToBytes, concatBytes, hexToBytes } from '../protocol/bytes.js'
import { contractAddressOf } from '../protocol/terms.js'
import type { Address } from '../protocol/types.js'
import type { World } from '../state/world.js'
import type { CodeHolder } from './code-reference.js'
import type { Environment, MachineContext } from './environment.js'
import { caseOf } from './judge-case.js'
import type { Matter } from './judgement.js'
import { recordMessage } from './recorder.js'
import type { Message } from './transaction.js'
import { viewOf } from './witness.js'

/** Who calls it: EIP-4788's system address. */
export const SYSTEM = '0xfffffffffffffffffffffffffffffffffffffffe' as Address

/** The call: `selector(address lastMover, address[] movers, bytes data)`, movers and data empty. `lastMover` is address 0 where nobody has moved. */
export function settlementMessage (context: MachineContext, lastMover: Address): Message {
  const { thread, terms, domain } = context
  const words = [BigInt(lastMover), 0x60n, 0x80n, 0n, 0n].map(word => bigintToBytes(word, 32))
  return { from: SYSTEM, to: contractAddressOf(thread, domain.court), data: concatBytes(hexToBytes(terms.settlement), ...words), gasLimit: terms.gasLimit }
}

/** The settlement of a state, made ready for the judge. `world` must not change while it is judged (see `Machine.inspect`). */
export async function settlementMatter (context: MachineContext, world: World, environment: Environment, lastMover: Address, holders: readonly CodeHolder[]): Promise<Matter> {
  const message = settlementMessage(context, lastMover)
  const judgeCase = { ...caseOf(context, environment, world.root, 0), wallet: SYSTEM, sessionKey: SYSTEM }
  const touched = await recordMessage(context, world, environment, message)
  return { judgeCase, raw: message.data, to: message.to, cast: { sender: SYSTEM, target: message.to, coinbase: judgeCase.coinbase }, view: viewOf(world), touched, holders }
}
