// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";
import {
    ACCOUNT_SIZE, BALANCE_FIELD, CODE_FIELD, CODE_HASH_FIELD, CURRENT_FIELD, EMPTY_HASH, FLAGS_FIELD, KEY_FIELD, LAST_PRECOMPILE, NONCE_FIELD, ORIGINAL_FIELD, SLOT_SIZE, SLOT_WARM_FIELD,
    STORAGE_TAG, WARM
} from "./Layout.sol";

// Reads the witness out of the calldata and writes the interpreter's input from it, in one pass. README.md, "The witness", lists its bytes.

uint256 constant HEADER_BYTES = 27;
uint256 constant INPUT_HEADER_WORDS = 11;
uint256 constant ITEM_SIZE = 0x60; // path, old value, new value: what MultiProof takes
uint256 constant OLD_FIELD = 0x20;
uint256 constant NEW_FIELD = 0x40;

// How an account's address is said, in the lowest two bits of its first byte, and its code, in the next two.
uint256 constant BY_SENDER = 1;
uint256 constant BY_TARGET = 2;
uint256 constant BY_COINBASE = 3;
uint256 constant CODE_HASH_GIVEN = 1;
uint256 constant CODE_GIVEN = 2;

/// @dev A judgement on its way. Places in memory but for `at` and `end`.
struct Trial {
    uint256 pos; // next byte of the witness
    uint256 end; // of the witness
    uint256 header;
    uint256 codes; // one word for each code: where its size stands, its bytes behind
    uint256 items; // one for each account and slot
    uint256 input; // of the interpreter
    uint256 top; // where the next part of the input goes
    uint256 accounts; // their table
    uint256 slots;
    uint256 sent; // hash of the code that is what a mover sends
}

/// @dev Whom the first bits of an account may name, and what is warm from the start.
struct Cast {
    uint256 sender;
    uint256 target;
    uint256 coinbase;
}

// ---------------------------------------------------------------- the header: steps (5 bytes), six rooms, then how many codes, accounts and slots

function stepsOf(Trial memory t) pure returns (uint256) {
    return t.header >> 216;
}

function codeCount(Trial memory t) pure returns (uint256) {
    return (t.header >> 72) & 0xff;
}

function accountCount(Trial memory t) pure returns (uint256) {
    return (t.header >> 56) & 0xffff;
}

function slotCount(Trial memory t) pure returns (uint256) {
    return (t.header >> 40) & 0xffff;
}

/// @dev Reads the header and the codes. @param saved whether the machine follows, or the message @param caseHash which becomes the key of the interpreter's index
function openWitness(bytes calldata witness, uint256 saved, bytes32 caseHash) view returns (Trial memory t) {
    unchecked {
        uint256 free;
        assembly ("memory-safe") {
            let word := calldataload(witness.offset)
            mstore(add(t, 0x40), word)
            mstore(t, add(witness.offset, HEADER_BYTES))
            mstore(add(t, 0x20), add(witness.offset, witness.length))
            free := mload(0x40)
        }
        t.codes = free;
        t.items = t.codes + 32 * codeCount(t);
        t.input = t.items + ITEM_SIZE * (accountCount(t) + slotCount(t));
        writeHeader(t.input, t.header, saved, codeCount(t));
        writeIndexKey(t.input, caseHash);
        t.top = t.input + 32 * INPUT_HEADER_WORDS;
        for (uint256 i; i < codeCount(t); ++i) readCode(t, i);
    }
}

/// @dev Odd, so that no two entries are the same by it.
function writeIndexKey(uint256 place, bytes32 caseHash) pure {
    assembly ("memory-safe") { mstore(add(place, 0x140), or(caseHash, 1)) }
}

/// @dev Rules, saved?, steps, rooms, number of codes. Rooms: 3 bytes each; that of new codes 2.
function writeHeader(uint256 place, uint256 header, uint256 saved, uint256 codes) pure {
    assembly ("memory-safe") {
        mstore(place, 1)
        mstore(add(place, 0x20), saved)
        mstore(add(place, 0x40), shr(216, header))
        mstore(add(place, 0x60), and(shr(192, header), 0xffffff))
        mstore(add(place, 0x80), and(shr(168, header), 0xffffff))
        mstore(add(place, 0xa0), and(shr(144, header), 0xffffff))
        mstore(add(place, 0xc0), and(shr(120, header), 0xffffff))
        mstore(add(place, 0xe0), and(shr(104, header), 0xffff))
        mstore(add(place, 0x100), and(shr(80, header), 0xffffff))
        mstore(add(place, 0x120), codes)
    }
}

