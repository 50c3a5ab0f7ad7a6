// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";
import {IThreads} from "../interfaces/IThreads.sol";
import {Lineage, LineageLib} from "../lib/Lineage.sol";
import {Record} from "../lib/Record.sol";
import {Signatures} from "../lib/Signatures.sol";
import {Bench} from "./Bench.sol";
import {Disputes} from "./Disputes.sol";

/// @notice Moves that a player forces in a dispute (section 8 of the specification). How they are refuted is in Refutation.
/// INVARIANT: each event moves D to a window after itself and is paid for, second by second, out of its player's bank; so a dispute ends within
/// 2W, the players' banks, and W for each refutation and for each doubt of a claim.
abstract contract Moves is Disputes, Bench {
    /// @dev A judgement that goes on over several transactions. That it is of what is recorded now is seen by its Force.
    struct Judgement {
        bytes32 paused;
        bytes20 force;
        uint32 credit; // seconds that were paid for and have not passed
    }

    /// @inheritdoc IThreads
    mapping(bytes32 threadId => mapping(uint256 player => Judgement)) public judgements;

    /// @inheritdoc IThreads
    function advance(Terms calldata terms, Breakpoint calldata recorded, Move calldata move, bytes calldata witness) external {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Disputed);
        requireOpen(bits);
        bytes32 tip = requireRecorded(entry, bits, threadId, recorded);
        force(entry, bits, threadId, tip, terms, recorded, move, witness);
    }

    /// @inheritdoc IThreads
    function challengeAndAdvance(
        Terms calldata terms,
        Breakpoint calldata breakpoint,
        bytes calldata signatures,
        Move calldata move,
        bytes calldata witness
    ) external {
        (bytes32 threadId, Entry storage entry, Record bits) = find(terms, Phase.Active);
        bits = openDispute(entry, bits, threadId, terms, breakpoint, signatures);
        bytes32 tip = requireRecorded(entry, bits, threadId, breakpoint);
        force(entry, bits, threadId, tip, terms, breakpoint, move, witness);
    }

    /// @dev A player's own move: for what is recorded, of its time, paid for, and executed.
    function force(
        Entry storage entry,
        Record bits,
        bytes32 threadId,
        bytes32 tip,
        Terms calldata terms,
        Breakpoint calldata recorded,
        Move calldata move,
        bytes calldata witness
    ) private {
        bytes32 id = requireForce(threadId, bits, tip, terms, move);
        uint256 credit;
        (bits, credit) = charge(threadId, bits, id, terms, recorded.timestamp, move);
        IJudge.Verdict memory verdict = judgeMove(terms, threadId, tip, recorded, move, witness);
        bits = bits.extended(terms.window);
        if (!verdict.isFinal) return pause(entry, bits, threadId, id, terms, move, verdict.paused, credit);
        // A player that could record reverted inputs could let the others wait for nothing.
        if (!verdict.success) revert MoveReverts(verdict.returnHash);
        if (bits.isClaim()) bits = keepClaim(threadId, bits, tip);
        writeMove(entry, bits, threadId, tip, recorded.nonce, move, verdict.newRoot);
    }

    /// @dev Both signatures of the player's session key. @return id the Force's hash
    function requireForce(bytes32 threadId, Record bits, bytes32 tip, Terms calldata terms, Move calldata move) private view returns (bytes32 id) {
        id = forceOf(threadId, bits, tip, terms, move);
        Signatures.requireOne(digestOf(id), terms.sessionKeys[move.player], move.player, move.force);
    }

    /// @dev The Force's hash of an input that is bound to the thread.
    function forceOf(bytes32 threadId, Record bits, bytes32 tip, Terms calldata terms, Move calldata move) internal view returns (bytes32) {
        bytes32 txHash = keccak256(move.raw);
        requireBound(terms, threadId, move.player, txHash, move.binding);
        return hashForce(threadId, bits.dispute(), tip, txHash, move.timestamp);
    }

    /// @dev Takes from the player's bank the time that it took: at least c for a move, before E nothing else. A judgement costs what the move would cost at its
    /// end, so that c covers all of its transactions. @return charged the record with it @return credit what is left of c
    function charge(bytes32 threadId, Record bits, bytes32 id, Terms calldata terms, uint64 parentTime, Move calldata move)
        internal
        returns (Record charged, uint256 credit)
    {
        uint256 from = bits.clockFrom(terms.window);
        uint256 elapsed = block.timestamp > from ? block.timestamp - from : 0;
        if (move.paused == 0) {
            requireTimely(terms.window, parentTime, move.timestamp);
            credit = LineageLib.leastCharge(terms);
        } else {
            Judgement storage begun = judgements[threadId][move.player];
            if (begun.paused != move.paused || begun.force != bytes20(id)) revert WrongJudgement(move.paused, begun.paused);
            credit = begun.credit;
        }
        uint256 cost = elapsed > credit ? elapsed - credit : 0;
        if (move.paused == 0) cost += credit;
        credit = elapsed > credit ? 0 : credit - elapsed;
        charged = lineageOf(threadId, bits.dispute()).spend(bits, move.player, cost, terms.timeBank);
    }

    /// @dev T lies within W/16 before now, and never before its parent's; where that is ahead of this block, T is the same.
    function requireTimely(uint256 window, uint64 parentTime, uint64 timestamp) private view {
        uint256 grace = window < 16 ? 1 : window / 16;
        uint256 earliest = block.timestamp > grace ? block.timestamp - grace : 0;
        uint256 latest = block.timestamp;
        if (parentTime > earliest) earliest = parentTime;
        if (parentTime > latest) latest = parentTime;
        if (timestamp < earliest || timestamp > latest) revert WrongTimestamp(timestamp, earliest, latest);
    }

    /// @dev Records how far the judgement has come. Who relays a move, or its last part, makes it for its player; who could begin a long one for it could spend its bank,
    /// and who could take small steps of it would leave its player's own transactions behind what is recorded.
    function pause(
        Entry storage entry,
        Record bits,
        bytes32 threadId,
        bytes32 id,
        Terms calldata terms,
        Move calldata move,
        bytes32 paused,
        uint256 credit
    ) private {
        uint256 player = move.player;
        requireMover(terms, player);
        entry.record = bits;
        judgements[threadId][player] = Judgement(paused, bytes20(id), uint32(credit));
        emit Judging(threadId, player, paused, bits.endsAt());
    }

    function requireMover(Terms calldata terms, uint256 player) internal view {
        if (msg.sender != terms.players[player] && msg.sender != terms.sessionKeys[player]) revert NotOpener(msg.sender, player);
    }

    /// @dev The move's result is what is recorded now: a breakpoint of epoch k with one input.
    function writeMove(Entry storage entry, Record bits, bytes32 threadId, bytes32 tip, uint64 parentNonce, Move calldata move, bytes32 newRoot) internal {
        uint64 k = bits.dispute();
        Breakpoint memory made =
            Breakpoint(k, parentNonce + 1, tip, newRoot, hashInputs(new bytes32[](0), move.raw, move.binding), move.timestamp);
        entry.record = bits.withForced(bits.forced() + 1).withNonce(made.nonce);
        entry.recorded = hashForced(threadId, made);
        emit BREAKPOINT(threadId, k, made.nonce, tip, newRoot, made.inputsRoot, made.timestamp);
        emit Forced(threadId, k, move.player, bits.endsAt(), move.raw, move.binding);
    }

    function requireOpen(Record bits) internal view {
        if (block.timestamp >= bits.endsAt()) revert DisputeOver(bits.endsAt(), block.timestamp);
    }
}
