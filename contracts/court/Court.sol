// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";
import {Lineage} from "../lib/Lineage.sol";
import {Record} from "../lib/Record.sol";
import {TermsLib} from "../lib/TermsLib.sol";
import {TypedData} from "../lib/TypedData.sol";

/// @notice The court's memory: two storage slots for each thread, and one or two more for a dispute in which a third player or a further one forces moves.
abstract contract Court is TypedData {
    using TermsLib for Terms;

    struct Entry {
        Record record;
        bytes32 recorded; // the recorded breakpoint's hash, or NOTHING
    }

    /// @dev Stands where no breakpoint is recorded, so that `open` pays for the slot and no certificate does.
    bytes32 internal constant NOTHING = bytes32(uint256(1));

    mapping(bytes32 threadId => Entry) private entries;
    mapping(bytes32 threadId => mapping(uint256 k => Lineage)) private lineages;

    /// @inheritdoc IThreads
    function threadIdOf(Terms calldata terms) public view returns (bytes32) {
        return threadIdFor(terms.hash());
    }

    /// @inheritdoc IThreads
    function record(bytes32 threadId) external view returns (RecordView memory shown) {
        Record bits = entries[threadId].record;
        bytes32 recorded = entries[threadId].recorded;
        shown.phase = bits.phase();
        shown.joined = bits.joined();
        shown.confirmedEpoch = bits.confirmed();
        shown.dispute = bits.dispute();
        shown.endsAt = bits.endsAt();
        if (bits.next() == 0) return shown;
        shown.nonce = bits.next() - 1;
        shown.recorded = recorded;
    }

    /// @inheritdoc IThreads
    function lineage(bytes32 threadId) external view returns (uint256 forced, uint256[] memory used) {
        Record bits = entries[threadId].record;
        Lineage storage spent = lineageOf(threadId, bits.dispute());
        forced = bits.forced();
        used = new uint256[](16);
        for (uint256 i; i < 16; ++i) used[i] = spent.spentBy(bits, i);
    }

    /// @dev What further players have spent in dispute k. Another number is another lineage: their banks are full.
    function lineageOf(bytes32 threadId, uint64 k) internal view returns (Lineage storage) {
        return lineages[threadId][k];
    }

    function entryOf(bytes32 threadId) internal view returns (Entry storage) {
        return entries[threadId];
    }

    /// @dev The thread of these terms, in this phase.
    function find(Terms calldata terms, Phase phase) internal view returns (bytes32 threadId, Entry storage entry, Record bits) {
        (threadId, entry, bits) = find(terms);
        if (bits.phase() != phase) revert WrongPhase(threadId, bits.phase());
    }

    /// @dev The thread of these terms. From here on the terms are those that were opened.
    function find(Terms calldata terms) internal view returns (bytes32 threadId, Entry storage entry, Record bits) {
        threadId = threadIdOf(terms);
        entry = entries[threadId];
        bits = entry.record;
        if (bits.phase() == Phase.None) revert UnknownThread(threadId);
    }

    /// @dev The recorded breakpoint, as the caller gives it.
    function requireRecorded(Entry storage entry, Record bits, bytes32 threadId, Breakpoint calldata breakpoint)
        internal
        view
        returns (bytes32 hash)
    {
        if (bits.next() == 0) revert NothingRecorded();
        hash = hashBreakpoint(threadId, breakpoint);
        if (hash != entry.recorded) revert WrongBreakpoint(hash, entry.recorded);
    }
}
