// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {missingCode, outOfRoom} from "./Meter.sol";

// Codes lie in memory in blocks: size, how many bytes were looked back in it, the bytes, at least 33 zeros (so that a PUSH32 at the end reads zeros and then stops),
// and a byte for each position, 1 where a JUMPDEST is known to be.

// How many bytes are looked back in a code, all jumps together, before all of it is read: an eighth of it and this many more. To look back costs several times as much
// a byte as to read on, and is begun anew for each destination.
uint256 constant LOOK_BACK = 256;
uint256 constant ALL_READ = 0x3fff; // more than are ever looked back
uint256 constant LOOKED_SHIFT = 242; // no byte of a count that is shifted so far may be taken for a PUSH that reaches the code behind it

/// @dev Length of a block for a code of this size.
function blockSize(uint256 size) pure returns (uint256) {
    return BLOCK_BYTES + 2 * ((size + 64) & ~uint256(31));
}

/// @dev Makes the code the running one. @param code its number, or its block's address
function useCode(uint256 code) pure {
    assembly {
        if lt(code, FRAMES) { code := mload(add(mload(CODES), shl(5, code))) }
        let size := mload(code)
        let bytes_ := add(code, BLOCK_BYTES)
        mstore(CODE_AT, bytes_)
        mstore(CODE_SIZE, size)
        mstore(JUMPS_AT, add(bytes_, and(add(size, 64), not(31))))
    }
}

/// @dev Block of an account's code.
function codeOf(uint256 entry) pure returns (uint256 code) {
    uint256 index;
    uint256 account;
    assembly {
        index := mload(add(entry, CODE_FIELD))
        account := mload(entry)
        if index { code := mload(add(mload(CODES), shl(5, sub(index, 1)))) }
        // Who has no code needs none handed in: one zero word serves as its block.
        if eq(mload(add(entry, CODE_HASH_FIELD)), EMPTY_HASH) { code := SCRATCH mstore(SCRATCH, 0) }
    }
    if (code == 0) missingCode(account);
}

/// @dev A new block for `size` bytes, the last of the list; the bytes are still to be written. @return place where they go
function addCode(uint256 size) pure returns (uint256 place) {
    uint256 length = blockSize(size);
    bool full;
    assembly {
        let top := mload(BLOCKS_TOP)
        let count := mload(CODE_COUNT)
        full := or(gt(add(top, length), mload(BLOCKS_END)), iszero(lt(count, mload(CODES_MAX))))
        if iszero(full) {
            mstore(add(mload(CODES), shl(5, count)), top)
            mstore(CODE_COUNT, add(count, 1))
            mstore(BLOCKS_TOP, add(top, length))
            mstore(top, size)
            place := add(top, BLOCK_BYTES)
        }
    }
    if (full) outOfRoom(4);
}

/// @dev Whether a jump may go there and this was not known, but is from now on.
function learnJumpDestination(uint256 destination) pure returns (bool learned) {
    return !isKnownJumpDestination(destination) && isJumpDestination(destination) && destination != 0;
}

/// @dev Whether it is remembered that a jump may go there.
function isKnownJumpDestination(uint256 destination) pure returns (bool known) {
    assembly { known := byte(0, mload(add(mload(JUMPS_AT), mul(destination, lt(destination, mload(CODE_SIZE)))))) }
}

/// @dev Whether a jump may go there; remembers it when it may, unless it is position 0, where whoever asks for a position beyond the code looks. A PUSH
/// reaches 32 bytes at most: where none of the 32 bytes before could be a PUSH that covers a position, an opcode starts there. So the code is read from the
/// last such position on, or from the last known JUMPDEST. A code that has been looked back in for long, or that is jumped in to where no jump may go, is read
/// as a whole, once: nobody makes the same bytes be read over and over.
function isJumpDestination(uint256 destination) pure returns (bool valid) {
    assembly {
        // Byte i of the word before lies 32 − i bytes ahead; it covers the position when it is PUSHn with n ≥ 32 − i, so when it is 0x7f − i or more
        // and below 0x80. Sums of seven bits and constants do not carry into the next byte.
        function mayBePushed(position) -> may {
            let before := mload(sub(position, 0x20))
            let low := and(before, 0x7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f7f)
            let reach := add(low, 0x0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20)
            may := and(and(reach, not(before)), 0x8080808080808080808080808080808080808080808080808080808080808080)
        }
        // Notes each JUMPDEST from an opcode's start on.
        function readOn(code_, jumps_, from, to) {
            for {} lt(from, to) { from := add(from, 1) } {
                let opcode := byte(0, mload(from))
                switch eq(opcode, 0x5b)
                case 1 { mstore8(add(jumps_, sub(from, code_)), gt(from, code_)) }
                default {
                    let pushed := sub(opcode, 0x5f)
                    if lt(pushed, 33) { from := add(from, pushed) }
                }
            }
        }
        if lt(destination, mload(CODE_SIZE)) {
            let code := mload(CODE_AT)
            let target := add(code, destination)
            let jumps := mload(JUMPS_AT)
            valid := byte(0, mload(add(jumps, destination)))
            if gt(eq(byte(0, mload(target)), 0x5b), valid) {
                let may := mayBePushed(target)
                switch may
                case 0 {
                    mstore8(add(jumps, destination), gt(destination, 0))
                    valid := 1
                }
                default {
                    let analysed := sub(code, sub(BLOCK_BYTES, BLOCK_ANALYSED))
                    let looked := shr(LOOKED_SHIFT, mload(analysed))
                    if lt(looked, ALL_READ) {
                        let most := add(shr(3, mload(CODE_SIZE)), LOOK_BACK)
                        let start := target
                        let end := add(target, 1)
                        for {} may { may := mayBePushed(start) } {
                            // What could cover this position covers all in between, too. A JUMPDEST that is known is the start of an opcode: there a byte is 1,
                            // and 0x80 where one could cover. Before the code and before the bytes for its positions, there are zeros.
                            let marks := or(may, mload(sub(add(jumps, sub(start, code)), 0x20)))
                            start := sub(start, 1)
                            for {} iszero(and(marks, 0xffffffff)) { marks := shr(32, marks) } { start := sub(start, 4) }
                            for {} iszero(and(marks, 0xff)) { marks := shr(8, marks) } { start := sub(start, 1) }
                            if and(marks, 1) { break }
                            looked := add(looked, 1)
                            if gt(looked, most) { break }
                        }
                        looked := add(looked, 1)
                        mstore(analysed, shl(LOOKED_SHIFT, looked))
                        if iszero(gt(looked, most)) { readOn(code, jumps, start, end) }
                        if iszero(byte(0, mload(add(jumps, destination)))) {
                            mstore(analysed, shl(LOOKED_SHIFT, ALL_READ))
                            readOn(code, jumps, code, add(code, mload(CODE_SIZE)))
                        }
                    }
                    valid := byte(0, mload(add(jumps, destination)))
                }
            }
        }
    }
}
