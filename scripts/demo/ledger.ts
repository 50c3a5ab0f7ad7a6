/** The players' money on the chain, and whether it is what it must be. */
import type { Arena } from '../arena.js'
import type { Actor } from './stage.js'
import type { Account, Who } from './steps.js'
import { DEPOSIT_WEI } from './thread-game.js'

/** What the wallets held at one block. */
export type Snapshot = { readonly block: number, readonly wei: readonly bigint[] }

/** Reads the wallets now. */
export async function snapshot (arena: Arena, actors: readonly Actor[]): Promise<Snapshot> {
  const block = await arena.provider.getBlockNumber()
  return { block, wei: await Promise.all(actors.map(async ({ player }) => await arena.provider.getBalance(player.wallet, block))) }
}

/** What became of each wallet since. The fees are added up over every transaction that it sent, found block by block: none can hide. */
export async function accounts (arena: Arena, actors: readonly Actor[], before: Snapshot): Promise<Account[]> {
  const after = await snapshot(arena, actors)
  const fees = actors.map(() => ({ wei: 0n, transactions: 0 }))
  for (let block = before.block + 1; block <= after.block; block++) {
    for (const { from, fee } of await paid(arena, block)) {
      const spent = fees[actors.findIndex(({ player }) => player.wallet === from)]
      if (spent === undefined) continue
      spent.wei += fee
      spent.transactions += 1
    }
  }
  return actors.map(({ name }, i) => {
    const beforeWei = before.wei[i] ?? 0n
    const afterWei = after.wei[i] ?? 0n
    const { wei, transactions } = fees[i] ?? { wei: 0n, transactions: 0 }
    const player: Who = i === 2 ? 2 : i === 1 ? 1 : 0
    return {
      player, name, beforeWei: beforeWei.toString(), afterWei: afterWei.toString(), feesWei: wei.toString(), transactions,
      wonWei: (afterWei - beforeWei + wei).toString()
    }
  })
}

async function paid (arena: Arena, block: number): Promise<{ from: string, fee: bigint }[]> {
  const hashes = (await arena.provider.getBlock(block))?.transactions ?? []
  const receipts = await Promise.all(hashes.map(async hash => await arena.provider.getTransactionReceipt(hash)))
  return receipts.flatMap(receipt => receipt === null ? [] : [{ from: receipt.from.toLowerCase(), fee: receipt.fee }])
}

/** What must have come of everybody's money, in the order of the accounts. */
export type Expected = {
  /** What each wallet must have won, or lost. */
  readonly wonWei: readonly bigint[]
  /** What each has paid into the thread; by default the players' deposits. */
  readonly paidInWei?: readonly bigint[]
  /** What each has won beside the thread: fees for results, and bonds. */
  readonly besideWei?: readonly bigint[]
}

/** What is wrong with the money, in words. */
export function moneyProblems (accounts: readonly Account[], payoutsWei: readonly bigint[], expected: Expected, courtWei: bigint): string[] {
  const { wonWei: toWin, paidInWei = [DEPOSIT_WEI, DEPOSIT_WEI], besideWei = [] } = expected
  const problems = accounts.flatMap(({ name, wonWei }, i) => {
    const won = BigInt(wonWei)
    const paid = (payoutsWei[i] ?? 0n) - (paidInWei[i] ?? 0n) + (besideWei[i] ?? 0n)
    return [
      ...won === toWin[i] ? [] : [`${name} should have won ${toWin[i]} wei, but has won ${won}`],
      ...won === paid ? [] : [`${name} was paid ${paid} wei beyond what was paid in, but the wallet has ${won} more`]
    ]
  })
  const sum = total(payoutsWei)
  if (sum !== total(paidInWei)) problems.push(`${total(paidInWei)} wei were paid in, ${sum} were paid out`)
  if (courtWei !== 0n) problems.push(`the court still holds ${courtWei} wei`)
  return problems
}

function total (amounts: readonly bigint[]): bigint { return amounts.reduce((sum, amount) => sum + amount, 0n) }
