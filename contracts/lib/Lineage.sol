// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";

/// @notice What has been forced upon the recorded certificate in one dispute: how many moves, how many of them are unproven claims, and what each
/// player has spent of its time bank. Eight numbers share a storage slot, so that up to six players take one.
struct Lineage {
    uint32[18] numbers; // how many moves; the claims among them; then seconds spent, for each player
}

library LineageLib {
    /// @dev The claims: how many (8 bits), how many of them the oracle answers for (8 bits), whether the oracle was refuted (1 bit), and who answers for the
    /// last move where it is a claim whose hash stands in the record alone (2 bits).
    uint32 private constant BY_ORACLE = 1 << 8;
    uint32 private constant REFUTED = 1 << 16;
    uint32 private constant COUNT = 0xff;
    uint256 private constant ON_TOP = 17;

    /// @notice How many moves were forced.
    /// @dev SAFETY: each costs a second or more of a bank, and more than 2^32 moves no chain can hold.
    function forced(Lineage storage lineage) internal view returns (uint32) {
        return lineage.numbers[0];
    }

    function setForced(Lineage storage lineage, uint32 count) internal {
        lineage.numbers[0] = count;
    }

    /// @notice The unproven claims, those among them that the oracle answers for, and whether it was refuted.
    function claims(Lineage storage lineage) internal view returns (uint256 count, uint256 byOracle, bool refuted) {
        uint32 packed = lineage.numbers[1];
        return (packed & COUNT, (packed >> 8) & COUNT, packed & REFUTED != 0);
    }

    /// @notice Who answers for the last move, where that is a claim of which nothing else is kept; else 0.
    function onTop(Lineage storage lineage) internal view returns (uint256 by) {
        return lineage.numbers[1] >> ON_TOP;
    }

    /// @notice The last move is a claim. What was on top before has been kept elsewhere.
    function addClaim(Lineage storage lineage, uint256 by, bool byOracle) internal {
        lineage.numbers[1] += (byOracle ? BY_ORACLE + 1 : 1) | uint32(by << ON_TOP);
    }

    /// @notice The last move is nothing special any more.
    function clearTop(Lineage storage lineage) internal {
        lineage.numbers[1] &= uint32((1 << ON_TOP) - 1);
    }

    function setClaims(Lineage storage lineage, uint256 count, uint256 byOracle, bool refuted) internal {
        lineage.numbers[1] = uint32(count) + uint32(byOracle) * BY_ORACLE + (refuted ? REFUTED : 0);
    }

    /// @notice The least that a move costs: with a bank of B there are at most B / c.
    function leastCharge(IThreads.Terms calldata terms) internal pure returns (uint256) {
        // SAFETY: a second or more, because `open` takes no bank of fewer seconds than moves.
        return terms.timeBank / terms.forcedMoves;
    }

    /// @notice Takes `charge` seconds from a player's bank.
    function spend(Lineage storage lineage, uint256 player, uint256 charge, uint256 bank) internal {
        uint256 spent = lineage.numbers[2 + player];
        // SAFETY: who was refuted has spent the whole bank, nobody more.
        if (charge > bank - spent) revert IThreads.BankEmpty(player, charge, bank - spent);
        lineage.numbers[2 + player] = uint32(spent + charge);
    }

    /// @notice The dispute got another number: the same lineage goes on under it with its first `forced_` moves, and the bank of who was refuted is gone.
    /// The claims are for the caller to set.
    function carryOver(Lineage storage lineage, Lineage storage from, uint256 forced_, uint256 refuted, uint256 bank, uint256 players) internal {
        for (uint256 i = 2; i < 2 + players; ++i) lineage.numbers[i] = from.numbers[i];
        lineage.numbers[0] = uint32(forced_);
        lineage.numbers[2 + refuted] = uint32(bank);
    }

    function shown(Lineage storage lineage) internal view returns (uint256 count, uint256[] memory used) {
        count = lineage.numbers[0];
        used = new uint256[](16);
        for (uint256 i; i < 16; ++i) used[i] = lineage.numbers[2 + i];
    }
}
