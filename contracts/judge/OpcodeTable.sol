// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {
    opADD, opMUL, opSUB, opDIV, opSDIV, opMOD, opSMOD, opSIGNEXTEND, opLT, opGT, opSLT, opSGT, opEQ, opAND, opOR, opXOR, opBYTE, opSHL,
    opSHR, opSAR, opISZERO, opNOT, opADDMOD, opMULMOD, opEXP
} from "./opcodes/Arithmetic.sol";
import {
    opADDRESS, opORIGIN, opCALLER, opCALLVALUE, opCALLDATASIZE, opCODESIZE, opGASPRICE, opRETURNDATASIZE, opCOINBASE, opTIMESTAMP, opNUMBER,
    opPREVRANDAO, opGASLIMIT, opCHAINID, opBASEFEE, opBLOBBASEFEE, opSELFBALANCE, opCALLDATALOAD, opCALLDATACOPY, opCODECOPY,
    opRETURNDATACOPY, opEXTCODECOPY, opEXTCODESIZE, opEXTCODEHASH, opBALANCE, opBLOCKHASH, opBLOBHASH
} from "./opcodes/Environment.sol";
import {
    opPOP, opPUSH0, opPUSH1, opPUSH3, opPUSH4, opPUSH5, opPUSH6, opPUSH7, opPUSH8, opPUSH9, opPUSH10, opPUSH11, opPUSH12, opPUSH13,
    opPUSH14, opPUSH15, opPUSH16, opPUSH17, opPUSH18, opPUSH19, opPUSH20, opPUSH21, opPUSH22, opPUSH23, opPUSH24, opPUSH25, opPUSH26,
    opPUSH27, opPUSH28, opPUSH29, opPUSH30, opPUSH31, opPUSH32, opDUP1, opDUP2, opDUP3, opDUP4, opDUP5, opDUP6, opDUP7, opDUP8, opDUP9,
    opDUP10, opDUP11, opDUP12, opDUP13, opDUP14, opDUP15, opDUP16, opSWAP1, opSWAP2, opSWAP3, opSWAP4, opSWAP5, opSWAP6, opSWAP7, opSWAP8,
    opSWAP9, opSWAP10, opSWAP11, opSWAP12, opSWAP13, opSWAP14, opSWAP15, opSWAP16
} from "./opcodes/StackOps.sol";
import {
    opMLOAD, opMSTORE, opMSTORE8, opMSIZE, opMCOPY, opKECCAK256, opSLOAD, opSSTORE, opTLOAD, opTSTORE, opLOG0, opLOG1, opLOG2, opLOG3,
    opLOG4
} from "./opcodes/Data.sol";
import {
    opJUMP, opJUMPI, opPUSH2, opJUMPDEST, opPC, opGAS, opSTOP, opRETURN, opREVERT, opINVALID, opCALL, opCALLCODE, opDELEGATECALL, opSTATICCALL,
    opCREATE, opCREATE2, opSELFDESTRUCT
} from "./opcodes/Flow.sol";

// Cancun's opcodes: for each its handler, what it costs at least, and how many words it takes from the stack and leaves on it.

/// @dev What the dispatcher adds to the state: pc and one step, `cost` less, `takes` items less, and the room for what is left. The steps always borrow
/// one from the handler above them, which is given back here.
function meter(uint256 cost, uint256 takes, uint256 gives) pure returns (uint256 word) {
    unchecked {
        word = (1 << PC_SHIFT) + (1 << HANDLER_SHIFT) - (1 << STEPS_SHIFT) - (cost << GAS_SHIFT) - ((gives - takes) << ROOM_SHIFT) - takes * ONE_ITEM;
    }
}

function set(uint256 opcode, function(uint256) view returns (uint256) handler, uint256 word) pure {
    assembly { mstore(add(TABLE, shl(5, opcode)), add(shl(HANDLER_SHIFT, handler), word)) }
}

/// @dev Fills TABLE.
function fillTable() pure {
    fillInvalid();
    fillCheap();
    fillPushes();
    fillShuffles();
    fillData();
    fillRest();
}

/// @dev Whatever is no opcode halts its frame.
function fillInvalid() pure {
    function(uint256) view returns (uint256) handler = opINVALID;
    uint256 word = meter(0, 0, 0);
    assembly {
        mstore(TABLE, add(shl(HANDLER_SHIFT, handler), word))
        for { let size := 32 } lt(size, TABLE_SIZE) { size := shl(1, size) } { mcopy(add(TABLE, size), TABLE, size) }
    }
}

