/** Games of generated routines, in assembly and in Solidity: what players send comes from the seed too. */
import { AbiCoder, getCreateAddress } from 'ethers'
import { bigintToBytes, hexToBytes } from '../../src/protocol/bytes.js'
import type { Address, Hex, Input } from '../../src/protocol/types.js'
import type { Duel } from './judged-routine-duel.js'
import type { SolidityRoutine } from './judged-routine-solidity.js'
import { Dice } from './random-code.js'
import { randomRoutine } from './random-routine.js'
import { Table } from './routines.js'
import { abi, PLAYERS, threadFor } from './thread.js'

const INPUTS = 7
/** A third of those in Solidity wait between pieces of so much gas at most, too. */
const MOST_PIECE_GAS = 40_000
/** The dice of the players, which are not those of the program. */
const PLAYERS_SEED = 1_000_000

/** Seven inputs to an assembly routine. @throws Error where the two EVMs differ */
export async function playAssembly (duel: Duel, seed: number): Promise<void> {
  const dice = new Dice(seed + PLAYERS_SEED)
  const table = await Table.begin(randomRoutine(seed))
  for (let i = 1; i <= INPUTS; i++) {
    const data = dice.below(12) === 0 ? new Uint8Array(1_030) : dice.bytes(dice.below(100))
    await duel.play(table, table.input(playerFor(table, dice), { data, valueWei: BigInt(dice.below(4)), gasLimit: gasFor(dice) }), `routine ${seed}, input ${i}`, dice)
  }
}

/** Seven inputs to one that solc has made. @throws Error where the two EVMs differ */
export async function playSolidity (duel: Duel, { seed, manner, abi: { run, late, poke }, creationCode }: SolidityRoutine): Promise<void> {
  const dice = new Dice(seed + PLAYERS_SEED)
  const ctorArg = hexToBytes(AbiCoder.defaultAbiCoder().encode(['address', 'address'], PLAYERS) as Hex)
  const pieceGas = seed % 3 === 2 ? BigInt(100 + dice.below(MOST_PIECE_GAS)) : 0n
  const table = await Table.of(threadFor(creationCode, { codeKind: 2, settlement: late, gasLimit: 3_000_000n, pieceGas, ctorArg }))
  const helper = getCreateAddress({ from: table.machine.contract, nonce: 1 }).toLowerCase() as Address
  const next = (): Input => {
    const valueWei = BigInt(dice.below(4))
    if (table.machine.waiting === undefined) return table.input(dice.below(2) === 0 ? 0 : 1, { data: abi(run, ['uint256'], [BigInt(dice.below(1_000))]), valueWei, gasLimit: 2_000_000n })
    // Another's transaction, which tries the routine's contract from outside while it waits.
    if (dice.below(10) === 0) return table.input(dice.below(2) === 0 ? 0 : 1, { to: helper, data: hexToBytes(poke), gasLimit: 300_000n })
    const said = dice.below(4) !== 0 ? bigintToBytes(BigInt(dice.below(270)), 32) : dice.bytes(dice.below(100))
    return table.input(playerFor(table, dice), { data: dice.below(30) === 0 ? new Uint8Array(1_030) : said, valueWei, gasLimit: gasFor(dice) })
  }
  for (let i = 1; i <= INPUTS; i++) await duel.play(table, next(), `routine ${seed} ${manner}, input ${i}`, dice)
}

/** Mostly who is waited for. */
function playerFor (table: Table, dice: Dice): 0 | 1 {
  const waited = table.machine.waiting?.movers[0] === PLAYERS[1]
  return (dice.below(8) === 0) === waited ? 0 : 1
}

/** Sometimes too little. */
function gasFor (dice: Dice): bigint {
  return dice.below(6) === 0 ? BigInt(30_000 + dice.below(200_000)) : 1_000_000n
}
