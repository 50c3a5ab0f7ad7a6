// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import "./Layout.sol";
import {IInterpreter} from "./IInterpreter.sol";
import {fillTable} from "./OpcodeTable.sol";
import {load} from "./Loading.sol";
import {answerMachine, answerResult} from "./Saving.sol";
import {halt} from "./Frames.sol";
import {failed} from "./Meter.sol";
import {suspend} from "./Suspending.sol";
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
            // The same seven times: the way back to the loop's start costs more gas than it saves bytes.
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

    /// @dev A guard bit is set, so it is not certain that this opcode runs: the message has ended, the frame halts or waits, the steps are used up, or the gas that is not hidden does
    /// not suffice; then it runs all the same.
    function interrupt(uint256 s) private view returns (uint256) {
        uint256 depth;
        uint256 meter;
        uint256 all;
        bool waits;
        assembly {
            depth := mload(DEPTH)
            // Back to before the opcode was charged for.
            meter := mload(shl(5, byte(0, mload(sub(shr(PC_SHIFT, s), 1)))))
            s := sub(s, meter)
            all := add(s, mload(HIDDEN))
            // Behind its last opcode a code has ended.
            waits := and(slt(shl(GAS_SIGN, s), 0), lt(sub(shr(PC_SHIFT, s), mload(CODE_AT)), mload(CODE_SIZE)))
        }
        if (depth == 0) answerResult(s);
        if (failed(s)) return halt(s);
        if (waits) return suspend(s, 0);
        if ((all >> STEPS_SHIFT) & STEPS_MASK == 0) answerMachine(all);
        bool stops;
        function(uint256) view returns (uint256) handler;
        assembly {
            stops := gt(and(add(all, meter), GUARDS), 0)
            handler := shr(HANDLER_SHIFT, meter)
            switch stops
            case 0 { s := add(s, meter) }
            default { s := sub(s, shl(STEPS_SHIFT, 1)) }
        }
        return stops ? halt(s) : handler(s);
    }
}
