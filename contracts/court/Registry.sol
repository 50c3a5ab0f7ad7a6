// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";
import {Payments} from "../lib/Payments.sol";
import {Record, RecordLib} from "../lib/Record.sol";
import {Signatures} from "../lib/Signatures.sol";
import {TermsLib} from "../lib/TermsLib.sol";
import {Bonds} from "./Bonds.sol";

/// @notice How a thread begins: opened, joined, or cancelled.
abstract contract Registry is Bonds, Payments {
    using TermsLib for Terms;

    /// @inheritdoc IThreads
    function open(Terms calldata terms, string calldata multiaddr) external payable {
        if (block.chainid != CHAIN_ID) revert WrongChain(block.chainid, CHAIN_ID);
        terms.check();
        address creator = terms.players[0];
        if (msg.sender != creator) revert NotCreator(msg.sender, creator);
        bytes32 threadId = threadIdOf(terms);
        Entry storage entry = entryOf(threadId);
        if (entry.record.phase() != Phase.None) revert ThreadExists(threadId);
        entry.record = RecordLib.opened();
        entry.recorded = NOTHING;
        logCreate3(terms, multiaddr, threadId);
        pull(terms.asset, terms.payment(0));
    }

    /// @inheritdoc IThreads
    function join(Terms calldata terms, uint256 player, string calldata multiaddr, bytes calldata authorisation) external payable {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Joining);
        uint256 count = terms.players.length;
        if (player >= count) revert UnknownPlayer(player);
        if ((bits.joined() >> player) & 1 == 1) revert AlreadyJoined(player);
        if (block.timestamp > terms.joinDeadline) revert JoinTooLate(terms.joinDeadline, block.timestamp);
        address wallet = terms.players[player];
        if (msg.sender != wallet || authorisation.length != 0) {
            bytes32 digest = digestOf(hashJoin(threadId, wallet, terms.sessionKeys[player]));
            if (!Signatures.isAuthorised(digest, wallet, authorisation)) revert BadAuthorisation(wallet);
        }
        bits = bits.withJoined(player);
        bool active = bits.joined() == (1 << count) - 1;
        if (active) {
            requireAccepted(terms, threadId);
            bits = bits.withPhase(Phase.Active);
        }
        entry.record = bits;
        emit Joined(threadId, player, multiaddr, active);
        pull(terms.asset, terms.payment(player));
    }

    /// @inheritdoc IThreads
    function cancel(Terms calldata terms) external {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Joining);
        if (block.timestamp <= terms.joinDeadline) revert CancelTooEarly(terms.joinDeadline, block.timestamp);
        entry.record = bits.withPhase(Phase.Cancelled);
        emit Cancelled(threadId);
        for (uint256 i; i < terms.players.length; ++i) {
            if ((bits.joined() >> i) & 1 == 1) push(terms.asset, terms.players[i], terms.payment(i));
        }
    }

    /// @dev Emits CREATE3. Its data, abi.encode(terms, multiaddr), is the calldata behind the selector when that is canonical: refused otherwise.
    /// Encoding it anew would cost 6,000 gas.
    function logCreate3(Terms calldata terms, string calldata multiaddr, bytes32 threadId) private {
        uint256 size = terms.encodedSize();
        unchecked {
            uint256 total = 4 + 64 + size + 32 + TermsLib.padded(bytes(multiaddr).length);
            uint256 termsAt;
            uint256 multiaddrAt;
            assembly ("memory-safe") {
                termsAt := terms
                multiaddrAt := multiaddr.offset
            }
            if (termsAt != 68 || multiaddrAt != 68 + size + 32 || msg.data.length != total) revert NotCanonical();
        }
        bytes32 topic = CREATE3.selector;
        bytes32 codeHash = terms.codeHash;
        assembly ("memory-safe") {
            let free := mload(0x40)
            let length := sub(calldatasize(), 4)
            calldatacopy(free, 4, length)
            log4(free, length, topic, threadId, caller(), codeHash)
        }
    }
}
