// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPort} from "../interfaces/IPort.sol";
import {Exits} from "../lib/Exits.sol";

/// @notice The port. Its runtime code is part of every thread's first state, with the first slot filled in; its hash is a constant of the protocol, and the court
/// creates a copy on the chain, where the judge finds the code. That copy serves nobody: its unit is 0, and `exit` fails.
/// INVARIANT: receipts are only ever added, and the total is the sum of their amounts; so whatever is redeemed of one breakpoint is in each that follows it.
contract Port is IPort {
    uint256 private constant MOST_DATA = 8_192;

    /// @dev The first slot, filled in when the thread begins: its contract, how many of its 18-decimal units one unit of the asset is (at most 10^18), no receipts.
    address private contract_;
    uint64 private unit;
    /// @dev SAFETY: 2^32 receipts cost more gas than players ever execute; nobody can use them up.
    uint32 private count;
    uint256 private total;
    /// @inheritdoc IPort
    mapping(uint256 index => bytes32) public receipts;

    /// @inheritdoc IPort
    function exit(address target, bytes calldata data) external payable returns (uint256 index) {
        if (target == address(0)) revert NoTarget();
        if (data.length > MOST_DATA) revert DataTooLong(data.length, MOST_DATA);
        if (data.length != 0 && msg.sender != contract_) revert NotTheContract(msg.sender);
        uint256 amount = msg.value / unit;
        if (amount == 0 && data.length == 0) revert NothingToDo();
        index = count;
        count = uint32(index) + 1;
        if (amount != 0) total += amount;
        receipts[index] = Exits.hashOf(index, msg.sender, target, amount, data);
        emit Exit(index, msg.sender, target, amount, data);
    }

    /// @inheritdoc IPort
    function exits() external view returns (uint256, uint256) {
        return (count, total);
    }
}
