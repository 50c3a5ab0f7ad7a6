// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What receipts call in the tests.
contract Target {
    event Poked(address sender, uint256 value, uint256 number);

    error Refused(uint256 number);

    uint256 public fails = 1;
    /// @notice Whether the inner call of `careful` had gas enough.
    bool public whole;
    uint256 private written;

    /// @notice Takes money and a number.
    function poke(uint256 number) external payable {
        emit Poked(msg.sender, msg.value, number);
    }

    /// @notice Fails until it is told not to.
    function moody(uint256 number) external payable {
        if (fails != 0) revert Refused(number);
        emit Poked(msg.sender, msg.value, number);
    }

    /// @notice Fails with a megabyte.
    function loud() external pure {
        assembly {
            revert(0, 1000000)
        }
    }

    function cheer() external {
        fails = 0;
    }

    /// @notice Catches what fails inside, so that too little gas would go unnoticed.
    function careful() external payable {
        try this.costly() {
            whole = true;
        } catch {
            whole = false;
        }
    }

    /// @notice Takes 880,000 gas.
    function costly() external {
        for (uint256 i; i < 40; ++i) {
            written = 0;
            assembly {
                sstore(add(1000, i), 1)
            }
        }
    }

    receive() external payable {
        emit Poked(msg.sender, msg.value, 0);
    }
}
