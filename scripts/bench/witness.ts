/**
 * What the proof of an input's slots costs in the judge, for each slot: the calldata of the proof and the gas of checking it and of the new
 * root. Not in it: the slots' keys and values, and hashing the keys to paths.
 */
import { asHash32, bigintToBytes } from '../../src/protocol/bytes.js'
import { hash32, keccak256 } from '../../src/protocol/crypto.js'
import type { Address } from '../../src/protocol/types.js'
import { slotPath } from '../../src/state/leaf.js'
import { proveMany, rootsOf, type ProofItem } from '../../src/state/multi-proof.js'
import { emptyTree, rootOf, set, type Tree } from '../../src/state/tree.js'
import { LocalContract } from '../local-contract.js'
import type { Figure } from './gas.js'

/** Slots in the tree. */
const SIZES = [10, 1_000, 100_000]
/** Slots that one input reads and writes: a name's last part; the figure without one is for ten. */
const COUNTS: readonly (readonly [count: number, part: string])[] = [[1, '.one'], [3, '.three'], [10, '']]
/** Draws of slots over which a figure is the mean. */
const DRAWS = 16
const CONTRACT = `0x${'c3'.repeat(20)}` as Address
const WORD = 32

/** `judge.witness.<slots in the tree>`: gas for each of ten slots that an input reads and writes; `.one` and `.three` when it is only so many. */
export async function benchWitness (): Promise<Figure[]> {
  const contract = await LocalContract.create('MultiProofHarness')
  const figures: Figure[] = []
  for (const size of SIZES) {
    const tree = treeOf(size)
    for (const [count, part] of COUNTS) {
      let gas = 0
      for (let draw = 0; draw < DRAWS; draw++) gas += await gasOf(contract, tree, slotsOf(size, count, draw))
      figures.push({ name: `judge.witness.${size}${part}`, value: Math.round(gas / DRAWS / count), unit: 'gas' })
    }
  }
  return figures
}

async function gasOf (contract: LocalContract, tree: Tree, slots: readonly number[]): Promise<number> {
  const items = slots.map((slot): ProofItem => ({ path: pathOf(slot), oldValue: valueOf(slot), newValue: keccak256(valueOf(slot)) }))
  const proof = proveMany(tree, items.map(({ path }) => path))
  if (rootsOf(items, proof).oldRoot !== rootOf(tree)) throw new Error('the proof shows another root')
  const { result, error } = await contract.call('gasOf', [items.flatMap(({ path, oldValue, newValue }) => [path, oldValue, newValue]), proof])
  if (error !== undefined) throw new Error(`the proof is refused: ${error}`)
  return Number(result[0]) + proof.reduce((sum, byte) => sum + (byte === 0 ? 4 : 16), 0)
}

function treeOf (size: number): Tree {
  let tree = emptyTree
  for (let slot = 0; slot < size; slot++) tree = set(tree, pathOf(slot), valueOf(slot))
  return tree
}

/** `count` different slots, by chance that is the same each time. */
function slotsOf (size: number, count: number, draw: number): number[] {
  const slots = new Set<number>()
  for (let i = 0; slots.size < count; i++) slots.add(Number(BigInt(hash32(bigintToBytes(BigInt(draw * 1_000 + i), WORD))) % BigInt(size)))
  return [...slots]
}

function pathOf (slot: number): Uint8Array {
  return slotPath(CONTRACT, asHash32(bigintToBytes(BigInt(slot), WORD)))
}

function valueOf (slot: number): Uint8Array {
  return bigintToBytes(BigInt(slot) + 1n, WORD)
}
