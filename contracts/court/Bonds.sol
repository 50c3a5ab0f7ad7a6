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
    /// @dev The unproven claims of the lineage that stands, in order: as many as it counts, but for the last move, whose hash the record holds. What lies above is of lineages that are gone.
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
        Lineage storage lineage_ = lineageOf(threadId, bits.dispute());
        (uint256 count,,) = lineage_.claims();
        found = new bytes32[](count);
        for (uint256 i; i < count; ++i) found[i] = claimAt(threadId, lineage_, entryOf(threadId).recorded, i);
    }

    /// @dev A standing claim: its breakpoint's hash, the last byte replaced by who answers.
    function claimAt(bytes32 threadId, Lineage storage lineage_, bytes32 recorded, uint256 index) internal view returns (bytes32) {
        (uint256 count,,) = lineage_.claims();
        uint256 by = lineage_.onTop();
        return by != 0 && index + 1 == count ? packed(recorded, by) : claims[threadId][index];
    }

    /// @dev A move is made upon the recorded one: where that is a claim, it is kept. (Who claims pays for no storage that the next move may not need.)
    function keepClaim(bytes32 threadId, Lineage storage lineage_, bytes32 recorded) internal {
        uint256 by = lineage_.onTop();
        if (by == 0) return;
        (uint256 count,,) = lineage_.claims();
        claims[threadId][count - 1] = packed(recorded, by);
        lineage_.clearTop();
    }

    function packed(bytes32 recorded, uint256 by) private pure returns (bytes32) {
        return bytes32((uint256(recorded) & ~uint256(0xff)) | by);
    }

    function requireAccepted(Terms calldata terms, bytes32 threadId) internal view {
        if (terms.oracle != address(0) && !pledges[threadId][terms.oracle].accepted) revert NotAccepted(terms.oracle);
    }
}
