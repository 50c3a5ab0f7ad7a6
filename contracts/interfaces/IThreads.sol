// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJudge} from "./IJudge.sol";

/// @title The court: registry, custody and judge's bench of all threads on one chain
/// @notice A thread is named by its terms' hash; the court keeps hashes only, so that every call carries the terms (and, to settle, the
/// recorded breakpoint) and is checked against them. Specification: `src/protocol/README.md`, sections 1, 2, 4, 5 and 8.
interface IThreads {
    /// @notice All that the players agree on at the start (section 1). The thread's id is their hash.
    struct Terms {
        address[] players; // 2 to 16 wallets, distinct, not zero; players[0] opens the thread
        address[] sessionKeys; // one for each player, distinct, not zero; none is another player's wallet
        uint256[] deposits; // in the asset's units
        uint256[] shares; // weights by which what is left over is divided, each below 2^32
        address asset; // 0 = ether, else an ERC-20
        uint8 assetDecimals; // at most 18; one unit is 10^(18 - assetDecimals) inside the thread
        uint8 codeKind; // 0 = creation code held as data, 1 = runtime code; 2, 3 = the same, of a contract that may be a routine
        address codeSource; // where the code is found
        bytes32 codeHash;
        bytes ctorArg; // at most 4,096 bytes; empty for runtime code
        address oracle; // 0 = none
        uint256 oracleFee; // paid by players[0] on top of its deposit
        uint32 window; // W, seconds
        uint32 timeBank; // B, seconds
        uint16 forcedMoves; // M
        bytes4 settlement; // 0 = none
        uint64 gasLimit;
        uint64 pieceGas; // gas behind which a routine waits wherever it is (section 11); 0 = never, else 50,000 to gasLimit
        uint64 joinDeadline; // seconds since 1970
        bytes32 salt;
    }

    /// @notice A numbered commitment to the thread's state. Its hash is the EIP-712 struct hash, which the thread's id is part of (section 2).
    struct Breakpoint {
        uint64 epoch;
        uint64 nonce;
        bytes32 parent;
        bytes32 stateRoot;
        bytes32 inputsRoot;
        uint64 timestamp;
    }

    /// @notice Everybody's agreement to end the thread: one payout for each player and one more for the oracle where there is one.
    struct Close {
        uint64 epoch;
        uint64 nonce;
        bytes32 parent;
        uint256[] payouts;
    }

    /// @notice A player's own input, forced on the recorded state (section 8).
    struct Move {
        uint256 player; // index
        bytes raw; // the signed transaction
        bytes binding; // its session key's Input signature, 65 bytes
        bytes force; // its session key's Force signature, 65 bytes
        uint64 timestamp; // T
        bytes32 paused; // 0: judged from the start; else what the court has recorded of this move's judgement
    }

    /// @notice The last input of a breakpoint's batch, which says who moved last. All empty where there is no input.
    struct LastInput {
        uint256 player; // index
        bytes32[] others; // leaves of the inputs before it
        bytes raw;
        bytes binding;
    }

    /// @notice One account of the recorded state with its proof (section 4). Whose account it is follows from its place in the list.
    /// An absent account has nonce 0, balance 0 and the code hash of nothing (or 0); `other` is the leaf that its walk ends in, both 0 for none.
    struct AccountProof {
        uint64 nonce;
        uint256 balance; // 18 decimals
        bytes32 codeHash;
        bytes32[] siblings; // from the root down
        bytes32 otherPath;
        bytes32 otherValue;
    }

    /// @notice One slot of the recorded state with its proof (section 4). Value 0: an absent slot, or one that has become zero.
    struct SlotProof {
        bytes32 value;
        bytes32[] siblings; // from the root down
        bytes32 otherPath;
        bytes32 otherValue;
    }

    /// @notice What a state says of its money: who owns how much, and how much has left it with receipts (the port's slot 1).
    struct Holdings {
        AccountProof[] accounts; // the players in order, then the oracle where there is one
        SlotProof exits;
    }

    /// @notice What a thread sends to the chain: written by the port inside the thread (section 10).
    struct Receipt {
        uint256 index;
        address sender; // who called the port
        address target;
        uint256 amount; // in the asset's units
        bytes data; // empty: a payment
    }

    /// @notice Where a thread stands. Closed, Settled and Cancelled are final.
    enum Phase {
        None,
        Joining,
        Active,
        Disputed,
        Closed,
        Settled,
        Cancelled
    }

