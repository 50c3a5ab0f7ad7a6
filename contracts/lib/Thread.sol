// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IPort} from "../interfaces/IPort.sol";
import {Exits} from "./Exits.sol";

/// @title For authors of contracts that run in threads
library Thread {
    /// @notice There is no port here: this contract does not run in a thread.
    error OutsideThread();

    /// @notice Pays `amount` (18 decimals, as all money in a thread) to an account on the chain, while the thread stays open.
    /// @return index the receipt's number
    function exit(address target, uint256 amount) internal returns (uint256 index) {
        return port().exit{value: amount}(target, "");
    }

    /// @notice The same, and calls `target` with `data` on the chain; there this contract's own address is the caller.
    function exit(address target, uint256 amount, bytes memory data) internal returns (uint256 index) {
        return port().exit{value: amount}(target, data);
    }

    function port() private view returns (IPort) {
        if (Exits.PORT.code.length == 0) revert OutsideThread();
        return IPort(Exits.PORT);
    }
}
