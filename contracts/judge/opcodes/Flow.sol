// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "../Layout.sol";
import {charge, expand, expandFor, failed, takeGas, withAllGas} from "../Meter.sol";
import {isPrecompile} from "../Precompiles.sol";
import {accountAt, isDead, put, transfer, warmUp} from "../World.sol";
import {isJumpDestination, learnJumpDestination} from "../Codes.sol";
import {answer, enterCall, enterCreate, finish, leaveFrame, mayEnter, selfEntry} from "../Frames.sol";

// Jumps, calls, creations and the ends of frames.

function opJUMP(uint256 s) pure returns (uint256 t) {
    bool isKnown;
    assembly {
        let destination := mload(and(s, SP_MASK))
        t := add(or(and(s, BELOW_PC), shl(PC_SHIFT, add(mload(CODE_AT), destination))), JUMPDEST_METER)
        // Not when a guard of t is set, which makes a large number.
        isKnown := gt(byte(0, mload(add(mload(JUMPS_AT), mul(destination, lt(destination, mload(CODE_SIZE)))))), and(t, GUARDS))
    }
    if (!isKnown) t = jumpToTop(s);
}

/// @dev The slow way of opJUMP.
function jumpToTop(uint256 s) pure returns (uint256) {
    uint256 destination;
    assembly { destination := mload(and(s, SP_MASK)) }
    return jump(s, destination);
}

function opJUMPI(uint256 s) pure returns (uint256) {
    uint256 destination;
    bool taken;
    assembly {
        let p := and(s, SP_MASK)
        taken := mload(p)
        destination := mload(add(p, 32))
    }
    return taken ? jump(s, destination) : s;
}

/// @dev The slow way, for destinations that are not known yet, that are none, and where a guard stops before the JUMPDEST.
function jump(uint256 s, uint256 destination) pure returns (uint256 t) {
    if (!isJumpDestination(destination)) return s | FAILED;
    assembly {
        t := add(or(and(s, BELOW_PC), shl(PC_SHIFT, add(mload(CODE_AT), destination))), JUMPDEST_METER)
        if and(t, GUARDS) { t := sub(t, JUMPDEST_METER) }
    }
}

/// @dev Most jumps go where a PUSH2 before them says. The two are done at once, and the JUMPDEST where they go too, unless a guard shows that one of them
/// must not run: then all but the PUSH2 is left to the dispatcher. A condition that is not there shows in a guard, too.
function opPUSH2(uint256 s) pure returns (uint256 t) {
    bool isDone;
    assembly {
        let word := mload(shr(PC_SHIFT, s))
        switch byte(2, word)
        case 0x57 {
            switch mload(sub(and(s, SP_MASK), 32))
            case 0 {
                t := add(s, PUSH2_JUMPI_METER)
                isDone := iszero(and(t, GUARDS))
            }
            default {
                let destination := shr(240, word)
                t := add(or(and(s, BELOW_PC), shl(PC_SHIFT, add(mload(CODE_AT), destination))), PUSH2_JUMPI_JUMPDEST_METER)
                isDone := gt(byte(0, mload(add(mload(JUMPS_AT), mul(destination, lt(destination, mload(CODE_SIZE)))))), and(t, GUARDS))
            }
        }
        case 0x56 {
            let destination := shr(240, word)
            t := add(or(and(s, BELOW_PC), shl(PC_SHIFT, add(mload(CODE_AT), destination))), PUSH2_JUMP_JUMPDEST_METER)
            isDone := gt(byte(0, mload(add(mload(JUMPS_AT), mul(destination, lt(destination, mload(CODE_SIZE)))))), and(t, GUARDS))
        }
        default {
            mstore(and(s, SP_MASK), shr(240, word))
            t := add(s, or(shl(PC_SHIFT, 2), ONE_ITEM))
            isDone := 1
        }
    }
    if (!isDone) t = pushAndJump(s);
}

