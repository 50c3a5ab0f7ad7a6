// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";

/// @notice The terms' hash and rules (section 1 of the specification).
library TermsLib {
    uint256 private constant HEAD = 20 * 32;
    uint256 private constant POT_LIMIT = 1 << 128;
    uint256 private constant SHARE_LIMIT = 1 << 32;
    uint256 private constant MAX_CTOR_ARG = 4096;
    uint256 private constant MAX_WINDOW = 1 << 31;

    /// @notice keccak256(abi.encode(terms)) of terms that are canonically encoded in the calldata; of others, some other hash.
    /// @dev Hashes the calldata as it stands: abi.encode would copy field by field and cost 20 times as much.
    /// SAFETY: `open` has checked the encoding of every thread that exists, offsets included. Bytes with the same hash are the same bytes, so
    /// that what is read through them is what was opened.
    function hash(IThreads.Terms calldata terms) internal pure returns (bytes32 result) {
        uint256 size = encodedSize(terms);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, 0x20)
            calldatacopy(add(free, 0x20), terms, size)
            result := keccak256(free, add(size, 0x20))
        }
    }

    /// @notice Bytes of the canonical encoding when every list has as many entries as there are players.
    function encodedSize(IThreads.Terms calldata terms) internal pure returns (uint256) {
        unchecked {
            return HEAD + 4 * 32 * (1 + terms.players.length) + 32 + padded(terms.ctorArg.length);
        }
    }

    /// @notice `length` rounded up to whole words.
    function padded(uint256 length) internal pure returns (uint256) {
        unchecked {
            return (length + 31) & ~uint256(31);
        }
    }

    /// @notice Refuses terms that break a rule, or whose encoding is not what abi.encode(terms) gives.
    function check(IThreads.Terms calldata terms) internal view {
        address[] calldata players = terms.players;
        uint256 count = players.length;
        if (isOutside(count, 2, 16)) revert IThreads.BadPlayerCount(count);
        checkKeys(players, terms.sessionKeys, terms.oracle);
        checkMoney(terms, count);
        checkRest(terms);
        checkEncoding(terms, count);
    }

    function checkLength(uint256 given, uint256 expected) private pure {
        if (given != expected) revert IThreads.BadLength(given, expected);
    }

    /// @dev Every list has `count` entries: offsets in order without gaps, zero padding. Dirty upper bits are refused by the compiler's own decoding where a field is read:
    /// `check` reads them all.
    function checkEncoding(IThreads.Terms calldata terms, uint256 count) private pure {
        bytes calldata ctorArg = terms.ctorArg;
        bool canonical;
        assembly ("memory-safe") {
            let step := mul(32, add(count, 1))
            canonical := eq(calldataload(terms), HEAD)
            canonical := and(canonical, eq(calldataload(add(terms, 0x20)), add(HEAD, step)))
            canonical := and(canonical, eq(calldataload(add(terms, 0x40)), add(HEAD, mul(2, step))))
            canonical := and(canonical, eq(calldataload(add(terms, 0x60)), add(HEAD, mul(3, step))))
            canonical := and(canonical, eq(calldataload(add(terms, 0x120)), add(HEAD, mul(4, step))))
            // The last word's bytes behind the end of ctorArg.
            let odd := and(ctorArg.length, 31)
            if odd {
                let last := calldataload(sub(add(ctorArg.offset, ctorArg.length), odd))
                canonical := and(canonical, iszero(shl(mul(8, odd), last)))
            }
        }
        if (!canonical) revert IThreads.NotCanonical();
    }

    function checkKeys(address[] calldata players, address[] calldata keys, address oracle) private pure {
        checkLength(keys.length, players.length);
        for (uint256 i; i < players.length; ++i) {
            address player = players[i];
            address key = keys[i];
            if (player == address(0)) revert IThreads.ZeroPlayer(i);
            if (key == address(0)) revert IThreads.ZeroSessionKey(i);
            // One account would be paid twice for one balance.
            if (player == oracle) revert IThreads.OracleIsPlayer(i);
            for (uint256 j; j < i; ++j) {
                if (players[j] == player) revert IThreads.DuplicatePlayer(i, j);
                if (keys[j] == key) revert IThreads.DuplicateSessionKey(i, j);
                if (players[j] == key) revert IThreads.SessionKeyIsWallet(i, j);
                if (keys[j] == player) revert IThreads.SessionKeyIsWallet(j, i);
            }
        }
    }

    function checkMoney(IThreads.Terms calldata terms, uint256 count) private pure {
        uint256[] calldata deposits = terms.deposits;
        uint256[] calldata shares = terms.shares;
        checkLength(deposits.length, count);
        checkLength(shares.length, count);
        uint256 fee = checkAmount(terms.oracleFee);
        if (fee != 0 && terms.oracle == address(0)) revert IThreads.FeeWithoutOracle(fee);
        if (terms.assetDecimals > 18) revert IThreads.BadDecimals(terms.assetDecimals);
        uint256 sum = fee;
        uint256 sumOfShares;
        unchecked {
            // SAFETY: at most 17 amounts below 2^128 and 16 shares below 2^32; the scale is below 2^60.
            for (uint256 i; i < count; ++i) {
                sum += checkAmount(deposits[i]);
                uint256 share = shares[i];
                if (share >= SHARE_LIMIT) revert IThreads.BadShare(i, share);
                sumOfShares += share;
            }
            checkAmount(sum * scale(terms));
        }
        if (sumOfShares == 0) revert IThreads.NoShares();
    }

    function checkAmount(uint256 amount) private pure returns (uint256) {
        if (amount >= POT_LIMIT) revert IThreads.PotTooHigh(amount);
        return amount;
    }

    function checkRest(IThreads.Terms calldata terms) private view {
        uint256 kind = terms.codeKind;
        if (kind > 3) revert IThreads.BadCodeKind(kind);
        // What settles while no routine is suspended; where one is, the BREAKPOINT has named it.
        if (kind > 1 && terms.settlement == 0) revert IThreads.NoSettlement();
        uint256 most = kind & 1 == 0 ? MAX_CTOR_ARG : 0;
        if (terms.ctorArg.length > most) revert IThreads.BadCtorArg(terms.ctorArg.length, most);
        uint256 window = terms.window;
        if (isOutside(window, 1, MAX_WINDOW)) revert IThreads.BadWindow(window);
        uint256 moves = terms.forcedMoves;
        if (moves == 0) revert IThreads.NoForcedMoves();
        if (terms.timeBank < moves) revert IThreads.BankTooSmall(terms.timeBank, moves);
        uint256 gasLimit = terms.gasLimit;
        if (isOutside(gasLimit, 21_000, 6_000_000)) revert IThreads.BadGasLimit(gasLimit);
        uint256 piece = terms.pieceGas;
        if (piece != 0 && (kind < 2 || piece < 50_000 || piece > gasLimit)) revert IThreads.BadPieceGas(piece);
        if (block.timestamp > terms.joinDeadline) revert IThreads.JoinTooLate(terms.joinDeadline, block.timestamp);
        // Read for their upper bits alone.
        (terms.asset, terms.codeSource, terms.settlement);
    }

    /// @notice keccak256(abi.encodePacked(players)): of a word each.
    /// SAFETY: no word of terms that were opened has dirty upper bits.
    function playersHash(IThreads.Terms calldata terms) internal pure returns (bytes32 result) {
        address[] calldata players = terms.players;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, players.offset, shl(5, players.length))
            result := keccak256(free, shl(5, players.length))
        }
    }

    /// @dev What is below wraps around: one comparison, in fewer bytes of code than two.
    function isOutside(uint256 value, uint256 least, uint256 most) private pure returns (bool) {
        unchecked {
            return value - least > most - least;
        }
    }

    /// @notice What one of the asset's units is inside the thread.
    function scale(IThreads.Terms calldata terms) internal pure returns (uint256) {
        unchecked {
            return 10 ** (18 - terms.assetDecimals);
        }
    }

    /// @notice All that is paid in: the deposits and the oracle's fee.
    function pot(IThreads.Terms calldata terms) internal pure returns (uint256 sum) {
        uint256[] calldata deposits = terms.deposits;
        sum = terms.oracleFee;
        unchecked {
            for (uint256 i; i < deposits.length; ++i) sum += deposits[i];
        }
    }

    /// @notice What a player pays in: its deposit, players[0] the oracle's fee too.
    function payment(IThreads.Terms calldata terms, uint256 player) internal pure returns (uint256) {
        unchecked {
            return terms.deposits[player] + (player == 0 ? terms.oracleFee : 0);
        }
    }
}