    /// @notice The record of a thread, unpacked. `recorded` is 0 where no breakpoint is recorded; then the nonce is 0 and means nothing.
    struct RecordView {
        Phase phase;
        uint16 joined; // bit i: players[i] has paid
        uint64 confirmedEpoch;
        uint64 dispute; // k
        uint64 nonce;
        uint64 endsAt; // D, 0 without a dispute
        bytes32 recorded;
    }

    // ------------------------------------------------------------------------------------------------ events

    /// @notice A thread is open and its creator's deposit is in. Every node starts a thread from this log alone.
    event CREATE3(bytes32 indexed threadId, address indexed creator, bytes32 indexed codeHash, Terms terms, string multiaddr);
    /// @notice A player's deposit is in; `active` when it was the last.
    event Joined(bytes32 indexed threadId, uint256 player, string multiaddr, bool active);
    /// @notice Not everybody joined in time: all deposits went back.
    event Cancelled(bytes32 indexed threadId);
    /// @notice A breakpoint is newly recorded, by whichever call.
    event BREAKPOINT(
        bytes32 indexed threadId,
        uint64 epoch,
        uint64 nonce,
        bytes32 parent,
        bytes32 stateRoot,
        bytes32 inputsRoot,
        uint64 timestamp
    );
    /// @notice Dispute k is open over the recorded breakpoint (0: over nothing). Evidence counts before `evidenceUntil`, `settle` from `endsAt` on.
    event Challenged(
        bytes32 indexed threadId,
        uint64 k,
        bytes32 recorded,
        uint64 epoch,
        uint64 nonce,
        uint64 evidenceUntil,
        uint64 endsAt,
        address by
    );
    /// @notice A higher breakpoint (the BREAKPOINT before this log) replaced the challenged one; the dispute is now number k.
    event Responded(bytes32 indexed threadId, uint64 k);
    /// @notice A forced move (the BREAKPOINT before this log): whose, the input itself for everybody who has to follow it, and until when the dispute lasts now.
    event Forced(bytes32 indexed threadId, uint64 k, uint256 player, uint64 endsAt, bytes raw, bytes binding);
    /// @notice A player's move is being judged over several transactions; `paused` is what the next one starts from.
    event Judging(bytes32 indexed threadId, uint256 player, bytes32 paused, uint64 endsAt);
    /// @notice The settlement of a recorded breakpoint is being judged over several transactions.
    event Trying(bytes32 indexed threadId, bytes32 recorded, bytes32 paused);
    /// @notice The last move is gone, because the settlement function fails on what it left; `recorded` stands again, and its player's bank is gone. The dispute is now number k.
    event Refuted(bytes32 indexed threadId, uint64 k, uint256 player, bytes32 recorded, uint64 nonce, uint64 endsAt);
    /// @notice The players went on together: `epoch` is the confirmed one, there is no dispute.
    event Resumed(bytes32 indexed threadId, uint64 epoch);
    /// @notice A receipt was executed. `amount` is in the asset's units.
    event Redeemed(bytes32 indexed threadId, uint256 index, address indexed target, uint256 amount);
    /// @notice Ended by everybody's signatures. `payouts`: the players, then the oracle where there is one, then what is for receipts where that was signed.
    event Closed(bytes32 indexed threadId, uint256[] payouts);
    /// @notice Ended by the recorded state. `payouts` as in Closed, shares of the `leftover` included.
    event Settled(bytes32 indexed threadId, uint256[] payouts, uint256 leftover);
    /// @notice A payout could not be pushed and waits for `withdraw`.
    event Credited(address indexed asset, address indexed account, uint256 amount);
    /// @notice A credit was taken.
    event Withdrawn(address indexed asset, address indexed account, uint256 amount);

    // ------------------------------------------------------------------------------------------------ errors

