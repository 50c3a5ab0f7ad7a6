// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// @title The port: how a thread reaches the chain while it stays open
/// @notice Stands in every thread from its first breakpoint on, at the address that `Exits.PORT` names. Money that is given to it has left the thread: a receipt
/// in its storage says to whom and what is called with it, and the court executes each receipt once. Specification: `src/protocol/README.md`, section 10.
interface IPort {
    /// @notice A receipt: everything that `redeem` needs besides a proof. `amount` is in the asset's units.
    event Exit(uint256 indexed index, address indexed sender, address indexed target, uint256 amount, bytes data);

    /// @notice Only the thread's own contract has something called.
    error NotTheContract(address sender);
    /// @notice Nobody is at address 0.
    error NoTarget();
    /// @notice Neither a unit of the asset nor a call.
    error NothingToDo();
    /// @notice At most 8,192 bytes.
    error DataTooLong(uint256 size, uint256 most);

    /// @notice Pays the value to `target` on the chain, and calls it with `data` there, from the address that the thread's contract has here.
    /// In a thread for a token the tokens are moved first, and the call brings no value. What is less than a unit of the asset stays behind, as what lies in a contract does.
    /// @param data empty for a payment, which anyone can make
    /// @return index the receipt's number
    function exit(address target, bytes calldata data) external payable returns (uint256 index);

    /// @notice How many receipts there are, and all that has left the thread with them, in the asset's units.
    function exits() external view returns (uint256 count, uint256 total);

    /// @notice A receipt's hash; 0 for one that is not there.
    function receipts(uint256 index) external view returns (bytes32);
}
