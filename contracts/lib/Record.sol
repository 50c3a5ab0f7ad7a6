// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";

/// @notice A thread's record in one word, so that every call of the court changes one storage slot, or two where a breakpoint is recorded: a move that is
/// forced between two players takes no slot more.
///
/// | bits    | field     | meaning                                                                              |
/// |---------|-----------|--------------------------------------------------------------------------------------|
/// | 0–2     | phase     | IThreads.Phase                                                                       |
/// | 3       | claim     | the recorded breakpoint is a claim of which nothing else is kept (court/Bonds.sol)   |
/// | 4–19    | joined    | bit i: players[i] has paid                                                           |
/// | 20–51   | confirmed | the confirmed epoch                                                                  |
/// | 52–83   | k         | number of the last dispute; rises with every change of what is disputed             |
/// | 84–131  | next      | nonce of the recorded breakpoint + 1; 0 where nothing is recorded                    |
/// | 132–152 | forced    | how many moves were forced in the dispute upon the recorded certificate              |
/// | 153–216 | spent     | seconds that players[0] and players[1] have spent of their time banks, 32 bits each  |
/// | 217     | redeemed  | whether money has left with a receipt                                                |
/// | 218–255 | ends      | D: the dispute can be settled from it on; 0 without a dispute                        |
///
/// The breakpoint's hash stands in the slot beside it; what further players have spent, in Lineage.sol.
/// E is not here: evidence counts while D - W has not come (`clockFrom`).
type Record is uint256;

using RecordLib for Record global;