/// @dev Arithmetic, comparisons and what is merely read.
function fillCheap() pure {
    uint256 word;
    word = meter(3, 2, 1);
    set(0x01, opADD, word);
    set(0x03, opSUB, word);
    set(0x10, opLT, word);
    set(0x11, opGT, word);
    set(0x12, opSLT, word);
    set(0x13, opSGT, word);
    set(0x14, opEQ, word);
    set(0x16, opAND, word);
    set(0x17, opOR, word);
    set(0x18, opXOR, word);
    set(0x1a, opBYTE, word);
    set(0x1b, opSHL, word);
    set(0x1c, opSHR, word);
    set(0x1d, opSAR, word);
    word = meter(5, 2, 1);
    set(0x02, opMUL, word);
    set(0x04, opDIV, word);
    set(0x05, opSDIV, word);
    set(0x06, opMOD, word);
    set(0x07, opSMOD, word);
    set(0x0b, opSIGNEXTEND, word);
    word = meter(8, 3, 1);
    set(0x08, opADDMOD, word);
    set(0x09, opMULMOD, word);
    word = meter(10, 2, 1);
    set(0x0a, opEXP, word);
    word = meter(2, 0, 1);
    set(0x30, opADDRESS, word);
    set(0x32, opORIGIN, word);
    set(0x33, opCALLER, word);
    set(0x34, opCALLVALUE, word);
    set(0x36, opCALLDATASIZE, word);
    set(0x38, opCODESIZE, word);
    set(0x3a, opGASPRICE, word);
    set(0x3d, opRETURNDATASIZE, word);
    set(0x41, opCOINBASE, word);
    set(0x42, opTIMESTAMP, word);
    set(0x43, opNUMBER, word);
    set(0x44, opPREVRANDAO, word);
    set(0x45, opGASLIMIT, word);
    set(0x46, opCHAINID, word);
    set(0x48, opBASEFEE, word);
    set(0x4a, opBLOBBASEFEE, word);
    set(0x58, opPC, word);
    set(0x59, opMSIZE, word);
    set(0x5a, opGAS, word);
    word = meter(5, 0, 1);
    set(0x47, opSELFBALANCE, word);
}

/// @dev PUSH0 to PUSH32.
function fillPushes() pure {
    uint256 word;
    word = meter(2, 0, 1);
    set(0x5f, opPUSH0, word);
    word = meter(3, 0, 1);
    set(0x60, opPUSH1, word);
    set(0x61, opPUSH2, word);
    set(0x62, opPUSH3, word);
    set(0x63, opPUSH4, word);
    set(0x64, opPUSH5, word);
    set(0x65, opPUSH6, word);
    set(0x66, opPUSH7, word);
    set(0x67, opPUSH8, word);
    set(0x68, opPUSH9, word);
    set(0x69, opPUSH10, word);
    set(0x6a, opPUSH11, word);
    set(0x6b, opPUSH12, word);
    set(0x6c, opPUSH13, word);
    set(0x6d, opPUSH14, word);
    set(0x6e, opPUSH15, word);
    set(0x6f, opPUSH16, word);
    set(0x70, opPUSH17, word);
    set(0x71, opPUSH18, word);
    set(0x72, opPUSH19, word);
    set(0x73, opPUSH20, word);
    set(0x74, opPUSH21, word);
    set(0x75, opPUSH22, word);
    set(0x76, opPUSH23, word);
    set(0x77, opPUSH24, word);
    set(0x78, opPUSH25, word);
    set(0x79, opPUSH26, word);
    set(0x7a, opPUSH27, word);
    set(0x7b, opPUSH28, word);
    set(0x7c, opPUSH29, word);
    set(0x7d, opPUSH30, word);
    set(0x7e, opPUSH31, word);
    set(0x7f, opPUSH32, word);
}

