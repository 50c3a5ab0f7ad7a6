/**
 * One proof of many paths of the state tree (specification §4): making it, and the roots that it leads to before and after an input's net
 * effect. contracts/lib/MultiProof.sol checks the same bytes in the same order and refuses the same ones; its errors bear these codes' names.
 *
 * The proof goes through the ends of the walks in the order of their paths. An end rises with the siblings that the proof has for it until it
 * meets the half that another end has risen to. Old and new hashes rise together, both by the tree's rule that a subtree of one leaf is that
 * leaf: an absent item is an end that holds nothing before and, when something is written there, a leaf afterwards.
 */
import { ThreadsError } from '../errors.js'
import { asHash32, bytesToHex, concatBytes } from '../protocol/bytes.js'
import type { Hash32 } from '../protocol/types.js'
import { ZERO_WORD } from './leaf.js'
import { bitAt, hashOf, leafHash, MAX_DEPTH, nodeHash, samePath, type Leaf, type Tree } from './tree.js'

/** A path with the value of its leaf before and after an input; absent and zero are the same value. 32 bytes each. */
export type ProofItem = { readonly path: Uint8Array, readonly oldValue: Uint8Array, readonly newValue: Uint8Array }

/** Most items of one proof: their numbers have two bytes at most. */
export const MAX_ITEMS = 0x10000
/** Up to this many items their numbers have one byte. */
const NARROW = 0x100

/** What an end is: bits 9 to 15 of its head. The other bits are its depth. */
const LEAF = 0
const ABSENT = 1
const FOREIGN = 2
const HEAD_BYTES = 2
const DEPTH_BITS = 9
const FOREIGN_BYTES = HEAD_BYTES + 64
const HASH_BYTES = 32

// ---------------------------------------------------------------- checking

/** What stands at a depth below the first bits of a path. It is thin with at most one leaf: then it is not hashed with an empty half. */
type Entry = {
  readonly path: Uint8Array
  depth: number
  oldHash: Uint8Array
  newHash: Uint8Array
  oldThin: boolean
  newThin: boolean
  /** An end that has met nothing yet: its first sibling is not empty, or it stood higher. */
  fresh: boolean
  /** A foreign leaf that has not shown yet that an item is absent. */
  idle: boolean
}

/**
 * The roots before and after, for items in the order in which they were numbered. The old values are shown when the old root is the one that
 * the caller trusts, and not otherwise. Nothing is inserted for a new value of zero.
 * @throws `STATE_PROOF_…` for bytes that no tree gives for these items: each kind of fault has its code
 */
export function rootsOf (items: readonly ProofItem[], proof: Uint8Array): { oldRoot: Hash32, newRoot: Hash32 } {
  if (items.length === 0 || items.length > MAX_ITEMS) throw refusal('STATE_PROOF_ITEM_COUNT', `${items.length} items`)
  const reader = new ProofReader(items, proof)
  const waiting: Entry[] = []
  for (let endsToCome = items.length + reader.number(); ; ) {
    let top = reader.end()
    endsToCome--
    for (;;) {
      if (endsToCome === 0 && waiting.length === 0) {
        reader.rise(top, 0)
        reader.finish()
        return { oldRoot: asHash32(top.oldHash), newRoot: asHash32(top.newHash) }
      }
      reader.rise(top, reader.stop())
      if (bitAt(top.path, top.depth - 1) === 0) break
      top = join(waiting.pop(), top)
    }
    if (endsToCome === 0) throw halfMissing(top.depth)
    waiting.push(top)
  }
}

class ProofReader {
  readonly #items: readonly ProofItem[]
  readonly #proof: Uint8Array
  readonly #width: number
  #cursor = 0
  #missing: number

  constructor (items: readonly ProofItem[], proof: Uint8Array) {
    this.#items = items
    this.#proof = proof
    this.#width = widthOf(items.length)
    this.#missing = items.length
  }

