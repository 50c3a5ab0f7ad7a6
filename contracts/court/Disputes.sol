// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";
import {Record} from "../lib/Record.sol";
import {Signatures} from "../lib/Signatures.sol";
import {Bonds} from "./Bonds.sol";

/// @notice What is recorded of a thread, and the disputes over it (section 8 of the specification).
/// INVARIANT: the recorded signed slot never goes down.
abstract contract Disputes is Bonds {
    /// @inheritdoc IThreads
    function checkpoint(Terms calldata terms, Breakpoint calldata breakpoint, bytes calldata signatures) public {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Active);
        requireHigher(bits, breakpoint.epoch, breakpoint.nonce);
        writeCertificate(entry, bits, threadId, terms, breakpoint, signatures);
    }

    /// @inheritdoc IThreads
    function challenge(Terms calldata terms, Breakpoint calldata breakpoint, bytes calldata signatures) external {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Active);
        if (signatures.length == 0) requireZero(breakpoint);
        openDispute(entry, bits, threadId, terms, breakpoint, signatures);
    }

    /// @dev Opens the next dispute, over a certificate or, where `signatures` are empty, over what is recorded.
    function openDispute(
        Entry storage entry,
        Record bits,
        bytes32 threadId,
        Terms calldata terms,
        Breakpoint calldata breakpoint,
        bytes calldata signatures
    ) internal returns (Record opened) {
        if (!isParticipant(terms, msg.sender)) revert NotParticipant(msg.sender);
        uint256 until = block.timestamp + terms.window;
        opened = bits.withNextDispute().withEnd(until + terms.window).withPhase(Phase.Disputed);
        bytes32 recorded;
        if (signatures.length == 0) {
            entry.record = opened;
            recorded = opened.next() == 0 ? bytes32(0) : entry.recorded;
        } else {
            requireHigher(opened, breakpoint.epoch, breakpoint.nonce);
            (opened, recorded) = writeCertificate(entry, opened, threadId, terms, breakpoint, signatures);
        }
        logChallenged(threadId, opened, recorded, until);
    }

    /// @inheritdoc IThreads
    function respond(Terms calldata terms, Breakpoint calldata breakpoint, bytes calldata signatures) external {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Disputed);
        requireEvidence(bits, terms);
        requireHigher(bits, breakpoint.epoch, breakpoint.nonce);
        bits = bits.withNextDispute().withoutLineage();
        writeCertificate(entry, bits, threadId, terms, breakpoint, signatures);
        emit Responded(threadId, bits.dispute());
    }

    /// @inheritdoc IThreads
    function resume(Terms calldata terms, Breakpoint calldata breakpoint, bytes calldata signatures) external {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Disputed);
        if (block.timestamp >= bits.endsAt()) revert DisputeOver(bits.endsAt(), block.timestamp);
        if (breakpoint.epoch != bits.dispute()) revert WrongEpoch(breakpoint.epoch, bits.dispute());
        requireFollows(entry, bits, breakpoint.nonce, breakpoint.parent);
        bits = bits.resumed();
        writeCertificate(entry, bits, threadId, terms, breakpoint, signatures);
        emit Resumed(threadId, bits.confirmed());
    }

    function requireEvidence(Record bits, Terms calldata terms) internal view {
        uint256 until = bits.clockFrom(terms.window);
        if (block.timestamp >= until) revert EvidenceOver(until, block.timestamp);
    }

    /// @dev Of the confirmed epoch and above the recorded signed slot: moves that were forced since do not raise what evidence must be above.
    function requireHigher(Record bits, uint64 epoch, uint64 nonce) internal pure {
        uint64 confirmed = bits.confirmed();
        if (epoch != confirmed) revert WrongEpoch(epoch, confirmed);
        uint64 next = bits.next() - bits.forced();
        if (nonce < next) revert StaleSlot(epoch, nonce, confirmed, next - 1);
    }

    /// @dev The recorded breakpoint's child; parent 0 and nonce 0 where nothing is recorded.
    function requireFollows(Entry storage entry, Record bits, uint64 nonce, bytes32 parent) internal view {
        if (nonce != bits.next()) revert WrongNonce(nonce, bits.next());
        bytes32 expected = bits.next() == 0 ? bytes32(0) : entry.recorded;
        if (parent != expected) revert WrongParent(parent, expected);
    }

    /// @dev Verifies every player's signature and writes the record with the breakpoint in it.
    function writeCertificate(
        Entry storage entry,
        Record bits,
        bytes32 threadId,
        Terms calldata terms,
        Breakpoint calldata breakpoint,
        bytes calldata signatures
    ) private returns (Record written, bytes32 recorded) {
        recorded = hashBreakpoint(threadId, breakpoint);
        Signatures.requireAll(digestOf(recorded), terms.sessionKeys, signatures);
        written = bits.withNonce(breakpoint.nonce);
        entry.record = written;
        entry.recorded = recorded;
        emit BREAKPOINT(
            threadId,
            breakpoint.epoch,
            breakpoint.nonce,
            breakpoint.parent,
            breakpoint.stateRoot,
            breakpoint.inputsRoot,
            breakpoint.timestamp
        );
    }

    function logChallenged(bytes32 threadId, Record bits, bytes32 recorded, uint256 until) private {
        bool any = bits.next() != 0;
        emit Challenged(
            threadId,
            bits.dispute(),
            recorded,
            bits.confirmed(),
            any ? bits.next() - 1 : 0,
            uint64(until),
            bits.endsAt(),
            msg.sender
        );
    }

    /// @dev What nobody signed must say nothing.
    function requireZero(Breakpoint calldata breakpoint) internal pure {
        if (
            breakpoint.epoch | breakpoint.nonce | breakpoint.timestamp != 0
                || breakpoint.parent | breakpoint.stateRoot | breakpoint.inputsRoot != 0
        ) revert UnsignedBreakpoint();
    }

    function isParticipant(Terms calldata terms, address account) private pure returns (bool) {
        address[] calldata players = terms.players;
        address[] calldata sessionKeys = terms.sessionKeys;
        for (uint256 i; i < players.length; ++i) {
            if (account == players[i] || account == sessionKeys[i]) return true;
        }
        return account == terms.oracle;
    }
}
