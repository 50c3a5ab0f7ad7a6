// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";
import {IInterpreter} from "./IInterpreter.sol";
import {
    ACCOUNT_SIZE, BALANCE_FIELD, CODE_HASH_FIELD, CURRENT_FIELD, DESTROYED, EMPTY_HASH, FLAGS_FIELD, KEY_FIELD, NONCE_FIELD, ORIGINAL_FIELD, SLOT_SIZE, STORAGE_TAG
} from "./Layout.sol";
import {RESULT_HEADER_SIZE, SLOTS_SIZE_SHIFT} from "./Saving.sol";
import {Transaction} from "./Transaction.sol";
import {accountCount, Cast, ITEM_SIZE, NEW_FIELD, OLD_FIELD, slotCount, Trial} from "./Witness.sol";

// The interpreter's answer, and what it makes of the state's leaves.

uint256 constant REFUND_QUOTIENT = 5; // EIP-3529

/// @dev Runs the interpreter on the input. What it refuses, this call refuses. A result is written over the input; of a machine, its hash alone.
/// @return isFinal whether the message has ended
function ask(Trial memory t, address interpreter) view returns (bool isFinal) {
    (uint256 input, uint256 top) = (t.input, t.top);
    bool answered;
    assembly ("memory-safe") {
        let succeeded := staticcall(gas(), interpreter, input, sub(top, input), 0, 0)
        let size := returndatasize()
        answered := gt(size, 3)
        if answered {
            // INVARIANT: no failure of the interpreter is a result. Whatever it refuses ends this call as well, and so does gas that it lacked.
            if iszero(succeeded) {
                returndatacopy(input, 0, size)
                revert(input, size)
            }
            returndatacopy(input, 0, 0x40)
            isFinal := mload(input)
            if isFinal {
                returndatacopy(input, 0, size)
                if gt(add(input, size), top) { mstore(add(t, 0xc0), add(input, size)) }
            }
        }
    }
    if (!answered) revert IJudge.NoAnswer();
}

/// @dev What the answer's header says: 1, success, gas left, refund, logs' hash, steps left, size of return data, sizes of accounts and slots.
function answerAt(Trial memory t, uint256 index) pure returns (uint256 word) {
    uint256 input = t.input;
    assembly ("memory-safe") { word := mload(add(input, shl(5, index))) }
}

/// @dev Where the accounts and slots of the answer start; there are as many as were handed in.
function answeredTables(Trial memory t) pure returns (uint256 tables) {
    unchecked {
        // Both sizes: six slots are as long as five accounts.
        if (answerAt(t, 7) != (accountCount(t) * ACCOUNT_SIZE | (slotCount(t) * SLOT_SIZE) << SLOTS_SIZE_SHIFT)) revert IJudge.BadWitness(5);
        return t.input + RESULT_HEADER_SIZE + ((answerAt(t, 6) + 31) & ~uint256(31));
    }
}

/// @dev Makes `bytes` of the return data where they are: their size goes over the last word of the header.
function takeReturnData(Trial memory t) pure returns (bytes memory data) {
    (uint256 input, uint256 size) = (t.input, answerAt(t, 6));
    assembly ("memory-safe") {
        data := add(input, 0xe0)
        mstore(data, size)
    }
}

/// @dev Gas that is paid for.
function gasUsedOf(Trial memory t, uint256 gasLimit) pure returns (uint256) {
    unchecked {
        uint256 spent = gasLimit - answerAt(t, 2);
        uint256 refund = answerAt(t, 3);
        uint256 most = spent / REFUND_QUOTIENT;
        return spent - (refund < most ? refund : most);
    }
}

/// @dev Completes the items with path and new value of each account. @param tables accounts and slots after the message @param back what the sender gets back
/// for gas that was not used @param fee what the coinbase gets
function settleAccounts(Trial memory t, Cast memory cast, uint256 tables, uint256 back, uint256 fee) pure {
    unchecked {
        uint256 end = tables + accountCount(t) * ACCOUNT_SIZE;
        uint256 item = t.items;
        bool paid = fee == 0;
        bool other;
        for (uint256 entry = tables; entry < end; entry += ACCOUNT_SIZE) {
            assembly ("memory-safe") {
                let account := mload(entry)
                let balance_ := mload(add(entry, BALANCE_FIELD))
                if eq(account, mload(cast)) { balance_ := add(balance_, back) }
                if eq(account, mload(add(cast, 0x40))) {
                    balance_ := add(balance_, fee)
                    paid := 1
                }
                other := or(other, iszero(eq(account, mload(item))))
                let nonce := mload(add(entry, NONCE_FIELD))
                let hash := mload(add(entry, CODE_HASH_FIELD))
                let isEmpty := iszero(or(or(nonce, balance_), xor(hash, EMPTY_HASH)))
                // Scratch space, and the free pointer behind it, which comes back.
                let free := mload(0x40)
                mstore(0x00, shl(192, nonce))
                mstore(0x08, balance_)
                mstore(0x28, hash)
                let value := keccak256(0x00, 72)
                mstore(0x40, free)
                if or(isEmpty, and(mload(add(entry, FLAGS_FIELD)), DESTROYED)) { value := 0 }
                mstore(add(item, NEW_FIELD), value)
                // StateTree.pathOf: kind, address, slot 0
                mstore(0x00, or(shl(248, 1), shl(88, account)))
                mstore(0x15, 0)
                mstore(item, keccak256(0x00, 53))
            }
            item += ITEM_SIZE;
        }
        if (other) revert IJudge.BadWitness(5);
        if (!paid) revert IInterpreter.MissingAccount(address(uint160(cast.coinbase)));
    }
}

/// @dev Writes the items of the slots. The storage of an account that goes goes with it.
function settleSlots(Trial memory t, uint256 tables) pure {
    unchecked {
        uint256 slot = tables + accountCount(t) * ACCOUNT_SIZE;
        uint256 end = slot + slotCount(t) * SLOT_SIZE;
        uint256 item = t.items + accountCount(t) * ITEM_SIZE;
        for (; slot < end; slot += SLOT_SIZE) {
            assembly ("memory-safe") {
                let entry := add(tables, xor(mload(slot), STORAGE_TAG))
                // StateTree.pathOf: kind, address, key
                mstore(0x00, or(shl(248, 2), shl(88, mload(entry))))
                mstore(0x15, mload(add(slot, KEY_FIELD)))
                mstore(item, keccak256(0x00, 53))
                mstore(add(item, OLD_FIELD), mload(add(slot, ORIGINAL_FIELD)))
                mstore(add(item, NEW_FIELD), mul(mload(add(slot, CURRENT_FIELD)), iszero(and(mload(add(entry, FLAGS_FIELD)), DESTROYED))))
            }
            item += ITEM_SIZE;
        }
    }
}