// ---------------------------------------------------------------- codes

/// @dev A code: 0, size (3), bytes; or 1, holder (20), bytes to skip there (3), size (3), patches. Whether it is an account's is seen by its hash.
function readCode(Trial memory t, uint256 index) view {
    unchecked {
        uint256 place = t.top;
        uint256 pos = t.pos;
        uint256 kind;
        uint256 size;
        assembly ("memory-safe") {
            let word := calldataload(pos)
            kind := byte(0, word)
            // The interpreter finds the bytes in its input: no holder, nothing to skip.
            mstore(place, 0)
            mstore(add(place, 0x20), 0)
            switch kind
            case 0 {
                size := and(shr(224, word), 0xffffff)
                pos := add(pos, 4)
                calldatacopy(add(place, 0x60), pos, size)
                pos := add(pos, size)
            }
            default {
                size := and(shr(40, word), 0xffffff)
                extcodecopy(shr(96, shl(8, word)), add(place, 0x60), and(shr(64, word), 0xffffff), size)
                pos := add(pos, 27)
            }
            mstore(add(place, 0x40), size)
            mstore(add(mload(add(t, 0x60)), shl(5, index)), add(place, 0x40))
            // Padding; whatever was there before must not be seen.
            mstore(add(add(place, 0x60), size), 0)
        }
        if (kind > 1) revert IJudge.BadWitness(3);
        t.pos = pos;
        if (kind == 1) patchCode(t, place + 0x60, size);
        t.top = place + 0x60 + ((size + 31) & ~uint256(31));
    }
}

/// @dev Values that stand in the code and not with its holder, immutables as a rule: how many; each its size (1), its bytes, how many places (1), the places (2 each).
function patchCode(Trial memory t, uint256 code, uint256 size) pure {
    uint256 pos = t.pos;
    uint256 room;
    assembly ("memory-safe") {
        let count := byte(0, calldataload(pos))
        pos := add(pos, 1)
        for {} count { count := sub(count, 1) } {
            let valueSize := byte(0, calldataload(pos))
            let value := add(pos, 1)
            let last := sub(size, valueSize)
            pos := add(value, valueSize)
            let places := byte(0, calldataload(pos))
            pos := add(pos, 1)
            for { let end := add(pos, shl(1, places)) } lt(pos, end) { pos := add(pos, 2) } {
                let place := shr(240, calldataload(pos))
                // Below zero, with its highest bit set, when the value does not end within the code. What it hits there is free memory.
                room := or(room, sub(last, place))
                calldatacopy(add(code, place), value, valueSize)
            }
        }
    }
    if (room >> 255 != 0) revert IJudge.BadWitness(3);
    t.pos = pos;
}

// ---------------------------------------------------------------- accounts and slots

/// @dev Reads the accounts with their slots into tables at `t.accounts` and `t.slots`, as the interpreter has them, and the old values of the accounts'
/// leaves into the items, whose first word is the address for now. @param expected how many slots there must be
/// @return sender place of its entry; 0 where it is not among them
function readAccounts(Trial memory t, Cast memory cast, uint256 expected) pure returns (uint256 sender) {
    unchecked {
        uint256 count = accountCount(t);
        uint256 entry = t.accounts;
        uint256 slot = t.slots;
        uint256 slotsEnd = slot + expected * SLOT_SIZE;
        for (uint256 i; i < count; ++i) {
            uint256 slots = readAccount(t, cast, entry, t.items + i * ITEM_SIZE);
            uint256 address_;
            assembly ("memory-safe") { address_ := mload(entry) }
            if (address_ == cast.sender) sender = entry;
            if (slot + slots * SLOT_SIZE > slotsEnd) revert IJudge.BadWitness(4);
            slot = readSlots(t, entry - t.accounts, slot, slots);
            entry += ACCOUNT_SIZE;
        }
        if (slot != slotsEnd) revert IJudge.BadWitness(4);
        if (t.pos > t.end) revert IJudge.BadWitness(0);
    }
}

