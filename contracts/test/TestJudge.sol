// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "../interfaces/IJudge.sol";

/// @notice A judge that finds what the witness says, for tests of the court alone. What it was asked shows in the new root, unless the witness names one, and the new root in what it has come to.
contract TestJudge is IJudge {
    /// @notice What a witness holds, abi.encode'd.
    struct Finding {
        bool isFinal;
        bool success;
        uint256 steps;
        bytes32 newRoot; // 0: the hash of the question
    }

    /// @inheritdoc IJudge
    function judge(Case calldata case_, bytes calldata raw, bytes calldata witness) external pure returns (Verdict memory) {
        return find(keccak256(abi.encode(case_, keccak256(raw))), witness);
    }

    /// @inheritdoc IJudge
    function judgeCall(Case calldata case_, address to, bytes calldata data, bytes calldata witness) external pure returns (Verdict memory) {
        return find(keccak256(abi.encode(case_, to, keccak256(data))), witness);
    }

    function find(bytes32 question, bytes calldata witness) private pure returns (Verdict memory verdict) {
        Finding memory finding = abi.decode(witness, (Finding));
        (verdict.isFinal, verdict.success, verdict.steps) = (finding.isFinal, finding.success, finding.steps);
        verdict.newRoot = finding.newRoot == 0 ? question : finding.newRoot;
        if (!finding.isFinal) verdict.paused = keccak256(abi.encode("paused", verdict.newRoot));
    }
}
