// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Where a thread's contract stands inside the thread: at the address of its vault on the chain (section 1 of the specification).
library Vault {
    /// @notice The CREATE2 address of (court, salt = thread) for the EIP-1167 clone of the court's first creation.
    function addressOf(bytes32 threadId) internal view returns (address) {
        address implementation = toAddress(keccak256(abi.encodePacked(hex"d694", address(this), hex"01")));
        bytes memory initCode = abi.encodePacked(
            hex"3d602d80600a3d3981f3363d3d373d3d3d363d73", implementation, hex"5af43d82803e903d91602b57fd5bf3"
        );
        return toAddress(keccak256(abi.encodePacked(hex"ff", address(this), threadId, keccak256(initCode))));
    }

    function toAddress(bytes32 hash) private pure returns (address) {
        return address(uint160(uint256(hash)));
    }
}
