// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "../Layout.sol";
import {charge, expand, expandFor, failed, gasOf} from "../Meter.sol";
import {BREAKPOINT_TOPIC, suspend} from "../Suspending.sol";
import {countWrite, put, slotAt, transientAt, transientFor} from "../World.sol";

// Memory, storage, transient storage, hashing and logs.

/// @dev Nearly always a word within the memory that is there.
function opMLOAD(uint256 s) pure returns (uint256) {
    bool isBeyond;
    assembly { isBeyond := iszero(lt(mload(and(s, SP_MASK)), mload(WORD_LIMIT))) }
    if (isBeyond) return loadBeyond(s);
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, mload(add(mload(MEMORY_AT), mload(p))))
        s := add(s, ONE_ITEM)
    }
    return s;
}

function loadBeyond(uint256 s) pure returns (uint256 t) {
    uint256 offset;
    assembly { offset := mload(and(s, SP_MASK)) }
    t = expand(s, offset, 32);
    if (failed(t)) return t;
    assembly {
        mstore(and(s, SP_MASK), mload(add(mload(MEMORY_AT), offset)))
        t := add(t, ONE_ITEM)
    }
}

function opMSTORE(uint256 s) pure returns (uint256) {
    bool isBeyond;
    assembly { isBeyond := iszero(lt(mload(add(and(s, SP_MASK), 32)), mload(WORD_LIMIT))) }
    if (isBeyond) return storeBeyond(s);
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(mload(MEMORY_AT), mload(add(p, 32))), mload(p))
    }
    return s;
}

function storeBeyond(uint256 s) pure returns (uint256 t) {
    uint256 offset;
    assembly { offset := mload(add(and(s, SP_MASK), 32)) }
    t = expand(s, offset, 32);
    if (failed(t)) return t;
    assembly { mstore(add(mload(MEMORY_AT), offset), mload(and(s, SP_MASK))) }
}

function opMSTORE8(uint256 s) pure returns (uint256 t) {
    uint256 offset;
    assembly { offset := mload(add(and(s, SP_MASK), 32)) }
    t = expand(s, offset, 1);
    if (failed(t)) return t;
    assembly { mstore8(add(mload(MEMORY_AT), offset), mload(and(s, SP_MASK))) }
}

function opMSIZE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(MEMORY_SIZE))
        t := add(s, ONE_ITEM)
    }
}

/// @dev EIP-5656: the memory grows to the farther of the two ends.
function opMCOPY(uint256 s) pure returns (uint256 t) {
    uint256 p = s & SP_MASK;
    uint256 farther;
    uint256 size;
    assembly {
        size := mload(p)
        farther := mload(add(p, 32))
        if gt(mload(add(p, 64)), farther) { farther := mload(add(p, 64)) }
    }
    if (size == 0) return s;
    t = expandFor(s, farther, size, 3);
    if (failed(t)) return t;
    assembly {
        let place := mload(MEMORY_AT)
        mcopy(add(place, mload(add(p, 64))), add(place, mload(add(p, 32))), size)
    }
}

function opKECCAK256(uint256 s) pure returns (uint256 t) {
    uint256 p = s & SP_MASK;
    uint256 offset;
    uint256 size;
    assembly {
        size := mload(p)
        offset := mload(add(p, 32))
    }
    t = expandFor(s, offset, size, 6);
    if (failed(t)) return t;
    assembly {
        // Of nothing, wherever it is: an offset may be anything then.
        mstore(p, keccak256(mul(gt(size, 0), add(mload(MEMORY_AT), offset)), size))
        t := add(t, ONE_ITEM)
    }
}

/// @dev 100 gas warm, which the dispatcher took; 2,100 cold (EIP-2929). Nearly always a warm slot where the index points first.
function opSLOAD(uint256 s) pure returns (uint256 t) {
    bool isWarm;
    assembly {
        let slot := mload(and(s, SP_MASK))
        let owner := or(mload(SELF), STORAGE_TAG)
        let entry := mload(add(mload(INDEX), and(mulmod(xor(mul(owner, calldataload(INDEX_KEY)), slot), calldataload(INDEX_KEY), INDEX_PRIME), mload(INDEX_MASK))))
        isWarm := and(and(eq(mload(entry), owner), eq(mload(add(entry, KEY_FIELD)), slot)), mload(add(entry, SLOT_WARM_FIELD)))
        t := add(s, ONE_ITEM)
        if isWarm { mstore(and(s, SP_MASK), mload(add(entry, CURRENT_FIELD))) }
    }
    if (!isWarm) t = loadSlot(s);
}

/// @dev The slow way of opSLOAD.
function loadSlot(uint256 s) pure returns (uint256 t) {
    uint256 p = s & SP_MASK;
    uint256 slot;
    assembly { slot := mload(p) }
    uint256 entry = slotAt(slot);
    bool warm;
    assembly { warm := mload(add(entry, SLOT_WARM_FIELD)) }
    t = s;
    if (!warm) {
        t = charge(s, 2000);
        if (failed(t)) return t;
        put(entry + SLOT_WARM_FIELD, 1);
    }
    assembly {
        mstore(p, mload(add(entry, CURRENT_FIELD)))
        t := add(t, ONE_ITEM)
    }
}

