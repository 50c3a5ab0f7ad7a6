// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";
import {IInterpreter} from "./IInterpreter.sol";
import {ACCOUNT_SIZE, BALANCE_FIELD, FLAGS_FIELD, KEY_FIELD, MAX_INITCODE_SIZE, NONCE_FIELD, SLOT_SIZE, SLOT_WARM_FIELD, WARM} from "./Layout.sol";
import {MACHINE_TAG} from "./Saving.sol";
import {writeRoutine} from "./Routine.sol";
import {readEntry, Transaction} from "./Transaction.sol";
import {accountCount, Cast, slotCount, Trial} from "./Witness.sol";

// The transaction around the message, up to its first opcode (src/machine/transaction.ts is the same rule), and the interpreter's input for it.

bytes32 constant CASE_TAG = keccak256("evm-threads case 1");
bytes32 constant PAUSE_TAG = keccak256("evm-threads pause 1");
uint256 constant CASE_SIZE = 0x1e0; // all of it but `paused`
uint256 constant BLOCK_AT = 0x60; // COINBASE and what follows in the interpreter's environment stands in the case in the same order
uint256 constant BLOCK_SIZE = 0x100;

/// @dev Hash of what is judged. @param subject hash of the input
function hashCase(IJudge.Case calldata case_, bytes32 subject) pure returns (bytes32 hash) {
    bytes32 tag = CASE_TAG;
    assembly ("memory-safe") {
        let place := mload(0x40)
        mstore(place, tag)
        calldatacopy(add(place, 0x20), case_, CASE_SIZE)
        mstore(add(place, add(0x20, CASE_SIZE)), subject)
        hash := keccak256(place, add(0x40, CASE_SIZE))
    }
}

/// @dev What a verdict that is not final records.
function hashPause(bytes32 caseHash, bytes32 machineHash) pure returns (bytes32 hash) {
    bytes32 tag = PAUSE_TAG;
    assembly ("memory-safe") {
        // Three words, the last over the free pointer, which comes back.
        let free := mload(0x40)
        mstore(0x00, tag)
        mstore(0x20, caseHash)
        mstore(0x40, machineHash)
        hash := keccak256(0x00, 0x60)
        mstore(0x40, free)
    }
}

/// @dev What one gas costs (EIP-1559): the base fee, and the tip as far as the cap allows.
function priceOf(Transaction memory tx_, uint256 baseFee) pure returns (uint256) {
    if (tx_.cap < baseFee) revert IJudge.FeeCapTooLow(tx_.cap, baseFee);
    uint256 most = tx_.cap - baseFee;
    return baseFee + (tx_.tip < most ? tx_.tip : most);
}

/// @dev Where the message goes: the recipient, or the address that comes into being.
function targetOf(Transaction memory tx_, address sender) pure returns (uint256) {
    return tx_.creates ? createAddress(sender, tx_.nonce) : uint160(tx_.to);
}

/// @dev keccak256(rlp([sender, nonce])); it fits in one word.
function createAddress(address sender, uint256 nonce) pure returns (uint256 created) {
    assembly ("memory-safe") {
        let size := 0
        let last := nonce
        if iszero(nonce) { last := 0x80 }
        if gt(nonce, 0x7f) {
            for { let rest := nonce } rest { rest := shr(8, rest) } { size := add(size, 1) }
            last := add(0x80, size)
        }
        let word := or(or(shl(248, add(0xd6, size)), shl(240, 0x94)), or(shl(80, shr(96, shl(96, sender))), shl(72, last)))
        if size { word := or(word, shl(sub(72, shl(3, size)), nonce)) }
        mstore(0, word)
        created := shr(96, shl(96, keccak256(0, add(23, size))))
    }
}

/// @dev Writes environment and message, leaves room for the tables, and ends the input with the data.
function writeMessage(Trial memory t, IJudge.Case calldata case_, Transaction memory tx_, Cast memory cast, IJudge.Limits memory limits) pure {
    unchecked {
        uint256 place = t.top;
        (uint256 price, uint256 creates, uint256 value, uint256 gas_) = (tx_.price, tx_.creates ? 1 : 0, tx_.value, tx_.gasLimit - tx_.intrinsic);
        (uint256 accounts, uint256 slots, uint256 size) = (accountCount(t), slotCount(t), tx_.dataSize);
        assembly ("memory-safe") {
            mstore(place, mload(cast)) // ORIGIN
            mstore(add(place, 0x20), price)
            calldatacopy(add(place, 0x40), add(case_, BLOCK_AT), BLOCK_SIZE)
            mstore(add(place, 0x140), 0) // block hashes
            mstore(add(place, 0x160), 0) // blob hashes
            mcopy(add(place, 0x180), limits, 0xc0)
        }
        place = writeRoutine(t, case_, tx_, place + 0x240);
        assembly ("memory-safe") {
            mstore(place, creates)
            mstore(add(place, 0x20), mload(add(cast, 0x20)))
            mstore(add(place, 0x40), mload(cast))
            mstore(add(place, 0x60), value)
            mstore(add(place, 0x80), gas_)
            mstore(add(place, 0xa0), size)
            mstore(add(place, 0xc0), accounts)
            mstore(add(place, 0xe0), slots)
            place := add(place, 0x100)
        }
        t.accounts = place;
        t.slots = place + accounts * ACCOUNT_SIZE;
        uint256 data = t.slots + slots * SLOT_SIZE;
        uint256 dataAt = tx_.dataAt;
        assembly ("memory-safe") {
            calldatacopy(data, dataAt, size)
            mstore(add(data, size), 0)
        }
        t.top = data + ((size + 31) & ~uint256(31));
    }
}

