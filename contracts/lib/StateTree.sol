// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A thread's state: one compact sparse Merkle tree over keccak256 (section 4 of the specification).
/// An empty subtree is 0, a subtree with one leaf is that leaf, any other is the node of its two halves, split by the path's next bit.
/// A proof is the siblings from the root down and what the walk ends in. Without another leaf (`otherPath` and `otherValue` 0): nothing when the
/// value is 0, else the path's own leaf. With one, the value is 0: that leaf is foreign, or it is the path's own and holds zero.
/// (No path is 0: it is a hash.)
library StateTree {
    uint8 internal constant ACCOUNT = 1;
    uint8 internal constant STORAGE = 2;
    uint8 internal constant MACHINE = 3;
    bytes32 internal constant NO_CODE = keccak256("");
    uint256 private constant DEPTH = 256;

    struct Proof {
        bytes32 path;
        bytes32 value;
        bytes32[] siblings;
        bytes32 otherPath;
        bytes32 otherValue;
    }

    /// @notice More siblings than a path has bits.
    error ProofTooLong(uint256 length);
    /// @notice The leaf that the walk is said to end in cannot stand there.
    error BadOtherLeaf(bytes32 otherPath);
    /// @notice The proof leads to another root.
    error NoSuchRoot(bytes32 root);

    function pathOf(uint8 kind, address account, bytes32 slot) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(kind, account, slot));
    }

    /// @notice Value of an account's leaf; 0 for an empty account.
    function accountValue(uint64 nonce, uint256 balance, bytes32 codeHash) internal pure returns (bytes32) {
        if (nonce == 0 && balance == 0 && (codeHash == NO_CODE || codeHash == 0)) return 0;
        return keccak256(abi.encodePacked(nonce, balance, codeHash));
    }

    function leafOf(bytes32 path, bytes32 value) internal pure returns (bytes32) {
        return keccak256(abi.encodePacked(uint8(0), path, value));
    }

    /// @notice Refuses a proof that does not show `value` at `path`. Value 0: absent, or a leaf that has become zero.
    function verify(
        bytes32 root,
        bytes32 path,
        bytes32 value,
        bytes32[] calldata siblings,
        bytes32 otherPath,
        bytes32 otherValue
    ) internal pure {
        bytes32 computed = fold(path, endOf(path, value, siblings.length, otherPath, otherValue), siblings);
        if (computed != root) revert NoSuchRoot(computed);
    }

    /// @notice Verifies a proof and returns the root after an input whose net effect leaves `newValue` at its path.
    function update(bytes32 root, Proof calldata proof, bytes32 newValue) internal pure returns (bytes32) {
        (bytes32 path, bytes32 otherPath, bytes32 otherValue) = (proof.path, proof.otherPath, proof.otherValue);
        verify(root, path, proof.value, proof.siblings, otherPath, otherValue);
        bool absent = proof.value == 0 && otherPath != path;
        // A leaf is inserted for a value other than zero only.
        if (absent && newValue == 0) return root;
        bytes32 node = leafOf(path, newValue);
        if (absent && otherPath | otherValue != 0) {
            node = fork(path, node, otherPath, leafOf(otherPath, otherValue), proof.siblings.length);
        }
        return fold(path, node, proof.siblings);
    }

    /// @dev The hash of what the walk ends in. Refuses an end that cannot stand where the walk leads.
    function endOf(bytes32 path, bytes32 value, uint256 depth, bytes32 otherPath, bytes32 otherValue) private pure returns (bytes32) {
        if (depth > DEPTH) revert ProofTooLong(depth);
        if (otherPath | otherValue == 0) return value == 0 ? bytes32(0) : leafOf(path, value);
        // The path's own leaf stands here only when it holds zero; a foreign one shares every walked bit with the path.
        bool fits = otherPath == path ? otherValue == 0 : sharedBits(path, otherPath) >= depth;
        if (value != 0 || !fits) revert BadOtherLeaf(otherPath);
        return leafOf(otherPath, otherValue);
    }

    /// @dev The root above `node`, which stands at the depth that `siblings` leads to.
    function fold(bytes32 path, bytes32 node, bytes32[] calldata siblings) private pure returns (bytes32) {
        assembly ("memory-safe") {
            for { let depth := siblings.length } depth {} {
                depth := sub(depth, 1)
                // 0x00 for a left child, 0x20 for a right one: where it stands in the pair.
                let side := shl(5, and(shr(sub(255, depth), path), 1))
                mstore(side, node)
                mstore(xor(side, 0x20), calldataload(add(siblings.offset, shl(5, depth))))
                node := keccak256(0x00, 0x40)
            }
        }
        return node;
    }

    /// @dev The subtree at `depth` that holds two leaves: empty halves down to where their paths part.
    function fork(bytes32 path, bytes32 leaf, bytes32 otherPath, bytes32 other, uint256 depth) private pure returns (bytes32 node) {
        uint256 bit = sharedBits(path, otherPath);
        node = pair(path, bit, leaf, other);
        while (bit > depth) {
            --bit;
            node = pair(path, bit, node, 0);
        }
    }

    function pair(bytes32 path, uint256 depth, bytes32 own, bytes32 other) private pure returns (bytes32) {
        bool right = (uint256(path) >> (255 - depth)) & 1 == 1;
        return right ? keccak256(abi.encodePacked(other, own)) : keccak256(abi.encodePacked(own, other));
    }

    /// @dev Leading bits that two paths have in common: 256 less the bit length of their difference.
    function sharedBits(bytes32 a, bytes32 b) private pure returns (uint256 bits) {
        uint256 difference = uint256(a ^ b);
        if (difference == 0) return DEPTH;
        uint256 step = 128;
        while (step != 0) {
            if (difference >> (256 - step) == 0) {
                bits += step;
                difference <<= step;
            }
            step >>= 1;
        }
    }
}
