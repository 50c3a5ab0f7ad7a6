// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {badInput, failed, outOfRoom} from "./Meter.sol";
import {accountAt, enter} from "./World.sol";
import {addCode, useCode} from "./Codes.sol";
import {enterCall, enterCreate} from "./Frames.sol";
import {isPrecompile} from "./Precompiles.sol";
import {restore, sizesOf} from "./Suspending.sol";

// Reads the input: a message, or a machine that was saved. Its words are listed in README.md, "The input".

uint256 constant RULES = 1; // Cancun
uint256 constant MAX_SIZE = 0xffffffff;
uint256 constant HEADER_SIZE = 0x160; // INDEX_KEY is its last word
uint256 constant ENVIRONMENT_SIZE = 0x2c0; // ORIGIN to PLAYERS
uint256 constant MESSAGE_SIZE = 0x100;
uint256 constant RESUME = 2;

/// @dev Sets up the memory from the call's data. @return s the state that the dispatcher starts from
function load() view returns (uint256 s) {
    uint256 saved;
    assembly { saved := calldataload(0x20) }
    if (wordAt(0) != RULES || saved > 1) badInput(0);
    // INVARIANT: whoever calls chooses steps and rooms; no choice makes areas overlap or reaches into another field of the state word.
    checkSize(wordAt(0x40), STEPS_MASK);
    uint256 all = 0; // the bits of all of them: their limit is all ones
    for (uint256 place = 0x60; place < INDEX_KEY; place += 32) all |= wordAt(place);
    checkSize(all, MAX_SIZE);
    return saved == 1 ? loadMachine() : loadMessage();
}

function checkSize(uint256 word, uint256 most) pure {
    if (word > most) badInput(6);
}

function wordAt(uint256 place) pure returns (uint256 word) {
    assembly { word := calldataload(place) }
}

function roundUp(uint256 size) pure returns (uint256) {
    return (size + 31) & ~uint256(31);
}

/// @dev Places TABLES and what follows, once ACCOUNTS_SIZE and SLOTS_SIZE are known. @param codes how many there are by now
function placeRooms(uint256 codes) pure {
    // What is no number of a code is the address of init code (useCode).
    checkSize(codes + wordAt(0xe0), FRAMES - 1);
    assembly {
        let place := add(FRAMES, and(add(calldataload(0x60), 31), not(31)))
        mstore(FRAMES_END, place)
        mstore(TABLES, place)
        place := add(place, add(add(mload(ACCOUNTS_SIZE), mload(SLOTS_SIZE)), mul(calldataload(0x80), SLOT_SIZE)))
        mstore(TABLES_END, place)
        // Twice as many index words as entries or more.
        let least := div(sub(place, mload(TABLES)), 2)
        let size := 0x100
        for {} lt(size, least) {} { size := shl(1, size) }
        mstore(INDEX, place)
        mstore(INDEX_MASK, sub(size, 0x20))
        place := add(place, size)
        mstore(JOURNAL, place)
        place := add(place, shl(6, calldataload(0xa0)))
        mstore(JOURNAL_END, place)
        mstore(RETURN_AT, place)
        place := add(place, and(add(calldataload(0xc0), 31), not(31)))
        mstore(RETURN_END, place)
        mstore(CODES, place)
        mstore(CODES_MAX, add(codes, calldataload(0xe0)))
        mstore(BLOCKS_TOP, add(place, shl(5, mload(CODES_MAX))))
        mstore(BLOCKS_END, not(0))
    }
}

/// @dev Takes the codes that came with the input: from the calldata, or from the contract that holds them. @return place behind them
function loadCodes(uint256 place, uint256 count) view returns (uint256) {
    for (uint256 i = 0; i < count; i++) {
        (uint256 holder, uint256 skip, uint256 size) = (wordAt(place), wordAt(place + 32), wordAt(place + 64));
        checkSize(size, MAX_SIZE);
        place += 96;
        uint256 to = addCode(size);
        if (holder == 0) {
            assembly { calldatacopy(to, place, size) }
            place += roundUp(size);
        } else {
            assembly { extcodecopy(holder, to, skip, size) }
        }
    }
    return place;
}

