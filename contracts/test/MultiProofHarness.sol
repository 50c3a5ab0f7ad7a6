// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {MultiProof} from "../lib/MultiProof.sol";

/// @notice MultiProof for the tests and the benchmark.
contract MultiProofHarness {
    /// @param items path, old value and new value of each item, one after the other
    function update(bytes32[] memory items, bytes calldata proof) external pure returns (bytes32 oldRoot, bytes32 newRoot) {
        return MultiProof.update(placeOf(items), items.length / 3, proof);
    }

    /// @notice The gas of the library's code alone.
    function gasOf(bytes32[] memory items, bytes calldata proof) external view returns (uint256 gas) {
        uint256 before = gasleft();
        MultiProof.update(placeOf(items), items.length / 3, proof);
        return before - gasleft();
    }

    function placeOf(bytes32[] memory items) private pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := add(items, 0x20)
        }
    }
}
