// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice What the interpreter refuses. None of these is a result of the code that it runs: the call says nothing about the message.
interface IInterpreter {
    /// @notice The code touches an account that was not handed in.
    error MissingAccount(address account);
    /// @notice The code touches a storage slot that was not handed in.
    error MissingSlot(address account, uint256 slot);
    /// @notice The account's code is needed and was not handed in.
    error MissingCode(address account);
    /// @notice An area that the caller sized is too small: 0 frames, 1 transient slots, 2 journal, 3 return data, 4 new codes.
    error OutOfRoom(uint256 area);
    /// @notice The gas of this call does not suffice for a precompile. The outer gas never decides a result.
    error OutOfOuterGas(uint256 needed);
    /// @notice A precompile of the host chain did not do what the rules say it does.
    error HostPrecompileFailed(uint256 precompile);
    /// @notice The input is not what it must be: 0 rules, 1 length, 2 code hash, 3 code's number, 4 same account or slot twice, 5 slot's owner, 6 a number
    /// above what its field holds, 7 a suspended machine's stack or pc.
    error BadInput(uint256 reason);
}
