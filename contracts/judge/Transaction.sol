// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";
import {Cursor, openWhole, readBytes, readHead, readList, readUint, WHOLE} from "./Rlp.sol";

// Signed transactions as inputs carry them (section 3 of the specification; src/protocol/transaction.ts is the same rule).

uint256 constant HALF_ORDER = 0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0;
uint256 constant MAX_INPUT_NONCE = 0xfffffffffffffffe; // EIP-2681
uint256 constant ADDRESS_ITEM = 0x94; // prefix of 20 bytes
uint256 constant KEY_ITEM = 0xa0; // prefix of 32 bytes

/// @dev A transaction's fields. Data and access list stay where they are, in the calldata.
struct Transaction {
    address signer; // 0: the signature is none
    uint256 nonce;
    uint256 tip; // most for the coinbase, per gas; the gas price where there is only one
    uint256 cap; // most altogether, per gas
    uint256 gasLimit;
    bool creates;
    address to;
    uint256 value;
    uint256 dataAt;
    uint256 dataSize;
    uint256 listAt; // the access list's entries
    uint256 listEnd;
    uint256 intrinsic; // gas before the first opcode
    uint256 price; // what is paid for one gas, base fee included; known with the block only
}

/// @dev Reads a raw transaction and recovers who signed it. Refuses everything but its one canonical form.
function decodeTransaction(bytes calldata raw, uint256 chainId) view returns (Transaction memory tx_) {
    uint256 pos;
    uint256 type_;
    assembly ("memory-safe") {
        pos := raw.offset
        type_ := byte(0, calldataload(pos))
    }
    uint256 end = pos + raw.length;
    if (raw.length == 0) revert IJudge.NotCanonical(WHOLE);
    if (type_ > 0xbf) {
        decodeLegacy(tx_, openWhole(pos, end), chainId);
    } else {
        if (type_ != 1 && type_ != 2) revert IJudge.UnknownType(type_);
        decodeTyped(tx_, openWhole(pos + 1, end), chainId, type_);
    }
    tx_.intrinsic = intrinsicGas(tx_);
}

function decodeLegacy(Transaction memory tx_, Cursor memory fields, uint256 chainId) view {
    unchecked {
        uint256 start = fields.pos;
        tx_.nonce = readNonce(fields);
        tx_.cap = tx_.tip = readUint(fields, 32);
        readMessage(tx_, fields);
        uint256 signedEnd = fields.pos;
        uint256 v = readUint(fields, 8);
        // 27 and 28 are what came before EIP-155: signed for every chain, so for none.
        if (v < 35) revert IJudge.UnknownType(0);
        checkChain((v - 35) >> 1, chainId);
        uint256 size = signedEnd - start;
        uint256 preimage;
        assembly ("memory-safe") {
            // The chain id and two empty strings follow the fields that were signed.
            let id := shr(1, sub(v, 35))
            let idSize := 0
            for { let rest := id } rest { rest := shr(8, rest) } { idSize := add(idSize, 1) }
            preimage := mload(0x40)
            let to := add(preimage, 32)
            calldatacopy(to, start, size)
            to := add(to, size)
            switch lt(id, 0x80)
            case 1 { mstore8(to, or(id, shl(7, iszero(id)))) to := add(to, 1) }
            default {
                mstore8(to, add(0x80, idSize))
                mstore(add(to, 1), shl(sub(256, shl(3, idSize)), id))
                to := add(to, add(1, idSize))
            }
            mstore(to, shl(240, 0x8080))
            size := sub(add(to, 2), add(preimage, 32))
        }
        recoverSigner(tx_, fields, hashList(preimage + 32, size, 0), (v - 35) & 1);
    }
}

/// @dev Types 1 and 2, which differ in how the price is said: one field or two.
function decodeTyped(Transaction memory tx_, Cursor memory fields, uint256 chainId, uint256 type_) view {
    uint256 start = fields.pos;
    checkChain(readUint(fields, 32), chainId);
    tx_.nonce = readNonce(fields);
    tx_.cap = tx_.tip = readUint(fields, 32);
    if (type_ == 2) {
        tx_.cap = readUint(fields, 32);
        if (tx_.tip > tx_.cap) revert IJudge.BadField(2);
    }
    readMessage(tx_, fields);
    uint256 size;
    (tx_.listAt, size) = readList(fields);
    tx_.listEnd = tx_.listAt + size;
    size = fields.pos - start;
    uint256 place;
    assembly ("memory-safe") {
        place := add(mload(0x40), 32)
        calldatacopy(place, start, size)
    }
    bytes32 digest = hashList(place, size, type_);
    uint256 parity = readUint(fields, 1);
    if (parity > 1) revert IJudge.BadField(fields.field - 1);
    recoverSigner(tx_, fields, digest, parity);
}

function readNonce(Cursor memory fields) pure returns (uint256 nonce) {
    nonce = readUint(fields, 8);
    if (nonce > MAX_INPUT_NONCE) revert IJudge.BadField(fields.field - 1);
}

function checkChain(uint256 signedFor, uint256 expected) pure {
    if (signedFor != expected) revert IJudge.WrongChain(signedFor, expected);
}

