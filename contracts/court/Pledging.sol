// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IClaims} from "../interfaces/IClaims.sol";
import {Payments} from "../lib/Payments.sol";
import {Record} from "../lib/Record.sol";
import {Signatures} from "../lib/Signatures.sol";
import {TermsLib} from "../lib/TermsLib.sol";
import {Moves} from "./Moves.sol";

/// @notice Bonds: put down, set aside for a thread, and taken back (section 8 of the specification, "Claims").
/// INVARIANT: an ether of a bond is free, or set aside by one account for one thread; so none is promised twice. What is free answers for nothing.
abstract contract Pledging is Moves, Payments {
    using TermsLib for Terms;

    /// @inheritdoc IClaims
    function bond() external payable {
        // Elsewhere than at the court it would be lost.
        if (address(this) == SELF) revert OtherHalf();
        uint256 free = bonds[msg.sender] + msg.value;
        bonds[msg.sender] = free;
        emit Bonded(msg.sender, msg.value, free);
    }

    /// @inheritdoc IClaims
    function unbond(uint256 amount) external {
        uint256 left = take(msg.sender, amount);
        emit Unbonded(msg.sender, amount, left);
        push(address(0), msg.sender, amount);
    }

    /// @inheritdoc IClaims
    function accept(Terms calldata terms, uint256 amount, bytes calldata signature) external {
        bytes32 threadId = threadIdOf(terms);
        Phase phase = entryOf(threadId).record.phase();
        if (phase != Phase.None && phase != Phase.Joining) revert WrongPhase(threadId, phase);
        if (block.timestamp > terms.joinDeadline) revert JoinTooLate(terms.joinDeadline, block.timestamp);
        address oracle = terms.oracle;
        if (oracle == address(0)) revert NoOracle();
        if (pledges[threadId][oracle].accepted) revert AlreadyAccepted(threadId);
        if (msg.sender != oracle || signature.length != 0) {
            bytes32 digest = digestOf(hashAccept(threadId, terms.oracleFee, amount));
            if (!Signatures.isAuthorised(digest, oracle, signature)) revert BadAuthorisation(oracle);
        }
        take(oracle, amount);
        // SAFETY: no account has 2^128 wei.
        pledges[threadId][oracle] = Pledge(uint128(amount), true);
        emit Accepted(threadId, oracle, amount);
    }

    /// @inheritdoc IClaims
    function release(Terms calldata terms, address account) external {
        bytes32 threadId = threadIdOf(terms);
        Phase phase = entryOf(threadId).record.phase();
        // An unproven claim can be refuted in a dispute only. The oracle has promised to answer in every dispute of the thread, a player in none.
        bool bound = account == terms.oracle ? !isOver(terms, phase) : phase == Phase.Disputed;
        if (bound) revert StillPledged(threadId);
        uint256 amount = pledges[threadId][account].amount;
        delete pledges[threadId][account];
        bonds[account] += amount;
        emit Released(threadId, account, amount);
    }

    /// @dev Ended, or never to be opened.
    function isOver(Terms calldata terms, Phase phase) private view returns (bool) {
        return phase == Phase.None ? block.timestamp > terms.joinDeadline : phase > Phase.Disputed;
    }

    function take(address account, uint256 amount) private returns (uint256 left) {
        uint256 free = bonds[account];
        if (amount > free) revert BondTooSmall(free, amount);
        left = free - amount;
        bonds[account] = left;
    }
}
