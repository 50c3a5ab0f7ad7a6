// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "./interfaces/IThreads.sol";
import {Disputes} from "./court/Disputes.sol";
import {Registry} from "./court/Registry.sol";
import {Record} from "./lib/Record.sol";
import {Signatures} from "./lib/Signatures.sol";
import {StateTree} from "./lib/StateTree.sol";
import {TermsLib} from "./lib/TermsLib.sol";

/// @notice The court: how a thread ends. How it begins is in Registry, what is recorded of it in Disputes.
/// No owner, no upgrade: the rules that were signed are the rules.
/// INVARIANT: a thread's payouts add up to what was paid into it; its end is written before anything is paid, and is final.
contract Threads is Registry, Disputes {
    using TermsLib for Terms;

    /// @inheritdoc IThreads
    function close(Terms calldata terms, Close calldata final_, bytes calldata signatures) external {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms);
        requireClosable(threadId, entry, bits, final_);
        uint256[] memory payouts = final_.payouts;
        requirePayouts(terms, payouts);
        bytes32 hash = hashClose(threadId, final_.epoch, final_.nonce, final_.parent, payouts);
        Signatures.requireAll(digestOf(hash), terms.sessionKeys, signatures);
        entry.record = bits.withPhase(Phase.Closed);
        emit Closed(threadId, payouts);
        pay(terms, payouts);
    }

    /// @inheritdoc IThreads
    function settle(Terms calldata terms, Breakpoint calldata breakpoint, AccountProof[] calldata proofs) external {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Disputed);
        if (block.timestamp < bits.endsAt()) revert DisputeOpen(bits.endsAt(), block.timestamp);
        uint256[] memory payouts;
        uint256 leftover;
        if (bits.next() == 0) {
            requireZero(breakpoint);
            if (proofs.length != 0) revert BadLength(proofs.length, 0);
            payouts = deposited(terms);
        } else {
            bytes32 hash = hashBreakpoint(threadId, breakpoint);
            if (hash != entry.recorded) revert WrongBreakpoint(hash, entry.recorded);
            (payouts, leftover) = balances(terms, breakpoint.stateRoot, proofs);
        }
        entry.record = bits.withPhase(Phase.Settled);
        emit Settled(threadId, payouts, leftover);
        pay(terms, payouts);
    }

    /// @dev A Close takes a slot like any breakpoint and counts as evidence: of the confirmed epoch above the recorded slot, and not after E;
    /// or of the dispute's own epoch, as the recorded breakpoint's child, before D.
    function requireClosable(bytes32 threadId, Entry storage entry, Record bits, Close calldata final_) private view {
        Phase phase = bits.phase();
        if (phase == Phase.Active) return requireHigher(bits, final_.epoch, final_.nonce);
        if (phase != Phase.Disputed) revert WrongPhase(threadId, phase);
        if (final_.epoch == bits.dispute()) {
            if (block.timestamp >= bits.endsAt()) revert DisputeOver(bits.endsAt(), block.timestamp);
            requireFollows(entry, bits, final_.nonce, final_.parent);
        } else {
            if (block.timestamp >= bits.evidenceUntil()) revert EvidenceOver(bits.evidenceUntil(), block.timestamp);
            requireHigher(bits, final_.epoch, final_.nonce);
        }
    }

    /// @dev One payout for each payee; together exactly the pot.
    function requirePayouts(Terms calldata terms, uint256[] memory payouts) private pure {
        uint256 count = payees(terms);
        if (payouts.length != count) revert BadLength(payouts.length, count);
        uint256 pot = terms.pot();
        uint256 left = pot;
        for (uint256 i; i < payouts.length; ++i) {
            if (payouts[i] > left) revert WrongPayouts(payouts[i], left);
            unchecked {
                left -= payouts[i];
            }
        }
        if (left != 0) revert WrongPayouts(pot - left, pot);
    }

    /// @dev Nothing was ever signed: everybody's own money, the fee to who paid it.
    function deposited(Terms calldata terms) private pure returns (uint256[] memory payouts) {
        payouts = new uint256[](payees(terms));
        for (uint256 i; i < terms.players.length; ++i) payouts[i] = terms.payment(i);
    }

    /// @dev What the payees own in the recorded state, rounded down and never more than what is left of the pot; then the shares of the rest.
    function balances(Terms calldata terms, bytes32 stateRoot, AccountProof[] calldata proofs)
        private
        pure
        returns (uint256[] memory payouts, uint256 leftover)
    {
        uint256 count = payees(terms);
        if (proofs.length != count) revert BadLength(proofs.length, count);
        payouts = new uint256[](count);
        leftover = terms.pot();
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
    function pay(Terms calldata terms, uint256[] memory payouts) private {
        address[] calldata players = terms.players;
        address asset = terms.asset;
        for (uint256 i; i < players.length; ++i) push(asset, players[i], payouts[i]);
        if (payouts.length != players.length) push(asset, terms.oracle, payouts[players.length]);
    }

    /// @dev The players, then the oracle where there is one.
    function payees(Terms calldata terms) private pure returns (uint256) {
        return terms.players.length + (terms.oracle == address(0) ? 0 : 1);
    }

    function payee(Terms calldata terms, uint256 index) private pure returns (address) {
        return index < terms.players.length ? terms.players[index] : terms.oracle;
    }
}
