// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "./interfaces/IJudge.sol";
import {IClaimCalls} from "./interfaces/IClaimCalls.sol";
import {Bench} from "./court/Bench.sol";
import {Doubting} from "./court/Doubting.sol";
import {Record} from "./lib/Record.sol";
import {Signatures} from "./lib/Signatures.sol";

/// @notice The other half of the court: bonds, claims, doubts and refutations. It runs at the court's address, on the court's memory (court/Forwarding.sol); called by itself it knows no thread.
contract Claims is Doubting {
    /// @dev In one lineage, proved ones too: so that they can be looked through, and doubts cannot prolong a dispute without end.
    uint256 private constant MOST_CLAIMS = 16;

    /// @param judge_ the court's
    constructor(IJudge judge_) Bench(judge_) {}

    /// @inheritdoc IClaimCalls
    function claim(Terms calldata terms, Breakpoint calldata recorded, Move calldata move, bytes32 stateRoot, bytes calldata result)
        external
        payable
    {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Disputed);
        requireOpen(bits);
        // Who refutes shows the input again, and more with it: one that just fits into a transaction could not be refuted.
        if (move.raw.length > MAX_RAW_BYTES) revert InputTooLong(move.raw.length, MAX_RAW_BYTES);
        bytes32 tip = requireRecorded(entry, bits, threadId, recorded);
        bytes32 id = forceOf(threadId, bits, tip, terms, move);
        // Its player's own doing: a wrong claim costs the mover its bank. So its transaction stands for its Force.
        requireMover(terms, move.player);
        if (move.paused != 0) revert WrongJudgement(move.paused, 0);
        (bits,) = charge(threadId, bits, id, terms, recorded.timestamp, move);
        (address account, uint256 index) = answer(threadId, bits, id, terms, move.player, stateRoot, result);
        writeMove(entry, bits.extended(terms.window).withClaim(), threadId, tip, recorded.nonce, move, stateRoot);
        emit Claimed(threadId, account, index);
    }

    /// @dev Somebody answers: the oracle by its signature, else the mover; with a bond for each claim that stands and this one. What was paid joins it.
    function answer(
        bytes32 threadId,
        Record bits,
        bytes32 id,
        Terms calldata terms,
        uint256 player,
        bytes32 stateRoot,
        bytes calldata result
    ) private returns (address account, uint256 index) {
        Standing memory stands = standing(threadId, bits);
        index = stands.count;
        if (index == MOST_CLAIMS) revert TooManyClaims();
        bool byOracle = result.length != 0;
        account = byOracle ? terms.oracle : terms.players[player];
        if (byOracle) {
            if (account == address(0)) revert NoOracle();
            if (stands.refuted) revert OracleRefuted(account);
            Signatures.requireOne(digestOf(hashResult(id, stateRoot, msg.value)), account, terms.players.length, result);
        }
        cover(threadId, terms, account, 1 + (byOracle ? stands.byOracle : stands.byMovers));
        // Before `last` says who answers for this one.
        if (bits.isClaim()) keep(threadId, stands, entryOf(threadId).recorded);
        stands.count += 1;
        if (byOracle) stands.byOracle += 1;
        else stands.byMovers += 1;
        stands.last = uint8(byOracle ? BY_ORACLE : BY_MOVER);
        standings[threadId] = stands;
    }

    function cover(bytes32 threadId, Terms calldata terms, address account, uint256 count) private {
        Pledge storage pledge = pledges[threadId][account];
        uint256 held = pledge.amount + msg.value;
        uint256 needed = bondFor(terms.gasLimit) * count;
        if (held < needed) revert BondTooSmall(held, needed);
        // SAFETY: no account has 2^128 wei.
        if (msg.value != 0) pledge.amount = uint128(held);
    }

    // ------------------------------------------------------------------------------------------------ the court's own half: nobody is led here for it

    function open(Terms calldata, string calldata) external payable {
        revert OtherHalf();
    }

    function join(Terms calldata, uint256, string calldata, bytes calldata) external payable {
        revert OtherHalf();
    }

    function cancel(Terms calldata) external pure {
        revert OtherHalf();
    }

    function close(Terms calldata, Close calldata, bytes calldata) external pure {
        revert OtherHalf();
    }

    function settle(Terms calldata, Breakpoint calldata, Holdings calldata) external pure {
        revert OtherHalf();
    }

    function settleByFunction(Terms calldata, Breakpoint calldata, LastInput calldata, bytes32, bytes calldata, Holdings calldata) external pure {
        revert OtherHalf();
    }

    function redeem(Terms calldata, Breakpoint calldata, Receipt calldata, bytes32[] calldata) external pure {
        revert OtherHalf();
    }

    function checkpointAndRedeem(Terms calldata, Breakpoint calldata, bytes calldata, Receipt calldata, bytes32[] calldata) external pure {
        revert OtherHalf();
    }

    function exited(bytes32) external pure returns (uint128, uint128) {
        revert OtherHalf();
    }

    function isRedeemed(bytes32, uint256) external pure returns (bool) {
        revert OtherHalf();
    }
}
