// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaims} from "../interfaces/IClaims.sol";
import {Lineage, LineageLib} from "../lib/Lineage.sol";
import {Record} from "../lib/Record.sol";
import {Court} from "./Court.sol";

/// @notice What is kept of bonds and claims. The two halves of the court (Threads, Claims) share this memory and Court's, in this order.
abstract contract Bonds is Court, IClaims {
    using LineageLib for Lineage;

    struct Pledge {
        uint128 amount;
        bool accepted;
    }

    /// @dev The highest price that a bond pays for gas.
    uint256 internal constant GAS_PRICE_CAP = 20 gwei;
    /// @dev What a bond pays to who refutes, beside the gas.
    uint256 internal constant PREMIUM = 0.01 ether;
    /// @dev A judgement's gas for each gas of the input: 91.4 in the worst program known (contracts/judge/README.md), and its calldata when it takes several transactions.
    uint256 private constant WORST_RATIO = 120;
    /// @dev What it takes whatever the input does: code, witness, signatures, payments.
    uint256 private constant FIXED_GAS = 3_000_000;

    /// @inheritdoc IClaims
    mapping(address account => uint256) public bonds;
    /// @inheritdoc IClaims
    mapping(bytes32 threadId => mapping(address account => Pledge)) public pledges;
    /// @dev The unproven claims of the lineage that stands, in order: as many as it counts. What lies above is of lineages that are gone.
    mapping(bytes32 threadId => mapping(uint256 index => bytes32)) internal claims;
    /// @inheritdoc IClaims
    mapping(bytes32 paused => mapping(address refuter => uint256)) public refutations;

    /// @inheritdoc IClaims
    function bondFor(uint64 gasLimit) public pure returns (uint256) {
        // SAFETY: gasLimit is at most 30,000,000.
        unchecked {
            return (FIXED_GAS + WORST_RATIO * gasLimit) * GAS_PRICE_CAP + PREMIUM;
        }
    }

    /// @inheritdoc IClaims
    function openClaims(bytes32 threadId) external view returns (bytes32[] memory found) {
        Record bits = entryOf(threadId).record;
        if (bits.phase() != Phase.Disputed) return found;
        (uint256 count,,) = lineageOf(threadId, bits.dispute()).claims();
        found = new bytes32[](count);
        for (uint256 i; i < count; ++i) found[i] = claims[threadId][i];
    }

    function requireAccepted(Terms calldata terms, bytes32 threadId) internal view {
        if (terms.oracle != address(0) && !pledges[threadId][terms.oracle].accepted) revert NotAccepted(terms.oracle);
    }
}
