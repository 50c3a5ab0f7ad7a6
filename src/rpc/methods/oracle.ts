/** Bonds, and threads that an oracle has taken: what it answers for claims with (specification §8, "Claims"). */
import { bytesToHex, hexToBytes, ZERO_ADDRESS } from '../../protocol/bytes.js'
import { sign } from '../../protocol/crypto.js'
import { acceptDigest } from '../../protocol/typed-data.js'
import type { Terms } from '../../protocol/types.js'
import { ThreadsError } from '../../errors.js'
import { openMoves } from '../../thread/chain-view.js'
import type { NodeApi, Result } from '../api.js'
import { transactionJson } from '../convert.js'
import type { NodeHost } from '../host.js'

type Methods = 'oracle_bond' | 'oracle_unbond' | 'oracle_accept' | 'oracle_release' | 'oracle_status'

/** @see NodeApi */
export function oracleMethods (node: NodeHost): Pick<NodeApi, Methods> {
  const free = async (): Promise<string> => (await node.chain.freeBond(node.chain.wallet)).toString()
  return {
    oracle_bond: async ({ amount }) => ({ transaction: transactionJson(await node.chain.bond(BigInt(amount))), freeWei: await free() }),
    oracle_unbond: async ({ amount }) => {
      const held = await node.chain.freeBond(node.chain.wallet)
      if (BigInt(amount) > held) throw tooSmall(held, BigInt(amount))
      return { transaction: transactionJson(await node.chain.unbond(BigInt(amount))), freeWei: await free() }
    },
    oracle_accept: async params => await accept(node, params),
    oracle_release: async ({ thread, account }) => {
      const { terms } = node.thread(thread).coordinator.view
      return { thread, transaction: transactionJson(await node.chain.release(terms, account ?? node.chain.wallet)) }
    },
    oracle_status: async ({ account, thread }) => {
      const asked = account ?? node.chain.wallet
      const freeWei = (await node.chain.freeBond(asked)).toString()
      return { account: asked, freeWei, thread: thread === undefined ? null : await bondsOf(node, thread) }
    }
  }
}

async function accept (node: NodeHost, { thread, bond, claims, signOnly, signature }: Parameters<NodeApi['oracle_accept']>[0]): Promise<Result<'oracle_accept'>> {
  const { terms } = node.thread(thread).coordinator.view
  if (terms.oracle === ZERO_ADDRESS) throw new ThreadsError('ORACLE_NONE', 'the terms name no oracle', { data: { thread } })
  const amountWei = bond === undefined ? BigInt(claims) * await node.chain.bondFor(terms.gasLimit) : BigInt(bond)
  if ((await node.chain.pledge(thread, terms.oracle)).accepted) throw new ThreadsError('ORACLE_ACCEPTED_ALREADY', 'the oracle has accepted this thread', { data: { thread, oracle: terms.oracle } })
  const isOurs = terms.oracle === node.chain.wallet
  if (!isOurs && signature === undefined) throw new ThreadsError('ORACLE_NOT_OURS', `the terms name the oracle ${terms.oracle}: it accepts, or somebody who has its signature`, { data: { thread, oracle: terms.oracle } })
  const held = await node.chain.freeBond(terms.oracle)
  if (held < amountWei) throw tooSmall(held, amountWei)
  const bondWei = amountWei.toString()
  if (signOnly) {
    if (!isOurs) throw new ThreadsError('ORACLE_NOT_OURS', 'only the oracle itself signs that it accepts', { data: { thread, oracle: terms.oracle } })
    const signed = sign(acceptDigest({ thread, feeUnits: terms.oracleFee, bondWei: amountWei }, node.domain), node.options.walletKey)
    return { thread, bondWei, signature: bytesToHex(signed), transaction: null }
  }
  const receipt = await node.chain.accept(terms, amountWei, signature === undefined ? undefined : hexToBytes(signature))
  return { thread, bondWei, signature: null, transaction: transactionJson(receipt) }
}

async function bondsOf (node: NodeHost, thread: Parameters<NodeHost['thread']>[0]): Promise<Result<'oracle_status'>['thread']> {
  const { view } = node.thread(thread).coordinator
  const { terms } = view
  const [perClaim, pledge] = await Promise.all([node.chain.bondFor(terms.gasLimit), node.chain.pledge(thread, terms.oracle)])
  return {
    id: thread, oracle: terms.oracle === ZERO_ADDRESS ? null : terms.oracle, accepted: pledge.accepted, pledgedWei: pledge.amountWei.toString(), bondPerClaimWei: perClaim.toString(),
    feeUnits: terms.oracleFee.toString(), claims: openMoves(view).flatMap(({ claim, player, hash }) => claim === undefined ? [] : [{ index: claim.index, player, account: claim.account, breakpoint: hash }])
  }
}

/** The oracle that the terms name must have accepted before the last player joins. @throws `ORACLE_NOT_ACCEPTED` */
export async function requireAccepted (node: NodeHost, thread: Parameters<NodeHost['thread']>[0], terms: Terms): Promise<void> {
  if (terms.oracle === ZERO_ADDRESS || (await node.chain.pledge(thread, terms.oracle)).accepted) return
  const perClaim = await node.chain.bondFor(terms.gasLimit)
  throw new ThreadsError('ORACLE_NOT_ACCEPTED', `the oracle ${terms.oracle} has not accepted the thread, so its last player cannot join; a bond of ${perClaim} wei answers for one claim`, {
    data: { thread, oracle: terms.oracle, bondPerClaimWei: perClaim.toString() }
  })
}

function tooSmall (heldWei: bigint, neededWei: bigint): ThreadsError {
  return new ThreadsError('ORACLE_BOND_TOO_SMALL', `${heldWei} wei of the bond are free, ${neededWei} are needed: "oracle bond" adds to it`, { data: { heldWei: heldWei.toString(), neededWei: neededWei.toString() } })
}