/// @dev EIP-2200 as changed by EIP-2929 and EIP-3529.
function opSSTORE(uint256 s) pure returns (uint256 t) {
    uint256 value;
    uint256 slot;
    bool isStatic;
    assembly {
        let p := and(s, SP_MASK)
        value := mload(p)
        slot := mload(add(p, 32))
        isStatic := mload(STATIC)
    }
    if (isStatic || gasOf(s) <= 2300) return s | FAILED;
    uint256 entry = slotAt(slot);
    uint256 original;
    uint256 current;
    uint256 cost;
    assembly {
        original := mload(add(entry, ORIGINAL_FIELD))
        current := mload(add(entry, CURRENT_FIELD))
        cost := add(100, mul(2100, iszero(mload(add(entry, SLOT_WARM_FIELD)))))
        if and(eq(current, original), iszero(eq(value, current))) {
            cost := add(cost, 2800)
            if iszero(original) { cost := add(cost, 17100) }
        }
    }
    t = charge(s, cost);
    if (failed(t)) return t;
    if (countWrite()) return t | FAILED;
    bool warm;
    assembly { warm := mload(add(entry, SLOT_WARM_FIELD)) }
    if (!warm) put(entry + SLOT_WARM_FIELD, 1);
    if (value == current) return t;
    refund(original, current, value);
    put(entry + CURRENT_FIELD, value);
}

/// @dev What a change of a slot adds to the refund, or takes back. It never falls below zero over a transaction.
function refund(uint256 original, uint256 current, uint256 value) pure {
    assembly {
        let total := mload(REFUND)
        if original {
            if iszero(current) { total := sub(total, 4800) }
            if iszero(value) { total := add(total, 4800) }
        }
        if and(eq(value, original), iszero(eq(current, original))) {
            total := add(total, 2800)
            if iszero(original) { total := add(total, 17100) }
        }
        mstore(REFUND, total)
    }
}

function opTLOAD(uint256 s) pure returns (uint256 t) {
    uint256 p = s & SP_MASK;
    uint256 slot;
    assembly { slot := mload(p) }
    uint256 entry = transientAt(slot);
    assembly {
        let value := 0
        if entry { value := mload(add(entry, CURRENT_FIELD)) }
        mstore(p, value)
        t := add(s, ONE_ITEM)
    }
}

function opTSTORE(uint256 s) pure returns (uint256) {
    uint256 value;
    uint256 slot;
    bool isStatic;
    assembly {
        let p := and(s, SP_MASK)
        value := mload(p)
        slot := mload(add(p, 32))
        isStatic := mload(STATIC)
    }
    if (isStatic || countWrite()) return s | FAILED;
    put(transientFor(slot) + CURRENT_FIELD, value);
    return s;
}

/// @dev The logs' hash: keccak256(hash so far ‖ address ‖ number of topics ‖ keccak256(data) ‖ topics, the last first), each a word.
function log(uint256 s, uint256 topics) pure returns (uint256 t) {
    uint256 p = s & SP_MASK;
    uint256 offset;
    uint256 size;
    bool isStatic;
    assembly {
        let above := add(p, shl(5, topics))
        size := mload(above)
        offset := mload(add(above, 32))
        isStatic := mload(STATIC)
    }
    if (isStatic) return s | FAILED;
    t = expandFor(s, offset, size, 0);
    if (failed(t)) return t;
    t = charge(t, 8 * size);
    if (failed(t)) return t;
    assembly {
        mstore(SCRATCH, mload(LOGS_HASH))
        mstore(add(SCRATCH, 32), mload(ADDRESS))
        mstore(add(SCRATCH, 64), topics)
        mstore(add(SCRATCH, 96), keccak256(mul(gt(size, 0), add(mload(MEMORY_AT), offset)), size))
        mcopy(add(SCRATCH, 128), p, shl(5, topics))
        mstore(LOGS_HASH, keccak256(SCRATCH, add(128, shl(5, topics))))
    }
}

function opLOG0(uint256 s) pure returns (uint256) {
    return log(s, 0);
}

function opLOG1(uint256 s) pure returns (uint256) {
    s = log(s, 1);
    bytes32 topic = BREAKPOINT_TOPIC;
    bool suspends;
    assembly { suspends := and(eq(mload(and(s, SP_MASK)), topic), gt(mload(SUSPENDS), 0)) }
    return suspends && !failed(s) ? suspend(s, 1) : s;
}

function opLOG2(uint256 s) pure returns (uint256) {
    return log(s, 2);
}

function opLOG3(uint256 s) pure returns (uint256) {
    return log(s, 3);
}

function opLOG4(uint256 s) pure returns (uint256) {
    return log(s, 4);
}
