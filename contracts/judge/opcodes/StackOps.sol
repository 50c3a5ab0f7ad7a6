// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "../Layout.sol";

// PUSH0 to PUSH32, DUP1 to DUP16, SWAP1 to SWAP16, POP. The dispatcher has moved pc by one: the pushed bytes start there.

function opPOP(uint256 s) pure returns (uint256 t) {
    assembly {
        t := s
    }
}

function opPUSH0(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), 0)
        t := add(s, ONE_ITEM)
    }
}

function opPUSH1(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(248, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000001)
    }
}

function opPUSH2(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(240, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000002)
    }
}

function opPUSH3(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(232, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000003)
    }
}

function opPUSH4(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(224, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000004)
    }
}

function opPUSH5(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(216, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000005)
    }
}

function opPUSH6(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(208, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000006)
    }
}

function opPUSH7(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(200, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000007)
    }
}

function opPUSH8(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(192, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000008)
    }
}

function opPUSH9(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(184, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000009)
    }
}

function opPUSH10(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(176, mload(and(s, PC_MASK))))
        t := add(s, 0x200000000a)
    }
}

function opPUSH11(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(168, mload(and(s, PC_MASK))))
        t := add(s, 0x200000000b)
    }
}

function opPUSH12(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(160, mload(and(s, PC_MASK))))
        t := add(s, 0x200000000c)
    }
}

function opPUSH13(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(152, mload(and(s, PC_MASK))))
        t := add(s, 0x200000000d)
    }
}

function opPUSH14(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(144, mload(and(s, PC_MASK))))
        t := add(s, 0x200000000e)
    }
}

function opPUSH15(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(136, mload(and(s, PC_MASK))))
        t := add(s, 0x200000000f)
    }
}

function opPUSH16(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(128, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000010)
    }
}

function opPUSH17(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(120, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000011)
    }
}

function opPUSH18(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(112, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000012)
    }
}

function opPUSH19(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(104, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000013)
    }
}

function opPUSH20(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(96, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000014)
    }
}

function opPUSH21(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(88, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000015)
    }
}

function opPUSH22(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(80, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000016)
    }
}

function opPUSH23(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(72, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000017)
    }
}

function opPUSH24(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(64, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000018)
    }
}

function opPUSH25(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(56, mload(and(s, PC_MASK))))
        t := add(s, 0x2000000019)
    }
}

function opPUSH26(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(48, mload(and(s, PC_MASK))))
        t := add(s, 0x200000001a)
    }
}

function opPUSH27(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(40, mload(and(s, PC_MASK))))
        t := add(s, 0x200000001b)
    }
}

function opPUSH28(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(32, mload(and(s, PC_MASK))))
        t := add(s, 0x200000001c)
    }
}

function opPUSH29(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(24, mload(and(s, PC_MASK))))
        t := add(s, 0x200000001d)
    }
}

function opPUSH30(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(16, mload(and(s, PC_MASK))))
        t := add(s, 0x200000001e)
    }
}

function opPUSH31(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), shr(8, mload(and(s, PC_MASK))))
        t := add(s, 0x200000001f)
    }
}

function opPUSH32(uint256 s) pure returns (uint256 t) {
    assembly {
        mstore(and(shr(SP_SHIFT, s), SP_MASK), mload(and(s, PC_MASK)))
        t := add(s, 0x2000000020)
    }
}

function opDUP1(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 32), mload(p))
        t := add(s, 0x4000000000)
    }
}

function opDUP2(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 64), mload(p))
        t := add(s, 0x6000000000)
    }
}

function opDUP3(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 96), mload(p))
        t := add(s, 0x8000000000)
    }
}

function opDUP4(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 128), mload(p))
        t := add(s, 0xa000000000)
    }
}

function opDUP5(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 160), mload(p))
        t := add(s, 0xc000000000)
    }
}

function opDUP6(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 192), mload(p))
        t := add(s, 0xe000000000)
    }
}

function opDUP7(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 224), mload(p))
        t := add(s, 0x10000000000)
    }
}

function opDUP8(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 256), mload(p))
        t := add(s, 0x12000000000)
    }
}

function opDUP9(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 288), mload(p))
        t := add(s, 0x14000000000)
    }
}

function opDUP10(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 320), mload(p))
        t := add(s, 0x16000000000)
    }
}

function opDUP11(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 352), mload(p))
        t := add(s, 0x18000000000)
    }
}

function opDUP12(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 384), mload(p))
        t := add(s, 0x1a000000000)
    }
}

function opDUP13(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 416), mload(p))
        t := add(s, 0x1c000000000)
    }
}

function opDUP14(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 448), mload(p))
        t := add(s, 0x1e000000000)
    }
}

function opDUP15(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 480), mload(p))
        t := add(s, 0x20000000000)
    }
}

function opDUP16(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        mstore(add(p, 512), mload(p))
        t := add(s, 0x22000000000)
    }
}

function opSWAP1(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 32)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x4000000000)
    }
}

function opSWAP2(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 64)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x6000000000)
    }
}

function opSWAP3(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 96)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x8000000000)
    }
}

function opSWAP4(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 128)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0xa000000000)
    }
}

function opSWAP5(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 160)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0xc000000000)
    }
}

function opSWAP6(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 192)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0xe000000000)
    }
}

function opSWAP7(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 224)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x10000000000)
    }
}

function opSWAP8(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 256)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x12000000000)
    }
}

function opSWAP9(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 288)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x14000000000)
    }
}

function opSWAP10(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 320)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x16000000000)
    }
}

function opSWAP11(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 352)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x18000000000)
    }
}

function opSWAP12(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 384)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x1a000000000)
    }
}

function opSWAP13(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 416)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x1c000000000)
    }
}

function opSWAP14(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 448)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x1e000000000)
    }
}

function opSWAP15(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 480)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x20000000000)
    }
}

function opSWAP16(uint256 s) pure returns (uint256 t) {
    assembly {
        let p := and(shr(SP_SHIFT, s), SP_MASK)
        let q := add(p, 512)
        let top := mload(q)
        mstore(q, mload(p))
        mstore(p, top)
        t := add(s, 0x22000000000)
    }
}

