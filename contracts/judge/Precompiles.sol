// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {IInterpreter} from "./IInterpreter.sol";
import {outOfRoom} from "./Meter.sol";

// Precompiles 0x01 to 0x0a: the result from the host chain's own, the gas by the formula of the rules (Cancun's), so that a host that prices
// them otherwise changes nothing.

uint256 constant UNPAYABLE = 0xffffffffffffffffffffffffffffffff;

function isPrecompile(uint256 account) pure returns (bool) {
    return account != 0 && account <= LAST_PRECOMPILE;
}

/// @dev Runs one on the data that NEXT names. Its output becomes the return data.
function runPrecompile(uint256 id, uint256 gasLimit) view returns (bool succeeded, uint256 gasLeft) {
    (uint256 place, uint256 size) = (0, 0);
    assembly {
        place := mload(NEXT_DATA_AT)
        size := mload(NEXT_DATA_SIZE)
        mstore(RETURN_SIZE, 0)
    }
    uint256 price = priceOf(id, place, size);
    if (price > gasLimit) return (false, 0);
    if (id == 4) succeeded = keep(place, size);
    else succeeded = askHost(id, place, size, price);
    gasLeft = succeeded ? gasLimit - price : 0;
}

/// @dev The identity needs no host.
function keep(uint256 place, uint256 size) pure returns (bool) {
    bool full;
    assembly {
        full := gt(add(mload(RETURN_AT), size), mload(RETURN_END))
        if iszero(full) {
            mcopy(mload(RETURN_AT), place, size)
            mstore(RETURN_SIZE, size)
        }
    }
    if (full) outOfRoom(3);
    return true;
}

/// @dev INVARIANT: a host's failure is a result only where the rules let the precompile fail (curve points, lengths, proofs) and the host had the
/// gas that it asks for: the same price as the rules' in Cancun and Prague. Whatever else fails ends this call.
function askHost(uint256 id, uint256 place, uint256 size, uint256 price) view returns (bool succeeded) {
    bool poor;
    bool full;
    assembly {
        // Little more than the price, which a failure costs; all there is for MODEXP, which some hosts price higher and which never fails.
        let allowance := add(price, shr(3, price))
        let have := gas()
        poor := lt(sub(have, shr(6, have)), add(allowance, 5000))
        if iszero(poor) {
            if eq(id, 5) { allowance := gas() }
            succeeded := staticcall(allowance, id, place, size, 0, 0)
            if succeeded {
                full := gt(add(mload(RETURN_AT), returndatasize()), mload(RETURN_END))
                if iszero(full) {
                    returndatacopy(mload(RETURN_AT), 0, returndatasize())
                    mstore(RETURN_SIZE, returndatasize())
                }
            }
        }
    }
    if (full) outOfRoom(3);
    if (poor || (!succeeded && id < 6)) {
        assembly { mstore(0x40, 0x80) }
        if (poor) revert IInterpreter.OutOfOuterGas(price);
        revert IInterpreter.HostPrecompileFailed(id);
    }
}

/// @dev Tries every precompile once on input that it must accept: a host that lacks one, or asks more than what `askHost` allows it, is no host for this
/// contract. BLAKE2F and the pairing get input whose size is most of the price. For the constructor: it uses memory as Solidity does.
function tryHost() view {
    bytes memory infinity = abi.encodePacked(uint8(0xc0), new bytes(47)); // a point of BLS12-381
    for (uint256 id = 1; id <= LAST_PRECOMPILE; id++) {
        bytes memory input = new bytes(id == 9 ? 213 : 192);
        if (id == 9) input[2] = 0x10; // 4,096 rounds
        if (id == 10) {
            bytes32 hash = (sha256(infinity) & ~(bytes32(uint256(0xff)) << 248)) | bytes32(uint256(1) << 248);
            input = abi.encodePacked(hash, bytes32(0), bytes32(0), infinity, infinity);
        }
        uint256 price = 2200; // of MODEXP: its formula wants memory that is not laid out yet
        if (id != 5) {
            uint256 data;
            assembly { data := add(input, 32) }
            price = priceOf(id, data, input.length);
        }
        (bool succeeded,) = address(uint160(id)).staticcall{gas: price + price / 8}(input);
        if (!succeeded) revert IInterpreter.HostPrecompileFailed(id);
    }
}

/// @dev Gas of the rules. What cannot succeed for its length costs more than anybody has.
function priceOf(uint256 id, uint256 place, uint256 size) pure returns (uint256) {
    uint256 words = (size + 31) >> 5;
    if (id == 1) return 3000;
    if (id == 2) return 60 + 12 * words;
    if (id == 3) return 600 + 120 * words;
    if (id == 4) return 15 + 3 * words;
    if (id == 5) return modexpPrice(place, size);
    if (id == 6) return 150;
    if (id == 7) return 6000;
    if (id == 8) return size % 192 == 0 ? 45000 + 34000 * (size / 192) : UNPAYABLE;
    if (id == 10) return size == 192 ? 50000 : UNPAYABLE;
    if (size != 213) return UNPAYABLE;
    uint256 rounds;
    assembly { rounds := shr(224, mload(place)) }
    return rounds;
}

/// @dev EIP-2565.
function modexpPrice(uint256 place, uint256 size) pure returns (uint256 price) {
    uint256 baseSize = wordOf(place, size, 0);
    uint256 exponentSize = wordOf(place, size, 32);
    uint256 longest = wordOf(place, size, 64);
    uint256 limit;
    assembly { limit := mload(MODEXP_LIMIT) }
    // No limit is more than any length that can be paid, except the exponent's.
    if (limit != NO_LIMIT && (baseSize > limit || exponentSize > limit || longest > limit)) return UNPAYABLE;
    if (baseSize > longest) longest = baseSize;
    if (longest == 0) return 200;
    // INVARIANT: what follows does not overflow. Sizes above 2^32 cost more than 2^57 gas, unless the exponent alone is so long: 2^35 with a base of one byte.
    if (longest > 0xffffffff || exponentSize > 0xffffffffffff) return UNPAYABLE;
    uint256 head = wordOf(place, size, 96 + baseSize);
    if (exponentSize < 32) head >>= 8 * (32 - exponentSize);
    uint256 rounds = head == 0 ? 0 : bitLength(head) - 1;
    if (exponentSize > 32) rounds += 8 * (exponentSize - 32);
    if (rounds == 0) rounds = 1;
    uint256 words = (longest + 7) / 8;
    price = words * words * rounds / 3;
    if (price < 200) price = 200;
}

/// @dev The word at an offset of the data; what lies beyond its end is zero.
function wordOf(uint256 place, uint256 size, uint256 offset) pure returns (uint256 word) {
    if (offset >= size) return 0;
    assembly {
        word := mload(add(place, offset))
        let rest := sub(size, offset)
        if lt(rest, 32) { word := and(word, not(shr(shl(3, rest), not(0)))) }
    }
}

function bitLength(uint256 value) pure returns (uint256 bits) {
    for (uint256 step = 128; step != 0; step >>= 1) {
        if (value >> step != 0) {
            value >>= step;
            bits += step;
        }
    }
    return bits + 1;
}