    /// @notice The chain took another id after the court was deployed: no new threads here.
    error WrongChain(uint256 chainId, uint256 expected);
    /// @notice The calldata of `open` is not what abi.encode gives.
    error NotCanonical();
    /// @notice 2 to 16 players.
    error BadPlayerCount(uint256 count);
    /// @notice A list has another number of entries than it must have.
    error BadLength(uint256 given, uint256 expected);
    /// @notice A player is address 0.
    error ZeroPlayer(uint256 player);
    /// @notice One wallet stands for two players.
    error DuplicatePlayer(uint256 player, uint256 other);
    /// @notice A session key is address 0.
    error ZeroSessionKey(uint256 player);
    /// @notice One session key stands for two players.
    error DuplicateSessionKey(uint256 player, uint256 other);
    /// @notice A session key is another player's wallet.
    error SessionKeyIsWallet(uint256 player, uint256 wallet);
    /// @notice At most 18.
    error BadDecimals(uint256 decimals);
    /// @notice An amount, or the pot scaled to 18 decimals, reaches 2^128.
    error PotTooHigh(uint256 amount);
    /// @notice A share reaches 2^32.
    error BadShare(uint256 player, uint256 share);
    /// @notice All shares are 0.
    error NoShares();
    /// @notice 0 to 3.
    error BadCodeKind(uint256 kind);
    /// @notice The constructor argument is longer than it may be.
    error BadCtorArg(uint256 length, uint256 most);
    /// @notice A fee for nobody.
    error FeeWithoutOracle(uint256 fee);
    /// @notice The oracle is a player: one account would be paid twice.
    error OracleIsPlayer(uint256 player);
    /// @notice 1 to 2^31 seconds.
    error BadWindow(uint256 window);
    /// @notice At least 1.
    error NoForcedMoves();
    /// @notice At least a second for each forced move.
    error BankTooSmall(uint256 bank, uint256 least);
    /// @notice 21,000 to 6,000,000.
    error BadGasLimit(uint256 gasLimit);
    /// @notice 0, or 50,000 to the gas limit where the contract may be a routine.
    error BadPieceGas(uint256 pieceGas);
    /// @notice The join deadline has passed.
    error JoinTooLate(uint256 deadline, uint256 time);
    /// @notice The join deadline has not passed.
    error CancelTooEarly(uint256 deadline, uint256 time);
    /// @notice Only players[0] opens.
    error NotCreator(address sender, address creator);
    /// @notice These terms were opened before; another salt makes another thread.
    error ThreadExists(bytes32 threadId);
    /// @notice No thread has these terms (byte for byte) on this court.
    error UnknownThread(bytes32 threadId);
    /// @notice The thread is not in a phase that takes this call.
    error WrongPhase(bytes32 threadId, Phase phase);
    /// @notice No such index.
    error UnknownPlayer(uint256 player);
    /// @notice This player has paid.
    error AlreadyJoined(uint256 player);
    /// @notice Not the wallet's `Join` signature.
    error BadAuthorisation(address wallet);
    /// @notice Only players, session keys and the oracle challenge.
    error NotParticipant(address sender);
    /// @notice msg.value is not the payment (0 in a token thread).
    error WrongValue(uint256 sent, uint256 expected);
    /// @notice The token has no code, reverted or said false.
    error TokenRefused(address token, uint256 amount);
    /// @notice The token brought less or more than the deposit.
    error TokenFee(address token, uint256 received, uint256 expected);
    /// @notice The token called back and paid another deposit inside a deposit.
    error TokenReentered(address token);
    /// @notice 65 bytes for each signer.
    error BadSignatureLength(uint256 length, uint256 expected);
    /// @notice s is in the upper half of the order.
    error MalleableSignature(uint256 signer);
    /// @notice Not the signature of the signer at this place.
    error BadSignature(uint256 signer, address recovered, address expected);
    /// @notice Not above the recorded slot.
    error StaleSlot(uint64 epoch, uint64 nonce, uint64 recordedEpoch, uint64 recordedNonce);
    /// @notice Not of the confirmed epoch (or, in `resume`, of the dispute).
    error WrongEpoch(uint64 epoch, uint64 expected);
    /// @notice Not the nonce after the recorded one.
    error WrongNonce(uint64 nonce, uint64 expected);
    /// @notice Nonces end at 2^56 - 2.
    error NonceTooHigh(uint64 nonce);
    /// @notice Dispute numbers end at 2^32 - 1.
    error TooManyDisputes();
    /// @notice Not a child of the recorded breakpoint.
    error WrongParent(bytes32 parent, bytes32 recorded);
    /// @notice Without signatures, or where nothing is recorded, the breakpoint must be all zero.
    error UnsignedBreakpoint();
    /// @notice At or after E.
    error EvidenceOver(uint256 until, uint256 time);
    /// @notice At or after D.
    error DisputeOver(uint256 endsAt, uint256 time);
    /// @notice Before D.
    error DisputeOpen(uint256 endsAt, uint256 time);
    /// @notice The judge's address has no code.
    error NoJudge(address judge);
    /// @notice Nothing is recorded that a move could start from.
    error NothingRecorded();
    /// @notice T is outside of what this block allows.
    error WrongTimestamp(uint64 timestamp, uint256 earliest, uint256 latest);
    /// @notice The player's time bank does not hold what the move costs.
    error BankEmpty(uint256 player, uint256 charge, uint256 left);
    /// @notice The input reverts, so it is no move.
    error MoveReverts(bytes32 returnHash);
    /// @notice The last move leaves what can be settled.
    error MoveStands(bytes32 recorded);
    /// @notice What is recorded was signed by everybody.
    error NotForced(bytes32 recorded);
    /// @notice Another judgement is recorded, or none (0).
    error WrongJudgement(bytes32 paused, bytes32 recorded);
    /// @notice What does not end a move's judgement is its own player's to send.
    error NotOpener(address sender, uint256 player);
    /// @notice These are not the inputs of the recorded breakpoint.
    error WrongInputs(bytes32 inputsRoot, bytes32 recorded);
    /// @notice The terms name no settlement function.
    error NoSettlement();
    /// @notice The terms name a settlement function, without which nothing is settled so early.
    error SettlementNeeded(uint256 until, uint256 time);
    /// @notice The payouts do not add up to the pot.
    error WrongPayouts(uint256 sum, uint256 pot);
    /// @notice What is recorded was forced, and not signed: its receipts have to wait for the end of the dispute.
    error NotSigned(bytes32 recorded);
    /// @notice This receipt was executed before.
    error AlreadyRedeemed(uint256 index);
    /// @notice More than what the thread has for receipts.
    error NotFunded(uint256 amount, uint256 left);
    /// @notice Only the thread's own contract has something called.
    error NotTheContract(address sender);
    /// @notice Nothing that could be called is there.
    error NoCode(address target);
    /// @notice The call of a receipt failed, or its payment; it can be tried again. `reason`: the first 256 bytes of what it said.
    error CallFailed(address target, bytes reason);
    /// @notice Only the court uses a thread's vault.
    error NotFromCourt(address sender);
    /// @notice Not the recorded breakpoint.
    error WrongBreakpoint(bytes32 given, bytes32 recorded);
    /// @notice No credit.
    error NothingToWithdraw(address asset, address account);
    /// @notice The account or the token refused again; the credit stays.
    error WithdrawFailed(address asset, address account, uint256 amount);
    /// @notice Too little gas for a push: send the transaction with more.
    error GasTooLow(uint256 left, uint256 needed);