/// @dev The slow way of opPUSH2.
function pushAndJump(uint256 s) pure returns (uint256 t) {
    uint256 destination;
    assembly { destination := shr(240, mload(shr(PC_SHIFT, s))) }
    if (learnJumpDestination(destination)) return opPUSH2(s);
    assembly {
        mstore(and(s, SP_MASK), destination)
        t := add(s, or(shl(PC_SHIFT, 2), ONE_ITEM))
    }
}

/// @dev Along with the JUMPDESTs that follow at once: nothing else costs so little gas inside, so nobody shall make the chain pay for each.
function opJUMPDEST(uint256 s) pure returns (uint256) {
    assembly {
        for {} eq(byte(0, mload(shr(PC_SHIFT, s))), 0x5b) {} {
            let t := add(s, JUMPDEST_METER)
            if and(t, GUARDS) { break }
            s := t
        }
    }
    return s;
}

function opPC(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), sub(sub(shr(PC_SHIFT, s), mload(CODE_AT)), 1))
        t := add(s, ONE_ITEM)
    }
}

function opGAS(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), and(shr(GAS_SHIFT, add(s, mload(HIDDEN))), COUNT_MASK))
        t := add(s, ONE_ITEM)
    }
}

function opSTOP(uint256 s) pure returns (uint256) {
    return finish(s, 0, 0);
}

function opRETURN(uint256 s) pure returns (uint256) {
    (uint256 t, uint256 place, uint256 size) = output(s);
    bool creates;
    assembly { creates := mload(CREATES) }
    if (failed(t)) return t;
    return isTooLong(size) && !creates ? t | FAILED : finish(t, place, size);
}

function opREVERT(uint256 s) pure returns (uint256) {
    (uint256 t, uint256 place, uint256 size) = output(s);
    if (failed(t)) return t;
    return isTooLong(size) ? t | FAILED : leaveFrame(t, false, place, size);
}

/// @dev Return data beyond the thread's limit. Code that is created has a limit of its own.
function isTooLong(uint256 size) pure returns (bool tooLong) {
    assembly { tooLong := gt(size, mload(RETURN_LIMIT)) }
}

/// @dev The part of the memory that RETURN and REVERT name.
function output(uint256 s) pure returns (uint256 t, uint256 place, uint256 size) {
    uint256 offset;
    assembly {
        let p := and(s, SP_MASK)
        size := mload(p)
        offset := mload(add(p, 32))
    }
    t = expand(s, offset, size);
    if (size != 0) assembly { place := add(mload(MEMORY_AT), offset) }
}

function opINVALID(uint256 s) pure returns (uint256) {
    return s | FAILED;
}

function opCALL(uint256 s) view returns (uint256) {
    uint256 p = s & SP_MASK;
    uint256 value;
    uint256 to;
    bool forbidden;
    assembly {
        value := mload(add(p, 128))
        to := and(mload(add(p, 160)), ADDRESS_MASK)
        forbidden := and(gt(value, 0), gt(mload(STATIC), 0))
        mstore(NEXT_ADDRESS, to)
        mstore(NEXT_CALLER, mload(ADDRESS))
        mstore(NEXT_VALUE, value)
        mstore(NEXT_STATIC, mload(STATIC))
    }
    return forbidden ? s | FAILED : call(s, p, to, value, false);
}

function opCALLCODE(uint256 s) view returns (uint256) {
    uint256 p = s & SP_MASK;
    uint256 value;
    uint256 to;
    assembly {
        value := mload(add(p, 128))
        to := and(mload(add(p, 160)), ADDRESS_MASK)
        mstore(NEXT_ADDRESS, mload(ADDRESS))
        mstore(NEXT_CALLER, mload(ADDRESS))
        mstore(NEXT_VALUE, value)
        mstore(NEXT_STATIC, mload(STATIC))
    }
    return call(s, p, to, value, true);
}

