// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaims} from "./IClaims.sol";
import {IThreads} from "./IThreads.sol";

/// @title How results are claimed, refuted, doubted, proved and dropped
/// @notice Calls of the court that only its other half has (contracts/court/Forwarding.sol): made at the court's address like all others, and part of its ABI.
/// Specification: `src/protocol/README.md`, section 8, "Claims".
interface IClaimCalls {
    /// @notice Before D: a player's move from the recorded state, its result claimed. By the player's wallet or session key only.
    /// Its transaction stands for its Force, which is not looked at. What is paid goes to who answers: the oracle's fee, or the player's own bond.
    /// @param recorded the recorded breakpoint
    /// @param stateRoot what the move is claimed to leave
    /// @param result the oracle's `Result`; empty: the player answers for it itself
    function claim(
        IThreads.Terms calldata terms,
        IThreads.Breakpoint calldata recorded,
        IThreads.Move calldata move,
        bytes32 stateRoot,
        bytes calldata result
    ) external payable;

    /// @notice Before D, by anyone: executes a claimed move from the state before it. Where the result is another one, that is recorded instead; where the input is no move, what stood before it.
    /// What followed is gone, the mover's bank too, and the claim's bond pays. Where the result is the claimed one, the claim is proved; who doubted it pays.
    /// @param index among the claims of the lineage, from the first
    /// @param claimed the claim's breakpoint
    /// @param parent the breakpoint before it
    /// @param input the move's input
    function refuteClaim(
        IThreads.Terms calldata terms,
        uint256 index,
        IThreads.Breakpoint calldata claimed,
        IThreads.Breakpoint calldata parent,
        IThreads.LastInput calldata input,
        IClaims.Evidence calldata evidence
    ) external;

    /// @notice Before D, by anyone, of an unproven claim that nobody has doubted: it falls at D unless somebody proves it (`refuteClaim`), who is then paid from this
    /// deposit. What is paid must be `bondFor` of the thread's gas limit. D becomes a window from now on, where it is not later.
    function doubt(IThreads.Terms calldata terms, uint256 index, IThreads.Breakpoint calldata claimed) external payable;

    /// @notice By anyone: ends a doubt that was not met. At D or later the claim falls, as if refuted; its bond pays the gas of who doubted and of who drops, and the
    /// premium to who doubted. Where the claim does not stand any more, the deposit alone is given back, at any time.
    /// @param parent the breakpoint before it; ignored where the claim does not stand
    /// @param input the move's input; likewise
    function drop(
        IThreads.Terms calldata terms,
        IThreads.Breakpoint calldata claimed,
        IThreads.Breakpoint calldata parent,
        IThreads.LastInput calldata input
    ) external;
}
