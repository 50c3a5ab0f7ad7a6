// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {BreakpointVerifier} from "../BreakpointVerifier.sol";
import {IThreads} from "../interfaces/IThreads.sol";

/// @title A scoreboard of games that were never played on the chain
/// @notice It believes what both players of a thread of one known contract have signed: no transaction of the court is needed for it.
contract Scoreboard {
    /// @dev Of `wins` in Rounds.
    uint256 private constant WINS_SLOT = 3;

    BreakpointVerifier public immutable verifier;
    /// @notice The code of the games that count. Players who play against themselves score, too: the threads show who played.
    bytes32 public immutable codeHash;

    /// @notice Rounds that a player has won in a thread, as far as the board knows.
    mapping(bytes32 threadId => mapping(address player => uint256)) public wins;
    /// @notice Rounds that a player has won in all threads.
    mapping(address player => uint256) public total;

    event Scored(bytes32 indexed threadId, address indexed player, uint256 wins);

    error OtherGame(bytes32 codeHash);
    error NothingNew(uint256 known);

    constructor(BreakpointVerifier verifier_, bytes32 codeHash_) {
        (verifier, codeHash) = (verifier_, codeHash_);
    }

    /// @notice Enters what `player` has won up to a breakpoint that all players have signed. By anyone.
    function report(
        IThreads.Terms calldata terms,
        IThreads.Breakpoint calldata breakpoint,
        bytes calldata signatures,
        address player,
        uint256 won,
        bytes calldata proof
    ) external {
        if (terms.codeHash != codeHash) revert OtherGame(terms.codeHash);
        bytes32 threadId = verifier.requireSigned(terms, breakpoint, signatures);
        BreakpointVerifier.SlotValue[] memory values = new BreakpointVerifier.SlotValue[](1);
        values[0] = BreakpointVerifier.SlotValue(verifier.contractOf(threadId), keccak256(abi.encode(player, WINS_SLOT)), bytes32(won));
        verifier.requireValues(breakpoint.stateRoot, values, proof);
        uint256 known = wins[threadId][player];
        // A count of wins only rises: an older breakpoint says nothing new.
        if (won <= known) revert NothingNew(known);
        wins[threadId][player] = won;
        total[player] += won - known;
        emit Scored(threadId, player, won);
    }
}
