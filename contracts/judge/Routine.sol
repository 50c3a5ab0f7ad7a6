// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";
import {IInterpreter} from "./IInterpreter.sol";
import {ACCOUNT_SIZE, CODE_FIELD, CODE_HASH_FIELD, EMPTY_HASH, SLOT_SIZE} from "./Layout.sol";
import {MESSAGE_SIZE, RESUME} from "./Loading.sol";
import {answerAt} from "./Outcome.sol";
import {RESULT_HEADER_SIZE} from "./Saving.sol";
import {HEIGHT_AT, MACHINE_HEAD, PAYLOAD_AT, PAYLOAD_HEAD, PAYLOAD_SIZE_AT, SUSPENDED} from "./Suspending.sol";
import {Transaction} from "./Transaction.sol";
import {accountCount, codeCount, slotCount, Trial} from "./Witness.sol";

// What is judged besides where the thread's contract may be a routine (section 11 of the specification). A suspended machine is the code of one account; what a mover
// sends to it is that of another, for the time of its transaction. Nothing of the latter is the witness's.

uint160 constant MACHINE_ADDRESS = 0x6d616368696e65; // "machine"
uint160 constant INPUT_ADDRESS = 0x696e707574; // "input"
uint256 constant INPUT_CODE = 0x600b380380600b5f395ff3; // returns what stands behind it
uint256 constant INPUT_CODE_SIZE = 11;
uint256 constant MAX_RESUME_DATA = 1024;
uint256 constant NOWHERE = 1 << 255; // what is no address: every BREAKPOINT halts
uint256 constant CODES_AT = 0x120; // in the interpreter's input: how many codes there are
uint256 constant CLOSED_AT = 0x40; // before the message
uint256 constant SIZE_AT = 0xa0; // in the message: of its data

/// @dev Whether it is a transaction to the thread's contract: it resumes what is suspended.
function reachesRoutine(IJudge.Case calldata case_, Transaction memory tx_) pure returns (bool) {
    return case_.routine != address(0) && tx_.signer != address(0) && !tx_.creates && tx_.to == case_.routine;
}

/// @dev Adds what the mover sends as a code behind those of the witness, where no number in the witness reaches. It is there whether or not something is suspended: so
/// a call that goes on has the codes of the first.
function addInput(Trial memory t, IJudge.Case calldata case_, Transaction memory tx_) pure {
    if (!reachesRoutine(case_, tx_) || tx_.dataSize > MAX_RESUME_DATA) return;
    unchecked {
        (uint256 input, uint256 place, uint256 dataAt_, uint256 dataSize) = (t.input, t.top, tx_.dataAt, tx_.dataSize);
        (uint256 from, uint256 value, uint256 time) = (uint160(case_.wallet), tx_.value, case_.timestamp);
        uint256 size = INPUT_CODE_SIZE + 96 + dataSize;
        uint256 hash;
        assembly ("memory-safe") {
            mstore(add(input, CODES_AT), add(mload(add(input, CODES_AT)), 1))
            mstore(place, 0)
            mstore(add(place, 0x20), 0)
            mstore(add(place, 0x40), size)
            place := add(place, 0x60)
            mstore(place, shl(168, INPUT_CODE))
            let at := add(place, INPUT_CODE_SIZE)
            mstore(at, from)
            mstore(add(at, 0x20), value)
            mstore(add(at, 0x40), time)
            calldatacopy(add(at, 0x60), dataAt_, dataSize)
            mstore(add(place, size), 0)
            hash := keccak256(place, size)
            place := add(place, and(add(size, 31), not(31)))
        }
        (t.sent, t.top) = (hash, place);
    }
}

/// @dev Writes the gas behind which a routine waits, where it may suspend, what is closed (nothing yet), and whom it may name: the players, a word each. The witness shows them to a transaction that may get so far:
/// how many (1), the wallets (20 each). @return end behind them
function writeRoutine(Trial memory t, IJudge.Case calldata case_, Transaction memory tx_, uint256 place) pure returns (uint256 end) {
    uint256 suspends = uint160(case_.routine);
    if (suspends != 0 && tx_.signer == address(0)) suspends = NOWHERE;
    uint256 shows = reachesRoutine(case_, tx_) ? 1 : 0;
    (uint256 pos, uint256 pieceGas) = (t.pos, case_.pieceGas);
    bytes32 shown;
    assembly ("memory-safe") {
        end := add(place, 0x80)
        if shows {
            let last := add(add(pos, 1), mul(20, byte(0, calldataload(pos))))
            for { pos := add(pos, 1) } lt(pos, last) { pos := add(pos, 20) } {
                mstore(end, shr(96, calldataload(pos)))
                end := add(end, 0x20)
            }
        }
        let size := sub(end, add(place, 0x80))
        mstore(place, mul(shows, pieceGas))
        mstore(add(place, 0x20), suspends)
        mstore(add(place, 0x40), 0)
        mstore(add(place, 0x60), shr(5, size))
        shown := keccak256(add(place, 0x80), size)
    }
    if (shows != 0 && shown != case_.players) revert IJudge.OtherPlayers(shown, case_.players);
    t.pos = pos;
}

