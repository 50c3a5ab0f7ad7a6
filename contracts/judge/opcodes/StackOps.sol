// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "../Layout.sol";

// PUSH0 to PUSH32, DUP1 to DUP16, SWAP1 to SWAP16, POP. The dispatcher has moved pc by one: the pushed bytes start there.

function opPOP(uint256 s) pure returns (uint256) {
    return s;
}

function opPUSH0(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), 0)
        t := add(s, ONE_ITEM)
    }
}

function opPUSH1(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(248, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 1), ONE_ITEM))
    }
}

function opPUSH3(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(232, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 3), ONE_ITEM))
    }
}

function opPUSH4(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(224, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 4), ONE_ITEM))
    }
}

function opPUSH5(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(216, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 5), ONE_ITEM))
    }
}

function opPUSH6(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(208, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 6), ONE_ITEM))
    }
}

function opPUSH7(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(200, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 7), ONE_ITEM))
    }
}

function opPUSH8(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(192, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 8), ONE_ITEM))
    }
}

function opPUSH9(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(184, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 9), ONE_ITEM))
    }
}

function opPUSH10(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(176, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 10), ONE_ITEM))
    }
}

function opPUSH11(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(168, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 11), ONE_ITEM))
    }
}

function opPUSH12(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(160, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 12), ONE_ITEM))
    }
}

function opPUSH13(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(152, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 13), ONE_ITEM))
    }
}

function opPUSH14(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(144, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 14), ONE_ITEM))
    }
}

function opPUSH15(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(136, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 15), ONE_ITEM))
    }
}

function opPUSH16(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(128, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 16), ONE_ITEM))
    }
}

function opPUSH17(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(120, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 17), ONE_ITEM))
    }
}

function opPUSH18(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(112, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 18), ONE_ITEM))
    }
}

function opPUSH19(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(104, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 19), ONE_ITEM))
    }
}

function opPUSH20(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(96, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 20), ONE_ITEM))
    }
}

function opPUSH21(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(88, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 21), ONE_ITEM))
    }
}

function opPUSH22(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(80, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 22), ONE_ITEM))
    }
}

function opPUSH23(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(72, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 23), ONE_ITEM))
    }
}

function opPUSH24(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(64, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 24), ONE_ITEM))
    }
}

function opPUSH25(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(56, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 25), ONE_ITEM))
    }
}

function opPUSH26(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(48, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 26), ONE_ITEM))
    }
}

function opPUSH27(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(40, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 27), ONE_ITEM))
    }
}

function opPUSH28(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(32, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 28), ONE_ITEM))
    }
}

function opPUSH29(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(24, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 29), ONE_ITEM))
    }
}

function opPUSH30(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(16, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 30), ONE_ITEM))
    }
}

function opPUSH31(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), shr(8, mload(shr(PC_SHIFT, s))))
        t := add(s, or(shl(PC_SHIFT, 31), ONE_ITEM))
    }
}

function opPUSH32(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(s, SP_MASK), mload(shr(PC_SHIFT, s)))
        t := add(s, or(shl(PC_SHIFT, 32), ONE_ITEM))
    }
}

function opDUP1(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 32), mload(p))
        t := add(s, mul(ONE_ITEM, 2))
    }
}

function opDUP2(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 64), mload(p))
        t := add(s, mul(ONE_ITEM, 3))
    }
}

function opDUP3(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 96), mload(p))
        t := add(s, mul(ONE_ITEM, 4))
    }
}

function opDUP4(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 128), mload(p))
        t := add(s, mul(ONE_ITEM, 5))
    }
}

function opDUP5(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 160), mload(p))
        t := add(s, mul(ONE_ITEM, 6))
    }
}

function opDUP6(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 192), mload(p))
        t := add(s, mul(ONE_ITEM, 7))
    }
}

function opDUP7(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 224), mload(p))
        t := add(s, mul(ONE_ITEM, 8))
    }
}

function opDUP8(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 256), mload(p))
        t := add(s, mul(ONE_ITEM, 9))
    }
}

function opDUP9(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 288), mload(p))
        t := add(s, mul(ONE_ITEM, 10))
    }
}

function opDUP10(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 320), mload(p))
        t := add(s, mul(ONE_ITEM, 11))
    }
}

function opDUP11(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 352), mload(p))
        t := add(s, mul(ONE_ITEM, 12))
    }
}

function opDUP12(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 384), mload(p))
        t := add(s, mul(ONE_ITEM, 13))
    }
}

function opDUP13(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 416), mload(p))
        t := add(s, mul(ONE_ITEM, 14))
    }
}

function opDUP14(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 448), mload(p))
        t := add(s, mul(ONE_ITEM, 15))
    }
}

function opDUP15(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 480), mload(p))
        t := add(s, mul(ONE_ITEM, 16))
    }
}

function opDUP16(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        mstore(add(p, 512), mload(p))
        t := add(s, mul(ONE_ITEM, 17))
    }
}

function opSWAP1(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 32)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 2))
    }
}

function opSWAP2(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 64)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 3))
    }
}

function opSWAP3(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 96)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 4))
    }
}

function opSWAP4(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 128)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 5))
    }
}

function opSWAP5(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 160)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 6))
    }
}

function opSWAP6(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 192)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 7))
    }
}

function opSWAP7(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 224)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 8))
    }
}

function opSWAP8(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 256)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 9))
    }
}

function opSWAP9(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 288)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 10))
    }
}

function opSWAP10(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 320)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 11))
    }
}

function opSWAP11(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 352)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 12))
    }
}

function opSWAP12(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 384)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 13))
    }
}

function opSWAP13(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 416)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 14))
    }
}

function opSWAP14(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 448)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 15))
    }
}

function opSWAP15(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 480)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 16))
    }
}

function opSWAP16(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(s, SP_MASK)
        let q := add(p, 512)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, mul(ONE_ITEM, 17))
    }
}
