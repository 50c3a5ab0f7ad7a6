/** The players' money on the chain, and whether it is what it must be. */
import type { Arena } from '../arena.js'
import type { Actor } from './stage.js'
import type { Account, Seat } from './steps.js'
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
    const player: Seat = i === 0 ? 0 : 1
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

/** What is wrong with the money, in words. */
export function moneyProblems (players: readonly Account[], payoutsWei: readonly bigint[], expected: readonly bigint[], courtWei: bigint): string[] {
  const problems = players.flatMap(({ name, wonWei }, i) => {
    const won = BigInt(wonWei)
    const paid = (payoutsWei[i] ?? 0n) - DEPOSIT_WEI
    return [
      ...won === expected[i] ? [] : [`${name} should have won ${expected[i]} wei, but has won ${won}`],
      ...won === paid ? [] : [`${name} was paid ${paid} wei beyond the deposit, but the wallet has ${won} more`]
    ]
  })
  const sum = payoutsWei.reduce((total, payout) => total + payout, 0n)
  if (sum !== 2n * DEPOSIT_WEI) problems.push(`${2n * DEPOSIT_WEI} wei were paid in, ${sum} were paid out`)
  if (courtWei !== 0n) problems.push(`the court still holds ${courtWei} wei`)
  return problems
}
