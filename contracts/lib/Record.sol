// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";

/// @notice A thread's record in one word, so that every call of the court changes one storage slot, or two where a breakpoint is recorded.
///
/// | bits    | field     | meaning                                                                              |
/// |---------|-----------|--------------------------------------------------------------------------------------|
/// | 0–6     | phase     | IThreads.Phase                                                                       |
/// | 7       | redeemed  | whether money has left with a receipt                                                |
/// | 8–23    | joined    | bit i: players[i] has paid                                                           |
/// | 24–55   | confirmed | the confirmed epoch                                                                  |
/// | 56–87   | epoch     | epoch of the recorded breakpoint: the confirmed one, or k after a move forced in it  |
/// | 88–119  | k         | number of the last dispute; rises with every change of what is disputed             |
/// | 120–175 | next      | nonce of the recorded breakpoint + 1; 0 where nothing is recorded                    |
/// | 176–215 | until     | E: evidence counts before it; 0 without a dispute                                    |
/// | 216–255 | ends      | D: the dispute can be settled from it on; 0 without a dispute                        |
///
/// The breakpoint's hash stands in the slot beside it.
type Record is uint256;

using RecordLib for Record global;

library RecordLib {
    uint256 private constant PHASE = 0x7f;
    uint256 private constant REDEEMED = 0x80;
    uint256 private constant JOINED = 8;
    uint256 private constant CONFIRMED = 24;
    uint256 private constant EPOCH = 56;
    uint256 private constant DISPUTE = 88;
    uint256 private constant NEXT = 120;
    uint256 private constant UNTIL = 176;
    uint256 private constant ENDS = 216;

    uint256 private constant MASK_32 = type(uint32).max;
    uint256 private constant MASK_40 = type(uint40).max;
    uint256 private constant MASK_56 = type(uint56).max;
    /// @dev The slot of the recorded breakpoint: its epoch and `next`.
    uint256 private constant SLOT = (MASK_32 << EPOCH) | (MASK_56 << NEXT);
    uint256 private constant WINDOW = (MASK_40 << UNTIL) | (MASK_40 << ENDS);

    /// @dev The first record of a thread: players[0] has paid.
    function opened() internal pure returns (Record) {
        return Record.wrap(uint256(IThreads.Phase.Joining) | (1 << JOINED));
    }

    function phase(Record record) internal pure returns (IThreads.Phase) {
        return IThreads.Phase(uint8(Record.unwrap(record) & PHASE));
    }

    function joined(Record record) internal pure returns (uint16) {
        return uint16(Record.unwrap(record) >> JOINED);
    }

    function confirmed(Record record) internal pure returns (uint64) {
        return uint64((Record.unwrap(record) >> CONFIRMED) & MASK_32);
    }

    function epoch(Record record) internal pure returns (uint64) {
        return uint64((Record.unwrap(record) >> EPOCH) & MASK_32);
    }

    function dispute(Record record) internal pure returns (uint64) {
        return uint64((Record.unwrap(record) >> DISPUTE) & MASK_32);
    }

    /// @dev The lowest nonce that is above the recorded slot in its epoch.
    function next(Record record) internal pure returns (uint64) {
        return uint64((Record.unwrap(record) >> NEXT) & MASK_56);
    }

    function evidenceUntil(Record record) internal pure returns (uint64) {
        return uint64((Record.unwrap(record) >> UNTIL) & MASK_40);
    }

    function endsAt(Record record) internal pure returns (uint64) {
        return uint64(Record.unwrap(record) >> ENDS);
    }

    function withPhase(Record record, IThreads.Phase to) internal pure returns (Record) {
        return Record.wrap((Record.unwrap(record) & ~PHASE) | uint256(to));
    }

    function hasRedeemed(Record record) internal pure returns (bool) {
        return Record.unwrap(record) & REDEEMED != 0;
    }

    function withRedeemed(Record record) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) | REDEEMED);
    }

    function withJoined(Record record, uint256 player) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) | (1 << (JOINED + player)));
    }

    /// @dev A recorded breakpoint in a known epoch.
    function withSlot(Record record, uint64 epoch_, uint64 nonce) internal pure returns (Record) {
        // The last value is left out, so that `next` does not wrap around: 2^56 transitions never happen.
        if (nonce >= MASK_56) revert IThreads.NonceTooHigh(nonce);
        unchecked {
            return Record.wrap((Record.unwrap(record) & ~SLOT) | (uint256(epoch_) << EPOCH) | ((uint256(nonce) + 1) << NEXT));
        }
    }

    /// @dev The same thread in its next dispute. At one transaction a number, 2^32 of them cost more gas than a chain has in years.
    function withNextDispute(Record record) internal pure returns (Record) {
        if (record.dispute() == MASK_32) revert IThreads.TooManyDisputes();
        unchecked {
            return Record.wrap(Record.unwrap(record) + (1 << DISPUTE));
        }
    }

    function withWindow(Record record, uint256 until, uint256 ends) internal pure returns (Record) {
        // SAFETY: W is at most 2^31 seconds; 40 bits of seconds last for 34,000 years.
        unchecked {
            return Record.wrap((Record.unwrap(record) & ~WINDOW) | ((until & MASK_40) << UNTIL) | (ends << ENDS));
        }
    }

    /// @dev D - W is the later of E and the last event, because each event moves D to a window after itself: whose clock is running, it has run since then.
    function clockFrom(Record record, uint256 window) internal pure returns (uint256) {
        unchecked {
            // SAFETY: D is at least two windows after the challenge.
            return record.endsAt() - window;
        }
    }

    /// @dev Something happened: there is a window from now on.
    function extended(Record record, uint256 window) internal view returns (Record) {
        uint256 ends = block.timestamp + window;
        return ends <= record.endsAt() ? record : record.withWindow(record.evidenceUntil(), ends);
    }

    /// @dev Whether what is recorded is a forced move.
    function isForced(Record record) internal pure returns (bool) {
        return record.epoch() != record.confirmed();
    }

    /// @dev The dispute is over: its number is the confirmed epoch.
    function resumed(Record record) internal pure returns (Record) {
        uint256 bits = Record.unwrap(record) & ~(WINDOW | (MASK_32 << CONFIRMED));
        return Record.wrap(bits | (uint256(record.dispute()) << CONFIRMED)).withPhase(IThreads.Phase.Active);
    }
}
