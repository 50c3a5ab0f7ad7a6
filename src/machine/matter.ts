/** A player's input on a committed state, made ready for the judge: what a forced move brings before it. */
import { bytesToHex, hexToBytes, ZERO_ADDRESS } from '../protocol/bytes.js'
import { keccak256 } from '../protocol/crypto.js'
import { encodeRlp, integerBytes } from '../protocol/rlp.js'
import type { Address, Input } from '../protocol/types.js'
import type { World } from '../state/world.js'
import type { CodeHolder } from './code-reference.js'
import type { Environment, MachineContext } from './environment.js'
import { caseOf } from './judge-case.js'
import type { Matter } from './judgement.js'
import { recordInput } from './recorder.js'
import { whyNotIncludable } from './transaction.js'
import { Touched, viewOf } from './witness.js'

/** The matter of one input, alone in the breakpoint that `environment` gives. `world` must not change while it is judged (see `Machine.inspect`). */
export async function matterOf (context: MachineContext, world: World, environment: Environment, input: Input, holders: readonly CodeHolder[]): Promise<Matter> {
  const judgeCase = caseOf(context, environment, world.root, input.player)
  const view = viewOf(world)
  const sender = judgeCase.wallet
  const target = input.tx.to ?? createdBy(sender, input.tx.nonce)
  const isIncludable = whyNotIncludable(view, sender, input.tx, judgeCase.gasLimit) === undefined
  const touched = isIncludable ? await recordInput(context, world, environment, sender, input.tx) : new Touched()
  touched.needed(sender)
  const cast = { sender, target, coinbase: judgeCase.coinbase }
  // Nobody creates there: it is the vault's address.
  const { routine, players } = judgeCase
  return { judgeCase, raw: input.raw, cast: routine !== ZERO_ADDRESS && target === routine ? { ...cast, players } : cast, view, touched, holders }
}

/** Where a transaction of this sender and nonce creates. */
export function createdBy (sender: Address, nonce: bigint): Address {
  return bytesToHex(keccak256(encodeRlp([hexToBytes(sender), integerBytes(nonce)])).slice(12)) as Address
}
