// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {outOfRoom, badInput} from "./Meter.sol";
import {ascend} from "./Frames.sol";

// A thread's routine (section 11 of the specification): the outermost frame leaves its machine behind at a BREAKPOINT, and goes on from it in a later transaction.
//
// The machine: a word with 0x00, 0x01, pc (4 bytes), words on the stack (2), words of memory (2), bytes of call data (4), place and size of the payload in memory
// (4 each), zeros; CALLER; CALLVALUE; the stack, the lowest word first; the memory; the call data.

bytes32 constant BREAKPOINT_TOPIC = keccak256("evm-threads/breakpoint/1");
uint256 constant MACHINE_VERSION = 1 << 240;
uint256 constant PC_AT = 208;
uint256 constant HEIGHT_AT = 192;
uint256 constant MEMORY_WORDS_AT = 176;
uint256 constant DATA_SIZE_AT = 144;
uint256 constant PAYLOAD_AT = 112;
uint256 constant PAYLOAD_SIZE_AT = 80;
uint256 constant MACHINE_HEAD = 96;
uint256 constant MAX_MACHINE = 16384;
uint256 constant MAX_MOVERS = 16;
uint256 constant PAYLOAD_HEAD = 5; // selector and number of movers
uint256 constant MAX_PAYLOAD_DATA = 1024;
uint256 constant SUSPENDED = 2; // the message's result then

/// @dev Ends the outermost frame behind a LOG1 that is paid for and whose operands are still there, or, with `payload` 0, where it is; its machine is the return data. An exceptional
/// halt where no routine may suspend, for a payload that is none, and for a machine that is too large.
function suspend(uint256 s, uint256 payload) pure returns (uint256) {
    bool bad;
    bool full;
    assembly {
        let size := mul(payload, mload(add(and(s, SP_MASK), 32)))
        let offset := mul(payload, mload(add(and(s, SP_MASK), 64)))
        let height := and(shr(HEIGHT_SHIFT, s), HEIGHT_MASK)
        let stack := shl(5, height)
        let memory_ := mload(MEMORY_SIZE)
        let length := add(add(MACHINE_HEAD, stack), add(memory_, mload(DATA_SIZE)))
        bad := or(or(xor(mload(ADDRESS), mload(SUSPENDS)), xor(mload(DEPTH), 1)), or(mload(CREATES), gt(length, MAX_MACHINE)))
        bad := or(bad, lt(size, mul(payload, PAYLOAD_HEAD)))
        // Only what has a size lies in the memory.
        if gt(payload, bad) {
            let word := add(add(mload(MEMORY_AT), offset), PAYLOAD_HEAD)
            let movers := and(mload(sub(word, 32)), 0xff)
            bad := or(gt(sub(movers, 1), sub(MAX_MOVERS, 1)), gt(sub(size, add(PAYLOAD_HEAD, shl(5, movers))), MAX_PAYLOAD_DATA))
            let players := add(FRAMES, shl(5, add(mload(BLOCK_HASHES), mload(BLOB_HASHES))))
            let playersEnd := add(players, shl(5, mload(PLAYERS)))
            for {} movers { movers := sub(movers, 1) } {
                let player := players
                for {} and(lt(player, playersEnd), iszero(eq(mload(player), mload(word)))) {} { player := add(player, 32) }
                bad := or(bad, eq(player, playersEnd))
                word := add(word, 32)
            }
        }
        let place := mload(RETURN_AT)
        full := gt(add(place, length), mload(RETURN_END))
        if iszero(or(bad, full)) {
            mstore(RETURN_SIZE, length)
            length := or(shl(DATA_SIZE_AT, mload(DATA_SIZE)), or(shl(PAYLOAD_AT, offset), shl(PAYLOAD_SIZE_AT, size)))
            length := or(or(MACHINE_VERSION, shl(PC_AT, sub(shr(PC_SHIFT, s), mload(CODE_AT)))), or(or(shl(HEIGHT_AT, height), shl(sub(MEMORY_WORDS_AT, 5), memory_)), length))
            mstore(place, length)
            mstore(add(place, 32), mload(CALLER))
            mstore(add(place, 64), mload(VALUE))
            place := add(place, MACHINE_HEAD)
            mcopy(place, sub(and(s, SP_MASK), stack), stack)
            place := add(place, stack)
            mcopy(place, mload(MEMORY_AT), memory_)
            mcopy(add(place, memory_), mload(DATA_AT), mload(DATA_SIZE))
        }
    }
    if (bad) return s | FAILED;
    if (full) outOfRoom(3);
    return ascend(s, SUSPENDED);
}

/// @dev What stands before the call data in a machine. @param machine its place in the input @return prefix bytes @return size of the call data
function sizesOf(uint256 machine) pure returns (uint256 prefix, uint256 size) {
    assembly {
        let head := calldataload(machine)
        prefix := add(MACHINE_HEAD, shl(5, add(and(shr(HEIGHT_AT, head), 0xffff), and(shr(MEMORY_WORDS_AT, head), 0xffff))))
        size := and(shr(DATA_SIZE_AT, head), 0xffffffff)
    }
}

/// @dev Puts a machine's pc, stack and memory into the outermost frame, which was just entered. Its memory is paid for. @param machine its place in the input
function restore(uint256 s, uint256 machine) pure returns (uint256 t) {
    bool wrong;
    bool full;
    assembly {
        let head := calldataload(machine)
        let height := and(shr(HEIGHT_AT, head), 0xffff)
        let memory_ := and(shr(sub(MEMORY_WORDS_AT, 5), head), 0x1fffe0)
        let next := and(shr(PC_AT, head), 0xffffffff)
        wrong := or(gt(height, MAX_STACK), gt(next, mload(CODE_SIZE)))
        full := gt(add(mload(MEMORY_AT), memory_), mload(FRAMES_END))
        if iszero(or(wrong, full)) {
            machine := add(machine, MACHINE_HEAD)
            calldatacopy(and(s, SP_MASK), machine, shl(5, height))
            calldatacopy(mload(MEMORY_AT), add(machine, shl(5, height)), memory_)
            mstore(MEMORY_SIZE, memory_)
            mstore(WORD_LIMIT, mul(gt(memory_, 0), sub(memory_, 31)))
            t := add(add(s, shl(PC_SHIFT, next)), mul(height, sub(ONE_ITEM, shl(ROOM_SHIFT, 1))))
        }
    }
    if (wrong) badInput(7);
    if (full) outOfRoom(0);
}
