/** The contract's settlement function, as the judge calls it (specification §9): what it makes of a state, and what the judge is shown of it. */
import { bigintToBytes, concatBytes, hexToBytes } from '../protocol/bytes.js'
import { allowsRoutines, contractAddressOf } from '../protocol/terms.js'
import type { Address, Hash32 } from '../protocol/types.js'
import { EMPTY_ACCOUNT, EMPTY_BYTES, type World } from '../state/world.js'
import type { CodeHolder } from './code-reference.js'
import type { Environment, MachineContext } from './environment.js'
import { caseOf } from './judge-case.js'
import type { Matter } from './judgement.js'
import { recordMessage } from './recorder.js'
import { MACHINE_ADDRESS, waitingOf, type Waiting } from './routine.js'
import type { Message } from './transaction.js'
import { viewOf } from './witness.js'

/** Who calls it: EIP-4788's system address. */
export const SYSTEM = '0xfffffffffffffffffffffffffffffffffffffffe' as Address

/**
 * The call: `selector(address lastMover, address[] movers, bytes data)`. `lastMover` is address 0 where nobody has moved. Where the contract waits behind a breakpoint it is that one's function, with
 * its movers and data (§11), else the terms' one, without any.
 */
export function settlementMessage (context: MachineContext, lastMover: Address, waiting?: Waiting): Message {
  const { thread, terms, domain } = context
  const { onTimeout, movers, data }: Waiting = waiting === undefined || waiting.piece !== undefined ? { onTimeout: terms.settlement, movers: [], data: EMPTY_BYTES } : waiting
  const dataAt = 0x80 + 32 * movers.length
  const words = [BigInt(lastMover), 0x60, dataAt, movers.length, ...movers.map(BigInt), data.length].map(word => bigintToBytes(BigInt(word), 32))
  const padding = new Uint8Array(-data.length & 31)
  return { from: SYSTEM, to: contractAddressOf(thread, domain.court), data: concatBytes(hexToBytes(onTimeout), ...words, data, padding), gasLimit: terms.gasLimit }
}

/** For whom the contract waits in a state; undefined: it does not wait. */
export function waitingIn (context: MachineContext, state: { account (address: Address): { readonly codeHash: Hash32 } | undefined, code (hash: Hash32): Uint8Array | undefined }): Waiting | undefined {
  if (!allowsRoutines(context.terms)) return undefined
  const { codeHash } = state.account(MACHINE_ADDRESS) ?? EMPTY_ACCOUNT
  const code = state.code(codeHash) ?? EMPTY_BYTES
  return code.length === 0 ? undefined : waitingOf(code, context.terms)
}

/** The settlement of a state, made ready for the judge. `world` must not change while it is judged (see `Machine.inspect`). */
export async function settlementMatter (context: MachineContext, world: World, environment: Environment, lastMover: Address, holders: readonly CodeHolder[]): Promise<Matter> {
  const waiting = waitingIn(context, world)
  const message = settlementMessage(context, lastMover, waiting)
  const judgeCase = { ...caseOf(context, environment, world.root, 0), wallet: SYSTEM, sessionKey: SYSTEM }
  const touched = await recordMessage(context, world, environment, message)
  // The judge is asked for what the terms name, and calls what the breakpoint says.
  if (waiting !== undefined) touched.code(MACHINE_ADDRESS)
  return { judgeCase, raw: settlementMessage(context, lastMover).data, to: message.to, cast: { sender: SYSTEM, target: message.to, coinbase: judgeCase.coinbase }, view: viewOf(world), touched, holders }
}
