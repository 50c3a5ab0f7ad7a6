// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IThreads} from "./IThreads.sol";

/// @title Claims: forced moves whose result somebody answers for with a bond instead of having it executed. The calls that make and end them are in IClaimCalls.
/// @notice Part of the court, and called at its address. Specification: `src/protocol/README.md`, section 8, "Claims".
/// Bonds are in ether, whatever a thread's own asset is. Nobody but the rules takes from a bond: who refutes a claim by execution, or doubts one that nobody proves.
interface IClaims {
    /// @notice What refutes a claim: of one transaction, or of one of several.
    struct Evidence {
        bytes32 paused; // 0, or what the sender's own judgement of this claim has come to
        bytes witness; // what the input touches, for the judge
        IThreads.AccountProof[] sender; // the mover's account in the parent's state, where the input's nonce is wrong or its cost is not covered; else empty
    }

    // ------------------------------------------------------------------------------------------------ events

    /// @notice An account has bonded `amount`; `free` is what it has promised to no thread.
    event Bonded(address indexed account, uint256 amount, uint256 free);
    /// @notice An account has taken `amount` of its free bond.
    event Unbonded(address indexed account, uint256 amount, uint256 free);
    /// @notice The oracle has accepted the thread and set `amount` aside for it.
    event Accepted(bytes32 indexed threadId, address indexed oracle, uint256 amount);
    /// @notice What an account had set aside for a thread is free again.
    event Released(bytes32 indexed threadId, address indexed account, uint256 amount);
    /// @notice The move recorded last (the BREAKPOINT and Forced before this log) is a claim: the `index`th one, which `account` answers for.
    event Claimed(bytes32 indexed threadId, address indexed account, uint256 index);
    /// @notice A claim is being executed over several transactions; `paused` is what the refuter's next one starts from.
    event Refuting(bytes32 indexed threadId, address indexed refuter, bytes32 claimed, bytes32 paused);
    /// @notice A claim was wrong (the Refuted before this log): what its bond has paid to who refuted it, and to each player other than the mover.
    event Slashed(bytes32 indexed threadId, address indexed account, address indexed refuter, uint256 toRefuter, uint256 toEachOther);

    /// @notice Somebody wants to see a claim proved, and has paid the deposit for it: until D, which has moved to `endsAt`.
    event Doubted(bytes32 indexed threadId, bytes32 indexed claimed, uint256 index, address doubter, uint64 endsAt);
    /// @notice The judge agrees with a claim, which from now on is a judged move: what a doubt's deposit has paid to who proved it (0: nobody had doubted it).
    event Proved(bytes32 indexed threadId, bytes32 indexed claimed, address indexed prover, uint256 toProver);
    /// @notice A doubt is over without a proof: the claim has fallen (the Refuted before this log, the Slashed after it), or was gone before. What its sender is credited with, the deposit included.
    event DoubtOver(bytes32 indexed threadId, bytes32 indexed claimed, address indexed doubter, uint256 toDoubter);

    // ------------------------------------------------------------------------------------------------ errors

    /// @notice The free bond, or what is set aside for the thread, is less than what is needed.
    error BondTooSmall(uint256 held, uint256 needed);
    /// @notice The terms name no oracle.
    error NoOracle();
    /// @notice The oracle has accepted this thread before.
    error AlreadyAccepted(bytes32 threadId);
    /// @notice The oracle that the terms name has not accepted them.
    error NotAccepted(address oracle);
    /// @notice The bond still answers for this thread.
    error StillPledged(bytes32 threadId);
    /// @notice The oracle was refuted in this dispute.
    error OracleRefuted(address oracle);
    /// @notice A lineage holds 16 claims at most.
    error TooManyClaims();
    /// @notice An input has this many bytes at most.
    error InputTooLong(uint256 size, uint256 most);
    /// @notice No such claim stands.
    error NoClaim(uint256 index);
    /// @notice Another breakpoint was claimed there.
    error WrongClaim(bytes32 given, bytes32 claimed);
    /// @notice The judge has agreed with this claim: nothing is left to be shown of it.
    error ClaimProved(bytes32 claimed);
    /// @notice A claim is doubted once.
    error AlreadyDoubted(bytes32 claimed);
    /// @notice Nobody doubts this claim, or its doubt is over.
    error NotDoubted(bytes32 claimed);
    /// @notice A doubted claim has not been proved: it has to be dropped before the thread is settled.
    error DoubtOpen(bytes32 threadId);
    /// @notice The other half of the court has another judge.
    error WrongHalf(address half);
    /// @notice This is a half of the court only: call the court.
    error OtherHalf();

    // ------------------------------------------------------------------------------------------------ bonds

    /// @notice Adds to the sender's free bond.
    function bond() external payable;

    /// @notice Takes from the sender's free bond, at once: what is promised to a thread is not free.
    function unbond(uint256 amount) external;

    /// @notice The oracle accepts a thread and sets `amount` of its free bond aside for it, until the thread has ended. Before the last player joins, which needs it.
    /// @param signature the oracle's `Accept` (65 bytes, or EIP-1271 where it has code); may be empty when it calls itself
    function accept(IThreads.Terms calldata terms, uint256 amount, bytes calldata signature) external;

    /// @notice Frees what `account` has set aside for a thread: the oracle when the thread has ended (or can no longer be opened), a player whenever there is no dispute.
    function release(IThreads.Terms calldata terms, address account) external;

    // ------------------------------------------------------------------------------------------------ views

    /// @notice An account's bond that is promised to no thread, in wei.
    function bonds(address account) external view returns (uint256 free);

    /// @notice What an account has set aside for a thread, in wei, and whether it has accepted it as its oracle.
    function pledges(bytes32 threadId, address account) external view returns (uint128 amount, bool accepted);

    /// @notice The claims that stand, in order: the breakpoint's hash, its last byte 1 where the oracle answers and 2 where the mover does, 4 more while it is doubted and 8 once it is proved.
    function openClaims(bytes32 threadId) external view returns (bytes32[] memory);

    /// @notice What a refuter has spent on its judgement of a claim up to `paused`, in wei and plus 1; 0 for none.
    function refutations(bytes32 paused, address refuter) external view returns (uint256);

    /// @notice What answers for one claim in threads with this gas limit, and for one doubt: the worst judgement at the highest price, and the premium, in wei.
    function bondFor(uint64 gasLimit) external pure returns (uint256);
}