library RecordLib {
    uint256 private constant JOINED = 4;
    uint256 private constant CONFIRMED = 20;
    uint256 private constant DISPUTE = 52;
    uint256 private constant NEXT = 84;
    uint256 private constant FORCED = 132;
    uint256 private constant SPENT = 153;
    uint256 private constant REDEEMED = 1 << 217;
    uint256 private constant ENDS = 218;

    uint256 private constant MASK_3 = 0x7;
    uint256 private constant CLAIM = 1 << 3;
    uint256 private constant MASK_21 = 0x1fffff;
    uint256 private constant MASK_32 = type(uint32).max;
    uint256 private constant MASK_48 = type(uint48).max;
    uint256 private constant MASK_64 = type(uint64).max;
    /// @dev What there is only in a dispute.
    uint256 private constant LINEAGE = (MASK_21 << FORCED) | (MASK_64 << SPENT) | CLAIM;
    uint256 private constant BELOW_ENDS = (1 << ENDS) - 1;

    /// @dev How many players' time is in the record.
    uint256 internal constant CLOCKS = 2;

    /// @dev The first record of a thread: players[0] has paid.
    function opened() internal pure returns (Record) {
        return Record.wrap(uint256(IThreads.Phase.Joining) | (1 << JOINED));
    }

    function phase(Record record) internal pure returns (IThreads.Phase) {
        return IThreads.Phase(uint8(Record.unwrap(record) & MASK_3));
    }

    function joined(Record record) internal pure returns (uint16) {
        return uint16(Record.unwrap(record) >> JOINED);
    }

    function confirmed(Record record) internal pure returns (uint64) {
        return uint64((Record.unwrap(record) >> CONFIRMED) & MASK_32);
    }

    function dispute(Record record) internal pure returns (uint64) {
        return uint64((Record.unwrap(record) >> DISPUTE) & MASK_32);
    }

    /// @dev The lowest nonce that is above the recorded slot in its epoch.
    function next(Record record) internal pure returns (uint64) {
        return uint64((Record.unwrap(record) >> NEXT) & MASK_48);
    }

    function forced(Record record) internal pure returns (uint64) {
        return uint64((Record.unwrap(record) >> FORCED) & MASK_21);
    }

    /// @dev Of players[0] or players[1].
    function spent(Record record, uint256 player) internal pure returns (uint256) {
        return (Record.unwrap(record) >> (SPENT + 32 * player)) & MASK_32;
    }

    function endsAt(Record record) internal pure returns (uint64) {
        return uint64(Record.unwrap(record) >> ENDS);
    }

    function withPhase(Record record, IThreads.Phase to) internal pure returns (Record) {
        return Record.wrap((Record.unwrap(record) & ~MASK_3) | uint256(to));
    }

    function withJoined(Record record, uint256 player) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) | (1 << (JOINED + player)));
    }

    /// @dev A breakpoint is recorded.
    function withNonce(Record record, uint64 nonce) internal pure returns (Record) {
        // The last value is left out, so that `next` does not wrap around: 2^48 transitions never happen.
        if (nonce >= MASK_48) revert IThreads.NonceTooHigh(nonce);
        unchecked {
            return Record.wrap((Record.unwrap(record) & ~(MASK_48 << NEXT)) | ((uint256(nonce) + 1) << NEXT));
        }
    }

    /// @dev SAFETY: 16 players have at most B / c moves each, which are fewer than 2 M, and M is below 2^16: their number is below 2^21.
    function withForced(Record record, uint256 count) internal pure returns (Record) {
        return Record.wrap((Record.unwrap(record) & ~(MASK_21 << FORCED)) | (count << FORCED));
    }

    /// @dev Whether the recorded breakpoint is a claim of which nothing else is kept.
    function isClaim(Record record) internal pure returns (bool) {
        return Record.unwrap(record) & CLAIM != 0;
    }

    function withClaim(Record record) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) | CLAIM);
    }

    function withoutClaim(Record record) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) & ~CLAIM);
    }

    /// @dev Of players[0] or players[1]. SAFETY: nobody spends more than the bank, which is below 2^32.
    function withSpent(Record record, uint256 player, uint256 seconds_) internal pure returns (Record) {
        uint256 shift = SPENT + 32 * player;
        return Record.wrap((Record.unwrap(record) & ~(MASK_32 << shift)) | (seconds_ << shift));
    }

    /// @dev The same thread in its next dispute. At one transaction a number, 2^32 of them cost more gas than a chain has in years.
    function withNextDispute(Record record) internal pure returns (Record) {
        if (record.dispute() == MASK_32) revert IThreads.TooManyDisputes();
        unchecked {
            return Record.wrap(Record.unwrap(record) + (1 << DISPUTE));
        }
    }

    /// @dev Nothing is forced, and the banks are full.
    function withoutLineage(Record record) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) & ~LINEAGE);
    }

    function withEnd(Record record, uint256 ends) internal pure returns (Record) {
        // SAFETY: W is at most 2^31 seconds; 38 bits of seconds last for 8,700 years.
        return Record.wrap((Record.unwrap(record) & BELOW_ENDS) | (ends << ENDS));
    }

    /// @dev D - W is the later of E and the last event, because each event moves D to a window after itself: whose clock is running, it has run since then.
    /// Evidence counts before it: until E nothing else can have moved D, and no event lies ahead.
    function clockFrom(Record record, uint256 window) internal pure returns (uint256) {
        unchecked {
            // SAFETY: D is at least two windows after the challenge.
            return record.endsAt() - window;
        }
    }

    /// @dev Something happened: there is a window from now on.
    function extended(Record record, uint256 window) internal view returns (Record) {
        uint256 ends = block.timestamp + window;
        return ends <= record.endsAt() ? record : record.withEnd(ends);
    }

    function hasRedeemed(Record record) internal pure returns (bool) {
        return Record.unwrap(record) & REDEEMED != 0;
    }

    function withRedeemed(Record record) internal pure returns (Record) {
        return Record.wrap(Record.unwrap(record) | REDEEMED);
    }

    /// @dev Whether what is recorded is a forced move.
    function isForced(Record record) internal pure returns (bool) {
        return record.forced() != 0;
    }

    /// @dev The dispute is over: its number is the confirmed epoch.
    function resumed(Record record) internal pure returns (Record) {
        uint256 bits = Record.unwrap(record) & ~(LINEAGE | (MASK_32 << CONFIRMED));
        return Record.wrap(bits | (uint256(record.dispute()) << CONFIRMED)).withEnd(0).withPhase(IThreads.Phase.Active);
    }
}