/// @dev Copies a saved machine behind the codes: its size (4 bytes), its bytes. @return hash of the machine
function writeMachine(Trial memory t) pure returns (bytes32 hash) {
    unchecked {
        (uint256 place, uint256 pos) = (t.top, t.pos);
        uint256 size;
        bytes32 tag = MACHINE_TAG;
        assembly ("memory-safe") {
            size := shr(224, calldataload(pos))
            pos := add(pos, 4)
            calldatacopy(place, pos, size)
            pos := add(pos, size)
            // The tag stands before the machine while both are hashed.
            let before := mload(sub(place, 32))
            mstore(sub(place, 32), tag)
            hash := keccak256(sub(place, 32), add(size, 32))
            mstore(sub(place, 32), before)
        }
        t.pos = pos;
        t.top = place + size;
        t.accounts = t.top;
        t.slots = t.top + accountCount(t) * ACCOUNT_SIZE;
    }
}

/// @dev Refuses what section 3 does not include; else takes the nonce and the whole price from the sender. @param sender its entry
function payUpFront(Transaction memory tx_, IJudge.Case calldata case_, uint256 sender) pure {
    if (sender == 0) revert IInterpreter.MissingAccount(case_.wallet);
    uint256 nonce;
    uint256 balance_;
    assembly ("memory-safe") {
        nonce := mload(add(sender, NONCE_FIELD))
        balance_ := mload(add(sender, BALANCE_FIELD))
    }
    if (tx_.nonce != nonce) revert IJudge.WrongNonce(tx_.nonce, nonce);
    if (tx_.gasLimit > case_.gasLimit) revert IJudge.GasLimitTooHigh(tx_.gasLimit, case_.gasLimit);
    if (tx_.creates && tx_.dataSize > MAX_INITCODE_SIZE) revert IJudge.InitCodeTooLong(tx_.dataSize, MAX_INITCODE_SIZE);
    // gasLimit · cap + value, without an overflow that could make it small.
    if (tx_.value > balance_ || (tx_.gasLimit != 0 && tx_.cap > (balance_ - tx_.value) / tx_.gasLimit)) revert IJudge.CannotPay(balance_);
    uint256 left = balance_ - tx_.gasLimit * tx_.price;
    assembly ("memory-safe") {
        mstore(add(sender, NONCE_FIELD), add(nonce, 1))
        mstore(add(sender, BALANCE_FIELD), left)
    }
}

/// @dev EIP-2930: what the access list names is warm. What is named and not handed in is of no use to anybody.
function warmAccessList(Trial memory t, Transaction memory tx_) pure {
    unchecked {
        (uint256 pos, uint256 end) = (tx_.listAt, tx_.listEnd);
        while (pos < end) {
            (uint256 addressAt, uint256 keyAt, uint256 keyEnd) = readEntry(pos, end);
            pos = keyEnd;
            uint256 slotsEnd = t.slots + slotCount(t) * SLOT_SIZE;
            uint256 slot = t.slots;
            for (uint256 entry = t.accounts; entry < t.slots; entry += ACCOUNT_SIZE) {
                uint256 next = slotsOf(entry - t.accounts, slot, slotsEnd);
                bool named;
                assembly ("memory-safe") {
                    named := eq(mload(entry), shr(96, calldataload(addressAt)))
                    if named { mstore(add(entry, FLAGS_FIELD), WARM) }
                }
                if (named) warmSlots(keyAt, keyEnd, slot, next);
                slot = next;
            }
        }
    }
}

/// @dev Where the slots of this owner end, which follow one another.
function slotsOf(uint256 owner, uint256 slot, uint256 end) pure returns (uint256) {
    assembly ("memory-safe") {
        for {} and(lt(slot, end), eq(shr(1, shl(1, mload(slot))), owner)) {} { slot := add(slot, SLOT_SIZE) }
    }
    return slot;
}

function warmSlots(uint256 keyAt, uint256 keyEnd, uint256 slot, uint256 slotEnd) pure {
    assembly ("memory-safe") {
        for {} lt(keyAt, keyEnd) { keyAt := add(keyAt, 33) } {
            let key := calldataload(add(keyAt, 1))
            for { let place := slot } lt(place, slotEnd) { place := add(place, SLOT_SIZE) } {
                if eq(mload(add(place, KEY_FIELD)), key) { mstore(add(place, SLOT_WARM_FIELD), 1) }
            }
        }
    }
}
