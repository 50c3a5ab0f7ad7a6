/**
 * What suspending costs (specification §11): the fifth move of the same game as a routine (Morpion) and as calls (TicTacToe). Gas from receipts on anvil, bytes of what waits and of what a move
 * writes to the store, and milliseconds of execution alone: no signature, no disk, no network.
 */
import { AbiCoder } from 'ethers'
import { loadArtifact } from '../../src/chain/artifacts.js'
import { bigintToBytes, hexToBytes } from '../../src/protocol/bytes.js'
import type { Hex, Input } from '../../src/protocol/types.js'
import type { Batch, Machine } from '../../src/machine/machine.js'
import { MACHINE_ADDRESS } from '../../src/machine/routine.js'
import { changeEntries } from '../../src/state/changes.js'
import { Arena } from '../../test/contracts/arena.js'
import { breakpointToAbi, moveToAbi, type GameOptions } from '../../test/contracts/game.js'
import { JudgedGame } from '../../test/contracts/judged.js'
import { abi, batchOf, ETHER, PLAYERS, threadFor, type TestThread } from '../../test/machine/thread.js'
import { Table } from '../../test/machine/routines.js'
import type { Figure } from './gas.js'

/** x and o in turn; no line yet, so the game goes on after the last. */
const CELLS = [0n, 4n, 8n, 2n, 6n]
const LAST = CELLS.length - 1
/** The same at whatever second the chain was started: calldata is priced by its bytes. */
const JOIN_DEADLINE_SEC = 2_000_123_456n
const DISPUTED_SEC = 2_000_100_000n
const STAKE = ETHER / 2n
const WARM_RUNS = 100
const TIMED_RUNS = 300

/** One game: how it begins, and what a player sends to move. */
type Manner = { readonly name: string, readonly terms: GameOptions, readonly ctorTypes: readonly string[], readonly ctorRest: readonly bigint[], readonly first: Uint8Array | undefined, readonly data: (cell: bigint) => Uint8Array }

function manners (): Manner[] {
  const [calls, routine] = [loadArtifact('TicTacToe').interface, loadArtifact('Morpion').interface]
  return [
    {
      name: 'Morpion', terms: { codeKind: 2, settlement: routine.getFunction('settle')?.selector as Hex }, ctorTypes: ['address', 'address', 'uint256'], ctorRest: [STAKE],
      first: hexToBytes(routine.encodeFunctionData('play') as Hex), data: cell => bigintToBytes(cell, 32)
    },
    {
      name: 'TicTacToe', terms: {}, ctorTypes: ['address', 'address', 'uint256', 'uint256'], ctorRest: [STAKE, 600n], first: undefined,
      data: cell => hexToBytes(calls.encodeFunctionData('play', [cell]) as Hex)
    }
  ]
}

/** What is the same wherever it is measured: gas and bytes. Starts a chain, and stops it. */
export async function benchRoutineCosts (): Promise<Figure[]> {
  const arena = await Arena.create({ judge: 'Judge' })
  try {
    const figures: Figure[] = []
    for (const manner of manners()) {
      const { table, input } = await beforeLast(manner)
      const machineBytes = table.machine.code(MACHINE_ADDRESS).length
      if (machineBytes > 0) figures.push({ name: 'routine.breakpoint.bytes', value: machineBytes, unit: 'bytes' })
      const { changes, receipts: [receipt] } = await table.machine.prepare(table.next(input))
      const storedBytes = changeEntries(changes).reduce((sum, [key, value]) => sum + key.length + value.length, 0)
      const forced = await force(arena, manner)
      const parts: [string, bigint | number, string][] = [
        ['move.bytes', storedBytes, 'bytes'], ['move.gas', receipt?.gasUsed ?? 0n, 'gas'], ['advance.gas', forced.advance, 'gas'], ['challengeAndAdvance.gas', forced.together, 'gas']
      ]
      figures.push(...parts.map(([part, value, unit]) => ({ name: `routine.${manner.name.toLowerCase()}.${part}`, value: Number(value), unit })))
    }
    return figures
  } finally {
    await arena.stop()
  }
}

