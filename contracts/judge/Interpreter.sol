// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {IInterpreter} from "./IInterpreter.sol";
import {fillTable} from "./OpcodeTable.sol";
import {load} from "./Loading.sol";
import {answerMachine, answerResult} from "./Saving.sol";
import {halt} from "./Frames.sol";
import {tryHost} from "./Precompiles.sol";

/// @title An EVM for one message, in the EVM.
/// @notice Runs EVM bytecode by the rules of the Cancun fork, with exact gas, on the accounts and slots that are handed in. It holds nothing and
/// believes nothing: whoever calls it checks the values against a state root and does something with what comes back. README.md describes the input
/// and the answer. It is reached by a static call without a selector.
/// @dev Compiled by solc's legacy code generator: only there is a pointer to an internal function a jump destination.
contract Interpreter is IInterpreter {
    constructor() {
        tryHost();
    }

    fallback() external {
        fillTable();
        uint256 s = load();
        function(uint256) view returns (uint256) handler;
        while (true) {
            // The same four times: the way back to the loop's start costs more gas than it saves bytes.
            while (true) {
                assembly {
                    handler := mload(shl(5, byte(0, mload(shr(PC_SHIFT, s)))))
                    s := add(s, handler)
                }
                if (s & GUARDS > 0) break;
                assembly { handler := shr(HANDLER_SHIFT, handler) }
                s = handler(s);
                assembly {
                    handler := mload(shl(5, byte(0, mload(shr(PC_SHIFT, s)))))
                    s := add(s, handler)
                }
                if (s & GUARDS > 0) break;
                assembly { handler := shr(HANDLER_SHIFT, handler) }
                s = handler(s);
                assembly {
                    handler := mload(shl(5, byte(0, mload(shr(PC_SHIFT, s)))))
                    s := add(s, handler)
                }
                if (s & GUARDS > 0) break;
                assembly { handler := shr(HANDLER_SHIFT, handler) }
                s = handler(s);
                assembly {
                    handler := mload(shl(5, byte(0, mload(shr(PC_SHIFT, s)))))
                    s := add(s, handler)
                }
                if (s & GUARDS > 0) break;
                assembly { handler := shr(HANDLER_SHIFT, handler) }
                s = handler(s);
            }
            s = interrupt(s);
        }
    }

    /// @dev A guard bit is set, so this opcode does not run: the message has ended, the steps are used up, or the frame halts.
    function interrupt(uint256 s) private pure returns (uint256) {
        uint256 depth;
        bool isOver;
        assembly {
            depth := mload(DEPTH)
            // Back to before the opcode was charged for.
            s := sub(s, mload(shl(5, byte(0, mload(sub(shr(PC_SHIFT, s), 1))))))
            isOver := gt(and(s, FAILED), 0)
        }
        if (depth == 0) answerResult(s);
        if (isOver) return halt(s);
        if ((s >> STEPS_SHIFT) & STEPS_MASK == 0) answerMachine(s);
        assembly { s := sub(s, shl(STEPS_SHIFT, 1)) }
        return halt(s);
    }
}
