// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";

/// @notice What has been forced upon the recorded certificate in one dispute: how many moves, and what each player has spent of its time bank.
/// Eight numbers share a storage slot, so that up to seven players take one.
struct Lineage {
    uint32[17] numbers; // how many moves; then seconds spent, for each player
}

library LineageLib {
    /// @notice How many moves were forced.
    /// @dev SAFETY: each costs a second or more of a bank, and more than 2^32 moves no chain can hold.
    function forced(Lineage storage lineage) internal view returns (uint32) {
        return lineage.numbers[0];
    }

    function setForced(Lineage storage lineage, uint32 count) internal {
        lineage.numbers[0] = count;
    }

    /// @notice The least that a move costs: with a bank of B there are at most B / c.
    function leastCharge(IThreads.Terms calldata terms) internal pure returns (uint256) {
        // SAFETY: a second or more, because `open` takes no bank of fewer seconds than moves.
        return terms.timeBank / terms.forcedMoves;
    }

    /// @notice Takes `charge` seconds from a player's bank.
    function spend(Lineage storage lineage, uint256 player, uint256 charge, uint256 bank) internal {
        uint256 spent = lineage.numbers[1 + player];
        // SAFETY: who was refuted has spent the whole bank, nobody more.
        if (charge > bank - spent) revert IThreads.BankEmpty(player, charge, bank - spent);
        lineage.numbers[1 + player] = uint32(spent + charge);
    }

    /// @notice The dispute got another number: the same lineage goes on under it, without its last move, whose player's bank is gone.
    function carryOver(Lineage storage lineage, Lineage storage from, uint256 refuted, uint256 bank, uint256 players) internal {
        for (uint256 i; i <= players; ++i) lineage.numbers[i] = from.numbers[i];
        lineage.numbers[0] -= 1;
        lineage.numbers[1 + refuted] = uint32(bank);
    }

    function shown(Lineage storage lineage) internal view returns (uint256 count, uint256[] memory used) {
        count = lineage.numbers[0];
        used = new uint256[](16);
        for (uint256 i; i < 16; ++i) used[i] = lineage.numbers[1 + i];
    }
}