/// @dev Where the list of codes ends.
function behindCodes(uint256 count) pure returns (uint256 place) {
    place = HEADER_SIZE;
    for (uint256 i = 0; i < count; i++) place += 96 + (wordAt(place) == 0 ? roundUp(wordAt(place + 64)) : 0);
}

/// @dev No more blocks than the caller made room for. What follows is the stack.
function closeCodes() pure {
    uint256 room = roundUp(wordAt(0x100));
    assembly {
        mstore(BLOCKS_END, add(mload(BLOCKS_TOP), room))
        mstore(STACK_AT, mload(BLOCKS_END))
    }
}

/// @dev Enters all entries in the index and checks what they refer to.
function indexTables() pure {
    uint256 place;
    uint256 end;
    assembly {
        place := mload(TABLES)
        end := add(place, mload(ACCOUNTS_SIZE))
    }
    for (; place < end; place += ACCOUNT_SIZE) {
        checkAccount(place);
        enter(place);
    }
    uint256 accounts = end;
    assembly { end := add(end, add(mload(SLOTS_SIZE), mload(TRANSIENT_SIZE))) }
    for (place = accounts; place < end; place += SLOT_SIZE) {
        bool wrong;
        assembly {
            let owner := and(mload(place), not(or(STORAGE_TAG, TRANSIENT_TAG)))
            let tag := shr(254, mload(place))
            wrong := or(iszero(lt(owner, mload(ACCOUNTS_SIZE))), or(iszero(tag), or(eq(tag, 3), gt(mod(owner, ACCOUNT_SIZE), 0))))
        }
        if (wrong) badInput(5);
        enter(place);
    }
}

/// @dev An account's code, where it was handed in, is the one whose hash it has.
function checkAccount(uint256 entry) pure {
    bool wrong;
    bool missing;
    assembly {
        wrong := gt(shr(160, mload(entry)), 0)
        let index := mload(add(entry, CODE_FIELD))
        if index {
            missing := gt(index, mload(CODE_COUNT))
            if iszero(missing) {
                let code := mload(add(mload(CODES), shl(5, sub(index, 1))))
                if iszero(eq(keccak256(add(code, BLOCK_BYTES), mload(code)), mload(add(entry, CODE_HASH_FIELD)))) { wrong := 1 }
            }
        }
    }
    if (missing) badInput(3);
    if (wrong) badInput(2);
}

// ---------------------------------------------------------------- a message

function loadMessage() view returns (uint256) {
    uint256 count = wordAt(0x120);
    uint256 place = behindCodes(count);
    uint256 hashes;
    uint256 message;
    assembly {
        calldatacopy(ORIGIN, place, ENVIRONMENT_SIZE)
        place := add(place, ENVIRONMENT_SIZE)
    }
    loadLimits();
    assembly {
        hashes := shl(5, add(add(mload(BLOCK_HASHES), mload(BLOB_HASHES)), mload(PLAYERS)))
        calldatacopy(FRAMES, place, hashes)
        message := add(place, hashes)
        mstore(ACCOUNTS_SIZE, mul(calldataload(add(message, 0xc0)), ACCOUNT_SIZE))
        mstore(SLOTS_SIZE, mul(calldataload(add(message, 0xe0)), SLOT_SIZE))
        mstore(GIVEN_CODES, count)
    }
    checkSize(wordAt(message + 0x80), COUNT_MASK);
    for (place = message + 0xa0; place < message + MESSAGE_SIZE; place += 32) checkSize(wordAt(place), MAX_SIZE);
    placeRooms(count);
    loadCodes(HEADER_SIZE, count);
    closeCodes();
    uint256 data = message + MESSAGE_SIZE;
    uint256 size = wordAt(message + 0xa0);
    bool tooShort;
    bool full;
    assembly {
        let tables := add(mload(ACCOUNTS_SIZE), mload(SLOTS_SIZE))
        calldatacopy(mload(TABLES), data, tables)
        data := add(data, tables)
    }
    uint256 machine = data;
    if (wordAt(message) == RESUME) {
        // Of a machine, the call data are the message's; `start` takes the rest from where it is.
        uint256 prefix;
        (prefix, size) = sizesOf(machine);
        data += prefix;
    }
    assembly {
        // The message itself is a frame without code, whose memory are its data.
        let memoryAt := add(FRAMES, hashes)
        let memorySize := and(add(size, 31), not(31))
        tooShort := iszero(eq(calldatasize(), add(data, memorySize)))
        full := gt(add(memoryAt, memorySize), mload(FRAMES_END))
        if iszero(or(tooShort, full)) {
            mstore(MEMORY_AT, memoryAt)
            mstore(MEMORY_SIZE, memorySize)
            mstore(MEMORY_BOUND, add(mload(MEMORY_LIMIT), memorySize))
            calldatacopy(memoryAt, data, size)
        }
    }
    if (full) outOfRoom(0);
    if (tooShort) badInput(1);
    indexTables();
    return start(message, size, machine);
}

