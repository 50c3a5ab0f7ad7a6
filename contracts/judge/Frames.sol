// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {charge, failed, outOfRoom} from "./Meter.sol";
import {accountAt, put, transfer, undo, warmUp} from "./World.sol";
import {addCode, blockSize, codeOf, useCode} from "./Codes.sol";
import {isPrecompile, runPrecompile} from "./Precompiles.sol";

// Frames within one outer frame. A callee's memory and stack lie above its caller's; the caller's FRAME block is put between the memories.

/// @dev Enters the frame that NEXT describes. With CREATES its code are the `initSize` bytes at `initAt`.
function descend(uint256 s, uint256 gasLimit, uint256 initAt, uint256 initSize) pure returns (uint256 t) {
    uint256 length = blockSize(initSize);
    bool full;
    assembly {
        mstore(STATE, and(sub(sub(s, shl(PC_SHIFT, mload(CODE_AT))), mload(STACK_AT)), FRAME_STATE_MASK))
        let record := add(mload(MEMORY_AT), mload(MEMORY_SIZE))
        let top := add(record, FRAME_SIZE)
        full := gt(add(top, length), mload(FRAMES_END))
        if iszero(full) {
            mcopy(record, FRAME, FRAME_SIZE)
            let bound := sub(mload(MEMORY_BOUND), add(mload(MEMORY_SIZE), shl(5, and(shr(HEIGHT_SHIFT, s), HEIGHT_MASK))))
            if mload(NEXT_CREATES) {
                mstore(NEXT_CODE_REF, top)
                mstore(top, initSize)
                mcopy(add(top, BLOCK_BYTES), initAt, initSize)
                top := add(top, length)
            }
            mcopy(FRAME, NEXT, FRAME_SIZE)
            mstore(MEMORY_AT, top)
            mstore(MEMORY_SIZE, 0)
            mstore(WORD_LIMIT, 0)
            mstore(MEMORY_BOUND, bound)
            mstore(JOURNAL_MARK, mload(JOURNAL_SIZE))
            mstore(REFUND_MARK, mload(REFUND))
            mstore(LOGS_MARK, mload(LOGS_HASH))
            mstore(RECORD_AT, record)
            mstore(STATE, 0)
            mstore(DEPTH, add(mload(DEPTH), 1))
            mstore(RETURN_SIZE, 0)
        }
    }
    if (full) outOfRoom(0);
    uint256 code;
    assembly { code := mload(CODE_REF) }
    useCode(code);
    assembly {
        t := or(or(shl(PC_SHIFT, mload(CODE_AT)), and(s, SP_MASK)), or(shl(ROOM_SHIFT, MAX_STACK), or(shl(GAS_SHIFT, gasLimit), and(s, shl(STEPS_SHIFT, STEPS_MASK)))))
    }
}

/// @dev Ends the running frame: its return data is kept, a failure undone, and the caller goes on with the gas that is left.
function leaveFrame(uint256 s, bool succeeded, uint256 place, uint256 size) pure returns (uint256) {
    keepReturnData(place, size);
    uint256 result;
    uint256 mark;
    assembly {
        result := succeeded
        if mload(CREATES) { result := mul(succeeded, mload(ADDRESS)) }
        mark := mload(JOURNAL_MARK)
        if iszero(succeeded) {
            mstore(REFUND, mload(REFUND_MARK))
            mstore(LOGS_HASH, mload(LOGS_MARK))
        }
    }
    if (!succeeded) undo(mark);
    return ascend(s, result);
}

function keepReturnData(uint256 place, uint256 size) pure {
    bool full;
    assembly {
        let to := mload(RETURN_AT)
        full := gt(add(to, size), mload(RETURN_END))
        if iszero(full) {
            mcopy(to, place, size)
            mstore(RETURN_SIZE, size)
        }
    }
    if (full) outOfRoom(3);
}

