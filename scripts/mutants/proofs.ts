/** Faults of the state tree's proofs: many paths at once (the judge's), and one (the settlement's). */
import type { Mutant } from './mutant.js'

const MANY = ['contracts/multi-proof']
const ONE = ['contracts/state-tree']
const EDGES = ['contracts/edges']

/** Faults of the proof of many paths. */
export const MULTI_PROOF_MUTANTS: readonly Mutant[] = [
  { name: 'bytes behind the proof', file: 'lib/MultiProof.sol', right: 'if (cursor != end) revert ProofTrailingBytes(end - cursor);', wrong: '', tests: MANY },
  { name: 'an item is not in the proof', file: 'lib/MultiProof.sol', right: 'if (missing != 0) revert ProofItemsMissing(0 - missing);', wrong: '', tests: MANY },
  { name: 'an item with a value is absent', file: 'lib/MultiProof.sol', right: 'if (field(item, OLD_VALUE) != 0) revert ProofItemNotAbsent((item - items) / ITEM_BYTES);', wrong: '', tests: MANY },
  { name: 'an end rises to below where it stands', file: 'lib/MultiProof.sol', right: 'if (goal > depth) revert ProofBadStop(depth, goal);', wrong: '', tests: MANY },
  { name: 'a half waits for another branch', file: 'lib/MultiProof.sol', right: 'if ((field(left, 0x40) ^ path) >> (256 - depth) != 1) revert ProofOffPath(bytes32(path));', wrong: '', tests: MANY },
  { name: 'a half waits at another depth', file: 'lib/MultiProof.sol', right: 'if (field(left, 0x60) & DEPTH_MASK != depth) revert ProofHalfMissing(depth);', wrong: '', tests: MANY },
  { name: 'a leaf is paired with an empty half', file: 'lib/MultiProof.sol', right: 'if (load(cursor) == 0) revert ProofNoBranch(depth - 1);', wrong: '', tests: MANY },
  { name: 'a leaf that shows nothing', file: 'lib/MultiProof.sol', right: 'if (marks & IDLE != 0) revert ProofIdleLeaf(bytes32(path));', wrong: '', tests: MANY },
  { name: 'an item twice', file: 'lib/MultiProof.sol', right: 'return (cursor + width, end, top, count + foreign);', wrong: 'return (cursor + width, end, top, count + foreign + 1);', tests: MANY },
  { name: 'a lone leaf is hashed with an empty half', file: 'lib/MultiProof.sol', right: 'if (thin != 0 && (left == 0 || right == 0)) return (left | right, thin);', wrong: '', tests: MANY },
  { name: 'the new root has the old leaf', file: 'lib/MultiProof.sol', right: 'newHash = newValue == oldValue ? oldHash : leafOf(path, newValue);', wrong: 'newHash = oldHash;', tests: MANY },
  { name: 'a leaf is inserted for nothing', file: 'lib/MultiProof.sol', right: 'if (newValue != 0) newHash = leafOf(path, newValue);', wrong: 'newHash = leafOf(path, newValue);', tests: MANY },
  { name: 'an item that is none', file: 'lib/MultiProof.sol', right: 'if (index >= count) revert ProofNoSuchItem(index);', wrong: '', tests: MANY }
]

/** Faults of the proof of one path. */
export const STATE_TREE_MUTANTS: readonly Mutant[] = [
  { name: 'any leaf stands on the walk', file: 'lib/StateTree.sol', right: 'sharedBits(path, otherPath) >= depth', wrong: 'true', tests: EDGES },
  { name: 'an absent leaf may have a value', file: 'lib/StateTree.sol', right: 'if (value != 0 || !fits) revert BadOtherLeaf(otherPath);', wrong: 'if (!fits) revert BadOtherLeaf(otherPath);', tests: ONE },
  { name: "the path's own leaf shows that it is absent", file: 'lib/StateTree.sol', right: 'otherPath == path ? otherValue == 0 :', wrong: 'otherPath == path ? true :', tests: ONE },
  { name: 'more siblings than a path has bits', file: 'lib/StateTree.sol', right: 'if (depth > DEPTH) revert ProofTooLong(depth);', wrong: '', tests: ONE },
  { name: 'another root', file: 'lib/StateTree.sol', right: 'if (computed != root) revert NoSuchRoot(computed);', wrong: '', tests: ONE },
  { name: 'a leaf of zero is inserted', file: 'lib/StateTree.sol', right: 'if (absent && newValue == 0) return root;', wrong: '', tests: ONE },
  { name: 'an empty account has a value', file: 'lib/StateTree.sol', right: 'if (nonce == 0 && balance == 0 && (codeHash == NO_CODE || codeHash == 0)) return 0;', wrong: '', tests: ONE },
  { name: 'a fork right at the leaf', file: 'lib/StateTree.sol', right: 'while (bit > depth) {', wrong: 'while (bit > depth + 1) {', tests: ONE }
]
