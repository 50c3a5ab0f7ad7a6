/**
 * Builds `test/vectors/tree.json`, from which the tree in Solidity is tested too. Roots and new roots come from the slow reference, so
 * the file does not merely repeat what the tree under test says. `node dist/test/state/tree-vectors.js` writes it anew.
 */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { asHash32, bytesToHex, hexToBytes, ZERO_ADDRESS, ZERO_HASH } from '../../src/protocol/bytes.js'
import { hash32 } from '../../src/protocol/crypto.js'
import type { Address, Hash32 } from '../../src/protocol/types.js'
import { accountPath, accountValue, EMPTY_CODE_HASH, slotPath } from '../../src/state/leaf.js'
import { prove, type TreeProof } from '../../src/state/proof.js'
import { emptyTree, set, type Tree } from '../../src/state/tree.js'
import { referenceRoot, type ReferenceLeaf } from './reference.js'

/** A proof as the file has it; `otherPath` and `otherValue` are null where the walk ends in no other leaf. */
export type ProofVector = {
  readonly path: Hash32, readonly value: Hash32, readonly siblings: readonly Hash32[]
  readonly otherPath: Hash32 | null, readonly otherValue: Hash32 | null
}
export type TreeVectors = {
  readonly about: string
  readonly paths: readonly { kind: number, address: Address, slot: Hash32, path: Hash32 }[]
  readonly accounts: readonly { nonce: string, balance: string, codeHash: Hash32, value: Hash32 }[]
  readonly trees: readonly {
    about: string
    leaves: readonly ReferenceLeaf[]
    root: Hash32
    proofs: readonly (ProofVector & { newValue: Hash32, newRoot: Hash32 })[]
    hostile: readonly (ProofVector & { reason: string })[]
  }[]
}

export const vectorsFile = fileURLToPath(new URL('../../../test/vectors/tree.json', import.meta.url))

const ABOUT = 'State tree vectors (src/protocol/README.md, section 4). ' +
  'paths: keccak256(kind, address, slot). accounts: an account leaf\'s value. ' +
  'trees: leaves in the order of insertion, the root, proofs that must verify, and hostile ones that must be refused under that root. ' +
  'A proof\'s walk ends in: otherPath null and value 0: nothing; otherPath null and value not 0: the leaf (path, value); otherwise the leaf ' +
  '(otherPath, otherValue), and then value must be 0 and otherPath must share the walked bits with path; ' +
  'otherPath equal to path: the leaf is present and holds zero, so otherValue must be 0. ' +
  'newRoot: the root when the net effect of an input writes newValue at path (nothing is inserted for 0 where there was no leaf).'

const wordOf = (value: bigint): Hash32 => `0x${value.toString(16).padStart(64, '0')}` as Hash32
const addressOf = (byte: string): Address => `0x${byte.repeat(20)}` as Address
const random = (label: string): Hash32 => hash32(new TextEncoder().encode(label))

export function buildTreeVectors (): TreeVectors {
  return {
    about: ABOUT,
    paths: [
      { kind: 1, address: addressOf('11'), slot: ZERO_HASH, path: asHash32(accountPath(addressOf('11'))) },
      { kind: 1, address: ZERO_ADDRESS, slot: ZERO_HASH, path: asHash32(accountPath(ZERO_ADDRESS)) },
      ...[ZERO_HASH, wordOf(1n), random('slot')].map((slot) => ({ kind: 2, address: addressOf('22'), slot, path: asHash32(slotPath(addressOf('22'), slot)) }))
    ],
    accounts: [
      account(0n, 0n, EMPTY_CODE_HASH), account(1n, 0n, EMPTY_CODE_HASH), account(0n, 1n, EMPTY_CODE_HASH),
      account(1n, 10n ** 18n, random('code')), account(2n ** 64n - 1n, 2n ** 128n - 1n, random('code'))
    ],
    trees: [
      tree('empty', []),
      tree('one leaf', [{ path: random('only'), value: wordOf(7n) }]),
      tree('one zero leaf', [{ path: random('only'), value: ZERO_HASH }]),
      tree('two leaves that part at the first bit', [leafAt('00', 1n), leafAt('80', 2n)]),
      tree('two leaves that part at bit 11, with empty halves above', [leafAt('abc0', 1n), leafAt('abd0', 2n)]),
      tree('two leaves that part at the last bit', [{ path: wordOf(2n ** 200n), value: wordOf(1n) }, { path: wordOf(2n ** 200n + 1n), value: wordOf(2n) }]),
      tree('the path of all zeros is a path like others', [{ path: ZERO_HASH, value: wordOf(5n) }, leafAt('ff', 6n)]),
      tree('a full game: accounts, slots, zero leaves', gameLeaves()),
      tree('many leaves', Array.from({ length: 40 }, (_, i) => ({ path: random(`path ${i}`), value: i % 7 === 0 ? ZERO_HASH : random(`value ${i}`) })))
    ]
  }
}