function opDELEGATECALL(uint256 s) view returns (uint256) {
    uint256 p = s & SP_MASK;
    uint256 to;
    assembly {
        to := and(mload(add(p, 128)), ADDRESS_MASK)
        mstore(NEXT_ADDRESS, mload(ADDRESS))
        mstore(NEXT_CALLER, mload(CALLER))
        mstore(NEXT_VALUE, mload(VALUE))
        mstore(NEXT_STATIC, mload(STATIC))
    }
    return call(s, p, to, 0, true);
}

function opSTATICCALL(uint256 s) view returns (uint256) {
    uint256 p = s & SP_MASK;
    uint256 to;
    assembly {
        to := and(mload(add(p, 128)), ADDRESS_MASK)
        mstore(NEXT_ADDRESS, to)
        mstore(NEXT_CALLER, mload(ADDRESS))
        mstore(NEXT_VALUE, 0)
        mstore(NEXT_STATIC, 1)
    }
    return call(s, p, to, 0, false);
}

/// @dev What the four calls share: memory, access and value costs, then the callee. Operands: size and place of the output, then of the input.
/// @param borrowsCode the code of `to` runs on the caller's own account
function call(uint256 s, uint256 p, uint256 to, uint256 value, bool borrowsCode) view returns (uint256) {
    s = callMemory(s, p);
    if (failed(s)) return s;
    uint256 entry;
    // A precompile is always warm, and it is an account only for whoever pays it.
    if (!isPrecompile(to) || value != 0) entry = accountAt(to);
    uint256 cost;
    if (value != 0) cost = isDead(entry) && !borrowsCode ? 34000 : 9000;
    if (!isPrecompile(to) && warmUp(entry)) cost += 2500;
    s = charge(s, cost);
    if (failed(s)) return s;
    uint256 paid;
    assembly {
        mstore(NEXT_SELF, mload(SELF))
        if iszero(borrowsCode) {
            mstore(NEXT_SELF, mul(gt(entry, 0), sub(entry, mload(TABLES))))
            if value { paid := entry }
        }
    }
    s = withAllGas(s);
    uint256 gasLimit = gasFor(s, p);
    s = takeGas(s, gasLimit);
    return enterCall(s, value == 0 ? gasLimit : gasLimit + 2300, to, entry, value, paid);
}

/// @dev What the caller asks for, and all but a 64th of its gas at most (EIP-150).
function gasFor(uint256 s, uint256 p) pure returns (uint256 gasLimit) {
    assembly {
        gasLimit := and(shr(GAS_SHIFT, s), COUNT_MASK)
        gasLimit := sub(gasLimit, shr(6, gasLimit))
        // CALL and CALLCODE have a word more than the others.
        let opcode := byte(0, mload(sub(shr(PC_SHIFT, s), 1)))
        let asked := mload(add(p, sub(192, shl(5, gt(opcode, 0xf3)))))
        if lt(asked, gasLimit) { gasLimit := asked }
    }
}

function callMemory(uint256 s, uint256 p) pure returns (uint256) {
    uint256 inAt;
    uint256 inSize;
    uint256 outAt;
    uint256 outSize;
    assembly {
        outSize := mload(p)
        outAt := mload(add(p, 32))
        inSize := mload(add(p, 64))
        inAt := mload(add(p, 96))
    }
    s = expand(s, inAt, inSize);
    if (!failed(s)) s = expand(s, outAt, outSize);
    assembly {
        mstore(NEXT_DATA_AT, mul(gt(inSize, 0), add(mload(MEMORY_AT), inAt)))
        mstore(NEXT_DATA_SIZE, inSize)
        mstore(NEXT_OUT_AT, mul(gt(outSize, 0), add(mload(MEMORY_AT), outAt)))
        mstore(NEXT_OUT_SIZE, outSize)
    }
    return s;
}

