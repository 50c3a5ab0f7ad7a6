// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaims} from "../interfaces/IClaims.sol";
import {IThreads} from "../interfaces/IThreads.sol";
import {Moves} from "./Moves.sol";

/// @notice The court's calls whose code stands in its other half (contracts/Claims.sol), because a contract may have 24,576 bytes only.
///
///     player ── call ──> Threads ── delegatecall, the calldata as it came ──> Claims
///                        money, memory, address                               code alone
///
/// One fixed address, set when the court is made; both halves are the same contracts down to Moves and Payments, so that they read the same
/// memory (a test compares their layouts). The other half calls nobody by delegatecall.
abstract contract Forwarding is Moves {
    /// @dev The code of the claims, for good.
    address private immutable half;

    constructor(address half_) {
        if (half_.code.length == 0 || address(IThreads(half_).judge()) != address(judge)) revert WrongHalf(half_);
        half = half_;
    }

    /// @inheritdoc IClaims
    function bond() external payable {
        forward();
    }

    /// @inheritdoc IClaims
    function unbond(uint256) external {
        forward();
    }

    /// @inheritdoc IClaims
    function accept(Terms calldata, uint256, bytes calldata) external {
        forward();
    }

    /// @inheritdoc IClaims
    function release(Terms calldata, address) external {
        forward();
    }

    /// @inheritdoc IThreads
    function refute(Terms calldata, Breakpoint calldata, Breakpoint calldata, LastInput calldata, bytes32, bytes calldata) external {
        forward();
    }

    /// @dev The calls of IClaimCalls, which are not named here for want of room. What neither half knows the other half refuses.
    fallback() external payable {
        forward();
    }

    /// @dev Ether alone is refused there, too.
    receive() external payable {
        forward();
    }

    /// @dev Ends the call with what the other half makes of it.
    function forward() private {
        address target = half;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, 0, calldatasize())
            let done := delegatecall(gas(), target, free, calldatasize(), 0, 0)
            returndatacopy(free, 0, returndatasize())
            if iszero(done) { revert(free, returndatasize()) }
            return(free, returndatasize())
        }
    }
}