function account (nonce: bigint, balance: bigint, codeHash: Hash32): TreeVectors['accounts'][number] {
  return { nonce: nonce.toString(), balance: balance.toString(), codeHash, value: asHash32(accountValue(nonce, balance, codeHash)) }
}

function leafAt (prefix: string, value: bigint): ReferenceLeaf {
  return { path: `0x${prefix.padEnd(64, '0')}` as Hash32, value: wordOf(value) }
}

function gameLeaves (): ReferenceLeaf[] {
  const contract = addressOf('cc')
  return [
    { path: asHash32(accountPath(addressOf('11'))), value: asHash32(accountValue(3n, 10n ** 18n, EMPTY_CODE_HASH)) },
    { path: asHash32(accountPath(addressOf('22'))), value: asHash32(accountValue(2n, 0n, EMPTY_CODE_HASH)) },
    { path: asHash32(accountPath(contract)), value: asHash32(accountValue(1n, 2n * 10n ** 18n, random('code'))) },
    ...Array.from({ length: 12 }, (_, i) => ({ path: asHash32(slotPath(contract, wordOf(BigInt(i)))), value: wordOf(BigInt(i % 3)) }))
  ]
}

function tree (about: string, leaves: readonly ReferenceLeaf[]): TreeVectors['trees'][number] {
  const built = leaves.reduce<Tree>((before, leaf) => set(before, hexToBytes(leaf.path), hexToBytes(leaf.value)), emptyTree)
  const present = leaves.slice(0, 8)
  // Absent paths: anywhere, and beside the first leaf, where a long run of empty halves appears.
  const beside = leaves[0] === undefined ? [] : [flipBit(leaves[0].path, 255), flipBit(leaves[0].path, 17)]
  const absent = [random('absent 1'), random('absent 2'), ...beside].filter((path) => !leaves.some((leaf) => leaf.path === path))
  const proofs = [...present.map((leaf) => leaf.path), ...absent].flatMap((path) => {
    const proof = toVector(prove(built, hexToBytes(path)))
    return [random(`new ${path}`), ZERO_HASH].map((newValue) => ({ ...proof, newValue, newRoot: referenceRoot(written(leaves, path, newValue)) }))
  })
  const root = referenceRoot(leaves)
  const hostile = leaves.length === 0 ? [] : hostileProofs(built, leaves, absent)
  // Proofs through 255 empty halves take 17 KB each: three of them say it all.
  const fewer = <P extends ProofVector>(all: P[]): P[] => all.filter((proof, i) => proof.siblings.length < 200 || i < 2)
  return { about, leaves, root, proofs: fewer(proofs), hostile: fewer(hostile) }
}

function written (leaves: readonly ReferenceLeaf[], path: Hash32, value: Hash32): ReferenceLeaf[] {
  if (leaves.some((leaf) => leaf.path === path)) return leaves.map((leaf) => leaf.path === path ? { path, value } : leaf)
  return value === ZERO_HASH ? [...leaves] : [...leaves, { path, value }]
}

function hostileProofs (built: Tree, leaves: readonly ReferenceLeaf[], absent: readonly Hash32[]): (ProofVector & { reason: string })[] {
  const proofs = leaves.slice(0, 2).map((leaf) => toVector(prove(built, hexToBytes(leaf.path))))
  const strangers = absent.map((path) => toVector(prove(built, hexToBytes(path))))
  return [
    ...proofs.flatMap((proof) => hostileMembership(proof)),
    ...strangers.flatMap((proof) => hostileAbsence(proof))
  ]
}