/// @dev The numbers of hashes are sizes, and so are the limits, where 0 stands for none.
function loadLimits() pure {
    uint256 all;
    assembly {
        all := or(or(mload(BLOCK_HASHES), mload(BLOB_HASHES)), mload(PLAYERS))
        for { let place := MEMORY_LIMIT } iszero(gt(place, PIECE_GAS)) { place := add(place, 32) } {
            let value := mload(place)
            all := or(all, value)
            if iszero(value) { mstore(place, NO_LIMIT) }
        }
    }
    checkSize(all, MAX_SIZE);
}

/// @dev Enters the outermost frame. Message: kind (0 call, 1 creation, 2 resume), to, caller, value, gas, size of data, accounts, slots.
function start(uint256 message, uint256 size, uint256 machine) view returns (uint256) {
    uint256 to = wordAt(message + 0x20);
    uint256 sender = wordAt(message + 0x40);
    uint256 value = wordAt(message + 0x60);
    uint256 gasLimit = wordAt(message + 0x80);
    uint256 s;
    assembly { s := or(shl(STEPS_SHIFT, calldataload(0x40)), mload(STACK_AT)) }
    uint256 dataAt;
    uint256 entry = accountAt(sender);
    assembly {
        dataAt := mload(MEMORY_AT)
        mstore(SELF, sub(entry, mload(TABLES)))
        mstore(ADDRESS, sender)
    }
    if (wordAt(message) == 1) return enterCreate(s, gasLimit, to, value, dataAt, size);
    entry = isPrecompile(to) && value == 0 ? 0 : accountAt(to);
    assembly {
        mstore(NEXT_SELF, mul(gt(entry, 0), sub(entry, mload(TABLES))))
        mstore(NEXT_ADDRESS, to)
        mstore(NEXT_CALLER, sender)
        mstore(NEXT_VALUE, value)
        mstore(NEXT_DATA_AT, dataAt)
        mstore(NEXT_DATA_SIZE, size)
    }
    bool resumes = wordAt(message) == RESUME;
    if (resumes) {
        // Those of the first call; the value that moves is the message's.
        assembly {
            mstore(NEXT_CALLER, calldataload(add(machine, 32)))
            mstore(NEXT_VALUE, calldataload(add(machine, 64)))
        }
    }
    s = enterCall(s, gasLimit, to, entry, value, value == 0 ? 0 : entry);
    // Where no frame was entered, the message has ended.
    if (failed(s)) return s;
    assembly {
        if gt(gasLimit, mload(PIECE_GAS)) { mstore(HIDDEN, shl(GAS_SHIFT, sub(gasLimit, mload(PIECE_GAS)))) }
        s := sub(s, mload(HIDDEN))
    }
    return resumes ? restore(s, machine) : s;
}

