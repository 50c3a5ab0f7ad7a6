// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {SUSPENDED} from "./Suspending.sol";

// Writes the answer behind everything else in memory: the result of a message that has ended, or the machine of one that has not.

bytes32 constant MACHINE_TAG = keccak256("evm-threads machine 1");
uint256 constant RESULT_HEADER_SIZE = 0x100;
uint256 constant SLOTS_SIZE_SHIFT = 128;

/// @dev The stacks are the last area.
function endOfMemory(uint256 s) pure returns (uint256) {
    return s & SP_MASK;
}

/// @dev Accounts, slots and transient slots together.
function tablesSize() pure returns (uint256 size) {
    assembly { size := add(add(mload(ACCOUNTS_SIZE), mload(SLOTS_SIZE)), mload(TRANSIENT_SIZE)) }
}

/// @dev The codes from this number on: size and bytes, padded. @return end behind them
function saveCodes(uint256 first, uint256 place) pure returns (uint256 end) {
    assembly {
        end := place
        let codes := mload(CODES)
        for { let i := first } lt(i, mload(CODE_COUNT)) { i := add(i, 1) } {
            let code := mload(add(codes, shl(5, i)))
            let size := mload(code)
            mstore(end, size)
            // What follows the bytes in their block is zero.
            mcopy(add(end, 32), add(code, BLOCK_BYTES), and(add(size, 31), not(31)))
            end := add(end, add(32, and(add(size, 31), not(31))))
        }
    }
}

/// @dev Ends this call with the result: 1, how it ended (0 failed, 1 succeeded, 2 suspended), gas left, refund, logs' hash, steps left, size of return data, sizes of accounts and of slots (shifted); then
/// return data (padded), accounts, slots, and the codes that were created.
function answerResult(uint256 s) pure {
    uint256 place = endOfMemory(s);
    uint256 size = tablesSize();
    uint256 end;
    uint256 given;
    assembly {
        mstore(place, 1)
        let result := mload(mload(STACK_AT))
        mstore(add(place, 0x20), add(gt(result, 0), eq(result, SUSPENDED)))
        mstore(add(place, 0x40), and(shr(GAS_SHIFT, s), COUNT_MASK))
        mstore(add(place, 0x60), mload(REFUND))
        mstore(add(place, 0x80), mload(LOGS_HASH))
        mstore(add(place, 0xa0), and(shr(STEPS_SHIFT, s), STEPS_MASK))
        let length := mload(RETURN_SIZE)
        mstore(add(place, 0xc0), length)
        size := sub(size, mload(TRANSIENT_SIZE))
        mstore(add(place, 0xe0), or(mload(ACCOUNTS_SIZE), shl(SLOTS_SIZE_SHIFT, mload(SLOTS_SIZE))))
        end := add(place, RESULT_HEADER_SIZE)
        mcopy(end, mload(RETURN_AT), length)
        end := add(end, and(add(length, 31), not(31)))
        mcopy(end, mload(TABLES), size)
        end := add(end, size)
        given := mload(GIVEN_CODES)
    }
    end = saveCodes(given, end);
    assembly { return(place, sub(end, place)) }
}

/// @dev Forgets the jump destinations that are known of init code, which lies between the frames: they depend on where the machine was stopped before, and the
/// codes of accounts are saved without theirs.
function forgetJumps() pure {
    assembly {
        let frame := FRAME
        for { let depth := mload(DEPTH) } depth { depth := sub(depth, 1) } {
            if mload(add(frame, sub(CREATES, FRAME))) {
                let code := mload(add(frame, sub(CODE_REF, FRAME)))
                let width := and(add(mload(code), 64), not(31))
                mstore(add(code, BLOCK_ANALYSED), 0)
                calldatacopy(add(add(code, BLOCK_BYTES), width), calldatasize(), width)
            }
            frame := mload(add(frame, sub(RECORD_AT, FRAME)))
        }
    }
}

/// @dev Ends this call with the machine: 0, its hash, the machine itself. Nothing in it depends on how many steps or how much room this call was given.
function answerMachine(uint256 s) pure {
    forgetJumps();
    uint256 place = endOfMemory(s);
    uint256 size = tablesSize();
    uint256 end;
    uint256 given;
    assembly {
        mstore(PAUSED, and(sub(sub(s, shl(PC_SHIFT, mload(CODE_AT))), mload(STACK_AT)), FRAME_STATE_MASK))
        end := add(place, 0x40)
        let length := sub(MACHINE_END, FRAME)
        mcopy(end, FRAME, length)
        end := add(end, length)
        length := sub(and(s, SP_MASK), mload(STACK_AT))
        mcopy(end, mload(STACK_AT), length)
        end := add(end, length)
        length := sub(add(mload(MEMORY_AT), mload(MEMORY_SIZE)), FRAMES)
        mcopy(end, FRAMES, length)
        end := add(end, length)
        mcopy(end, mload(TABLES), size)
        end := add(end, size)
        length := mload(JOURNAL_SIZE)
        mcopy(end, mload(JOURNAL), length)
        end := add(end, length)
        length := mload(RETURN_SIZE)
        mcopy(end, mload(RETURN_AT), length)
        calldatacopy(add(end, length), calldatasize(), 32)
        end := add(end, and(add(length, 31), not(31)))
        given := mload(GIVEN_CODES)
        for { let i := 0 } lt(i, given) { i := add(i, 1) } {
            let code := mload(add(mload(CODES), shl(5, i)))
            mstore(end, keccak256(add(code, BLOCK_BYTES), mload(code)))
            end := add(end, 32)
        }
    }
    end = saveCodes(given, end);
    bytes32 tag = MACHINE_TAG;
    assembly {
        // The tag takes the hash's place while it is computed.
        mstore(add(place, 0x20), tag)
        let hash := keccak256(add(place, 0x20), sub(end, add(place, 0x20)))
        mstore(place, 0)
        mstore(add(place, 0x20), hash)
        return(place, sub(end, place))
    }
}
