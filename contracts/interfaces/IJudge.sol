// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @title The judge: what an input does to a state, worked out by the chain itself
/// @notice From (state root, signed input, environment, witness) to (result, new root). It holds nothing and decides nothing else: whose turn it is,
/// what a root is worth and what a verdict leads to is the caller's business. Specification: `src/protocol/README.md`, sections 3, 4, 5 and 9.
interface IJudge {
    /// @notice What code may take at most, as rules of its EVM (contracts/judge/README.md, "Limits of a thread"); 0 for no limit. A judge has them for good.
    struct Limits {
        uint256 memoryBytes; // of all frames
        uint256 frames;
        uint256 modexpBytes; // of an operand
        uint256 callDataBytes; // or init code, of each frame
        uint256 returnDataBytes;
        uint256 writes; // SSTOREs and TSTOREs of a transaction
    }

    /// @notice What is judged, apart from the input itself. All of it is for the caller to know; nothing of it may come from whoever wants a verdict.
    struct Case {
        bytes32 stateRoot; // the state before
        address wallet; // ORIGIN, sender and nonce are this account's
        address sessionKey; // may sign instead of the wallet; the wallet again where there is none
        address coinbase;
        uint256 timestamp;
        uint256 number;
        bytes32 prevRandao;
        uint256 gasLimit; // GASLIMIT, and the highest gas limit of an input
        uint256 chainId;
        uint256 baseFee; // 0 in threads
        uint256 blobBaseFee;
        uint256 inputLimit; // most bytes of a raw transaction
        address routine; // the thread's contract where it may be a routine (section 11); else 0
        bytes32 players; // keccak256(abi.encodePacked(players)), whom a routine may name; 0 where there is none
        uint256 pieceGas; // gas behind which a routine waits at the next opcode of its outermost frame (section 11); 0: it does not
        bytes32 paused; // 0: from the start. Else what a verdict that was not final gave as `paused`
    }

    /// @notice What came out. Until `isFinal`, `paused` alone has a meaning: whoever records it can have the rest judged by another call. It covers the case, the
    /// input and the machine, so nothing else need be kept.
    struct Verdict {
        bool isFinal;
        bytes32 paused;
        bool success; // false: reverted or halted; the input counts all the same
        bytes32 newRoot;
        uint256 gasUsed; // refund deducted
        bytes32 logsHash; // contracts/judge/README.md says how it is made
        uint256 steps; // opcodes of this call
        bytes32 returnHash;
        bytes returnData;
    }

    /// @notice Judges a player's signed input.
    /// @param raw the signed transaction: legacy with EIP-155, EIP-2930 or EIP-1559
    /// @param witness what the input touches, with its proof; see contracts/judge/README.md, "The witness". Whoever calls chooses it; it can make the
    /// judgement fail, but not turn out otherwise.
    function judge(Case calldata case_, bytes calldata raw, bytes calldata witness) external view returns (Verdict memory);

    /// @notice Judges a message without a transaction around it, from `case_.wallet` with `case_.gasLimit` gas: no nonce, no price, no intrinsic gas. Where a routine is
    /// suspended, its data are (lastMover, movers, data) for the function that the BREAKPOINT named, with the first argument of `data` as last mover.
    function judgeCall(Case calldata case_, address to, bytes calldata data, bytes calldata witness) external view returns (Verdict memory);

    // ---------------------------------------------------------------- the input is none

    /// @notice The transaction is longer than the case allows.
    error InputTooLong(uint256 size, uint256 most);
    /// @notice Not a list in RLP's one encoding, or one that is cut short. Fields are counted from 0; 255 is the whole.
    error NotCanonical(uint256 field);
    /// @notice A field has the wrong size or kind, or a leading zero. Fields are counted from 0.
    error BadField(uint256 field);
    /// @notice More bytes or fields than the transaction has.
    error TrailingBytes();
    /// @notice Neither legacy with EIP-155, nor type 1, nor type 2.
    error UnknownType(uint256 type_);
    /// @notice Signed for another chain.
    error WrongChain(uint256 signedFor, uint256 expected);
    /// @notice Its s is in the upper half of the order.
    error HighS();
    /// @notice Signed by neither the wallet nor the session key; 0 when the signature is none.
    error NotTheSigner(address signer);

    // ---------------------------------------------------------------- the input cannot be included (section 3): whoever keeps to the rules skips it

    /// @notice The sender's next nonce is another one.
    error WrongNonce(uint256 signed, uint256 expected);
    /// @notice Its gas limit is above the case's.
    error GasLimitTooHigh(uint256 gasLimit, uint256 most);
    /// @notice Its gas limit does not cover what it costs before its first opcode.
    error GasLimitTooLow(uint256 gasLimit, uint256 intrinsic);
    /// @notice Init code above the fork's limit (EIP-3860).
    error InitCodeTooLong(uint256 size, uint256 most);
    /// @notice Its fee cap is below the base fee (EIP-1559).
    error FeeCapTooLow(uint256 cap, uint256 baseFee);
    /// @notice The sender cannot pay gasLimit · fee cap + value.
    error CannotPay(uint256 balance);
    /// @notice A routine is suspended, and its sender is none of those who may resume it. This and the next are refused once the witness's proof holds.
    error NotAMover(address sender);
    /// @notice A routine is suspended, and its data are more than may be sent to one.
    error ResumeTooLong(uint256 size, uint256 most);

    // ---------------------------------------------------------------- the witness is none

    /// @notice It ends too early, or a number in it does not fit: 0 its length, 1 an account, 2 a slot, 3 a code, 4 the number of slots, 5 accounts other than the
    /// machine's, 6 more than a call that stops again may have.
    error BadWitness(uint256 reason);
    /// @notice It proves values under another root.
    error OtherRoot(bytes32 proven, bytes32 expected);
    /// @notice The case, the input or the machine is not the one that was paused.
    error OtherMachine(bytes32 presented, bytes32 expected);
    /// @notice The players that it shows are not those of the case.
    error OtherPlayers(bytes32 shown, bytes32 expected);
    /// @notice The interpreter gave no answer: the gas of this call did not suffice.
    error NoAnswer();
}
