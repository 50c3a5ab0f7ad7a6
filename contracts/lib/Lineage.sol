// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";
import {Record, RecordLib} from "./Record.sol";

/// @notice What the players of one dispute have spent of their time banks. The first two's seconds are in the thread's record, and with them how many moves
/// were forced; what is here is of the others, eight to a storage slot.
struct Lineage {
    uint32[14] spent; // seconds, of players[2] and so on
}

using LineageLib for Lineage global;

library LineageLib {
    /// @notice The least that a move costs: with a bank of B there are at most B / c.
    function leastCharge(IThreads.Terms calldata terms) internal pure returns (uint256) {
        // SAFETY: a second or more, because `open` takes no bank of fewer seconds than moves.
        return terms.timeBank / terms.forcedMoves;
    }

    /// @notice Seconds that a player has spent.
    function spentBy(Lineage storage lineage, Record bits, uint256 player) internal view returns (uint256) {
        return player < RecordLib.CLOCKS ? bits.spent(player) : lineage.spent[player - RecordLib.CLOCKS];
    }

    /// @notice Takes `charge` seconds from a player's bank.
    function spend(Lineage storage lineage, Record bits, uint256 player, uint256 charge, uint256 bank) internal returns (Record) {
        uint256 left = bank - lineage.spentBy(bits, player);
        // SAFETY: who was refuted has spent the whole bank, nobody more.
        if (charge > left) revert IThreads.BankEmpty(player, charge, left);
        return lineage.setSpent(bits, player, bank - left + charge);
    }

    /// @notice The dispute got another number: what was spent in it goes on under that, and the bank of who was refuted is gone.
    function carryOver(Lineage storage lineage, Lineage storage from, Record bits, uint256 refuted, uint256 bank, uint256 players) internal returns (Record) {
        for (uint256 i = RecordLib.CLOCKS; i < players; ++i) lineage.spent[i - RecordLib.CLOCKS] = from.spent[i - RecordLib.CLOCKS];
        return lineage.setSpent(bits, refuted, bank);
    }

    function setSpent(Lineage storage lineage, Record bits, uint256 player, uint256 seconds_) internal returns (Record) {
        if (player < RecordLib.CLOCKS) return bits.withSpent(player, seconds_);
        lineage.spent[player - RecordLib.CLOCKS] = uint32(seconds_);
        return bits;
    }
}
