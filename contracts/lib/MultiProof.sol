// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Many paths of a thread's state tree in one proof: what they hold under the old root and, in the same pass, the root after an
/// input's net effect on them (section 4 of the specification, which draws the bytes).
///
/// The proof goes through the ends of the walks in the order of their paths. An end rises with the siblings that the proof has for it, until
/// it meets the half that another end has risen to: a left half waits on a stack, a right one is joined with the half that waits. An end's own
/// path says on which side it stands at each depth. Old and new hashes rise together, both by the tree's rule that a subtree of one leaf is
/// that leaf: so an absent item is an end that holds nothing before and, when something is written there, a leaf afterwards.
///
/// An entry of the stack, and the end that rises:
///
///     0x00 old hash | 0x20 new hash | 0x40 path, of which the first `depth` bits count | 0x60 depth | 0x80 marks
///
/// SAFETY: the same item never counts twice, and no two items have one path: two ends are joined only where their paths part. So as many
/// items as there are means each of them.
library MultiProof {
    uint256 private constant MAX_DEPTH = 256;
    /// @dev Numbers of items have one byte up to this many items, else two.
    uint256 private constant NARROW = 0x100;
    uint256 private constant MAX_ITEMS = 0x10000;

    /// @dev An item in the caller's memory: path, old value, new value.
    uint256 private constant ITEM_BYTES = 0x60;
    uint256 private constant OLD_VALUE = 0x20;
    uint256 private constant NEW_VALUE = 0x40;

    /// @dev What an end is: bits 9 to 15 of its head. The other bits are its depth.
    uint256 private constant LEAF = 0;
    uint256 private constant ABSENT = 1;
    uint256 private constant FOREIGN = 2;
    uint256 private constant HEAD_BYTES = 2;
    uint256 private constant DEPTH_BITS = 9;
    uint256 private constant FOREIGN_BYTES = 66;

    uint256 private constant OLD = 0x00;
    uint256 private constant NEW = 0x20;
    uint256 private constant PATH = 0x40;
    uint256 private constant DEPTH = 0x60;
    uint256 private constant MARKS = 0x80;
    uint256 private constant ENTRY_BYTES = 0xa0;

    /// @dev At most one leaf below, before and afterwards: it is not hashed with an empty half.
    uint256 private constant OLD_THIN = 1;
    uint256 private constant NEW_THIN = 2;
    /// @dev An end that has met nothing yet: the first sibling is not empty, or the end stood higher.
    uint256 private constant FRESH = 4;
    /// @dev A foreign leaf that has not shown yet that an item is absent.
    uint256 private constant IDLE = 8;

    /// @notice No items, or more than a proof can number.
    error ProofItemCount(uint256 count);
    /// @notice Bytes are missing.
    error ProofEndsEarly();
    /// @notice Bytes follow the root's last sibling.
    error ProofTrailingBytes(uint256 count);
    /// @notice An end of no known kind.
    error ProofUnknownKind(uint256 kind);
    /// @notice An end deeper than a path has bits.
    error ProofTooDeep(uint256 depth);
    /// @notice A number that no item has.
    error ProofNoSuchItem(uint256 index);
    /// @notice An item with a value is said to be absent.
    error ProofItemNotAbsent(uint256 index);
    /// @notice An end is paired with an empty half: it stands higher.
    error ProofNoBranch(uint256 depth);
    /// @notice An end is to rise to below where it stands.
    error ProofBadStop(uint256 depth, uint256 goal);
    /// @notice A leaf is given that shows nothing about any item: its hash does.
    error ProofIdleLeaf(bytes32 path);
    /// @notice Nothing stands on the other side of the branch above this depth.
    error ProofHalfMissing(uint256 depth);
    /// @notice The path does not lead to the branch where it is met.
    error ProofOffPath(bytes32 path);
    /// @notice So many items are not in the proof.
    error ProofItemsMissing(uint256 count);

    /// @notice The roots before and after. It is for the caller to compare the old one with the root that it trusts: then, and only then,
    /// every item has its old value.
    /// @param items where in memory `count` items stand, each as path, value of the leaf before (0: absent, or a leaf of zero), value
    /// afterwards. The new root is that of the tree in which each is written; nothing is inserted for 0.
    /// @dev Memory behind the free pointer is used, and free again afterwards. No memory is allocated meanwhile.
    function update(uint256 items, uint256 count, bytes calldata proof) internal pure returns (bytes32 oldRoot, bytes32 newRoot) {
        unchecked {
            if (count == 0 || count > MAX_ITEMS) revert ProofItemCount(count);
            (uint256 cursor, uint256 end, uint256 bottom) = begin(proof);
            uint256 width = widthOf(count);
            if (cursor + width > end) revert ProofEndsEarly();
            uint256 missing = count;
            uint256 endsToCome = count + (load(cursor) >> (256 - 8 * width));
            cursor += width;
            for (uint256 top = bottom;; top += ENTRY_BYTES) {
                (cursor, missing) = readEnd(top, cursor, end, items, count, missing);
                --endsToCome;
                while (true) {
                    if (endsToCome == 0 && top == bottom) {
                        cursor = rise(top, cursor, end, 0);
                        if (missing != 0) revert ProofItemsMissing(missing);
                        if (cursor != end) revert ProofTrailingBytes(end - cursor);
                        return rootsOf(top);
                    }
                    if (cursor == end) revert ProofEndsEarly();
                    uint256 stop = (load(cursor) >> 248) + 1;
                    cursor = rise(top, cursor + 1, end, stop);
                    if (!isRight(top, stop)) break;
                    if (top == bottom) revert ProofHalfMissing(stop);
                    top -= ENTRY_BYTES;
                    join(top, top + ENTRY_BYTES);
                }
                if (endsToCome == 0) revert ProofHalfMissing(field(top, DEPTH));
            }
        }
    }

    /// @dev Where the proof begins and ends, and where the stack begins. Below it there is room for a leaf's preimage.
    function begin(bytes calldata proof) private pure returns (uint256 cursor, uint256 end, uint256 bottom) {
        assembly ("memory-safe") {
            cursor := proof.offset
            end := add(cursor, proof.length)
            let free := mload(0x40)
            // The first byte of each leaf's preimage is the last of this word.
            mstore(free, 0)
            bottom := add(free, 0x60)
        }
    }

    function widthOf(uint256 count) private pure returns (uint256 width) {
        assembly ("memory-safe") {
            width := add(1, gt(count, NARROW))
        }
    }

    /// @dev Reads an end into the stack's top.
    function readEnd(uint256 top, uint256 cursor, uint256 end, uint256 items, uint256 count, uint256 missing) private pure returns (uint256, uint256) {
        unchecked {
            uint256 width = widthOf(count);
            uint256 next = cursor + HEAD_BYTES + width;
            if (next > end) revert ProofEndsEarly();
            uint256 word = load(cursor);
            uint256 kind = word >> (240 + DEPTH_BITS);
            uint256 depth = (word >> 240) & ((1 << DEPTH_BITS) - 1);
            if (kind > FOREIGN) revert ProofUnknownKind(kind);
            if (depth > MAX_DEPTH) revert ProofTooDeep(depth);
            if (kind == FOREIGN) return (readForeign(top, cursor, end, depth), missing);
            uint256 index = (word << (8 * HEAD_BYTES)) >> (256 - 8 * width);
            if (index >= count) revert ProofNoSuchItem(index);
            uint256 item = items + index * ITEM_BYTES;
            (uint256 path, uint256 oldValue, uint256 newValue) = (field(item, 0), field(item, OLD_VALUE), field(item, NEW_VALUE));
            uint256 oldHash;
            uint256 newHash;
            if (kind == LEAF) {
                oldHash = leafOf(path, oldValue);
                newHash = newValue == oldValue ? oldHash : leafOf(path, newValue);
            } else {
                if (oldValue != 0) revert ProofItemNotAbsent(index);
                if (newValue != 0) newHash = leafOf(path, newValue);
            }
            put(top, oldHash, newHash, path, depth, OLD_THIN | NEW_THIN | FRESH);
            return (next, missing - 1);
        }
    }

    /// @dev A leaf of no item: it stands where the walk of absent items ends.
    function readForeign(uint256 top, uint256 cursor, uint256 end, uint256 depth) private pure returns (uint256 next) {
        unchecked {
            next = cursor + FOREIGN_BYTES;
            if (next > end) revert ProofEndsEarly();
            uint256 path = load(cursor + HEAD_BYTES);
            uint256 hash = leafOf(path, load(cursor + HEAD_BYTES + 32));
            put(top, hash, hash, path, depth, OLD_THIN | NEW_THIN | FRESH | IDLE);
        }
    }

    /// @dev Pairs an entry with the proof's next siblings until it stands at depth `goal`.
    function rise(uint256 entry, uint256 cursor, uint256 end, uint256 goal) private pure returns (uint256) {
        unchecked {
            uint256 depth = field(entry, DEPTH);
            if (goal >= depth) {
                if (goal > depth) revert ProofBadStop(depth, goal);
                return cursor;
            }
            if (cursor + ((depth - goal) << 5) > end) revert ProofEndsEarly();
            uint256 marks = field(entry, MARKS);
            if (marks & IDLE != 0) revert ProofIdleLeaf(bytes32(field(entry, PATH)));
            if (marks & FRESH != 0) {
                if (load(cursor) == 0) revert ProofNoBranch(depth - 1);
            } else if (marks != 0) {
                (cursor, depth) = riseThin(entry, cursor, goal);
            }
            return riseFull(entry, cursor, depth, goal);
        }
    }

    /// @dev Up through empty halves, as far as they follow one another: what has one leaf at most stays what it is.
    function riseThin(uint256 entry, uint256 cursor, uint256 goal) private pure returns (uint256, uint256 depth) {
        assembly ("memory-safe") {
            let path := mload(add(entry, PATH))
            let marks := mload(add(entry, MARKS))
            depth := mload(add(entry, DEPTH))
            for {} and(gt(depth, goal), iszero(calldataload(cursor))) { cursor := add(cursor, 0x20) } {
                depth := sub(depth, 1)
                // 0x00 for a left half, 0x20 for a right one: where it stands in the pair.
                let side := shl(5, and(shr(sub(255, depth), path), 1))
                mstore(xor(side, 0x20), 0)
                if iszero(and(marks, OLD_THIN)) {
                    mstore(side, mload(add(entry, OLD)))
                    mstore(add(entry, OLD), keccak256(0x00, 0x40))
                }
                if iszero(and(marks, NEW_THIN)) {
                    mstore(side, mload(add(entry, NEW)))
                    mstore(add(entry, NEW), keccak256(0x00, 0x40))
                }
            }
            mstore(add(entry, DEPTH), depth)
        }
        return (cursor, depth);
    }

    /// @dev Up through any halves. An entry that has met one that is not empty has more than one leaf.
    function riseFull(uint256 entry, uint256 cursor, uint256 depth, uint256 goal) private pure returns (uint256) {
        if (depth == goal) return cursor;
        assembly ("memory-safe") {
            let path := mload(add(entry, PATH))
            let oldHash := mload(add(entry, OLD))
            let newHash := mload(add(entry, NEW))
            let changed := xor(oldHash, newHash)
            for {} gt(depth, goal) { cursor := add(cursor, 0x20) } {
                depth := sub(depth, 1)
                let side := shl(5, and(shr(sub(255, depth), path), 1))
                mstore(xor(side, 0x20), calldataload(cursor))
                mstore(side, oldHash)
                oldHash := keccak256(0x00, 0x40)
                if changed {
                    mstore(side, newHash)
                    newHash := keccak256(0x00, 0x40)
                }
            }
            if iszero(changed) { newHash := oldHash }
            mstore(add(entry, OLD), oldHash)
            mstore(add(entry, NEW), newHash)
            mstore(add(entry, DEPTH), goal)
            mstore(add(entry, MARKS), 0)
        }
        return cursor;
    }

    /// @dev Joins two halves into `left`, one above. `right` stands in a right half, `left` in a left one.
    function join(uint256 left, uint256 right) private pure {
        unchecked {
            uint256 depth = field(right, DEPTH);
            if (field(left, DEPTH) != depth) revert ProofHalfMissing(depth);
            if ((field(left, PATH) ^ field(right, PATH)) >> (256 - depth) != 1) revert ProofOffPath(bytes32(field(right, PATH)));
            (uint256 leftMarks, uint256 rightMarks) = (field(left, MARKS), field(right, MARKS));
            (uint256 leftOld, uint256 rightOld) = (field(left, OLD), field(right, OLD));
            // A foreign leaf is of use only where all else has been empty: else it stands in its own place, and its hash would do.
            if (leftMarks & IDLE != 0 && rightOld != 0) revert ProofIdleLeaf(bytes32(field(left, PATH)));
            if (rightMarks & IDLE != 0 && leftOld != 0) revert ProofIdleLeaf(bytes32(field(right, PATH)));
            (uint256 leftNew, uint256 rightNew) = (field(left, NEW), field(right, NEW));
            uint256 thin = leftMarks & rightMarks;
            (uint256 oldHash, uint256 marks) = nodeOf(leftOld, rightOld, thin & OLD_THIN);
            (uint256 newHash, uint256 newMarks) = leftNew == leftOld && rightNew == rightOld
                ? (oldHash, marks << 1)
                : nodeOf(leftNew, rightNew, thin & NEW_THIN);
            put(left, oldHash, newHash, field(left, PATH), depth - 1, marks | newMarks);
        }
    }

    /// @dev The subtree of two halves. With at most one leaf below, it is that leaf, and `thin` stays.
    function nodeOf(uint256 left, uint256 right, uint256 thin) private pure returns (uint256 node, uint256) {
        if (thin != 0 && (left == 0 || right == 0)) return (left | right, thin);
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            node := keccak256(0x00, 0x40)
        }
        return (node, 0);
    }

    /// @dev keccak256(0x00 ‖ path ‖ value), behind the free pointer, where `begin` has written the 0.
    function leafOf(uint256 path, uint256 value) private pure returns (uint256 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(add(free, 0x20), path)
            mstore(add(free, 0x40), value)
            hash := keccak256(add(free, 0x1f), 65)
        }
    }

    function put(uint256 entry, uint256 oldHash, uint256 newHash, uint256 path, uint256 depth, uint256 marks) private pure {
        assembly ("memory-safe") {
            mstore(add(entry, OLD), oldHash)
            mstore(add(entry, NEW), newHash)
            mstore(add(entry, PATH), path)
            mstore(add(entry, DEPTH), depth)
            mstore(add(entry, MARKS), marks)
        }
    }

    /// @dev Whether an entry that has risen to `depth`, which is not 0, is a right half.
    function isRight(uint256 entry, uint256 depth) private pure returns (bool) {
        unchecked {
            return (field(entry, PATH) >> (256 - depth)) & 1 != 0;
        }
    }

    function rootsOf(uint256 entry) private pure returns (bytes32, bytes32) {
        return (bytes32(field(entry, OLD)), bytes32(field(entry, NEW)));
    }

    function field(uint256 entry, uint256 offset) private pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := mload(add(entry, offset))
        }
    }

    function load(uint256 cursor) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            word := calldataload(cursor)
        }
    }
}
