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
/// Memory behind the free pointer, while a proof is read:
///
///     0x00 a leaf's preimage: 31 bytes of nothing, 0x00, path, value
///     0x60 foreign leaves that are still to come
///     0x80 the left halves that wait, 0x80 bytes each: old hash, new hash, path, depth and marks
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

    /// @dev What an end is: bits 9 to 15 of its head, 0 for an item that is there. The other bits are its depth.
    uint256 private constant ABSENT = 1;
    uint256 private constant FOREIGN = 2;
    uint256 private constant HEAD_BYTES = 2;
    uint256 private constant DEPTH_BITS = 9;
    uint256 private constant FOREIGN_BYTES = 66;

    uint256 private constant FOREIGN_TO_COME = 0x60;
    uint256 private constant WAITING = 0x80;
    uint256 private constant ENTRY_BYTES = 0x80;
    /// @dev The marks stand above the depth.
    uint256 private constant MARKS_SHIFT = 16;
    uint256 private constant DEPTH_MASK = 0xffff;

    /// @dev At most one leaf below, before and afterwards: it is not hashed with an empty half.
    uint256 private constant OLD_THIN = 1;
    uint256 private constant NEW_THIN = 2;
    /// @dev An end that has met nothing yet: the first sibling is not empty, or the end stood higher.
    uint256 private constant FRESH = 4;
    /// @dev Nothing was there before, or the leaf is foreign: such halves are joined with care. (No leaf goes, so a new hash is 0 only where the old one is.)
    uint256 private constant ODD = 8;
    /// @dev A foreign leaf that has not shown yet that an item is absent.
    uint256 private constant IDLE = 16;

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
    /// @dev Memory behind the free pointer is used, and free again afterwards; none is allocated meanwhile. What rises is held in variables
    /// and not on the stack of halves, where each use of it costs more.
    function update(uint256 items, uint256 count, bytes calldata proof) internal pure returns (bytes32 oldRoot, bytes32 newRoot) {
        unchecked {
            if (count == 0 || count > MAX_ITEMS) revert ProofItemCount(count);
            (uint256 cursor, uint256 end, uint256 top, uint256 endsToCome) = begin(proof, count);
            while (true) {
                uint256 marks;
                uint256 path;
                uint256 oldHash;
                uint256 newHash;
                uint256 depth;
                (cursor, depth, marks, path, oldHash, newHash) = readEnd(cursor, end, items, count);
                --endsToCome;
                while (true) {
                    uint256 goal = 0;
                    if (endsToCome != 0 || top != free() + WAITING) {
                        if (cursor == end) revert ProofEndsEarly();
                        goal = (load(cursor) >> 248) + 1;
                        ++cursor;
                    }
                    if (goal != depth) {
                        if (goal > depth) revert ProofBadStop(depth, goal);
                        uint256 last = cursor + ((depth - goal) << 5);
                        if (last > end) revert ProofEndsEarly();
                        if (marks & FRESH != 0) checkFresh(cursor, depth, marks, path);
                        else if (marks != 0) (cursor, depth, oldHash, newHash) = riseThin(cursor, last, depth, marks, path, oldHash, newHash);
                        if (cursor != last) {
                            marks = 0;
                            (oldHash, newHash) = rise(cursor, last, path >> (256 - depth), oldHash, newHash);
                            cursor = last;
                        }
                        depth = goal;
                    }
                    if (depth == 0) {
                        finish(cursor, end);
                        return (bytes32(oldHash), bytes32(newHash));
                    }
                    if ((path >> (256 - depth)) & 1 == 0) break;
                    top = meet(top, depth, path);
                    (marks, oldHash, newHash) = join(top, marks, path, oldHash, newHash);
                    --depth;
                }
                if (endsToCome == 0) revert ProofHalfMissing(depth);
                top = wait(top, oldHash, newHash, path, depth | (marks << MARKS_SHIFT));
            }
        }
    }

    /// @dev Where the proof's ends begin, where it ends, where halves wait, and how many ends there are.
    function begin(bytes calldata proof, uint256 count) private pure returns (uint256 cursor, uint256 end, uint256 top, uint256 ends) {
        unchecked {
            assembly ("memory-safe") {
                cursor := proof.offset
                end := add(cursor, proof.length)
            }
            uint256 width = widthOf(count);
            // Where this lies beyond the proof's end, so does the first end, which is refused.
            uint256 foreign = load(cursor) >> (256 - 8 * width);
            assembly ("memory-safe") {
                let here := mload(0x40)
                mstore(here, 0)
                mstore(add(here, FOREIGN_TO_COME), foreign)
                top := add(here, WAITING)
            }
            return (cursor + width, end, top, count + foreign);
        }
    }

    function finish(uint256 cursor, uint256 end) private pure {
        unchecked {
            // There are as many ends as items and foreign leaves: each foreign leaf too many is an item too few.
            uint256 missing = field(free(), FOREIGN_TO_COME);
            if (missing != 0) revert ProofItemsMissing(0 - missing);
            if (cursor != end) revert ProofTrailingBytes(end - cursor);
        }
    }

    /// @dev Bytes of an item's number.
    function widthOf(uint256 count) private pure returns (uint256 width) {
        assembly ("memory-safe") {
            width := add(1, gt(count, NARROW))
        }
    }

    function readEnd(uint256 cursor, uint256 end, uint256 items, uint256 count)
        private
        pure
        returns (uint256 next, uint256 depth, uint256 marks, uint256 path, uint256 oldHash, uint256 newHash)
    {
        unchecked {
            uint256 width = widthOf(count);
            next = cursor + HEAD_BYTES + width;
            if (next > end) revert ProofEndsEarly();
            uint256 word = load(cursor);
            depth = word >> 240;
            if (depth > MAX_DEPTH) return readOther(cursor, end, items, count);
            uint256 item = itemOf(word, width, items, count);
            path = field(item, 0);
            (uint256 oldValue, uint256 newValue) = (field(item, OLD_VALUE), field(item, NEW_VALUE));
            marks = OLD_THIN | NEW_THIN | FRESH;
            oldHash = leafOf(path, oldValue);
            newHash = newValue == oldValue ? oldHash : leafOf(path, newValue);
        }
    }

    /// @dev An end that is no item's leaf.
    function readOther(uint256 cursor, uint256 end, uint256 items, uint256 count)
        private
        pure
        returns (uint256 next, uint256 depth, uint256 marks, uint256 path, uint256 oldHash, uint256 newHash)
    {
        unchecked {
            uint256 word = load(cursor);
            uint256 kind = word >> (240 + DEPTH_BITS);
            depth = (word >> 240) & ((1 << DEPTH_BITS) - 1);
            if (kind > FOREIGN) revert ProofUnknownKind(kind);
            if (depth > MAX_DEPTH) revert ProofTooDeep(depth);
            if (kind == FOREIGN) {
                next = cursor + FOREIGN_BYTES;
                if (next > end) revert ProofEndsEarly();
                path = load(cursor + HEAD_BYTES);
                oldHash = newHash = leafOf(path, load(cursor + HEAD_BYTES + 32));
                marks = OLD_THIN | NEW_THIN | FRESH | ODD | IDLE;
                countForeign();
            } else {
                uint256 width = widthOf(count);
                next = cursor + HEAD_BYTES + width;
                uint256 item = itemOf(word, width, items, count);
                if (field(item, OLD_VALUE) != 0) revert ProofItemNotAbsent((item - items) / ITEM_BYTES);
                path = field(item, 0);
                uint256 newValue = field(item, NEW_VALUE);
                if (newValue != 0) newHash = leafOf(path, newValue);
                marks = OLD_THIN | NEW_THIN | FRESH | ODD;
            }
        }
    }

    /// @dev The item with the number that follows an end's head.
    function itemOf(uint256 word, uint256 width, uint256 items, uint256 count) private pure returns (uint256) {
        unchecked {
            uint256 index = (word << (8 * HEAD_BYTES)) >> (256 - 8 * width);
            if (index >= count) revert ProofNoSuchItem(index);
            return items + index * ITEM_BYTES;
        }
    }

    function countForeign() private pure {
        assembly ("memory-safe") {
            let toCome := add(mload(0x40), FOREIGN_TO_COME)
            mstore(toCome, sub(mload(toCome), 1))
        }
    }

    /// @dev Refuses to pair an end with an empty half, and a foreign leaf with any.
    function checkFresh(uint256 cursor, uint256 depth, uint256 marks, uint256 path) private pure {
        unchecked {
            if (marks & IDLE != 0) revert ProofIdleLeaf(bytes32(path));
            if (load(cursor) == 0) revert ProofNoBranch(depth - 1);
        }
    }

    /// @dev Up through empty halves, as far as they follow one another: what has one leaf at most stays what it is.
    function riseThin(uint256 cursor, uint256 last, uint256 depth, uint256 marks, uint256 path, uint256 oldHash, uint256 newHash)
        private
        pure
        returns (uint256, uint256, uint256, uint256)
    {
        unchecked {
            while (cursor != last && load(cursor) == 0) {
                --depth;
                bool right = (path >> (255 - depth)) & 1 == 1;
                if (marks & OLD_THIN == 0) oldHash = right ? pair(0, oldHash) : pair(oldHash, 0);
                if (marks & NEW_THIN == 0) newHash = right ? pair(0, newHash) : pair(newHash, 0);
                cursor += 32;
            }
            return (cursor, depth, oldHash, newHash);
        }
    }

    /// @dev Up through any halves from `cursor` to `last`. The lowest of `bits` says on which side this one stands, the next one above it.
    function rise(uint256 cursor, uint256 last, uint256 bits, uint256 oldHash, uint256 newHash) private pure returns (uint256, uint256) {
        assembly ("memory-safe") {
            switch eq(oldHash, newHash)
            case 0 {
                for {} lt(cursor, last) { cursor := add(cursor, 0x20) } {
                    // 0x00 for a left half, 0x20 for a right one: where it stands in the pair.
                    let side := shl(5, and(bits, 1))
                    mstore(xor(side, 0x20), calldataload(cursor))
                    mstore(side, oldHash)
                    oldHash := keccak256(0x00, 0x40)
                    mstore(side, newHash)
                    newHash := keccak256(0x00, 0x40)
                    bits := shr(1, bits)
                }
            }
            default {
                for {} lt(cursor, last) { cursor := add(cursor, 0x20) } {
                    let side := shl(5, and(bits, 1))
                    mstore(xor(side, 0x20), calldataload(cursor))
                    mstore(side, oldHash)
                    oldHash := keccak256(0x00, 0x40)
                    bits := shr(1, bits)
                }
                newHash := oldHash
            }
        }
        return (oldHash, newHash);
    }

    /// @dev Lets a left half wait.
    function wait(uint256 top, uint256 oldHash, uint256 newHash, uint256 path, uint256 depthAndMarks) private pure returns (uint256 next) {
        assembly ("memory-safe") {
            mstore(top, oldHash)
            mstore(add(top, 0x20), newHash)
            mstore(add(top, 0x40), path)
            mstore(add(top, 0x60), depthAndMarks)
            next := add(top, ENTRY_BYTES)
        }
    }

    /// @dev The half that waits for the right half at `depth` of `path`. Their paths part in the bit above, and not before.
    function meet(uint256 top, uint256 depth, uint256 path) private pure returns (uint256 left) {
        unchecked {
            if (top == free() + WAITING) revert ProofHalfMissing(depth);
            left = top - ENTRY_BYTES;
            if (field(left, 0x60) & DEPTH_MASK != depth) revert ProofHalfMissing(depth);
            if ((field(left, 0x40) ^ path) >> (256 - depth) != 1) revert ProofOffPath(bytes32(path));
        }
    }

    /// @dev The subtree of the half that waited and the right one.
    function join(uint256 left, uint256 rightMarks, uint256 path, uint256 rightOld, uint256 rightNew)
        private
        pure
        returns (uint256 marks, uint256 oldHash, uint256 newHash)
    {
        uint256 leftMarks = field(left, 0x60) >> MARKS_SHIFT;
        (uint256 leftOld, uint256 leftNew) = (field(left, 0), field(left, 0x20));
        if ((leftMarks | rightMarks) & ODD != 0) return joinOdd(left, rightMarks, path, rightOld, rightNew);
        oldHash = pair(leftOld, rightOld);
        newHash = (leftOld ^ leftNew) | (rightOld ^ rightNew) == 0 ? oldHash : pair(leftNew, rightNew);
    }

    /// @dev The same where a half may be empty.
    function joinOdd(uint256 left, uint256 rightMarks, uint256 path, uint256 rightOld, uint256 rightNew)
        private
        pure
        returns (uint256, uint256, uint256)
    {
        (uint256 leftOld, uint256 leftNew) = (field(left, 0), field(left, 0x20));
        uint256 leftMarks = field(left, 0x60) >> MARKS_SHIFT;
        // A foreign leaf is of use only where all else has been empty: else it stands in its own place, and its hash would do.
        if (leftMarks & IDLE != 0 && rightOld != 0) revert ProofIdleLeaf(bytes32(field(left, 0x40)));
        if (rightMarks & IDLE != 0 && leftOld != 0) revert ProofIdleLeaf(bytes32(path));
        uint256 thin = leftMarks & rightMarks;
        (uint256 oldHash, uint256 oldMarks) = nodeOf(leftOld, rightOld, thin & OLD_THIN);
        (uint256 newHash, uint256 newMarks) = nodeOf(leftNew, rightNew, thin & NEW_THIN);
        uint256 odd = oldHash == 0 ? ODD : 0;
        return (oldMarks | newMarks | odd, oldHash, newHash);
    }

    /// @dev The subtree of two halves. With at most one leaf below, it is that leaf, and `thin` stays.
    function nodeOf(uint256 left, uint256 right, uint256 thin) private pure returns (uint256, uint256) {
        if (thin != 0 && (left == 0 || right == 0)) return (left | right, thin);
        return (pair(left, right), 0);
    }

    function pair(uint256 left, uint256 right) private pure returns (uint256 node) {
        assembly ("memory-safe") {
            mstore(0x00, left)
            mstore(0x20, right)
            node := keccak256(0x00, 0x40)
        }
    }

    /// @dev keccak256(0x00 ‖ path ‖ value). `begin` has written what stands before the path.
    function leafOf(uint256 path, uint256 value) private pure returns (uint256 hash) {
        assembly ("memory-safe") {
            let here := mload(0x40)
            mstore(add(here, 0x20), path)
            mstore(add(here, 0x40), value)
            hash := keccak256(add(here, 0x1f), 65)
        }
    }

    function free() private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := mload(0x40)
        }
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
