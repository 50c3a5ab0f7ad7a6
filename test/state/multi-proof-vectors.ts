/**
 * Builds `test/vectors/multi-proof.json`, which both languages are tested with. Proofs and roots come from the slow reference.
 * `node dist/test/state/multi-proof-vectors.js` writes it anew.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { bytesToHex, concatBytes, hexToBytes, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Hash32, Hex } from '../../src/protocol/types.js'
import { flipBit, wordOf, written } from './multi-proof-cases.js'
import { referenceProof, type ReferenceItem } from './multi-proof-reference.js'
import { referenceRoot, type ReferenceLeaf } from './reference.js'

export type ProvenVector = { about: string, leaves: readonly ReferenceLeaf[], items: readonly ReferenceItem[], proof: Hex, oldRoot: Hash32, newRoot: Hash32 }
export type RefusedVector = { about: string, items: readonly ReferenceItem[], proof: Hex, refusal: string }
export type MultiProofVectors = { readonly about: string, readonly proofs: readonly ProvenVector[], readonly refused: readonly RefusedVector[], readonly manyLeaves: readonly Hash32[] }

export const multiProofVectorsFile = fileURLToPath(new URL('../../../test/vectors/multi-proof.json', import.meta.url))

const ABOUT = 'Proofs of many paths (src/protocol/README.md, section 4). proofs: leaves of a tree, items in the order of their numbers, their one proof, ' +
  'the roots before and after. refused: no proof of these items; the error is the same in both languages (STATE_PROOF_ENDS_EARLY is ProofEndsEarly). ' +
  'manyLeaves: paths for tests of more items than one byte can number.'

const random = (label: string): Hash32 => hash32(new TextEncoder().encode(label))
const at = (prefix: string): Hash32 => `0x${prefix.padEnd(64, '0')}` as Hash32
const leaf = (path: Hash32, value: number): ReferenceLeaf => ({ path, value: wordOf(value) })

const TWENTY = Array.from({ length: 20 }, (_, i) => leaf(random(`path ${i}`), i % 6 === 0 ? 0 : i))
/** Four corners: 00…, 01… (in bits) and 10… hold one leaf each; 11… holds two, with an empty half between. */
const CORNERS = [leaf(at('1'), 1), leaf(at('5'), 2), leaf(at('9'), 3), leaf(at('e0'), 4), leaf(at('e8'), 5)]

export function buildMultiProofVectors (): MultiProofVectors {
  return { about: ABOUT, proofs: proofs(), refused: refused(), manyLeaves: Array.from({ length: 300 }, (_, i) => random(`many ${i}`)) }
}

function proofs (): ProvenVector[] {
  const paths = TWENTY.map(({ path }) => path)
  return [
    proven('an absent item in the empty tree, written', [], [[random('a'), 1]]),
    proven('an absent item in the empty tree, left alone', [], [[random('a'), 0]]),
    proven('three absent items in the empty tree, two of them written', [], [[random('a'), 1], [random('b'), 0], [random('c'), 2]]),
    proven('four absent items where nothing is, two and two, and a leaf beside them', [leaf(at('08'), 1), leaf(at('8'), 2)], [[at('c'), 1], [at('d'), 0], [at('e'), 2], [at('f'), 3], [at('04'), 4], [at('0'), 0], [at('02'), 5]]),
    proven('the only leaf', TWENTY.slice(1, 2), [[paths[1], 9]]),
    proven('the only leaf, which holds zero', TWENTY.slice(0, 1), [[paths[0], 9]]),
    proven('an absent item where another leaf is the only one', TWENTY.slice(1, 2), [[random('a'), 9]]),
    proven('one item of twenty, changed', TWENTY, [[paths[3], 99]]),
    proven('one item of twenty, only read', TWENTY, [[paths[3], 3]]),
    proven('a leaf that becomes zero stays', TWENTY, [[paths[3], 0]]),
    proven('a zero leaf is there, and is written', TWENTY, [[paths[6], 7]]),
    proven('ten items of twenty, in no order', TWENTY, [4, 17, 0, 9, 12, 6, 1, 19, 3, 8].map((i): [Hash32 | undefined, number] => [paths[i], 100 + i])),
    proven('all of a tree', TWENTY, paths.map((path, i): [Hash32, number] => [path, i])),
    proven('absent items beside leaves and in empty halves', CORNERS, [[at('11'), 1], [at('c'), 2], [at('d'), 3], [at('4'), 0], [at('ff'), 5]]),
    proven('an absent item beside a leaf that is an item too', CORNERS, [[at('9'), 8], [at('98'), 9], [at('92'), 0]]),
    proven('a foreign leaf between absent items', CORNERS, [[at('8'), 1], [at('b'), 2], [at('98'), 3]]),
    proven('paths that part at the last bit', [leaf(at('77'), 1), leaf(flipBit(at('77'), 255), 2)], [[at('77'), 3], [flipBit(at('77'), 255), 4], [flipBit(at('77'), 254), 5]]),
    proven('the path of all zeros is a path like others', [leaf(ZERO_HASH, 5), leaf(at('ff'), 6)], [[ZERO_HASH, 0], [at('8'), 1]])
  ]
}

