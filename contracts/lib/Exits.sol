// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @notice What the port writes into a thread's state and the court reads from it (section 10 of the specification).
library Exits {
    /// @notice The port's address in every thread.
    address internal constant PORT = 0x00000000000000000000000000000000706F7274;
    /// @notice The slot that holds all that has left the thread, in the asset's units.
    bytes32 internal constant TOTAL = bytes32(uint256(1));
    /// @notice The slot of the receipts, a mapping from their numbers.
    uint256 internal constant RECEIPTS = 2;
    bytes32 private constant TAG = keccak256("evm-threads/receipt/1");

    function hashOf(uint256 index, address sender, address target, uint256 amount, bytes calldata data) internal pure returns (bytes32) {
        return keccak256(abi.encode(TAG, index, sender, target, amount, keccak256(data)));
    }

    /// @notice The slot of a receipt's hash.
    function slotOf(uint256 index) internal pure returns (bytes32) {
        return keccak256(abi.encode(index, RECEIPTS));
    }
}