    // ------------------------------------------------------------------------------------------------ opening

    /// @notice Opens a thread with the sender, who is players[0], and its deposit (and the oracle's fee).
    /// The calldata must be the canonical ABI encoding, as every encoder writes it.
    /// @param multiaddr where the sender's node is reached
    function open(Terms calldata terms, string calldata multiaddr) external payable;

    /// @notice Pays players[player]'s deposit. By its wallet, or by anyone with the wallet's `Join` signature (65 bytes, or EIP-1271 when the wallet has code).
    function join(Terms calldata terms, uint256 player, string calldata multiaddr, bytes calldata authorisation) external payable;

    /// @notice After the deadline, while somebody has not joined: gives back what was paid.
    function cancel(Terms calldata terms) external;

    // ------------------------------------------------------------------------------------------------ evidence

    /// @notice Without a dispute: records a certificate of the confirmed epoch above the recorded slot.
    /// @param signatures each session key's 65 bytes, in the players' order
    function checkpoint(Terms calldata terms, Breakpoint calldata breakpoint, bytes calldata signatures) external;

    /// @notice Opens a dispute, by a player's wallet, a session key or the oracle. Empty `signatures` and an all-zero breakpoint restate what is recorded (or nothing).
    function challenge(Terms calldata terms, Breakpoint calldata breakpoint, bytes calldata signatures) external;

    /// @notice Before E, by anyone: a certificate of the confirmed epoch above the recorded slot.
    function respond(Terms calldata terms, Breakpoint calldata breakpoint, bytes calldata signatures) external;

    /// @notice Before D: a certificate of epoch k that follows the recorded breakpoint ends the dispute.
    function resume(Terms calldata terms, Breakpoint calldata breakpoint, bytes calldata signatures) external;

    // ------------------------------------------------------------------------------------------------ moves

    /// @notice Before D: a player's move from the recorded state, executed by the judge. By anyone who has the player's Force; a judgement that goes on over several
    /// transactions is begun and carried on by the player's wallet or session key, and ended by anyone.
    /// @param recorded the recorded breakpoint
    /// @param witness what the input touches, for the judge
    function advance(Terms calldata terms, Breakpoint calldata recorded, Move calldata move, bytes calldata witness) external;

