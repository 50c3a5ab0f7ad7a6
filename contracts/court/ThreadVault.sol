// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "../interfaces/IThreads.sol";

/// @notice Where a thread's calls come from on the chain: at the address that its contract has inside the thread stands a clone of this, once there is something to
/// call. It keeps no money, and takes none but what goes on at once.
contract ThreadVault {
    /// @dev What a call gets at least, whoever pays for it.
    uint256 private constant CALL_GAS = 1_000_000;
    /// @dev For what the call itself costs (2,600 cold, 9,000 value, 25,000 a new account), and for what follows it.
    uint256 private constant RESERVE = 50_000;
    uint256 private constant MOST_REASON = 256;

    address private immutable court = msg.sender;

    /// @notice Calls `target`; by the court only. A call that fails reverts with what it said, the first 256 bytes of it.
    /// SAFETY: whoever sends the transaction cannot make a part of the call fail by giving it too little gas, while the whole counts as done.
    function execute(address target, bytes calldata data) external payable {
        if (msg.sender != court) revert IThreads.NotFromCourt(msg.sender);
        uint256 needed = CALL_GAS * 64 / 63 + RESERVE;
        if (gasleft() < needed) revert IThreads.GasTooLow(gasleft(), needed);
        bool done;
        bytes memory reason;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            done := call(gas(), target, callvalue(), free, data.length, 0, 0)
            if iszero(done) {
                let size := returndatasize()
                if gt(size, MOST_REASON) { size := MOST_REASON }
                reason := free
                mstore(reason, size)
                returndatacopy(add(reason, 0x20), 0, size)
                mstore(0x40, add(reason, 0x140))
            }
        }
        if (!done) revert IThreads.CallFailed(target, reason);
    }
}
