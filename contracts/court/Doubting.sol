// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaimCalls} from "../interfaces/IClaimCalls.sol";
import {Record} from "../lib/Record.sol";
import {Refutation} from "./Refutation.sol";

/// @notice What becomes of a claim that nobody can refute, because its judgement fits into no transactions: whoever claims must be able to show it (section 8 of the
/// specification). A doubt asks for the proof (`refuteClaim`, which proves what is right); without one by D the claim falls.
/// INVARIANT: while a doubt is open nothing is settled. Each claim is doubted once, and a doubt moves D to a window after itself, as every event does.
/// INVARIANT: the court holds a deposit for each doubt whose claim was not proved and whose deposit was not taken back.
abstract contract Doubting is Refutation {
    /// @inheritdoc IClaimCalls
    function doubt(Terms calldata terms, uint256 index, Breakpoint calldata claimed) external payable {
        Cut memory cut;
        cut.gasBefore = gasleft();
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Disputed);
        requireOpen(bits);
        uint256 deposit = bondFor(terms.gasLimit);
        if (msg.value != deposit) revert WrongValue(msg.value, deposit);
        (bytes32 hash, uint256 marks) = requireClaim(entry, bits, threadId, index, claimed);
        if (marks & DOUBTED != 0) revert AlreadyDoubted(hash);
        // The claim's player has a window for the proof. It is nobody's move, so nobody's clock pays for it: whose runs, it runs anew.
        bits = mark(bits, threadId, index, hash, marks | DOUBTED).extended(terms.window);
        entry.record = bits;
        standings[threadId].doubted += 1;
        emit Doubted(threadId, hash, index, msg.sender, bits.endsAt());
        // SAFETY: 16 claims stand at most, and no account has 2^88 wei for gas.
        doubts[hash] = Doubt(msg.sender, uint8(index), uint88(priceOf(cut)));
    }

    /// @inheritdoc IClaimCalls
    function drop(Terms calldata terms, Breakpoint calldata claimed, Breakpoint calldata parent, LastInput calldata input) external {
        Cut memory cut;
        cut.gasBefore = gasleft();
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms);
        bytes32 hash = hashBreakpoint(threadId, claimed);
        Doubt memory doubted = doubts[hash];
        if (doubted.doubter == address(0)) revert NotDoubted(hash);
        delete doubts[hash];
        uint256 deposit = bondFor(terms.gasLimit);
        uint256 by = answererOf(entry, bits, threadId, doubted.index, hash);
        if (by != 0) {
            // Until then it can be proved.
            if (block.timestamp < bits.endsAt()) revert DisputeOpen(bits.endsAt(), block.timestamp);
            bytes32 before = requireParent(threadId, claimed, parent);
            lastMoverOf(terms, threadId, claimed.inputsRoot, input);
            (cut.threadId, cut.player, cut.claims, cut.toDoubter) = (threadId, input.player, doubted.index, doubted.spentWei + PREMIUM);
            deposit += cut.toDoubter;
            bits = takeBack(bits, terms, cut, entry.recorded, by, placeOf(bits, claimed));
            restore(entry, bits, threadId, parent, before, cut.player);
        }
        emit DoubtOver(threadId, hash, doubted.doubter, deposit);
        credit(address(0), doubted.doubter, deposit);
        if (by != 0) slash(terms, cut, by);
    }

    /// @dev Who answers for a doubted claim; 0 where it does not stand any more.
    function answererOf(Entry storage entry, Record bits, bytes32 threadId, uint256 index, bytes32 hash) private view returns (uint256) {
        if (bits.phase() != Phase.Disputed || index >= standing(threadId, bits).count) return 0;
        bytes32 kept = claimAt(threadId, bits, entry.recorded, index);
        return isSame(kept, hash) ? uint256(kept) & (BY_ORACLE | BY_MOVER) : 0;
    }
}
