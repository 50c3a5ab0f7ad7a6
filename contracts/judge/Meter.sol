// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {IInterpreter} from "./IInterpreter.sol";

// Gas and memory. The dispatcher sees before the next opcode that a state has failed.

/// @dev Takes gas; a failed state when there is not enough.
function charge(uint256 s, uint256 cost) pure returns (uint256 t) {
    assembly {
        t := sub(s, shl(GAS_SHIFT, cost))
        if slt(shl(GAS_SIGN, add(t, mload(HIDDEN))), 0) { t := or(s, FAILED) }
    }
}

/// @dev A state that hides no gas, as a call or a creation leaves it; `answer` hides it again.
function withAllGas(uint256 s) pure returns (uint256 t) {
    assembly { t := add(s, mload(HIDDEN)) }
}

/// @dev Takes gas that is there. The upper bits of a state wrap around: no arithmetic on it may be checked.
function takeGas(uint256 s, uint256 amount) pure returns (uint256 t) {
    assembly { t := sub(s, shl(GAS_SHIFT, amount)) }
}

/// @dev Has left a word on the stack.
function pushed(uint256 s) pure returns (uint256 t) {
    assembly { t := add(s, ONE_ITEM) }
}

function failed(uint256 s) pure returns (bool) {
    return s & FAILED != 0;
}

/// @dev All of the running frame's gas.
function gasOf(uint256 s) pure returns (uint256 gas_) {
    assembly { gas_ := and(shr(GAS_SHIFT, add(s, mload(HIDDEN))), COUNT_MASK) }
}

/// @dev Charges for memory up to offset + size and makes it part of the frame's memory, as far as the thread's limit allows. It is zero already.
function expand(uint256 s, uint256 offset, uint256 size) pure returns (uint256 t) {
    bool tooBig;
    assembly {
        t := s
        if size {
            switch gt(or(offset, size), 0xffffffff)
            case 1 { t := or(s, FAILED) }
            default {
                let words := shr(5, add(add(offset, size), 31))
                let had := shr(5, mload(MEMORY_SIZE))
                if gt(words, had) {
                    t := sub(s, shl(GAS_SHIFT, add(mul(3, sub(words, had)), sub(shr(9, mul(words, words)), shr(9, mul(had, had))))))
                    let bytes_ := shl(5, words)
                    switch or(slt(shl(GAS_SIGN, add(t, mload(HIDDEN))), 0), gt(bytes_, mload(MEMORY_BOUND)))
                    case 1 { t := or(s, FAILED) }
                    default {
                        tooBig := gt(add(mload(MEMORY_AT), bytes_), mload(FRAMES_END))
                        mstore(MEMORY_SIZE, bytes_)
                        mstore(WORD_LIMIT, sub(bytes_, 31))
                    }
                }
            }
        }
    }
    if (tooBig) outOfRoom(0);
}

/// @dev Expands for a copy of `size` bytes to `offset` and charges for its words, `perWord` each.
function expandFor(uint256 s, uint256 offset, uint256 size, uint256 perWord) pure returns (uint256) {
    s = expand(s, offset, size);
    // A size above 32 bits has failed already.
    return failed(s) ? s : charge(s, ((size + 31) >> 5) * perWord);
}

// Reverting with Solidity's encoder needs its free memory pointer. What it overwrites is of no use any more.
function outOfRoom(uint256 area) pure {
    assembly { mstore(0x40, 0x80) }
    revert IInterpreter.OutOfRoom(area);
}
function missingAccount(uint256 account) pure {
    assembly { mstore(0x40, 0x80) }
    revert IInterpreter.MissingAccount(address(uint160(account)));
}
function missingSlot(uint256 slot) pure {
    uint256 account;
    assembly { account := mload(ADDRESS) mstore(0x40, 0x80) }
    revert IInterpreter.MissingSlot(address(uint160(account)), slot);
}
function missingCode(uint256 account) pure {
    assembly { mstore(0x40, 0x80) }
    revert IInterpreter.MissingCode(address(uint160(account)));
}
function badInput(uint256 reason) pure {
    assembly { mstore(0x40, 0x80) }
    revert IInterpreter.BadInput(reason);
}
