// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaims} from "../interfaces/IClaims.sol";
import {Record} from "../lib/Record.sol";
import {Court} from "./Court.sol";

/// @notice What is kept of bonds and claims. The two halves of the court (Threads, Claims) share this memory and Court's, in this order.
abstract contract Bonds is Court, IClaims {
    struct Pledge {
        uint128 amount;
        bool accepted;
    }

    /// @dev The claims of one dispute.
    struct Standing {
        uint32 dispute; // k
        uint32 count; // proved ones too
        uint32 byOracle; // how many unproven ones the oracle answers for
        uint32 byMovers; // and how many their players
        uint32 doubted; // how many wait for their proof
        uint8 last; // who answers for the last one
        bool refuted; // the oracle was
    }

    /// @dev A claim that somebody wants to see proved. The deposit is `bondFor` of the thread's gas limit.
    struct Doubt {
        address doubter;
        uint8 index; // of the claim
        uint88 spentWei; // on the doubt's transaction
    }

    /// @dev What the last byte of a kept claim says: who answers for it, and what has come of it.
    uint256 internal constant BY_ORACLE = 1;
    uint256 internal constant BY_MOVER = 2;
    uint256 internal constant DOUBTED = 4;
    uint256 internal constant PROVED = 8;

    /// @dev The highest price that a bond pays for gas.
    uint256 internal constant GAS_PRICE_CAP = 20 gwei;
    /// @dev What a bond pays to who refutes or doubts, and a doubt's deposit to who proves, beside the gas.
    uint256 internal constant PREMIUM = 0.01 ether;
    /// @dev A judgement's gas for each gas of the input: 91.4 in the worst program known (contracts/judge/README.md), and its calldata when it takes several transactions.
    uint256 private constant WORST_RATIO = 120;
    /// @dev What it takes whatever the input does: code, witness, signatures, payments.
    uint256 private constant FIXED_GAS = 3_000_000;

    /// @inheritdoc IClaims
    mapping(address account => uint256) public bonds;
    /// @inheritdoc IClaims
    mapping(bytes32 threadId => mapping(address account => Pledge)) public pledges;
    /// @dev How many claims stand in the dispute that it names.
    mapping(bytes32 threadId => Standing) internal standings;
    /// @dev They, in order; but for the one that the record holds: the breakpoint's hash, its last byte replaced. What lies above them is of lineages that are gone.
    mapping(bytes32 threadId => mapping(uint256 index => bytes32)) internal claims;
    /// @inheritdoc IClaims
    mapping(bytes32 paused => mapping(address refuter => uint256)) public refutations;
    /// @dev Until the claim is proved or the deposit is taken back; by the claimed breakpoint's hash, which is of one thread and dispute.
    mapping(bytes32 claimed => Doubt) internal doubts;

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
        uint256 count = standing(threadId, bits).count;
        found = new bytes32[](count);
        for (uint256 i; i < count; ++i) found[i] = claimAt(threadId, bits, entryOf(threadId).recorded, i);
    }

    /// @dev What stands in this dispute. Under another number it is as if nothing had been written.
    function standing(bytes32 threadId, Record bits) internal view returns (Standing memory found) {
        found = standings[threadId];
        uint64 k = bits.dispute();
        if (found.dispute != k) found = Standing(uint32(k), 0, 0, 0, 0, 0, false);
    }

    /// @dev A standing claim: its breakpoint's hash, the last byte replaced by who answers.
    function claimAt(bytes32 threadId, Record bits, bytes32 recorded, uint256 index) internal view returns (bytes32) {
        if (!bits.isClaim()) return claims[threadId][index];
        Standing memory stands = standing(threadId, bits);
        return index + 1 == stands.count ? packed(recorded, stands.last) : claims[threadId][index];
    }

    /// @dev A move is made upon a claim that the record alone holds: it is kept. So who claims pays for no storage that nobody may need.
    function keepClaim(bytes32 threadId, Record bits, bytes32 recorded) internal returns (Record) {
        keep(threadId, standing(threadId, bits), recorded);
        return bits.withoutClaim();
    }

    /// @dev The last of those that stand.
    function keep(bytes32 threadId, Standing memory stands, bytes32 recorded) internal {
        claims[threadId][stands.count - 1] = packed(recorded, stands.last);
    }

    function packed(bytes32 recorded, uint256 by) private pure returns (bytes32) {
        return bytes32((uint256(recorded) & ~uint256(0xff)) | by);
    }

    function requireAccepted(Terms calldata terms, bytes32 threadId) internal view {
        if (terms.oracle != address(0) && !pledges[threadId][terms.oracle].accepted) revert NotAccepted(terms.oracle);
    }
}