/// @dev Back to the caller, with `result` on its stack.
function ascend(uint256 s, uint256 result) pure returns (uint256 t) {
    uint256 code;
    assembly {
        s := add(s, mload(HIDDEN))
        let record := mload(RECORD_AT)
        let end := add(mload(MEMORY_AT), mload(MEMORY_SIZE))
        let outAt := mload(OUT_AT)
        let outSize := mload(OUT_SIZE)
        if gt(outSize, mload(RETURN_SIZE)) { outSize := mload(RETURN_SIZE) }
        mcopy(FRAME, record, FRAME_SIZE)
        t := mload(STATE)
        calldatacopy(record, calldatasize(), sub(end, record)) // zero again
        mcopy(outAt, mload(RETURN_AT), outSize)
        mstore(DEPTH, sub(mload(DEPTH), 1))
        mstore(STATE, 0)
        // Not 0 above the steps: where they are 0, a borrow from them must not come to the pc.
        t := or(add(t, add(mload(STACK_AT), shl(HANDLER_SHIFT, 1))), and(s, shl(STEPS_SHIFT, STEPS_MASK)))
        mstore(CODE_AT, 0)
        code := mload(CODE_REF)
    }
    uint256 depth;
    assembly { depth := mload(DEPTH) }
    if (depth != 0) useCode(code);
    assembly { t := add(t, shl(PC_SHIFT, mload(CODE_AT))) }
    return answer(t, (s >> GAS_SHIFT) & COUNT_MASK, result);
}

/// @dev Puts a call's or creation's result on the stack, gives back gas, and hides what is hidden. The message itself, at depth 0, has nothing more to run.
function answer(uint256 s, uint256 gasBack, uint256 result) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), result)
        t := sub(add(add(s, ONE_ITEM), shl(GAS_SHIFT, gasBack)), mload(HIDDEN))
        if iszero(mload(DEPTH)) { t := or(t, FAILED) }
    }
}

/// @dev An exceptional halt of the running frame: all its gas is gone.
function halt(uint256 s) pure returns (uint256) {
    assembly {
        s := and(add(s, mload(HIDDEN)), not(or(FAILED, shl(GAS_SHIFT, COUNT_MASK))))
        mstore(HIDDEN, 0)
    }
    return leaveFrame(s, false, 0, 0);
}

/// @dev Whether the running frame may call or create with this value.
function mayEnter(uint256 value) pure returns (bool may) {
    assembly {
        mstore(RETURN_SIZE, 0)
        may := iszero(or(iszero(lt(mload(DEPTH), MAX_DEPTH)), gt(value, mload(add(add(mload(TABLES), mload(SELF)), BALANCE_FIELD)))))
    }
}

/// @dev Whether a frame with code to run, one deeper than the running one and with this much call data or init code, halts before its first opcode
/// (README.md, "Limits of a thread").
function isBeyondLimits(uint256 s, uint256 size) pure returns (bool beyond) {
    assembly {
        let waiting := add(mload(MEMORY_SIZE), shl(5, and(shr(HEIGHT_SHIFT, s), HEIGHT_MASK)))
        beyond := or(or(iszero(lt(mload(DEPTH), mload(DEPTH_LIMIT))), gt(size, mload(DATA_LIMIT))), gt(waiting, mload(MEMORY_BOUND)))
    }
}

function dataSize() pure returns (uint256 size) {
    assembly { size := mload(NEXT_DATA_SIZE) }
}

function selfEntry() pure returns (uint256 entry) {
    assembly { entry := add(mload(TABLES), mload(SELF)) }
}

