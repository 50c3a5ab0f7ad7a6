/** ERC-20 deposits: the court takes exactly what it was allowed, and is allowed exactly the deposit. */
import { Interface } from 'ethers'
import { ThreadsError } from '../errors.js'
import { hexToBytes, bytesToBigint } from '../protocol/bytes.js'
import type { Address, Hex } from '../protocol/types.js'
import { readView, type Sends } from './reads.js'
import { isRevert } from './reverts.js'
import type { Sender } from './sender.js'

// No return types for what is sent: tokens like USDT return nothing, and ethers need not read what they do return.
const ERC20 = new Interface([
  'function approve(address spender, uint256 amount)',
  'function allowance(address owner, address spender) view returns (uint256)',
  'function balanceOf(address account) view returns (uint256)'
])

/** A deposit that somebody is about to take. */
export type Deposit = { readonly token: Address, readonly spender: Address, readonly amount: bigint }

/**
 * Allows `spender` to take `amount`, unless it may already. An allowance that is too low is first set to zero: tokens like USDT refuse
 * to change one that is not. Callers with the same token and spender take turns, up to the transaction that takes the deposit.
 * @throws `CHAIN_NOT_A_TOKEN`, `CHAIN_INSUFFICIENT_FUNDS` (with `data.asset`), `CHAIN_APPROVAL_FAILED`, and what `Sender.send` throws
 */
export async function allow (rpc: Sends, sender: Sender, { token, spender, amount }: Deposit): Promise<void> {
  if (amount === 0n) return
  const held = await tokenView(rpc, token, 'balanceOf', [sender.wallet])
  if (held < amount) {
    throw new ThreadsError('CHAIN_INSUFFICIENT_FUNDS', `the wallet ${sender.wallet} holds ${held} units of ${token}; the deposit is ${amount}`,
      { data: { wallet: sender.wallet, asset: token, balance: held.toString(), needed: amount.toString() } })
  }
  const allowance = async () => await tokenView(rpc, token, 'allowance', [sender.wallet, spender])
  const allowed = await allowance()
  if (allowed >= amount) return
  if (allowed > 0n) await sender.send(approval(token, spender, 0n))
  await sender.send(approval(token, spender, amount))
  if (await allowance() < amount) {
    throw new ThreadsError('CHAIN_APPROVAL_FAILED', `the token ${token} took the approval and did not keep it`, { data: { asset: token, amount: amount.toString() } })
  }
}

function approval (token: Address, spender: Address, amount: bigint): { to: Address, data: Hex, valueWei: bigint } {
  return { to: token, data: ERC20.encodeFunctionData('approve', [spender, amount]) as Hex, valueWei: 0n }
}

async function tokenView (rpc: Sends, token: Address, name: 'allowance' | 'balanceOf', parameters: readonly Address[]): Promise<bigint> {
  let returned: Uint8Array
  try {
    returned = hexToBytes(await readView(rpc, { to: token, data: ERC20.encodeFunctionData(name, parameters) }))
  } catch (error) {
    if (isRevert(error)) throw notAToken(token, error)
    throw error
  }
  if (returned.length !== 32) throw notAToken(token)
  return bytesToBigint(returned)
}

function notAToken (token: Address, cause?: unknown): ThreadsError {
  return new ThreadsError('CHAIN_NOT_A_TOKEN', `${token} does not answer as an ERC-20 token`, { data: { asset: token }, cause })
}
