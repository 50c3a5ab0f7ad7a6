// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {StateTree} from "../lib/StateTree.sol";

/// @notice StateTree's functions for the tests.
contract StateTreeHarness {
    function pathOf(uint8 kind, address account, bytes32 slot) external pure returns (bytes32) {
        return StateTree.pathOf(kind, account, slot);
    }

    function accountValue(uint64 nonce, uint256 balance, bytes32 codeHash) external pure returns (bytes32) {
        return StateTree.accountValue(nonce, balance, codeHash);
    }

    function verify(bytes32 root, StateTree.Proof calldata proof) external pure {
        StateTree.verify(root, proof.path, proof.value, proof.siblings, proof.otherPath, proof.otherValue);
    }

    function update(bytes32 root, StateTree.Proof calldata proof, bytes32 newValue) external pure returns (bytes32) {
        return StateTree.update(root, proof, newValue);
    }
}
