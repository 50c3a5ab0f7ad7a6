// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {charge, missingAccount, missingSlot, outOfRoom, badInput} from "./Meter.sol";

// Accounts, storage and transient storage as they were handed in, and the journal that undoes what a reverted frame did to them.

/// @dev Where the index points for (first, second), or would: the address of the index word. Entries whose first word carries a tag are slots.
function seek(uint256 first, uint256 second) pure returns (uint256 place) {
    assembly {
        let base := mload(INDEX)
        let mask := mload(INDEX_MASK)
        let key := calldataload(INDEX_KEY)
        let i := and(mulmod(xor(mul(first, key), second), key, INDEX_PRIME), mask)
        for {} 1 { i := and(add(i, 0x20), mask) } {
            place := add(base, i)
            let entry := mload(place)
            if iszero(entry) { break }
            if eq(mload(entry), first) {
                // An account is known by its address alone.
                if iszero(shr(254, first)) { break }
                if eq(mload(add(entry, KEY_FIELD)), second) { break }
            }
        }
    }
}

/// @dev The account's entry. @param account an address, clean
function accountAt(uint256 account) pure returns (uint256 entry) {
    uint256 place = seek(account, 0);
    assembly { entry := mload(place) }
    if (entry == 0) missingAccount(account);
}

/// @dev Entry of a storage slot of the running frame's account.
function slotAt(uint256 slot) pure returns (uint256 entry) {
    uint256 owner;
    assembly { owner := or(mload(SELF), STORAGE_TAG) }
    uint256 place = seek(owner, slot);
    assembly { entry := mload(place) }
    if (entry == 0) missingSlot(slot);
}

/// @dev Entry of a transient slot of the running frame's account; 0 when nothing was ever written there.
function transientAt(uint256 slot) pure returns (uint256 entry) {
    uint256 owner;
    assembly { owner := or(mload(SELF), TRANSIENT_TAG) }
    uint256 place = seek(owner, slot);
    assembly { entry := mload(place) }
}

/// @dev As `transientAt`, and makes one where there is none.
function transientFor(uint256 slot) pure returns (uint256 entry) {
    uint256 owner;
    assembly { owner := or(mload(SELF), TRANSIENT_TAG) }
    uint256 place = seek(owner, slot);
    bool full;
    assembly {
        entry := mload(place)
        if iszero(entry) {
            let size := mload(TRANSIENT_SIZE)
            entry := add(add(mload(TABLES), add(mload(ACCOUNTS_SIZE), mload(SLOTS_SIZE))), size)
            full := gt(add(entry, SLOT_SIZE), mload(TABLES_END))
            mstore(TRANSIENT_SIZE, add(size, SLOT_SIZE))
            mstore(entry, owner)
            mstore(add(entry, KEY_FIELD), slot)
            mstore(place, entry)
        }
    }
    if (full) outOfRoom(1);
}

/// @dev Enters an entry of TABLES in the index. No two may be the same.
function enter(uint256 entry) pure {
    uint256 first;
    uint256 second;
    assembly {
        first := mload(entry)
        second := mul(mload(add(entry, KEY_FIELD)), gt(shr(254, first), 0))
    }
    uint256 place = seek(first, second);
    bool twice;
    assembly {
        twice := mload(place)
        mstore(place, entry)
    }
    if (twice) badInput(4);
}

/// @dev Counts an SSTORE or TSTORE, which no revert takes back. @return isOneTooMany for the thread's limit
function countWrite() pure returns (bool isOneTooMany) {
    assembly {
        let writes := add(mload(WRITES), 1)
        mstore(WRITES, writes)
        isOneTooMany := gt(writes, mload(WRITE_LIMIT))
    }
}

/// @dev Writes a word of TABLES so that a revert takes it back.
function put(uint256 place, uint256 value) pure {
    bool full;
    assembly {
        let size := mload(JOURNAL_SIZE)
        let line := add(mload(JOURNAL), size)
        full := gt(add(line, 0x40), mload(JOURNAL_END))
        if iszero(full) {
            mstore(line, sub(place, mload(TABLES)))
            mstore(add(line, 0x20), mload(place))
            mstore(JOURNAL_SIZE, add(size, 0x40))
            mstore(place, value)
        }
    }
    if (full) outOfRoom(2);
}

/// @dev Takes back what was written since the journal had this size.
function undo(uint256 mark) pure {
    assembly {
        let journal := mload(JOURNAL)
        let tables := mload(TABLES)
        for { let line := add(journal, mload(JOURNAL_SIZE)) } gt(line, add(journal, mark)) {} {
            line := sub(line, 0x40)
            mstore(add(tables, mload(line)), mload(add(line, 0x20)))
        }
        mstore(JOURNAL_SIZE, mark)
    }
}

/// @dev The account is touched (EIP-2929). @return cold whether it was cold
function warmUp(uint256 entry) pure returns (bool cold) {
    uint256 flags;
    assembly {
        flags := mload(add(entry, FLAGS_FIELD))
        cold := iszero(and(flags, WARM))
    }
    if (cold) put(entry + FLAGS_FIELD, flags | WARM);
}

/// @dev The account of an opcode that reads one; charges 2,500 beyond the base cost of 100 when it is cold.
function touchAccount(uint256 s, uint256 word) pure returns (uint256 t, uint256 entry) {
    entry = accountAt(word & ADDRESS_MASK);
    t = warmUp(entry) ? charge(s, 2500) : s;
}

/// @dev No nonce, no balance, no code: the same as no account (EIP-161).
function isDead(uint256 entry) pure returns (bool dead) {
    assembly {
        dead := and(iszero(or(mload(add(entry, BALANCE_FIELD)), mload(add(entry, NONCE_FIELD)))), eq(mload(add(entry, CODE_HASH_FIELD)), EMPTY_HASH))
    }
}

/// @dev Moves money between accounts; the payer has it.
function transfer(uint256 from, uint256 to, uint256 value) pure {
    if (value == 0 || from == to) return;
    uint256 left;
    uint256 got;
    assembly {
        left := sub(mload(add(from, BALANCE_FIELD)), value)
        got := add(mload(add(to, BALANCE_FIELD)), value)
    }
    put(from + BALANCE_FIELD, left);
    put(to + BALANCE_FIELD, got);
}
