// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";

// RLP in the calldata, strict: what it reads is the one encoding, to the byte (src/protocol/rlp.ts is the same rule).

/// @dev What is left of a list: from here to there in the calldata; `field` counts what was read, for errors.
struct Cursor {
    uint256 pos;
    uint256 end;
    uint256 field;
}

uint256 constant WHOLE = 255; // "field" of an error that is about the whole transaction

/// @dev Head of the item at `at`. @return start its content @return size of the content @return prefix below 0xc0: bytes
function readHead(uint256 pos, uint256 end, uint256 field) pure returns (uint256 start, uint256 size, uint256 prefix) {
    bool bad;
    assembly ("memory-safe") {
        let word := calldataload(pos)
        prefix := byte(0, word)
        start := add(pos, 1)
        switch lt(prefix, 0x80)
        case 1 {
            // A byte that is its own encoding.
            start := pos
            size := 1
        }
        default {
            size := and(sub(prefix, 0x80), 0x3f) // from 0x80 for bytes, from 0xc0 for lists
            switch gt(size, 55)
            case 1 {
                let length := sub(size, 55)
                let first := byte(1, word)
                size := shr(sub(256, shl(3, length)), shl(8, word))
                bad := or(iszero(first), lt(size, 56))
                start := add(start, length)
            }
            default { bad := and(eq(prefix, 0x81), lt(byte(1, word), 0x80)) }
        }
        // The size has 64 bits at most: no overflow.
        bad := or(bad, or(iszero(lt(pos, end)), gt(add(start, size), end)))
    }
    if (bad) revert IJudge.NotCanonical(field);
}

/// @dev The list that fills the calldata from `at` to `end`.
function openWhole(uint256 pos, uint256 end) pure returns (Cursor memory cursor) {
    (uint256 start, uint256 size, uint256 prefix) = readHead(pos, end, WHOLE);
    if (prefix < 0xc0) revert IJudge.NotCanonical(WHOLE);
    if (start + size != end) revert IJudge.TrailingBytes();
    (cursor.pos, cursor.end) = (start, end);
}

/// @dev Reads an unsigned integer of at most `most` bytes, 32 or fewer, in its shortest form.
function readUint(Cursor memory cursor, uint256 most) pure returns (uint256 value) {
    unchecked {
        (uint256 pos, uint256 end) = (cursor.pos, cursor.end);
        bool good;
        assembly ("memory-safe") {
            let word := calldataload(pos)
            value := byte(0, word)
            pos := add(pos, 1)
            good := gt(value, 0)
            if gt(value, 0x7f) {
                let size := sub(value, 0x80)
                // Alone, a byte below 0x80 is its own encoding; before others it is a leading zero only if it is 0.
                good := and(iszero(gt(size, most)), or(iszero(size), gt(byte(1, word), mul(eq(size, 1), 0x7f))))
                value := shr(sub(256, shl(3, size)), calldataload(pos))
                pos := add(pos, size)
            }
            good := and(good, iszero(gt(pos, end)))
        }
        if (!good) revertForUint(cursor);
        cursor.pos = pos;
        cursor.field++;
    }
}

/// @dev Says what is wrong with an integer: its encoding, or its size.
function revertForUint(Cursor memory cursor) pure {
    readHead(cursor.pos, cursor.end, cursor.field);
    revert IJudge.BadField(cursor.field);
}

/// @dev Reads a byte string.
function readBytes(Cursor memory cursor) pure returns (uint256 start, uint256 size) {
    unchecked {
        uint256 prefix;
        (start, size, prefix) = readHead(cursor.pos, cursor.end, cursor.field);
        if (prefix > 0xbf) revert IJudge.BadField(cursor.field);
        cursor.pos = start + size;
        cursor.field++;
    }
}

/// @dev Reads a list. @return start of what is in it @return size
function readList(Cursor memory cursor) pure returns (uint256 start, uint256 size) {
    unchecked {
        uint256 prefix;
        (start, size, prefix) = readHead(cursor.pos, cursor.end, cursor.field);
        if (prefix < 0xc0) revert IJudge.BadField(cursor.field);
        cursor.pos = start + size;
        cursor.field++;
    }
}