/** Milliseconds of a move, from breakpoint to breakpoint: execution and the new root. Medians. */
export async function benchRoutineTimes (): Promise<Figure[]> {
  const figures: Figure[] = []
  for (const manner of manners()) {
    const { table, input } = await beforeLast(manner)
    const times = await timed(table.machine, table.next(input))
    const at = (share: number): number => times[Math.floor(share * (times.length - 1))] ?? 0
    figures.push({ name: manner.first === undefined ? 'routine.tictactoe.move.ms' : 'routine.breakpoint.ms', value: at(0.5), unit: 'ms', low: at(0.05), high: at(0.95) })
  }
  return figures
}

/** What nothing depends on is done again and again: the batch is never committed. @returns sorted milliseconds */
async function timed (machine: Machine, batch: Batch): Promise<number[]> {
  const times: number[] = []
  for (let i = 0; i < WARM_RUNS + TIMED_RUNS; i++) {
    const started = performance.now()
    await machine.prepare(batch)
    if (i >= WARM_RUNS) times.push(performance.now() - started)
  }
  return times.sort((a, b) => a - b)
}

/** A game here, and its next move. */
async function beforeLast (manner: Manner): Promise<{ table: Table, input: Input }> {
  const { terms, ctorTypes, ctorRest, first } = manner
  const thread: TestThread = threadFor(loadArtifact(manner.name).creationCode, { ...terms, ctorArg: abi('0x', ctorTypes, [...PLAYERS, ...ctorRest]) })
  const table = await Table.of(thread)
  const input = (i: number): Input => table.input(i % 2 === 0 ? 0 : 1, { data: manner.data(CELLS[i] ?? 0n), valueWei: stakeOf(i) })
  if (first !== undefined) await table.play(table.input(0, { data: first }))
  for (let i = 0; i < LAST; i++) await table.play(input(i))
  return { table, input: input(LAST) }
}

/** Gas of the move that the judge executes, once after the challenge and once with it. */
async function force (arena: Arena, manner: Manner): Promise<{ advance: bigint, together: bigint }> {
  const [apart, together] = [await gameOf(arena, manner), await gameOf(arena, manner)]
  const start = DISPUTED_SEC + (manner.first === undefined ? 10_000n : 0n)
  await arena.at(start)
  const { timestampSec } = await apart.game.record_('challenge', apart.head)
  const next = await lastMove(apart, manner, timestampSec + 1n)
  await arena.at(timestampSec + 1n)
  const advanced = await apart.game.advance(next.before, next.move, next.witness)
  const { before, move, witness } = await lastMove(together, manner, timestampSec + 100n)
  await arena.at(timestampSec + 100n)
  const { game } = together
  const both = await arena.court_(game.player(0), 'challengeAndAdvance', [game.abi, breakpointToAbi(before), game.signatures(before), moveToAbi(move), witness])
  return { advance: advanced.gasUsed, together: both.gasUsed }
}

async function gameOf (arena: Arena, { name, terms, ctorTypes, ctorRest, first, data }: Manner): Promise<JudgedGame> {
  const ctorArg = AbiCoder.defaultAbiCoder().encode(ctorTypes, [arena.account(0), arena.account(1), ...ctorRest]) as Hex
  const thread = await JudgedGame.create(arena, name, hexToBytes(ctorArg), { joinDeadlineSec: JOIN_DEADLINE_SEC, ...terms })
  let atSec = DISPUTED_SEC - 1_000n
  if (first !== undefined) await thread.play(thread.input(0, first), atSec++)
  for (let i = 0; i < LAST; i++) await thread.play(thread.input(i % 2, data(CELLS[i] ?? 0n), stakeOf(i)), atSec++)
  return thread
}

async function lastMove (thread: JudgedGame, { data }: Manner, atSec: bigint): Promise<{ before: JudgedGame['head'], move: Awaited<ReturnType<JudgedGame['force']>>['move'], witness: Hex }> {
  const { move, witnesses: [witness = '0x'] } = await thread.force(thread.input(LAST % 2, data(CELLS[LAST] ?? 0n)), 1n, atSec)
  return { before: thread.head, move, witness }
}

function stakeOf (move: number): bigint {
  return move < 2 ? STAKE : 0n
}