/// @dev How the address is said, and the code, and the nonce's size; the balance's size; [address]; nonce; balance; [code hash or code's number]; number of
/// slots (2). @return slots how many follow
function readAccount(Trial memory t, Cast memory cast, uint256 entry, uint256 item) pure returns (uint256 slots) {
    bool bad;
    assembly ("memory-safe") {
        let pos := mload(t)
        let head := shr(240, calldataload(pos))
        pos := add(pos, 2)
        let how := and(shr(8, head), 3)
        let account
        switch how
        case 0 {
            account := shr(96, calldataload(pos))
            pos := add(pos, 20)
        }
        default { account := mload(add(cast, shl(5, sub(how, 1)))) }
        let nonceSize := shr(12, head)
        let balanceSize := and(head, 0xff)
        bad := or(gt(nonceSize, 8), gt(balanceSize, 32))
        let nonce := shr(sub(256, shl(3, nonceSize)), calldataload(pos))
        pos := add(pos, nonceSize)
        let balance_ := shr(sub(256, shl(3, balanceSize)), calldataload(pos))
        pos := add(pos, balanceSize)
        let hash := EMPTY_HASH
        let code := 0
        switch and(shr(10, head), 3)
        case 0 {}
        case 1 {
            hash := calldataload(pos)
            pos := add(pos, 32)
        }
        case 2 {
            code := add(1, byte(0, calldataload(pos)))
            pos := add(pos, 1)
            switch gt(code, and(shr(72, mload(add(t, 0x40))), 0xff))
            case 1 { bad := 1 }
            default {
                let bytes_ := mload(add(mload(add(t, 0x60)), shl(5, sub(code, 1))))
                hash := keccak256(add(bytes_, 32), mload(bytes_))
            }
        }
        default { bad := 1 }
        slots := shr(240, calldataload(pos))
        mstore(t, add(pos, 2))
        let warm := or(or(eq(account, mload(cast)), eq(account, mload(add(cast, 0x20)))), or(eq(account, mload(add(cast, 0x40))), lt(sub(account, 1), LAST_PRECOMPILE)))

        mstore(entry, account)
        mstore(add(entry, BALANCE_FIELD), balance_)
        mstore(add(entry, NONCE_FIELD), nonce)
        mstore(add(entry, CODE_HASH_FIELD), hash)
        mstore(add(entry, CODE_FIELD), code)
        mstore(add(entry, FLAGS_FIELD), mul(WARM, warm))
        // The item serves as scratch space for the 72 bytes that the leaf's value is a hash of (StateTree.accountValue).
        mstore(item, shl(192, nonce))
        mstore(add(item, 8), balance_)
        mstore(add(item, 40), hash)
        let value := keccak256(item, 72)
        if iszero(or(or(nonce, balance_), xor(hash, EMPTY_HASH))) { value := 0 }
        mstore(item, account)
        mstore(add(item, OLD_FIELD), value)
    }
    if (bad) revert IJudge.BadWitness(1);
}

/// @dev Each slot: sizes of key and value (1 each), key, value. @return next place behind them
function readSlots(Trial memory t, uint256 owner, uint256 place, uint256 count) pure returns (uint256 next) {
    uint256 pos = t.pos;
    bool bad;
    assembly ("memory-safe") {
        owner := or(owner, STORAGE_TAG)
        next := place
        for {} count { count := sub(count, 1) } {
            let sizes := shr(240, calldataload(pos))
            let keySize := shr(8, sizes)
            let valueSize := and(sizes, 0xff)
            bad := or(bad, or(gt(keySize, 32), gt(valueSize, 32)))
            pos := add(pos, 2)
            let key := shr(sub(256, shl(3, keySize)), calldataload(pos))
            pos := add(pos, keySize)
            let value := shr(sub(256, shl(3, valueSize)), calldataload(pos))
            pos := add(pos, valueSize)
            mstore(next, owner)
            mstore(add(next, KEY_FIELD), key)
            mstore(add(next, ORIGINAL_FIELD), value)
            mstore(add(next, CURRENT_FIELD), value)
            mstore(add(next, SLOT_WARM_FIELD), 0)
            next := add(next, SLOT_SIZE)
        }
    }
    if (bad) revert IJudge.BadWitness(2);
    t.pos = pos;
}
