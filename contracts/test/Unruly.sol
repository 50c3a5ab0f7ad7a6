// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice A contract whose settlement function calls itself, and whose moves ask the precompiles for much.
contract Unruly {
    uint256 public constant PAY = 0;
    uint256 public constant REENTER = 1;
    uint256 public constant REENTER_AND_FAIL = 2;

    uint256 public mode;
    bytes32 public mark;

    error Failing();

    /// @notice Puts money in, and says what the settlement function does from now on.
    function be(uint256 mode_) external payable {
        mode = mode_;
    }

    /// @notice Hashes, recovers, and raises to a power.
    function compute(uint256 base) external {
        bytes32 hashed = sha256(abi.encode(base)) ^ bytes32(ripemd160(abi.encode(base)));
        address recovered = ecrecover(hashed, 27, bytes32(base), bytes32(base));
        (bool done, bytes memory power) = address(5).staticcall(abi.encode(32, 32, 32, base, type(uint256).max, type(uint256).max - 4));
        require(done);
        mark = keccak256(abi.encode(hashed, recovered, power));
    }

    /// @notice The settlement function: who moved last takes everything, and then, called again, nothing.
    function settle(address lastMover, address[] calldata movers, bytes calldata data) external {
        uint256 left = address(this).balance;
        (bool paid,) = lastMover.call{value: left}("");
        require(paid);
        if (mode == PAY || left == 0) return;
        this.settle(lastMover, movers, data);
        if (mode == REENTER_AND_FAIL) revert Failing();
    }
}

/// @notice A settlement function that does not end, once a move has said so.
contract Looping {
    bool public loops;

    function be(bool loops_) external payable {
        loops = loops_;
    }

    function settle(address, address[] calldata, bytes calldata) external view {
        while (loops) {}
    }
}
