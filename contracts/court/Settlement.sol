// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";
import {IThreads} from "../interfaces/IThreads.sol";
import {Record} from "../lib/Record.sol";
import {Exits} from "../lib/Exits.sol";
import {StateTree} from "../lib/StateTree.sol";
import {TermsLib} from "../lib/TermsLib.sol";
import {Moves} from "./Moves.sol";
import {Receipts} from "./Receipts.sol";

/// @notice How a dispute ends: by the contract's settlement function where the terms name one, and by what everybody owns then.
/// INVARIANT: a thread's payouts and what its receipts are for add up to what was paid into it; its end is written before anything is paid, and is final.
abstract contract Settlement is Moves, Receipts {
    using TermsLib for Terms;

    /// @inheritdoc IThreads
    function settle(Terms calldata terms, Breakpoint calldata breakpoint, Holdings calldata holdings) external {
        (bytes32 threadId, Entry storage entry, Record bits) = findRipe(terms);
        if (bits.next() == 0) {
            requireZero(breakpoint);
            if (holdings.accounts.length != 0) revert BadLength(holdings.accounts.length, 0);
            return finish(entry, bits, threadId, terms, deposited(terms), 0);
        }
        uint256 until = uint256(bits.endsAt()) + terms.window;
        if (terms.settlement != 0 && block.timestamp < until) revert SettlementNeeded(until, block.timestamp);
        requireRecorded(entry, bits, threadId, breakpoint);
        (uint256[] memory payouts, uint256 leftover) = balances(terms, threadId, bits, breakpoint.stateRoot, holdings);
        finish(entry, bits, threadId, terms, payouts, leftover);
    }

    /// @inheritdoc IThreads
    function settleByFunction(
        Terms calldata terms,
        Breakpoint calldata recorded,
        LastInput calldata last,
        bytes32 paused,
        bytes calldata witness,
        Holdings calldata holdings
    ) external {
        (bytes32 threadId, Entry storage entry, Record bits) = findRipe(terms);
        if (terms.settlement == 0) revert NoSettlement();
        bytes32 tip = requireRecorded(entry, bits, threadId, recorded);
        address mover = lastMoverOf(terms, threadId, recorded.inputsRoot, last);
        // What a forced move asserted and could be refuted for; on a co-signed state, when the dispute was over.
        uint256 timestamp = bits.isForced() ? uint256(recorded.timestamp) + terms.window : bits.endsAt();
        IJudge.Verdict memory verdict = judgeSettlement(terms, threadId, tip, recorded, mover, timestamp, paused, witness);
        if (!verdict.isFinal) return;
        if (verdict.success) entry.recorded = settledHash(threadId, tip, recorded, verdict.newRoot, timestamp);
        bytes32 root = verdict.success ? verdict.newRoot : recorded.stateRoot;
        (uint256[] memory payouts, uint256 leftover) = balances(terms, threadId, bits, root, holdings);
        finish(entry, bits, threadId, terms, payouts, leftover);
    }

    /// @dev What the settlement function leaves is a breakpoint, too: receipts are redeemed against it.
    function settledHash(bytes32 threadId, bytes32 tip, Breakpoint calldata recorded, bytes32 root, uint256 timestamp) private pure returns (bytes32) {
        return hashForced(threadId, Breakpoint(recorded.epoch, recorded.nonce + 1, tip, root, hashNoInputs(), uint64(timestamp)));
    }

    function findRipe(Terms calldata terms) private view returns (bytes32 threadId, Entry storage entry, Record bits) {
        (threadId, entry, bits) = find(terms, Phase.Disputed);
        if (block.timestamp < bits.endsAt()) revert DisputeOpen(bits.endsAt(), block.timestamp);
        // SAFETY: what nobody has proved is not settled by. Anyone can drop it now.
        if (standing(threadId, bits).doubted != 0) revert DoubtOpen(threadId);
    }

    function finish(Entry storage entry, Record bits, bytes32 threadId, Terms calldata terms, uint256[] memory payouts, uint256 leftover) private {
        entry.record = bits.withPhase(Phase.Settled);
        emit Settled(threadId, payouts, leftover);
        pay(terms, payouts);
    }

    /// @dev Nothing was ever signed: everybody's own money, the fee to who paid it.
    function deposited(Terms calldata terms) private pure returns (uint256[] memory payouts) {
        payouts = new uint256[](payees(terms));
        for (uint256 i; i < terms.players.length; ++i) payouts[i] = terms.payment(i);
    }

    /// @dev What the payees own in the recorded state, rounded down and never more than what the receipts leave of the pot; then the shares of the rest.
    function balances(Terms calldata terms, bytes32 threadId, Record bits, bytes32 stateRoot, Holdings calldata holdings)
        private
        returns (uint256[] memory payouts, uint256 leftover)
    {
        AccountProof[] calldata proofs = holdings.accounts;
        uint256 count = payees(terms);
        if (proofs.length != count) revert BadLength(proofs.length, count);
        payouts = new uint256[](count);
        verifySlot(stateRoot, Exits.TOTAL, holdings.exits);
        leftover = reserve(threadId, bits, uint256(holdings.exits.value), terms.pot());
        uint256 scale = terms.scale();
        for (uint256 i; i < count; ++i) {
            verifyAccount(stateRoot, payee(terms, i), proofs[i]);
            uint256 owned = proofs[i].balance / scale;
            // Two keys of one cheat can co-sign any balance: it comes out of this thread's own pot.
            if (owned > leftover) owned = leftover;
            payouts[i] = owned;
            leftover -= owned;
        }
        if (leftover != 0) share(terms, payouts, leftover);
    }

    function share(Terms calldata terms, uint256[] memory payouts, uint256 leftover) private pure {
        uint256[] calldata shares = terms.shares;
        uint256 sum;
        for (uint256 i; i < shares.length; ++i) sum += shares[i];
        uint256 left = leftover;
        // SAFETY: the pot is below 2^128, a share below 2^32.
        for (uint256 i; i < shares.length - 1; ++i) {
            uint256 part = leftover * shares[i] / sum;
            payouts[i] += part;
            left -= part;
        }
        payouts[shares.length - 1] += left;
    }

    function verifyAccount(bytes32 stateRoot, address account, AccountProof calldata proof) private pure {
        bytes32 path = StateTree.pathOf(StateTree.ACCOUNT, account, 0);
        bytes32 value = StateTree.accountValue(proof.nonce, proof.balance, proof.codeHash);
        StateTree.verify(stateRoot, path, value, proof.siblings, proof.otherPath, proof.otherValue);
    }

    /// @dev The thread is over in storage: whatever a payee calls finds it so.
    function pay(Terms calldata terms, uint256[] memory payouts) internal {
        address[] calldata players = terms.players;
        (address asset, address oracle) = (terms.asset, terms.oracle);
        for (uint256 i; i < players.length; ++i) push(asset, players[i], payouts[i]);
        if (oracle != address(0)) push(asset, oracle, payouts[players.length]);
    }

    /// @dev The players, then the oracle where there is one.
    function payees(Terms calldata terms) internal pure returns (uint256) {
        return terms.players.length + (terms.oracle == address(0) ? 0 : 1);
    }

    function payee(Terms calldata terms, uint256 index) private pure returns (address) {
        return index < terms.players.length ? terms.players[index] : terms.oracle;
    }
}