  /** A number as wide as an item's. */
  number (): number {
    return uintOf(this.#take(this.#width))
  }

  /** The depth to which an end rises that is to meet another. */
  stop (): number {
    return uintOf(this.#take(1)) + 1
  }

  end (): Entry {
    this.#need(HEAD_BYTES + this.#width)
    const head = uintOf(this.#take(HEAD_BYTES))
    const [kind, depth] = [head >> DEPTH_BITS, head & ((1 << DEPTH_BITS) - 1)]
    if (kind > FOREIGN) throw refusal('STATE_PROOF_UNKNOWN_KIND', `kind ${kind}`)
    if (depth > MAX_DEPTH) throw refusal('STATE_PROOF_TOO_DEEP', `depth ${depth}`)
    if (kind === FOREIGN) {
      this.#need(FOREIGN_BYTES - HEAD_BYTES)
      const path = this.#take(HASH_BYTES)
      const hash = leafHash(path, this.#take(HASH_BYTES))
      return { ...newEnd(path, depth, hash, hash), idle: true }
    }
    const index = this.number()
    const item = this.#items[index]
    if (item === undefined) throw refusal('STATE_PROOF_NO_SUCH_ITEM', `item ${index}`)
    if (kind === ABSENT && !samePath(item.oldValue, ZERO_WORD)) throw refusal('STATE_PROOF_ITEM_NOT_ABSENT', `item ${index}`)
    this.#missing--
    const inserted = kind === LEAF || !samePath(item.newValue, ZERO_WORD)
    return newEnd(item.path, depth, kind === LEAF ? leafHash(item.path, item.oldValue) : ZERO_WORD, inserted ? leafHash(item.path, item.newValue) : ZERO_WORD)
  }

  /** Pairs an entry with the next siblings until it stands at depth `goal`. */
  rise (entry: Entry, goal: number): void {
    if (goal > entry.depth) throw refusal('STATE_PROOF_BAD_STOP', `from depth ${entry.depth} to ${goal}`)
    if (goal === entry.depth) return
    this.#need(HASH_BYTES * (entry.depth - goal))
    if (entry.idle) throw idleLeaf(entry.path)
    for (; entry.depth > goal; entry.fresh = false) {
      const sibling = this.#take(HASH_BYTES)
      entry.depth--
      const empty = samePath(sibling, ZERO_WORD)
      if (empty && entry.fresh) throw refusal('STATE_PROOF_NO_BRANCH', `at depth ${entry.depth}`)
      entry.oldThin &&= empty
      entry.newThin &&= empty
      const right = bitAt(entry.path, entry.depth) === 1
      const over = (hash: Uint8Array): Uint8Array => right ? nodeHash(sibling, hash) : nodeHash(hash, sibling)
      if (!entry.oldThin) entry.oldHash = over(entry.oldHash)
      if (!entry.newThin) entry.newHash = over(entry.newHash)
    }
  }

  finish (): void {
    if (this.#missing !== 0) throw refusal('STATE_PROOF_ITEMS_MISSING', `${this.#missing} items are not in it`)
    const rest = this.#proof.length - this.#cursor
    if (rest !== 0) throw refusal('STATE_PROOF_TRAILING_BYTES', `${rest} bytes follow its end`)
  }

  #take (length: number): Uint8Array {
    this.#need(length)
    this.#cursor += length
    return this.#proof.subarray(this.#cursor - length, this.#cursor)
  }

  #need (length: number): void {
    if (this.#cursor + length > this.#proof.length) throw refusal('STATE_PROOF_ENDS_EARLY', 'it ends too early')
  }
}

function newEnd (path: Uint8Array, depth: number, oldHash: Uint8Array, newHash: Uint8Array): Entry {
  return { path, depth, oldHash, newHash, oldThin: true, newThin: true, fresh: true, idle: false }
}

/** The subtree of a left half that has waited and a right one. */
function join (left: Entry | undefined, right: Entry): Entry {
  const { path, depth } = right
  if (left?.depth !== depth) throw halfMissing(depth)
  for (let bit = 0; bit < depth - 1; bit++) if (bitAt(left.path, bit) !== bitAt(path, bit)) throw refusal('STATE_PROOF_OFF_PATH', bytesToHex(path))
  // A foreign leaf is of use only where all else has been empty: else it stands in its own place, and its hash would do.
  if (left.idle && !samePath(right.oldHash, ZERO_WORD)) throw idleLeaf(left.path)
  if (right.idle && !samePath(left.oldHash, ZERO_WORD)) throw idleLeaf(path)
  const before = nodeOf(left.oldHash, right.oldHash, left.oldThin && right.oldThin)
  const after = nodeOf(left.newHash, right.newHash, left.newThin && right.newThin)
  return { path: left.path, depth: depth - 1, oldHash: before.hash, newHash: after.hash, oldThin: before.thin, newThin: after.thin, fresh: false, idle: false }
}

/** With at most one leaf below, the subtree of two halves is that leaf. */
function nodeOf (left: Uint8Array, right: Uint8Array, thin: boolean): { hash: Uint8Array, thin: boolean } {
  if (thin && samePath(left, ZERO_WORD)) return { hash: right, thin }
  if (thin && samePath(right, ZERO_WORD)) return { hash: left, thin }
  return { hash: nodeHash(left, right), thin: false }
}

// ---------------------------------------------------------------- making

/** A path to be shown, with its number's bytes. */
type Wanted = { readonly path: Uint8Array, readonly number: Uint8Array }
/** What a walk ends in, with what the proof says of it behind its head. */
type End = { readonly path: Uint8Array, readonly kind: number, readonly body: Uint8Array }

/**
 * The one proof of `paths` (32 bytes each, numbered in this order) in `tree`.
 * @throws `STATE_PROOF_ITEM_COUNT` for no path or too many, `STATE_PROOF_ITEM_TWICE` when a path is there twice
 */
export function proveMany (tree: Tree, paths: readonly Uint8Array[]): Uint8Array {
  if (paths.length === 0 || paths.length > MAX_ITEMS) throw refusal('STATE_PROOF_ITEM_COUNT', `${paths.length} items`)
  const width = widthOf(paths.length)
  const wanted = paths.map((path, index) => ({ path, number: uintBytes(index, width) })).sort((a, b) => comparePaths(a.path, b.path))
  wanted.reduce((before, after) => {
    if (samePath(before.path, after.path)) throw refusal('STATE_PROOF_ITEM_TWICE', bytesToHex(after.path))
    return after
  })
  const writer = new ProofWriter()
  writer.subtree(tree, wanted, 0, [])
  return concatBytes(uintBytes(writer.foreign, width), ...writer.parts)
}

class ProofWriter {
  readonly parts: Uint8Array[] = []
  /** Foreign leaves so far. */
  foreign = 0

  /** Walks on from a subtree at `depth`. `above`: the siblings on the way here from the last branch with paths in both halves, that one's first. */
  subtree (tree: Tree, wanted: readonly Wanted[], depth: number, above: readonly Uint8Array[]): void {
    if (tree === undefined || tree.path !== undefined) {
      this.#ends(endsOf(tree, wanted), depth, above)
      return
    }
    const [left, right] = halves(wanted, depth)
    if (right.length === 0) this.subtree(tree.left, left, depth + 1, [...above, hashOf(tree.right)])
    else if (left.length === 0) this.subtree(tree.right, right, depth + 1, [...above, hashOf(tree.left)])
    else {
      this.subtree(tree.left, left, depth + 1, [])
      this.subtree(tree.right, right, depth + 1, [])
      this.#rise(depth, above)
    }
  }

  /** Ends that fall to one place of the tree stand where they part, as if the tree went on to there. */
  #ends (ends: readonly End[], depth: number, above: readonly Uint8Array[]): void {
    const [only, ...more] = ends
    if (only !== undefined && more.length === 0) {
      if (only.kind === FOREIGN) this.foreign++
      this.parts.push(uintBytes(only.kind << DEPTH_BITS | depth, HEAD_BYTES), only.body)
    } else {
      const [left, right] = halves(ends, depth)
      if (left.length === 0 || right.length === 0) {
        this.#ends(ends, depth + 1, [...above, ZERO_WORD])
        return
      }
      this.#ends(left, depth + 1, [])
      this.#ends(right, depth + 1, [])
    }
    this.#rise(depth, above)
  }

  #rise (depth: number, above: readonly Uint8Array[]): void {
    const goal = depth - above.length
    if (goal > 0) this.parts.push(uintBytes(goal - 1, 1))
    this.parts.push(...[...above].reverse())
  }
}

/** In the order of their paths: the paths that end in this place, and its leaf when it is none of theirs. */
function endsOf (leaf: Leaf | undefined, wanted: readonly Wanted[]): End[] {
  const ends = wanted.map(({ path, number }): End => ({ path, kind: leaf !== undefined && samePath(leaf.path, path) ? LEAF : ABSENT, body: number }))
  if (leaf === undefined || ends.some(({ kind }) => kind === LEAF)) return ends
  const foreign = { path: leaf.path, kind: FOREIGN, body: concatBytes(leaf.path, leaf.value) }
  return [...ends, foreign].sort((a, b) => comparePaths(a.path, b.path))
}

function halves <T extends { readonly path: Uint8Array }> (sorted: readonly T[], depth: number): [T[], T[]] {
  return [sorted.filter(({ path }) => bitAt(path, depth) === 0), sorted.filter(({ path }) => bitAt(path, depth) === 1)]
}

// ---------------------------------------------------------------- both

function widthOf (items: number): number {
  return items > NARROW ? 2 : 1
}

function comparePaths (a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < HASH_BYTES; i++) if (a[i] !== b[i]) return (a[i] ?? 0) - (b[i] ?? 0)
  return 0
}

function uintOf (bytes: Uint8Array): number {
  return bytes.reduce((value, byte) => value << 8 | byte, 0)
}

function uintBytes (value: number, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => value >> (8 * (length - 1 - i)))
}

function idleLeaf (path: Uint8Array): ThreadsError {
  return refusal('STATE_PROOF_IDLE_LEAF', bytesToHex(path))
}

function halfMissing (depth: number): ThreadsError {
  return refusal('STATE_PROOF_HALF_MISSING', `at depth ${depth}`)
}

function refusal (code: string, what: string): ThreadsError {
  return new ThreadsError(code, `not the proof of these items: ${what}`, { data: { what } })
}