/// @dev Makes of the message what it is where a machine is suspended, once the accounts are read. A transaction to the thread's contract resumes. For any other, the contract is
/// closed. A call without a transaction settles: it goes to the function that the BREAKPOINT named, if one did.
/// @return refused it cannot be included (`refuse`)
function stage(Trial memory t, IJudge.Case calldata case_, Transaction memory tx_) pure returns (bool refused) {
    if (case_.routine == address(0)) return false;
    uint256 entry = entryOf(t, t.accounts, MACHINE_ADDRESS);
    if (codeHashAt(entry) == EMPTY_HASH) return false;
    unchecked {
        uint256 message = t.accounts - MESSAGE_SIZE;
        if (reachesRoutine(case_, tx_)) {
            uint256 machine = machineOf(t, entry);
            if (tx_.dataSize > MAX_RESUME_DATA || !isMover(machine, case_.wallet)) return true;
            giveInput(t);
            (uint256 place, uint256 size) = (dataAt(t), sizeAt(machine));
            assembly ("memory-safe") {
                mstore(message, RESUME)
                mcopy(place, add(machine, 32), size)
            }
            endData(t, place, size);
        } else if (tx_.signer != address(0)) {
            address routine = case_.routine;
            assembly ("memory-safe") { mstore(sub(message, CLOSED_AT), routine) }
        } else {
            uint256 machine = machineOf(t, entry);
            (, uint256 said) = payloadOf(machine);
            if (said != 0) endData(t, dataAt(t), writeOnTimeout(tx_, machine, dataAt(t)));
        }
    }
}

/// @dev The code of INPUT_ADDRESS is the last, which `addInput` has added. SAFETY: what its leaf was before is reckoned already, from what the witness says.
function giveInput(Trial memory t) pure {
    unchecked {
        uint256 entry = entryOf(t, t.accounts, INPUT_ADDRESS);
        uint256 last = codeCount(t) + 1;
        setCodeHash(entry, t.sent);
        assembly ("memory-safe") { mstore(add(entry, CODE_FIELD), last) }
    }
}

/// @dev The data of the call that settles: onTimeout(address lastMover, address[] movers, bytes data), with the last mover of the call that was asked for. @return size its bytes
function writeOnTimeout(Transaction memory tx_, uint256 machine, uint256 place) pure returns (uint256 size) {
    (uint256 asked, uint256 askedSize) = (tx_.dataAt, tx_.dataSize);
    (uint256 payload, uint256 payloadSize) = payloadOf(machine);
    assembly ("memory-safe") {
        let movers := byte(4, mload(payload))
        let rest := sub(payloadSize, add(PAYLOAD_HEAD, shl(5, movers)))
        mstore(place, mload(payload))
        // Nothing behind the data is read: that is for whoever calls to choose.
        mstore(add(place, 4), mul(calldataload(add(asked, 4)), gt(askedSize, 35)))
        mstore(add(place, 36), 0x60)
        mstore(add(place, 68), add(0x80, shl(5, movers)))
        mstore(add(place, 100), movers)
        mcopy(add(place, 132), add(payload, PAYLOAD_HEAD), shl(5, movers))
        size := add(132, shl(5, movers))
        mstore(add(place, size), rest)
        size := add(size, 32)
        mcopy(add(place, size), add(payload, add(PAYLOAD_HEAD, shl(5, movers))), rest)
        mstore(add(add(place, size), rest), 0)
        size := add(size, and(add(rest, 31), not(31)))
        mstore(add(place, size), 0)
    }
}

/// @dev Refuses what a routine that waits does not wait for. SAFETY: what waits must be proved before: a refusal ends a claim.
function refuse(IJudge.Case calldata case_, Transaction memory tx_) pure {
    if (tx_.dataSize > MAX_RESUME_DATA) revert IJudge.ResumeTooLong(tx_.dataSize, MAX_RESUME_DATA);
    revert IJudge.NotAMover(case_.wallet);
}

