// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a thread's contract stands inside the thread: at the address of its vault on the chain (section 1 of the specification).
library Vault {
    /// @notice The CREATE2 address of (court, salt = thread) for the EIP-1167 clone of the court's first creation.
    function addressOf(bytes32 threadId, address court) internal pure returns (address) {
        return toAddress(keccak256(abi.encodePacked(hex"ff", court, threadId, keccak256(initCodeFor(court)))));
    }

    /// @notice The vault of a thread of this court, made now if it was not there.
    function ensure(bytes32 threadId) internal returns (address vault) {
        vault = addressOf(threadId, address(this));
        if (vault.code.length != 0) return vault;
        bytes memory initCode = initCodeFor(address(this));
        assembly ("memory-safe") {
            vault := create2(0, add(initCode, 0x20), mload(initCode), threadId)
        }
    }

    function initCodeFor(address court) private pure returns (bytes memory) {
        address implementation = toAddress(keccak256(abi.encodePacked(hex"d694", court, hex"01")));
        return abi.encodePacked(hex"3d602d80600a3d3981f3363d3d373d3d3d363d73", implementation, hex"5af43d82803e903d91602b57fd5bf3");
    }

    function toAddress(bytes32 hash) private pure returns (address) {
        return address(uint160(uint256(hash)));
    }
}
