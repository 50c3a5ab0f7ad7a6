// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {IPort} from "../interfaces/IPort.sol";
import {Exits} from "./Exits.sol";

/// @title For authors of contracts that run in threads
/// @dev Any compiler from 0.8.20 on: with both code generators, optimized or not.
library Thread {
    /// @notice Who calls the function that settles, at the end of a dispute: `msg.sender` there, and of nothing else.
    address internal constant COURT = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;

    /// @dev keccak256("evm-threads/breakpoint/1")
    bytes32 private constant BREAKPOINT = 0x959016c5adc4a8204418c54bb7151d3419dd1c0afaa45488f1e197a636c9853a;
    /// @dev Tells what a mover has sent.
    address private constant INPUT = 0x000000000000000000000000000000696e707574;
    /// @dev What it tells of every transaction: sender, value and time. The data stand behind.
    uint256 private constant INPUT_HEAD = 96;

    /// @notice There is no port here, or nobody answers: this contract does not run in a thread, or not in one that allows routines.
    error OutsideThread();
    /// @notice A player has sent less than a word.
    error NotAWord(uint256 size);

    /// @notice Pays `amount` (18 decimals, as all money in a thread) to an account on the chain, while the thread stays open.
    /// @return index the receipt's number
    function exit(address target, uint256 amount) internal returns (uint256 index) {
        return port().exit{value: amount}(target, "");
    }

    /// @notice The same, and calls `target` with `data` on the chain; there this contract's own address is the caller.
    function exit(address target, uint256 amount, bytes memory data) internal returns (uint256 index) {
        return port().exit{value: amount}(target, data);
    }

    /// @notice Waits for one of `movers`, and returns what it sends (specification, section 11). Nothing that was computed before is lost: the function goes on where it waits.
    /// @dev A transaction waits at a breakpoint only in the function that a player has called, not in a call inside of it; in a thread of codeKind 2 or 3. BASEFEE apart, whatever a transaction says of
    /// itself may be another's behind the breakpoint: read time and value with `time` and `value`, for the compiler reads TIMESTAMP and CALLVALUE when it likes to.
    /// @param onTimeout selector of the function that settles when nobody moves: `function (address lastMover, address[] calldata movers, bytes calldata data) external`
    /// @param movers 1 to 16 players
    /// @param data for whoever is to move, and for `onTimeout`; at most 1,024 bytes
    /// @return from who has moved
    /// @return input the data that it sent, at most 1,024 bytes, in new memory (see `release`)
    function breakpoint(bytes4 onTimeout, address[] memory movers, bytes memory data) internal returns (address from, bytes memory input) {
        wait(onTimeout, movers, data);
        return answer();
    }

    /// @notice The same for one player.
    function breakpoint(bytes4 onTimeout, address mover, bytes memory data) internal returns (bytes memory input) {
        wait(onTimeout, mover, data);
        (, input) = answer();
    }

    /// @notice The same for one player, without data.
    function breakpoint(bytes4 onTimeout, address mover) internal returns (bytes memory input) {
        return breakpoint(onTimeout, mover, "");
    }

    /// @notice The same for an answer of one word, say a number; no memory is taken for it. Less than a word is none.
    function breakpointWord(bytes4 onTimeout, address mover) internal returns (uint256 word) {
        wait(onTimeout, mover, "");
        uint256 size = told();
        if (size < 32) revert NotAWord(size);
        return wordAt(INPUT_HEAD);
    }

    /// @notice The time of the transaction that runs: a mover's own, behind a breakpoint.
    function time() internal view returns (uint256) {
        return isAnswered() ? wordAt(64) : block.timestamp;
    }

    /// @notice What came along with the transaction that runs: a mover's own value, behind a breakpoint.
    function value() internal view returns (uint256) {
        return isAnswered() ? wordAt(32) : msg.value;
    }

    /// @notice How far memory is in use. A long loop marks it, and releases at its end what it has taken in between: memory that waits is part of the state, 16,384 bytes at most.
    function mark() internal pure returns (uint256 place) {
        assembly ("memory-safe") {
            place := mload(0x40)
        }
    }

    /// @notice Gives back all memory since `mark`: nothing that was made since then may be used any more.
    function release(uint256 place) internal pure {
        assembly ("memory-safe") {
            mstore(0x40, place)
        }
    }

    /// @dev What the log says is written behind the memory in use, and takes none: at the next breakpoint it is overwritten.
    function wait(bytes4 onTimeout, address[] memory movers, bytes memory data) private {
        assembly ("memory-safe") {
            let start := mload(0x40)
            let count := mload(movers)
            mstore(start, onTimeout)
            mstore8(add(start, 4), count)
            let end := add(start, 5)
            for { let i := 1 } iszero(gt(i, count)) { i := add(i, 1) } {
                mstore(end, mload(add(movers, mul(i, 0x20))))
                end := add(end, 0x20)
            }
            let size := mload(data)
            for { let i := 0 } lt(i, size) { i := add(i, 0x20) } { mstore(add(end, i), mload(add(add(data, 0x20), i))) }
            log1(start, sub(add(end, size), start), BREAKPOINT)
        }
    }

    function wait(bytes4 onTimeout, address mover, bytes memory data) private {
        assembly ("memory-safe") {
            let start := mload(0x40)
            mstore(start, onTimeout)
            mstore8(add(start, 4), 1)
            mstore(add(start, 5), and(mover, 0xffffffffffffffffffffffffffffffffffffffff))
            let size := mload(data)
            for { let i := 0 } lt(i, size) { i := add(i, 0x20) } { mstore(add(add(start, 37), i), mload(add(add(data, 0x20), i))) }
            log1(start, add(37, size), BREAKPOINT)
        }
    }

    function answer() private view returns (address from, bytes memory input) {
        uint256 size = told();
        from = address(uint160(wordAt(0)));
        assembly ("memory-safe") {
            input := mload(0x40)
            mstore(input, size)
            returndatacopy(add(input, 0x20), INPUT_HEAD, size)
            mstore(0x40, add(input, and(add(size, 0x3f), not(0x1f))))
        }
    }

    /// @dev The size of the mover's data; the return data are what it has sent.
    function told() private view returns (uint256) {
        if (!isAnswered()) revert OutsideThread();
        uint256 size;
        assembly ("memory-safe") {
            size := returndatasize()
        }
        return size - INPUT_HEAD;
    }

    /// @dev Asks for the input: it lies in the return data afterwards, where there is one.
    function isAnswered() private view returns (bool answered) {
        assembly ("memory-safe") {
            let done := staticcall(gas(), INPUT, 0, 0, 0, 0)
            answered := and(done, gt(returndatasize(), 95))
        }
    }

    function wordAt(uint256 offset) private pure returns (uint256 word) {
        assembly ("memory-safe") {
            returndatacopy(0, offset, 0x20)
            word := mload(0)
        }
    }

    function port() private view returns (IPort) {
        if (Exits.PORT.code.length == 0) revert OutsideThread();
        return IPort(Exits.PORT);
    }
}