/// @dev A call whose costs are paid; NEXT is filled except for the code. @param entry of the account whose code runs; not used for a precompile
/// @param value what the caller must have @param paid entry that gets it; 0: nobody
function enterCall(uint256 s, uint256 gasLimit, uint256 to, uint256 entry, uint256 value, uint256 paid) view returns (uint256) {
    if (!mayEnter(value)) return answer(s, gasLimit, 0);
    uint256 payer = selfEntry();
    if (isPrecompile(to)) {
        (bool succeeded, uint256 gasLeft) = runPrecompile(to, gasLimit);
        if (!succeeded) return answer(s, 0, 0);
        if (paid != 0) transfer(payer, paid, value);
        assembly {
            let size := mload(NEXT_OUT_SIZE)
            if gt(size, mload(RETURN_SIZE)) { size := mload(RETURN_SIZE) }
            mcopy(mload(NEXT_OUT_AT), mload(RETURN_AT), size)
        }
        return answer(s, gasLeft, 1);
    }
    uint256 code = codeOf(entry);
    bool closed;
    assembly {
        code := mload(code) // its size
        closed := and(eq(mload(NEXT_ADDRESS), mload(CLOSED)), iszero(mload(NEXT_STATIC)))
        mstore(NEXT_CODE_REF, sub(mload(add(entry, CODE_FIELD)), 1))
        mstore(NEXT_CREATES, 0)
    }
    // No code: nothing runs, and a frame of its own would make no difference.
    if (code != 0 && (closed || isBeyondLimits(s, dataSize()))) return answer(s, 0, 0);
    if (code != 0) s = descend(s, gasLimit, 0, 0);
    if (paid != 0) transfer(payer, paid, value);
    return code != 0 ? s : answer(s, gasLimit, 1);
}

/// @dev A creation whose costs are paid and whose nonce is used up.
function enterCreate(uint256 s, uint256 gasLimit, uint256 created, uint256 value, uint256 initAt, uint256 initSize) pure returns (uint256) {
    uint256 entry = accountAt(created);
    warmUp(entry);
    uint256 payer = selfEntry();
    bool taken;
    assembly {
        mstore(RETURN_SIZE, 0)
        taken := or(mload(add(entry, NONCE_FIELD)), iszero(eq(mload(add(entry, CODE_HASH_FIELD)), EMPTY_HASH)))
        taken := or(taken, and(mload(add(entry, FLAGS_FIELD)), HAS_STORAGE))
        mstore(NEXT_SELF, sub(entry, mload(TABLES)))
        mstore(NEXT_CALLER, mload(ADDRESS))
        mstore(NEXT_ADDRESS, created)
        mstore(NEXT_VALUE, value)
        mstore(NEXT_DATA_AT, 0)
        mstore(NEXT_DATA_SIZE, 0)
        mstore(NEXT_STATIC, 0)
        mstore(NEXT_OUT_AT, 0)
        mstore(NEXT_OUT_SIZE, 0)
        mstore(NEXT_CREATES, 1)
    }
    // INVARIANT: an address that is in use is never created again; the gas for it is gone (EIP-684).
    if (taken || (initSize != 0 && isBeyondLimits(s, initSize))) return answer(s, 0, 0);
    s = descend(s, gasLimit, initAt, initSize);
    uint256 flags;
    assembly { flags := or(mload(add(entry, FLAGS_FIELD)), CREATED) }
    put(entry + FLAGS_FIELD, flags);
    put(entry + NONCE_FIELD, 1);
    transfer(payer, entry, value);
    return s;
}

/// @dev A frame ends well with these bytes: what it returns, or the code of what it creates.
function finish(uint256 s, uint256 place, uint256 size) pure returns (uint256) {
    bool creates;
    assembly { creates := mload(CREATES) }
    if (!creates) return leaveFrame(s, true, place, size);
    bool refused;
    assembly {
        // EIP-170 and EIP-3541
        refused := or(gt(size, MAX_CODE_SIZE), and(gt(size, 0), eq(byte(0, mload(place)), 0xef)))
    }
    if (refused) return halt(s);
    s = charge(s, 200 * size);
    if (failed(s)) return halt(s);
    if (size != 0) {
        uint256 to = addCode(size);
        uint256 entry = selfEntry();
        uint256 count;
        uint256 hash;
        assembly {
            mcopy(to, place, size)
            hash := keccak256(to, size)
            count := mload(CODE_COUNT)
        }
        put(entry + CODE_HASH_FIELD, hash);
        put(entry + CODE_FIELD, count);
    }
    return leaveFrame(s, true, place, 0);
}