/// @dev Whether it may go on with a machine. Where no BREAKPOINT says who, every player may, and the case's wallet is one.
function isMover(uint256 machine, address sender) pure returns (bool found) {
    (uint256 payload, uint256 size) = payloadOf(machine);
    assembly ("memory-safe") {
        found := iszero(size)
        let word := add(payload, PAYLOAD_HEAD)
        for { let end := add(word, shl(5, mul(gt(size, 0), byte(4, mload(payload))))) } lt(word, end) { word := add(word, 32) } { found := or(found, eq(mload(word), sender)) }
    }
}

/// @dev What the message has done to a suspended machine, and the end of the input. @param tables accounts after the message
function settleRoutine(Trial memory t, IJudge.Case calldata case_, Transaction memory tx_, uint256 tables) pure {
    if (!reachesRoutine(case_, tx_)) return;
    uint256 entry = entryOf(t, tables, MACHINE_ADDRESS);
    uint256 ended = answerAt(t, 1);
    if (codeHashAt(entry) != EMPTY_HASH) setCodeHash(entryOf(t, tables, INPUT_ADDRESS), EMPTY_HASH);
    if (ended == 1) setCodeHash(entry, EMPTY_HASH);
    if (ended == SUSPENDED) setCodeHash(entry, takeMachine(t));
}

/// @dev The hash of the machine that was answered; as return data, it counts no more.
function takeMachine(Trial memory t) pure returns (uint256 hash) {
    uint256 input = t.input;
    assembly ("memory-safe") {
        let size := add(input, 0xc0)
        hash := keccak256(add(input, RESULT_HEADER_SIZE), mload(size))
        mstore(size, 0)
    }
}

// ---------------------------------------------------------------- places

/// @dev Where an account stands in these tables.
function entryOf(Trial memory t, uint256 tables, uint160 account) pure returns (uint256 entry) {
    unchecked {
        uint256 end = tables + accountCount(t) * ACCOUNT_SIZE;
        assembly ("memory-safe") {
            for { entry := tables } and(lt(entry, end), iszero(eq(mload(entry), account))) {} { entry := add(entry, ACCOUNT_SIZE) }
        }
        if (entry == end) revert IInterpreter.MissingAccount(address(account));
    }
}

function codeHashAt(uint256 entry) pure returns (uint256 hash) {
    assembly ("memory-safe") { hash := mload(add(entry, CODE_HASH_FIELD)) }
}

function setCodeHash(uint256 entry, uint256 hash) pure {
    assembly ("memory-safe") { mstore(add(entry, CODE_HASH_FIELD), hash) }
}

/// @dev The suspended machine among the codes: its size, its bytes behind. @param entry of MACHINE_ADDRESS
function machineOf(Trial memory t, uint256 entry) pure returns (uint256 machine) {
    uint256 codes = t.codes;
    assembly ("memory-safe") {
        let index := mload(add(entry, CODE_FIELD))
        if index { machine := mload(add(codes, shl(5, sub(index, 1)))) }
    }
    if (machine == 0) revert IInterpreter.MissingCode(address(MACHINE_ADDRESS));
}

/// @dev The payload in a machine. SAFETY: a machine is what an interpreter has left, by its hash; so its numbers hold.
function payloadOf(uint256 machine) pure returns (uint256 payload, uint256 size) {
    assembly ("memory-safe") {
        let head := mload(add(machine, 32))
        payload := add(add(add(machine, add(32, MACHINE_HEAD)), shl(5, and(shr(HEIGHT_AT, head), 0xffff))), and(shr(PAYLOAD_AT, head), 0xffffffff))
        size := and(shr(PAYLOAD_SIZE_AT, head), 0xffffffff)
    }
}

function sizeAt(uint256 place) pure returns (uint256 size) {
    assembly ("memory-safe") { size := mload(place) }
}

/// @dev Where the message's data go: behind the tables, at the end of the input.
function dataAt(Trial memory t) pure returns (uint256) {
    unchecked {
        return t.slots + slotCount(t) * SLOT_SIZE;
    }
}

/// @dev Ends the message, and the input, with data of this size at `place`.
function endData(Trial memory t, uint256 place, uint256 size) pure {
    unchecked {
        uint256 message = t.accounts - MESSAGE_SIZE;
        assembly ("memory-safe") {
            mstore(add(message, SIZE_AT), size)
            mstore(add(place, size), 0)
        }
        t.top = place + ((size + 31) & ~uint256(31));
    }
}
