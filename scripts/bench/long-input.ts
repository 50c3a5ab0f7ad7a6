/**
 * An input of a million gas of pure computation, forced at the court: how many transactions its judgement takes, what they cost, from receipts on anvil, and how
 * long that is when each block brings one of them.
 */
import { Interface } from 'ethers'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { hexToBytes } from '../../src/protocol/bytes.js'
import type { Hash32, Hex, Input } from '../../src/protocol/types.js'
import { Arena } from '../../test/contracts/arena.js'
import { JudgedGame } from '../../test/contracts/judged.js'
import type { Figure } from './gas.js'

const MOST_GAS = 1_000_000n
/** What fits into 12 million gas with room to spare, as a node plans it (`costOfJudging`): the first of its tries that does. */
const STEPS = 60_000n
const BLOCK_SEC = 12
const DISPUTED_SEC = 2_000_100_000n

/** Starts a chain and stops it. */
export async function benchLongInput (): Promise<Figure[]> {
  const arena = await Arena.create({ judge: 'Judge' })
  try {
    const thread = await JudgedGame.create(arena, 'Workloads', new Uint8Array())
    const { input, gasUsed } = await longest(thread)
    const spent = await force(arena, thread, input)
    const figures: [string, bigint | number, string][] = [
      ['gas.long.inner', gasUsed, 'gas'], ['gas.long.transactions', spent.length, ''], ['gas.long.all', spent.reduce((sum, gas) => sum + gas, 0n), 'gas'],
      ['gas.long.most', spent.reduce((most, gas) => gas > most ? gas : most, 0n), 'gas'], ['gas.long.time', spent.length * BLOCK_SEC, 's']
    ]
    return figures.map(([name, value, unit]) => ({ name, value: Number(value), unit }))
  } finally {
    await arena.stop()
  }
}

/** The longest list that can be sorted with a million gas. */
async function longest (thread: JudgedGame): Promise<{ input: Input, gasUsed: bigint }> {
  const sort = new Interface(loadArtifact('Workloads').interface.fragments)
  const inputOf = (n: number): Input => thread.input(0, hexToBytes(sort.encodeFunctionData('sort', [n]) as Hex))
  let [fits, above] = [1, 1024]
  while (above - fits > 1) {
    const n = (fits + above) >> 1
    if (await thread.gasOf(inputOf(n), DISPUTED_SEC) < MOST_GAS) fits = n
    else above = n
  }
  return { input: inputOf(fits), gasUsed: await thread.gasOf(inputOf(fits), DISPUTED_SEC) }
}

/** Gas of each transaction of the judgement, one every twelve seconds. */
async function force (arena: Arena, thread: JudgedGame, input: Input): Promise<bigint[]> {
  await arena.at(DISPUTED_SEC)
  const { timestampSec } = await thread.game.record_('challenge', thread.head)
  const { move, witnesses } = await thread.force(input, 1n, timestampSec + 1n, STEPS)
  const spent: bigint[] = []
  let paused: Hash32 | undefined
  for (const [i, witness] of witnesses.entries()) {
    await arena.at(timestampSec + 1n + BigInt(BLOCK_SEC * i))
    spent.push((await thread.game.advance(thread.head, paused === undefined ? move : { ...move, paused }, witness)).gasUsed)
    paused = (await thread.game.judgement(0)).paused
  }
  return spent
}