/// @dev DUP and SWAP.
function fillShuffles() pure {
    uint256 word;
    word = meter(3, 1, 2);
    set(0x80, opDUP1, word);
    word = meter(3, 2, 3);
    set(0x81, opDUP2, word);
    word = meter(3, 3, 4);
    set(0x82, opDUP3, word);
    word = meter(3, 4, 5);
    set(0x83, opDUP4, word);
    word = meter(3, 5, 6);
    set(0x84, opDUP5, word);
    word = meter(3, 6, 7);
    set(0x85, opDUP6, word);
    word = meter(3, 7, 8);
    set(0x86, opDUP7, word);
    word = meter(3, 8, 9);
    set(0x87, opDUP8, word);
    word = meter(3, 9, 10);
    set(0x88, opDUP9, word);
    word = meter(3, 10, 11);
    set(0x89, opDUP10, word);
    word = meter(3, 11, 12);
    set(0x8a, opDUP11, word);
    word = meter(3, 12, 13);
    set(0x8b, opDUP12, word);
    word = meter(3, 13, 14);
    set(0x8c, opDUP13, word);
    word = meter(3, 14, 15);
    set(0x8d, opDUP14, word);
    word = meter(3, 15, 16);
    set(0x8e, opDUP15, word);
    word = meter(3, 16, 17);
    set(0x8f, opDUP16, word);
    word = meter(3, 2, 2);
    set(0x90, opSWAP1, word);
    word = meter(3, 3, 3);
    set(0x91, opSWAP2, word);
    word = meter(3, 4, 4);
    set(0x92, opSWAP3, word);
    word = meter(3, 5, 5);
    set(0x93, opSWAP4, word);
    word = meter(3, 6, 6);
    set(0x94, opSWAP5, word);
    word = meter(3, 7, 7);
    set(0x95, opSWAP6, word);
    word = meter(3, 8, 8);
    set(0x96, opSWAP7, word);
    word = meter(3, 9, 9);
    set(0x97, opSWAP8, word);
    word = meter(3, 10, 10);
    set(0x98, opSWAP9, word);
    word = meter(3, 11, 11);
    set(0x99, opSWAP10, word);
    word = meter(3, 12, 12);
    set(0x9a, opSWAP11, word);
    word = meter(3, 13, 13);
    set(0x9b, opSWAP12, word);
    word = meter(3, 14, 14);
    set(0x9c, opSWAP13, word);
    word = meter(3, 15, 15);
    set(0x9d, opSWAP14, word);
    word = meter(3, 16, 16);
    set(0x9e, opSWAP15, word);
    word = meter(3, 17, 17);
    set(0x9f, opSWAP16, word);
}

/// @dev Memory, storage and copies.
function fillData() pure {
    uint256 word;
    word = meter(3, 1, 1);
    set(0x15, opISZERO, word);
    set(0x19, opNOT, word);
    set(0x35, opCALLDATALOAD, word);
    set(0x49, opBLOBHASH, word);
    set(0x51, opMLOAD, word);
    word = meter(30, 2, 1);
    set(0x20, opKECCAK256, word);
    word = meter(100, 1, 1);
    set(0x31, opBALANCE, word);
    set(0x3b, opEXTCODESIZE, word);
    set(0x3f, opEXTCODEHASH, word);
    set(0x54, opSLOAD, word);
    set(0x5c, opTLOAD, word);
    word = meter(3, 3, 0);
    set(0x37, opCALLDATACOPY, word);
    set(0x39, opCODECOPY, word);
    set(0x3e, opRETURNDATACOPY, word);
    set(0x5e, opMCOPY, word);
    word = meter(100, 4, 0);
    set(0x3c, opEXTCODECOPY, word);
    word = meter(20, 1, 1);
    set(0x40, opBLOCKHASH, word);
    word = meter(3, 2, 0);
    set(0x52, opMSTORE, word);
    set(0x53, opMSTORE8, word);
    word = meter(0, 2, 0);
    set(0x55, opSSTORE, word);
    word = meter(100, 2, 0);
    set(0x5d, opTSTORE, word);
}

/// @dev Jumps, logs, calls, creations, ends.
function fillRest() pure {
    uint256 word;
    word = meter(0, 0, 0);
    set(0x00, opSTOP, word);
    word = meter(2, 1, 0);
    set(0x50, opPOP, word);
    word = meter(0, 2, 0);
    set(0xf3, opRETURN, word);
    set(0xfd, opREVERT, word);
    word = meter(8, 1, 0);
    set(0x56, opJUMP, word);
    word = meter(10, 2, 0);
    set(0x57, opJUMPI, word);
    word = meter(1, 0, 0);
    set(0x5b, opJUMPDEST, word);
    word = meter(375, 2, 0);
    set(0xa0, opLOG0, word);
    word = meter(750, 3, 0);
    set(0xa1, opLOG1, word);
    word = meter(1125, 4, 0);
    set(0xa2, opLOG2, word);
    word = meter(1500, 5, 0);
    set(0xa3, opLOG3, word);
    word = meter(1875, 6, 0);
    set(0xa4, opLOG4, word);
    word = meter(32000, 3, 1);
    set(0xf0, opCREATE, word);
    word = meter(100, 7, 1);
    set(0xf1, opCALL, word);
    set(0xf2, opCALLCODE, word);
    word = meter(100, 6, 1);
    set(0xf4, opDELEGATECALL, word);
    set(0xfa, opSTATICCALL, word);
    word = meter(32000, 4, 1);
    set(0xf5, opCREATE2, word);
    word = meter(5000, 1, 0);
    set(0xff, opSELFDESTRUCT, word);
}