/// @dev Gas limit, recipient, value and data, which follow one another in all types.
function readMessage(Transaction memory tx_, Cursor memory fields) pure {
    unchecked {
        tx_.gasLimit = readUint(fields, 8);
        (uint256 start, uint256 size) = readBytes(fields);
        if (size != 0 && size != 20) revert IJudge.BadField(fields.field - 1);
        uint256 to;
        assembly ("memory-safe") { to := mul(gt(size, 0), shr(96, calldataload(start))) }
        tx_.to = address(uint160(to));
        tx_.creates = size == 0;
        tx_.value = readUint(fields, 32);
        (tx_.dataAt, tx_.dataSize) = readBytes(fields);
    }
}

/// @dev Hash of a list whose content lies in memory, behind 32 bytes of room for its head; a type other than 0 goes before it.
function hashList(uint256 place, uint256 size, uint256 type_) pure returns (bytes32 hash) {
    assembly ("memory-safe") {
        let start := sub(place, 1)
        switch gt(size, 55)
        case 0 { mstore8(start, add(0xc0, size)) }
        default {
            let length := 0
            for { let rest := size } rest { rest := shr(8, rest) } {
                mstore8(start, rest)
                start := sub(start, 1)
                length := add(length, 1)
            }
            mstore8(start, add(0xf7, length))
        }
        if type_ {
            start := sub(start, 1)
            mstore8(start, type_)
        }
        hash := keccak256(start, sub(add(place, size), start))
    }
}

/// @dev The last two fields, r and s.
function recoverSigner(Transaction memory tx_, Cursor memory fields, bytes32 digest, uint256 parity) view {
    uint256 r = readUint(fields, 32);
    uint256 s = readUint(fields, 32);
    if (fields.pos != fields.end) revert IJudge.TrailingBytes();
    if (s > HALF_ORDER) revert IJudge.HighS();
    address signer;
    assembly ("memory-safe") {
        let place := mload(0x40)
        mstore(place, digest)
        mstore(add(place, 0x20), add(27, parity))
        mstore(add(place, 0x40), r)
        mstore(add(place, 0x60), s)
        mstore(0, 0)
        // Nothing comes back for what is no signature.
        if iszero(staticcall(gas(), 1, place, 0x80, 0, 0x20)) { revert(0, 0) }
        signer := mload(0)
    }
    tx_.signer = signer;
}

/// @dev 21,000, calldata (EIP-2028), access list (EIP-2930), creation and its init code (EIP-2, EIP-3860).
function intrinsicGas(Transaction memory tx_) pure returns (uint256 gas_) {
    unchecked {
        uint256 size = tx_.dataSize;
        gas_ = 21000 + 4 * size + 12 * nonZeroBytes(tx_.dataAt, size) + accessListGas(tx_.listAt, tx_.listEnd);
        if (tx_.creates) gas_ += 32000 + 2 * ((size + 31) / 32);
    }
}

/// @dev How many bytes of this part of the calldata are not zero, a word at a time.
function nonZeroBytes(uint256 pos, uint256 size) pure returns (uint256 count) {
    assembly ("memory-safe") {
        let ones := 0x0101010101010101010101010101010101010101010101010101010101010101
        for { let end := add(pos, size) } lt(pos, end) { pos := add(pos, 32) } {
            let word := calldataload(pos)
            let rest := sub(end, pos)
            if lt(rest, 32) { word := shl(sub(256, shl(3, rest)), shr(sub(256, shl(3, rest)), word)) }
            // Every byte's lowest bit says whether one of its bits is set; then the bytes are added up. 32 fits in the highest one.
            word := or(word, shr(4, word))
            word := or(word, shr(2, word))
            word := and(or(word, shr(1, word)), ones)
            count := add(count, shr(248, mul(word, ones)))
        }
    }
}

/// @dev Checks the access list's form and prices it: 2,400 an address, 1,900 a key.
function accessListGas(uint256 pos, uint256 end) pure returns (uint256 gas_) {
    unchecked {
        while (pos < end) {
            (, uint256 keyAt, uint256 keyEnd) = readEntry(pos, end);
            pos = keyEnd;
            gas_ += 2400 + 1900 * ((keyEnd - keyAt) / 33);
            for (; keyAt < keyEnd; keyAt += 33) {
                uint256 prefix;
                assembly ("memory-safe") { prefix := byte(0, calldataload(keyAt)) }
                if (prefix != KEY_ITEM) revert IJudge.BadField(WHOLE);
            }
        }
    }
}

/// @dev One entry of an access list. @return addressAt its address @return keyAt its keys' items @return keyEnd their end, where the next entry starts
function readEntry(uint256 pos, uint256 end) pure returns (uint256 addressAt, uint256 keyAt, uint256 keyEnd) {
    unchecked {
        (uint256 start, uint256 size, uint256 prefix) = readHead(pos, end, WHOLE);
        if (prefix < 0xc0) revert IJudge.BadField(WHOLE);
        uint256 next = start + size;
        (addressAt, size, prefix) = readHead(start, next, WHOLE);
        if (prefix != ADDRESS_ITEM) revert IJudge.BadField(WHOLE);
        (keyAt, size, prefix) = readHead(addressAt + 20, next, WHOLE);
        keyEnd = keyAt + size;
        if (prefix < 0xc0 || keyEnd != next || size % 33 != 0) revert IJudge.BadField(WHOLE);
    }
}
