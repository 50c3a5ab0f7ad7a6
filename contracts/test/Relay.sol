// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {Thread} from "../lib/Thread.sol";

/// @notice A routine for trying compilers: nested loops, internal functions, arrays in memory, calls, and everything that a compiler could take for the same in all rounds.
/// @dev Short functions and few variables: not optimized, code via IR has little room on the stack.
contract Relay {
    struct Notes {
        address[] movers;
        uint256[] numbers;
        uint256 times;
        uint256 values;
        uint256 balances;
        bytes32 digest;
    }

    bytes4 private constant LATE = Relay.late.selector;

    address private immutable first;
    address private immutable second;

    uint256[] public said;
    uint256 public times;
    uint256 public values;
    uint256 public balances;
    bytes32 public digest;

    constructor(address first_, address second_) {
        (first, second) = (first_, second_);
    }

    /// @notice In each round both say a number, then one of them some bytes.
    function run(uint256 rounds) external payable {
        Notes memory notes = begin(rounds);
        notes.digest = called();
        for (uint256 i; i < rounds; ++i) round(notes, i);
        store(notes);
    }

    function late(address, address[] calldata, bytes calldata) external {}

    function twice(uint256 number) external pure returns (uint256) {
        return 2 * number;
    }

    function begin(uint256 rounds) private view returns (Notes memory notes) {
        notes.numbers = new uint256[](rounds);
        notes.movers = both();
    }

    function called() private view returns (bytes32) {
        return keccak256(abi.encode(msg.sender, msg.value, msg.data));
    }

    function both() private view returns (address[] memory movers) {
        movers = new address[](2);
        movers[0] = first;
        movers[1] = second;
    }

    function round(Notes memory notes, uint256 i) private {
        uint256 place = Thread.mark();
        for (uint256 j; j < 2; ++j) ask(notes, i, j);
        listen(notes, i);
        check(notes, i);
        Thread.release(place);
    }

    function ask(Notes memory notes, uint256 i, uint256 j) private {
        say(notes, i, Thread.breakpointWord(LATE, notes.movers[j]));
        note(notes);
    }

    function say(Notes memory notes, uint256 i, uint256 number) private pure {
        uint256[] memory numbers = notes.numbers;
        numbers[i] = 10 * numbers[i] + number;
    }

    function listen(Notes memory notes, uint256 i) private {
        bytes memory data = spoken(notes, i);
        (address from, bytes memory input) = Thread.breakpoint(LATE, notes.movers, data);
        hear(notes, from, input);
    }

    function spoken(Notes memory notes, uint256 i) private pure returns (bytes memory) {
        return abi.encode(i, notes.numbers);
    }

    function hear(Notes memory notes, address from, bytes memory input) private view {
        notes.digest = keccak256(abi.encodePacked(notes.digest, from, input));
        note(notes);
    }

    function check(Notes memory notes, uint256 i) private view {
        notes.digest = keccak256(abi.encode(notes.digest, doubled(i), called()));
    }

    function doubled(uint256 i) private view returns (uint256) {
        return this.twice(i);
    }

    function store(Notes memory notes) private {
        said = notes.numbers;
        times = notes.times;
        values = notes.values;
        balances = notes.balances;
        digest = notes.digest;
    }

    function note(Notes memory notes) private view {
        notes.times += Thread.time();
        notes.values += Thread.value();
        notes.balances += address(this).balance;
    }
}