function hostileMembership (proof: ProofVector): (ProofVector & { reason: string })[] {
  const wrong: (ProofVector & { reason: string })[] = [
    { ...proof, otherPath: null, otherValue: null, value: random('forged'), reason: 'a value that is not the leaf\'s' },
    { ...proof, siblings: [...proof.siblings, ZERO_HASH], reason: 'one sibling too many' },
    { ...proof, path: flipBit(proof.path, 255), otherPath: null, otherValue: null, value: random('moved'), reason: 'another path with this leaf\'s siblings' },
    { ...proof, value: ZERO_HASH, otherPath: null, otherValue: null, reason: 'nothing claimed where there is a leaf' },
    { ...proof, value: ZERO_HASH, otherPath: proof.path, otherValue: random('other'), reason: 'the own leaf given as the other one, with a value: it would show zero' }
  ]
  const [first, ...rest] = proof.siblings
  if (first === undefined) return proof.value === ZERO_HASH ? wrong : [...wrong, { ...proof, siblings: Array.from({ length: 257 }, () => ZERO_HASH), reason: 'more siblings than a path has bits' }]
  wrong.push(
    { ...proof, siblings: [flipBit(first, 255), ...rest], reason: 'one bit of a sibling changed' },
    { ...proof, siblings: rest, reason: 'the first sibling missing' })
  if (proof.value !== ZERO_HASH) {
    wrong.push({ ...proof, value: ZERO_HASH, otherPath: proof.path, otherValue: proof.value, reason: 'a present leaf shown as zero by naming it as the other one' })
    const foreign = flipBit(proof.path, 0)
    wrong.push({ ...proof, path: foreign, value: ZERO_HASH, otherPath: proof.path, otherValue: proof.value, reason: 'absence by a leaf that does not share the walked bits' })
  }
  return wrong
}

function hostileAbsence (proof: ProofVector): (ProofVector & { reason: string })[] {
  const wrong: (ProofVector & { reason: string })[] = [{ ...proof, otherPath: null, otherValue: null, value: random('invented'), reason: 'a value claimed where there is none' }]
  if (proof.otherPath !== null) {
    wrong.push(
      { ...proof, value: random('smuggled'), reason: 'a value beside another leaf' },
      { ...proof, otherValue: random('changed'), reason: 'the other leaf with another value' })
  }
  return wrong
}

function toVector (proof: TreeProof): ProofVector {
  return { path: proof.path, value: proof.value, siblings: proof.siblings, otherPath: proof.other?.path ?? null, otherValue: proof.other?.value ?? null }
}

function flipBit (hash: Hash32, bit: number): Hash32 {
  const bytes = hexToBytes(hash)
  bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (0x80 >> (bit & 7))
  return bytesToHex(bytes) as Hash32
}

/** One proof or leaf a line, so that a change shows in a diff. */
export function printTreeVectors (vectors: TreeVectors): string {
  const list = (items: readonly unknown[], indent: string): string => items.length === 0 ? '[]' : `[\n${items.map((item) => `${indent}  ${JSON.stringify(item)}`).join(',\n')}\n${indent}]`
  const trees = vectors.trees.map((tree) => [
    '    {',
    `      "about": ${JSON.stringify(tree.about)},`,
    `      "root": "${tree.root}",`,
    `      "leaves": ${list(tree.leaves, '      ')},`,
    `      "proofs": ${list(tree.proofs, '      ')},`,
    `      "hostile": ${list(tree.hostile, '      ')}`,
    '    }'].join('\n'))
  return `{\n  "about": ${JSON.stringify(vectors.about)},\n  "paths": ${list(vectors.paths, '  ')},\n  "accounts": ${list(vectors.accounts, '  ')},\n  "trees": [\n${trees.join(',\n')}\n  ]\n}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeFile(vectorsFile, printTreeVectors(buildTreeVectors()))