function opCREATE(uint256 s) pure returns (uint256) {
    uint256 p = s & SP_MASK;
    (uint256 t, uint256 place, uint256 size) = initCode(s, p, 2);
    if (failed(t)) return t;
    uint256 value;
    assembly { value := mload(add(p, 64)) }
    uint256 self = selfEntry();
    uint256 nonce;
    uint256 created;
    assembly {
        // rlp([address, nonce]) fits in one word.
        nonce := mload(add(self, NONCE_FIELD))
        let bytes_ := 0
        let last := nonce
        if iszero(nonce) { last := 0x80 }
        if gt(nonce, 0x7f) {
            for { let rest := nonce } rest { rest := shr(8, rest) } { bytes_ := add(bytes_, 1) }
            last := add(0x80, bytes_)
        }
        let word := or(or(shl(248, add(0xd6, bytes_)), shl(240, 0x94)), or(shl(80, mload(ADDRESS)), shl(72, last)))
        if bytes_ { word := or(word, shl(sub(72, shl(3, bytes_)), nonce)) }
        mstore(SCRATCH, word)
        created := and(keccak256(SCRATCH, add(23, bytes_)), ADDRESS_MASK)
    }
    return create(t, value, created, place, size);
}

function opCREATE2(uint256 s) pure returns (uint256) {
    uint256 p = s & SP_MASK;
    (uint256 t, uint256 place, uint256 size) = initCode(s, p + 32, 8);
    if (failed(t)) return t;
    uint256 value;
    uint256 created;
    assembly {
        value := mload(add(p, 96))
        mstore(SCRATCH, shl(248, 0xff))
        mstore(add(SCRATCH, 1), shl(96, mload(ADDRESS)))
        mstore(add(SCRATCH, 21), mload(p))
        mstore(add(SCRATCH, 53), keccak256(place, size))
        created := and(keccak256(SCRATCH, 85), ADDRESS_MASK)
    }
    return create(t, value, created, place, size);
}

/// @dev The init code that a creation names, paid for by the word (EIP-3860). Its size is at p.
function initCode(uint256 s, uint256 p, uint256 perWord) pure returns (uint256 t, uint256 place, uint256 size) {
    uint256 offset;
    bool refused;
    assembly {
        size := mload(p)
        offset := mload(add(p, 32))
        refused := or(gt(mload(STATIC), 0), gt(size, MAX_INITCODE_SIZE))
    }
    if (refused) return (s | FAILED, 0, 0);
    t = expandFor(s, offset, size, perWord);
    if (size != 0) assembly { place := add(mload(MEMORY_AT), offset) }
}

function create(uint256 s, uint256 value, uint256 created, uint256 place, uint256 size) pure returns (uint256) {
    s = withAllGas(s);
    uint256 self = selfEntry();
    uint256 nonce;
    assembly { nonce := mload(add(self, NONCE_FIELD)) }
    if (!mayEnter(value) || nonce >= 0xffffffffffffffff) return answer(s, 0, 0);
    put(self + NONCE_FIELD, nonce + 1);
    uint256 gasLimit = (s >> GAS_SHIFT) & COUNT_MASK;
    gasLimit -= gasLimit >> 6;
    return enterCreate(takeGas(s, gasLimit), gasLimit, created, value, place, size);
}

/// @dev EIP-6780: the money goes; the account goes with it only when this transaction created it.
function opSELFDESTRUCT(uint256 s) pure returns (uint256) {
    uint256 heir;
    bool isStatic;
    assembly {
        heir := and(mload(and(s, SP_MASK)), ADDRESS_MASK)
        isStatic := mload(STATIC)
    }
    if (isStatic) return s | FAILED;
    uint256 entry = accountAt(heir);
    uint256 self = selfEntry();
    uint256 wealth;
    uint256 flags;
    assembly {
        wealth := mload(add(self, BALANCE_FIELD))
    }
    uint256 cost = wealth != 0 && isDead(entry) ? 25000 : 0;
    if (warmUp(entry)) cost += 2600;
    s = charge(s, cost);
    if (failed(s)) return s;
    transfer(self, entry, wealth);
    assembly { flags := mload(add(self, FLAGS_FIELD)) }
    if (flags & CREATED != 0) {
        put(self + BALANCE_FIELD, 0);
        put(self + FLAGS_FIELD, flags | DESTROYED);
    }
    return finish(s, 0, 0);
}
