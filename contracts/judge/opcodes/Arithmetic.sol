// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "../Layout.sol";
import {charge, failed} from "../Meter.sol";

// Operands: the last item popped is at p, the top of the stack 32 · (takes − 1) above it. The result takes the place of the deepest.

function opADD(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, add(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opMUL(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, mul(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opSUB(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, sub(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opDIV(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, div(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opSDIV(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, sdiv(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opMOD(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, mod(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opSMOD(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, smod(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opSIGNEXTEND(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, signextend(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opLT(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, lt(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opGT(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, gt(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opSLT(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, slt(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opSGT(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, sgt(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opEQ(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, eq(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opAND(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, and(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opOR(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, or(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opXOR(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, xor(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opBYTE(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, byte(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opSHL(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, shl(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opSHR(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, shr(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opSAR(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, sar(mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opISZERO(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, iszero(mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opNOT(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, not(mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opADDMOD(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, addmod(mload(add(p, 64)), mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

function opMULMOD(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, mulmod(mload(add(p, 64)), mload(add(p, 32)), mload(p)))
        t := add(s, ONE_ITEM)
    }
}

/// @dev 50 gas for each byte of the exponent (EIP-160).
function opEXP(uint256 s) pure returns (uint256 t) {
    uint256 cost;
    assembly {
        for { let rest := mload(and(s, SP_MASK)) } rest { rest := shr(8, rest) } { cost := add(cost, 50) }
    }
    t = charge(s, cost);
    if (failed(t)) return t;
    assembly {
        let p := and(s, SP_MASK)
        mstore(p, exp(mload(add(p, 32)), mload(p)))
        t := add(t, ONE_ITEM)
    }
}
