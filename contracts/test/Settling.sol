// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A game in which nothing matters but who moved last: who did takes everything when the chain settles it. Moves can break that, or take long.
contract Settling {
    uint256 public moves;
    uint256 public sum;
    bool public broken;

    error Broken();
    error NotTheSystem(address sender);

    function move() external payable {
        ++moves;
    }

    /// @notice From now on it cannot be settled.
    function breakSettlement() external {
        broken = true;
    }

    /// @notice A move with `rounds` of work.
    function work(uint256 rounds) external {
        uint256 value = sum;
        for (uint256 i; i < rounds; ++i) value = (value ^ i) + 1;
        sum = value;
        ++moves;
    }

    /// @notice The settlement function.
    function settle(address lastMover, address[] calldata, bytes calldata) external {
        if (msg.sender != 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE) revert NotTheSystem(msg.sender);
        if (broken) revert Broken();
        (bool done,) = lastMover.call{value: address(this).balance}("");
        require(done);
    }
}
