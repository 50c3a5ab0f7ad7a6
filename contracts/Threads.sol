// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "./interfaces/IJudge.sol";
import {IThreads} from "./interfaces/IThreads.sol";
import {Bench} from "./court/Bench.sol";
import {Forwarding} from "./court/Forwarding.sol";
import {Registry} from "./court/Registry.sol";
import {Settlement} from "./court/Settlement.sol";
import {Record} from "./lib/Record.sol";
import {Signatures} from "./lib/Signatures.sol";
import {TermsLib} from "./lib/TermsLib.sol";

/// @notice The court: how a thread ends by agreement. How it begins is in Registry, what is recorded of it in Disputes, what is forced in Moves, what leaves it
/// while it is open in Receipts, and how it ends without agreement in Settlement. Bonds, claims and
/// refutations are in the other half, Claims, which Forwarding leads to.
/// No owner, no upgrade: the rules that were signed are the rules.
/// INVARIANT: a thread's payouts and what its receipts are for add up to what was paid into it; its end is written before anything is paid, and is final.
contract Threads is Registry, Settlement, Forwarding {
    using TermsLib for Terms;

    /// @param judge_ what executes moves and settlements, for good @param claims_ the code of the claims, with the same judge
    constructor(IJudge judge_, address claims_) Bench(judge_) Forwarding(claims_) {}

    /// @inheritdoc IThreads
    function close(Terms calldata terms, Close calldata final_, bytes calldata signatures) external {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms);
        requireClosable(threadId, entry, bits, terms, final_);
        uint256[] memory payouts = final_.payouts;
        (bool withReceipts, uint256 forReceipts) = requirePayouts(terms, payouts);
        reserveSigned(threadId, entry, bits, final_.parent, withReceipts, forReceipts);
        bytes32 hash = hashClose(threadId, final_.epoch, final_.nonce, final_.parent, payouts);
        Signatures.requireAll(digestOf(hash), terms.sessionKeys, signatures);
        entry.record = bits.withPhase(Phase.Closed);
        emit Closed(threadId, payouts);
        pay(terms, payouts);
    }

    /// @dev A Close takes a slot like any breakpoint and counts as evidence: of the confirmed epoch above the recorded slot, and not after E;
    /// or of the dispute's own epoch, as the recorded breakpoint's child, before D.
    function requireClosable(bytes32 threadId, Entry storage entry, Record bits, Terms calldata terms, Close calldata final_) private view {
        Phase phase = bits.phase();
        if (phase == Phase.Active) return requireHigher(bits, final_.epoch, final_.nonce);
        if (phase != Phase.Disputed) revert WrongPhase(threadId, phase);
        if (final_.epoch == bits.dispute()) {
            if (block.timestamp >= bits.endsAt()) revert DisputeOver(bits.endsAt(), block.timestamp);
            requireFollows(entry, bits, final_.nonce, final_.parent);
        } else {
            requireEvidence(bits, terms);
            requireHigher(bits, final_.epoch, final_.nonce);
        }
    }

    /// @dev One payout for each payee, and one more where there are receipts; together exactly the pot.
    function requirePayouts(Terms calldata terms, uint256[] memory payouts) private pure returns (bool withReceipts, uint256 forReceipts) {
        uint256 count = payees(terms);
        withReceipts = payouts.length == count + 1;
        if (payouts.length != count && !withReceipts) revert BadLength(payouts.length, count);
        if (withReceipts) forReceipts = payouts[count];
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
}
