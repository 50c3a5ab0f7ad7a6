// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "../Layout.sol";
import {expandFor, failed, pushed} from "../Meter.sol";
import {codeOf} from "../Codes.sol";
import {isDead, touchAccount} from "../World.sol";

// What the code can see of the message, the block and other accounts.

function opADDRESS(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(ADDRESS))
        t := add(s, ONE_ITEM)
    }
}

function opORIGIN(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(ORIGIN))
        t := add(s, ONE_ITEM)
    }
}

function opCALLER(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(CALLER))
        t := add(s, ONE_ITEM)
    }
}

function opCALLVALUE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(VALUE))
        t := add(s, ONE_ITEM)
    }
}

function opCALLDATASIZE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(DATA_SIZE))
        t := add(s, ONE_ITEM)
    }
}

function opCODESIZE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(CODE_SIZE))
        t := add(s, ONE_ITEM)
    }
}

function opGASPRICE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(GAS_PRICE))
        t := add(s, ONE_ITEM)
    }
}

function opRETURNDATASIZE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(RETURN_SIZE))
        t := add(s, ONE_ITEM)
    }
}

function opCOINBASE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(COINBASE))
        t := add(s, ONE_ITEM)
    }
}

function opTIMESTAMP(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(TIMESTAMP))
        t := add(s, ONE_ITEM)
    }
}

function opNUMBER(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(NUMBER))
        t := add(s, ONE_ITEM)
    }
}

function opPREVRANDAO(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(PREVRANDAO))
        t := add(s, ONE_ITEM)
    }
}

function opGASLIMIT(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(GAS_LIMIT))
        t := add(s, ONE_ITEM)
    }
}

function opCHAINID(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(CHAIN_ID))
        t := add(s, ONE_ITEM)
    }
}

function opBASEFEE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(BASE_FEE))
        t := add(s, ONE_ITEM)
    }
}

function opBLOBBASEFEE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(BLOB_BASE_FEE))
        t := add(s, ONE_ITEM)
    }
}

function opSELFBALANCE(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(add(add(mload(TABLES), mload(SELF)), BALANCE_FIELD)))
        t := add(s, ONE_ITEM)
    }
}

function opCALLDATALOAD(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let offset := mload(p)
        let size := mload(DATA_SIZE)
        let word := 0
        if lt(offset, size) {
            word := mload(add(mload(DATA_AT), offset))
            let rest := sub(size, offset)
            if lt(rest, 32) { word := and(word, not(shr(shl(3, rest), not(0)))) }
        }
        mstore(p, word)
        t := add(s, ONE_ITEM)
    }
}

/// @dev Copies `size` bytes from offset `from` of what lies at `at` and is `length` long; beyond it there are zeros.
function copyToMemory(uint256 s, uint256 to, uint256 from, uint256 size, uint256 place, uint256 length) pure returns (uint256 t) {
    t = expandFor(s, to, size, 3);
    if (failed(t)) return t;
    assembly {
        let target := add(mload(MEMORY_AT), to)
        let there := 0
        if lt(from, length) { there := sub(length, from) }
        if gt(there, size) { there := size }
        mcopy(target, add(place, from), there)
        calldatacopy(add(target, there), calldatasize(), sub(size, there)) // zeros
    }
}

/// @dev Copies between areas: the three operands of a copy are at p, p + 32 and p + 64.
function copyFrom(uint256 s, uint256 p, uint256 place, uint256 length) pure returns (uint256) {
    uint256 to;
    uint256 from;
    uint256 size;
    assembly {
        size := mload(p)
        from := mload(add(p, 32))
        to := mload(add(p, 64))
    }
    if (size == 0) return s;
    return copyToMemory(s, to, from, size, place, length);
}

function opCALLDATACOPY(uint256 s) pure returns (uint256) {
    uint256 place;
    uint256 length;
    assembly {
        place := mload(DATA_AT)
        length := mload(DATA_SIZE)
    }
    return copyFrom(s, s & SP_MASK, place, length);
}

function opCODECOPY(uint256 s) pure returns (uint256) {
    uint256 place;
    uint256 length;
    assembly {
        place := mload(CODE_AT)
        length := mload(CODE_SIZE)
    }
    return copyFrom(s, s & SP_MASK, place, length);
}

/// @dev Reading beyond the return data is an exceptional halt (EIP-211).
function opRETURNDATACOPY(uint256 s) pure returns (uint256) {
    uint256 place;
    uint256 length;
    bool beyond;
    assembly {
        let p := and(s, SP_MASK)
        place := mload(RETURN_AT)
        length := mload(RETURN_SIZE)
        let from := mload(add(p, 32))
        let end := add(from, mload(p))
        beyond := or(lt(end, from), gt(end, length))
    }
    if (beyond) return s | FAILED;
    return copyFrom(s, s & SP_MASK, place, length);
}

function opEXTCODECOPY(uint256 s) pure returns (uint256) {
    uint256 p = s & SP_MASK;
    uint256 account;
    assembly { account := mload(add(p, 96)) }
    (uint256 t, uint256 entry) = touchAccount(s, account);
    if (failed(t)) return t;
    uint256 code = codeOf(entry);
    uint256 length;
    assembly { length := mload(code) }
    return copyFrom(t, p, code + BLOCK_BYTES, length);
}

function opEXTCODESIZE(uint256 s) pure returns (uint256) {
    uint256 p = s & SP_MASK;
    uint256 word;
    assembly { word := mload(p) }
    (uint256 t, uint256 entry) = touchAccount(s, word);
    if (failed(t)) return t;
    uint256 code = codeOf(entry);
    assembly { mstore(p, mload(code)) }
    return pushed(t);
}

/// @dev 0 for an account that is dead (EIP-1052, EIP-161).
function opEXTCODEHASH(uint256 s) pure returns (uint256) {
    uint256 p = s & SP_MASK;
    uint256 word;
    assembly { word := mload(p) }
    (uint256 t, uint256 entry) = touchAccount(s, word);
    bool dead = isDead(entry);
    assembly { mstore(p, mul(iszero(dead), mload(add(entry, CODE_HASH_FIELD)))) }
    return pushed(t);
}

function opBALANCE(uint256 s) pure returns (uint256) {
    uint256 p = s & SP_MASK;
    uint256 word;
    assembly { word := mload(p) }
    (uint256 t, uint256 entry) = touchAccount(s, word);
    assembly { mstore(p, mload(add(entry, BALANCE_FIELD))) }
    return pushed(t);
}

/// @dev The hashes that were handed in are the last ones; of any other block it is 0.
function opBLOCKHASH(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let back := sub(sub(mload(NUMBER), mload(p)), 1)
        let hash := 0
        if lt(back, mload(BLOCK_HASHES)) { hash := mload(add(FRAMES, shl(5, back))) }
        mstore(p, hash)
        t := add(s, ONE_ITEM)
    }
}

function opBLOBHASH(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let index := mload(p)
        let hash := 0
        if lt(index, mload(BLOB_HASHES)) { hash := mload(add(FRAMES, shl(5, add(mload(BLOCK_HASHES), index)))) }
        mstore(p, hash)
        t := add(s, ONE_ITEM)
    }
}