    /// @notice `challenge`, and the first move in it. Empty `signatures`: the breakpoint is the recorded one.
    function challengeAndAdvance(
        Terms calldata terms,
        Breakpoint calldata breakpoint,
        bytes calldata signatures,
        Move calldata move,
        bytes calldata witness
    ) external;

    /// @notice Before D, by anyone: the last move is dropped when the settlement function fails on the state that it left.
    /// @param recorded the move's breakpoint
    /// @param parent the breakpoint before it
    /// @param last the move's input
    /// @param paused 0, or what a judgement of this settlement has come to
    function refute(
        Terms calldata terms,
        Breakpoint calldata recorded,
        Breakpoint calldata parent,
        LastInput calldata last,
        bytes32 paused,
        bytes calldata witness
    ) external;

    // ------------------------------------------------------------------------------------------------ receipts

    /// @notice By anyone: executes a receipt, once. The state is what is recorded and signed by everybody; after a Close with receipts, that Close's parent;
    /// after a settlement, what was settled (section 10).
    /// @param siblings from the root down to the receipt's leaf
    function redeem(Terms calldata terms, Breakpoint calldata breakpoint, Receipt calldata receipt, bytes32[] calldata siblings) external;

    /// @notice `checkpoint`, unless the breakpoint is recorded already, and `redeem`.
    function checkpointAndRedeem(
        Terms calldata terms,
        Breakpoint calldata breakpoint,
        bytes calldata signatures,
        Receipt calldata receipt,
        bytes32[] calldata siblings
    ) external;

    // ------------------------------------------------------------------------------------------------ ends

    /// @notice Pays out what everybody signed. A last payout behind those of the payees is for receipts: all that the port has counted in the Close's parent, what was
    /// redeemed included. Without it no receipt is outstanding, and none was ever redeemed.
    function close(Terms calldata terms, Close calldata final_, bytes calldata signatures) external;

    /// @notice At D or later, and not while a doubt is open (IClaimCalls): pays the players and the oracle what they own in the recorded state, and divides what is left over. Where the terms name a settlement
    /// function and something is recorded, at D + W or later only: so that a settlement which nobody can have judged keeps nobody's money.
    /// Where nothing is recorded: an all-zero breakpoint and no proofs; every deposit goes back.
    /// @param holdings what the recorded state says; what receipts are for is not divided
    function settle(Terms calldata terms, Breakpoint calldata breakpoint, Holdings calldata holdings) external;

    /// @notice At D or later: the same after the contract's settlement function, executed by the judge. When it fails, what it did is as if it had not been.
    /// @param last the last input of the recorded breakpoint
    /// @param paused 0, or what a judgement of this settlement has come to
    /// @param holdings of the state that the settlement leaves; ignored by a transaction that does not end the judgement
    function settleByFunction(
        Terms calldata terms,
        Breakpoint calldata recorded,
        LastInput calldata last,
        bytes32 paused,
        bytes calldata witness,
        Holdings calldata holdings
    ) external;

    /// @notice Takes what a failed push left for the sender.
    function withdraw(address asset) external;

    // ------------------------------------------------------------------------------------------------ views

    /// @notice Where a thread stands.
    function record(bytes32 threadId) external view returns (RecordView memory);

    /// @notice How many moves were forced upon the recorded certificate in this dispute, and what is gone of each player's time bank, in seconds.
    function lineage(bytes32 threadId) external view returns (uint256 forced, uint256[] memory used);

    /// @notice What the next transaction of a player's judgement starts from, the first 20 bytes of its Force's hash, and the seconds that it has already paid for.
    function judgements(bytes32 threadId, uint256 player) external view returns (bytes32 paused, bytes20 force, uint32 credit);

    /// @notice Whether a settlement's judgement has come to `paused`, so that a transaction can start from it. Several can be under way beside one another.
    function settlements(bytes32 paused) external view returns (bool);

    /// @notice What was redeemed of a thread's receipts, and what is kept for the others once it has ended, in the asset's units.
    function exited(bytes32 threadId) external view returns (uint128 redeemed, uint128 reserved);

    /// @notice Whether a receipt was executed.
    function isRedeemed(bytes32 threadId, uint256 index) external view returns (bool);

    /// @notice What executes moves and settlements.
    function judge() external view returns (IJudge);

    /// @notice The id of the thread with these terms on this court.
    function threadIdOf(Terms calldata terms) external view returns (bytes32);

    /// @notice What waits for `account`, in the asset's units.
    function credits(address asset, address account) external view returns (uint256);

    /// @notice EIP-5267.
    function eip712Domain()
        external
        view
        returns (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        );
}
