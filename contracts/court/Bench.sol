// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";
import {IThreads} from "../interfaces/IThreads.sol";
import {TermsLib} from "../lib/TermsLib.sol";
import {Signatures} from "../lib/Signatures.sol";
import {Vault} from "../lib/Vault.sol";
import {Court} from "./Court.sol";

/// @notice What the court asks the judge: what a player's input does, and what the contract's settlement function does (section 8 of the specification).
/// SAFETY: everything in a case comes from the terms and from what is recorded; a caller chooses the witness only, which can make a judgement
/// fail, but not turn out otherwise.
abstract contract Bench is Court {
    using TermsLib for Terms;

    /// @dev Who calls a settlement function: EIP-4788's system address, which nobody has the key of.
    address private constant SYSTEM = 0xffffFFFfFFffffffffffffffFfFFFfffFFFfFFfE;
    uint256 private constant THREAD_CHAINS = 1 << 50;
    uint256 internal constant MAX_RAW_BYTES = 32_768;

    /// @inheritdoc IThreads
    IJudge public immutable judge;
    /// @inheritdoc IThreads
    mapping(bytes32 paused => bool) public settlements;

    constructor(IJudge judge_) {
        if (address(judge_).code.length == 0) revert NoJudge(address(judge_));
        judge = judge_;
    }

    /// @dev What a move's input does to the recorded state.
    function judgeMove(Terms calldata terms, bytes32 threadId, bytes32 tip, Breakpoint calldata recorded, Move calldata move, bytes calldata witness)
        internal
        view
        returns (IJudge.Verdict memory verdict)
    {
        IJudge.Case memory case_ = caseOf(terms, threadId, tip, recorded);
        case_.wallet = terms.players[move.player];
        case_.sessionKey = terms.sessionKeys[move.player];
        case_.timestamp = move.timestamp;
        case_.paused = move.paused;
        verdict = judge.judge(case_, move.raw, witness);
    }

    /// @dev What the settlement function does to the recorded state at `timestamp`. A judgement that does not end is recorded beside what others have come to, to be
    /// carried on by anyone, from any stop: who began with a witness that it cannot end with, or goes on in small steps, is in nobody's way.
    /// SAFETY: what is recorded commits the whole case (the breakpoint's hash is in it), so no other breakpoint's or thread's judgement can be carried on from it.
    function judgeSettlement(
        Terms calldata terms,
        bytes32 threadId,
        bytes32 tip,
        Breakpoint calldata recorded,
        address lastMover,
        uint256 timestamp,
        bytes32 paused,
        bytes calldata witness
    ) internal returns (IJudge.Verdict memory verdict) {
        if (paused != 0 && !settlements[paused]) revert WrongJudgement(paused, 0);
        IJudge.Case memory case_ = caseOf(terms, threadId, tip, recorded);
        case_.wallet = SYSTEM;
        case_.sessionKey = SYSTEM;
        case_.timestamp = timestamp;
        case_.paused = paused;
        // (lastMover, [], ""), in fewer bytes of code than the lists would take.
        bytes memory call_ = abi.encodeWithSelector(terms.settlement, lastMover, 0x60, 0x80, 0, 0);
        verdict = judge.judgeCall(case_, Vault.addressOf(threadId, address(this)), call_, witness);
        if (verdict.isFinal) return verdict;
        settlements[verdict.paused] = true;
        emit Trying(threadId, tip, verdict.paused);
    }

    /// @dev Section 5, but for who sends what and when.
    function caseOf(Terms calldata terms, bytes32 threadId, bytes32 tip, Breakpoint calldata recorded)
        internal
        view
        returns (IJudge.Case memory case_)
    {
        case_.stateRoot = recorded.stateRoot;
        case_.coinbase = terms.oracle;
        case_.prevRandao = tip;
        case_.gasLimit = terms.gasLimit;
        unchecked {
            // SAFETY: a nonce has 64 bits, and what is left of the id 50.
            case_.number = uint256(recorded.nonce) + 1;
            case_.chainId = THREAD_CHAINS + (uint256(threadId) >> 206);
        }
        case_.blobBaseFee = 1;
        case_.inputLimit = MAX_RAW_BYTES;
        if (terms.codeKind > 1) (case_.routine, case_.players, case_.pieceGas) = (Vault.addressOf(threadId, address(this)), terms.playersHash(), terms.pieceGas);
    }

    /// @dev The wallet of who sent the last input of a breakpoint; 0 where it has none.
    function lastMoverOf(Terms calldata terms, bytes32 threadId, bytes32 inputsRoot, LastInput calldata last) internal view returns (address) {
        bool none = last.raw.length == 0;
        if (none && (last.others.length != 0 || last.binding.length != 0 || last.player != 0)) revert WrongInputs(0, inputsRoot);
        bytes32 root = none ? hashNoInputs() : hashInputs(last.others, last.raw, last.binding);
        if (root != inputsRoot) revert WrongInputs(root, inputsRoot);
        if (none) return address(0);
        requireBound(terms, threadId, last.player, keccak256(last.raw), last.binding);
        return terms.players[last.player];
    }

    /// @dev A player's input is bound to the thread by its session key.
    function requireBound(Terms calldata terms, bytes32 threadId, uint256 player, bytes32 txHash, bytes calldata binding) internal view {
        if (player >= terms.players.length) revert UnknownPlayer(player);
        Signatures.requireOne(digestOf(hashInput(threadId, txHash)), terms.sessionKeys[player], player, binding);
    }
}