// ---------------------------------------------------------------- a saved machine

function loadMachine() view returns (uint256) {
    uint256 given = wordAt(0x120);
    uint256 place = behindCodes(given);
    uint256 codes;
    assembly {
        calldatacopy(FRAME, place, sub(MACHINE_END, FRAME))
        place := add(place, sub(MACHINE_END, FRAME))
        codes := mload(CODE_COUNT)
        mstore(CODE_COUNT, 0)
    }
    bool wrong;
    assembly { wrong := iszero(eq(given, mload(GIVEN_CODES))) }
    if (wrong) badInput(3);
    placeRooms(codes);
    loadCodes(HEADER_SIZE, given);
    place = loadSections(place + stacksSize());
    for (uint256 i = 0; i < given; i++) {
        bool other;
        assembly {
            let code := mload(add(mload(CODES), shl(5, i)))
            other := iszero(eq(keccak256(add(code, BLOCK_BYTES), mload(code)), calldataload(place)))
        }
        if (other) badInput(2);
        place += 32;
    }
    for (uint256 i = given; i < codes; i++) {
        uint256 size = wordAt(place);
        uint256 to = addCode(size);
        assembly { calldatacopy(to, add(place, 32), size) }
        place += 32 + roundUp(size);
    }
    assembly { wrong := iszero(eq(place, calldatasize())) }
    if (wrong) badInput(1);
    closeCodes();
    indexTables();
    uint256 code;
    assembly { code := mload(CODE_REF) }
    useCode(code);
    return loadStacks();
}

/// @dev Of all frames together.
function stacksSize() pure returns (uint256 size) {
    assembly { size := and(mload(PAUSED), SP_MASK) }
}

/// @dev The stacks, the first section of the machine, which comes last here: its place depends on all others. @return s the state to go on from
function loadStacks() pure returns (uint256 s) {
    uint256 size = stacksSize();
    uint256 from = behindCodes(wordAt(0x120)) + MACHINE_END - FRAME;
    assembly {
        calldatacopy(mload(STACK_AT), from, size)
        s := or(add(add(mload(PAUSED), mload(STACK_AT)), shl(PC_SHIFT, mload(CODE_AT))), shl(STEPS_SHIFT, calldataload(0x40)))
        s := sub(s, mload(HIDDEN))
        mstore(PAUSED, 0)
    }
}

/// @dev Frames, tables, journal and return data, in this order. @return place where the codes' hashes start
function loadSections(uint256 place) pure returns (uint256) {
    uint256 frames;
    uint256 tables;
    uint256 journal;
    uint256 returned;
    assembly {
        frames := sub(add(mload(MEMORY_AT), mload(MEMORY_SIZE)), FRAMES)
        tables := add(add(mload(ACCOUNTS_SIZE), mload(SLOTS_SIZE)), mload(TRANSIENT_SIZE))
        journal := mload(JOURNAL_SIZE)
        returned := mload(RETURN_SIZE)
    }
    uint256 to;
    uint256 end;
    assembly { end := mload(FRAMES_END) }
    place = loadSection(FRAMES, end, place, frames, 0);
    assembly { to := mload(TABLES) end := mload(TABLES_END) }
    place = loadSection(to, end, place, tables, 1);
    assembly { to := mload(JOURNAL) end := mload(JOURNAL_END) }
    place = loadSection(to, end, place, journal, 2);
    assembly { to := mload(RETURN_AT) end := mload(RETURN_END) }
    return loadSection(to, end, place, roundUp(returned), 3);
}

/// @dev Copies one section where it belongs. @return its end in the calldata
function loadSection(uint256 to, uint256 end, uint256 from, uint256 size, uint256 area) pure returns (uint256) {
    if (to + size > end) outOfRoom(area);
    assembly { calldatacopy(to, from, size) }
    return from + size;
}
