// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";
import {MultiProof} from "../lib/MultiProof.sol";
import {accountCount, Cast, openWitness, readAccounts, slotCount, stepsOf, Trial} from "./Witness.sol";
import {decodeTransaction, Transaction} from "./Transaction.sol";
import {hashCase, hashPause, payUpFront, priceOf, targetOf, warmAccessList, writeMachine, writeMessage} from "./Trial.sol";
import {addInput, refuse, settleRoutine, stage} from "./Routine.sol";
import {answerAt, answeredTables, ask, gasUsedOf, settleAccounts, settleSlots, takeReturnData} from "./Outcome.sol";

/// @title What an input does to a state, worked out by the chain
/// @notice Puts the transaction around the interpreter's message and the state tree around its values. README.md says how a judgement runs.
/// @dev Memory: whatever Solidity allocates comes first; behind its free pointer lie the witness's codes, the items of the proof, and the interpreter's input,
/// over which its answer is written. INVARIANT: nothing is allocated between `openWitness` and `closeMemory`.
contract Judge is IJudge {
    bytes32 private constant CALL_TAG = keccak256("evm-threads call 1");
    address public immutable interpreter;
    uint256 private immutable memoryBytes;
    uint256 private immutable frames;
    uint256 private immutable modexpBytes;
    uint256 private immutable callDataBytes;
    uint256 private immutable returnDataBytes;
    uint256 private immutable writes;

    /// @param interpreter_ the deployed `Interpreter` @param limits_ the limits of what is judged here
    constructor(address interpreter_, Limits memory limits_) {
        if (interpreter_.code.length == 0) revert NoAnswer();
        interpreter = interpreter_;
        memoryBytes = limits_.memoryBytes;
        frames = limits_.frames;
        modexpBytes = limits_.modexpBytes;
        callDataBytes = limits_.callDataBytes;
        returnDataBytes = limits_.returnDataBytes;
        writes = limits_.writes;
    }

    /// @notice The limits of what is judged here.
    function limits() public view returns (Limits memory) {
        return Limits(memoryBytes, frames, modexpBytes, callDataBytes, returnDataBytes, writes);
    }

    /// @inheritdoc IJudge
    function judge(Case calldata case_, bytes calldata raw, bytes calldata witness) external view returns (Verdict memory) {
        if (raw.length > case_.inputLimit) revert InputTooLong(raw.length, case_.inputLimit);
        Transaction memory tx_ = decodeTransaction(raw, case_.chainId);
        // INVARIANT: neither of the two is 0 for a thread; a signature that is none recovers to 0.
        if (tx_.signer == address(0) || (tx_.signer != case_.wallet && tx_.signer != case_.sessionKey)) revert NotTheSigner(tx_.signer);
        tx_.price = priceOf(tx_, case_.baseFee);
        if (tx_.gasLimit < tx_.intrinsic) revert GasLimitTooLow(tx_.gasLimit, tx_.intrinsic);
        return case_.paused == 0 ? start(case_, tx_, keccak256(raw), witness) : resume(case_, tx_, keccak256(raw), witness);
    }

    /// @inheritdoc IJudge
    function judgeCall(Case calldata case_, address to, bytes calldata data, bytes calldata witness) external view returns (Verdict memory) {
        Transaction memory tx_;
        (tx_.to, tx_.gasLimit, tx_.dataSize) = (to, case_.gasLimit, data.length);
        uint256 dataAt;
        assembly ("memory-safe") { dataAt := data.offset }
        tx_.dataAt = dataAt;
        bytes32 subject = keccak256(abi.encode(CALL_TAG, to, keccak256(data)));
        return case_.paused == 0 ? start(case_, tx_, subject, witness) : resume(case_, tx_, subject, witness);
    }

    /// @dev Judges from the first opcode.
    function start(Case calldata case_, Transaction memory tx_, bytes32 subject, bytes calldata witness) private view returns (Verdict memory verdict) {
        Cast memory cast = castOf(case_, tx_);
        Limits memory limits_ = limits();
        Trial memory t = openWitness(witness, 0, hashCase(case_, subject));
        addInput(t, case_, tx_);
        writeMessage(t, case_, tx_, cast, limits_);
        uint256 sender = readAccounts(t, cast, slotCount(t));
        if (tx_.signer != address(0)) payUpFront(tx_, case_, sender);
        warmAccessList(t, tx_);
        bool refused = stage(t, case_, tx_);
        bool isFinal = !refused && ask(t, interpreter);
        closeMemory(t);
        if (isFinal) {
            conclude(verdict, t, case_, tx_, cast);
            return verdict;
        }
        // What is recorded has its right values from the start. The tables still are those that were handed in, so the new values have no meaning.
        settleAccounts(t, cast, t.accounts, 0, 0);
        settleSlots(t, t.accounts);
        newRoot(t, case_.stateRoot);
        if (refused) refuse(case_, tx_);
        pause(verdict, t, case_, subject);
    }

    /// @dev Goes on from a saved machine. The accounts as they were before are of use only when the message ends in this call.
    function resume(Case calldata case_, Transaction memory tx_, bytes32 subject, bytes calldata witness) private view returns (Verdict memory verdict) {
        Cast memory cast = castOf(case_, tx_);
        bytes32 caseHash = hashCase(case_, subject);
        Trial memory t = openWitness(witness, 1, caseHash);
        addInput(t, case_, tx_);
        bytes32 presented = hashPause(caseHash, writeMachine(t));
        if (presented != case_.paused) revert OtherMachine(presented, case_.paused);
        readAccounts(t, cast, 0);
        bool isFinal = ask(t, interpreter);
        closeMemory(t);
        if (isFinal) {
            conclude(verdict, t, case_, tx_, cast);
            return verdict;
        }
        if (accountCount(t) + slotCount(t) != 0 || t.pos != t.end) revert BadWitness(6);
        pause(verdict, t, case_, subject);
    }

    function castOf(Case calldata case_, Transaction memory tx_) private pure returns (Cast memory cast) {
        cast.sender = uint160(case_.wallet);
        cast.target = targetOf(tx_, case_.wallet);
        cast.coinbase = uint160(case_.coinbase);
    }

    /// @dev Behind the input and the answer, memory is Solidity's again.
    function closeMemory(Trial memory t) private pure {
        uint256 top = t.top;
        assembly ("memory-safe") { mstore(0x40, and(add(top, 31), not(31))) }
    }

    function pause(Verdict memory verdict, Trial memory t, Case calldata case_, bytes32 subject) private pure {
        verdict.paused = hashPause(hashCase(case_, subject), bytes32(answerAt(t, 1)));
        verdict.steps = stepsOf(t);
    }

    /// @dev The message has ended: what it cost, and the state that it leaves.
    function conclude(Verdict memory verdict, Trial memory t, Case calldata case_, Transaction memory tx_, Cast memory cast) private pure {
        uint256 tables = answeredTables(t);
        settleRoutine(t, case_, tx_, tables);
        uint256 gasUsed = gasUsedOf(t, tx_.gasLimit);
        unchecked {
            // SAFETY: the sender had gasLimit · price, and the price is the base fee or more.
            settleAccounts(t, cast, tables, (tx_.gasLimit - gasUsed) * tx_.price, gasUsed * (tx_.price - (tx_.price == 0 ? 0 : case_.baseFee)));
        }
        settleSlots(t, tables);
        verdict.isFinal = true;
        verdict.newRoot = newRoot(t, case_.stateRoot);
        verdict.success = answerAt(t, 1) != 0;
        verdict.gasUsed = gasUsed;
        verdict.logsHash = bytes32(answerAt(t, 4));
        verdict.steps = stepsOf(t) - answerAt(t, 5);
        verdict.returnData = takeReturnData(t);
        verdict.returnHash = keccak256(verdict.returnData);
    }

    /// @dev The rest of the witness proves what the items were before; the root after what they are now.
    function newRoot(Trial memory t, bytes32 stateRoot) private pure returns (bytes32 root) {
        bytes calldata proof;
        (uint256 pos, uint256 size) = (t.pos, t.end - t.pos);
        assembly ("memory-safe") {
            proof.offset := pos
            proof.length := size
        }
        bytes32 proven;
        (proven, root) = MultiProof.update(t.items, accountCount(t) + slotCount(t), proof);
        if (proven != stateRoot) revert OtherRoot(proven, stateRoot);
    }
}