function proven (about: string, leaves: readonly ReferenceLeaf[], writes: readonly (readonly [path: Hash32 | undefined, newValue: number])[]): ProvenVector {
  const items = writes.map(([path = ZERO_HASH, newValue]): ReferenceItem =>
    ({ path, oldValue: leaves.find((entry) => entry.path === path)?.value ?? ZERO_HASH, newValue: wordOf(newValue) }))
  return {
    about, leaves, items, proof: bytesToHex(referenceProof(leaves, items.map(({ path }) => path))),
    oldRoot: referenceRoot(leaves), newRoot: referenceRoot(written(leaves, items))
  }
}

function refused (): RefusedVector[] {
  const [there, absent, beside] = [item(at('1'), 1), item(at('c'), 0), item(at('98'), 0)]
  const both = referenceProof(CORNERS, [there.path, absent.path])
  const one = referenceProof(CORNERS, [there.path])
  const hash = hexToBytes(random('hash'))
  const other = (path: Hash32, depth: number): Uint8Array => concatBytes(Uint8Array.of(4 + (depth >> 8), depth), hexToBytes(path), hash)
  const say = (refusal: string, about: string, items: readonly ReferenceItem[], ...parts: (Uint8Array | number[])[]): RefusedVector =>
    ({ about, items, proof: bytesToHex(concatBytes(...parts.map((part) => Uint8Array.from(part)))), refusal: `STATE_PROOF_${refusal}` })
  return [
    say('ENDS_EARLY', 'no bytes', [there]),
    say('ENDS_EARLY', 'no end', [there], [0]),
    say('ENDS_EARLY', 'half a head', [there], [0, 0, 2]),
    say('ENDS_EARLY', 'a sibling too few', [there], one.slice(0, -32)),
    say('ENDS_EARLY', 'a byte of a sibling too few', [there], one.slice(0, -1)),
    say('ENDS_EARLY', 'nothing where it is said how far an end rises', [there, absent], [0, 0, 2, 0]),
    say('ENDS_EARLY', 'the same at the last end', [there, item(at('f'), 2)], [0, 0, 1, 0, 0, 0, 1, 1]),
    say('ENDS_EARLY', 'half a foreign leaf', [beside], [1], other(at('9'), 4).slice(0, 40)),
    say('ENDS_EARLY', 'half a foreign leaf, and nothing else', [there], [0], other(at('1'), 0).slice(0, 40)),
    say('TRAILING_BYTES', 'a byte too many', [there], one, [0]),
    say('TRAILING_BYTES', 'a sibling too many', [there], one, hash),
    say('UNKNOWN_KIND', 'an end of kind 3', [there], [0, 6, 2, 0], hash, hash),
    say('UNKNOWN_KIND', 'a high bit in a head', [there], [0, 0x80, 2, 0], hash, hash),
    say('TOO_DEEP', 'an end at depth 257', [there], [0, 1, 1, 0], ...Array.from({ length: 257 }, () => hash)),
    say('NO_SUCH_ITEM', 'the number 1 of one item', [there], [0, 0, 2, 1], hash, hash),
    say('ITEM_NOT_ABSENT', 'an item with a value, said to be absent', [there], [0, 2, 2, 0], hash, hash),
    say('NO_BRANCH', 'a leaf beside an empty half', [there], [0, 0, 2, 0], new Uint8Array(32), hash),
    say('NO_BRANCH', 'an absent item beside an empty half', [absent], [0, 2, 2, 0], new Uint8Array(32), hash),
    say('BAD_STOP', 'an end that is to rise downwards', [there, absent], [0, 0, 2, 0, 2]),
    say('BAD_STOP', 'an end in the root that is to meet another', [there, absent], [0, 0, 0, 0, 0]),
    say('IDLE_LEAF', 'a foreign leaf that rises with a sibling', [there], [1], other(at('9'), 2), [0], hash, [0, 1, 0, 0]),
    say('IDLE_LEAF', 'a foreign leaf beside a leaf: its hash would do', [there], referenceProof(CORNERS, [there.path], { named: [at('5')] })),
    say('IDLE_LEAF', 'a foreign leaf, left of a leaf', [item(at('5'), 2)], referenceProof(CORNERS, [at('5')], { named: [at('1')] })),
    say('HALF_MISSING', 'a right half without a left one', [item(at('e0'), 4)], [1, 0, 1, 0, 0], other(at('1'), 1), [0]),
    say('HALF_MISSING', 'a left half, and then one that stands higher', [there, item(at('f'), 2)], [0, 0, 2, 0, 1, 0, 1, 1, 0]),
    say('HALF_MISSING', 'the last end waits for one that does not come', [there, item(at('2'), 0)], [0, 0, 3, 0, 2, 2, 3, 1, 1], hash),
    say('HALF_MISSING', 'the half that waits stands higher', [there, item(at('f'), 4)], [0, 0, 1, 0, 0, 0, 2, 1, 1]),
    say('OFF_PATH', 'the ends in the wrong order', [there, item(at('2'), 1), item(at('6'), 1)], [0, 0, 3, 0, 2, 0, 3, 2, 2, 0, 3, 1, 2]),
    say('OFF_PATH', 'an item of another place', [there, item(at('f'), 3)], [0, 0, 2, 0, 1, 0, 2, 1, 1]),
    say('OFF_PATH', 'a foreign leaf of another place', [absent], [1], other(at('1'), 2), [1, 2, 2, 0, 1]),
    say('ITEMS_MISSING', 'a foreign leaf instead of the only item', [there], [0], other(at('1'), 0)),
    say('ITEMS_MISSING', 'a foreign leaf instead of the second item', [absent, item(at('d'), 0)], [0, 2, 4, 0, 3], other(at('d8'), 4), [3], hash, hash, hash),
    say('TRAILING_BYTES', 'a proof twice', [there, absent], both, both)
  ]
}

function item (path: Hash32, oldValue: number): ReferenceItem {
  return { path, oldValue: wordOf(oldValue), newValue: wordOf(oldValue + 1) }
}

/** One proof a line, so that a change shows in a diff. */
export function printMultiProofVectors ({ about, proofs, refused, manyLeaves }: MultiProofVectors): string {
  const list = (items: readonly unknown[]): string => `[\n${items.map((entry) => `    ${JSON.stringify(entry)}`).join(',\n')}\n  ]`
  return `{\n  "about": ${JSON.stringify(about)},\n  "proofs": ${list(proofs)},\n  "refused": ${list(refused)},\n  "manyLeaves": ${JSON.stringify(manyLeaves)}\n}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(multiProofVectorsFile, printMultiProofVectors(buildMultiProofVectors()))
